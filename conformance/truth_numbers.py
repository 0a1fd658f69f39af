"""Numbers of 50 digits that keep what IEEE 754 says of zeros, infinities and nan.

A number is an mpf of mpmath where it is finite and not zero; 0.0, -0.0, inf, -inf and nan are floats. An mpf
knows no sign of zero, and its exponent has no end, so here both are looked after: `limited` makes of what is
too large or too small for float64 the inf or the zero that a float would be.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from math import copysign, inf, nan
from typing import Any

from mpmath.ctx_mp import MPContext
from mpmath.libmp import from_man_exp

DIGITS = 50
context = MPContext()
context.dps = DIGITS

Number = Any  # an mpf, or one of the floats 0.0, -0.0, inf, -inf, nan

# Of terms that were rounded, a sum is a zero that has only so many of the bits of the largest left.
LEFT_OVER = 19
# A mantissa is shorter than the precision by more than this where few exact operations on floats led to it.
EXACT = 29
# e to the power of more than this is inf, or 0.
HUGE = 10**4


def exactly(x: float) -> Number:
    """The number that a float is."""
    return context.mpf(x) if x - x == 0.0 and x != 0.0 else x


def rounded(x: Number) -> float:
    """The float64 that is nearest, of two the even one.

    >>> rounded(divide(exactly(1.0), exactly(3.0))) == 1.0 / 3.0
    True
    """
    if type(x) is float:
        return x
    sign, mantissa, exponent, bits = x._mpf_
    if not -1080 < exponent + bits < 1030:  # far out, where shifts would take all memory
        size = inf if exponent > 0 else 0.0
    else:
        try:
            size = float(mantissa << exponent) if exponent >= 0 else mantissa / (1 << -exponent)
        except OverflowError:
            size = inf
    return -size if sign else size


def exponent_of(x: Number) -> int:
    """The e for which 2**(e-1) <= |x| < 2**e."""
    _, _, exponent, bits = x._mpf_
    return int(exponent + bits)


def limited(x: Number) -> Number:
    """x, or the inf or the zero that float64 has in its place."""
    if type(x) is float or -1074 < exponent_of(x) < 1024:
        return x
    nearest = rounded(x)
    return nearest if nearest == 0.0 or nearest in (inf, -inf) else x


def like(x: Number) -> float:
    """A float that is to specials what x is: ±1 for a finite number that is not zero."""
    return x if type(x) is float else 1.0 if x > 0 else -1.0


# ---- arithmetic ---------------------------------------------------------------------------------------


def add(a: Number, b: Number) -> Number:
    """a + b; numbers that cancel give 0.0."""
    if type(a) is not float and type(b) is not float:
        return total((a, b))
    if a == 0.0 and b == 0.0:
        return a + b
    if a == 0.0:
        return b
    return a if b == 0.0 else like(a) + like(b)


def subtract(a: Number, b: Number) -> Number:
    """a - b."""
    return add(a, negative(b))


def negative(a: Number) -> Number:
    """-a."""
    return -a


def multiply(a: Number, b: Number) -> Number:
    """a b."""
    if type(a) is not float and type(b) is not float:
        return a * b
    return like(a) * like(b)


def divide(a: Number, b: Number) -> Number:
    """a / b; by zero it is ±inf or nan."""
    if type(b) is float and b == 0.0:
        return nan if a == 0.0 or a != a else copysign(inf, a) * copysign(1.0, b)
    if type(a) is not float and type(b) is not float:
        return a / b
    return like(a) / like(b)


def total(terms: Iterable[Number]) -> Number:
    """The sum; of nothing and of what cancels it is 0.0."""
    finite, special = [], 0.0
    for term in terms:
        if type(term) is not float:
            finite.append(term)
        elif term != 0.0:
            special += term
    if special != 0.0:
        return special
    result = exact_sum(finite)
    if result == 0:
        return 0.0
    if len(finite) > 1:
        largest = max(map(exponent_of, finite))
        lost = largest - exponent_of(result)
        if lost > context.prec - LEFT_OVER and any(t._mpf_[3] > context.prec - EXACT for t in finite):
            return 0.0
    return result


def exact_sum(finite: Sequence[Any]) -> Any:
    """The sum of mpfs, rounded once: of integers, after the exponent that all of them have in common."""
    parts = [x._mpf_ for x in finite]
    common = min([exponent for _, _, exponent, _ in parts], default=0)
    sums = sum(
        [(-mantissa if sign else mantissa) << (exponent - common) for sign, mantissa, exponent, _ in parts]
    )
    return context.make_mpf(from_man_exp(sums, common, context.prec, "n"))


def total_of_products(a: Sequence[Number], b: Sequence[Number]) -> Number:
    """Σ a_i b_i."""
    return total(map(multiply, a, b))


def alike(a: Number, b: Number) -> bool:
    """Whether two numbers are equal, but for the last of their 50 digits."""
    return a == b or (type(a) is not float and type(b) is not float and subtract(a, b) == 0.0)


# ---- functions ------------------------------------------------------------------------------------------


def elementary(function: Callable[[Any], Any], at: dict[float, float]) -> Callable[[Number], Number]:
    """A function of finite numbers, with its values elsewhere, which are exact floats; of nan it is nan.

    Where it is 0 at 0, it is -0.0 at -0.0.
    """

    def of(x: Number) -> Number:
        if type(x) is not float:
            return found(function(x))
        if x == 0.0 and x not in at:
            return found(function(context.zero))
        if x != x:
            return nan
        value = at[x]
        return copysign(value, x) if x == 0.0 and value == 0.0 else exactly(value)

    return of


def found(x: Any) -> Number:
    """What mpmath found, with a float in the place of its zero, infinities and nan."""
    return float(x) if x == 0 or not context.isfinite(x) else x


exponential = elementary(
    lambda x: inf if x > 710 else 0.0 if x < -746 else context.exp(x), {0.0: 1.0, inf: inf, -inf: 0.0}
)
exponential_minus_one = elementary(
    lambda x: inf if x > 710 else context.expm1(x), {0.0: 0.0, inf: inf, -inf: -1.0}
)
sine = elementary(context.sin, {0.0: 0.0, inf: nan, -inf: nan})
cosine = elementary(context.cos, {0.0: 1.0, inf: nan, -inf: nan})
hyperbolic_tangent = elementary(context.tanh, {0.0: 0.0, inf: 1.0, -inf: -1.0})
# 1 / cosh² x, the slope of tanh: 1 - tanh² x would cancel.
squared_sech = elementary(
    lambda x: 0.0 if abs(x) > 400 else context.sech(x) ** 2, {0.0: 1.0, inf: 0.0, -inf: 0.0}
)
logistic = elementary(
    lambda x: 0.0 if x < -746 else 1 / (1 + context.exp(-x)), {0.0: 0.5, inf: 1.0, -inf: 0.0}
)
# log(1 + e^x)
soft_plus = elementary(
    lambda x: 0.0 if x < -746 else max(x, 0) + context.log1p(context.exp(-abs(x))), {inf: inf, -inf: 0.0}
)
logarithm_of_one_plus = elementary(context.log1p, {0.0: 0.0, inf: inf})
# Φ and φ, the normal distribution and its density.
normal_below = elementary(
    lambda x: 0.0 if x < -40 else context.erfc(-x / context.sqrt(2)) / 2, {0.0: 0.5, inf: 1.0, -inf: 0.0}
)
normal_density = elementary(
    lambda x: 0.0 if abs(x) > 40 else context.exp(-x * x / 2) / context.sqrt(2 * context.pi),
    {inf: 0.0, -inf: 0.0},
)


def logarithm(x: Number) -> Number:
    """log x: -inf at 0, nan below."""
    if type(x) is not float:
        return found(context.log(x)) if x > 0 else nan
    return x if x == inf else -inf if x == 0.0 else nan


def root(x: Number) -> Number:
    """√x; of -0.0 it is -0.0."""
    if type(x) is not float:
        return context.sqrt(x) if x > 0 else nan
    return x if x == 0.0 or x == inf else nan


def power(x: Number, y: Number) -> Number:
    """x ** y, as C99 has it where x or y is a zero, an infinity or nan."""
    if type(x) is not float and type(y) is not float:
        if x > 0 or context.isint(y):
            growth = context.log(abs(x)) * y
            return limited(x**y) if abs(growth) < HUGE else inf if growth > 0 else 0.0
        return nan
    base, exponent = (z if type(z) is float else rounded(z) for z in (x, y))
    try:
        return exactly(math.pow(base, exponent))
    except OverflowError:
        return inf
    except ValueError:  # 0 to a negative power
        return copysign(inf, base) if exponent % 2.0 == 1.0 else inf
