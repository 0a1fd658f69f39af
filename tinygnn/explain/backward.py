"""Gradients as sums: what each Value made from a number hands back to it, slope times gradient."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from tinygnn.explain.expression import Expression, softmax_of, sum_of_products
from tinygnn.explain.folding import children_first
from tinygnn.value import Value

# A Value: the Values made from it, and as which of their parents.
Uses = dict[Value, list[tuple[Value, int]]]


def uses_of(output: Value) -> Uses:
    """The uses of every Value behind an output.

    >>> x = Value(3.0)
    >>> y = x * x
    >>> [k for _, k in uses_of(y)[x]]
    [0, 1]
    """
    found: Uses = {}
    for value in children_first(output):
        for k, parent in enumerate(value.parents):
            found.setdefault(parent, []).append((value, k))
    return found


def gradient_of(value: Value, uses: Uses) -> Expression:
    """d output / d value as the sum of what it hands back; 1 of the output itself."""
    if value not in uses:
        return Expression(("1",), lambda _: 1.0)
    return sum_of_products([(user.partials[k], user.grad) for user, k in uses[value]])


def slope_of(user: Value, k: int) -> Expression | None:
    """d user / d its parent number k, where that takes more than to read off a number beside it."""
    name, *constants = (user.op,) if isinstance(user.op, str) else user.op
    make = SLOPES.get(name)
    return None if make is None else make([parent.data for parent in user.parents], k, user.data, constants)


def _of_log_softmax(x: list[float], k: int, y: float, constants: Sequence[int]) -> Expression:
    """[k = i] - softmax(x)_k"""
    share = softmax_of(x, k)
    if k != constants[0]:
        return Expression(("-", *share.parts), lambda given: -share.compute(given))
    return Expression(("1 - ", *share.parts), lambda given: 1.0 - share.compute(given))


Slope = Callable[[list[float], int, float, Sequence[int]], Expression]

SLOPES: dict[str, Slope] = {
    "log_softmax": _of_log_softmax,
    "logsumexp": lambda x, k, y, _: softmax_of(x, k),
    "tanh": lambda x, k, y, _: Expression(("1 - ", y, "^2"), lambda given: 1.0 - given[0] ** 2),
    "sigmoid": lambda x, k, y, _: Expression(
        (y, "·(1 - ", y, ")"), lambda given: given[0] * (1.0 - given[1])
    ),
    "log": lambda x, k, y, _: Expression(("1 / ", x[0]), lambda given: 1.0 / given[0]),
    "sqrt": lambda x, k, y, _: Expression(("1 / (2·", y, ")"), lambda given: 1.0 / (2.0 * given[0])),
    "elu": lambda x, k, y, constants: Expression(
        ("1",) if x[0] > 0.0 else (float(constants[0]), "·exp(", x[0], ")"),
        lambda given: given[0] * math.exp(given[1]) if given else 1.0,
    ),
}
