"""Contexts that change what happens when Values are made: `no_grad` and `detect_anomaly`."""

from __future__ import annotations

import linecache
import os
import sys
from math import isfinite, isinf, isnan
from types import TracebackType

from tinygnn.value import Value, Watcher, forget, watchers

PACKAGE = os.path.dirname(__file__) + os.sep


class Mode:
    """A context with a watcher, itself unless it says otherwise, that is told of every Value made, and of
    every gradient passed on, while it is open."""

    def watcher(self) -> Watcher:
        return self

    def __enter__(self) -> None:
        watchers.append(self.watcher())

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        watchers.remove(self.watcher())

    def made(self, value: Value) -> None:
        """Called with a new Value."""

    def passed_on(self, value: Value) -> None:
        """Called after value has passed its gradient on to its parents."""


class no_grad(Mode):
    """In this context Values forget how they were made: each is a leaf, and no graph stays in memory.

    For evaluation, where nothing is to be trained.

    >>> with no_grad():
    ...     y = Value(2.0) * Value(3.0)
    >>> y.data, y.parents
    (6.0, ())
    """

    def watcher(self) -> Watcher:
        return forget


class detect_anomaly(Mode):
    """In this context the operation that first makes a nan or an inf raises FloatingPointError.

    It does so in the forward pass where a result is nan and no input was, or infinite and every input
    was finite; and in `backward` where a gradient becomes so. The message names the operation, its
    inputs and the line of your code that made it. All values made meanwhile stay in memory until the
    context ends, so use it to find an error and not to train.

    >>> with detect_anomaly():
    ...     Value(0.0).log()
    Traceback (most recent call last):
        ...
    FloatingPointError: log(0.0) is -inf, at line 2 of <doctest ...>...
    """

    def __init__(self) -> None:
        self._made_at: dict[Value, str] = {}

    def __enter__(self) -> None:
        watchers.insert(0, self)  # before a no_grad around it takes the parents away

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        super().__exit__(kind, error, traceback)
        self._made_at.clear()

    def made(self, value: Value) -> None:
        if value.parents:
            self._made_at[value] = line_of_user()
            if _is_anomaly(value.data, [parent.data for parent in value.parents]):
                raise FloatingPointError(f"{_call(value)} is {value.data}, {self._made_at[value]}")

    def passed_on(self, value: Value) -> None:
        for i, (parent, partial) in enumerate(zip(value.parents, value.partials)):
            if partial == 0.0:  # nothing is passed on there
                continue
            share = value.grad * partial
            adds_up = "" if _is_anomaly(share, [value.grad]) else f" and makes its total {parent.grad}"
            if not adds_up or _is_anomaly(parent.grad, [share]):
                place = self._made_at.get(value, "made before detect_anomaly")
                raise FloatingPointError(
                    f"the gradient of {_call(value)} for its input {i} is {share}{adds_up} "
                    f"({value.grad} times the slope {partial}), {place}"
                )


def line_of_user() -> str:
    """Say which line outside of tinygnn is being run."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(PACKAGE):
        frame = frame.f_back
    file, line = frame.f_code.co_filename, frame.f_lineno
    text = linecache.getline(file, line, frame.f_globals).strip()
    return f"at line {line} of {file}: {text}"


def _is_anomaly(result: float, inputs: list[float]) -> bool:
    """Whether a result is nan of numbers, or infinite of finite numbers."""
    if isfinite(result):
        return False
    if isnan(result):
        return not any(map(isnan, inputs))
    return isinf(result) and all(map(isfinite, inputs))


def _call(value: Value) -> str:
    """An operation and the numbers it was given, at most six of them."""
    name, *constants = (value.op,) if isinstance(value.op, str) else value.op
    numbers = [repr(parent.data) for parent in value.parents]
    if len(numbers) > 6:
        numbers = [*numbers[:6], f"... {len(numbers) - 6} more"]
    settings = [f"; {constant!r}" for constant in constants if not isinstance(constant, tuple)]
    return f"{name}({', '.join(numbers)}{''.join(settings)})"
