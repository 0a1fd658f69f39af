"""`SAGEConv`: the sample-and-aggregate convolution of Hamilton, Ying & Leskovec."""

from __future__ import annotations

import random

from tinygnn.aggregate import check_aggr
from tinygnn.edge_index import EdgeIndex
from tinygnn.linalg import Matrix, dot, linear
from tinygnn.message_passing import mean_numbers, sums
from tinygnn.nn.conv.neighbours import LINEAR, aggr_module, aggregate_heard
from tinygnn.nn.linear import Linear, rows_of_width
from tinygnn.nn.module import Module
from tinygnn.value import Value


class SAGEConv(Module):
    """x'_i = W_l · aggregate_{j -> i} x_j + b + W_r x_i.

    William Hamilton, Rex Ying and Jure Leskovec, "Inductive Representation Learning on Large Graphs",
    2017, arXiv:1706.02216, algorithm 1 in the form of its equation 2, without sampling.

    Args: aggr is "mean", "sum" or another one of `tinygnn.aggregate`, over the edges that enter a node;
    of no edge it is 0 ("mul": 1). normalize divides each output row by its length ‖x'_i‖₂.
    root_weight=False leaves W_r x_i out. project sends the neighbours through x_j ← relu(W x_j + c)
    first. bias=False leaves b out.

    Parameters: lin_l.weight [out_channels][in_channels], lin_l.bias [out_channels], lin_r.weight like
    lin_l's, with project lin.weight [in_channels][in_channels] and lin.bias; all from U(±1/√in).
    Shapes: x [N][in_channels], edge_index a pair of [E] -> [N][out_channels].

    Departures: sums and means are taken after W_l instead of before, which is the same number up to
    rounding and less work. A row of zeros stays a row of zeros under normalize, with gradient 0; PyG
    divides it by 1e-12.

    >>> conv = SAGEConv(2, 3)
    >>> len(conv([[1.0, 0.0], [0.0, 1.0]], ([0, 1], [1, 0]))[0])
    3

    Raises ValueError for an unknown aggr, for rows of another length, and for an edge to a node that is
    not there.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        aggr: str = "mean",
        normalize: bool = False,
        root_weight: bool = True,
        project: bool = False,
        bias: bool = True,
        *,
        rng: random.Random | None = None,
    ) -> None:
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.aggr = check_aggr(aggr)
        self.normalize = normalize
        self.aggr_module = aggr_module(aggr)
        self.root_weight = root_weight
        self.project = project
        self.lin = Linear(in_channels, in_channels, rng=rng) if project else None
        self.lin_l = Linear(in_channels, out_channels, bias, rng=rng)
        self.lin_r = Linear(in_channels, out_channels, bias=False, rng=rng) if root_weight else None

    def forward(self, x: Matrix, edge_index: object) -> list[list[Value]]:
        x = rows_of_width("SAGEConv", x, self.in_channels)
        edges, n = EdgeIndex.of(edge_index), len(x)
        root = [] if self.lin_r is None else self.lin_r(x)  # W_r x_i
        sent = x if self.lin is None else [[v.relu() for v in row] for row in self.lin(x)]
        if self.aggr in LINEAR:
            bias = [] if self.lin_l.bias is None else [self.lin_l.bias]
            rows = edges.neighbour_rows(n, mean=self.aggr == "mean", root=bool(root), bias=bool(bias))
            names = ("own", "bias") if root else ("bias",)
            table = linear(sent, self.lin_l.weight) + root + bias  # W_l x_j first
            out = sums(rows, table, n, names, why=lambda: mean_numbers(edges, n, None, self.aggr))
        else:
            out = self.lin_l(aggregate_heard(self.aggr, sent, edges, self.in_channels))
            if root:
                out = [[a + b for a, b in zip(row, own)] for row, own in zip(out, root)]
        return [unit_row(row) for row in out] if self.normalize else out

    def __repr__(self) -> str:
        return f"SAGEConv({self.in_channels} -> {self.out_channels}, {self.aggr})"


def unit_row(row: list[Value]) -> list[Value]:
    """x / ‖x‖₂; a row of zeros stays as it is, with gradient 0. Shape [F] -> [F]."""
    length = dot(row, row).sqrt()
    if length.data == 0.0:
        return [entry * 0.0 for entry in row]
    return [entry / length for entry in row]
