"""Where torch computes while a backend runs: with numbers of which kind, and on which device."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from importlib import import_module
from typing import Any

from tinygnn.conformance.case import Case

PLACE: ContextVar[tuple[str, str]] = ContextVar("PLACE", default=("float64", "cpu"))


def dtype() -> Any:
    """torch's dtype of the numbers."""
    return getattr(import_module("torch"), PLACE.get()[0])


def moved(module: Any) -> Any:
    """The module with its numbers of that kind, on that device."""
    return module.to(PLACE.get()[1], dtype())


@contextmanager
def placed(kind: str, device: str) -> Iterator[None]:
    """Inside the `with`, tensors are made of numbers of this kind and on this device.

    One thread computes: on numbers as few as a case's a second one only waits.
    """
    torch = import_module("torch")
    before, threads = PLACE.set((kind, device)), torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with nullcontext() if device == "cpu" else torch.device(device):
            yield
    finally:
        torch.set_num_threads(threads)
        PLACE.reset(before)


def place_of(kind: str, device: str) -> str:
    """What a version says of it: nothing for float64 on the CPU."""
    return "".join([f", {kind}" if kind != "float64" else "", f", {device}" if device != "cpu" else ""])


def line_there(name: str, kind: str, device: str, case: Case) -> str:
    """The line that shows a case again there; nothing where the usual one does."""
    flags = [f"--dtype {kind}"] if kind != "float64" else []
    flags += [f"--device {shlex.quote(device)}"] if device != "cpu" else []
    if not flags:
        return ""
    return f"tinygnn conformance --backend {name} {' '.join(flags)} -k {shlex.quote(case.id)}"


def require_device(device: str) -> None:
    """Raise ValueError for a device that this machine does not have."""
    torch = import_module("torch")
    try:
        torch.zeros(1, device=device).item()
    except (RuntimeError, AssertionError) as error:
        said = str(error).split("\n")[0]
        raise ValueError(
            f"torch {torch.__version__} has no device {device!r} on this machine: {said}"
        ) from None
