"""`tinygnn conformance --mutants`."""

from __future__ import annotations

from collections.abc import Sequence

from tinygnn.conformance.case import Case
from tinygnn.conformance.mutants.mutant import CONTROLS
from tinygnn.conformance.mutants.report import lines
from tinygnn.conformance.mutants.table import all_mutants
from tinygnn.conformance.mutants.trials import try_mutant
from tinygnn.conformance.progress import shown
from tinygnn.conformance.runner import Reference, run_cases
from tinygnn.conformance.torch_backend import TorchBackend


def run_mutants(chosen: Sequence[Case], everything: Sequence[Case], verbose: bool) -> int:
    """Plant every mutant that touches a chosen case; return 1 where one is no good or a clean case fails."""
    backend, reference = TorchBackend(), Reference()
    cases = [case for case in chosen if backend.supports(case) and "long" not in case.flags]
    controls = [case for case in everything if case.id in CONTROLS]
    tried = list({case.id: case for case in (*cases, *controls)}.values())
    clean = list(shown(run_cases(tried, backend, reference), len(tried), "without mutants"))
    verdicts = {outcome.case.id: outcome.verdict for outcome in clean}
    failed = [outcome for outcome in clean if outcome.failed]
    mutants = [mutant for mutant in all_mutants() if mutant.touched(cases)]
    trials = [
        try_mutant(mutant, tried, reference, verdicts) for mutant in shown(mutants, len(mutants), "mutants")
    ]
    print(f"torch {backend.version}")
    for line in lines(trials, cases, verbose):
        print(line)
    for outcome in failed:
        print(f"FAILED without a mutant: {outcome.case.id}: {outcome.detail}")
    bad = [trial for trial in trials if trial.problem]
    print(f"FAILED: {len(bad) + len(failed)}" if bad or failed else f"all {len(trials)} mutants are caught")
    return int(bool(bad or failed))
