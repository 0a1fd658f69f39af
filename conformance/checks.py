"""`Check`: one quantity of a layer, all of its numbers held against tinygnn's."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tinygnn.conformance.compare import Difference, measure
from tinygnn.conformance.ties import SAME_SUM

Place = Callable[[int], str]  # where the k-th number of a quantity is, in words


@dataclass(frozen=True)
class Check:
    """What came of a quantity's numbers.

    worst: the difference that is nearest to its bound, or farthest beyond. first: the first that departs,
    and where it is; departing: how many of the `count` numbers do; chosen: how many are other subgradients,
    as right as tinygnn's. problem: what is wrong where numbers cannot say it.
    """

    what: str
    count: int = 0
    departing: int = 0
    chosen: int = 0
    worst: Difference | None = None
    first: Difference | None = None
    where: str = ""
    problem: str = ""

    @property
    def ok(self) -> bool:
        return not self.departing and not self.problem


def compared(
    what: str,
    expected: Sequence[float],
    got: Sequence[float],
    sizes: Sequence[float],
    bound: float,
    place: Place,
    interval: Callable[[int], tuple[float, float]] | None = None,
    columns: int = 0,
) -> Check:
    """Compare number by number; sizes: the sum of the absolute terms of each, see `compare`.

    interval: of the k-th number, where other subgradients lie. columns: how many there are in a row, where
    tied numbers share what no choice changes, the sum of their column; else 0.
    """
    worst = first = None
    departing, chosen, where = 0, 0, ""
    for k, (want, have, size) in enumerate(zip(expected, got, sizes, strict=True)):
        here = measure(what, k, want, have, size, bound)
        if not here.ok and interval is not None and lies_in(interval(k), have, size, bound):
            chosen += 1
            continue
        if worst is None or here.ratio > worst.ratio:
            worst = here
        if not here.ok:
            departing += 1
            if first is None:
                first, where = here, place(k)
    if chosen and columns and not same_sums(expected, got, columns):
        return compared(what, expected, got, sizes, bound, place)
    return Check(what, len(expected), departing, chosen, worst, first, where)


def lies_in(interval: tuple[float, float], got: float, size: float, bound: float) -> bool:
    """Whether a number is one of several subgradients, but for rounding."""
    low, high = interval
    return low < high and (
        low <= got <= high or any(measure("", 0, end, got, size, bound).ok for end in interval)
    )


def same_sums(expected: Sequence[float], got: Sequence[float], columns: int) -> bool:
    """Whether each column has the same sum; a wrong share is a part of it that rounding never is."""
    for j in range(columns):
        a, b = expected[j::columns], got[j::columns]
        if not abs(math.fsum(a) - math.fsum(b)) <= SAME_SUM * (sum(map(abs, a)) + sum(map(abs, b))):
            return False
    return True


def rows(sizes: Sequence[int], row: str = "node") -> Place:
    """Places in a tensor of that shape: "node 3, feature 0", or [3][0] where rows have no name.

    >>> rows([5, 4])(13), rows([5, 4], "")(13), rows([5], "edge")(3)
    ('node 3, feature 1', '[3][1]', 'edge 3')
    """

    def place(k: int) -> str:
        indices: list[int] = []
        for size in reversed(sizes):
            k, index = divmod(k, size)
            indices.insert(0, index)
        if not row or not 1 <= len(indices) <= 2:
            return "".join(f"[{index}]" for index in indices)
        return f"{row} {indices[0]}" + f", feature {indices[-1]}" * (len(indices) == 2)

    return place
