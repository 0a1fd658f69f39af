"""The rules of what layers are made of: aggregations of a group, attention scores, and norms."""

from __future__ import annotations

from tinygnn.conformance.truth_numbers import (
    Number,
    add,
    divide,
    exactly,
    multiply,
    negative,
    root,
    subtract,
    total,
    total_of_products,
)
from tinygnn.conformance.truth_row_rules import count, others, shares
from tinygnn.conformance.truth_rules import ONE, Constants, Numbers, Rule, leaky, number

TWO = exactly(2.0)


# ---- aggregations ---------------------------------------------------------------------------------------


def product(x: Numbers) -> Number:
    """Π x_i."""
    result = ONE
    for entry in x:
        result = multiply(result, entry)
    return result


def distances(x: Numbers) -> list[Number]:
    """x_i - mean, from the differences to the first, which are zeros where all are equal."""
    differences = [subtract(entry, x[0]) for entry in x]
    middle = divide(total(differences), count(x))
    return [subtract(difference, middle) for difference in differences]


def variance(x: Numbers) -> Number:
    """Σ (x_i - mean)² / n."""
    e = distances(x)
    return divide(total_of_products(e, e), count(x))


def variance_slopes(x: Numbers, y: Number, c: Constants) -> list[Number]:
    """2 (x_i - mean) / n."""
    return [divide(multiply(TWO, e), count(x)) for e in distances(x)]


def deviation_slopes(x: Numbers, y: Number, c: Constants) -> list[Number]:
    """(x_i - mean) / (n std), 0 where all are equal."""
    if y == 0.0:
        return [0.0] * len(x)
    return [divide(e, multiply(count(x), y)) for e in distances(x)]


def softmax_mean_slopes(x: Numbers, y: Number, c: Constants) -> list[Number]:
    """p_i (1 + x_i - y)."""
    return [multiply(p, add(ONE, subtract(entry, y))) for p, entry in zip(shares(x), x)]


def median_place(x: Numbers) -> int:
    """Which of them is the smaller middle one, the first of equals; the first nan if there is one."""
    for i, entry in enumerate(x):
        if entry != entry:
            return i
    return sorted(range(len(x)), key=lambda i: x[i])[(len(x) - 1) // 2]


def median_slopes(x: Numbers, y: Number, c: Constants) -> list[Number]:
    """1 for the one that is picked."""
    place = median_place(x)
    return [ONE if i == place else 0.0 for i in range(len(x))]


# ---- attention scores and norms -------------------------------------------------------------------------


def leaky_parts(x: Numbers, c: Constants) -> tuple[Numbers, list[Number], list[Number]]:
    """Of Σ_k a_k LeakyReLU(z_k): a, z, and the slope at each z."""
    terms = c[1]
    width = len(x) // (terms + 1)
    z = [total(x[k : terms * width : width]) for k in range(width)]
    return x[terms * width :], z, [leaky(entry, number(c[0])) for entry in z]


def leaky_dot(x: Numbers, c: Constants) -> Number:
    """Σ_k a_k LeakyReLU(z_k)."""
    a, z, slopes = leaky_parts(x, c)
    return total_of_products(a, list(map(multiply, slopes, z)))


def leaky_dot_slopes(x: Numbers, y: Number, c: Constants) -> list[Number]:
    """a_k times the slope at z_k, for every term of z_k; LeakyReLU(z_k)."""
    a, z, slopes = leaky_parts(x, c)
    return [*list(map(multiply, slopes, a)) * c[1], *map(multiply, slopes, z)]


def normalized(x: Numbers, c: Constants) -> Number:
    """(x - m) s w + b, or (x - m) s."""
    z = multiply(subtract(x[0], x[1]), x[2])
    return z if len(x) == 3 else add(multiply(z, x[3]), x[4])


def normalized_slopes(x: Numbers, y: Number, c: Constants) -> list[Number]:
    """s w, -s w, (x - m) w, (x - m) s, 1."""
    distance, w = subtract(x[0], x[1]), x[3] if len(x) == 5 else ONE
    slope = multiply(x[2], w)
    return [slope, negative(slope), multiply(distance, w), multiply(distance, x[2]), ONE][: len(x)]


GROUP_RULES: dict[str, Rule] = {
    "product": Rule(lambda x, c: product(x), lambda x, y, c: [product(others(x, i)) for i in range(len(x))]),
    "var": Rule(lambda x, c: variance(x), variance_slopes),
    "std": Rule(lambda x, c: root(variance(x)), deviation_slopes),
    "softmax_mean": Rule(lambda x, c: total_of_products(shares(x), x), softmax_mean_slopes),
    "median": Rule(lambda x, c: x[median_place(x)], median_slopes),
    "leaky_dot": Rule(leaky_dot, leaky_dot_slopes),
    "standardized": Rule(normalized, normalized_slopes),
    "normalized": Rule(normalized, normalized_slopes),
}
