"""What losses have in common: masks, weights of the terms, and how terms become one number."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan
from typing import Any

from tinygnn.constants import constant, quotient
from tinygnn.linalg import dot, mean, total
from tinygnn.value import Value

REDUCTIONS = ("mean", "sum", "none")


def masked(rows: Any, mask: Sequence[bool] | None) -> Any:
    """The rows whose entry in the mask is true; all without a mask."""
    if mask is None:
        return rows
    if len(mask) != len(rows):
        raise ValueError(f"the mask has {len(mask)} entries for {len(rows)} rows")
    return [row for row, keep in zip(rows, mask) if keep]


def check_reduction(reduction: str) -> None:
    """Raise ValueError for a reduction that there is not."""
    if reduction not in REDUCTIONS:
        raise ValueError(f"reduction is {reduction!r}: it must be 'mean', 'sum' or 'none'")


def reduced(terms: list[Value], reduction: str, divisor: Value | float) -> Value:
    """Σ terms for "sum", Σ terms / divisor for "mean"; the mean of nothing is nan, as in PyTorch."""
    if reduction == "sum":
        return total(terms)
    if not terms:
        return Value(nan, (), (), "mean")
    if divisor == len(terms):
        return mean(terms)
    return dot([quotient(constant(1.0), divisor)] * len(terms), terms)
