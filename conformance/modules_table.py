"""The cases of readouts, poolings and LSTM: modules that take more than a graph's rows, or give more.

Their cotangent is one flat list over the outputs that have gradients, in order, however many rows stay:
numbers in excess count for nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tinygnn import nn
from tinygnn.conformance.case import Case
from tinygnn.conformance.data import Edges, numbers
from tinygnn.conformance.modules import build
from tinygnn.nn.module import shape

# Batches by name: the graph of each node, how many graphs there are where not all have nodes, flags.
BATCHES: dict[str, tuple[list[int] | None, int | None, tuple[str, ...]]] = {
    "three": ([0, 0, 0, 1, 2, 2], None, ("batch", "one-node")),
    "one": ([0, 0, 0, 0], None, ()),
    "one-node": ([0], None, ("one-node",)),
    "unsorted": ([1, 0, 2, 1, 1, 0], None, ("batch",)),
    "empty-between": ([0, 0, 2, 2, 2], None, ("batch", "empty")),
    "empty-last": ([0, 1, 1], 4, ("batch", "empty")),
    "no-batch": (None, None, ()),
}
NODES_WITHOUT_BATCH = 4
COTANGENTS = 64  # more than the outputs of any case
# Edges within the graphs of a batch: directed ones, self loops, duplicates, nodes without any.
EDGES: dict[str, Edges] = {
    "three": ([0, 1, 0, 2, 2, 3, 4, 5, 4], [1, 0, 2, 0, 2, 3, 5, 4, 5]),
    "one": ([0, 1, 1, 3, 0, 3], [1, 0, 3, 1, 1, 3]),
    "one-node": ([0], [0]),
    "unsorted": ([0, 3, 4, 1, 5, 2], [3, 4, 0, 5, 1, 2]),
    "empty-between": ([0, 1, 2, 3], [1, 0, 3, 4]),
    "no-batch": ([0, 1, 1, 3, 0, 3], [1, 0, 3, 1, 1, 3]),
}

POOLS = {
    "global_add_pool": "r_k = Σ_i x_i over the nodes i of graph k (no numbered equation)",
    "global_mean_pool": "r_k = Σ_i x_i / N_k over the nodes i of graph k (no numbered equation)",
    "global_max_pool": "r_k = max_i x_i over the nodes i of graph k (no numbered equation)",
}
AGGREGATIONS = {
    "SumAggregation": POOLS["global_add_pool"],
    "MeanAggregation": POOLS["global_mean_pool"],
    "MaxAggregation": POOLS["global_max_pool"],
}
ATTENTION = "r_k = Σ_i softmax_i(gate_nn(x_i)) nn(x_i) (Li et al. 2019, arXiv:1904.12787, equation 3)"
SET2SET = (
    "q_t = LSTM(q*_t-1), α_i = softmax_i(x_i · q_t), r_t = Σ_i α_i x_i, q*_t = q_t ‖ r_t "
    "(Vinyals et al. 2016, arXiv:1511.06391, equations 3 to 7)"
)
TOPK = "x'_i = score_i x_i, score_i = σ(x_i · w / ‖w‖) (Gao & Ji 2019, arXiv:1905.05178, equation 2)"
SAG = "x'_i = score_i x_i, score = σ(GNN(X, A) w / |w|) (Lee et al. 2019, arXiv:1904.08082, equations 3 to 6)"
LSTM = (
    "i, f, g, o = W_ih x_t + b_ih + W_hh h_t-1 + b_hh, c_t = σ(f) c_t-1 + σ(i) tanh(g), h_t = σ(o) tanh(c_t) "
    "(Hochreiter & Schmidhuber 1997, Neural Computation 9, with the forget gate of Gers et al. 2000)"
)

ATTENTION_OPTIONS: dict[str, dict[str, Any]] = {
    "": {"gate_nn": [3, 1]},
    "-nn": {"gate_nn": [3, 1], "nn": [3, 2]},
    "-columns": {"gate_nn": [3, 3]},
    "-columns-nn": {"gate_nn": [3, 2], "nn": [3, 2]},
    "-mlp": {
        "gate_nn": {"channel_list": [3, 4, 1], "norm": None, "act": "tanh"},
        "nn": {"channel_list": [3, 4, 2], "norm": "layer_norm", "act": "tanh"},
    },
}
SET2SET_OPTIONS: dict[str, dict[str, Any]] = {"layers": {"num_layers": 2}, "no-bias": {"bias": False}}
SELECT_OPTIONS: dict[str, dict[str, Any]] = {
    "ratio": {"ratio": 0.75},
    "ratio-number": {"ratio": 2},
    "ratio-one": {"ratio": 1.0},
    "min-score": {"min_score": 0.25},
    "min-score-high": {"min_score": 0.99},
    "multiplier": {"multiplier": 2.5},
    "sigmoid": {"nonlinearity": "sigmoid", "ratio": 0.9},
}
SAG_OPTIONS: dict[str, dict[str, Any]] = {
    **SELECT_OPTIONS,
    "gcn": {"GNN": "GCNConv"},
    "gat": {"GNN": "GATConv", "add_self_loops": False},
    "sage": {"GNN": "SAGEConv", "aggr": "max"},
    "mean": {"aggr": "mean", "bias": False},
}
POOLINGS: list[tuple[str, str, str, dict[str, dict[str, Any]]]] = [
    ("TopKPooling", "topk_pooling", TOPK, SELECT_OPTIONS),
    ("SAGPooling", "sag_pooling", SAG, SAG_OPTIONS),
]
LSTM_OPTIONS: dict[str, dict[str, Any]] = {
    "plain": {},
    "layers": {"num_layers": 2},
    "no-bias": {"bias": False},
    "batch-first": {"batch_first": True},
    "bidirectional": {"bidirectional": True},
    "bidirectional-layers": {"bidirectional": True, "num_layers": 2, "batch_first": True},
    "all-dropped": {"num_layers": 2, "dropout": 1.0},
}


def module_cases() -> Iterator[Case]:
    """Every case of a readout, a pooling and LSTM."""
    yield from readout_cases()
    yield from pooling_cases()
    yield from lstm_cases()


def readout_cases() -> Iterator[Case]:
    """Every readout on every batch."""
    for batch in BATCHES:
        for call, equation in {**POOLS, **AGGREGATIONS}.items():
            yield module(f"{snake(call)}/{batch}", call, {}, batch, equation)
        for option, settings in ATTENTION_OPTIONS.items():
            name = f"attentional_aggregation/{batch}{option}"
            yield module(name, "AttentionalAggregation", settings, batch, ATTENTION)
        for steps in (1, 3):
            settings = {"in_channels": 3, "processing_steps": steps}
            yield module(f"set2set/{batch}-{steps}", "Set2Set", settings, batch, SET2SET)
    for option, setting in SET2SET_OPTIONS.items():
        settings = {"in_channels": 3, "processing_steps": 2, **setting}
        yield module(f"set2set/three-{option}", "Set2Set", settings, "three", SET2SET)
    tied = [[1.0, -0.5, 2.0], [1.0, -0.5, 0.5], [0.5, -1.0, 2.0], [1.0, -0.5, 2.0]]
    for batch in ("one", "no-batch"):
        for call in ("global_max_pool", "MaxAggregation"):
            name, equation = f"{snake(call)}/{batch}-tie", POOLS["global_max_pool"]
            yield module(name, call, {}, batch, equation, x=tied, flags=("tie",))


def pooling_cases() -> Iterator[Case]:
    """TopKPooling and SAGPooling on every batch that has edges, with every option."""
    for call, name, equation, options in POOLINGS:
        settings: dict[str, Any] = {"in_channels": 3}
        for batch in EDGES:
            yield module(f"{name}/{batch}", call, settings, batch, equation)
            yield module(f"{name}/{batch}-edge-attr", call, settings, batch, equation, edge_attr=True)
            yield module(f"{name}/{batch}-no-edges", call, settings, batch, equation, edges=([], []))
        for option, setting in options.items():
            for batch in ("three", "unsorted"):
                yield module(f"{name}/{batch}-{option}", call, {**settings, **setting}, batch, equation)
        yield module(f"{name}/three-attn", call, settings, "three", equation, attn=True)


def lstm_cases() -> Iterator[Case]:
    """LSTM with every option, with a state and without, with one step and several."""
    for option, settings in LSTM_OPTIONS.items():
        for steps in (1, 3):
            yield lstm(f"lstm/{option}-{steps}", {"input_size": 3, "hidden_size": 2, **settings}, steps)
        yield lstm(f"lstm/{option}-state", {"input_size": 3, "hidden_size": 2, **settings}, 2, state=True)


def module(
    name: str,
    call: str,
    settings: dict[str, Any],
    batch: str,
    equation: str,
    *,
    x: list[list[float]] | None = None,
    edges: Edges | None = None,
    edge_attr: bool = False,
    attn: bool = False,
    flags: tuple[str, ...] = (),
) -> Case:
    """A case of a readout or a pooling on one of the `BATCHES`, with three features."""
    graphs, size, of_batch = BATCHES[batch]
    num_nodes = NODES_WITHOUT_BATCH if graphs is None else len(graphs)
    inputs: dict[str, Any] = {"x": x or numbers(f"{name}/x", num_nodes, 3)}
    if call.endswith("Pooling"):
        edges = EDGES[batch] if edges is None else edges
        of_batch += () if edges[0] else ("no-edges",)
    if edges is not None and edge_attr:
        inputs["edge_attr"] = numbers(f"{name}/edge_attr", len(edges[0]), 2)
        of_batch += ("edge-attr",)
    if attn:
        inputs["attn"] = numbers(f"{name}/attn", num_nodes, 3)
    return _case(
        name,
        call,
        inputs,
        {"settings": settings, "batch": graphs, "size": size},
        edges,
        of_batch + flags,
        equation,
    )


def lstm(name: str, settings: dict[str, Any], steps: int, *, state: bool = False) -> Case:
    """A case of LSTM on two sequences side by side."""
    first, second = (2, steps) if settings.get("batch_first") else (steps, 2)
    inputs: dict[str, Any] = {"x": [numbers(f"{name}/x/{i}", second, 3) for i in range(first)]}
    if state:
        count = settings.get("num_layers", 1) * (2 if settings.get("bidirectional") else 1)
        for part in ("h_0", "c_0"):
            inputs[part] = [numbers(f"{name}/{part}/{i}", 2, settings["hidden_size"]) for i in range(count)]
    return _case(name, "LSTM", inputs, {"settings": settings}, None, (), LSTM)


def _case(
    name: str,
    call: str,
    inputs: dict[str, Any],
    options: dict[str, Any],
    edges: Edges | None,
    flags: tuple[str, ...],
    equation: str,
) -> Case:
    made = build(nn, call, options["settings"])
    state = made.state_dict() if isinstance(made, nn.Module) else {}
    weights = {key: numbers(f"{name}/{key}", *shape(entry)) for key, entry in state.items()}
    return Case(
        id=f"module/{name}",
        kind="module",
        call=call,
        inputs={**inputs, **weights},
        options=options,
        cotangent=numbers(f"{name}/cotangent", COTANGENTS),
        edge_index=edges,
        flags=flags,
        equation=equation,
    )


def snake(name: str) -> str:
    """SumAggregation -> sum_aggregation."""
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).removeprefix("_")
