"""The cases of GraphConv, GATv2Conv, GINConv, GINEConv, EdgeConv, NNConv and PNAConv."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tinygnn.conformance.case import Case
from tinygnn.conformance.convs_table import EVERY, FOR_MEDIAN, Layer, Row, cases
from tinygnn.conformance.described import module

MIXED = ("mixed",)
# In every column some nodes that a node hears from are equally large.
TIED_X = [[1.0, -0.5], [1.0, 0.5], [0.75, -0.5], [1.0, 0.5], [-1.5, 0.5], [1.0, 0.5]]
OTHERS = ("mean", "max", "min", "mul", "var", "std", "softmax")

GRAPH_CONV = Layer(
    "graph_conv",
    "GraphConv",
    "x'_i = W_rel aggregate_{j -> i} e_ji x_j + b + W_root x_i "
    "(Morris et al. 2019, arXiv:1810.02244, equation 3)",
)
GRAPH_CONV_ROWS = {
    "": Row(graphs=EVERY),
    "weighted": Row(graphs=EVERY, edge_weight=True),
    "no-bias": Row({"bias": False}),
    "weighted-no-bias": Row({"bias": False}, edge_weight=True),
    **{aggr: Row({"aggr": aggr}, EVERY) for aggr in ("mean", "max")},
    **{f"weighted-{aggr}": Row({"aggr": aggr}, edge_weight=True) for aggr in OTHERS},
    "median": Row({"aggr": "median"}, FOR_MEDIAN),
    "weighted-median": Row({"aggr": "median"}, MIXED, edge_weight=True),
    "max-tie": Row({"aggr": "max"}, MIXED, sizes=(2, 2), x=TIED_X, flags=("tie",)),
    "constant-features": Row(graphs=MIXED, constant=("x",)),
    "constant-features-max": Row({"aggr": "max"}, MIXED, constant=("x",)),
    "constant-features-weighted": Row(graphs=MIXED, edge_weight=True, constant=("x",)),
    "constant-features-weighted-max": Row({"aggr": "max"}, MIXED, edge_weight=True, constant=("x",)),
    "constant-weights": Row(graphs=MIXED, edge_weight=True, constant=("edge_weight",)),
    "constant-weights-mean": Row({"aggr": "mean"}, MIXED, edge_weight=True, constant=("edge_weight",)),
    "constant-weights-std": Row({"aggr": "std"}, MIXED, edge_weight=True, constant=("edge_weight",)),
}

GATV2 = Layer(
    "gatv2_conv",
    "GATv2Conv",
    "x'_i = Σ_j α_ij W_l x_j + b, α_ij = softmax_j(a·LeakyReLU(W_l x_j + W_r x_i + W_edge e_ij)) "
    "(Brody et al. 2022, arXiv:2105.14491, equation 7)",
)
GATV2_OPTIONS: dict[str, dict[str, Any]] = {
    "heads": {"heads": 3},
    "heads-mean": {"heads": 3, "concat": False},
    "negative-slope": {"negative_slope": 0.75},
    "negative-slope-zero": {"negative_slope": 0.0},
    "no-self-loops-heads": {"add_self_loops": False, "heads": 2},
    "no-bias": {"bias": False},
    "no-bias-mean": {"bias": False, "heads": 2, "concat": False},
    "share-weights": {"share_weights": True},
    "share-weights-heads": {"share_weights": True, "heads": 2, "bias": False},
    "residual": {"residual": True, "heads": 2},
    "residual-mean": {"residual": True, "heads": 2, "concat": False},
    "all-dropped": {"dropout": 1.0, "heads": 2},
    "edges-heads": {"edge_dim": 3, "heads": 2},
    "edges-heads-mean": {"edge_dim": 2, "heads": 2, "concat": False},
    "edges-fill-value": {"edge_dim": 2, "fill_value": 0.5},
    "edges-no-self-loops": {"edge_dim": 2, "add_self_loops": False},
    "edges-share-weights": {"edge_dim": 2, "share_weights": True},
    "edges-residual": {"edge_dim": 2, "residual": True, "bias": False},
}


def columns(settings: dict[str, Any]) -> int:
    """How many columns the output of attention with two output channels has."""
    return 2 * int(settings.get("heads", 1)) if settings.get("concat", True) else 2


GATV2_ROWS = {
    "": Row(graphs=EVERY),
    "no-self-loops": Row({"add_self_loops": False}, EVERY),
    "edges": Row({"edge_dim": 2}, EVERY, edge_attr=2),
    **{
        name: Row(settings, out=columns(settings), edge_attr=settings.get("edge_dim"))
        for name, settings in GATV2_OPTIONS.items()
    },
    **{
        f"edges-fill-{fill}": Row({"edge_dim": 2, "fill_value": fill}, MIXED, edge_attr=2)
        for fill in ("add", "min", "max", "mul")
    },
    "edges-flat": Row({"edge_dim": 1}, MIXED, edge_attr=0),
    "edges-constant": Row({"edge_dim": 2}, MIXED, edge_attr=2, constant=("edge_attr",)),
    "evaluated": Row({"dropout": 0.75}, MIXED, training=False),
    "constant-features": Row({"heads": 2}, MIXED, out=4, constant=("x",)),
    "constant-features-edges": Row({"edge_dim": 2}, MIXED, edge_attr=2, constant=("x", "edge_attr")),
}


def network(*sizes: int) -> dict[str, Any]:
    """Linear layers with tanh between them."""
    modules = [module("Linear", a, b) for a, b in zip(sizes, sizes[1:])]
    acts = [module("Tanh") for _ in modules]
    return module("Sequential", *[part for pair in zip(modules, acts) for part in pair][:-1])


LINEAR = {"nn": module("Linear", 3, 2)}
NETWORK = {"nn": network(3, 4, 2)}

GIN = Layer(
    "gin_conv",
    "GINConv",
    "x'_i = nn((1 + ε) x_i + Σ_j x_j) (Xu et al. 2019, arXiv:1810.00826, equation 4.1)",
    sizes=(),
)
GIN_ROWS = {
    "": Row(NETWORK, EVERY),
    "eps": Row({**NETWORK, "eps": 0.375}),
    "train-eps": Row({**NETWORK, "eps": -0.25, "train_eps": True}, EVERY),
    "linear": Row(LINEAR),
    "mlp": Row({"nn": module("MLP", [3, 4, 2], norm=None)}),
    "mlp-batch-norm": Row({"nn": module("MLP", [3, 4, 2], act="tanh")}),
    "three-layers": Row({"nn": network(3, 4, 4, 2)}),
    "constant-features": Row(NETWORK, MIXED, constant=("x",)),
    "constant-features-eps": Row({**LINEAR, "eps": 0.375}, MIXED, constant=("x",)),
    "constant-features-train-eps": Row({**NETWORK, "train_eps": True}, MIXED, constant=("x",)),
}

GINE = Layer(
    "gine_conv",
    "GINEConv",
    "x'_i = nn((1 + ε) x_i + Σ_j ReLU(x_j + e_ji)) (Hu et al. 2020, arXiv:1905.12265, appendix A)",
    sizes=(),
)
GINE_ROWS = {
    "": Row(NETWORK, EVERY, edge_attr=3),
    "edge-dim": Row({**NETWORK, "edge_dim": 2}, EVERY, edge_attr=2),
    "edge-dim-mlp": Row({"nn": module("MLP", [3, 4, 2], norm=None), "edge_dim": 2}, edge_attr=2),
    "edge-dim-linear": Row({**LINEAR, "edge_dim": 1}, edge_attr=1),
    "eps": Row({**NETWORK, "eps": 0.375}, edge_attr=3),
    "train-eps": Row({**NETWORK, "eps": -0.25, "train_eps": True, "edge_dim": 2}, edge_attr=2),
    "constant-features": Row(NETWORK, MIXED, edge_attr=3, constant=("x",)),
    "constant-edges": Row(NETWORK, MIXED, edge_attr=3, constant=("edge_attr",)),
    "constant": Row(NETWORK, MIXED, edge_attr=3, constant=("x", "edge_attr")),
    "constant-edge-dim": Row({**NETWORK, "edge_dim": 2}, MIXED, edge_attr=2, constant=("x", "edge_attr")),
}

PAIRS = {"nn": network(6, 4, 2)}
EDGE_CONV = Layer(
    "edge_conv",
    "EdgeConv",
    "x'_i = aggregate_{j -> i} nn(x_i ‖ x_j - x_i) (Wang et al. 2019, arXiv:1801.07829, equations 7 and 8)",
    sizes=(),
)
EDGE_CONV_ROWS = {
    "": Row(PAIRS, EVERY),
    "linear": Row({"nn": module("Linear", 6, 2)}),
    "mlp-batch-norm": Row({"nn": module("MLP", [6, 4, 2], act="tanh")}),
    **{aggr: Row({**PAIRS, "aggr": aggr}) for aggr in ("add", "mean", "min", "mul", "var", "std", "softmax")},
    "median": Row({**PAIRS, "aggr": "median"}, FOR_MEDIAN),
    "tie": Row({"nn": network(4, 4, 2)}, MIXED, x=TIED_X, flags=("tie",)),
    "constant-features": Row(PAIRS, MIXED, constant=("x",)),
}

MATRICES = {"nn": network(2, 3, 6)}
NN_CONV = Layer(
    "nn_conv",
    "NNConv",
    "x'_i = W x_i + aggregate_{j -> i} x_j nn(e_ji) + b (Gilmer et al. 2017, arXiv:1704.01212, section 5)",
)
NN_CONV_ROWS = {
    "": Row(MATRICES, EVERY, edge_attr=2),
    "linear": Row({"nn": module("Linear", 1, 6)}, edge_attr=1),
    "mlp": Row({"nn": module("MLP", [2, 3, 6], norm=None)}, edge_attr=2),
    "no-root-weight": Row({**MATRICES, "root_weight": False}, edge_attr=2),
    "no-bias": Row({**MATRICES, "bias": False}, edge_attr=2),
    "only-neighbours": Row({**MATRICES, "bias": False, "root_weight": False}, edge_attr=2),
    **{aggr: Row({**MATRICES, "aggr": aggr}, edge_attr=2) for aggr in OTHERS},
    "mean-only-neighbours": Row(
        {**MATRICES, "aggr": "mean", "bias": False, "root_weight": False}, edge_attr=2
    ),
    "median": Row({**MATRICES, "aggr": "median"}, MIXED, edge_attr=2),
    "constant-features": Row(MATRICES, MIXED, edge_attr=2, constant=("x",)),
    "constant": Row(MATRICES, MIXED, edge_attr=2, constant=("x", "edge_attr")),
}


PNA = Layer(
    "pna_conv",
    "PNAConv",
    "x'_i = W (γ_1 ‖ ... ‖ γ_T)(x_i ‖ ⊕_{j -> i} h_t(x_i ‖ x_j ‖ W_e e_ji)), ⊕ all aggregations times all "
    "scalers (Corso et al. 2020, arXiv:2004.05718, equations 7 and 8)",
)


def pna(aggregators: str, scalers: str, **settings: Any) -> dict[str, Any]:
    """Settings of a PNAConv."""
    names = {"aggregators": aggregators.split(), "scalers": scalers.split()}
    return {**names, "deg": [2, 3, 4, 1], **settings}


MEAN_MAX = "mean max", "identity amplification"
SCALERS = ("identity", "amplification", "attenuation", "linear", "inverse_linear")
PNA_ROWS = {
    "": Row(pna(*MEAN_MAX), EVERY),
    "paper": Row(pna("mean std max min", "identity amplification attenuation")),
    **{
        f"scaler-{name.replace('_', '-')}": Row(pna("sum", name), EVERY)
        for name in SCALERS if name != "identity"
    },
    **{name: Row(pna(name, "identity")) for name in ("mean", "min", "mul", "var", "std", "softmax")},
    "no-degrees": Row(pna("sum", "attenuation inverse_linear", deg=[5])),
    "median": Row(pna("median max", "identity linear"), MIXED),
    "edges": Row(pna(*MEAN_MAX, edge_dim=2), EVERY, edge_attr=2),
    "towers": Row(pna(*MEAN_MAX, towers=2)),
    "divided": Row(pna(*MEAN_MAX, towers=2, divide_input=True), sizes=(4, 2), width=4),
    "layers": Row(pna(*MEAN_MAX, pre_layers=2, post_layers=3, act="tanh")),
    "layers-relu": Row(pna(*MEAN_MAX, pre_layers=2, post_layers=2)),
    "layers-leaky": Row(
        pna(*MEAN_MAX, pre_layers=2, act="leaky_relu", act_kwargs={"negative_slope": 0.375})
    ),
    "trained-degrees": Row(pna("mean sum", " ".join(SCALERS), train_norm=True)),
    "everything": Row(
        pna(
            "sum mean max", "linear attenuation", edge_dim=1, towers=2, divide_input=True,
            pre_layers=2, post_layers=2, act="tanh", train_norm=True,
        ),
        sizes=(4, 4), width=4, out=4, edge_attr=1,
    ),
    "constant-features": Row(pna(*MEAN_MAX), MIXED, constant=("x",)),
    "constant": Row(pna(*MEAN_MAX, edge_dim=2), MIXED, edge_attr=2, constant=("x", "edge_attr")),
}  # fmt: skip


def neighbour_conv_cases() -> Iterator[Case]:
    """Every case of these layers."""
    yield from cases(GRAPH_CONV, GRAPH_CONV_ROWS)
    yield from cases(GATV2, GATV2_ROWS)
    yield from cases(GIN, GIN_ROWS)
    yield from cases(GINE, GINE_ROWS)
    yield from cases(EDGE_CONV, EDGE_CONV_ROWS)
    yield from cases(NN_CONV, NN_CONV_ROWS)
    yield from cases(PNA, PNA_ROWS)
