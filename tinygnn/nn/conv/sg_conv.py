"""`SGConv`: the simple graph convolution of Wu et al."""

from __future__ import annotations

import random

from tinygnn.edge_index import EdgeIndex, Weights
from tinygnn.linalg import Matrix, linear
from tinygnn.nn.linear import Linear, rows_of_width
from tinygnn.nn.module import Module
from tinygnn.propagation import gcn_propagation
from tinygnn.value import Value


class SGConv(Module):
    """X' = S^K X Wᵀ + b with S = D^-1/2 (A + I) D^-1/2: K steps of propagation and one linear map.

    Felix Wu, Tianyi Zhang, Amauri Holanda de Souza Jr., Christopher Fifty, Tao Yu and Kilian Weinberger,
    "Simplifying Graph Convolutional Networks", 2019, arXiv:1902.07153, section 2.2, without its softmax.
    One step for one node, j over the edges j -> i and i itself:

        (S X)_i = Σ_j w_ji / √(d_j d_i) x_j,    d_i = Σ_j w_ji

    Args: K steps; 0 leaves the linear map alone. cached is taken for PyG's sake and changes no number:
    what depends on the graph alone is kept by its EdgeIndex anyway. add_self_loops=False takes the graph
    as it is. bias=False leaves b out.

    Parameters: lin.weight [out_channels][in_channels] and lin.bias [out_channels], from U(±1/√in).
    Shapes: x [N][in_channels], edge_index a pair of [E], edge_weight [E] or None -> [N][out_channels].
    Edge weights may be floats or Values.

    Departures from the paper, as in PyG: a node that has a self loop gets no second one, and on directed
    graphs both degrees count entering edges. From PyG: W comes first and S^K after it, the same number up
    to rounding on rows that are narrower; cached=True does not answer with the x of the first call; a
    node whose degree is 0 gets the gradient 0 there, not nan.

    >>> conv = SGConv(2, 1, K=2)
    >>> len(conv([[1.0, 0.0], [0.0, 1.0]], ([0, 1], [1, 0])))
    2

    Raises ValueError for K below 0, for rows of another length, and for an edge to a node that is not
    there.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        K: int = 1,
        cached: bool = False,
        add_self_loops: bool = True,
        bias: bool = True,
        *,
        rng: random.Random | None = None,
    ) -> None:
        if K < 0:
            raise ValueError(f"K is {K}: the number of steps is 0 or more")
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.K = K
        self.cached = cached
        self.add_self_loops = add_self_loops
        self.lin = Linear(in_channels, out_channels, bias, rng=rng)

    def forward(self, x: Matrix, edge_index: object, edge_weight: Weights | None = None) -> list[list[Value]]:
        x = rows_of_width("SGConv", x, self.in_channels)
        step = gcn_propagation(
            EdgeIndex.of(edge_index), edge_weight, len(x), add_self_loops=self.add_self_loops
        )
        h = linear(x, self.lin.weight, self.lin.bias if self.K == 0 else None)
        for k in range(self.K):
            h = step(h, bias=self.lin.bias if k == self.K - 1 else None)
        return h

    def __repr__(self) -> str:
        return f"SGConv({self.in_channels} -> {self.out_channels}, K={self.K})"
