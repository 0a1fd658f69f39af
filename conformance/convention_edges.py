"""The edges and weights that other conventions give a layer: loops of one's own, degrees of one's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tinygnn import linalg
from tinygnn.conformance.case import Case
from tinygnn.conformance.profile import conv_settings, layer_of
from tinygnn.constants import constant
from tinygnn.value import Value

# An edge: source, target, and its weight, a Value where it takes a gradient.
Edge = tuple[int, int, Any]
Given = dict[str, Any]


def edges_of(case: Case, inputs: Given) -> list[Edge]:
    """The edges of the case; without weights each weighs 1."""
    sources, targets = case.edge_index or ([], [])
    weights = inputs.get("edge_weight", case.options.get("edge_weight"))
    return list(zip(sources, targets, map(constant, [1.0] * len(sources) if weights is None else weights)))


def with_loops(edges: Sequence[Edge], how: str, num_nodes: int, fill: float) -> list[Edge]:
    """The edges, and self loops by one of the ways of `PROFILES`."""
    others = [edge for edge in edges if edge[0] != edge[1]]
    last = {source: (source, target, w) for source, target, w in edges if source == target}
    new = [(i, i, constant(fill)) for i in range(num_nodes)]
    if how == "none":
        return list(edges)
    if how == "added":
        return [*edges, *new]
    if how == "replaced":
        return [*others, *new]
    if how == "completed":
        return [*edges, *[loop for loop in new if loop[0] not in last]]
    return [*others, *[last.get(i, loop) for i, loop in enumerate(new)]]  # "kept"


def coefficients(edges: Sequence[Edge], how: str, num_nodes: int) -> list[Edge]:
    """The edges with the weight w / √(d_source d_target), and 0 where a degree is 0."""
    leaving, entering = [degrees(edges, end, how, num_nodes) for end in (0, 1)]
    of_source = leaving if how.startswith("both ends") else entering
    return [(s, t, scaled(w, of_source[s], entering[t])) for s, t, w in edges]


def degrees(edges: Sequence[Edge], end: int, how: str, num_nodes: int) -> list[Any]:
    """For every node the weight, or the number, of the edges of which it is that end."""
    weights: list[list[Any]] = [[] for _ in range(num_nodes)]
    for edge in edges:
        weights[edge[end]].append(edge[2] if how.endswith("weighted") else constant(1.0))
    return [linalg.total(own) if any(isinstance(w, Value) for w in own) else sum(own, 0.0) for own in weights]


def scaled(weight: Any, a: Any, b: Any) -> Any:
    """w / √(a b)."""
    numbers = [x.data if isinstance(x, Value) else x for x in (a, b)]
    return 0.0 if 0.0 in numbers else weight * a**-0.5 * b**-0.5


def given_edges(case: Case, inputs: Given, edges: Sequence[Edge], **settings: Any) -> tuple[Case, Given]:
    """The case on those edges and weights instead, with other settings of the layer."""
    weights = [weight for _, _, weight in edges]
    takes_gradients = any(isinstance(weight, Value) for weight in weights)
    options = {**case.options, "conv": {**case.options.get("conv", {}), **settings}}
    options.pop("edge_weight", None)
    inputs = {name: values for name, values in inputs.items() if name != "edge_weight"}
    if takes_gradients:
        inputs["edge_weight"] = [w if isinstance(w, Value) else Value(w) for w in weights]
    else:
        options["edge_weight"] = weights
    index = ([source for source, _, _ in edges], [target for _, target, _ in edges])
    return replace(case, options=options, edge_index=index), inputs


def change_of(case: Case, loops: str | None, degree: str | None) -> Any:
    """The change that makes tinygnn run a layer with those self loops and degrees; None: PyG's."""

    def change(case: Case, inputs: Given) -> tuple[Case, Given]:
        num_nodes = len(inputs["x"] if "x" in inputs else case.options["x"])
        settings = conv_settings(case)
        fill = 2.0 if settings.get("improved") else 1.0
        how = loops or case.profile.get("self loops", "none")
        edges = with_loops(edges_of(case, inputs), how, num_nodes, fill)
        own: dict[str, Any] = {"add_self_loops": False} if "self loops" in case.profile else {}
        if degree is not None:
            edges, own = coefficients(edges, degree, num_nodes), {**own, "normalize": False}
        return given_edges(case, inputs, edges, **own)

    return change


def without_loops(case: Case, inputs: Given) -> tuple[Case, Given]:
    """Attention over the edges that are there."""
    options = {**case.options, "conv": {**case.options.get("conv", {}), "add_self_loops": False}}
    return replace(case, options=options), inputs


def attention_with(how: str) -> Any:
    """Attention with self loops by another way; only where the edges have no features."""

    def change(case: Case, inputs: Given) -> tuple[Case, Given]:
        num_nodes = len(inputs["x"] if "x" in inputs else case.options["x"])
        edges = with_loops(edges_of(case, {}), how, num_nodes, 1.0)
        case, inputs = without_loops(case, inputs)
        index = ([source for source, _, _ in edges], [target for _, target, _ in edges])
        return replace(case, edge_index=index), inputs

    return change


def has_normalize(case: Case) -> bool:
    """Whether the layer takes coefficients instead of computing them."""
    return layer_of(case) in ("GCNConv", "APPNP", "GCN2Conv", "TAGConv")
