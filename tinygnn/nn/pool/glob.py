"""`global_add_pool`, `global_mean_pool`, `global_max_pool`: the rows of a graph's nodes make one row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tinygnn.aggregate import aggregate
from tinygnn.linalg import Matrix, check_rectangular, plain
from tinygnn.nn.groups import groups_between, groups_of
from tinygnn.nn.module import Module
from tinygnn.value import Value

Rows = list[list[Value | float]]


def global_add_pool(x: Matrix, batch: Sequence[int] | None = None, size: int | None = None) -> Rows:
    """r_k = Σ_i x_i over the nodes i of graph k; 0 for a graph without nodes.

    batch: [N], the number of the graph that each node is in, sorted or not; None says all are in one.
    size: B, where the last graphs may have no nodes. Shapes: x [N][F] -> [B][F]. A graph's row does not
    depend on the others in its batch. Of constant x the result is constant.

    >>> global_add_pool([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [0, 0, 1])
    [[4.0, 6.0], [5.0, 6.0]]

    Raises ValueError for rows of different lengths and for a number in batch that is no graph's.
    """
    return _pool("sum", "global_add_pool", x, groups_of(batch, len(x), size))


def global_mean_pool(x: Matrix, batch: Sequence[int] | None = None, size: int | None = None) -> Rows:
    """r_k = Σ_i x_i / N_k over the N_k nodes i of graph k; 0 for a graph without nodes.

    Arguments, shapes and errors are those of `global_add_pool`. Departure from PyG: without batch
    the mean of no nodes is 0 too, where PyG's is nan.
    """
    return _pool("mean", "global_mean_pool", x, groups_of(batch, len(x), size))


def global_max_pool(x: Matrix, batch: Sequence[int] | None = None, size: int | None = None) -> Rows:
    """r_k = max_i x_i over the nodes i of graph k, column by column; 0 for a graph without nodes.

    Arguments, shapes and errors are those of `global_add_pool`. Nodes that are equally large share the
    gradient equally. Departure from PyG: so it is without batch too, where PyG's gradient goes to one of
    them alone and no nodes are an error.
    """
    return _pool("max", "global_max_pool", x, groups_of(batch, len(x), size))


def _pool(aggr: str, name: str, x: Any, groups: Sequence[Sequence[int]]) -> Rows:
    x = plain(x)
    check_rectangular(f"{name}'s x", x)
    return aggregate(aggr, x, groups)


class _Aggregation(Module):
    """A readout as a module: `readout(x, index)`."""

    aggr = ""

    def forward(
        self,
        x: Matrix,
        index: Sequence[int] | None = None,
        ptr: Sequence[int] | None = None,
        dim_size: int | None = None,
    ) -> Rows:
        groups = groups_of_either(len(x), index, ptr, dim_size)
        return _pool(self.aggr, type(self).__name__, x, groups)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class SumAggregation(_Aggregation):
    """`global_add_pool` as a module: forward(x, index=None, ptr=None, dim_size=None).

    index is its batch and dim_size its size. ptr [B+1] may stand for both: where each graph's rows
    begin, and N. Without index and ptr all rows are in one graph.

    >>> SumAggregation()([[1.0], [2.0], [4.0]], ptr=[0, 2, 3])
    [[3.0], [4.0]]
    """

    aggr = "sum"


class MeanAggregation(_Aggregation):
    """`global_mean_pool` as a module, called as SumAggregation is."""

    aggr = "mean"


class MaxAggregation(_Aggregation):
    """`global_max_pool` as a module, called as SumAggregation is."""

    aggr = "max"


def groups_of_either(
    num_rows: int, index: Sequence[int] | None, ptr: Sequence[int] | None, dim_size: int | None
) -> list[list[int]]:
    """The rows of each graph from index, or from ptr. Raises ValueError where dim_size is not ptr's."""
    if ptr is None:
        return groups_of(index, num_rows, dim_size)
    groups = groups_between(ptr, num_rows)
    if dim_size not in (None, len(groups)):
        raise ValueError(f"dim_size is {dim_size}, but ptr tells where {len(groups)} graphs begin")
    return groups
