"""The report on a terminal: a line for every case, then what failed and how to see it again."""

from __future__ import annotations

import math
import shlex
from collections import Counter
from collections.abc import Iterator, Sequence

from tinygnn.conformance.compare import Difference
from tinygnn.conformance.runner import VERDICTS, Outcome

WIDTH = 100
HEADER = ("case", "verdict", "error", "c", "ulps")
LEGEND = (
    "error = |backend - tinygnn|, c = error / (eps · sum of the absolute terms), "
    "ulps = floats between;\nof each case the worst number."
)


def table(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """One line for each case that ran: verdict, worst error, c and ulps."""
    ran = [outcome for outcome in outcomes if outcome.verdict != "skipped"]
    width = max([len(outcome.case.id) for outcome in ran], default=4)
    yield row(width, *HEADER)
    for outcome in ran:
        worst = outcome.worst
        if worst is None or worst.problem:
            yield row(width, outcome.case.id, outcome.verdict, "-", "-", "-")
        else:
            numbers = [short(x) for x in (worst.error, worst.ratio, worst.ulps)]
            yield row(width, outcome.case.id, outcome.verdict, *numbers)


def row(width: int, name: str, verdict: str, *numbers: str) -> str:
    """A line of the table."""
    return f"{name:{width}}  {verdict:7}" + "".join(f"{number:>9}" for number in numbers)


def short(x: float) -> str:
    """A number in at most eight characters."""
    if x == 0.0 or (x < 1e5 and x == int(x)):
        return str(int(x))
    return f"{x:.2f}" if 0.005 <= x < 1e3 else f"{x:.1e}"


def failures(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """What failed: every wrong output side by side, and the command that shows it again."""
    for outcome in outcomes:
        if outcome.failed:
            yield ""
            yield f"{outcome.verdict}: {outcome.case.id} on {outcome.backend}"
            yield from wrap(f"{outcome.detail}.")
            if outcome.case.equation:
                yield from wrap(f"The case: {outcome.case.equation}.")
            wrong = [difference for difference in outcome.differences if not difference.ok]
            if wrong:
                yield side_by_side_header(outcome.backend)
                yield from map(side_by_side, wrong)
            yield f"  reproduce: {reproduction(outcome)}"


def side_by_side_header(backend: str) -> str:
    """The heads of the columns that `side_by_side` fills."""
    return f"  {'output':25} {'tinygnn':>23} {backend:>23} {'c':>8} {'bound':>6} {'ulps':>8}"


def side_by_side(difference: Difference) -> str:
    """One wrong output: its worst number in both, or what is wrong with it."""
    if difference.problem and math.isfinite(difference.ratio):
        return f"  {difference.output:25} {difference.problem}"
    place = f"{difference.output}[{difference.index}]"
    place = place if len(place) <= 25 else place[:11] + "…" + place[-13:]
    bound = short(difference.bound)
    numbers = f"{difference.expected:>23.16g} {difference.got:>23.16g}"
    return f"  {place:25} {numbers} {short(difference.ratio):>8} {bound:>6} {short(difference.ulps):>8}"


def reproduction(outcome: Outcome) -> str:
    """The command that runs this one case again."""
    return f"tinygnn conformance --backend {shlex.quote(outcome.backend)} -k {shlex.quote(outcome.case.id)}"


def known(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """The known differences that were met, gathered by reason."""
    reasons: dict[str, list[str]] = {}
    for outcome in outcomes:
        if outcome.verdict == "known":
            reasons.setdefault(f"{outcome.backend}: {outcome.detail}", []).append(outcome.case.id)
    if reasons:
        yield ""
        yield "Known differences, recorded and met exactly as recorded:"
    for reason, ids in reasons.items():
        yield from wrap(reason)
        yield from (f"    {name}" for name in ids)


def summary(name: str, version: str, outcomes: Sequence[Outcome]) -> Iterator[str]:
    """How many cases, of which verdict, and the worst error of those that pass."""
    counts = Counter(outcome.verdict for outcome in outcomes)
    ran = len(outcomes) - counts["skipped"]
    parts = ", ".join(f"{counts[verdict]} {verdict}" for verdict in VERDICTS if counts[verdict])
    yield f"{name} {version}: {len(outcomes)} case{'s' * (len(outcomes) != 1)}, {ran} ran: {parts}"
    passed = [outcome for outcome in outcomes if outcome.verdict == "pass" and outcome.worst is not None]
    by_kind: dict[str, Outcome] = {}
    for outcome in passed:
        kind = outcome.case.kind
        if kind not in by_kind or _ratio(outcome) > _ratio(by_kind[kind]):
            by_kind[kind] = outcome
    for kind, outcome in by_kind.items():
        worst = outcome.worst
        if worst is not None:
            yield (
                f"  worst {kind}: c {short(worst.ratio)} of {short(worst.bound)}, error "
                f"{short(worst.error)}, {short(worst.ulps)} ulps, {outcome.case.id}"
            )


def _ratio(outcome: Outcome) -> float:
    worst = outcome.worst
    return 0.0 if worst is None else worst.ratio / max(worst.bound, 1.0)


def wrap(text: str, indent: str = "  ") -> Iterator[str]:
    """Break a sentence into lines that fit."""
    line = indent.rstrip() if not text else indent
    for word in text.split():
        if len(line) + len(word) > WIDTH and line.strip():
            yield line.rstrip()
            line = indent
        line += word + " "
    yield line.rstrip()
