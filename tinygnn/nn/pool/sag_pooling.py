"""`SAGPooling`: keep the nodes that a graph convolution gives the best scores."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

from tinygnn.edge_index import EdgeIndex
from tinygnn.linalg import Matrix
from tinygnn.nn.activation import Activation
from tinygnn.nn.conv import GraphConv
from tinygnn.nn.linear import rows_of_width
from tinygnn.nn.module import Module
from tinygnn.nn.pool.select_topk import SelectTopK, as_rows, rule
from tinygnn.nn.pool.topk_pooling import Pooled, keep


class SAGPooling(Module):
    """x'_i = multiplier · score_i x_i for the nodes with the best scores, score = σ(GNN(X, A) w / |w|).

    Junhyun Lee, Inyeop Lee and Jaewoo Kang, "Self-Attention Graph Pooling", 2019, arXiv:1904.08082,
    equations 3 to 6; with min_score Boris Knyazev, Graham Taylor and Mohamed Amer, "Understanding
    Attention and Generalization in Graph Neural Networks", 2019, arXiv:1905.02850. How nodes are
    chosen, ties included, says `SelectTopK`. Edges stay where both ends do.

    Args: ratio, min_score, multiplier and nonlinearity are `TopKPooling`'s. GNN is the class of the
    convolution with one output channel that scores the nodes; further options go to its constructor.

    Parameters: gnn.*, those of the convolution (GraphConv: gnn.lin_rel.weight [1][in_channels],
    gnn.lin_rel.bias [1], gnn.lin_root.weight [1][in_channels]), and select.weight [1][1], from U(±1).
    Shapes: those of `TopKPooling`; attn may have numbers instead of rows where the convolution takes one.

    Departure from the paper, as in PyG: the score is multiplied by the sign of select.weight, w / |w|,
    whose gradient is 0 up to rounding; where it is negative the nodes with the lowest scores stay.

    >>> pool = SAGPooling(2, ratio=1)
    >>> x, edges, _, batch, perm, score = pool([[0.5, 1.0], [2.0, -1.0]], ([0, 1], [1, 0]))
    >>> len(x), edges, batch
    (1, ([], []), [0])

    Raises ValueError as TopKPooling does.
    """

    def __init__(
        self,
        in_channels: int,
        ratio: float = 0.5,
        GNN: Callable[..., Module] = GraphConv,
        min_score: float | None = None,
        multiplier: float = 1.0,
        nonlinearity: str | Activation = "tanh",
        *,
        rng: random.Random | None = None,
        **options: Any,
    ) -> None:
        self.in_channels = in_channels
        self.ratio = ratio
        self.min_score = min_score
        self.multiplier = multiplier
        self.gnn = GNN(in_channels, 1, rng=rng, **options)
        self.select = SelectTopK(1, ratio, min_score, nonlinearity, rng=rng)

    def forward(
        self,
        x: Matrix,
        edge_index: object,
        edge_attr: Sequence[Any] | None = None,
        batch: Sequence[int] | None = None,
        attn: Any = None,
    ) -> Pooled:
        x = rows_of_width("SAGPooling", x, self.in_channels)
        edges = EdgeIndex.of(edge_index)
        scores = self.gnn(x if attn is None else as_rows(attn), edges)
        perm, score = self.select(scores, batch)
        return keep(x, edges, edge_attr, batch, perm, score, self.multiplier)

    def __repr__(self) -> str:
        return f"SAGPooling({self.gnn!r}, {rule(self.ratio, self.min_score)})"
