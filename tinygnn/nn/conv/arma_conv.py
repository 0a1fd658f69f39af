"""`ARMAConv`: the convolution with ARMA filters of Bianchi et al."""

from __future__ import annotations

import random

from tinygnn.edge_index import EdgeIndex, Weights
from tinygnn.linalg import Matrix, linear, mean
from tinygnn.nn.activation import Activation, activation, apply
from tinygnn.nn.dropout import Dropout
from tinygnn.nn.init import glorot, zeros
from tinygnn.nn.linear import rows_of_width
from tinygnn.nn.module import Module
from tinygnn.propagation import gcn_propagation
from tinygnn.value import Value


class ARMAConv(Module):
    """X' = 1/K Σ_k X_k^(T), X_k^(t+1) = σ(L̂ X_k^(t) W + X V + b): K stacks of T layers side by side.

    Filippo Maria Bianchi, Daniele Grattarola, Lorenzo Livi and Cesare Alippi, "Graph Neural Networks with
    Convolutional ARMA Filters", 2019, arXiv:1901.01343, their recursive layer, with L̂ = D^-1/2 A D^-1/2.
    One step for one node, over the edges j -> i:

        (L̂ X)_i = Σ_j w_ji / √(d_j d_i) x_j,    d_i = Σ_j w_ji

    Args: num_stacks K, num_layers T. shared_weights=True gives all layers of a stack one W, V and b; the
    first W, which reads x, stays its own. act: σ, a name ("relu", ...), a function of a Value, a module that
    takes and gives rows, or None. dropout drops, in training, entries of the X that meets V. bias=False
    leaves b out.

    Parameters, rows in and columns out: weight [T-1][K][out][out] (one [K][out][out] if T is 1 or
    shared_weights), init_weight [K][in][out], root_weight [T][K][in][out] ([1] with shared_weights), all
    glorot; bias [T][K][1][out] ([1] with shared_weights), zeros. Shapes: x [N][in_channels], edge_index a
    pair of [E], edge_weight [E] or None -> [N][out_channels]. Edge weights may be floats or Values.

    Departures, as in PyG: on directed graphs both degrees count entering edges; with T = 1 weight is there
    and unused. From PyG: a node whose degree is 0 gets the gradient 0 there, not nan.

    >>> conv = ARMAConv(2, 3, num_stacks=2, num_layers=2)
    >>> len(conv([[1.0, 0.0], [0.0, 1.0]], ([0, 1], [1, 0]))[0])
    3

    Raises ValueError for fewer than one stack or layer, for an unknown act, for rows of another length,
    and for an edge to a node that is not there.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        num_stacks: int = 1,
        num_layers: int = 1,
        shared_weights: bool = False,
        act: str | Activation | None = "relu",
        dropout: float = 0.0,
        bias: bool = True,
        *,
        rng: random.Random | None = None,
    ) -> None:
        for name, number in (("num_stacks", num_stacks), ("num_layers", num_layers)):
            if number < 1:
                raise ValueError(f"{name} is {number}: there is at least one")
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.num_stacks = num_stacks
        self.num_layers = num_layers
        self.act = activation(act)
        self.shared_weights = shared_weights
        self.dropout = Dropout(dropout, rng=rng)
        layers = 1 if shared_weights else num_layers
        stacks = range(num_stacks)
        self.weight = [
            [glorot(out_channels, out_channels, rng) for _ in stacks] for _ in range(max(1, layers - 1))
        ]
        self.init_weight = [glorot(in_channels, out_channels, rng) for _ in stacks]
        self.root_weight = [[glorot(in_channels, out_channels, rng) for _ in stacks] for _ in range(layers)]
        self.bias = [[[zeros(out_channels)] for _ in stacks] for _ in range(layers)] if bias else None

    def forward(self, x: Matrix, edge_index: object, edge_weight: Weights | None = None) -> list[list[Value]]:
        x = rows_of_width("ARMAConv", x, self.in_channels)
        step = gcn_propagation(EdgeIndex.of(edge_index), edge_weight, len(x), add_self_loops=False)
        stacks: list[Matrix] = [x] * self.num_stacks
        for t in range(self.num_layers):
            layer = 0 if self.shared_weights else t
            weights = self.init_weight if t == 0 else self.weight[0 if self.shared_weights else t - 1]
            skipped = self.dropout(x)
            for k in range(self.num_stacks):
                # σ(L̂ X_k W + X V + b)
                root = linear(skipped, list(zip(*self.root_weight[layer][k])))
                bias = None if self.bias is None else self.bias[layer][k][0]
                out = step(linear(stacks[k], list(zip(*weights[k]))), plus=[(1.0, root)], bias=bias)
                stacks[k] = self._activated(out)
        if self.num_stacks == 1:
            return stacks[0]  # type: ignore[return-value]  # rows of Values from here on
        return [[mean(column) for column in zip(*rows)] for rows in zip(*stacks)]

    def _activated(self, rows: list[list[Value]]) -> Matrix:
        """σ of all entries."""
        if isinstance(self.act, Module):
            activated: Matrix = self.act(rows)
            return activated
        return rows if self.act is None else apply(self.act, rows)

    def __repr__(self) -> str:
        return (
            f"ARMAConv({self.in_channels} -> {self.out_channels}, num_stacks={self.num_stacks}, "
            f"num_layers={self.num_layers})"
        )
