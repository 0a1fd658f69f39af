"""Activations and norms by name, as `MLP` and `GNN` take them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tinygnn.nn import activation_modules as acts
from tinygnn.nn import norm as norms
from tinygnn.nn.activation import ACTIVATIONS as FUNCTIONS
from tinygnn.nn.activation import Activation
from tinygnn.nn.activation_modules import entrywise
from tinygnn.nn.module import Module

ACTIVATIONS: dict[str, type[Module]] = {
    "relu": acts.ReLU,
    "leaky_relu": acts.LeakyReLU,
    "elu": acts.ELU,
    "gelu": acts.GELU,
    "silu": acts.SiLU,
    "softplus": acts.Softplus,
    "tanh": acts.Tanh,
    "sigmoid": acts.Sigmoid,
    "prelu": acts.PReLU,
    "softmax": acts.Softmax,
    "log_softmax": acts.LogSoftmax,
    "identity": acts.Identity,
}
NORMS: dict[str, type[Module]] = {
    "batch_norm": norms.BatchNorm,
    "layer_norm": norms.LayerNorm,
    "graph_norm": norms.GraphNorm,
    "instance_norm": norms.InstanceNorm,
    "pair_norm": norms.PairNorm,
    "graph_size_norm": norms.GraphSizeNorm,
}
# Where a norm's first argument is not in_channels.
FIRST_ARGUMENT = {"pair_norm": "scale", "graph_size_norm": None}


class Function(Module):
    """A function of one Value as a module: what `act=` may be too. Shapes: [N][F] -> [N][F]."""

    def __init__(self, function: Activation) -> None:
        self.function = function

    def forward(self, x: Any) -> Any:
        return entrywise(self.function, x)

    def __repr__(self) -> str:
        return f"Function({getattr(self.function, '__name__', repr(self.function))})"


def activation_resolver(
    act: str | Activation | Module | None, act_kwargs: Mapping[str, Any] | None = None
) -> Module | None:
    """The activation of that name, made with act_kwargs; a module as it is; None means none.

    Names are those of the classes, however written: "leaky_relu", "LeakyReLU". A function of one Value
    becomes a module, `Value.relu` and its like the one of that name. Raises ValueError for an unknown name,
    and for act_kwargs without a name.
    """
    if isinstance(act, str):
        found = _named(act, ACTIVATIONS, "", "act", "give a module or a function")
        return ACTIVATIONS[found](**(act_kwargs or {}))
    if act_kwargs:
        raise ValueError("act_kwargs are for an activation by name: give its options where you make it")
    if act is None or isinstance(act, Module):
        return act
    for name, function in FUNCTIONS.items():
        if function is act:
            return ACTIVATIONS[name]()
    owner = getattr(act, "__self__", None)
    return owner if isinstance(owner, Module) else Function(act)  # LeakyReLU(0.1).of is LeakyReLU(0.1)


def normalization_resolver(
    norm: str | Module | None, channels: int, norm_kwargs: Mapping[str, Any] | None = None
) -> Module | None:
    """The norm of that name for so many channels, made with norm_kwargs; a module as it is; None means none.

    Names are those of the classes, however written, "norm" may be left out: "batch_norm", "BatchNorm",
    "batch". As in PyG, "pair_norm" gets the number of channels for its scale where norm_kwargs has none.
    Raises ValueError for an unknown name, and for norm_kwargs without a name.
    """
    if isinstance(norm, str):
        found = _named(norm, NORMS, "norm", "norm", "give a module")
        first = FIRST_ARGUMENT.get(found, "in_channels")
        settings = {} if first is None else {first: channels}
        return NORMS[found](**{**settings, **(norm_kwargs or {})})
    if norm_kwargs:
        raise ValueError("norm_kwargs are for a norm by name: give its options where you make it")
    return norm


def apply_norm(norm: Module, x: Any, batch: Sequence[int] | None, batch_size: int | None) -> Any:
    """Call a norm: with the batch where it has takes_batch = True, as tinygnn's own norms have."""
    return norm(x, batch, batch_size) if getattr(norm, "takes_batch", False) else norm(x)


def _named(name: str, table: Mapping[str, object], ending: str, what: str, otherwise: str) -> str:
    """The key of the table that is meant by a name."""
    plain = _plain(name)
    for key in table:
        if plain in (_plain(key), _plain(key).removesuffix(ending)):
            return key
    raise ValueError(f"{what} is {name!r}: choose from {', '.join(table)}, or {otherwise}")


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "").replace(" ", "")
