"""Running cases on a backend, and the verdict on each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tinygnn.conformance.case import Backend, Case, Failed, Numbers, Unsupported
from tinygnn.conformance.compare import Difference, Expected
from tinygnn.conformance.known_differences import Known, known_of
from tinygnn.conformance.precision import FLOAT64, unfit
from tinygnn.conformance.spread import repeated
from tinygnn.conformance.vectors import find_vector
from tinygnn.conformance.verdicts import FAILURES as FAILURES
from tinygnn.conformance.verdicts import VERDICTS as VERDICTS
from tinygnn.conformance.verdicts import judge, unaccounted


@dataclass(frozen=True)
class Outcome:
    """What came of one case on one backend: verdict, why, and the worst difference of every output.

    spread: how many ulps the backend's own runs of the case lie apart, where it ran more than once.
    again: the line that shows it again, where that is not the command with the backend's name.
    answers: all that the backend gave, kept where it is wrong.
    """

    case: Case
    backend: str
    verdict: str
    detail: str = ""
    differences: Sequence[Difference] = field(default_factory=tuple)
    spread: float = 0.0
    again: str = ""
    answers: Mapping[str, Numbers] = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        return self.verdict in FAILURES

    @property
    def worst(self) -> Difference | None:
        """The difference that comes nearest to its bound, or is farthest beyond."""
        return max(self.differences, key=lambda d: (not d.ok, d.ratio), default=None)


class Reference:
    """The right answers, read from the vectors."""

    def expected(self, case: Case) -> Expected:
        """Raises KeyError for a case that has none."""
        return find_vector(case.id).expected


def run_cases(
    cases: Sequence[Case],
    backend: Backend,
    reference: Reference | None = None,
    known: Mapping[str, Known] | None = None,
    repeat: int = 1,
) -> Iterator[Outcome]:
    """Run every case on the backend; one Outcome for each, in order.

    known: the backend's known differences by case id; without it, those recorded for its name and version.
    repeat: how often each case runs. Raises RuntimeError where ran + skipped are not all cases.
    """
    reference = Reference() if reference is None else reference
    known = known_of(backend) if known is None else known
    verdicts: list[tuple[str, str]] = []
    for case in cases:
        outcome = run_one(case, backend, reference, known.get(case.id), repeat)
        verdicts.append((case.id, outcome.verdict))
        yield replace(outcome, again=line_again(backend, case))
    problems = unaccounted(cases, verdicts)
    if problems:
        raise RuntimeError(f"{backend.name}: " + "; ".join(problems))


def run_one(
    case: Case, backend: Backend, reference: Reference, known: Known | None = None, repeat: int = 1
) -> Outcome:
    """Run one case and give its verdict."""
    try:
        if not backend.supports(case):
            return Outcome(case, backend.name, "skipped", why_not(backend, case))
    except (Exception, SystemExit) as error:
        return Outcome(case, backend.name, "error", raised(backend, error))
    try:
        expected = reference.expected(case)
    except KeyError as error:
        return Outcome(case, backend.name, "error", str(error.args[0] if error.args else error))
    precision = getattr(backend, "precision", FLOAT64)
    reason = unfit(case, expected.outputs, expected.magnitudes, expected.bound, precision)
    if reason:
        return Outcome(case, backend.name, "skipped", reason)
    if precision is not FLOAT64:
        expected = replace(expected, precision=precision)
    try:
        result, spread = repeated(backend, case, repeat)
        verdict, detail, differences = judge(case, expected, result, known)
    except Unsupported as reason:
        return Outcome(case, backend.name, "skipped", str(reason))
    except Failed as reason:
        return Outcome(case, backend.name, "error", str(reason))
    except (Exception, SystemExit) as error:
        if known is not None and known.raises and known.raises in str(error):
            return Outcome(case, backend.name, "known", known.reason)
        return Outcome(case, backend.name, "error", raised(backend, error))
    answers = result.outputs if verdict in FAILURES else {}
    return Outcome(case, backend.name, verdict, detail, tuple(differences), spread, answers=answers)


def raised(backend: Backend, error: BaseException) -> str:
    """A sentence on what a backend raised."""
    return f"{backend.name} raised {type(error).__name__}: {error}"


def line_again(backend: Backend, case: Case) -> str:
    """The line that shows a case again, where the backend knows one."""
    again = getattr(backend, "again", None)
    return str(again(case)) if callable(again) else ""


def why_not(backend: Backend, case: Case) -> str:
    """Why a backend does not support a case: what its `lacks(case)` says, if it has one."""
    lacks = getattr(backend, "lacks", None)
    return f"{backend.name}: {lacks(case)}" if lacks else f"{backend.name} does not run this kind of case"


def unknown_ids(cases: Sequence[Case], backend: str, known: Mapping[str, Known]) -> list[str]:
    """A sentence for each id of a known difference that none of all the cases has."""
    ids = {case.id for case in cases}
    return [
        f"a known difference of {backend} is recorded for {name}, but there is no such case"
        for name in known
        if name not in ids
    ]
