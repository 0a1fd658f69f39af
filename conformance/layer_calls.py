"""What the layers of a torch module were given and gave back in one run, with all gradients."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tinygnn.adapters.pyg_messages import PygPassing, recording
from tinygnn.conformance.torch_ops import import_torch
from tinygnn.conformance.twins import Twin


@dataclass(eq=False)
class LayerCall:
    """One call of a layer: copies of what it was given, whose gradients are this call's share alone.

    passings: the messages that it passed. output: what it gave, a tensor that has its gradient, the first
    where it gave several, and then not is_tensor.
    """

    twin: Twin
    given: tuple[Any, ...]
    named: dict[str, Any]
    passings: list[PygPassing] = field(default_factory=list)
    output: Any = None
    is_tensor: bool = False


def run_layers(module: Any, twins: Sequence[Twin], run: Callable[[Any], Any]) -> list[LayerCall]:
    """Run the module by `run(module)`, then backward from a loss: Σ c_k out_k of all that it gives.

    c is `cotangent`. Returns the calls of its layers in order. The module is left as it was, but for
    gradients.
    """
    calls: list[LayerCall] = []
    handles = []
    module.zero_grad()
    with recording(module) as passings:
        for twin in twins:
            begin, end = _hooks(twin, calls, passings)
            handles.append(twin.layer.register_forward_pre_hook(begin, with_kwargs=True))
            handles.append(twin.layer.register_forward_hook(end))
        try:
            terms = loss_of(run(module))
        finally:
            for handle in handles:
                handle.remove()
    if not terms:
        raise ValueError("the model gives no tensor of floats back")
    loss = sum(part.sum() for part in terms)
    if loss.requires_grad:
        loss.backward()
    return calls


def loss_of(output: Any) -> list[Any]:
    """The terms of the loss: of each tensor that the model gives, its numbers times `cotangent`.

    What is given without a gradient, beside what has one, is for reading and does not count.
    """
    parts = [part for part in tensors_in(output) if part.is_floating_point()]
    return [part * cotangent(part) for part in [part for part in parts if part.requires_grad] or parts]


def cotangent(output: Any) -> Any:
    """What the loss weighs each number of the output with: ±1/16, ±3/16 ... ±11/16 in turn."""
    torch = import_torch()
    k = torch.arange(output.numel(), device=output.device)
    return ((2.0 * ((7 * k) % 12) - 11.0) / 16.0).to(output.dtype).reshape(output.shape)


def tensors_in(output: Any) -> list[Any]:
    """The output itself, or all tensors in it, in order."""
    if isinstance(output, import_torch().Tensor):
        return [output]
    parts = output.values() if isinstance(output, dict) else output
    nested = isinstance(output, (dict, list, tuple))
    return [found for part in parts for found in tensors_in(part)] if nested else []


def _hooks(twin: Twin, calls: list[LayerCall], passings: list[PygPassing]) -> tuple[Any, Any]:
    running: list[tuple[LayerCall, int]] = []

    def begin(layer: Any, given: Any, named: Any) -> Any:
        """Keep copies, and give the layer copies of these, for it may change its own in place."""
        call = LayerCall(twin, *_copies(given, named))
        calls.append(call)
        running.append((call, len(passings)))
        return _copies(call.given, call.named)

    def end(layer: Any, given: Any, output: Any) -> Any:
        call, start = running.pop()
        call.passings = passings[start:]
        call.output = next(iter(tensors_in(output)), None)
        call.is_tensor = output is call.output
        if call.output is not None and call.output.requires_grad:
            call.output.retain_grad()
        return output.clone() if call.is_tensor else output  # what follows may change its own in place

    return begin, end


def _copies(given: tuple[Any, ...], named: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    return tuple(map(_copied, given)), {name: _copied(part) for name, part in named.items()}


def _copied(given: Any) -> Any:
    """Copies of the floats in it, with gradients of their own."""
    if isinstance(given, (list, tuple)) and type(given) in (list, tuple):
        return type(given)(map(_copied, given))
    torch = import_torch()
    dense = isinstance(given, torch.Tensor) and given.layout == torch.strided
    if not dense or not given.is_floating_point():
        return given
    copy = given.clone()
    if copy.requires_grad:
        copy.retain_grad()
    return copy
