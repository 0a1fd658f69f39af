"""`PairNorm`: the normalization of Zhao & Akoglu."""

from __future__ import annotations

from collections.abc import Sequence

from tinygnn.linalg import Matrix, check_rectangular, dot, plain, total
from tinygnn.nn.groups import graph_numbers, groups_of
from tinygnn.nn.module import Module
from tinygnn.nn.norm.normalized import Rows, inverse_roots, moments, normalized_rows
from tinygnn.value import Value, as_value


class PairNorm(Module):
    """x'_i = s (x_i - μ) / √(ε + Σ_k ‖x_k - μ‖² / n) over the n nodes k of a graph, μ their mean.

    Lingxiao Zhao and Leman Akoglu, "PairNorm: Tackling Oversmoothing in GNNs", 2020, arXiv:1909.12223,
    equations 10 and 11; with scale_individually its PairNorm-SI: x'_i = s (x_i - μ) / (ε + ‖x_i - μ‖).

    Args: scale is s, eps is ε. It has no parameters. Shapes: x [N][F] -> [N][F]. batch [N] says of each
    node which graph it is in, None that all are in one; of batch_size graphs the last may have no nodes.
    At x_i = μ the length has the gradient 0.

    >>> [row[0].data for row in PairNorm(scale=3.0, eps=0.0)([[1.0], [3.0]])]
    [-3.0, 3.0]

    Raises ValueError for rows of different lengths, and for a batch that does not fit.
    """

    takes_batch = True

    def __init__(self, scale: float = 1.0, scale_individually: bool = False, eps: float = 1e-5) -> None:
        self.scale = scale
        self.scale_individually = scale_individually
        self.eps = eps

    def forward(self, x: Matrix, batch: Sequence[int] | None = None, batch_size: int | None = None) -> Rows:
        x = plain(x)
        check_rectangular("PairNorm's x", x)
        width = len(x[0]) if x else 0
        graphs = graph_numbers(batch, len(x))
        # 1. μ, and σ² column by column: Σ_k ‖x_k - μ‖² / n is the sum of the latter.
        means, variances = moments(x, groups_of(batch, len(x), batch_size), width)
        if self.scale_individually:
            centred = [[as_value(v) - m for v, m in zip(row, means[g])] for row, g in zip(x, graphs)]
            factors = [self.scale / (_length(row) + self.eps) for row in centred]
            return [[v * factor for v in row] for row, factor in zip(centred, factors)]
        # 2. s / √(ε + Σ_j σ²_j), for all nodes and columns of a graph.
        inverses = inverse_roots([[total(row)] for row in variances], self.eps)
        scaled = [[inverse * self.scale] * width for [inverse] in inverses]
        return normalized_rows(x, means, scaled, graphs)

    def __repr__(self) -> str:
        return f"PairNorm({self.scale})"


def _length(row: list[Value]) -> Value:
    """‖x‖₂, of a row of zeros a constant."""
    square = dot(row, row)
    return square.sqrt() if square.data else Value(0.0)
