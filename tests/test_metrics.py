"""Accuracy, by hand."""

from __future__ import annotations

from math import inf, isnan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygnn import Value
from tinygnn.metrics import accuracy, predicted_classes

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
