"""The attribute dicts of nodes or edges as columns by name."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from itertools import chain
from typing import Any

from tinygnn.adapters.columns import ABSENT, Locate
from tinygnn.adapters.errors import AdapterError, did_you_mean

ATOMS = {int, float, str, bool, type(None), bytes, complex}


class Attributes:
    """The attributes of all nodes, or of all edges, as columns by name."""

    def __init__(self, of: str, data: list[dict[Any, Any]], locate: Locate) -> None:
        self.of = of
        self.data = data
        self.locate = locate
        self.names = dict.fromkeys(chain.from_iterable(data))
        self.columns: dict[Any, list[Any]] = {}  # taken ones that also stay in the attribute dict
        self.taken: set[Any] = set()
        self.absent: list[list[Any]] = []
        refuse_lookalikes(of, self.names)

    def read(self, name: Any, fill: Any) -> list[Any]:
        """The column of a named attribute; where it is missing, fill or an AdapterError."""
        refuse_unknown(self.of, [name], self.names)
        value = fill.get(name) if isinstance(fill, dict) else fill
        column = [entries.get(name, ABSENT) for entries in self.data]
        missing = [i for i, entry in enumerate(column) if entry is ABSENT]
        if missing and value is None:
            raise AdapterError(
                f"{len(missing)} of {len(column)} {self.of}s have no attribute {name!r}, this {self.of} "
                "is the first: set it, or say with fill= what stands for it",
                **self.locate(name, missing[0]),
            )
        for i in missing:
            column[i] = value
        if missing and name not in self.taken:
            self.absent.append([name, missing, value])
        return copied(column)

    def take(self, name: Any, fill: Any) -> list[Any]:
        """Read a column that becomes a field of the graph, and so leaves the attributes."""
        column = self.read(name, fill)
        self.taken.add(name)
        return column

    def rest(self, kept: list[Any] | None) -> dict[Any, list[Any]]:
        """The columns that were not taken, None where an entry is absent."""
        refuse_unknown(self.of, kept, self.names)
        for name in self.names:
            if name in self.taken or (kept is not None and name not in kept):
                continue
            column = [entries.get(name, ABSENT) for entries in self.data]
            missing = [i for i, entry in enumerate(column) if entry is ABSENT]
            for i in missing:
                column[i] = None
            if missing:
                self.absent.append([name, missing, None])
            self.columns[name] = copied(column)
        return {name: self.columns[name] for name in self.names if name in self.columns}


def copied(column: list[Any]) -> list[Any]:
    """Copy a column, and every entry of it that could be changed from outside."""
    if set(map(type, column)) <= ATOMS:
        return list(column)
    return [deepcopy(entry) for entry in column]


def refuse_unknown(of: str, names: Iterable[Any] | None, known: Iterable[Any]) -> None:
    known = list(known)
    for name in names or []:
        if name not in known:
            found = ", ".join(map(repr, known)) or "none"
            raise AdapterError(
                f"no {of} has an attribute {name!r}; found: {found}{did_you_mean(name, known)}",
                attribute=name,
            )


def refuse_lookalikes(of: str, names: Iterable[Any]) -> None:
    """Refuse 7 beside "7": written to any file, the two become one."""
    seen: dict[str, Any] = {}
    for name in names:
        other = seen.setdefault(str(name), name)
        if other is not name:
            raise AdapterError(
                f"{of} attributes {other!r} and {name!r} read the same as text: rename one", attribute=name
            )
