"""Features for graphs that have none, and normalised ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from tinygnn.graph import Graph

MAX_IDENTITY = 5000  # nodes: beyond it, one-hot features would fill the memory


def prepare_features(graphs: Sequence[Graph], normalize: bool, notes: list[str]) -> list[Graph]:
    """The graphs with features, normalised if asked for; the given ones stay as they are."""
    prepared = list(graphs)
    lacking = [k for k, graph in enumerate(prepared) if graph.x is None]
    if len(lacking) == len(prepared):
        prepared, note = with_features(prepared)
        notes.append(note)
    elif lacking:
        raise ValueError(f"graph {lacking[0]} has no features x, but others have: give it to all or none")
    if normalize:
        prepared = [replace(graph, x=normalized_rows(graph.x or [])) for graph in prepared]
    return prepared


def with_features(graphs: Sequence[Graph]) -> tuple[list[Graph], str]:
    """Give graphs without features some, and say which."""
    n = sum([graph.num_nodes for graph in graphs])
    if len(graphs) == 1 and n <= MAX_IDENTITY:
        features = [[[float(i == j) for j in range(n)] for i in range(n)]]
        note = "no features: each node gets its own one-hot row (name others with --features A,B)"
    else:
        scale = n / max(sum([graph.num_edges for graph in graphs]), 1)
        degrees = [Counter(graph.edge_index[1]) for graph in graphs]
        features = [
            [[1.0, count[i] * scale] for i in range(graph.num_nodes)] for graph, count in zip(graphs, degrees)
        ]
        note = "no features: each node gets 1 and its in-degree over the mean (or name --features A,B)"
    return [replace(graph, x=x) for graph, x in zip(graphs, features)], note


def normalized_rows(x: Sequence[Sequence[float]]) -> list[list[float]]:
    """Each row over its sum, as D⁻¹X; a row whose sum is 0 stays as it is.

    PyG's NormalizeFeatures first subtracts the least entry of all, and divides by no sum below 1; on rows of
    0 and 1 it gives the same.

    >>> normalized_rows([[1.0, 0.0, 1.0], [0.0, 0.0, 0.0]])
    [[0.5, 0.0, 0.5], [0.0, 0.0, 0.0]]
    """
    sums = [sum(row) for row in x]
    return [[entry / total for entry in row] if total else list(row) for row, total in zip(x, sums)]
