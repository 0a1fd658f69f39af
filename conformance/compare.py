"""The gate: is the difference between two computations no more than rounding?

The error of a number is measured against eps times the sum of the absolute terms that it was computed
from, its magnitude: c = |got - expected| / (eps · magnitude). A relative tolerance would forgive a
wrong small term beside a large one, and a count of ulps would blame cancellation, which no
implementation can help.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tinygnn.conformance.case import Case, Numbers, Result
from tinygnn.conformance.precision import FLOAT64, Precision
from tinygnn.nn.module import leaves, shape

EPS = 2.0**-52

# c is at most k where each side commits k roundings of at most eps/2 at each value. A sum of n terms
# commits n, which is added to this. Of the formulas of one operation the slope of gelu is the longest:
# two function calls, which may err by a whole ulp each, three products and a sum reach it in full.
ROUNDINGS_PER_VALUE = 8

# A step of Adam commits 12 roundings, and its running means carry those of the steps before along: over
# 100 steps at most 12 · 100 on each side, against the sum of |w| and of all changes to it. The gate is the
# rounder number that users are told.
OPTIMIZER_TOLERANCE = 1e-12
# Training multiplies differences at every step by an amount that no operation count knows. Measured on
# Karate Club it stays below 1e-13 over 200 steps; a wrong gradient shows at 1e-3.
TRAINING_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Convention:
    """The right answer under another convention than the case's: its name, and the outputs that differ."""

    name: str
    outputs: Mapping[str, Numbers]


@dataclass(frozen=True)
class Expected:
    """The right answer of a case.

    outputs: the numbers by name. magnitudes: that of each number. bound: the largest c that rounding
    explains. subgradients: where the case sits on a kink or a tie, [low, high] in place of each number
    of a gradient. conventions: right answers under other conventions. precision: of which numbers eps is.
    """

    outputs: Mapping[str, Numbers]
    magnitudes: Mapping[str, Numbers]
    bound: float
    subgradients: Mapping[str, Numbers] = field(default_factory=dict)
    conventions: Sequence[Convention] = ()
    precision: Precision = FLOAT64


@dataclass(frozen=True)
class Difference:
    """The worst number of one output.

    index: its position among the output's numbers, row by row. error: |got - expected|. ratio: c,
    which `bound` limits. ulps: how many floats lie between. problem: what is wrong where numbers
    cannot say it.
    """

    output: str
    index: int = 0
    expected: float = 0.0
    got: float = 0.0
    error: float = 0.0
    ratio: float = 0.0
    bound: float = 0.0
    ulps: float = 0.0
    problem: str = ""

    @property
    def ok(self) -> bool:
        return not self.problem and self.ratio <= self.bound


def compare(case: Case, expected: Expected, result: Result) -> list[Difference]:
    """The worst difference of every output, in the order of the outputs."""
    differences = [_compare_output(name, case, expected, result.outputs) for name in expected.outputs]
    unknown = [name for name in result.outputs if name not in expected.outputs]
    return differences + [Difference(name, problem="no such output is expected") for name in unknown]


def _compare_output(name: str, case: Case, expected: Expected, outputs: Mapping[str, Numbers]) -> Difference:
    wanted = expected.outputs[name]
    if outputs.get(name) is None:
        return Difference(name, problem="missing")
    if shape(outputs[name]) != shape(wanted):
        return Difference(name, problem=f"shape {shape(outputs[name])}, expected {shape(wanted)}")
    numbers: Sequence[Any] = leaves(outputs[name])
    strict = name == "out" and "signed-zero" in case.flags
    worst = Difference(name, bound=expected.bound)
    for i, (want, got, magnitude) in enumerate(
        zip(leaves(wanted), numbers, leaves(expected.magnitudes[name]))
    ):
        here = measure(name, i, want, got, magnitude, expected.bound, strict, expected.precision)
        if i == 0 or here.ratio > worst.ratio:
            worst = here
    return worst


def measure(
    output: str,
    index: int,
    expected: float,
    got: float,
    magnitude: float,
    bound: float,
    signed_zeros: bool = False,
    precision: Precision = FLOAT64,
) -> Difference:
    """Compare two numbers.

    nan equals nan and nothing else; inf equals the same inf. Zeros of both signs are equal, unless
    `signed_zeros`. A magnitude that is not finite, as in the neighbourhood of an inf, is replaced by
    |expected|.
    """
    if expected != expected or got != got:
        same = expected != expected and got != got
        gap = 0.0 if same else math.inf
        return Difference(output, index, expected, got, gap, gap, bound, gap)
    if expected == got:
        if signed_zeros and math.copysign(1.0, expected) != math.copysign(1.0, got):
            return Difference(
                output, index, expected, got, 0.0, math.inf, bound, 0.0, "zero of the other sign"
            )
        return Difference(output, index, expected, got, 0.0, 0.0, bound, 0.0)
    error = abs(got - expected)
    if math.isinf(error):
        return Difference(output, index, expected, got, error, math.inf, bound, math.inf)
    terms = magnitude if math.isfinite(magnitude) else abs(expected)
    ratio = error / precision.eps / max(terms, precision.smallest_normal)
    ulps = ulps_between(expected, got) * EPS / precision.eps
    return Difference(output, index, expected, got, error, ratio, bound, ulps)


def ulps_between(a: float, b: float) -> float:
    """How many steps from float to float lead from a to b; -0 and 0 are one."""
    return float(abs(_rank(a) - _rank(b)))


def _rank(x: float) -> int:
    (bits,) = struct.unpack("<q", struct.pack("<d", x))
    return int(bits) if bits >= 0 else -(int(bits) & 0x7FFF_FFFF_FFFF_FFFF)
