"""The truth: a recorded graph of Values computed again at 50 digits, forward and backward.

Of the graph only `op` and `parents` are read, and the numbers of its leaves. What an operation computes and
how it is differentiated stands in `truth_rules` and the files of that kind, apart from what `Value` does. A
number that float64 cannot hold becomes inf or 0 where it is made, as it would there; everything else is
rounded once, at the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tinygnn.conformance.truth_group_rules import GROUP_RULES
from tinygnn.conformance.truth_loss_rules import LOSS_RULES
from tinygnn.conformance.truth_numbers import Number, exactly, limited, multiply, rounded, total
from tinygnn.conformance.truth_row_rules import ROW_RULES
from tinygnn.conformance.truth_rules import RULES, Rule
from tinygnn.value import Value, topological_order

ALL_RULES: dict[str, Rule] = {**RULES, **ROW_RULES, **GROUP_RULES, **LOSS_RULES}
Exact = dict[Value, Number]


def rule_of(value: Value) -> tuple[Rule, tuple[Any, ...]]:
    """The rule of the operation that made a value, and its constants.

    Raises KeyError where the operation has none.
    """
    name, *constants = value.op if isinstance(value.op, tuple) else (value.op,)
    try:
        return ALL_RULES[name], tuple(constants)
    except KeyError:
        raise KeyError(f"no rule for the operation {name!r}: give it a row in truth_rules") from None


def exact_numbers(ends: Sequence[Value], leaves: Mapping[Value, Number] | None = None) -> Exact:
    """The number of each of the ends and of all that they are made from.

    leaves: numbers that take the place of those of leaves.

    >>> third = Value(1.0) / Value(3.0)
    >>> float(exact_numbers([third])[third] * 3) == 1.0
    True
    """
    numbers: Exact = dict(leaves or {})
    for node in (*reversed(made(ends)), *ends):
        if node.parents and node not in numbers:
            for parent in node.parents:
                if parent not in numbers:
                    numbers[parent] = exactly(parent.data)
            rule, constants = rule_of(node)
            numbers[node] = limited(rule.result([numbers[parent] for parent in node.parents], constants))
        elif node not in numbers:
            numbers[node] = exactly(node.data)
    return numbers


def made(ends: Sequence[Value]) -> list[Value]:
    """All that the ends are made from, and the ends, but for leaves: each before its parents."""
    return topological_order(Value(0.0, tuple(ends), (0.0,) * len(ends)))[1:]


@dataclass(frozen=True)
class Gradients:
    """of: d(objective)/d(value) for each value. slopes: d(value)/d(parent) for each parent of each value."""

    of: Exact
    slopes: dict[Value, list[Number]]


def exact_gradients(objective: Value, start: float, numbers: Mapping[Value, Number]) -> Gradients:
    """`backward` from the objective, which gets the gradient `start`.

    An infinite gradient times a slope of 0 is 0, as in `Value.backward`: what does not depend on a parent has
    the derivative 0.
    """
    arrived: dict[Value, list[Number]] = {objective: [exactly(start)]}
    gradients: Exact = {}
    slopes: dict[Value, list[Number]] = {}
    for node in topological_order(objective):
        gradient = gradients[node] = collected(arrived.pop(node, []))
        rule, constants = rule_of(node)
        x = [numbers[parent] for parent in node.parents]
        slopes[node] = [limited(slope) for slope in rule.slopes(x, numbers[node], constants)]
        infinite = gradient - gradient != 0.0
        for parent, slope in zip(node.parents, slopes[node]):
            if not (infinite and slope == 0.0):
                arrived.setdefault(parent, []).append(limited(multiply(gradient, slope)))
    for leaf, shares in arrived.items():
        gradients[leaf] = collected(shares)
    return Gradients(gradients, slopes)


def collected(shares: Iterable[Number]) -> Number:
    """The sum of what the children of a value pass on to it."""
    return limited(total(shares))


def settle(objective: Value, start: float, ends: Sequence[Value]) -> None:
    """Put the numbers, slopes and gradients of the truth, rounded, in the place of the graph's own."""
    numbers = exact_numbers([objective, *ends])
    found = exact_gradients(objective, start, numbers)
    for value, number in numbers.items():
        value.data = rounded(number)
        value.grad = rounded(found.of.get(value, 0.0))
    for value, slopes in found.slopes.items():
        value.partials = tuple(map(rounded, slopes))
