"""Clipping by norm and by value."""

from __future__ import annotations

from math import inf, isnan, nan, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygnn import Value
from tinygnn.optim import clip_grad_norm_, clip_grad_value_

ROUNDING = 1e-14


def with_gradients(*gradients: float) -> list[Value]:
    values = [Value(1.0) for _ in gradients]
    for value, gradient in zip(values, gradients):
        value.grad = gradient
    return values


def gradients(values: list[Value]) -> list[float]:
    return [value.grad for value in values]


def test_a_long_gradient_is_shortened_and_the_old_norm_returned() -> None:
    """3, 4 has the norm 5; PyTorch divides by 5 + 1e-6."""
    values = with_gradients(3.0, -4.0)
    assert clip_grad_norm_(values, 2.5) == 5.0
    factor = 2.5 / (5.0 + 1e-6)
    assert gradients(values) == [3.0 * factor, -4.0 * factor]


def test_a_short_gradient_stays_as_it_is() -> None:
    values = with_gradients(3.0, -4.0)
    assert clip_grad_norm_(values, 5.1) == 5.0
    assert gradients(values) == [3.0, -4.0]


@pytest.mark.parametrize(
    "norm_type, norm", [(1.0, 7.0), (2, 5.0), (3.0, 91.0 ** (1.0 / 3.0)), (inf, 4.0), ("inf", 4.0)]
)
def test_other_norms(norm_type: float, norm: float) -> None:
    values = with_gradients(3.0, -4.0)
    assert clip_grad_norm_(values, 1.0, norm_type) == pytest.approx(norm, rel=ROUNDING)
    assert gradients(values) == pytest.approx([3.0 / (norm + 1e-6), -4.0 / (norm + 1e-6)], rel=ROUNDING)


def test_of_no_gradient_the_norm_is_0() -> None:
    values = with_gradients(0.0, 0.0)
    assert clip_grad_norm_(values, 1.0) == 0.0 == clip_grad_norm_([], 1.0)
    assert gradients(values) == [0.0, 0.0]


@pytest.mark.parametrize("size", [1e200, 1e-200, 2.0**1020, 2.0**-1040])
def test_squares_neither_overflow_nor_vanish(size: float) -> None:
    """PyTorch's norm is inf or 0 here."""
    values = with_gradients(3.0 * size, 4.0 * size)
    assert clip_grad_norm_(values, 1.0) == pytest.approx(5.0 * size, rel=ROUNDING)
    if size > 1.0:
        assert gradients(values) == pytest.approx([0.6, 0.8], rel=ROUNDING)


def test_a_norm_too_large_for_a_float_is_inf() -> None:
    assert clip_grad_norm_(with_gradients(1.7e308, 1.7e308), 1.0) == inf


def test_norms_that_are_not_finite_go_where_pytorchs_go() -> None:
    """max_norm / inf is 0, and 0 times inf nan; a nan norm makes all nan."""
    values = with_gradients(3.0, inf)
    assert clip_grad_norm_(values, 1.0) == inf
    assert values[0].grad == 0.0 and isnan(values[1].grad)
    values = with_gradients(3.0, nan)
    assert isnan(clip_grad_norm_(values, 1.0))
    assert isnan(values[0].grad) and isnan(values[1].grad)


@pytest.mark.parametrize("bad", [inf, -inf, nan])
def test_error_if_nonfinite_raises_before_it_changes_anything(bad: float) -> None:
    values = with_gradients(3.0, bad)
    with pytest.raises(ValueError, match=f"the norm of the gradients is {abs(bad)}"):
        clip_grad_norm_(values, 1.0, error_if_nonfinite=True)
    assert values[0].grad == 3.0


def test_a_parameter_twice_or_nested_counts_once() -> None:
    [a, b] = with_gradients(3.0, 4.0)
    assert clip_grad_norm_([[a, b], a], 10.0) == 5.0
    assert clip_grad_norm_(a, 10.0) == 3.0


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=6), st.floats(1e-3, 1e3))
def test_the_norm_is_never_above_the_limit(numbers: list[float], limit: float) -> None:
    values = with_gradients(*numbers)
    before = clip_grad_norm_(values, limit)
    assert before == pytest.approx(sqrt(sum(g * g for g in numbers)), rel=1e-12)
    assert clip_grad_norm_(values, limit) <= limit * (1.0 + ROUNDING)


def test_values_are_clipped_one_by_one() -> None:
    values = with_gradients(3.0, -4.0, 0.5, inf, -inf, nan)
    clip_grad_value_(values, 1.5)
    assert gradients(values)[:5] == [1.5, -1.5, 0.5, 1.5, -1.5]
    assert isnan(values[5].grad)


def test_what_is_no_value_or_no_norm_is_refused() -> None:
    with pytest.raises(TypeError, match="parameter 1 is 2.0"):
        clip_grad_norm_([Value(1.0), 2.0], 1.0)
    with pytest.raises(ValueError, match="norm_type is 0.0: it must be above 0"):
        clip_grad_norm_(with_gradients(1.0), 1.0, 0.0)
