"""What each layer is in PyTorch or PyG, and where its constructor's arguments are read off it.

One entry per layer of `tinygnn.nn`; `to_torch`, `from_torch` and `export_torch` know layers from here alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, reduce
from typing import Any

from tinygnn import nn
from tinygnn.adapters.errors import require

Reader = Callable[[Any], Any]


@dataclass(frozen=True)
class Layer:
    """The counterpart of a layer.

    torch: where it is imported from. arguments: how each argument of its constructor is read off a layer,
    in PyG's order and under PyG's names; the same on both sides, but for those in theirs. mend: what is to
    be done to a new layer of PyG's so that it computes what tinygnn's does.
    """

    torch: str
    arguments: dict[str, Reader]
    theirs: dict[str, Reader] = field(default_factory=dict)
    mend: Callable[[Any], object] | None = None

    @property
    def package(self) -> str:
        return self.torch.rpartition(".")[0]

    @property
    def name(self) -> str:
        return self.torch.rpartition(".")[2]

    def load(self) -> Any:
        """The class itself."""
        return getattr(require(self.package, "torch torch_geometric"), self.name)

    def read(self, layer: Any) -> dict[str, Any]:
        """The arguments of a layer of tinygnn's."""
        return {name: read(layer) for name, read in self.arguments.items()}

    def read_theirs(self, layer: Any) -> dict[str, Any]:
        """The arguments of a layer of PyTorch's or PyG's."""
        return {name: read(layer) for name, read in {**self.arguments, **self.theirs}.items()}


def attribute(path: str) -> Reader:
    """Read an attribute, such as "dropout.p"."""
    return lambda layer: reduce(getattr, path.split("."), layer)


def there(path: str) -> Reader:
    """Whether an attribute is there: bias=True is seen by the bias that it made."""
    return lambda layer: (
        reduce(lambda part, name: getattr(part, name, None), path.split("."), layer) is not None
    )


def layer(
    torch: str,
    names: str = "",
    theirs: dict[str, Reader] | None = None,
    mend: Callable[[Any], object] | None = None,
    **readers: Reader,
) -> Layer:
    """An entry of the table; names are the arguments that are attributes of the same name."""
    return Layer(torch, {**{name: attribute(name) for name in names.split()}, **readers}, theirs or {}, mend)


def weigh_edges(module: Any, arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
    """Before a GCNConv(improved=True) runs: edges without weights get 1, or PyG would leave improved out."""
    x, edge_index, edge_weight = (*arguments, None, None, None)[:3]
    edge_index = named.get("edge_index", edge_index)
    if edge_weight is None and named.get("edge_weight") is None:
        x = named.get("x", x)
        named = {"x": x, "edge_index": edge_index, "edge_weight": x.new_ones(edge_index.size(1))}
        return (), named
    return None


def mend_improved(module: Any) -> None:
    if module.improved:
        module.register_forward_pre_hook(weigh_edges, with_kwargs=True)


LAYERS: dict[str, Layer] = {
    "Linear": layer("torch_geometric.nn.Linear", "in_channels out_channels", bias=there("bias")),
    "Dropout": layer("torch.nn.Dropout", "p"),
    "LSTM": layer(
        "torch.nn.LSTM",
        "input_size hidden_size num_layers bias batch_first bidirectional",
        dropout=attribute("dropout.p"),
        theirs={"dropout": attribute("dropout")},
    ),
    "GCNConv": layer(
        "torch_geometric.nn.GCNConv",
        "in_channels out_channels improved add_self_loops normalize",
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
    "SumAggregation": layer("torch_geometric.nn.SumAggregation"),
    "MeanAggregation": layer("torch_geometric.nn.MeanAggregation"),
    "MaxAggregation": layer("torch_geometric.nn.MaxAggregation"),
    "AttentionalAggregation": layer(
        "torch_geometric.nn.AttentionalAggregation",
        "gate_nn nn",
        theirs={
            "gate_nn": lambda layer: layer.gate_nn or layer.gate_mlp,
            "nn": lambda layer: layer.nn or layer.mlp,
        },
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
}

# The names that both have for an activation, and PyTorch's class; `GNN(act=...)` and others take the name.
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


@cache
def counterparts() -> dict[Any, str]:
    """The name of the tinygnn layer for each class of PyTorch and PyG that has one."""
    return {entry.load(): name for name, entry in LAYERS.items()}


def entry_of(layer: Any) -> Layer | None:
    """The entry of one of tinygnn's layers; None for anything else, subclasses of a layer included."""
    name = type(layer).__name__
    return LAYERS.get(name) if getattr(nn, name, None) is type(layer) else None
