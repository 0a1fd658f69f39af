"""Mistakes that many make, and the numbers that come of them: to tell somebody whose numbers these are.

Sentences go on from "these are the numbers that come ...". They are computed with plain floats, apart from
the layers, so that each can be read against the formula.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

from tinygnn.conformance.case import Case, Numbers
from tinygnn.conformance.recorded import to_values
from tinygnn.conformance.tinygnn_models import finished
from tinygnn.nn.module import numbers_of

Outputs = dict[str, Numbers]
Rows = list[list[float]]


def mistakes(case: Case) -> Iterator[tuple[str, Outputs]]:
    """What may have gone wrong with a case, and what then comes out; nothing where no mistake is known."""
    if case.kind == "optimizer" and case.call == "Adam":
        yield from of_adam(case)
    elif case.kind == "optimizer" and case.call == "SGD":
        yield from of_sgd(case)
    elif case.call == "aggregate":
        yield from of_aggregation(
            case.inputs["rows"], case.options["index"], case.options["num_groups"], case.options["aggr"]
        )
    elif case.call in POOLS and case.edge_index is None:
        batch = case.options.get("batch") or [0] * len(case.inputs["x"])
        size = case.options.get("size") or max(batch, default=-1) + 1
        yield from of_aggregation(case.inputs["x"], batch, size, POOLS[case.call])
    elif case.call == "GCNConv":
        yield from of_gcn(case)
    elif case.call == "linear" and "bias" in case.inputs:
        rows = case.inputs.get("x", case.options.get("x"))
        yield "without the bias", {"out": product(rows, case.inputs["weight"])}


# ---- aggregations -------------------------------------------------------------------------------------

POOLS = {
    "SumAggregation": "sum",
    "MeanAggregation": "mean",
    "MaxAggregation": "max",
    "global_add_pool": "sum",
    "global_mean_pool": "mean",
    "global_max_pool": "max",
}
AGGREGATES: dict[str, Callable[[Sequence[float]], float]] = {
    "sum": math.fsum,
    "mean": lambda column: math.fsum(column) / len(column),
    "max": max,
    "min": min,
}


def of_aggregation(
    rows: Rows, index: Sequence[int], num_groups: int, right: str
) -> Iterator[tuple[str, Outputs]]:
    """Another aggregation, or a wrong number of rows to divide by."""
    width = len(rows[0]) if rows else 0
    columns = [
        [[row[j] for row, own in zip(rows, index) if own == group] for j in range(width)]
        for group in range(num_groups)
    ]

    def each(function: Callable[[Sequence[float]], float]) -> Outputs:
        return {"out": [[function(c) if c else 0.0 for c in group] for group in columns]}

    try:
        for name, function in AGGREGATES.items():
            if name != right:
                yield f"of the {name} in place of the {right}", each(function)
        if right == "mean":
            yield (
                "when the sum is divided by all rows, not by those of its group",
                each(lambda column: math.fsum(column) / len(rows)),
            )
            yield (
                "when the sum is divided by one row more than there are",
                each(lambda column: math.fsum(column) / (len(column) + 1)),
            )
    except (OverflowError, ValueError):  # infinities of both signs: math.fsum refuses
        return


# ---- GCN ------------------------------------------------------------------------------------------------


def of_gcn(case: Case) -> Iterator[tuple[str, Outputs]]:
    """GCN with one thing left out or another way round; where the case has no options of its own."""
    options = {name: value for name, value in case.options.get("conv", {}).items() if name != "bias"}
    x = case.inputs.get("x", case.options.get("x"))
    if options or case.edge_index is None or not isinstance(x, list):
        return
    edges = list(zip(*case.edge_index))
    weights = case.inputs.get("edge_weight") or case.options.get("edge_weight") or [1.0] * len(edges)
    plain, looped = adjacency(edges, weights, len(x)), with_loops(edges, weights, len(x))
    turned = with_loops([(target, source) for source, target in edges], weights, len(x))
    h, bias = product(x, case.inputs["lin.weight"]), case.inputs.get("bias")

    def out(matrix: Rows, offset: Sequence[float] | None = bias) -> Outputs:
        rows = product(matrix, [list(column) for column in zip(*h)])
        rows = rows if offset is None else [[a + b for a, b in zip(row, offset)] for row in rows]
        return {"out": numbers_of(finished(case, to_values(rows))["out"])}

    yield "without self loops: a node must hear itself too", out(symmetric(plain, degrees(plain)))
    yield "without dividing by the degrees", out(looped)
    yield "with 1/d_i in place of 1/√(d_i d_j)", out(scaled(looped, degrees(looped), -1.0, 0.0))
    yield "with 1/d_j in place of 1/√(d_i d_j)", out(scaled(looped, degrees(looped), 0.0, -1.0))
    yield "with 1/(d_i d_j): the root is missing", out(scaled(looped, degrees(looped), -1.0, -1.0))
    yield "when degrees are counted before the self loops are added", out(symmetric(looped, degrees(plain)))
    yield (
        "when edges go the wrong way, from target to source",
        out(symmetric(turned, degrees(turned))),
    )
    yield (
        "when degrees count the edges that leave, not those that enter",
        out(symmetric(looped, degrees(turned))),
    )
    if bias is not None:
        yield "without the bias", out(symmetric(looped, degrees(looped)), None)


def adjacency(edges: Sequence[tuple[int, int]], weights: Sequence[float], n: int) -> Rows:
    """A[target][source], the sum of the weights of those edges."""
    matrix = [[0.0] * n for _ in range(n)]
    for (source, target), weight in zip(edges, weights):
        matrix[target][source] += weight
    return matrix


def with_loops(edges: Sequence[tuple[int, int]], weights: Sequence[float], n: int) -> Rows:
    """The same with one self loop for each node: its own last one, else one of weight 1."""
    loops = {source: weight for (source, target), weight in zip(edges, weights) if source == target}
    others = [(edge, weight) for edge, weight in zip(edges, weights) if edge[0] != edge[1]]
    every = [*others, *(((i, i), loops.get(i, 1.0)) for i in range(n))]
    return adjacency([edge for edge, _ in every], [weight for _, weight in every], n)


def degrees(matrix: Rows) -> list[float]:
    return [math.fsum(row) for row in matrix]


def symmetric(matrix: Rows, degree: Sequence[float]) -> Rows:
    return scaled(matrix, degree, -0.5, -0.5)


def scaled(matrix: Rows, degree: Sequence[float], of_row: float, of_column: float) -> Rows:
    """Row i times d_i to one power, column j times d_j to another; 0 where a degree is not above 0."""

    def power(i: int, exponent: float) -> float:
        return degree[i] ** exponent if degree[i] > 0.0 else 0.0

    return [
        [entry * power(i, of_row) * power(j, of_column) for j, entry in enumerate(row)]
        for i, row in enumerate(matrix)
    ]


def product(rows: Rows, weight: Rows) -> Rows:
    """X Wᵀ."""
    return [[math.fsum(a * b for a, b in zip(row, column)) for column in weight] for row in rows]


# ---- optimizers -----------------------------------------------------------------------------------------


def of_adam(case: Case) -> Iterator[tuple[str, Outputs]]:
    """Adam with a part of its rule left out."""
    settings = dict(case.options["settings"])
    lr, betas = settings.pop("lr", 1e-3), settings.pop("betas", (0.9, 0.999))
    eps = settings.pop("eps", 1e-8)
    if settings or "groups" in case.options or "clip" in case.options:
        return

    def steps(change: Callable[[float, float, float, float], float]) -> Outputs:
        """change: of m, v, 1 - β1^t and 1 - β2^t."""
        weights = [float(w) for w in case.inputs["w"]]
        first, second, history = [0.0] * len(weights), [0.0] * len(weights), []
        for t, gradients in enumerate(case.options["gradients"], 1):
            first = [betas[0] * m + (1.0 - betas[0]) * g for m, g in zip(first, gradients)]
            second = [betas[1] * v + (1.0 - betas[1]) * g * g for v, g in zip(second, gradients)]
            one, two = 1.0 - betas[0] ** t, 1.0 - betas[1] ** t
            weights = [w - lr * change(m, v, one, two) for w, m, v in zip(weights, first, second)]
            history.append(weights)
        return {"w": history}

    root = math.sqrt
    yield (
        "without the correction of both means: m̂ = m / (1 - β1^t), v̂ = v / (1 - β2^t)",
        steps(lambda m, v, one, two: m / (root(v) + eps)),
    )
    yield "without the correction m̂ = m / (1 - β1^t)", steps(lambda m, v, one, two: m / (root(v / two) + eps))
    yield "without the correction v̂ = v / (1 - β2^t)", steps(lambda m, v, one, two: m / one / (root(v) + eps))
    yield "when eps is under the root", steps(lambda m, v, one, two: m / one / root(v / two + eps))
    yield "without the root of v̂", steps(lambda m, v, one, two: m / one / (v / two + eps))
    yield (
        "when the step is added, not subtracted",
        steps(lambda m, v, one, two: -m / one / (root(v / two) + eps)),
    )


def of_sgd(case: Case) -> Iterator[tuple[str, Outputs]]:
    """SGD that climbs, or forgets the learning rate."""
    settings = dict(case.options["settings"])
    lr = settings.pop("lr", 1e-3)
    if settings or "groups" in case.options or "clip" in case.options:
        return
    for sentence, rate in (
        ("when the step is added, not subtracted", -lr),
        ("without the learning rate", 1.0),
    ):
        weights, history = [float(w) for w in case.inputs["w"]], []
        for gradients in case.options["gradients"]:
            weights = [w - rate * g for w, g in zip(weights, gradients)]
            history.append(weights)
        yield sentence, {"w": history}
