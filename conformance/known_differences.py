"""Known differences: exact case ids where a backend departs from tinygnn, why, and how.

They are strict. A case that passes although it stands here, one that differs in another output or by
other numbers than recorded, and an id that no case has, all fail. They stand in `known/BACKEND.json`:

    {"recorded_with": VERSION, "differences": {CASE ID: {
        "reason": a sentence, "upstream": an issue or "none found",
        "outputs": {NAME: all its numbers as the backend gives them; not finite ones as strings}}}}
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinygnn.conformance.case import Numbers, Result
from tinygnn.conformance.compare import Difference
from tinygnn.nn.module import leaves, shape

FOLDER = Path(__file__).parent / "known"
# The last digits of a known difference vary with the processor: torch has code of its own for each.
SAME = 1e-9


@dataclass(frozen=True)
class Known:
    """Why a backend departs in a case, the issue that says so, and the outputs that depart."""

    reason: str
    upstream: str
    outputs: Mapping[str, Numbers]

    def matches(self, differences: Sequence[Difference], result: Result) -> bool:
        """Whether the outputs that fail are the recorded ones and no others, with these numbers."""
        failing = {difference.output for difference in differences if not difference.ok}
        return failing == set(self.outputs) and all(
            _same(numbers, result.outputs.get(name)) for name, numbers in self.outputs.items()
        )


def known_differences(backend: str) -> dict[str, Known]:
    """The known differences of a backend by case id; none for a backend without a file."""
    path = FOLDER / f"{backend}.json"
    if not path.exists():
        return {}
    return known_from(json.loads(path.read_text(encoding="utf-8")))


def known_from(document: Mapping[str, Any]) -> dict[str, Known]:
    """The known differences of a document in the form above, by case id."""
    return {
        name: Known(record["reason"], record["upstream"], record["outputs"])
        for name, record in document["differences"].items()
    }


def _same(recorded: Numbers, got: Numbers) -> bool:
    return shape(recorded) == shape(got) and all(
        a == b or (a != a and b != b) or math.isclose(a, b, rel_tol=SAME)
        for a, b in zip(map(float, leaves(recorded)), leaves(got))
    )
