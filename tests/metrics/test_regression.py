"""MAE and RMSE, by hand."""

from __future__ import annotations

from math import inf, isnan, nan, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygnn import Value
from tinygnn.metrics import mae, rmse

ROUNDING = 1e-14


def test_by_hand() -> None:
    prediction, target = [3.0, -1.0, Value(2.0), 5], [1.0, 3.0, 6.0, -3.0]
    assert mae(prediction, target) == 4.5
    assert rmse(prediction, target) == pytest.approx(5.0, rel=ROUNDING)


def test_rmse_of_columns_is_their_mean() -> None:
    """As scikit-learn's: (1 + 3) / 2, not √5."""
    prediction, target = [[1.0, 3.0], [-1.0, 3.0]], [[0.0, 0.0], [0.0, 0.0]]
    assert rmse(prediction, target) == pytest.approx(2.0, rel=ROUNDING)
    assert mae(prediction, target) == 2.0
    assert rmse([[1.0], [-1.0]], [[0.0], [0.0]]) == rmse([1.0, -1.0], [0.0, 0.0])


def test_a_mask_chooses_the_rows() -> None:
    mask = [True, False, True]
    assert mae([1.0, 9.0, 3.0], [0.0, None, 0.0], mask) == 2.0
    assert rmse([[1.0], [9.0], [7.0]], [[0.0], [None], [0.0]], mask) == pytest.approx(5.0, rel=ROUNDING)


def test_of_nothing_it_is_nan() -> None:
    assert isnan(mae([], [])) and isnan(rmse([], [])) and isnan(rmse([1.0], [1.0], [False]))


def test_squares_neither_overflow_nor_vanish() -> None:
    assert rmse([3e200, 4e200], [0.0, 0.0]) == pytest.approx(5e200 / sqrt(2.0), rel=ROUNDING)
    assert rmse([3e-200, 4e-200], [0.0, 0.0]) == pytest.approx(5e-200 / sqrt(2.0), rel=ROUNDING)
    assert mae([1e308] * 3, [-7e307] * 3) == inf


def test_infinite_and_nan_predictions_are_said() -> None:
    assert mae([inf, 1.0], [0.0, 0.0]) == rmse([inf, 1.0], [0.0, 0.0]) == inf
    assert isnan(mae([nan, 1.0], [0.0, 0.0])) and isnan(rmse([nan, 1.0], [0.0, 0.0]))


@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)), min_size=1))
def test_the_mean_error_is_at_most_the_root_mean_square(pairs: list[tuple[float, float]]) -> None:
    prediction, target = [p for p, _ in pairs], [t for _, t in pairs]
    assert mae(prediction, target) <= rmse(prediction, target) * (1.0 + 1e-12)


@pytest.mark.parametrize("prediction, target", [([[1.0]], [1.0]), ([1.0], [[1.0]]), ([[1.0, 2.0]], [[1.0]])])
def test_shapes_that_differ_are_refused(prediction: list[float], target: list[float]) -> None:
    for metric in (mae, rmse):
        with pytest.raises(ValueError, match="row 0: .* they need one shape"):
            metric(prediction, target)
    with pytest.raises(ValueError, match="1 predictions for 2 targets"):
        mae([1.0], [1.0, 2.0])
