"""Clipping gradients between `backward` and `step`, as `torch.nn.utils` does."""

from __future__ import annotations

from collections.abc import Iterable
from math import frexp, inf, isfinite, ldexp, nan, sqrt
from typing import Any

from tinygnn.nn.module import leaves
from tinygnn.value import Value, divide, power

EPSILON = 1e-6  # PyTorch's: where the norm is 0, and a little less than max_norm everywhere


def clip_grad_norm_(
    parameters: Iterable[Any] | Value,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
) -> float:
    """Scale all gradients so that their norm is at most max_norm; return the norm as it was.

        g ← g · min(1, max_norm / (‖g‖ + 1e-6)),   ‖g‖ = (Σ |g|^p)^(1/p) over all parameters, p = norm_type

    norm_type inf is the largest |g|. A norm that is inf makes gradients 0 (nan where g is inf), one that is
    nan makes them nan, unless error_if_nonfinite. The squares of p = 2 neither overflow nor vanish, which
    PyTorch's do: gradients near 1e200 are clipped as any other.

    Raises ValueError for a norm_type that is not above 0, and for a norm that is not finite if
    error_if_nonfinite, before anything is changed.

    >>> weight = Value(1.0)
    >>> weight.grad = 8.0
    >>> clip_grad_norm_([weight], 2.0)
    8.0
    >>> weight.grad
    1.99999975...
    """
    values = _values(parameters)
    norm = _norm([v.grad for v in values], float(norm_type))
    if error_if_nonfinite and not isfinite(norm):
        raise ValueError(f"the norm of the gradients is {norm}: it cannot be clipped")
    factor = divide(float(max_norm), norm + EPSILON)
    if not factor >= 1.0:
        for value in values:
            value.grad *= factor
    return norm


def clip_grad_value_(parameters: Iterable[Any] | Value, clip_value: float) -> None:
    """Move every gradient into [-clip_value, clip_value]; a nan stays nan."""
    bound = float(clip_value)
    for value in _values(parameters):
        if value.grad > bound:
            value.grad = bound
        elif value.grad < -bound:
            value.grad = -bound


def _values(parameters: Iterable[Any] | Value) -> list[Value]:
    """The parameters as a flat list, each once."""
    nested = parameters if isinstance(parameters, Value) else list(parameters)
    values: list[Any] = list(dict.fromkeys(leaves(nested)))
    for i, value in enumerate(values):
        if not isinstance(value, Value):
            raise TypeError(f"parameter {i} is {value!r}: gradients are those of Values")
    return values


def _norm(gradients: list[float], p: float) -> float:
    """(Σ |g|^p)^(1/p); the largest |g| for inf; 0 of nothing."""
    if not p > 0.0:
        raise ValueError(f"norm_type is {p}: it must be above 0, such as 1, 2 or inf")
    sizes = [abs(g) for g in gradients]
    if any(g != g for g in sizes):
        return nan
    largest = max(sizes, default=0.0)
    if p == inf or largest == 0.0 or largest == inf:
        return largest
    exponent = frexp(largest)[1]  # scaling by a power of two is exact
    scaled = [ldexp(g, -exponent) for g in sizes]
    if p == 2.0:
        norm = sqrt(sum([g * g for g in scaled], 0.0))
    else:
        norm = power(sum([power(g, p) for g in scaled], 0.0), 1.0 / p)
    half = exponent // 2  # in two steps: 2**1024 is too large for a float
    return norm * 2.0**half * 2.0 ** (exponent - half)
