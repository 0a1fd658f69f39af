"""Metrics of an order: do those that are there have the higher scores?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import nan
from typing import Any

from tinygnn.metrics.rows import check_table, is_table, kept_rows, yes_or_no


def roc_auc(score: Any, target: Any, mask: Sequence[bool] | None = None, *, average: str = "macro") -> float:
    """The share of pairs (a 1, a 0) in which the 1 has the higher score; equal scores count half.

    It is the area under the receiver operating characteristic (Hanley & McNeil 1982), scikit-learn's
    `roc_auc_score`. Rows of scores are taken label by label, or each class against the rest
    (scikit-learn's multi_class="ovr", which wants probabilities); columns are ranked as they are.

    Args:
        average: "macro", the mean over columns, or "micro", all entries ranked together.

    Shapes: score [N] with target [N] of 0 and 1, score [N][C] with target [N] of classes or [N][C] of 0 and
    1; mask [N]. nan where the targets that count are all 1 or all 0, in any column for "macro", and where a
    score is nan. Raises ValueError for an unknown average and for targets that are neither.

    >>> roc_auc([0.1, 0.4, 0.4, 0.8], [0, 0, 1, 1])
    0.875
    """
    return _averaged(_area, score, target, mask, average)


def average_precision(
    score: Any, target: Any, mask: Sequence[bool] | None = None, *, average: str = "macro"
) -> float:
    """Σ_k (R_k - R_(k-1)) P_k over all thresholds k from high scores to low, R recall and P precision.

    scikit-learn's `average_precision_score`. Args, Shapes and Raises are those of `roc_auc`. nan where no
    target is 1.

    >>> average_precision([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])
    0.8333333333333333
    """
    return _averaged(_precision, score, target, mask, average)


def _averaged(
    measure: Callable[[Sequence[float], list[int]], float],
    score: Any,
    target: Any,
    mask: Sequence[bool] | None,
    average: str,
) -> float:
    if average not in ("macro", "micro"):
        raise ValueError(f"average is {average!r}: it must be 'macro' or 'micro'")
    scores, targets = kept_rows(score, target, mask, "scores")
    if not scores:
        return nan
    if not is_table(scores):
        check_table(scores, targets)
        return measure(scores, yes_or_no(targets))
    if not is_table(targets):
        targets = [_one_hot(i, label, len(row)) for i, (label, row) in enumerate(zip(targets, scores))]
    check_table(scores, targets)
    if average == "micro":
        flat = [entry for row in targets for entry in row]
        return measure([entry for row in scores for entry in row], yes_or_no(flat))
    columns = [measure(column, yes_or_no(wanted)) for column, wanted in zip(zip(*scores), zip(*targets))]
    return sum(columns) / len(columns) if columns else nan


def _one_hot(i: int, label: Any, classes: int) -> list[int]:
    if not (hasattr(label, "__index__") and 0 <= label < classes):
        raise ValueError(f"target {i} of those that count is {label!r}: expected 0 to {classes - 1}")
    return [int(k == label) for k in range(classes)]


def _area(scores: Sequence[float], target: list[int]) -> float:
    """From the sum of the ranks of the ones (Mann & Whitney 1947); equal scores share their ranks."""
    ones = sum(target)
    zeros = len(target) - ones
    if not ones or not zeros or any(score != score for score in scores):
        return nan
    won, below = 0.0, 0
    for here, ones_here in _by_score(scores, target, reverse=False):
        zeros_here = here - ones_here
        won += ones_here * (below + 0.5 * zeros_here)
        below += zeros_here
    return won / (ones * zeros)


def _precision(scores: Sequence[float], target: list[int]) -> float:
    ones = sum(target)
    if not ones or any(score != score for score in scores):
        return nan
    seen, hits, area = 0, 0, 0.0
    for here, ones_here in _by_score(scores, target, reverse=True):
        seen += here
        hits += ones_here
        area += ones_here * hits / seen
    return area / ones


def _by_score(scores: Sequence[float], target: list[int], *, reverse: bool) -> Iterator[tuple[int, int]]:
    """For each score that there is, in order: how many have it, and how many of them are ones."""
    counts: dict[float, list[int]] = {}
    for score, label in zip(scores, target):
        here = counts.setdefault(score, [0, 0])
        here[0] += 1
        here[1] += label
    for score in sorted(counts, reverse=reverse):
        yield counts[score][0], counts[score][1]
