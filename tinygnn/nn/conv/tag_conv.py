"""`TAGConv`: the topology adaptive graph convolution of Du et al."""

from __future__ import annotations

import random

from tinygnn.edge_index import EdgeIndex, Weights
from tinygnn.linalg import Matrix, linear
from tinygnn.nn.init import zeros
from tinygnn.nn.linear import Linear, rows_of_width
from tinygnn.nn.module import Module
from tinygnn.propagation import gcn_propagation
from tinygnn.value import Value


class TAGConv(Module):
    """X' = Σ_{k=0..K} S^k X W_kᵀ + b with S = D^-1/2 A D^-1/2: a polynomial filter of degree K.

    Jian Du, Shanghang Zhang, Guanhang Wu, José Moura and Soummya Kar, "Topology Adaptive Graph
    Convolutional Networks", 2017, arXiv:1710.10370, section 2. One step for one node, over the
    edges j -> i:

        (S X)_i = Σ_j w_ji / √(d_j d_i) x_j,    d_i = Σ_j w_ji

    Args: K, the degree; 0 leaves a linear map. bias=False leaves b out. normalize=False takes S = A.

    Parameters: bias [out_channels], zeros; lins.k.weight [out_channels][in_channels] for k = 0 .. K, from
    U(±1/√in). Shapes: x [N][in_channels], edge_index a pair of [E], edge_weight [E] or None
    -> [N][out_channels]. Edge weights may be floats or Values.

    Departures, as in PyG: no self loops are added, and on directed graphs both degrees count entering
    edges. From PyG: computed from the inside out, X W_0ᵀ + S (X W_1ᵀ + S (X W_2ᵀ + ...)), the same number
    up to rounding on rows that are narrower; a node whose degree is 0 gets the gradient 0 there, not nan.

    >>> conv = TAGConv(2, 1)
    >>> len(conv([[1.0, 0.0], [0.0, 1.0]], ([0, 1], [1, 0])))
    2

    Raises ValueError for K below 0, for rows of another length, and for an edge to a node that is not
    there.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        K: int = 3,
        bias: bool = True,
        normalize: bool = True,
        *,
        rng: random.Random | None = None,
    ) -> None:
        if K < 0:
            raise ValueError(f"K is {K}: the degree of the filter is 0 or more")
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.K = K
        self.normalize = normalize
        self.bias = zeros(out_channels) if bias else None
        self.lins = [Linear(in_channels, out_channels, bias=False, rng=rng) for _ in range(K + 1)]

    def forward(self, x: Matrix, edge_index: object, edge_weight: Weights | None = None) -> list[list[Value]]:
        x = rows_of_width("TAGConv", x, self.in_channels)
        step = gcn_propagation(
            EdgeIndex.of(edge_index), edge_weight, len(x), add_self_loops=False, normalize=self.normalize
        )
        h = linear(x, self.lins[self.K].weight, self.bias if self.K == 0 else None)
        for k in reversed(range(self.K)):
            of_x = linear(x, self.lins[k].weight)
            h = step(h, plus=[(1.0, of_x)], bias=self.bias if k == 0 else None)
        return h

    def __repr__(self) -> str:
        return f"TAGConv({self.in_channels} -> {self.out_channels}, K={self.K})"
