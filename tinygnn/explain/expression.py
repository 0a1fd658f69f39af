"""`Expression`: how a number was made of others, written so that a calculator gives the number."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tinygnn.value import divide, exponential, logarithm

DIGITS = 6  # significant ones of a result
MOST_DIGITS = 17  # of an operand: all that a float has
Compute = Callable[[Sequence[float]], float]


@dataclass(frozen=True)
class Expression:
    """Pieces of text with numbers between them, and the function that they say.

    parts: texts and numbers in turn, as ("max(0, ", 0.5, ")").
    """

    parts: tuple[str | float, ...]
    compute: Compute

    @property
    def numbers(self) -> list[float]:
        return [part for part in self.parts if not isinstance(part, str)]

    def text(self, digits: int) -> str:
        """It with this many significant digits of each number."""
        shown = ""
        for part, after in zip(self.parts, (*self.parts[1:], "")):
            if isinstance(part, str):
                shown += part
            else:
                written = plain_number(part, digits)
                # No calculator takes two signs in a row, or a power of a negative number without brackets.
                alone = (not shown or shown.endswith(("(", ", "))) and not str(after).startswith("^")
                shown += written if alone or not written.startswith("-") else f"({written})"
        return shown

    def equation(self, result: float) -> str:
        """`text = result`, with as many digits of the operands as the last digit of the result asks for.

        Computed from the numbers as they are printed, the result is at most one unit of its last digit off.
        What no calculator computes, as 1 / 0, has six.
        """
        shown = plain_number(result, DIGITS)
        for digits in range(DIGITS, MOST_DIGITS + 1):
            rounded = [float(plain_number(number, digits)) for number in self.numbers]
            try:
                computed = self.compute(rounded)
            except (ArithmeticError, ValueError):
                break
            if _agrees(computed, float(shown)):
                break
        return f"{self.text(digits)} = {shown}"


def plain_number(number: float, digits: int = DIGITS) -> str:
    """The number with some significant digits, and without a sign where it is 0.

    >>> plain_number(-0.0), plain_number(2.0), plain_number(1 / 3)
    ('0', '2', '0.333333')
    """
    return f"{number if number else 0.0:.{digits}g}"


def _agrees(computed: float, shown: float) -> bool:
    if not math.isfinite(shown) or not math.isfinite(computed):
        return repr(computed) == repr(shown)
    if shown == 0.0:
        return abs(computed) < 1e-15
    return abs(computed - shown) <= 1.000001 * 10.0 ** (math.floor(math.log10(abs(shown))) - DIGITS + 1)


# The expression of an operation from its parents' numbers and its constants; None where none is known.
Make = Callable[[list[float], list[Any]], Expression | None]


# ---- expressions ------------------------------------------------------------------------------------------


def sum_of_products(
    pairs: Sequence[tuple[float, float]], plus: Sequence[float] = (), over: int | None = None
) -> Expression:
    """a·b + c·d + ... + e, over n if given; factors that are 1, and products with a 0, are left out."""
    shown: list[tuple[float, ...]] = []
    for a, b in pairs:
        if (a == 0.0 and math.isfinite(b)) or (b == 0.0 and math.isfinite(a)):
            continue
        shown.append((b,) if a == 1.0 else (a,) if b == 1.0 else (a, b))
    shown += [(number,) for number in plus if number != 0.0]
    parts: list[str | float] = []
    lengths = [len(factors) for factors in shown]
    for k, factors in enumerate(shown):
        if k:
            parts.append(" + ")
        parts.append(factors[0])
        for factor in factors[1:]:
            parts += ["·", factor]
    if not shown:
        return Expression(("0",), lambda _: 0.0)
    if over is not None:
        parts = ["(", *parts, f") / {over}"] if len(shown) > 1 else [*parts, f" / {over}"]

    def compute(numbers: Sequence[float]) -> float:
        terms, k = [], 0
        for length in lengths:
            terms.append(math.prod(numbers[k : k + length]))
            k += length
        return sum(terms) / (over or 1)

    return Expression(tuple(parts), compute)


def call(name: str, numbers: Sequence[float], compute: Compute) -> Expression:
    """name(a, b, ...)."""
    parts: list[str | float] = [f"{name}("]
    for k, number in enumerate(numbers):
        parts += [", ", number] if k else [number]
    return Expression((*parts, ")"), compute)


def softmax_of(numbers: Sequence[float], i: int) -> Expression:
    """exp(a) / (exp(a) + exp(b) + ...)."""

    def compute(given: Sequence[float]) -> float:
        return divide(exponential(given[0]), sum([exponential(x) for x in given[1:]]))

    return Expression(("exp(", numbers[i], ") / (", *exps(numbers), ")"), compute)


def log_softmax_of(numbers: Sequence[float], i: int) -> Expression:
    """a - log(exp(a) + exp(b) + ...)."""

    def compute(given: Sequence[float]) -> float:
        return given[0] - logarithm(sum([exponential(x) for x in given[1:]]))

    return Expression((numbers[i], " - log(", *exps(numbers), ")"), compute)


def exps(numbers: Sequence[float]) -> list[str | float]:
    """exp(a) + exp(b) + ..."""
    return [part for k, x in enumerate(numbers) for part in (" + exp(" if k else "exp(", x, ")")]


def coefficient(formula: str, numbers: dict[str, Any], others: Sequence[dict[str, Any]]) -> Expression | None:
    """The expression of a message's coefficient from its `Passing.formula`, None for an unknown one.

    others: the numbers of all messages to the same node, which a softmax is over.
    """
    told = {name: float(number) for name, number in numbers.items()}
    s = told.get("s", 1.0)
    first: tuple[str | float, ...] = (s, "·") if "s" in told else ()
    kind = formula.removeprefix("s · ")
    if kind == "w / √(d_j d_i)":
        w, d_j, d_i = told["w"], told["d_j"], told["d_i"]
        if d_j * d_i == 0.0:  # what is divided by a degree of 0 counts as 0
            return Expression(("0",), lambda _: 0.0)
        parts = (*first, w, " / √(", d_j, "·", d_i, ")")
        return Expression(parts, lambda given: math.prod(given[:-2]) / math.sqrt(given[-2] * given[-1]))
    if kind in ("1 / n", "w / n"):
        w = told.get("w", 1.0)
        return Expression((*first, w, f" / {int(told['n'])}"), lambda given: math.prod(given) / told["n"])
    if kind == "w":
        return Expression((*first, told["w"]), math.prod)
    if kind == "softmax_j(score)":
        scores = [float(other["score"]) for other in others]
        return softmax_of(scores, next(k for k, other in enumerate(others) if other is numbers))
    return None
