"""The cases of one SAGEConv and of one GATConv."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tinygnn.conformance.case import Case
from tinygnn.conformance.convs_table import EVERY, FOR_MEDIAN, WITH_EDGES, Layer, Row, cases
from tinygnn.conformance.data import numbers
from tinygnn.conformance.layer_weights import EQUATIONS

SAGE_OPTIONS: dict[str, dict[str, Any]] = {
    "add": {"aggr": "add"},
    "normalize": {"normalize": True},
    "normalize-max": {"normalize": True, "aggr": "max"},
    "no-root-weight": {"root_weight": False},
    "no-root-weight-max": {"root_weight": False, "aggr": "max"},
    "project": {"project": True},
    "project-max": {"project": True, "aggr": "max"},
    "no-bias": {"bias": False},
    "no-bias-max": {"bias": False, "aggr": "max"},
    "only-neighbours": {"bias": False, "root_weight": False, "aggr": "sum"},
    "all-options": {"aggr": "sum", "normalize": True, "project": True, "root_weight": False, "bias": False},
}

GAT_OPTIONS: dict[str, dict[str, Any]] = {
    "heads": {"heads": 3},
    "heads-mean": {"heads": 3, "concat": False},
    "one-head-mean": {"concat": False},
    "negative-slope": {"negative_slope": 0.75},
    "negative-slope-zero": {"negative_slope": 0.0},
    "no-self-loops-heads": {"add_self_loops": False, "heads": 2},
    "no-bias": {"bias": False},
    "no-bias-mean": {"bias": False, "heads": 2, "concat": False},
    "residual": {"residual": True, "heads": 2},
    "residual-mean": {"residual": True, "heads": 2, "concat": False},
    "all-dropped": {"dropout": 1.0, "heads": 2},
    "edges-heads": {"edge_dim": 3, "heads": 2},
    "edges-heads-mean": {"edge_dim": 2, "heads": 2, "concat": False},
    "edges-fill-value": {"edge_dim": 2, "fill_value": 0.5},
    "edges-no-self-loops": {"edge_dim": 2, "add_self_loops": False},
    "edges-residual": {"edge_dim": 2, "residual": True, "bias": False},
}

MIXED = ("mixed",)
# Of two nodes with opposite features the third hears the sum 0.
CANCELLING_EDGES = ([0, 1, 2], [2, 2, 0])
CANCELLING_X = [[1.0, -0.5], [-1.0, 0.5], [0.75, 1.25]]
# In every column some nodes that a node hears from are equally large.
TIED_X = [[1.0, -0.5], [1.0, 0.5], [0.75, -0.5], [1.0, 0.5], [-1.5, 0.5], [1.0, 0.5]]

# The largest numbers that nodes hear are 0, or are 0 twice.
ZERO_X = [[0.0, -0.5], [-1.0, 0.0], [-0.75, -1.5], [-1.0, 0.0], [0.0, -0.25], [-1.0, 0.5]]
# The numbers that a node hears lie close together.
CLOSE_X = [[1.0 + i / 512.0, 0.5 - i / 1024.0] for i in range(6)]


def columns(settings: dict[str, Any]) -> int:
    """How many heads stand side by side."""
    heads: int = settings.get("heads", 1)
    return heads if settings.get("concat", True) else 1


SAGE = Layer("sage_conv", "SAGEConv", EQUATIONS["sage"])
GAT = Layer("gat_conv", "GATConv", EQUATIONS["gat"])
FLAT = {"edge_dim": 1}  # takes a number for each edge as well as a row

SAGE_ROWS = {
    "": Row(graphs=EVERY),
    "max": Row({"aggr": "max"}, EVERY),
    "sum": Row({"aggr": "sum"}, EVERY),
    **{name: Row(settings) for name, settings in SAGE_OPTIONS.items()},
    **{aggr: Row({"aggr": aggr}, EVERY) for aggr in ("min", "mul", "var", "std", "softmax")},
    "median": Row({"aggr": "median"}, FOR_MEDIAN),
    "max-tie": Row({"aggr": "max"}, MIXED, sizes=(2, 2), x=TIED_X, flags=("tie",)),
    "max-zero": Row({"aggr": "max"}, MIXED, sizes=(2, 2), x=ZERO_X, flags=("tie",)),
    "std-close": Row({"aggr": "std"}, MIXED, sizes=(2, 2), x=CLOSE_X),
    "var-close": Row({"aggr": "var"}, MIXED, sizes=(2, 2), x=CLOSE_X),
    "constant-features": Row({}, MIXED, sizes=(2, 2), x=TIED_X, constant=("x",)),
    "constant-features-max": Row({"aggr": "max"}, MIXED, sizes=(2, 2), x=TIED_X, constant=("x",)),
}

GAT_ROWS = {
    "": Row(graphs=EVERY),
    "no-self-loops": Row({"add_self_loops": False}, EVERY),
    "edges": Row({"edge_dim": 2}, WITH_EDGES, edge_attr=2),
    **{
        name: Row(settings, out=2 * columns(settings), edge_attr=settings.get("edge_dim"))
        for name, settings in GAT_OPTIONS.items()
    },
    **{
        f"edges-fill-{fill}": Row({"edge_dim": 2, "fill_value": fill}, MIXED, edge_attr=2)
        for fill in ("add", "min", "max", "mul")
    },
    "edges-flat": Row(FLAT, MIXED, edge_attr=0),
    "edges-flat-fill-value": Row({**FLAT, "fill_value": -1.5}, MIXED, edge_attr=0),
    "edges-one": Row(FLAT, MIXED, edge_attr=1),
    "evaluated": Row({"dropout": 0.75}, MIXED, training=False),
    "constant-features": Row({"heads": 2}, MIXED, sizes=(2, 2), out=4, x=TIED_X, constant=("x",)),
}


def layer_cases() -> Iterator[Case]:
    """Every case of a layer other than GCNConv, whose cases stand in models_table."""
    yield from cases(SAGE, SAGE_ROWS)
    for aggr in ("sum", "mean"):
        yield zero_row(aggr)
    yield from cases(GAT, GAT_ROWS)


def zero_row(aggr: str) -> Case:
    """A row of zeros under normalize, from features that cancel."""
    name = f"sage_conv/zero-row-{aggr}"
    return Case(
        id=f"model/{name}",
        kind="model",
        call="SAGEConv",
        inputs={"x": CANCELLING_X, "lin_l.weight": numbers(f"{name}/lin_l.weight", 2, 2)},
        options={
            "sizes": [2, 2],
            "conv": {"aggr": aggr, "normalize": True, "root_weight": False, "bias": False},
        },
        cotangent=numbers(f"{name}/cotangent", 3, 2),
        edge_index=CANCELLING_EDGES,
        flags=("zero-row", "directed"),
        equation=EQUATIONS["sage"],
    )
