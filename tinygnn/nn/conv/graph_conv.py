"""`GraphConv`: the neighbourhood aggregation of Morris et al."""

from __future__ import annotations

import random
from typing import Any

from tinygnn.aggregate import check_aggr
from tinygnn.edge_index import EdgeIndex, Weights, weights_of
from tinygnn.linalg import Matrix, linear
from tinygnn.message_passing import per_edge
from tinygnn.nn.conv.neighbours import LINEAR, aggr_module, aggregate_heard, aggregation_step
from tinygnn.nn.linear import Linear, rows_of_width
from tinygnn.nn.module import Module
from tinygnn.value import Value


class GraphConv(Module):
    """x'_i = W_rel · aggregate_{j -> i} e_ji x_j + b + W_root x_i.

    Christopher Morris, Martin Ritzert, Matthias Fey, William Hamilton, Jan Eric Lenssen, Gaurav Rattan
    and Martin Grohe, "Weisfeiler and Leman Go Neural: Higher-order Graph Neural Networks", 2019,
    arXiv:1810.02244, equation 3 with edge weights e_ji, which are 1 where none are given.

    Args: aggr is "add" or another one of `tinygnn.aggregate`, over the edges that enter a node; of no edge
    it is 0 ("mul": 1). bias=False leaves b out.

    Parameters: lin_rel.weight [out_channels][in_channels], lin_rel.bias [out_channels], lin_root.weight
    like lin_rel's; all from U(±1/√in). Shapes: x [N][in_channels], edge_index a pair of [E], edge_weight
    [E] or None -> [N][out_channels]. Edge weights may be floats or Values.

    Departures: sums and means are taken after W_rel instead of before, which is the same number up to
    rounding and less work. A mean divides by the number of edges, not by their weight, as PyG's does.

    >>> conv = GraphConv(2, 3)
    >>> len(conv([[1.0, 0.0], [0.0, 1.0]], ([0, 1], [1, 0]))[0])
    3

    Raises ValueError for an unknown aggr, for rows of another length, for an edge to a node that is not
    there, and when the number of weights is not that of the edges.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        aggr: str = "add",
        bias: bool = True,
        *,
        rng: random.Random | None = None,
    ) -> None:
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.aggr = check_aggr(aggr)
        self.aggr_module = aggr_module(aggr)
        self.lin_rel = Linear(in_channels, out_channels, bias, rng=rng)
        self.lin_root = Linear(in_channels, out_channels, bias=False, rng=rng)

    def forward(self, x: Matrix, edge_index: object, edge_weight: Weights | None = None) -> list[list[Value]]:
        x = rows_of_width("GraphConv", x, self.in_channels)
        edges, n = EdgeIndex.of(edge_index), len(x)
        edges.check(n)
        root = self.lin_root(x)  # W_root x_i
        if self.aggr in LINEAR:
            step = aggregation_step(self.aggr, edges, edge_weight, n)
            return step(linear(x, self.lin_rel.weight), plus=[(1.0, root)], bias=self.lin_rel.bias)
        if edge_weight is None:
            heard = aggregate_heard(self.aggr, x, edges, self.in_channels)
        else:
            rows: Any = x
            weights = weights_of(edges, edge_weight)
            messages = [[w * entry for entry in rows[s]] for s, w in zip(edges[0], weights)]
            heard = per_edge(self.aggr, messages, edges, n, self.in_channels, rows=rows, coefficients=weights)
        return [[a + b for a, b in zip(row, own)] for row, own in zip(self.lin_rel(heard), root)]

    def __repr__(self) -> str:
        return f"GraphConv({self.in_channels} -> {self.out_channels}, {self.aggr})"
