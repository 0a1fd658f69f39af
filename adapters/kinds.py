"""Kinds: how a number stood in its source, so that 1, 1.0, True and float32(1) come back as they were.

The features of a `Graph` are floats. A kind says what to make of one on the way back:
"int", "float", "bool", "numpy.float32" (a NumPy scalar), or, for an entry that is a row of numbers,
["list", kinds], ["tuple", kinds], ["ndarray", dtype], ["tensor", dtype]. The kinds of a whole column
are {"all": kind} where they agree, else {"each": [kind, ...]}. All of it can be written as JSON.
"""

from __future__ import annotations

import importlib
import numbers
from collections.abc import Iterable, Sequence
from itertools import repeat
from typing import Any

from tinygnn.adapters.errors import shown

Kind = Any
PLAIN: dict[Any, str] = {float: "float", int: "int", bool: "bool"}


def kinds_of(column: Sequence[Any]) -> dict[str, Any]:
    """Return the kinds of a column of numbers or rows of numbers.

    >>> kinds_of([1, 2]), kinds_of([1, 2.5])
    ({'all': 'int'}, {'each': ['int', 'float']})

    Raises TypeError naming what is neither a number nor a row of numbers.
    """
    types = set(map(type, column))
    if len(types) == 1 and types <= PLAIN.keys():
        return {"all": PLAIN[types.pop()]}
    each = list(map(kind_of, column))
    if each and all(kind == each[0] for kind in each):
        return {"all": each[0]}
    return {"each": each}


def kind_of(entry: Any) -> Kind:
    """Return the kind of one number or row of numbers."""
    plain = PLAIN.get(type(entry))
    if plain is not None:
        return plain
    if type(entry) in (list, tuple):
        return [type(entry).__name__, kinds_of(list(map(number_only, entry)))]
    if hasattr(entry, "tolist"):
        module = type(entry).__module__.partition(".")[0]
        if not all(isinstance(n, numbers.Real) for n in as_row(entry)):
            raise TypeError(f"a {type(entry).__name__} of shape {list(entry.shape)}")
        if module == "numpy" and type(entry).__name__ != "ndarray":
            return f"numpy.{type(entry).__name__}"
        return ["tensor" if module == "torch" else "ndarray", str(entry.dtype).removeprefix("torch.")]
    raise TypeError(f"{shown(entry)} of type {type(entry).__name__}")


def number_only(entry: Any) -> Any:
    """Return a number; raise TypeError for anything else, a row included."""
    if isinstance(entry, numbers.Real):
        return entry
    raise TypeError(f"{shown(entry)} of type {type(entry).__name__} in a row")


def as_row(entry: Any) -> list[Any]:
    """Return the numbers of an entry as a list; a single number is a row of one."""
    if hasattr(entry, "tolist"):
        entry = entry.detach().tolist() if hasattr(entry, "detach") else entry.tolist()
    return list(entry) if isinstance(entry, (list, tuple)) else [entry]


def width_of(entry: Any) -> int | None:
    """Return the length of a row of numbers, None for a single number."""
    if type(entry) in PLAIN or (hasattr(entry, "ndim") and entry.ndim == 0):
        return None
    return len(entry) if hasattr(entry, "__len__") else None


def restore_column(kinds: dict[str, Any], column: Sequence[Any]) -> list[Any]:
    """Give a column of floats (or rows of floats) its kinds back.

    >>> restore_column({"each": ["int", "float"]}, [1.0, 2.5])
    [1, 2.5]
    """
    if kinds.get("all") == "float":
        return list(column)
    return [restore(kind, entry) for kind, entry in zip(spread(kinds), column)]


def spread(kinds: dict[str, Any]) -> Iterable[Kind]:
    """The kind of each entry, in order."""
    return repeat(kinds["all"]) if "all" in kinds else kinds["each"]


def restore(kind: Kind, entry: Any) -> Any:
    """Give one number, or one row, its kind back; a number that the kind cannot hold stays a float."""
    if kind == "float":
        return entry
    if kind in ("int", "bool"):
        exact = int(entry) if entry == entry and abs(entry) != float("inf") else entry
        if exact != entry or (kind == "bool" and exact not in (0, 1)):
            return entry
        return bool(exact) if kind == "bool" else exact
    if isinstance(kind, str):
        numpy: Any = importlib.import_module("numpy")
        return getattr(numpy, kind.removeprefix("numpy."))(entry)
    container, inner = kind
    if container == "ndarray":
        return importlib.import_module("numpy").array(entry, dtype=inner)
    if container == "tensor":
        torch: Any = importlib.import_module("torch")
        return torch.tensor(entry, dtype=getattr(torch, inner))
    row = restore_column(inner, entry)
    return tuple(row) if container == "tuple" else row
