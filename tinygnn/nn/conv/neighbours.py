"""Aggregating what a node hears from its neighbours, with as little work as the aggregation allows."""

from __future__ import annotations

from collections.abc import Sequence

from tinygnn.aggregate import aggregate
from tinygnn.constants import constant
from tinygnn.edge_index import EdgeIndex, Weights, weights_of
from tinygnn.linalg import Matrix, is_constant
from tinygnn.message_passing import aggregated, mean_numbers
from tinygnn.nn.module import Module
from tinygnn.propagation import Propagation
from tinygnn.sparse import Features
from tinygnn.tape import tapes
from tinygnn.value import Value

# Aggregations that a linear map may come before as well as after.
LINEAR = ("mean", "sum", "add")


def aggregation_step(aggr: str, edges: EdgeIndex, edge_weight: Weights | None, num_nodes: int) -> Propagation:
    """One of the LINEAR aggregations of e_ji x_j as a `Propagation`; with constant weights it is made once.

    Raises ValueError when the number of weights is not that of the edges.
    """
    weights = weights_of(edges, edge_weight)

    def make() -> Propagation:
        coefficients = weights
        if aggr == "mean":
            degrees = [max(len(entering), 1) for entering in edges.entering(num_nodes)]
            coefficients = [w * (constant(1.0) / degrees[t]) for w, t in zip(weights, edges[1])]
        return Propagation(
            edges, coefficients, num_nodes, lambda: mean_numbers(edges, num_nodes, edge_weight, aggr)
        )

    if not is_constant(weights):
        return make()
    return edges.once(("aggregation", aggr == "mean", num_nodes, edge_weight is None), [weights], make)


def aggregate_heard(aggr: str, x: Matrix, edges: EdgeIndex, width: int) -> Matrix:
    """Aggregate the rows x_j of the nodes that each node hears from; of constant x once."""

    def of_neighbours() -> Matrix:
        return aggregated(aggr, x, edges.heard(len(x)), width)

    if not isinstance(x, Features) or x.nonzeros() is None or tapes:
        return of_neighbours()
    return edges.once(
        ("aggregate", aggr), x, lambda: Features([list(map(float, row)) for row in of_neighbours()])
    )


class MedianAggregation(Module):
    """What PyG's median adds to a layer's state: the quantile, a buffer q [1][1]."""

    def __init__(self) -> None:
        self.register_buffer("q", [[0.5]])

    def forward(self, rows: Matrix, groups: Sequence[Sequence[int]]) -> list[list[Value | float]]:
        return aggregate("median", rows, groups)


def aggr_module(aggr: str) -> Module | None:
    """The part that PyG keeps as aggr_module, if it has a state; of `tinygnn.aggregate`'s only median has."""
    return MedianAggregation() if aggr == "median" else None
