"""`JumpingKnowledge`: what all layers say of a node, as one row."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from tinygnn.linalg import Matrix, dot, flatten, maximum, softmax
from tinygnn.nn.linear import Linear
from tinygnn.nn.lstm import LSTM
from tinygnn.nn.module import Module

MODES = ("cat", "max", "lstm")


class JumpingKnowledge(Module):
    """x_i = aggregate(x_i^1, ..., x_i^L) over the outputs of L layers.

    Keyulu Xu, Chengtao Li, Yonglong Tian, Tomohiro Sonobe, Ken-ichi Kawarabayashi and Stefanie Jegelka,
    "Representation Learning on Graphs with Jumping Knowledge Networks", 2018, arXiv:1806.03536, section
    4.1. mode is

        cat    x_i^1 ‖ ... ‖ x_i^L
        max    the largest, column by column
        lstm   Σ_l α_i^l x_i^l,  α_i = softmax_l(a·(forward_i^l ‖ backward_i^l) + b),

    forward and backward being the outputs of an LSTM that reads x_i^1, ..., x_i^L in both directions.

    Args: channels F and num_layers L are needed for lstm alone. Parameters: with lstm lstm.* of an LSTM with
    L·F // 2 hidden numbers, att.weight [1][2 (L·F // 2)] and att.bias [1]. Shapes: a list of L matrices
    [N][F] -> [N][F], with cat [N][L·F].

    Departure from PyG: of equally large numbers all share the gradient of max, where PyG's goes to one.

    >>> JumpingKnowledge("cat")([[[1.0], [2.0]], [[3.0], [4.0]]])
    [[1.0, 3.0], [2.0, 4.0]]

    Raises ValueError for another mode, and for lstm without channels and num_layers.
    """

    def __init__(
        self,
        mode: str,
        channels: int | None = None,
        num_layers: int | None = None,
        *,
        rng: random.Random | None = None,
    ) -> None:
        if not isinstance(mode, str) or mode.lower() not in MODES:
            raise ValueError(f"mode is {mode!r}: choose from {', '.join(MODES)}")
        self.mode = mode.lower()
        self.channels = self.num_layers = None
        self.lstm = self.att = None
        if self.mode == "lstm":
            if channels is None or num_layers is None:
                raise ValueError("JumpingKnowledge('lstm') needs channels and num_layers")
            self.channels, self.num_layers = channels, num_layers
            hidden = num_layers * channels // 2
            self.lstm = LSTM(channels, hidden, bidirectional=True, batch_first=True, rng=rng)
            self.att = Linear(2 * hidden, 1, rng=rng)

    def forward(self, xs: Sequence[Matrix]) -> list[list[Any]]:
        nodes = list(zip(*xs))  # of each node the rows that the layers gave it
        if self.mode == "cat":
            return [flatten(rows) for rows in nodes]
        if self.mode == "max":
            return [[maximum(column) for column in zip(*rows)] for rows in nodes]
        if self.lstm is None or self.att is None or not nodes:
            return []
        read, _ = self.lstm(nodes)
        attention = [softmax([score for [score] in self.att(steps)]) for steps in read]
        return [[dot(alpha, column) for column in zip(*rows)] for alpha, rows in zip(attention, nodes)]

    def __repr__(self) -> str:
        return f"JumpingKnowledge({self.mode})"
