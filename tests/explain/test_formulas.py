"""What is worked out for every activation and loss: a calculator gets the number and each derivative."""

from __future__ import annotations

import math

import pytest

from tinygnn import losses
from tinygnn.explain.formulas import expression_of
from tinygnn.explain.slopes import slope_of
from tinygnn.nn.activation import ACTIVATIONS

CLOSE = 1e-12  # relative: both sides are float64, some with a few more roundings


def test_every_activation_and_loss_is_looked_at(operations):
    names = {name.split()[0] for name in operations}
    assert set(ACTIVATIONS) | {name for name in vars(losses) if callable(getattr(losses, name))} <= names


def test_a_calculator_gets_each_number_and_each_derivative(operations, computed):
    """A derivative that has no formula is a number that stands beside it, or its negative."""
    for name, values in operations.items():
        for value in values:
            check(name, value, computed)


def check(name, value, computed):
    assert computed(expression_of(value).text(17)) == pytest.approx(value.data, rel=CLOSE, abs=1e-15), name
    constants = [c for c in value.op[1:] if isinstance(c, float)] if isinstance(value.op, tuple) else []
    known = [0.0, 1.0, *constants, value.data, *[parent.data for parent in value.parents]]
    for k, partial in enumerate(value.partials):
        slope = slope_of(value, k)
        if slope is not None:
            assert computed(slope.text(17)) == pytest.approx(partial, rel=CLOSE, abs=1e-15), name
        elif value.op not in ("mean", "dot") and value.op[0] != "linear_combination":
            assert any(math.isclose(abs(partial), abs(number)) for number in known), name
