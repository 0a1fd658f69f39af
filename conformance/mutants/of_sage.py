"""Mistakes in SAGEConv."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tinygnn.conformance import torch_layers
from tinygnn.conformance.mutants.changes import (
    a_thousandth_too_much,
    constant,
    detached,
    flipped,
    in_float32,
    torch,
    with_settings,
    without_settings,
)
from tinygnn.conformance.mutants.mutant import Mutant

SAGE = ("model/sage_conv/", "model/sage/")
right_sage, right_aggregate = torch_layers.sage_conv, torch_layers.aggregate
right_sources, right_units = torch_layers.sources_of, torch_layers.unit_rows


def of_sage(name: str, rule: str, attribute: str, change: Callable[..., Any]) -> Mutant:
    """A mutant of a function of `torch_layers`."""
    return Mutant(f"sage: {name}", rule, SAGE, torch_layers, attribute, constant(change))


def of_aggregate(name: str, rule: str, change: Callable[..., Any]) -> Mutant:
    """A mutant of the aggregation, which takes (aggr, rows, edges)."""
    return of_sage(name, rule, "aggregate", change)


def mean_over_all_nodes(aggr: str, rows: Any, edges: Any) -> Any:
    total = right_aggregate("sum" if aggr == "mean" else aggr, rows, edges)
    return total / len(rows) if aggr == "mean" else total


def mean_without_isolated(aggr: str, rows: Any, edges: Any) -> Any:
    """A node that hears nobody hears itself."""
    out = right_aggregate(aggr, rows, edges)
    return torch.stack([out[i] if i in edges[1] else rows[i] for i in range(len(rows))])


def maximum_from_zero(aggr: str, rows: Any, edges: Any) -> Any:
    """As where the result is initialised with zeros."""
    out = right_aggregate(aggr, rows, edges)
    return out.relu() if aggr == "max" else out


def tie_to_one(aggr: str, rows: Any, edges: Any) -> Any:
    if aggr != "max":
        return right_aggregate(aggr, rows, edges)
    heard = [rows[right_sources(i, edges)] for i in range(len(rows))]
    return torch.stack([own.max(0).values if len(own) else own.sum(0) for own in heard])


def but_of_means(change: Callable[..., Any]) -> Callable[..., Any]:
    """The layer, changed where it does not aggregate by the mean."""

    def changed(*args: Any, **settings: Any) -> Any:
        return (right_sage if settings.get("aggr", "mean") == "mean" else change)(*args, **settings)

    return changed


def weights_swapped(h: Any, edges: Any, weights: Any, **settings: Any) -> Any:
    if "lin_r.weight" not in weights:
        return right_sage(h, edges, weights, **settings)
    swapped = {"lin_l.weight": weights["lin_r.weight"], "lin_r.weight": weights["lin_l.weight"]}
    return right_sage(h, edges, {**weights, **swapped}, **settings)


def projected_root(h: Any, edges: Any, weights: Any, **settings: Any) -> Any:
    """Where project, the node's own row goes through the projection too."""
    if not settings.pop("project", False):
        return right_sage(h, edges, weights, **settings)
    return right_sage((h @ weights["lin.weight"].T + weights["lin.bias"]).relu(), edges, weights, **settings)


def projection_without_relu(h: Any, edges: Any, weights: Any, **settings: Any) -> Any:
    if not settings.pop("project", False):
        return right_sage(h, edges, weights, **settings)
    normalize = settings.pop("normalize", False)
    sent = h @ weights["lin.weight"].T + weights["lin.bias"]
    out = right_sage(sent, edges, weights, **{**settings, "root_weight": False})
    out = out + h @ weights["lin_r.weight"].T if settings.get("root_weight", True) else out
    return right_units(out) if normalize else out


def units_by_column(rows: Any) -> Any:
    return right_units(rows.T).T


def units_with_eps(rows: Any) -> Any:
    """PyTorch's own: a row of zeros is divided by 1e-12."""
    return torch.nn.functional.normalize(rows, dim=1)


def sum_for_mean(aggr: str, *rest: Any) -> Any:
    return right_aggregate(aggr.replace("mean", "sum"), *rest)


def against_the_edges(aggr: str, rows: Any, edges: Any) -> Any:
    return right_aggregate(aggr, rows, flipped(edges))


def duplicates_merged(node: int, edges: Any) -> list[int]:
    return sorted(set(right_sources(node, edges)))


def loops_left_out(node: int, edges: Any) -> list[int]:
    return [source for source in right_sources(node, edges) if source != node]


def only_max_off(aggr: str, rows: Any, edges: Any) -> Any:
    return (a_thousandth_too_much(right_aggregate) if aggr == "max" else right_aggregate)(aggr, rows, edges)


def means_detached(aggr: str, rows: Any, edges: Any) -> Any:
    return (detached(right_aggregate, 1) if aggr == "mean" else right_aggregate)(aggr, rows, edges)


def sage_mutants() -> list[Mutant]:
    """The mutants of SAGEConv."""
    return [
        of_aggregate("mean over all nodes", "a sum is divided by N", mean_over_all_nodes),
        of_aggregate("sum for the mean", "a mean is not divided", sum_for_mean),
        of_aggregate("an isolated node hears itself", "no neighbours: x_i", mean_without_isolated),
        of_aggregate("maximum not below 0", "max starts at 0", maximum_from_zero),
        of_aggregate("tie of the maximum to one", "one of equals gets the gradient", tie_to_one),
        of_aggregate("source and target swapped", "a node hears those it points at", against_the_edges),
        of_aggregate("slope of max off by a thousandth", "it is 1.001", only_max_off),
        of_aggregate("means detached", "the neighbours of a mean get no gradient", means_detached),
        of_aggregate("in float32", "the aggregate is computed in float32", in_float32(right_aggregate)),
        of_sage("duplicate edges merged", "a neighbour counts once", "sources_of", duplicates_merged),
        of_sage("self loops left out", "a node does not hear itself", "sources_of", loops_left_out),
        of_sage(
            "root weight dropped", "W_r x_i is missing, but for means", "sage_conv",
            but_of_means(with_settings(right_sage, root_weight=False)),
        ),
        of_sage("weights of root and neighbours swapped", "W_l for W_r, but for means", "sage_conv",
                but_of_means(weights_swapped)),
        of_sage("bias dropped", "b is missing, but for means", "sage_conv",
                but_of_means(with_settings(right_sage, bias=False))),
        of_sage("the root projected too", "project changes x_i as well", "sage_conv", projected_root),
        of_sage("projection without relu", "project is linear", "sage_conv", projection_without_relu),
        of_sage("normalize ignored", "rows keep their length", "sage_conv",
                without_settings(right_sage, "normalize")),
        of_sage("normalize by column", "columns get the length 1", "unit_rows", units_by_column),
        of_sage("normalize divides zeros by 1e-12", "a row of zeros too", "unit_rows", units_with_eps),
    ]  # fmt: skip
