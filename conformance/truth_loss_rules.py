"""The rules of losses: of a row of predictions, and of targets where these are Values."""

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
    soft_plus,
    subtract,
    total,
)
from tinygnn.conformance.truth_row_rules import log_share, others, shares
from tinygnn.conformance.truth_rules import HALF, ONE, Constants, Numbers, Rule, number, sign

TWO = exactly(2.0)


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


LOSS_RULES: dict[str, Rule] = {
    "mse_loss": loss(squared, 0),
    "l1_loss": loss(absolute, 0),
    "huber_loss": loss(huber, 1),
    "smooth_l1_loss": loss(smooth, 1),
    "bce_with_logits": loss(binary, 2),
    "cross_entropy": Rule(cross_entropy, cross_entropy_slopes),
}
