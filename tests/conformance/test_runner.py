"""Verdicts, with backends made up for the purpose: no other package is needed."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tinygnn.conformance import Case, Result, all_cases, run_cases
from tinygnn.conformance.known_differences import Known, known_differences
from tinygnn.conformance.runner import unknown_ids
from tinygnn.conformance.selection import select
from tinygnn.conformance.tinygnn_backend import TinygnnBackend

CASES = all_cases()
MODEL = select(CASES, "model/gcn_conv/mixed-weighted")
TANH = select(CASES, "op/tanh/positive")


class Changed:
    """A backend of a third party: tinygnn's answers after a change of one's own."""

    name = "changed"
    version = "1"

    def __init__(
        self, change: Callable[[dict[str, Any]], dict[str, Any]], kinds: tuple[str, ...] = ()
    ) -> None:
        self.change = change
        self.kinds = kinds

    def supports(self, case: Case) -> bool:
        return not self.kinds or case.kind in self.kinds

    def run(self, case: Case) -> Result:
        return Result(self.change(dict(TinygnnBackend().run(case).outputs)))


def nothing(outputs: dict[str, Any]) -> dict[str, Any]:
    return outputs


def without_gradient_of_edge_weight(outputs: dict[str, Any]) -> dict[str, Any]:
    return {name: numbers for name, numbers in outputs.items() if name != "grad edge_weight"}


def gradient_of_x_off_by_a_thousandth(outputs: dict[str, Any]) -> dict[str, Any]:
    rows = outputs["grad x"]
    off = [[x * 1.001 for x in row] for row in rows] if isinstance(rows, list) else rows * 1.001
    return {**outputs, "grad x": off}


def broken(outputs: dict[str, Any]) -> dict[str, Any]:
    raise RuntimeError("a shape does not fit")


def test_a_backend_that_agrees_passes_everything() -> None:
    cases = select(CASES, quick=True)
    outcomes = list(run_cases(cases, Changed(nothing)))
    assert [outcome.case for outcome in outcomes] == cases
    assert {outcome.verdict for outcome in outcomes} == {"pass"}


@pytest.mark.parametrize(
    ("change", "verdict", "output"),
    [
        (without_gradient_of_edge_weight, "wrong", "grad edge_weight"),
        (gradient_of_x_off_by_a_thousandth, "wrong", "grad x"),
    ],
)
def test_a_wrong_or_missing_gradient_is_wrong(
    change: Callable[[dict[str, Any]], dict[str, Any]], verdict: str, output: str
) -> None:
    (outcome,) = run_cases(MODEL, Changed(change))
    assert outcome.verdict == verdict and outcome.failed
    assert [difference.output for difference in outcome.differences if not difference.ok] == [output]
    assert outcome.worst is not None and outcome.worst.output == output


def test_a_backend_that_raises_is_an_error_with_its_words() -> None:
    (outcome,) = run_cases(MODEL, Changed(broken))
    assert (outcome.verdict, outcome.failed) == ("error", True)
    assert outcome.detail == "changed raised RuntimeError: a shape does not fit"


def test_a_backend_that_ends_the_program_is_an_error() -> None:
    def ends(outputs: dict[str, Any]) -> dict[str, Any]:
        raise SystemExit(3)

    (outcome,) = run_cases(TANH, Changed(ends))
    assert (outcome.verdict, outcome.detail) == ("error", "changed raised SystemExit: 3")


@pytest.mark.parametrize(
    "changes", [{"supports": lambda case: 1 // 0}, {"supports": lambda case: 0, "lacks": lambda case: 1 // 0}]
)
def test_a_backend_that_fails_to_say_what_it_supports_is_an_error(changes: dict[str, Any]) -> None:
    backend = Changed(nothing)
    vars(backend).update(changes)
    (outcome,) = run_cases(TANH, backend)
    assert (outcome.verdict, outcome.detail) == (
        "error",
        "changed raised ZeroDivisionError: integer division or modulo by zero",
    )


def test_a_case_without_a_right_answer_is_an_error() -> None:
    (outcome,) = run_cases([replace(TANH[0], id="op/new")], Changed(nothing))
    assert outcome.verdict == "error"
    assert outcome.detail.startswith("no right answer is recorded for 'op/new'")


def test_two_cases_of_one_id_are_not_one() -> None:
    with pytest.raises(RuntimeError, match="op/tanh/positive stands there twice"):
        list(run_cases([*TANH, *TANH], Changed(nothing)))


class Drifting(Changed):
    """Every run gives the next larger float."""

    runs = 0

    def run(self, case: Case) -> Result:
        self.runs += 1
        outputs = dict(super().run(case).outputs)
        return Result({**outputs, "out": outputs["out"] + self.runs * math.ulp(outputs["out"])})


def test_runs_of_one_case_are_compared_with_each_other() -> None:
    (once,) = run_cases(TANH, Drifting(nothing))
    (thrice,) = run_cases(TANH, Drifting(nothing), repeat=3)
    assert (once.verdict, once.spread) == ("pass", 0.0)
    assert (thrice.verdict, thrice.spread) == ("pass", 2.0)


def test_ran_and_skipped_are_all_cases() -> None:
    cases = select(CASES, quick=True)
    outcomes = list(run_cases(cases, Changed(nothing, kinds=("op",))))
    skipped = [outcome for outcome in outcomes if outcome.verdict == "skipped"]
    assert len(outcomes) == len(cases)
    assert [outcome.case.kind != "op" for outcome in outcomes] == [outcome in skipped for outcome in outcomes]
    assert {outcome.detail for outcome in skipped} == {"changed does not run this kind of case"}


# ---- known differences are strict ----------------------------------------------------------------------


def known(**outputs: float) -> dict[str, Known]:
    named = {name.replace("_", " "): number for name, number in outputs.items()}
    return {TANH[0].id: Known("because", "none found", named)}


WRONG = TinygnnBackend().run(TANH[0]).outputs["grad x"] * 1.001


@pytest.mark.parametrize(
    ("change", "records", "verdict", "words"),
    [
        (gradient_of_x_off_by_a_thousandth, known(grad_x=WRONG), "known", "because"),
        (nothing, known(grad_x=WRONG), "wrong", "now it passes"),
        (gradient_of_x_off_by_a_thousandth, known(grad_x=WRONG * 1.001), "wrong", "in another way"),
        (gradient_of_x_off_by_a_thousandth, known(out=WRONG), "wrong", "in another way"),
        (gradient_of_x_off_by_a_thousandth, known(out=WRONG, grad_x=WRONG), "wrong", "in another way"),
        (gradient_of_x_off_by_a_thousandth, {}, "wrong", "more than rounding"),
        (broken, known(grad_x=WRONG), "error", "raised RuntimeError"),
    ],
)
def test_known_differences(
    change: Callable[[dict[str, Any]], dict[str, Any]], records: dict[str, Known], verdict: str, words: str
) -> None:
    (outcome,) = run_cases(TANH, Changed(change), known=records)
    assert outcome.verdict == verdict
    assert words in outcome.detail


@pytest.mark.parametrize(
    ("change", "words", "verdict"),
    [
        (broken, "a shape does not fit", "known"),
        (broken, "another matter", "error"),
        (nothing, "a shape does not fit", "wrong"),
        (gradient_of_x_off_by_a_thousandth, "a shape does not fit", "wrong"),
    ],
)
def test_a_recorded_exception_is_as_strict(
    change: Callable[[dict[str, Any]], dict[str, Any]], words: str, verdict: str
) -> None:
    records = {TANH[0].id: Known("because", "none found", {}, words)}
    (outcome,) = run_cases(TANH, Changed(change), known=records)
    assert outcome.verdict == verdict


def test_a_known_difference_of_no_case_is_named() -> None:
    records = {"op/tanh/gone": Known("because", "none found", {})}
    assert unknown_ids(CASES, "torch", records) == [
        "a known difference of torch is recorded for op/tanh/gone, but there is no such case"
    ]


@pytest.mark.parametrize("backend", ["torch", "pyg"])
def test_the_records_name_cases_that_exist_and_say_why(backend: str) -> None:
    records = known_differences(backend)
    assert unknown_ids(CASES, backend, records) == []
    assert all(record.reason and record.upstream for record in records.values())
    assert all(bool(record.outputs) != bool(record.raises) for record in records.values())


def test_a_backend_without_a_file_has_no_known_differences() -> None:
    assert known_differences("changed") == {}
