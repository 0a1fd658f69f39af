"""`GCNConv`: the graph convolution of Kipf & Welling."""

from __future__ import annotations

import random

from tinygnn.constants import constants_are_recorded
from tinygnn.edge_index import EdgeIndex, Weights, gcn_norm
from tinygnn.linalg import Matrix, is_constant, plain
from tinygnn.message_passing import gcn_numbers, sums, value_sums
from tinygnn.nn.init import zeros
from tinygnn.nn.linear import Linear, rows_of_width
from tinygnn.nn.module import Module
from tinygnn.value import Value


class GCNConv(Module):
    """X' = D^-1/2 (A + I) D^-1/2 X Wᵀ + b, the graph convolutional operator.

    Thomas Kipf and Max Welling, "Semi-Supervised Classification with Graph Convolutional Networks",
    2017, arXiv:1609.02907, equation 2. For one node, j over the edges j -> i and i itself:

        x'_i = W Σ_j w_ji / √(d_j d_i) x_j + b,    d_i = Σ_j w_ji

    Args: improved weighs added self loops 2 instead of 1. add_self_loops None means "as normalize".
    normalize=False takes the edge weights as they are. bias=False leaves b out. cached is taken for PyG's
    sake and changes no number: what depends on the graph alone is kept by its EdgeIndex anyway.

    Parameters: lin.weight [out_channels][in_channels], glorot; bias [out_channels], zeros.
    Shapes: x [N][in_channels], edge_index a pair of [E], edge_weight [E] or None
    -> [N][out_channels]. Edge weights may be floats or Values.

    Departures from the paper, as in PyG: a node that has a self loop gets no second one, and on directed
    graphs both degrees count entering edges. From PyG: a node whose degree is 0 gets the gradient 0
    there, not nan; and improved counts without edge weights too, where PyG 2.8 leaves it out.

    >>> conv = GCNConv(2, 1)
    >>> len(conv([[1.0, 0.0], [0.0, 1.0]], ([0, 1], [1, 0])))
    2

    Raises ValueError for rows of another length, for an edge to a node that is not there, and when
    self loops are to be added without normalizing, as PyG does.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        improved: bool = False,
        cached: bool = False,
        add_self_loops: bool | None = None,
        normalize: bool = True,
        bias: bool = True,
        *,
        rng: random.Random | None = None,
    ) -> None:
        if add_self_loops and not normalize:
            raise ValueError("add_self_loops=True needs normalize=True: leave it out, or normalize")
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.improved = improved
        self.cached = cached
        self.add_self_loops = normalize if add_self_loops is None else add_self_loops
        self.normalize = normalize
        self.bias = zeros(out_channels) if bias else None
        self.lin = Linear(in_channels, out_channels, bias=False, weight_initializer="glorot", rng=rng)

    def forward(self, x: Matrix, edge_index: object, edge_weight: Weights | None = None) -> list[list[Value]]:
        x = rows_of_width("GCNConv", x, self.in_channels)
        edges, num_nodes = EdgeIndex.of(edge_index), len(x)
        options = {
            "improved": self.improved,
            "add_self_loops": self.add_self_loops,
            "normalize": self.normalize,
        }
        transformed = self.lin(x)  # W x_j
        bias = [] if self.bias is None else [self.bias]  # heard like one more neighbour of weight 1
        edge_weight = plain(edge_weight)
        if (edge_weight is None or is_constant(edge_weight)) and not constants_are_recorded():
            rows = edges.gcn_rows(num_nodes, edge_weight, bias=self.bias is not None, **options)
            return sums(
                rows, transformed + bias, num_nodes, ("bias",),
                why=lambda: gcn_numbers(edges, edge_weight, num_nodes, **options),
            )  # fmt: skip
        normalized, coefficients = gcn_norm(edges, edge_weight, num_nodes, **options)
        sources = normalized[0]
        entering = normalized.entering(num_nodes)
        neighbours = [
            (
                [sources[e] for e in es] + [num_nodes] * len(bias),
                [coefficients[e] for e in es] + [1.0] * len(bias),
            )
            for es in entering
        ]
        return value_sums(
            neighbours, transformed + bias, num_nodes, ("bias",),
            why=lambda: gcn_numbers(edges, edge_weight, num_nodes, **options),
        )  # fmt: skip

    def __repr__(self) -> str:
        return f"GCNConv({self.in_channels} -> {self.out_channels})"
