"""Failures put together: the same wrong numbers of several backends, and the same kind of mistake."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tinygnn.conformance.case import Case, Numbers
from tinygnn.conformance.known_differences import SAME
from tinygnn.conformance.runner import Outcome
from tinygnn.conformance.selection import layer_of
from tinygnn.nn.module import leaves, shape

NEAR = 1e-5  # of an output's largest number: float32 stays within it
FACTOR = 1e-6  # how far factors may lie apart, relatively, and still be one
DENOMINATORS = (1, 2, 3, 4)  # of factors that are named
OTHER = "other numbers"


@dataclass(frozen=True)
class Wrong:
    """A case that fails, and the outcomes of the backends that answer it with the same wrong numbers."""

    case: Case
    outcomes: tuple[Outcome, ...]

    @property
    def backends(self) -> tuple[str, ...]:
        return tuple(outcome.backend for outcome in self.outcomes)


@dataclass(frozen=True)
class Cluster:
    """Failures of one kind on the same backends: detail and mistake say what is wrong with all of them."""

    backends: tuple[str, ...]
    verdict: str
    detail: str
    mistake: str
    members: tuple[Wrong, ...]


def clusters(
    runs: Sequence[Sequence[Outcome]], expected: Mapping[str, Mapping[str, Numbers]]
) -> list[Cluster]:
    """All failures, the largest cluster first, else in the order of the cases.

    A run is the outcomes of one backend; expected has the right numbers of a case by its id and output.
    Backends stand together where the same outputs of a case fail on all of them, with the same numbers up
    to a part in 10⁹. Cases stand together where verdict, detail and `mistake_of` say the same of them.
    """
    found: dict[tuple[tuple[str, ...], str, str, str], list[Wrong]] = {}
    for wrong in same_answers([outcome for run in runs for outcome in run if outcome.failed]):
        first = wrong.outcomes[0]
        mistake = mistake_of(first, expected.get(first.case.id, {}))
        key = (wrong.backends, first.verdict, in_general(first), mistake)
        found.setdefault(key, []).append(wrong)
    made = [Cluster(*key, tuple(members)) for key, members in found.items()]
    return sorted(made, key=lambda cluster: -len(cluster.members))


def same_answers(failed: Sequence[Outcome]) -> list[Wrong]:
    """Each case once for each wrong answer to it, with all that give this answer."""
    by_case: dict[str, list[list[Outcome]]] = {}
    for outcome in failed:
        groups = by_case.setdefault(outcome.case.id, [])
        for group in groups:
            if same_answer(group[0], outcome):
                group.append(outcome)
                break
        else:
            groups.append([outcome])
    return [Wrong(group[0].case, tuple(group)) for groups in by_case.values() for group in groups]


def same_answer(one: Outcome, other: Outcome) -> bool:
    """Whether two outcomes of a case fail in the same outputs, with the same numbers and words."""
    return (
        (one.verdict, in_general(one), failing(one)) == (other.verdict, in_general(other), failing(other))
    ) and all(same_numbers(one.answers.get(name), other.answers.get(name)) for name, _ in failing(one))


def failing(outcome: Outcome) -> list[tuple[str, str]]:
    """The outputs that fail, and what is wrong with each where numbers cannot say it."""
    return [(d.output, d.problem) for d in outcome.differences if not d.ok]


def same_numbers(a: Numbers | None, b: Numbers | None) -> bool:
    """Whether both have the same shape and, up to a part in 10⁹, the same numbers."""
    if a is None or b is None:
        return a is b
    return shape(a) == shape(b) and all(
        x == y or (x != x and y != y) or math.isclose(x, y, rel_tol=SAME)
        for x, y in zip(leaves(a), leaves(b))
    )


def in_general(outcome: Outcome) -> str:
    """The detail without the name of the backend, and # for every number in it."""
    return without_numbers(outcome.detail.removeprefix(f"{outcome.backend} "))


def without_numbers(text: str) -> str:
    """The text with # for every number.

    >>> without_numbers("shape (2, 3), expected (3,)")
    'shape (#, #), expected (#,)'
    """
    return re.sub(r"-?\d+(\.\d+)?(e[+-]?\d+)?", "#", text)


def mistake_of(outcome: Outcome, expected: Mapping[str, Numbers]) -> str:
    """How the outputs that fail depart from the right ones, in words that similar failures share.

    Where these are just other numbers, the layer stands before them: failures of other layers are then of
    another kind.
    """
    kinds: dict[str, list[str]] = {}
    for name, problem in failing(outcome):
        kind = without_numbers(problem) or departure(outcome.answers.get(name), expected.get(name))
        kinds.setdefault(kind, []).append(name)
    text = "; ".join(f"{', '.join(names)}: {kind}" for kind, names in kinds.items())
    return f"{layer_of(outcome.case)}, {text}" if OTHER in kinds else text


def departure(got: Numbers | None, expected: Numbers | None) -> str:
    """How all numbers of an output depart from the right ones.

    >>> departure([2.0, -6.0], [1.0, -3.0]), departure([0.0, 0.0], [1.0, -3.0])
    ('2 times the right numbers', '0 in the place of numbers')
    >>> departure([-3.0, 1.0], [1.0, -3.0]), departure([1.0, -2.0], [1.0, -3.0])
    ('the right numbers in another order', 'other numbers')
    """
    if got is None or expected is None or shape(got) != shape(expected):
        return OTHER
    pairs = list(zip(map(float, leaves(got)), map(float, leaves(expected))))
    if any(x != x and y == y for x, y in pairs):
        return "nan in the place of numbers"
    if not all(math.isfinite(x) and math.isfinite(y) for x, y in pairs):
        return OTHER
    if not any(x for x, _ in pairs):
        return "0 in the place of numbers"
    largest = max(abs(y) for _, y in pairs)
    if all(abs(x - y) <= NEAR * largest for x, y in pairs):
        return "nearly the right numbers"
    factors = [x / y if y else math.inf for x, y in pairs if x or y]
    if all(math.isclose(factor, factors[0], rel_tol=FACTOR) for factor in factors):
        return next(named(factors[0]), "a multiple of the right numbers")
    if same_numbers(sorted(x for x, _ in pairs), sorted(y for _, y in pairs)):
        return "the right numbers in another order"
    return OTHER


def named(factor: float) -> Iterator[str]:
    """The factor in words, where it is a simple fraction."""
    for denominator in DENOMINATORS:
        whole = round(factor * denominator) if math.isfinite(factor) else 0
        if whole and math.isclose(whole, factor * denominator, rel_tol=FACTOR):
            times = f"{whole}/{denominator}" if denominator > 1 else f"{whole}"
            yield "the other sign" if times == "-1" else f"{times} times the right numbers"
