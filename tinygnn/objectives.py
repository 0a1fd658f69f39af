"""Objectives: the loss and the metrics for classes, numbers, and several yes or no at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tinygnn.linalg import Matrix
from tinygnn.losses import bce_with_logits, cross_entropy, mse_loss
from tinygnn.metrics import accuracy, f1, mae, rmse
from tinygnn.modes import no_grad
from tinygnn.value import Value


@dataclass(frozen=True)
class Objective:
    """What to make small, and what to report: functions of outputs [N][C], targets and a mask [N]."""

    name: str
    loss: Callable[[Any, Any, Sequence[bool] | None], Value]
    metrics: Mapping[str, Callable[[Any, Any], float]]

    def report(self, outputs: Matrix, targets: Sequence[Any], mask: Sequence[bool]) -> dict[str, float]:
        """The loss and the metrics of the masked rows."""
        with no_grad():
            loss = self.loss(outputs, targets, mask).data
        rows = [row for row, keep in zip(outputs, mask) if keep]
        kept = [target for target, keep in zip(targets, mask) if keep]
        return {"loss": loss, **{name: metric(rows, kept) for name, metric in self.metrics.items()}}


def micro_f1(logits: Matrix, target: Any) -> float:
    """F1 over all labels together."""
    return f1(logits, target, average="micro")


CLASSIFICATION = Objective("classification", cross_entropy, {"accuracy": accuracy})
REGRESSION = Objective("regression", mse_loss, {"mae": mae, "rmse": rmse})
MULTILABEL = Objective("multilabel", bce_with_logits, {"f1": micro_f1})
OBJECTIVES = {each.name: each for each in (CLASSIFICATION, REGRESSION, MULTILABEL)}


def objective_for(labels: Sequence[Any]) -> Objective:
    """What labels ask for, those that are None aside.

    Whole numbers are classes; other numbers, and rows of numbers, are targets of a regression; rows of
    more than one entry that hold nothing but 0 and 1 are multi-label. Raises ValueError for other labels.

    >>> objective_for([0, 2, None]).name, objective_for([0.5, 1.0]).name, objective_for([[0, 1], [1, 1]]).name
    ('classification', 'regression', 'multilabel')
    """
    rows = [row if isinstance(row, (list, tuple)) else [row] for row in labels if row is not None]
    for row in rows:
        for entry in row:
            if not isinstance(entry, (bool, int, float)):
                raise ValueError(f"a label is {entry!r}: give classes (0, 1, ...), numbers or rows of them")
    if all(len(row) == 1 and not isinstance(row[0], float) for row in rows):
        return CLASSIFICATION
    if all(len(row) > 1 and entry in (0, 1) for row in rows for entry in row):
        return MULTILABEL
    return REGRESSION


def targets_of(labels: Sequence[Any], objective: Objective) -> list[Any]:
    """The labels in the form that the objective's loss takes: classes [N], or rows [N][C] of floats.

    Raises ValueError, naming the label, for a class that is none.
    """
    if objective is CLASSIFICATION:
        single = [y[0] if isinstance(y, (list, tuple)) and len(y) == 1 else y for y in labels]
        for i, label in enumerate(single):
            if label is not None and not isinstance(label, int):
                raise ValueError(f"label {i} is {label!r}: expected a class, 0, 1, ...")
        return [int(label) if isinstance(label, bool) else label for label in single]
    rows = [label if isinstance(label, (list, tuple)) else [label] for label in labels]
    return [[None if entry is None else float(entry) for entry in row] for row in rows]


def output_size(labels: Sequence[Any], objective: Objective, class_names: Sequence[Any] | None = None) -> int:
    """How many outputs a model needs: the number of classes, named or seen, or the length of a row."""
    targets = [target for target in targets_of(labels, objective) if target not in (None, [None])]
    if objective is CLASSIFICATION:
        return max(targets, default=-1) + 1 if class_names is None else len(class_names)
    return len(targets[0]) if targets else 0
