"""Running cases on a backend, and the verdict on each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tinygnn.conformance.case import Backend, Case, Result, Unsupported
from tinygnn.conformance.compare import Difference, Expected, compare
from tinygnn.conformance.known_differences import Known, known_differences
from tinygnn.conformance.tinygnn_backend import TinygnnBackend

# pass: all numbers agree. known: they differ as recorded. wrong: they differ. error: tinygnn or the
# backend raised. skipped: the backend does not run such cases.
VERDICTS = ("pass", "known", "wrong", "error", "skipped")
FAILURES = ("wrong", "error")


@dataclass(frozen=True)
class Outcome:
    """What came of one case on one backend: verdict, why, and the worst difference of every output."""

    case: Case
    backend: str
    verdict: str
    detail: str = ""
    differences: Sequence[Difference] = field(default_factory=tuple)

    @property
    def failed(self) -> bool:
        return self.verdict in FAILURES

    @property
    def worst(self) -> Difference | None:
        """The difference that comes nearest to its bound, or is farthest beyond."""
        return max(self.differences, key=lambda d: (not d.ok, d.ratio), default=None)


class Reference:
    """tinygnn's answers, each computed once for all backends."""

    def __init__(self) -> None:
        self._backend = TinygnnBackend()
        self._answers: dict[str, Expected] = {}

    def expected(self, case: Case) -> Expected:
        if case.id not in self._answers:
            self._answers[case.id] = self._backend.expected(case)
        return self._answers[case.id]


def run_cases(
    cases: Sequence[Case],
    backend: Backend,
    reference: Reference | None = None,
    known: Mapping[str, Known] | None = None,
) -> Iterator[Outcome]:
    """Run every case on the backend; one Outcome for each, in order.

    known: the backend's known differences by case id; without it, those recorded under its name.
    """
    reference = Reference() if reference is None else reference
    known = known_differences(backend.name) if known is None else known
    for case in cases:
        yield run_one(case, backend, reference, known.get(case.id))


def run_one(case: Case, backend: Backend, reference: Reference, known: Known | None = None) -> Outcome:
    """Run one case and give its verdict."""
    if not backend.supports(case):
        return Outcome(case, backend.name, "skipped", f"{backend.name} does not run this kind of case")
    try:
        expected = reference.expected(case)
    except Exception as error:
        return Outcome(case, backend.name, "error", f"tinygnn raised {type(error).__name__}: {error}")
    try:
        result = backend.run(case)
        differences = compare(case, expected, result)
    except Unsupported as reason:
        return Outcome(case, backend.name, "skipped", str(reason))
    except Exception as error:
        return Outcome(case, backend.name, "error", f"{backend.name} raised {type(error).__name__}: {error}")
    verdict, detail = judge(differences, result, known)
    return Outcome(case, backend.name, verdict, detail, tuple(differences))


def judge(differences: Sequence[Difference], result: Result, known: Known | None) -> tuple[str, str]:
    """The verdict on differences and why."""
    agrees = all(difference.ok for difference in differences)
    if known is None:
        return ("pass", "") if agrees else ("wrong", "the numbers differ by more than rounding")
    if agrees:
        return "wrong", "recorded as a known difference, but now it passes: remove the record"
    if known.matches(differences, result):
        return "known", known.reason
    return "wrong", "differs in another way than the known difference that is recorded"


def unknown_ids(cases: Sequence[Case], backend: str, known: Mapping[str, Known]) -> list[str]:
    """A sentence for each id of a known difference that none of all the cases has."""
    ids = {case.id for case in cases}
    return [
        f"a known difference of {backend} is recorded for {name}, but there is no such case"
        for name in known
        if name not in ids
    ]
