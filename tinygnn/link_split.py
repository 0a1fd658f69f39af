"""Splits of edges that do not leak: what is to be predicted is nowhere to be seen."""

from __future__ import annotations

import random
from collections.abc import Collection
from dataclasses import dataclass, replace

from tinygnn.edge_index import EdgeIndex
from tinygnn.graph import Graph

Pair = tuple[int, int]  # two nodes, the smaller number first
SHARES = (0.85, 0.05)  # of train and val; test has the rest: Kipf & Welling 2016


@dataclass(frozen=True)
class LinkSplit:
    """Pairs of nodes that are linked, and pairs that are not, in train, val and test.

    graph: what a model sees, the graph with the edges between the train pairs and the self loops alone.
    positive: the linked pairs of each split. negative: as many pairs of each split that are not linked,
    drawn once; those of train are for evaluation. linked: all pairs that are linked.
    """

    graph: Graph
    positive: dict[str, list[Pair]]
    negative: dict[str, list[Pair]]
    linked: frozenset[Pair]


def link_split(graph: Graph, shares: tuple[float, float] = SHARES, *, seed: int = 0) -> LinkSplit:
    """Split the linked pairs of a graph at random (Kipf & Welling 2016, arXiv:1611.07308, section 3).

    A pair is unordered: both directions of an edge, and all its duplicates, are in one split, for a
    decoder that cannot tell u, v from v, u would else have seen the answer. A self loop is no pair, and
    always stays. Negative pairs are no edges of the whole graph in either direction, no self loops, and no
    two alike; there are fewer than positive ones where the graph is too dense. Splits without a pair are
    left out. Where PyG's RandomLinkSplit lets a model see the val edges when it is tested, here it never
    sees more than those of train.

    Raises ValueError when no pair is left to learn from, or all pairs are linked.
    """
    if not (0.0 <= shares[0] <= 1.0 and shares[1] >= 0.0 and shares[0] + shares[1] <= 1.0 + 1e-12):
        raise ValueError(f"the shares are {shares}: those of train and val, at most 1 together")
    rng = random.Random(seed)
    pairs = sorted({(min(s, t), max(s, t)) for s, t in zip(*graph.edge_index) if s != t})
    linked = frozenset(pairs)
    rng.shuffle(pairs)
    held_out = len(pairs) - max(round(shares[0] * len(pairs)), min(1, len(pairs)))
    val = min(held_out, round(shares[1] * len(pairs)))
    parts = {"train": pairs[held_out:], "val": pairs[:val], "test": pairs[val:held_out]}
    positive = {name: part for name, part in parts.items() if part}
    if "train" not in positive:
        raise ValueError(f"{graph!r} links no two nodes: there is nothing to learn from")
    n = graph.num_nodes
    free = n * (n - 1) // 2 - len(linked)
    if free < len(positive):
        raise ValueError(f"{graph!r} links all but {free} pairs of nodes: no pair is left to tell apart")
    wanted = [len(part) for part in positive.values()]
    if sum(wanted) > free:  # share what there is, at least one for each
        wanted = [1 + (free - len(wanted)) * size // sum(wanted) for size in wanted]
    drawn = unlinked_pairs(n, sum(wanted), linked, rng)
    negative = {}
    for name, size in zip(positive, wanted):
        negative[name], drawn = drawn[:size], drawn[size:]
    seen = set(positive["train"])
    keep = [s == t or (min(s, t), max(s, t)) in seen for s, t in zip(*graph.edge_index)]
    return LinkSplit(with_edges(graph, keep), positive, negative, linked)


def unlinked_pairs(num_nodes: int, count: int, taken: Collection[Pair], rng: random.Random) -> list[Pair]:
    """Draw different pairs of nodes that are not taken, each set of them equally likely.

    Raises ValueError when there are fewer than count.
    """
    free = num_nodes * (num_nodes - 1) // 2 - len(taken)
    if count > free:
        raise ValueError(f"{count} pairs that are not linked: {num_nodes} nodes have only {free}")
    if 2 * count > free:  # draws would hit what is taken too often: look at all
        every = ((i, j) for i in range(num_nodes) for j in range(i + 1, num_nodes))
        return rng.sample([pair for pair in every if pair not in taken], count)
    drawn: dict[Pair, None] = {}
    while len(drawn) < count:
        i, j = rng.randrange(num_nodes), rng.randrange(num_nodes)
        if i != j and (min(i, j), max(i, j)) not in taken:
            drawn[min(i, j), max(i, j)] = None
    return list(drawn)


def with_edges(graph: Graph, keep: list[bool]) -> Graph:
    """The graph with some of its edges, and what is known about them; it came from nowhere."""
    sources, targets = graph.edge_index

    def some(column: list) -> list:  # type: ignore[type-arg]
        return [entry for entry, kept in zip(column, keep) if kept]

    return replace(
        graph,
        edge_index=EdgeIndex((some(sources), some(targets))),
        edge_weight=None if graph.edge_weight is None else some(graph.edge_weight),
        edge_attr=None if graph.edge_attr is None else some(graph.edge_attr),
        edge_attrs={name: some(column) for name, column in graph.edge_attrs.items()},
        origin={},
    )
