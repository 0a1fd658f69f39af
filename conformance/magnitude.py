"""How large an error may be: running error analysis of a recorded graph of Values.

For every value v of the graph this computes T(v), such that a computation which commits k roundings
at each value errs by at most k · eps · T(v), to first order; and for every gradient the same, G(v):

    T(v) = t(v) + Σ_i |∂v/∂p_i| T(p_i)                                over the parents p_i
    G(p) = Σ_v |∂v/∂p| G(v) + |grad v| (|∂v/∂p| + e(v, p))            over the children v of p

t(v) is the sum of the absolute terms that v itself is computed from (Σ |a_i b_i| for a dot product,
|v| for most functions), and e(v, p) bounds the error of the partial derivative: that of the terms in
its own formula, and |∂²v/∂p∂q| T(q) for what the parents bring along. A leaf is exact: T = 0.

Higham 2002, "Accuracy and Stability of Numerical Algorithms", section 3.3.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from tinygnn.conformance.loss_magnitude import LOSSES, loss_errors, loss_terms
from tinygnn.value import Value, topological_order

Magnitudes = dict[Value, float]


def forward_magnitudes(order: Sequence[Value]) -> Magnitudes:
    """T of every value; `order` is `topological_order` of the output: outputs first."""
    sizes: Magnitudes = {}
    for node in reversed(order):
        brought = [times(p, sizes.get(parent, 0.0)) for parent, p in zip(node.parents, node.partials)]
        sizes[node] = own_terms(node) + sum(brought)
    return sizes


def gradient_magnitudes(order: Sequence[Value], sizes: Magnitudes) -> Magnitudes:
    """G of every value and leaf, after `backward` has filled the gradients; its seed is exact."""
    gradients: Magnitudes = {}
    for node in order:
        arrived, grad = gradients.get(node, 0.0), node.grad
        errors = partial_errors(node, sizes)
        for parent, p, error in zip(node.parents, node.partials, errors):
            here = times(p, arrived) + abs(times(grad, abs(p) + error))
            gradients[parent] = gradients.get(parent, 0.0) + here
    return gradients


def magnitudes(objective: Value, outputs: Sequence[Value]) -> tuple[Magnitudes, Magnitudes, int]:
    """T of all that the outputs are made from, G, and the length of the longest sum.

    Call it after `objective.backward()`; the objective is one of the outputs or made from them. A sum is
    as long as a value has parents or, for a gradient, children.
    """
    everything = (objective, *outputs)
    sizes = forward_magnitudes(topological_order(Value(0.0, everything, (0.0,) * len(everything)))[1:])
    order = topological_order(objective)
    uses: dict[Value, int] = {}
    for node in order:
        for parent in node.parents:
            uses[parent] = uses.get(parent, 0) + 1
    longest = max([len(node.parents) for node in order] + list(uses.values()), default=1)
    return sizes, gradient_magnitudes(order, sizes), longest


def times(a: float, b: float) -> float:
    """|a b|, and 0 where either is 0: an exact number times an infinite slope is no error."""
    return 0.0 if a == 0.0 or b == 0.0 else abs(a * b)


def name_of(node: Value) -> str:
    """The operation's name without its constants."""
    return node.op if isinstance(node.op, str) else str(node.op[0])


# ---- t(v): the terms of a result ---------------------------------------------------------------------


def own_terms(node: Value) -> float:
    """The sum of the absolute terms that this value is computed from."""
    name, x = name_of(node), [parent.data for parent in node.parents]
    if name in ("dot", "affine", "linear_combination", "total", "mean"):
        once = 0.5 if name == "dot" else 1.0  # its partials name every product twice
        return once * sum(times(p, v) for p, v in zip(node.partials, x))
    if name in ("logsumexp", "log_softmax"):
        # largest + log Σ e^(x - largest), and the logarithm errs by eps where its argument does
        return abs(max(x, default=0.0)) + math.log(max(len(x), 1)) + 1.0 + abs(node.data)
    if name in AGGREGATES:
        return AGGREGATES[name][0](node)
    if name in LOSSES:
        return loss_terms(node)
    if name == "gelu":
        # x Φ(x), and Φ errs by |x| φ(x) eps where its argument is rounded; x (1 + tanh u)/2 has the term x
        rounded = abs(node.data) + x[0] * x[0] * bell(x[0])
        return rounded if node.op[1] == "none" else abs(x[0])
    return abs(node.data)


# ---- e(v, p): the errors of the partial derivatives ----------------------------------------------------

# For functions of one number, of x, the result y and the slope d: the absolute terms of the slope's
# formula beyond |d| itself, and |second derivative|.
UNARY: dict[str, Callable[[float, float, float], tuple[float, float]]] = {
    "neg": lambda x, y, d: (0.0, 0.0),
    "abs": lambda x, y, d: (0.0, 0.0),
    "relu": lambda x, y, d: (0.0, 0.0),
    "leaky_relu": lambda x, y, d: (0.0, 0.0),
    "clamp": lambda x, y, d: (0.0, 0.0),
    "exp": lambda x, y, d: (0.0, y),
    "log": lambda x, y, d: (0.0, d * d),
    "sqrt": lambda x, y, d: (0.0, 0.5 * d / x if x else math.inf),
    "sin": lambda x, y, d: (0.0, abs(y)),
    "cos": lambda x, y, d: (0.0, abs(y)),
    "tanh": lambda x, y, d: (1.0 + y * y, 2.0 * abs(y * d)),
    "sigmoid": lambda x, y, d: (y + y * y, d),
    "elu": lambda x, y, d: (0.0, abs(d)),
    "softplus": lambda x, y, d: (0.0, d * (1.0 - d)),
    "silu": lambda x, y, d: (share(x, y) * (1.0 + abs(x)), 1.0),
    "gelu": lambda x, y, d: (share(x, y) + abs(x) * (2.0 + x * x) * bell(x), 1.2),
}


def share(x: float, y: float) -> float:
    """y / x: the σ(x) of silu, the Φ(x) of gelu."""
    return y / x if x else 0.5


def bell(x: float) -> float:
    """φ(x), the density of the normal distribution."""
    return math.exp(-0.5 * x * x) / math.sqrt(2.0 * math.pi)


# Functions of several numbers whose partial derivatives do not depend on them.
CONSTANT_PARTIALS = ("+", "-", "maximum", "minimum", "median", "linear_combination", "total", "mean")


def partial_errors(node: Value, sizes: Magnitudes) -> list[float]:
    """e(v, p) for each parent."""
    name, parents, partials = name_of(node), node.parents, node.partials
    size = [sizes.get(parent, 0.0) for parent in parents]
    if name in UNARY:
        if name == "gelu" and node.op[1] == "tanh":
            terms, curvature = 1.0 + abs(parents[0].data), 1.2
        else:
            terms, curvature = UNARY[name](parents[0].data, node.data, partials[0])
        return [terms + times(curvature, size[0])]
    if name == "*":
        return [size[1], size[0]]
    if name in ("dot", "affine"):
        half = len(parents) // 2
        return size[half : 2 * half] + size[:half] + [0.0] * (len(parents) % 2)
    if name == "/":
        x, slope = parents[0].data, abs(partials[0])
        return [
            times(slope * slope, size[1]),
            times(slope * slope, size[0]) + 2.0 * times(times(x, slope) * slope * slope, size[1]),
        ]
    if name == "**":
        return power_errors(node, size)
    if name in ("softmax", "log_softmax", "logsumexp"):
        return softmax_errors(node, size)
    if name in AGGREGATES:
        return AGGREGATES[name][1](node, size)
    if name in LOSSES:
        return loss_errors(node, size)
    if name in CONSTANT_PARTIALS:
        return [0.0] * len(parents)
    raise KeyError(f"no rule for the errors of {name!r}: give it a row in UNARY or here")


def power_errors(node: Value, size: list[float]) -> list[float]:
    """The errors of y x^(y-1) and of x^y log x; where x is 0 only x itself counts."""
    x = node.parents[0].data
    y = node.parents[1].data if len(node.parents) == 2 else float(node.op[1])
    by_base, relative = abs(node.partials[0]), (1.0 / abs(x) if x else 0.0)
    errors = [times(by_base * abs(y - 1.0) * relative, size[0])]
    if len(size) == 2:
        by_exponent = abs(node.partials[1])
        log = abs(math.log(abs(x))) if x and math.isfinite(x) else 0.0
        cross = abs(node.data) * relative * (1.0 + abs(y) * log)
        errors[0] += times(cross, size[1])
        errors.append(times(cross, size[0]) + times(by_exponent * log, size[1]))
    return errors


def softmax_errors(node: Value, size: list[float]) -> list[float]:
    """The errors of p_i (δ_ij - p_j), of δ_ij - p_j and of p_j; each p_j errs with its logits."""
    chosen = node.op[1] if isinstance(node.op, tuple) else -1
    p = probabilities([parent.data for parent in node.parents])
    shift = sum(times(q, s) for q, s in zip(p, size))
    errors = [q * (1.0 + s + shift) for q, s in zip(p, size)]
    if name_of(node) == "logsumexp":  # p_j may be computed as e^(v_j - v), from v already rounded
        return [error + q * own_terms(node) for q, error in zip(p, errors)]
    if name_of(node) == "log_softmax":
        return [error + (i == chosen) for i, error in enumerate(errors)]
    result = p[chosen]
    return [errors[chosen] * ((j == chosen) + p[j]) + result * error for j, error in enumerate(errors)]


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
AGGREGATES: dict[str, tuple[Callable[[Value], float], Callable[[Value, list[float]], list[float]]]] = {
    "product": (lambda node: abs(node.data), product_errors),
    "var": (var_terms, var_errors),
    "std": (std_terms, std_errors),
    "leaky_dot": (leaky_dot_terms, leaky_dot_errors),
    "softmax_mean": (softmax_mean_terms, softmax_mean_errors),
    "standardized": (normalized_terms, normalized_errors),
    "normalized": (normalized_terms, normalized_errors),
}
