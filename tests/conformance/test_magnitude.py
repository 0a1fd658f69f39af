"""The magnitudes that errors are measured against."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from tinygnn import Value, linalg
from tinygnn.conformance.cases import all_cases
from tinygnn.conformance.magnitude import UNARY, forward_magnitudes, magnitudes, partial_errors
from tinygnn.conformance.tinygnn_backend import OPS, TinygnnBackend
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


def test_every_output_and_gradient_has_a_magnitude() -> None:
    """Where the numbers are finite, the magnitude is finite, and at least the number's own rounding."""
    from tinygnn.nn.module import leaves

    for case in all_cases():
        if case.kind == "model" and "zero-degree" not in case.flags:
            expected = TinygnnBackend().expected(case)
            for name, numbers in expected.outputs.items():
                for number, magnitude in zip(leaves(numbers), leaves(expected.magnitudes[name])):
                    assert math.isfinite(magnitude), case.id
                    assert magnitude >= abs(number) * 0.999, (case.id, name)
