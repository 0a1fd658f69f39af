"""`GatedGraphConv`: the gated graph sequence network of Li et al."""

from __future__ import annotations

import random

from tinygnn.aggregate import check_aggr
from tinygnn.edge_index import EdgeIndex, Weights, weights_of
from tinygnn.linalg import Matrix, linear, plain
from tinygnn.message_passing import aggregated, per_edge
from tinygnn.nn.conv.neighbours import LINEAR, aggr_module, aggregation_step
from tinygnn.nn.gru_cell import GRUCell
from tinygnn.nn.init import uniform
from tinygnn.nn.linear import rows_of_width
from tinygnn.nn.module import Module
from tinygnn.value import Value


class GatedGraphConv(Module):
    """h_i ← GRU(aggregate_{j -> i} w_ji h_j W_l, h_i) for l = 1 .. L, from h_i = x_i and zeros behind.

    Yujia Li, Daniel Tarlow, Marc Brockschmidt and Richard Zemel, "Gated Graph Sequence Neural Networks",
    2016, arXiv:1511.05493, equations 1 to 6, with one kind of edges, read in one direction.

    Args: num_layers L. aggr is "add" ("sum") or another one of `tinygnn.aggregate`, over the edges that
    enter a node. bias=False leaves the biases of the GRU out.

    Parameters: weight [L][out][out], rows in and columns out, from U(±1/√out); rnn, a `GRUCell`.
    Shapes: x [N][F] with F <= out_channels, edge_index a pair of [E], edge_weight [E] or None
    -> [N][out_channels]. Edge weights may be floats or Values.

    Departures from the paper, as in PyG: every layer has a matrix of its own, and the sum has no bias.

    >>> conv = GatedGraphConv(3, num_layers=2)
    >>> len(conv([[1.0, 0.0], [0.0, 1.0]], ([0, 1], [1, 0]))[0])
    3

    Raises ValueError for sizes below 1, for an unknown aggr, for rows that are longer than out_channels
    or of different lengths, and for an edge to a node that is not there.
    """

    def __init__(
        self,
        out_channels: int,
        num_layers: int,
        aggr: str = "add",
        bias: bool = True,
        *,
        rng: random.Random | None = None,
    ) -> None:
        for name, number in (("out_channels", out_channels), ("num_layers", num_layers)):
            if number < 1:
                raise ValueError(f"{name} is {number}: there is at least one")
        self.out_channels = out_channels
        self.num_layers = num_layers
        self.aggr = check_aggr(aggr)
        bound = out_channels**-0.5
        self.weight = [uniform(out_channels, out_channels, bound, rng) for _ in range(num_layers)]
        self.aggr_module = aggr_module(aggr)
        self.rnn = GRUCell(out_channels, out_channels, bias, rng=rng)

    def forward(self, x: Matrix, edge_index: object, edge_weight: Weights | None = None) -> list[list[Value]]:
        x = plain(x)
        width = len(x[0]) if x else self.out_channels
        if width > self.out_channels:
            raise ValueError(
                f"GatedGraphConv gives rows of {self.out_channels} entries, but x has rows of {width}: "
                "out_channels is at least as large"
            )
        x = rows_of_width("GatedGraphConv", x, width)
        edges, weights = EdgeIndex.of(edge_index), plain(edge_weight)
        h: Matrix = [[*row, *[0.0] * (self.out_channels - width)] for row in x]
        sent = x
        for matrix in self.weight:
            # The zeros behind x_i meet no weights.
            messages = linear(sent, list(zip(*matrix[:width])))
            h = self.rnn(self._aggregated(messages, edges, weights), h)
            sent, width = h, self.out_channels
        return h  # type: ignore[return-value]  # rows of Values from here on

    def _aggregated(self, rows: list[list[Value]], edges: EdgeIndex, weights: Weights | None) -> Matrix:
        """aggregate_{j -> i} w_ji rows_j."""
        n = len(rows)
        if self.aggr in LINEAR:
            return aggregation_step(self.aggr, edges, weights, n)(rows)
        edges.check(n)
        if weights is None:
            return aggregated(self.aggr, rows, edges.heard(n), self.out_channels)
        factors = weights_of(edges, weights)
        messages = [[w * entry for entry in rows[s]] for s, w in zip(edges[0], factors)]
        return per_edge(self.aggr, messages, edges, n, self.out_channels, rows=rows, coefficients=factors)

    def __repr__(self) -> str:
        return f"GatedGraphConv({self.out_channels}, num_layers={self.num_layers})"
