"""A user's graph as tensors, and how a torch module is called with it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tinygnn.adapters import load
from tinygnn.adapters.errors import require_pyg
from tinygnn.adapters.pyg_output import to_pyg
from tinygnn.conformance.torch_ops import import_torch

WITH_GRADIENT = ("x", "edge_weight", "edge_attr")
MANY = 200_000  # numbers of one of these, above which its gradient is left out: it takes a Value for each
NAMES = ("x", "edge_index", "edge_weight", "edge_attr", "edge_type", "batch", "batch_size")
WHOLE = ("data", "batch", "graph")  # what a forward with one argument calls PyG's Data
OTHER_NAMES = {"weight": "edge_weight", "edge_weights": "edge_weight", "features": "x", "edges": "edge_index"}


@dataclass(frozen=True)
class ModelGraph:
    """A graph, or several as one, in float64. text: what it is, for the report."""

    data: Any
    text: str

    def run(self, module: Any) -> Any:
        """Call the module with what its forward asks for by name, or PyG's Data where it takes one thing.

        Raises ValueError for what the graph does not have, and where the module raises.
        """
        arguments = self._arguments(module.forward)
        try:
            return module(**arguments)
        except Exception as error:
            raise ValueError(
                f"the model, called with {', '.join(arguments)}, raised {type(error).__name__}: {error}"
            ) from error

    def _arguments(self, forward: Callable[..., Any]) -> dict[str, Any]:
        parameters = list(inspect.signature(forward).parameters.values())
        by_name = [p for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
        asked = [p.name for p in by_name]
        if len([p for p in by_name if p.default is p.empty]) == 1 and (asked[0] in WHOLE or len(asked) == 1):
            return {asked[0]: self.data}
        found = {}
        for place, parameter in enumerate(by_name):
            name = OTHER_NAMES.get(parameter.name, parameter.name)
            name = NAMES[place] if name not in NAMES and place < 2 else name
            value = self._part(name)
            if value is not None:
                found[parameter.name] = value
            elif parameter.default is parameter.empty and name == "batch":  # one graph
                found[parameter.name] = import_torch().zeros(self.data.num_nodes, dtype=import_torch().long)
            elif parameter.default is parameter.empty:
                raise ValueError(
                    f"the model's forward takes {parameter.name!r}, which the graph does not have: it has "
                    f"{', '.join(part for part in NAMES if self._part(part) is not None)}"
                )
        return found

    def _part(self, name: str) -> Any:
        if name == "batch_size":
            return getattr(self.data, "num_graphs", None)
        return getattr(self.data, name, None) if name in NAMES else None


def model_graph(source: str) -> ModelGraph:
    """The graph of a source, see `load`. Raises ValueError for a wrong source, and for nodes without x."""
    torch = import_torch()
    graphs = load(source)
    text = f"{source}: {graphs[0]}" if len(graphs) == 1 else f"{source}: {len(graphs)} graphs as one"
    datas = list(map(to_pyg, graphs))
    data = datas[0] if len(datas) == 1 else require_pyg("torch_geometric.data").Batch.from_data_list(datas)
    if data.x is None:
        raise ValueError(f"--data {source}: its nodes have no features x, which the layers need")
    for key, value in list(data.items()):
        if isinstance(value, torch.Tensor) and value.is_floating_point():
            data[key] = value.double()
    data.x = data.x.double()
    for name in WITH_GRADIENT:
        value = getattr(data, name, None)
        if isinstance(value, torch.Tensor) and value.is_floating_point() and value.numel() <= MANY:
            value.requires_grad_()
    return ModelGraph(data, text)
