"""`Expression`: how a number was made of others, written so that a calculator gives the number."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tinygnn.value import Value, divide, exponential, logarithm, logistic, power

DIGITS = 6  # significant ones of a result
MOST_DIGITS = 17  # of an operand: all that a float has


@dataclass(frozen=True)
class Expression:
    """Pieces of text with numbers between them, and the function that they say.

    parts: texts and numbers in turn, as ("max(0, ", 0.5, ")").
    """

    parts: tuple[str | float, ...]
    compute: Callable[[Sequence[float]], float]

    @property
    def numbers(self) -> list[float]:
        return [part for part in self.parts if not isinstance(part, str)]

    def text(self, digits: int) -> str:
        """It with this many significant digits of each number."""
        shown = ""
        for part in self.parts:
            if isinstance(part, str):
                shown += part
            else:
                written = plain_number(part, digits)
                # No calculator takes two signs in a row, or a power of a negative number without brackets.
                alone = not shown or shown.endswith(("(", ", "))
                shown += written if alone or not written.startswith("-") else f"({written})"
        return shown

    def equation(self, result: float) -> str:
        """`text = result`, with as many digits of the operands as the last digit of the result asks for.

        Computed from the numbers as they are printed, the result is at most one unit of its last digit off.
        """
        shown = plain_number(result, DIGITS)
        for digits in range(DIGITS, MOST_DIGITS + 1):
            rounded = [float(plain_number(number, digits)) for number in self.numbers]
            if _agrees(self.compute(rounded), float(shown)):
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


def call(name: str, numbers: Sequence[float], compute: Callable[[Sequence[float]], float]) -> Expression:
    """name(a, b, ...)."""
    parts: list[str | float] = [f"{name}("]
    for k, number in enumerate(numbers):
        parts += [", ", number] if k else [number]
    return Expression((*parts, ")"), compute)


def softmax_of(numbers: Sequence[float], i: int) -> Expression:
    """exp(a) / (exp(a) + exp(b) + ...)."""
    parts: list[str | float] = ["exp(", numbers[i], ") / ("]
    for k, number in enumerate(numbers):
        parts += [" + exp(" if k else "exp(", number, ")"]

    def compute(given: Sequence[float]) -> float:
        return divide(exponential(given[0]), sum([exponential(x) for x in given[1:]]))

    return Expression((*parts, ")"), compute)


def log_softmax_of(numbers: Sequence[float], i: int) -> Expression:
    """a - log(exp(a) + exp(b) + ...)."""
    parts: list[str | float] = [numbers[i], " - log("]
    for k, number in enumerate(numbers):
        parts += [" + exp(" if k else "exp(", number, ")"]

    def compute(given: Sequence[float]) -> float:
        return given[0] - logarithm(sum([exponential(x) for x in given[1:]]))

    return Expression((*parts, ")"), compute)


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


Make = Callable[[list[float], list[Any]], Expression | None]


def _binary(sign: str, compute: Callable[[float, float], float]) -> Make:
    return lambda x, _: Expression((x[0], sign, x[1]), lambda given: compute(*given))


def _named(name: str, compute: Callable[[float], float]) -> Make:
    return lambda x, _: call(name, x, lambda given: compute(given[0]))


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


def _squares(x: list[float], targets: Sequence[float]) -> Expression:
    """(a - t)^2 + (b - u)^2 + ..."""
    parts: list[str | float] = []
    for k, (number, target) in enumerate(zip(x, targets)):
        parts += [" + (" if k else "(", number, " - ", target, ")^2"]
    return Expression(tuple(parts), lambda n: sum([(p - t) ** 2 for p, t in zip(n[::2], n[1::2])]))


def _binary_entropy(
    x: list[float], weights: Sequence[float], positive: Sequence[float], targets: Sequence[float]
) -> Expression:
    """Σ w (c t log(1 + exp(-z)) + (1 - t) log(1 + exp(z)))"""
    parts: list[str | float] = []
    signs: list[float] = []
    for z, w, c, t in zip(x, weights, positive, targets):
        for sign, factor in ((-1.0, w * c * t), (1.0, w * (1.0 - t))):
            if factor:
                before = " + " if parts else ""
                opening = "·log(1 + exp(-(" if sign < 0.0 else "·log(1 + exp(("
                parts += [before, factor, opening, z, ")))"] if before else [factor, opening, z, ")))"]
                signs.append(sign)

    def compute(n: Sequence[float]) -> float:
        terms = zip(n[::2], n[1::2], signs)
        return sum([factor * math.log1p(exponential(sign * z)) for factor, z, sign in terms])

    return Expression(tuple(parts), compute)


def _logsumexp(x: list[float]) -> Expression:
    parts: list[str | float] = ["log("]
    for k, number in enumerate(x):
        parts += [" + exp(" if k else "exp(", number, ")"]
    return Expression((*parts, ")"), lambda given: logarithm(sum([exponential(z) for z in given])))


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
    "logsumexp": lambda x, _: _logsumexp(x),
    "mse_loss": lambda x, c: _squares(x, *c) if len(c) == 1 else None,
    "bce_with_logits": lambda x, c: _binary_entropy(x, *c) if len(c) == 3 else None,
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
