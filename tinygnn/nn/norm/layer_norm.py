"""`LayerNorm`: the layer normalization of Ba, Kiros & Hinton."""

from __future__ import annotations

from collections.abc import Sequence

from tinygnn.linalg import Matrix
from tinygnn.nn.groups import groups_of
from tinygnn.nn.init import ones, zeros
from tinygnn.nn.linear import rows_of_width
from tinygnn.nn.module import Module
from tinygnn.nn.norm.normalized import Rows, inverse_roots, moments, normalized_rows


class LayerNorm(Module):
    """x'_ij = (x_ij - μ) / √(σ² + ε) γ_j + β_j; μ and σ² over all numbers of a graph, or of a node.

    Jimmy Ba, Jamie Kiros and Geoffrey Hinton, "Layer Normalization", 2016, arXiv:1607.06450, section 3.

    Args: eps is ε. affine=False leaves γ and β out. mode "graph": μ and σ² (Σ (x - μ)² / n) are those of
    all nodes and columns of a graph; "node": of each node for itself, as in PyTorch's `LayerNorm`.

    Parameters: weight [F], ones, and bias [F], zeros. Shapes: x [N][F] -> [N][F]. batch [N] says of each
    node which graph it is in, None that all are in one; of batch_size graphs the last may have no nodes.

    Departure from PyG: a graph gets the same numbers alone and in a batch. PyG 2.8 computes
    (x - μ) / (σ + ε) where no batch is given, which is another number.

    >>> [[v.data for v in row] for row in LayerNorm(2, eps=0.0)([[1.0, 3.0], [3.0, 1.0]])]
    [[-1.0, 1.0], [1.0, -1.0]]

    Raises ValueError for another mode, for rows of another length, and for a batch that does not fit.
    """

    takes_batch = True

    def __init__(self, in_channels: int, eps: float = 1e-5, affine: bool = True, mode: str = "graph") -> None:
        if mode not in ("graph", "node"):
            raise ValueError(f"mode is {mode!r}: choose 'graph' or 'node'")
        self.in_channels = in_channels
        self.eps = eps
        self.affine = affine
        self.mode = mode
        self.weight = ones(in_channels) if affine else None
        self.bias = zeros(in_channels) if affine else None

    def forward(self, x: Matrix, batch: Sequence[int] | None = None, batch_size: int | None = None) -> Rows:
        width = self.in_channels
        x = rows_of_width("LayerNorm", x, width)
        # 1. Which rows share a mean.
        groups: Sequence[Sequence[int]] = groups_of(batch, len(x), batch_size)
        if self.mode == "node":
            groups = [[i] for i in range(len(x))]
        # 2. Mean and variance over all numbers of these rows.
        entries = [[entry] for row in x for entry in row]
        positions = [[i * width + j for i in group for j in range(width)] for group in groups]
        means, variances = moments(entries, positions, 1)
        inverses = inverse_roots(variances, self.eps)
        # 3. (x - μ) / √(σ² + ε) γ + β.
        graph_of = {i: g for g, group in enumerate(groups) for i in group}
        graphs = [graph_of[i] for i in range(len(x))]
        wide = [row * width for row in means], [row * width for row in inverses]
        return normalized_rows(x, *wide, graphs, self.weight, self.bias)

    def __repr__(self) -> str:
        return f"LayerNorm({self.in_channels}, {self.mode})"
