"""What all norms do to a number: take a mean from it, divide, and scale and shift the result."""

from __future__ import annotations

from collections.abc import Sequence

from tinygnn.aggregate import aggregate
from tinygnn.linalg import Matrix
from tinygnn.value import Value, as_value

Groups = Sequence[Sequence[int]]
Rows = list[list[Value]]


def normalized(
    x: Value, mean: Value, inverse: Value, weight: Value | None = None, bias: Value | None = None
) -> Value:
    """(x - m) s w + b with s = 1/√(σ² + ε), or (x - m) s without w and b; one node.

    d/dx = s w, d/dm = -s w, d/ds = (x - m) w, d/dw = (x - m) s, d/db = 1. What m and s are made from has
    its gradient through them.
    """
    distance, s = x.data - mean.data, inverse.data
    z = distance * s
    if weight is None or bias is None:
        return Value(z, (x, mean, inverse), (s, -s, distance), "standardized")
    w = weight.data
    parents, slope = (x, mean, inverse, weight, bias), s * w
    return Value(z * w + bias.data, parents, (slope, -slope, distance * w, z, 1.0), "normalized")


def normalized_rows(
    x: Matrix,
    means: Rows,
    inverses: Rows,
    graphs: Sequence[int],
    weight: list[Value] | None = None,
    bias: list[Value] | None = None,
) -> Rows:
    """`normalized`, row i by the statistics of graph graphs[i]. Shapes: [N][F], [B][F] -> [N][F]."""
    if weight is None or bias is None:
        return [
            [normalized(as_value(v), m, s) for v, m, s in zip(row, means[g], inverses[g])]
            for row, g in zip(x, graphs)
        ]
    return [
        [
            normalized(as_value(v), *of_column)
            for v, *of_column in zip(row, means[g], inverses[g], weight, bias)
        ]
        for row, g in zip(x, graphs)
    ]


def moments(x: Matrix, groups: Groups, width: int) -> tuple[Rows, Rows]:
    """Mean and variance Σ (x - mean)² / n of each group of rows, column by column: [B][F] twice.

    The variance is that of the numbers at hand (divided by n, not by n - 1), from their differences to the
    mean, so that nothing cancels. Both are 0 for a group without rows.
    """
    means, variances = (aggregate(aggr, x, groups, width) for aggr in ("mean", "var"))
    return _values(means), _values(variances)


def inverse_roots(variances: Rows, eps: float) -> Rows:
    """1/√(σ² + ε)."""
    return [[(variance + eps) ** -0.5 for variance in row] for row in variances]


def _values(rows: Matrix) -> Rows:
    return [list(map(as_value, row)) for row in rows]
