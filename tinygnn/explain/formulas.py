"""How each operation makes its number of others, written for a calculator."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from tinygnn.explain.expression import (
    Expression,
    Make,
    call,
    exps,
    log_softmax_of,
    softmax_of,
    sum_of_products,
)
from tinygnn.explain.loss_expressions import LOSSES
from tinygnn.value import Value, divide, exponential, logarithm, logistic, power

NORMAL = "Φ(x) = (1 + erf(x / √2)) / 2 is the normal distribution's, φ(x) = exp(-x²/2) / √(2π) its density."
ROOT = math.sqrt(2.0 / math.pi)  # in GELU's approximation


def normal(x: float) -> float:
    """Φ(x): the part of the normal distribution below x."""
    return 0.5 * math.erfc(-x * math.sqrt(0.5))


def expression_of(value: Value) -> Expression | None:
    """How a Value was made from its parents; None where no formula is known here, or it is a leaf.

    >>> x = Value(0.5)
    >>> expression_of(x * 3.0 + 1.0).equation(2.5), expression_of((x * 3.0).relu()).equation(1.5)
    ('1.5 + 1 = 2.5', 'max(0, 1.5) = 1.5')
    """
    op, *constants = (value.op,) if isinstance(value.op, str) else value.op
    x = [parent.data for parent in value.parents]
    if not x:
        return None
    if op == "linear_combination":
        return sum_of_products(list(zip(value.partials, x)))
    if op == "total":
        return sum_of_products([], x)
    if op == "mean":
        return sum_of_products([], x, over=len(x))
    if op in ("dot", "affine"):
        half = len(x) // 2
        return sum_of_products(list(zip(x[:half], x[half : 2 * half])), x[2 * half :])
    make = FUNCTIONS.get(op)
    return None if make is None else make(x, constants)


def _binary(sign: str, compute: Callable[[float, float], float]) -> Make:
    return lambda x, _: Expression((x[0], sign, x[1]), lambda given: compute(*given))


def _named(name: str, compute: Callable[[float], float]) -> Make:
    return lambda x, _: call(name, x, lambda given: compute(given[0]))


def _gelu(x: list[float], constants: list[Any]) -> Expression:
    """x Φ(x), Φ the normal distribution function, or close to it by a tanh."""
    [a] = x
    if constants == ["none"]:
        return Expression((a, "·Φ(", a, ")"), lambda n: n[0] * normal(n[1]))
    parts = (a, "·(1 + tanh(√(2 / π)·(", a, " + 0.044715·", a, "^3))) / 2")
    return Expression(parts, lambda n: n[0] * (1.0 + math.tanh(ROOT * (n[1] + 0.044715 * n[2] ** 3))) / 2.0)


def _clamp(x: list[float], constants: list[Any]) -> Expression:
    low, high = constants
    if math.isinf(low):
        return call("min", [high, *x], lambda n: min(*n))
    if math.isinf(high):
        return call("max", [low, *x], lambda n: max(*n))
    return Expression(("min(", high, ", max(", low, ", ", x[0], "))"), lambda n: min(n[0], max(n[1], n[2])))


def _median(x: list[float], _: list[Any]) -> Expression:
    return call("median", x, lambda n: sorted(n)[(len(n) - 1) // 2])


def _leaky(x: list[float], constants: list[Any]) -> Expression:
    [slope] = constants
    if x[0] > 0.0:
        return Expression((x[0],), lambda given: given[0])
    return Expression((slope, "·", x[0]), lambda given: given[0] * given[1])


def _elu(x: list[float], constants: list[Any]) -> Expression:
    [alpha] = constants
    if x[0] > 0.0:
        return Expression((x[0],), lambda given: given[0])
    return Expression(
        (alpha, "·(exp(", x[0], ") - 1)"), lambda given: given[0] * (exponential(given[1]) - 1.0)
    )


def _power(x: list[float], constants: list[Any]) -> Expression:
    parts = (x[0], "^", constants[0] if constants else x[1])
    return Expression(parts, lambda given: power(given[0], given[1]))


def _variance(x: list[float], before: str, after: str) -> Expression:
    """((a - m)^2 + (b - m)^2 + ...) / n, or its root."""
    mean = sum(x) / len(x)
    parts: list[str | float] = [f"{before}("]
    for k, number in enumerate(x):
        parts += [" + (" if k else "(", number, " - ", mean, ")^2"]

    def compute(given: Sequence[float]) -> float:
        found = sum([(a - m) ** 2 for a, m in zip(given[::2], given[1::2])]) / len(x)
        return math.sqrt(found) if before else found

    return Expression((*parts, f") / {len(x)}{after}"), compute)


def _leaky_dot(x: list[float], constants: list[Any]) -> Expression:
    """Σ a_c LeakyReLU(z_c), z the sum of the terms: GATv2's score."""
    slope, terms = constants
    width = len(x) // (terms + 1)
    z = [sum([x[term * width + c] for term in range(terms)]) for c in range(width)]
    return sum_of_products([(a, e if e > 0.0 else slope * e) for a, e in zip(x[terms * width :], z)])


FUNCTIONS: dict[str, Make] = {
    "+": lambda x, _: sum_of_products([], x),
    "-": _binary(" - ", lambda a, b: a - b),
    "*": lambda x, _: sum_of_products([(x[0], x[1])]),
    "/": _binary(" / ", divide),
    "**": _power,
    "neg": lambda x, _: Expression(("-(", x[0], ")"), lambda given: -given[0]),
    "relu": lambda x, _: Expression(("max(0, ", x[0], ")"), lambda given: max(0.0, given[0])),
    "leaky_relu": _leaky,
    "elu": _elu,
    "abs": _named("abs", abs),
    "exp": _named("exp", exponential),
    "log": _named("log", logarithm),
    "sqrt": _named("√", lambda x: math.sqrt(x) if x >= 0.0 else math.nan),
    "tanh": _named("tanh", math.tanh),
    "sigmoid": lambda x, _: Expression(("1 / (1 + exp(-(", x[0], ")))"), lambda given: logistic(given[0])),
    "softmax": lambda x, c: softmax_of(x, c[0]),
    "log_softmax": lambda x, c: log_softmax_of(x, c[0]),
    "silu": lambda x, _: Expression(
        (x[0], " / (1 + exp(-(", x[0], ")))"), lambda given: given[0] * logistic(given[1])
    ),
    "softplus": lambda x, _: Expression(
        ("log(1 + exp(", x[0], "))"), lambda given: logarithm(1.0 + exponential(given[0]))
    ),
    "gelu": _gelu,
    "sin": _named("sin", math.sin),
    "cos": _named("cos", math.cos),
    "detach": lambda x, _: Expression((x[0],), lambda n: n[0]),
    "clamp": _clamp,
    "median": _median,
    "logsumexp": lambda x, _: Expression(
        ("log(", *exps(x), ")"), lambda given: logarithm(sum(map(exponential, given)))
    ),
    **LOSSES,
    "var": lambda x, _: _variance(x, "", ""),
    "std": lambda x, _: _variance(x, "√(", ")"),
    "standardized": lambda x, _: Expression(
        ("(", x[0], " - ", x[1], ")·", x[2]), lambda given: (given[0] - given[1]) * given[2]
    ),
    "normalized": lambda x, _: Expression(
        ("(", x[0], " - ", x[1], ")·", x[2], "·", x[3], " + ", x[4]),
        lambda given: (given[0] - given[1]) * given[2] * given[3] + given[4],
    ),
    "maximum": lambda x, _: call("max", x, max),
    "minimum": lambda x, _: call("min", x, min),
    "amax": lambda x, _: call("max", x, max),
    "amin": lambda x, _: call("min", x, min),
    "product": lambda x, _: Expression(
        tuple(part for k, number in enumerate(x) for part in ((number,) if not k else ("·", number))),
        math.prod,
    ),
    "leaky_dot": _leaky_dot,
}
