"""`Conformance`: what came of the cases of one's own code, and how it is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tinygnn.conformance import report
from tinygnn.conformance.api import Report
from tinygnn.conformance.case import FLAGS, Case
from tinygnn.conformance.profile import PROFILES
from tinygnn.conformance.runner import Outcome

SHOWN = 5  # failures that are told in full; of the others the ids
MOST_IDS = 8  # of the others, in a short report
LONGEST_GIVEN = 250  # characters of what a case is given, which then is shown


@dataclass(frozen=True)
class Conformance(Report):
    """What came of the cases of one's own code. Printed: which ran, which not and why, and every failure."""

    like: str = ""
    hints: Sequence[str] = ()  # what the wrong numbers have in common
    first: Mapping[str, str] = field(default_factory=dict)  # by id: the first number that is wrong
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # by id and output: where it stands
    shown: int = SHOWN

    def __str__(self) -> str:
        return "\n".join(text_of(self))


def text_of(found: Conformance) -> Iterator[str]:
    """The whole text: what is wrong first, then what the failures have in common, then the counts."""
    failures = found.failures
    if failures or not found.ran:
        yield f"{found.backend} does not conform to {found.like}: " + (
            f"{len(failures)} of the {found.ran} cases that ran fail" if found.ran else "no case could run"
        )
    told = told_in_full(failures, found.shown)
    for outcome in told:
        yield ""
        yield from failure_lines(outcome, found)
    others = [outcome.case.id for outcome in failures if outcome not in told]
    if others:
        yield ""
        more = len(others) - MOST_IDS if found.shown < SHOWN else 0
        listed = others[:MOST_IDS] if more > 0 else others
        yield from report.wrap(f"and: {', '.join(listed)}" + (f", and {more} more" if more > 0 else ""))
    common = [*in_common(found.outcomes), *found.hints]
    if common:
        yield ""
    for sentence in common:
        yield from report.wrap(f"hint: {sentence}", "")
    others = [] if failures else [*conventions_of(found)]
    for sentence in others:
        yield from report.wrap(f"another convention: {sentence}", "")
    if failures or others or not found.ran:
        yield ""
    counts = found.counts
    parts = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
    yield f"{found.backend} like {found.like}: {found.cases} cases, {found.ran} ran: {parts}"
    for reason, ids in skips(found.outcomes).items():
        yield from report.wrap(f"skipped {len(ids)}: {reason}")
    for note in found.problems:
        yield from report.wrap(note)


def conventions_of(found: Conformance) -> Iterator[str]:
    """A sentence on each convention by which numbers are right, and which is not the layer's own."""
    by_name: dict[str, list[Case]] = {}
    for outcome in found.outcomes:
        if outcome.verdict == "profile-difference":
            by_name.setdefault(outcome.detail, []).append(outcome.case)
    for name, cases in by_name.items():
        matter, _, way = name.partition(": ")
        ways, own = PROFILES.get(matter, {}), cases[0].profile.get(matter, "")
        meaning = f" ({ways[way]})" if way in ways else ""
        theirs = f"; {found.like} has there {own!r} ({ways[own]})" if own in ways else ""
        yield f"{len(cases)} of the {found.ran} cases are right with {matter} {way!r}{meaning}{theirs}"


def told_in_full(failures: Sequence[Outcome], shown: int = SHOWN) -> list[Outcome]:
    """The first failures, of errors with one reason only one."""
    told: list[Outcome] = []
    for outcome in failures:
        same = [each for each in told if outcome.verdict == each.verdict == "error"]
        if len(told) < shown and outcome.detail not in [each.detail for each in same]:
            told.append(outcome)
    return told


def failure_lines(outcome: Outcome, found: Conformance) -> Iterator[str]:
    """One failure: the case and its rule, both numbers side by side, and how to see it again."""
    case = outcome.case
    yield f"{outcome.verdict}: {case.id}"
    yield from report.wrap(f"{outcome.detail}.")
    options = "" if case.kind == "op" else f", with {settings_of(case)}"
    yield from report.wrap(f"The case: {case.equation or case.call}{options}.")
    yield from report.wrap(given_in(case)) if len(given_in(case)) <= LONGEST_GIVEN else ()
    for flag in case.flags:
        yield from report.wrap(f"{flag}: {FLAGS.get(flag, '')}.")
    wrong = [difference for difference in outcome.differences if not difference.ok]
    if wrong:
        yield report.side_by_side_header(found.backend).replace("tinygnn", "expected")
        labels = found.labels.get(case.id, {})
        yield from (report.side_by_side(each, labels.get(each.output, "")) for each in wrong)
    if found.first.get(case.id):
        yield from report.wrap(found.first[case.id])
    if any(looks_like_float32(difference) for difference in wrong):
        yield "  The error is as large as float32's rounding: something in it is not float64."
    yield f"  reproduce: {outcome.again}"


def settings_of(case: Case) -> str:
    """The options of a case as a call shows them."""
    settings = case.options.get("conv", case.options.get("settings", {}))
    sizes = [str(size) for size in case.options.get("sizes", [])]
    return f"{case.call}({', '.join([*sizes, *(f'{name}={value!r}' for name, value in settings.items())])})"


def given_in(case: Case) -> str:
    """What the case is given, as far as it is short: to compute it again by hand."""
    given = {
        **case.inputs,
        **{n: v for n, v in case.options.items() if n in ("index", "batch", "num_groups")},
    }
    parts = [f"{name} = {numbers!r}" for name, numbers in given.items()]
    if case.edge_index is not None:
        parts.append(f"edge_index = {case.edge_index!r}")
    if case.kind == "optimizer":
        return f"Given: {'; '.join(parts)}; gradients of step 1 = {case.options['gradients'][0]!r}."
    return f"Given: {'; '.join(parts)}. d(objective)/d(out) = {case.cotangent!r}."


def looks_like_float32(difference: Any) -> bool:
    """Whether the error is of the size that rounding to float32 makes."""
    return not difference.problem and 1e-9 < difference.error / max(abs(difference.expected), 1e-3) < 1e-6


def in_common(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """What all failing cases have and none of the passing ones: a flag, an option, an output."""
    failing = [outcome for outcome in outcomes if outcome.failed]
    passing = [outcome for outcome in outcomes if not outcome.failed and outcome.verdict != "skipped"]
    if len(failing) < 2:
        return
    if len({(outcome.verdict, outcome.detail) for outcome in failing}) == 1 and failing[0].verdict == "error":
        yield "all failing cases fail for this one reason"
        return
    for flag, legend in FLAGS.items():
        with_flag = all(flag in outcome.case.flags for outcome in failing)
        if with_flag and passing and not any(flag in outcome.case.flags for outcome in passing):
            yield f"all failing cases and none that passes have the flag {flag} ({legend})"
    outputs = [{d.output for d in outcome.differences if not d.ok} for outcome in failing]
    several = len(failing[0].differences) > 1
    if several and all(outputs) and all(found == outputs[0] for found in outputs):
        yield f"in all failing cases {', '.join(sorted(outputs[0]))} and nothing else is wrong"


def skips(outcomes: Sequence[Outcome]) -> dict[str, list[str]]:
    """The ids of the skipped cases, by reason."""
    found: dict[str, list[str]] = {}
    for outcome in outcomes:
        if outcome.verdict == "skipped":
            found.setdefault(outcome.detail, []).append(outcome.case.id)
    return found
