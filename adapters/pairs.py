"""Pairs of columns of edge_index: which column is the reverse of which."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from tinygnn.adapters.errors import AdapterError
from tinygnn.graph import Graph


def reverse_columns(
    graph: Graph, columns: Sequence[Sequence[Any]] = (), keys: Sequence[Hashable] | None = None
) -> list[int]:
    """For each column of edge_index the column that holds the same edge the other way, shape [E].

    A self loop is its own reverse. Two columns belong together when all of `columns` agree on them, and
    `keys`, the keys of a multigraph. Raises AdapterError naming an edge that has no such reverse.

    >>> reverse_columns(Graph(([0, 1, 2], [1, 0, 2]), num_nodes=3))
    [1, 0, 2]
    """
    reverse = [-1] * graph.num_edges
    waiting: dict[tuple[int, int, Hashable], list[int]] = {}
    for c, (source, target) in enumerate(zip(*graph.edge_index)):
        if source == target:
            reverse[c] = c
            continue
        key = keys[c] if keys is not None else None
        candidates = waiting.get((target, source, key))
        partner = _agreeing(c, candidates, columns) if candidates else None
        if partner is None or candidates is None:
            waiting.setdefault((source, target, key), []).append(c)
        else:
            candidates.remove(partner)
            reverse[c], reverse[partner] = partner, c
    lonely = min((c for left in waiting.values() for c in left), default=None)
    if lonely is not None:
        _raise_lonely(graph, lonely, waiting)
    return reverse


def undirected_rows(
    graph: Graph, columns: Sequence[Sequence[Any]] = (), keys: Sequence[Hashable] | None = None
) -> list[int]:
    """One column of edge_index for each undirected edge: the first of the two that hold it.

    Of a graph whose first columns are rows and whose other columns are the reverses of these, the rows.

    >>> undirected_rows(Graph(([0, 1, 2, 1], [1, 1, 1, 2]), num_nodes=3, directed=False))
    Traceback (most recent call last):
    tinygnn.adapters.errors.AdapterError: column 0 of edge_index, edge (0, 1), has no reverse: ...
    """
    sources, targets = graph.edge_index
    loops = sum(map(int.__eq__, sources, targets))
    rows = range((graph.num_edges + loops) // 2)
    compared = [*columns, keys] if keys is not None else columns
    forward = [e for e in rows if sources[e] != targets[e]]
    backward = range(len(rows), graph.num_edges)
    if len(forward) == len(backward) and all(
        (sources[e], targets[e]) == (targets[r], sources[r])
        and all(same(column[e], column[r]) for column in compared)
        for e, r in zip(forward, backward)
    ):
        return list(rows)
    reverse = reverse_columns(graph, columns, keys)
    return [e for e in range(graph.num_edges) if e <= reverse[e]]


def same(a: Any, b: Any) -> bool:
    """Whether two attribute values are equal; nan equals nan, arrays are compared whole."""
    if a is b:
        return True
    try:
        return bool(a == b) or bool(a != a and b != b)
    except (ValueError, TypeError, RuntimeError):
        return repr(a) == repr(b)


def _agreeing(c: int, candidates: list[int], columns: Sequence[Sequence[Any]]) -> int | None:
    for other in candidates:
        if all(same(column[c], column[other]) for column in columns):
            return other
    return None


def _raise_lonely(graph: Graph, c: int, waiting: dict[tuple[int, int, Hashable], list[int]]) -> None:
    source, target = graph.edge_index[0][c], graph.edge_index[1][c]
    edge = named_edge(graph, c)
    if any(left and key[:2] == (target, source) for key, left in waiting.items()):
        raise AdapterError(
            f"column {c} of edge_index, edge {edge}, and its reverse differ in their attributes, so that no "
            "undirected edge holds both: keep the graph directed, or choose 'upper' or 'lower'",
            edge=edge,
        )
    raise AdapterError(
        f"column {c} of edge_index, edge {edge}, has no reverse: add it, keep the graph directed, "
        "or choose 'upper' or 'lower'",
        edge=edge,
    )


def named_edge(graph: Graph, c: int) -> tuple[Any, Any]:
    """The ids of the two ends of column c."""
    source, target = graph.edge_index[0][c], graph.edge_index[1][c]
    if graph.node_ids is None:
        return source, target
    return graph.node_ids[source], graph.node_ids[target]
