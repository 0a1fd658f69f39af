"""The cases of aggregations: the rows of a group become one row, column by column."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tinygnn.aggregate import AGGREGATIONS
from tinygnn.conformance.case import Case
from tinygnn.conformance.rows_table import ROWS

EQUATIONS = {
    "sum": "Σ x; d/dx_i = 1",
    "mean": "Σ x / n; d/dx_i = 1/n",
    "max": "max x; ties share the gradient equally",
    "min": "min x; ties share the gradient equally",
    "mul": "Π x; d/dx_i = Π_{j≠i} x_j",
    "var": "Σ (x_i - m)² / n with m the mean; d/dx_i = 2 (x_i - m) / n",
    "std": "√var; d/dx_i = (x_i - m) / (n std), 0 where all are equal",
    "softmax": "Σ p_i x_i with p = softmax(x); d/dx_i = p_i (1 + x_i - Σ p_j x_j)",
    "median": "number (n - 1) // 2 in order of size; the gradient goes to it",
}
# Of one column and one group, beside those of all operations on rows.
COLUMNS: dict[str, tuple[list[float], tuple[str, ...]]] = {
    "one-zero": ([0.0, 2.0, -3.0], ()),
    "two-zeros": ([0.0, 2.0, 0.0], ("tie",)),
    "small-spread": ([1.0, 1.0 + 2.0**-8], ()),
    "smaller-spread": ([1.0, 1.0 + 2.0**-40, 1.0], ("tie",)),
    "far-from-zero": ([2.0**27, 2.0**27 + 1.0], ()),
    "equal-without-exact-sum": ([0.1, 0.1, 0.1], ("tie",)),
    "even-number": ([4.0, -1.0, 3.0, 2.0], ()),
}
# Group 1 is empty, group 3 is one row, and the rows of a group do not stand side by side.
INDEX = [0, 2, 0, 3, 2, 0, 2]
GROUPED = [[0.5, -1.25], [1.5, 0.75], [-0.75, 2.0], [1.25, -0.5], [0.25, 1.75], [-1.5, 0.625], [2.25, -1.125]]
COTANGENT = [[1.3125, -0.4375], [0.8125, 0.1875], [-0.625, 1.125], [0.9375, -1.75]]


def aggregate_cases() -> Iterator[Case]:
    """Every aggregation on awkward columns and on several groups."""
    for aggr in AGGREGATIONS:
        if aggr == "add":  # another name of "sum"
            continue
        for name, (column, flags) in {**ROWS, **COLUMNS}.items():
            if column:
                here = tuple(flag for flag in flags if flag != "tie" or aggr in ("max", "min", "median"))
                rows, index = [[x] for x in column], [0] * len(column)
                yield _case(f"aggregate-{aggr}/{name}", aggr, rows, index, [[1.3125]], here)
        yield _case(f"aggregate-{aggr}/groups", aggr, GROUPED, INDEX, COTANGENT, ("empty",))


def _case(
    name: str, aggr: str, rows: list[list[float]], index: list[int], cotangent: Any, flags: tuple[str, ...]
) -> Case:
    return Case(
        id=f"op/{name}",
        kind="op",
        call="aggregate",
        inputs={"rows": rows},
        options={"aggr": aggr, "index": index, "num_groups": len(cotangent)},
        cotangent=cotangent,
        flags=flags,
        equation=EQUATIONS[aggr],
    )
