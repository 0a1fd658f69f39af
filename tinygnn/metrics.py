"""Metrics: how good predictions are. Each returns a float."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan

from tinygnn.linalg import Matrix


def predicted_classes(logits: Matrix) -> list[int]:
    """The class with the largest logit in each row, the first of several. Shapes: [N][C] -> [N]."""
    rows = [[float(logit) for logit in row] for row in logits]
    return [row.index(max(row)) for row in rows]


def accuracy(logits: Matrix, target: Sequence[int], mask: Sequence[bool] | None = None) -> float:
    """The share of masked rows whose largest logit is at the target class; nan of no rows.

    Shapes: logits [N][C], target [N], mask [N].

    >>> accuracy([[2.0, 1.0], [0.0, 3.0]], [0, 0])
    0.5
    """
    if len(logits) != len(target) or (mask is not None and len(mask) != len(logits)):
        lengths = f"{len(target)} targets" + ("" if mask is None else f" and a mask of {len(mask)}")
        raise ValueError(f"{len(logits)} rows of logits for {lengths}: they must agree")
    hits = [p == t for p, t in zip(predicted_classes(logits), target)]
    kept = hits if mask is None else [hit for hit, keep in zip(hits, mask) if keep]
    return sum(kept) / len(kept) if kept else nan
