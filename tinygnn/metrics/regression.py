"""Metrics of predicted numbers."""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum, hypot, inf, isfinite, nan, sqrt
from typing import Any

from tinygnn.metrics.rows import check_table, is_table, kept_rows


def mae(prediction: Any, target: Any, mask: Sequence[bool] | None = None) -> float:
    """The mean absolute error Σ |p - t| / n over all entries of the masked rows; nan of none.

    scikit-learn's `mean_absolute_error`. Shapes: prediction and target both [N] or both [N][F]; mask [N].
    Raises ValueError when the shapes differ.

    >>> mae([3.0, -0.5], [2.5, 0.0])
    0.5
    """
    errors = [abs(error) for column in _errors(prediction, target, mask) for error in column]
    return _sum(errors) / len(errors) if errors else nan


def rmse(prediction: Any, target: Any, mask: Sequence[bool] | None = None) -> float:
    """The root of the mean squared error, √(Σ (p - t)² / n) over the masked rows; nan of none.

    Of several columns it is the mean of each one's, as scikit-learn's `root_mean_squared_error` has it.
    Shapes and Raises are those of `mae`.

    >>> rmse([2.0, 4.0, 4.0, 8.0], [0.0, 0.0, 0.0, 0.0])
    5.0
    """
    columns = [hypot(*column) / sqrt(len(column)) for column in _errors(prediction, target, mask) if column]
    return _sum(columns) / len(columns) if columns else nan


def _errors(prediction: Any, target: Any, mask: Sequence[bool] | None) -> list[list[float]]:
    """p - t, column by column."""
    predictions, targets = kept_rows(prediction, target, mask)
    check_table(predictions, targets)
    if not is_table(predictions):
        return [[p - float(t) for p, t in zip(predictions, targets)]]
    rows = [[p - float(t) for p, t in zip(*pair)] for pair in zip(predictions, targets)]
    return [list(column) for column in zip(*rows)]


def _sum(terms: list[float]) -> float:
    """Their sum; of terms that are not all finite as IEEE 754 has it."""
    if all(map(isfinite, terms)):
        try:
            return fsum(terms)
        except OverflowError:
            return inf
    return sum(terms, 0.0)
