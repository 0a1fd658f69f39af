"""How large the errors of losses may be: what `magnitude` needs to know of their nodes.

A node of a loss is one row. Its parents are the predictions, followed by the targets where these are Values.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from tinygnn.value import Value

# The losses of single entries, with the length of `op`; the targets follow where they are numbers.
CONSTANTS = {"mse_loss": 1, "l1_loss": 1, "huber_loss": 2, "smooth_l1_loss": 2, "bce_with_logits": 3}
LOSSES = (*CONSTANTS, "cross_entropy")

# |d²loss/dp²| for the losses of a difference, from the op's setting.
CURVATURE: dict[str, Callable[[float], float]] = {
    "mse_loss": lambda _: 2.0,
    "l1_loss": lambda _: 0.0,
    "huber_loss": lambda _: 1.0,
    "smooth_l1_loss": lambda beta: 1.0 / beta if beta else 0.0,
}


def loss_terms(node: Value) -> float:
    """The sum of the absolute terms that a row's loss is computed from."""
    name = node.op[0]
    if name == "cross_entropy":
        logits, q, logarithms, _, _ = classes(node)
        peak = max((abs(z) for z in logits if math.isfinite(z)), default=0.0)
        terms = [abs(s) * (peak + math.log(len(q)) + 1.0 + abs(x)) for s, x in zip(q, logarithms) if s]
        return sum(terms)
    if name == "bce_with_logits":
        # (1 - t) z and the logarithm, as torch adds them up, which cancel where the label is right
        return sum([w * (abs(1.0 - t) * abs(z) + abs(c) * there(z)) for z, t, w, c in labels(node)])
    return abs(node.data)


def loss_errors(node: Value, size: Sequence[float]) -> list[float]:
    """e(v, p) for each parent of a row's loss; size is T of the parents."""
    name, n = str(node.op[0]), len(node.parents)
    if name == "cross_entropy":
        return class_errors(node, size)
    if name == "bce_with_logits":
        return label_errors(node, size)
    curvature = CURVATURE[name](float(node.op[1]) if CONSTANTS[name] == 2 else 0.0)
    if len(node.op) > CONSTANTS[name]:
        return [curvature * s for s in size]
    both = [s + t for s, t in zip(size[: n // 2], size[n // 2 :])]
    return [curvature * s for s in both * 2]


def there(z: float) -> float:
    """-log σ(z)."""
    return max(-z, 0.0) + math.log1p(math.exp(-abs(z)))


def labels(node: Value) -> list[tuple[float, float, float, float]]:
    """z, t, w and 1 + (c - 1) t of each entry."""
    constant = len(node.op) > CONSTANTS["bce_with_logits"]
    n = len(node.parents) if constant else len(node.parents) // 2
    targets = node.op[3] if constant else [t.data for t in node.parents[n:]]
    return [
        (z.data, t, abs(w), 1.0 + (c - 1.0) * t)
        for z, t, w, c in zip(node.parents[:n], targets, node.op[1], node.op[2])
    ]


def label_errors(node: Value, size: Sequence[float]) -> list[float]:
    """The errors of (1 - t) σ(z) - c t σ(-z), and of the logarithms by which targets change the loss."""
    entries, n = labels(node), len(labels(node))
    of_targets = list(size[n:]) if len(size) > n else [0.0] * n
    errors = []
    for (_, t, w, c), s, r in zip(entries, size, of_targets):
        errors.append(w * ((abs(1.0 - t) + abs(c)) * (1.0 + s) + (abs(c) + 1.0) * r))
    if len(size) > n:
        for (z, _, w, _), s, c in zip(entries, size, node.op[2]):
            errors.append(w * (abs(z) + (abs(c) + 1.0) * (there(z) + there(-z) + s)))
    return errors


def classes(node: Value) -> tuple[list[float], list[float], list[float], list[float], list[float]]:
    """The logits, q, log softmax, softmax, and the factors of the targets, none where they are numbers."""
    if len(node.op) == 2:
        logits, q, factors = [z.data for z in node.parents], list(node.op[1]), []
    else:
        n = len(node.parents) // 2
        logits, weight, smoothing = [z.data for z in node.parents[:n]], list(node.op[1]), float(node.op[2])
        factors = [float(w) * (1.0 - smoothing) for w in weight]
        q = [f * t.data + float(w) * smoothing / n for f, t, w in zip(factors, node.parents[n:], weight)]
    peak = max(logits, default=0.0)
    if not math.isfinite(peak) or any(z != z for z in logits):
        return logits, q, [math.nan] * len(q), [math.nan] * len(q), factors
    exponentials = [math.exp(z - peak) for z in logits]
    total = sum(exponentials)
    logarithms = [z - peak - math.log(total) for z in logits]
    return logits, q, logarithms, [e / total for e in exponentials], factors


def class_errors(node: Value, size: Sequence[float]) -> list[float]:
    """The errors of p_c Σ q - q_c and of -log p_c; each p_c errs with its logits."""
    logits, q, logarithms, p, factors = classes(node)
    n, everything = len(q), sum([abs(share) for share in q])
    shift = sum([x * s if x and s else 0.0 for x, s in zip(p, size)])
    of_targets = sum([abs(f) * s if s else 0.0 for f, s in zip(factors, size[n:])])
    errors = [
        everything * x * (1.0 + s + shift) + x * of_targets + abs(share) + (abs(f) * r if r else 0.0)
        for share, x, s, f, r in zip(q, p, size, factors or [0.0] * n, list(size[n:]) or [0.0] * n)
    ]
    peak = max((abs(z) for z in logits if math.isfinite(z)), default=0.0)
    return errors + [abs(f) * (peak + math.log(n) + 1.0 + s + shift) for f, s in zip(factors, size)]
