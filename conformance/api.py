"""`check`: run the suite on a backend and have everything that came of it in one object."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from os import PathLike
from pathlib import Path
from typing import Any

from tinygnn.conformance import report
from tinygnn.conformance.case import Backend, Case
from tinygnn.conformance.known_differences import Known, known_differences, known_from
from tinygnn.conformance.runner import Outcome, Reference, run_cases, unknown_ids
from tinygnn.conformance.selection import choose
from tinygnn.conformance.vectors import load_vectors

KnownDifferences = Mapping[str, Known] | str | PathLike[str]


@dataclass(frozen=True)
class Report:
    """What came of the cases on one backend.

    outcomes: one for each case, in order. problems: what is wrong with the run as a whole, such as a known
    difference recorded for a case that does not exist. Printed, it is a summary and every failure.
    """

    backend: str
    version: str
    outcomes: Sequence[Outcome]
    problems: Sequence[str] = ()

    @property
    def counts(self) -> dict[str, int]:
        """How many cases have each verdict that occurs."""
        return dict(Counter(outcome.verdict for outcome in self.outcomes))

    @property
    def cases(self) -> int:
        return len(self.outcomes)

    @property
    def skipped(self) -> int:
        return self.counts.get("skipped", 0)

    @property
    def ran(self) -> int:
        return self.cases - self.skipped

    @property
    def failures(self) -> list[Outcome]:
        """The outcomes that are wrong or errors."""
        return [outcome for outcome in self.outcomes if outcome.failed]

    @property
    def ok(self) -> bool:
        """Whether something ran and nothing failed."""
        return self.ran > 0 and not self.failures and not self.problems

    def __str__(self) -> str:
        lines = [*report.failures(self.outcomes), *report.summary(self.backend, self.version, self.outcomes)]
        return "\n".join([*lines, *self.problems]).lstrip("\n")


def check(
    backend: Backend | str,
    *,
    k: str = "",
    layer: str | None = None,
    flag: str | None = None,
    quick: bool = False,
    cases: Sequence[Case] | None = None,
    known: KnownDifferences | None = None,
) -> Report:
    """Run cases on a backend and report on every one of them.

    backend: an object with `name`, `version`, `supports(case)` and `run(case) -> Result`, or the name of a
    built-in one. k: only the case of this id, or ids that hold this text. layer: only this layer or
    operation. flag: only cases with this flag. quick: a few of them that have everything once.
    cases: these instead of all. known: the backend's known differences, or the file that holds them;
    without it those that the suite records for its name. Known differences are strict: one that passes, or
    differs in another way, is wrong.

    Raises ValueError where no case is chosen, or an object is no backend.
    """
    found, chosen, recorded, problems = prepared(backend, k, layer, flag, quick, cases, known)
    outcomes = list(run_cases(chosen, found, shared_reference(), recorded))
    if not isinstance(backend, str):  # the command does not know it by its name
        made = f"check({type(found).__name__}(...), k="
        outcomes = [replace(o, again=o.again or f"{made}{o.case.id!r})") for o in outcomes]
    return Report(found.name, found.version, outcomes, problems)


def prepared(
    backend: Backend | str,
    k: str,
    layer: str | None,
    flag: str | None,
    quick: bool,
    cases: Sequence[Case] | None,
    known: KnownDifferences | None,
) -> tuple[Backend, list[Case], Mapping[str, Known], list[str]]:
    """What `check` and `parametrize` begin with: backend, cases, known differences, problems with these."""
    found = named(backend) if isinstance(backend, str) else backend
    require_backend(found)
    chosen = chosen_cases(k, layer, flag, quick, cases)
    recorded = recorded_for(found.name, found.version, known)
    return found, chosen, recorded, unknown_ids([*every_case(), *chosen], found.name, recorded)


@cache
def every_case() -> list[Case]:
    """All cases, read once."""
    return [vector.case for vector in load_vectors()]


@cache
def shared_reference() -> Reference:
    """The expected answers, each found once."""
    return Reference()


def chosen_cases(
    k: str, layer: str | None, flag: str | None, quick: bool, cases: Sequence[Case] | None
) -> list[Case]:
    """The cases that are asked for; ValueError where there are none."""
    layers, flags = ([layer] if layer else [], [flag] if flag else [])
    return choose(every_case() if cases is None else cases, k, layers, flags, quick)


def recorded_for(name: str, version: str, known: KnownDifferences | None) -> Mapping[str, Known]:
    """The known differences: those given, those in the file given, else those recorded for the version."""
    if known is None:
        return known_differences(name, version)
    if isinstance(known, (str, PathLike)):
        return known_from(json.loads(Path(known).read_text(encoding="utf-8")))
    return known


def named(name: str) -> Backend:
    """A built-in backend by its name."""
    from tinygnn.conformance.backends import BACKENDS

    if name not in BACKENDS:
        raise ValueError(f"no built-in backend is called {name!r}: there are {', '.join(BACKENDS)}")
    return BACKENDS[name]()


def require_backend(backend: Any) -> None:
    """Raise ValueError for an object that is no backend, saying what it lacks."""
    if isinstance(backend, type):
        raise ValueError(
            f"the backend is the class {backend.__name__}: give an instance, {backend.__name__}()"
        )
    missing = [name for name in ("name", "version", "supports", "run") if not hasattr(backend, name)]
    if missing:
        raise ValueError(
            f"a backend has name, version, supports(case) and run(case); {type(backend).__name__} has no "
            + " and no ".join(missing)
        )
