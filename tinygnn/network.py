"""`Network`: layers one after the other, and the line of text that names them."""

from __future__ import annotations

import ast
import random
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from inspect import signature
from typing import Any

from tinygnn import nn
from tinygnn.batch import Batch
from tinygnn.edge_index import EdgeIndex, Weights
from tinygnn.graph import Graph
from tinygnn.linalg import Matrix
from tinygnn.nn import Module

WITH_WEIGHTS = (
    nn.GCNConv, nn.GraphConv, nn.SGConv, nn.APPNP, nn.TAGConv, nn.ChebConv, nn.ARMAConv, nn.GatedGraphConv,
)  # fmt: skip
WITH_FEATURES = (nn.GINEConv, nn.NNConv)  # and those that were given an edge_dim
WITH_TYPES = (nn.RGCNConv,)
WITHOUT = (nn.SAGEConv, nn.GATConv, nn.GATv2Conv, nn.GINConv, nn.EdgeConv, nn.PNAConv)
CONVOLUTIONS = (*WITH_WEIGHTS, *WITH_FEATURES, *WITH_TYPES, *WITHOUT)
READOUTS = (nn.SumAggregation, nn.MeanAggregation, nn.MaxAggregation, nn.AttentionalAggregation, nn.Set2Set)
# Layers that take or give more than rows for nodes and edges between them: for a Module of one's own.
REFUSED = (nn.GCN2Conv, nn.LSTM, nn.GRUCell, nn.TopKPooling, nn.SAGPooling, nn.SelectTopK)


class Network(Module):
    """f_n(... f_2(f_1(x))), where convolutions get the edges too: PyG's `torch_geometric.nn.Sequential`.

    A convolution gets edge_weight, edge_attr or edge_type where it takes one; a norm and a readout
    get the graph of each node. Parameters are named after their layer: "module_0.lin.weight".

    Call it with a Graph or a Batch (edge types are its edge_attrs["edge_type"]), or with x and the rest.
    Shapes: x [N][F] -> [N][F'], after a readout [B][F'].

    >>> Network(nn.GCNConv(3, 16), nn.ReLU(), nn.GCNConv(16, 2))
    Network(GCNConv(3 -> 16), ReLU(), GCNConv(16 -> 2))

    Raises TypeError for what is no module, and ValueError for a layer that is not called with rows alone.
    """

    def __init__(self, *layers: Module) -> None:
        for i, layer in enumerate(layers):
            if not isinstance(layer, Module):
                raise TypeError(f"Network takes modules, but number {i} is {layer!r}: give one, as ReLU()")
            if isinstance(layer, REFUSED):
                raise ValueError(
                    f"layer {i} is a {type(layer).__name__}, which takes or gives more than rows of nodes: "
                    "write a Module with a forward of its own"
                )
            if isinstance(layer, CONVOLUTIONS) and any(isinstance(each, READOUTS) for each in layers[:i]):
                raise ValueError(
                    f"layer {i} is a {type(layer).__name__} after a readout, where no nodes are left"
                )
            setattr(self, f"module_{i}", layer)

    @classmethod
    def of(cls, text: str, in_channels: int, out_channels: int, rng: random.Random | None = None) -> Network:
        """The network of a text that names layers of `tinygnn.nn`.

        in_channels and out_channels stand for sizes in it; rng is given to every layer. Nothing but layers,
        sizes, numbers, texts, True, False, None and lists can stand in the text.

        >>> Network.of("GCNConv(in_channels, 8), Tanh(), Linear(8, out_channels, bias=False)", 3, 2)
        Network(GCNConv(3 -> 8), Tanh(), Linear(8 -> 2))

        Raises ValueError, naming the layer, for anything else.
        """
        try:
            parsed = ast.parse(f"({text},)", mode="eval").body
        except (SyntaxError, ValueError) as error:
            raise ValueError(
                f"network {text!r} is not written like Linear(in_channels, 8), ReLU()"
            ) from error
        assert isinstance(parsed, ast.Tuple)
        sizes = {"in_channels": in_channels, "out_channels": out_channels}
        layers = [_value(part, sizes, rng) for part in parsed.elts]
        for part, layer in zip(parsed.elts, layers):
            if not isinstance(layer, Module):
                raise ValueError(f"network has {ast.unparse(part)} where it needs a layer, such as ReLU()")
        return cls(*layers)

    def forward(
        self,
        graph: Graph | Matrix,
        edge_index: object = None,
        edge_weight: Weights | None = None,
        edge_attr: Sequence[Any] | None = None,
        batch: Sequence[int] | None = None,
        batch_size: int | None = None,
        edge_type: Sequence[int] | None = None,
    ) -> list[list[Any]]:
        given: dict[str | None, Any] = {None: None}
        if isinstance(graph, Graph):
            if graph.x is None:
                raise ValueError(f"{graph!r} has no node features x: give it x, one row per node")
            x: Any = graph.x
            given.update(
                edge_index=graph.edge_index, edge_weight=graph.edge_weight, edge_attr=graph.edge_attr
            )
            given.update(edge_type=graph.edge_attrs.get("edge_type"), batch=None, batch_size=None)
            if isinstance(graph, Batch):
                given.update(batch=graph.batch, batch_size=graph.num_graphs)
        else:
            x = graph
            given.update(edge_weight=edge_weight, edge_attr=edge_attr, edge_type=edge_type)
            given.update(batch=batch, batch_size=batch_size)
            given["edge_index"] = None if edge_index is None else EdgeIndex.of(edge_index)
        for layer, call in zip(self, self.calls()):
            x = layer(x, *[given[name] for name in call])
        rows: list[list[Any]] = x
        return rows

    def calls(self) -> list[tuple[str | None, ...]]:
        """What each layer is called with beside x, by name; after a readout there are no nodes to number."""
        calls: list[tuple[str | None, ...]] = []
        read_out = False
        for layer in self:
            calls.append(() if read_out else takes(layer))
            read_out = read_out or isinstance(layer, READOUTS)
        return calls

    def __iter__(self) -> Iterator[Module]:
        return self.children()

    def __len__(self) -> int:
        return len(list(self.children()))

    def __getitem__(self, i: int) -> Module:
        return list(self)[i]

    def __repr__(self) -> str:
        return f"Network({', '.join(map(repr, self))})"


def takes(layer: Module) -> tuple[str | None, ...]:
    """What a layer is called with beside x, by name and in order; None is a readout's ptr.

    >>> takes(nn.GCNConv(1, 1)), takes(nn.SumAggregation()), takes(nn.ReLU())
    (('edge_index', 'edge_weight'), ('batch', None, 'batch_size'), ())
    """
    if isinstance(layer, WITH_WEIGHTS):
        return ("edge_index", "edge_weight")
    if isinstance(layer, WITH_TYPES):
        return ("edge_index", "edge_type")
    if isinstance(layer, CONVOLUTIONS):
        features = isinstance(layer, WITH_FEATURES) or getattr(layer, "edge_dim", None) is not None
        return ("edge_index", "edge_attr") if features else ("edge_index",)
    if isinstance(layer, READOUTS):
        return ("batch", None, "batch_size")
    return ("batch", "batch_size") if getattr(layer, "takes_batch", False) else ()


# ---- the text -----------------------------------------------------------------------------------------


def _value(part: ast.expr, sizes: Mapping[str, int], rng: random.Random | None) -> Any:
    """What a part of the text stands for: a layer, a size, a list of such, or a plain value."""
    if isinstance(part, ast.Call):
        return _layer(part, sizes, rng)
    if isinstance(part, ast.Name) and part.id in sizes:
        return sizes[part.id]
    if isinstance(part, (ast.List, ast.Tuple)):
        return [_value(item, sizes, rng) for item in part.elts]
    try:
        return ast.literal_eval(part)
    except (ValueError, TypeError, SyntaxError):
        raise ValueError(
            f"network has {ast.unparse(part)!r}: it may hold layers, numbers, texts, lists, in_channels and "
            "out_channels"
        ) from None


def _layer(part: ast.Call, sizes: Mapping[str, int], rng: random.Random | None) -> Module:
    known = {
        name: kind
        for name, kind in vars(nn).items()
        if isinstance(kind, type) and issubclass(kind, Module) and kind is not Module
    }
    name = ast.unparse(part.func)
    if name not in known:
        close = get_close_matches(name, known, 1)
        hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(sorted(known))}"
        raise ValueError(f"network has {name!r}, which is no layer: {hint}")
    arguments = [_value(argument, sizes, rng) for argument in part.args]
    named = {str(keyword.arg): _value(keyword.value, sizes, rng) for keyword in part.keywords}
    if rng is not None and "rng" in signature(known[name].__init__).parameters:
        named["rng"] = rng
    try:
        layer: Module = known[name](*arguments, **named)
    except (TypeError, ValueError) as error:
        raise ValueError(f"network has {ast.unparse(part)}: {error}") from error
    return layer
