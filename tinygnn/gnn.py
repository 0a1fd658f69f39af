"""`GNN`: a stack of graph convolutions."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from tinygnn.edge_index import EdgeIndex, Weights
from tinygnn.graph import Graph
from tinygnn.linalg import Matrix, maximum, mean, total
from tinygnn.nn.activation import Activation, activation, apply
from tinygnn.nn.conv import GATConv, GCNConv, SAGEConv
from tinygnn.nn.dropout import Dropout
from tinygnn.nn.module import Module
from tinygnn.value import Value

CONVOLUTIONS: dict[str, Callable[..., Module]] = {"gcn": GCNConv, "sage": SAGEConv, "gat": GATConv}
WEIGHTED = {"gcn"}  # convolutions that take edge weights; the others leave them out, as PyG's models do
READOUTS: dict[str, Callable[..., Value]] = {"mean": mean, "sum": total, "max": maximum}


class GNN(Module):
    """conv -> act -> dropout -> conv ... -> conv: PyG's models GCN, GraphSAGE and GAT.

    conv: the kind of convolution, "gcn", "sage" or "gat"; options go to its constructor, as heads=8.
    in_channels -> hidden_channels -> ... -> out_channels over num_layers convolutions; without
    out_channels the last one gives hidden_channels. act: a name ("relu", "tanh", ...), a function of a
    Value, or None. dropout: the probability to drop a hidden number in training. readout: None gives
    a row for each node; "mean", "sum" or "max" over the nodes gives one row for the graph. seed: of
    the initial weights and of dropout; without it they come from `tinygnn.manual_seed`'s generator.

    Shapes: x [N][in_channels] -> [N][out_channels], with a readout [1][out_channels]. Its state_dict
    has the keys of PyG's model.

    >>> GNN("gcn", in_channels=34, hidden_channels=16, num_layers=2, out_channels=4)
    GNN(GCNConv(34 -> 16), GCNConv(16 -> 4))

    Raises ValueError for an unknown name or for fewer than one layer.
    """

    def __init__(
        self,
        conv: str,
        in_channels: int,
        hidden_channels: int,
        num_layers: int,
        out_channels: int | None = None,
        act: str | Activation | None = "relu",
        dropout: float = 0.0,
        readout: str | None = None,
        *,
        seed: int | None = None,
        **options: Any,
    ) -> None:
        if conv not in CONVOLUTIONS:
            raise ValueError(f"conv is {conv!r}: choose from {', '.join(CONVOLUTIONS)}")
        if readout is not None and readout not in READOUTS:
            raise ValueError(f"readout is {readout!r}: choose from {', '.join(READOUTS)}, or None")
        if num_layers < 1:
            raise ValueError(f"num_layers is {num_layers}: a GNN has at least one layer")
        rng = None if seed is None else random.Random(seed)
        last = hidden_channels if out_channels is None else out_channels
        sizes = [in_channels, *[hidden_channels] * (num_layers - 1), last]
        self.kind = conv
        self.in_channels = in_channels
        self.hidden_channels = hidden_channels
        self.num_layers = num_layers
        self.out_channels = last
        options["rng"] = rng
        output = num_layers - 1 if out_channels is not None else None
        self.convs = [
            _convolution(conv, a, b, options, output=i == output)
            for i, (a, b) in enumerate(zip(sizes, sizes[1:]))
        ]
        self.act = activation(act)
        self.dropout = Dropout(dropout, rng=rng)
        self.readout = readout

    def forward(
        self, graph: Graph | Matrix, edge_index: object = None, edge_weight: Weights | None = None
    ) -> list[list[Value]]:
        """Take a Graph, or x, edge_index and edge_weight as PyG's models do."""
        if isinstance(graph, Graph):
            if graph.x is None:
                raise ValueError(f"{graph!r} has no node features x: give it x, one row per node")
            h: Matrix = graph.x
            edges, edge_weight = graph.edge_index, graph.edge_weight
        else:
            h, edges = graph, EdgeIndex.of(edge_index)
        last = len(self.convs) - 1
        for i, conv in enumerate(self.convs):
            h = conv(h, edges, edge_weight) if self.kind in WEIGHTED else conv(h, edges)
            if i < last:
                h = h if self.act is None else apply(self.act, h)
                h = self.dropout(h)
        if self.readout is not None:
            columns = zip(*h) if h else [()] * self.out_channels
            h = [[READOUTS[self.readout](column) for column in columns]]
        return h  # type: ignore[return-value]  # rows of Values from here on

    def __repr__(self) -> str:
        return f"GNN({', '.join(map(repr, self.convs))})"


def _convolution(
    kind: str, in_channels: int, out_channels: int, options: dict[str, Any], *, output: bool
) -> Module:
    """Make one convolution; GAT's heads share the hidden channels, and its output takes their mean."""
    if kind == "gat":
        heads = options.get("heads", 1)
        options = {**options, "concat": options.get("concat", True) and not output}
        if options["concat"]:
            if heads < 1 or out_channels % heads:
                raise ValueError(f"{heads} heads cannot share {out_channels} channels: choose a multiple")
            out_channels //= heads
    return CONVOLUTIONS[kind](in_channels, out_channels, **options)
