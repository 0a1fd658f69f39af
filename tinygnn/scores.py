"""Scores of predictions, and the loss of yes and no."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log1p, nan, sqrt
from typing import Any

from tinygnn.linalg import flatten, mean
from tinygnn.value import Value, as_value


def binary_cross_entropy_with_logits(
    prediction: Any, target: Any, mask: Sequence[bool] | None = None
) -> Value:
    """The mean of -t log σ(z) - (1 - t) log(1 - σ(z))."""
    if mask is not None:
        prediction = [row for row, keep in zip(prediction, mask) if keep]
        target = [row for row, keep in zip(target, mask) if keep]
    if prediction and isinstance(prediction[0], (list, tuple)):
        prediction, target = flatten(prediction), flatten(target)
    return mean([_binary(as_value(z), t) for z, t in zip(prediction, target)])


def _binary(z: Value, t: float) -> Value:
    x = z.data
    softplus = max(x, 0.0) + log1p(exp(-abs(x)))
    share = 1.0 / (1.0 + exp(-x)) if x > 0.0 else exp(x) / (1.0 + exp(x))
    return Value(softplus - t * x, (z,), (share - t,), "bce_with_logits")


def _errors(prediction: Any, target: Any) -> list[float]:
    return [float(p) - t for row, wanted in zip(prediction, target) for p, t in zip(row, wanted)]


def mean_absolute_error(prediction: Any, target: Any) -> float:
    """Σ |p - t| / n."""
    errors = _errors(prediction, target)
    return sum([abs(error) for error in errors]) / len(errors) if errors else nan


def root_mean_squared_error(prediction: Any, target: Any) -> float:
    """√(Σ (p - t)² / n)."""
    errors = _errors(prediction, target)
    return sqrt(sum([error * error for error in errors]) / len(errors)) if errors else nan


def f1_of_logits(logits: Any, target: Any) -> float:
    """2 TP / (number predicted + number there): F1 over all labels, predicted where the logit is above 0."""
    pairs = [(float(z) > 0.0, t == 1.0) for row, wanted in zip(logits, target) for z, t in zip(row, wanted)]
    there = sum([p + t for p, t in pairs])
    return 2.0 * sum([p and t for p, t in pairs]) / there if there else nan


def roc_auc_score(labels: Sequence[int], scores: Sequence[float]) -> float:
    """The share of pairs (one, zero) in which the one has the higher score, equal ones counted half."""
    order = sorted(range(len(labels)), key=lambda i: scores[i])
    ones, ranks, start = sum(labels), 0.0, 0
    while start < len(order):
        end = start
        while end < len(order) and scores[order[end]] == scores[order[start]]:
            end += 1
        ranks += (start + 1 + end) / 2.0 * sum([labels[order[k]] for k in range(start, end)])
        start = end
    zeros = len(labels) - ones
    return (ranks - ones * (ones + 1) / 2.0) / (ones * zeros) if ones and zeros else nan


def average_precision_score(labels: Sequence[int], scores: Sequence[float]) -> float:
    """Σ_n (R_n - R_(n-1)) P_n over the thresholds n, from high scores to low."""
    order = sorted(range(len(labels)), key=lambda i: -scores[i])
    ones, hits, area, start = sum(labels), 0, 0.0, 0
    while start < len(order):
        end = start
        while end < len(order) and scores[order[end]] == scores[order[start]]:
            end += 1
        more = sum([labels[order[k]] for k in range(start, end)])
        hits += more
        area += more * hits / end
        start = end
    return area / ones if ones else nan
