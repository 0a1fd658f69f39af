"""`GATConv`: the graph attention of Veličković et al."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from tinygnn.edge_index import EdgeIndex
from tinygnn.linalg import Matrix, dense_product, mean, plain, softmax, value_weighted_sums
from tinygnn.nn.dropout import Dropout
from tinygnn.nn.init import glorot, zeros
from tinygnn.nn.linear import Linear, rows_of_width
from tinygnn.nn.module import Module
from tinygnn.value import Value


class GATConv(Module):
    """x'_i = Σ_j α_ij W x_j + b over the edges j -> i and i itself, with learned attention α.

    Petar Veličković, Guillem Cucurull, Arantxa Casanova, Adriana Romero, Pietro Liò and Yoshua Bengio,
    "Graph Attention Networks", 2018, arXiv:1710.10903, equations 3 to 6. For each head, with edge
    features e_ij where edge_dim is given:

        α_ij = softmax_j(LeakyReLU(a_src·W x_j + a_dst·W x_i + a_edge·W_edge e_ij))

    Args: heads run side by side; concat=True puts their outputs side by side, False takes their mean.
    negative_slope is LeakyReLU's. dropout drops attention coefficients in training. add_self_loops
    replaces existing self loops by one for each node, as PyG does; its edge features are the mean of
    those that enter the node, or fill_value if that is a number. bias=False leaves b out.
    residual=True adds W_res x_i.

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
        if heads < 1:
            raise ValueError(f"heads is {heads}: attention has at least one head")
        if isinstance(fill_value, str) and fill_value != "mean":
            raise ValueError(f"fill_value is {fill_value!r}: give a number or 'mean'")
        width = heads * out_channels if concat else out_channels
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.heads = heads
        self.concat = concat
        self.negative_slope = negative_slope
        self.dropout = Dropout(dropout, rng=rng)
        self.add_self_loops = add_self_loops
        self.edge_dim = edge_dim
        self.fill_value = fill_value
        self.lin = _linear(in_channels, heads * out_channels, rng)
        self.att_src = [glorot(heads, out_channels, rng)]
        self.att_dst = [glorot(heads, out_channels, rng)]
        self.lin_edge = None if edge_dim is None else _linear(edge_dim, heads * out_channels, rng)
        self.att_edge = None if edge_dim is None else [glorot(heads, out_channels, rng)]
        self.res = _linear(in_channels, width, rng) if residual else None
        self.bias = zeros(width) if bias else None

    def forward(
        self, x: Matrix, edge_index: object, edge_attr: Sequence[Any] | None = None
    ) -> list[list[Value]]:
        x = rows_of_width("GATConv", x, self.in_channels)
        edges, features = self._with_self_loops(EdgeIndex.of(edge_index), edge_attr, len(x))
        sources, targets = edges
        entering = edges.entering(len(x))
        # 1. Transformed rows W x_j, and those of the edges.
        rows = self.lin(x)
        edge_rows = None if features is None or self.lin_edge is None else self.lin_edge(features)
        outputs = []
        for head in range(self.heads):
            part = slice(head * self.out_channels, (head + 1) * self.out_channels)
            h = [row[part] for row in rows]
            # 2. Scores a_src·W x_j + a_dst·W x_i + a_edge·W_edge e_ij.
            sent = _scores(h, self.att_src[0][head])
            heard = _scores(h, self.att_dst[0][head])
            scores = [sent[s] + heard[t] for s, t in zip(sources, targets)]
            if edge_rows is not None and self.att_edge is not None:
                of_edges = _scores([row[part] for row in edge_rows], self.att_edge[0][head])
                scores = [score + own for score, own in zip(scores, of_edges)]
            scores = [score.leaky_relu(self.negative_slope) for score in scores]
            # 3. Attention: a softmax over the edges that enter a node.
            attention = [self.dropout([softmax([scores[e] for e in es])])[0] for es in entering]
            # 4. Σ_j α_ij W x_j.
            neighbours = [([sources[e] for e in es], alpha) for es, alpha in zip(entering, attention)]
            outputs.append(value_weighted_sums(neighbours, h))
        if self.concat:
            out = [[value for head_row in node for value in head_row] for node in zip(*outputs)]
        else:
            out = [[mean(column) for column in zip(*node)] for node in zip(*outputs)]
        # 5. Residual and bias.
        if self.res is not None:
            out = [[a + b for a, b in zip(row, own)] for row, own in zip(out, self.res(x))]
        return out if self.bias is None else [[v + b for v, b in zip(row, self.bias)] for row in out]

    def _with_self_loops(
        self, edges: EdgeIndex, edge_attr: Sequence[Any] | None, num_nodes: int
    ) -> tuple[EdgeIndex, list[list[Any]] | None]:
        """Replace self loops by one for each node; make rows of the edge features."""
        edges.check(num_nodes)
        if (edge_attr is None) != (self.edge_dim is None):
            raise ValueError(
                "edge_attr was given, but edge_dim was not"
                if self.edge_dim is None
                else f"edge_dim is {self.edge_dim}: give edge_attr with as many entries per edge"
            )
        features = None if edge_attr is None else self._edge_rows(edge_attr, edges.num_edges)
        if not self.add_self_loops:
            return edges, features
        kept = edges.without_self_loops()
        if features is not None:
            features = [row for row, s, t in zip(features, *edges) if s != t]
            features += [self._loop_features(features, entering) for entering in kept.entering(num_nodes)]
        return kept.with_self_loops(num_nodes), features

    def _edge_rows(self, edge_attr: Sequence[Any], num_edges: int) -> list[list[Any]]:
        """The edge features as rows of edge_dim entries."""
        rows = [row if isinstance(row, (list, tuple)) else [row] for row in map(plain, plain(edge_attr))]
        if len(rows) != num_edges:
            raise ValueError(f"edge_attr has {len(rows)} entries for {num_edges} edges: each edge needs one")
        for e, row in enumerate(rows):
            if len(row) != self.edge_dim:
                raise ValueError(f"edge_attr needs rows of {self.edge_dim} entries, edge {e} has {len(row)}")
        return [list(row) for row in rows]

    def _loop_features(self, features: list[list[Any]], entering: list[int]) -> list[Any]:
        if not isinstance(self.fill_value, str):
            return [self.fill_value] * (self.edge_dim or 0)
        if not entering:
            return [0.0] * (self.edge_dim or 0)
        columns = zip(*[features[e] for e in entering])
        return [
            mean(column) if any(isinstance(v, Value) for v in column) else sum(column) / len(column)
            for column in columns
        ]

    def __repr__(self) -> str:
        return f"GATConv({self.in_channels} -> {self.out_channels}, heads {self.heads})"


def _linear(in_channels: int, out_channels: int, rng: random.Random | None) -> Linear:
    return Linear(in_channels, out_channels, bias=False, weight_initializer="glorot", rng=rng)


def _scores(rows: Matrix, attention: list[Value]) -> list[Value]:
    """a·h for every row h."""
    return [row[0] for row in dense_product(rows, [attention])]
