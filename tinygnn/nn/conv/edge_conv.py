"""`EdgeConv`: the edge convolution of Wang et al."""

from __future__ import annotations

from typing import Any

from tinygnn.aggregate import check_aggr
from tinygnn.edge_index import EdgeIndex
from tinygnn.linalg import Matrix
from tinygnn.message_passing import per_edge
from tinygnn.nn.conv.messages import all_constant, node_rows, output_width, values
from tinygnn.nn.conv.neighbours import aggr_module
from tinygnn.nn.module import Module
from tinygnn.sparse import Features
from tinygnn.value import Value


class EdgeConv(Module):
    """x'_i = aggregate_{j -> i} nn(x_i ‖ x_j - x_i), the edge convolution.

    Yue Wang, Yongbin Sun, Ziwei Liu, Sanjay Sarma, Michael Bronstein and Justin Solomon, "Dynamic Graph
    CNN for Learning on Point Clouds", 2019, arXiv:1801.07829, equations 7 and 8 with any nn.

    Args: nn is a Module that maps rows of 2F entries to rows, such as an MLP. aggr is "max" or another one
    of `tinygnn.aggregate`, over the edges that enter a node; of no edge it is 0 ("mul": 1).

    Parameters: those of nn. Shapes: x [N][F], edge_index a pair of [E] -> [N][F'], if nn takes 2F to F'.

    Departures: none from the paper; from PyG: nn is not initialised again.

    >>> from tinygnn.nn import Linear
    >>> conv = EdgeConv(Linear(4, 3))
    >>> len(conv([[1.0, 0.0], [0.0, 1.0]], ([0, 1], [1, 0]))[0])
    3

    Raises TypeError where nn is no Module, ValueError for an unknown aggr, for rows of different lengths,
    and for an edge to a node that is not there.
    """

    def __init__(self, nn: Module, aggr: str = "max") -> None:
        if not isinstance(nn, Module):
            raise TypeError(f"EdgeConv's nn is {nn!r}: give a Module, such as an MLP")
        self.aggr = check_aggr(aggr)
        self.aggr_module = aggr_module(aggr)
        self.nn = nn

    def forward(self, x: Matrix, edge_index: object) -> list[list[Value]]:
        x, edges = node_rows("EdgeConv", x), EdgeIndex.of(edge_index)
        edges.check(len(x))
        messages = self.nn(pair_rows(x, edges)) if edges.num_edges else []
        width = output_width(self.nn, 2 * len(x[0]) if x else 0)
        return values(per_edge(self.aggr, messages, edges, len(x), width))

    def __repr__(self) -> str:
        return f"EdgeConv({self.aggr}, nn={self.nn!r})"


def pair_rows(x: Matrix, edges: EdgeIndex) -> Matrix:
    """The row x_i ‖ x_j - x_i of each edge j -> i; of constant x once. Shapes [N][F] -> [E][2F]."""
    rows: Any = x

    def make() -> list[list[Any]]:
        return [[*rows[i], *[a - b for a, b in zip(rows[j], rows[i])]] for j, i in zip(*edges)]

    if not all_constant(x):
        return make()
    return edges.once("edge conv", x, lambda: Features(make()))
