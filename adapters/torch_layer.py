"""`Layer`: an entry of the table in torch_layers.py, and how arguments are read off a layer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

from tinygnn.adapters.errors import require, require_torch

Reader = Callable[[Any], Any]


@dataclass(frozen=True)
class Layer:
    """The counterpart of a layer.

    torch: where it is imported from. arguments: how each argument of its constructor is read off a layer,
    in PyG's order and under PyG's names, "*" for a list of those that have none, "**" for a dict of further
    ones; the same on both sides, but for those in theirs. mend: what is to be done to a layer of PyG's so
    that it computes what tinygnn's does.
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


def eps_is_learned(layer: Any) -> bool:
    """Whether GIN's ε is a parameter and not a buffer."""
    return any(name == "eps" for name, _ in layer.named_parameters())


def dropout_of_mlp(mlp: Any) -> Any:
    """One probability where all layers have it (but a plain last one, which has none), else one for each."""
    *hidden, last = map(float, mlp.dropout)
    p = hidden[0] if hidden else last
    return p if hidden == [p] * len(hidden) and last == (0.0 if mlp.plain_last else p) else [*hidden, last]


def bias_of_mlp(mlp: Any) -> Any:
    """Whether all layers have a bias, or a list for each."""
    biases = [lin.bias is not None for lin in mlp.lins]
    return biases[0] if len(set(biases)) == 1 else biases


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


def number_graphs(module: Any, arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
    """Before a LayerNorm runs: nodes without a batch are one graph, or PyG would add eps elsewhere."""
    x, batch = (*arguments, None, None)[:2]
    if batch is None and named.get("batch") is None:
        x = named.get("x", x)
        return (x, x.new_zeros(x.size(0), dtype=require_torch().long), 1), {}
    return None


def mend_batch(module: Any) -> None:
    if module.mode == "graph":
        module.register_forward_pre_hook(number_graphs, with_kwargs=True)


def mend_improved(module: Any) -> None:
    if module.improved:
        module.register_forward_pre_hook(weigh_edges, with_kwargs=True)


# ---- PNAConv, which keeps of its arguments what they made -----------------------------------------------


def any_degrees(conv: Any) -> Any:
    """A histogram of degrees: the averages that PNAConv makes of it come with the weights."""
    return require_torch().tensor([0, 1])


def keep_degrees(conv: Any) -> None:
    """Let reset_parameters go back to the averages that were loaded."""
    aggr = conv.aggr_module
    aggr.init_avg_deg_lin, aggr.init_avg_deg_log = aggr.avg_deg_lin.item(), aggr.avg_deg_log.item()


def aggregators_of_pna(conv: Any) -> list[str]:
    """The names of PyG's aggregation modules: MeanAggregation is "mean"."""
    return [type(aggr).__name__.removesuffix("Aggregation").lower() for aggr in conv.aggr_module.aggr.aggrs]


def act_of_pna(conv: Any) -> Any:
    """The activation between the layers of PyG's networks; the default where there is none between."""
    networks = [network for network in (conv.pre_nns[0], conv.post_nns[0]) if len(network) > 1]
    return networks[0][1] if networks else "relu"
