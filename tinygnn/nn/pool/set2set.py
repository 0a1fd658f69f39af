"""`Set2Set`: a readout that looks at the nodes several times."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from tinygnn.linalg import Matrix, dot, softmax
from tinygnn.nn.linear import rows_of_width
from tinygnn.nn.lstm import LSTM
from tinygnn.nn.module import Module
from tinygnn.nn.pool.glob import Rows, groups_of_either


class Set2Set(Module):
    """q*_T of T steps of: ask, weigh the nodes by how well they answer, remember.

    Oriol Vinyals, Samy Bengio and Manjunath Kudlur, "Order Matters: Sequence to sequence for sets", 2016,
    arXiv:1511.06391, equations 3 to 7. For each graph, over its nodes i, with q*_0 = 0:

        q_t = LSTM(q*_t-1),   α_i = softmax_i(x_i · q_t),   r_t = Σ_i α_i x_i,   q*_t = q_t ‖ r_t

    Args: processing_steps is T. num_layers, bias and dropout are the LSTM's.

    Parameters: lstm.weight_ih_l0 [4F][2F], lstm.weight_hh_l0 [4F][F], lstm.bias_ih_l0 and
    lstm.bias_hh_l0 [4F], with F = in_channels; all from U(±1/√F). Shapes: x [N][F], index [N] or ptr
    [B+1] as in `SumAggregation` -> [B][2F]. The r of a graph without nodes is 0, its q is not.

    >>> len(Set2Set(2, processing_steps=3)([[1.0, 0.0], [0.0, 1.0]])[0])
    4

    Raises ValueError for fewer than one step and for rows of another length.
    """

    def __init__(
        self,
        in_channels: int,
        processing_steps: int,
        *,
        num_layers: int = 1,
        bias: bool = True,
        dropout: float = 0.0,
        rng: random.Random | None = None,
    ) -> None:
        if processing_steps < 1:
            raise ValueError(f"processing_steps is {processing_steps}: Set2Set takes at least one")
        self.in_channels = in_channels
        self.out_channels = 2 * in_channels
        self.processing_steps = processing_steps
        self.lstm = LSTM(self.out_channels, in_channels, num_layers, bias, dropout=dropout, rng=rng)

    def forward(
        self,
        x: Matrix,
        index: Sequence[int] | None = None,
        ptr: Sequence[int] | None = None,
        dim_size: int | None = None,
    ) -> Rows:
        x = rows_of_width("Set2Set", x, self.in_channels)
        groups = [[x[i] for i in group] for group in groups_of_either(len(x), index, ptr, dim_size)]
        asked: Any = [[0.0] * self.out_channels for _ in groups]  # q*_0
        state = None
        for _ in range(self.processing_steps):
            [queries], state = self.lstm([asked], state)  # q_t
            asked = [[*query, *_answer(rows, query)] for rows, query in zip(groups, queries)]
        found: Rows = asked
        return found

    def __repr__(self) -> str:
        return f"Set2Set({self.in_channels} -> {self.out_channels}, {self.processing_steps} steps)"


def _answer(rows: Sequence[Any], query: Any) -> list[Any]:
    """r = Σ_i α_i x_i with α_i = softmax_i(x_i · q); 0 of no rows."""
    if not rows:
        return [0.0] * len(query)
    alphas = softmax([dot(row, query) for row in rows])
    return [dot(alphas, column) for column in zip(*rows)]
