"""`folded`: the Values behind a Value in boxes: one to each, or in a large graph many of a kind together."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from tinygnn.value import Value

MOST_RANGES = 12  # of distances, where kinds are too many to tell apart
Groups = dict[tuple[int, str], list[Value]]  # by distance and name; children first


@dataclass(frozen=True, eq=False)
class Box:
    """Values that are drawn as one; number: by which it is opened, 0 for a Value by itself."""

    values: list[Value]
    name: str = ""
    number: int = 0


def children_first(output: Value) -> list[Value]:
    """The output and all that it was made from, leaves too, each behind what is made from it."""
    waiting = {output: 0}
    found = [output]
    for value in found:  # grows meanwhile
        for parent in value.parents:
            if parent not in waiting:
                waiting[parent] = 0
                found.append(parent)
            waiting[parent] += 1
    order = [output]
    for value in order:  # grows meanwhile
        for parent in value.parents:
            waiting[parent] -= 1
            if not waiting[parent]:
                order.append(parent)
    return order


def folded(
    order: Sequence[Value], kind: Callable[[Value], str], most: int, opened: Collection[int] = ()
) -> list[Box]:
    """All Values in boxes, in an order in which each box is behind those that are made from it.

    Up to `most` Values have a box each. Of more, those of a kind are in one box if equally many changes of
    kind lie between them and the output; where that leaves more than `most` boxes, neighbouring distances
    are taken together. No way leads out of a box and back into it. Of the boxes that are opened each Value
    has its own, children first, as far as `most` goes; the others stay in a box of the same number.

    order: as from `children_first`. Raises ValueError for a box to open that is not there.
    """
    if len(order) <= most:
        _check(opened, 0)
        return [Box([value]) for value in order]
    groups = _by_kind(order, kind)
    if len(groups) > most:
        groups = _by_distance(groups, most)
    numbers = {key: k + 1 for k, key in enumerate([key for key in groups if len(groups[key]) > 1])}
    _check(opened, len(numbers))
    room = max(most - len(groups), 0) // max(len(set(opened)), 1)
    boxes: list[Box] = []
    for key, values in groups.items():
        number = numbers.get(key, 0)
        alone = 1 if not number else room if number in opened else 0
        alone = len(values) if len(values) == alone + 1 else alone
        boxes += [Box([value]) for value in values[:alone]]
        if alone < len(values):
            boxes.append(Box(values[alone:], key[1], number))
    return boxes


def _by_kind(order: Sequence[Value], kind: Callable[[Value], str]) -> Groups:
    """The others than the output by the most changes of kind on a way to them, and by kind."""
    kinds = {value: kind(value) for value in order}
    distance = dict.fromkeys(order, 0)
    groups: Groups = {}
    for value in order:
        here = distance[value]
        groups.setdefault((here if value is not order[0] else -1, kinds[value]), []).append(value)
        for parent in value.parents:
            step = here + (kinds[parent] != kinds[value])
            if distance[parent] < step:
                distance[parent] = step
    return {key: groups[key] for key in sorted(groups, key=lambda key: key[0])}


def _by_distance(groups: Groups, most: int) -> Groups:
    """Fewer groups: leaves and other Values of a range of distances."""
    farthest = max(distance for distance, _ in groups)
    ranges = max(min((most - 1) // 2, MOST_RANGES), 1)
    found: Groups = {}
    for (distance, name), values in groups.items():
        if distance < 0:
            found[distance, name] = values
            continue
        for value in values:
            key = (distance * ranges // (farthest + 1), "operations" if value.parents else "leaves")
            found.setdefault(key, []).append(value)
    return {key: found[key] for key in sorted(found, key=lambda key: (key[0], key[1] == "leaves"))}


def _check(opened: Collection[int], count: int) -> None:
    for number in opened:
        if not 1 <= number <= count:
            there = f"choose from 1 to {count}" if count else "each Value has a box of its own already"
            raise ValueError(f"there is no box {number} to open: {there}")
