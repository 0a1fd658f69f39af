"""`TorchGNN` and `TorchNetwork`: a GNN where PyG has no model of its own for it, and a Network.

The classes need PyTorch to be defined, so they are made when they are asked for: `torch_gnn_class()`, or
`tinygnn.adapters.torch_gnn.TorchGNN`, which is what pickle looks up.
"""

from __future__ import annotations

from functools import cache
from inspect import signature
from typing import Any

from tinygnn.adapters.errors import require_pyg, require_torch

# PyG's models, by the kind of convolution, and what is told to them beside the sizes.
MODELS: dict[str, tuple[str, dict[str, Any]]] = {
    "gcn": ("GCN", {}),
    "sage": ("GraphSAGE", {}),
    "gin": ("GIN", {}),
    "gat": ("GAT", {}),
    "gatv2": ("GAT", {"v2": True}),
    "edge": ("EdgeCNN", {}),
    "pna": ("PNA", {}),
}
READOUTS = {"mean": "global_mean_pool", "sum": "global_add_pool", "max": "global_max_pool"}


def takes_batch(norm: Any) -> bool:
    """Whether a norm of PyG's is called with the graph of each node."""
    return "batch" in signature(norm.forward).parameters


@cache
def torch_gnn_class() -> Any:
    """The class `TorchGNN`."""
    torch = require_torch()
    pyg = require_pyg("torch_geometric.nn")

    class TorchGNN(torch.nn.Module):  # type: ignore[misc, name-defined]
        """conv -> norm -> act -> dropout ... -> conv, with the names of PyG's models for parts and weights.

        Beside theirs: third, the name of what each convolution takes beside x and edge_index; input_dropout;
        lin_in before the convolutions; propagation, APPNP, behind them; readout.
        """

        def __init__(self, **options: Any) -> None:
            super().__init__()
            for name in ("convs", "norms"):
                setattr(self, name, torch.nn.ModuleList(options.pop(name)))
            for name, value in options.items():
                setattr(self, name, value)

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
            x = self.input_dropout(x)
            if self.lin_in is not None:
                x = self.lin_in(x)
                x = x if self.act is None else self.act(x)
            initial = (x,) if self.kind == "gcn2" else ()
            rows = []
            for i, conv in enumerate(self.convs):
                x = conv(x) if self.kind == "appnp" else conv(x, *initial, edge_index, *third)
                if i < len(self.norms):
                    x = self._after(i, x, batch, batch_size)
                    rows.append(x)
            x = x if self.jk is None else self.jk(rows)
            x = x if self.lin is None else self.lin(x)
            x = x if self.propagation is None else self.propagation(x, edge_index, *third)
            if self.readout is None:
                return x
            batch = x.new_zeros(len(x), dtype=torch.long) if batch is None else batch
            if isinstance(self.readout, torch.nn.Module):
                return self.readout(x, batch, dim_size=batch_size)
            return getattr(pyg, READOUTS[self.readout])(x, batch, batch_size)

        def _after(self, i: int, x: Any, batch: Any, batch_size: int | None) -> Any:
            """Norm, act and dropout behind convolution i."""
            if self.act is not None and self.act_first:
                x = self.act(x)
            x = self.norms[i](x, batch, batch_size) if takes_batch(self.norms[i]) else self.norms[i](x)
            if self.act is not None and not self.act_first:
                x = self.act(x)
            return self.dropout(x)

        def __repr__(self) -> str:
            sizes = f"{self.in_channels}, {self.out_channels}"
            return f"TorchGNN({self.kind}, {sizes}, num_layers={self.num_layers})"

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


def kind_of(module: Any) -> str | None:
    """The kind of convolution of one of PyG's models or of a `TorchGNN`; None for any other module."""
    if type(module) is torch_gnn_class():
        return str(module.kind)
    pyg = require_pyg("torch_geometric.nn")
    for kind, (name, options) in MODELS.items():
        if type(module) is getattr(pyg, name):
            v2 = isinstance(module.convs[0], pyg.GATv2Conv)
            if options.get("v2", False) == v2:
                return kind
    return None


def __getattr__(name: str) -> Any:
    if name == "TorchGNN":
        return torch_gnn_class()
    if name == "TorchNetwork":
        return torch_network_class()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
