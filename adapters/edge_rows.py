"""The edge file of a CSV pair, read in batches into the columns of a graph."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any, NoReturn

from tinygnn.adapters.entries import numbers
from tinygnn.adapters.errors import AdapterError, shown
from tinygnn.adapters.numbering import MOST_NODES, Numbering
from tinygnn.adapters.tables import Table

ReadIds = Callable[[Sequence[str], Callable[[int], dict[str, Any]]], list[int]]


class EdgeRows:
    """Sources, targets, weights and attributes, one entry for each column of edge_index."""

    def __init__(
        self, table: Table, source: Any, target: Any, edge_weight: Any, edge_attr: Any, allow_nonfinite: bool
    ) -> None:
        self.table = table
        self.source, self.target = source, target
        if source == target:
            raise AdapterError(f"source and target are one column, {source!r}: name two", path=table.path)
        self.numeric = (
            [] if edge_weight is None else [table.names[table.position("edge_weight", edge_weight)]]
        )
        features = [table.names[table.position("edge_attr", name)] for name in edge_attr or []]
        self.weighted, self.features = bool(self.numeric), features if edge_attr is not None else None
        self.numeric = list(dict.fromkeys(self.numeric + features))
        for name in self.numeric:
            if name in (source, target):
                raise AdapterError(
                    f"the column {name!r} holds ids and cannot be a weight or feature as well",
                    path=table.path,
                    column=name,
                )
        self.allow_nonfinite = allow_nonfinite
        self.sources: list[int] = []
        self.targets: list[int] = []
        self.columns: dict[Any, list[Any]] = {
            name: [] for name in table.names if name not in (source, target)
        }
        self.origin: dict[str, Any] = {"source": source, "target": target, "edge_columns": table.names}
        if self.weighted:
            name = self.numeric[0]
            self.origin["edge_weight"] = {"name": name, **({"kept": True} if name in features else {})}
        if edge_attr is not None:
            self.origin["edge_attr"] = [[name, None, {"all": "float"}] for name in features]

    @property
    def edge_weight(self) -> list[Any] | None:
        return self.columns[self.numeric[0]] if self.weighted else None

    @property
    def edge_attr(self) -> list[list[Any]] | None:
        if self.features is None:
            return None
        if not self.features:
            return [[] for _ in self.sources]
        return list(map(list, zip(*(self.columns[name] for name in self.features))))

    @property
    def attributes(self) -> dict[Any, list[Any]]:
        return {name: column for name, column in self.columns.items() if name not in self.numeric}

    def read(
        self,
        known: dict[Any, int] | None,
        read_ids: ReadIds | None,
        base: int | None,
        duplicates: str,
        directed: bool,
    ) -> list[Any]:
        """Read all rows and return the ids of the nodes, in the order of their numbers.

        known: the number of each id in the node file; None numbers ids as they appear.
        """
        names = self.table.names
        s, t = names.index(self.source), names.index(self.target)
        numbering = Numbering(known, base)
        all_lines: list[int] = []
        for batch, lines in self.table.batches():
            sources: list[Any] = batch[s]
            targets: list[Any] = batch[t]
            if "" in sources or "" in targets:
                self._raise_blank(sources, targets, lines)
            if read_ids is not None:
                sources = read_ids(sources, self._place(lines, self.source))
                targets = read_ids(targets, self._place(lines, self.target))
            ends = list(chain.from_iterable(zip(sources, targets)))
            try:
                numbers_of_ends = numbering.read(ends)
            except ValueError:
                self._raise_wrong(sources, targets, lines, numbering)
            self.sources.extend(numbers_of_ends[0::2])
            self.targets.extend(numbers_of_ends[1::2])
            for name, column in zip(names, batch):
                if name in self.numeric:
                    column = numbers(column, self._entry(lines, name, sources, targets), self.allow_nonfinite)
                if name in self.columns:
                    self.columns[name].extend(column)
            if duplicates == "error":
                all_lines.extend(lines)
        if duplicates != "keep":
            self._drop_duplicates(duplicates, directed, all_lines)
        if not directed:
            self._add_reverse_edges()
        return numbering.ids()

    def _add_reverse_edges(self) -> None:
        backward = [e for e, (s, t) in enumerate(zip(self.sources, self.targets)) if s != t]
        sources, targets = self.sources, self.targets
        self.sources = sources + [targets[e] for e in backward]
        self.targets = targets + [sources[e] for e in backward]
        for column in self.columns.values():
            column.extend([column[e] for e in backward])

    def _drop_duplicates(self, duplicates: str, directed: bool, lines: list[int]) -> None:
        seen: dict[tuple[int, int], int] = {}
        for e, (s, t) in enumerate(zip(self.sources, self.targets)):
            ends = (t, s) if not directed and t < s else (s, t)
            if ends in seen and duplicates == "error":
                raise AdapterError(
                    f"this edge stands on line {lines[seen[ends]]} already; duplicates= 'keep', 'first' or "
                    "'last' says what to do with it",
                    path=self.table.path,
                    line=lines[e],
                )
            if duplicates == "last":
                seen.pop(ends, None)
                seen[ends] = e
            else:
                seen.setdefault(ends, e)
        kept = sorted(seen.values())
        self.sources, self.targets = [self.sources[e] for e in kept], [self.targets[e] for e in kept]
        self.columns = {name: [column[e] for e in kept] for name, column in self.columns.items()}

    # ---- what can be wrong with an endpoint ------------------------------------------------------

    def _place(self, lines: Sequence[int], column: Any) -> Callable[[int], dict[str, Any]]:
        return lambda i: {"path": self.table.path, "line": lines[i], "column": column}

    def _entry(
        self, lines: Sequence[int], column: Any, sources: list[Any], targets: list[Any]
    ) -> Callable[[int], dict[str, Any]]:
        place = self._place(lines, column)
        return lambda i: {**place(i), "edge": (sources[i], targets[i]), "attribute": column}

    def _first(self, sources: list[Any], targets: list[Any], wrong: Callable[[Any], bool]) -> tuple[Any, int]:
        """The column and the row of the first endpoint that is wrong, source before target."""
        for i, ends in enumerate(zip(sources, targets)):
            for column, node in zip((self.source, self.target), ends):
                if wrong(node):
                    return column, i
        raise AdapterError("an endpoint is wrong", path=self.table.path)

    def _raise_blank(self, sources: list[Any], targets: list[Any], lines: Sequence[int]) -> NoReturn:
        column, i = self._first(sources, targets, lambda node: node == "")
        raise AdapterError("found no id: an edge needs both ends", **self._place(lines, column)(i))

    def _raise_wrong(
        self, sources: list[Any], targets: list[Any], lines: Sequence[int], numbering: Numbering
    ) -> NoReturn:
        """Say what is wrong with the first endpoint that is, source before target."""
        column, i = self._first(sources, targets, lambda node: not numbering.takes(node))
        node = sources[i] if column == self.source else targets[i]
        place = {**self._place(lines, column)(i), "edge": (sources[i], targets[i])}
        base = numbering.base
        if numbering.known is not None:
            raise AdapterError(
                f"node {node!r} is not in the node file, which has {len(numbering.known)} nodes: "
                "add it there",
                node=node,
                **place,
            )
        if base is not None and node < base:
            advice = "give index_base=0 if that is the first id" if node == 0 else "ids count from there"
            raise AdapterError(
                f"found {node}, which is below index_base={base}: {advice}", node=node, **place
            )
        raise AdapterError(
            f"found {shown(node)}: index_base={base} makes a node of every number up to it, more than "
            f"{MOST_NODES:,}; leave index_base out, and ids are names",
            node=node,
            **place,
        )
