"""`EdgeIndex`: the edges of a graph, and what layers compute from them once instead of once per epoch."""

from __future__ import annotations

import operator
from collections.abc import Callable, Hashable, Sequence
from typing import Any, TypeVar

from tinygnn.constants import constant, constants_are_recorded
from tinygnn.linalg import plain, total
from tinygnn.sparse import SparseRow, sparse_row
from tinygnn.value import Value, power, real_number

Weights = Sequence[Value | float]
Rows = Sequence[Sequence[Any]]
Made = TypeVar("Made")


class EdgeIndex(tuple[list[int], list[int]]):
    """The pair (sources, targets): edge e sends its message from sources[e] to targets[e].

    It is a pair of lists like PyG's `edge_index`, and equal to one. What is computed from it is kept,
    so treat the lists as read-only and make a new EdgeIndex for other edges. A layer that is given a
    plain pair makes one on every call: for training, make it once, or use a Graph, which holds one.

    >>> edges = EdgeIndex(([0, 1, 1], [1, 0, 2]))
    >>> edges.entering(3)
    [[1], [0], [2]]

    Raises ValueError when it is not a pair of equally long rows of integers.
    """

    _cache: dict[Any, Any]

    def __new__(cls, edge_index: object) -> EdgeIndex:
        rows = _plain_lists(edge_index)
        if len(rows) != 2:
            hint = "; transpose it" if rows and all(len(row) == 2 for row in rows) else ""
            raise ValueError(f"edge_index has {len(rows)} rows, not 2 (sources, targets){hint}")
        sources, targets = _integers("source", rows[0]), _integers("target", rows[1])
        if len(sources) != len(targets):
            raise ValueError(
                f"edge_index has {len(sources)} sources and {len(targets)} targets: each edge needs both"
            )
        self = super().__new__(cls, (sources, targets))
        self._cache = {}
        return self

    @classmethod
    def of(cls, edge_index: object) -> EdgeIndex:
        """Return an EdgeIndex as it is, a plain pair of rows as a new one."""
        return edge_index if isinstance(edge_index, EdgeIndex) else cls(edge_index)

    @classmethod
    def numbered(cls, sources: list[int], targets: list[int], num_nodes: int) -> EdgeIndex:
        """An EdgeIndex of lists of which it is known that they are equally long and hold nodes' numbers.

        Neither copied nor looked at: for one who has just numbered the nodes.
        """
        self = super().__new__(cls, (sources, targets))
        self._cache = {("checked", num_nodes): True}
        return self

    @property
    def num_edges(self) -> int:
        return len(self[0])

    def check(self, num_nodes: int) -> None:
        """Raise ValueError, naming the edge, if an endpoint is not one of num_nodes nodes."""
        if ("checked", num_nodes) in self._cache:
            return
        for role, ends in (("source", self[0]), ("target", self[1])):
            if ends and not 0 <= min(ends) <= max(ends) < num_nodes:
                e = next(e for e, node in enumerate(ends) if not 0 <= node < num_nodes)
                raise ValueError(
                    f"edge {e} = ({self[0][e]}, {self[1][e]}): {role} {ends[e]} is not a node "
                    f"(the graph has {num_nodes}, numbered from 0)"
                )
        self._cache["checked", num_nodes] = True

    def without_self_loops(self) -> EdgeIndex:
        """The edges that are no self loops, made once."""
        if "no loops" not in self._cache:
            pairs = [(s, t) for s, t in zip(*self) if s != t]
            self._cache["no loops"] = EdgeIndex(([s for s, _ in pairs], [t for _, t in pairs]))
        found: EdgeIndex = self._cache["no loops"]
        return found

    def with_self_loops(self, num_nodes: int) -> EdgeIndex:
        """The edges and then a self loop for each node, made once."""
        key = ("loops", num_nodes)
        if key not in self._cache:
            nodes = list(range(num_nodes))
            self._cache[key] = EdgeIndex((self[0] + nodes, self[1] + nodes))
        found: EdgeIndex = self._cache[key]
        return found

    def entering(self, num_nodes: int) -> list[list[int]]:
        """For each node the positions of the edges that enter it, in order. Shape [N][in-degree]."""
        key = ("entering", num_nodes)
        if key not in self._cache:
            self.check(num_nodes)
            edges: list[list[int]] = [[] for _ in range(num_nodes)]
            for e, target in enumerate(self[1]):
                edges[target].append(e)
            self._cache[key] = edges
        found: list[list[int]] = self._cache[key]
        return found

    def heard(self, num_nodes: int) -> list[list[int]]:
        """For each node the nodes it hears from, in the order of the edges. Shape [N][in-degree]."""
        key = ("heard", num_nodes)
        if key not in self._cache:
            sources = self[0]
            self._cache[key] = [[sources[e] for e in entering] for entering in self.entering(num_nodes)]
        found: list[list[int]] = self._cache[key]
        return found

    def once(self, key: Hashable, x: Rows, make: Callable[[], Made]) -> Made:
        """What `make()` gives for constant rows x on these edges, made anew only when x has changed."""
        place = ("once", key, constants_are_recorded())
        known = self._cache.get(place)
        if known is None or known[0] != x:
            known = self._cache[place] = [list(row) for row in x], make()
        found: Made = known[1]
        return found

    def gcn_rows(
        self,
        num_nodes: int,
        edge_weight: Sequence[float] | None = None,
        *,
        improved: bool = False,
        add_self_loops: bool = True,
        normalize: bool = True,
        bias: bool = False,
    ) -> list[SparseRow]:
        """For each node the nodes it hears from and GCN's constant coefficients; see `gcn_norm`.

        With bias it also hears, with coefficient 1, from row num_nodes.
        """
        key = ("gcn", num_nodes, improved, add_self_loops, normalize, bias)
        weights = None if edge_weight is None else tuple(edge_weight)
        known = self._cache.get(key)
        if known is None or known[0] != weights:
            edges, coefficients = gcn_norm(
                self, weights, num_nodes,
                improved=improved, add_self_loops=add_self_loops, normalize=normalize,
            )  # fmt: skip
            extra = ([num_nodes], [1.0]) if bias else ([], [])
            sources = edges[0]
            rows = [
                sparse_row(
                    [sources[e] for e in entering] + extra[0],
                    [float(coefficients[e]) for e in entering] + extra[1],
                )
                for entering in edges.entering(num_nodes)
            ]
            known = self._cache[key] = weights, rows
        found: list[SparseRow] = known[1]
        return found

    def neighbour_rows(
        self, num_nodes: int, *, mean: bool = False, root: bool = False, bias: bool = False
    ) -> list[SparseRow]:
        """For each node the nodes it hears from, each with coefficient 1, or 1/in-degree for a mean.

        With root it also hears, with coefficient 1, from row num_nodes + i: itself in a second matrix
        of rows below the first. With bias it hears so from the row below all these.
        """
        key = ("neighbours", num_nodes, mean, root, bias, constants_are_recorded())
        if key not in self._cache:
            rows = []
            for i, entering in enumerate(self.entering(num_nodes)):
                indices = [self[0][e] for e in entering]
                share: Any = constant(1.0) / max(len(entering), 1) if mean else 1.0
                coefficients = [share] * len(entering)
                if root:
                    indices.append(num_nodes + i)
                if bias:
                    indices.append(2 * num_nodes if root else num_nodes)
                coefficients += [1.0] * (len(indices) - len(coefficients))
                rows.append(sparse_row(indices, coefficients))
            self._cache[key] = rows
        found: list[SparseRow] = self._cache[key]
        return found

    def __reduce__(self) -> tuple[type[EdgeIndex], tuple[tuple[list[int], list[int]]]]:
        return EdgeIndex, ((self[0], self[1]),)


def gcn_norm(
    edge_index: EdgeIndex,
    edge_weight: Weights | None,
    num_nodes: int,
    *,
    improved: bool = False,
    add_self_loops: bool = True,
    normalize: bool = True,
) -> tuple[EdgeIndex, list[Value | float]]:
    """D^-1/2 (A + I) D^-1/2 as edges and coefficients w_ji / √(d_j d_i), d_i = Σ_j w_ji.

    Kipf & Welling 2017, arXiv:1609.02907, equation 2. As in PyG: a self loop that is there already
    keeps its weight (of several the last one) and stands for the added one, whose weight is 1
    (2 if improved); degrees count entering edges; a node of degree 0 has 1/√d = 0.

    Weights may be floats or Values. Raises ValueError when their number is not the number of edges.
    """
    edge_index.check(num_nodes)
    weights: list[Value | float] = weights_of(edge_index, edge_weight)
    if add_self_loops:
        edge_index, weights = add_remaining_self_loops(
            edge_index, weights, num_nodes, fill_value=2.0 if improved else 1.0
        )
    if not normalize:
        return edge_index, weights
    roots = [
        _inverse_root(_degree([weights[e] for e in entering])) for entering in edge_index.entering(num_nodes)
    ]
    sources, targets = edge_index
    return edge_index, [roots[s] * w * roots[t] for s, t, w in zip(sources, targets, weights)]


def add_remaining_self_loops(
    edge_index: EdgeIndex, weights: Weights, num_nodes: int, fill_value: float = 1.0
) -> tuple[EdgeIndex, list[Value | float]]:
    """Give every node one self loop: its own last one if it has any, else one of weight fill_value."""
    loops: list[Value | float] = [constant(fill_value)] * num_nodes
    sources: list[int] = []
    targets: list[int] = []
    kept: list[Value | float] = []
    for source, target, weight in zip(*edge_index, weights):
        if source == target:
            loops[source] = weight
        else:
            sources.append(source)
            targets.append(target)
            kept.append(weight)
    return EdgeIndex((sources, targets)).with_self_loops(num_nodes), kept + loops


def weights_of(edge_index: EdgeIndex, edge_weight: Weights | None) -> list[Value | float]:
    """One float or Value for each edge, 1 where edge_weight is None.

    Raises ValueError when there are more or fewer, TypeError for one that is no number.
    """
    if edge_weight is None:
        return [constant(1.0)] * edge_index.num_edges
    edge_weight = plain(edge_weight)
    if len(edge_weight) != edge_index.num_edges:
        raise ValueError(
            f"{len(edge_weight)} edge weights for {edge_index.num_edges} edges: each edge needs one"
        )
    weights: list[Value | float] = []
    for e, weight in enumerate(edge_weight):
        try:
            weights.append(weight if isinstance(weight, Value) else constant(real_number(weight)))
        except TypeError as error:
            raise TypeError(f"the weight of edge {e}: {error}") from None
    return weights


def _degree(weights: list[Value | float]) -> Value | float:
    return total(weights) if any(isinstance(w, Value) for w in weights) else sum(map(float, weights))


def _inverse_root(degree: Value | float) -> Value | float:
    if float(degree) == 0.0:
        return 0.0
    return degree**-0.5 if isinstance(degree, Value) else power(degree, -0.5)


def _plain_lists(edge_index: Any) -> list[list[Any]]:
    """Turn a pair of sequences, or anything with `.tolist()`, into a list of lists."""
    try:
        return [list(plain(row)) for row in plain(edge_index)]
    except TypeError:
        raise ValueError(
            f"edge_index is a {type(edge_index).__name__}: give a pair of rows (sources, targets)"
        ) from None


def _integers(role: str, row: list[Any]) -> list[int]:
    kinds = set(map(type, row))
    if kinds <= {int}:
        return row
    for e, node in enumerate(row):
        if isinstance(node, bool) or not hasattr(node, "__index__"):
            raise ValueError(f"edge {e}: its {role} is {node!r}, not an integer")
    return list(map(operator.index, row))
