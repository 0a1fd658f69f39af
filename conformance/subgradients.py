"""Where the derivative jumps: the interval of slopes that are right, and the gradients they lead to.

At a kink or a tie every slope between those on both sides is a subgradient (Clarke 1983, "Optimization
and Nonsmooth Analysis", section 2.3): relu's at 0 is any number of [0, 1]. Libraries choose differently,
and each may be right. Here the recorded graph is walked backward with intervals in the place of slopes:

    [low, high] of grad p = Σ_v [low, high] of grad v · [low, high] of ∂v/∂p    over the children v of p

Of equally large numbers the shares also have to add up to 1, which an interval for each cannot say: see
`ties`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from tinygnn.conformance.case import Case
from tinygnn.conformance.magnitude import TIES
from tinygnn.conformance.recorded import RECORDED, Recorded, record, seed
from tinygnn.nn.module import leaves
from tinygnn.value import Value, topological_order

Interval = tuple[float, float]


def subgradients(case: Case, recorded: Recorded | None = None) -> dict[str, Any]:
    """By output, for each of its numbers [low, high]; only outputs with a choice stand here.

    recorded: the case as it is recorded already.

    >>> from tinygnn.conformance.case import Case
    >>> subgradients(Case("op/relu/zero", "op", "relu", {"x": 0.0}, cotangent=1.5))
    {'grad x': [0.0, 1.5]}
    """
    if case.kind not in RECORDED:
        return {}
    recorded = recorded or record(case)
    inputs = leaves(list(recorded.inputs.values()))
    intervals = backward_intervals(recorded.objective, seed(case), inputs)
    found = {}
    for name, values in recorded.inputs.items():
        own = [intervals.get(leaf, (0.0, 0.0)) for leaf in leaves(values)]
        if any(low < high for low, high in own):
            found[f"grad {name}"] = with_intervals(values, intervals, case.passes)
    return found


def with_intervals(values: Any, intervals: Mapping[Value, Interval], passes: int) -> Any:
    """The same nesting with [low, high] in the place of each leaf."""
    if isinstance(values, list):
        return [with_intervals(part, intervals, passes) for part in values]
    return [passes * bound for bound in intervals.get(values, (0.0, 0.0))]


def backward_intervals(objective: Value, start: float, inputs: Sequence[Value]) -> dict[Value, Interval]:
    """The interval of the gradient of each value; leaves that are no inputs are constants."""
    intervals: dict[Value, Interval] = {objective: (start, start)}
    order = topological_order(objective)
    alike = same_computations(order, inputs)
    for node in order:
        grad = intervals.get(node, (0.0, 0.0))
        for parent, slope in zip(node.parents, slopes(node, alike)):
            low, high = product(grad, slope)
            below, above = intervals.get(parent, (0.0, 0.0))
            intervals[parent] = (below + low, above + high)
    return intervals


def same_computations(order: list[Value], inputs: Sequence[Value]) -> dict[Value, Value]:
    """For every value the one that stands for all that are computed in the same way from the same inputs.

    The messages of an edge that stands there twice are equal, but which of them is the largest is no choice.
    """
    first: dict[Any, Value] = {}
    alike: dict[Value, Value] = {value: value for value in inputs}
    for node in reversed(order):
        alike[node] = node
        if node.parents:
            key = (repr(node.op), node.data, *[alike.get(parent, parent.data) for parent in node.parents])
            alike[node] = first.setdefault(key, node)
    return alike


def slopes(node: Value, alike: Mapping[Value, Value]) -> list[Interval]:
    """The slopes that are right, for each parent; one only where the function is smooth."""
    name = node.op if isinstance(node.op, str) else str(node.op[0])
    exact = [(float(p), float(p)) for p in node.partials]
    x = [parent.data for parent in node.parents]
    if name in TIES:
        return tied_slopes(node, exact, alike)
    if len(x) == 1:
        kink = at_kink(name, node.op, x[0])
        return exact if kink is None else [kink]
    return exact


def tied_slopes(node: Value, exact: list[Interval], alike: Mapping[Value, Value]) -> list[Interval]:
    """[0, 1] for each of several equals; those of one computation are one, and the first stands for them."""
    tied = [i for i, parent in enumerate(node.parents) if parent.data == node.data]
    leaders = {alike.get(node.parents[i], node.parents[i]): i for i in reversed(tied)}
    if len(leaders) < 2:
        return exact
    chosen = set(leaders.values())
    return [
        ((0.0, 1.0) if i in chosen else (0.0, 0.0)) if i in tied else slope for i, slope in enumerate(exact)
    ]


def at_kink(name: str, op: Any, x: float) -> Interval | None:
    """The slopes on both sides of x, where a function of one number has a kink there."""
    if name == "clamp":
        low, high = float(op[1]), float(op[2])
        return (0.0, 1.0) if low < high and x in (low, high) else None
    if x != 0.0:
        return None
    if name == "relu":
        return 0.0, 1.0
    if name == "abs":
        return -1.0, 1.0
    if name in ("leaky_relu", "elu"):
        return min(1.0, float(op[1])), max(1.0, float(op[1]))
    return None


def product(a: Interval, b: Interval) -> Interval:
    """All products of a number of a and a number of b; one number stays one."""
    corners = [p * q for p in a for q in b]
    if any(corner != corner for corner in corners):
        return math.nan, math.nan
    return min(corners), max(corners)
