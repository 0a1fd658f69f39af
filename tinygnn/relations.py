"""`Relations`: edges of several kinds, sorted by kind."""

from __future__ import annotations

from typing import Any

from tinygnn.constants import constant
from tinygnn.edge_index import EdgeIndex
from tinygnn.sparse import SparseRow, sparse_row


class Relations:
    """Who hears whom along each relation: worked out once for a graph.

    heard[r]: the nodes that each node hears from along r, in the order of the edges, by hearer; with
    all_nodes also of those that hear nothing. senders[r]: the nodes that send along r.
    """

    def __init__(
        self, edges: EdgeIndex, types: list[int], num_nodes: int, num_relations: int, *, all_nodes: bool
    ) -> None:
        hearers = range(num_nodes) if all_nodes else ()
        self.num_nodes = num_nodes
        self.heard: list[dict[int, list[int]]] = [{i: [] for i in hearers} for _ in range(num_relations)]
        for source, target, r in zip(*edges, types):
            self.heard[r].setdefault(target, []).append(source)
        self.senders = [list(dict.fromkeys(j for js in heard.values() for j in js)) for heard in self.heard]
        self._terms: dict[tuple[str, bool, bool], list[SparseRow]] = {}

    def sums(self, *, mean: bool, root: bool, bias: bool) -> list[SparseRow]:
        """What each node adds up where the table has a row for each relation and sender."""
        return self._kept("mean" if mean else "sum", root, bias)

    def picks(self, *, root: bool, bias: bool) -> list[SparseRow]:
        """What each node adds up where the table has a row for each relation and hearer."""
        return self._kept("pick", root, bias)

    def numbers(self, aggr: str) -> tuple[str, list[dict[str, Any]]]:
        """Where the coefficients of `sums` come from, for tapes: the relation r of each message, and n."""
        of_node: list[list[dict[str, Any]]] = [[] for _ in range(self.num_nodes)]
        for r, heard in enumerate(self.heard):
            for i, nodes in heard.items():
                of_node[i] += [{"n": len(nodes), "r": r} for _ in nodes]
        return "1 / n" if aggr == "mean" else "1", [numbers for of_one in of_node for numbers in of_one]

    def _kept(self, kind: str, root: bool, bias: bool) -> list[SparseRow]:
        if (kind, root, bias) not in self._terms:
            self._terms[kind, root, bias] = self._made(kind, root, bias)
        return self._terms[kind, root, bias]

    def _made(self, kind: str, root: bool, bias: bool) -> list[SparseRow]:
        indices: list[list[int]] = [[] for _ in range(self.num_nodes)]
        coefficients: list[list[Any]] = [[] for _ in range(self.num_nodes)]
        start = 0
        for heard, senders in zip(self.heard, self.senders):
            place = {j: start + k for k, j in enumerate(senders)}
            for k, (i, nodes) in enumerate(heard.items()):
                if kind == "pick":
                    indices[i].append(start + k)
                    coefficients[i].append(1.0)
                else:
                    indices[i] += [place[j] for j in nodes]
                    coefficients[i] += [constant(1.0) / len(nodes) if kind == "mean" else 1.0] * len(nodes)
            start += len(heard) if kind == "pick" else len(senders)
        last = [start + self.num_nodes * root] if bias else []
        return [
            sparse_row(
                indices[i] + [start + i] * root + last, coefficients[i] + [1.0] * root + [1.0] * len(last)
            )
            for i in range(self.num_nodes)
        ]
