"""`ValueGraph`: the Values that a Value was made from, all of them or those closest to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tinygnn.value import Value

SWEEPS = 4  # how often the nodes of a column are put beside what they are connected with


@dataclass(frozen=True, eq=False)
class Waypoint:
    """Where the lines from a Value pass through a column, between the boxes of others."""

    source: Value


Entry = Value | Waypoint


@dataclass(frozen=True)
class ValueGraph:
    """A part of the autograd graph behind `output`: values in breadth-first order, output first.

    total: how many Values there are behind the output, itself included. hidden: for each value, how many
    of its parents are not among `values`.
    """

    output: Value
    values: list[Value]
    total: int
    hidden: dict[Value, int]

    @classmethod
    def of(cls, output: Value, max_nodes: int) -> ValueGraph:
        """The max_nodes Values that are the fewest steps from the output.

        Raises ValueError for max_nodes below 1.
        """
        if max_nodes < 1:
            raise ValueError(f"max_nodes is {max_nodes}: draw at least the value itself")
        found = breadth_first(output)
        values = found[:max_nodes]
        kept = set(values)
        counts = {value: sum([parent not in kept for parent in value.parents]) for value in values}
        return cls(output, values, len(found), {value: n for value, n in counts.items() if n})

    def columns(self) -> list[list[Entry]]:
        """The values by the length of the longest way to the output: first those furthest from it.

        Where a line passes columns that stand between, a waypoint in each keeps its place. In a column each
        stands about as high as what it goes into, so that few lines cross.
        """
        kept = set(self.values)
        depth = dict.fromkeys(self.values, 0)
        for value in self._children_first(kept):
            for parent in value.parents:
                if parent in kept:
                    depth[parent] = max(depth[parent], depth[value] + 1)
        columns: list[list[Entry]] = [[] for _ in range(max(depth.values()) + 1)]
        for value in self.values:
            columns[depth[value]].append(value)
        neighbours: dict[Entry, list[Entry]] = {value: [] for value in self.values}
        ways: dict[tuple[Value, int], Entry] = {}
        for value in self.values:
            for parent in value.parents:
                if parent in kept:
                    here: Entry = value
                    for column in range(depth[value] + 1, depth[parent]):
                        if (parent, column) not in ways:
                            ways[parent, column] = Waypoint(parent)
                            columns[column].append(ways[parent, column])
                            neighbours[ways[parent, column]] = []
                        here = _linked(neighbours, here, ways[parent, column])
                    _linked(neighbours, here, parent)
        return _untangled(columns, neighbours)[::-1]

    def _children_first(self, kept: set[Value]) -> list[Value]:
        """The kept values, each behind all that are made from it."""
        waiting = dict.fromkeys(self.values, 0)
        for value in self.values:
            for parent in value.parents:
                if parent in kept:
                    waiting[parent] += 1
        order = [self.output]
        for value in order:  # grows meanwhile
            for parent in value.parents:
                if parent in kept:
                    waiting[parent] -= 1
                    if not waiting[parent]:
                        order.append(parent)
        return order


def breadth_first(output: Value) -> list[Value]:
    """The output, its parents, their parents, ...: each Value once, leaves too."""
    found = [output]
    seen = {output}
    for value in found:  # grows meanwhile
        for parent in value.parents:
            if parent not in seen:
                seen.add(parent)
                found.append(parent)
    return found


def _linked(neighbours: Mapping[Entry, list[Entry]], here: Entry, there: Entry) -> Entry:
    """Make neighbours of two and go on to the second."""
    neighbours[here].append(there)
    neighbours[there].append(here)
    return there


def _untangled(columns: list[list[Entry]], neighbours: Mapping[Entry, list[Entry]]) -> list[list[Entry]]:
    """Sort each column by the mean height of its neighbours in the others, a few times to and fro."""
    height = {value: _height(k, column) for column in columns for k, value in enumerate(column)}
    for sweep in range(SWEEPS):
        for column in columns if sweep % 2 == 0 else columns[::-1]:
            means = {value: _mean([height[other] for other in neighbours[value]]) for value in column}
            column.sort(key=means.__getitem__)
            height.update({value: _height(k, column) for k, value in enumerate(column)})
    return columns


def _height(k: int, column: Sequence[Entry]) -> float:
    return k - (len(column) - 1) / 2


def _mean(numbers: list[float]) -> float:
    return sum(numbers) / len(numbers) if numbers else 0.0
