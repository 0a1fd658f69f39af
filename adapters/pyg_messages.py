"""`pyg_messages`: the messages of a PyG model, layer by layer, as its own hooks see them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tinygnn.adapters.errors import require_pyg


@dataclass(eq=False)
class PygPassing:
    """One call of a layer's `propagate`; PyTorch tensors that keep their gradient after `backward`.

    layer: the name of the module, as in `named_modules`; "" for a model that is the layer itself.
    edge_index: the senders and the hearers of the messages, [2][M], those of self loops that the layer
    adds included. inputs: what `message` was given, by name. messages: what it gave, M rows along the
    module's node_dim. aggregates: what was made of them for each node, before anything was added.
    outputs: what `propagate` gave. Each is None where the layer skipped that part.
    """

    layer: str
    module: Any
    edge_index: Any
    inputs: dict[str, Any] = field(default_factory=dict)
    messages: Any = None
    aggregates: Any = None
    outputs: Any = None


@dataclass(eq=False)
class PygMessages:
    """What a model gave, and the passings in it, in order."""

    output: Any
    passings: list[PygPassing]

    @property
    def layers(self) -> list[str]:
        """The names of the layers that passed messages, in order."""
        return list(dict.fromkeys([passing.layer for passing in self.passings]))

    def __getitem__(self, layer: str) -> list[PygPassing]:
        """The passings of the layer of that name. Raises KeyError that says which there are."""
        if layer not in self.layers:
            known = ", ".join(map(repr, self.layers))
            raise KeyError(f"no layer {layer!r} passed messages; there were {known or 'none'}")
        return [passing for passing in self.passings if passing.layer == layer]


def pyg_messages(module: Any, *arguments: Any, **options: Any) -> PygMessages:
    """Call module(*arguments, **options) and keep all messages that PyG's `MessagePassing` layers in it pass.

    Gradients are there once `backward` has run on the output, or on what was made of it; messages of inputs
    without requires_grad have none. Sparse adjacency matrices are taken edge by edge meanwhile, so that
    there are messages. The module is left as it was.
    """
    with recording(module) as passings:
        output = module(*arguments, **options)
    return PygMessages(output, passings)


@contextmanager
def recording(module: Any) -> Iterator[list[PygPassing]]:
    """While it is open, the passings of a module's layers are added to the list that it gives."""
    layer_class = require_pyg("torch_geometric.nn").MessagePassing
    passings: list[PygPassing] = []
    handles, fused = [], []
    for name, layer in module.named_modules():
        if isinstance(layer, layer_class):
            handles += _hooks(name, layer, passings)
            fused.append((layer, layer.fuse))
            layer.fuse = False
    try:
        yield passings
    finally:
        for handle in handles:
            handle.remove()
        for layer, fuse in fused:
            layer.fuse = fuse


def _hooks(name: str, layer: Any, passings: list[PygPassing]) -> list[Any]:
    """Hooks that fill in a passing while `propagate` runs."""
    running: list[PygPassing] = []

    def begin(module: Any, inputs: Any) -> None:
        running.append(PygPassing(name, module, _pairs(module, inputs[0])))
        passings.append(running[-1])

    def message(module: Any, inputs: Any, output: Any) -> Any:
        running[-1].inputs = dict(inputs[0])
        running[-1].messages, after = _kept(output)
        return after

    def aggregate(module: Any, inputs: Any, output: Any) -> Any:
        running[-1].aggregates, after = _kept(output)
        return after

    def end(module: Any, inputs: Any, output: Any) -> Any:
        running.pop().outputs, after = _kept(output)
        return after

    return [
        layer.register_propagate_forward_pre_hook(begin),
        layer.register_message_forward_hook(message),
        layer.register_aggregate_forward_hook(aggregate),
        layer.register_propagate_forward_hook(end),
    ]


def _kept(tensor: Any) -> tuple[Any, Any]:
    """The tensor, whose gradient is kept, and a copy to go on with: layers may change theirs in place."""
    if getattr(tensor, "requires_grad", False):
        tensor.retain_grad()
    return tensor, tensor.clone() if hasattr(tensor, "clone") else tensor


def _pairs(layer: Any, edge_index: Any) -> Any:
    """Senders and hearers [2][M] of what was given to `propagate`: edges, or a transposed matrix."""
    utils = require_pyg("torch_geometric.utils")
    if utils.is_sparse(edge_index):
        return utils.to_edge_index(edge_index)[0].flip([0])
    return edge_index.flip([0]) if layer.flow == "target_to_source" else edge_index
