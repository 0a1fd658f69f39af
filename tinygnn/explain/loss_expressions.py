"""How losses are made of predictions and targets, and their derivatives, written for a calculator."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from tinygnn.explain.expression import Compute, Expression, Make, exps, softmax_of
from tinygnn.value import exponential, logarithm, logistic

# A term of a loss: its text and numbers, and the function of those numbers that it says.
Term = tuple[tuple[str | float, ...], Compute]


def split(x: Sequence[float], constants: Sequence[Any], own: int) -> list[tuple[float, float]]:
    """Each prediction with its target: a constant behind the loss's own, or a parent of its own."""
    if len(constants) > own:
        return list(zip(x, constants[own]))
    half = len(x) // 2
    return list(zip(x[:half], x[half:]))


def _sum(terms: Sequence[Term]) -> Expression:
    """Some terms with + between them."""
    parts: list[str | float] = []
    for term, _ in terms:
        parts += [" + ", *term] if parts else term
    lengths = [sum([not isinstance(part, str) for part in term]) for term, _ in terms]

    def compute(numbers: Sequence[float]) -> float:
        total, at = 0.0, 0
        for (_, function), length in zip(terms, lengths):
            total += function(numbers[at : at + length])
            at += length
        return total

    return Expression(tuple(parts) or ("0",), compute)


def _entrywise(term: Callable[..., Term], own: int = 0) -> Make:
    """A loss that is a sum over predictions and targets; own: how many settings it has."""

    def make(x: list[float], constants: list[Any]) -> Expression:
        pairs = split(x, constants, own)
        return _sum([term(p, t, *constants[:own]) for p, t in pairs])

    return make


def _squared(p: float, t: float) -> Term:
    return ("(", p, " - ", t, ")^2"), lambda n: (n[0] - n[1]) ** 2


def _absolute(p: float, t: float) -> Term:
    return ("abs(", p, " - ", t, ")"), lambda n: abs(n[0] - n[1])


def _huber(p: float, t: float, delta: float) -> Term:
    if abs(p - t) < delta:
        return ("(", p, " - ", t, ")^2 / 2"), lambda n: (n[0] - n[1]) ** 2 / 2.0
    parts = (delta, "·(abs(", p, " - ", t, ") - ", delta, " / 2)")
    return parts, lambda n: n[0] * (abs(n[1] - n[2]) - n[3] / 2.0)


def _smooth(p: float, t: float, beta: float) -> Term:
    if abs(p - t) < beta:
        return ("(", p, " - ", t, ")^2 / (2·", beta, ")"), lambda n: (n[0] - n[1]) ** 2 / (2.0 * n[2])
    return ("abs(", p, " - ", t, ") - ", beta, " / 2"), lambda n: abs(n[0] - n[1]) - n[2] / 2.0


def _binary_entropy(x: list[float], constants: list[Any]) -> Expression:
    """Σ w (c t log(1 + exp(-z)) + (1 - t) log(1 + exp(z)))"""
    terms: list[Term] = []
    for (z, t), w, c in zip(split(x, constants, 2), *constants[:2]):
        if w * c * t:
            terms.append(((w * c * t, "·log(1 + exp(-(", z, ")))"), lambda n: n[0] * _softplus(-n[1])))
        if w * (1.0 - t):
            terms.append(((w * (1.0 - t), "·log(1 + exp(", z, "))"), lambda n: n[0] * _softplus(n[1])))
    return _sum(terms)


def _softplus(z: float) -> float:
    return max(z, 0.0) + math.log1p(math.exp(-abs(z)))


def _shares(x: Sequence[float], constants: Sequence[Any]) -> tuple[list[float], list[float]]:
    """The logits of a row and how much each class counts, from weights and smoothing where these are told."""
    if len(constants) == 1:
        return list(x), list(constants[0])
    weights, smoothing = constants
    logits, targets = list(x[: len(weights)]), x[len(weights) :]
    return logits, [w * ((1.0 - smoothing) * t + smoothing / len(weights)) for w, t in zip(weights, targets)]


def _cross_entropy(x: list[float], constants: list[Any]) -> Expression:
    """Q log Σ exp(z) - Σ q_c z_c, Q the sum of the q_c."""
    z, q = _shares(x, constants)
    counted = [(share, logit) for share, logit in zip(q, z) if share]
    parts: list[str | float] = [sum(q), "·log(", *exps(z), ")"]
    for share, logit in counted:
        parts += [" - ", share, "·", logit]

    def compute(n: Sequence[float]) -> float:
        rest = n[1 + len(z) :]
        products = sum([a * b for a, b in zip(rest[::2], rest[1::2])])
        return n[0] * logarithm(sum([exponential(logit) for logit in n[1 : 1 + len(z)]])) - products

    return Expression(tuple(parts), compute) if counted else _sum([])


LOSSES: dict[str, Make] = {
    "mse_loss": _entrywise(_squared),
    "l1_loss": _entrywise(_absolute),
    "huber_loss": _entrywise(_huber, own=1),
    "smooth_l1_loss": _entrywise(_smooth, own=1),
    "bce_with_logits": _binary_entropy,
    "cross_entropy": _cross_entropy,
}

# ---- derivatives ------------------------------------------------------------------------------------------


def _difference(before: str, after: Sequence[str | float], compute: Compute) -> Callable[..., Expression]:
    """p - t by a prediction, t - p by a target, with something before and behind it."""

    def make(p: float, t: float) -> Expression:
        return Expression((f"{before}(", p, " - ", t, ")", *after), compute)

    return make


def _of_entry(
    x: list[float], k: int, constants: Sequence[Any], own: int, make: Callable[..., Expression | None]
) -> Expression | None:
    """The derivative by parent k, a prediction or a target: both have the same formula, but for the sign."""
    pairs = split(x, constants, own)
    p, t = pairs[k % len(pairs)]
    return make(p, t) if k < len(pairs) else make(t, p)


def _slope_of_squared(x: list[float], k: int, _: float, constants: Sequence[Any]) -> Expression | None:
    make = _difference("2·", (), lambda n: 2.0 * (n[0] - n[1]))
    return _of_entry(x, k, constants, 0, make)


def _slope_of_huber(x: list[float], k: int, _: float, constants: Sequence[Any]) -> Expression | None:
    def make(p: float, t: float) -> Expression | None:
        near = abs(p - t) < constants[0]
        return Expression((p, " - ", t), lambda n: n[0] - n[1]) if near else None

    return _of_entry(x, k, constants, 1, make)


def _slope_of_smooth(x: list[float], k: int, _: float, constants: Sequence[Any]) -> Expression | None:
    beta = constants[0]
    quotient = _difference("", (" / ", beta), lambda n: (n[0] - n[1]) / n[2])
    return _of_entry(x, k, constants, 1, lambda p, t: quotient(p, t) if abs(p - t) < beta else None)


def _slope_of_binary(x: list[float], k: int, _: float, constants: Sequence[Any]) -> Expression | None:
    pairs = split(x, constants, 2)
    (z, t), w, c = pairs[k % len(pairs)], constants[0][k % len(pairs)], constants[1][k % len(pairs)]
    if k >= len(pairs):
        parts = (w, "·(", c, "·log(1 + exp(-(", z, "))) - log(1 + exp(", z, ")))")
        return Expression(parts, lambda n: n[0] * (n[1] * _softplus(-n[2]) - _softplus(n[3])))
    if w == c == 1.0:
        return Expression(("1 / (1 + exp(-(", z, "))) - ", t), lambda n: logistic(n[0]) - n[1])
    return Expression(
        (w, "·((1 - ", t, ") / (1 + exp(-(", z, "))) - ", c, "·", t, " / (1 + exp(", z, ")))"),
        lambda n: n[0] * ((1.0 - n[1]) * logistic(n[2]) - n[3] * n[4] * logistic(-n[5])),
    )


def _slope_of_cross_entropy(x: list[float], k: int, _: float, constants: Sequence[Any]) -> Expression | None:
    z, q = _shares(x, constants)
    if k >= len(z):
        weights, smoothing = constants
        parts = (weights[k - len(z)] * (1.0 - smoothing), "·(log(", *exps(z), ") - ", z[k - len(z)], ")")
        return Expression(parts, lambda n: n[0] * (logarithm(sum(map(exponential, n[1:-1]))) - n[-1]))
    share = softmax_of(z, k)
    parts = (sum(q), "·", *share.parts, " - ", q[k])
    return Expression(parts, lambda n: n[0] * share.compute(n[1:-1]) - n[-1])


LOSS_SLOPES: dict[str, Callable[[list[float], int, float, Sequence[Any]], Expression | None]] = {
    "mse_loss": _slope_of_squared,
    "huber_loss": _slope_of_huber,
    "smooth_l1_loss": _slope_of_smooth,
    "bce_with_logits": _slope_of_binary,
    "cross_entropy": _slope_of_cross_entropy,
}
