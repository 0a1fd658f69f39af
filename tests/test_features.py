"""Features for graphs without, and rows that sum to 1."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygnn import Graph
from tinygnn.features import MAX_IDENTITY, normalized_rows, prepare_features, with_features

ROUNDING = 1e-12  # of a sum of at most 6 quotients of at most 1 each


def test_one_hot_features_and_beyond_their_limit_degrees():
    few = Graph(([0, 1], [1, 2]))
    [given], note = with_features([few])
    assert "one-hot" in note and few.x is None
    assert given.x == [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    n = MAX_IDENTITY + 1
    [many], note = with_features([Graph(([0, 1, 2], [5, 5, 6]), num_nodes=n)])
    assert "in-degree" in note and len(many.x) == n
    assert [many.x[i] for i in (0, 5, 6)] == [[1.0, 0.0], [1.0, 2 * n / 3], [1.0, n / 3]]
    assert with_features([Graph(([], []), num_nodes=n)])[1] == note


def test_several_graphs_have_one_mean_of_degrees():
    """1.5 nodes for an edge: the degrees 0, 1 and 0 of the one and 1, 0 and 0 of the other times 3."""
    graphs, note = with_features([Graph(([0], [1]), num_nodes=3), Graph(([1], [0]), num_nodes=3)])
    assert "in-degree" in note
    assert [graph.x for graph in graphs] == [
        [[1.0, 0.0], [1.0, 3.0], [1.0, 0.0]],
        [[1.0, 3.0], [1.0, 0.0], [1.0, 0.0]],
    ]


def test_features_that_are_there_stay_unless_normalised():
    graph = Graph(([0], [1]), x=[[1.0, 3.0], [0.0, 0.0]])
    notes = []
    assert prepare_features([graph], False, notes)[0] is graph and notes == []
    assert prepare_features([graph], True, notes)[0].x == [[0.25, 0.75], [0.0, 0.0]] and notes == []
    assert graph.x == [[1.0, 3.0], [0.0, 0.0]]
    with pytest.raises(ValueError, match="graph 1 has no features x"):
        prepare_features([graph, Graph(([0], [1]))], False, notes)


@given(st.lists(st.lists(st.integers(0, 9), min_size=6, max_size=6), max_size=4))
def test_normalised_rows_sum_to_one(rows):
    for row, normalized in zip(rows, normalized_rows(rows)):
        assert abs(sum(normalized) - (1.0 if any(row) else 0.0)) < ROUNDING
        assert all(a * sum(row) == pytest.approx(b) for a, b in zip(normalized, row))
