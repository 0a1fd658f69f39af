"""What a backend answered, in Python's floats: an array's own arithmetic must not round the comparison."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, SupportsFloat

from tinygnn.conformance.case import Backend, Case, Failed, Numbers, Result


def answer(backend: Backend, case: Case) -> Result:
    """Run a case. Raises Failed where what comes back is no Result, or holds what is no number.

    Beside nested lists a Result may hold arrays, tensors and their numbers; an output of None is missing.
    """
    result: Any = backend.run(case)
    if not isinstance(getattr(result, "outputs", None), Mapping):
        raise Failed(f"{backend.name}.run returned {result!r:.80}, not a Result of names and numbers")
    return Result(
        {
            n: None if entry is None else floats(entry, f"{backend.name} answered {n}")
            for n, entry in result.outputs.items()
        }
    )


def floats(entry: Any, place: str) -> Numbers:
    """Nested lists of floats.

    >>> floats((1, [2.5]), "out")
    [1.0, [2.5]]
    """
    if type(entry) is float:
        return entry
    if isinstance(entry, (list, tuple)):
        return [floats(part, place) for part in entry]
    plain = entry.tolist() if hasattr(entry, "tolist") else entry
    if type(plain) is not type(entry):  # NumPy's longdouble gives itself
        return floats(plain, place)
    if not isinstance(entry, SupportsFloat) or isinstance(entry, bool):
        raise Failed(f"{place} with {entry!r:.80}, which is not a number")
    try:
        return float(entry)
    except OverflowError:
        raise Failed(f"{place} with an integer that no float can hold") from None
