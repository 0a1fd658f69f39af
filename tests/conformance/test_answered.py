"""Answers of every type: they are compared as Python's floats, or are an error that says what is wrong."""

from __future__ import annotations

from array import array
from fractions import Fraction
from typing import Any

import pytest

from tinygnn.conformance.case import Case, Result
from tinygnn.conformance.cases import all_cases
from tinygnn.conformance.runner import run_cases
from tinygnn.conformance.selection import select
from tinygnn.conformance.tinygnn_backend import TinygnnBackend
from tinygnn.value import Value

(TANH,) = select(all_cases(), "op/tanh/positive")
RIGHT: dict[str, Any] = dict(TinygnnBackend().run(TANH).outputs)


class Single:
    """A number of another type, whose own arithmetic rounds away all that makes it wrong."""

    def __init__(self, number: float) -> None:
        self.number = number

    def tolist(self) -> float:
        return array("f", [self.number]).tolist()[0]

    def __eq__(self, other: object) -> bool:
        return True

    def __float__(self) -> float:
        return self.number


class Long:
    """A number that no type of Python's can hold in full, as NumPy's longdouble: it gives itself."""

    def __init__(self, number: float) -> None:
        self.number = number

    def tolist(self) -> Long:
        return Long(self.number)

    def __float__(self) -> float:
        return self.number


class Answers:
    name, version = "answers", "1"

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def supports(self, case: Case) -> bool:
        return True

    def run(self, case: Case) -> Any:
        return self.answer


def verdict(answer: Any) -> tuple[str, str]:
    (outcome,) = run_cases([TANH], Answers(answer))
    return outcome.verdict, outcome.detail


@pytest.mark.parametrize("change", [Fraction, Value, Long])
def test_numbers_of_other_types_are_taken_for_what_they_are(change: Any) -> None:
    assert verdict(Result({name: change(x) for name, x in RIGHT.items()})) == ("pass", "")


def test_what_other_types_round_away_is_seen() -> None:
    assert verdict(Result({**RIGHT, "out": Single(RIGHT["out"])}))[0] == "wrong"


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (complex(RIGHT["out"]), "answered out with (0.59"),
        (str(RIGHT["out"]), "answered out with '0.59"),
        (True, "answered out with True, which is not a number"),
        ([[None]], "answered out with None, which is not a number"),
        (10**400, "answered out with an integer that no float can hold"),
    ],
    ids=["complex", "string", "bool", "none", "huge"],
)
def test_what_is_no_number_is_an_error(number: Any, said: str) -> None:
    found, detail = verdict(Result({**RIGHT, "out": number}))
    assert found == "error" and said in detail


@pytest.mark.parametrize("result", [None, RIGHT, Result((1.0, 2.0))])  # type: ignore[arg-type]
def test_what_is_no_result_is_an_error(result: Any) -> None:
    found, detail = verdict(result)
    assert found == "error" and "answers.run returned" in detail and "not a Result of names" in detail


def test_an_output_of_none_is_missing() -> None:
    assert verdict(Result({**RIGHT, "out": None})) == ("wrong", "out: missing")
