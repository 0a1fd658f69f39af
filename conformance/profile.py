"""Which convention a case follows, where more than one is right: its profile.

tinygnn follows PyG. A case whose profile says nothing of a matter does not depend on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tinygnn.conformance.case import Case

# The matters that implementations settle differently, and the ways in which they do.
PROFILES: dict[str, dict[str, str]] = {
    "self loops": {
        "kept": "a node's own loop stands for the added one, of several the last; the others get one (PyG)",
        "added": "every node gets one beside those that it has: A + I (the paper, sparse matrices)",
        "completed": "all that are there stay, and the nodes without get one",
        "replaced": "those that are there go, and every node gets a new one (PyG's attention)",
        "none": "the graph stays as it is (DGL)",
    },
    "degree": {
        "entering, weighted": "the weights of the edges that enter a node, for both ends of an edge (PyG)",
        "entering, counted": "how many edges enter a node, for both ends of an edge",
        "both ends, weighted": "the weights that leave the source, and those that enter the target (jraph)",
        "both ends, counted": "how many edges leave the source, and how many enter the target (DGL)",
        "leaving, weighted": "the weights of the edges that leave a node (PyG's ChebConv)",
    },
    "empty neighbourhood": {
        "0": "the aggregate of nothing is 0 (PyG)",
        "1": "the product of nothing is 1 (PyG)",
        "-inf": "the maximum of nothing is -inf (jraph, jax)",
        "inf": "the minimum of nothing is inf (jraph, jax)",
        "nan": "the mean of nothing is nan: 0 / 0 (torch.mean)",
    },
    "weighted mean": {
        "number of edges": "Σ w x / n (PyG, DGL)",
        "sum of weights": "Σ w x / Σ w",
    },
    "edge difference": {
        "neighbour minus self": "x_j - x_i (the paper, PyG)",
        "self minus neighbour": "x_i - x_j (what DGL computes)",
    },
    "gelu": {"erf": "x Φ(x) (torch's default)", "tanh": "the approximation by tanh (jax's default)"},
}

NORMALIZED = ("GCNConv", "SGConv", "APPNP", "GCN2Conv", "TAGConv", "ARMAConv")
LOOPED = ("GCNConv", "SGConv", "APPNP", "GCN2Conv")
ATTENTIVE = ("GATConv", "GATv2Conv")
LAYER_OF_KIND = {
    "gcn": "GCNConv",
    "sg": "SGConv",
    "appnp": "APPNP",
    "gcn2": "GCN2Conv",
    "tag": "TAGConv",
    "arma": "ARMAConv",
    "gat": "GATConv",
    "gatv2": "GATv2Conv",
    "edge": "EdgeConv",
    "cheb": "ChebConv",
    "graph": "GraphConv",
}
OF_NOTHING = {"max": "0", "min": "0", "mean": "0", "mul": "1"}


def with_profile(case: Case) -> Case:
    """The same case with its profile."""
    return replace(case, profile=profile_of(case))


def profile_of(case: Case) -> dict[str, str]:
    """What the case settles, by the matters of `PROFILES`.

    >>> from tinygnn.conformance.case import Case
    >>> profile_of(Case("op/gelu/one", "op", "gelu", {"x": 1.0}))
    {'gelu': 'erf'}
    """
    call, settings = layer_of(case), conv_settings(case)
    weighted = "edge_weight" in case.inputs or "edge_weight" in case.options
    profile: dict[str, str] = {}
    if call in LOOPED + ATTENTIVE:
        profile["self loops"] = self_loops_of(call, settings)
    if call in NORMALIZED and settings.get("normalize", True):
        profile["degree"] = "entering, weighted"
    elif call == "ChebConv":
        profile["degree"] = "leaving, weighted"
    elif call == "EdgeConv":
        profile["edge difference"] = "neighbour minus self"
    elif call == "GraphConv" and settings.get("aggr") == "mean" and weighted:
        profile["weighted mean"] = "number of edges"
    elif call in ("gelu", "GELU"):
        options = case.options if case.kind == "op" else settings
        profile["gelu"] = "tanh" if options.get("approximate") == "tanh" else "erf"
    elif call == "aggregate" and has_empty_group(case) and case.options["aggr"] in OF_NOTHING:
        profile["empty neighbourhood"] = OF_NOTHING[case.options["aggr"]]
    return profile


def layer_of(case: Case) -> str:
    """The class of the layer, also of those that a GNN is made of."""
    return LAYER_OF_KIND.get(case.options.get("kind", "gcn"), "") if case.call == "GNN" else case.call


def conv_settings(case: Case) -> Mapping[str, Any]:
    """The named arguments of the layer."""
    settings: Mapping[str, Any] = case.options.get("conv", {})
    return {**settings, **settings.get("conv_kwargs", {})}


def self_loops_of(call: str, settings: Mapping[str, Any]) -> str:
    """What a layer with these settings does about self loops."""
    normalize = settings.get("normalize", True)
    added = settings.get("add_self_loops")
    if added is None:
        added = normalize if call == "GCNConv" else True
    if call in ATTENTIVE:
        return "replaced" if added else "none"
    return "kept" if added and normalize else "none"


def has_empty_group(case: Case) -> bool:
    """Whether some group of an aggregation has no rows."""
    groups: int = case.options["num_groups"]
    return len(set(case.options["index"])) < groups
