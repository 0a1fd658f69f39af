"""The suite is tested: each mistake planted into a layer or a model is caught."""

from __future__ import annotations

from functools import cache

import pytest

pytest.importorskip("torch")

from tinygnn.conformance.cases import all_cases
from tinygnn.conformance.mutants import Mutant
from tinygnn.conformance.mutants.table import layer_mutants
from tinygnn.conformance.mutants.trials import try_mutant
from tinygnn.conformance.runner import Reference, run_cases
from tinygnn.conformance.selection import select
from tinygnn.conformance.torch_backend import TorchBackend

CASES = select(all_cases(), quick=True)
LAYER_CASES = select(CASES, "_conv/")
BY_ID = {case.id: case for case in CASES}
REFERENCE = Reference()
MUTANTS = {mutant.name: mutant for mutant in layer_mutants()}


@cache
def clean_verdict(id: str) -> str:
    [outcome] = run_cases([BY_ID[id]], TorchBackend(), REFERENCE)
    return outcome.verdict


def clean_verdicts(mutant: Mutant) -> dict[str, str]:
    return {case.id: clean_verdict(case.id) for case in mutant.tried_on(CASES)}


@pytest.mark.parametrize("mutant", MUTANTS.values(), ids=list(MUTANTS))
def test_the_mutant_is_caught_and_what_it_does_not_touch_passes(mutant: Mutant) -> None:
    clean = clean_verdicts(mutant)
    assert not {"wrong", "error"} & set(clean.values())
    trial = try_mutant(mutant, CASES, REFERENCE, clean)
    assert trial.problem == ""
    assert trial.caught_by and trial.ordinary
    assert trial.own_ordinary or trial.all_trapped


def test_a_dropped_weight_is_caught_by_its_gradient_of_0() -> None:
    """The outputs are wrong as well, but the gradient that never came says why."""
    with MUTANTS["sage: root weight dropped"].planted():
        (outcome,) = run_cases(select(CASES, "model/sage_conv/path-max"), TorchBackend(), REFERENCE)
    given = {d.output: d.got for d in outcome.differences if not d.ok}
    assert given["grad lin_r.weight"] == 0.0


@pytest.mark.parametrize(
    ("name", "flag"),
    [
        ("sage: normalize divides zeros by 1e-12", "zero-row"),
        ("sage: duplicate edges merged", "duplicate-edge"),
        ("sage: self loops left out", "self-loop"),
        ("sage: source and target swapped", "directed"),
        ("gat: self loops kept twice", "self-loop"),
        ("gat: edge features ignored", "edge-attr"),
        ("gat: self loops filled with zeros", "edge-attr"),
    ],
)
def test_a_mistake_shows_where_the_flag_says_and_nowhere_else(name: str, flag: str) -> None:
    trial = try_mutant(MUTANTS[name], LAYER_CASES, REFERENCE)
    flags = [outcome.case.flags for outcome in trial.outcomes if outcome.case.id in trial.caught_by]
    assert flags and all(flag in own for own in flags)
