"""Splits of edges: nothing that is to be predicted can be seen."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygnn import Graph
from tinygnn.adapters import load
from tinygnn.link_split import link_split, unlinked_pairs, with_edges


def unordered(edges):
    return [(min(s, t), max(s, t)) for s, t in edges]


@st.composite
def graphs(draw):
    """Graphs with self loops, duplicates, one direction or both, and isolated nodes; not all pairs linked."""
    n = draw(st.integers(4, 9))
    node = st.integers(0, n - 2)  # the last node is linked to none, so that pairs are left over
    edges = draw(
        st.lists(st.tuples(node, node), min_size=1, max_size=30).filter(lambda es: any(s != t for s, t in es))
    )
    if draw(st.booleans()):
        edges += [(t, s) for s, t in edges]
    return Graph(
        tuple(map(list, zip(*edges))), num_nodes=n, edge_weight=[float(k) for k in range(len(edges))]
    )


@given(graphs(), st.sampled_from([(0.85, 0.05), (0.5, 0.25), (0.0, 0.5), (1.0, 0.0)]), st.integers(0, 99))
def test_a_split_does_not_leak(graph, shares, seed):
    split = link_split(graph, shares, seed=seed)
    edges = list(zip(*graph.edge_index))
    every = {pair for pair in unordered(edges) if pair[0] != pair[1]}
    positive = [pair for part in split.positive.values() for pair in part]
    # Each linked pair is in one split, once.
    assert Counter(positive) == Counter(every) and split.linked == every
    # What a model sees are the train pairs and the self loops, in both directions, with their weights.
    seen = list(zip(*split.graph.edge_index))
    train = set(split.positive["train"])
    expected = [
        (s, t, w) for (s, t), w in zip(edges, graph.edge_weight) if s == t or unordered([(s, t)])[0] in train
    ]
    assert [(*edge, w) for edge, w in zip(seen, split.graph.edge_weight)] == expected
    for name in ("val", "test"):
        assert not set(split.positive.get(name, [])) & set(unordered(seen))
    # Negatives are no edges in either direction, no self loops, and no two alike.
    negative = [pair for part in split.negative.values() for pair in part]
    assert len(negative) == len(set(negative)) and not set(negative) & every
    assert all(0 <= s < t < graph.num_nodes for s, t in negative)
    assert list(split.negative) == list(split.positive)
    for name, part in split.negative.items():
        assert 1 <= len(part) <= len(split.positive[name])
    assert link_split(graph, shares, seed=seed) == split


def test_sizes_are_the_shares():
    split = link_split(load("karate")[0], seed=1)  # 78 pairs: 66.3, 3.9 and the rest
    assert {name: len(part) for name, part in split.positive.items()} == {"train": 66, "val": 4, "test": 8}
    assert {name: len(part) for name, part in split.negative.items()} == {"train": 66, "val": 4, "test": 8}
    assert split.graph.num_edges == 132 and not split.graph.directed


def test_another_seed_is_another_split():
    graph = load("karate")[0]
    splits = [link_split(graph, seed=seed) for seed in range(5)]
    assert len({tuple(split.positive["test"]) for split in splits}) == 5
    assert len({tuple(split.negative["test"]) for split in splits}) == 5


def test_a_dense_graph_shares_the_few_pairs_that_are_left():
    """A complete graph on 8 nodes without 4 of its 28 pairs, of which each split has at least one."""
    pairs = [(i, j) for i in range(8) for j in range(i + 1, 8)][4:]
    split = link_split(Graph(tuple(map(list, zip(*pairs)))), (0.5, 0.25))
    assert {name: len(part) for name, part in split.positive.items()} == {"train": 12, "val": 6, "test": 6}
    assert {name: len(part) for name, part in split.negative.items()} == {"train": 1, "val": 1, "test": 1}


@pytest.mark.parametrize(
    "graph, shares, words",
    [
        (Graph(([], []), num_nodes=3), (0.8, 0.1), "links no two nodes"),
        (Graph(([1], [1])), (0.8, 0.1), "links no two nodes"),
        (Graph(([0, 1, 2], [1, 2, 0])), (0.8, 0.1), "links all but 0 pairs"),
        (Graph(([0], [1])), (0.8, 0.3), "at most 1 together"),
        (Graph(([0], [1])), (0.8, -0.1), "at most 1 together"),
    ],
)
def test_what_cannot_be_split_is_refused(graph, shares, words):
    with pytest.raises(ValueError, match=words):
        link_split(graph, shares)


@given(st.integers(2, 7), st.data())
def test_unlinked_pairs_are_different_and_free(n, data):
    every = [(i, j) for i in range(n) for j in range(i + 1, n)]
    taken = set(data.draw(st.lists(st.sampled_from(every))))
    count = data.draw(st.integers(0, len(every) - len(taken)))
    drawn = unlinked_pairs(n, count, taken, random.Random(0))
    assert len(drawn) == len(set(drawn)) == count and set(drawn) <= set(every) - taken
    with pytest.raises(ValueError, match="have only"):
        unlinked_pairs(n, len(every) - len(taken) + 1, taken, random.Random(0))


def test_each_free_pair_is_drawn_as_often():
    """Of 600 draws of 2 out of 10 pairs, each is in 120, give or take 5 standard deviations of 9.8."""
    rng = random.Random(0)
    counts = Counter(pair for _ in range(600) for pair in unlinked_pairs(5, 2, set(), rng))
    assert len(counts) == 10 and all(abs(count - 120) < 49 for count in counts.values())


def test_edges_keep_what_is_known_of_them():
    graph = Graph(
        ([0, 1, 2], [1, 2, 0]), x=[[1.0], [2.0], [3.0]], edge_attr=[[1.0], [2.0], [3.0]],
        edge_attrs={"name": ["a", "b", "c"]}, origin={"format": "csv"},
    )  # fmt: skip
    kept = with_edges(graph, [True, False, True])
    assert kept.edge_index == ([0, 2], [1, 0]) and kept.x == graph.x
    assert (kept.edge_attr, kept.edge_attrs) == ([[1.0], [3.0]], {"name": ["a", "c"]})
    assert kept.edge_weight is None and kept.origin == {} and graph.num_edges == 3
