"""ROC-AUC and average precision, by hand and against their definitions."""

from __future__ import annotations

from math import inf, isnan, nan
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygnn import Value
from tinygnn.metrics import average_precision, roc_auc

ROUNDING = 1e-14


def test_roc_auc_by_hand() -> None:
    """Of the four pairs the ones win three, and share one."""
    assert roc_auc([0.1, 0.4, 0.4, 0.8], [0, 0, 1, 1]) == 0.875
    assert roc_auc([1.0, 2.0, 3.0], [0, 1, 1]) == 1.0
    assert roc_auc([3.0, 2.0, 1.0], [0, 1, 1]) == 0.0
    assert roc_auc([1.0, 1.0, 1.0], [0, 1, 1]) == 0.5
    assert roc_auc([-inf, inf, Value(0.0)], [0, 1, True]) == 1.0


def test_average_precision_by_hand() -> None:
    """Recall 1/2 at precision 1, recall 1 at 2/3."""
    assert average_precision([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]) == pytest.approx(5 / 6, rel=ROUNDING)
    assert average_precision([1.0, 1.0, 1.0, 1.0], [0, 0, 0, 1]) == 0.25


@given(st.lists(st.tuples(st.integers(-3, 3), st.integers(0, 1)), min_size=1, max_size=30))
def test_roc_auc_is_the_share_of_pairs_that_are_in_order(rows: list[tuple[int, int]]) -> None:
    scores, target = [float(s) for s, _ in rows], [t for _, t in rows]
    pairs = [(a, b) for a, t in zip(scores, target) for b, u in zip(scores, target) if t == 1 and u == 0]
    found = roc_auc(scores, target)
    if not pairs:
        assert isnan(found)
    else:
        expected = sum((a > b) + 0.5 * (a == b) for a, b in pairs) / len(pairs)
        assert found == pytest.approx(expected, rel=1e-12)
        assert roc_auc([-s for s in scores], target) == pytest.approx(1.0 - expected, abs=1e-12)
        assert roc_auc([s**3 + 1.0 for s in scores], target) == found


@given(st.lists(st.tuples(st.integers(-3, 3), st.integers(0, 1)), min_size=1, max_size=30))
def test_average_precision_is_the_sum_over_thresholds(rows: list[tuple[int, int]]) -> None:
    target, ones = [t for _, t in rows], sum(t for _, t in rows)
    area, recall = 0.0, 0.0
    for threshold in sorted({s for s, _ in rows}, reverse=True):
        chosen = [t for s, t in rows if s >= threshold]
        if ones:
            area += (sum(chosen) / ones - recall) * sum(chosen) / len(chosen)
            recall = sum(chosen) / ones
    found = average_precision([float(s) for s, _ in rows], target)
    assert found == pytest.approx(area, rel=1e-12) if ones else isnan(found)


def test_a_mask_chooses_the_rows() -> None:
    scores, target, mask = [0.1, 9.0, 0.4, 0.8, 0.2], [0, None, 1, 0, 1], [True, False, True, True, True]
    kept = [0.1, 0.4, 0.8, 0.2], [0, 1, 0, 1]
    assert roc_auc(scores, target, mask) == roc_auc(*kept)
    assert average_precision(scores, target, mask) == average_precision(*kept)


def test_each_class_against_the_rest() -> None:
    """Class 0: 1 of 2 pairs; class 1: 1 of 2; class 2: 2 of 2."""
    scores = [[0.5, 0.2, 0.3], [0.6, 0.3, 0.1], [0.1, 0.4, 0.5]]
    columns = [roc_auc([row[k] for row in scores], [int(k == t) for t in (0, 1, 2)]) for k in range(3)]
    assert columns == [0.5, 0.5, 1.0]
    assert roc_auc(scores, [0, 1, 2]) == pytest.approx(2 / 3, rel=ROUNDING)


def test_several_labels() -> None:
    scores, target = [[1.0, 4.0], [2.0, 3.0], [3.0, 1.0]], [[0, 1], [1, 0], [1, 1]]
    assert roc_auc(scores, target) == (1.0 + 0.5) / 2
    flat = [1.0, 4.0, 2.0, 3.0, 3.0, 1.0], [0, 1, 1, 0, 1, 1]
    assert roc_auc(scores, target, average="micro") == roc_auc(*flat)
    assert average_precision(scores, target, average="micro") == average_precision(*flat)


@pytest.mark.parametrize("target", [[0, 0], [1, 1]])
def test_of_one_class_only_there_is_no_area(target: list[int]) -> None:
    assert isnan(roc_auc([0.1, 0.2], target))
    assert isnan(roc_auc([[0.1, 0.9], [0.2, 0.8]], target))
    assert average_precision([0.1, 0.2], [1, 1]) == 1.0
    assert isnan(average_precision([0.1, 0.2], [0, 0]))


def test_nothing_and_nan_have_no_order() -> None:
    assert isnan(roc_auc([], [])) and isnan(average_precision([], []))
    assert isnan(roc_auc([0.5], [1], [False]))
    assert isnan(roc_auc([0.5, nan], [1, 0])) and isnan(average_precision([0.5, nan], [1, 0]))


WRONG: dict[str, tuple[Any, str]] = {
    "no yes or no": (
        lambda: roc_auc([0.1, 0.2], [0, 2]),
        "target 1 of those that count is 2: expected 0 or 1",
    ),
    "no label": (lambda: roc_auc([0.1, 0.2], [None, 1]), "target 0 of those that count is None"),
    "no class": (lambda: roc_auc([[0.1, 0.2]], [2]), "target 0 of those that count is 2: expected 0 to 1"),
    "shapes": (lambda: roc_auc([[0.1, 0.2]], [[1]]), "row 0: the prediction is .* they need one shape"),
    "a row for a number": (lambda: roc_auc([0.1], [[1]]), "they need one shape"),
    "lengths": (lambda: roc_auc([0.1], [1, 0]), "1 scores for 2 targets"),
    "average": (lambda: average_precision([0.1], [1], average="weighted"), "average is 'weighted'"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_ranked_is_refused(name: str) -> None:
    call, message = WRONG[name]
    with pytest.raises(ValueError, match=message):
        call()
