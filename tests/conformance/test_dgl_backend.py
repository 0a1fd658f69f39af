"""The backend dgl: what it says where DGL is not installed, what it lacks, and what is recorded of it."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tinygnn.conformance import cli, dgl_backend
from tinygnn.conformance.api import every_case
from tinygnn.conformance.case import Case
from tinygnn.conformance.dgl_backend import DglBackend
from tinygnn.conformance.dgl_lacks import OF_LAYERS
from tinygnn.conformance.dgl_more_layers import LAYERS
from tinygnn.conformance.known_differences import known_differences, no_records
from tinygnn.conformance.runner import unknown_ids
from tinygnn.conformance.vectors import find_vector


def test_without_dgl_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    dgl_backend.import_dgl.cache_clear()
    monkeypatch.setitem(sys.modules, "dgl", None)
    assert cli.run(["--backend", "dgl"]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1
    assert "pip install dgl==1.1.3 torch" in err


def test_a_dgl_of_another_torch_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    dgl_backend.import_dgl.cache_clear()
    (tmp_path / "dgl.py").write_text("raise FileNotFoundError('no library for torch 2.13\\nat all')\n")
    monkeypatch.delitem(sys.modules, "dgl", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    assert cli.run(["--backend", "dgl"]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "cannot be imported (no library for torch 2.13): pip install dgl==1.1.3 torch" in err


def unmade() -> DglBackend:
    """What it lacks it says without DGL."""
    return DglBackend.__new__(DglBackend)


def test_its_records_are_of_cases_that_it_runs() -> None:
    known = known_differences("dgl", "1.1.3")
    assert len(known) >= 140
    assert unknown_ids(every_case(), "dgl", known) == []
    assert all(record.reason and record.upstream for record in known.values())
    assert all(unmade().supports(find_vector(name).case) for name in known)
    assert no_records("dgl", "1.1.3") == "" and "none for 2.1.0" in no_records("dgl", "2.1.0")


def test_it_runs_at_least_a_case_of_each_of_its_layers() -> None:
    ran = {case.call for case in every_case() if case.kind == "model" and unmade().supports(case)}
    assert ran == set(LAYERS) == set(OF_LAYERS)


def case(id: str, **options: object) -> Case:
    given = find_vector(id).case
    return replace(given, options={**given.options, **options})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (case("model/gcn_conv/path"), ""),
        (case("edge/25-edge-difference"), ""),
        (case("edge/08-tie"), ""),
        (case("model/gcn_conv/directed-improved"), "DGL's GraphConv has no option improved"),
        (case("model/edge_conv/path"), "DGL's EdgeConv has a linear map in the place of nn"),
        (case("model/gin_conv/path", conv={"nn": {"call": "MLP"}}), "an nn of MLP is PyG's"),
        (case("module/global_add_pool/three"), ""),
        (case("module/global_add_pool/unsorted"), "in DGL the nodes of a graph stand together"),
        (case("model/pair_norm/path"), "DGL has no PairNorm"),
        (case("optimizer/adam/amsgrad"), "DGL has neither optimizers nor models: they are PyTorch's"),
        (case("edge/18-relu"), "DGL has operations on graphs only: the others are PyTorch's"),
    ],
)
def test_it_says_what_it_lacks(given: Case, said: str) -> None:
    assert unmade().lacks(given) == said
