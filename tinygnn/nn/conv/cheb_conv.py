"""`ChebConv`: the Chebyshev spectral graph convolution of Defferrard et al."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, SupportsFloat

from tinygnn.edge_index import EdgeIndex, Weights
from tinygnn.laplacian import NORMALIZATIONS, scaled_laplacian
from tinygnn.linalg import Matrix, is_constant, linear, plain
from tinygnn.nn.init import zeros
from tinygnn.nn.linear import Linear, rows_of_width
from tinygnn.nn.module import Module
from tinygnn.propagation import Propagation
from tinygnn.value import Value


class ChebConv(Module):
    """X' = Σ_{k=0..K-1} T_k(L̂) X W_kᵀ + b with Chebyshev's polynomials T_k: K filters of up to K-1 hops.

    Michaël Defferrard, Xavier Bresson and Pierre Vandergheynst, "Convolutional Neural Networks on Graphs
    with Fast Localized Spectral Filtering", 2016, arXiv:1606.09375, section 2.1, with

        T_0 = 1,  T_1 = L̂,  T_k = 2 L̂ T_{k-1} - T_{k-2},    L̂ = 2 L / λ_max - I

    Args: K filters. normalization of the Laplacian: None is L = D - A, "sym" is I - D^-1/2 A D^-1/2, "rw"
    is I - D^-1 A. bias=False leaves b out.

    Parameters: bias [out_channels], zeros; lins.k.weight [out_channels][in_channels] for k = 0 .. K-1,
    glorot. Shapes: x [N][in_channels], edge_index a pair of [E], edge_weight [E] or None
    -> [N][out_channels]. Edge weights may be floats or Values. lambda_max: a number, a Value, or with
    batch (the number of the graph that each node belongs to, [N]) one for each graph; without it twice
    the largest entry of L is taken, which is 2 for "sym" and "rw", and never too small for those.

    Conventions of PyG: self loops do not count, and degrees count the edges that leave a node, which
    tells on directed graphs; message j -> i takes the entry of the edge. Departures from PyG: the sum is
    computed by Clenshaw's recurrence B_k = X W_kᵀ + 2 L̂ B_{k+1} - B_{k+2}, the same number up to rounding
    on rows that are narrower; where λ_max is 0, as of a graph without edges under normalization None,
    2 L / λ_max is 0, where PyG gives nan; a node whose degree is 0 gets the gradient 0 there, not nan.

    >>> conv = ChebConv(2, 1, K=3)
    >>> len(conv([[1.0, 0.0], [0.0, 1.0]], ([0, 1], [1, 0])))
    2

    Raises ValueError for K below 1, for an unknown normalization, for rows of another length, for an
    edge to a node that is not there, and for several lambda_max without a batch that tells them apart.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        K: int,
        normalization: str | None = "sym",
        bias: bool = True,
        *,
        rng: random.Random | None = None,
    ) -> None:
        if K < 1:
            raise ValueError(f"K is {K}: there is at least one filter")
        if normalization not in NORMALIZATIONS:
            raise ValueError(f"normalization is {normalization!r}: choose None, 'sym' or 'rw'")
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.K = K
        self.normalization = normalization
        self.bias = zeros(out_channels) if bias else None
        self.lins = [
            Linear(in_channels, out_channels, bias=False, weight_initializer="glorot", rng=rng)
            for _ in range(K)
        ]

    def forward(
        self,
        x: Matrix,
        edge_index: object,
        edge_weight: Weights | None = None,
        batch: Sequence[int] | None = None,
        lambda_max: SupportsFloat | Sequence[SupportsFloat] | None = None,
    ) -> list[list[Value]]:
        x = rows_of_width("ChebConv", x, self.in_channels)
        step = self._propagation(
            EdgeIndex.of(edge_index), plain(edge_weight), len(x), plain(batch), lambda_max
        )
        if self.K == 1:
            return linear(x, self.lins[0].weight, self.bias)
        # Clenshaw: B_k = X W_kᵀ + 2 L̂ B_{k+1} - B_{k+2}, at the end X W_0ᵀ + L̂ B_1 - B_2 + b.
        after: list[tuple[float, Matrix]] = []
        b = linear(x, self.lins[-1].weight)
        for k in range(self.K - 2, -1, -1):
            plus = [(1.0, linear(x, self.lins[k].weight)), *after]
            after = [(-1.0, b)]
            b = step(b, scale=2.0 if k else 1.0, plus=plus, bias=None if k else self.bias)
        return b

    def _propagation(
        self, edges: EdgeIndex, weights: Any, num_nodes: int, batch: Any, lambda_max: Any
    ) -> Propagation:
        """L̂ as a step of propagation; where nothing in it is a Value it is made once."""
        largest = plain(lambda_max)
        largest = largest if largest is None or isinstance(largest, (list, tuple)) else [largest]

        def make() -> Propagation:
            scaled = scaled_laplacian(edges, weights, num_nodes, self.normalization, batch, largest)
            return Propagation(*scaled, num_nodes)

        if not is_constant([*(weights or []), *(largest or [])]):
            return make()
        key = (
            "scaled laplacian",
            num_nodes,
            self.normalization,
            weights is None,
            batch is None,
            largest is None,
        )
        return edges.once(key, [list(part or []) for part in (weights, batch, largest)], make)

    def __repr__(self) -> str:
        return (
            f"ChebConv({self.in_channels} -> {self.out_channels}, K={self.K}, "
            f"normalization={self.normalization})"
        )
