"""The cases of one SAGEConv and of one GATConv."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tinygnn.conformance.case import Case
from tinygnn.conformance.data import GRAPHS, numbers
from tinygnn.conformance.layer_weights import CALLS, EQUATIONS, PARAMETERS

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

# Of two nodes with opposite features the third hears the sum 0.
CANCELLING_EDGES = ([0, 1, 2], [2, 2, 0])
CANCELLING_X = [[1.0, -0.5], [-1.0, 0.5], [0.75, 1.25]]
# In every column some nodes that a node hears from are equally large.
TIED_X = [[1.0, -0.5], [1.0, 0.5], [0.75, -0.5], [1.0, 0.5], [-1.5, 0.5], [1.0, 0.5]]


def layer_cases() -> Iterator[Case]:
    """Every case of a layer other than GCNConv, whose cases stand in models_table."""
    yield from sage_cases()
    yield from gat_cases()


def sage_cases() -> Iterator[Case]:
    """One SAGEConv on every graph, with every way to aggregate, and with every option."""
    for graph in GRAPHS:
        yield conv("sage", f"sage_conv/{graph}", graph)
        for aggr in ("max", "sum"):
            yield conv("sage", f"sage_conv/{graph}-{aggr}", graph, {"aggr": aggr})
    for name, settings in SAGE_OPTIONS.items():
        for graph in ("directed", "mixed"):
            yield conv("sage", f"sage_conv/{graph}-{name}", graph, settings)
    yield conv("sage", "sage_conv/mixed-max-tie", "mixed", {"aggr": "max"}, x=TIED_X, flags=("tie",))
    yield conv("sage", "sage_conv/mixed-constant-features", "mixed", constant_x=TIED_X)
    yield conv("sage", "sage_conv/mixed-constant-features-max", "mixed", {"aggr": "max"}, constant_x=TIED_X)
    for aggr in ("sum", "mean"):
        yield zero_row(aggr)


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


def gat_cases() -> Iterator[Case]:
    """One GATConv on every graph, with and without edge features, and with every option."""
    for graph, (_, edges, _) in GRAPHS.items():
        yield conv("gat", f"gat_conv/{graph}", graph)
        yield conv("gat", f"gat_conv/{graph}-no-self-loops", graph, {"add_self_loops": False})
        if edges[0]:
            yield conv("gat", f"gat_conv/{graph}-edges", graph, {"edge_dim": 2})
    for name, settings in GAT_OPTIONS.items():
        for graph in ("directed", "mixed"):
            yield conv("gat", f"gat_conv/{graph}-{name}", graph, settings)
    flat = {"edge_dim": 1}  # takes a number for each edge as well as a row
    yield conv("gat", "gat_conv/mixed-edges-flat", "mixed", flat, flat=True)
    yield conv(
        "gat", "gat_conv/mixed-edges-flat-fill-value", "mixed", {**flat, "fill_value": -1.5}, flat=True
    )
    yield conv("gat", "gat_conv/mixed-edges-one", "mixed", flat)
    yield conv("gat", "gat_conv/mixed-evaluated", "mixed", {"dropout": 0.75}, training=False)
    yield conv("gat", "gat_conv/mixed-constant-features", "mixed", {"heads": 2}, constant_x=TIED_X)


def conv(
    kind: str,
    name: str,
    graph: str,
    settings: dict[str, Any] | None = None,
    *,
    x: list[list[float]] | None = None,
    constant_x: list[list[float]] | None = None,
    flat: bool = False,
    training: bool = True,
    flags: tuple[str, ...] = (),
) -> Case:
    """A case of one layer. flat: the edge features are one number for each edge."""
    num_nodes, edges, of_graph = GRAPHS[graph]
    settings = settings or {}
    example = x or constant_x
    width, out = (3 if example is None else len(example[0])), 2
    inputs: dict[str, Any] = {}
    options: dict[str, Any] = {"sizes": [width, out], "conv": settings, "training": training}
    flags += of_graph
    if constant_x is None:
        inputs["x"] = x or numbers(f"{name}/x", num_nodes, width)
    else:
        options["x"] = constant_x
        flags += ("constant",)
    if "edge_dim" in settings:
        sizes = [len(edges[0])] if flat else [len(edges[0]), settings["edge_dim"]]
        inputs["edge_attr"] = numbers(f"{name}/edge_attr", *sizes)
        flags += ("edge-attr",)
    inputs.update(PARAMETERS[kind](name, width, out, settings))
    total = out * settings.get("heads", 1) if kind == "gat" and settings.get("concat", True) else out
    return Case(
        id=f"model/{name}",
        kind="model",
        call=CALLS[kind],
        inputs=inputs,
        options=options,
        cotangent=numbers(f"{name}/cotangent", num_nodes, total),
        edge_index=edges,
        flags=flags,
        equation=EQUATIONS[kind],
    )
