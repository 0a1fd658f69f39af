"""Orders of adding edges that give every list of neighbours back."""

import random

import pytest

from tinygnn.adapters.adjacency_order import adding_order, is_plain_order


def lists(n, edges, undirected):
    leaving, entering = [[] for _ in range(n)], [[] for _ in range(n)]
    for source, target in edges:
        leaving[source].append(target)
        if undirected:
            if source != target:
                leaving[target].append(source)
        else:
            entering[target].append(source)
    return leaving, None if undirected else entering


@pytest.mark.parametrize("undirected", [True, False])
def test_the_order_gives_the_lists_back(undirected):
    generator = random.Random(0)
    for _ in range(300):
        n = generator.randint(1, 7)
        pairs = [(s, t) for s in range(n) for t in range(n) if not undirected or s <= t]
        edges = generator.sample(pairs, generator.randint(0, len(pairs)))
        expected = lists(n, edges, undirected)
        places = adding_order(*expected)
        edges = [(source, target) for source, targets in enumerate(expected[0]) for target in targets]
        order = None if places is None else [edges[place] for place in places]
        assert order is not None and lists(n, order, undirected) == expected
        leaving = expected[0]
        plain = [(s, t) for s in range(n) for t in leaving[s] if not undirected or s <= t]
        assert is_plain_order(*expected) == (lists(n, plain, undirected) == expected)


def test_lists_that_no_order_makes_have_none():
    assert adding_order([[1, 2], [2, 0], [0, 1]], None) is None
