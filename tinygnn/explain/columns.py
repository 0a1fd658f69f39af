"""`columns`: boxes and the lines between them in columns, so that lines run one way and few of them cross."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from tinygnn.explain.folding import Box

SWEEPS = 4  # how often the entries of a column are put beside what they are connected with


@dataclass(frozen=True, eq=False)
class Waypoint:
    """Where the lines from a box pass through a column, between the boxes of others."""

    source: Box


Entry = Box | Waypoint


def columns(boxes: Sequence[Box], lines: Collection[tuple[Box, Box]]) -> list[list[Entry]]:
    """The boxes by the length of the longest way to the first: those furthest from it first.

    boxes: each behind those it has lines to. Where a line passes columns that stand between, a waypoint in
    each keeps its place. In a column each stands about as high as what it goes into.
    """
    behind: dict[Box, list[Box]] = {box: [] for box in boxes}
    for source, target in lines:
        behind[target].append(source)
    depth = dict.fromkeys(boxes, 0)
    for box in boxes:
        for source in behind[box]:
            depth[source] = max(depth[source], depth[box] + 1)
    found: list[list[Entry]] = [[] for _ in range(max(depth.values()) + 1)]
    for box in boxes:
        found[depth[box]].append(box)
    neighbours: dict[Entry, list[Entry]] = {box: [] for box in boxes}
    ways: dict[tuple[Box, int], Entry] = {}
    for box in boxes:
        for source in behind[box]:
            here: Entry = box
            for column in range(depth[box] + 1, depth[source]):
                if (source, column) not in ways:
                    ways[source, column] = Waypoint(source)
                    found[column].append(ways[source, column])
                    neighbours[ways[source, column]] = []
                here = _linked(neighbours, here, ways[source, column])
            _linked(neighbours, here, source)
    return _untangled(found, neighbours)[::-1]


def _linked(neighbours: Mapping[Entry, list[Entry]], here: Entry, there: Entry) -> Entry:
    """Make neighbours of two and go on to the second."""
    neighbours[here].append(there)
    neighbours[there].append(here)
    return there


def _untangled(columns: list[list[Entry]], neighbours: Mapping[Entry, list[Entry]]) -> list[list[Entry]]:
    """Sort each column by the mean height of its neighbours in the others, a few times to and fro."""
    height = {entry: _height(k, column) for column in columns for k, entry in enumerate(column)}
    for sweep in range(SWEEPS):
        for column in columns if sweep % 2 == 0 else columns[::-1]:
            means = {entry: _mean([height[other] for other in neighbours[entry]]) for entry in column}
            column.sort(key=means.__getitem__)
            height.update({entry: _height(k, column) for k, entry in enumerate(column)})
    return columns


def _height(k: int, column: Sequence[Entry]) -> float:
    return k - (len(column) - 1) / 2


def _mean(numbers: list[float]) -> float:
    return sum(numbers) / len(numbers) if numbers else 0.0
