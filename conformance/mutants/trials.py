"""Who notices a mutant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tinygnn.conformance.case import Case
from tinygnn.conformance.mutants.mutant import Mutant
from tinygnn.conformance.runner import Outcome, Reference, run_cases
from tinygnn.conformance.torch_backend import TorchBackend

# Verdicts that say: another number than expected. A wrong tie gives another subgradient.
DIFFERENT = ("wrong", "valid-subgradient", "profile-difference")


@dataclass(frozen=True)
class Trial:
    """What came of the cases of a mutant; clean: their verdicts without it, if not all pass."""

    mutant: Mutant
    outcomes: tuple[Outcome, ...]
    clean: Mapping[str, str] = field(default_factory=dict)

    @property
    def ran(self) -> int:
        return sum(outcome.verdict != "skipped" for outcome in self.outcomes)

    @property
    def caught_by(self) -> list[str]:
        """The ids of the cases that say the numbers are other ones, and did not say so without the mutant."""
        return [
            outcome.case.id
            for outcome in self.outcomes
            if outcome.verdict in DIFFERENT and self.clean.get(outcome.case.id) != outcome.verdict
        ]

    @property
    def ordinary(self) -> list[str]:
        """The ids of the cases without a flag that still pass."""
        return [o.case.id for o in self.outcomes if o.verdict == "pass" and not o.case.flags]

    @property
    def own_ordinary(self) -> list[str]:
        """Of those the ones of the calls that the mistake touches."""
        touched = {outcome.case.id for outcome in self.outcomes if self.mutant.touches(outcome.case)}
        return [name for name in self.ordinary if name in touched]

    @property
    def all_trapped(self) -> bool:
        """Whether every case of the calls that the mistake touches sets a trap."""
        return all(outcome.case.flags for outcome in self.outcomes if self.mutant.touches(outcome.case))

    @property
    def problem(self) -> str:
        """Why it is no good: nobody notices, it raises, or nothing ordinary passes; else nothing."""
        raised = [outcome for outcome in self.outcomes if outcome.verdict == "error"]
        if raised:
            return f"it raises in {raised[0].case.id}: {raised[0].detail}"
        if not self.caught_by:
            return "no case catches it"
        return "" if self.ordinary else "no ordinary case passes under it"


def try_mutant(
    mutant: Mutant, cases: Sequence[Case], reference: Reference, clean: Mapping[str, str] | None = None
) -> Trial:
    """Run the cases of the calls that it touches, and the controls, with the mutant planted."""
    with mutant.planted():
        outcomes = tuple(run_cases(mutant.tried_on(cases), TorchBackend(), reference))
    return Trial(mutant, outcomes, clean or {})
