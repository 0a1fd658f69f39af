"""Every verdict, on numbers made up for the purpose."""

from __future__ import annotations

from math import inf, nan
from typing import Any

import pytest

from tinygnn.conformance.case import Case, Result
from tinygnn.conformance.compare import Convention, Expected
from tinygnn.conformance.known_differences import Known
from tinygnn.conformance.verdicts import VERDICTS, judge, unaccounted

KINK = Case("op/relu/zero", "op", "relu", {"x": 0.0})
TIE = Case("op/maximum/equal", "op", "maximum", {"x": 1.5, "y": 1.5})
LAYER = Case("model/gcn_conv/loop", "model", "GCNConv", {"x": [[1.0], [2.0]]})
AT_KINK = Expected({"out": 0.0, "grad x": 0.0}, {"out": 0.0, "grad x": 1.0}, 9.0, {"grad x": [0.0, 2.0]})
AT_TIE = Expected(
    {"out": 1.5, "grad x": 0.5, "grad y": 0.5},
    {"out": 1.5, "grad x": 1.0, "grad y": 1.0},
    9.0,
    {"grad x": [0.0, 1.0], "grad y": [0.0, 1.0]},
)
PYG = {"out": [[1.0], [2.0]], "grad x": [[0.5], [0.25]]}
PAPER = {"out": [[1.5], [2.5]], "grad x": [[0.75], [0.125]]}
SIZES = {"out": [[1.0], [2.0]], "grad x": [[1.0], [1.0]]}
WITH_CONVENTIONS = Expected(PYG, SIZES, 9.0, {}, (Convention("self loops: added", PAPER),))


def verdict(case: Case, expected: Expected, outputs: dict[str, Any], known: Known | None = None) -> str:
    return judge(case, expected, Result(outputs), known)[0]


@pytest.mark.parametrize(
    ("slope", "said"),
    [
        (0.0, "pass"),
        (1.0, "valid-subgradient"),
        (2.0, "valid-subgradient"),
        (2.0 + 2.0**-51, "valid-subgradient"),
        (2.0 + 1e-9, "wrong"),
        (-1e-9, "wrong"),
        (nan, "wrong"),
        (inf, "wrong"),
    ],
)
def test_a_slope_between_those_of_both_sides_is_valid(slope: float, said: str) -> None:
    assert verdict(KINK, AT_KINK, {"out": 0.0, "grad x": slope}) == said


def test_a_wrong_value_is_not_excused_by_a_valid_slope() -> None:
    assert verdict(KINK, AT_KINK, {"out": 0.5, "grad x": 1.0}) == "wrong"


def test_a_missing_gradient_is_no_subgradient() -> None:
    assert verdict(KINK, AT_KINK, {"out": 0.0}) == "wrong"
    assert verdict(KINK, AT_KINK, {"out": 0.0, "grad x": [1.0]}) == "wrong"


@pytest.mark.parametrize(
    ("x", "y", "said"),
    [
        (0.5, 0.5, "pass"),
        (1.0, 0.0, "valid-subgradient"),
        (0.25, 0.75, "valid-subgradient"),
        (1.0, 1.0, "wrong"),
        (0.0, 0.0, "wrong"),
        (0.5, 0.0, "wrong"),
    ],
)
def test_a_tie_may_be_shared_in_any_way_but_all_of_it(x: float, y: float, said: str) -> None:
    assert verdict(TIE, AT_TIE, {"out": 1.5, "grad x": x, "grad y": y}) == said


@pytest.mark.parametrize(
    ("outputs", "said"),
    [
        ({"out": 0.0}, "grad x: missing"),
        ({"out": 0.0, "grad x": [1.0]}, "grad x: shape [1], expected []"),
        ({"out": [0.0]}, "out: shape [1], expected []; grad x: missing"),
        ({"out": 0.5}, "the numbers differ by more than rounding"),
    ],
)
def test_what_is_no_matter_of_numbers_is_said(outputs: dict[str, Any], said: str) -> None:
    assert judge(KINK, AT_KINK, Result(outputs))[1] == said


def test_another_convention_is_named() -> None:
    assert judge(LAYER, WITH_CONVENTIONS, Result(PAPER))[:2] == ("profile-difference", "self loops: added")


def test_half_a_convention_is_wrong() -> None:
    """Its forward with the gradients of the other: that is a bug."""
    assert verdict(LAYER, WITH_CONVENTIONS, {**PAPER, "grad x": PYG["grad x"]}) == "wrong"
    assert verdict(LAYER, WITH_CONVENTIONS, {**PAPER, "grad x": [[0.75], [0.1251]]}) == "wrong"
    assert verdict(LAYER, WITH_CONVENTIONS, {"out": PAPER["out"]}) == "wrong"


def test_a_convention_that_records_only_what_it_changes_keeps_the_rest() -> None:
    partly = Expected(PYG, SIZES, 9.0, {}, (Convention("other output", {"out": PAPER["out"]}),))
    assert verdict(LAYER, partly, {**PYG, "out": PAPER["out"]}) == "profile-difference"
    assert verdict(LAYER, partly, PAPER) == "wrong"


def test_a_record_of_what_is_a_convention_or_a_subgradient_has_to_go() -> None:
    known = Known("because", "none found", {"grad x": 1.0})
    said, why, _ = judge(KINK, AT_KINK, Result({"out": 0.0, "grad x": 1.0}), known)
    assert said == "wrong" and "it is a valid-subgradient: remove the record" in why


def test_every_case_needs_one_verdict_that_exists() -> None:
    assert unaccounted([KINK, TIE], [(KINK.id, "pass"), (TIE.id, "skipped")]) == []
    assert unaccounted([KINK, TIE], [(KINK.id, "pass")]) == ["op/maximum/equal has no verdict"]
    assert unaccounted([KINK], [(KINK.id, "pass"), (TIE.id, "pass")]) == [
        "op/maximum/equal has a verdict, but is no case"
    ]
    assert unaccounted([KINK], [(KINK.id, "acceptable")]) == [
        "op/relu/zero has no such verdict as acceptable"
    ]
    assert set(VERDICTS) >= {"pass", "valid-subgradient", "profile-difference", "wrong", "error", "skipped"}
