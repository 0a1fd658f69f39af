"""`TopKPooling`: keep the nodes with the best scores and the edges between them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from tinygnn.edge_index import EdgeIndex
from tinygnn.linalg import Matrix, dot, linear_combination, plain
from tinygnn.nn.activation import Activation
from tinygnn.nn.linear import rows_of_width
from tinygnn.nn.module import Module
from tinygnn.nn.pool.select_topk import SelectTopK, rule
from tinygnn.value import Value

# x, edge_index, edge_attr, batch, perm, score.
Pooled = tuple[list[list[Value]], EdgeIndex, list[Any] | None, list[int], list[int], list[Value]]


class TopKPooling(Module):
    """x'_i = multiplier · score_i x_i for the nodes with the best scores, score_i = σ(x_i · w / ‖w‖₂).

    Hongyang Gao and Shuiwang Ji, "Graph U-Nets", 2019, arXiv:1905.05178, equation 2; Cătălina Cangea et
    al., "Towards Sparse Hierarchical Graph Classifiers", 2018, arXiv:1811.01287, equation 2; with
    min_score Boris Knyazev, Graham Taylor and Mohamed Amer, "Understanding Attention and Generalization
    in Graph Neural Networks", 2019, arXiv:1905.02850. How nodes are chosen, ties included, says
    `SelectTopK`. Edges stay where both ends do.

    Args: ratio below 1 is the share of a graph's nodes that stay, rounded up, from 1 on their number.
    min_score: keep the nodes with a larger softmax score instead. nonlinearity is σ.

    Parameters: select.weight [1][in_channels], from U(±1/√in_channels). Shapes: x [N][in_channels],
    edge_index a pair of [E], edge_attr [E][...], batch [N]; attn [N][in_channels] gives the scores
    instead of x -> x' [N'][in_channels], edge_index of [E'], edge_attr [E'][...] or None, batch [N'],
    perm [N'], where the nodes stood in x, and score [N'].

    >>> pool = TopKPooling(1, ratio=2)
    >>> pool.load_state_dict({"select.weight": [[1.0]]})
    >>> x, edges, _, batch, perm, score = pool([[0.0], [2.0], [1.0]], ([0, 1], [1, 2]))
    >>> edges, batch, perm
    (([0], [1]), [0, 0], [1, 2])

    Raises ValueError for rows of another length, for an edge to a node that is not there, for edge_attr
    of another length than edge_index, and where neither ratio nor min_score says how many nodes stay.
    """

    def __init__(
        self,
        in_channels: int,
        ratio: float = 0.5,
        min_score: float | None = None,
        multiplier: float = 1.0,
        nonlinearity: str | Activation = "tanh",
        *,
        rng: random.Random | None = None,
    ) -> None:
        self.in_channels = in_channels
        self.ratio = ratio
        self.min_score = min_score
        self.multiplier = multiplier
        self.select = SelectTopK(in_channels, ratio, min_score, nonlinearity, rng=rng)

    def forward(
        self,
        x: Matrix,
        edge_index: object,
        edge_attr: Sequence[Any] | None = None,
        batch: Sequence[int] | None = None,
        attn: Matrix | None = None,
    ) -> Pooled:
        x = rows_of_width("TopKPooling", x, self.in_channels)
        perm, score = self.select(x if attn is None else attn, batch)
        return keep(x, edge_index, edge_attr, batch, perm, score, self.multiplier)

    def __repr__(self) -> str:
        return f"TopKPooling({self.in_channels}, {rule(self.ratio, self.min_score)})"


def keep(
    x: Matrix,
    edge_index: object,
    edge_attr: Sequence[Any] | None,
    batch: Sequence[int] | None,
    perm: list[int],
    score: list[Value],
    multiplier: float,
) -> Pooled:
    """The nodes at perm, each times its score, and the edges between them, with what belongs to both."""
    edges, edge_attr, batch = EdgeIndex.of(edge_index), plain(edge_attr), plain(batch)
    edges.check(len(x))
    if edge_attr is not None and len(edge_attr) != edges.num_edges:
        raise ValueError(f"edge_attr has {len(edge_attr)} entries for {edges.num_edges} edges")
    rows = [[dot([weight], [entry]) for entry in x[i]] for i, weight in zip(perm, score)]
    if multiplier != 1:
        rows = [[linear_combination([multiplier], [entry]) for entry in row] for row in rows]
    position = {i: k for k, i in enumerate(perm)}
    kept = [e for e, (s, t) in enumerate(zip(*edges)) if s in position and t in position]
    return (
        rows,
        EdgeIndex(tuple([position[ends[e]] for e in kept] for ends in edges)),
        None if edge_attr is None else [edge_attr[e] for e in kept],
        [0] * len(perm) if batch is None else [batch[i] for i in perm],
        perm,
        score,
    )
