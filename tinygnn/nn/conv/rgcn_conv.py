"""`RGCNConv`: the relational graph convolution of Schlichtkrull et al."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import partial
from typing import Any

from tinygnn.aggregate import check_aggr
from tinygnn.edge_index import EdgeIndex
from tinygnn.linalg import Matrix, constant_rows, dense_product, dot, linear, plain, weighted_sums
from tinygnn.message_passing import aggregated, sums
from tinygnn.nn.conv.neighbours import LINEAR, aggr_module
from tinygnn.nn.init import glorot, zeros
from tinygnn.nn.linear import rows_of_width
from tinygnn.nn.module import Module
from tinygnn.relations import Relations
from tinygnn.sparse import SparseRow, sparse_row
from tinygnn.value import Value


class RGCNConv(Module):
    """x'_i = Σ_r aggregate_{j -> i of kind r} x_j W_r + x_i W_root + b: each relation has weights of its own.

    Michael Schlichtkrull, Thomas Kipf, Peter Bloem, Rianne van den Berg, Ivan Titov and Max Welling,
    "Modeling Relational Data with Graph Convolutional Networks", 2018, arXiv:1703.06103, equation 2 without
    its activation, with a mean (c_i,r is the number of such edges) unless aggr says otherwise.

    Args: num_relations R. num_bases B takes W_r = Σ_b a_rb V_b (equation 3), num_blocks takes blocks along
    the diagonal of W_r and zeros elsewhere (equation 4). aggr is "mean", "add", "max" or another one of
    `tinygnn.aggregate`, over the edges of one relation that enter a node. root_weight=False leaves
    x_i W_root out. is_sorted is taken for PyG's sake and changes nothing. bias=False leaves b out.

    Parameters, rows in and columns out: weight [R][in][out], with bases [B][in][out] and comp [R][B], with
    blocks [R][blocks][in/blocks][out/blocks]; root [in][out]; all glorot; bias [out], zeros.
    Shapes: x [N][in_channels], edge_index a pair of [E], edge_type [E], numbers below R
    -> [N][out_channels]. x may also be N row numbers below in_channels, or None for all of them in order:
    then x_j W_r is row x_j of W_r, an embedding of the node.

    Departures from PyG: sums and means are taken after W_r instead of before, which is the same number up
    to rounding and less work; an edge_type that is no relation is refused, where PyG skips the edge; of
    in_channels and x no pairs are taken.

    >>> conv = RGCNConv(2, 3, num_relations=2)
    >>> len(conv([[1.0, 0.0], [0.0, 1.0]], ([0, 1], [1, 0]), [0, 1])[0])
    3

    Raises ValueError for bases and blocks at once, for sizes that blocks do not divide, for an unknown
    aggr, for rows of another length, for row numbers that are too large or meet blocks, for an edge to a
    node that is not there, and where edge_type is missing, of another length or holds no relation.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        num_relations: int,
        num_bases: int | None = None,
        num_blocks: int | None = None,
        aggr: str = "mean",
        root_weight: bool = True,
        is_sorted: bool = False,
        bias: bool = True,
        *,
        rng: random.Random | None = None,
    ) -> None:
        if not isinstance(in_channels, int):
            raise ValueError(f"in_channels is {in_channels!r}: give one size, of all nodes")
        if num_bases is not None and num_blocks is not None:
            raise ValueError("num_bases and num_blocks exclude each other: give one of them")
        if num_blocks is not None and (in_channels % num_blocks or out_channels % num_blocks):
            raise ValueError(
                f"{num_blocks} blocks cannot share {in_channels} and {out_channels} channels: both need "
                "to be multiples"
            )
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.num_relations = num_relations
        self.num_bases = num_bases
        self.num_blocks = num_blocks
        self.aggr = check_aggr(aggr)
        self.is_sorted = is_sorted
        if num_blocks is None:
            matrices = num_relations if num_bases is None else num_bases
            self.weight: Any = [glorot(in_channels, out_channels, rng) for _ in range(matrices)]
        else:
            rows, columns = in_channels // num_blocks, out_channels // num_blocks
            self.weight = [
                [glorot(rows, columns, rng) for _ in range(num_blocks)] for _ in range(num_relations)
            ]
        self.comp = None if num_bases is None else glorot(num_relations, num_bases, rng)
        self.root = glorot(in_channels, out_channels, rng) if root_weight else None
        self.bias = zeros(out_channels) if bias else None
        self.aggr_module = aggr_module(aggr)

    def forward(
        self, x: Any, edge_index: object, edge_type: Sequence[int] | None = None
    ) -> list[list[Value]]:
        x = list(range(self.in_channels)) if x is None else plain(x)
        numbered = bool(x) and not isinstance(x[0], (list, tuple))
        x = self._row_numbers(x) if numbered else rows_of_width("RGCNConv", x, self.in_channels)
        edges, n, root, bias = EdgeIndex.of(edge_index), len(x), self.root, self.bias
        edges.check(n)
        types = self._relations(edge_type, edges.num_edges)
        all_nodes = self.aggr == "mul"  # the product of nothing is 1, not 0
        plan = edges.once(
            ("relations", n, self.num_relations, all_nodes),
            [types],
            lambda: Relations(edges, types, n, self.num_relations, all_nodes=all_nodes),
        )
        # 1. The messages along each relation.
        if self.aggr in LINEAR:
            messages: Matrix = self._sent(x, plan.senders, numbered)
            terms = plan.sums(mean=self.aggr == "mean", root=root is not None, bias=bias is not None)
        else:
            messages = self._aggregated(x, plan, numbered)
            terms = plan.picks(root=root is not None, bias=bias is not None)
        # 2. x_i W_root.
        own: Matrix = []
        if root is not None:
            own = [root[i] for i in x] if numbered else linear(x, list(zip(*root)))
        # 3. The sum of all that and b, one node for each number.
        names = ("own", "bias") if own else ("bias",)
        table = [*messages, *own, [0.0] * self.out_channels if bias is None else bias]
        if self.aggr in LINEAR:
            sources = [j for nodes in plan.senders for j in nodes]
            why = partial(plan.numbers, self.aggr)
            return sums(terms, table, len(messages), names, sources=sources, why=why)
        return weighted_sums(terms, table)

    def _sent(self, x: Any, senders: list[list[int]], numbered: bool) -> list[list[Value]]:
        """x_j W_r for each relation r and each node j that sends along it."""
        sparse = None if numbered else constant_rows(x)
        out = []
        for r, nodes in enumerate(senders):
            if numbered:
                out += self._rows_of_weight(r, [x[j] for j in nodes])
            elif sparse is not None:
                out += self._sparse_product(r, [sparse[j] for j in nodes])
            else:
                out += self._dense_product(r, [x[j] for j in nodes])
        return out

    def _aggregated(self, x: Any, plan: Relations, numbered: bool) -> list[list[Value | float]]:
        """The aggregate along each relation r, for each node that hears something, times W_r."""
        out: list[list[Any]] = []
        for r, heard in enumerate(plan.heard):
            if numbered:  # rows of W_r are the messages
                place = {j: k for k, j in enumerate(plan.senders[r])}
                messages = self._rows_of_weight(r, [x[j] for j in plan.senders[r]])
                groups = [[place[j] for j in nodes] for nodes in heard.values()]
                out += aggregated(
                    self.aggr, messages, groups, self.out_channels,
                    sources=plan.senders[r], nodes=list(heard), name=f"relation {r}",
                )  # fmt: skip
                continue
            rows = aggregated(
                self.aggr, x, list(heard.values()), self.in_channels, name=f"relation {r}", nodes=list(heard)
            )
            sparse = constant_rows(rows)
            out += self._dense_product(r, rows) if sparse is None else self._sparse_product(r, sparse)
        return out

    def _rows_of_weight(self, r: int, rows: list[int]) -> list[list[Value]]:
        """Some rows of W_r, or of Σ_b a_rb V_b."""
        if self.comp is None:
            return [self.weight[r][k] for k in rows]
        shares = self.comp[r]
        return [[dot(shares, entries) for entries in zip(*[basis[k] for basis in self.weight])] for k in rows]

    def _dense_product(self, r: int, rows: Matrix) -> list[list[Value]]:
        """Rows times W_r."""
        if self.num_blocks is None:
            weight = self._rows_of_weight(r, list(range(self.in_channels)))
            return dense_product(rows, list(zip(*weight)))
        size = self.in_channels // self.num_blocks
        parts = [
            dense_product([row[b * size : (b + 1) * size] for row in rows], list(zip(*block)))
            for b, block in enumerate(self.weight[r])
        ]
        return [[entry for part in row for entry in part] for row in zip(*parts)]

    def _sparse_product(self, r: int, rows: list[SparseRow]) -> list[list[Value]]:
        """Constant rows times W_r."""
        if self.num_blocks is None:
            return weighted_sums(rows, self._rows_of_weight(r, list(range(self.in_channels))))
        size = self.in_channels // self.num_blocks
        parts = [
            weighted_sums([_columns(row, b * size, (b + 1) * size) for row in rows], block)
            for b, block in enumerate(self.weight[r])
        ]
        return [[entry for part in row for entry in part] for row in zip(*parts)]

    def _row_numbers(self, x: Sequence[Any]) -> list[int]:
        if self.num_blocks is not None:
            raise ValueError("row numbers as x cannot meet blocks: give rows of numbers, or no num_blocks")
        for i, k in enumerate(x):
            if type(k) is not int or not 0 <= k < self.in_channels:
                raise ValueError(
                    f"x[{i}] is {k!r}: give rows of {self.in_channels} entries, or row numbers below that"
                )
        return list(x)

    def _relations(self, edge_type: Sequence[int] | None, num_edges: int) -> list[int]:
        if edge_type is None:
            raise ValueError("RGCNConv needs edge_type, the relation of each edge")
        types = list(plain(edge_type))
        if len(types) != num_edges:
            raise ValueError(f"edge_type has {len(types)} entries for {num_edges} edges: each edge needs one")
        for e, r in enumerate(types):
            if type(r) is not int or not 0 <= r < self.num_relations:
                raise ValueError(
                    f"edge_type[{e}] is {r!r}: relations are numbered from 0 to {self.num_relations - 1}"
                )
        return types

    def __repr__(self) -> str:
        return f"RGCNConv({self.in_channels} -> {self.out_channels}, num_relations={self.num_relations})"


def _columns(row: SparseRow, start: int, stop: int) -> SparseRow:
    """Some columns of a sparse row."""
    kept = [(k - start, c) for k, c in zip(row[0], row[1]) if start <= k < stop]
    return sparse_row([k for k, _ in kept], [c for _, c in kept])
