"""The cases of layers: a table row for each setting.

A `Layer` is what the cases of one layer have in common; a table of `Row`s is what sets them apart, by the
end of their ids:

    GRAPH_CONV = Layer("graph_conv", "GraphConv", "x'_i = W_1 x_i + W_2 Σ_j e_ji x_j")
    ROWS = {
        "": Row(graphs=EVERY),                              # model/graph_conv/path, ... on all graphs
        "weighted": Row(graphs=EVERY, edge_weight=True),    # model/graph_conv/path-weighted, ...
        "max": Row({"aggr": "max"}),                        # on two of them
    }
    cases(GRAPH_CONV, ROWS)                                 # yields the cases

The names and shapes of the parameters are those of tinygnn's layer; numbers are drawn for them by name, and
a backend has to load all of them and no others: PyG's `load_state_dict` does so strictly. Gradients are
compared of x, of every parameter, and of edge weights and features. A setting that is a module is data, see
`described.module`: `Row({"nn": module("Sequential", module("Linear", 3, 4), module("ReLU"))})`. What else a
layer takes stands in `given` by the name of the argument: `Row(given={"batch": [0, 0, 1, 1]})`; names of
integers are listed in `case.INDICES`, all names in `case.DATA`.

A file of rows belongs to one family of layers and is listed in `cases.all_cases`. Ids are permanent. To run
some of them: `tinygnn conformance --backend pyg -k graph_conv`.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tinygnn.conformance.case import Case
from tinygnn.conformance.data import GRAPHS, numbers
from tinygnn.conformance.tinygnn_models import build_layer, entry_at
from tinygnn.nn import init
from tinygnn.nn.module import shape

EVERY = tuple(GRAPHS)
WITH_EDGES = tuple(graph for graph, (_, edges, _) in GRAPHS.items() if edges[0])
# PyG's median raises where node 0 hears nobody.
FOR_MEDIAN = tuple(graph for graph, (_, edges, _) in GRAPHS.items() if 0 in edges[1])
SOME = ("directed", "mixed")


@dataclass(frozen=True)
class Layer:
    """What the cases of one layer have in common.

    name: its word in the ids. call: the class, in tinygnn.nn and in PyG. sizes: the positional arguments.
    width, out: how many columns x and the output have. edges: whether it takes an edge_index. initial:
    whether it takes x_0, of the shape of x.
    """

    name: str
    call: str
    equation: str
    sizes: tuple[int, ...] = (3, 2)
    width: int = 3
    out: int = 2
    edges: bool = True
    initial: bool = False


@dataclass(frozen=True)
class Row:
    """One setting of a layer.

    settings: the named arguments of the class. graphs: names in `data.GRAPHS`. sizes, width, out: other ones
    than the layer's. rows: how many the output has, if not one for each node. edge_weight: give positive
    weights. edge_attr: give features of that width; 0 is one number for each edge, not in a row.
    edge_type: give relations, below that number. x: these features instead of drawn ones. constant: which of
    x, x_0, edge_weight and edge_attr take no gradient; of a constant x half of the entries are 0. given:
    further arguments of `forward`, without gradients, or x: None where the nodes have no features. before:
    arguments of `forward` that the layer is called with first, in training, as running statistics need.
    training: False for evaluation.
    """

    settings: Mapping[str, Any] = field(default_factory=dict)
    graphs: Sequence[str] = SOME
    sizes: tuple[int, ...] | None = None
    width: int | None = None
    out: int | None = None
    rows: int | None = None
    edge_weight: bool = False
    edge_attr: int | None = None
    edge_type: int | None = None
    x: Sequence[Sequence[float]] | None = None
    constant: tuple[str, ...] = ()
    given: Mapping[str, Any] = field(default_factory=dict)
    before: Sequence[Mapping[str, Any]] = ()
    training: bool = True
    flags: tuple[str, ...] = ()


def cases(layer: Layer, rows: Mapping[str, Row]) -> Iterator[Case]:
    """The cases of a layer: each row on each of its graphs."""
    for suffix, row in rows.items():
        for graph in row.graphs:
            yield layer_case(layer, f"{layer.name}/{graph}{'-' if suffix else ''}{suffix}", graph, row)


def layer_case(layer: Layer, name: str, graph: str, row: Row) -> Case:
    """One case of a layer, with the id model/NAME."""
    num_nodes, edges, flags = GRAPHS[graph] if layer.edges else (GRAPHS[graph][0], ([], []), ())
    sizes = layer.sizes if row.sizes is None else row.sizes
    options: dict[str, Any] = {"sizes": list(sizes), "conv": dict(row.settings), "training": row.training}
    inputs: dict[str, Any] = {}
    for argument, values in arguments(layer, name, graph, row).items():
        if argument not in row.given:
            (options if argument in row.constant else inputs)[argument] = values
    if row.edge_type is not None:
        rng = random.Random(f"{name}/edge_type")
        options["edge_type"] = [rng.randrange(row.edge_type) for _ in edges[0]]
    if row.edge_attr and not edges[0]:
        options["edge_attr_width"] = row.edge_attr  # which no row tells
    options.update(row.given)
    options.update({"before": list(row.before)} if row.before else {})
    state, buffers, aliases = parameters(layer.call, name, options)
    inputs.update(state)
    options.update({"buffers": buffers} if buffers else {})
    options.update({"aliases": aliases} if aliases else {})
    flags += ("edge-weight",) if "edge_weight" in inputs else ()
    flags += ("edge-attr",) if "edge_attr" in inputs else ()
    flags += ("constant",) if row.constant else ()
    return Case(
        id=f"model/{name}",
        kind="model",
        call=layer.call,
        inputs=inputs,
        options=options,
        cotangent=numbers(
            f"{name}/cotangent",
            num_nodes if row.rows is None else row.rows,
            layer.out if row.out is None else row.out,
        ),
        edge_index=edges if layer.edges else None,
        flags=flags + row.flags,
        equation=layer.equation,
    )


def arguments(layer: Layer, name: str, graph: str, row: Row) -> dict[str, Any]:
    """x, x_0, edge_weight and edge_attr, as far as the row has them."""
    num_nodes, (sources, _), _ = GRAPHS[graph]
    width = layer.width if row.width is None else row.width
    x: Any = numbers(f"{name}/x", num_nodes, width) if row.x is None else [list(entries) for entries in row.x]
    if "x" in row.constant and row.x is None:
        rng = random.Random(f"{name}/zeros")
        x = [[rng.choice((0.0, entry)) for entry in entries] for entries in x]
    found = {"x": x}
    if layer.initial:
        found["x_0"] = numbers(f"{name}/x_0", num_nodes, width)
    if row.edge_weight:
        found["edge_weight"] = numbers(f"{name}/edge_weight", len(sources), positive=True)
    if row.edge_attr is not None:
        columns = [row.edge_attr] if row.edge_attr else []
        found["edge_attr"] = numbers(f"{name}/edge_attr", len(sources), *columns)
    return found


def parameters(
    call: str, name: str, options: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any], dict[str, str]]:
    """Numbers for the parameters of a layer, its buffers, and the second names of shared parameters."""
    before = init.default_rng.getstate()
    layer = build_layer(call, options)
    init.default_rng.setstate(before)
    drawn = dict(layer.named_parameters())
    names = {id(parameter): key for key, parameter in drawn.items()}
    state, buffers, aliases = {}, {}, {}
    for key, values in layer.state_dict().items():
        if key in drawn:
            state[key] = numbers(f"{name}/{key}", *shape(values))
        elif id(entry_at(layer, key)) in names:
            aliases[key] = names[id(entry_at(layer, key))]
        else:
            buffers[key] = values
    return state, buffers, aliases
