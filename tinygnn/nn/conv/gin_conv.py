"""`GINConv` and `GINEConv`: the graph isomorphism networks of Xu et al. and of Hu et al."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from tinygnn.constants import constant, constants_are_recorded
from tinygnn.edge_index import EdgeIndex
from tinygnn.linalg import Matrix, linear_combination
from tinygnn.nn.conv.edge_rows import edge_rows
from tinygnn.nn.conv.messages import all_constant, input_width, message_sums, node_rows
from tinygnn.nn.conv.neighbours import aggregation_step
from tinygnn.nn.linear import Linear
from tinygnn.nn.module import Module
from tinygnn.sparse import Features
from tinygnn.tape import tapes
from tinygnn.value import Value


class _GIN(Module):
    """What both have in common: a network nn and ε, a buffer or a parameter."""

    eps: list[Any]

    def _start(self, nn: Module, eps: float, train_eps: bool) -> None:
        if not isinstance(nn, Module):
            raise TypeError(f"{type(self).__name__}'s nn is {nn!r}: give a Module, such as an MLP")
        self.initial_eps = float(eps)
        self.train_eps = train_eps
        if train_eps:
            self.eps = [Value(self.initial_eps)]
        else:
            self.register_buffer("eps", [self.initial_eps])
        self.nn = nn

    def _own(self, x: Matrix) -> list[tuple[Any, Matrix]]:
        """(1 + ε) x_i as terms of a sum."""
        eps = self.eps[0]
        if not isinstance(eps, Value):
            return [(1.0 + constant(eps), x)]
        return [(1.0, x), (1.0, [[times(eps, entry) for entry in row] for row in x])]

    def __repr__(self) -> str:
        return f"{type(self).__name__}(nn={self.nn!r})"


class GINConv(_GIN):
    """x'_i = nn((1 + ε) x_i + Σ_{j -> i} x_j), the graph isomorphism operator.

    Keyulu Xu, Weihua Hu, Jure Leskovec and Stefanie Jegelka, "How Powerful are Graph Neural Networks?",
    2019, arXiv:1810.00826, equation 4.1.

    Args: nn is a Module that maps rows to rows, such as an MLP; eps is ε, or where it starts from;
    train_eps=True learns it.

    Parameters: those of nn; eps [1], a buffer unless train_eps. Shapes: x [N][F], edge_index a pair of
    [E] -> [N][F'], if nn takes F to F'.

    Departures: none from the paper; from PyG: nn is not initialised again.

    >>> from tinygnn.nn import Linear
    >>> conv = GINConv(Linear(2, 3), eps=0.5)
    >>> len(conv([[1.0, 0.0], [0.0, 1.0]], ([0, 1], [1, 0]))[0])
    3

    Raises TypeError where nn is no Module, ValueError for rows of different lengths and for an edge to a
    node that is not there.
    """

    def __init__(self, nn: Module, eps: float = 0.0, train_eps: bool = False) -> None:
        self._start(nn, eps, train_eps)

    def forward(self, x: Matrix, edge_index: object) -> Any:
        x, edges = node_rows("GINConv", x), EdgeIndex.of(edge_index)
        step = aggregation_step("add", edges, None, len(x))
        own = self._own(x)
        if not all_constant(x) or constants_are_recorded():
            return self.nn(step(x, plus=own))
        if len(own) == 1:  # all is constant: with the features of a graph it is summed up once
            key = ("gin", own[0][0])

            def make() -> Features:
                return Features(step.of_constants(x, plus=own))

            return self.nn(make() if tapes else edges.once(key, x, make))
        heard = step.of_constants(x, plus=own[:1])
        return self.nn([[plus(a, b) for a, b in zip(*rows)] for rows in zip(heard, own[1][1])])


class GINEConv(_GIN):
    """x'_i = nn((1 + ε) x_i + Σ_{j -> i} ReLU(x_j + e_ji)), GINConv with features of the edges.

    Weihua Hu, Bowen Liu, Joseph Gomes, Marinka Zitnik, Percy Liang, Vijay Pande and Jure Leskovec,
    "Strategies for Pre-training Graph Neural Networks", 2020, arXiv:1905.12265, appendix A.

    Args: nn, eps and train_eps as GINConv's. Without edge_dim an edge has as many features as a node;
    with it the edge features go through W e_ji + c first.

    Parameters: those of nn; eps [1], a buffer unless train_eps; with edge_dim lin.weight [F][edge_dim] and
    lin.bias [F], from U(±1/√edge_dim), F being the in_channels of nn or of its first module.
    Shapes: x [N][F], edge_index a pair of [E], edge_attr [E][edge_dim], or [E][F] -> [N][F'], if nn takes
    F to F'.

    Departures: the paper adds an embedding of the edge and takes the ReLU after nn; this form is PyG's.
    From PyG: nn is not initialised again.

    >>> from tinygnn.nn import Linear
    >>> conv = GINEConv(Linear(2, 3), edge_dim=1)
    >>> len(conv([[1.0, 0.0], [0.0, 1.0]], ([0, 1], [1, 0]), [[0.5], [2.0]])[0])
    3

    Raises TypeError where nn is no Module, ValueError where its input size cannot be told, for rows of
    different lengths, for an edge to a node that is not there, and for edge_attr that is missing or does
    not fit.
    """

    def __init__(
        self,
        nn: Module,
        eps: float = 0.0,
        train_eps: bool = False,
        edge_dim: int | None = None,
        *,
        rng: random.Random | None = None,
    ) -> None:
        self._start(nn, eps, train_eps)
        self.edge_dim = edge_dim
        self.lin = None if edge_dim is None else Linear(edge_dim, input_width("GINEConv", nn), rng=rng)

    def forward(self, x: Matrix, edge_index: object, edge_attr: Sequence[Any] | None = None) -> Any:
        x, edges = node_rows("GINEConv", x), EdgeIndex.of(edge_index)
        edges.check(len(x))
        # 1. Edge features as wide as x.
        features = self._edge_features(x, edges, edge_attr)
        # 2. Messages ReLU(x_j + e_ji).
        messages = [
            [relu(plus(a, b)) for a, b in zip(x[source], row)] for source, row in zip(edges[0], features)
        ]
        # 3. (1 + ε) x_i + their sum, and nn.
        return self.nn(message_sums("add", edges, messages, len(x), plus=self._own(x)))

    def _edge_features(self, x: Matrix, edges: EdgeIndex, edge_attr: Sequence[Any] | None) -> Matrix:
        if edge_attr is None:
            raise ValueError("GINEConv takes edge_attr, features for each edge: give them, or use GINConv")
        width = len(x[0]) if x else 0
        try:
            rows = edge_rows(edge_attr, width if self.edge_dim is None else self.edge_dim, edges.num_edges)
        except ValueError as error:
            hint = "; give edge_dim for edges that have another number of features than nodes"
            raise ValueError(f"{error}{hint if self.edge_dim is None else ''}") from None
        return (rows or []) if self.lin is None else self.lin(rows)


def times(eps: Value, entry: Any) -> Value | float:
    """ε x; a constant 0 stays one."""
    if isinstance(entry, Value):
        return eps * entry
    return linear_combination((entry,), (eps,)) if entry else 0.0


def plus(a: Any, b: Any) -> Any:
    """a + b as one node; of constants it is a constant."""
    if isinstance(a, Value):
        return a + b if isinstance(b, Value) or b else a
    return b + a if a else b


def relu(entry: Any) -> Any:
    """max(x, 0); of a constant it is a constant."""
    return entry.relu() if isinstance(entry, Value) else entry if entry != entry else max(entry, 0.0)
