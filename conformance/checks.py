"""`Check`: one quantity of a layer, all of its numbers held against tinygnn's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tinygnn.conformance.compare import Difference, measure

Place = Callable[[int], str]  # where the k-th number of a quantity is, in words


@dataclass(frozen=True)
class Check:
    """What came of a quantity's numbers.

    worst: the difference that is nearest to its bound, or farthest beyond. first: the first that departs,
    and where it is; departing: how many of the `count` numbers do. problem: what is wrong where numbers
    cannot say it.
    """

    what: str
    count: int = 0
    departing: int = 0
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
) -> Check:
    """Compare number by number; sizes: the sum of the absolute terms of each, see `compare`."""
    worst = first = None
    departing, where = 0, ""
    for k, (want, have, size) in enumerate(zip(expected, got, sizes, strict=True)):
        here = measure(what, k, want, have, size, bound)
        if worst is None or here.ratio > worst.ratio:
            worst = here
        if not here.ok:
            departing += 1
            if first is None:
                first, where = here, place(k)
    return Check(what, len(expected), departing, worst, first, where)


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
