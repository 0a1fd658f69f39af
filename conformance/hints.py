"""What wrong numbers have in common, said so that one knows where to look."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tinygnn.conformance.case import Case, Numbers, Result
from tinygnn.conformance.compare import Expected, measure
from tinygnn.conformance.likely_mistakes import mistakes
from tinygnn.nn.module import leaves, shape

ALIKE = 1e-9  # the relative difference up to which numbers are taken for those of a likely mistake


@dataclass(frozen=True)
class Wrong:
    """A case that failed: what was expected of it, and what came."""

    case: Case
    expected: Expected
    result: Result


def hints(wrong: Sequence[Wrong], only_backward: bool = False) -> list[str]:
    """Sentences that hold for all cases that failed, if all of them have numbers of the right shapes.

    only_backward: whether the results are not the user's own.
    """
    comparable = [each for each in wrong if outputs_of(each)]
    if not comparable or len(comparable) < len(wrong):
        return []
    own = [] if only_backward else only_gradients(comparable)
    return [*known_mistake(comparable), *own, *factors(comparable)]


def outputs_of(wrong: Wrong) -> list[str]:
    """The outputs that are wrong, if all there are have the right shapes."""
    got = wrong.result.outputs
    for name, numbers in wrong.expected.outputs.items():
        if got.get(name) is None or shape(got[name]) != shape(numbers):
            return []
    return [name for name in wrong.expected.outputs if any(True for _ in numbers_off(wrong, name))]


def numbers_off(wrong: Wrong, name: str) -> Iterator[tuple[int, float, float]]:
    """The numbers of an output that are wrong: position, expected, got."""
    wanted, got = leaves(wrong.expected.outputs[name]), leaves(wrong.result.outputs[name])
    for i, (a, b, size) in enumerate(zip(wanted, got, leaves(wrong.expected.magnitudes[name]))):
        if not measure(name, i, a, b, size, wrong.expected.bound).ok:
            yield i, a, b


def first_off(wrong: Wrong) -> str:
    """The first number that is wrong, where it stands, or nothing."""
    for name in outputs_of(wrong):
        for i, expected, got in numbers_off(wrong, name):
            step = ""
            if wrong.case.kind == "optimizer":
                row, column = place_of(i, wrong.expected.outputs[name])
                step = f", which is parameter {column} after step {row + 1}"
            return f"first off: {label(wrong, name, i)} is {got:.10g}, must be {expected:.10g}{step}"
    return ""


def label(wrong: Wrong, name: str, position: int) -> str:
    """An output's name and where in it the number at a position stands, "out[0][1]"."""
    return name + "".join(f"[{k}]" for k in place_of(position, wrong.expected.outputs[name]))


def place_of(position: int, nested: Numbers) -> list[int]:
    """Where the number at a position of `leaves` stands in nested lists.

    >>> place_of(3, [[1.0, 2.0], [3.0, 4.0]])
    [1, 1]
    """
    place = []
    while isinstance(nested, (list, tuple)):
        for i, part in enumerate(nested):
            size = len(leaves(part))
            if position < size:
                place.append(i)
                nested = part
                break
            position -= size
    return place


def known_mistake(wrong: Sequence[Wrong]) -> Iterator[str]:
    """The likely mistake that gives the numbers that came, in all cases for which mistakes are known."""
    known = [(each, dict(mistakes(each.case))) for each in wrong]
    known = [(each, made) for each, made in known if made]
    for sentence in known[0][1] if known else ():
        if all(sentence in made and is_made(each, made[sentence]) for each, made in known):
            yield f"these are the numbers that come {sentence}"
            return


def is_made(wrong: Wrong, outputs: dict[str, Numbers]) -> bool:
    """Whether the result has the numbers of a mistake, which are not the right ones."""
    return all(
        name in wrong.result.outputs and alike(numbers, wrong.result.outputs[name])
        for name, numbers in outputs.items()
    ) and not all(alike(numbers, wrong.expected.outputs[name]) for name, numbers in outputs.items())


def alike(a: Numbers, b: Numbers) -> bool:
    """Whether nested lists hold about the same numbers."""
    if shape(a) != shape(b):
        return False
    return all(close(x, y) for x, y in zip(leaves(a), leaves(b)))


def close(x: float, y: float) -> bool:
    return x == y or (x != x and y != y) or math.isclose(x, y, rel_tol=ALIKE, abs_tol=1e-300)


def only_gradients(wrong: Sequence[Wrong]) -> Iterator[str]:
    """That results are right and gradients are not."""
    if all(not name.startswith("grad ") for each in wrong for name in outputs_of(each)):
        return
    if all(name.startswith("grad ") for each in wrong for name in outputs_of(each)):
        yield "every result is right and gradients are not: look at the derivatives, not at the forward pass"


def factors(wrong: Sequence[Wrong]) -> Iterator[str]:
    """That all numbers of an output are the same multiple of what they must be."""
    zero = []
    for name in dict.fromkeys(name for each in wrong for name in outputs_of(each)):
        factor = factor_of([pair for each in wrong for pair in paired(each, name)])
        if factor == 0.0:
            zero.append(name)
        elif factor is not None:
            times = "minus" if factor == -1.0 else f"{factor:.6g} times"
            yield f"{name} is {times} what it must be, everywhere"
    if zero:
        yield f"{' and '.join(zero)}: 0 everywhere, where it must not be"


def factor_of(pairs: Sequence[tuple[float, float]]) -> float | None:
    """What the first numbers are multiplied by to give the second, if it is one factor for all."""
    told = [(a, b) for a, b in pairs if a != 0.0 and math.isfinite(a) and math.isfinite(b)]
    if len(told) < 2 or any(a == 0.0 and b != 0.0 for a, b in pairs):
        return None
    factor = told[0][1] / told[0][0]
    return factor if all(math.isclose(b, factor * a, rel_tol=ALIKE) for a, b in told) else None


def paired(wrong: Wrong, name: str) -> list[tuple[float, float]]:
    """Expected and got, number by number."""
    wanted = wrong.expected.outputs.get(name)
    return [] if wanted is None else list(zip(leaves(wanted), leaves(wrong.result.outputs[name])))
