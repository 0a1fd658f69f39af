"""The Laplacian of a graph, as edges and coefficients."""

from __future__ import annotations

from collections.abc import Sequence

from tinygnn.constants import constant, quotient
from tinygnn.edge_index import EdgeIndex, Weights, gcn_norm
from tinygnn.linalg import linear_combination, maximum, total
from tinygnn.value import Value

NORMALIZATIONS = (None, "sym", "rw")


def laplacian(
    edges: EdgeIndex, edge_weight: Weights | None, num_nodes: int, normalization: str | None = None
) -> tuple[EdgeIndex, list[Value | float]]:
    """L = D - A, or "sym": I - D^-1/2 A D^-1/2, or "rw": I - D^-1 A; the loops of all nodes come last.

    As in PyG self loops of the graph do not count, and d_i is the sum of the weights of the edges that
    leave i; of a degree 0 the inverses are 0. Edge weights may be floats or Values.

    >>> laplacian(EdgeIndex(([0, 1], [1, 0])), [2.0, 2.0], 2)
    (([0, 1, 0, 1], [1, 0, 0, 1]), [-2.0, -2.0, 2.0, 2.0])

    Raises ValueError for an edge to a node that is not there, and when the number of weights is not that
    of the edges.
    """
    _, weights = gcn_norm(edges, edge_weight, num_nodes, add_self_loops=False, normalize=False)
    weights = [w for s, t, w in zip(*edges, weights) if s != t]
    edges = edges.without_self_loops()
    sources, targets = edges
    leaving = EdgeIndex((targets, sources))  # what leaves a node enters it in the reversed graph
    loops: list[Value | float] = [constant(1.0)] * num_nodes
    if normalization == "sym":
        _, weights = gcn_norm(leaving, weights, num_nodes, add_self_loops=False)
    else:
        degrees = [_sum([weights[e] for e in es]) for es in leaving.entering(num_nodes)]
        if normalization is None:
            loops = degrees
        else:
            inverses = [_inverse(degree) for degree in degrees]
            weights = [inverses[s] * w for s, w in zip(sources, weights)]
    return edges.with_self_loops(num_nodes), [-w for w in weights] + loops


def scaled_laplacian(
    edges: EdgeIndex,
    edge_weight: Weights | None,
    num_nodes: int,
    normalization: str | None,
    batch: Sequence[int] | None = None,
    lambda_max: Weights | None = None,
) -> tuple[EdgeIndex, list[Value | float]]:
    """L̂ = 2 L / λ_max - I, whose eigenvalues lie in [-1, 1]; where λ_max is 0, 2 L / λ_max is 0.

    lambda_max: one number, or one for each graph of a batch; None takes twice the largest entry of L.
    Constant entries that are 0 are left out.
    """
    edges, entries = laplacian(edges, edge_weight, num_nodes, normalization)
    if lambda_max is None:
        lambda_max = [_twice_the_largest(entries)] if entries else [2.0]
    if len(lambda_max) != 1:
        graph_of = _checked_batch(batch, num_nodes, len(lambda_max))
        largest = [lambda_max[graph_of[s]] for s in edges[0]]
    else:
        largest = [lambda_max[0]] * len(entries)
    first_loop = len(entries) - num_nodes
    scaled: list[Value | float] = [
        _ratio(2.0 * entry, bound) - (1.0 if e >= first_loop else 0.0)
        for e, (entry, bound) in enumerate(zip(entries, largest))
    ]
    kept = [e for e, entry in enumerate(scaled) if isinstance(entry, Value) or entry != 0.0]
    pairs = EdgeIndex(([edges[0][e] for e in kept], [edges[1][e] for e in kept]))
    return pairs, [scaled[e] for e in kept]


def _checked_batch(batch: Sequence[int] | None, num_nodes: int, num_graphs: int) -> Sequence[int]:
    if batch is None:
        raise ValueError(
            f"lambda_max has {num_graphs} entries: give one number, or batch, the graph of each node"
        )
    if len(batch) != num_nodes:
        raise ValueError(f"batch has {len(batch)} entries for {num_nodes} nodes: each node needs its graph")
    for i, graph in enumerate(batch):
        if not 0 <= graph < num_graphs:
            raise ValueError(
                f"batch[{i}] is {graph}, but lambda_max has {num_graphs} entries: one for each graph"
            )
    return batch


def _sum(weights: list[Value | float]) -> Value | float:
    return total(weights) if any(isinstance(w, Value) for w in weights) else sum(map(float, weights))


def _inverse(degree: Value | float) -> Value | float:
    if float(degree) == 0.0:
        return 0.0
    return 1.0 / degree


def _twice_the_largest(entries: list[Value | float]) -> Value | float:
    if any(isinstance(entry, Value) for entry in entries):
        return linear_combination((2.0,), (maximum(entries),))
    return 2.0 * max(map(float, entries))


def _ratio(a: Value | float, b: Value | float) -> Value | float:
    if float(b) == 0.0:
        return 0.0
    return quotient(a, b)
