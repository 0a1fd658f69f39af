"""The report for programs: one line of JSON for every outcome, as `schema/report.schema.json` says."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from tinygnn.conformance.case import Named
from tinygnn.conformance.compare import Difference
from tinygnn.conformance.report import reproduction
from tinygnn.conformance.runner import Outcome
from tinygnn.conformance.selection import layer_of

SCHEMA = Path(__file__).parent / "schema" / "report.schema.json"
VERSION = 1


def jsonl_lines(runs: Sequence[tuple[Named, Sequence[Outcome]]]) -> Iterator[str]:
    """A line for each outcome: backend by backend, in the order of the cases."""
    for backend, outcomes in runs:
        for outcome in outcomes:
            yield json.dumps(
                record(outcome, backend.version), ensure_ascii=False, separators=(",", ":"), allow_nan=False
            )


def write_jsonl(path: Path, runs: Sequence[tuple[Named, Sequence[Outcome]]]) -> None:
    """Write the lines of all outcomes into a file."""
    write_lines(path, jsonl_lines(runs))


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """Write lines into a file.

    Raises ValueError where the file cannot be written.
    """
    try:
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    except OSError as error:
        raise ValueError(f"{path}: cannot be written: {error.strerror}") from error


def record(outcome: Outcome, version: str) -> dict[str, Any]:
    """An outcome as JSON can hold it."""
    case, worst = outcome.case, outcome.worst
    return {
        "report": VERSION,
        "case": case.id,
        "kind": case.kind,
        "layer": layer_of(case),
        "flags": list(case.flags),
        "equation": case.equation,
        "backend": outcome.backend,
        "version": version,
        "verdict": outcome.verdict,
        "failed": outcome.failed,
        "detail": outcome.detail,
        "worst": None if worst is None else worst.output,
        "differences": [difference_record(difference) for difference in outcome.differences],
        "reproduce": reproduction(outcome),
    }


def difference_record(difference: Difference) -> dict[str, Any]:
    """The worst number of one output."""
    return {
        "output": difference.output,
        "index": difference.index,
        "expected": number(difference.expected),
        "got": number(difference.got),
        "error": number(difference.error),
        "c": number(difference.ratio),
        "bound": number(difference.bound),
        "ulps": number(difference.ulps),
        "ok": difference.ok,
        "problem": difference.problem,
    }


def number(x: float) -> float | str:
    """A number as JSON has it; nan and the infinities are strings.

    >>> number(0.5), number(float("-inf"))
    (0.5, '-inf')
    """
    return x if math.isfinite(x) else str(x)
