"""`Graph` to a GraphML file; the way in is graphml.py."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import isfinite
from os import PathLike
from pathlib import Path
from typing import Any

from tinygnn.adapters.columns import ABSENT, edge_columns, node_columns
from tinygnn.adapters.csv_output import flat_columns, id_texts
from tinygnn.adapters.errors import AdapterError
from tinygnn.adapters.pairs import undirected_rows
from tinygnn.adapters.whole_files import write_text
from tinygnn.collector import pause_collector
from tinygnn.graph import Graph

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
"""
# What XML 1.0 has no way to write at all.
UNWRITABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
SPECIAL = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;", "\n": "&#10;", "\t": "&#9;"}
)
TYPES: dict[Any, str] = {bool: "boolean", int: "long", float: "double", str: "string"}

Keys = dict[tuple[str, str, str], str]  # domain, name and type to the id of the key


@pause_collector(look=False)
def to_graphml(graph: Graph, path: str | PathLike[str], *, allow_nonfinite: bool = False) -> None:
    """Write a graph as a GraphML file with typed keys: boolean, long, double and string.

    An undirected edge stands there once, and is read back as two columns of edge_index: all rows, then the
    reverse of each. Attributes have the names they came with; rows of numbers are taken
    apart into name_0, name_1, ... as in CSV. The file appears whole or not at all.

    >>> from tinygnn.adapters import from_graphml
    >>> to_graphml(Graph(([0], [1]), node_attrs={"name": ["<a>", "b"]}), "graph.graphml")
    >>> from_graphml("graph.graphml").node_attrs
    {'name': ['<a>', 'b']}

    Raises AdapterError naming what GraphML cannot hold: None, lists of different lengths, letters that
    are none in XML, nan and inf unless allow_nonfinite.
    """
    ids = id_texts(graph)
    of_nodes = flat_columns(node_columns(graph), "node")
    of_edges = flat_columns(edge_columns(graph), "edge")
    of_graph: dict[Any, list[Any]] = {name: [value] for name, value in graph.graph_attrs.items()}
    if graph.y is not None and graph.y_level == "graph":
        if "y" in of_graph:
            raise AdapterError("the graph's own y would be named 'y': rename the attribute", attribute="y")
        of_graph["y"] = graph.y if isinstance(graph.y, list) and len(graph.y) == 1 else [graph.y]
    keys: Keys = {}
    tables = [("graph", of_graph), ("node", of_nodes), ("edge", of_edges)]
    for domain, columns in tables:
        for name, column in columns.items():
            _declare(domain, name, column, keys, allow_nonfinite)
    parallel = graph.origin.get("edge_keys")
    if parallel is not None and len(parallel) != graph.num_edges:
        parallel = None
    rows = list(range(graph.num_edges))
    if not graph.directed:
        rows = undirected_rows(graph, list(of_edges.values()), parallel)
    texts = [_escaped(text, "a node's id") for text in ids]
    key_texts = None if parallel is None else [_edge_id(key) for key in parallel]
    sources, targets = graph.edge_index

    def lines() -> Iterator[str]:
        yield HEAD
        for (domain, name, kind), key in keys.items():
            title = _escaped(name, "the name of an attribute")
            yield f'  <key id="{key}" for="{domain}" attr.name="{title}" attr.type="{kind}"/>\n'
        yield f'  <graph edgedefault="{"directed" if graph.directed else "undirected"}">\n'
        data = _data("graph", of_graph, 0, keys)
        yield f"    {data}\n" if data else ""
        for i, node in enumerate(texts):
            yield f'    <node id="{node}">{_data("node", of_nodes, i, keys)}</node>\n'
        for e in rows:
            edge_id = f' id="{key_texts[e]}"' if key_texts is not None and key_texts[e] is not None else ""
            ends = f'source="{texts[sources[e]]}" target="{texts[targets[e]]}"'
            yield f"    <edge{edge_id} {ends}>{_data('edge', of_edges, e, keys)}</edge>\n"
        yield "  </graph>\n</graphml>\n"

    write_text(Path(path), lines())


def _declare(domain: str, name: Any, column: list[Any], keys: Keys, allow_nonfinite: bool) -> None:
    """A key for each type that a column has."""
    if type(name) is not str:
        raise AdapterError(f"the {domain} attribute {name!r} is no text: rename it", attribute=name)
    for i, entry in enumerate(column):
        if entry is ABSENT:
            continue
        kind = TYPES.get(type(entry))
        problem = (
            None if kind else f"a {type(entry).__name__}, which GraphML does not have: to_json may hold it"
        )
        if kind == "double" and not (allow_nonfinite or isfinite(entry)):
            problem = f"{entry!r}: allow_nonfinite=True writes it all the same"
        if kind == "long" and abs(entry) >= 2**63:
            problem = "a number beyond 64 bits, which GraphML does not have"
        if kind == "string" and UNWRITABLE.search(entry):
            problem = f"{entry[:80]!r}, which holds a letter that XML does not have"
        if kind is None or problem is not None:
            where = domain if domain == "graph" else f"{domain} {i}"
            raise AdapterError(f"{where}: {name!r} is {problem}", attribute=name)
        keys.setdefault((domain, name, kind), f"d{len(keys)}")


def _data(domain: str, columns: dict[Any, list[Any]], i: int, keys: Keys) -> str:
    parts = []
    for name, column in columns.items():
        entry = column[i]
        if entry is not ABSENT:
            kind = TYPES[type(entry)]
            text = str(entry).lower() if kind == "boolean" else str(entry).translate(SPECIAL)
            parts.append(f'<data key="{keys[domain, name, kind]}">{text}</data>')
    return "".join(parts)


def _escaped(text: str, what: str) -> str:
    if UNWRITABLE.search(text):
        raise AdapterError(f"{what} is {text[:80]!r}, which holds a letter that XML does not have")
    return text.translate(SPECIAL)


def _edge_id(key: Any) -> str | None:
    if key is not None and type(key) not in (str, int):
        raise AdapterError(f"the key {key!r} of an edge is no text: GraphML has text only")
    return None if key is None else _escaped(str(key), "the key of an edge")
