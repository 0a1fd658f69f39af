"""Accuracy, F1 and the confusion matrix, by hand; tests/conformance has scikit-learn's numbers."""

from __future__ import annotations

from math import inf, isnan, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygnn import Value
from tinygnn.metrics import accuracy, confusion_matrix, f1, predicted_classes

LOGITS = [[2.0, 1.0, 0.0], [0.0, 3.0, 1.0], [0.5, -1.0, 4.0], [1.0, 0.0, 0.0]]  # classes 0, 1, 2, 0


def test_the_class_of_a_row_is_where_its_largest_logit_stands():
    assert predicted_classes(LOGITS) == [0, 1, 2, 0]
    assert predicted_classes([[-3.0, -2.0], [-inf, -5.0], [1.0, inf]]) == [1, 1, 1]
    assert predicted_classes([]) == []


def test_values_ints_and_floats_are_logits():
    rows = [[Value(0.0), Value(1.0)], [2, 1], [Value(3.0), 4]]
    assert predicted_classes(rows) == [1, 0, 1]
    assert accuracy(rows, [1, 0, 0]) == 2 / 3


def test_of_equal_logits_the_first_class_wins():
    assert predicted_classes([[1.0, 1.0], [0.0, 2.0, 2.0], [0.0, -0.0], [-inf, -inf]]) == [0, 1, 0, 0]
    assert accuracy([[0.0, 0.0]], [0]) == 1.0 and accuracy([[0.0, 0.0]], [1]) == 0.0


@pytest.mark.parametrize(
    "target, expected",
    [([0, 1, 2, 0], 1.0), ([0, 1, 2, 1], 0.75), ([0, 0, 2, 1], 0.5), ([1, 2, 0, 2], 0.0)],
)
def test_accuracy_is_the_share_of_rows_that_are_right(target, expected):
    share = accuracy(LOGITS, target)
    assert share == expected and type(share) is float


@pytest.mark.parametrize(
    "mask, expected",
    [
        ([True, True, True, True], 0.5),
        ([True, False, True, False], 1.0),
        ([False, True, False, True], 0.0),
        ([True, True, True, False], 2 / 3),
    ],
)
def test_a_mask_chooses_the_rows_that_count(mask, expected):
    assert accuracy(LOGITS, [0, 0, 2, 1], mask) == expected


def test_a_masked_row_needs_no_label():
    assert accuracy(LOGITS, [0, None, 2, -1], [True, False, True, False]) == 1.0


def test_accuracy_of_nothing_is_nan():
    assert isnan(accuracy([], []))
    assert isnan(accuracy(LOGITS, [0, 1, 2, 0], [False] * 4))


@pytest.mark.parametrize(
    "target, mask", [([0, 1], None), ([0, 1, 2, 0, 1], None), ([0, 1, 2, 0], [True]), ([0, 1, 2, 0], [])]
)
def test_lengths_that_disagree_are_refused(target, mask):
    """As in the losses: a share of some of the rows would be a wrong number."""
    with pytest.raises(ValueError, match="4"):
        accuracy(LOGITS, target, mask)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.booleans()), min_size=1))
def test_accuracy_counts_the_masked_rows(rows):
    """For any predictions, targets and mask it is hits over rows."""
    logits = [[float(k == predicted) for k in range(4)] for predicted, _, _ in rows]
    hits = [predicted == target for predicted, target, keep in rows if keep]
    share = accuracy(logits, [target for _, target, _ in rows], [keep for *_, keep in rows])
    assert share == sum(hits) / len(hits) if hits else isnan(share)


def test_several_labels_are_right_where_all_of_a_row_are():
    """Predicted where the logit is above 0."""
    logits = [[2.0, -1.0], [0.0, 3.0], [-1.0, -2.0], [1.0, 1.0]]
    assert accuracy(logits, [[1, 0], [1, 1], [0, 0], [1, 0]]) == 0.5
    assert accuracy(logits, [[1, 0], [9], [0, 0], [1, 0]], [True, False, True, False]) == 1.0
    with pytest.raises(ValueError, match="row 1: the prediction is .* they need one shape"):
        accuracy(logits, [[1, 0], [1], [0, 0], [1, 0]])


def test_single_logits_are_those_of_a_yes_or_no():
    assert accuracy([2.0, -1.0, 0.0, Value(0.5)], [1, 0, 1, 1]) == 0.75
    assert f1([2.0, -1.0, 0.0, 0.5], [1, 0, 1, 1], average="binary") == 0.8


# ---- confusion matrix and F1 ---------------------------------------------------------------------------


def one_hot(*classes: int, size: int = 3) -> list[list[float]]:
    return [[float(k == c) for k in range(size)] for c in classes]


PREDICTED, TARGET = one_hot(0, 1, 1, 2, 0), [0, 1, 2, 2, 1]


def test_confusion_matrix_by_hand():
    assert confusion_matrix(PREDICTED, TARGET) == [[1, 0, 0], [1, 1, 0], [0, 1, 1]]
    assert confusion_matrix(PREDICTED, TARGET, [True, False, True, False, False]) == [
        [1, 0, 0],
        [0, 0, 0],
        [0, 1, 0],
    ]
    assert confusion_matrix([1.0, -1.0, 2.0], [1, 1, 0]) == [[0, 1], [1, 1]]
    assert confusion_matrix([], []) == []


def test_f1_by_hand():
    """2/3, 1/2 and 2/3 of the classes; 3 of 5 rows are right; the targets are 1, 2 and 2 times there."""
    assert f1(PREDICTED, TARGET) == pytest.approx((2 / 3 + 1 / 2 + 2 / 3) / 3)
    assert f1(PREDICTED, TARGET, average="micro") == 0.6
    assert f1(PREDICTED, TARGET, average="weighted") == pytest.approx((2 / 3 + 2 * 1 / 2 + 2 * 2 / 3) / 5)


def test_a_mask_chooses_the_rows_of_f1():
    mask = [True, True, False, False, True]
    kept = [0, 1, 4]
    for average in ("micro", "macro", "weighted"):
        expected = f1([PREDICTED[i] for i in kept], [TARGET[i] for i in kept], average=average)
        assert f1(PREDICTED, TARGET, mask, average=average) == expected


def test_a_class_that_is_nowhere_does_not_count():
    """scikit-learn's: class 2 is neither a target nor predicted."""
    assert f1(one_hot(0, 1), [0, 1]) == 1.0


def test_binary_f1_is_that_of_class_1():
    """TP 1, FP 2, FN 0."""
    assert f1(one_hot(1, 1, 1, 0, size=2), [1, 0, 0, 0], average="binary") == 0.5
    assert f1(one_hot(0, 0, size=2), [0, 0], average="binary") == 0.0
    assert isnan(f1(one_hot(0, 0, size=2), [0, 0], average="binary", zero_division=nan))


LABEL_LOGITS, LABELS = (
    [[1.0, -1.0, -1.0], [1.0, 1.0, -1.0], [-1.0, 1.0, -1.0]],
    [[1, 0, 0], [0, 1, 0], [1, 0, 0]],
)


def test_f1_of_several_labels_by_hand():
    """Label 0: TP 1, FP 1, FN 1; label 1: TP 1, FP 1; label 2 is nowhere."""
    assert f1(LABEL_LOGITS, LABELS, average="micro") == pytest.approx(4 / 7)
    assert f1(LABEL_LOGITS, LABELS) == pytest.approx((1 / 2 + 2 / 3 + 0) / 3)
    assert f1(LABEL_LOGITS, LABELS, zero_division=1.0) == pytest.approx((1 / 2 + 2 / 3 + 1) / 3)
    assert f1(LABEL_LOGITS, LABELS, zero_division=nan) == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert f1(LABEL_LOGITS, LABELS, average="weighted") == pytest.approx((2 * 1 / 2 + 2 / 3) / 3)


def test_f1_of_nothing_is_nan():
    assert isnan(f1([], [])) and isnan(f1(PREDICTED, TARGET, [False] * 5))


@pytest.mark.parametrize(
    "call, message",
    [
        (
            lambda: f1(PREDICTED, TARGET, average="mean"),
            "average is 'mean': it must be one of 'micro', 'macro'",
        ),
        (lambda: f1(PREDICTED, TARGET, average="binary"), "'binary' is for two classes"),
        (lambda: f1(LABEL_LOGITS, LABELS, average="binary"), "'binary' is for two classes"),
        (lambda: f1(PREDICTED, [0, 1, 3, 2, 1]), "target 2 of those that count is 3: expected 0 to 2"),
        (lambda: f1(PREDICTED, [0, None, 0, 2, 1]), "target 1 of those that count is None"),
        (lambda: f1(LABEL_LOGITS, [[1, 0, 0], [0, 2, 0], [0, 0, 0]]), "target 1 of those that count is 2"),
        (lambda: f1(LABEL_LOGITS, [[1, 0]] * 3), r"row 0: the prediction is .* and the target \[1, 0\]"),
        (lambda: f1(PREDICTED, TARGET[:3]), "5 rows of logits for 3 targets"),
    ],
)
def test_what_f1_cannot_read_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
