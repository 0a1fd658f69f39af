"""What each layer is in PyTorch or PyG, and where its constructor's arguments are read off it.

One entry per layer of `tinygnn.nn`; `to_torch`, `from_torch` and `export_torch` know layers from here alone.
"""

from __future__ import annotations

from functools import cache
from inspect import signature
from math import exp
from typing import Any

from tinygnn import nn
from tinygnn.adapters.torch_layer import (
    Layer,
    act_of_pna,
    aggregators_of_pna,
    any_degrees,
    attribute,
    bias_of_mlp,
    dropout_of_mlp,
    eps_is_learned,
    keep_degrees,
    layer,
    mend_batch,
    mend_improved,
    there,
)

LAYERS: dict[str, Layer] = {
    "Linear": layer("torch_geometric.nn.Linear", "in_channels out_channels", bias=there("bias")),
    "Sequential": Layer("torch.nn.Sequential", {"*": list}),
    "Dropout": layer("torch.nn.Dropout", "p"),
    "Identity": layer("torch.nn.Identity"),
    "ReLU": layer("torch.nn.ReLU"),
    "LeakyReLU": layer("torch.nn.LeakyReLU", "negative_slope"),
    "ELU": layer("torch.nn.ELU", "alpha"),
    "GELU": layer("torch.nn.GELU", "approximate"),
    "SiLU": layer("torch.nn.SiLU"),
    "Softplus": layer("torch.nn.Softplus", "beta"),
    "Tanh": layer("torch.nn.Tanh"),
    "Sigmoid": layer("torch.nn.Sigmoid"),
    "PReLU": layer("torch.nn.PReLU", "num_parameters init"),
    "Softmax": layer("torch.nn.Softmax", "dim"),
    "LogSoftmax": layer("torch.nn.LogSoftmax", "dim"),
    "MLP": layer(
        "torch_geometric.nn.MLP",
        "channel_list",
        dropout=dropout_of_mlp,
        act=attribute("act"),
        act_first=attribute("act_first"),
        norm=lambda mlp: norm_of(mlp.norms),
        norm_kwargs=lambda mlp: norm_kwargs_of(mlp.norms),
        plain_last=attribute("plain_last"),
        bias=bias_of_mlp,
    ),
    "BatchNorm1d": layer("torch.nn.BatchNorm1d", "num_features eps momentum affine track_running_stats"),
    "BatchNorm": layer(
        "torch_geometric.nn.BatchNorm",
        "in_channels",
        eps=attribute("module.eps"),
        momentum=attribute("module.momentum"),
        affine=attribute("module.affine"),
        track_running_stats=attribute("module.track_running_stats"),
        allow_single_element=attribute("allow_single_element"),
    ),
    "LayerNorm": layer(
        "torch_geometric.nn.LayerNorm",
        "in_channels eps",
        affine=there("weight"),
        mode=attribute("mode"),
        mend=mend_batch,
    ),
    "GraphNorm": layer("torch_geometric.nn.GraphNorm", "in_channels eps"),
    "InstanceNorm": layer(
        "torch_geometric.nn.InstanceNorm",
        "eps momentum affine track_running_stats",
        in_channels=attribute("num_features"),
    ),
    "PairNorm": layer("torch_geometric.nn.PairNorm", "scale scale_individually eps"),
    "GraphSizeNorm": layer("torch_geometric.nn.GraphSizeNorm"),
    "JumpingKnowledge": layer("torch_geometric.nn.JumpingKnowledge", "mode channels num_layers"),
    "LSTM": layer(
        "torch.nn.LSTM",
        "input_size hidden_size num_layers bias batch_first bidirectional",
        dropout=attribute("dropout.p"),
        theirs={"dropout": attribute("dropout")},
    ),
    "GCNConv": layer(
        "torch_geometric.nn.GCNConv",
        "in_channels out_channels improved",
        add_self_loops=lambda layer: (
            None if layer.add_self_loops == layer.normalize else layer.add_self_loops
        ),
        normalize=attribute("normalize"),
        bias=there("bias"),
        mend=mend_improved,
    ),
    "SAGEConv": layer(
        "torch_geometric.nn.SAGEConv",
        "in_channels out_channels aggr normalize",
        root_weight=there("lin_r"),
        project=there("lin"),
        bias=there("lin_l.bias"),
    ),
    "GATConv": layer(
        "torch_geometric.nn.GATConv",
        "in_channels out_channels heads concat negative_slope",
        dropout=attribute("dropout.p"),
        add_self_loops=attribute("add_self_loops"),
        edge_dim=attribute("edge_dim"),
        fill_value=attribute("fill_value"),
        bias=there("bias"),
        residual=there("res"),
        theirs={"dropout": attribute("dropout")},
    ),
    "GATv2Conv": layer(
        "torch_geometric.nn.GATv2Conv",
        "in_channels out_channels heads concat negative_slope",
        dropout=attribute("dropout.p"),
        add_self_loops=attribute("add_self_loops"),
        edge_dim=attribute("edge_dim"),
        fill_value=attribute("fill_value"),
        bias=there("bias"),
        share_weights=lambda layer: layer.lin_l is layer.lin_r,
        residual=there("res"),
        theirs={"dropout": attribute("dropout")},
    ),
    "GINConv": layer(
        "torch_geometric.nn.GINConv", "nn", eps=attribute("initial_eps"), train_eps=eps_is_learned
    ),
    "GINEConv": layer(
        "torch_geometric.nn.GINEConv",
        "nn",
        eps=attribute("initial_eps"),
        train_eps=eps_is_learned,
        edge_dim=attribute("edge_dim"),
        theirs={"edge_dim": lambda layer: None if layer.lin is None else layer.lin.in_channels},
    ),
    "EdgeConv": layer("torch_geometric.nn.EdgeConv", "nn aggr"),
    "NNConv": layer(
        "torch_geometric.nn.NNConv", "in_channels out_channels nn aggr root_weight", bias=there("bias")
    ),
    "PNAConv": layer(
        "torch_geometric.nn.PNAConv",
        "in_channels out_channels aggregators scalers",
        deg=any_degrees,
        edge_dim=attribute("edge_dim"),
        towers=attribute("towers"),
        pre_layers=attribute("pre_layers"),
        post_layers=attribute("post_layers"),
        divide_input=attribute("divide_input"),
        act=attribute("act"),
        act_kwargs=attribute("act_kwargs"),
        train_norm=attribute("train_norm"),
        theirs={
            "aggregators": aggregators_of_pna,
            "scalers": attribute("aggr_module.scaler"),
            "pre_layers": lambda conv: len(conv.pre_nns[0]) // 2 + 1,
            "post_layers": lambda conv: len(conv.post_nns[0]) // 2 + 1,
            "act": act_of_pna,
            "act_kwargs": lambda conv: None,
            "train_norm": lambda conv: "avg_deg_lin" in dict(conv.aggr_module.named_parameters()),
        },
        mend=keep_degrees,
    ),
    "GraphConv": layer(
        "torch_geometric.nn.GraphConv", "in_channels out_channels aggr", bias=there("lin_rel.bias")
    ),
    "SGConv": layer(
        "torch_geometric.nn.SGConv",
        "in_channels out_channels K add_self_loops",
        bias=there("lin.bias"),
    ),
    "APPNP": layer(
        "torch_geometric.nn.APPNP",
        "K alpha",
        dropout=attribute("dropout.p"),
        add_self_loops=attribute("add_self_loops"),
        normalize=attribute("normalize"),
        theirs={"dropout": attribute("dropout")},
    ),
    "TAGConv": layer(
        "torch_geometric.nn.TAGConv",
        "in_channels out_channels K",
        bias=there("bias"),
        normalize=attribute("normalize"),
    ),
    "ChebConv": layer(
        "torch_geometric.nn.ChebConv",
        "in_channels out_channels",
        K=lambda layer: len(layer.lins),
        normalization=attribute("normalization"),
        bias=there("bias"),
    ),
    "GCN2Conv": layer(
        "torch_geometric.nn.GCN2Conv",
        "channels alpha theta layer",
        shared_weights=lambda layer: layer.weight2 is None,
        add_self_loops=attribute("add_self_loops"),
        normalize=attribute("normalize"),
        # PyG keeps β = log(θ / layer + 1) and forgets both; exp(β) - 1 gives back β to the last bit.
        theirs={
            "theta": lambda layer: None if layer.beta == 1.0 else exp(layer.beta) - 1.0,
            "layer": lambda layer: None if layer.beta == 1.0 else 1,
        },
    ),
    "ARMAConv": layer(
        "torch_geometric.nn.ARMAConv",
        "in_channels out_channels num_stacks num_layers shared_weights act",
        dropout=attribute("dropout.p"),
        bias=there("bias"),
        theirs={"dropout": attribute("dropout")},
    ),
    "RGCNConv": layer(
        "torch_geometric.nn.RGCNConv",
        "in_channels out_channels num_relations num_bases num_blocks aggr",
        root_weight=there("root"),
        is_sorted=attribute("is_sorted"),
        bias=there("bias"),
    ),
    "GatedGraphConv": layer(
        "torch_geometric.nn.GatedGraphConv", "out_channels num_layers aggr", bias=attribute("rnn.bias")
    ),
    "GRUCell": layer("torch.nn.GRUCell", "input_size hidden_size bias"),
    "SumAggregation": layer("torch_geometric.nn.SumAggregation"),
    "MeanAggregation": layer("torch_geometric.nn.MeanAggregation"),
    "MaxAggregation": layer("torch_geometric.nn.MaxAggregation"),
    "AttentionalAggregation": layer(
        "torch_geometric.nn.AttentionalAggregation",
        gate_nn=lambda layer: layer.gate_mlp if layer.gate_nn is None else layer.gate_nn,
        nn=lambda layer: layer.mlp if layer.nn is None else layer.nn,
    ),
    "Set2Set": layer(
        "torch_geometric.nn.Set2Set",
        "in_channels processing_steps",
        num_layers=attribute("lstm.num_layers"),
        bias=attribute("lstm.bias"),
        dropout=attribute("lstm.dropout.p"),
        theirs={"dropout": attribute("lstm.dropout")},
    ),
    "SelectTopK": layer("torch_geometric.nn.pool.select.SelectTopK", "in_channels ratio min_score act"),
    "TopKPooling": layer(
        "torch_geometric.nn.TopKPooling",
        "in_channels ratio min_score multiplier",
        nonlinearity=attribute("select.act"),
    ),
    "SAGPooling": Layer(
        "torch_geometric.nn.SAGPooling",
        {
            "in_channels": attribute("in_channels"),
            "ratio": attribute("ratio"),
            "GNN": lambda layer: type(layer.gnn),
            "min_score": attribute("min_score"),
            "multiplier": attribute("multiplier"),
            "nonlinearity": attribute("select.act"),
            "**": lambda layer: options_of_gnn(layer.gnn),
        },
    ),
}

# The names that both have for an activation, and PyTorch's class.
ACTIVATION_CLASSES = {
    "relu": "ReLU",
    "leaky_relu": "LeakyReLU",
    "elu": "ELU",
    "gelu": "GELU",
    "silu": "SiLU",
    "softplus": "Softplus",
    "tanh": "Tanh",
    "sigmoid": "Sigmoid",
}


# Layers whose activation is a function of a Value; the others take a module.
WITH_FUNCTIONS = ("SelectTopK", "TopKPooling", "SAGPooling")


def options_of_gnn(conv: Any) -> dict[str, Any]:
    """The arguments of a convolution on either side but for its sizes."""
    entry = LAYERS.get(type(conv).__name__)
    if entry is None:
        return {}
    read = entry.read(conv) if isinstance(conv, nn.Module) else entry.read_theirs(conv)
    return {name: value for name, value in read.items() if name not in ("in_channels", "out_channels")}


# Others of PyTorch's that come in as a layer; on the way out they are what LAYERS says.
ALIASES: dict[str, Layer] = {
    "Linear": layer(
        "torch.nn.Linear",
        in_channels=attribute("in_features"),
        out_channels=attribute("out_features"),
        bias=there("bias"),
    ),
    "LayerNorm": layer(
        "torch.nn.LayerNorm",
        "eps",
        in_channels=lambda norm: norm.normalized_shape[0] if len(norm.normalized_shape) == 1 else None,
        affine=there("weight"),
        mode=lambda norm: "node",
    ),
}


def norm_of(norms: Any) -> Any:
    """A model's norm: its class by name; itself where all layers share it; None where there is none."""
    present = [norm for norm in norms if type(norm).__name__ != "Identity"]
    if not present:
        return None
    return present[0] if len(present) > 1 and present[1] is present[0] else type(present[0]).__name__


def norm_kwargs_of(norms: Any) -> dict[str, Any] | None:
    """The options of a model's norm that are not at their defaults; None where there are none."""
    name = norm_of(norms)
    entry = LAYERS.get(name) if isinstance(name, str) else None
    if entry is None:
        return None
    [norm, *_] = [norm for norm in norms if type(norm).__name__ == name]
    read = entry.read(norm) if isinstance(norm, nn.Module) else entry.read_theirs(norm)
    defaults = {name: each.default for name, each in signature(getattr(nn, name)).parameters.items()}
    sizes = ("in_channels", "scale")  # PairNorm's scale is the number of channels where a model makes it
    return {k: v for k, v in read.items() if k not in sizes and v != defaults[k]} or None


@cache
def counterparts() -> dict[Any, tuple[str, Layer]]:
    """For each class of PyTorch and PyG that is one: the name of the tinygnn layer, and how to read it."""
    both = [*LAYERS.items(), *ALIASES.items()]
    return {entry.load(): (name, entry) for name, entry in both}


def entry_of(layer: Any) -> Layer | None:
    """The entry of one of tinygnn's layers; None for anything else, subclasses of a layer included."""
    name = type(layer).__name__
    return LAYERS.get(name) if getattr(nn, name, None) is type(layer) else None
