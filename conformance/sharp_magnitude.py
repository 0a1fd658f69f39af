"""How large the errors of a small graph may be, where it uses a value more than once.

`magnitude` follows every path by itself and adds up what arrives: T(v) = Σ over paths. Where a value is used
twice, as x in sin(x) + x, errors along both paths are the same error, and partly cancel. Here the total
derivative from every value u to every other is taken first, of all paths together:

    T(v) = Σ_u |dv/du| t(u)
    G(p) = Σ_v Σ_i |dv_i/dp| |grad v| (|∂v/∂v_i| + e(v, v_i))          over the parents v_i of each v

which is as true to first order, and takes a walk over the graph for every value: for a few hundred at most.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from tinygnn.conformance.compare import EPS
from tinygnn.conformance.group_magnitude import times
from tinygnn.conformance.magnitude import Magnitudes, own_terms, partial_errors
from tinygnn.value import Value, topological_order

LARGEST = 256  # values of a graph


def sharpened(objective: Value, sizes: Magnitudes, gradients: Magnitudes) -> tuple[Magnitudes, Magnitudes]:
    """T and G of the objective's graph, each no larger than it was; of large graphs what was given.

    Call it after `objective.backward()`, with what `magnitudes` gives.
    """
    made = topological_order(objective)[::-1]
    if len(made) > LARGEST:
        return sizes, gradients
    leaves = list(dict.fromkeys([p for node in made for p in node.parents if not p.parents]))
    slopes = {u: derivatives(u, made) for u in (*leaves, *made)}
    sharp = {v: sum([times(slopes[u].get(v, 0.0), own_terms(u)) for u in made]) for v in made}
    sizes = smaller(sizes, sharp)
    steps = [
        (parent, abs(times(node.grad, abs(p) + error)))
        for node in made
        for parent, p, error in zip(node.parents, node.partials, partial_errors(node, sizes))
    ]
    second = EPS * abs(objective.grad)  # what is left where all terms of first order vanish
    own = {
        p: second + sum([times(slopes[p].get(parent, 0.0), size) for parent, size in steps]) for p in leaves
    }
    return sizes, smaller(gradients, own)


def derivatives(u: Value, made: Sequence[Value]) -> dict[Value, float]:
    """dv/du of every v that depends on u; parents stand before what is made of them."""
    found = {u: 1.0}
    for node in made:
        along = [(p, found[parent]) for parent, p in zip(node.parents, node.partials) if parent in found]
        if along and node is not u:
            found[node] = sum([p * slope for p, slope in along if p and slope])
    return found


def smaller(given: Magnitudes, sharp: Magnitudes) -> Magnitudes:
    """The smaller of both for each value, where it is a number."""
    better = {v: size for v, size in sharp.items() if math.isfinite(size) and size < given.get(v, math.inf)}
    return {**given, **better}
