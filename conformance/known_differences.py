"""Known differences: exact case ids where a version of a backend departs from tinygnn, why, and how.

They are strict. A case that passes although it stands here, one that differs in another output or by
other numbers than recorded, and an id that no case has, all fail. They stand in `known/BACKEND-VERSION.json`:

    {"versions": ">=2.8,<2.9", "recorded_with": VERSION, "differences": {CASE ID: {
        "reason": a sentence, "upstream": an issue or "none found",
        "outputs": {NAME: all its numbers as the backend gives them; not finite ones as strings}}}}

Where the backend raises, "raises" with a part of its words stands in the place of "outputs".
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tinygnn.conformance.case import Named, Numbers, Result
from tinygnn.conformance.compare import Difference
from tinygnn.conformance.precision import FLOAT64
from tinygnn.nn.module import leaves, shape

FOLDER = Path(__file__).parent / "known"
# The last digits of a known difference vary with the processor: torch has code of its own for each.
SAME = 1e-9


@dataclass(frozen=True)
class Known:
    """Why a backend departs in a case, the issue that says so, and the outputs that depart.

    raises: a part of what it says instead of an answer, where it gives none. precision: the kind of numbers
    that it was recorded in.
    """

    reason: str
    upstream: str
    outputs: Mapping[str, Numbers]
    raises: str = ""
    precision: str = "float64"

    def matches(self, differences: Sequence[Difference], result: Result) -> bool:
        """Whether the outputs that fail are the recorded ones and no others, with these numbers."""
        failing = {difference.output for difference in differences if not difference.ok}
        return failing == set(self.outputs) and all(
            _same(numbers, result.outputs.get(name)) for name, numbers in self.outputs.items()
        )


def known_differences(backend: str, version: str | None = None) -> dict[str, Known]:
    """The known differences of a version of a backend by case id; without a version, those of the newest.

    None for a backend without a file, and for a version in no file's range: see `no_records`.
    """
    files = known_files(backend)
    chosen = [file for file in files if version is None or in_range(version, file["versions"])]
    if not chosen:
        return {}
    return known_from(chosen[-1])


def known_of(backend: Named) -> dict[str, Known]:
    """The known differences of a backend: those of its version, and of the numbers that it computes with.

    The latter stand in `known/BACKEND-float32-VERSION.json`, and go before.
    """
    kind = getattr(backend, "precision", FLOAT64)
    own = {} if kind is FLOAT64 else known_differences(f"{backend.name}-{kind.name}", backend.version)
    return {
        **known_differences(backend.name, backend.version),
        **{name: replace(known, precision=kind.name) for name, known in own.items()},
    }


def known_from(document: Mapping[str, Any]) -> dict[str, Known]:
    """The known differences of a document in the form above, by case id."""
    return {
        name: Known(record["reason"], record["upstream"], record.get("outputs", {}), record.get("raises", ""))
        for name, record in document["differences"].items()
    }


def no_records(backend: str, version: str) -> str:
    """A sentence where differences are recorded for other versions of the backend only, else ""."""
    ranges = [file["versions"] for file in known_files(backend)]
    if not ranges or any(in_range(version, span) for span in ranges):
        return ""
    return (
        f"known differences of {backend} are recorded for {' and '.join(ranges)}, none for {version}: "
        "all that differ fail"
    )


def known_files(backend: str) -> list[dict[str, Any]]:
    """The files of a backend, the oldest version first."""
    paths = [path for path in FOLDER.glob(f"{backend}-*.json") if path.name[len(backend) + 1].isdigit()]
    paths.sort(key=lambda path: release(path.stem[len(backend) + 1 :]))
    return [json.loads(path.read_text(encoding="utf-8")) for path in paths]


def in_range(version: str, versions: str) -> bool:
    """Whether a version lies in a range such as ">=2.8,<2.9".

    >>> [in_range(version, ">=2.8,<2.9") for version in ("2.8.1", "2.9.0", "2.10", "2.13.0+cpu")]
    [True, False, False, False]
    """
    return all(_holds(release(version), bound.strip()) for bound in versions.split(","))


def _holds(version: tuple[int, ...], bound: str) -> bool:
    operator = bound[:2] if bound[1] == "=" else bound[0]
    limit = release(bound[len(operator) :])
    width = max(len(version), len(limit))
    here, there = [(*parts, *[0] * (width - len(parts))) for parts in (version, limit)]
    return {">=": here >= there, "<": here < there, "==": here == there}[operator]


def release(version: str) -> tuple[int, ...]:
    """The numbers of a version, without what stands behind them.

    >>> release("2.13.0+cpu"), release("2.9.0.dev1")
    ((2, 13, 0), (2, 9, 0))
    """
    return tuple(map(int, re.findall(r"\d+", re.sub(r"[^\d.].*", "", version.strip()))))


def _same(recorded: Numbers, got: Numbers) -> bool:
    return shape(recorded) == shape(got) and all(
        a == b or (a != a and b != b) or math.isclose(a, b, rel_tol=SAME)
        for a, b in zip(map(float, leaves(recorded)), leaves(got))
    )
