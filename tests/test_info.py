"""What `tinygnn info` says beyond counting: homophily, class sizes, and what training will take."""

from __future__ import annotations

import random

import pytest

from tinygnn import Graph
from tinygnn.commands.estimate import estimate
from tinygnn.commands.info import class_sizes, homophily, in_time


def test_homophily_is_the_share_of_edges_between_nodes_of_one_class() -> None:
    graph = Graph(([0, 1, 2, 3, 0], [1, 2, 3, 3, 2]), y=[0, 0, 1, 1])
    assert homophily(graph) == 3 / 5  # 0-1, 2-3 and the loop at 3; not 1-2 and 0-2


def test_edges_of_nodes_without_a_class_do_not_count() -> None:
    graph = Graph(([0, 1, 2], [1, 2, 0]), y=[1, 1, -1])
    assert homophily(graph) == 1.0 and class_sizes(graph) == [0, 2]


@pytest.mark.parametrize(
    "graph",
    [
        Graph(([0], [1])),
        Graph(([], []), y=[0, 1]),
        Graph(([0], [1]), y=[0.5, 1.5]),
        Graph(([0], [1]), y=[[1, 0], [0, 1]]),
        Graph(([0], [1]), y=[1], y_level="graph"),
    ],
)
def test_without_classes_or_edges_there_is_no_homophily(graph: Graph) -> None:
    assert homophily(graph) is None


def test_class_sizes_of_a_graphs_own_label() -> None:
    assert class_sizes(Graph(([0], [1]), y=2, y_level="graph")) == [0, 0, 1]
    assert class_sizes(Graph(([0], [1]), y=[0.5, 1.0])) == []


def random_graph(nodes: int, edges: int, features: int) -> Graph:
    rng = random.Random(0)
    return Graph(
        ([rng.randrange(nodes) for _ in range(edges)], [rng.randrange(nodes) for _ in range(edges)]),
        x=[[rng.random() for _ in range(features)] for _ in range(nodes)],
        y=[rng.randrange(3) for _ in range(nodes)],
    )


def test_the_estimate_names_the_model_it_is_for() -> None:
    found = estimate([random_graph(40, 90, 5)])
    assert found is not None and found["model"] == "GCN(5 -> 16 -> 3)"
    assert found["seconds_per_epoch"] > 0 and found["megabytes"] >= 0


def test_the_estimate_is_of_all_graphs_together_and_grows_with_them() -> None:
    """Ten times the nodes: more, whatever the machine does meanwhile."""
    small, large = random_graph(600, 3000, 4), [random_graph(6000, 30000, 4)] * 10
    one, many = estimate([small]), estimate(large)
    assert one is not None and many is not None
    assert many["seconds_per_epoch"] > one["seconds_per_epoch"] and many["megabytes"] > one["megabytes"]


def test_sources_without_nodes_features_or_labels_have_an_estimate_or_none() -> None:
    assert estimate([]) is None and estimate([Graph(([], []), num_nodes=0)]) is None
    bare = estimate([Graph(([0], [1]))])
    assert bare is not None and bare["model"] == "GCN(1 -> 16 -> 2)"
    assert estimate([Graph(([], []), x=[[], []])]) is not None


def test_times_are_shown_in_a_unit_that_fits() -> None:
    assert [in_time(seconds) for seconds in (0.0021, 0.35, 7200.0)] == ["2.1 ms", "0.35 s", "7200 s"]
