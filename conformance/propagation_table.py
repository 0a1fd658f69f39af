"""The cases of layers that propagate: SGConv, APPNP, TAGConv, GCN2Conv, ChebConv and ARMAConv."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tinygnn.conformance.case import Case
from tinygnn.conformance.convs_table import EVERY, WITH_EDGES, Layer, Row, cases, layer_case
from tinygnn.conformance.models_table import CANCELLING

SG = Layer(
    "sg_conv",
    "SGConv",
    "X' = (D^-1/2 (A + I) D^-1/2)^K X Wᵀ + b (Wu et al. 2019, arXiv:1902.07153, section 2.2)",
)
SG_ROWS = {
    "": Row(graphs=EVERY),
    "weighted": Row(graphs=WITH_EDGES, edge_weight=True),
    "three-steps": Row({"K": 3}, EVERY),
    "two-steps-weighted": Row({"K": 2}, WITH_EDGES, edge_weight=True),
    "no-self-loops": Row({"K": 2, "add_self_loops": False}, EVERY),
    "no-self-loops-weighted": Row({"K": 2, "add_self_loops": False}, WITH_EDGES, edge_weight=True),
    "no-steps": Row({"K": 0}),
    "no-bias": Row({"K": 2, "bias": False}, edge_weight=True),
    "cached": Row({"K": 2, "cached": True}),
    "wider": Row({"K": 2}, sizes=(3, 5), out=5, edge_weight=True),
    "constant-features": Row({"K": 2}, constant=("x",)),
    "constant-weights": Row({"K": 2}, edge_weight=True, constant=("edge_weight",)),
}

APPNP = Layer(
    "appnp",
    "APPNP",
    "Z ← (1 - α) D^-1/2 (A + I) D^-1/2 Z + α X, K times "
    "(Gasteiger et al. 2019, arXiv:1810.05997, equation 4)",
    sizes=(),
    out=3,
)
STEPS = {"K": 3, "alpha": 0.125}
APPNP_ROWS = {
    "": Row(STEPS, EVERY),
    "weighted": Row(STEPS, WITH_EDGES, edge_weight=True),
    "one-step": Row({"K": 1, "alpha": 0.5}),
    "no-self-loops": Row({**STEPS, "add_self_loops": False}, EVERY),
    "no-self-loops-weighted": Row({**STEPS, "add_self_loops": False}, WITH_EDGES, edge_weight=True),
    "not-normalized": Row({**STEPS, "normalize": False}, EVERY),
    "not-normalized-weighted": Row({**STEPS, "normalize": False}, WITH_EDGES, edge_weight=True),
    "all-dropped": Row({**STEPS, "dropout": 1.0}),
    "all-dropped-weighted": Row({**STEPS, "dropout": 1.0}, edge_weight=True),
    "evaluated": Row({**STEPS, "dropout": 0.75}, training=False, edge_weight=True),
    "cached": Row({**STEPS, "cached": True}),
    "constant-features": Row(STEPS, edge_weight=True, constant=("x",)),
    "constant-weights": Row(STEPS, edge_weight=True, constant=("edge_weight",)),
}

TAG = Layer(
    "tag_conv",
    "TAGConv",
    "X' = Σ_k (D^-1/2 A D^-1/2)^k X W_kᵀ + b (Du et al. 2017, arXiv:1710.10370, section 2)",
)
TAG_ROWS = {
    "": Row(graphs=EVERY),
    "weighted": Row(graphs=WITH_EDGES, edge_weight=True),
    "one-step": Row({"K": 1}),
    "no-steps": Row({"K": 0}),
    "not-normalized": Row({"K": 2, "normalize": False}, EVERY),
    "not-normalized-weighted": Row({"K": 2, "normalize": False}, WITH_EDGES, edge_weight=True),
    "no-bias": Row({"bias": False}, edge_weight=True),
    "wider": Row({"K": 2}, sizes=(3, 5), out=5, edge_weight=True),
    "constant-features": Row({"K": 2}, constant=("x",)),
    "constant-weights": Row({"K": 2}, edge_weight=True, constant=("edge_weight",)),
}

GCN2 = Layer(
    "gcn2_conv",
    "GCN2Conv",
    "X' = ((1 - α) D^-1/2 (A + I) D^-1/2 X + α X_0) ((1 - β) I + β W) "
    "(Chen et al. 2020, arXiv:2007.02133, equation 5)",
    sizes=(3,),
    out=3,
    initial=True,
)
DEEP = {"alpha": 0.125, "theta": 0.5, "layer": 2}
GCN2_ROWS = {
    "": Row(DEEP, EVERY),
    "weighted": Row(DEEP, WITH_EDGES, edge_weight=True),
    "beta-one": Row({"alpha": 0.25}, EVERY),
    "two-weights": Row({**DEEP, "shared_weights": False}, EVERY),
    "two-weights-weighted": Row({**DEEP, "shared_weights": False}, WITH_EDGES, edge_weight=True),
    "no-self-loops": Row({**DEEP, "add_self_loops": False}, edge_weight=True),
    "not-normalized": Row({**DEEP, "normalize": False}),
    "not-normalized-weighted": Row({**DEEP, "normalize": False}, edge_weight=True),
    "cached": Row({**DEEP, "cached": True}),
    "constant-features": Row(DEEP, constant=("x", "x_0")),
    "constant-features-two-weights": Row({**DEEP, "shared_weights": False}, constant=("x", "x_0")),
    "constant-weights": Row(DEEP, edge_weight=True, constant=("edge_weight",)),
}

CHEB = Layer(
    "cheb_conv",
    "ChebConv",
    "X' = Σ_k T_k(2 L / λ_max - I) X W_kᵀ + b (Defferrard et al. 2016, arXiv:1606.09375, section 2.1)",
    sizes=(3, 2, 3),
)
LAPLACIANS: dict[str, dict[str, Any]] = {
    "": {},
    "rw": {"normalization": "rw"},
    "no-normalization": {"normalization": None},
}
CHEB_ROWS = {
    **{name: Row(settings, EVERY) for name, settings in LAPLACIANS.items()},
    **{
        f"{name}-weighted".lstrip("-"): Row(settings, WITH_EDGES, edge_weight=True)
        for name, settings in LAPLACIANS.items()
    },
    **{
        f"{name}-lambda-max".lstrip("-"): Row(settings, EVERY, given={"lambda_max": 1.5})
        for name, settings in LAPLACIANS.items()
    },
    "lambda-max-weighted": Row({"normalization": None}, edge_weight=True, given={"lambda_max": 5.25}),
    "lambda-max-of-graphs": Row(
        {"normalization": None},
        ("mixed",),
        edge_weight=True,
        given={"batch": [0, 0, 2, 0, 0, 2], "lambda_max": [2.5, 3.0, 1.5]},
    ),
    "one-filter": Row(sizes=(3, 2, 1)),
    "two-filters": Row(sizes=(3, 2, 2), edge_weight=True),
    "five-filters": Row(sizes=(3, 2, 5), edge_weight=True),
    "no-bias": Row({"bias": False}, edge_weight=True),
    "wider": Row(sizes=(3, 5, 3), out=5, edge_weight=True),
    "constant-features": Row(constant=("x",)),
    "constant-weights": Row(edge_weight=True, constant=("edge_weight",)),
}

ARMA = Layer(
    "arma_conv",
    "ARMAConv",
    "X_k ← σ(D^-1/2 A D^-1/2 X_k W + X V + b), the mean over k (Bianchi et al. 2019, arXiv:1901.01343)",
)
STACKS = {"num_stacks": 2, "num_layers": 3, "act": "tanh"}
ARMA_ROWS = {
    "": Row(graphs=EVERY),
    "weighted": Row(graphs=WITH_EDGES, edge_weight=True),
    "stacks": Row(STACKS, EVERY),
    "stacks-weighted": Row(STACKS, WITH_EDGES, edge_weight=True),
    "shared": Row({**STACKS, "shared_weights": True}, EVERY),
    "shared-weighted": Row({**STACKS, "shared_weights": True}, WITH_EDGES, edge_weight=True),
    "relu": Row({**STACKS, "act": "relu"}, edge_weight=True),
    "linear": Row({**STACKS, "act": None}, edge_weight=True),
    "no-bias": Row({**STACKS, "bias": False}, edge_weight=True),
    "one-layer": Row({"num_stacks": 3}),
    "all-dropped": Row({**STACKS, "dropout": 1.0}),
    "evaluated": Row({**STACKS, "dropout": 0.75}, training=False),
    "constant-features": Row(STACKS, constant=("x",)),
    "constant-weights": Row(STACKS, edge_weight=True, constant=("edge_weight",)),
}

# Layers and settings whose degrees may cancel; ChebConv counts what leaves a node, the others what enters.
DEGREES: list[tuple[Layer, str, dict[str, Any]]] = [
    (SG, "", {"K": 2}),
    (SG, "no-self-loops", {"K": 2, "add_self_loops": False}),
    (APPNP, "", STEPS),
    (APPNP, "no-self-loops", {**STEPS, "add_self_loops": False}),
    (TAG, "", {}),
    (GCN2, "", DEEP),
    (GCN2, "no-self-loops", {**DEEP, "add_self_loops": False}),
    (CHEB, "", {}),
    (CHEB, "rw", {"normalization": "rw"}),
    (CHEB, "no-normalization", {"normalization": None}),
    (ARMA, "", STACKS),
]


def propagation_cases() -> Iterator[Case]:
    """Every case of these layers."""
    for layer, rows in (
        (SG, SG_ROWS),
        (APPNP, APPNP_ROWS),
        (TAG, TAG_ROWS),
        (GCN2, GCN2_ROWS),
        (CHEB, CHEB_ROWS),
        (ARMA, ARMA_ROWS),
    ):
        yield from cases(layer, rows)
    for layer, suffix, settings in DEGREES:
        for name, (edges, weights, _) in CANCELLING.items():
            of_case = f"{layer.name}/{name}{'-' if suffix else ''}{suffix}"
            drawn = layer_case(layer, of_case, "no-edges", Row(settings))
            yield replace(
                drawn,
                inputs={**drawn.inputs, "edge_weight": weights},
                edge_index=(edges[1], edges[0]) if layer is CHEB else edges,
                flags=("zero-degree", "edge-weight"),
            )
