"""`GCN2Conv`: the deep graph convolution GCNII of Chen et al."""

from __future__ import annotations

import random
from collections.abc import Callable

from tinygnn.constants import constant, logarithm
from tinygnn.edge_index import EdgeIndex, Weights
from tinygnn.linalg import Matrix, dot, is_constant, linear
from tinygnn.nn.init import glorot
from tinygnn.nn.linear import rows_of_width
from tinygnn.nn.module import Module
from tinygnn.propagation import gcn_propagation
from tinygnn.value import Value


class GCN2Conv(Module):
    """X' = ((1 - α) P X + α X_0) ((1 - β) I + β W) with P = D^-1/2 (A + I) D^-1/2: GCNII's layer.

    Ming Chen, Zhewei Wei, Zengfeng Huang, Bolin Ding and Yaliang Li, "Simple and Deep Graph Convolutional
    Networks", 2020, arXiv:2007.02133, equation 5 without its activation. X_0 are the features that the
    first of a stack of such layers was given. For one node, j over the edges j -> i and i itself:

        x'_i = ((1 - β) I + β W)ᵀ ((1 - α) Σ_j w_ji / √(d_j d_i) x_j + α x_0,i),    d_i = Σ_j w_ji

    Args: alpha, the share of X_0. theta and layer give β = log(θ / layer + 1), the number of the layer
    counted from 1; without them β is 1. shared_weights=False (GCNII*) gives α X_0 a matrix of
    its own. cached is taken for PyG's sake and changes no number: what depends on the graph alone is kept
    by its EdgeIndex anyway. add_self_loops=False takes the graph as it is. normalize=False takes P = A,
    the edge weights as they are and no self loops added.

    Parameters: weight1 [channels][channels], rows in and columns out, and without shared_weights weight2,
    both glorot. Shapes: x [N][channels], x_0 [N][channels], edge_index a pair of [E], edge_weight [E] or
    None -> [N][channels]. Edge weights may be floats or Values. Of an x_0 that is longer than x the first
    N rows count.

    Departures, as in PyG: a node that has a self loop gets no second one, and on directed graphs both
    degrees count entering edges. From PyG: a node whose degree is 0 gets the gradient 0 there, not nan.

    >>> conv = GCN2Conv(2, alpha=0.1, theta=0.5, layer=1)
    >>> x = [[1.0, 0.0], [0.0, 1.0]]
    >>> len(conv(x, x, ([0, 1], [1, 0])))
    2

    Raises ValueError for theta without layer or the other way round, for a layer below 1, for rows of
    another length, for fewer rows in x_0 than in x, and for an edge to a node that is not there.
    """

    def __init__(
        self,
        channels: int,
        alpha: float,
        theta: float | None = None,
        layer: int | None = None,
        shared_weights: bool = True,
        cached: bool = False,
        add_self_loops: bool = True,
        normalize: bool = True,
        *,
        rng: random.Random | None = None,
    ) -> None:
        if (theta is None) != (layer is None):
            raise ValueError(f"theta is {theta} and layer {layer}: give both of them or neither")
        if layer is not None and layer < 1:
            raise ValueError(f"layer is {layer}: layers are counted from 1")
        self.channels = channels
        self.alpha = alpha
        self.theta = theta
        self.layer = layer
        self.shared_weights = shared_weights
        self.cached = cached
        self.add_self_loops = add_self_loops
        self.normalize = normalize
        self.weight1 = glorot(channels, channels, rng)
        self.weight2 = None if shared_weights else glorot(channels, channels, rng)

    def forward(
        self, x: Matrix, x_0: Matrix, edge_index: object, edge_weight: Weights | None = None
    ) -> list[list[Value]]:
        x = rows_of_width("GCN2Conv", x, self.channels)
        x_0 = rows_of_width("GCN2Conv's x_0", x_0, self.channels)[: len(x)]
        if len(x_0) < len(x):
            raise ValueError(
                f"x has {len(x)} rows and x_0 only {len(x_0)}: each node needs its first features"
            )
        step = gcn_propagation(
            EdgeIndex.of(edge_index), edge_weight, len(x),
            add_self_loops=self.add_self_loops, normalize=self.normalize,
        )  # fmt: skip
        fixed = step.constant and all(map(is_constant, x)) and all(map(is_constant, x_0))
        walk: Callable[..., Matrix] = step.of_constants if fixed else step
        alpha = constant(self.alpha)
        matrix = self._matrix(self.weight1)
        if self.weight2 is None:
            return linear(walk(x, scale=1.0 - alpha, plus=[(alpha, x_0)]), matrix)
        # GCNII*: both parts side by side, times both matrices one below the other.
        smoothed = walk(x, scale=1.0 - alpha)
        both = [[*row, *first] for row, first in zip(smoothed, x_0)]
        own = self._matrix(self.weight2, alpha)
        return linear(both, [[*row, *more] for row, more in zip(matrix, own)])

    @property
    def beta(self) -> Value | float:
        """log(θ/l + 1), or 1 without θ and l."""
        if self.theta is None or self.layer is None:
            return 1.0
        return logarithm(constant(self.theta) / self.layer + 1.0)

    def _matrix(self, weight: list[list[Value]], factor: Value | float = 1.0) -> list[list[Value]]:
        """factor · ((1 - β) I + β W), transposed: [out][in]."""
        beta = self.beta
        identity, beta = factor * (1.0 - beta), factor * beta
        return [
            [dot((beta, identity), (w, 1.0)) if i == j else dot((beta,), (w,)) for i, w in enumerate(column)]
            for j, column in enumerate(zip(*weight))
        ]

    def __repr__(self) -> str:
        return f"GCN2Conv({self.channels}, alpha={self.alpha}, beta={self.beta})"
