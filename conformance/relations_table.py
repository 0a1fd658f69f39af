"""The cases of RGCNConv, whose edges have relations, and of GatedGraphConv."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tinygnn.conformance.case import Case
from tinygnn.conformance.convs_table import EVERY, WITH_EDGES, Layer, Row, cases
from tinygnn.conformance.data import GRAPHS

RGCN = Layer(
    "rgcn_conv",
    "RGCNConv",
    "x'_i = Σ_r Σ_{j -> i of kind r} x_j W_r / c_i,r + x_i W_root + b "
    "(Schlichtkrull et al. 2018, arXiv:1703.06103, equation 2)",
    sizes=(4, 2, 3),
    width=4,
)
AGGREGATIONS = ("add", "max", "min", "mul")
BASES = {"num_bases": 2}
BLOCKS = {"num_blocks": 2}
RGCN_ROWS = {
    "": Row(graphs=EVERY, edge_type=3),
    "bases": Row(BASES, EVERY, edge_type=3),
    "blocks": Row(BLOCKS, EVERY, edge_type=3),
    **{aggr: Row({"aggr": aggr}, EVERY, edge_type=3) for aggr in AGGREGATIONS},
    **{f"bases-{aggr}": Row({**BASES, "aggr": aggr}, edge_type=3) for aggr in AGGREGATIONS},
    **{f"blocks-{aggr}": Row({**BLOCKS, "aggr": aggr}, edge_type=3) for aggr in AGGREGATIONS},
    "one-relation": Row(sizes=(4, 2, 1), edge_type=1),
    "sorted": Row({"is_sorted": True}, sizes=(4, 2, 1), edge_type=1),
    "unused-relation": Row(sizes=(4, 2, 5), edge_type=2),
    "no-root-weight": Row({"root_weight": False}, EVERY, edge_type=3),
    "no-bias": Row({"bias": False}, edge_type=3),
    "only-neighbours": Row({"root_weight": False, "bias": False, "aggr": "add"}, WITH_EDGES, edge_type=3),
    "constant-features": Row(edge_type=3, constant=("x",)),
    "constant-features-bases": Row(BASES, edge_type=3, constant=("x",)),
    "constant-features-blocks": Row(BLOCKS, edge_type=3, constant=("x",)),
    "constant-features-max": Row({"aggr": "max"}, edge_type=3, constant=("x",)),
}
# Without features, x = None, the row numbers of W_r are those of the nodes.
FEATURELESS: dict[str, dict[str, Any]] = {
    "featureless": {},
    "featureless-bases": BASES,
    "featureless-add": {"aggr": "add", "root_weight": False},
    "featureless-max": {"aggr": "max"},
    "featureless-mul": {"aggr": "mul", "bias": False},
}

GATED = Layer(
    "gated_graph_conv",
    "GatedGraphConv",
    "h_i ← GRU(Σ_{j -> i} w_ji h_j W_l, h_i) (Li et al. 2016, arXiv:1511.05493, equations 1 to 6)",
    sizes=(4, 2),
    out=4,
)
OF_MESSAGES = ("mean", "max", "min", "mul", "softmax")
GATED_ROWS = {
    "": Row(graphs=EVERY),
    "weighted": Row(graphs=WITH_EDGES, edge_weight=True),
    "one-layer": Row(sizes=(4, 1)),
    "as-wide-as-x": Row(sizes=(3, 2), out=3, edge_weight=True),
    **{aggr: Row({"aggr": aggr}, EVERY) for aggr in OF_MESSAGES},
    **{f"{aggr}-weighted": Row({"aggr": aggr}, edge_weight=True) for aggr in OF_MESSAGES},
    # PyG 2.8's median raises an IndexError where some node hears nothing.
    "median": Row({"aggr": "median"}, ("path", "star", "self-loop")),
    "median-weighted": Row({"aggr": "median"}, ("path", "star", "self-loop"), edge_weight=True),
    "no-bias": Row({"bias": False}, edge_weight=True),
    "constant-features": Row(constant=("x",)),
    "constant-weights": Row(edge_weight=True, constant=("edge_weight",)),
}


def relation_cases() -> Iterator[Case]:
    """Every case of these layers."""
    yield from cases(RGCN, RGCN_ROWS)
    for graph in EVERY:
        nodes = GRAPHS[graph][0]
        rows = {
            name: Row(settings, (graph,), sizes=(nodes, 2, 3), edge_type=3, given={"x": None})
            for name, settings in FEATURELESS.items()
        }
        yield from cases(RGCN, rows)
    yield from cases(GATED, GATED_ROWS)
