"""The order in which to add edges so that every list of neighbours comes back as it was.

networkx lists the neighbours of a node in the order in which edges were added. Walking over the
lists gives each edge once per end, in an order that need not be one of adding them.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, chain, islice

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
    columns: list[list[int]] = []  # parallel edges stand side by side and are added at once
    before = None
    for c, edge in enumerate(zip(sources, targets)):
        if edge == before:
            columns[-1].append(c)
        else:
            leaving[edge[0]].append(edge[1])
            columns.append([c])
        before = edge
    entering = None
    if graph.directed:
        recorded = graph.origin.get("entering")
        if recorded is None:
            return None  # each list is in the order of the nodes, as adding node by node makes it
        degrees = [0] * n
        for target in chain.from_iterable(leaving):
            degrees[target] += 1
        flat = iter(recorded)
        entering = [list(islice(flat, degree)) for degree in degrees]
    if is_plain_order(leaving, entering):
        return None
    order = adding_order(leaving, entering)
    return None if order is None else list(chain.from_iterable(map(columns.__getitem__, order)))


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


def adding_order(leaving: Neighbours, entering: Neighbours | None) -> list[int] | None:
    """An order of adding the edges that gives all the lists back; an edge is its place in `leaving`,
    counted through all lists.

    An edge may be added when it is the next one at both its ends. None if there is no such order, as
    in a graph whose lists were edited by hand.

    >>> adding_order([[1], [2, 0], [1]], None)
    [1, 2]
    """
    undirected = entering is None
    back = leaving if entering is None else entering
    next_leaving = [0] * len(leaving)
    next_entering = next_leaving if undirected else [0] * len(back)
    order: list[int] = []
    first = list(accumulate(map(len, leaving), initial=0))
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
            order.append(first[source] + n)
            if undirected:
                waiting.append(target)
            elif at + 1 < len(sources):
                waiting.append(sources[at + 1])
    complete = all(at == len(nodes) for at, nodes in zip(next_leaving, leaving))
    return order if complete else None
