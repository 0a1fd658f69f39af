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

from tinygnn.conformance.group_magnitude import GROUPS, probabilities, times
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
    if name in GROUPS:
        return GROUPS[name][0](node)
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


TIES = ("maximum", "minimum", "amax", "amin", "median")

# Functions of several numbers whose partial derivatives do not depend on them.
CONSTANT_PARTIALS = ("+", "-", *TIES, "linear_combination", "total", "mean")


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
    if name in GROUPS:
        return GROUPS[name][1](node, size)
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
