"""The suite itself: tinygnn beside torch and beside PyG, every case."""

from __future__ import annotations

from collections import Counter

import pytest

from tinygnn.conformance.backends import BACKENDS
from tinygnn.conformance.case import Backend
from tinygnn.conformance.cases import all_cases
from tinygnn.conformance.compare import EPS, TRAINING_TOLERANCE
from tinygnn.conformance.known_differences import known_differences
from tinygnn.conformance.report import failures
from tinygnn.conformance.runner import Outcome, Reference, run_cases

pytest.importorskip("torch")
pytest.importorskip("torch_geometric")

CASES = all_cases()


@pytest.fixture(scope="module")
def outcomes() -> dict[str, list[Outcome]]:
    reference = Reference()
    backends: list[Backend] = [BACKENDS["torch"](), BACKENDS["pyg"]()]
    return {backend.name: list(run_cases(CASES, backend, reference)) for backend in backends}


@pytest.mark.parametrize("backend", ["torch", "pyg"])
def test_no_case_fails(backend: str, outcomes: dict[str, list[Outcome]]) -> None:
    failed = [outcome for outcome in outcomes[backend] if outcome.failed]
    assert not failed, "\n".join(failures(failed))


@pytest.mark.parametrize("backend", ["torch", "pyg"])
def test_every_case_is_accounted_for(backend: str, outcomes: dict[str, list[Outcome]]) -> None:
    verdicts = Counter(outcome.verdict for outcome in outcomes[backend])
    assert [outcome.case.id for outcome in outcomes[backend]] == [case.id for case in CASES]
    excused = verdicts["valid-subgradient"] + verdicts["profile-difference"]
    assert verdicts["pass"] + verdicts["known"] + verdicts["skipped"] + excused == len(CASES)
    assert excused <= 1, "PyG's conventions are those of the profiles"
    assert verdicts["known"] == len(known_differences(backend))


def test_torch_runs_all_but_some_layers_and_modules(outcomes: dict[str, list[Outcome]]) -> None:
    """PyG runs those: no case is skipped by both. Of readouts and poolings PyTorch has none but LSTM.

    PyG's own MLP, with its norms and settings, is a matter of PyG too.
    """
    skipped = {name: [o.case for o in done if o.verdict == "skipped"] for name, done in outcomes.items()}
    assert {case.kind for case in skipped["torch"]} <= {"model", "module"}
    assert {case.call for case in skipped["torch"] if "x_width" not in case.options} & {
        "GCNConv",
        "SAGEConv",
        "GATConv",
        "LSTM",
    } == set()
    assert [case.id for case in skipped["torch"] if case.id.startswith("model/mlp/")] == []
    assert {case.kind for case in skipped["pyg"]} == {"op", "optimizer", "schedule"}
    assert {case.id for case in skipped["torch"]} & {case.id for case in skipped["pyg"]} == set()


@pytest.mark.parametrize("backend", ["torch", "pyg"])
def test_training_stays_together_for_200_steps(backend: str, outcomes: dict[str, list[Outcome]]) -> None:
    runs = [outcome for outcome in outcomes[backend] if outcome.case.kind == "training"]
    assert len(runs) == 2
    for outcome in runs:
        (loss,) = outcome.differences
        assert loss.ratio * EPS < TRAINING_TOLERANCE
        assert outcome.case.options["steps"] == 200


def test_passing_cases_are_far_from_their_bound(outcomes: dict[str, list[Outcome]]) -> None:
    """The bounds hold in the worst case; were the usual one near them, they would be too narrow."""
    for backend in ("torch", "pyg"):
        for outcome in outcomes[backend]:
            if outcome.verdict == "pass" and outcome.worst is not None:
                assert outcome.worst.ratio <= outcome.worst.bound / 2.0, outcome.case.id
