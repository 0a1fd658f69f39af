"""`Graph` to CSV files; the way in is csv_files.py."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from tinygnn.adapters.columns import ABSENT, edge_columns, node_columns
from tinygnn.adapters.errors import AdapterError
from tinygnn.adapters.pairs import undirected_rows
from tinygnn.adapters.progress import counted
from tinygnn.adapters.rows import has_space
from tinygnn.adapters.whole_files import write_together
from tinygnn.collector import pause_collector
from tinygnn.graph import Graph


@pause_collector(look=False)
def to_csv(graph: Graph, edges: str | PathLike[str], nodes: str | PathLike[str] | None = None) -> None:
    """Write a graph as a CSV file of edges and, if asked for, one of nodes, both with a header.

    A row of the edge file is a column of edge_index; only a graph that `from_csv` read with
    directed=False is written as the rows it was read from. Columns have the names and the order they
    came with; rows of numbers without names become x_0, x_1, ... Floats are written by `repr`, so that
    reading gives the same bits. What the files cannot hold is named in a warning. The files appear whole, or
    none does.

    Raises AdapterError naming the column that cannot be written as text.
    """
    origin = graph.origin if graph.origin.get("format") == "csv" else {}
    ids = id_texts(graph)
    of_edges = flat_columns(edge_columns(graph), "edge")
    rows = range(graph.num_edges)
    if origin.get("directed") is False and not graph.directed:
        chosen: Sequence[int] = undirected_rows(graph, list(of_edges.values()))
    else:
        chosen = rows
    source, target = (_name(origin.get(end), end) for end in ("source", "target"))
    sources, targets = graph.edge_index
    ends = {source: [ids[i] for i in sources], target: [ids[i] for i in targets]}
    _refuse_clash(ends, of_edges)
    edge_table = _ordered({**ends, **of_edges}, origin.get("edge_columns", []))
    of_nodes = node_columns(graph)
    lost = _unwritten(graph, nodes is None, of_nodes, list(ends.values()))
    if lost:
        warnings.warn(f"not written to CSV: {', '.join(lost)}", stacklevel=2)
    node_table: dict[Any, list[Any]] = {}
    if nodes is not None:
        flat = flat_columns(of_nodes, "node")
        for name, words in origin.get("mask_words", {}).items():
            if name in flat and set(map(type, flat[name])) <= {bool}:
                flat[name] = [words[entry] for entry in flat[name]]
        node_id = _name(origin.get("node_id"), "node_id")
        _refuse_clash({node_id: ids}, flat)
        node_table = _ordered({node_id: ids, **flat}, origin.get("node_columns", []))
    files: dict[str | PathLike[str], Iterator[str]] = {edges: _lines(edges, edge_table, chosen)}
    if nodes is not None:
        files[nodes] = _lines(nodes, node_table, range(graph.num_nodes))
    write_together(files)


def _name(recorded: Any, default: str) -> str:
    return recorded if isinstance(recorded, str) else default


def id_texts(graph: Graph) -> list[str]:
    """Node ids as text; refuse those that do not come back as they are."""
    ids = graph.node_ids if graph.node_ids is not None else range(graph.num_nodes)
    for node in ids:
        if type(node) not in (int, str) or node == "":
            raise AdapterError(
                f"node id {node!r} is a {type(node).__name__}: CSV holds text and whole numbers; "
                "give the nodes other ids",
                node=node,
            )
    texts = list(map(str, ids))
    if len(set(texts)) != len(texts):
        seen: dict[str, Any] = {}
        for node, text in zip(ids, texts):
            if text in seen:
                raise AdapterError(
                    f"nodes {seen[text]!r} and {node!r} have the same text: rename one", node=node
                )
            seen[text] = node
    return texts


def flat_columns(columns: dict[Any, list[Any]], of: str) -> dict[Any, list[Any]]:
    """Take columns of rows apart into name_0, name_1, ...; refuse what has no text."""
    flat: dict[Any, list[Any]] = {}
    for name, column in columns.items():
        widths = {len(entry) if isinstance(entry, (list, tuple)) else -1 for entry in column}
        split = {name: column}
        if widths and -1 not in widths and len(widths) == 1:
            split = {f"{name}_{j}": [entry[j] for entry in column] for j in range(widths.pop())}
        for part, entries in split.items():
            for i, entry in enumerate(entries):
                if not isinstance(entry, (str, int, float)) and entry is not None and entry is not ABSENT:
                    raise AdapterError(
                        f"{of} {i}: {part!r} is a {type(entry).__name__}, which has no place in a CSV cell: "
                        "remove the attribute, or turn it into numbers or text",
                        attribute=name,
                    )
            if part in flat:
                raise AdapterError(f"two columns would be named {part!r}: rename one", attribute=name)
            flat[part] = entries
    return flat


def _refuse_clash(ids: dict[Any, list[str]], columns: dict[Any, list[Any]]) -> None:
    names = [str(name) for name in (*ids, *columns)]
    for name in names:
        if names.count(name) > 1:
            raise AdapterError(f"two columns would be named {name!r}: rename the attribute", attribute=name)
        if name != name.strip() or not name:
            raise AdapterError(
                f"an attribute is named {name!r}: a column needs a name without spaces around it",
                attribute=name,
            )


def _ordered(table: dict[Any, list[Any]], order: list[Any]) -> dict[Any, list[Any]]:
    return {**{name: table[name] for name in order if name in table}, **table}


def _unwritten(
    graph: Graph, no_nodes: bool, of_nodes: dict[Any, list[Any]], ends: list[list[str]]
) -> list[str]:
    """What the files do not hold."""
    lost = [f"graph attribute {name!r}" for name in graph.graph_attrs]
    if graph.y is not None and graph.y_level == "graph":
        lost.append("the graph's own y")
    if no_nodes and of_nodes:
        lost.append(f"node columns {', '.join(map(repr, of_nodes))} (give nodes=)")
    isolated = graph.num_nodes - len(set(graph.edge_index[0]) | set(graph.edge_index[1]))
    if no_nodes and isolated:
        lost.append(f"{isolated} isolated nodes (give nodes=)")
    return lost


def _lines(path: str | PathLike[str], table: dict[Any, list[Any]], rows: Sequence[int]) -> Iterator[str]:
    """The lines of a table, the header first."""
    delimiter = "\t" if fspath(path).endswith(".tsv") else ","
    cell = _Cell(delimiter, len(table) == 1)
    columns = [
        cell.texts(
            column if len(rows) == len(column) and rows == range(len(column)) else [column[i] for i in rows]
        )
        for column in table.values()
    ]
    yield delimiter.join(map(cell, table)) + "\n"
    lines = map("".join, zip(map(delimiter.join, zip(*columns)), repeat("\n")))
    yield from counted(lines, f"lines of {Path(path).name}", len(rows))


class _Cell:
    """Writes one entry: floats by repr, text in quotes where reading it needs them."""

    def __init__(self, delimiter: str, alone: bool) -> None:
        self.special = (delimiter, '"', "\n", "\r")
        self.alone = alone

    def texts(self, column: Sequence[Any]) -> Iterable[str]:
        """Write a whole column; one of numbers or of plain words alone needs no look at each entry."""
        kinds = set(map(type, column))
        if len(kinds) == 1 and kinds <= {float, int}:
            return map(repr, column)
        if kinds == {str} and not self.alone:
            text = "".join(column)
            if not any(mark in text for mark in self.special) and not has_space(text):
                return column
        return map(self, column)

    def __call__(self, entry: Any) -> str:
        if type(entry) is float:
            return repr(entry)
        if entry is None or entry is ABSENT:
            return '""' if self.alone else ""
        text = repr(float(entry)) if isinstance(entry, float) else str(entry)
        quoted = text != text.strip() or any(mark in text for mark in self.special)
        return '"' + text.replace('"', '""') + '"' if quoted or (self.alone and not text) else text
