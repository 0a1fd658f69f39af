"""`Attention`: what GATConv and GATv2Conv have in common, which is everything but the scores."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import partial
from typing import Any

from tinygnn.aggregate import aggregate
from tinygnn.edge_index import EdgeIndex
from tinygnn.linalg import Matrix, mean, softmax
from tinygnn.message_passing import value_sums
from tinygnn.nn.conv.edge_rows import edge_rows
from tinygnn.nn.dropout import Dropout
from tinygnn.nn.linear import Linear
from tinygnn.nn.module import Module
from tinygnn.tape import by_name
from tinygnn.value import Value

Heads = list[list[list[Value]]]  # [heads][rows][out_channels]
FILL_VALUES = ("mean", "add", "sum", "min", "max", "mul")


class Attention(Module):
    """x'_i = Σ_j α_ij h_j + b with α_ij = softmax_j(score_ij), over the edges j -> i and i itself.

    Equations 3, 5 and 6 of Veličković et al. 2018, arXiv:1710.10903. A layer built on it defines the rows
    h and the scores of the edges, and the parameters `res` and `bias`.

    Raises ValueError for heads below 1 and for an unknown fill_value.
    """

    res: Linear | None
    bias: list[Value] | None

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        heads: int,
        concat: bool,
        negative_slope: float,
        dropout: float,
        add_self_loops: bool,
        edge_dim: int | None,
        fill_value: float | str,
        rng: random.Random | None,
    ) -> None:
        if heads < 1:
            raise ValueError(f"heads is {heads}: attention has at least one head")
        if isinstance(fill_value, str) and fill_value not in FILL_VALUES:
            known = ", ".join(map(repr, FILL_VALUES))
            raise ValueError(f"fill_value is {fill_value!r}: give a number or one of {known}")
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.heads = heads
        self.concat = concat
        self.negative_slope = negative_slope
        self.dropout = Dropout(dropout, rng=rng)
        self.add_self_loops = add_self_loops
        self.edge_dim = edge_dim
        self.fill_value = fill_value

    @property
    def width(self) -> int:
        """How many entries a row of the output has."""
        return self.heads * self.out_channels if self.concat else self.out_channels

    def linear(self, in_channels: int, out_channels: int, rng: random.Random | None) -> Linear:
        """A linear map without bias, as attention uses them."""
        return Linear(in_channels, out_channels, bias=False, weight_initializer="glorot", rng=rng)

    def by_head(self, rows: Sequence[list[Value]]) -> Heads:
        """Split rows between the heads: [N][heads · out] -> [heads][N][out]."""
        out = self.out_channels
        return [[row[start : start + out] for row in rows] for start in range(0, self.heads * out, out)]

    def attend(self, x: Matrix, rows: Heads, scores: Sequence[list[Value]], edges: EdgeIndex) -> Any:
        """Aggregate the rows of each head by its scores [heads][E], add residual and bias."""
        heard, entering = edges.heard(len(x)), edges.entering(len(x))
        # Where each head has entries of the output to itself, the bias is part of their sums.
        biases = (
            self.by_head([self.bias]) if self.bias is not None and self.concat and self.res is None else None
        )
        outputs = []
        for head, (h, of_head) in enumerate(zip(rows, scores)):
            attention = [self.dropout([softmax([of_head[e] for e in es])])[0] for es in entering]
            bias = None if biases is None else biases[head][0]
            outputs.append(
                value_sums(
                    list(zip(heard, attention)), h, len(x), bias=bias, name=f"head {head}",
                    why=partial(self._score_numbers, of_head, entering),
                )
            )  # fmt: skip
        if self.concat:
            out = [[value for head_row in node for value in head_row] for node in zip(*outputs)]
        else:
            out = [[mean(column) for column in zip(*node)] for node in zip(*outputs)]
        if self.res is not None:
            out = [[a + b for a, b in zip(row, own)] for row, own in zip(out, self.res(x))]
        if self.bias is None or biases is not None:
            return out
        return [[v + b for v, b in zip(row, self.bias)] for row in out]

    def with_self_loops(
        self, edges: EdgeIndex, edge_attr: Sequence[Any] | None, num_nodes: int
    ) -> tuple[EdgeIndex, list[list[Any]] | None]:
        """Replace self loops by one for each node; make rows of the edge features.

        Raises ValueError for edge_attr where there is no edge_dim or the other way round.
        """
        edges.check(num_nodes)
        features = edge_rows(edge_attr, self.edge_dim, edges.num_edges)
        if not self.add_self_loops:
            return edges, features
        kept = edges.without_self_loops()
        if features is not None:
            features = [row for row, s, t in zip(features, *edges) if s != t]
            features += self._loop_features(features, kept.entering(num_nodes))
        return kept.with_self_loops(num_nodes), features

    def _loop_features(self, features: list[list[Any]], entering: list[list[int]]) -> list[list[Any]]:
        if isinstance(self.fill_value, str):
            return list(aggregate(self.fill_value, features, entering, self.edge_dim))
        return [[self.fill_value] * (self.edge_dim or 0) for _ in entering]

    def _score_numbers(
        self, scores: list[Value], entering: list[list[int]]
    ) -> tuple[str, list[dict[str, Any]]]:
        """Where attention comes from, for tapes: the score of each edge in the order of the nodes."""
        formula = "softmax_j(score)"
        drops = self.dropout.training and self.dropout.p > 0.0
        found = by_name(["score"], [[scores[e] for es in entering for e in es]])
        return f"dropout({formula})" if drops else formula, found

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.in_channels} -> {self.out_channels}, heads {self.heads})"
