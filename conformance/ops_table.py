"""The cases of Value's operations: each at ordinary points, at kinks and at the edges of its domain."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf, isinf, nan
from typing import Any

from tinygnn.conformance.case import Case

# Ordinary numbers are multiples of 1/16, so that float32 holds them exactly too.
COTANGENT = 1.3125

POINTS: dict[str, float] = {
    "positive": 0.6875,
    "negative": -1.3125,
    "zero": 0.0,
    "negative-zero": -0.0,
    "tiny": 2.0**-100,
    "large": 30.0,
    "large-negative": -30.0,
    "huge": 1000.0,
    "huge-negative": -1000.0,
    "infinite": inf,
    "negative-infinite": -inf,
    "nan": nan,
}
KINKED = ("abs", "relu", "leaky_relu", "elu")
KEEPS_SIGN_OF_ZERO = ("neg", "sqrt", "sin", "tanh")
TIES = ("maximum", "minimum")

# Operations of one number: what the id says, what is called with which options, and the equation.
UNARY: list[tuple[str, str, dict[str, Any], str]] = [
    ("pos", "pos", {}, "+x; d/dx = 1"),
    ("neg", "neg", {}, "-x; d/dx = -1"),
    ("abs", "abs", {}, "|x|; d/dx = sign x, 0 at 0"),
    ("exp", "exp", {}, "e^x; d/dx = e^x"),
    ("log", "log", {}, "log x; d/dx = 1/x"),
    ("sqrt", "sqrt", {}, "√x; d/dx = 1/(2√x)"),
    ("sin", "sin", {}, "sin x; d/dx = cos x"),
    ("cos", "cos", {}, "cos x; d/dx = -sin x"),
    ("tanh", "tanh", {}, "tanh x; d/dx = 1 - tanh² x"),
    ("sigmoid", "sigmoid", {}, "σ(x) = 1/(1 + e^-x); d/dx = σ(1 - σ)"),
    ("relu", "relu", {}, "max(x, 0); d/dx = 1 above 0, else 0"),
    ("leaky_relu", "leaky_relu", {}, "x above 0, else x/100; d/dx = 1 above 0, else 1/100"),
    ("leaky_relu-slope", "leaky_relu", {"negative_slope": 0.25}, "x above 0, else x/4"),
    ("elu", "elu", {}, "x above 0, else e^x - 1; d/dx = 1 above 0, else e^x"),
    ("elu-alpha", "elu", {"alpha": 1.5}, "x above 0, else 1.5 (e^x - 1)"),
    ("gelu", "gelu", {}, "x Φ(x); d/dx = Φ(x) + x φ(x)"),
    ("gelu-tanh", "gelu", {"approximate": "tanh"}, "x (1 + tanh(√(2/π)(x + 0.044715 x³)))/2"),
    ("silu", "silu", {}, "x σ(x); d/dx = σ(1 + x(1 - σ))"),
    ("softplus", "softplus", {}, "log(1 + e^x); d/dx = σ(x)"),
]

PAIRS: dict[str, tuple[float, float]] = {
    "ordinary": (0.6875, -1.3125),
    "positive": (2.5, 0.75),
    "beyond-float32": (1.0 + 2.0**-20, 2.0**-30),
    "equal": (1.5, 1.5),
    "zero-right": (1.5, 0.0),
    "negative-zero-right": (1.5, -0.0),
    "zero-left": (0.0, 1.5),
    "zeros": (0.0, 0.0),
    "zeros-of-two-signs": (0.0, -0.0),
    "overflow": (1e308, 2.5),
    "infinite-zero": (inf, 0.0),
    "infinities": (inf, inf),
    "opposite-infinities": (inf, -inf),
    "finite-infinite": (-1.5, inf),
    "nan-left": (nan, 1.0),
    "nan-right": (1.0, nan),
    "nans": (nan, nan),
}

BINARY: dict[str, str] = {
    "add": "x + y; d/dx = 1, d/dy = 1",
    "sub": "x - y; d/dx = 1, d/dy = -1",
    "mul": "x y; d/dx = y, d/dy = x",
    "truediv": "x / y; d/dx = 1/y, d/dy = -x/y²",
    "pow": "x^y; d/dx = y x^(y-1), d/dy = x^y log x",
    "maximum": "max(x, y); the gradient goes to the larger, half to each of two equals",
    "minimum": "min(x, y); the gradient goes to the smaller, half to each of two equals",
}

# Powers that need a name of their own; with a number as exponent and with a Value.
POWERS: dict[str, tuple[float, float]] = {
    "square": (-1.3125, 2.0),
    "cube": (-1.3125, 3.0),
    "inverse": (-1.3125, -1.0),
    "inverse-root": (2.5, -0.5),
    "zero-exponent": (1.5, 0.0),
    "zero-base-zero-exponent": (0.0, 0.0),
    "zero-base-unit-exponent": (0.0, 1.0),
    "zero-base-square": (0.0, 2.0),
    "zero-base-root": (0.0, 0.5),
    "zero-base-inverse": (0.0, -1.0),
    "zero-base-inverse-root": (0.0, -0.5),
    "negative-zero-base-inverse": (-0.0, -1.0),
    "negative-base-broken-exponent": (-2.0, 0.5),
    "negative-base-zero-exponent": (-2.0, 0.0),
    "negative-base-odd-exponent": (-2.0, 3.0),
    "overflow": (1000.0, 200.0),
    "negative-overflow": (-1000.0, 201.0),
    "underflow": (1000.0, -200.0),
    "infinite-base-zero-exponent": (inf, 0.0),
    "infinite-base-inverse": (inf, -1.0),
    "negative-infinite-base-root": (-inf, 0.5),
    "negative-infinite-base-inverse-root": (-inf, -0.5),
    "negative-infinite-base-cube": (-inf, 3.0),
    "infinite-exponent": (2.0, inf),
    "negative-infinite-exponent": (2.0, -inf),
    "unit-base-infinite-exponent": (1.0, inf),
    "nan-base-zero-exponent": (nan, 0.0),
    "nan-exponent": (2.0, nan),
}

CLAMPS: dict[str, tuple[float, dict[str, float]]] = {
    "inside": (0.25, {"min": -1.0, "max": 1.0}),
    "at-lower-bound": (-1.0, {"min": -1.0, "max": 1.0}),
    "at-upper-bound": (1.0, {"min": -1.0, "max": 1.0}),
    "below": (-1.5, {"min": -1.0, "max": 1.0}),
    "above": (1.5, {"min": -1.0, "max": 1.0}),
    "only-lower": (-1.5, {"min": -1.0}),
    "only-upper": (1.5, {"max": 1.0}),
    "only-lower-inside": (1.5, {"min": -1.0}),
    "crossed-bounds": (0.25, {"min": 1.0, "max": -1.0}),
    "infinite": (inf, {"min": -1.0, "max": 1.0}),
    "infinite-within": (inf, {"min": 0.0}),
    "nan": (nan, {"min": -1.0, "max": 1.0}),
}

# Several operations together: a value used more than once, and long chains.
COMPOSITES: dict[str, tuple[dict[str, float], str]] = {
    "square-plus-tanh": ({"x": 0.6875}, "x x + tanh x"),
    "difference-of-squares": ({"x": 1.5, "y": -0.75}, "(x + y)(x - y) + x"),
    "chain": ({"x": 0.6875}, "x ← sin(x) + x, forty times"),
    "quotient": ({"x": 1.5, "y": -0.75}, "(e^x y) / (1 + x² y²)"),
    "powers": ({"x": 1.5, "y": 0.75}, "x^y y^x"),
}

# An operation that hides its operand, under one whose slope is infinite there: what x does not change has
# the gradient 0 for x, not 0 · inf. Name: call, its points, equation.
NEGATIVE, ZERO, POSITIVE = {"x": -1.3125}, {"x": 0.0}, {"x": 0.6875}
BELOW_ZERO = {"masked": NEGATIVE, "at-the-bound": ZERO, "through": POSITIVE}
ABOVE_ZERO = {"masked": POSITIVE, "at-the-bound": ZERO, "through": NEGATIVE}
OF_TWO = {
    "left-masked": {"x": -1.3125, "y": 0.0},
    "right-masked": {"x": 0.0, "y": -1.3125},
    "through": {"x": 0.6875, "y": 0.25},
    "through-far": {"x": 4.0, "y": 0.25},
}
INTO_BOUNDS = {**BELOW_ZERO, "through-near": {"x": 0.25}}
ABOVE_AND_FAR = {**BELOW_ZERO, "through-far": {"x": 4.0}}
BELOW_AND_FAR = {**ABOVE_ZERO, "through-far": {"x": -4.0}}
MASKED: dict[str, tuple[dict[str, dict[str, Any]], str]] = {
    "relu-then-sqrt": (ABOVE_AND_FAR, "√max(x, 0)"),
    "relu-then-log": (ABOVE_AND_FAR, "log max(x, 0)"),
    "relu-then-inverse": (ABOVE_AND_FAR, "1 / max(x, 0)"),
    "clamp-then-sqrt": (INTO_BOUNDS, "√(x moved into [0, 1])"),
    "clamp-then-log": (INTO_BOUNDS, "log(x moved into [0, 1])"),
    "clamp-then-divided": (INTO_BOUNDS, "2 / (x moved into [0, 1])"),
    "maximum-then-sqrt": (OF_TWO, "√max(x, y)"),
    "maximum-then-log": (OF_TWO, "log max(x, y)"),
    "minimum-then-sqrt": (ABOVE_ZERO, "√min(x, 0)"),
    "minimum-then-divided": (BELOW_AND_FAR, "2 / min(x, 0)"),
    "amax-then-log": ({"masked": {"values": [-1.3125, 0.0]}}, "log max v_i"),
    "times-zero-then-sqrt": ({"masked": POSITIVE}, "√(0 x), which is 0 whatever x is"),
}


def op_cases() -> Iterator[Case]:
    """Every case of one of Value's operations."""
    for name, call, options, equation in UNARY:
        for point, x in POINTS.items():
            yield _op(f"{name}/{point}", call, {"x": x}, options, unary_flags(call, x), equation)
    for name, equation in BINARY.items():
        for point, (x, y) in PAIRS.items():
            yield _op(f"{name}/{point}", name, {"x": x, "y": y}, {}, binary_flags(name, x, y), equation)
        yield _op(f"{name}/number-right", name, {"x": 2.5}, {"y": 3.0}, ("constant",), equation)
        yield _op(f"{name}/number-left", name, {"y": 2.5}, {"x": 3.0}, ("constant",), equation)
    for point, (x, y) in POWERS.items():
        flags = binary_flags("pow", x, y)
        both, number = {"x": x, "y": y}, ("constant", *flags)
        yield _op(f"pow/{point}-value-exponent", "pow", both, {}, flags, BINARY["pow"])
        yield _op(f"pow/{point}-number-exponent", "pow", {"x": x}, {"y": y}, number, BINARY["pow"])
        yield _op(f"pow/{point}-number-base", "pow", {"y": y}, {"x": x}, number, BINARY["pow"])
    for point, (x, bounds) in CLAMPS.items():
        flags = ("kink",) if x in bounds.values() else ()
        equation = "x moved into [min, max]; d/dx = 1 inside and at the bounds, else 0"
        yield _op(f"clamp/{point}", "clamp", {"x": x}, bounds, flags, equation)
    for name, (inputs, equation) in COMPOSITES.items():
        yield _op(f"{name}/once", name, inputs, {}, ("shared",), equation)
        yield _op(f"{name}/twice", name, inputs, {}, ("shared", "accumulate"), equation, passes=2)
    for name, (points, equation) in MASKED.items():
        for point, inputs in points.items():
            flags = ("masked",) if "masked" in point else ("kink",) if point == "at-the-bound" else ()
            yield _op(f"{name}/{point}", name, inputs, {}, flags, equation)


def unary_flags(call: str, x: float) -> tuple[str, ...]:
    """The traps that a function of one number sets at x."""
    flags: tuple[str, ...] = ("nan",) if x != x else ()
    if call in KINKED and x == 0.0:
        flags += ("kink",)
    if isinf(x) or (call == "exp" and x > 709.0):
        flags += ("infinite",)
    if (call in ("log", "sqrt") and x <= 0.0) or (call in ("sin", "cos") and isinf(x)):
        flags += ("domain-edge",)
    if call in KEEPS_SIGN_OF_ZERO and x == 0.0:
        flags += ("signed-zero",)
    return flags


def binary_flags(call: str, x: float, y: float) -> tuple[str, ...]:
    """The traps that a function of two numbers sets at (x, y)."""
    flags: tuple[str, ...] = ("nan",) if x != x or y != y else ()
    if isinf(x) or isinf(y) or max(abs(x), abs(y)) > 1e300:
        flags += ("infinite",)
    if call in TIES and x == y:
        flags += ("tie",)
    if (call == "truediv" and y == 0.0) or (call == "pow" and x <= 0.0):
        flags += ("domain-edge",)
    return flags


def _op(
    name: str,
    call: str,
    inputs: dict[str, Any],
    options: dict[str, Any],
    flags: tuple[str, ...],
    equation: str,
    passes: int = 1,
) -> Case:
    return Case(
        id=f"op/{name}",
        kind="op",
        call=call,
        inputs=inputs,
        options=options,
        cotangent=COTANGENT,
        passes=passes,
        flags=flags,
        equation=equation,
    )
