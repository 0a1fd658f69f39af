"""Mistakes in GCNConv, in stacks of it, and in MLP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tinygnn.conformance import torch_backend, torch_models
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

GCN = ("model/gcn/", "model/gcn_conv/", "model/mlp/")
MODELS = ("model/gcn/", "model/mlp/", "model/sage/")

right_matrix = torch_models.gcn_matrix
right_output = torch_models.model_output
right_loss = torch_models.loss_of
right_layer = torch_models.graph_layer
right_read_out, right_activate = torch_models.read_out, torch_models.activate


def of_matrix(name: str, rule: str, change: Callable[..., Any]) -> Mutant:
    """A mutant of the normalised adjacency matrix."""
    return Mutant(f"gcn: {name}", rule, GCN, torch_models, "gcn_matrix", constant(change))


def of_models(name: str, rule: str, attribute: str, change: Any, *ids: str) -> Mutant:
    """A mutant of what stands around the layers."""
    target = torch_backend if attribute in ("model_output", "loss_of") else torch_models
    return Mutant(f"model: {name}", rule, ids or MODELS, target, attribute, constant(change))


def ones(edges: Any, weight: Any) -> Any:
    """The weights, 1 where there are none."""
    return torch.ones(len(edges[0]), dtype=torch.float64) if weight is None else weight


def second_self_loop(edges: Any, weight: Any, n: int, **options: Any) -> Any:
    nodes = list(range(n))
    doubled = torch.cat([ones(edges, weight), torch.ones(n, dtype=torch.float64)])
    options = {**options, "add_self_loops": False}
    return right_matrix((edges[0] + nodes, edges[1] + nodes), doubled, n, **options)


def duplicates_merged(edges: Any, weight: Any, n: int, **options: Any) -> Any:
    position = {edge: e for e, edge in enumerate(zip(*edges))}
    kept = sorted(position.values())
    merged = ([edges[0][e] for e in kept], [edges[1][e] for e in kept])
    return right_matrix(merged, ones(edges, weight)[kept], n, **options)


def weights_left_out_of_the_degree(edges: Any, weight: Any, n: int, **options: Any) -> Any:
    plain, weighted = right_matrix(edges, None, n), right_matrix(edges, weight, n, normalize=False)
    return plain if weight is None else plain * (weighted + torch.eye(n, dtype=torch.float64))


def degrees_detached(edges: Any, weight: Any, n: int, **options: Any) -> Any:
    right = right_matrix(edges, weight, n, **options)
    if weight is None or options.get("normalize") is False:
        return right
    sums = right_matrix(edges, weight, n, normalize=False) + torch.eye(n, dtype=torch.float64)
    return right.detach() + (sums - sums.detach()) * (right / torch.where(sums == 0.0, 1.0, sums)).detach()


def weights_detached(edges: Any, weight: Any, n: int, **options: Any) -> Any:
    return right_matrix(edges, None if weight is None else weight.detach(), n, **options)


def eps_in_the_degree(edges: Any, weight: Any, n: int, **options: Any) -> Any:
    """As where 1e-6 is added to a sum of weights before its root is taken; sums of 1s stay whole."""
    right = right_matrix(edges, weight, n, **options)
    return right if weight is None or options.get("normalize") is False else right / (1.0 + 1e-6)


def right_normalised(edges: Any, weight: Any, n: int, **options: Any) -> Any:
    """D^-1 A for D^-1/2 A D^-1/2; the same where all degrees are."""
    right = right_matrix(edges, weight, n, **options)
    if options.get("normalize") is False:
        return right
    sums = right_matrix(edges, weight, n, **{**options, "normalize": False, "add_self_loops": True}).sum(1)
    root = torch.where(sums <= 0.0, 1.0, sums).sqrt()
    return right * root[None, :] / root[:, None]


def stale() -> Callable[..., Any]:
    """A matrix that is kept by the graph's edges, though the weights are others the next time."""
    kept: dict[Any, Any] = {}

    def changed(edges: Any, weight: Any, n: int, **options: Any) -> Any:
        fresh = right_matrix(edges, weight, n, **options)
        key = (tuple(edges[0]), tuple(edges[1]), n, tuple(sorted(options.items())))
        return kept.setdefault(key, fresh.detach()) + (fresh - fresh.detach())

    return changed


def transposed(case: Any, inputs: dict[str, Any]) -> Any:
    def change(name: str, values: Any) -> Any:
        square = name.endswith("weight") and values.dim() == 2 and values.shape[0] == values.shape[1]
        return values.T if square else values

    return right_output(case, {name: change(name, values) for name, values in inputs.items()})


def without_bias(case: Any, inputs: dict[str, Any]) -> Any:
    return right_output(case, {n: v * 0.0 if n.endswith(".1.bias") else v for n, v in inputs.items()})


def skip_connection(case: Any, h: Any, inputs: Any, i: int, last: bool) -> Any:
    out = right_layer(case, h, inputs, i, last)
    return out + h if i > 0 and out.shape == h.shape else out


def first_layer_detached(case: Any, h: Any, inputs: Any, i: int, last: bool) -> Any:
    return right_layer(case, h.detach() + 0.0 * h if i > 0 else h, inputs, i, last)


def over_all_rows(name: str, prediction: Any, target: Any, mask: Any = None) -> Any:
    share = 1.0 if mask is None else sum(mask) / len(mask)
    return right_loss(name, prediction, target, mask) * share


def straight_through(name: str | None, h: Any) -> Any:
    out = right_activate(name, h)
    return h + (out - h).detach() if name == "tanh" else out


def relu_off(name: str | None, h: Any) -> Any:
    return a_thousandth_too_much(right_activate)(name, h) if name == "relu" else right_activate(name, h)


def softmax_over_nodes(name: str | None, h: Any) -> Any:
    return getattr(torch, name)(h, dim=0) if name in ("softmax", "log_softmax") else right_activate(name, h)


def mean_for_sum(name: str | None, h: Any) -> Any:
    return right_read_out("mean" if name == "sum" else name, h)


def gcn_mutants() -> list[Mutant]:
    """The mutants of GCNConv."""
    return [
        of_matrix(
            "source and target swapped", "a message goes against its edge",
            lambda edges, *rest, **options: right_matrix(flipped(edges), *rest, **options),
        ),
        of_matrix(
            "degree of the wrong side", "D sums the edges that leave",
            lambda edges, *rest, **options: right_matrix(flipped(edges), *rest, **options).T,
        ),
        of_matrix("self loops left out", "A for A + I", with_settings(right_matrix, add_self_loops=False)),
        of_matrix("second self loop", "a node with a self loop gets another", second_self_loop),
        of_matrix("improved ignored", "the loops weigh 1", without_settings(right_matrix, "improved")),
        of_matrix("normalize ignored", "A is always normalised", without_settings(right_matrix, "normalize")),
        of_matrix("duplicate edges merged", "two equal edges count once", duplicates_merged),
        of_matrix("weights left out of the degree", "D counts edges", weights_left_out_of_the_degree),
        of_matrix("degrees detached", "D is a constant for the gradient of the weights", degrees_detached),
        of_matrix("edge weights detached", "the weights get no gradient", weights_detached),
        of_matrix("eps in the degree", "1e-6 is added to sums of weights", eps_in_the_degree),
        of_matrix("normalised on one side", "D^-1 (A + I)", right_normalised),
        of_matrix("in float32", "the matrix is rounded to float32", in_float32_matrix),
        Mutant(
            "gcn: stale cache", "the matrix of the same edges with other weights is used again",
            GCN, torch_models, "gcn_matrix", stale,
        ),
    ]  # fmt: skip


def in_float32_matrix(*args: Any, **options: Any) -> Any:
    return in_float32(lambda matrix: matrix)(right_matrix(*args, **options))


def model_mutants() -> list[Mutant]:
    """The mutants of what stands around the layers: weights, activations, readouts, losses."""
    return [
        of_models("weight transposed", "a square W is W^T", "model_output", transposed),
        of_models("second bias left out", "that of layer 1 is 0", "model_output", without_bias),
        of_models("skip connection", "layer(h) + h where shapes allow", "graph_layer", skip_connection),
        of_models("first layer detached", "only the last layer learns", "graph_layer", first_layer_detached),
        of_models("tanh straight through", "the slope of tanh is 1", "activate", straight_through),
        of_models("slope of relu off by a thousandth", "it is 1.001", "activate", relu_off),
        of_models("softmax over nodes", "columns add up to 1, not rows", "activate", softmax_over_nodes),
        of_models("loss divided by all rows", "those off the mask too", "loss_of", over_all_rows),
        of_models("mean for the sum", "a sum is divided by N", "read_out", mean_for_sum, "model/gcn/"),
        of_models(
            "the first node read out", "the graph's row is node 0's", "read_out",
            lambda name, h: h[:1] if name else h, "model/gcn/",
        ),
    ]  # fmt: skip
