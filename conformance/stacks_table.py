"""The cases of GNN with every kind of convolution, norm, activation, jumping knowledge and readout."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from typing import Any

from tinygnn.conformance.case import Case
from tinygnn.conformance.convs_table import parameters
from tinygnn.conformance.data import GRAPHS, numbers
from tinygnn.conformance.described import module

EQUATION = (
    "conv -> norm -> act -> dropout -> ... -> conv, or -> jumping knowledge -> lin; then a readout "
    "(PyG's BasicGNN, no numbered equation)"
)
# Three graphs in "mixed": one of four nodes and two of one.
BATCH = [0, 0, 1, 0, 0, 2]
EVERYWHERE = ("star", "mixed", "no-edges", "one-node-loop")

PNA = {
    "aggregators": ["mean", "max", "min"],
    "scalers": ["identity", "amplification"],
    "deg": [1, 3, 1, 1],
    "edge_dim": 2,
}
# Of each kind: options of its convolutions, and what they take beside x and edge_index.
KINDS: dict[str, tuple[dict[str, Any], str | None]] = {
    "gcn": ({}, "edge_weight"),
    "sage": ({}, None),
    "gat": ({"heads": 2, "edge_dim": 2}, "edge_attr"),
    "gatv2": ({"heads": 2, "edge_dim": 2}, "edge_attr"),
    "gin": ({}, None),
    "gine": ({"edge_dim": 2}, "edge_attr"),
    "graph": ({}, "edge_weight"),
    "pna": (PNA, "edge_attr"),
    "edge": ({}, None),
    "nn": ({"edge_dim": 2}, "edge_attr"),
    "rgcn": ({"num_relations": 3}, "edge_type"),
    "cheb": ({"K": 2}, "edge_weight"),
    "sg": ({"K": 2}, "edge_weight"),
    "tag": ({"K": 2}, "edge_weight"),
    "arma": ({"num_stacks": 2}, "edge_weight"),
    "appnp": ({"K": 3, "alpha": 0.25}, "edge_weight"),
    "gcn2": ({"alpha": 0.25, "theta": 0.5}, "edge_weight"),
    "gated": ({"conv_kwargs": {"num_layers": 2}}, "edge_weight"),
}
# More options, on one graph each: of convolutions, and of the stack with them.
OPTIONS: dict[str, dict[str, dict[str, Any]]] = {
    "gat": {"v2": {"v2": True}, "concat": {"concat": False}},
    "gatv2": {"share-weights": {"share_weights": True}},
    "gin": {
        "norm": {"norm": "batch_norm"},
        "train-eps": {"train_eps": True},
        "act-first": {"norm": "graph_norm", "act_first": True},
    },
    "gine": {"norm": {"norm": "batch_norm"}},
    "edge": {
        "norm": {"norm": "batch_norm"},
        "add": {"aggr": "add"},
        "act-first": {"norm": "instance_norm", "act_first": True},
    },
    "graph": {"max": {"aggr": "max"}},
    "rgcn": {"bases": {"num_bases": 2}},
    "gcn2": {"norm": {"norm": "graph_norm"}},
    "appnp": {"norm": {"norm": "graph_norm"}},
    "gated": {"norm": {"norm": "graph_norm"}},
}
JUMPS = ("last", "cat", "max", "lstm")
NORMS: dict[str, dict[str, Any]] = {
    "batch_norm": {"norm": "batch_norm"},
    "batch_norm-momentum": {"norm": "BatchNorm", "norm_kwargs": {"momentum": None}},
    "layer_norm": {"norm": "layer_norm"},
    "layer_norm-node": {"norm": "LayerNorm", "norm_kwargs": {"mode": "node"}},
    "graph_norm": {"norm": "graph_norm"},
    "instance_norm": {"norm": "instance_norm", "norm_kwargs": {"affine": True}},
    "pair_norm": {"norm": "pair_norm"},
    "module": {"norm": module("GraphNorm", 4, eps=0.25)},
    "act-first": {"norm": "graph_norm", "act_first": True},
}
ACTS: dict[str, tuple[str | None, dict[str, Any]]] = {
    "none": (None, {}),
    "relu": ("relu", {}),
    "leaky-relu": ("LeakyReLU", {"act_kwargs": {"negative_slope": 0.25}}),
    "elu": ("elu", {"act_kwargs": {"alpha": 0.5}}),
    "gelu": ("gelu", {"act_kwargs": {"approximate": "tanh"}}),
    "silu": ("silu", {}),
    "sigmoid": ("sigmoid", {}),
    "softplus": ("softplus", {"act_kwargs": {"beta": 2.0}}),
    "prelu": ("prelu", {}),
    "softmax": ("softmax", {"act_kwargs": {"dim": -1}}),
    "log-softmax": ("log_softmax", {"act_kwargs": {"dim": -1}}),
}


def stack_cases() -> Iterator[Case]:
    """Every case of GNN of this table."""
    for kind, (options, third) in KINDS.items():
        for graph in EVERYWHERE:
            yield stack(f"{kind}/{graph}", kind, graph, options, third=third)
        if third == "edge_attr" and "gat" in kind:
            yield stack(f"{kind}/mixed-no-edge-dim", kind, "mixed", {"heads": 2})
        if third == "edge_weight":
            yield stack(f"{kind}/mixed-no-weights", kind, "mixed", options)
        yield stack(f"{kind}/mixed-no-out", kind, "mixed", options, third=third, sizes=[4, 4, None])
        yield stack(f"{kind}/mixed-one-layer", kind, "mixed", options, third=third, sizes=[3, 4])
        for readout in ("mean", "sum", "max"):
            yield stack(
                f"{kind}/mixed-batch-{readout}",
                kind,
                "mixed",
                options,
                third=third,
                readout=readout,
                batch=True,
            )
        for name, more in OPTIONS.get(kind, {}).items():
            yield stack(f"{kind}/mixed-{name}", kind, "mixed", {**options, **more}, third=third)
        for jk in JUMPS if kind not in ("appnp", "gcn2", "gated") else ():
            yield stack(f"{kind}/mixed-jk-{jk}", kind, "mixed", {**options, "jk": jk}, third=third)
    yield from norm_cases()
    yield from act_cases()
    yield from jump_cases()


def norm_cases() -> Iterator[Case]:
    """Every norm, over batches, with jumping knowledge, and in evaluation."""
    for name, options in NORMS.items():
        yield stack(f"gcn/mixed-batch-{name}", "gcn", "mixed", options, batch=True)
        yield stack(f"gcn/mixed-batch-{name}-jk", "gcn", "mixed", {**options, "jk": "cat"}, batch=True)
    for name in ("batch_norm", "batch_norm-momentum", "instance_norm"):
        options = NORMS[name]
        if name == "instance_norm":
            options = {"norm": "instance_norm", "norm_kwargs": {"track_running_stats": True}}
        yield stack(
            f"gcn/mixed-{name}-evaluation",
            "gcn",
            "mixed",
            options,
            before=[{"x": numbers(f"stack/before/{i}", 6, 3)} for i in range(2)],
        )


def act_cases() -> Iterator[Case]:
    """Every activation, by name and with options."""
    for name, (act, options) in ACTS.items():
        yield stack(f"graph/path-act-{name}", "graph", "path", options, act=act)


def jump_cases() -> Iterator[Case]:
    """Jumping knowledge of one layer, and of two with a readout; without out_channels."""
    for jk in JUMPS:
        yield stack(f"sage/mixed-jk-{jk}-one-layer", "sage", "mixed", {"jk": jk}, sizes=[3, 4])
        yield stack(f"sage/mixed-jk-{jk}-three-layers", "sage", "mixed", {"jk": jk}, sizes=[3, 4, 4, 2])
        yield stack(f"sage/mixed-jk-{jk}-no-out", "sage", "mixed", {"jk": jk}, sizes=[3, 4, None])
        yield stack(f"sage/one-node-jk-{jk}", "sage", "one-node", {"jk": jk})
        yield stack(
            f"sage/mixed-jk-{jk}-readout", "sage", "mixed", {"jk": jk}, readout="mean", batch=True, act="relu"
        )


def stack(
    name: str,
    kind: str,
    graph: str,
    settings: Mapping[str, Any],
    *,
    third: str | None = None,
    sizes: list[Any] | None = None,
    act: str | None = "tanh",
    readout: str | None = None,
    batch: bool = False,
    before: list[dict[str, Any]] | None = None,
) -> Case:
    """A case of GNN; with batch the six nodes of "mixed" are in three graphs; with before in evaluation."""
    name = f"gnn-{name}"
    num_nodes, edges, flags = GRAPHS[graph]
    sizes = [3, 4, 2] if sizes is None else sizes
    options: dict[str, Any] = {
        "sizes": sizes,
        "kind": kind,
        "act": act,
        "conv": dict(settings),
        "readout": readout,
    }
    inputs: dict[str, Any] = {"x": numbers(f"{name}/x", num_nodes, sizes[0])}
    if third == "edge_weight":
        inputs[third] = numbers(f"{name}/edge_weight", len(edges[0]), positive=True)
        flags += ("edge-weight",)
    elif third == "edge_attr":
        inputs[third] = numbers(f"{name}/edge_attr", len(edges[0]), 2)
        options.update({} if edges[0] else {"edge_attr_width": 2})
        flags += ("edge-attr",)
    elif third == "edge_type":
        rng = random.Random(f"{name}/edge_type")
        options[third] = [rng.randrange(3) for _ in edges[0]]
    if batch:
        options.update(batch=BATCH, batch_size=3)
        flags += ("batch", "one-node")
    if before:
        options.update(before=before, training=False)
    state, buffers, aliases = parameters("GNN", name, options)
    inputs.update(state)
    options.update({"buffers": buffers} if buffers else {})
    options.update({"aliases": aliases} if aliases else {})
    rows = num_nodes if readout is None else max(BATCH) + 1 if batch else 1
    out = sizes[1] if sizes[-1] is None else sizes[-1]
    return Case(
        id=f"model/{name}",
        kind="model",
        call="GNN",
        inputs=inputs,
        options=options,
        cotangent=numbers(f"{name}/gradient", rows, out),
        edge_index=edges,
        flags=flags,
        equation=EQUATION,
    )
