"""The report on a terminal: known differences, then what failed and how to see it again, and the summary.

The table before them is `summary_table`'s, or with --verbose a line for every case.
"""

from __future__ import annotations

import math
import shlex
from collections import Counter
from collections.abc import Iterator, Sequence

from tinygnn.conformance.compare import Difference
from tinygnn.conformance.runner import VERDICTS, Outcome
from tinygnn.conformance.summary_table import share_of_bound, short

WIDTH = 100
HEADER = ("case", "verdict", "error", "c", "ulps")
CASE_LEGEND = "error = |backend - expected|; of each case the worst number."
TITLES = {
    "known": "Known differences, recorded and met exactly as recorded:",
    "valid-subgradient": "Another subgradient where the derivative jumps, as good as the expected one:",
    "profile-difference": "Right by another convention:",
}
EXAMPLES = 3  # ids shown of the cases that have a known difference for the same reason


def case_lines(outcomes: Sequence[Outcome]) -> Iterator[str]:
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
    return f"{name:{width}}  {verdict:10.10}" + "".join(f"{number:>9}" for number in numbers)


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
    return f"  {'output':25} {'expected':>23} {backend:>23} {'c':>8} {'bound':>6} {'ulps':>8}"


def side_by_side(difference: Difference, label: str = "") -> str:
    """One wrong output: its worst number in both, called by the label; or what is wrong with it."""
    if difference.problem and math.isfinite(difference.ratio):
        return f"  {difference.output:25} {difference.problem}"
    place = label or f"{difference.output}[{difference.index}]"
    place = place if len(place) <= 25 else place[:11] + "…" + place[-13:]
    bound = short(difference.bound)
    numbers = f"{difference.expected:>23.16g} {difference.got:>23.16g}"
    return f"  {place:25} {numbers} {short(difference.ratio):>8} {bound:>6} {short(difference.ulps):>8}"


def reproduction(outcome: Outcome) -> str:
    """The line that runs this one case again."""
    if outcome.again:
        return outcome.again
    return f"tinygnn conformance --backend {shlex.quote(outcome.backend)} -k {shlex.quote(outcome.case.id)}"


def known(outcomes: Sequence[Outcome], verbose: bool = False) -> Iterator[str]:
    """What ran, did not pass and is no failure, gathered by reason; every case's id if `verbose`."""
    reasons: dict[tuple[str, str, str], list[str]] = {}
    for outcome in outcomes:
        if not outcome.failed and outcome.verdict not in ("pass", "skipped"):
            reason = (outcome.verdict, outcome.backend, outcome.detail)
            reasons.setdefault(reason, []).append(outcome.case.id)
    for verdict in dict.fromkeys(verdict for verdict, _, _ in reasons):
        yield ""
        yield TITLES.get(verdict, f"{verdict}:")
        for (own, backend, detail), ids in reasons.items():
            if own == verdict:
                yield from wrap(f"{backend}: {detail} ({len(ids)} case{'s' * (len(ids) != 1)})")
                yield from (f"    {name}" for name in (ids if verbose else ids[:EXAMPLES]))
                if not verbose and len(ids) > EXAMPLES:
                    yield f"    and {len(ids) - EXAMPLES} more (--verbose lists them)"


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
        if kind not in by_kind or share_of_bound(outcome) > share_of_bound(by_kind[kind]):
            by_kind[kind] = outcome
    for kind, outcome in by_kind.items():
        worst = outcome.worst
        if worst is not None:
            yield (
                f"  worst {kind}: c {short(worst.ratio)} of {short(worst.bound)}, error "
                f"{short(worst.error)}, {short(worst.ulps)} ulps, {outcome.case.id}"
            )


def wrap(text: str, indent: str = "  ") -> Iterator[str]:
    """Break a sentence into lines that fit."""
    line = indent.rstrip() if not text else indent
    for word in text.split():
        if len(line) + len(word) > WIDTH and line.strip():
            yield line.rstrip()
            line = indent
        line += word + " "
    yield line.rstrip()
