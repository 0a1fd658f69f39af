"""`GraphSizeNorm`: the graph size normalization of Dwivedi et al."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tinygnn.constants import constant
from tinygnn.linalg import Matrix, plain
from tinygnn.nn.groups import graph_numbers, groups_of
from tinygnn.nn.module import Module


class GraphSizeNorm(Module):
    """x'_i = x_i / √n for the n nodes of the graph that i is in.

    Vijay Prakash Dwivedi, Chaitanya Joshi, Anh Tuan Luu, Thomas Laurent, Yoshua Bengio and Xavier Bresson,
    "Benchmarking Graph Neural Networks", 2020, arXiv:2003.00982.

    It has no parameters. Shapes: x [N][F] -> [N][F]. batch [N] says of each node which graph it is in,
    None that all are in one; of batch_size graphs the last may have no nodes. A constant x stays constant.

    >>> GraphSizeNorm()([[2.0], [4.0], [6.0], [8.0], [3.0]], [0, 0, 0, 0, 1])
    [[1.0], [2.0], [3.0], [4.0], [3.0]]

    Raises ValueError for a batch that does not fit.
    """

    takes_batch = True

    def forward(
        self, x: Matrix, batch: Sequence[int] | None = None, batch_size: int | None = None
    ) -> list[list[Any]]:
        x = plain(x)
        sizes = list(map(len, groups_of(batch, len(x), batch_size)))
        inverses = [constant(float(max(size, 1))) ** -0.5 for size in sizes]
        return [[v * inverses[g] for v in row] for row, g in zip(x, graph_numbers(batch, len(x)))]

    def __repr__(self) -> str:
        return "GraphSizeNorm()"
