"""The cases of the forty edge cases that are layers; those of operations stand in edge_ops_table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tinygnn.conformance.case import Case
from tinygnn.conformance.convs_table import parameters
from tinygnn.conformance.data import Edges, numbers
from tinygnn.conformance.described import module
from tinygnn.conformance.layer_weights import EQUATIONS
from tinygnn.conformance.layers_table import CANCELLING_EDGES, CANCELLING_X
from tinygnn.conformance.models_table import GCN_EQUATION
from tinygnn.conformance.neighbour_convs_table import EDGE_CONV, GRAPH_CONV
from tinygnn.conformance.norms_table import BATCH_NORM, INSTANCE_NORM, LAYER_NORM
from tinygnn.conformance.propagation_table import APPNP, GCN2, SG
from tinygnn.conformance.relations_table import RGCN

PAIR: Edges = ([0, 1], [1, 0])
LOOP: Edges = ([0, 1, 1], [1, 0, 1])
TWO_LOOPS: Edges = ([0, 1, 1, 1], [1, 0, 1, 1])
FORK: Edges = ([0, 0, 1], [1, 2, 2])
DOUBLE: Edges = ([0, 1, 1, 2], [2, 2, 2, 0])
PLAIN = {"add_self_loops": False}
STEPS = {"K": 2, "alpha": 0.25}
# Of the layers that add self loops.
SETTINGS: dict[str, dict[str, Any]] = {
    "GCNConv": {}, "SGConv": {"K": 2}, "APPNP": STEPS, "GCN2Conv": {"alpha": 0.25},
}  # fmt: skip

# call: how many columns x has, the positional arguments, how many columns come out, and the equation.
CALLS: dict[str, tuple[int, list[int], int, str]] = {
    "GCNConv": (2, [2, 2], 2, GCN_EQUATION),
    "SGConv": (2, [2, 2], 2, SG.equation),
    "APPNP": (2, [], 2, APPNP.equation),
    "GCN2Conv": (2, [2], 2, GCN2.equation),
    "SAGEConv": (2, [2, 2], 2, EQUATIONS["sage"]),
    "GATConv": (2, [2, 2], 2, EQUATIONS["gat"]),
    "GraphConv": (2, [2, 2], 2, GRAPH_CONV.equation),
    "EdgeConv": (1, [], 1, EDGE_CONV.equation),
    "RGCNConv": (2, [2, 2, 2], 2, RGCN.equation),
    "BatchNorm": (2, [2], 2, BATCH_NORM.equation),
    "InstanceNorm": (2, [2], 2, INSTANCE_NORM.equation),
    "LayerNorm": (2, [2], 2, LAYER_NORM.equation),
}


def edge_cases() -> Iterator[Case]:
    """The layers of the forty edge cases, in their order."""
    yield from propagation()
    yield from neighbourhoods()
    yield from whole_graphs()


def propagation() -> Iterator[Case]:
    """Rows 1 to 6, 34, 38 and 39: self loops, degrees and weights of GCN and its relatives."""
    loops = ("self-loop", "directed")
    for call, settings in SETTINGS.items():
        name = f"01-self-loop-{call.lower()}"
        yield layer(name, call, LOOP, 2, settings, flags=loops)
        yield layer(f"{name}-half", call, LOOP, 2, settings, weights=[1.0, 1.0, 0.5], flags=loops)
    weights = [1.0, 1.0, 0.5, 0.25]
    yield layer(
        "02-two-self-loops", "GCNConv", TWO_LOOPS, 2, weights=weights, flags=(*loops, "duplicate-edge")
    )
    yield layer("03-directed-degree", "GCNConv", FORK, 3, PLAIN, flags=("directed", "isolated"))
    yield layer("04-weight-in-degree", "GCNConv", PAIR, 2, PLAIN, weights=[0.5, 4.0])
    yield layer("05-zero-degree", "GCNConv", ([0], [1]), 3, PLAIN, flags=("directed", "isolated"))
    path: Edges = ([0, 1, 1, 2], [1, 0, 2, 1])
    for name, own in (("zero", [0.5, 1.0, 0.75, -0.5]), ("negative", [-1.5, 1.0, 0.75, -0.5])):
        yield layer(f"06-degree-{name}", "GCNConv", path, 3, PLAIN, weights=own, flags=("zero-degree",))
    yield layer("07-not-normalised", "GCNConv", LOOP, 2, {"normalize": False}, flags=loops)
    yield layer("34-weight-gradient", "GCNConv", FORK, 3, weights=[0.5, 1.5, 0.75], flags=("directed",))
    yield layer(
        "34-weight-gradient-graphconv", "GraphConv", FORK, 3, weights=[0.5, 1.5, 0.75], flags=("directed",)
    )
    star: Edges = (list(range(1, 13)), [0] * 12)
    for name, sizes in (("wider", [2, 8]), ("narrower", [8, 2])):
        yield layer(f"38-product-order-{name}", "GCNConv", star, 13, sizes=sizes, flags=("directed",))
    yield layer("39-appnp-self-loops", "APPNP", PAIR, 2, STEPS)


def neighbourhoods() -> Iterator[Case]:
    """Rows 20 to 27 and 33: what a node hears, and what it makes of it."""
    zero = {"normalize": True, "root_weight": False, "bias": False}
    yield layer(
        "20-zero-row", "SAGEConv", CANCELLING_EDGES, 3, zero, x=CANCELLING_X, flags=("zero-row", "directed")
    )
    yield layer("21-gat-self-loop", "GATConv", LOOP, 2, flags=("self-loop", "directed"))
    for call in ("SAGEConv", "GATConv"):
        name = f"22-duplicate-edge-{call.lower()}"
        yield layer(name, call, DOUBLE, 3, flags=("duplicate-edge", "directed"))
    mean, three = {"aggr": "mean"}, ([0, 1, 2], [2, 2, 0])
    yield layer(
        "23-zero-weight",
        "GraphConv",
        three,
        3,
        mean,
        weights=[1.0, 0.0, 1.0],
        flags=("directed",),
        alike="23",
    )
    yield layer("23-edge-taken-away", "GraphConv", ([0, 2], [2, 0]), 3, mean, weights=[1.0, 1.0], alike="23")
    yield layer("24-weighted-mean", "GraphConv", three, 3, mean, weights=[0.5, 2.0, 1.0], flags=("directed",))
    pairs = {"nn": module("Linear", 2, 1)}
    yield layer("25-edge-difference", "EdgeConv", PAIR, 2, pairs)
    for call in ("GCNConv", "SAGEConv", "GATConv", "GraphConv"):
        yield layer(f"26-no-edges-{call.lower()}", call, ([], []), 3, flags=("no-edges", "isolated"))
        yield layer(f"26-no-nodes-{call.lower()}", call, ([], []), 0, flags=("no-edges", "empty"))
    lonely = [[1.0, 0.5], [-0.75, 2.0], [float("nan"), 1.0]]
    for call in ("GCNConv", "SAGEConv", "GATConv", "GraphConv"):
        yield layer(f"27-nan-apart-{call.lower()}", call, PAIR, 3, x=lonely, flags=("nan", "isolated"))
    relations = {"edge_type": [0, 0, 1, 0]}
    yield layer("33-mean-of-each-relation", "RGCNConv", DOUBLE, 3, given=relations, flags=("directed",))


def whole_graphs() -> Iterator[Case]:
    """Rows 28 to 30: norms over a graph, a single node, and graphs side by side."""
    small = [[i / 1024.0, (3 - i * i) / 2048.0] for i in range(4)]
    yield layer("28-without-batch", "LayerNorm", None, 4, x=small, alike="28")
    yield layer("28-batch-of-zeros", "LayerNorm", None, 4, x=small, given={"batch": [0, 0, 0, 0]}, alike="28")
    yield layer(
        "29-single-node-batch", "BatchNorm", None, 1, {"allow_single_element": True}, flags=("one-node",)
    )
    yield layer("29-single-node-instance", "InstanceNorm", None, 1, flags=("one-node",))
    both, alone = numbers("edge/30/x", 5, 2), ("batch",)
    for name, x, batch in (("alone", both[:3], [0] * 3), ("beside-another", both, [0, 0, 0, 1, 1])):
        yield layer(
            f"30-graph-{name}", "InstanceNorm", None, len(x), x=x, given={"batch": batch}, flags=alone
        )


def layer(
    name: str,
    call: str,
    edges: Edges | None,
    num_nodes: int,
    settings: dict[str, Any] | None = None,
    *,
    x: Any = None,
    weights: list[float] | None = None,
    sizes: list[int] | None = None,
    given: dict[str, Any] | None = None,
    flags: tuple[str, ...] = (),
    alike: str = "",
) -> Case:
    """A case of a layer with the id edge/NAME; cases with the same word in `alike` have the same numbers."""
    width, usual, out, equation = CALLS[call]
    if sizes is not None:
        width, out = sizes
    name = f"edge/{name}"
    drawn = f"edge/{alike}" if alike else name
    options: dict[str, Any] = {"sizes": sizes or usual, "conv": settings or {}, **(given or {})}
    inputs: dict[str, Any] = {"x": numbers(f"{drawn}/x", num_nodes, width) if x is None else x}
    if num_nodes == 0:
        options["x_width"] = width  # which no row tells
    if call == "GCN2Conv":
        inputs["x_0"] = numbers(f"{drawn}/x_0", num_nodes, width)
    if weights is not None:
        inputs["edge_weight"] = weights
        flags += ("edge-weight",)
    state, buffers, _ = parameters(call, drawn, options)
    options.update({"buffers": buffers} if buffers else {})
    cotangent = numbers(f"{drawn}/cotangent", num_nodes, out)
    return Case(name, "model", call, {**inputs, **state}, options, cotangent, edges, 1, flags, equation)
