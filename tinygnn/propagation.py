"""`Propagation`: one step of messages over a graph, the sparse matrix of its edges times rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tinygnn.constants import constants_are_recorded
from tinygnn.edge_index import EdgeIndex, Weights, gcn_norm
from tinygnn.linalg import (
    Matrix,
    Row,
    dot,
    is_constant,
    plain,
    sum_of_products,
)
from tinygnn.message_passing import Why, constant_sums, gcn_numbers, sums, value_sums
from tinygnn.sparse import SparseRow, sparse_row
from tinygnn.tape import tapes
from tinygnn.value import Value, as_value

Terms = Sequence[tuple[Value | float, Matrix]]  # each a factor and rows


class Propagation:
    """out_i = s Σ_{j -> i} c_ji v_j + Σ_m s_m r^m_i + b: one node for each number, whatever is added.

    Made of edges and a coefficient c_ji for each, a float or a Value. It keeps what it works out, so
    that further steps, and with constant coefficients further epochs, need not.

    >>> step = Propagation(EdgeIndex(([0, 1], [1, 0])), [0.5, 2.0], 2)
    >>> step([[Value(3.0)], [Value(5.0)]], plus=[(10.0, [[1.0], [1.0]])])
    [[Value(20.0, grad=0.0)], [Value(11.5, grad=0.0)]]
    """

    def __init__(
        self, edges: EdgeIndex, coefficients: Weights, num_nodes: int, why: Why | None = None
    ) -> None:
        self.edges = edges
        self.coefficients = list(coefficients)
        self.num_nodes = num_nodes
        self.why = why  # says of each coefficient how it was made, see `message_passing`
        self.constant = is_constant(self.coefficients) and not constants_are_recorded()
        self._scaled: dict[Value | float, list[Value | float]] = {}
        self._rows: dict[Any, Any] = {}

    def __call__(
        self, rows: Matrix, *, scale: Value | float = 1.0, plus: Terms = (), bias: Row | None = None
    ) -> list[list[Value]]:
        """scale · C rows + the other terms, factor · rows each, + bias. Shapes [N][F] -> [N][F]."""
        table = [*rows]
        for _, others in plus:
            table.extend(others)
        if bias is not None:
            table.append(bias)
        factors = tuple([factor for factor, _ in plus])
        names = ("own",) * len(factors) + ("bias",)
        if self.constant:
            sparse = self._sparse_rows(scale, factors, bias is not None)
            return sums(sparse, table, self.num_nodes, names, why=self._why(scale))
        neighbours = self._neighbours(scale, factors, bias is not None)
        return value_sums(neighbours, table, self.num_nodes, names, why=self._why(scale))

    def of_constants(
        self, rows: Matrix, *, scale: Value | float = 1.0, plus: Terms = ()
    ) -> list[list[float]]:
        """The same where rows, terms and coefficients are all floats: nothing has a gradient."""
        table: list[Any] = [*rows]
        for _, others in plus:
            table.extend(others)
        width = len(table[0]) if table else 0
        out = []
        rows_of = self._sparse_rows(scale, tuple([f for f, _ in plus]), False)
        for indices, coefficients, _ in rows_of:
            columns = zip(*[table[k] for k in indices]) if indices else [()] * width
            # Most columns of sparse features hold nothing but zeros here, which share one 0.
            out.append([sum_of_products(coefficients, column) if any(column) else 0.0 for column in columns])
        if tapes:
            constant_sums(rows_of, table, self.num_nodes, ("own",) * len(plus), out, self._why(scale))
        return out

    def _why(self, scale: Value | float) -> Why | None:
        """How coefficients were made that are `scale` times those of the edges."""
        why = self.why
        if why is None or scale == 1.0:
            return why

        def scaled() -> tuple[str, list[dict[str, Any]]]:
            formula, numbers = why()
            return f"s · {formula}", [{"s": scale, **of_edge} for of_edge in numbers]

        return scaled

    def _sparse_rows(
        self, scale: Value | float, factors: tuple[Value | float, ...], bias: bool
    ) -> list[SparseRow]:
        key = ("sparse", scale, factors, bias)
        if key not in self._rows:
            neighbours = self._neighbours(scale, factors, bias)
            self._rows[key] = [sparse_row(indices, list(map(float, cs))) for indices, cs in neighbours]
        found: list[SparseRow] = self._rows[key]
        return found

    def _neighbours(
        self, scale: Value | float, factors: tuple[Value | float, ...], bias: bool
    ) -> list[tuple[list[int], list[Value | float]]]:
        """For each node which rows of the table it adds up, and their coefficients."""
        key = (scale, factors, bias)
        if key not in self._rows:
            n, sources = self.num_nodes, self.edges[0]
            coefficients = self._coefficients(scale)
            last = [n + n * len(factors)] if bias else []
            others: list[Value | float] = [*factors, *[1.0] * len(last)]
            if not self.constant:  # beside Values a number becomes one too: one for all nodes
                others = list(map(as_value, others))
            self._rows[key] = [
                (
                    [sources[e] for e in entering] + [n + n * m + i for m in range(len(factors))] + last,
                    [coefficients[e] for e in entering] + others,
                )
                for i, entering in enumerate(self.edges.entering(n))
            ]
        found: list[tuple[list[int], list[Value | float]]] = self._rows[key]
        return found

    def _coefficients(self, scale: Value | float) -> list[Value | float]:
        if scale == 1.0:
            return self.coefficients
        if scale not in self._scaled:
            self._scaled[scale] = [
                dot((scale,), (c,)) if isinstance(c, Value) else scale * c for c in self.coefficients
            ]
        return self._scaled[scale]


def gcn_propagation(
    edges: EdgeIndex,
    edge_weight: Weights | None,
    num_nodes: int,
    *,
    add_self_loops: bool = True,
    normalize: bool = True,
) -> Propagation:
    """The step X -> D^-1/2 (A + I) D^-1/2 X of GCN; see `gcn_norm`. With constant weights it is made once.

    Without normalize no self loops are added either, as in PyG's layers that have both options.
    """
    edge_weight = plain(edge_weight)

    def make() -> Propagation:
        norm = gcn_norm(
            edges, edge_weight, num_nodes, add_self_loops=add_self_loops and normalize, normalize=normalize
        )
        return Propagation(*norm, num_nodes, why)

    def why() -> tuple[str, list[dict[str, Any]]]:
        return gcn_numbers(
            edges, edge_weight, num_nodes, add_self_loops=add_self_loops and normalize, normalize=normalize
        )

    if edge_weight is not None and not is_constant(edge_weight):
        return make()
    key = ("gcn propagation", num_nodes, add_self_loops, normalize, edge_weight is None)
    return edges.once(key, [list(edge_weight or [])], make)
