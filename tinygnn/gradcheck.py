"""Gradients beside central differences: is what `backward` says true?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isfinite

from tinygnn.value import Value

# A central difference with step h errs by about eps/h · |f| from rounding and h² · |f'''| from
# truncation; with h near eps**(1/3) both are about 1e-10 of the function's size.
STEP = 6e-6
TOLERANCE = 1e-6


def numeric_gradient(f: Callable[..., Value], inputs: Sequence[Value], step: float = STEP) -> list[float]:
    """Estimate df/dx_i by (f(x_i + h) - f(x_i - h)) / 2h, with h = step · max(1, |x_i|)."""
    gradient = []
    for value in inputs:
        x = value.data
        h = step * max(1.0, abs(x))
        try:
            value.data = x + h
            above, upper = f(*inputs).data, value.data
            value.data = x - h
            below, lower = f(*inputs).data, value.data
        finally:
            value.data = x
        gradient.append((above - below) / (upper - lower))
    return gradient


def analytic_gradient(f: Callable[..., Value], inputs: Sequence[Value]) -> list[float]:
    """df/dx_i as `backward` computes it; the gradients that inputs held before are put back."""
    before = [value.grad for value in inputs]
    for value in inputs:
        value.grad = 0.0
    try:
        f(*inputs).backward()
        return [value.grad for value in inputs]
    finally:
        for value, grad in zip(inputs, before):
            value.grad = grad


def gradcheck(
    f: Callable[..., Value],
    inputs: Sequence[Value],
    *,
    step: float = STEP,
    tolerance: float = TOLERANCE,
) -> bool:
    """Compare the gradient of f(*inputs) with central differences; print both where they differ.

    They agree at an input when |analytic - numeric| <= tolerance · max(1, |numeric|); a nan or an inf
    agrees with nothing. Choose inputs away from kinks, where the numeric gradient means nothing.
    Raises TypeError when an input is not a leaf Value or f does not return a Value.

    >>> gradcheck(lambda x, y: x * y + x.tanh(), [Value(0.3), Value(2.0)])
    True
    """
    if isinstance(inputs, Value):
        raise TypeError("gradcheck takes a list of inputs: write gradcheck(f, [x])")
    for i, value in enumerate(inputs):
        if not isinstance(value, Value) or value.parents:
            raise TypeError(f"input {i} is {value!r}: gradcheck needs leaf Values, such as Value(1.0)")
    output = f(*inputs)
    if not isinstance(output, Value):
        raise TypeError(f"f returned {output!r}: gradcheck needs a function that returns one Value")
    analytic, numeric = analytic_gradient(f, inputs), numeric_gradient(f, inputs, step)
    wrong = [
        (i, a, n)
        for i, (a, n) in enumerate(zip(analytic, numeric))
        if not (isfinite(n) and abs(a - n) <= tolerance * max(1.0, abs(n)))
    ]
    if wrong:
        print(f"{'input':>5}  {'at':>23}  {'analytic':>23}  {'numeric':>23}")
        for i, a, n in wrong:
            print(f"{i:5}  {inputs[i].data:23.16g}  {a:23.16g}  {n:23.16g}")
    return not wrong
