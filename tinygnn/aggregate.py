"""Aggregations: many rows become one, column by column; what layers and readouts use.

Each number of the output is one node made from the numbers it sums up. Where all of these are constants it
is a float and costs no node.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from math import nan
from operator import eq, mul
from typing import SupportsFloat

from tinygnn.linalg import Matrix, is_constant
from tinygnn.sparse import Features
from tinygnn.value import Op, Value, exponential, real_number

Column = tuple[SupportsFloat, ...]  # Values or floats
Data = tuple[float, ...]
Reduced = tuple[float, tuple[float, ...]]  # a result and its derivative by each of the numbers


def aggregate(
    aggr: str, rows: Matrix, groups: Sequence[Sequence[int]], width: int | None = None
) -> list[list[Value | float]]:
    """Make one row from each group of rows, column by column.

    groups[i] are the positions of the rows that go into output i: the edges that enter node i, the
    nodes it hears from, the nodes of graph i. aggr is one of

        sum, add   Σ x                       max, min   the largest, the smallest
        mean       Σ x / n                   mul        Π x
        var        Σ (x - mean)² / n         median     the smaller middle one of x in order
        std        √var                      softmax    Σ softmax(x) x     (over the group)

    Of no rows each is 0, but mul is 1. Ties: equally large numbers share the gradient of max and min
    equally; median's goes to the one number it picks, which of equal numbers is
    decided by their order in the group. Where all are equal std has the gradient 0. A nan among the
    numbers makes the result nan. Shapes: rows [E][F], groups [N][...] -> [N][F]; width is F where there
    are no rows to tell it. Entries are Values or constant floats.

    Departures from PyG: var and std are computed from the differences to the mean, so that nothing
    cancels; PyG takes mean(x²) - mean(x)², and sets std and its gradient to 0 below √1e-5. Where max or
    min is 0, PyG's gradient leaves a share for the 0 of an empty group and loses it. PyG's median takes
    a nan for the largest number, and raises where the first group is empty.

    >>> aggregate("mean", [[1.0, 2.0], [3.0, 8.0]], [[0, 1], []])
    [[2.0, 5.0], [0.0, 0.0]]

    Raises ValueError for an unknown aggr.
    """
    op, reduce = AGGREGATIONS[check_aggr(aggr)]
    if width is None:
        width = len(rows[0]) if rows else 0
    nothing: list[Value | float] = [1.0 if aggr == "mul" else 0.0] * width
    if isinstance(rows, Features) and rows.nonzeros() is not None:
        return [_of_constants(reduce, [rows[k] for k in group]) if group else nothing[:] for group in groups]
    return [
        [_reduced(op, reduce, column) for column in zip(*[rows[k] for k in group])] if group else nothing[:]
        for group in groups
    ]


def check_aggr(aggr: object) -> str:
    """Return the name of an aggregation as it is. Raises ValueError for anything else."""
    if not isinstance(aggr, str) or aggr not in AGGREGATIONS:
        raise ValueError(f"aggr is {aggr!r}: choose from {', '.join(AGGREGATIONS)}")
    return aggr


def _reduced(op: Op, reduce: Callable[[Data], Reduced], column: Column) -> Value | float:
    """One number of the output: a node, or a float where no Value is among the numbers."""
    if is_constant(column):
        return reduce(tuple(map(real_number, column)))[0]
    parents = tuple([entry if isinstance(entry, Value) else Value(entry) for entry in column])
    result, partials = reduce(tuple([parent.data for parent in parents]))
    return Value(result, parents, partials, op)


def _of_constants(reduce: Callable[[Data], Reduced], rows: list[list[float]]) -> list[Value | float]:
    """The output of a group of constants; of nothing but zeros it is 0, whatever the aggregation."""
    return [reduce(column)[0] if any(column) else 0.0 for column in zip(*rows)]


# ---- the result of a group's numbers and the derivative by each ------------------------------------


def _sum(x: Data) -> Reduced:
    """Σ_i x_i; d/dx_i = 1."""
    return sum(x, 0.0), (1.0,) * len(x)


def _mean(x: Data) -> Reduced:
    """Σ_i x_i / n; d/dx_i = 1/n."""
    n = len(x)
    return sum(x, 0.0) / n, (1.0 / n,) * n


def _max(x: Data) -> Reduced:
    """The largest; d/dx_i = 1/k for the k that are as large, else 0."""
    return _shared(max(x), x)


def _min(x: Data) -> Reduced:
    """The smallest; d/dx_i = 1/k for the k that are as small, else 0."""
    return _shared(min(x), x)


def _shared(result: float, x: Data) -> Reduced:
    """Hand the derivative 1 to all that equal the result; all is nan if one of them is."""
    if _has_nan(x):
        return nan, (nan,) * len(x)
    share = 1.0 / x.count(result)
    return result, tuple([share if entry == result else 0.0 for entry in x])


def _mul(x: Data) -> Reduced:
    """Π_i x_i; d/dx_i = Π_{j≠i} x_j, as products of what stands before and behind: zeros are no trouble."""
    before, behind = [1.0], [1.0]
    for entry in x:
        before.append(before[-1] * entry)
    for entry in x[:0:-1]:
        behind.append(behind[-1] * entry)
    return before.pop(), tuple(map(mul, before, reversed(behind)))


def _var(x: Data) -> Reduced:
    """Σ_i (x_i - m)² / n with m the mean; d/dx_i = 2 (x_i - m) / n."""
    n, e = len(x), _centred(x)
    return sum(map(mul, e, e), 0.0) / n, tuple([2.0 * entry / n for entry in e])


def _std(x: Data) -> Reduced:
    """√(Σ_i (x_i - m)² / n); d/dx_i = (x_i - m) / (n std), and 0 where all are equal: a subgradient."""
    root, e = math.sqrt(len(x)), _centred(x)
    length = nan if _has_nan(e) else math.hypot(*e)
    if length == 0.0:
        return 0.0, (0.0,) * len(x)
    return length / root, tuple([entry / length / root for entry in e])


def _centred(x: Data) -> Data:
    """x_i - mean; the differences to x_0 are taken first, so that equal numbers give exact zeros."""
    differences = [entry - x[0] for entry in x]
    mean = sum(differences, 0.0) / len(x)
    return tuple([difference - mean for difference in differences])


def _softmax(x: Data) -> Reduced:
    """y = Σ_i p_i x_i with p = softmax(x); d/dx_i = p_i (1 + x_i - y)."""
    peak = max(x)
    exponentials = [exponential(entry - peak) for entry in x]
    total = sum(exponentials, 0.0)
    p = [entry / total for entry in exponentials]
    y = sum(map(mul, p, x), 0.0)
    return y, tuple([q * (1.0 + entry - y) for q, entry in zip(p, x)])


def _median(x: Data) -> Reduced:
    """Number (n - 1) // 2 in order of size, the first of equals first; d/dx_i = 1 for it, else 0."""
    chosen = sorted(range(len(x)), key=x.__getitem__)[(len(x) - 1) // 2]
    if _has_nan(x):
        chosen = [entry != entry for entry in x].index(True)
    return x[chosen], tuple([1.0 if i == chosen else 0.0 for i in range(len(x))])


def _has_nan(x: Data) -> bool:
    return not all(map(eq, x, x))


# PyG's names, each with the op that its nodes carry.
AGGREGATIONS: dict[str, tuple[Op, Callable[[Data], Reduced]]] = {
    "sum": ("total", _sum),
    "add": ("total", _sum),
    "mean": ("mean", _mean),
    "max": ("amax", _max),
    "min": ("amin", _min),
    "mul": ("product", _mul),
    "var": ("var", _var),
    "std": ("std", _std),
    "softmax": ("softmax_mean", _softmax),
    "median": ("median", _median),
}
