"""The rules of what layers are made of: aggregations of a group, norms, attention scores, and losses."""

from __future__ import annotations

from math import nan
from typing import Any

from tinygnn.conformance.truth_numbers import (
    Number,
    add,
    divide,
    exactly,
    logistic,
    multiply,
    negative,
    root,
    soft_plus,
    subtract,
    total,
    total_of_products,
)
from tinygnn.conformance.truth_rules import (
    HALF,
    ONE,
    Constants,
    Numbers,
    Rule,
    count,
    leaky,
    log_share,
    number,
    others,
    shares,
    sign,
)

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


# ---- losses: a row of predictions, and of targets where these are Values ----------------------------------


def loss(term: Any, constants: int) -> Rule:
    """The rule of Σ term(p, t, ...) over a row; term gives the loss and its slopes by p and t.

    constants: how many stand in op before the targets: a setting of all entries, or rows with one for each.
    """

    def terms(x: Numbers, c: Constants) -> list[tuple[Number, Number, Number]]:
        own, rest = c[:constants], c[constants:]
        width = len(x) if rest else len(x) // 2
        targets = [number(t) for t in rest[0]] if rest else x[width:]
        rows = [part if isinstance(part, tuple) else (part,) * width for part in own]
        return [term(*entry) for entry in zip(x[:width], targets, *[map(number, row) for row in rows])]

    def slopes(x: Numbers, y: Number, c: Constants) -> list[Number]:
        found = terms(x, c)
        by_target = [] if c[constants:] else [by_t for _, _, by_t in found]
        return [*[by_p for _, by_p, _ in found], *by_target]

    return Rule(lambda x, c: total([own for own, _, _ in terms(x, c)]), slopes)


def both_ways(value: Number, slope: Number) -> tuple[Number, Number, Number]:
    """A loss of p - t: its slope by t is minus that by p."""
    return value, slope, negative(slope)


def squared(p: Number, t: Number) -> tuple[Number, Number, Number]:
    """(p - t)²."""
    d = subtract(p, t)
    return both_ways(multiply(d, d), multiply(TWO, d))


def absolute(p: Number, t: Number) -> tuple[Number, Number, Number]:
    """|p - t|, with the slope 0 where they are equal."""
    d = subtract(p, t)
    return both_ways(abs(d), sign(d))


def huber(p: Number, t: Number, delta: Number) -> tuple[Number, Number, Number]:
    """(p - t)² / 2 nearby, delta (|p - t| - delta / 2) from delta on."""
    d = subtract(p, t)
    if abs(d) >= delta:
        far = multiply(delta, subtract(abs(d), multiply(HALF, delta)))
        return both_ways(far, delta if d > 0.0 else negative(delta))
    return both_ways(multiply(HALF, multiply(d, d)), d)


def smooth(p: Number, t: Number, beta: Number) -> tuple[Number, Number, Number]:
    """(p - t)² / (2 beta) nearby, |p - t| - beta / 2 from beta on."""
    d = subtract(p, t)
    if abs(d) < beta:
        return both_ways(divide(multiply(HALF, multiply(d, d)), beta), divide(d, beta))
    return both_ways(subtract(abs(d), multiply(HALF, beta)), sign(d) if d == d else nan)


def binary(z: Number, t: Number, w: Number, c: Number) -> tuple[Number, Number, Number]:
    """w (c t softplus(-z) + (1 - t) softplus(z)); a term whose factor is 0 is 0."""
    there, absent, rest = soft_plus(negative(z)), soft_plus(z), subtract(ONE, t)
    parts = [multiply(multiply(c, t), there)] if t != 0.0 else []
    parts += [multiply(rest, absent)] if rest != 0.0 else []
    slope = subtract(multiply(rest, logistic(z)), multiply(multiply(c, t), logistic(negative(z))))
    by_target = subtract(multiply(c, there), absent)
    return multiply(w, total(parts)), multiply(w, slope), multiply(w, by_target)


def class_parts(x: Numbers, c: Constants) -> tuple[Numbers, list[Number], list[Number]]:
    """Logits, what each class counts, and d(count)/d(target); op has the counts, or weights and smoothing."""
    if len(c) == 1:
        return x, [number(q) for q in c[0]], []
    width = len(x) // 2
    weights, smoothing = [number(w) for w in c[0]], number(c[1])
    keep = subtract(ONE, smoothing)
    even = divide(smoothing, exactly(float(width)))
    counts = [multiply(w, add(multiply(keep, t), even)) for w, t in zip(weights, x[width:])]
    return x[:width], counts, [multiply(w, keep) for w in weights]


def cross_entropy(x: Numbers, c: Constants) -> Number:
    """-Σ q_k log softmax(z)_k; what has q_k = 0 adds 0."""
    z, q, _ = class_parts(x, c)
    return total([negative(multiply(own, log_share(z, k))) for k, own in enumerate(q) if own != 0.0])


def cross_entropy_slopes(x: Numbers, y: Number, c: Constants) -> list[Number]:
    """p_k Σ q - q_k = p_k Σ_{l≠k} q_l - q_k Σ_{l≠k} p_l; by a target -d(count) log softmax(z)_k."""
    z, q, by_target = class_parts(x, c)
    p = shares(z)
    slopes = [0.0] * len(z)
    if any(own != 0.0 for own in q):
        slopes = [
            subtract(multiply(p[k], total(others(q, k))), multiply(q[k], total(others(p, k))))
            for k in range(len(z))
        ]
    logarithms = [
        negative(multiply(f, log_share(z, k))) if f != 0.0 else 0.0 for k, f in enumerate(by_target)
    ]
    return [*slopes, *logarithms]


GROUP_RULES: dict[str, Rule] = {
    "product": Rule(lambda x, c: product(x), lambda x, y, c: [product(others(x, i)) for i in range(len(x))]),
    "var": Rule(lambda x, c: variance(x), variance_slopes),
    "std": Rule(lambda x, c: root(variance(x)), deviation_slopes),
    "softmax_mean": Rule(lambda x, c: total_of_products(shares(x), x), softmax_mean_slopes),
    "median": Rule(lambda x, c: x[median_place(x)], median_slopes),
    "leaky_dot": Rule(leaky_dot, leaky_dot_slopes),
    "standardized": Rule(normalized, normalized_slopes),
    "normalized": Rule(normalized, normalized_slopes),
    "mse_loss": loss(squared, 0),
    "l1_loss": loss(absolute, 0),
    "huber_loss": loss(huber, 1),
    "smooth_l1_loss": loss(smooth, 1),
    "bce_with_logits": loss(binary, 2),
    "cross_entropy": Rule(cross_entropy, cross_entropy_slopes),
}
