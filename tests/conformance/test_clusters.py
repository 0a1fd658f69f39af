"""Failures are put together where backends give the same wrong numbers, and where a mistake is the same."""

from __future__ import annotations

import math

import pytest

from tinygnn.conformance.case import Case
from tinygnn.conformance.clusters import clusters, departure, without_numbers
from tinygnn.conformance.compare import Difference
from tinygnn.conformance.runner import Outcome

RIGHT = {"out": [1.0, -3.0], "grad x": [[2.0, 0.5]]}
A, B, C = (Case(f"model/{name}", "model", layer, {}) for name, layer in (("a", "X"), ("b", "X"), ("c", "Y")))


def wrong(case: Case, backend: str, **answers: object) -> Outcome:
    differences = [Difference(name.replace("_", " "), ratio=1e9, bound=9.0) for name in answers]
    given = {name.replace("_", " "): value for name, value in answers.items()}
    return Outcome(case, backend, "wrong", "the numbers differ", tuple(differences), answers=given)


def found(*runs: list[Outcome]) -> list[tuple[tuple[str, ...], str, list[str]]]:
    right = {case.id: RIGHT for case in (A, B, C)}
    return [
        (each.backends, each.mistake, [w.case.id for w in each.members]) for each in clusters(runs, right)
    ]


def test_the_same_wrong_numbers_of_two_backends_are_one_failure() -> None:
    one = wrong(A, "p", grad_x=[[4.0, 1.0]])
    other = wrong(A, "q", grad_x=[[4.0 + 1e-12, 1.0]])
    assert found([one], [other]) == [(("p", "q"), "grad x: 2 times the right numbers", ["model/a"])]


@pytest.mark.parametrize(
    "other",
    [
        wrong(A, "q", grad_x=[[4.0, 1.1]]),
        wrong(A, "q", out=[2.0, -6.0]),
        wrong(A, "q", grad_x=[[4.0, 1.0]], out=[0.0, 0.0]),
        Outcome(A, "q", "error", "q raised ValueError: no"),
    ],
    ids=["other numbers", "another output", "more outputs", "an error"],
)
def test_other_wrong_answers_to_a_case_are_failures_of_their_own(other: Outcome) -> None:
    assert len(found([wrong(A, "p", grad_x=[[4.0, 1.0]])], [other])) == 2


def test_a_mistake_that_has_a_name_gathers_cases_of_all_layers_the_most_first() -> None:
    half = wrong(B, "p", out=[0.5, -1.5])
    signs = [wrong(case, "p", grad_x=[[-2.0, -0.5]]) for case in (A, C)]
    assert found([half, *signs]) == [
        (("p",), "grad x: the other sign", ["model/a", "model/c"]),
        (("p",), "out: 1/2 times the right numbers", ["model/b"]),
    ]


def test_just_other_numbers_gather_cases_of_one_layer() -> None:
    outcomes = [wrong(case, "p", out=[7.0, 8.0]) for case in (A, B, C)]
    assert found(outcomes) == [
        (("p",), "X, out: other numbers", ["model/a", "model/b"]),
        (("p",), "Y, out: other numbers", ["model/c"]),
    ]


def test_errors_are_alike_up_to_the_numbers_in_their_words() -> None:
    said = [Outcome(case, "p", "error", f"p raised IndexError: {k}") for k, case in enumerate((A, B))]
    said.append(Outcome(A, "q", "error", "q raised IndexError: 7"))
    assert [(c.backends, c.detail, len(c.members)) for c in clusters([said], {})] == [
        (("p", "q"), "raised IndexError: #", 1),
        (("p",), "raised IndexError: #", 1),
    ]


def test_passing_and_known_outcomes_are_in_no_cluster() -> None:
    assert clusters([[Outcome(A, "p", "pass"), Outcome(B, "p", "known", "why")]], {}) == []


@pytest.mark.parametrize(
    ("got", "says"),
    [
        ([3.0, -9.0, 0.0], "3 times the right numbers"),
        ([0.75, -2.25, 0.0], "3/4 times the right numbers"),
        ([1.001, -3.003, 0.0], "a multiple of the right numbers"),
        ([1.0 + 1e-7, -3.0, 1e-8], "nearly the right numbers"),
        ([0.0, 0.0, 0.0], "0 in the place of numbers"),
        ([math.nan, -3.0, 0.0], "nan in the place of numbers"),
        ([math.inf, -3.0, 0.0], "other numbers"),
        ([0.0, 1.0, -3.0], "the right numbers in another order"),
        ([2.0, -6.0, 1.0], "other numbers"),
        ([1.0, -6.0, 0.0], "other numbers"),
        ([[2.0], [-6.0], [0.0]], "other numbers"),
        (None, "other numbers"),
    ],
)
def test_a_departure_is_named(got: object, says: str) -> None:
    assert departure(got, [1.0, -3.0, 0.0]) == says


def test_numbers_in_words_do_not_tell_mistakes_apart() -> None:
    assert without_numbers("shape (2, 3), expected (1,) at 1.5e-3") == "shape (#, #), expected (#,) at #"
