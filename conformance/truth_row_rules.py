"""The rules of operations on many numbers: sums, extremes, and what is made of exponentials."""

from __future__ import annotations

from math import inf, nan

from tinygnn.conformance.truth_numbers import (
    Number,
    add,
    alike,
    divide,
    exactly,
    exponential,
    limited,
    logarithm,
    logarithm_of_one_plus,
    multiply,
    negative,
    subtract,
    total,
    total_of_products,
)
from tinygnn.conformance.truth_rules import ONE, Constants, Numbers, Rule, number


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


ROW_RULES: dict[str, Rule] = {
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
