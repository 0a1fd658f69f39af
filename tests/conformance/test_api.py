"""`check`: the suite as a function, and its report."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from tinygnn.conformance import Case, Result, Unsupported, check
from tinygnn.conformance.api import every_case
from tinygnn.conformance.known_differences import Known


class Tanh:
    """Somebody's implementation of tanh; `slope` times its derivative."""

    name = "mine"
    version = "1.5"

    def __init__(self, slope: float = 1.0) -> None:
        self.slope = slope

    def supports(self, case: Case) -> bool:
        return case.call == "tanh"

    def run(self, case: Case) -> Result:
        x = case.inputs["x"]
        out = math.tanh(x)
        if math.isinf(x):
            raise Unsupported("mine knows no infinity")
        return Result({"out": out, "grad x": self.slope * (1.0 - out * out) * case.cotangent * case.passes})


def test_every_case_has_an_outcome_and_counts_add_up() -> None:
    report = check(Tanh())
    assert [outcome.case.id for outcome in report.outcomes] == [case.id for case in every_case()]
    assert report.ran + report.skipped == report.cases == len(report.outcomes)
    assert 5 <= report.ran == report.counts["pass"] <= 12
    assert report.ok
    assert str(report).startswith(f"mine 1.5: {report.cases} cases, {report.ran} ran: {report.ran} pass")


def test_a_wrong_gradient_is_printed_side_by_side() -> None:
    report = check(Tanh(1.001), k="op/tanh/positive")
    assert not report.ok
    assert [outcome.verdict for outcome in report.failures] == ["wrong"]
    text = str(report)
    assert "wrong: op/tanh/positive on mine" in text
    assert "grad x[0]" in text
    assert "out[0]" not in text
    assert "reproduce: check(Tanh(...), k='op/tanh/positive')" in text


def test_what_a_backend_finds_it_cannot_run_is_skipped_for_its_reason() -> None:
    report = check(Tanh(), layer="tanh", flag="infinite")
    assert report.skipped == report.cases >= 2
    assert {outcome.detail for outcome in report.outcomes} == {"mine knows no infinity"}
    assert not report.ok  # nothing ran


def test_a_built_in_backend_has_a_name() -> None:
    pytest.importorskip("torch")
    assert check("torch", k="op/tanh/").ok
    with pytest.raises(ValueError, match="no built-in backend is called 'tf'"):
        check("tf")


def test_cases_may_be_given() -> None:
    [case] = [case for case in every_case() if case.id == "op/tanh/positive"]
    report = check(Tanh(), cases=[case, replace(case, id="op/tanh/another")])
    assert [outcome.case.id for outcome in report.outcomes] == ["op/tanh/positive", "op/tanh/another"]


def test_a_choice_without_cases_is_wrong_input() -> None:
    with pytest.raises(ValueError, match="no case's id holds 'op/tahn'"):
        check(Tanh(), k="op/tahn")
    with pytest.raises(ValueError, match="none of these [0-9]+ cases has all of --flag duplicate-edge"):
        check(Tanh(), layer="tanh", flag="duplicate-edge")


def test_a_class_and_a_thing_that_is_no_backend_are_wrong_input() -> None:
    with pytest.raises(ValueError, match=r"give an instance, Tanh\(\)"):
        check(Tanh)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"float has no name and no version and no supports and no run"):
        check(1.0)  # type: ignore[arg-type]


def test_known_differences_are_strict(tmp_path: Path) -> None:
    name = "op/tanh/positive"
    numbers = check(Tanh(2.0), k=name).outcomes[0].differences[1]
    known = {name: Known("mine doubles it", "none found", {"grad x": numbers.got})}
    assert check(Tanh(2.0), k=name, known=known).counts == {"known": 1}
    assert check(Tanh(), k=name, known=known).counts == {"wrong": 1}  # it passes now
    assert check(Tanh(3.0), k=name, known=known).counts == {"wrong": 1}  # in another way
    lost = check(Tanh(), k=name, known={"op/tanh/gone": known[name]})
    assert not lost.ok
    assert "there is no such case" in str(lost)
    record = {"reason": "doubled", "upstream": "none found", "outputs": {"grad x": numbers.got}}
    file = tmp_path / "mine.json"
    file.write_text(json.dumps({"recorded_with": "1.5", "differences": {name: record}}))
    assert check(Tanh(2.0), k=name, known=file).ok
