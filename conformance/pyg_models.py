"""PyG's model for each kind of GNN; where PyG has none, its own stack of its own layers."""

from __future__ import annotations

from functools import cache
from typing import Any

from tinygnn.adapters.errors import require
from tinygnn.conformance.torch_ops import INSTALL, import_torch

MODELS = {
    "gcn": "GCN",
    "sage": "GraphSAGE",
    "gat": "GAT",
    "gatv2": "GAT",
    "gin": "GIN",
    "edge": "EdgeCNN",
    "pna": "PNA",
}
# Layers that PyG's BasicGNN stacks like those above; what they take beside x and edge_index.
LAYERS = {
    "graph": ("GraphConv", "edge_weight"),
    "cheb": ("ChebConv", "edge_weight"),
    "sg": ("SGConv", "edge_weight"),
    "tag": ("TAGConv", "edge_weight"),
    "arma": ("ARMAConv", "edge_weight"),
    "gine": ("GINEConv", "edge_attr"),
    "nn": ("NNConv", "edge_attr"),
    "rgcn": ("RGCNConv", "edge_type"),
}


def pyg_model(kind: str) -> Any:
    """The class, or a function, that makes the model from GNN's arguments."""
    models = require("torch_geometric.nn.models", INSTALL)
    if kind == "gatv2":
        return lambda *sizes, **settings: models.GAT(*sizes, v2=True, **settings)
    if kind in MODELS:
        return getattr(models, MODELS[kind])
    return stack(kind) if kind in LAYERS else other(kind)


@cache
def stack(kind: str) -> Any:
    """A BasicGNN of one of `LAYERS`."""
    basic = require("torch_geometric.nn.models.basic_gnn", INSTALL).BasicGNN
    name, third = LAYERS[kind]

    class Stack(basic):  # type: ignore[misc, valid-type]
        supports_edge_weight = third == "edge_weight"
        supports_edge_attr = third != "edge_weight"

        def init_conv(self, in_channels: int, out_channels: int, **settings: Any) -> Any:
            return make_layer(self, kind, in_channels, out_channels, **settings)

        def forward(self, x: Any, edge_index: Any, edge_type: Any = None, **rest: Any) -> Any:
            if edge_type is not None:
                rest["edge_attr"] = edge_type
            return super().forward(x, edge_index, **rest)

    return Stack


def make_layer(model: Any, kind: str, in_channels: int, out_channels: int, **settings: Any) -> Any:
    """One convolution of a `stack`, with the networks inside of it."""
    pyg = require("torch_geometric.nn", INSTALL)
    if kind == "gine":
        sizes = [in_channels, out_channels, out_channels]
        options = {"act": model.act, "act_first": model.act_first, "norm": model.norm}
        mlp = pyg.MLP(sizes, **options, norm_kwargs=model.norm_kwargs)
        return pyg.GINEConv(mlp, **settings)
    if kind == "nn":
        weights = pyg.Linear(settings.pop("edge_dim"), in_channels * out_channels)
        return pyg.NNConv(in_channels, out_channels, weights, **settings)
    if kind == "rgcn":

        class Relational(pyg.RGCNConv):  # type: ignore[misc, name-defined]
            def forward(self, x: Any, edge_index: Any, edge_attr: Any) -> Any:
                return super().forward(x, edge_index, edge_attr)

        return Relational(in_channels, out_channels, **settings)
    return getattr(pyg, LAYERS[kind][0])(in_channels, out_channels, **settings)


@cache
def other(kind: str) -> Any:
    """APPNP, and the models of convolutions that keep the width, as their papers build them."""
    torch, pyg = import_torch(), require("torch_geometric.nn", INSTALL)

    class Other(torch.nn.Module):  # type: ignore[misc, name-defined]
        def __init__(
            self, width: int, hidden: int, layers: int, out: int | None, act: Any = None, **settings: Any
        ) -> None:
            super().__init__()
            self.act = require("torch_geometric.nn.resolver", INSTALL).activation_resolver(act)
            self.norms = torch.nn.ModuleList()
            if settings.pop("norm", None) is not None:
                self.norms.extend(pyg.GraphNorm(hidden) for _ in range(layers - (kind == "appnp")))
            if kind == "appnp":
                sizes = [width, *[hidden] * (layers - 1), out or hidden]
                self.convs = torch.nn.ModuleList(torch.nn.Linear(a, b) for a, b in zip(sizes, sizes[1:]))
                self.propagation = pyg.APPNP(**settings)
            else:
                self.lin_in = torch.nn.Linear(width, hidden)
                self.convs = torch.nn.ModuleList(self.layer(i, hidden, settings) for i in range(layers))
                if out is not None:
                    self.lin = torch.nn.Linear(hidden, out)

        def layer(self, i: int, hidden: int, settings: dict[str, Any]) -> Any:
            if kind == "gcn2":
                return pyg.GCN2Conv(hidden, **settings, layer=i + 1)
            return pyg.GatedGraphConv(hidden, settings["conv_kwargs"]["num_layers"])

        def after(self, i: int, h: Any, batch: Any) -> Any:
            h = self.norms[i](h, batch) if len(self.norms) else h
            return h if self.act is None else self.act(h)

        def forward(
            self, x: Any, edge_index: Any, edge_weight: Any = None, batch: Any = None, batch_size: Any = None
        ) -> Any:
            if kind == "appnp":
                for i, lin in enumerate(self.convs):
                    x = lin(x) if i == len(self.convs) - 1 else self.after(i, lin(x), batch)
                return self.propagation(x, edge_index, edge_weight)
            h = initial = self.lin_in(x) if self.act is None else self.act(self.lin_in(x))
            for i, conv in enumerate(self.convs):
                first = (initial,) if kind == "gcn2" else ()
                h = self.after(i, conv(h, *first, edge_index, edge_weight), batch)
            return self.lin(h) if hasattr(self, "lin") else h

    return Other
