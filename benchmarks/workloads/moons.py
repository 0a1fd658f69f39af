"""micrograd's demo: two moons, an MLP, max-margin loss."""

from __future__ import annotations

import random
from math import cos, pi, sin
from typing import Any

from benchmarks.workloads.weights import draw

POINTS = 100
NOISE = 0.1
SIZES = [2, 16, 16, 1]


def make() -> dict[str, Any]:
    """Points on two half circles with noise, labels -1 and 1, and micrograd's initial weights.

    The weights of a micrograd Neuron are drawn from U(-1, 1) and its bias is 0.
    """
    rng = random.Random(1337)
    x, y = [], []
    for k in range(POINTS):
        angle = pi * (k // 2) / (POINTS // 2 - 1)
        point = (cos(angle), sin(angle)) if k % 2 else (1.0 - cos(angle), 0.5 - sin(angle))
        x.append([coordinate + rng.gauss(0.0, NOISE) for coordinate in point])
        y.append(1.0 if k % 2 else -1.0)
    weights: dict[str, Any] = {}
    for i, (columns, rows) in enumerate(zip(SIZES, SIZES[1:])):
        weights[f"layers.{i}.weight"] = draw(rng, 1.0, rows, columns)
        weights[f"layers.{i}.bias"] = [0.0] * rows
    return {"kind": "mlp", "x": x, "y": y, "sizes": SIZES, "alpha": 1e-4, "weights": weights}


def learning_rate(epoch: int) -> float:
    """From 1 down to 0.1 over a hundred epochs, as in the demo; it stays there."""
    return 1.0 - 0.9 * min(epoch, 100) / 100
