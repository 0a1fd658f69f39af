"""Numbers of 50 digits: rounded as float64 rounds, and special where IEEE 754 says so."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygnn.conformance.truth_numbers import (
    Number,
    add,
    alike,
    context,
    cosine,
    divide,
    exactly,
    exponential,
    exponential_minus_one,
    hyperbolic_tangent,
    limited,
    logarithm,
    logistic,
    multiply,
    normal_below,
    normal_density,
    power,
    root,
    rounded,
    sine,
    soft_plus,
    squared_sech,
    subtract,
    total,
)
from tinygnn.value import power as float_power

SPECIAL = (0.0, -0.0, inf, -inf, nan, 0.5, -2.0, 3.0, 1e308, -1e308, 5e-324)


def same(a: float, b: float) -> bool:
    return repr(a) == repr(b)


@given(st.integers(1, 2**169), st.integers(-1300, 900))
def test_rounding_goes_to_the_nearest_float_and_to_the_even_one_of_two(mantissa: int, exponent: int) -> None:
    x = context.mpf(mantissa) * context.mpf(2) ** exponent
    exact = Fraction(mantissa) * Fraction(2) ** exponent
    try:
        wanted = exact.numerator / exact.denominator  # Python rounds quotients of integers correctly
    except OverflowError:
        wanted = inf
    assert (rounded(x), rounded(-x)) == (wanted, -wanted)


@given(st.floats())
def test_a_float_is_itself_after_its_way_through_fifty_digits(x: float) -> None:
    assert same(rounded(exactly(x)), x)


@pytest.mark.parametrize("exponent", [10**9, -(10**9)])
def test_numbers_far_out_are_infinite_or_nothing(exponent: int) -> None:
    x = context.mpf(2) ** exponent
    assert rounded(limited(-x)) == (-inf if exponent > 0 else 0.0)


@pytest.mark.parametrize("y", SPECIAL)
@pytest.mark.parametrize("x", SPECIAL)
def test_arithmetic_is_that_of_floats_where_these_are_special(x: float, y: float) -> None:
    a, b = exactly(x), exactly(y)
    assert same(rounded(add(a, b)), x + y)
    assert same(rounded(subtract(a, b)), x - y)
    assert same(rounded(limited(multiply(a, b))), x * y)
    assert same(rounded(limited(power(a, b))), float_power(x, y))
    if y != 0.0:
        assert same(rounded(limited(divide(a, b))), x / y)


@pytest.mark.parametrize(
    ("x", "wanted"), [(0.0, nan), (-0.0, nan), (nan, nan), (3.0, inf), (-3.0, -inf), (inf, inf), (-inf, -inf)]
)
def test_a_quotient_by_zero_has_the_sign_of_both(x: float, wanted: float) -> None:
    assert same(divide(exactly(x), 0.0), wanted)
    assert same(divide(exactly(x), -0.0), -wanted if wanted == wanted else nan)


@pytest.mark.parametrize(
    ("function", "at_zero", "at_infinity", "at_negative_infinity"),
    [
        (exponential, 1.0, inf, 0.0),
        (exponential_minus_one, 0.0, inf, -1.0),
        (sine, 0.0, nan, nan),
        (cosine, 1.0, nan, nan),
        (hyperbolic_tangent, 0.0, 1.0, -1.0),
        (squared_sech, 1.0, 0.0, 0.0),
        (logistic, 0.5, 1.0, 0.0),
        (soft_plus, math.log(2.0), inf, 0.0),
        (normal_below, 0.5, 1.0, 0.0),
        (normal_density, 1.0 / math.sqrt(2.0 * math.pi), 0.0, 0.0),
        (logarithm, -inf, inf, nan),
        (root, 0.0, inf, nan),
    ],
)
def test_functions_at_zero_infinity_and_nan(
    function: Callable[[Number], Number], at_zero: float, at_infinity: float, at_negative_infinity: float
) -> None:
    assert rounded(function(0.0)) == pytest.approx(at_zero, rel=1e-15)
    assert same(rounded(function(inf)), at_infinity)
    assert same(rounded(function(-inf)), at_negative_infinity)
    assert same(rounded(function(nan)), nan)


@pytest.mark.parametrize("function", [exponential_minus_one, sine, hyperbolic_tangent, root])
def test_what_is_zero_at_zero_keeps_its_sign(function: Callable[[Number], Number]) -> None:
    assert same(function(-0.0), -0.0)


@pytest.mark.parametrize("x", [1000.0, 1e308])
def test_what_is_too_large_or_too_small_for_a_float_is_infinite_or_nothing(x: float) -> None:
    assert exponential(exactly(x)) == inf
    assert rounded(limited(exponential(exactly(-x)))) == 0.0
    assert rounded(soft_plus(exactly(x))) == x
    assert rounded(limited(logistic(exactly(-x)))) == 0.0


def test_terms_that_cancel_leave_a_zero_and_no_rounding_error() -> None:
    third = divide(exactly(1.0), exactly(3.0))
    almost = subtract(subtract(exactly(1.0), third), multiply(exactly(2.0), third))
    assert same(almost, 0.0)
    assert alike(multiply(exactly(3.0), third), exactly(1.0))


def test_a_small_term_beside_exact_large_ones_is_kept() -> None:
    assert rounded(total([exactly(1e300), exactly(1.0), exactly(-1e300)])) == 1.0


def test_a_sum_with_an_infinity_is_one() -> None:
    assert total([exactly(2.0), inf, exactly(-1e308)]) == inf
    assert same(total([inf, -inf]), nan)
    assert same(total([]), 0.0)
    assert same(total([-0.0, -0.0]), 0.0)
