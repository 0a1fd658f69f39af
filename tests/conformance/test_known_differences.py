"""Known differences stand in a file for each version of a backend."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tinygnn.conformance import known_differences as module
from tinygnn.conformance.known_differences import in_range, known_differences, no_records, release


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Files of a backend in two versions, and of another one whose name begins alike."""
    for name, versions, reason in (
        ("made-2.9", ">=2.9,<2.11", "old"),
        ("made-2.11", ">=2.11", "new"),
        ("made-sparse-1.0", "==1.0", "other"),
    ):
        record = {"reason": reason, "upstream": "none found", "outputs": {"out": 1.0}}
        text = json.dumps({"versions": versions, "recorded_with": "x", "differences": {"op/a/b": record}})
        (tmp_path / f"{name}.json").write_text(text, encoding="utf-8")
    monkeypatch.setattr(module, "FOLDER", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("version", "reason"),
    [("2.9.0", "old"), ("2.10.3+cpu", "old"), ("2.11", "new"), ("3.0.0", "new"), (None, "new")],
)
def test_the_installed_version_chooses_the_file(folder: Path, version: str | None, reason: str) -> None:
    assert known_differences("made", version)["op/a/b"].reason == reason


def test_a_version_outside_of_every_range_has_none_and_says_so(folder: Path) -> None:
    assert known_differences("made", "2.8.9") == {}
    assert no_records("made", "2.8.9") == (
        "known differences of made are recorded for >=2.9,<2.11 and >=2.11, none for 2.8.9: "
        "all that differ fail"
    )
    assert no_records("made", "2.9.1") == no_records("unheard-of", "1") == ""


def test_a_name_that_another_begins_with_is_another_backend(folder: Path) -> None:
    assert known_differences("made-sparse", "1.0.0")["op/a/b"].reason == "other"
    assert known_differences("made-sparse", "1.0.1") == {}


def test_versions_are_numbers_not_texts() -> None:
    assert in_range("2.13.0+cpu", ">=2.9") and not in_range("2.9", ">=2.13")
    assert (release("2.9.0.dev20260101"), release("1.0rc1")) == ((2, 9, 0), (1, 0))


@pytest.mark.parametrize("path", sorted(module.FOLDER.glob("*.json")), ids=lambda path: path.stem)
def test_every_file_says_which_versions_it_is_for_and_holds_for_the_one_it_was_made_with(path: Path) -> None:
    file = json.loads(path.read_text(encoding="utf-8"))
    assert set(file) == {"versions", "recorded_with", "differences"}
    assert in_range(file["recorded_with"], file["versions"])
    assert not in_range("0.0.1", file["versions"]) and not in_range("99.0", file["versions"])
    for record in file["differences"].values():
        assert record["reason"] and record["upstream"]
        assert bool(record.get("outputs")) != bool(record.get("raises"))
