"""Local derivatives written for a calculator, where they are more than a number that stands beside them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from tinygnn.explain.expression import Expression, softmax_of
from tinygnn.explain.formulas import ROOT, normal
from tinygnn.explain.loss_expressions import LOSS_SLOPES
from tinygnn.value import Value, exponential, logistic

Slope = Callable[[list[float], int, float, Sequence[Any]], Expression | None]


def slope_of(user: Value, k: int) -> Expression | None:
    """d user / d its parent number k, where that takes more than to read off a number beside it."""
    name, *constants = (user.op,) if isinstance(user.op, str) else user.op
    make = SLOPES.get(name)
    return None if make is None else make([parent.data for parent in user.parents], k, user.data, constants)


def _of_softmax(x: list[float], k: int, y: float, constants: Sequence[Any]) -> Expression:
    """y ([k = i] - softmax(x)_k)"""
    own, share = float(k == constants[0]), softmax_of(x, k)
    parts = (y, "·(1 - " if own else "·(-", *share.parts, ")")
    return Expression(parts, lambda n: n[0] * (own - share.compute(n[1:])))


def _of_log_softmax(x: list[float], k: int, y: float, constants: Sequence[Any]) -> Expression:
    """[k = i] - softmax(x)_k"""
    own, share = float(k == constants[0]), softmax_of(x, k)
    return Expression(("1 - " if own else "-", *share.parts), lambda n: own - share.compute(n))


def _of_gelu(x: list[float], k: int, y: float, constants: Sequence[Any]) -> Expression:
    """Φ(x) + x φ(x), φ the density of the normal distribution; or what follows from the tanh."""
    [a] = x
    if constants == ["none"]:
        return Expression(("Φ(", a, ") + ", a, "·φ(", a, ")"), lambda n: normal(n[0]) + n[1] * _density(n[2]))
    tanh = ("tanh(√(2 / π)·(", a, " + 0.044715·", a, "^3))")
    parts = ("(1 + ", *tanh, ") / 2 + ", a, "·(1 - ", *tanh, "^2)·√(2 / π)·(1 + 0.134145·", a, "^2) / 2")

    def compute(n: Sequence[float]) -> float:
        t, other = [math.tanh(ROOT * (n[i] + 0.044715 * n[i + 1] ** 3)) for i in (0, 3)]
        return (1.0 + t) / 2.0 + n[2] * (1.0 - other**2) * ROOT * (1.0 + 0.134145 * n[5] ** 2) / 2.0

    return Expression(parts, compute)


def _density(x: float) -> float:
    """φ(x)"""
    return exponential(-0.5 * x * x) / math.sqrt(2.0 * math.pi)


def _of_silu(x: list[float], k: int, y: float, _: Sequence[Any]) -> Expression:
    """σ(x) (1 + x (1 - σ(x)))"""
    [a] = x
    parts = ("(1 + ", a, " / (1 + exp(", a, "))) / (1 + exp(-(", a, ")))")
    return Expression(parts, lambda n: (1.0 + n[0] * logistic(-n[1])) * logistic(n[2]))


def _of_quotient(x: list[float], k: int, y: float, _: Sequence[Any]) -> Expression:
    if k == 0:
        return Expression(("1 / ", x[1]), lambda n: 1.0 / n[0])
    return Expression(("-(", x[0], ") / ", x[1], "^2"), lambda n: -n[0] / n[1] ** 2)


def _of_power(x: list[float], k: int, y: float, constants: Sequence[Any]) -> Expression | None:
    if not constants:
        return None
    exponent = constants[0]
    return Expression((exponent, "·", x[0], "^", exponent - 1.0), lambda n: n[0] * n[1] ** n[2])


SLOPES: dict[str, Slope] = {
    "/": _of_quotient,
    "**": _of_power,
    "softmax": _of_softmax,
    "log_softmax": _of_log_softmax,
    "logsumexp": lambda x, k, y, _: softmax_of(x, k),
    "tanh": lambda x, k, y, _: Expression(("1 - ", y, "^2"), lambda n: 1.0 - n[0] ** 2),
    "sigmoid": lambda x, k, y, _: Expression((y, "·(1 - ", y, ")"), lambda n: n[0] * (1.0 - n[1])),
    "softplus": lambda x, k, y, _: Expression(("1 / (1 + exp(-(", x[0], ")))"), lambda n: logistic(n[0])),
    "silu": _of_silu,
    "gelu": _of_gelu,
    "sin": lambda x, k, y, _: Expression(("cos(", x[0], ")"), lambda n: math.cos(n[0])),
    "cos": lambda x, k, y, _: Expression(("-sin(", x[0], ")"), lambda n: -math.sin(n[0])),
    "log": lambda x, k, y, _: Expression(("1 / ", x[0]), lambda n: 1.0 / n[0]),
    "sqrt": lambda x, k, y, _: Expression(("1 / (2·", y, ")"), lambda n: 1.0 / (2.0 * n[0])),
    "elu": lambda x, k, y, constants: (
        None
        if x[0] > 0.0
        else Expression((constants[0], "·exp(", x[0], ")"), lambda n: n[0] * exponential(n[1]))
    ),
    **LOSS_SLOPES,
}
