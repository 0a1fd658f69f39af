"""Value: numbers, derivatives, kinks, domain edges, and how a gradient travels.

Numbers called PyTorch's were computed beforehand with torch 2.13.0 in float64.
"""

import copy
import gc
import math
import operator
import os
import pickle
import subprocess
import sys
from fractions import Fraction
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygnn import Value, linalg
from tinygnn.gradcheck import gradcheck
from tinygnn.linalg import COMPILED

# Two correctly working math libraries may differ in the last bits of exp, tanh, erf, ...
LIBM = 1e-14


def same(a, b):
    """Equal numbers; nan equals nan; the sign of a zero does not matter."""
    return a == b or (math.isnan(a) and math.isnan(b))


def close(a, b):
    return same(a, b) or (math.isfinite(b) and abs(a - b) <= LIBM * max(1.0, abs(b)))


def result_and_slopes(f, *numbers):
    """The value of f and its derivatives, each input a fresh leaf."""
    leaves = [Value(x) for x in numbers]
    output = f(*leaves)
    output.backward()
    return output.data, [leaf.grad for leaf in leaves]


UNARY = {
    "neg": operator.neg,
    "abs": abs,
    "exp": Value.exp,
    "log": Value.log,
    "sqrt": Value.sqrt,
    "sin": Value.sin,
    "cos": Value.cos,
    "tanh": Value.tanh,
    "sigmoid": Value.sigmoid,
    "relu": Value.relu,
    "leaky_relu": Value.leaky_relu,
    "leaky_relu(0.2)": lambda v: v.leaky_relu(0.2),
    "elu": Value.elu,
    "elu(0.5)": lambda v: v.elu(0.5),
    "gelu": Value.gelu,
    "gelu(tanh)": lambda v: v.gelu(approximate="tanh"),
    "silu": Value.silu,
    "softplus": Value.softplus,
    "clamp(-1, 1)": lambda v: v.clamp(-1, 1),
    "clamp(0, None)": lambda v: v.clamp(min=0.0),
    "clamp(1, -1)": lambda v: v.clamp(1.0, -1.0),
    "x**0": lambda v: v**0,
    "x**1": lambda v: v**1,
    "x**2": lambda v: v**2,
    "x**3": lambda v: v**3,
    "x**-1": lambda v: v**-1,
    "x**-2": lambda v: v**-2,
    "x**0.5": lambda v: v**0.5,
    "x**-0.5": lambda v: v**-0.5,
    "x**-1.5": lambda v: v**-1.5,
    "x**inf": lambda v: v**inf,
    "0**x": lambda v: 0**v,
    "1.5**x": lambda v: 1.5**v,
    "(-2)**x": lambda v: (-2) ** v,
    "3/x": lambda v: 3 / v,
    "0/x": lambda v: 0 / v,
}

BINARY = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "**": operator.pow,
    "maximum": Value.maximum,
    "minimum": Value.minimum,
}

# Where each function is smooth: there a central difference says what the derivative is.
ANYWHERE = st.floats(-4.0, 4.0)
POSITIVE = st.floats(0.2, 4.0)
OFF_ZERO = POSITIVE | st.floats(-4.0, -0.2)
SMOOTH = {
    "abs": OFF_ZERO,
    "log": POSITIVE,
    "sqrt": POSITIVE,
    "relu": OFF_ZERO,
    "leaky_relu": OFF_ZERO,
    "leaky_relu(0.2)": OFF_ZERO,
    "elu": OFF_ZERO,
    "elu(0.5)": OFF_ZERO,
    "clamp(-1, 1)": st.floats(-0.9, 0.9) | st.floats(1.1, 4.0) | st.floats(-4.0, -1.1),
    "clamp(0, None)": OFF_ZERO,
    "x**-1": OFF_ZERO,
    "x**-2": OFF_ZERO,
    "x**0.5": POSITIVE,
    "x**-0.5": POSITIVE,
    "x**-1.5": POSITIVE,
    "x**inf": None,  # its slope is inf · 0
    "0**x": POSITIVE,
    "(-2)**x": None,  # real at the integers alone
    "3/x": OFF_ZERO,
    "0/x": OFF_ZERO,
}

# (function, x, value, slope), PyTorch's.
ORDINARY_POINTS = [
    ("neg", 0.7, -0.7, -1.0),
    ("abs", 0.7, 0.7, 1.0),
    ("abs", -1.3, 1.3, -1.0),
    ("exp", 0.7, 2.0137527074704766, 2.0137527074704766),
    ("exp", -1.3, 0.2725317930340126, 0.2725317930340126),
    ("log", 0.7, -0.35667494393873245, 1.4285714285714286),
    ("sqrt", 0.7, 0.8366600265340756, 0.5976143046671968),
    ("sin", 0.7, 0.644217687237691, 0.7648421872844885),
    ("cos", 0.7, 0.7648421872844885, -0.644217687237691),
    ("tanh", 0.7, 0.6043677771171635, 0.6347395899824586),
    ("tanh", -1.3, -0.8617231593133063, 0.25743319670309406),
    ("sigmoid", 0.7, 0.6681877721681662, 0.22171287329310904),
    ("sigmoid", -1.3, 0.2141650169574414, 0.16829836246906024),
    ("relu", 0.7, 0.7, 1.0),
    ("relu", -1.3, 0.0, 0.0),
    ("leaky_relu", 0.7, 0.7, 1.0),
    ("leaky_relu", -1.3, -0.013, 0.01),
    ("leaky_relu(0.2)", -1.3, -0.26, 0.2),
    ("elu", 0.7, 0.7, 1.0),
    ("elu", -1.3, -0.7274682069659875, 0.2725317930340126),
    ("elu(0.5)", -1.3, -0.36373410348299373, 0.1362658965170063),
    ("gelu", 0.7, 0.5306254434438489, 0.9766141011336599),
    ("gelu", -1.3, -0.1258406299612934, -0.12597868507653925),
    ("gelu(tanh)", 0.7, 0.5305701347051167, 0.976357218656104),
    ("gelu(tanh)", -1.3, -0.1260709876826906, -0.12587806978401672),
    ("silu", 0.7, 0.46773144051771626, 0.8233867834733425),
    ("silu", -1.3, -0.2784145220446738, -0.004622854252336919),
    ("softplus", 0.7, 1.103186048885458, 0.6681877721681662),
    ("softplus", -1.3, 0.2410084538329922, 0.2141650169574414),
    ("clamp(-1, 1)", 0.7, 0.7, 1.0),
    ("clamp(-1, 1)", -1.3, -1.0, 0.0),
    ("x**2", -1.3, 1.69, -2.6),
    ("x**3", -1.3, -2.197, 5.07),
    ("x**-1.5", 0.7, 1.7074694419062768, -3.6588630897991647),
    ("1.5**x", -1.3, 0.5903116621970373, 0.23935078193023196),
    ("3/x", 0.7, 4.285714285714286, -6.122448979591837),
]

# (function, x, value, slope), PyTorch's: kinks, ends of domains, overflow, infinities and nan.
EDGES = [
    ("abs", 0.0, 0.0, 0.0),
    ("abs", -inf, inf, -1.0),
    ("abs", nan, nan, 0.0),
    ("exp", 1000.0, inf, inf),
    ("exp", -1000.0, 0.0, 0.0),
    ("exp", -inf, 0.0, 0.0),
    ("exp", nan, nan, nan),
    ("log", 0.0, -inf, inf),
    ("log", -0.0, -inf, -inf),
    ("log", -1.0, nan, -1.0),
    ("log", inf, inf, 0.0),
    ("log", nan, nan, nan),
    ("sqrt", 0.0, 0.0, inf),
    ("sqrt", -1.0, nan, nan),
    ("sqrt", inf, inf, 0.0),
    ("sin", inf, nan, nan),
    ("cos", -inf, nan, nan),
    ("tanh", inf, 1.0, 0.0),
    ("tanh", -1000.0, -1.0, 0.0),
    ("sigmoid", 1000.0, 1.0, 0.0),
    ("sigmoid", -1000.0, 0.0, 0.0),
    ("sigmoid", nan, nan, nan),
    ("relu", 0.0, 0.0, 0.0),
    ("relu", inf, inf, 1.0),
    ("relu", -inf, 0.0, 0.0),
    ("relu", nan, nan, 1.0),
    ("leaky_relu", 0.0, 0.0, 0.01),
    ("leaky_relu", -inf, -inf, 0.01),
    ("leaky_relu", nan, nan, 0.01),
    ("elu", 0.0, 0.0, 1.0),
    ("elu(0.5)", 0.0, 0.0, 0.5),
    ("elu", -1000.0, -1.0, 0.0),
    ("elu", 1000.0, 1000.0, 1.0),
    ("gelu", 0.0, 0.0, 0.5),
    ("gelu", 40.0, 40.0, 1.0),
    ("gelu", -1000.0, 0.0, 0.0),
    ("gelu", -inf, nan, nan),
    ("gelu(tanh)", -1000.0, 0.0, 0.0),
    ("silu", 0.0, 0.0, 0.5),
    ("silu", 1000.0, 1000.0, 1.0),
    ("silu", -1000.0, 0.0, 0.0),
    ("softplus", 1000.0, 1000.0, 1.0),
    ("softplus", -1000.0, 0.0, 0.0),
    ("softplus", nan, nan, nan),
    ("clamp(-1, 1)", 1.0, 1.0, 1.0),
    ("clamp(-1, 1)", -1.0, -1.0, 1.0),
    ("clamp(-1, 1)", inf, 1.0, 0.0),
    ("clamp(-1, 1)", nan, nan, 0.0),
    ("clamp(0, None)", 0.0, 0.0, 1.0),
    ("clamp(0, None)", inf, inf, 1.0),
    ("clamp(1, -1)", 0.0, -1.0, 0.0),
    ("clamp(1, -1)", 5.0, -1.0, 0.0),
    ("x**0", 0.0, 1.0, 0.0),
    ("x**0", nan, 1.0, 0.0),
    ("x**0", inf, 1.0, 0.0),
    ("x**1", 0.0, 0.0, 1.0),
    ("x**2", 0.0, 0.0, 0.0),
    ("x**2", 1e200, inf, 2e200),
    ("x**3", -1e200, -inf, inf),
    ("x**-1", 0.0, inf, -inf),
    ("x**-1", -0.0, -inf, -inf),
    ("x**-2", 0.0, inf, -inf),
    ("x**0.5", 0.0, 0.0, inf),
    ("x**0.5", -1.0, nan, nan),
    ("x**-0.5", 0.0, inf, -inf),
    ("0**x", 0.0, 1.0, 0.0),
    ("0**x", 2.0, 0.0, 0.0),
    ("0**x", -1.0, inf, -inf),
    ("(-2)**x", 3.0, -8.0, nan),
    ("(-2)**x", 0.5, nan, nan),
    ("3/x", 0.0, inf, -inf),
    ("3/x", -0.0, -inf, -inf),
    ("0/x", 0.0, nan, nan),
]

# (function, x, y, value, slope in x, slope in y), PyTorch's.
BINARY_POINTS = [
    ("+", 1.7, -0.6, 1.1, 1.0, 1.0),
    ("-", 1.7, -0.6, 2.3, 1.0, -1.0),
    ("*", 1.7, -0.6, -1.02, -0.6, 1.7),
    ("/", 1.7, -0.6, -2.8333333333333335, -1.6666666666666667, -4.722222222222222),
    ("**", 1.7, -0.6, 0.7273285697664938, -0.2567042010940566, 0.3859410869227444),
    ("maximum", 1.7, -0.6, 1.7, 1.0, 0.0),
    ("minimum", 1.7, -0.6, -0.6, 0.0, 1.0),
    ("+", inf, -inf, nan, 1.0, 1.0),
    ("-", inf, inf, nan, 1.0, -1.0),
    ("*", inf, 0.0, nan, 0.0, inf),
    ("/", 1.0, 0.0, inf, inf, -inf),
    ("/", -1.0, 0.0, -inf, inf, inf),
    ("/", 0.0, 0.0, nan, inf, nan),
    ("/", inf, inf, nan, 0.0, nan),
    ("**", 0.0, 0.0, 1.0, 0.0, 0.0),
    ("**", 0.0, 0.5, 0.0, inf, 0.0),
    ("**", 0.0, 1.0, 0.0, 1.0, 0.0),
    ("**", 0.0, 2.0, 0.0, 0.0, 0.0),
    ("**", 0.0, -1.0, inf, -inf, -inf),
    ("**", -2.0, 3.0, -8.0, 12.0, nan),
    ("**", -2.0, 0.5, nan, nan, nan),
    ("**", 1e200, 2.0, inf, 2e200, inf),
    ("**", nan, 0.0, 1.0, 0.0, nan),
    ("**", 1.0, nan, 1.0, nan, 0.0),
    ("maximum", 2.0, 2.0, 2.0, 0.5, 0.5),
    ("minimum", 2.0, 2.0, 2.0, 0.5, 0.5),
    ("maximum", inf, inf, inf, 0.5, 0.5),
    ("maximum", 1.0, nan, nan, 1.0, 1.0),
    ("minimum", nan, 1.0, nan, 1.0, 1.0),
]


def table_ids(rows):
    return [f"{name} at {', '.join(map(str, point))}" for name, *point in rows]


# ---- numbers and derivatives ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "x", "value", "slope"),
    ORDINARY_POINTS,
    ids=table_ids([row[:2] for row in ORDINARY_POINTS]),
)
def test_a_function_has_pytorchs_value_and_slope(name, x, value, slope):
    """At ordinary points both agree up to what two math libraries may differ by."""
    result, [grad] = result_and_slopes(UNARY[name], x)
    assert close(result, value)
    assert close(grad, slope)


@pytest.mark.parametrize(("name", "x", "value", "slope"), EDGES, ids=table_ids([row[:2] for row in EDGES]))
def test_a_function_has_pytorchs_value_and_slope_at_kinks_and_domain_edges(name, x, value, slope):
    """Nothing raises, and infinities, nans and subgradients are PyTorch's."""
    result, [grad] = result_and_slopes(UNARY[name], x)
    assert close(result, value)
    assert close(grad, slope)


@pytest.mark.parametrize(
    ("name", "x", "y", "value", "slope_x", "slope_y"),
    BINARY_POINTS,
    ids=table_ids([row[:3] for row in BINARY_POINTS]),
)
def test_an_operator_has_pytorchs_value_and_slopes(name, x, y, value, slope_x, slope_y):
    """For two Values, at ordinary points and at the edges."""
    result, grads = result_and_slopes(BINARY[name], x, y)
    assert close(result, value)
    assert close(grads[0], slope_x)
    assert close(grads[1], slope_y)


@pytest.mark.parametrize("name", [name for name in UNARY if SMOOTH.get(name, ANYWHERE) is not None])
def test_a_slope_is_the_central_difference(name):
    """Wherever the function is smooth."""

    @given(SMOOTH.get(name, ANYWHERE))
    def check(x):
        assert gradcheck(UNARY[name], [Value(x)])

    check()


@pytest.mark.parametrize("name", BINARY)
def test_both_slopes_are_the_central_differences(name):
    """Also where both numbers change."""

    @given(POSITIVE, POSITIVE if name in ("/", "**") else ANYWHERE)
    def check(x, y):
        if name in ("maximum", "minimum") and abs(x - y) < 1e-3:
            y += 0.5  # away from the kink
        assert gradcheck(BINARY[name], [Value(x), Value(y)])

    check()


@pytest.mark.parametrize("name", ["+", "-", "*", "/", "**"])
@pytest.mark.parametrize("number", [3, 2.5, Fraction(1, 4), True], ids=repr)
def test_plain_numbers_stand_on_either_side(name, number):
    """An int, a float or another real number is a constant on the left and on the right."""
    op, x = BINARY[name], 1.5
    right, [grad_right] = result_and_slopes(lambda v: op(v, number), x)
    left, [grad_left] = result_and_slopes(lambda v: op(number, v), x)
    both_right, [expected_right, _] = result_and_slopes(op, x, float(number))
    both_left, [_, expected_left] = result_and_slopes(op, float(number), x)
    assert (right, grad_right) == (both_right, expected_right)
    assert (left, grad_left) == (both_left, expected_left)


def test_maximum_and_minimum_take_plain_numbers():
    """The constant gets its share of the gradient and nobody sees it."""
    assert result_and_slopes(lambda v: v.maximum(1), 0.5) == (1.0, [0.0])
    assert result_and_slopes(lambda v: v.minimum(0.5), 0.5) == (0.5, [0.5])


def test_sum_of_a_list_of_values_works():
    """Python's sum starts from 0, which is a number on the left."""
    values = [Value(1.0), Value(2.0)]
    result = sum(values)
    result.backward()
    assert result.data == 3.0
    assert [v.grad for v in values] == [1.0, 1.0]


def test_unary_plus_and_abs_method():
    """`+x` is x itself, and `x.abs()` is `abs(x)`."""
    x = Value(-2.0)
    assert +x is x
    assert result_and_slopes(Value.abs, -2.0) == (2.0, [-1.0])


def test_softplus_has_no_threshold():
    """PyTorch returns x above 20; the true value at 21 is larger by e**-21."""
    result, [slope] = result_and_slopes(Value.softplus, 21.0)
    assert result == 21.0 + math.exp(-21.0)
    assert slope == 1.0 / (1.0 + math.exp(-21.0))


def test_no_float_makes_an_operation_raise():
    """Every function at every awkward float, forward and backward."""
    awkward = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 3.0, 5e-324, -5e-324, 1e-300, 1e154, 1e308, -1e308]
    awkward += [710.0, -745.0, -746.0, inf, -inf, nan]
    for f in UNARY.values():
        for x in awkward:
            result_and_slopes(f, x)
    for f in BINARY.values():
        for x in awkward:
            for y in awkward:
                result_and_slopes(f, x, y)


# ---- masked inputs -------------------------------------------------------------------------------

# name: an operation that is constant at x = -1 or at x = 1, with the value 0, and that x
MASKS = {
    "relu": (Value.relu, -1.0),
    "clamp below": (lambda v: v.clamp(min=0.0), -1.0),
    "clamp above": (lambda v: v.clamp(max=0.0), 1.0),
    "clamp both": (lambda v: v.clamp(0.0, 0.5), -1.0),
    "maximum": (lambda v: v.maximum(0.0), -1.0),
    "maximum of Values": (lambda v: Value(0.0).maximum(v), -1.0),
    "minimum": (lambda v: v.minimum(0.0), 1.0),
    "minimum of Values": (lambda v: Value(0.0).minimum(v), 1.0),
    "maximum of many": (lambda v: linalg.maximum([v, 0.0, -3.0]), -1.0),
    "minimum of many": (lambda v: linalg.minimum([v, 0.0, 3.0]), 1.0),
    "times 0": (lambda v: v * 0.0, 1.0),
    "power 0": (lambda v: v**0.0 - 1.0, 1.0),
    "leaky_relu of slope 0": (lambda v: v.leaky_relu(0.0), -1.0),
    "relu twice": (lambda v: v.relu().relu(), -1.0),
    "relu, scaled": (lambda v: 3.0 * v.relu(), -1.0),
}
INFINITE_SLOPES = {
    "sqrt": Value.sqrt,
    "log": Value.log,
    "x**-1": lambda v: v**-1.0,
    "x**0.5": lambda v: v**0.5,
    "x**Value": lambda v: v ** Value(-0.5),
    "1/x": lambda v: 1.0 / v,
    "x/0": lambda v: v / 0.0,
    "x*inf": lambda v: v * inf,
}


@pytest.mark.parametrize("outer", INFINITE_SLOPES)
@pytest.mark.parametrize("mask", MASKS)
def test_a_masked_input_gets_no_gradient_even_where_the_outer_slope_is_infinite(outer, mask):
    """What is constant has the gradient 0, not 0 · inf.

    So it is in PyTorch after relu, clamp, maximum and minimum; after amax and a product with 0 it gives nan.
    """
    hide, x = MASKS[mask]
    _, [slope] = result_and_slopes(lambda v: INFINITE_SLOPES[outer](hide(v)), x)
    assert slope == 0.0


@pytest.mark.parametrize("gradient", [inf, -inf, nan], ids=str)
@pytest.mark.parametrize("mask", MASKS)
def test_a_masked_input_gets_no_gradient_whatever_arrives(mask, gradient):
    """Also when the caller gives it."""
    hide, x = MASKS[mask]
    v = Value(x)
    hide(v).backward(gradient)
    assert v.grad == 0.0


def test_the_input_that_wins_gets_the_infinite_gradient():
    """Only the loser is masked; two equals get half of it each."""
    assert result_and_slopes(lambda x, y: x.maximum(y).sqrt(), -1.0, 0.0)[1] == [0.0, inf]
    assert result_and_slopes(lambda x, y: x.minimum(y).log(), 0.0, 1.0)[1] == [inf, 0.0]
    assert result_and_slopes(lambda x, y: x.maximum(y).sqrt(), 0.0, 0.0)[1] == [inf, inf]
    assert result_and_slopes(lambda x, y: linalg.maximum([x, y]).sqrt(), -1.0, 0.0)[1] == [0.0, inf]


def test_a_masked_input_keeps_what_comes_by_other_paths():
    """The 0 is added, it does not replace."""
    _, [slope] = result_and_slopes(lambda v: v.relu().sqrt() + 3.0 * v, -1.0)
    assert slope == 3.0
    x = Value(-1.0)
    x.grad = 7.0
    x.relu().sqrt().backward()
    assert x.grad == 7.0


def test_at_its_bound_a_clamp_lets_an_infinite_gradient_through_and_relu_does_not():
    """Their slopes at the kink are 1 and 0, as PyTorch's."""
    assert result_and_slopes(lambda v: v.clamp(min=0.0).sqrt(), 0.0)[1] == [inf]
    assert result_and_slopes(lambda v: v.relu().sqrt(), 0.0)[1] == [0.0]


def test_an_infinite_slope_times_a_gradient_of_zero_is_nan():
    """Here the slope is what is infinite: 0 · inf, as in PyTorch."""
    assert math.isnan(result_and_slopes(lambda v: v.sqrt() * 0.0, 0.0)[1][0])
    assert math.isnan(result_and_slopes(lambda v: v.log().relu(), 0.0)[1][0])


def test_gelu_refuses_an_unknown_approximation():
    """And names the two that there are."""
    with pytest.raises(ValueError, match="gelu's approximate is 'none' or 'tanh', not 'erf'"):
        Value(1.0).gelu("erf")


def test_clamp_without_bounds_is_refused():
    """As PyTorch does."""
    with pytest.raises(ValueError, match="min, max or both"):
        Value(1.0).clamp()


# ---- what is a number ----------------------------------------------------------------------------

NOT_NUMBERS = ["1.0", 1j, [1.0], (1.0,), None, {}, b"1", object]


def naming(thing):
    """The part of the message that names what was found."""
    return f"of type {type(thing).__name__}"


@pytest.mark.parametrize("thing", NOT_NUMBERS, ids=repr)
def test_a_value_of_something_else_is_a_type_error_that_names_it(thing):
    """Strings are not parsed, complex numbers not cut."""
    with pytest.raises(TypeError, match=naming(thing)):
        Value(thing)


@pytest.mark.parametrize("thing", NOT_NUMBERS, ids=repr)
@pytest.mark.parametrize(
    "op",
    [
        operator.add,
        operator.sub,
        operator.mul,
        operator.truediv,
        operator.pow,
        operator.lt,
        operator.le,
        operator.gt,
        operator.ge,
    ],
    ids=lambda op: op.__name__,
)
def test_an_operand_that_is_no_number_is_a_type_error_that_names_it(op, thing):
    """On either side, also in comparisons."""
    with pytest.raises(TypeError, match=naming(thing)):
        op(Value(1.0), thing)
    with pytest.raises(TypeError, match=naming(thing)):
        op(thing, Value(1.0))


@pytest.mark.parametrize("thing", NOT_NUMBERS[:5], ids=repr)
@pytest.mark.parametrize(
    "call",
    [
        lambda v, thing: v.maximum(thing),
        lambda v, thing: v.minimum(thing),
        lambda v, thing: v.leaky_relu(thing),
        lambda v, thing: v.elu(thing),
        lambda v, thing: v.backward(thing),
        lambda v, thing: v.clamp(min=0.0 if thing is None else thing, max="1.0" if thing is None else None),
    ],
    ids=["maximum", "minimum", "leaky_relu", "elu", "backward", "clamp"],
)
def test_an_argument_that_is_no_number_is_a_type_error(call, thing):
    """None is a missing bound for clamp alone."""
    with pytest.raises(TypeError, match="expected a real number"):
        call(Value(1.0), thing)


def test_a_value_of_a_value_is_refused_with_a_hint():
    """It would silently cut the graph."""
    with pytest.raises(TypeError, match="it is a Value already"):
        Value(Value(1.0))


def test_a_long_wrong_thing_is_abbreviated_in_the_message():
    """A whole matrix in place of a number does not fill the screen."""
    with pytest.raises(TypeError) as caught:
        Value([0.123456789] * 10_000)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("number", [2, True, Fraction(1, 2), 2.0], ids=repr)
def test_any_real_number_becomes_a_float(number):
    """ints, bools and fractions too."""
    value = Value(number)
    assert type(value.data) is float
    assert value.data == number


def test_a_leaf_starts_without_gradient_and_without_parents():
    """Nothing has been computed yet."""
    v = Value(2.0)
    assert (v.data, v.grad, v.op, v.parents, v.partials) == (2.0, 0.0, "", (), ())


def test_a_value_takes_no_further_attributes():
    """A misspelt `.gard` is an error rather than a number nobody reads."""
    with pytest.raises(AttributeError):
        Value(1.0).gard = 2.0


def test_repr_shows_data_and_gradient():
    """And no more."""
    v = Value(2.0)
    v.grad = 0.5
    assert repr(v) == "Value(2.0, grad=0.5)"


def test_float_of_a_value_is_its_number():
    """For printing and for the math module."""
    assert float(Value(2.5)) == 2.5


# ---- comparison and identity ---------------------------------------------------------------------


@pytest.mark.parametrize("op", [operator.lt, operator.le, operator.gt, operator.ge], ids=lambda f: f.__name__)
@pytest.mark.parametrize("y", [1.0, 2.0, 3.0, nan], ids=str)
def test_order_compares_the_numbers(op, y):
    """Value with Value, Value with number, number with Value; nothing is ordered with nan."""
    assert op(Value(2.0), Value(y)) is op(2.0, y)
    assert op(Value(2.0), y) is op(2.0, y)
    assert op(2.0, Value(y)) is op(2.0, y)
    assert op(2, Value(y)) is op(2, y)


def test_equality_and_hash_are_identity():
    """Two leaves of one number stay two, in sets and as keys."""
    a, b = Value(1.0), Value(1.0)
    assert a == a
    assert a != b
    assert a != 1.0
    assert len({a, b}) == 2
    a.data = 5.0
    assert {a: "kept"}[a] == "kept"


def test_max_and_sorted_work_on_values():
    """Python's own max finds the Value itself."""
    a, b, c = Value(1.0), Value(3.0), Value(2.0)
    assert max(a, b, c) is b
    assert sorted([a, b, c]) == [a, c, b]


# ---- how the gradient travels --------------------------------------------------------------------


def test_grad_accumulates_when_a_value_is_used_twice():
    """x·x + x: 2x + 1."""
    x = Value(3.0)
    (x * x + x).backward()
    assert x.grad == 7.0


@pytest.mark.parametrize("name", UNARY)
def test_every_function_adds_to_the_gradient_of_a_value_used_twice(name):
    """f(x) + 2 f(x) has three times the slope of f."""
    f = UNARY[name]
    _, [once] = result_and_slopes(f, 1.25)
    _, [thrice] = result_and_slopes(lambda v: f(v) + 2.0 * f(v), 1.25)
    assert thrice == pytest.approx(3.0 * once, rel=LIBM, nan_ok=True)


@pytest.mark.parametrize("name", BINARY)
def test_every_operator_takes_one_value_as_both_operands(name):
    """The two slopes add up: d f(x, x) = f_x + f_y."""
    _, slopes = result_and_slopes(BINARY[name], 1.25, 1.25)
    _, [both] = result_and_slopes(lambda v: BINARY[name](v, v), 1.25)
    assert both == pytest.approx(sum(slopes), rel=LIBM, abs=LIBM)


def test_gradient_waits_for_all_paths_to_an_inner_value():
    """y reaches z over a short and a long way; x hears of y once both have been added up."""
    x = Value(2.0)
    y = x * x
    z = y * ((y + 1.0).tanh().exp() + 3.0) * y
    z.backward()
    t = math.tanh(5.0)
    # z = y² (e^tanh(y+1) + 3), dz/dy = 2y (e^t + 3) + y² e^t (1 - t²), dy/dx = 2x
    expected = (8.0 * (math.exp(t) + 3.0) + 16.0 * math.exp(t) * (1.0 - t * t)) * 4.0
    assert x.grad == pytest.approx(expected, rel=LIBM)


def test_every_inner_value_holds_its_gradient():
    """Not only the leaves: every number of the graph can be looked at."""
    a, b = Value(2.0), Value(3.0)
    product = a * b
    output = product.tanh()
    output.backward()
    assert output.grad == 1.0
    assert product.grad == 1.0 - math.tanh(6.0) ** 2


def test_a_second_backward_adds_to_the_leaves_and_counts_inner_values_once():
    """PyTorch with retain_graph=True: (x²)² at 3 gives 108, then 216."""
    x = Value(3.0)
    y = x * x
    z = y * y
    z.backward()
    assert (x.grad, y.grad, z.grad) == (108.0, 18.0, 1.0)
    z.backward()
    assert (x.grad, y.grad, z.grad) == (216.0, 18.0, 1.0)


def test_two_outputs_of_one_inner_value_add_up_in_the_leaves():
    """PyTorch: d(y²)/dx + d(3y)/dx = 108 + 18 at x = 3, y = x²."""
    x = Value(3.0)
    y = x * x
    (y * y).backward()
    (3.0 * y).backward()
    assert x.grad == 126.0


def test_backward_from_an_inner_value_after_backward_from_the_end():
    """PyTorch: 108 from the end, then 6 from y itself."""
    x = Value(3.0)
    y = x * x
    (y * y).backward()
    y.backward()
    assert x.grad == 114.0


def test_backward_of_a_leaf_adds_to_itself():
    """PyTorch: twice on a leaf gives 2."""
    x = Value(3.0)
    x.backward()
    x.backward()
    assert x.grad == 2.0


def test_backward_takes_the_gradient_to_start_from():
    """A vector-Jacobian product with one number; ints are fine."""
    x = Value(3.0)
    (x * x).backward(10)
    assert x.grad == 60.0
    (x * x).backward(gradient=-0.5)
    assert x.grad == 57.0


def test_backward_after_an_optimizer_step_uses_the_slopes_of_the_forward_pass():
    """Changing a leaf's data afterwards changes nothing that was recorded."""
    x = Value(3.0)
    y = x * x
    x.data = 100.0
    y.backward()
    assert x.grad == 6.0


def test_a_value_outside_the_expression_is_not_touched():
    """Gradients flow to parents only."""
    x, other = Value(1.0), Value(2.0)
    unused = x * other
    unused.grad = 5.0
    (x + 1.0).backward()
    assert (other.grad, unused.grad) == (0.0, 5.0)


def test_micrograds_own_example_gives_its_numbers():
    """The README of micrograd, whose surface works unchanged: 24.7041, 138.8338, 645.5773."""
    a, b = Value(-4.0), Value(2.0)
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    g.backward()
    assert f"{g.data:.4f} {a.grad:.4f} {b.grad:.4f}" == "24.7041 138.8338 645.5773"


@given(st.lists(st.sampled_from(["+", "*", "tanh", "-", "relu", "sin"]), min_size=1, max_size=30), ANYWHERE)
def test_random_expressions_agree_with_forward_mode(ops, x):
    """Carrying (value, slope) forward along the same operations gives the same slope."""
    v = u = Value(x)
    number, slope = x, 1.0
    for op in ops:
        if op == "+":
            v, number, slope = v + u, number + x, slope + 1.0
        elif op == "*":
            v, number, slope = 0.5 * v * u, 0.5 * number * x, 0.5 * (slope * x + number)
        elif op == "-":
            v, number, slope = 1.0 - v, 1.0 - number, -slope
        elif op == "tanh":
            v, number, slope = v.tanh(), math.tanh(number), slope * (1.0 - math.tanh(number) ** 2)
        elif op == "sin":
            v, number, slope = v.sin(), math.sin(number), slope * math.cos(number)
        else:
            v, number, slope = v.relu(), max(number, 0.0), slope if number > 0.0 else 0.0
    v.backward()
    # 30 operations of at most 4 times the size each: far below this.
    assert v.data == pytest.approx(number, rel=1e-9, abs=1e-9)
    assert u.grad == pytest.approx(slope, rel=1e-9, abs=1e-9)


# ---- the recorded graph --------------------------------------------------------------------------

# How to compute an operation from its name, its constants and its parents' numbers, written anew.
BY_NAME = {
    "+": lambda x, y: x + y,
    "-": lambda x, y: x - y,
    "*": lambda x, y: x * y,
    "/": lambda x, y: x / y,
    "**": lambda x, y: x**y,
    "neg": lambda x: -x,
    "abs": lambda x: max(x, -x),
    "exp": math.exp,
    "log": math.log,
    "sqrt": lambda x: x**0.5,
    "sin": math.sin,
    "cos": math.cos,
    "tanh": math.tanh,
    "sigmoid": lambda x: 1.0 / (1.0 + math.exp(-x)),
    "relu": lambda x: max(x, 0.0),
    "leaky_relu": lambda x, slope: max(x, 0.0) + slope * min(x, 0.0),
    "elu": lambda x, alpha: max(x, 0.0) + min(alpha * (math.exp(x) - 1.0), 0.0),
    "gelu": lambda x, name: {
        "none": 0.5 * x * (1.0 + math.erf(x / 2**0.5)),
        "tanh": 0.5 * x * (1.0 + math.tanh((2 / math.pi) ** 0.5 * (x + 0.044715 * x**3))),
    }[name],
    "silu": lambda x: x / (1.0 + math.exp(-x)),
    "softplus": lambda x: math.log(1.0 + math.exp(x)),
    "clamp": lambda x, low, high: min(max(x, low), high),
    "maximum": max,
    "minimum": min,
}


def recompute(value):
    """The number of a Value from `op` and `parents` alone."""
    if not value.parents:
        return value.data
    name, *constants = value.op if isinstance(value.op, tuple) else (value.op,)
    return BY_NAME[name](*[recompute(parent) for parent in value.parents], *constants)


@pytest.mark.parametrize("x", [0.6, 1.7])
@pytest.mark.parametrize("name", [name for name in UNARY if name not in ("(-2)**x", "clamp(1, -1)")])
def test_op_and_parents_alone_tell_how_a_number_was_made(name, x):
    """So that a recorded graph can be drawn, or recomputed at another precision."""
    output = UNARY[name](Value(x))
    assert recompute(output) == pytest.approx(output.data, rel=LIBM, abs=LIBM)


@pytest.mark.parametrize("name", BINARY)
def test_op_and_parents_tell_how_two_numbers_were_combined(name):
    """In their order: parents are a tuple."""
    output = BINARY[name](Value(1.7), Value(0.6))
    assert isinstance(output.parents, tuple)
    assert [parent.data for parent in output.parents] == [1.7, 0.6]
    assert recompute(output) == pytest.approx(output.data, rel=LIBM)


# ---- copying -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "duplicate",
    [copy.copy, copy.deepcopy, *(lambda v, p=p: pickle.loads(pickle.dumps(v, p)) for p in range(6))],
    ids=["copy", "deepcopy", *(f"pickle {p}" for p in range(6))],
)
def test_a_leaf_can_be_copied_and_pickled_with_its_gradient(duplicate):
    """The copy is a leaf of its own."""
    original = Value(2.5)
    original.grad = -1.5
    twin = duplicate(original)
    assert (twin.data, twin.grad, twin.op, twin.parents) == (2.5, -1.5, "", ())
    twin.data = 0.0
    assert original.data == 2.5


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v))])
def test_a_shared_leaf_stays_shared_in_the_copy(duplicate):
    """Weight tying survives."""
    shared = Value(1.0)
    a, [b, c] = duplicate([shared, [shared, Value(1.0)]])
    assert a is b
    assert a is not c
    assert a is not shared


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickle.dumps], ids=lambda f: f.__name__)
def test_a_computed_value_refuses_to_be_copied_and_says_what_to_do(duplicate):
    """Copying it would copy the whole graph, recursively."""
    inner = Value(2.0) * 3.0
    with pytest.raises(TypeError, match=r"made by '\*': only leaves can be copied.*Value\(v\.data\)"):
        duplicate(inner)


# ---- size and memory -----------------------------------------------------------------------------


def run_python(program, folder, **environment):
    """Run a program in an interpreter of its own; a crash there is a failure here."""
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


MILLION = """
from tinygnn import Value

x = Value(1.0)
v = x
for _ in range(1_000_000):
    v = -v
assert v.data == 1.0
v.backward()
assert x.grad == 1.0
del v
print("freed")
"""

DIAMONDS = """
from tinygnn import Value

x = Value(1.0)
v = x
for _ in range(100_000):
    v = 0.5 * (v + v)
v.backward()
assert (v.data, x.grad) == (1.0, 1.0)
del v
print("freed")
"""


@pytest.mark.parametrize("program", [MILLION, DIAMONDS], ids=["million", "diamonds"])
def test_a_long_chain_runs_forward_backward_and_is_freed(program, tmp_path):
    """No recursion anywhere: neither in backward nor when the last reference goes."""
    ran = run_python(program, tmp_path)
    assert (ran.returncode, ran.stdout.strip()) == (0, "freed"), ran.stderr


def test_reference_counts_alone_free_an_expression():
    """No cycles: with the collector off, everything goes with the last reference."""
    if COMPILED:
        pytest.skip("a compiled Value has no subclasses to count")

    class Watched(Value):
        """A leaf that counts how many of its kind are alive."""

        __slots__ = ()
        alive = 0

        def __init__(self, data):
            super().__init__(data)
            Watched.alive += 1

        def __del__(self):
            Watched.alive -= 1

    gc.collect()
    gc.disable()
    try:
        x = Watched(2.0)
        y = (x * x).tanh() + x.exp()
        y.backward()
        assert Watched.alive == 1
        del x
        assert Watched.alive == 1  # y still needs it
        del y
        assert Watched.alive == 0
        assert gc.collect() == 0
    finally:
        gc.enable()


ORDER = """
from tinygnn import Value

x = [Value(0.1 * i + 0.01) for i in range(20)]
y = [(a * b).sin() + a / (b + 3.0) for a in x for b in x]
total = y[0]
for i, v in enumerate(y[1:]):
    total = total + v * y[i] * 0.1
total.backward()
print(total.data.hex(), [v.grad.hex() for v in x])
"""


def test_gradients_have_the_same_bits_whatever_the_hash_seed(tmp_path):
    """No set and no hash decides in which order gradients are added."""
    outputs = {run_python(ORDER, tmp_path, PYTHONHASHSEED=seed).stdout for seed in ("0", "1", "2")}
    assert len(outputs) == 1
    assert outputs.pop().startswith("0x")
