"""`parametrize`: one pytest test for each case.

    from tinygnn.conformance import parametrize

    @parametrize(MyBackend())
    def test_my_layers(case):
        pass

The test runs before the function's body does: a skipped case is a skipped test with its reason, a known
difference an expected failure, a wrong one fails with both numbers side by side. The body runs where the
case passed and may look at what came of it: of the arguments `case`, `outcome` and `backend` it is given
those that it names; all others are pytest's fixtures.
"""

from __future__ import annotations

import functools
import inspect
import shlex
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tinygnn.conformance import report
from tinygnn.conformance.api import KnownDifferences, prepared, shared_reference
from tinygnn.conformance.case import FLAGS, Backend, Case
from tinygnn.conformance.runner import Outcome, run_one

Test = Callable[..., Any]
OURS = ("case", "outcome", "backend")
CASE = "conformance_case"


def parametrize(
    backend: Backend | str,
    *,
    k: str = "",
    layer: str | None = None,
    flag: str | None = None,
    quick: bool = False,
    cases: Sequence[Case] | None = None,
    known: KnownDifferences | None = None,
) -> Callable[[Test], Test]:
    """Make one pytest test of each case, with the case's id; the arguments are those of `check`.

    Raises ValueError where no case is chosen, and for a known difference of a case that does not exist.
    """
    found, chosen, recorded, problems = prepared(backend, k, layer, flag, quick, cases, known)
    if problems:
        raise ValueError("; ".join(problems))

    def decorate(test: Test) -> Test:
        import pytest

        signature = inspect.signature(test)
        ours = [name for name in OURS if name in signature.parameters]

        @functools.wraps(test)
        def run_case(*args: Any, request: Any, record_property: Any, **rest: Any) -> Any:
            case = rest.pop(CASE)
            outcome = run_one(case, found, shared_reference(), recorded.get(case.id))
            for name, value in properties(outcome, found):
                record_property(name, value)
            if outcome.verdict == "skipped":
                pytest.skip(outcome.detail)
            if outcome.verdict == "known":
                pytest.xfail(outcome.detail)
            if outcome.failed:
                again = f"pytest {shlex.quote(request.config.cwd_relative_nodeid(request.node.nodeid))}"
                pytest.fail("\n".join(failure(outcome, again)), pytrace=False)
            given = {"case": case, "outcome": outcome, "backend": found}
            fixtures = {name: value for name, value in rest.items() if name in signature.parameters}
            own = {"request": request, "record_property": record_property}
            fixtures.update({name: value for name, value in own.items() if name in signature.parameters})
            return test(*args, **fixtures, **{name: given[name] for name in ours})

        kept = [p for name, p in signature.parameters.items() if name not in (*ours, *OWN)]
        added = [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY) for name in (*OWN, CASE)]
        run_case.__signature__ = signature.replace(parameters=[*kept, *added])  # type: ignore[attr-defined]
        run_case.conformance_backend = found  # type: ignore[attr-defined]
        mark: Callable[[Test], Test] = pytest.mark.parametrize(CASE, chosen, ids=[case.id for case in chosen])
        return mark(run_case)

    return decorate


OWN = ("request", "record_property")


def properties(outcome: Outcome, backend: Backend) -> Iterator[tuple[str, str]]:
    """What JUnit's file says of a test: the case, the backend, the verdict and the worst number."""
    yield "conformance_case", outcome.case.id
    yield "conformance_backend", f"{backend.name} {backend.version}"
    yield "conformance_verdict", outcome.verdict
    worst = outcome.worst
    if worst is not None and not worst.problem:
        yield "conformance_worst_error", repr(worst.error)
        yield "conformance_worst_ratio", repr(worst.ratio)
        yield "conformance_worst_ulps", repr(worst.ulps)


def failure(outcome: Outcome, again: str) -> Iterator[str]:
    """What is wrong, side by side, and the one line that shows it again."""
    yield f"{outcome.verdict}: {outcome.case.id} on {outcome.backend}"
    yield from report.wrap(f"{outcome.detail}.")
    if outcome.case.equation:
        yield from report.wrap(f"The case: {outcome.case.equation}.")
    for flag in outcome.case.flags:
        yield from report.wrap(f"{flag}: {FLAGS.get(flag, '')}")
    wrong = [difference for difference in outcome.differences if not difference.ok]
    if wrong:
        yield report.side_by_side_header(outcome.backend)
        yield from map(report.side_by_side, wrong)
    yield f"  reproduce: {again}"
