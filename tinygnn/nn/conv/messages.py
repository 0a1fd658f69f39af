"""Messages that have a row for each edge: adding them up, and the networks that make them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tinygnn.constants import constant
from tinygnn.edge_index import EdgeIndex
from tinygnn.linalg import Matrix, Row, check_rectangular, is_constant, plain
from tinygnn.message_passing import mean_numbers, sums
from tinygnn.nn.module import Module
from tinygnn.sparse import Features, SparseRow, sparse_row
from tinygnn.value import Value, as_value

Terms = Sequence[tuple[Value | float, Matrix]]  # each a factor and rows


def node_rows(layer: str, x: Any) -> Matrix:
    """Return x, a tensor's as lists; raise ValueError, naming the row, unless all rows are equally long."""
    x = plain(x)
    for i, row in enumerate(x):
        if not isinstance(row, (list, tuple)):
            raise ValueError(f"{layer} takes a row for each node, but x[{i}] is {row!r}")
    check_rectangular(f"{layer}'s x", x)
    rows: Matrix = x
    return rows


def all_constant(*matrices: Matrix) -> bool:
    """Whether no entry is a Value."""
    return all(
        x.nonzeros() is not None if isinstance(x, Features) else all(map(is_constant, x)) for x in matrices
    )


def message_sums(
    aggr: str, edges: EdgeIndex, messages: Matrix, num_nodes: int, plus: Terms = (), bias: Row | None = None
) -> list[list[Value]]:
    """The sum or mean of the messages that enter a node, + Σ_m s_m r^m_i + b, as one node for each number.

    aggr is "mean", or else it is the sum. Shapes: messages [E][F], each r [N][F], bias [F] -> [N][F].
    """
    factors = tuple([factor for factor, _ in plus])

    def make() -> list[SparseRow]:
        rows = []
        for i, entering in enumerate(edges.entering(num_nodes)):
            own = [edges.num_edges + num_nodes * m + i for m in range(len(factors))]
            last = [edges.num_edges + num_nodes * len(factors)] if bias is not None else []
            share: Any = constant(1.0) / max(len(entering), 1) if aggr == "mean" else 1.0
            coefficients = [share] * len(entering) + [*factors] + [1.0] * len(last)
            rows.append(sparse_row(entering + own + last, coefficients))
        return rows

    table = [*messages]
    for _, rows in plus:
        table.extend(rows)
    if bias is not None:
        table.append(bias)
    key = ("messages", aggr == "mean", num_nodes, factors, bias is not None)
    return sums(
        edges.once(key, [], make), table, edges.num_edges, ("own",) * len(factors) + ("bias",),
        sources=edges[0], why=lambda: mean_numbers(edges, num_nodes, None, aggr),
    )  # fmt: skip


def output_width(nn: Module, width: int) -> int:
    """How many columns a network gives for rows of a width: the last out_channels among its parts."""
    widths = [getattr(part, "out_channels", None) for part in nn.modules()]
    return next((found for found in reversed(widths) if isinstance(found, int)), width)


def input_width(layer: str, nn: Module) -> int:
    """How many columns a network takes: the in_channels of itself or of its first part, as PyG finds it.

    Raises ValueError where there are none.
    """
    for part in (nn, *list(nn.children())[:1]):
        width = getattr(part, "in_channels", None)
        if isinstance(width, int):
            return width
    raise ValueError(f"{layer} cannot tell the input size of {nn!r}: let it begin with a Linear")


def values(rows: Matrix) -> list[list[Value]]:
    """All entries as Values, constants as leaves."""
    return [list(map(as_value, row)) for row in rows]
