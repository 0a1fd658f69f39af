"""`Linear`: x Wᵀ + b."""

from __future__ import annotations

import random
from typing import Any

from tinygnn.linalg import Matrix, linear, plain
from tinygnn.nn.init import glorot, kaiming_uniform, uniform
from tinygnn.nn.module import Module
from tinygnn.value import Value

INITIALIZERS = {"glorot": glorot, "kaiming_uniform": kaiming_uniform}


class Linear(Module):
    """x'_i = W x_i + b, PyG's `torch_geometric.nn.Linear` and PyTorch's.

    weight: [out_channels][in_channels], from U(±1/√in_channels), or with
    weight_initializer="glorot" from U(±√(6/(in + out))). bias: [out_channels], from
    U(±1/√in_channels); None with bias=False. Shapes: x [N][in_channels] -> [N][out_channels].

    >>> len(Linear(2, 3)([[1.0, 0.0]])[0])
    3

    Raises ValueError for rows of another length.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        bias: bool = True,
        *,
        weight_initializer: str = "kaiming_uniform",
        rng: random.Random | None = None,
    ) -> None:
        if weight_initializer not in INITIALIZERS:
            known = ", ".join(INITIALIZERS)
            raise ValueError(f"weight_initializer is {weight_initializer!r}: choose from {known}")
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.weight = INITIALIZERS[weight_initializer](out_channels, in_channels, rng)
        bound = max(in_channels, 1) ** -0.5
        self.bias = uniform(1, out_channels, bound, rng)[0] if bias else None

    def forward(self, x: Matrix) -> list[list[Value]]:
        x = rows_of_width("Linear", x, self.in_channels)
        return linear(x, self.weight, self.bias)

    def __repr__(self) -> str:
        return f"Linear({self.in_channels} -> {self.out_channels})"


def rows_of_width(layer: str, x: Any, width: int) -> Matrix:
    """Return x, a tensor's as lists; raise ValueError, naming the row, unless all have `width` entries."""
    x = plain(x)
    for i, row in enumerate(x):
        if not isinstance(row, (list, tuple)):
            raise ValueError(f"{layer} takes rows of {width} entries, but x[{i}] is {row!r}")
        if len(row) != width:
            raise ValueError(f"{layer} takes rows of {width} entries, but x[{i}] has {len(row)}")
    rows: Matrix = x
    return rows
