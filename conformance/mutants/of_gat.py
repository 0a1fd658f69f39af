"""Mistakes in GATConv."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tinygnn.conformance import torch_layers
from tinygnn.conformance.mutants.changes import (
    a_thousandth_too_much,
    constant,
    flipped,
    in_float32,
    torch,
    with_settings,
    without_settings,
)
from tinygnn.conformance.mutants.mutant import Mutant

GAT = ("model/gat_conv/", "model/gat/")
right_gat, right_attention = torch_layers.gat_conv, torch_layers.attention
right_loops, right_heads = torch_layers.with_self_loops, torch_layers.split_heads


def of_gat(name: str, rule: str, change: Callable[..., Any]) -> Mutant:
    """A mutant of the whole layer."""
    return Mutant(f"gat: {name}", rule, GAT, torch_layers, "gat_conv", constant(change))


def of_attention(name: str, rule: str, change: Callable[..., Any]) -> Mutant:
    """A mutant of the softmax of (scores, edges, n)."""
    return Mutant(f"gat: {name}", rule, GAT, torch_layers, "attention", constant(change))


def of_loops(name: str, rule: str, change: Callable[..., Any]) -> Mutant:
    """A mutant of the self loops that the layer adds."""
    return Mutant(f"gat: {name}", rule, GAT, torch_layers, "with_self_loops", constant(change))


def of_several_heads(change: Callable[..., Any]) -> Callable[..., Any]:
    """The attention, changed where there are several heads."""

    def changed(scores: Any, edges: Any, n: int) -> Any:
        return (change if scores.shape[1] > 1 else right_attention)(scores, edges, n)

    return changed


def at_hubs(change: Callable[..., Any]) -> Callable[..., Any]:
    """The attention, changed at nodes that more than three edges enter."""

    def changed(scores: Any, edges: Any, n: int) -> Any:
        targets = list(edges[1])
        hub = torch.tensor([targets.count(target) > 3 for target in targets], dtype=torch.bool)
        right = right_attention(scores, edges, n)
        return torch.where(hub[:, None], change(scores, edges, n), right) if len(targets) else right

    return changed


def softmax_over_all_edges(scores: Any, edges: Any, n: int) -> Any:
    return torch.softmax(scores, dim=0)


def softmax_over_heads(scores: Any, edges: Any, n: int) -> Any:
    return torch.softmax(scores, dim=1)


def attention_detached(scores: Any, edges: Any, n: int) -> Any:
    return right_attention(scores, edges, n).detach() + 0.0 * scores


def attention_without_its_cross_terms(scores: Any, edges: Any, n: int) -> Any:
    """The right numbers, and of the gradient only p_i (1 - p_i)."""
    alpha = right_attention(scores, edges, n).detach()
    return alpha + alpha * (1.0 - alpha) * (scores - scores.detach())


def loops_kept(edges: Any, features: Any, n: int, fill: Any) -> Any:
    """Existing self loops stay, and every node gets another one."""
    first, second = list(edges[0]), list(edges[1])
    (sources, targets), rows = right_loops(edges, features, n, fill)
    own = [e for e, (s, t) in enumerate(zip(first, second)) if s == t]
    nodes = [first[e] for e in own]
    rows = rows if features is None else torch.cat([rows, features[own]])
    return (sources + nodes, targets + nodes), rows


def loops_filled_with_zeros(edges: Any, features: Any, n: int, fill: Any) -> Any:
    return right_loops(edges, features, n, 0.0 if fill == "mean" else fill)


def loops_of_leaving_edges(edges: Any, features: Any, n: int, fill: Any) -> Any:
    pair, rows = right_loops(flipped(edges), features, n, fill)
    return flipped(pair), rows


def loops_of_the_mean_of_all(edges: Any, features: Any, n: int, fill: Any) -> Any:
    """The mean over every edge of the graph, not of those that enter the node."""
    pair, rows = right_loops(edges, features, n, fill)
    if features is None or fill != "mean" or len(rows) == n:
        return pair, rows
    kept = rows[: len(rows) - n]
    return pair, torch.cat([kept, kept.mean(0, keepdim=True).expand(n, -1)])


def loops_left_out(edges: Any, features: Any, n: int, fill: Any) -> Any:
    return edges, features


def heads_mixed_up(rows: Any, heads: int) -> Any:
    """[N][out · heads], as other libraries lay them out."""
    return rows.reshape(len(rows), rows.shape[1] // heads, heads).transpose(1, 2)


def sides_swapped(h: Any, edges: Any, weights: Any, *rest: Any, **settings: Any) -> Any:
    swapped = {"att_src": weights["att_dst"], "att_dst": weights["att_src"]}
    return right_gat(h, edges, {**weights, **swapped}, *rest, **settings)


def with_several_heads(change: Callable[..., Any]) -> Callable[..., Any]:
    """The layer, changed where it has several heads."""

    def changed(*args: Any, **settings: Any) -> Any:
        return (change if settings.get("heads", 1) > 1 else right_gat)(*args, **settings)

    return changed


def one_attention_for_all_heads(h: Any, edges: Any, weights: Any, *rest: Any, **settings: Any) -> Any:
    first = {name: w[:, :1].expand_as(w) for name, w in weights.items() if name.startswith("att_")}
    return right_gat(h, edges, {**weights, **first}, *rest, **settings)


def edge_features_ignored(h: Any, edges: Any, weights: Any, *rest: Any, **settings: Any) -> Any:
    silent = {name: 0.0 * w if name == "att_edge" else w for name, w in weights.items()}
    return right_gat(h, edges, silent, *rest, **settings)


def heads_added_up(h: Any, edges: Any, weights: Any, *rest: Any, **settings: Any) -> Any:
    """Where the mean of the heads is meant."""
    if settings.get("concat", True):
        return right_gat(h, edges, weights, *rest, **settings)
    biased, residual = settings.get("bias", True), settings.get("residual", False)
    plain = {**settings, "bias": False, "residual": False}
    out = right_gat(h, edges, weights, *rest, **plain) * settings.get("heads", 1)
    out = out + h @ weights["res.weight"].T if residual else out
    return out + weights["bias"] if biased else out


def not_normalised(scores: Any, edges: Any, n: int) -> Any:
    return torch.exp(scores)


def over_leaving_edges(scores: Any, edges: Any, n: int) -> Any:
    return right_attention(scores, flipped(edges), n)


def eps_in_the_divisor(scores: Any, edges: Any, n: int) -> Any:
    """As in PyG: the sum of the exponentials gets 1e-16 more; here 1e-12, which float64 shows."""
    return right_attention(scores, edges, n) / (1.0 + 1e-12)


def gat_mutants() -> list[Mutant]:
    """The mutants of GATConv."""
    return [
        of_attention(
            "attention not normalised", "α = exp e at nodes that many enter", at_hubs(not_normalised)
        ),
        of_attention(
            "softmax over the edges that leave",
            "α adds up to 1 at the source, of several heads",
            of_several_heads(over_leaving_edges),
        ),
        of_attention(
            "softmax over all edges",
            "α adds up to 1 over the graph at nodes that many enter",
            at_hubs(softmax_over_all_edges),
        ),
        of_attention(
            "softmax over heads",
            "α adds up to 1 over the heads, of several",
            of_several_heads(softmax_over_heads),
        ),
        of_attention(
            "attention detached",
            "α is a constant for the gradient at nodes that many enter",
            at_hubs(attention_detached),
        ),
        of_attention(
            "softmax without its cross terms",
            "dα_i/de_i only, of several heads",
            of_several_heads(attention_without_its_cross_terms),
        ),
        of_attention(
            "slope of the softmax off by a thousandth",
            "1.001 times at nodes that many enter",
            at_hubs(a_thousandth_too_much(right_attention)),
        ),
        of_attention(
            "attention in float32",
            "the softmax in float32, of several heads",
            of_several_heads(in_float32(right_attention)),
        ),
        of_attention(
            "eps in the divisor",
            "the divisor of the softmax has 1e-12 more where many enter",
            at_hubs(eps_in_the_divisor),
        ),
        of_gat("negative slope ignored", "it is 0.2", without_settings(right_gat, "negative_slope")),
        of_gat("negative slope of 0.01", "it is torch's", with_settings(right_gat, negative_slope=0.01)),
        of_loops("self loops kept twice", "one that was there stays beside the new one", loops_kept),
        of_loops("self loops left out", "a node does not hear itself", loops_left_out),
        of_loops("self loops filled with zeros", "their features are 0", loops_filled_with_zeros),
        of_loops("self loops filled from leaving edges", "by the wrong side", loops_of_leaving_edges),
        of_loops("self loops filled from all edges", "the mean of the graph's", loops_of_the_mean_of_all),
        of_gat("fill_value ignored", "it is the mean", without_settings(right_gat, "fill_value")),
        Mutant(
            "gat: heads mixed up",
            "[out][heads] for [heads][out]",
            GAT,
            torch_layers,
            "split_heads",
            constant(heads_mixed_up),
        ),
        of_gat("one attention for all heads", "a of the first head", one_attention_for_all_heads),
        of_gat("heads added up", "without concat not their mean", heads_added_up),
        of_gat(
            "attention of source and target swapped",
            "a_src for a_dst, of several heads",
            with_several_heads(sides_swapped),
        ),
        of_gat("edge features ignored", "a_edge is 0", edge_features_ignored),
        of_gat(
            "self loops added anyway", "add_self_loops is True", without_settings(right_gat, "add_self_loops")
        ),
        of_gat("residual ignored", "W_res x_i is missing", without_settings(right_gat, "residual")),
        of_gat(
            "bias dropped",
            "b is missing, of several heads",
            with_several_heads(with_settings(right_gat, bias=False)),
        ),
        of_gat("dropout ignored in training", "no α is dropped", without_settings(right_gat, "dropout")),
        of_gat("dropout in evaluation", "α is dropped there too", without_settings(right_gat, "training")),
    ]
