"""`GraphNorm`: the graph normalization of Cai et al."""

from __future__ import annotations

from collections.abc import Sequence

from tinygnn.linalg import Matrix
from tinygnn.nn.groups import graph_numbers, groups_of
from tinygnn.nn.init import ones, zeros
from tinygnn.nn.linear import rows_of_width
from tinygnn.nn.module import Module
from tinygnn.nn.norm.normalized import Rows, inverse_roots, moments, normalized_rows


class GraphNorm(Module):
    """x'_ij = (x_ij - α_j μ_j) / √(E[(x_j - α_j μ_j)²] + ε) γ_j + β_j, over the nodes of each graph.

    Tianle Cai, Shengjie Luo, Keyulu Xu, Di He, Tie-Yan Liu and Liwei Wang, "GraphNorm: A Principled
    Approach to Accelerating Graph Neural Network Training", 2021, arXiv:2009.03294, equation 6. α learns
    how much of the mean to take away. Computed from the variance, so that nothing cancels:

        E[(x - α μ)²] = σ² + (μ - α μ)²

    Args: eps is ε. Parameters: weight γ, ones; bias β, zeros; mean_scale α, ones; each [F]. Shapes:
    x [N][F] -> [N][F]. batch [N] says of each node which graph it is in, None that all are in one; of
    batch_size graphs the last may have no nodes.

    >>> [row[0].data for row in GraphNorm(1, eps=0.0)([[1.0], [3.0], [5.0], [5.0]], [0, 0, 1, 1])][:2]
    [-1.0, 1.0]

    Raises ValueError for rows of another length, and for a batch that does not fit.
    """

    takes_batch = True

    def __init__(self, in_channels: int, eps: float = 1e-5) -> None:
        self.in_channels = in_channels
        self.eps = eps
        self.weight = ones(in_channels)
        self.bias = zeros(in_channels)
        self.mean_scale = ones(in_channels)

    def forward(self, x: Matrix, batch: Sequence[int] | None = None, batch_size: int | None = None) -> Rows:
        x = rows_of_width("GraphNorm", x, self.in_channels)
        # 1. μ and σ² of each graph, column by column.
        means, variances = moments(x, groups_of(batch, len(x), batch_size), self.in_channels)
        # 2. α μ, and σ² + (μ - α μ)².
        shifts = [[a * m for a, m in zip(self.mean_scale, row)] for row in means]
        rests = [[m - shift for m, shift in zip(*rows)] for rows in zip(means, shifts)]
        squares = [[v + rest * rest for v, rest in zip(*rows)] for rows in zip(variances, rests)]
        inverses = inverse_roots(squares, self.eps)
        # 3. (x - α μ) / √(...) γ + β.
        return normalized_rows(x, shifts, inverses, graph_numbers(batch, len(x)), self.weight, self.bias)

    def __repr__(self) -> str:
        return f"GraphNorm({self.in_channels})"
