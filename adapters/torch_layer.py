"""`Layer`: an entry of the table in torch_layers.py, and how arguments are read off a layer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

from tinygnn.adapters.errors import require

Reader = Callable[[Any], Any]


@dataclass(frozen=True)
class Layer:
    """The counterpart of a layer.

    torch: where it is imported from. arguments: how each argument of its constructor is read off a layer,
    in PyG's order and under PyG's names, "*" for a list of those that have none, "**" for a dict of further
    ones; the same on both sides, but for those in theirs. mend: what is to
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
