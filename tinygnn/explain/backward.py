"""Gradients as sums: what each Value made from a number hands back to it, slope times gradient."""

from __future__ import annotations

from tinygnn.explain.expression import Expression, sum_of_products
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
