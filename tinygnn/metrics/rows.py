"""What metrics have in common: the rows that count, as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tinygnn.linalg import plain


def kept_rows(
    prediction: Any, target: Any, mask: Sequence[bool] | None, what: str = "predictions"
) -> tuple[list[Any], list[Any]]:
    """The predictions as floats and the targets, both of the masked rows.

    Raises ValueError when predictions, targets and mask are not equally many.
    """
    prediction, target = plain(prediction), plain(target)
    if len(prediction) != len(target) or (mask is not None and len(mask) != len(prediction)):
        lengths = f"{len(target)} targets" + ("" if mask is None else f" and a mask of {len(mask)}")
        raise ValueError(f"{len(prediction)} {what} for {lengths}: they must agree")
    keep = [True] * len(prediction) if mask is None else mask
    return (
        [numbers(row) for row, here in zip(prediction, keep) if here],
        [row for row, here in zip(target, keep) if here],
    )


def numbers(row: Any) -> Any:
    """A row of floats, or one float."""
    return [float(entry) for entry in row] if isinstance(row, (list, tuple)) else float(row)


def is_table(rows: Sequence[Any]) -> bool:
    """Whether there are rows of entries, and not single entries."""
    return bool(rows) and isinstance(rows[0], (list, tuple))


def check_table(prediction: Sequence[Any], target: Sequence[Any]) -> None:
    """Raise ValueError, naming the row, unless prediction and target have the same shape."""
    for i, (p, t) in enumerate(zip(prediction, target)):
        wide = isinstance(p, (list, tuple)), isinstance(t, (list, tuple))
        if wide[0] != wide[1] or (wide[0] and len(p) != len(t)):
            raise ValueError(f"row {i}: the prediction is {p!r} and the target {t!r}: they need one shape")


def yes_or_no(target: Sequence[Any]) -> list[int]:
    """Targets that are 0 or 1, as ints. Raises ValueError, naming the row, for another."""
    for i, label in enumerate(target):
        if label not in (0, 1):
            raise ValueError(f"target {i} of those that count is {label!r}: expected 0 or 1")
    return [int(label) for label in target]
