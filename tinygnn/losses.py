"""Losses: what training makes small. Each returns one Value."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

from tinygnn.collector import pause_collector
from tinygnn.linalg import Matrix, flatten, log_softmax_at, mean, plain
from tinygnn.value import Value, as_value


@pause_collector()
def mse_loss(prediction: Any, target: Any, mask: Sequence[bool] | None = None) -> Value:
    """The mean squared error Σ (p_i - t_i)² / n over all entries of the masked rows.

    Shapes: prediction and target both [N] or both [N][F]; mask [N]. Of nothing it is nan, as in
    PyTorch. Raises ValueError when the shapes differ.
    """
    predictions, targets = _masked(plain(prediction), mask), _masked(plain(target), mask)
    if predictions and isinstance(predictions[0], (list, tuple)):
        _same_shape(predictions, targets)
        predictions, targets = flatten(predictions), flatten(targets)
    if len(predictions) != len(targets):
        raise ValueError(f"{len(predictions)} predictions for {len(targets)} targets")
    return mean([(as_value(p) - t) ** 2 for p, t in zip(predictions, targets)])


@pause_collector()
def cross_entropy(logits: Matrix, target: Sequence[int], mask: Sequence[bool] | None = None) -> Value:
    """-Σ_i log softmax(z_i)[t_i] / n over the masked rows, from logits z; no overflow for any z.

    Shapes: logits [N][C], target [N] of classes 0..C-1, mask [N]. Of no rows it is nan, as in PyTorch.
    Raises ValueError, naming the row, for a target that is not a class.

    >>> cross_entropy([[0.0, 0.0], [9.0, 0.0]], [1, 0], mask=[True, False]).data
    0.6931471805599453
    """
    logits, target = plain(logits), plain(target)
    if len(logits) != len(target):
        raise ValueError(f"{len(logits)} rows of logits for {len(target)} targets")
    rows = _masked(list(range(len(logits))), mask)
    labels: list[int] = []
    for i in rows:
        label = target[i]
        is_class = hasattr(label, "__index__") and not isinstance(label, bool)
        if not is_class or not 0 <= operator.index(label) < len(logits[i]):
            raise ValueError(
                f"target[{i}] is {label!r}: expected a class from 0 to {len(logits[i]) - 1}; "
                "leave rows without a label out with mask="
            )
        labels.append(operator.index(label))
    return -mean([log_softmax_at(logits[i], label) for i, label in zip(rows, labels)])


def _masked(rows: Any, mask: Sequence[bool] | None) -> Any:
    if mask is None:
        return rows
    if len(mask) != len(rows):
        raise ValueError(f"the mask has {len(mask)} entries for {len(rows)} rows")
    return [row for row, keep in zip(rows, mask) if keep]


def _same_shape(predictions: Any, targets: Any) -> None:
    for i, (p, t) in enumerate(zip(predictions, targets)):
        if not isinstance(t, (list, tuple)) or len(p) != len(t):
            raise ValueError(f"prediction[{i}] has {len(p)} entries, its target is {t!r}")
