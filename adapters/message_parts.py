"""What the messages of tinygnn's layers are in those of PyG's: matrices times them, summed.

Some layers take the weight matrix before the messages where PyG takes it after them, which is the same
sum. What a PyG layer sends along an edge, M numbers of F entries, is here a stream.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tinygnn.adapters.errors import require_torch
from tinygnn.nn.conv.neighbours import LINEAR


@dataclass(frozen=True)
class Part:
    """A share of our messages: matrix · factor · theirs of a stream; without a matrix it is the identity."""

    stream: int
    matrix: Any = None
    factor: float = 1.0


Parts = list[list[Part]]  # of each stream of ours


def _same(conv: Any, count: int) -> Parts:
    return [[Part(s)] for s in range(count)]


def _scaled(conv: Any, count: int) -> Parts:
    """1 - α belongs to our coefficients, and comes after the sum in PyG."""
    return [[Part(s, factor=1.0 - conv.alpha)] for s in range(count)]


def _by_weight(name: str) -> Callable[[Any, int], Parts]:
    """W x_j, or in PyG x_j, where sums may be taken after the linear map."""

    def parts(conv: Any, count: int) -> Parts:
        if getattr(conv, "aggr", "sum") not in LINEAR:
            return _same(conv, count)
        return [[Part(s, _matrix(getattr(conv, name).weight))] for s in range(count)]

    return parts


def _polynomial(conv: Any, count: int) -> Parts:
    """TAG from the inside out: the message of step s is Σ_{r <= s} W_{K-s+r} times PyG's of step r."""
    weights = [_matrix(lin.weight) for lin in conv.lins]
    return [[Part(r, weights[count - s + r]) for r in range(s + 1)] for s in range(count)]


def _chebyshev(conv: Any, count: int) -> Parts:
    """Clenshaw's recurrence: polynomials of the second kind, which are sums of every other of the first."""
    weights = [_matrix(lin.weight) for lin in conv.lins]
    found: Parts = []
    for s in range(count):
        scale = 1.0 if s == count - 1 else 2.0
        found.append(
            [
                Part(r, sum(weights[count - s + m] for m in range(r, s + 1, 2)), scale * (2.0 if r else 1.0))
                for r in range(s + 1)
            ]
        )
    return found


def _by_relation(conv: Any, count: int) -> Parts:
    if conv.aggr not in LINEAR:
        return _same(conv, count)
    torch = require_torch()
    found: Parts = []
    for r in range(count):
        if conv.num_blocks is None:
            matrix = _matrix(conv._rows_of_weight(r, list(range(conv.in_channels)))).T
        else:
            matrix = torch.block_diag(*[_matrix(block) for block in conv.weight[r]]).T
        found.append([Part(r, matrix)])
    return found


def _matrix(weight: Any) -> Any:
    torch = require_torch()
    return torch.tensor([[float(v) for v in row] for row in weight], dtype=torch.float64)


PARTS: dict[str, Callable[[Any, int], Parts]] = {
    "GCNConv": _same,
    "SAGEConv": _by_weight("lin_l"),
    "GraphConv": _by_weight("lin_rel"),
    "GATConv": _same,
    "GATv2Conv": _same,
    "GINConv": _same,
    "GINEConv": _same,
    "EdgeConv": _same,
    "NNConv": _same,
    "PNAConv": _same,
    "SGConv": _by_weight("lin"),
    "APPNP": _scaled,
    "TAGConv": _polynomial,
    "ChebConv": _chebyshev,
    "GCN2Conv": _scaled,
    "ARMAConv": _same,
    "RGCNConv": _by_relation,
    "GatedGraphConv": _same,
}
