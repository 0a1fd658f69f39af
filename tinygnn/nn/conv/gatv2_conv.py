"""`GATv2Conv`: the graph attention of Brody, Alon & Yahav."""

from __future__ import annotations

import random
from collections.abc import Sequence
from operator import add, mul
from typing import Any

from tinygnn.edge_index import EdgeIndex
from tinygnn.linalg import Matrix, data_of
from tinygnn.nn.conv.attention import Attention
from tinygnn.nn.init import glorot, zeros
from tinygnn.nn.linear import Linear, rows_of_width
from tinygnn.value import Value


class GATv2Conv(Attention):
    """x'_i = Σ_j α_ij W_l x_j + b over the edges j -> i and i itself, with learned attention α.

    Shaked Brody, Uri Alon and Eran Yahav, "How Attentive are Graph Attention Networks?", 2022,
    arXiv:2105.14491, equation 7: unlike GATConv's, which neighbour a node attends to most may differ from
    node to node. For each head, with edge features e_ij where edge_dim is given:

        α_ij = softmax_j(a·LeakyReLU(W_l x_j + W_r x_i + W_edge e_ij))

    Args: as GATConv's, and share_weights=True takes W_l for W_r. bias=False leaves out b and the biases
    of W_l and W_r.

    Parameters: att [1][heads][out], lin_l.weight and lin_r.weight [heads·out][in], with edge_dim
    lin_edge.weight [heads·out][edge_dim], with residual res.weight; all glorot; lin_l.bias and lin_r.bias
    [heads·out] from U(±1/√in); bias [heads·out] ([out] without concat), zeros. With share_weights lin_r
    is lin_l, and stands in the state_dict under both names. Shapes: x [N][in_channels], edge_index a pair
    of [E], edge_attr [E][edge_dim] (or [E] for edge_dim 1) -> [N][heads·out] ([N][out] without concat).

    Departures from the paper, as in PyG: W is split in W_l for sources and W_r for targets, each with a
    bias, and messages are W_l x_j.

    >>> conv = GATv2Conv(2, 3, heads=2)
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
        share_weights: bool = False,
        residual: bool = False,
        *,
        rng: random.Random | None = None,
    ) -> None:
        super().__init__(
            in_channels, out_channels, heads, concat,
            negative_slope, dropout, add_self_loops, edge_dim, fill_value, rng,
        )  # fmt: skip
        self.residual = residual
        self.share_weights = share_weights
        width = heads * out_channels
        self.lin_l = Linear(in_channels, width, bias, weight_initializer="glorot", rng=rng)
        self.lin_r = (
            self.lin_l
            if share_weights
            else Linear(in_channels, width, bias, weight_initializer="glorot", rng=rng)
        )
        self.att = [glorot(heads, out_channels, rng)]
        self.lin_edge = None if edge_dim is None else self.linear(edge_dim, width, rng)
        self.res = self.linear(in_channels, self.width, rng) if residual else None
        self.bias = zeros(self.width) if bias else None

    def forward(
        self, x: Matrix, edge_index: object, edge_attr: Sequence[Any] | None = None
    ) -> list[list[Value]]:
        x = rows_of_width("GATv2Conv", x, self.in_channels)
        edges, features = self.with_self_loops(EdgeIndex.of(edge_index), edge_attr, len(x))
        # 1. Transformed rows W_l x_j, W_r x_i and W_edge e_ij.
        rows = self.by_head(self.lin_l(x))
        targets = rows if self.share_weights else self.by_head(self.lin_r(x))
        edge_rows = (
            None if features is None or self.lin_edge is None else self.by_head(self.lin_edge(features))
        )
        # 2. Scores a·LeakyReLU(W_l x_j + W_r x_i + W_edge e_ij).
        scores = []
        for head, attention in enumerate(self.att[0]):
            sent, heard = rows[head], targets[head]
            terms: list[tuple[list[Value], ...]] = [(sent[s], heard[t]) for s, t in zip(*edges)]
            if edge_rows is not None:
                terms = [(*pair, row) for pair, row in zip(terms, edge_rows[head])]
            scores.append([leaky_dot(attention, rows_of, self.negative_slope) for rows_of in terms])
        # 3. Attention: a softmax over the edges that enter a node; Σ_j α_ij W_l x_j; residual and bias.
        out: list[list[Value]] = self.attend(x, rows, scores, edges)
        return out


def leaky_dot(attention: list[Value], terms: tuple[list[Value], ...], negative_slope: float) -> Value:
    """Σ_c a_c LeakyReLU(z_c) with z the sum of the terms, as one node made from the terms and a.

    d/da_c = LeakyReLU(z_c); d/d(term)_c = a_c, or negative_slope·a_c where z_c <= 0.
    """
    a = data_of(attention)
    z = data_of(terms[0])
    for term in terms[1:]:
        z = tuple(map(add, z, data_of(term)))
    slopes = [1.0 if entry > 0.0 else negative_slope for entry in z]
    activated, by_term = tuple(map(mul, slopes, z)), tuple(map(mul, slopes, a))
    parents = tuple([value for term in terms for value in term]) + tuple(attention)
    return Value(
        sum(map(mul, a, activated), 0.0),
        parents,
        by_term * len(terms) + activated,
        ("leaky_dot", negative_slope, len(terms)),
    )
