"""PyG's sparse and dense paths, on every case that they can run."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cache

import pytest

pytest.importorskip("torch")
pytest.importorskip("torch_geometric")
from tinygnn.conformance.api import every_case
from tinygnn.conformance.backends import BACKENDS
from tinygnn.conformance.case import Case
from tinygnn.conformance.known_differences import known_differences
from tinygnn.conformance.report import failures
from tinygnn.conformance.runner import Outcome, run_cases
from tinygnn.conformance.vectors import find_vector

PATHS = ["pyg-sparse", "pyg-dense"]


@cache
def outcomes(backend: str) -> list[Outcome]:
    return list(run_cases(every_case(), BACKENDS[backend]()))


def ran(backend: str, id: str) -> Outcome:
    return next(outcome for outcome in outcomes(backend) if outcome.case.id == id)


@pytest.mark.parametrize("backend", PATHS)
def test_no_case_fails_and_every_record_is_met(backend: str) -> None:
    failed = [outcome for outcome in outcomes(backend) if outcome.failed]
    assert not failed, "\n".join(failures(failed))
    verdicts = Counter(outcome.verdict for outcome in outcomes(backend))
    assert verdicts["known"] == len(known_differences(backend))
    assert verdicts["pass"] >= {"pyg-sparse": 500, "pyg-dense": 150}[backend]


@pytest.mark.parametrize("backend", PATHS)
def test_what_is_skipped_has_a_reason_of_its_own(backend: str) -> None:
    reasons = Counter(outcome.detail for outcome in outcomes(backend) if outcome.verdict == "skipped")
    assert len(reasons) >= 5
    assert all(reason.startswith(f"{backend}: ") for reason in reasons)


def test_a_second_self_loop_is_a_convention_of_the_sparse_path() -> None:
    outcome = ran("pyg-sparse", "edge/01-self-loop-gcnconv")
    assert (outcome.verdict, outcome.detail) == ("profile-difference", "self loops: added")


def test_weights_get_their_gradients_through_the_sparse_matrix() -> None:
    outcome = ran("pyg-sparse", "model/gcn_conv/directed-weighted")
    assert outcome.verdict == "pass"
    assert "grad edge_weight" in [difference.output for difference in outcome.differences]


def case(id: str) -> Case:
    return find_vector(id).case


@pytest.mark.parametrize(
    ("id", "settings", "said"),
    [
        ("model/gcn_conv/path", {"normalize": False}, "DenseGCNConv has no normalize=False"),
        ("model/sage_conv/path", {"aggr": "max"}, "DenseSAGEConv has no aggr='max'"),
        ("model/sage_conv/path", {"root_weight": False}, "DenseSAGEConv has no root_weight=False"),
        ("model/graph_conv/path", {"aggr": "min"}, "DenseGraphConv has no aggr='min'"),
        ("model/gat_conv/path", {"residual": True}, "DenseGATConv has no residual=True"),
    ],
)
def test_the_dense_layers_say_which_setting_they_lack(
    id: str, settings: dict[str, object], said: str
) -> None:
    given = case(id)
    changed = replace(given, options={**given.options, "conv": settings})
    backend = BACKENDS["pyg-dense"]()
    assert not backend.supports(changed)
    [outcome] = run_cases([changed], backend)
    assert (outcome.verdict, outcome.detail) == ("skipped", f"pyg-dense: {said}")
