"""The report of `--model` for programs: one line of JSON for every layer, see `schema/model.schema.json`."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tinygnn.conformance.checks import Check
from tinygnn.conformance.compare import Difference
from tinygnn.conformance.jsonl_report import number
from tinygnn.conformance.model_check import LayerReport

SCHEMA = Path(__file__).parent / "schema" / "model.schema.json"
VERSION = 1


def model_lines(
    reports: Sequence[LayerReport], model: str, weights: Path | None, data: str, version: str
) -> Iterator[str]:
    """A line for each call of a layer, in order; version: of torch_geometric."""
    words = ["tinygnn", "conformance", "--model", model, "--data", data]
    words += ["--weights", str(weights)] if weights is not None else []
    said = {"report": VERSION, "model": model, "data": data, "backend": "pyg", "version": version}
    for report in reports:
        record = {**said, **layer_record(report), "reproduce": shlex.join(words)}
        yield json.dumps(record, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def layer_record(report: LayerReport) -> dict[str, Any]:
    """A layer's report as JSON can hold it."""
    return {
        "layer": report.name,
        "kind": report.kind,
        "verdict": verdict_of(report),
        "failed": report.failed,
        "first": report.departs[0].what if report.departs else None,
        "known": report.known,
        "reason": report.reason,
        "note": report.note,
        "checks": list(map(check_record, report.checks)),
        "after": None if report.after is None else check_record(report.after),
    }


def verdict_of(report: LayerReport) -> str:
    """What came of a layer, in a word."""
    if report.failed:
        return "departs"
    return "known" if report.known else "pass" if report.checks else "not-compared"


def check_record(check: Check) -> dict[str, Any]:
    """One quantity of a layer."""
    return {
        "what": check.what,
        "count": check.count,
        "departing": check.departing,
        "chosen": check.chosen,
        "worst": None if check.worst is None else difference_record(check.worst),
        "first": None if check.first is None else {**difference_record(check.first), "where": check.where},
        "problem": check.problem,
    }


def difference_record(difference: Difference) -> dict[str, Any]:
    """One number."""
    return {
        "expected": number(difference.expected),
        "got": number(difference.got),
        "c": number(difference.ratio),
        "bound": number(difference.bound),
    }
