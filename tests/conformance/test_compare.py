"""The gate passes rounding and nothing else."""

from __future__ import annotations

from dataclasses import replace
from math import inf, nan

import pytest

from tinygnn.conformance.case import Case, Result
from tinygnn.conformance.compare import EPS, Expected, compare, measure, ulps_between

CASE = Case(id="op/test", kind="op", call="test", inputs={"x": [1.0, 2.0]})
EXPECTED = Expected({"out": [1.0, 2.0], "grad x": [0.5, 0.0]}, {"out": [1.0, 2.0], "grad x": [0.5, 1.0]}, 4.0)


@pytest.mark.parametrize(
    ("expected", "got", "agree"),
    [
        (nan, nan, True),
        (nan, 1.0, False),
        (1.0, nan, False),
        (inf, inf, True),
        (inf, -inf, False),
        (inf, 1e308, False),
        (1.0, inf, False),
        (0.0, -0.0, True),
        (0.0, 5e-324, True),
        (0.0, 8e-16, True),
        (0.0, 1e-14, False),
        (1.0, 1.0 + 4 * EPS, True),
        (1.0, 1.0 + 5 * EPS, False),
    ],
)
def test_measure(expected: float, got: float, agree: bool) -> None:
    assert measure("out", 0, expected, got, magnitude=1.0, bound=4.0).ok is agree
    assert measure("out", 0, got, expected, magnitude=1.0, bound=4.0).ok is agree


def test_the_error_is_measured_against_the_magnitude_and_not_the_result() -> None:
    """1 of the last digit of 1000 is fair where 1000 was subtracted, and wrong where it was not."""
    assert measure("out", 0, 1e-12, 1.1e-12, magnitude=1000.0, bound=4.0).ok
    assert not measure("out", 0, 1e-12, 1.1e-12, magnitude=1e-12, bound=4.0).ok


def test_a_magnitude_that_is_not_finite_forgives_nothing() -> None:
    for magnitude in (inf, nan):
        assert not measure("out", 0, 1.0, 1.001, magnitude, bound=4.0).ok
        assert measure("out", 0, 1.0, 1.0 + EPS, magnitude, bound=4.0).ok


def test_zeros_of_two_signs_differ_only_where_the_case_says_so() -> None:
    expected = Expected({"out": 0.0, "grad x": 0.0}, {"out": 0.0, "grad x": 0.0}, 4.0)
    signed = replace(CASE, flags=("signed-zero",))
    minus = Result({"out": -0.0, "grad x": -0.0})
    assert all(difference.ok for difference in compare(CASE, expected, minus))
    assert [difference.ok for difference in compare(signed, expected, minus)] == [False, True]


def test_compare_reports_the_worst_number_of_each_output() -> None:
    result = Result({"out": [1.0 + EPS, 2.0 + 8 * EPS], "grad x": [0.5, 0.0]})
    out, grad = compare(CASE, EXPECTED, result)
    assert (out.index, out.ratio, out.ulps, out.ok) == (1, 4.0, 4.0, True)
    assert (grad.ratio, grad.ok) == (0.0, True)


@pytest.mark.parametrize(
    ("outputs", "problem"),
    [
        ({"out": [1.0, 2.0]}, "missing"),
        ({"out": [1.0, 2.0], "grad x": None}, "missing"),
        ({"out": [1.0, 2.0], "grad x": [0.5]}, "shape [1], expected [2]"),
        ({"out": [1.0, 2.0], "grad x": [[0.5, 0.0]]}, "shape [1, 2], expected [2]"),
        ({"out": [1.0, 2.0], "grad x": [0.5, 0.0], "grad y": 1.0}, "no such output is expected"),
    ],
)
def test_compare_names_what_is_missing_or_of_another_shape(outputs: dict[str, object], problem: str) -> None:
    wrong = [difference for difference in compare(CASE, EXPECTED, Result(outputs)) if not difference.ok]
    assert [difference.problem for difference in wrong] == [problem]


def test_ulps_between_counts_floats() -> None:
    assert ulps_between(1.0, 1.0 + EPS) == 1.0
    assert ulps_between(1.0, 1.0 - EPS) == 2.0
    assert ulps_between(-5e-324, 5e-324) == 2.0
    assert ulps_between(0.0, -0.0) == 0.0
