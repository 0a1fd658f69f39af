"""`Graph`: nodes, edges and all that is known about them."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import Any

from tinygnn import notebook
from tinygnn.edge_index import EdgeIndex as EdgeIndex
from tinygnn.edge_index import gcn_norm
from tinygnn.linalg import plain
from tinygnn.sparse import Features
from tinygnn.value import Value, real_number

BUILT_IN = {bool, int, float, str, type(None), list, tuple, Value}
MASKS = ("train_mask", "val_mask", "test_mask")


@dataclass(repr=False)
class Graph:
    """A graph with N nodes and E edges, features, labels and masks.

    edge_index: (sources, targets), messages flow source -> target; an undirected edge is two entries.
    x: node features [N][F]. y: one label or target per node, or the graph's own (y_level "graph").
    edge_weight: [E]. edge_attr: [E][D]. num_nodes: N; where it is not given, the length of x, y (if
    y_level is "node"), node_ids or a mask, else the largest endpoint + 1. train_mask, val_mask,
    test_mask: [N] booleans. node_ids: the nodes' names, N different hashable objects. directed: False
    says that every edge stands there in both directions. node_attrs, edge_attrs: further columns by
    name, of N and E entries. graph_attrs: whatever belongs to the graph as a whole. class_names: the
    name of class k at position k. origin: what an adapter needs to give the graph back as it came.

    >>> graph = Graph(([0, 1, 1, 2], [1, 0, 2, 1]), x=[[1.0], [0.0], [2.0]], y=[0, 0, 1])
    >>> graph
    Graph(3 nodes, 4 edges, x 1, y 2 classes)

    Raises ValueError as `validate` does.
    """

    edge_index: EdgeIndex
    x: list[list[Any]] | None = None
    y: Any = None
    _: KW_ONLY
    edge_weight: list[Any] | None = None
    edge_attr: list[Any] | None = None
    num_nodes: int = None  # type: ignore[assignment]  # None asks for it to be found
    train_mask: list[bool] | None = None
    val_mask: list[bool] | None = None
    test_mask: list[bool] | None = None
    node_ids: list[Any] | None = None
    directed: bool = True
    node_attrs: dict[Any, list[Any]] = field(default_factory=dict)
    edge_attrs: dict[Any, list[Any]] = field(default_factory=dict)
    graph_attrs: dict[Any, Any] = field(default_factory=dict)
    y_level: str | None = None
    class_names: list[Any] | None = None
    origin: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.edge_index = EdgeIndex.of(self.edge_index)
        for name in ("x", "y", "edge_weight", "edge_attr", "node_ids", *MASKS):
            setattr(self, name, _plain(getattr(self, name)))
        if self.x is not None:
            self.x = _feature_rows("x", self.x)
        self.num_nodes = self._infer_num_nodes() if self.num_nodes is None else self.num_nodes
        if hasattr(self.num_nodes, "__index__") and not isinstance(self.num_nodes, bool):
            self.num_nodes = operator.index(self.num_nodes)
        if self.y_level is None and self.y is not None:
            per_node = isinstance(self.y, list) and len(self.y) == self.num_nodes
            one_row = isinstance(self.y, list) and len(self.y) == 1
            self.y_level = "graph" if not per_node and (one_row or not isinstance(self.y, list)) else "node"
        self._validate_all_but_x()

    def _infer_num_nodes(self) -> int:
        columns: list[Any] = [self.x, self.node_ids, *(getattr(self, mask) for mask in MASKS)]
        if self.y_level == "node" or (isinstance(self.y, list) and len(self.y) > 1):
            columns.append(self.y)
        for column in columns:
            if isinstance(column, list):
                return len(column)
        return max(max(self.edge_index[0], default=-1), max(self.edge_index[1], default=-1)) + 1

    @property
    def num_edges(self) -> int:
        return self.edge_index.num_edges

    @property
    def num_features(self) -> int:
        """F, the number of columns of x; 0 without x."""
        return len(self.x[0]) if self.x else 0

    @property
    def num_classes(self) -> int:
        """C: the number of class names, or the largest label + 1; 0 if y does not hold classes."""
        if self.class_names is not None:
            return len(self.class_names)
        labels = self.y if isinstance(self.y, list) else [self.y]
        classes = [label for label in labels if type(label) is int]
        return max(classes) + 1 if classes and len(classes) == len(labels) else 0

    def validate(self) -> bool:
        """Check every length, index, mask and type; return True.

        Raises ValueError that says which entry is wrong and what was expected.
        """
        if self.x is not None:
            _feature_rows("x", self.x)
        self._validate_all_but_x()
        return True

    def _validate_all_but_x(self) -> None:
        n, e = self.num_nodes, self.num_edges
        if type(n) is not int or n < 0:
            raise ValueError(f"num_nodes is {n!r}, not a whole number of nodes")
        self.edge_index.check(n)
        _check_length("x", self.x, n, "node")
        _check_length("edge_weight", self.edge_weight, e, "edge")
        _check_length("edge_attr", self.edge_attr, e, "edge")
        _check_length("node_ids", self.node_ids, n, "node")
        if self.y_level not in (None, "node", "graph"):
            raise ValueError(f"y_level is {self.y_level!r}: it is 'node', 'graph' or None")
        if self.y_level == "node":
            _check_length("y", self.y, n, "node")
        for mask in MASKS:
            _check_length(mask, getattr(self, mask), n, "node")
            _check_mask(mask, getattr(self, mask))
        for attrs, length, of in (("node_attrs", n, "node"), ("edge_attrs", e, "edge")):
            if not isinstance(getattr(self, attrs), dict):
                raise ValueError(f"{attrs} is {getattr(self, attrs)!r}: expected a dict of columns by name")
            for name, column in getattr(self, attrs).items():
                _check_length(f"{attrs}[{name!r}]", column, length, of)
        if self.edge_weight is not None:
            _check_numbers("edge_weight", self.edge_weight)
        if self.edge_attr is not None:
            _check_widths("edge_attr", self.edge_attr)
        if self.node_ids is not None:
            _check_names("node_ids", self.node_ids)
        if self.class_names is not None and self.y is not None:
            labels = self.y if isinstance(self.y, list) else [self.y]
            for i, label in enumerate(labels):
                if type(label) is int and not 0 <= label < len(self.class_names):
                    raise ValueError(f"y[{i}] is {label}, but class_names has {len(self.class_names)} names")

    def __repr__(self) -> str:
        parts = [f"{self.num_nodes} nodes", f"{self.num_edges} edges"]
        if self.x is not None:
            parts.append(f"x {self.num_features}")
        if self.y is not None:
            parts.append(f"y {self.num_classes} classes" if self.num_classes else "y")
        return f"Graph({', '.join(parts)})"

    def _repr_html_(self) -> str:
        """What a notebook shows: sizes, classes, masks and names."""
        rows = [["nodes", str(self.num_nodes)], ["edges", str(self.num_edges)]]
        if self.x is not None:
            rows.append(["x", f"{self.num_features} features of each node"])
        if self.y is not None:
            rows.append(["y", self._labels_in_words()])
        for name in MASKS:
            mask = getattr(self, name)
            if mask is not None:
                rows.append([name, f"{sum(map(bool, mask))} nodes"])
        for name in ("edge_weight", "edge_attr"):
            if getattr(self, name) is not None:
                rows.append([name, "of each edge"])
        if self.node_ids is not None:
            more = ", ..." if len(self.node_ids) > 5 else ""
            rows.append(["node_ids", ", ".join(map(str, self.node_ids[:5])) + more])
        for kind in ("node_attrs", "edge_attrs", "graph_attrs"):
            if getattr(self, kind):
                rows.append([kind, ", ".join(map(str, getattr(self, kind)))])
        return notebook.table("Graph", rows)

    def _labels_in_words(self) -> str:
        """Each class with how many nodes are in it, or what else y is."""
        if self.y_level != "node" or not isinstance(self.y, list):
            return "of the graph"
        if not self.num_classes:
            return "a number for each node"
        names = self.class_names or [f"class {k}" for k in range(self.num_classes)]
        numbers = [sum([label == k for label in self.y]) for k in range(self.num_classes)]
        return notebook.counts(list(map(str, names)), numbers)


def adjacency_matrix(graph: Graph, *, self_loops: bool = False, normalize: bool = False) -> list[list[float]]:
    """The dense matrix A with A[target][source] = weight of that edge, so that A X sums messages.

    self_loops=True gives every node that has no self loop one of weight 1, as GCN does;
    normalize=True scales A to D^-1/2 A D^-1/2, D the row sums of A. With both,
    `matmul(adjacency_matrix(graph, ...), matmul(x, W))` is what GCNConv computes. Weights of duplicate
    edges add up; of several self loops self_loops=True counts the last, as GCN does. Shape [N][N].

    >>> adjacency_matrix(Graph(([0], [1])), self_loops=True)
    [[1.0, 0.0], [1.0, 1.0]]

    Raises ValueError when the weights are Values: this matrix is constant.
    """
    n = graph.num_nodes
    edges, weights = gcn_norm(
        graph.edge_index, graph.edge_weight, n, add_self_loops=self_loops, normalize=normalize
    )
    matrix = [[0.0] * n for _ in range(n)]
    for source, target, weight in zip(*edges, weights):
        if isinstance(weight, Value):
            raise ValueError("adjacency_matrix is constant: give the graph float edge weights")
        matrix[target][source] += weight
    return matrix


def _plain(column: Any) -> Any:
    """Copy a column; tensors, arrays and their scalars become lists and Python's own numbers."""
    column = plain(column)
    if not isinstance(column, (list, tuple)):
        return column
    if set(map(type, column)) <= BUILT_IN:
        return list(column)
    return [plain(entry) for entry in column]


def _feature_rows(name: str, rows: Sequence[Any]) -> list[list[Any]]:
    """Check rows of numbers or Values of one length; copy them, as `Features` if all are floats."""
    if not isinstance(rows, list):
        raise ValueError(f"{name} is {rows!r}: expected a list with one row of numbers per node")
    checked, others = [], []
    for i, row in enumerate(rows):
        if type(row) is list and set(map(type, row)) <= {float}:
            checked.append(row[:])
            continue
        row = _plain(row)
        if not isinstance(row, list):
            raise ValueError(f"{name}[{i}] is {row!r}: each node needs a list of numbers, its features")
        checked.append(row)
        others.append(i)
    _check_widths(name, checked)
    constant = True
    for i in others:
        row = [_exact_number(f"{name}[{i}][{j}]", entry) for j, entry in enumerate(checked[i])]
        constant = constant and not any(isinstance(entry, Value) for entry in row)
        checked[i] = row
    return Features(checked) if constant else checked


def _exact_number(where: str, entry: Any) -> Any:
    if isinstance(entry, Value):
        return entry
    try:
        number = real_number(entry)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{where}: {error}") from None
    if number != entry and number == number:
        raise ValueError(f"{where} is {entry!r}, which no float holds exactly (nearest: {number!r})")
    return number


def _check_numbers(name: str, column: Sequence[Any]) -> None:
    if set(map(type, column)) - {float}:
        for i, entry in enumerate(column):
            _exact_number(f"{name}[{i}]", entry)


def _check_length(name: str, column: Any, length: int, of: str) -> None:
    if column is None:
        return
    if not isinstance(column, list):
        raise ValueError(f"{name} is {column!r}: expected a list with one entry per {of}")
    if len(column) != length:
        raise ValueError(f"{name} has {len(column)} entries, the graph {length} {of}s: they must agree")


def _check_widths(name: str, rows: Sequence[Any]) -> None:
    """Raise ValueError, naming the row, unless all rows that are lists are equally long."""
    widths = [len(row) if isinstance(row, (list, tuple)) else None for row in rows]
    if len(set(widths)) > 1:
        i = next(i for i, width in enumerate(widths) if width != widths[0])
        raise ValueError(
            f"{name}[{i}] has {widths[i]} entries, {name}[0] has {widths[0]}: all rows need one length"
        )


def _check_names(name: str, names: Sequence[Any]) -> None:
    """Raise ValueError unless all names are hashable and different."""
    first: dict[Any, int] = {}
    for i, node in enumerate(names):
        try:
            j = first.setdefault(node, i)
        except TypeError:
            raise ValueError(f"{name}[{i}] is {node!r}: a name is hashable, as text or a number") from None
        if i != j:
            raise ValueError(f"{name}: nodes {j} and {i} are both named {node!r}")


def _check_mask(name: str, mask: list[Any] | None) -> None:
    if mask is not None and set(map(type, mask)) - {bool}:
        i = next(i for i, entry in enumerate(mask) if type(entry) is not bool)
        raise ValueError(f"{name}[{i}] is {mask[i]!r}: a mask holds True and False")
