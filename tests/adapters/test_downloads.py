"""What is here is read here; what is not is PyG's to fetch."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from tinygnn.adapters import AdapterError, downloads, present_or_download
from tinygnn.adapters.source_text import parse_call


@pytest.fixture
def with_pyg(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads.importlib.util, "find_spec", lambda name: name)


def test_files_that_are_here_are_read_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = tmp_path / "Planetoid" / "Cora" / "raw"
    raw.mkdir(parents=True)
    (raw / "ind.cora.graph").write_bytes(b"")
    assert present_or_download(f"planetoid:Cora(root={str(tmp_path)!r})").startswith("planetoid:Cora(root=")
    monkeypatch.setenv("TINYGNN_DATA", str(tmp_path))
    assert present_or_download("planetoid:Cora") == "planetoid:Cora"


@pytest.mark.parametrize("source", ["karate", "edges.csv", "pyg:KarateClub", "nx:karate_club_graph"])
def test_other_sources_stay_as_they_are(source: str) -> None:
    assert present_or_download(source) == source


def test_what_is_not_here_comes_from_pyg(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, with_pyg: None
) -> None:
    monkeypatch.delenv("TINYGNN_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    source = present_or_download("tudataset:MUTAG")
    assert source.startswith("pyg:")
    call = parse_call(source.removeprefix("pyg:"))
    assert call.name == "TUDataset"
    assert dict(call.named) == {"name": "MUTAG", "root": str(tmp_path / "tinygnn" / "TUDataset")}


def test_without_pyg_the_error_says_both_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TINYGNN_DATA", raising=False)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(AdapterError, match="Set TINYGNN_DATA .*with PyG installed it is downloaded"):
        present_or_download("planetoid:Cora")
