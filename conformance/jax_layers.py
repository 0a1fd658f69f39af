"""Graph layers in plain jax: gather along the edges, `segment_sum` into the nodes, formula by formula."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tinygnn.conformance.jax_ops import aggregate, array, import_jax, numpy, softmax

Weights = Mapping[str, Any]
# Sources, targets, and how many nodes there are.
Graph = tuple[list[int], list[int], int]


def places(nodes: list[int]) -> Any:
    """Node numbers as an array."""
    return numpy().asarray(nodes, dtype=int)


def linear(h: Any, weights: Weights, name: str) -> Any:
    """h W^T + b, where there is a bias."""
    out = h @ weights[f"{name}.weight"].T
    bias = weights.get(f"{name}.bias")
    return out if bias is None else out + bias


def with_bias(out: Any, weights: Weights) -> Any:
    """out + b, where there is a bias."""
    return out + weights["bias"] if "bias" in weights else out


def propagated(h: Any, graph: Graph, weight: Any = None) -> Any:
    """Σ w_ji h_j over the edges that enter i."""
    sources, targets, n = graph
    sent = h[places(sources)] if weight is None else weight[:, None] * h[places(sources)]
    return import_jax().ops.segment_sum(sent, places(targets), n)


def gcn_norm(
    graph: Graph,
    weight: Any,
    add_self_loops: bool = True,
    improved: bool = False,
    normalize: bool = True,
) -> tuple[Graph, Any]:
    """w_ji / √(d_j d_i), with d the weights that enter; of a node's own loops the last one stays."""
    jnp, (sources, targets, n) = numpy(), graph
    weight = jnp.ones(len(sources)) if weight is None else weight
    if add_self_loops and normalize:
        own = {s: e for e, (s, t) in enumerate(zip(sources, targets)) if s == t}
        kept = [e for e, (s, t) in enumerate(zip(sources, targets)) if s != t]
        fill = jnp.full(n, 2.0 if improved else 1.0)
        loops = fill.at[places(list(own))].set(weight[places(list(own.values()))])
        weight = jnp.concatenate([weight[places(kept)], loops])
        sources, targets = ([ends[e] for e in kept] + list(range(n)) for ends in (sources, targets))
    if not normalize:
        return (sources, targets, n), weight
    degree = import_jax().ops.segment_sum(weight, places(targets), n)
    root = jnp.where(degree == 0.0, 0.0, jnp.where(degree == 0.0, 1.0, degree) ** -0.5)
    return (sources, targets, n), root[places(sources)] * weight * root[places(targets)]


def gcn_conv(h: Any, graph: Graph, weights: Weights, given: Weights, **settings: Any) -> Any:
    """x' = D^-1/2 (A + I) D^-1/2 x W^T + b."""
    for no_matter_here in ("bias", "cached"):
        settings.pop(no_matter_here, None)
    if settings.get("add_self_loops") is None:
        settings["add_self_loops"] = settings.get("normalize", True)
    graph, weight = gcn_norm(graph, given.get("edge_weight"), **settings)
    return with_bias(propagated(linear(h, weights, "lin"), graph, weight), weights)


def sg_conv(
    h: Any, graph: Graph, weights: Weights, given: Weights, K: int = 1, add_self_loops: bool = True, **_: Any
) -> Any:
    """x' = Â^K x W^T + b."""
    graph, weight = gcn_norm(graph, given.get("edge_weight"), add_self_loops)
    for _step in range(K):
        h = propagated(h, graph, weight)
    return linear(h, weights, "lin")


def tag_conv(
    h: Any, graph: Graph, weights: Weights, given: Weights, K: int = 3, normalize: bool = True, **_: Any
) -> Any:
    """x' = Σ_k A^k x W_k^T + b, without self loops."""
    graph, weight = gcn_norm(graph, given.get("edge_weight"), False, normalize=normalize)
    out = linear(h, weights, "lins.0")
    for k in range(1, K + 1):
        h = propagated(h, graph, weight)
        out = out + linear(h, weights, f"lins.{k}")
    return with_bias(out, weights)


def appnp(
    h: Any, graph: Graph, weights: Weights, given: Weights, K: int, alpha: float, training: bool = True,
    dropout: float = 0.0, add_self_loops: bool = True, normalize: bool = True, **_: Any,
) -> Any:  # fmt: skip
    """Z = (1 - α) Â Z + α x, K times; dropout in training must be 0 or 1, for it is random otherwise."""
    graph, weight = gcn_norm(graph, given.get("edge_weight"), add_self_loops, normalize=normalize)
    first = h
    if training and dropout:
        weight = weight * (1.0 - dropout)
    for _step in range(K):
        h = (1.0 - alpha) * propagated(h, graph, weight) + alpha * first
    return h


def sage_conv(
    h: Any, graph: Graph, weights: Weights, given: Weights, aggr: str = "mean", normalize: bool = False,
    root_weight: bool = True, project: bool = False, **_: Any,
) -> Any:  # fmt: skip
    """x'_i = W_l aggregate_j x_j + b + W_r x_i."""
    jnp, (sources, targets, n) = numpy(), graph
    sent = import_jax().nn.relu(linear(h, weights, "lin")) if project else h
    out = linear(aggregate(aggr, sent[places(sources)], targets, n), weights, "lin_l")
    out = out + linear(h, weights, "lin_r") if root_weight else out
    if not normalize:
        return out
    squares = (out * out).sum(1, keepdims=True)
    return jnp.where(squares == 0.0, 0.0, out / jnp.sqrt(jnp.where(squares == 0.0, 1.0, squares)))


def graph_conv(h: Any, graph: Graph, weights: Weights, given: Weights, aggr: str = "add", **_: Any) -> Any:
    """x'_i = W_1 aggregate_j w_ji x_j + b + W_2 x_i."""
    sources, targets, n = graph
    sent, weight = h[places(sources)], given.get("edge_weight")
    sent = sent if weight is None else weight[:, None] * sent
    return linear(aggregate(aggr, sent, targets, n), weights, "lin_rel") + linear(h, weights, "lin_root")


def network(h: Any, weights: Weights, described: Mapping[str, Any], prefix: str = "nn") -> Any:
    """A Linear, or a Sequential of these and activations, as `described` gives them."""
    if described["call"] == "Linear":
        return linear(h, weights, prefix)
    for i, part in enumerate(described["args"]):
        if part["call"] == "Linear":
            h = linear(h, weights, f"{prefix}.{i}")
        else:
            h = activation(part["call"].lower(), h)
    return h


def gin_conv(
    h: Any, graph: Graph, weights: Weights, given: Weights, nn: Any, eps: float = 0.0, **_: Any
) -> Any:
    """x'_i = nn((1 + ε) x_i + Σ_j x_j)."""
    return network((1.0 + weights.get("eps", eps)) * h + propagated(h, graph), weights, nn)


def edge_conv(
    h: Any, graph: Graph, weights: Weights, given: Weights, nn: Any, aggr: str = "max", **_: Any
) -> Any:
    """x'_i = max_j nn(x_i ‖ x_j - x_i)."""
    sources, targets, n = graph
    own, other = h[places(targets)], h[places(sources)]
    sent = network(numpy().concatenate([own, other - own], axis=1), weights, nn)
    return aggregate(aggr, sent, targets, n)


def with_new_loops(graph: Graph, features: Any, fill: float | str) -> tuple[Graph, Any]:
    """Every node's loops go, and it gets a new one whose features are `fill`, or those that enter."""
    jnp, (sources, targets, n) = numpy(), graph
    kept = [e for e, (s, t) in enumerate(zip(sources, targets)) if s != t]
    sources, targets = ([ends[e] for e in kept] for ends in (sources, targets))
    if features is not None:
        features = features[places(kept)]
        loops = (
            aggregate(fill, features, targets, n)
            if isinstance(fill, str)
            else jnp.full((n, features.shape[1]), fill)
        )
        features = jnp.concatenate([features, loops])
    return (sources + list(range(n)), targets + list(range(n)), n), features


def split(rows: Any, heads: int) -> Any:
    """[N][heads · out] -> [N][heads][out]."""
    return rows.reshape(len(rows), heads, rows.shape[1] // heads)


def gat_conv(
    h: Any, graph: Graph, weights: Weights, given: Weights, training: bool = True, heads: int = 1,
    concat: bool = True, negative_slope: float = 0.2, dropout: float = 0.0, add_self_loops: bool = True,
    edge_dim: int | None = None, fill_value: float | str = "mean", residual: bool = False, **_: Any,
) -> Any:  # fmt: skip
    """x'_i = Σ_j α_ij W x_j + b."""
    jnp, features = numpy(), given.get("edge_attr")
    features = None if features is None else features.reshape(len(features), edge_dim)
    if add_self_loops:
        graph, features = with_new_loops(graph, features, fill_value)
    sources, targets, n = graph
    rows = split(h @ weights["lin.weight"].T, heads)
    scores = (rows * weights["att_src"]).sum(2)[places(sources)]
    scores = scores + (rows * weights["att_dst"]).sum(2)[places(targets)]
    if features is not None:
        of_edges = split(features @ weights["lin_edge.weight"].T, heads)
        scores = scores + (of_edges * weights["att_edge"]).sum(2)
    alpha = softmax(jnp.where(scores > 0.0, scores, negative_slope * scores), places(targets), n)
    alpha = alpha * (1.0 - dropout) if training and dropout else alpha
    sent = alpha[:, :, None] * rows[places(sources)]
    out = import_jax().ops.segment_sum(sent, places(targets), n)
    out = out.reshape(n, rows.shape[1] * rows.shape[2]) if concat else out.mean(1)
    return with_bias(out + h @ weights["res.weight"].T if residual else out, weights)


def activation(name: str | None, h: Any) -> Any:
    """An activation by name; softmax and log_softmax over each row."""
    if name in (None, "identity"):
        return h
    function: Callable[..., Any] = getattr(import_jax().nn, str(name))
    return function(h, approximate=False) if name == "gelu" else function(h)


LAYERS: dict[str, Callable[..., Any]] = {
    "GCNConv": gcn_conv,
    "SGConv": sg_conv,
    "TAGConv": tag_conv,
    "APPNP": appnp,
    "SAGEConv": sage_conv,
    "GraphConv": graph_conv,
    "GINConv": gin_conv,
    "EdgeConv": edge_conv,
    "GATConv": gat_conv,
}
# Layers that are told whether this is training.
TOLD = ("APPNP", "GATConv")


def arrays(numbers: Mapping[str, Any]) -> dict[str, Any]:
    """Arrays of all that are given."""
    return {name: array(own) for name, own in numbers.items() if own is not None}
