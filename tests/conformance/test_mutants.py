"""The suite is tested: each mistake planted into an operation, a loss or an optimizer is caught."""

from __future__ import annotations

from functools import cache

import pytest

pytest.importorskip("torch")

from tinygnn.conformance.cases import all_cases
from tinygnn.conformance.mutants import Mutant
from tinygnn.conformance.mutants.table import all_mutants, layer_mutants
from tinygnn.conformance.mutants.trials import try_mutant
from tinygnn.conformance.runner import Reference, run_cases
from tinygnn.conformance.selection import select
from tinygnn.conformance.torch_backend import TorchBackend

CASES = select(all_cases(), quick=True)
BY_ID = {case.id: case for case in CASES}
REFERENCE = Reference()
LAYERS = {mutant.name for mutant in layer_mutants()}
MUTANTS = [mutant for mutant in all_mutants() if mutant.name not in LAYERS]


@cache
def clean_verdict(id: str) -> str:
    [outcome] = run_cases([BY_ID[id]], TorchBackend(), REFERENCE)
    return outcome.verdict


def clean_verdicts(mutant: Mutant) -> dict[str, str]:
    return {case.id: clean_verdict(case.id) for case in mutant.tried_on(CASES)}


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_mutant_is_caught_and_what_it_does_not_touch_passes(mutant: Mutant) -> None:
    clean = clean_verdicts(mutant)
    assert not {"wrong", "error"} & set(clean.values())
    trial = try_mutant(mutant, CASES, REFERENCE, clean)
    assert trial.problem == ""
    assert trial.caught_by and trial.ordinary
    assert trial.own_ordinary or trial.all_trapped


def test_the_backend_is_itself_again_after_a_mutant() -> None:
    mutant = MUTANTS[0]
    cases = mutant.touched(CASES)
    before = list(run_cases(cases, TorchBackend(), REFERENCE))
    trial = try_mutant(mutant, CASES, REFERENCE)
    after = list(run_cases(cases, TorchBackend(), REFERENCE))
    assert list(map(repr, before)) == list(map(repr, after))  # nan is not nan
    assert trial.caught_by


def test_there_are_enough_mutants_and_each_says_what_it_changes() -> None:
    mutants = all_mutants()
    assert len(mutants) >= 60
    assert len({mutant.name for mutant in mutants}) == len(mutants)
    assert all(mutant.rule and mutant.touched(CASES) for mutant in mutants)
