"""`Graph` to a JSON node-link file, as networkx reads it; the way in is json_graphs.py."""

from __future__ import annotations

import json
from collections.abc import Iterator
from os import PathLike
from pathlib import Path
from typing import Any

from tinygnn.adapters.columns import ABSENT, edge_columns, node_columns
from tinygnn.adapters.errors import AdapterError
from tinygnn.adapters.json_text import json_problem
from tinygnn.adapters.pairs import undirected_rows
from tinygnn.adapters.whole_files import write_text
from tinygnn.collector import pause_collector
from tinygnn.graph import Graph


@pause_collector(look=False)
def to_json(
    graph: Graph, path: str | PathLike[str], *, edges: str | None = None, allow_nonfinite: bool = False
) -> None:
    """Write a graph as a JSON file in node-link form: a line for each node and each edge.

    An undirected edge is one line, and read back as two columns of edge_index: all lines, then the reverse
    of each. Attributes have the names they came with; features that came without
    names are lists "x", the label is "y", weights "edge_weight". edges: "edges" or "links", by default what
    the graph came with. The file appears whole or not at all.

    >>> to_json(Graph(([0], [1])), "graph.json")
    >>> print(open("graph.json").read(), end="")
    {"directed": true, "multigraph": false, "graph": {}, "nodes": [
    {"id": 0},
    {"id": 1}
    ], "edges": [
    {"source": 0, "target": 1}
    ]}

    Raises AdapterError naming what JSON would not give back as it is: tuples, bytes, keys that are no
    text, nan and inf unless allow_nonfinite.
    """
    origin = graph.origin if graph.origin.get("format") == "json" else {}
    names = origin.get("names") or {name: name for name in ("source", "target", "key")} | {"node_id": "id"}
    called = edges or names.get("edges", "edges")
    if called not in ("edges", "links"):
        raise AdapterError(f"edges is {called!r}: it is 'edges' or 'links'")
    of_nodes, of_edges = node_columns(graph), edge_columns(graph)
    keys = graph.origin.get("edge_keys")
    if keys is not None and len(keys) != graph.num_edges:
        keys = None
    rows = list(range(graph.num_edges))
    if not graph.directed:
        rows = undirected_rows(graph, list(of_edges.values()), keys)
    ids = graph.node_ids if graph.node_ids is not None else list(range(graph.num_nodes))
    held = {
        "directed": graph.directed,
        "multigraph": keys is not None,
        "graph": _graph_attributes(graph, origin),
        **origin.get("further", {}),
    }
    _check_columns("node", of_nodes, {names["node_id"]}, allow_nonfinite)
    ends = {names["source"], names["target"]} | ({names["key"]} if keys is not None else set())
    _check_columns("edge", of_edges, ends, allow_nonfinite)
    for name, value in held.items():
        problem = json_problem(value, allow_nonfinite)
        if problem:
            raise AdapterError(f"{name} holds {problem}", attribute=name)
    node_ids = [_id(node) for node in ids]
    node_rows = _objects({names["node_id"]: node_ids, **of_nodes}, range(graph.num_nodes))
    sources, targets = graph.edge_index
    edge_table = {
        names["source"]: [node_ids[s] for s in sources],
        names["target"]: [node_ids[t] for t in targets],
    }
    if keys is not None:
        edge_table[names["key"]] = [_id(key) for key in keys]
    edge_rows = _objects({**edge_table, **of_edges}, rows)

    def lines() -> Iterator[str]:
        yield json.dumps(held)[:-1] + ', "nodes": [\n'
        yield from _joined(node_rows)
        yield f'], "{called}": [\n'
        yield from _joined(edge_rows)
        yield "]}\n"

    write_text(Path(path), lines())


def _graph_attributes(graph: Graph, origin: dict[str, Any]) -> dict[Any, Any]:
    held = dict(graph.graph_attrs)
    if graph.y is not None and graph.y_level == "graph":
        name = origin.get("graph_y", "y")
        if name in held:
            raise AdapterError(
                f"the graph's own y would be named {name!r}: rename the attribute", attribute=name
            )
        held[name] = graph.y
    return held


def _check_columns(of: str, columns: dict[Any, list[Any]], taken: set[Any], allow_nonfinite: bool) -> None:
    for name, column in columns.items():
        if type(name) is not str or name in taken:
            raise AdapterError(
                f"the {of} attribute {name!r} is no text, or the name of an id: rename it", attribute=name
            )
        if set(map(type, column)) <= {str, bool, int, type(None)} and not _has_huge(column):
            continue
        for i, entry in enumerate(column):
            problem = None if entry is ABSENT else json_problem(entry, allow_nonfinite)
            if problem:
                raise AdapterError(f"{of} {i}: {name!r} is {problem}", attribute=name)


def _has_huge(column: list[Any]) -> bool:
    return any(type(entry) is int and abs(entry) >= 2**63 for entry in column)


def _id(node: Any) -> Any:
    if type(node) is tuple:
        return [_id(part) for part in node]
    problem = json_problem(node, False) if not isinstance(node, (list, dict)) else "no id"
    if problem:
        raise AdapterError(f"the id {node!r} is {problem}", node=node)
    return node


def _objects(columns: dict[Any, list[Any]], rows: Any) -> Iterator[str]:
    names = list(columns)
    for row in rows:
        entries = {name: columns[name][row] for name in names}
        yield json.dumps({name: entry for name, entry in entries.items() if entry is not ABSENT})


def _joined(objects: Iterator[str]) -> Iterator[str]:
    before = ""
    for each in objects:
        yield before + each
        before = ",\n"
    if before:
        yield "\n"
