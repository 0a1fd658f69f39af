"""A TUDataset folder (`MUTAG_A.txt`, `MUTAG_graph_indicator.txt`, ...) to a list of `Graph`.

C. Morris et al., TUDataset: A collection of benchmark datasets for learning with graphs, 2020,
arXiv:2007.08663. The graphs are those of PyG's `TUDataset`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate
from os import PathLike
from pathlib import Path
from typing import Any

from tinygnn.adapters.entries import numbers, whole_numbers
from tinygnn.adapters.errors import AdapterError
from tinygnn.adapters.folders import place_in, the_name
from tinygnn.adapters.tables import Table
from tinygnn.collector import pause_collector
from tinygnn.edge_index import EdgeIndex
from tinygnn.graph import Graph

MAX_ENTRIES = 50_000_000  # of all one-hot rows: a list of floats takes 8 bytes for each

Rows = list[list[Any]]
Read = Callable[..., list[Any]]


@dataclass
class Files:
    """The files of a dataset, each read when asked for."""

    folder: Path
    name: str

    def path(self, part: str) -> Path:
        return self.folder / f"{self.name}_{part}.txt"

    def rows(
        self, part: str, count: int | None = None, read: Read = whole_numbers, **options: Any
    ) -> Rows | None:
        """The rows of numbers of a file, `count` of them; None if there is no such file."""
        path = self.path(part)
        if not path.is_file():
            return None
        rows: Rows = []
        line = 0
        for columns, lines in Table(path, header=False).batches():
            taken = []
            for j, column in enumerate(columns, 1):
                taken.append(read(column, place_in(path, lines, j), **options))
            rows.extend(map(list, zip(*taken)))
            line = lines[-1]
            if count is not None and len(rows) > count:
                line = lines[len(lines) - (len(rows) - count)]
                raise AdapterError(f"row {count + 1} of {count}: there is one too many", path=path, line=line)
        if count is not None and len(rows) < count:
            raise AdapterError(f"it ends after {len(rows)} of {count} rows", path=path, line=line)
        return rows


@pause_collector(look=False)
def from_tudataset(
    folder: str | PathLike[str],
    name: str | None = None,
    *,
    use_node_attr: bool = False,
    use_edge_attr: bool = False,
    allow_nonfinite: bool = False,
) -> list[Graph]:
    """Read the graphs in a folder of TUDataset's raw files, such as MUTAG/raw.

    name: the dataset, if the folder holds several. x: node labels, one-hot, after the node attributes if
    use_node_attr; edge_attr: edge labels and attributes likewise. Attributes that are not used so stay in
    `node_attrs["node_attributes"]` and `edge_attrs["edge_attributes"]`. y: [class], classes numbered in the
    order of the labels in the file, which are `class_names`; with graph_attributes these numbers instead.

    As in PyG, self loops are left out, edges that stand there twice are one with the sum of their
    features (a warning counts both), and columns of edge_index are sorted. Unlike there, attributes are
    the floats in the file, not rounded to float32. `to_tudataset` is the way back.

    Raises AdapterError with path and line for whatever cannot be read exactly.
    """
    folder = Path(folder)
    files = Files(folder, the_name(folder, "", "_graph_indicator.txt", "TUDataset", name))
    graph_of = _graph_numbers(files)
    n = len(graph_of)
    x, node_attributes = _features(files, "node", n, use_node_attr, allow_nonfinite)
    y, class_names, labels = _targets(files, allow_nonfinite)
    count = _count_graphs(files, graph_of, y)
    sizes = [0] * count
    for number in graph_of:
        sizes[number] += 1
    starts = list(accumulate(sizes, initial=0))
    pairs = _pairs(files, graph_of)
    edge_attr, edge_attributes = _features(files, "edge", len(pairs), use_edge_attr, allow_nonfinite)
    edges = _edges_of_graphs(files, pairs, graph_of, count, edge_attr, edge_attributes)
    graphs = []
    for g, (start, stop) in enumerate(zip(starts, starts[1:])):
        columns = edges[g]
        ends = [(pairs[rows[0]][0] - start, pairs[rows[0]][1] - start) for rows in columns]
        attributes = None if edge_attr is None else [_summed(edge_attr, rows) for rows in columns]
        further = None if edge_attributes is None else [_summed(edge_attributes, rows) for rows in columns]
        directed = not _symmetric(ends, attributes)
        graphs.append(
            Graph(
                EdgeIndex(([s for s, _ in ends], [t for _, t in ends])),
                x=None if x is None else x[start:stop],
                y=None if y is None else y[g], y_level=None if y is None else "graph",
                edge_attr=attributes, num_nodes=stop - start, directed=directed, class_names=class_names,
                node_attrs=_named("node_attributes", node_attributes and node_attributes[start:stop]),
                edge_attrs=_named("edge_attributes", further),
                graph_attrs={} if labels is None else {"graph_label": labels[g]},
                origin={"format": "tudataset", "name": files.name},
            )
        )  # fmt: skip
    return graphs


def _named(name: str, column: list[Any] | None) -> dict[Any, list[Any]]:
    return {} if column is None else {name: column}


def _graph_numbers(files: Files) -> list[int]:
    """For each node the number of its graph, counted from 0; graphs stand one after the other."""
    path = files.path("graph_indicator")
    numbers: list[int] = []
    last = 1
    for columns, lines in Table(path, header=False).batches():
        found = whole_numbers(columns[0], place_in(path, lines, 1))
        for i, number in enumerate(found):
            if number < last:
                raise AdapterError(
                    f"found graph {number} after graph {last}: graphs count from 1, and their nodes stand "
                    "together in the order of the graphs",
                    path=path,
                    line=lines[i],
                )
            last = number
        numbers.extend(number - 1 for number in found)
    return numbers


def _features(
    files: Files, of: str, count: int, use: bool, allow_nonfinite: bool
) -> tuple[Rows | None, Rows | None]:
    """Features of nodes or edges, and the attributes that are no part of them."""
    attributes = files.rows(f"{of}_attributes", count, numbers, allow_nonfinite=allow_nonfinite)
    if attributes is not None:
        attributes = [list(map(float, row)) for row in attributes]
    labels = files.rows(f"{of}_labels", count)
    encoded = None if labels is None else _one_hot(files.path(f"{of}_labels"), labels)
    if not use or attributes is None:
        return encoded, attributes
    return [a + b for a, b in zip(attributes, encoded or [[]] * count)], None


def _one_hot(path: Path, labels: Rows) -> Rows:
    """Each column of labels as rows of 0 and 1, from its smallest label on, side by side."""
    rows: Rows = [[] for _ in labels]
    for column in zip(*labels):
        low, high = min(column), max(column)
        if (high - low + 1) * len(labels) > MAX_ENTRIES:
            raise AdapterError(f"labels from {low} to {high} are too many to be one-hot", path=path)
        zeros = [0.0] * (high - low + 1)
        for row, label in zip(rows, column):
            start = len(row)
            row.extend(zeros)
            row[start + label - low] = 1.0
    return rows


def _targets(
    files: Files, allow_nonfinite: bool
) -> tuple[list[Any] | None, list[Any] | None, list[Any] | None]:
    """For each graph its y; the class names; and labels that are no y, where there are targets as well."""
    rows = files.rows("graph_labels")
    if rows and len(rows[0]) != 1:
        raise AdapterError(
            f"{len(rows[0])} labels in a row: one is expected", path=files.path("graph_labels"), line=1
        )
    labels = None if rows is None else [row[0] for row in rows]
    targets = files.rows("graph_attributes", None, numbers, allow_nonfinite=allow_nonfinite)
    if targets is not None:
        if labels is not None and len(labels) != len(targets):
            raise AdapterError(
                f"{len(targets)} rows here, {len(labels)} in graph_labels: they must agree",
                path=files.path("graph_attributes"),
            )
        floats = [list(map(float, row)) for row in targets]
        return [row if len(row) == 1 else [row] for row in floats], None, labels
    if labels is None:
        return None, None, None
    names = sorted(set(labels))
    number = {label: k for k, label in enumerate(names)}
    return [[number[label]] for label in labels], list(names), None


def _count_graphs(files: Files, graph_of: list[int], y: list[Any] | None) -> int:
    """The number of graphs; some may have no nodes."""
    last = graph_of[-1] + 1 if graph_of else 0
    if y is not None and last > len(y):
        raise AdapterError(
            f"there is a graph {last}, but labels or attributes for {len(y)}",
            path=files.path("graph_indicator"),
        )
    if y is None and last > len(graph_of):
        raise AdapterError(
            f"there is a graph {last}, but only {len(graph_of)} nodes", path=files.path("graph_indicator")
        )
    return last if y is None else len(y)


def _pairs(files: Files, graph_of: list[int]) -> list[tuple[int, int]]:
    """(source, target) of each row, counted from 0 over all graphs; both in one graph."""
    path = files.path("A")
    if not path.is_file():
        raise AdapterError("there is no such file: it holds the edges", path=path)
    n = len(graph_of)
    pairs: list[tuple[int, int]] = []
    for columns, lines in Table(path, header=False).batches():
        if len(columns) != 2:
            raise AdapterError(
                f"{len(columns)} entries, expected a source and a target", path=path, line=lines[0]
            )
        ends = [whole_numbers(column, place_in(path, lines, j)) for j, column in enumerate(columns, 1)]
        for i, (source, target) in enumerate(zip(*ends)):
            for j, node in enumerate((source, target), 1):
                if not 1 <= node <= n:
                    raise AdapterError(
                        f"found node {node}; graph_indicator has nodes 1 to {n}",
                        path=path,
                        line=lines[i],
                        column=j,
                        node=node,
                    )
            if graph_of[source - 1] != graph_of[target - 1]:
                raise AdapterError(
                    f"the edge ({source}, {target}) runs between graphs {graph_of[source - 1] + 1} and "
                    f"{graph_of[target - 1] + 1}",
                    path=path,
                    line=lines[i],
                    edge=(source, target),
                )
            pairs.append((source - 1, target - 1))
    return pairs


def _edges_of_graphs(
    files: Files, pairs: list[tuple[int, int]], graph_of: list[int], count: int, *features: Rows | None
) -> list[list[list[int]]]:
    """For each graph its columns of edge_index in order, each as the rows that it is made of."""
    edges: list[list[list[int]]] = [[] for _ in range(count)]
    last = (-1, -1)
    loops = twice = 0
    for row in sorted(range(len(pairs)), key=pairs.__getitem__):
        source, target = pairs[row]
        if source == target:
            loops += 1
        elif pairs[row] == last:
            edges[graph_of[source]][-1].append(row)
            twice += 1
        else:
            edges[graph_of[source]].append([row])
            last = pairs[row]
    if loops or twice:
        warnings.warn(
            f"{files.name}: {loops} self loops are left out and {twice} duplicate edges joined, as in PyG",
            stacklevel=4,
        )
    return edges


def _summed(features: Rows, rows: list[int]) -> list[Any]:
    if len(rows) == 1:
        return features[rows[0]]
    return [sum(column) for column in zip(*[features[row] for row in rows])]


def _symmetric(ends: list[tuple[int, int]], attributes: Rows | None) -> bool:
    column = {pair: c for c, pair in enumerate(ends)}
    for c, (source, target) in enumerate(ends):
        reverse = column.get((target, source))
        if reverse is None or (attributes is not None and attributes[c] != attributes[reverse]):
            return False
    return True
