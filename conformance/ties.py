"""Ties: the shares of equally large numbers have to add up to 1, whoever gets them."""

from __future__ import annotations

import math
from collections.abc import Mapping

from tinygnn.conformance.case import Case, Numbers
from tinygnn.nn.module import leaves

# Calls whose tied numbers pass on a sum that no choice changes: that of each column of x.
CONSERVING = (
    "maximum",
    "minimum",
    "amax",
    "amin",
    "aggregate",
    "SAGEConv",
    "GraphConv",
    "global_max_pool",
    "MaxAggregation",
)
# The sums are computed in another order by every backend; a wrong share is an eighth of a slope at least.
SAME_SUM = 1e-9


def shares_add_up(case: Case, expected: Mapping[str, Numbers], got: Mapping[str, Numbers]) -> bool:
    """Whether the gradients of tied numbers have the sum that they must have, column by column.

    True where the sum does not tell.
    """
    if case.call not in CONSERVING:
        return True
    names = [name for name in ("x", "y", "values", "rows") if name in case.inputs]
    both = [columns([of[f"grad {name}"] for name in names]) for of in (expected, got)]
    for wanted, found in zip(*both):
        size = sum(map(abs, wanted)) + sum(map(abs, found))
        if not abs(math.fsum(wanted) - math.fsum(found)) <= SAME_SUM * size:
            return False
    return True


def columns(gradients: list[Numbers]) -> list[list[float]]:
    """The columns of matrices that stand one above the other; of rows and numbers one column."""
    if isinstance(gradients[0], list) and gradients[0] and isinstance(gradients[0][0], list):
        return [list(column) for column in zip(*[row for matrix in gradients for row in matrix])]
    return [leaves(gradients)]
