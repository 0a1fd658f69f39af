"""Nodes and edges as a file or a table lists them, with columns of attributes: to a `Graph`.

What the formats with named, typed attributes share. An undirected edge that stands there once becomes
two columns of edge_index: all rows first, then the reverse of each that is no self loop.
"""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from math import isfinite
from typing import Any

from tinygnn.adapters.columns import ABSENT, exact_floats, feature_rows, labels, weight_column
from tinygnn.adapters.errors import AdapterError, did_you_mean, distinct, name_list
from tinygnn.edge_index import EdgeIndex
from tinygnn.graph import MASKS, Graph

# Says where entry i stands: keyword arguments of AdapterError.
Place = Callable[[int], dict[str, Any]]


@dataclass
class Records:
    """The nodes and edges of one graph; where an attribute is not there its column holds ABSENT."""

    format: str
    ids: list[Any]
    sources: list[int]
    targets: list[int]
    nodes: dict[Any, list[Any]] = field(default_factory=dict)
    edges: dict[Any, list[Any]] = field(default_factory=dict)
    graph: dict[Any, Any] = field(default_factory=dict)
    directed: bool = True
    keys: list[Any] | None = None  # of a multigraph's edges
    origin: dict[str, Any] = field(default_factory=dict)
    path: Any = None
    node_place: Place = lambda i: {}
    edge_place: Place = lambda e: {}


def columns_of(rows: Iterable[dict[Any, Any]]) -> dict[Any, list[Any]]:
    """Dicts of attributes as columns, each as long as there are rows.

    >>> columns_of([{"a": 1}, {"b": 2}])
    {'a': [1, absent], 'b': [absent, 2]}
    """
    columns: dict[Any, list[Any]] = {}
    count = 0
    for row in rows:
        for name, entry in row.items():
            column = columns.get(name)
            if column is None:
                column = columns[name] = []
            if len(column) < count:
                column.extend([ABSENT] * (count - len(column)))
            column.append(entry)
        count += 1
    for column in columns.values():
        column.extend([ABSENT] * (count - len(column)))
    return columns


def listed(names: Iterable[Any]) -> str:
    """The first few of some names, for a message.

    >>> listed(["a", 7]), listed([])
    ("'a', 7", 'none')
    """
    first = [reprlib.repr(name) for name in islice(names, 13)]
    return ", ".join([*first[:12], *(["..."] if len(first) > 12 else [])]) or "none"


def graph_of(
    records: Records,
    *,
    x: Iterable[Any] | None = None,
    y: Any = None,
    edge_weight: Any = None,
    edge_attr: Iterable[Any] | None = None,
    masks: Mapping[str, Any] | None = None,
    label_map: Mapping[Any, int] | None = None,
    fill: Any = None,
    allow_nonfinite: bool = False,
) -> Graph:
    """Put a Graph together; options as in `from_json`."""
    rows = len(records.sources)
    multigraph = records.keys is not None
    kind = ("Multi" if multigraph else "") + ("DiGraph" if records.directed else "Graph")
    origin: dict[str, Any] = {
        "format": records.format, "directed": records.directed, "graph_class": kind,
        "node_columns": list(records.nodes), "edge_columns": list(records.edges), **records.origin,
    }  # fmt: skip
    if not records.directed:
        add_reverse_edges(records)
    if records.keys is not None:
        origin["edge_keys"] = records.keys
    ids = records.ids

    def edge_place(e: int) -> dict[str, Any]:
        ends = ids[records.sources[e]], ids[records.targets[e]]
        return {"path": records.path, "edge": ends, **records.edge_place(e)} if e < rows else {"edge": ends}

    def node_place(i: int) -> dict[str, Any]:
        return {"path": records.path, "node": ids[i], **records.node_place(i)}

    nodes = Columns("node", records.nodes, node_place, fill, allow_nonfinite)
    edges = Columns("edge", records.edges, edge_place, fill, allow_nonfinite)
    fields: dict[str, Any] = {}
    graph_attrs = dict(records.graph)
    features = distinct("x", name_list("x", x))
    if features is not None:
        fields["x"], origin["x"] = nodes.features(features, len(ids))
    if y is not None and y not in nodes.columns and y in graph_attrs:
        fields["y"], fields["y_level"] = _graph_label(graph_attrs.pop(y)), "graph"
        origin["graph_y"] = y
    elif y is not None:
        kept = y in nodes.taken
        column = nodes.take(y)
        fields["y"], fields["class_names"], origin["y"] = labels(y, column, label_map, nodes.locate)
        fields["y_level"] = "node"
        if kept or not origin["y"].get("one_to_one", True):
            origin["y"]["kept"] = True
            nodes.taken -= set() if kept else {y}
    origin["masks"] = _masks(nodes, masks, fields)
    if edge_weight is not None:
        weights, origin["edge_weight"] = weight_column(edge_weight, edges.take(edge_weight), edges.locate)
        edges.refuse_nonfinite([edge_weight], [weights])
        fields["edge_weight"] = weights
    edge_features = distinct("edge_attr", name_list("edge_attr", edge_attr))
    if edge_features is not None:
        fields["edge_attr"], origin["edge_attr"] = edges.features(edge_features, len(records.sources))
        if edge_weight is not None and edge_weight in edge_features:
            origin["edge_weight"]["kept"] = True
    fields["node_attrs"], fields["edge_attrs"] = nodes.rest(), edges.rest()
    origin["absent_node_attrs"], origin["absent_edge_attrs"] = nodes.absent, edges.absent
    try:
        return Graph(
            EdgeIndex((records.sources, records.targets)), num_nodes=len(ids), node_ids=ids,
            directed=records.directed, graph_attrs=graph_attrs, origin=origin, **fields,
        )  # fmt: skip
    except (ValueError, TypeError) as error:
        raise AdapterError(str(error), path=records.path) from None


def add_reverse_edges(records: Records) -> None:
    """After all rows the reverse of each that is no self loop."""
    back = [e for e, (s, t) in enumerate(zip(records.sources, records.targets)) if s != t]
    sources, targets = records.sources, records.targets
    records.sources = sources + [targets[e] for e in back]
    records.targets = targets + [sources[e] for e in back]
    for column in [*records.edges.values(), *([records.keys] if records.keys is not None else [])]:
        column.extend([column[e] for e in back])


def _graph_label(label: Any) -> Any:
    return label if isinstance(label, list) else [label]


def _masks(nodes: Columns, masks: Any, fields: dict[str, Any]) -> dict[str, Any]:
    """Masks by their own names where all entries are booleans, or as they are named."""
    if masks is None:
        named = {
            mask: mask
            for mask in MASKS
            if mask in nodes.columns
            and mask not in nodes.taken
            and all(type(entry) is bool for entry in nodes.columns[mask])
        }
    elif isinstance(masks, Mapping):
        named = {mask if mask in MASKS else f"{mask}_mask": name for mask, name in masks.items()}
    else:
        raise AdapterError(f"masks is {masks!r}: give a dict such as {{'train_mask': 'train'}}")
    for mask, name in named.items():
        if mask not in MASKS:
            raise AdapterError(f"masks names {mask!r}: the masks are {', '.join(MASKS)}")
        column = nodes.take(name)
        for i, entry in enumerate(column):
            if type(entry) is not bool:
                raise AdapterError(
                    f"{name!r} is {entry!r}: a mask holds true and false", **nodes.locate(name, i)
                )
        fields[mask] = column
    return named


class Columns:
    """The attributes of nodes or of edges, from which some are taken."""

    def __init__(
        self, of: str, columns: dict[Any, list[Any]], place: Place, fill: Any, allow_nonfinite: bool
    ) -> None:
        self.of = of
        self.columns = columns
        self.place = place
        self.fill = fill
        self.allow_nonfinite = allow_nonfinite
        self.taken: set[Any] = set()
        self.absent: list[list[Any]] = []

    def locate(self, name: Any, i: int) -> dict[str, Any]:
        return {**self.place(i), "attribute": name}

    def take(self, name: Any) -> list[Any]:
        """A column that becomes a field; where an entry is absent, fill or an AdapterError."""
        if name not in self.columns:
            found = f"found: {listed(self.columns)}{did_you_mean(name, self.columns)}"
            raise AdapterError(
                f"no {self.of} has an attribute {name!r}; {found}",
                attribute=name,
            )
        value = self.fill.get(name) if isinstance(self.fill, dict) else self.fill
        column = list(self.columns[name])
        missing = [i for i, entry in enumerate(column) if entry is ABSENT]
        if missing and value is None:
            raise AdapterError(
                f"{len(missing)} of {len(column)} {self.of}s have no {name!r}, this {self.of} is the first: "
                "set it, or say with fill= what stands for it",
                **self.locate(name, missing[0]),
            )
        for i in missing:
            column[i] = value
        if missing and name not in self.taken:
            self.absent.append([name, missing, value])
        self.taken.add(name)
        return column

    def features(self, names: list[Any], count: int) -> tuple[list[list[float]], list[list[Any]]]:
        """Named columns side by side as rows of floats, and how to take them apart."""
        rows, described = feature_rows({name: self.take(name) for name in names}, self.locate)
        places = [name for name, width, _ in described for _ in range(1 if width is None else width)]
        floats = exact_floats(rows or [[] for _ in range(count)], lambda i, j: self.locate(places[j], i))
        self.refuse_nonfinite(places, list(zip(*floats)))
        return floats, described

    def refuse_nonfinite(self, names: list[Any], columns: list[Any]) -> None:
        if self.allow_nonfinite:
            return
        for name, column in zip(names, columns):
            for i, entry in enumerate(column):
                if not isfinite(entry):
                    raise AdapterError(
                        f"{name!r} is {entry!r}, expected a finite number; allow_nonfinite=True takes "
                        "inf and nan",
                        **self.locate(name, i),
                    )

    def rest(self) -> dict[Any, list[Any]]:
        """The columns that were not taken, None where an entry is absent."""
        rest: dict[Any, list[Any]] = {}
        for name, column in self.columns.items():
            if name in self.taken:
                continue
            missing = [i for i, entry in enumerate(column) if entry is ABSENT]
            rest[name] = list(column)
            for i in missing:
                rest[name][i] = None
            if missing:
                self.absent.append([name, missing, None])
        return rest
