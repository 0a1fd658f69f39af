"""The verdict on the numbers that a backend gives for a case, and why."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tinygnn.conformance.case import Case, Numbers, Result
from tinygnn.conformance.compare import Convention, Difference, Expected, compare, measure
from tinygnn.conformance.known_differences import Known
from tinygnn.conformance.ties import shares_add_up
from tinygnn.nn.module import leaves, shape

VERDICTS = {
    "pass": "all numbers agree to rounding",
    "valid-subgradient": "at a kink or a tie another slope was chosen that is as right",
    "profile-difference": "all numbers are right by another convention, which is named",
    "known": "the numbers differ exactly as recorded, with reason and version",
    "wrong": "the numbers differ, or a record no longer holds",
    "error": "the backend raised",
    "skipped": "the backend does not run the case, and says why",
}
FAILURES = ("wrong", "error")


def judge(
    case: Case, expected: Expected, result: Result, known: Known | None = None
) -> tuple[str, str, list[Difference]]:
    """The verdict on a result, why, and the worst difference of every output.

    A known difference is strict: where one is recorded, nothing but the recorded numbers will do. One that
    was recorded in numbers of another kind excuses the outputs that it names, which need not differ here.
    """
    differences = compare(case, expected, result)
    verdict, detail = without_records(case, expected, result, differences)
    if known is None:
        return verdict, detail, differences
    if known.precision != expected.precision.name:
        failing = {difference.output for difference in differences if not difference.ok}
        excused = verdict == "wrong" and failing <= set(known.outputs)
        return ("known", known.reason, differences) if excused else (verdict, detail, differences)
    if verdict != "wrong":
        now = "it passes" if verdict == "pass" else f"it is a {verdict}"
        return "wrong", f"recorded as a known difference, but now {now}: remove the record", differences
    if known.matches(differences, result):
        return "known", known.reason, differences
    return "wrong", "differs in another way than the known difference that is recorded", differences


def without_records(
    case: Case, expected: Expected, result: Result, differences: Sequence[Difference]
) -> tuple[str, str]:
    """The verdict where no difference is known."""
    failing = [difference.output for difference in differences if not difference.ok]
    if not failing:
        return "pass", ""
    if all(is_subgradient(case, name, expected, result) for name in failing):
        if shares_add_up(case, expected.outputs, result.outputs):
            return "valid-subgradient", f"another choice at a kink or a tie: {', '.join(failing)}"
        return "wrong", "the shares of equal numbers do not add up to what they must"
    for convention in expected.conventions:
        if follows(case, expected, convention, result):
            return "profile-difference", convention.name
    return "wrong", in_words(differences)


def in_words(differences: Sequence[Difference]) -> str:
    """What is wrong with a result, in a few words: numbers, or what is no matter of numbers."""
    problems = [difference.problem for difference in differences if not difference.ok]
    if not all(problems):
        return "the numbers differ by more than rounding"
    return "; ".join(dict.fromkeys(f"{d.output}: {d.problem}" for d in differences if not d.ok))


def is_subgradient(case: Case, name: str, expected: Expected, result: Result) -> bool:
    """Whether every number of an output lies in its interval, but for rounding."""
    got, wanted = result.outputs.get(name), expected.outputs.get(name)
    if name not in expected.subgradients or got is None or shape(got) != shape(wanted):
        return False
    intervals = intervals_of(expected.subgradients[name], wanted)
    numbers, magnitudes = leaves(got), leaves(expected.magnitudes[name])
    return all(
        low <= number <= high
        or any(
            measure(name, 0, bound, number, size, expected.bound, False, expected.precision).ok
            for bound in (low, high)
        )
        for number, size, (low, high) in zip(numbers, magnitudes, intervals)
    )


def intervals_of(nested: Any, like: Any) -> list[tuple[float, float]]:
    """The pairs [low, high], in the order of the numbers of `like`."""
    if not isinstance(like, list):
        return [(nested[0], nested[1])]
    return [pair for part, own in zip(nested, like) for pair in intervals_of(part, own)]


def follows(case: Case, expected: Expected, convention: Convention, result: Result) -> bool:
    """Whether all numbers are those of a convention.

    They have no magnitudes of their own: each is measured against the largest of its output, in both.
    """
    outputs = {**expected.outputs, **convention.outputs}
    sizes = {
        name: with_size(numbers, largest(numbers, expected.magnitudes.get(name)))
        for name, numbers in outputs.items()
    }
    theirs = replace(expected, outputs=outputs, magnitudes=sizes)
    return all(difference.ok for difference in compare(case, theirs, result))


def largest(*of: Numbers | None) -> float:
    """The largest finite absolute value in nested lists."""
    found = [abs(x) for numbers in of if numbers is not None for x in leaves(numbers)]
    return max([x for x in found if math.isfinite(x)], default=0.0)


def with_size(numbers: Numbers, size: float) -> Numbers:
    """The same nesting, `size` in the place of every number."""
    return [with_size(part, size) for part in numbers] if isinstance(numbers, list) else size


def unaccounted(cases: Sequence[Case], verdicts: Sequence[tuple[str, str]]) -> list[str]:
    """What keeps ran + skipped from being the number of cases; verdicts: pairs of an id and its verdict."""
    ids, seen = {case.id: None for case in cases}, Counter(name for name, _ in verdicts)
    return [
        *[f"{name} stands there twice" for name, count in seen.items() if count > 1],
        *[f"{name} has no verdict" for name in ids if name not in seen],
        *[f"{name} has a verdict, but is no case" for name in seen if name not in ids],
        *[
            f"{name} has no such verdict as {verdict}"
            for name, verdict in verdicts
            if verdict not in VERDICTS
        ],
    ]
