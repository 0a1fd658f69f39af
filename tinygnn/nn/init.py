"""Initial weights, and the random numbers they come from."""

from __future__ import annotations

import math
import random

from tinygnn.value import Value

# Layers that are not given a generator draw from this one; same program, same seed, same bits.
default_rng = random.Random(0)


def manual_seed(seed: int) -> None:
    """Restart the generator that layers draw from when they are given none."""
    default_rng.seed(seed)


def uniform(rows: int, columns: int, bound: float, rng: random.Random | None = None) -> list[list[Value]]:
    """Draw a matrix of leaves from U(-bound, bound). Shape [rows][columns].

    It is drawn column by column: the weights that a feature meets lie side by side in memory.
    """
    rng = default_rng if rng is None else rng
    drawn = [[Value(rng.uniform(-bound, bound)) for _ in range(rows)] for _ in range(columns)]
    return [list(row) for row in zip(*drawn)] if drawn else [[] for _ in range(rows)]


def glorot(rows: int, columns: int, rng: random.Random | None = None) -> list[list[Value]]:
    """Draw from U(-b, b) with b = √(6 / (rows + columns)) (Glorot & Bengio 2010, equation 16)."""
    return uniform(rows, columns, math.sqrt(6.0 / max(rows + columns, 1)), rng)


def kaiming_uniform(rows: int, columns: int, rng: random.Random | None = None) -> list[list[Value]]:
    """Draw from U(-b, b) with b = 1/√columns: what PyTorch's and PyG's Linear start from."""
    return uniform(rows, columns, 1.0 / math.sqrt(max(columns, 1)), rng)


def zeros(size: int) -> list[Value]:
    """A vector of leaves that are 0. Shape [size]."""
    return [Value(0.0) for _ in range(size)]


def ones(size: int) -> list[Value]:
    """A vector of leaves that are 1. Shape [size]."""
    return [Value(1.0) for _ in range(size)]
