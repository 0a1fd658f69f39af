"""A list of `Graph` to a TUDataset folder; the way in is tudataset.py."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, chain
from os import PathLike
from pathlib import Path
from typing import Any

from tinygnn.adapters.errors import AdapterError
from tinygnn.adapters.whole_files import write_together
from tinygnn.graph import MASKS, Graph

Rows = list[list[Any]]
PARTS = (
    "A", "graph_indicator", "graph_labels", "graph_attributes", "node_labels", "node_attributes",
    "edge_labels", "edge_attributes",
)  # fmt: skip


def to_tudataset(
    graphs: Graph | Sequence[Graph], folder: str | PathLike[str], name: str | None = None
) -> list[str]:
    """Write graphs as a folder of TUDataset's raw files: NAME_A.txt, NAME_graph_indicator.txt, ...

    name: the dataset's, by default the folder's. x that is one-hot becomes node_labels, any other x
    node_attributes, which `from_tudataset` makes x of with use_node_attr=True; edge_attr likewise. y of the
    graphs becomes graph_labels (of class_names that are whole numbers, else of the classes' numbers), and
    graph_attributes where it is floats. What `from_tudataset` left in `node_attrs["node_attributes"]` and
    `edge_attrs["edge_attributes"]` goes back. Whatever else the files cannot hold is named in a warning. The
    files appear whole, or none does. Returns their paths.

    Raises AdapterError for what would be read as another graph: self loops, an edge that stands there twice,
    y or features in some graphs only.
    """
    several = [graphs] if isinstance(graphs, Graph) else list(graphs)
    folder = Path(folder)
    name = folder.resolve().name if name is None else name
    if not name or Path(name).name != name:
        raise AdapterError(f"name is {name!r}: it begins the names of the files, such as 'MUTAG'")
    if not several:
        raise AdapterError("there is no graph to write", path=folder)
    lost: set[str] = set()
    parts: dict[str, Iterable[Sequence[Any]]] = {
        "A": _pairs(several, lost),
        "graph_indicator": ([g] for g, graph in enumerate(several, 1) for _ in range(graph.num_nodes)),
        **_features("node", [graph.x for graph in several], several, lost),
        **_features("edge", [graph.edge_attr for graph in several], several, lost),
        **_targets(several, lost),
    }
    _name_what_is_lost(several, parts, lost)
    stale = [p for p in PARTS if p not in parts and (folder / f"{name}_{p}.txt").exists()]
    if stale:
        raise AdapterError(
            "this file of another dataset would be read with the new ones: remove it, or name another folder",
            path=folder / f"{name}_{stale[0]}.txt",
        )
    if lost:
        warnings.warn(f"not written to {folder}: {', '.join(sorted(lost))}", stacklevel=2)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise AdapterError(f"it cannot be written: {error.strerror}", path=folder) from None
    files: dict[str | PathLike[str], Iterator[str]] = {
        folder / f"{name}_{part}.txt": _lines(rows) for part, rows in parts.items()
    }
    write_together(files)
    return [str(path) for path in files]


def _lines(rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    return (", ".join(map(repr, row)) + "\n" for row in rows)


def _pairs(graphs: list[Graph], lost: set[str]) -> Rows:
    """(source, target) of every edge, nodes counted from 1 over all graphs."""
    rows: Rows = []
    for g, start in enumerate(accumulate((graph.num_nodes for graph in graphs[:-1]), initial=1)):
        pairs = list(zip(*graphs[g].edge_index))
        seen = set()
        for pair in pairs:
            if pair[0] == pair[1] or pair in seen:
                what = "a self loop" if pair[0] == pair[1] else "there twice"
                raise AdapterError(
                    f"graph {g}: the edge {pair} is {what}, which readers of this format leave out or join: "
                    "remove it first, or write another format",
                    edge=pair,
                )
            seen.add(pair)
        if pairs != sorted(pairs):
            lost.add("the order of the edges")
        rows.extend([start + source, start + target] for source, target in pairs)
    if not rows:
        raise AdapterError("the graphs have no edges: an empty file of them is not read back")
    return rows


def _features(
    of: str, features: list[Rows | None], graphs: list[Graph], lost: set[str]
) -> dict[str, Iterable[Sequence[Any]]]:
    """The files of the nodes' or edges' features, and of the attributes that are no part of them."""
    field = "x" if of == "node" else "edge_attr"
    parts: dict[str, Iterable[Sequence[Any]]] = {}
    rows = _all_or_none(field, features)
    if rows is not None and rows and rows[0]:
        labels = _labels(rows)
        if labels is None:
            parts[f"{of}_attributes"] = rows
        else:
            parts[f"{of}_labels"] = labels
    kept = f"{of}_attributes"
    further = _all_or_none(kept, [getattr(graph, f"{of}_attrs").get(kept) for graph in graphs])
    if further is not None and kept not in parts:
        parts[kept] = further
    elif further is not None:
        lost.add(f"{of} attribute {kept!r}")
    return parts


def _all_or_none(field: str, columns: list[Any]) -> Rows | None:
    """The rows of all graphs one after the other; None where no graph has any."""
    present = [column is not None for column in columns]
    if not any(present):
        return None
    if not all(present):
        raise AdapterError(
            f"graph {present.index(False)} has no {field}, graph {present.index(True)} has: "
            "give it to all graphs or to none",
            attribute=field,
        )
    rows = list(chain.from_iterable(columns))
    for i, row in enumerate(rows):
        if not isinstance(row, (list, tuple)) or not all(isinstance(n, (int, float)) for n in row):
            raise AdapterError(f"{field}[{i}] is {row!r}: this format holds rows of numbers", attribute=field)
        if len(row) != len(rows[0]):
            raise AdapterError(
                f"{field}[{i}] has {len(row)} numbers, {field}[0] has {len(rows[0])}: all need one length",
                attribute=field,
            )
    return rows


def _labels(rows: Rows) -> Rows | None:
    """Rows that are one-hot as the positions of their ones, if reading these gives the rows again."""
    labels: list[int] = []
    for row in rows:
        if sorted(set(row)) not in ([0, 1], [1]) or row.count(1) != 1:
            return None
        labels.append(row.index(1))
    return [[label] for label in labels] if {0, len(rows[0]) - 1} <= set(labels) else None


def _targets(graphs: list[Graph], lost: set[str]) -> dict[str, Iterable[Sequence[Any]]]:
    """The files of the graphs' labels and targets."""
    levels = {graph.y_level for graph in graphs}
    if levels == {None}:
        return {}
    if "node" in levels:
        lost.add("y of the nodes")
        return {}
    rows = _all_or_none("y", [[_row(graph.y)] if graph.y is not None else None for graph in graphs])
    assert rows is not None
    if any(isinstance(number, float) for row in rows for number in row):
        labels = [graph.graph_attrs.get("graph_label") for graph in graphs]
        known = all(type(label) is int for label in labels)
        return {
            "graph_attributes": rows,
            **({"graph_labels": [[label] for label in labels]} if known else {}),
        }
    if len(rows[0]) != 1:
        raise AdapterError(
            f"y of a graph is {len(rows[0])} whole numbers: a graph has one label here; targets are floats",
            attribute="y",
        )
    names = graphs[0].class_names
    if any(graph.class_names != names for graph in graphs):
        raise AdapterError("the graphs have different class_names: give all the same", attribute="y")
    used = sorted({row[0] for row in rows})
    if names is not None and all(type(each) is int for each in names) and names == sorted(names):
        if used != list(range(len(names))):
            lost.add("classes that no graph has")
        return {"graph_labels": [[names[row[0]]] for row in rows]}
    if names is not None:
        lost.add("class names")
    if used != list(range(len(used))):
        lost.add("the classes' numbers as y (they come back as class_names)")
    return {"graph_labels": rows}


def _row(y: Any) -> list[Any]:
    """y of one graph as a row: 3, [3], [0.5, 2.0] or [[0.5, 2.0]]."""
    if not isinstance(y, (list, tuple)):
        return [y]
    return list(y[0]) if len(y) == 1 and isinstance(y[0], (list, tuple)) else list(y)


def _name_what_is_lost(
    graphs: list[Graph], parts: dict[str, Iterable[Sequence[Any]]], lost: set[str]
) -> None:
    """Add the fields and attributes that have no file here."""
    if graphs[-1].num_nodes == 0 and not {"graph_labels", "graph_attributes"} & parts.keys():
        raise AdapterError(
            f"graph {len(graphs) - 1}, the last, has no nodes and no y: it would be lost; leave it out"
        )
    for graph in graphs:
        for field in ("edge_weight", "node_ids", *MASKS):
            if getattr(graph, field) is not None:
                lost.add(field)
        lost.update(f"node attribute {key!r}" for key in graph.node_attrs if key != "node_attributes")
        lost.update(f"edge attribute {key!r}" for key in graph.edge_attrs if key != "edge_attributes")
        with_targets = "graph_attributes" in parts and "graph_labels" in parts
        lost.update(
            f"graph attribute {key!r}"
            for key in graph.graph_attrs
            if not (with_targets and key == "graph_label")
        )
