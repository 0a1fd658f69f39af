"""`APPNP`: the approximate personalized propagation of neural predictions of Gasteiger et al."""

from __future__ import annotations

import random
from collections.abc import Callable

from tinygnn.constants import constant
from tinygnn.edge_index import EdgeIndex, Weights
from tinygnn.linalg import Matrix, check_rectangular, is_constant, plain
from tinygnn.nn.dropout import Dropout
from tinygnn.nn.module import Module
from tinygnn.propagation import Propagation, gcn_propagation
from tinygnn.value import Value, as_value


class APPNP(Module):
    """Z ← (1 - α) S Z + α X, K times from Z = X, with S = D^-1/2 (A + I) D^-1/2: personalized PageRank.

    Johannes Gasteiger (Klicpera), Aleksandar Bojchevski and Stephan Günnemann, "Predict then Propagate:
    Graph Neural Networks meet Personalized PageRank", 2019, arXiv:1810.05997, equation 4. One step for
    one node, j over the edges j -> i and i itself:

        z_i ← (1 - α) Σ_j w_ji / √(d_j d_i) z_j + α x_i,    d_i = Σ_j w_ji

    Args: K steps with the teleport probability alpha. dropout drops, in training, entries of S in every
    step. cached is taken for PyG's sake and changes no number: what depends on the graph alone is kept by
    its EdgeIndex anyway. add_self_loops=False takes the graph as it is. normalize=False takes S = A, the
    edge weights as they are and no self loops added.

    It has no parameters. Shapes: x [N][F], edge_index a pair of [E], edge_weight [E] or None -> [N][F].
    Edge weights may be floats or Values. Of a constant x on constant weights the steps are taken in
    floats, and only what comes out are Values.

    Departures from the paper, as in PyG: a node that has a self loop gets no second one, and on directed
    graphs both degrees count entering edges. From PyG: every step drops entries of the whole S, as the
    paper has it, where PyG 2.8 drops from what the step before has left; without normalize and weights
    dropout counts each edge as 1, where PyG stops; a node whose degree is 0 gets the gradient 0 there,
    not nan.

    >>> prop = APPNP(K=1, alpha=0.5, normalize=False)
    >>> [row[0].data for row in prop([[4.0], [0.0]], ([0, 1], [1, 0]))]
    [2.0, 2.0]

    Raises ValueError for K below 0, for rows of different lengths, and for an edge to a node that is not
    there.
    """

    def __init__(
        self,
        K: int,
        alpha: float,
        dropout: float = 0.0,
        cached: bool = False,
        add_self_loops: bool = True,
        normalize: bool = True,
        *,
        rng: random.Random | None = None,
    ) -> None:
        if K < 0:
            raise ValueError(f"K is {K}: the number of steps is 0 or more")
        self.K = K
        self.alpha = alpha
        self.dropout = Dropout(dropout, rng=rng)
        self.cached = cached
        self.add_self_loops = add_self_loops
        self.normalize = normalize

    def forward(self, x: Matrix, edge_index: object, edge_weight: Weights | None = None) -> list[list[Value]]:
        x = plain(x)
        check_rectangular("APPNP's x", x)
        step = gcn_propagation(
            EdgeIndex.of(edge_index), edge_weight, len(x),
            add_self_loops=self.add_self_loops, normalize=self.normalize,
        )  # fmt: skip
        fixed = step.constant and all(map(is_constant, x))
        alpha = constant(self.alpha)
        z = x
        for _ in range(self.K):
            dropped = self._dropped(step)
            walk: Callable[..., Matrix] = dropped.of_constants if fixed else dropped
            z = walk(z, scale=1.0 - alpha, plus=[(alpha, x)])
        return [list(map(as_value, row)) for row in z]

    def _dropped(self, step: Propagation) -> Propagation:
        """The step without some of its edges, in training; what is left weighs more."""
        if not self.training or self.dropout.p == 0.0:
            return step
        kept = [c if isinstance(c, Value) else float(c) for c in self.dropout([step.coefficients])[0]]
        return Propagation(step.edges, kept, step.num_nodes)

    def __repr__(self) -> str:
        return f"APPNP(K={self.K}, alpha={self.alpha})"
