"""Planted mistakes in SAGEConv, GATConv and readouts: each is caught, and what it does not touch passes.

A mutant changes one rule of the torch backend, which then stands for an implementation under test.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from tinygnn.conformance import torch_layers, torch_models
from tinygnn.conformance.cases import all_cases, select
from tinygnn.conformance.runner import Outcome, Reference, run_cases
from tinygnn.conformance.torch_backend import TorchBackend

torch: Any = pytest.importorskip("torch")

CASES = select(all_cases(), quick=True)
REFERENCE = Reference()
Patch = pytest.MonkeyPatch
Mutant = Callable[[Patch], None]

right_sage, right_gat = torch_layers.sage_conv, torch_layers.gat_conv
right_aggregate, right_attention = torch_layers.aggregate, torch_layers.attention
right_loops, right_units = torch_layers.with_self_loops, torch_layers.unit_rows
right_sources, right_read_out = torch_layers.sources_of, torch_models.read_out


def of_layer(name: str, change: Callable[..., Any]) -> Mutant:
    """A mutant of one function of the torch backend's layers."""
    return lambda patch: patch.setattr(torch_layers, name, change)


def flipped(edges: Any) -> Any:
    sources, targets = edges
    return targets, sources


def with_settings(layer: Callable[..., Any], **changed: Any) -> Callable[..., Any]:
    """The layer with some settings changed, where the case sets them or not."""
    return lambda *args, **settings: layer(*args, **{**settings, **changed})


def without_settings(layer: Callable[..., Any], *names: str) -> Callable[..., Any]:
    """The layer that leaves some settings at their defaults."""
    return lambda *args, **settings: layer(*args, **{n: v for n, v in settings.items() if n not in names})


# ---- SAGEConv --------------------------------------------------------------------------------------------


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


# ---- GATConv ---------------------------------------------------------------------------------------------


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


# name: the mutant, and the cases among which it is looked for
SAGE, GAT = "model/sage_conv/", "model/gat_conv/"
MUTANTS: dict[str, tuple[Mutant, str]] = {
    "sage: mean over all nodes": (of_layer("aggregate", mean_over_all_nodes), SAGE),
    "sage: sum for the mean": (
        of_layer("aggregate", lambda aggr, *rest: right_aggregate(aggr.replace("mean", "sum"), *rest)),
        SAGE,
    ),
    "sage: an isolated node hears itself": (of_layer("aggregate", mean_without_isolated), SAGE),
    "sage: maximum not below 0": (of_layer("aggregate", maximum_from_zero), SAGE),
    "sage: tie of the maximum to one": (of_layer("aggregate", tie_to_one), SAGE),
    "sage: source and target swapped": (
        of_layer("aggregate", lambda aggr, rows, edges: right_aggregate(aggr, rows, flipped(edges))),
        SAGE,
    ),
    "sage: duplicate edges merged": (
        of_layer("sources_of", lambda node, edges: sorted(set(right_sources(node, edges)))),
        SAGE,
    ),
    "sage: self loops left out": (
        of_layer("sources_of", lambda node, edges: [s for s in right_sources(node, edges) if s != node]),
        SAGE,
    ),
    "sage: root weight dropped": (of_layer("sage_conv", with_settings(right_sage, root_weight=False)), SAGE),
    "sage: weights of root and neighbours swapped": (of_layer("sage_conv", weights_swapped), SAGE),
    "sage: bias dropped": (of_layer("sage_conv", with_settings(right_sage, bias=False)), SAGE),
    "sage: the root projected too": (of_layer("sage_conv", projected_root), SAGE),
    "sage: projection without relu": (of_layer("sage_conv", projection_without_relu), SAGE),
    "sage: normalize ignored": (of_layer("sage_conv", without_settings(right_sage, "normalize")), SAGE),
    "sage: normalize by column": (of_layer("unit_rows", units_by_column), SAGE),
    "sage: normalize divides zeros by 1e-12": (of_layer("unit_rows", units_with_eps), SAGE),
    "gat: attention not normalised": (
        of_layer("attention", lambda scores, edges, n: torch.exp(scores)),
        GAT,
    ),
    "gat: softmax over the edges that leave": (
        of_layer("attention", lambda scores, edges, n: right_attention(scores, flipped(edges), n)),
        GAT,
    ),
    "gat: softmax over all edges": (of_layer("attention", softmax_over_all_edges), GAT),
    "gat: softmax over heads": (of_layer("attention", softmax_over_heads), GAT),
    "gat: attention detached": (of_layer("attention", attention_detached), GAT),
    "gat: softmax without its cross terms": (
        of_layer("attention", attention_without_its_cross_terms),
        GAT,
    ),
    "gat: negative slope ignored": (of_layer("gat_conv", without_settings(right_gat, "negative_slope")), GAT),
    "gat: negative slope of 0.01": (of_layer("gat_conv", with_settings(right_gat, negative_slope=0.01)), GAT),
    "gat: self loops kept twice": (of_layer("with_self_loops", loops_kept), GAT),
    "gat: self loops left out": (of_layer("with_self_loops", loops_left_out), GAT),
    "gat: self loops filled with zeros": (of_layer("with_self_loops", loops_filled_with_zeros), GAT),
    "gat: self loops filled from leaving edges": (of_layer("with_self_loops", loops_of_leaving_edges), GAT),
    "gat: self loops filled from all edges": (of_layer("with_self_loops", loops_of_the_mean_of_all), GAT),
    "gat: fill_value ignored": (of_layer("gat_conv", without_settings(right_gat, "fill_value")), GAT),
    "gat: heads mixed up": (of_layer("split_heads", heads_mixed_up), GAT),
    "gat: one attention for all heads": (of_layer("gat_conv", one_attention_for_all_heads), GAT),
    "gat: heads added up": (of_layer("gat_conv", heads_added_up), GAT),
    "gat: attention of source and target swapped": (of_layer("gat_conv", sides_swapped), GAT),
    "gat: edge features ignored": (of_layer("gat_conv", edge_features_ignored), GAT),
    "gat: residual ignored": (of_layer("gat_conv", without_settings(right_gat, "residual")), GAT),
    "gat: dropout ignored in training": (of_layer("gat_conv", without_settings(right_gat, "dropout")), GAT),
    "gat: dropout in evaluation": (of_layer("gat_conv", without_settings(right_gat, "training")), GAT),
    "readout: the mean for the sum": (
        lambda patch: patch.setattr(
            torch_models, "read_out", lambda name, h: right_read_out("mean" if name == "sum" else name, h)
        ),
        "-readout-",
    ),
    "readout: the first node": (
        lambda patch: patch.setattr(torch_models, "read_out", lambda name, h: h[:1] if name else h),
        "-readout-",
    ),
}


def outcomes_of(text: str) -> list[Outcome]:
    """What comes of the cases whose ids hold the text, and of two that no mutant here touches."""
    others = [case for name in ("path", "star") for case in select(CASES, f"model/gcn_conv/{name}")]
    return list(run_cases([*select(CASES, text), *others], TorchBackend(), REFERENCE))


@cache
def failures_without_a_mutant(text: str) -> list[str]:
    return [outcome.case.id for outcome in outcomes_of(text) if outcome.failed]


@pytest.mark.parametrize("name", MUTANTS)
def test_the_mutant_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plant, text = MUTANTS[name]
    assert failures_without_a_mutant(text) == []
    plant(monkeypatch)
    outcomes = outcomes_of(text)
    errors = [outcome.detail for outcome in outcomes if outcome.verdict == "error"]
    assert not errors, "a mutant computes something wrong, it does not raise"
    assert [outcome.case.id for outcome in outcomes if outcome.failed] != []
    assert [o.case.id for o in outcomes if o.verdict == "pass" and not o.case.flags], "it touches every case"


def test_a_dropped_weight_is_caught_by_its_gradient_of_0(monkeypatch: pytest.MonkeyPatch) -> None:
    """The outputs are wrong as well, but the gradient that never came says why."""
    of_layer("sage_conv", with_settings(right_sage, root_weight=False))(monkeypatch)
    (outcome,) = run_cases(select(CASES, "model/sage_conv/path"), TorchBackend(), REFERENCE)
    given = {d.output: d.got for d in outcome.differences if not d.ok}
    assert given["grad lin_r.weight"] == 0.0


@pytest.mark.parametrize(
    ("name", "flag"),
    [
        ("sage: normalize divides zeros by 1e-12", "zero-row"),
        ("sage: duplicate edges merged", "duplicate-edge"),
        ("sage: self loops left out", "self-loop"),
        ("sage: source and target swapped", "directed"),
        ("gat: self loops kept twice", "self-loop"),
        ("gat: edge features ignored", "edge-attr"),
        ("gat: self loops filled with zeros", "edge-attr"),
    ],
)
def test_a_mistake_shows_where_the_flag_says_and_nowhere_else(
    name: str, flag: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant, text = MUTANTS[name]
    plant(monkeypatch)
    failed = [outcome.case for outcome in outcomes_of(text) if outcome.failed]
    assert failed and [case.id for case in failed if flag not in case.flags] == []
