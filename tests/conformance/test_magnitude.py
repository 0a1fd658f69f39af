"""The magnitudes that errors are measured against."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from tinygnn import Value, linalg
from tinygnn.aggregate import AGGREGATIONS, aggregate
from tinygnn.conformance.case import Case, Result
from tinygnn.conformance.cases import all_cases
from tinygnn.conformance.compare import EPS, compare
from tinygnn.conformance.loss_magnitude import LOSSES
from tinygnn.conformance.magnitude import (
    UNARY,
    forward_magnitudes,
    magnitudes,
    name_of,
    own_terms,
    partial_errors,
)
from tinygnn.conformance.sharp_magnitude import sharpened
from tinygnn.conformance.tinygnn_ops import OPS
from tinygnn.conformance.vectors import find_vector
from tinygnn.nn.conv.gatv2_conv import leaky_dot
from tinygnn.nn.module import leaves
from tinygnn.nn.norm.normalized import normalized
from tinygnn.value import topological_order


def test_a_dot_product_has_the_sum_of_its_absolute_terms() -> None:
    a, b = [Value(1024.0), Value(3.0)], [Value(2.0), Value(-0.5)]
    out = linalg.dot(a, b)
    out.backward()
    sizes, gradients, longest = magnitudes(out, [out])
    assert sizes[out] == 2048.0 + 1.5
    assert [gradients[v] for v in a] == [2.0, 0.5]
    assert longest == 4


def test_cancellation_keeps_the_magnitude_of_what_was_cancelled() -> None:
    x = Value(1e8)
    square = x * x
    out = (square + 1.0) - square
    out.backward()
    sizes, gradients, _ = magnitudes(out, [out])
    assert out.data == 0.0 or out.data == 1.0
    assert sizes[out] >= 2e16
    assert x.grad == 0.0
    assert gradients[x] >= 4e8


def test_an_exact_input_brings_no_error_along() -> None:
    x = Value(700.0)
    out = x.exp()
    assert forward_magnitudes(topological_order(out))[out] == out.data


def test_outputs_beside_the_objective_are_measured_too() -> None:
    x = Value(2.0)
    used, unused = x * x, x.exp()
    used.backward()
    sizes, _, _ = magnitudes(used, [used, unused])
    assert sizes[unused] == unused.data


def test_an_operation_without_a_rule_is_named() -> None:
    out = Value(1.0, (Value(2.0),), (3.0,), "made up")
    with pytest.raises(KeyError, match="no rule for the errors of 'made up'"):
        partial_errors(out, {})


EVERYWHERE = ["exp", "sin", "cos", "tanh", "sigmoid", "elu", "softplus", "silu", "gelu"]
POSITIVE, NEGATIVE = [0.3, 1.1, 3.0], [-2.5, -0.75]


@pytest.mark.parametrize(
    ("name", "x"),
    [(name, x) for name in EVERYWHERE for x in POSITIVE + NEGATIVE]
    + [(name, x) for name in ("log", "sqrt") for x in POSITIVE],
)
def test_the_second_derivatives_are_not_too_small(name: str, x: float) -> None:
    """An error h of the argument changes the slope by |f''| h: what `partial_errors` says, or less."""
    function: Callable[[Value], Value] = OPS[name]
    h = 1e-5
    slopes = [function(Value(x + step)).partials[0] for step in (-h, h)]
    out = function(Value(x))
    _, curvature = UNARY[name](x, out.data, out.partials[0])
    assert abs(slopes[1] - slopes[0]) / (2.0 * h) <= curvature * (1.0 + 1e-3) + 1e-9


A_GROUP = [1.25, -0.5, 2.0, 0.75]
OF_A_GROUP: dict[str, Callable[[list[Value]], Value]] = {
    **{
        aggr: lambda x, aggr=aggr: aggregate(aggr, [[v] for v in x], [range(len(x))])[0][0]  # type: ignore[misc]
        for aggr in AGGREGATIONS
    },
    "leaky_dot": lambda x: leaky_dot(x[2:], (x[:2],), 0.25),
    "standardized": lambda x: normalized(x[0], x[1], x[2]),
    "normalized": lambda x: normalized(x[0], x[1], x[2], x[3], Value(0.5)),
    "leaky_dot of two": lambda x: leaky_dot(x[3:], (x[:1], x[1:2], x[2:3]), 0.25),
}


@pytest.mark.parametrize("name", OF_A_GROUP)
def test_the_second_derivatives_of_aggregations_are_not_too_small(name: str) -> None:
    """An error h of one number changes the slope by another by what `partial_errors` says, or less."""
    function, h = OF_A_GROUP[name], 1e-5
    node = function(list(map(Value, A_GROUP)))
    own = partial_errors(node, {})
    for j, parent in enumerate(node.parents):
        slopes = [
            function([Value(x + step * (k == j)) for k, x in enumerate(A_GROUP)]).partials for step in (-h, h)
        ]
        with_j = partial_errors(node, {parent: 1.0})
        for i, (low, high) in enumerate(zip(*slopes)):
            assert abs(high - low) / (2.0 * h) <= (with_j[i] - own[i]) * (1.0 + 1e-3) + 1e-9


@pytest.mark.parametrize("name", OF_A_GROUP)
def test_the_terms_of_an_aggregation_are_at_least_its_result(name: str) -> None:
    """And those of the slopes are not negative."""
    node = OF_A_GROUP[name](list(map(Value, A_GROUP)))
    assert own_terms(node) >= abs(node.data) * 0.999
    assert min(partial_errors(node, {})) >= 0.0


def test_every_output_and_gradient_has_a_magnitude() -> None:
    """Where the numbers are finite, the magnitude is finite, and at least the number's own rounding.

    But the product of nothing is exactly 1, and what `Identity` and `PReLU` give may be what they were given.
    """
    for case in all_cases():
        if case.call in ("Identity", "PReLU"):
            continue
        if case.kind == "model" and "zero-degree" not in case.flags:
            expected = find_vector(case.id).expected
            for name, numbers in expected.outputs.items():
                for number, magnitude in zip(leaves(numbers), leaves(expected.magnitudes[name])):
                    if not math.isfinite(number):
                        continue
                    assert math.isfinite(magnitude), case.id
                    of_nothing = name == "out" and number == 1.0 and case.options["conv"].get("aggr") == "mul"
                    assert magnitude >= abs(number) * 0.999 or of_nothing, (case.id, name)


OF_LOSSES = [
    case
    for case in all_cases()
    if "loss" in case.call or case.call in ("bce_with_logits", "cross_entropy")
    if case.kind == "op" and not {"infinite", "nan", "kink", "empty"} & set(case.flags)
]


@pytest.mark.parametrize("case", OF_LOSSES, ids=lambda case: case.id)
def test_errors_of_the_inputs_of_losses_are_not_too_small(case: Case) -> None:
    """An error h of every parent of a row changes each slope by no more than `loss_errors` says for T = h."""
    h = 1e-6

    def rows(shift: float) -> list[Value]:
        inputs = {name: moved(numbers, shift) for name, numbers in case.inputs.items()}
        out = OPS[case.call](**inputs, **case.options)
        order = topological_order(Value(0.0, tuple(leaves(out)), (0.0,) * len(leaves(out))))
        return [node for node in order if name_of(node) in LOSSES]

    for low, high in zip(rows(-h), rows(h)):
        allowed = partial_errors(low, dict.fromkeys(low.parents, 2.0 * h))
        for a, b, error in zip(low.partials, high.partials, allowed):
            assert abs(b - a) <= error * 1.001 + 1e-13, case.id


def moved(numbers: Any, shift: float) -> Any:
    if isinstance(numbers, list):
        return [moved(part, shift if i % 2 else -shift) for i, part in enumerate(numbers)]
    return Value(numbers + shift)


def test_errors_along_two_paths_from_one_value_are_one_error() -> None:
    """In x ← sin(x) + x, which goes to π, they cancel: forty steps err no more than one."""
    x = Value(0.6875)
    out = x
    for _ in range(40):
        out = out.sin() + out
    out.backward()
    sizes, gradients, _ = magnitudes(out, [out])
    assert sizes[out] > 1e12 and gradients[x] > 1e11
    sizes, gradients = sharpened(out, sizes, gradients)
    assert sizes[out] == pytest.approx(math.pi, abs=0.01)
    assert x.grad == 0.0 and gradients[x] == EPS  # eps², all in all: the first order vanishes


def test_a_graph_without_shared_values_is_measured_as_before() -> None:
    a, b = Value(1.5), Value(-0.75)
    out = (a * b).tanh() + 1.0
    out.backward()
    sizes, gradients, _ = magnitudes(out, [out])
    sharp, slopes = sharpened(out, sizes, gradients)
    assert sharp[out] == pytest.approx(sizes[out]) and slopes[a] == pytest.approx(gradients[a])


@pytest.mark.parametrize(("output", "by"), [("out", 1e-12), ("grad x", 1e-24)])
def test_a_chain_that_is_off_by_little_is_wrong(output: str, by: float) -> None:
    """Its gradient is exactly 0, so that a thousandth more of it is no mistake; anything else is one."""
    vector = find_vector("op/chain/once")
    exact = vector.expected.outputs
    assert exact["grad x"] == 0.0
    assert all(d.ok for d in compare(vector.case, vector.expected, Result(exact)))
    off = {**exact, output: exact[output] + by}
    wrong = [d.output for d in compare(vector.case, vector.expected, Result(off)) if not d.ok]
    assert wrong == [output]
