"""Metrics are scikit-learn's on the same data."""

from __future__ import annotations

import random
import warnings
from typing import Any

import pytest

from tinygnn import metrics
from tinygnn.linalg import softmax

sklearn: Any = pytest.importorskip("sklearn.metrics")

# Sums of at most a hundred terms in another order.
REORDERED = 1e-12
SEEDS = range(20)


def same(found: float, expected: float) -> bool:
    return found == pytest.approx(float(expected), rel=REORDERED, nan_ok=True)


def classes(seed: int) -> tuple[list[list[float]], list[int], list[int], list[bool]]:
    """Logits with ties, targets, the predicted classes, and a mask that keeps some rows."""
    rng = random.Random(seed)
    n, c = rng.randint(2, 30), rng.randint(2, 5)
    logits = [[float(rng.randint(-2, 2)) for _ in range(c)] for _ in range(n)]
    target = [rng.randrange(c) for _ in range(n)]
    mask = [rng.random() < 0.8 for _ in range(n)]
    mask[0] = True
    return logits, target, [row.index(max(row)) for row in logits], mask


def kept(rows: list[Any], mask: list[bool]) -> list[Any]:
    return [row for row, keep in zip(rows, mask) if keep]


def quietly(function: Any, *args: Any, **options: Any) -> Any:
    """scikit-learn's number without its warnings of what is not defined."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(*args, **options)


@pytest.mark.parametrize("seed", SEEDS)
def test_accuracy_and_confusion_matrix(seed: int) -> None:
    logits, target, predicted, mask = classes(seed)
    true, guessed, c = kept(target, mask), kept(predicted, mask), len(logits[0])
    assert same(metrics.accuracy(logits, target, mask), sklearn.accuracy_score(true, guessed))
    expected = sklearn.confusion_matrix(true, guessed, labels=range(c)).tolist()
    assert metrics.confusion_matrix(logits, target, mask) == expected


@pytest.mark.parametrize("average", ["micro", "macro", "weighted"])
@pytest.mark.parametrize("seed", SEEDS)
def test_f1_of_classes(seed: int, average: str) -> None:
    logits, target, predicted, mask = classes(seed)
    expected = quietly(sklearn.f1_score, kept(target, mask), kept(predicted, mask), average=average)
    assert same(metrics.f1(logits, target, mask, average=average), expected)


def labels(seed: int) -> tuple[list[list[float]], list[list[int]]]:
    """Logits with ties and several labels for each row; a label may be nowhere, or everywhere."""
    rng = random.Random(seed)
    n, c = rng.randint(2, 20), rng.randint(2, 4)
    often = [rng.choice([0.0, 0.3, 0.7, 1.0]) for _ in range(c)]
    logits = [[float(rng.randint(-3, 2)) for _ in range(c)] for _ in range(n)]
    return logits, [[int(rng.random() < share) for share in often] for _ in range(n)]


@pytest.mark.parametrize("zero_division", [0.0, 1.0, float("nan")])
@pytest.mark.parametrize("average", ["micro", "macro", "weighted"])
@pytest.mark.parametrize("seed", SEEDS)
def test_f1_of_labels(seed: int, average: str, zero_division: float) -> None:
    logits, target = labels(seed)
    guessed = [[int(logit > 0.0) for logit in row] for row in logits]
    options = {"average": average, "zero_division": zero_division}
    assert same(metrics.f1(logits, target, **options), quietly(sklearn.f1_score, target, guessed, **options))


@pytest.mark.parametrize("seed", SEEDS)
def test_accuracy_of_labels(seed: int) -> None:
    logits, target = labels(seed)
    guessed = [[int(logit > 0.0) for logit in row] for row in logits]
    assert same(metrics.accuracy(logits, target), sklearn.accuracy_score(target, guessed))


def yes_or_no(seed: int) -> tuple[list[float], list[int]]:
    """Scores with ties; one seed in ten has one class only."""
    rng = random.Random(seed)
    n = rng.randint(2, 40)
    share = rng.choice([0.2, 0.5, 0.9]) if seed % 10 else 0.0
    return [rng.randint(-5, 5) / 4.0 for _ in range(n)], [int(rng.random() < share) for _ in range(n)]


@pytest.mark.parametrize("seed", SEEDS)
def test_of_yes_or_no(seed: int) -> None:
    scores, target = yes_or_no(seed)
    guessed = [int(score > 0.0) for score in scores]
    assert same(metrics.accuracy(scores, target), sklearn.accuracy_score(target, guessed))
    f1 = quietly(sklearn.f1_score, target, guessed, average="binary")
    assert same(metrics.f1(scores, target, average="binary"), f1)
    if 0 < sum(target) < len(target):
        assert same(metrics.roc_auc(scores, target), sklearn.roc_auc_score(target, scores))
        expected = sklearn.average_precision_score(target, scores)
        assert same(metrics.average_precision(scores, target), expected)


@pytest.mark.parametrize("seed", SEEDS)
def test_roc_auc_of_classes_and_labels(seed: int) -> None:
    logits, target, _, _ = classes(seed)
    c = len(logits[0])
    target = [*range(c), *range(c), *target]
    logits = [*logits, *logits[::-1], *logits, *logits][: len(target)]
    probabilities = [[p.data for p in softmax(row)] for row in logits]
    if len(target) == len(probabilities) and c > 2:
        expected = sklearn.roc_auc_score(target, probabilities, multi_class="ovr", average="macro")
        assert same(metrics.roc_auc(probabilities, target), expected)
    one_hot = [[int(k == t) for k in range(c)] for t in target[: len(logits)]]
    for average in ("macro", "micro"):
        expected = sklearn.roc_auc_score(one_hot, logits, average=average)
        assert same(metrics.roc_auc(logits, one_hot, average=average), expected)
        expected = sklearn.average_precision_score(one_hot, logits, average=average)
        assert same(metrics.average_precision(logits, one_hot, average=average), expected)


@pytest.mark.parametrize("width", [None, 1, 3])
@pytest.mark.parametrize("seed", SEEDS)
def test_mae_and_rmse(seed: int, width: int | None) -> None:
    rng = random.Random(seed)
    n = rng.randint(1, 30)

    def column() -> Any:
        return rng.gauss(0.0, 10.0) if width is None else [rng.gauss(0.0, 10.0) for _ in range(width)]

    prediction, target, mask = [column() for _ in range(n)], [column() for _ in range(n)], [True] * n
    mask[rng.randrange(n)] = n == 1
    true, guessed = kept(target, mask), kept(prediction, mask)
    assert same(metrics.mae(prediction, target, mask), sklearn.mean_absolute_error(true, guessed))
    assert same(metrics.rmse(prediction, target, mask), sklearn.root_mean_squared_error(true, guessed))
