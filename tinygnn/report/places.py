"""Where the nodes of a graph in pieces are drawn: each piece by itself, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

from tinygnn.explain.layout import layout

Edge = tuple[int, int]
Spot = tuple[float, float]

GAP = 0.15  # between pieces, of a piece's side


def side_by_side(count: int, edges: Sequence[Edge], ratio: float = 1.0) -> list[Spot]:
    """Positions in the unit square of a picture `ratio` times as wide as high; nothing is random.

    Each connected piece has a square whose area is its number of nodes; the squares stand in rows, the
    largest first.

    >>> side_by_side(3, [(0, 1)])
    [(1.0, 0.0), (0.0, 0.6651), (0.3536, 1.0)]
    """
    beside = neighbours(count, edges)
    found = sorted(pieces(beside), key=lambda piece: -len(piece))
    width = sqrt(ratio * sum([(1.0 + GAP) ** 2 * len(piece) for piece in found]))
    spots: dict[int, Spot] = {}
    left = top = high = 0.0
    for piece in found:
        side = sqrt(len(piece))
        if left > 0.0 and left + side > width:
            left, top, high = 0.0, top + high * (1.0 + GAP), 0.0
        place = {node: k for k, node in enumerate(piece)}
        inner = [(place[a], place[b]) for a, b in edges if a in place]
        for node, (x, y) in zip(piece, layout(len(piece), inner, rings(piece, beside))):
            spots[node] = (left + x * side, top + y * side)
        left, high = left + side * (1.0 + GAP), max(high, side)
    return _unit([spots[node] for node in range(count)])


def neighbours(count: int, edges: Sequence[Edge]) -> list[list[int]]:
    """The nodes beside each node."""
    beside: list[list[int]] = [[] for _ in range(count)]
    for a, b in edges:
        beside[a].append(b)
        beside[b].append(a)
    return beside


def pieces(beside: Sequence[Sequence[int]]) -> list[list[int]]:
    """The connected pieces, each in order of its nodes."""
    seen: set[int] = set()
    found = []
    for start in range(len(beside)):
        if start not in seen:
            seen.add(start)
            piece = [start]
            for node in piece:
                new = [other for other in beside[node] if other not in seen]
                seen.update(new)
                piece += dict.fromkeys(new)
            found.append(sorted(piece))
    return found


def rings(piece: Sequence[int], beside: Sequence[Sequence[int]]) -> list[int]:
    """How far each node of a piece is from the one with the most edges."""
    middle = max(piece, key=lambda node: len(beside[node]))
    distance = {middle: 0}
    reached = [middle]
    for node in reached:
        for other in beside[node]:
            if other not in distance:
                distance[other] = distance[node] + 1
                reached.append(other)
    return [distance[node] for node in piece]


def _unit(spots: Sequence[Spot]) -> list[Spot]:
    """From 0 to 1 in each direction."""
    if not spots:
        return []
    columns = []
    for numbers in zip(*spots):
        low, high = min(numbers), max(numbers)
        columns.append([round((x - low) / (high - low), 4) if high > low else 0.5 for x in numbers])
    return list(zip(*columns))
