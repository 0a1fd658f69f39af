"""Numbers that layers work out from a graph or their settings: floats, or Values while they are recorded.

A coefficient such as 1/√(d_j d_i) is rounded when it is made, and no gradient asks how it came about. Only
one who computes a recorded graph again, at another precision, has to know: for them `record_constants` makes
Values of these numbers, so that the graph holds all that was computed.
"""

from __future__ import annotations

import math
from types import TracebackType

from tinygnn.value import Value, divide

_open: list[record_constants] = []


class record_constants:
    """In this context coefficients are Values that remember how they were made.

    >>> from tinygnn.nn import GraphSizeNorm
    >>> with record_constants():
    ...     [[x], _] = GraphSizeNorm()([[2.0], [4.0]])
    >>> x.op, x.parents[1].op
    ('*', ('**', -0.5))
    """

    def __enter__(self) -> None:
        _open.append(self)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        _open.remove(self)


def constants_are_recorded() -> bool:
    """Whether a `record_constants` is open."""
    return bool(_open)


def constant(number: Value | float) -> Value | float:
    """The number as it is, or while constants are recorded as a Value."""
    return Value(number) if _open and not isinstance(number, Value) else number


def detached(value: Value) -> Value | float:
    """The number of a Value, to which no gradient is passed on; while constants are recorded as a Value."""
    return Value(value.data, (value,), (0.0,), "detach") if _open else value.data


def quotient(a: Value | float, b: Value | float) -> Value | float:
    """a / b, ±inf or nan where b is 0."""
    return a / b if isinstance(a, Value) or isinstance(b, Value) else divide(a, b)


def logarithm(number: Value | float) -> Value | float:
    """log of a number above 0."""
    return number.log() if isinstance(number, Value) else math.log(number)
