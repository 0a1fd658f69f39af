"""Every finding's script shows what it says, with that library alone; DGL's in test_findings_with_dgl."""

from __future__ import annotations

import contextlib
import io
import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("torch_geometric")

from tinygnn.conformance.known_differences import FOLDER, known_differences
from tinygnn.conformance.vectors import load_vectors

FINDINGS = Path(__file__).parents[2] / "conformance" / "FINDINGS.md"


@dataclass(frozen=True)
class Finding:
    """A section of the document."""

    number: int
    title: str
    text: str

    @property
    def script(self) -> str:
        return self.block("python")

    def block(self, language: str) -> str:
        (found,) = re.findall(rf"```{language}\n(.*?)```", self.text, re.DOTALL)
        return str(found)

    def entry(self, name: str) -> str:
        """What stands behind `- NAME:`."""
        found = re.search(rf"^- {name}: (.*?)(?=^- |^\n)", self.text, re.DOTALL | re.MULTILINE)
        assert found, f"finding {self.number} has no entry {name}"
        return found[1].strip()

    @property
    def cases(self) -> list[str]:
        return re.findall(r"`([a-z]+/[^`]+)`", self.entry("Cases"))


def findings() -> list[Finding]:
    parts = re.split(r"^## (\d+)\. (.*)\n", FINDINGS.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return [Finding(int(n), title, text) for n, title, text in zip(parts[::3], parts[1::3], parts[2::3])]


ALL = findings()
IN_DGL = [finding for finding in ALL if finding.script.startswith("import dgl\n")]
HERE = [finding for finding in ALL if finding not in IN_DGL]


@pytest.mark.parametrize("finding", HERE, ids=lambda finding: str(finding.number))
def test_the_script_prints_what_stands_under_it(finding: Finding) -> None:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(finding.script, f"{FINDINGS.name}, finding {finding.number}", "exec"), {})
    assert printed.getvalue() == finding.block("text")


@pytest.mark.parametrize("finding", ALL, ids=lambda finding: str(finding.number))
def test_the_script_needs_the_library_alone_and_prints_both_numbers(finding: Finding) -> None:
    imported = re.findall(r"^(?:from|import) (\w+)", finding.script, re.MULTILINE)
    library = {"torch_geometric", "warnings"} if finding in HERE else {"dgl"}
    assert set(imported) <= {"torch", *library}
    assert "right" in finding.block("text") or finding.number == 19, "both numbers are right there"


@pytest.mark.parametrize("finding", ALL, ids=lambda finding: str(finding.number))
def test_it_says_where_it_is_found_and_what_is_right(finding: Finding) -> None:
    for name in ("In", "Right", "Upstream"):
        assert finding.entry(name)
    ids = {vector.case.id for vector in load_vectors()}
    assert finding.cases and set(finding.cases) <= ids


def test_cases_that_no_file_records_are_called_conventions_or_are_got_around() -> None:
    recorded = {
        name for path in FOLDER.glob("*.json") for name in json.loads(path.read_text())["differences"]
    }
    others = {finding.number: finding for finding in ALL if set(finding.cases) - recorded}
    assert {number for number, f in others.items() if "a convention" not in f.text} == {33}
    assert "which the suite runs with torch's default dtype set" in others[33].entry("Cases")


def test_they_are_counted_without_a_gap() -> None:
    assert [finding.number for finding in ALL] == list(range(1, len(ALL) + 1))


@pytest.mark.parametrize("backend", ["torch", "pyg"])
def test_every_known_difference_is_a_finding(backend: str) -> None:
    named = {name for finding in ALL for name in finding.cases}
    assert set(known_differences(backend)) - named == set()


@pytest.mark.parametrize("backend", ["pyg-sparse", "pyg-dense"])
def test_every_reason_for_known_differences_of_other_paths_is_a_finding(backend: str) -> None:
    named = {name for finding in ALL for name in finding.cases}
    reasons: dict[str, list[str]] = {}
    for name, known in known_differences(backend).items():
        reasons.setdefault(known.reason, []).append(name)
    assert [reason for reason, ids in reasons.items() if not named & set(ids)] == []
