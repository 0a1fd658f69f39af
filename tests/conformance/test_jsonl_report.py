"""The report for programs keeps its schema."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tinygnn.conformance.cases import all_cases
from tinygnn.conformance.compare import Difference
from tinygnn.conformance.jsonl_report import SCHEMA, jsonl_lines
from tinygnn.conformance.runner import VERDICTS, Outcome
from tinygnn.conformance.tinygnn_backend import TinygnnBackend

jsonschema: Any = pytest.importorskip("jsonschema")

CASES = all_cases()
DIFFERENCES = (
    Difference("out", 3, 0.5, 0.25, 0.25, 1e15, 12.0, 1e15),
    Difference("grad x", 0, float("nan"), float("-inf"), float("inf"), float("inf"), 12.0, float("inf")),
    Difference("loss", problem="missing"),
)
OUTCOMES = [Outcome(case, "tinygnn", verdict, "why", DIFFERENCES) for case, verdict in zip(CASES, VERDICTS)]


def records(outcomes: list[Outcome]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in jsonl_lines([(TinygnnBackend(), outcomes)])]


def validator() -> Any:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_a_line_of_every_verdict_fits_the_schema() -> None:
    check = validator()
    found = records(OUTCOMES)
    assert [record["verdict"] for record in found] == list(VERDICTS)
    for record in found:
        check.validate(record)


@pytest.mark.parametrize(
    "change",
    [
        {"verdict": "fine"},
        {"failed": True},
        {"extra": 1},
        {"report": 2},
        {"differences": [{"output": "out"}]},
    ],
)
def test_the_schema_refuses_other_lines(change: dict[str, Any]) -> None:
    (record,) = records(OUTCOMES[:1])
    assert validator().is_valid(record)
    assert not validator().is_valid({**record, **change})


def test_numbers_that_json_lacks_are_strings_and_others_keep_every_bit() -> None:
    (record,) = records([Outcome(CASES[0], "tinygnn", "wrong", "why", DIFFERENCES)])
    first, second, _ = record["differences"]
    assert (first["expected"], first["got"], first["index"]) == (0.5, 0.25, 3)
    assert (second["expected"], second["got"], second["c"]) == ("nan", "-inf", "inf")
    assert record["worst"] == "grad x"
    assert record["reproduce"] == f"tinygnn conformance --backend tinygnn -k {CASES[0].id}"


def test_a_line_is_one_line_of_its_own() -> None:
    lines = list(jsonl_lines([(TinygnnBackend(), [Outcome(CASES[0], "tinygnn", "error", "a\nb\u2028c")])]))
    assert len(lines) == 1 and "\n" not in lines[0]
    assert json.loads(lines[0])["detail"] == "a\nb\u2028c"
