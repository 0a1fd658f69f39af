"""How large the errors of aggregations and norms may be: what `magnitude` needs to know of their nodes."""

from __future__ import annotations

import math
from collections.abc import Callable

from tinygnn.value import Value


def times(a: float, b: float) -> float:
    """|a b|, and 0 where either is 0: an exact number times an infinite slope is no error."""
    return 0.0 if a == 0.0 or b == 0.0 else abs(a * b)


def probabilities(logits: list[float]) -> list[float]:
    """The softmax of finite numbers and -inf; nan where it is not defined."""
    peak = max(logits, default=0.0)
    if not math.isfinite(peak) or any(x != x for x in logits):
        return [math.nan] * len(logits)
    exponentials = [math.exp(x - peak) for x in logits]
    return [e / sum(exponentials) for e in exponentials]


# ---- aggregations of a group ------------------------------------------------------------------------


def product_errors(node: Value, size: list[float]) -> list[float]:
    """The errors of Π_{j≠i} x_j: what each of them brings along, times the others."""
    x = [abs(parent.data) for parent in node.parents]
    every = range(len(x))
    return [
        sum([times(math.prod([x[k] for k in every if k not in (i, j)]), size[j]) for j in every if j != i])
        for i in every
    ]


def distances(node: Value) -> list[tuple[float, float]]:
    """|x_i - mean|, and the absolute terms it is computed from, for each parent."""
    x = [parent.data for parent in node.parents]
    mean, size = sum(x) / len(x), sum(map(abs, x)) / len(x)
    return [(abs(entry - mean), abs(entry) + size) for entry in x]


def var_terms(node: Value) -> float:
    """(x_i - mean)² / n errs by 2 |x_i - mean| / n times the error of the difference."""
    return abs(node.data) + 2.0 * sum([times(d, terms) for d, terms in distances(node)]) / len(node.parents)


def var_errors(node: Value, size: list[float]) -> list[float]:
    """The errors of 2 (x_i - mean) / n."""
    n, mean = len(size), sum(size) / len(size)
    return [2.0 / n * (terms + s + mean) for (_, terms), s in zip(distances(node), size)]


def std_terms(node: Value) -> float:
    """√v errs by 1 / (2 √v) times the error of v; where all numbers are equal it is exact."""
    return node.data + var_terms(node) / (2.0 * node.data) if node.data else 0.0


def std_errors(node: Value, size: list[float]) -> list[float]:
    """The errors of (x_i - mean) / (n std)."""
    std, n, mean = node.data, len(size), sum(size) / len(size)
    if not std:
        return [0.0] * n
    own = std_terms(node) + sum([times(p, s) for p, s in zip(node.partials, size)])
    return [
        (terms + s + mean) / (n * std) + times(p, own / std)
        for p, (_, terms), s in zip(node.partials, distances(node), size)
    ]


def softmax_mean_parts(node: Value) -> tuple[list[float], list[float], list[float]]:
    """x, softmax(x), and the relative error of each probability: that of its exponent and of the sum."""
    x = [parent.data for parent in node.parents]
    p, peak = probabilities(x), max(x)
    shifts = [times(1.0, entry - peak) for entry in x]
    return x, p, [1.0 + shift + sum([times(q, s) for q, s in zip(p, shifts)]) for shift in shifts]


def softmax_mean_terms(node: Value) -> float:
    """Σ p_i x_i."""
    return sum([times(q, entry) * error for entry, q, error in zip(*softmax_mean_parts(node))])


def softmax_mean_errors(node: Value, size: list[float]) -> list[float]:
    """The errors of p_i (1 + x_i - y)."""
    x, p, relative = softmax_mean_parts(node)
    y = softmax_mean_terms(node) + sum([times(d, s) for d, s in zip(node.partials, size)])
    shift = sum([times(q, s) for q, s in zip(p, size)])
    return [
        q * ((1.0 + abs(entry) + abs(node.data)) * (error + s + shift) + s + y)
        for entry, q, error, s in zip(x, p, relative, size)
    ]


def leaky_parts(node: Value) -> tuple[list[float], list[float], list[float]]:
    """Of Σ_c a_c LeakyReLU(z_c): |a_c|, the slopes, and Σ |terms of z_c|."""
    count = int(node.op[2])
    width = len(node.parents) // (count + 1)
    x = [abs(parent.data) for parent in node.parents]
    a = x[count * width :]
    slopes = [abs(p) / entry if entry else 1.0 for p, entry in zip(node.partials, a)]
    return a, slopes, [sum(x[c : count * width : width]) for c in range(width)]


def leaky_dot_terms(node: Value) -> float:
    """Σ_c |a_c LeakyReLU(z_c)|, where z_c is itself a sum."""
    a, slopes, sizes = leaky_parts(node)
    return sum([times(entry * slope, size) for entry, slope, size in zip(a, slopes, sizes)])


def leaky_dot_errors(node: Value, size: list[float]) -> list[float]:
    """The errors of a_c times a slope, and of LeakyReLU(z_c)."""
    a, slopes, sizes = leaky_parts(node)
    width = len(a)
    of_a = size[-width:]
    by_term = [times(slope, s) for slope, s in zip(slopes, of_a)]
    brought = [sum(size[c:-width:width]) for c in range(width)]
    by_a = [times(slope, own + s) for slope, own, s in zip(slopes, sizes, brought)]
    return by_term * int(node.op[2]) + by_a


# ---- a number of a norm: (x - m) s w + b, or (x - m) s -------------------------------------------------


def normalized_parts(node: Value) -> tuple[float, float, float, float]:
    """|x - m|, its absolute terms, |s| and |w|."""
    x, m, s = [parent.data for parent in node.parents[:3]]
    w = node.parents[3].data if len(node.parents) == 5 else 1.0
    return abs(x - m), abs(x) + abs(m), abs(s), abs(w)


def normalized_terms(node: Value) -> float:
    """(|x| + |m|) |s w| + |b|."""
    _, terms, s, w = normalized_parts(node)
    return times(terms, s * w) + (abs(node.parents[4].data) if len(node.parents) == 5 else 0.0)


def normalized_errors(node: Value, size: list[float]) -> list[float]:
    """The errors of s w, -s w, (x - m) w, (x - m) s and 1."""
    distance, terms, s, w = normalized_parts(node)
    of_distance, of_s = terms + size[0] + size[1], size[2]
    of_w = size[3] if len(size) == 5 else 0.0
    slope = times(w, of_s) + times(s, of_w)
    errors = [slope, slope, times(w, of_distance) + times(distance, of_w)]
    return [*errors, times(s, of_distance) + times(distance, of_s), 0.0][: len(size)]


# The terms of each result and the errors of its partial derivatives.
GROUPS: dict[str, tuple[Callable[[Value], float], Callable[[Value, list[float]], list[float]]]] = {
    "product": (lambda node: abs(node.data), product_errors),
    "var": (var_terms, var_errors),
    "std": (std_terms, std_errors),
    "leaky_dot": (leaky_dot_terms, leaky_dot_errors),
    "softmax_mean": (softmax_mean_terms, softmax_mean_errors),
    "standardized": (normalized_terms, normalized_errors),
    "normalized": (normalized_terms, normalized_errors),
}
