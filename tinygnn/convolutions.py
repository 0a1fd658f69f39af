"""The kinds of convolutions that a `GNN` is made of, by name, and how each is made from two sizes."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tinygnn import nn
from tinygnn.nn import MLP, Linear, Module


@dataclass(frozen=True)
class Context:
    """What a stack tells its convolutions: where each stands, and what is common to all.

    layer: counted from 0. maps_to_output: whether it is the last one and gives out_channels. act, act_first,
    norm and norm_kwargs are those of MLPs inside of convolutions; dropout is the stack's.
    """

    layer: int
    maps_to_output: bool
    act: Module | None
    act_first: bool
    norm: str | None
    norm_kwargs: Mapping[str, Any] | None
    dropout: float
    rng: random.Random | None


Options = dict[str, Any]
Maker = Callable[[int, int, Options, Context], Module]


@dataclass(frozen=True)
class Kind:
    """How a convolution is made, and what a stack of them needs.

    third: what it takes beside x and edge_index, edge_attr only if it has an edge_dim, or needs_edge_attr.
    constant_width: its output is as wide as its input, so that a Linear leads in and another one out.
    """

    make: Maker
    third: str | None = None
    needs_edge_attr: bool = False
    constant_width: bool = False

    def third_for(self, options: Options) -> str | None:
        """`third`, as far as convolutions with these options take it."""
        if self.third != "edge_attr" or self.needs_edge_attr or options.get("edge_dim") is not None:
            return self.third
        return None


def plain(layer: Callable[..., Module]) -> Maker:
    """A convolution that is made from its two sizes."""
    return lambda a, b, options, context: layer(a, b, **options, rng=context.rng)


def attention(layer: Callable[..., Module]) -> Maker:
    """GAT: heads share the channels, and where it gives the output their mean is taken, as in PyG."""

    def make(a: int, b: int, options: Options, context: Context) -> Module:
        heads, concat = options.pop("heads", 1), options.pop("concat", True) and not context.maps_to_output
        if concat and (heads < 1 or b % heads):
            raise ValueError(f"{heads} heads cannot share {b} channels: choose a multiple")
        dropout = options.pop("dropout", context.dropout)
        size = b // heads if concat else b
        return layer(a, size, heads, concat, dropout=dropout, **options, rng=context.rng)

    return make


def perceptron(sizes: list[int], context: Context) -> MLP:
    """The MLP inside of a convolution, as PyG's GIN and EdgeCNN make it."""
    return MLP(
        sizes,
        act=context.act,
        act_first=context.act_first,
        norm=context.norm,
        norm_kwargs=context.norm_kwargs if context.norm else None,
        rng=context.rng,
    )


def gin(a: int, b: int, options: Options, context: Context) -> Module:
    """x'_i = MLP((1 + ε) x_i + Σ x_j)."""
    return nn.GINConv(perceptron([a, b, b], context), **options)


def gine(a: int, b: int, options: Options, context: Context) -> Module:
    """GIN with edge features."""
    return nn.GINEConv(perceptron([a, b, b], context), **options, rng=context.rng)


def edge(a: int, b: int, options: Options, context: Context) -> Module:
    """x'_i = max_j MLP(x_i ‖ x_j - x_i)."""
    return nn.EdgeConv(perceptron([2 * a, b, b], context), **options)


def edge_conditioned(a: int, b: int, options: Options, context: Context) -> Module:
    """NNConv, whose weights are a linear function of the edge features."""
    edge_dim = options.pop("edge_dim", None)
    if edge_dim is None:
        raise ValueError("conv 'nn' needs edge_dim, the number of features that an edge has")
    weights = Linear(edge_dim, a * b, rng=context.rng)
    return nn.NNConv(a, b, weights, **options, rng=context.rng)


def gcn2(a: int, b: int, options: Options, context: Context) -> Module:
    """GCNII, whose theta is for the number of the layer."""
    layer = None if options.get("theta") is None else context.layer + 1
    return nn.GCN2Conv(a, **options, layer=layer, rng=context.rng)


def gated(a: int, b: int, options: Options, context: Context) -> Module:
    """GatedGraphConv; its steps are called num_layers, as in PyG."""
    return nn.GatedGraphConv(b, **options, rng=context.rng)


def linear(a: int, b: int, options: Options, context: Context) -> Module:
    """What APPNP propagates: predictions from the nodes' own features."""
    return Linear(a, b, rng=context.rng)


CONVOLUTIONS: dict[str, Kind] = {
    "gcn": Kind(plain(nn.GCNConv), "edge_weight"),
    "sage": Kind(plain(nn.SAGEConv)),
    "gat": Kind(attention(nn.GATConv), "edge_attr"),
    "gatv2": Kind(attention(nn.GATv2Conv), "edge_attr"),
    "gin": Kind(gin),
    "gine": Kind(gine, "edge_attr", needs_edge_attr=True),
    "graph": Kind(plain(nn.GraphConv), "edge_weight"),
    "pna": Kind(plain(nn.PNAConv), "edge_attr"),
    "edge": Kind(edge),
    "nn": Kind(edge_conditioned, "edge_attr", needs_edge_attr=True),
    "rgcn": Kind(plain(nn.RGCNConv), "edge_type"),
    "cheb": Kind(plain(nn.ChebConv), "edge_weight"),
    "sg": Kind(plain(nn.SGConv), "edge_weight"),
    "tag": Kind(plain(nn.TAGConv), "edge_weight"),
    "arma": Kind(plain(nn.ARMAConv), "edge_weight"),
    "appnp": Kind(linear, "edge_weight"),
    "gcn2": Kind(gcn2, "edge_weight", constant_width=True),
    "gated": Kind(gated, "edge_weight", constant_width=True),
}
