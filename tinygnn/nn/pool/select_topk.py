"""`SelectTopK`: give every node a score and choose the best of each graph."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import Any

from tinygnn.linalg import Matrix, dot, plain, softmax
from tinygnn.nn.activation import Activation, activation
from tinygnn.nn.groups import groups_of
from tinygnn.nn.init import kaiming_uniform
from tinygnn.nn.linear import rows_of_width
from tinygnn.nn.module import Module
from tinygnn.value import Value

# With min_score, nodes that come this close to their graph's best score are kept where it is not larger
# than min_score, as in PyG: so that no graph loses all its nodes.
CLOSE_TO_BEST = 1e-7


class SelectTopK(Module):
    """score_i = σ(x_i · w / ‖w‖₂), and the nodes with the best scores of each graph.

    Hongyang Gao and Shuiwang Ji, "Graph U-Nets", 2019, arXiv:1905.05178, equation 2; with min_score
    score_i = softmax_i(x_i · w) over the graph, as Boris Knyazev, Graham Taylor and Mohamed Amer,
    "Understanding Attention and Generalization in Graph Neural Networks", 2019, arXiv:1905.02850.

    Args: of a graph of N_k nodes, ratio below 1 keeps ⌈ratio · N_k⌉, one from 1 on that many (also
    1.0, of which PyG's documentation says otherwise than its code). min_score, if given, keeps those
    with a larger score instead, and the best one where none has. act is σ, a name or a function.

    Parameters: weight [1][in_channels], from U(±1/√in_channels). Shapes: x [N][in_channels] or [N]
    -> the positions of the chosen nodes and the scores of these: with ratio graph after graph, in each by
    falling score; with min_score in the order in which they stand.

    Of nodes with equal scores the one that stands first comes first; PyG leaves that order to its sorting.
    A nan counts as the largest score with ratio, and is never chosen with min_score. The choice itself
    has no gradient.

    Raises ValueError for rows of another length, and where neither ratio nor min_score says how many.
    """

    def __init__(
        self,
        in_channels: int,
        ratio: float | None = 0.5,
        min_score: float | None = None,
        act: str | Activation = "tanh",
        *,
        rng: random.Random | None = None,
    ) -> None:
        if min_score is None and (ratio is None or not ratio > 0.0):
            raise ValueError(f"ratio is {ratio!r}: give a share or a number above 0, or min_score")
        self.in_channels = in_channels
        self.ratio = ratio
        self.min_score = min_score
        self.act = activation(act)
        self.weight = kaiming_uniform(1, in_channels, rng)

    def forward(self, x: Any, batch: Sequence[int] | None = None) -> tuple[list[int], list[Value]]:
        rows = rows_of_width("SelectTopK", as_rows(x), self.in_channels)
        groups = groups_of(batch, len(rows))
        scores = self._projected(rows) if self.min_score is None else self._shares(rows, groups)
        chosen = [i for group in groups for i in self._best(group, [scores[i].data for i in group])]
        chosen = chosen if self.min_score is None else sorted(chosen)
        return chosen, [scores[i] for i in chosen]

    def _projected(self, rows: Matrix) -> list[Value]:
        """σ(x_i · w / ‖w‖₂)."""
        [weight] = self.weight
        length = dot(weight, weight).sqrt()
        scores = [dot(row, weight) / length for row in rows]
        return scores if self.act is None else list(map(self.act, scores))

    def _shares(self, rows: Matrix, groups: list[list[int]]) -> list[Value]:
        """softmax_i(x_i · w) over the nodes of each graph."""
        [weight] = self.weight
        shares = dict[int, Value]()
        for group in groups:
            shares.update(zip(group, softmax([dot(rows[i], weight) for i in group])))
        return [shares[i] for i in range(len(rows))]

    def _best(self, group: list[int], scores: list[float]) -> list[int]:
        """The nodes of one graph that stay."""
        if not group:
            return []
        if self.min_score is not None:
            bound = min(max(scores) - CLOSE_TO_BEST, self.min_score)
            return [i for i, score in zip(group, scores) if score > bound]
        assert self.ratio is not None  # see __init__
        count = math.ceil(self.ratio * len(group)) if self.ratio < 1 else int(self.ratio)
        order = sorted(range(len(group)), key=lambda k: (scores[k] == scores[k], -scores[k]))
        return [group[k] for k in order[:count]]

    def __repr__(self) -> str:
        return f"SelectTopK({self.in_channels}, {rule(self.ratio, self.min_score)})"


def as_rows(x: Any) -> Any:
    """Rows of one entry where x has numbers instead of rows."""
    x = plain(x)
    return [row if isinstance(row, (list, tuple)) else [row] for row in map(plain, x)]


def rule(ratio: float | None, min_score: float | None) -> str:
    """How many nodes stay, in words for a repr."""
    return f"ratio={ratio}" if min_score is None else f"min_score={min_score}"
