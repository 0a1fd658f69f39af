"""The suite's cases and their right answers as data: `vectors/*.json`, one file for each layer.

    {"format": "tinygnn-conformance-vectors", "version": 2, "cases": [
    {"id": ..., "kind": ..., "call": ..., "inputs": ..., "bound": ..., "expected": ..., "magnitudes": ...},
    ...
    ]}

with one case to the line, in the forms of `vector_format` and as `schema/vectors.schema.json` says.
`index.json` names the files in order, and what the flags mean. All of them come from the tables of cases
and can be made again, to the byte, by

    python -m tinygnn.conformance.regenerate

which is also what to run after a change to a table. Reading them needs the standard library alone.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from tinygnn.collector import pause_collector
from tinygnn.conformance.case import Case
from tinygnn.conformance.compare import Expected
from tinygnn.conformance.vector_format import Record, case_of, expected_of

FOLDER = Path(__file__).parent / "vectors"
FORMAT = "tinygnn-conformance-vectors"
VERSION = 2


@dataclass(frozen=True)
class Vector:
    """A case and its right answer, whose numbers are made of the record once they are asked for."""

    case: Case
    record: Record = field(repr=False)

    @cached_property
    def expected(self) -> Expected:
        """The right answer."""
        return expected_of(self.record)


@cache
def load_vectors() -> list[Vector]:
    """Every vector of the suite, in order."""
    return read_vectors(FOLDER)


def find_vector(id: str) -> Vector:
    """The vector of that id. Raises KeyError, saying how to write one, where there is none."""
    try:
        return _by_id()[id]
    except KeyError:
        raise KeyError(
            f"no right answer is recorded for {id!r}: `python -m tinygnn.conformance.regenerate` "
            "records those of new cases in the tables"
        ) from None


@cache
def _by_id() -> dict[str, Vector]:
    return {vector.case.id: vector for vector in load_vectors()}


@pause_collector(look=False)
def read_vectors(folder: Path) -> list[Vector]:
    """The vectors in a folder. Raises ValueError for files of another format or version."""
    index = read(folder / "index.json")
    records = [record for name in index["files"] for record in read(folder / name)["cases"]]
    return [Vector(case_of(record), record) for record in records]


def read(path: Path) -> dict[str, Any]:
    """One file, if it is of this format and version."""
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if (content.get("format"), content.get("version")) != (FORMAT, VERSION):
        raise ValueError(
            f"{path} holds {content.get('format')!r}, version {content.get('version')!r}: "
            f"expected {FORMAT!r}, version {VERSION}"
        )
    return content
