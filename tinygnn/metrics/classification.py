"""Metrics of predicted classes and labels."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan
from typing import Any

from tinygnn.linalg import Matrix
from tinygnn.metrics.rows import check_table, is_table, kept_rows, yes_or_no

AVERAGES = ("micro", "macro", "weighted", "binary")


def predicted_classes(logits: Matrix) -> list[int]:
    """The class with the largest logit in each row, the first of several. Shapes: [N][C] -> [N]."""
    rows = [[float(logit) for logit in row] for row in logits]
    return [row.index(max(row)) for row in rows]


def accuracy(logits: Any, target: Any, mask: Sequence[bool] | None = None) -> float:
    """The share of masked rows whose largest logit is at the target class; nan of no rows.

    Single logits are those of a yes or no: 1 is predicted where they are above 0. So are those of several
    labels, target [N][C] of 0 and 1, which are right where all of the row are. scikit-learn's
    `accuracy_score`. Shapes: logits [N][C] or [N], target [N] or [N][C], mask [N]. Raises ValueError for
    targets of another shape.

    >>> accuracy([[2.0, 1.0], [0.0, 3.0]], [0, 0])
    0.5
    """
    rows, labels = kept_rows(logits, target, mask, "rows of logits")
    if is_table(labels):
        check_table(rows, labels)
        hits = [[int(logit > 0.0) for logit in row] == yes_or_no(t) for row, t in zip(rows, labels)]
    else:
        hits = [p == t for p, t in zip(_predicted(rows), labels)]
    return sum(hits) / len(hits) if hits else nan


def confusion_matrix(
    logits: Any, target: Sequence[int], mask: Sequence[bool] | None = None
) -> list[list[int]]:
    """How many rows of each class were predicted as which: entry [t][p] counts target t predicted as p.

    scikit-learn's `confusion_matrix` with `labels=range(C)`. Shapes: logits [N][C], or [N] for a yes or no
    with C = 2, target [N], mask [N] -> [C][C]; of no rows []. Raises ValueError for a target that is none.

    >>> confusion_matrix([[2.0, 1.0], [0.0, 3.0], [0.0, 1.0]], [0, 0, 1])
    [[1, 1], [0, 1]]
    """
    rows, labels = kept_rows(logits, target, mask, "rows of logits")
    classes = (len(rows[0]) if is_table(rows) else 2) if rows else 0
    counts = [[0] * classes for _ in range(classes)]
    for i, (predicted, label) in enumerate(zip(_predicted(rows), labels)):
        if not (hasattr(label, "__index__") and 0 <= label < classes):
            raise ValueError(f"target {i} of those that count is {label!r}: expected 0 to {classes - 1}")
        counts[label][predicted] += 1
    return counts


def f1(
    logits: Any,
    target: Any,
    mask: Sequence[bool] | None = None,
    *,
    average: str = "macro",
    zero_division: float = 0.0,
) -> float:
    """F1 = 2 TP / (2 TP + FP + FN), of one class among the others and then averaged.

    scikit-learn's `f1_score`, for classes and for several labels of each row.

    Args:
        average: "micro" counts TP, FP and FN of all classes together, which for classes is the accuracy;
            "macro" takes the mean over classes, of those that are neither target nor predicted none;
            "weighted" the mean weighted by the number of targets; "binary" F1 of class 1 alone.
        zero_division: F1 of a label that is neither there nor predicted; nan leaves it out of the mean.

    Shapes: logits [N][C] with target [N] of classes, logits [N] with target [N] of 0 and 1, or logits [N][C]
    with target [N][C] of 0 and 1, predicted where the logit is above 0; mask [N]. Of no rows it is nan.
    Raises ValueError for an unknown average and for targets of another shape.

    >>> f1([[2.0, 1.0], [0.0, 3.0], [0.0, 1.0]], [0, 0, 1], average="micro")
    0.6666666666666666
    >>> f1([[2.0, 1.0], [-1.0, 3.0]], [[1, 0], [0, 1]])
    0.8333333333333333
    """
    if average not in AVERAGES:
        raise ValueError(f"average is {average!r}: it must be one of {', '.join(map(repr, AVERAGES))}")
    rows, labels = kept_rows(logits, target, mask, "rows of logits")
    if not rows:
        return nan
    if is_table(labels):
        check_table(rows, labels)
        counts = _counts_of_labels(rows, labels)
    else:
        counts = _counts_of_classes(confusion_matrix(rows, labels))
    if average == "binary":
        if is_table(labels) or len(counts) != 2:
            raise ValueError("average 'binary' is for two classes: take 'micro', 'macro' or 'weighted'")
        return _f1(*counts[1], zero_division)
    if not is_table(labels):
        counts = [part for part in counts if any(part)]
    if average == "micro":
        tp, fp, fn = [sum(column) for column in zip(*counts)]
        return _f1(tp, fp, fn, zero_division)
    weights = [float(tp + fn) for tp, _, fn in counts] if average == "weighted" else [1.0] * len(counts)
    scores = [(w, _f1(*part, zero_division)) for w, part in zip(weights, counts)]
    defined = [(w, score) for w, score in scores if score == score]
    if not defined:
        return nan
    if not any(w for w, _ in defined):  # nothing is there: all count alike
        defined = [(1.0, score) for _, score in defined]
    return sum([w * score for w, score in defined]) / sum([w for w, _ in defined])


def _predicted(rows: Sequence[Any]) -> list[int]:
    return predicted_classes(rows) if is_table(rows) else [int(logit > 0.0) for logit in rows]


def _counts_of_classes(matrix: list[list[int]]) -> list[tuple[int, int, int]]:
    """TP, FP and FN of each class."""
    columns = [sum(column) for column in zip(*matrix)]
    return [(row[k], columns[k] - row[k], sum(row) - row[k]) for k, row in enumerate(matrix)]


def _counts_of_labels(logits: Sequence[Any], target: Sequence[Any]) -> list[tuple[int, int, int]]:
    """TP, FP and FN of each label."""
    counts = []
    for column, wanted in zip(zip(*logits), zip(*target)):
        pairs = [(logit > 0.0, bool(t)) for logit, t in zip(column, yes_or_no(wanted))]
        counts.append((pairs.count((True, True)), pairs.count((True, False)), pairs.count((False, True))))
    return counts


def _f1(tp: int, fp: int, fn: int, zero_division: float) -> float:
    return 2.0 * tp / (2.0 * tp + fp + fn) if tp + fp + fn else zero_division
