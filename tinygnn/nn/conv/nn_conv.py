"""`NNConv`: the edge-conditioned convolution of Gilmer et al."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from tinygnn.aggregate import check_aggr
from tinygnn.edge_index import EdgeIndex
from tinygnn.linalg import Matrix, dot, plain
from tinygnn.message_passing import per_edge
from tinygnn.nn.conv.messages import message_sums, values
from tinygnn.nn.conv.neighbours import LINEAR, aggr_module
from tinygnn.nn.init import zeros
from tinygnn.nn.linear import Linear, rows_of_width
from tinygnn.nn.module import Module
from tinygnn.value import Value


class NNConv(Module):
    """x'_i = W x_i + aggregate_{j -> i} x_jᵀ nn(e_ji) + b: the edge's features make the matrix it applies.

    Justin Gilmer, Samuel Schoenholz, Patrick Riley, Oriol Vinyals and George Dahl, "Neural Message Passing
    for Quantum Chemistry", 2017, arXiv:1704.01212, section 5 (edge network); before it Martin Simonovsky
    and Nikos Komodakis, 2017, arXiv:1704.02901.

    Args: nn is a Module that maps the rows of edge_attr to rows of in_channels·out_channels entries: the
    matrix of an edge, row by row, one row for each input channel. aggr is "add" or another one of
    `tinygnn.aggregate`, over the edges that enter a node; of no edge it is 0 ("mul": 1).
    root_weight=False leaves W x_i out, bias=False b.

    Parameters: those of nn; lin.weight [out_channels][in_channels] from U(±1/√in); bias [out_channels],
    zeros. Shapes: x [N][in_channels], edge_index a pair of [E], edge_attr [E][D] if nn takes D, or [E] if
    it takes 1 -> [N][out_channels].

    Departures: none from the paper but for aggr, W and b; from PyG: nn is not initialised again.

    >>> conv = NNConv(2, 3, Linear(1, 6))
    >>> len(conv([[1.0, 0.0], [0.0, 1.0]], ([0, 1], [1, 0]), [[0.5], [2.0]])[0])
    3

    Raises TypeError where nn is no Module, ValueError for an unknown aggr, for rows of another length, for
    an edge to a node that is not there, for edge_attr that is missing or does not fit, and where nn gives
    rows of another length.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        nn: Module,
        aggr: str = "add",
        root_weight: bool = True,
        bias: bool = True,
        *,
        rng: random.Random | None = None,
    ) -> None:
        if not isinstance(nn, Module):
            raise TypeError(f"NNConv's nn is {nn!r}: give a Module, such as an MLP")
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.aggr = check_aggr(aggr)
        self.aggr_module = aggr_module(aggr)
        self.root_weight = root_weight
        self.nn = nn
        self.lin = Linear(in_channels, out_channels, bias=False, rng=rng) if root_weight else None
        self.bias = zeros(out_channels) if bias else None

    def forward(
        self, x: Matrix, edge_index: object, edge_attr: Sequence[Any] | None = None
    ) -> list[list[Value]]:
        x, edges = rows_of_width("NNConv", x, self.in_channels), EdgeIndex.of(edge_index)
        edges.check(len(x))
        # 1. The matrix of each edge, nn(e_ji), and its message x_jᵀ nn(e_ji).
        messages = [
            [dot(x[source], column) for column in self._columns(e, row)]
            for e, (source, row) in enumerate(zip(edges[0], self._matrices(edges, edge_attr)))
        ]
        # 2. Their aggregate, W x_i and b.
        root = [] if self.lin is None else [(1.0, self.lin(x))]
        if self.aggr in LINEAR and edges.num_edges:  # else no message tells how wide the output is
            return message_sums(self.aggr, edges, messages, len(x), plus=root, bias=self.bias)
        out = values(per_edge(self.aggr, messages, edges, len(x), self.out_channels))
        for _, own in root:
            out = [[a + b for a, b in zip(*rows)] for rows in zip(out, own)]
        return out if self.bias is None else [[v + b for v, b in zip(row, self.bias)] for row in out]

    def _matrices(self, edges: EdgeIndex, edge_attr: Sequence[Any] | None) -> Matrix:
        if edge_attr is None:
            raise ValueError("NNConv takes edge_attr, features for each edge: give them")
        rows = [row if isinstance(row, (list, tuple)) else [row] for row in map(plain, plain(edge_attr))]
        if len(rows) != edges.num_edges:
            raise ValueError(
                f"edge_attr has {len(rows)} entries for {edges.num_edges} edges: each edge needs one"
            )
        matrices: Matrix = self.nn(rows) if rows else []
        return matrices

    def _columns(self, e: int, row: Sequence[Any]) -> list[Sequence[Any]]:
        """The columns of an edge's matrix [in][out], which stands in a row: [out][in]."""
        size = self.in_channels * self.out_channels
        if len(row) != size:
            raise ValueError(
                f"NNConv's nn gave {len(row)} entries for edge {e}, not in_channels · out_channels = {size}"
            )
        return [row[c :: self.out_channels] for c in range(self.out_channels)]

    def __repr__(self) -> str:
        return f"NNConv({self.in_channels} -> {self.out_channels}, {self.aggr}, nn={self.nn!r})"
