"""`parametrize`: one pytest test for each case, seen from a third party's test file."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest

from tinygnn.conformance import parametrize
from tinygnn.conformance.known_differences import Known

pytest_plugins = ["pytester"]

BACKEND = """
import math
from tinygnn.conformance import Result, parametrize

class Tanh:
    name, version = "mine", "1.5"

    def supports(self, case):
        return case.call == "tanh"

    def run(self, case):
        out, slope = math.tanh(case.inputs["x"]), SLOPE
        return Result({"out": out, "grad x": slope * (1 - out * out) * case.cotangent * case.passes})
"""


def run(pytester: pytest.Pytester, text: str, *options: str, slope: str = "1") -> pytest.RunResult:
    """Run pytest on a file of its own, outside the repository."""
    pytester.makepyfile(test_mine=BACKEND.replace("SLOPE", slope) + text)
    return pytester.runpytest_inprocess("-p", "no:cacheprovider", "-p", "no:xdist", *options)


def test_there_is_one_test_for_each_case_by_its_id(pytester: pytest.Pytester) -> None:
    text = '@parametrize(Tanh(), k="op/tan")\ndef test_tanh(case):\n    assert case.call == "tanh"\n'
    done = run(pytester, text, "-v", "-rA")
    assert "test_mine.py::test_tanh[op/tanh/positive] PASSED" in str(done.stdout)
    assert done.ret == 0, str(done.stdout)


def test_a_skipped_case_is_a_skipped_test_with_its_reason(pytester: pytest.Pytester) -> None:
    text = '@parametrize(Tanh(), k="op/sin/")\ndef test_tanh():\n    raise SystemExit("not reached")\n'
    done = run(pytester, text, "-rs")
    assert done.ret == 0
    assert "mine does not run this kind of case" in str(done.stdout)
    assert "12 skipped" in str(done.stdout)


def test_a_wrong_case_fails_side_by_side_with_a_line_that_shows_it_again(pytester: pytest.Pytester) -> None:
    text = '@parametrize(Tanh(), k="op/tanh/positive")\ndef test_tanh(case):\n    pass\n'
    done = run(pytester, text, slope="1.001")
    assert done.ret == 1
    assert "wrong: op/tanh/positive on mine" in str(done.stdout)
    assert "grad x[0]" in str(done.stdout)
    again = next(line for line in done.outlines if "reproduce:" in line)
    assert again.strip() == "reproduce: pytest 'test_mine.py::test_tanh[op/tanh/positive]'"
    assert run(pytester, text, "test_mine.py::test_tanh[op/tanh/positive]", slope="1").ret == 0


def test_methods_fixtures_outcome_and_backend_are_given_by_name(pytester: pytest.Pytester) -> None:
    text = """
class TestMine:
    @parametrize(Tanh(), k="op/tanh/positive")
    def test_tanh(self, tmp_path, outcome, backend, request, case):
        assert tmp_path.is_dir() and outcome.verdict == "pass" and backend.name == "mine"
        assert case is outcome.case and case.id in request.node.nodeid
"""
    done = run(pytester, text)
    assert done.ret == 0, str(done.stdout)
    assert "1 passed" in str(done.stdout)


def test_the_body_may_fail_too(pytester: pytest.Pytester) -> None:
    text = '@parametrize(Tanh(), k="op/tanh/positive")\ndef test_tanh(outcome):\n    assert outcome.failed\n'
    assert "1 failed" in str(run(pytester, text).stdout)


def test_junit_holds_case_verdict_and_worst_error(pytester: pytest.Pytester) -> None:
    text = '@parametrize(Tanh(), k="op/tanh/positive")\ndef test_tanh():\n    pass\n'
    run(pytester, text, "--junitxml", "report.xml")
    [test] = ElementTree.parse(pytester.path / "report.xml").iter("testcase")
    found = {entry.attrib["name"]: entry.attrib["value"] for entry in test.iter("property")}
    assert found["conformance_case"] == "op/tanh/positive"
    assert found["conformance_backend"] == "mine 1.5"
    assert found["conformance_verdict"] == "pass"
    assert float(found["conformance_worst_ratio"]) < 8


def test_known_differences_are_expected_failures_and_strict(pytester: pytest.Pytester) -> None:
    text = """
from tinygnn.conformance import check
from tinygnn.conformance.known_differences import Known

got = check(Tanh(), k="op/tanh/positive").outcomes[0].differences[1].got
known = {"op/tanh/positive": Known("it doubles", "none found", {"grad x": 2 * got / SLOPE})}

@parametrize(Tanh(), k="op/tanh/positive", known=known)
def test_tanh():
    pass
"""
    assert "1 xfailed" in str(run(pytester, text.replace("SLOPE", "2"), slope="2").stdout)
    passing = run(pytester, text.replace("SLOPE", "1"), slope="1")
    assert "1 failed" in str(passing.stdout)
    assert "now it passes: remove the record" in " ".join(str(passing.stdout).split())


def test_a_known_difference_of_no_case_is_wrong_input() -> None:
    class Nothing:
        name, version = "mine", "1"

    with pytest.raises(ValueError, match="Nothing has no supports and no run"):
        parametrize(Nothing())  # type: ignore[arg-type]

    pytest.importorskip("torch")
    with pytest.raises(ValueError, match="recorded for op/gone, but there is no such case"):
        parametrize("torch", known={"op/gone": Known("gone", "none found", {})})
