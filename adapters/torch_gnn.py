"""`TorchGNN` and `TorchNetwork`: a GNN where PyG has no model of its own for it, and a Network.

The classes need PyTorch to be defined, so they are made when they are asked for: `torch_gnn_class()`, or
`tinygnn.adapters.torch_gnn.TorchGNN`, which is what pickle looks up.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from tinygnn.adapters.errors import require_pyg, require_torch

# PyG's models, by the kind of convolution, and what is told to them beside the sizes.
MODELS: dict[str, tuple[str, dict[str, Any]]] = {
    "gcn": ("GCN", {}),
    "sage": ("GraphSAGE", {}),
    "gat": ("GAT", {}),
}
READOUTS = {"mean": "global_mean_pool", "sum": "global_add_pool", "max": "global_max_pool"}


@cache
def torch_gnn_class() -> Any:
    """The class `TorchGNN`."""
    torch = require_torch()
    pyg = require_pyg("torch_geometric.nn")

    class TorchGNN(torch.nn.Module):  # type: ignore[misc, name-defined]
        """conv -> norm -> act -> dropout ... -> conv, and a readout: the state_dict keys of PyG's models.

        third: the name of what each convolution takes beside x and edge_index, or None.
        """

        def __init__(
            self,
            kind: str,
            in_channels: int,
            hidden_channels: int,
            num_layers: int,
            out_channels: int,
            *,
            act: Any = None,
            dropout: float = 0.0,
            readout: str | None = None,
            third: str | None = None,
        ) -> None:
            super().__init__()
            self.kind = kind
            self.in_channels = in_channels
            self.hidden_channels = hidden_channels
            self.num_layers = num_layers
            self.out_channels = out_channels
            self.convs = torch.nn.ModuleList()  # filled by who makes it
            self.act = act
            self.dropout = torch.nn.Dropout(dropout)
            self.readout = readout
            self.third = third

        def forward(
            self,
            x: Any,
            edge_index: Any,
            edge_weight: Any = None,
            edge_attr: Any = None,
            batch: Any = None,
            batch_size: int | None = None,
            edge_type: Any = None,
        ) -> Any:
            given = {"edge_weight": edge_weight, "edge_attr": edge_attr, "edge_type": edge_type}
            third = () if self.third is None else (given[self.third],)
            for i, conv in enumerate(self.convs):
                x = conv(x, edge_index, *third)
                if i < len(self.convs) - 1:
                    x = x if self.act is None else self.act(x)
                    x = self.dropout(x)
            if self.readout is None:
                return x
            batch = x.new_zeros(len(x), dtype=torch.long) if batch is None else batch
            return getattr(pyg, READOUTS[self.readout])(x, batch, batch_size)

        def __repr__(self) -> str:
            return f"TorchGNN({self.in_channels}, {self.out_channels}, num_layers={self.num_layers})"

    TorchGNN.__module__, TorchGNN.__qualname__ = __name__, "TorchGNN"
    return TorchGNN


@cache
def torch_network_class() -> Any:
    """The class `TorchNetwork`."""
    torch = require_torch()

    class TorchNetwork(torch.nn.Module):  # type: ignore[misc, name-defined]
        """Layers one after the other; calls: what each is called with beside x, by name."""

        def __init__(self, layers: list[Any], calls: list[Any]) -> None:
            super().__init__()
            for i, layer in enumerate(layers):
                self.add_module(f"module_{i}", layer)
            self.calls = calls

        def forward(
            self,
            x: Any,
            edge_index: Any = None,
            edge_weight: Any = None,
            edge_attr: Any = None,
            batch: Any = None,
            batch_size: int | None = None,
            edge_type: Any = None,
        ) -> Any:
            given = {
                "edge_index": edge_index,
                "edge_weight": edge_weight,
                "edge_attr": edge_attr,
                "edge_type": edge_type,
                "batch": batch,
                "batch_size": batch_size,
                None: None,
            }
            for i, call in enumerate(self.calls):
                x = getattr(self, f"module_{i}")(x, *[given[name] for name in call])
            return x

    TorchNetwork.__module__, TorchNetwork.__qualname__ = __name__, "TorchNetwork"
    return TorchNetwork


@cache
def model_kinds() -> dict[Any, str | None]:
    """PyG's models with the kind of convolution of each; a `TorchGNN` knows its own."""
    pyg = require_pyg("torch_geometric.nn")
    kinds: dict[Any, str | None] = {getattr(pyg, name): kind for kind, (name, _) in MODELS.items()}
    return {**kinds, torch_gnn_class(): None}


def __getattr__(name: str) -> Any:
    if name == "TorchGNN":
        return torch_gnn_class()
    if name == "TorchNetwork":
        return torch_network_class()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
