"""The attribute dicts of nodes or edges as columns by name."""

from __future__ import annotations

from array import array
from collections.abc import Hashable, Iterable
from copy import deepcopy
from itertools import chain
from operator import itemgetter
from typing import Any

from tinygnn.adapters.columns import ABSENT, Locate
from tinygnn.adapters.errors import AdapterError, did_you_mean

ATOMS = {int, float, str, bool, type(None), bytes, complex}


class Attributes:
    """The attributes of all nodes, or of all edges, as columns by name."""

    def __init__(self, of: str, locate: Locate) -> None:
        self.of = of
        self.locate = locate
        self.data: list[dict[Any, Any]] = []
        self.names: dict[Any, None] = {}
        # All columns, as long as every dict has the names of the first and no others.
        self.complete: dict[Any, list[Any]] | None = {}
        self.columns: dict[Any, list[Any]] = {}  # taken ones that also stay in the attribute dict
        self.taken: set[Any] = set()
        self.absent: list[list[Any]] = []

    def add(self, entries: list[dict[Any, Any]]) -> None:
        """Add some attribute dicts: not all at once, so that what is looked at is still at hand."""
        if not self.data and entries:
            self.complete = {name: [] for name in entries[0]}
        self.data.extend(entries)
        if self.complete is None:
            return
        try:
            if sum(map(len, entries)) != len(self.complete) * len(entries):
                raise KeyError
            for name, column in self.complete.items():
                column.extend(side_by_side(list(map(itemgetter(name), entries))))
        except KeyError:
            self.complete = None

    def finish(self) -> None:
        """Look at the names, once all is added."""
        named = self.complete if self.complete is not None else chain.from_iterable(self.data)
        self.names = dict.fromkeys(named)
        if set(map(type, self.names)) - {str}:
            refuse_equal_names(self.of, self.data)
        refuse_lookalikes(self.of, self.names)

    def read(self, name: Any, fill: Any) -> list[Any]:
        """The column of a named attribute; where it is missing, fill or an AdapterError."""
        if self.data or not isinstance(name, Hashable):  # no edge lacks what every edge must have
            refuse_unknown(self.of, [name], self.names)
        value = fill.get(name) if isinstance(fill, dict) else fill
        column, missing = self._column(name)
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

    def rest(self, kept: list[Any] | None, fill: Any) -> dict[Any, list[Any]]:
        """The columns that were not taken: all, None where an entry is absent, or those that are named."""
        for name in self.names if kept is None else kept:
            if name in self.taken:
                continue
            if kept is not None:
                self.columns[name] = self.read(name, fill)
                continue
            column, missing = self._column(name)
            for i in missing:
                column[i] = None
            if missing:
                self.absent.append([name, missing, None])
            self.columns[name] = copied(column)
        return {name: self.columns[name] for name in self.names if name in self.columns}

    def _column(self, name: Any) -> tuple[list[Any], list[int]]:
        """The entries under a name, and the positions where there is none."""
        if self.complete is not None and name in self.complete:
            return self.complete[name][:], []
        column = [entries.get(name, ABSENT) for entries in self.data]
        return column, [i for i, entry in enumerate(column) if entry is ABSENT]


def side_by_side(column: list[Any]) -> list[Any]:
    """Floats as objects side by side in memory, where later looks at them are several times as fast."""
    return array("d", column).tolist() if set(map(type, column)) == {float} else column


def copied(column: list[Any]) -> list[Any]:
    """A column of one's own, with every entry copied that could be changed from outside."""
    if set(map(type, column)) <= ATOMS:
        return column
    return [deepcopy(entry) for entry in column]


def refuse_unknown(of: str, names: Iterable[Any] | None, known: Iterable[Any]) -> None:
    known = list(known)
    for name in names or []:
        if not isinstance(name, Hashable):
            raise AdapterError(f"{name!r} is a {type(name).__name__}: give the name of one attribute")
        if name not in known:
            found = ", ".join(map(repr, known)) or "none"
            raise AdapterError(
                f"no {of} has an attribute {name!r}; found: {found}{did_you_mean(name, known)}",
                attribute=name,
            )


def refuse_equal_names(of: str, data: Iterable[dict[Any, Any]]) -> None:
    """Refuse 1 on one node and True or 1.0 on another: equal, they would be one column under one name."""
    names: dict[Any, Any] = {}
    for entries in data:
        for name in entries:
            other = names.setdefault(name, name)
            if type(other) is not type(name):
                raise AdapterError(
                    f"{of} attributes {other!r} and {name!r} are one name to Python: rename one",
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
