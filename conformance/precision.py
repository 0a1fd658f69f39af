"""`Precision`: the kind of numbers that a backend computes with, and which cases make sense in it.

The right answers stand in float64. A backend that computes in float32 or bfloat16 is held to the same
answers with the eps of its own numbers, and gets only cases whose inputs are exact in them and whose terms
they can hold; the others are skipped, each for its reason.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tinygnn.conformance.case import Case
from tinygnn.nn.module import leaves


@dataclass(frozen=True)
class Precision:
    """A kind of float: its name in torch, the bits of its significand, its largest and smallest exponents."""

    name: str
    bits: int
    largest_exponent: int
    smallest_exponent: int

    @property
    def eps(self) -> float:
        """The distance from 1 to the next number."""
        return float(2.0 ** (1 - self.bits))

    @property
    def smallest_normal(self) -> float:
        """Below it numbers lie as far apart as right above it."""
        return float(2.0**self.smallest_exponent)

    @property
    def largest(self) -> float:
        """The largest finite number."""
        return float((2.0 - self.eps) * 2.0**self.largest_exponent)

    def holds(self, x: float) -> bool:
        """Whether the number is one of these.

        >>> FLOAT32.holds(0.5), FLOAT32.holds(0.1), BFLOAT16.holds(1.0 / 256.0), BFLOAT16.holds(257.0)
        (True, False, True, False)
        """
        if not math.isfinite(x) or x == 0.0:
            return True
        exponent = max(math.frexp(x)[1] - 1, self.smallest_exponent)
        steps = math.ldexp(x, self.bits - 1 - exponent)
        return abs(x) <= self.largest and steps == int(steps)


FLOAT64 = Precision("float64", 53, 1023, -1022)
FLOAT32 = Precision("float32", 24, 127, -126)
BFLOAT16 = Precision("bfloat16", 8, 127, -126)
PRECISIONS = {precision.name: precision for precision in (FLOAT64, FLOAT32, BFLOAT16)}

# A bound of this part of the terms and more says nothing: a gradient may be off by a fifth.
TOO_WIDE = 0.2


def unfit(
    case: Case, outputs: Mapping[str, Any], magnitudes: Mapping[str, Any], bound: float, kind: Precision
) -> str:
    """Why the case says nothing about computing in numbers of this kind, or nothing where it does."""
    if kind is FLOAT64:
        return ""
    if case.kind == "training":
        return f"a training run multiplies the rounding of {kind.name} as no operation count knows"
    if "perm" in outputs and kind.bits < FLOAT32.bits:
        return f"which nodes stay depends on scores that may lie closer together than {kind.name} tells apart"
    if bound * kind.eps > TOO_WIDE:
        return f"{bound:.0f} roundings of {kind.name} may change the answer by more than a fifth"
    for name, number in given(case):
        if not kind.holds(number):
            return f"{name} holds {number!r}, which is no {kind.name}"
    for name, numbers in (*outputs.items(), *magnitudes.items()):
        for number in leaves(numbers):
            if math.isfinite(number) and abs(number) > kind.largest:
                return f"{name} has a term of {abs(number):.0e}, beyond the largest {kind.name}"
            if number and math.isfinite(number) and abs(number) < kind.smallest_normal / kind.eps:
                return f"{name} has a term of {abs(number):.0e}, so small that {kind.name} loses digits"
    return ""


def given(case: Case) -> Iterator[tuple[str, float]]:
    """Every number that the backend is given as an array, with the name under which it is given."""
    for name, numbers in (*case.inputs.items(), ("the cotangent", case.cotangent)):
        yield from ((name, number) for number in leaves(numbers))
    for name, numbers in case.options.items():
        if isinstance(numbers, list):
            yield from ((name, number) for number in flat(numbers) if isinstance(number, float))


def flat(entry: Any) -> Iterator[Any]:
    """What stands in nested lists; dicts among them are skipped."""
    if isinstance(entry, list):
        for part in entry:
            yield from flat(part)
    elif not isinstance(entry, dict):
        yield entry
