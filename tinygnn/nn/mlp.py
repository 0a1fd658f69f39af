"""`MLP`: linear layers with norms and activations between them."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from tinygnn.linalg import Matrix
from tinygnn.nn.activation import Activation
from tinygnn.nn.activation_modules import Identity
from tinygnn.nn.dropout import Dropout
from tinygnn.nn.linear import Linear
from tinygnn.nn.module import Module
from tinygnn.nn.names import activation_resolver, apply_norm, normalization_resolver


class MLP(Module):
    """lin -> norm -> act -> dropout -> lin ... -> lin: PyG's `torch_geometric.nn.MLP`.

    Args: channel_list holds the sizes, [in, hidden, ..., out]; in its place in_channels, hidden_channels,
    out_channels and num_layers may be given. dropout: one probability for all layers but a plain last one, or
    a list of one for each layer. act: a name ("relu", "LeakyReLU", ...), with act_kwargs its options; a
    Module; a function of a Value; or None. act_first puts act before norm. norm: a name ("batch_norm",
    "layer", ...), with norm_kwargs its options; a Module, which then all layers share; or None. plain_last:
    no norm, act and dropout after the last layer. bias: of all layers, or a list of one for each.

    Parameters: lins.i.weight [out_i][in_i] and lins.i.bias from U(±1/√in), norms.i as the norm has them
    (norms.i.module.weight, ... for BatchNorm). Shapes: x [N][in] -> [N][out]; batch [N] and batch_size for
    norms that look at each graph for itself.

    Departures from PyG: no return_emb, and no deprecated arguments.

    >>> MLP([16, 32, 4])
    MLP(16 -> 32 -> 4)
    >>> list(MLP(in_channels=2, hidden_channels=3, out_channels=1, num_layers=2, norm=None).state_dict())
    ['lins.0.weight', 'lins.0.bias', 'lins.1.weight', 'lins.1.bias']

    Raises ValueError for sizes that are missing or given twice, for fewer than one layer, for lists of
    another length, and for an unknown name.
    """

    def __init__(
        self,
        channel_list: Sequence[int] | int | None = None,
        *,
        in_channels: int | None = None,
        hidden_channels: int | None = None,
        out_channels: int | None = None,
        num_layers: int | None = None,
        dropout: float | Sequence[float] = 0.0,
        act: str | Activation | Module | None = "relu",
        act_first: bool = False,
        act_kwargs: Mapping[str, Any] | None = None,
        norm: str | Module | None = "batch_norm",
        norm_kwargs: Mapping[str, Any] | None = None,
        plain_last: bool = True,
        bias: bool | Sequence[bool] = True,
        rng: random.Random | None = None,
    ) -> None:
        if isinstance(channel_list, int):
            channel_list, in_channels = None, channel_list
        sizes = _channels(channel_list, in_channels, hidden_channels, out_channels, num_layers)
        layers = len(sizes) - 1
        self.channel_list = sizes
        self.act = activation_resolver(act, act_kwargs)
        self.act_first = act_first
        self.plain_last = plain_last
        if isinstance(dropout, (int, float)):
            dropout = [dropout] * (layers - 1) + [0.0 if plain_last else dropout]
        self.dropout = _one_for_each("dropout", dropout, layers)
        biases = [bias] * layers if isinstance(bias, bool) else _one_for_each("bias", bias, layers)
        self.lins = [Linear(a, b, with_bias, rng=rng) for a, b, with_bias in zip(sizes, sizes[1:], biases)]
        self.norms = [
            normalization_resolver(norm, size, norm_kwargs) or Identity()
            for size in (sizes[1:-1] if plain_last else sizes[1:])
        ]
        self.drops = [Dropout(p, rng=rng) for p in self.dropout]

    @property
    def in_channels(self) -> int:
        """The length of the rows that it takes."""
        return self.channel_list[0]

    @property
    def out_channels(self) -> int:
        """The length of the rows that it gives."""
        return self.channel_list[-1]

    @property
    def num_layers(self) -> int:
        """How many linear layers there are."""
        return len(self.lins)

    def forward(
        self, x: Matrix, batch: Sequence[int] | None = None, batch_size: int | None = None
    ) -> list[list[Any]]:
        for lin, norm, drop in zip(self.lins, self.norms, self.drops):
            x = lin(x)
            if self.act is not None and self.act_first:
                x = self.act(x)
            x = apply_norm(norm, x, batch, batch_size)
            if self.act is not None and not self.act_first:
                x = self.act(x)
            x = drop(x)
        if self.plain_last:
            x = self.drops[-1](self.lins[-1](x))
        return x  # type: ignore[return-value]  # rows of Values from the first layer on

    def __repr__(self) -> str:
        return f"MLP({' -> '.join(map(str, self.channel_list))})"


def _channels(
    channel_list: Sequence[int] | None,
    in_channels: int | None,
    hidden_channels: int | None,
    out_channels: int | None,
    num_layers: int | None,
) -> list[int]:
    """The sizes from either form. Raises ValueError where they are not whole."""
    if channel_list is not None:
        if in_channels is not None or num_layers is not None:
            raise ValueError("MLP takes channel_list or in_channels, ..., num_layers: give one of both")
        if len(channel_list) < 2:
            raise ValueError(f"channel_list is {list(channel_list)}: give at least [in, out]")
        return list(channel_list)
    if in_channels is None or out_channels is None or num_layers is None:
        raise ValueError(
            "MLP needs channel_list, or in_channels, hidden_channels, out_channels and num_layers"
        )
    if num_layers < 1:
        raise ValueError(f"num_layers is {num_layers}: an MLP has at least one layer")
    if num_layers == 1:
        return [in_channels, out_channels]
    if hidden_channels is None:
        raise ValueError(f"hidden_channels is missing: {num_layers} layers have something between them")
    return [in_channels, *[hidden_channels] * (num_layers - 1), out_channels]


def _one_for_each(what: str, given: Sequence[Any], layers: int) -> list[Any]:
    if len(given) != layers:
        raise ValueError(f"{what} has {len(given)} entries for {layers} layers: each layer needs one")
    return list(given)
