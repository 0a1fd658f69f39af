"""Where the nodes of a graph are drawn: the same graph gives the same picture."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import cos, pi, sin, sqrt

MOST_STEPS = 250
MOST_PAIRS = 1_500_000  # pairs of nodes looked at in all steps together
TURN = pi * (3.0 - sqrt(5.0))  # the angle between the seeds of a sunflower


def layout(
    num_nodes: int, edges: Iterable[tuple[int, int]], rings: Sequence[int]
) -> list[tuple[float, float]]:
    """Positions in the unit square: edges pull, all pairs push (Fruchterman & Reingold 1991).

    rings: how far each node is from the one in the middle, where it starts. Nothing is random.

    >>> layout(2, [(0, 1)], [0, 1])
    [(1.0, 0.0), (0.0, 1.0)]
    """
    order = sorted(range(num_nodes), key=lambda i: (rings[i], i))
    x, y = [0.0] * num_nodes, [0.0] * num_nodes
    for k, i in enumerate(order):
        radius = sqrt(k / max(num_nodes, 1))
        x[i], y[i] = radius * cos(k * TURN), radius * sin(k * TURN)
    pairs = sorted({(min(a, b), max(a, b)) for a, b in edges if a != b})
    ideal = sqrt(1.0 / max(num_nodes, 1))
    steps = max(20, min(MOST_STEPS, MOST_PAIRS // max(num_nodes * num_nodes, 1)))
    for step in range(steps):
        _move(x, y, pairs, ideal, 0.15 * (1.0 - step / steps))
    return list(zip(_spread(x), _spread(y)))


def _move(
    x: list[float], y: list[float], pairs: Sequence[tuple[int, int]], ideal: float, farthest: float
) -> None:
    """One step of all nodes, none farther than `farthest`; the middle pulls a little."""
    n = len(x)
    dx, dy = [-0.3 * ideal * a for a in x], [-0.3 * ideal * b for b in y]
    for i in range(n):
        for j in range(i):
            a, b = x[i] - x[j], y[i] - y[j]
            push = ideal * ideal / (a * a + b * b + 1e-9)
            dx[i] += a * push
            dy[i] += b * push
            dx[j] -= a * push
            dy[j] -= b * push
    for i, j in pairs:
        a, b = x[i] - x[j], y[i] - y[j]
        pull = sqrt(a * a + b * b) / ideal * 0.5
        dx[i] -= a * pull
        dy[i] -= b * pull
        dx[j] += a * pull
        dy[j] += b * pull
    for i in range(n):
        length = sqrt(dx[i] * dx[i] + dy[i] * dy[i]) + 1e-12
        scale = min(length, farthest) / length
        x[i] += dx[i] * scale
        y[i] += dy[i] * scale


def _spread(positions: list[float]) -> list[float]:
    """From 0 to 1, in three digits; of positions that are all the same 0.5."""
    low, high = min(positions, default=0.0), max(positions, default=0.0)
    if high - low < 1e-9:
        return [0.5] * len(positions)
    return [round((position - low) / (high - low), 3) for position in positions]
