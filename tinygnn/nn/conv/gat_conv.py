"""`GATConv`: the graph attention of Veličković et al."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from tinygnn.edge_index import EdgeIndex
from tinygnn.linalg import Matrix, dense_product
from tinygnn.nn.conv.attention import Attention
from tinygnn.nn.init import glorot, zeros
from tinygnn.nn.linear import rows_of_width
from tinygnn.value import Value


class GATConv(Attention):
    """x'_i = Σ_j α_ij W x_j + b over the edges j -> i and i itself, with learned attention α.

    Petar Veličković, Guillem Cucurull, Arantxa Casanova, Adriana Romero, Pietro Liò and Yoshua Bengio,
    "Graph Attention Networks", 2018, arXiv:1710.10903, equations 3 to 6. For each head, with edge
    features e_ij where edge_dim is given:

        α_ij = softmax_j(LeakyReLU(a_src·W x_j + a_dst·W x_i + a_edge·W_edge e_ij))

    Args: heads run side by side; concat=True puts their outputs side by side, False takes their mean.
    negative_slope is LeakyReLU's. dropout drops attention coefficients in training. add_self_loops
    replaces existing self loops by one for each node, as PyG does; its edge features are fill_value if that
    is a number, or those that enter the node, aggregated by "mean", "add", "min", "max" or "mul".
    bias=False leaves b out. residual=True adds W_res x_i.

    Parameters: lin.weight [heads·out][in], att_src and att_dst [1][heads][out], with edge_dim
    att_edge and lin_edge.weight [heads·out][edge_dim], with residual res.weight; all glorot; bias
    [heads·out] ([out] without concat), zeros. Shapes: x [N][in_channels], edge_index a pair of [E],
    edge_attr [E][edge_dim] (or [E] for edge_dim 1) -> [N][heads·out] ([N][out] without concat).

    >>> conv = GATConv(2, 3, heads=2)
    >>> len(conv([[1.0, 0.0], [0.0, 1.0]], ([0, 1], [1, 0]))[0])
    6

    Raises ValueError for rows of another length, for an edge to a node that is not there, for an
    unknown fill_value, and for edge_attr where there is no edge_dim or the other way round.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        heads: int = 1,
        concat: bool = True,
        negative_slope: float = 0.2,
        dropout: float = 0.0,
        add_self_loops: bool = True,
        edge_dim: int | None = None,
        fill_value: float | str = "mean",
        bias: bool = True,
        residual: bool = False,
        *,
        rng: random.Random | None = None,
    ) -> None:
        super().__init__(
            in_channels, out_channels, heads, concat,
            negative_slope, dropout, add_self_loops, edge_dim, fill_value, rng,
        )  # fmt: skip
        self.residual = residual
        self.lin = self.linear(in_channels, heads * out_channels, rng)
        self.att_src = [glorot(heads, out_channels, rng)]
        self.att_dst = [glorot(heads, out_channels, rng)]
        self.lin_edge = None if edge_dim is None else self.linear(edge_dim, heads * out_channels, rng)
        self.att_edge = None if edge_dim is None else [glorot(heads, out_channels, rng)]
        self.res = self.linear(in_channels, self.width, rng) if residual else None
        self.bias = zeros(self.width) if bias else None

    def forward(
        self, x: Matrix, edge_index: object, edge_attr: Sequence[Any] | None = None
    ) -> list[list[Value]]:
        x = rows_of_width("GATConv", x, self.in_channels)
        edges, features = self.with_self_loops(EdgeIndex.of(edge_index), edge_attr, len(x))
        # 1. Transformed rows W x_j, and those of the edges.
        rows = self.by_head(self.lin(x))
        edge_rows = (
            None if features is None or self.lin_edge is None else self.by_head(self.lin_edge(features))
        )
        # 2. Scores LeakyReLU(a_src·W x_j + a_dst·W x_i + a_edge·W_edge e_ij).
        scores = []
        for head, h in enumerate(rows):
            sent = _scores(h, self.att_src[0][head])
            heard = _scores(h, self.att_dst[0][head])
            of_edges = [sent[s] + heard[t] for s, t in zip(*edges)]
            if edge_rows is not None and self.att_edge is not None:
                own = _scores(edge_rows[head], self.att_edge[0][head])
                of_edges = [score + of_edge for score, of_edge in zip(of_edges, own)]
            scores.append([score.leaky_relu(self.negative_slope) for score in of_edges])
        # 3. Attention: a softmax over the edges that enter a node; Σ_j α_ij W x_j; residual and bias.
        out: list[list[Value]] = self.attend(x, rows, scores, edges)
        return out


def _scores(rows: Matrix, attention: list[Value]) -> list[Value]:
    """a·h for every row h."""
    return [row[0] for row in dense_product(rows, [attention])]
