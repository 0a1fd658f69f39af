"""What DGL has not: layers, options and kinds of data, each in a sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tinygnn.conformance.case import Case

REDUCERS = ("sum", "mean", "max", "min")
READOUTS = {
    "global_add_pool": "SumPooling",
    "SumAggregation": "SumPooling",
    "global_mean_pool": "AvgPooling",
    "MeanAggregation": "AvgPooling",
    "global_max_pool": "MaxPooling",
    "MaxAggregation": "MaxPooling",
    "AttentionalAggregation": "GlobalAttentionPooling",
    "Set2Set": "Set2Set",
}
OTHERS = {
    "GNN": "stacks are left to the layers that they are made of",
    "PNAConv": "DGL's PNAConv has batch norm in its towers and a leaky ReLU at its end: another layer",
    "LSTM": "LSTM is PyTorch's",
    "TopKPooling": "DGL has no pooling that leaves a graph",
    "SAGPooling": "DGL has no pooling that leaves a graph",
}
Settings = Mapping[str, Any]


def lacking(case: Case) -> Iterator[str]:
    """All reasons for which DGL cannot run the case."""
    call = case.call
    if case.kind == "op":
        if call != "aggregate":
            yield "DGL has operations on graphs only: the others are PyTorch's"
        elif case.options["aggr"] not in REDUCERS:
            yield f"DGL has no aggregation {case.options['aggr']}"
    elif case.kind not in ("model", "module"):
        yield "DGL has neither optimizers nor models: they are PyTorch's"
    elif call in OTHERS:
        yield OTHERS[call]
    elif call not in READOUTS and call not in OF_LAYERS:
        yield f"DGL has no {call}"
    elif case.kind == "module":
        yield from of_readouts(case)
    else:
        settings = case.options.get("conv", {})
        yield from OF_LAYERS[call](case, settings)
        if settings.get("nn", {}).get("call") == "MLP":
            yield "an nn of MLP is PyG's"
        if "batch" in case.options:
            yield from of_batches(case)


def of_batches(case: Case) -> Iterator[str]:
    """A batch of DGL is a row of graphs."""
    batch = case.options["batch"]
    if batch is not None and list(batch) != sorted(batch):
        yield "in DGL the nodes of a graph stand together"


def of_readouts(case: Case) -> Iterator[str]:
    """The readouts."""
    settings = case.options["settings"]
    if case.call == "AttentionalAggregation":
        gate, nn = settings["gate_nn"], settings.get("nn")
        if isinstance(gate, dict) or isinstance(nn, dict):
            yield "an nn of MLP is PyG's"
        elif gate[-1] != 1:
            yield "DGL's GlobalAttentionPooling takes one gate for all channels"
    elif case.call == "Set2Set" and not settings.get("bias", True):
        yield "DGL's Set2Set always has a bias"
    yield from of_batches(case)


def of_gcn(case: Case, settings: Settings) -> Iterator[str]:
    if settings.get("improved"):
        yield "DGL's GraphConv has no option improved"


def of_propagation(case: Case, settings: Settings) -> Iterator[str]:
    """APPNP, TAGConv and GCN2Conv."""
    if not settings.get("normalize", True):
        yield f"DGL's {case.call} always normalizes"
    if settings.get("cached"):
        yield f"DGL's {case.call} has no option cached"


def of_cheb(case: Case, settings: Settings) -> Iterator[str]:
    if settings.get("normalization", "sym") != "sym":
        yield "DGL's ChebConv has the symmetric normalization only"
    if weighted(case):
        yield "DGL's ChebConv takes no weights of edges"


def of_sage(case: Case, settings: Settings) -> Iterator[str]:
    how = (settings.get("aggr", "mean"), settings.get("project", False))
    if how not in (("mean", False), ("max", True)):
        yield f"DGL's SAGEConv has no aggregation {how[0]} {'with' if how[1] else 'without'} a projection"
    if not settings.get("root_weight", True):
        yield "DGL's SAGEConv always has a root weight"


def of_graph(case: Case, settings: Settings) -> Iterator[str]:
    if settings.get("aggr", "add") != "mean":
        yield "DGL has PyG's GraphConv with the aggregation mean only, as SAGEConv"


def of_gine(case: Case, settings: Settings) -> Iterator[str]:
    if "edge_dim" in settings:
        yield "DGL's GINEConv applies nothing to features of edges"


def of_edge(case: Case, settings: Settings) -> Iterator[str]:
    if settings.get("aggr", "max") != "max":
        yield "DGL's EdgeConv has the maximum only"
    if settings["nn"]["call"] != "Linear":
        yield "DGL's EdgeConv has a linear map in the place of nn"


def of_nn(case: Case, settings: Settings) -> Iterator[str]:
    aggr, (channels, width) = settings.get("aggr", "add"), case.options["sizes"]
    if aggr not in ("add", "mean", "max"):
        yield f"DGL's NNConv has no aggregation {aggr}"
    if settings.get("root_weight", True) and channels == width:
        yield "DGL's NNConv adds x itself where it is as wide as the output"


def of_attention(case: Case, settings: Settings) -> Iterator[str]:
    """GATConv and GATv2Conv."""
    if "edge_dim" in settings:
        yield (
            "DGL's EdgeGATConv adds features of edges to the messages too"
            if case.call == "GATConv"
            else "DGL's GATv2Conv takes no features of edges"
        )
    channels, width = case.options["sizes"][0], case.options["sizes"][1] * settings.get("heads", 1)
    if settings.get("residual") and channels == width:
        yield f"DGL's {case.call} adds x itself where it is as wide as the output"


def of_rgcn(case: Case, settings: Settings) -> Iterator[str]:
    if settings.get("aggr", "mean") not in ("mean", "add"):
        yield f"DGL's RelGraphConv has no aggregation {settings['aggr']}"
    if "x" not in case.inputs and case.options.get("x") is None:
        yield "DGL's RelGraphConv takes no nodes without features"


def of_gated(case: Case, settings: Settings) -> Iterator[str]:
    if settings.get("aggr", "add") != "add":
        yield f"DGL's GatedGraphConv has no aggregation {settings['aggr']}"
    if weighted(case):
        yield "DGL's GatedGraphConv takes no weights of edges"


def nothing(case: Case, settings: Settings) -> Iterator[str]:
    """DGL has all."""
    yield from ()


def weighted(case: Case) -> bool:
    """Whether edges have weights."""
    return case.inputs.get("edge_weight", case.options.get("edge_weight")) is not None


OF_LAYERS: dict[str, Callable[[Case, Settings], Iterator[str]]] = {
    "GCNConv": of_gcn,
    "SGConv": nothing,
    "APPNP": of_propagation,
    "TAGConv": of_propagation,
    "ChebConv": of_cheb,
    "GCN2Conv": of_propagation,
    "SAGEConv": of_sage,
    "GraphConv": of_graph,
    "GINConv": nothing,
    "GINEConv": of_gine,
    "EdgeConv": of_edge,
    "NNConv": of_nn,
    "GATConv": of_attention,
    "GATv2Conv": of_attention,
    "RGCNConv": of_rgcn,
    "GatedGraphConv": of_gated,
}
