"""The order in which to add edges so that every list of neighbours comes back as it was.

networkx lists the neighbours of a node in the order in which edges were added. Walking over the
lists gives each edge once per end, in an order that need not be one of adding them.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, islice

from tinygnn.graph import Graph

Neighbours = Sequence[Sequence[int]]


def columns_to_add(graph: Graph) -> list[int] | None:
    """The columns of edge_index in an order of adding them that gives the lists of neighbours back.

    None where their own order is one, or none is known: the graph is not of networkx, or was changed.
    """
    n, (sources, targets) = graph.num_nodes, graph.edge_index
    if graph.origin.get("format") != "networkx" or list(sources) != sorted(sources):
        return None
    leaving: list[list[int]] = [[] for _ in range(n)]
    columns: dict[tuple[int, int], list[int]] = {}  # parallel edges are added at once
    for c, edge in enumerate(zip(sources, targets)):
        columns.setdefault(edge, []).append(c)
    for source, target in columns:
        leaving[source].append(target)
    entering = None
    if graph.directed:
        entering = _as_recorded(leaving, graph.origin.get("entering"))
        if entering is None:
            return None
    if is_plain_order(leaving, entering):
        return None
    order = adding_order(leaving, entering)
    return None if order is None else list(chain.from_iterable(map(columns.__getitem__, order)))


def _as_recorded(leaving: Neighbours, recorded: list[int] | None) -> list[list[int]] | None:
    """For each node the nodes it has edges from, as they were listed; None if the edges are others now."""
    if recorded is None:
        return None
    entering: list[list[int]] = [[] for _ in leaving]
    for source, targets in enumerate(leaving):
        for target in targets:
            entering[target].append(source)
    flat = iter(recorded)
    listed = [list(islice(flat, len(nodes))) for nodes in entering]
    return listed if [sorted(nodes) for nodes in listed] == entering and next(flat, None) is None else None


def is_plain_order(leaving: Neighbours, entering: Neighbours | None) -> bool:
    """Whether adding the edges node by node, in the order of `leaving`, gives all lists back.

    leaving: for each node the nodes it has edges to. entering: the same for edges from them; None
    for an undirected graph, where `leaving` names each edge at both its ends.
    """
    if entering is not None:
        return all(list(nodes) == sorted(nodes) for nodes in entering)
    for node, neighbours in enumerate(leaving):
        earlier = [other for other in neighbours if other < node]
        if earlier != sorted(earlier) or list(neighbours[: len(earlier)]) != earlier:
            return False
    return True


def adding_order(leaving: Neighbours, entering: Neighbours | None) -> list[tuple[int, int]] | None:
    """Edges (source, target) in an order of adding them that gives all the lists back.

    An edge may be added when it is the next one at both its ends. None if there is no such order, as
    in a graph whose lists were edited by hand.

    >>> adding_order([[1], [2, 0], [1]], None)
    [(1, 2), (1, 0)]
    """
    undirected = entering is None
    back = leaving if entering is None else entering
    next_leaving = [0] * len(leaving)
    next_entering = next_leaving if undirected else [0] * len(back)
    order: list[tuple[int, int]] = []
    waiting = list(range(len(leaving) - 1, -1, -1))
    while waiting:
        source = waiting.pop()
        targets = leaving[source]
        while (n := next_leaving[source]) < len(targets):
            target = targets[n]
            sources = back[target]
            at = next_entering[target]
            if at >= len(sources) or sources[at] != source:
                break
            next_leaving[source] = n + 1
            if source != target or not undirected:
                next_entering[target] = at + 1
            order.append((source, target))
            if undirected:
                waiting.append(target)
            elif at + 1 < len(sources):
                waiting.append(sources[at + 1])
    complete = all(at == len(nodes) for at, nodes in zip(next_leaving, leaving))
    return order if complete else None
