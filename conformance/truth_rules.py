"""What each operation computes and the slope by each of its parents, at 50 digits: a table of its own.

Nothing here is taken from `Value.partials`, and the formulas are others where those would cancel: of a
softmax 1 - p is the sum of the other shares, of tanh the slope is 1 / cosh². What holds at kinks, at the
edges of a domain and for infinities is what `value.py` and `linalg.py` document.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf, nan
from typing import Any

from tinygnn.conformance.truth_numbers import (
    Number,
    add,
    alike,
    context,
    cosine,
    divide,
    exactly,
    exponential,
    exponential_minus_one,
    hyperbolic_tangent,
    limited,
    logarithm,
    logarithm_of_one_plus,
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
    total,
    total_of_products,
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


# ---- many numbers -----------------------------------------------------------------------------------------


def dot(x: Numbers, c: Constants) -> Number:
    """Σ a_i b_i of the first half and the second; a last one without a partner is added."""
    half = len(x) // 2
    products = list(map(multiply, x[:half], x[half : 2 * half]))
    return total([*products, *x[2 * half :]])


def dot_slopes(x: Numbers, y: Number, c: Constants) -> list[Number]:
    """b_i and a_i."""
    half = len(x) // 2
    return [*x[half : 2 * half], *x[:half], *[ONE] * (len(x) % 2)]


def linear_combination(x: Numbers, c: Constants) -> Number:
    """Σ c_i x_i."""
    return total_of_products([number(constant) for constant in c[0]], x)


def linear_combination_slopes(x: Numbers, y: Number, c: Constants) -> list[Number]:
    """c_i."""
    return [number(constant) for constant in c[0]]


def mean(x: Numbers, c: Constants) -> Number:
    """Σ x_i / n, nan of nothing."""
    return divide(total(x), count(x)) if x else nan


def count(x: Numbers) -> Number:
    """n."""
    return exactly(float(len(x)))


def extreme(larger: bool) -> Rule:
    """The largest or the smallest of many, shared by those that are equal; nan if one is nan."""

    def result(x: Numbers, c: Constants) -> Number:
        if any(entry != entry for entry in x):
            return nan
        return max(x) if larger else min(x)

    def slopes(x: Numbers, y: Number, c: Constants) -> list[Number]:
        if y != y:
            return [nan] * len(x)
        share = [alike(entry, y) for entry in x]
        return [divide(ONE, exactly(float(sum(share)))) if own else 0.0 for own in share]

    return Rule(result, slopes)


def extreme_of_two(larger: bool) -> Rule:
    """The same of two numbers, where a nan leaves both the slope 1."""
    many = extreme(larger)
    return Rule(many.result, lambda x, y, c: [ONE, ONE] if y != y else many.slopes(x, y, c))


def exponentials(x: Numbers) -> list[Number]:
    """e^(x_i - the largest); all nan where that says nothing: an inf or a nan, or nothing but -inf."""
    peak = max(x, default=-inf)
    if peak in (inf, -inf) or any(entry != entry for entry in x):
        return [nan] * len(x)
    return [exponential(subtract(entry, peak)) for entry in x]


def shares(x: Numbers) -> list[Number]:
    """softmax(x)."""
    weights = exponentials(x)
    everything = total(weights)
    return [divide(weight, everything) for weight in weights]


def log_sum(x: Numbers, c: Constants) -> Number:
    """log Σ e^x_i, -inf of nothing."""
    weights = exponentials(x)
    if all(weight == weight for weight in weights) and weights:
        return add(max(x), logarithm(total(weights)))
    return nan if any(entry != entry for entry in x) else max(x, default=-inf)


def log_sum_slopes(x: Numbers, y: Number, c: Constants) -> list[Number]:
    """softmax(x), and e^(x_i - y) where y is infinite."""
    if y - y != 0.0:
        return [exponential(subtract(entry, y)) for entry in x]
    return shares(x)


def others(values: Numbers, i: int) -> list[Number]:
    """All but number i."""
    return [value for k, value in enumerate(values) if k != i]


def softmax_slopes(x: Numbers, y: Number, c: Constants) -> list[Number]:
    """p_i (δ_ij - p_j), with the sum of the other shares for 1 - p_i."""
    i, p = c[0], shares(x)
    return [multiply(p[i], total(others(p, i)) if j == i else negative(p[j])) for j in range(len(x))]


def log_share(x: Numbers, i: int) -> Number:
    """log softmax(x)_i; of the largest it is -log(1 + Σ_{k≠i} e^(x_k - x_i)). nan where softmax is."""
    weights, peak = exponentials(x), max(x)
    if any(weight != weight for weight in weights):
        return nan
    if x[i] == peak:
        return subtract(0.0, logarithm_of_one_plus(total(others(weights, i))))
    return limited(subtract(subtract(x[i], peak), logarithm(total(weights))))


def log_softmax_slopes(x: Numbers, y: Number, c: Constants) -> list[Number]:
    """δ_ij - p_j."""
    p = shares(x)
    return [total(others(p, c[0])) if j == c[0] else negative(p[j]) for j in range(len(x))]


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
    "maximum": extreme_of_two(larger=True),
    "minimum": extreme_of_two(larger=False),
    "amax": extreme(larger=True),
    "amin": extreme(larger=False),
    "dot": Rule(dot, dot_slopes),
    "affine": Rule(dot, dot_slopes),
    "linear_combination": Rule(linear_combination, linear_combination_slopes),
    "total": Rule(lambda x, c: total(x), lambda x, y, c: [ONE] * len(x)),
    "mean": Rule(mean, lambda x, y, c: [divide(ONE, count(x))] * len(x)),
    "logsumexp": Rule(log_sum, log_sum_slopes),
    "softmax": Rule(lambda x, c: shares(x)[c[0]], softmax_slopes),
    "log_softmax": Rule(lambda x, c: log_share(x, c[0]), log_softmax_slopes),
}
