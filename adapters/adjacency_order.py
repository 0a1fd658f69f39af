"""The order in which to add edges so that every list of neighbours comes back as it was.

networkx lists the neighbours of a node in the order in which edges were added. Walking over the
lists gives each edge once per end, in an order that need not be one of adding them.
"""

from __future__ import annotations

from collections.abc import Sequence

Neighbours = Sequence[Sequence[int]]


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
        while next_leaving[source] < len(leaving[source]):
            target = leaving[source][next_leaving[source]]
            at = next_entering[target]
            if at >= len(back[target]) or back[target][at] != source:
                break
            next_leaving[source] += 1
            if source != target or not undirected:
                next_entering[target] += 1
            order.append((source, target))
            if undirected:
                waiting.append(target)
            elif next_entering[target] < len(back[target]):
                waiting.append(back[target][next_entering[target]])
    complete = all(at == len(nodes) for at, nodes in zip(next_leaving, leaving))
    return order if complete else None
