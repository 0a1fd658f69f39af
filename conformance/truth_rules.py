"""What each operation computes and the slope by each of its parents, at 50 digits: a table of its own.

Nothing here is taken from `Value.partials`, and the formulas are others where those would cancel: of a
softmax 1 - p is the sum of the other shares, of tanh the slope is 1 / cosh². What holds at kinks, at the
edges of a domain and for infinities is what `value.py` and `linalg.py` document.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tinygnn.conformance.truth_numbers import (
    Number,
    add,
    context,
    cosine,
    divide,
    exactly,
    exponential,
    exponential_minus_one,
    hyperbolic_tangent,
    logarithm,
    logistic,
    multiply,
    negative,
    normal_below,
    normal_density,
    power,
    root,
    sine,
    soft_plus,
    squared_sech,
    subtract,
)

Numbers = Sequence[Number]
Constants = tuple[Any, ...]  # what stands in op behind the name

ONE = exactly(1.0)
HALF = exactly(0.5)


@dataclass(frozen=True)
class Rule:
    """result: of the parents' numbers x and constants c. slopes: one by each x, of x, the result y and c."""

    result: Callable[[Numbers, Constants], Number]
    slopes: Callable[[Numbers, Number, Constants], list[Number]]


def unary(result: Callable[[Number], Number], slope: Callable[[Number, Number], Number]) -> Rule:
    """The rule of a function of one number; its slope is made from x and the result y."""
    return Rule(lambda x, c: result(x[0]), lambda x, y, c: [slope(x[0], y)])


# ---- arithmetic -------------------------------------------------------------------------------------------


def power_slopes(x: Numbers, y: Number, c: Constants) -> list[Number]:
    """y x^(y-1), and 0 where y is 0; x^y log x, and 0 where x is 0 <= y."""
    base, exponent = x[0], x[1] if len(x) == 2 else number(c[0])
    by_base = multiply(exponent, power(base, subtract(exponent, ONE))) if exponent != 0.0 else 0.0
    if len(x) == 1:
        return [by_base]
    return [by_base, 0.0 if base == 0.0 and exponent >= 0.0 else multiply(y, logarithm(base))]


def number(constant: Any) -> Number:
    """A constant of an operation as a number."""
    return exactly(float(constant))


# ---- functions of one number ----------------------------------------------------------------------------


def sign(x: Number) -> Number:
    """1, -1, and 0 at 0 and nan."""
    return ONE if x > 0.0 else -ONE if x < 0.0 else 0.0


def leaky(x: Number, below: Number) -> Number:
    """1 above 0, else the slope below."""
    return ONE if x > 0.0 else below


def elu(x: Numbers, c: Constants) -> Number:
    """x, or α (e^x - 1)."""
    return multiply(number(c[0]), exponential_minus_one(x[0])) if x[0] <= 0.0 else x[0]


def elu_slopes(x: Numbers, y: Number, c: Constants) -> list[Number]:
    """1, or α e^x."""
    return [multiply(number(c[0]), exponential(x[0])) if x[0] <= 0.0 else ONE]


def tanh_argument(x: Number) -> tuple[Number, Number]:
    """u = √(2/π) (x + 0.044715 x³) of the approximate gelu, and du/dx."""
    factor, cubic = context.sqrt(2 / context.pi), context.mpf("0.044715")
    square = multiply(x, x)
    u = multiply(factor, multiply(x, add(ONE, multiply(cubic, square))))
    return u, multiply(factor, add(ONE, multiply(3 * cubic, square)))


def gelu(x: Numbers, c: Constants) -> Number:
    """x Φ(x), or x (1 + tanh u) / 2 = x σ(2u)."""
    below = normal_below(x[0]) if c[0] == "none" else logistic(multiply(2 * ONE, tanh_argument(x[0])[0]))
    return multiply(x[0], below)


def gelu_slopes(x: Numbers, y: Number, c: Constants) -> list[Number]:
    """Φ(x) + x φ(x); σ(2u) + x du/dx / (2 cosh² u)."""
    if c[0] == "none":
        return [add(normal_below(x[0]), multiply(x[0], normal_density(x[0])))]
    u, slope = tanh_argument(x[0])
    bend = multiply(HALF, multiply(squared_sech(u), slope))
    return [add(logistic(multiply(2 * ONE, u)), multiply(x[0], bend))]


def silu_slope(x: Number, y: Number) -> Number:
    """σ(x) (1 + x σ(-x))."""
    return multiply(logistic(x), add(ONE, multiply(x, logistic(negative(x)))))


def clamp(x: Numbers, c: Constants) -> Number:
    """x moved into [low, high]; high where low > high."""
    low, high = number(c[0]), number(c[1])
    at_least = low if x[0] < low else x[0]
    return high if at_least > high else at_least


def clamp_slopes(x: Numbers, y: Number, c: Constants) -> list[Number]:
    """1 inside and on the bounds."""
    return [ONE if number(c[0]) <= x[0] <= number(c[1]) else 0.0]


RULES: dict[str, Rule] = {
    "+": Rule(lambda x, c: add(x[0], x[1]), lambda x, y, c: [ONE, ONE]),
    "-": Rule(lambda x, c: subtract(x[0], x[1]), lambda x, y, c: [ONE, -ONE]),
    "*": Rule(lambda x, c: multiply(x[0], x[1]), lambda x, y, c: [x[1], x[0]]),
    "/": Rule(
        lambda x, c: divide(x[0], x[1]),
        lambda x, y, c: [divide(ONE, x[1]), divide(negative(y), x[1])],
    ),
    "**": Rule(lambda x, c: power(x[0], x[1] if len(x) == 2 else number(c[0])), power_slopes),
    "detach": unary(lambda x: x, lambda x, y: 0.0),
    "neg": unary(negative, lambda x, y: -ONE),
    "abs": unary(abs, lambda x, y: sign(x)),
    "exp": unary(exponential, lambda x, y: y),
    "log": unary(logarithm, lambda x, y: divide(ONE, x)),
    "sqrt": unary(root, lambda x, y: divide(HALF, y)),
    "sin": unary(sine, lambda x, y: cosine(x)),
    "cos": unary(cosine, lambda x, y: negative(sine(x))),
    "tanh": unary(hyperbolic_tangent, lambda x, y: squared_sech(x)),
    "sigmoid": unary(logistic, lambda x, y: multiply(logistic(x), logistic(negative(x)))),
    "relu": unary(lambda x: 0.0 if x <= 0.0 else x, lambda x, y: 0.0 if x <= 0.0 else ONE),
    "leaky_relu": Rule(
        lambda x, c: x[0] if x[0] > 0.0 else multiply(number(c[0]), x[0]),
        lambda x, y, c: [leaky(x[0], number(c[0]))],
    ),
    "elu": Rule(elu, elu_slopes),
    "gelu": Rule(gelu, gelu_slopes),
    "silu": unary(lambda x: multiply(x, logistic(x)), silu_slope),
    "softplus": unary(soft_plus, lambda x, y: logistic(x)),
    "clamp": Rule(clamp, clamp_slopes),
}
