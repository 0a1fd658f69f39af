"""Tables of pandas, polars or anything like them to `Graph`; the way out is frames_output.py.

A table is what has `columns` and gives a column by its name, `table["weight"]`, with `to_list` or `tolist`;
or a dict of lists. Neither pandas nor polars is imported. A null (None, NA, NaT) is an entry that is not
there; nan is a number in a column of floats and null in any other, as pandas has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import isnan
from typing import Any

from tinygnn.adapters.columns import ABSENT
from tinygnn.adapters.errors import AdapterError, did_you_mean
from tinygnn.adapters.records import Records, graph_of, listed
from tinygnn.collector import pause_collector
from tinygnn.graph import Graph

DUPLICATES = ("keep", "first", "last", "error")
NULLS = {"NAType", "NaTType"}


@pause_collector(look=False)
def from_frames(
    edges: Any,
    nodes: Any = None,
    *,
    source: Any = "source",
    target: Any = "target",
    node_id: Any = "node_id",
    x: Iterable[Any] | None = None,
    y: Any = None,
    edge_weight: Any = None,
    edge_attr: Iterable[Any] | None = None,
    masks: Mapping[str, Any] | None = None,
    label_map: Mapping[Any, int] | None = None,
    fill: Any = None,
    directed: bool = True,
    duplicates: str = "keep",
    allow_nonfinite: bool = False,
) -> Graph:
    """Convert a table of edges and, if given, one of nodes.

    Options, and how nodes are numbered, are those of `from_csv`; columns have types here, so ids are taken
    as they are: whole numbers, text or other objects, but no floats. label_map and fill are those of
    `from_networkx`.

    >>> edges = {"source": ["a", "b"], "target": ["b", "c"], "weight": [0.5, 2.0]}
    >>> graph = from_frames(edges, edge_weight="weight")
    >>> graph, graph.node_ids, graph.edge_weight
    (Graph(3 nodes, 2 edges), ['a', 'b', 'c'], [0.5, 2.0])

    Raises AdapterError with the column and the row, counted from 0, that cannot be converted exactly.
    """
    if duplicates not in DUPLICATES:
        raise AdapterError(f"duplicates is {duplicates!r}: it is {', '.join(map(repr, DUPLICATES))}")
    if not isinstance(directed, bool):
        raise AdapterError(f"directed is {directed!r}: it is True or False")
    edge_table, edge_types = _columns(edges, "edges")
    ends = [
        _ids(edge_table, name, "edges", option) for option, name in (("source", source), ("target", target))
    ]
    if source == target:
        raise AdapterError(f"source and target are one column, {source!r}: name two", column=source)
    origin: dict[str, Any] = {
        "source": source, "target": target, "edge_columns": list(edge_table), "edge_types": edge_types,
        "library": _library(edges),
    }  # fmt: skip
    node_table: dict[Any, list[Any]] = {}
    index: dict[Any, int] = {}
    node_names: list[Any] = []
    if nodes is not None:
        node_table, node_types = _columns(nodes, "nodes")
        node_names = list(node_table)
        ids = _ids(node_table, node_id, "nodes", "node_id")
        for i, node in enumerate(ids):
            if index.setdefault(node, i) != i:
                raise AdapterError(
                    f"nodes row {i}: node {node!r} stands in row {index[node]} already: remove one",
                    column=node_id,
                    node=node,
                )
        del node_table[node_id]
        origin.update(node_id=node_id, node_types=node_types)
        _refuse_unknown(ends, index, (source, target))
    else:
        for pair in zip(*ends):
            for node in pair:
                index.setdefault(node, len(index))
    del edge_table[source], edge_table[target]
    sources, targets = ([index[node] for node in column] for column in ends)
    if duplicates != "keep":
        kept = _distinct_rows(sources, targets, duplicates, directed, list(index))
        sources, targets = [sources[e] for e in kept], [targets[e] for e in kept]
        edge_table = {name: [column[e] for e in kept] for name, column in edge_table.items()}
    records = Records(
        "frames", list(index), sources, targets, node_table, edge_table, directed=directed,
        node_place=lambda i: {"column": None}, edge_place=lambda e: {"column": None},
    )  # fmt: skip
    graph = graph_of(
        records, x=x, y=y, edge_weight=edge_weight, edge_attr=edge_attr, masks=masks, label_map=label_map,
        fill=fill, allow_nonfinite=allow_nonfinite,
    )  # fmt: skip
    graph.origin.update(origin, node_columns=node_names)
    return graph


def _library(frame: Any) -> str:
    return type(frame).__module__.partition(".")[0] if not isinstance(frame, Mapping) else "dict"


def _columns(frame: Any, what: str) -> tuple[dict[Any, list[Any]], dict[Any, str]]:
    """The columns of a table as lists, and the types of those that have one."""
    if not isinstance(frame, Mapping) and not hasattr(frame, "columns"):
        raise AdapterError(f"{what}: expected a table with columns, got a {type(frame).__name__}")
    names = list(frame if isinstance(frame, Mapping) else frame.columns)
    columns: dict[Any, list[Any]] = {}
    types: dict[Any, str] = {}
    for name in names:
        if name in columns:
            raise AdapterError(f"{what} have two columns {name!r}: rename one", column=name)
        column = frame[name]
        if hasattr(column, "dtype"):
            types[name] = str(column.dtype)
        read = getattr(column, "to_list", None) or getattr(column, "tolist", None)
        entries = list(read() if read else column)
        nan_is_null = name in types and not types[name].lower().startswith("float")  # as pandas has it
        entries = [ABSENT if _is_null(entry, nan_is_null) else entry for entry in entries]
        columns[name] = entries
    lengths = {name: len(column) for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        raise AdapterError(f"{what}: columns of different lengths: {lengths}")
    return columns, types


def _is_null(entry: Any, nan_is_null: bool) -> bool:
    if entry is None or type(entry).__name__ in NULLS:
        return True
    return nan_is_null and isinstance(entry, float) and isnan(entry)


def _ids(table: dict[Any, list[Any]], name: Any, what: str, option: str) -> list[Any]:
    if name not in table:
        raise AdapterError(
            f"{option}: {what} have no column {name!r}; found: {listed(table)}{did_you_mean(name, table)}",
            column=name,
        )
    for i, node in enumerate(table[name]):
        if node is ABSENT or node == "":
            raise AdapterError(f"{what} row {i}: {name!r} is empty: every row needs an id", column=name)
        if isinstance(node, float):
            raise AdapterError(
                f"{what} row {i}: {name!r} is {node!r}, a float, which is no id: make the column whole "
                "numbers (pandas makes floats of them where one is missing)",
                column=name,
            )
        try:
            hash(node)
        except TypeError:
            raise AdapterError(f"{what} row {i}: {name!r} is {node!r}, which is no id", column=name) from None
    return list(table[name])


def _refuse_unknown(ends: list[list[Any]], index: dict[Any, int], names: tuple[Any, Any]) -> None:
    for e, pair in enumerate(zip(*ends)):
        for name, node in zip(names, pair):
            if node not in index:
                alike = {str(each): each for each in index}.get(str(node))
                hint = "" if alike is None else f"; it has {alike!r}, a {type(alike).__name__}"
                raise AdapterError(
                    f"edges row {e}: {name!r} is node {node!r}, which the {len(index)} nodes lack{hint}",
                    column=name,
                    node=node,
                    edge=(pair[0], pair[1]),
                )


def _distinct_rows(
    sources: list[int], targets: list[int], duplicates: str, directed: bool, ids: list[Any]
) -> list[int]:
    """The rows to keep where several have the same ends."""
    chosen: dict[tuple[int, int], int] = {}
    for e, (s, t) in enumerate(zip(sources, targets)):
        ends = (t, s) if not directed and t < s else (s, t)
        if ends in chosen and duplicates == "error":
            raise AdapterError(
                f"edges row {e}: this edge stands in row {chosen[ends]} already; duplicates= 'keep', 'first' "
                "or 'last' says what to do with it",
                edge=(ids[s], ids[t]),
            )
        if duplicates == "last" or ends not in chosen:
            chosen[ends] = e
    return sorted(chosen.values())
