"""What labels are for, and the numbers that are reported."""

from __future__ import annotations

import pytest

from tinygnn import cross_entropy
from tinygnn.objectives import CLASSIFICATION, MULTILABEL, REGRESSION, objective_for, output_size, targets_of


@pytest.mark.parametrize(
    "labels, objective, outputs",
    [
        ([0, 2, 1], CLASSIFICATION, 3),
        ([0, None, 1, -1], CLASSIFICATION, 2),
        ([[0], [3]], CLASSIFICATION, 4),
        ([True, False], CLASSIFICATION, 2),
        ([0.0, 1.0], REGRESSION, 1),
        ([0.5, None], REGRESSION, 1),
        ([0, 0.5], REGRESSION, 1),
        ([[0.5, 2.0], [1.0, 0.0]], REGRESSION, 2),
        ([[2, 0], [1, 0]], REGRESSION, 2),
        ([[1.0], [0.0]], REGRESSION, 1),
        ([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]], MULTILABEL, 3),
        ([[1, 0], None], MULTILABEL, 2),
        ([[True, False]], MULTILABEL, 2),
    ],
)
def test_labels_say_what_they_are_for(labels, objective, outputs):
    assert objective_for(labels) is objective
    assert output_size(labels, objective) == outputs


def test_classes_with_names_need_an_output_each():
    assert output_size([0, 1], CLASSIFICATION, ["a", "b", "c"]) == 3


@pytest.mark.parametrize("labels", [["a", "b"], [[0, "a"]], [1j]])
def test_other_labels_are_refused(labels):
    with pytest.raises(ValueError, match="give classes"):
        objective_for(labels)


def test_targets_have_the_form_of_the_loss():
    assert targets_of([0, [2], True, None], CLASSIFICATION) == [0, 2, 1, None]
    assert targets_of([1, 2.5, None], REGRESSION) == [[1.0], [2.5], [None]]
    assert targets_of([[1, 0]], MULTILABEL) == [[1.0, 0.0]]
    with pytest.raises(ValueError, match="label 1 is 0.5: expected a class"):
        targets_of([0, 0.5], CLASSIFICATION)


def test_a_report_is_of_the_masked_rows():
    logits = [[2.0, 1.0], [0.0, 3.0], [5.0, 0.0]]
    report = CLASSIFICATION.report(logits, [0, 0, 7], [True, True, False])
    assert report == {"loss": cross_entropy(logits[:2], [0, 0]).data, "accuracy": 0.5}


def test_a_report_of_numbers_by_hand():
    """Errors 1, -3 and 0 of two rows, and of one row 0."""
    report = REGRESSION.report(
        [[1.0], [2.0], [4.0], [9.0]], [[0.0], [5.0], [4.0], [0.0]], [True] * 3 + [False]
    )
    assert report == pytest.approx({"loss": 10 / 3, "mae": 4 / 3, "rmse": (10 / 3) ** 0.5}, rel=1e-14)


def test_a_report_of_several_yes_and_no_by_hand():
    """Of 4 predictions above 0 and 3 labels that are there, 2 agree: F1 = 2 · 2 / (4 + 3)."""
    outputs = [[3.0, -1.0, 2.0], [1.0, 5.0, -2.0]]
    report = MULTILABEL.report(outputs, [[1.0, 1.0, 0.0], [0.0, 1.0, 0.0]], [True, True])
    assert report["f1"] == pytest.approx(4 / 7)
