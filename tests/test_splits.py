"""Splits by hand and at random: sizes, classes, seeds."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from tinygnn import Graph
from tinygnn.adapters import load
from tinygnn.splits import random_split, split_masks

TRIANGLES = ([0, 1, 2, 3, 4, 5, 1, 2, 0, 4, 5, 3, 2, 3], [1, 2, 0, 4, 5, 3, 0, 1, 2, 3, 4, 5, 3, 2])


def two_triangles(**given):
    """Two triangles joined by an edge, a class each; one node of each to learn from."""
    settings = {"y": [0, 0, 0, 1, 1, 1], "train_mask": [i in (0, 5) for i in range(6)]}
    return Graph(TRIANGLES, **{**settings, **given})


def test_the_rest_are_the_labelled_nodes_that_no_mask_holds():
    graph = load("karate")[0]
    masks = split_masks(graph)
    assert list(masks) == ["train", "rest"]
    assert sum(masks["train"]) == 4 and sum(masks["rest"]) == 30
    assert all(t != r for t, r in zip(masks["train"], masks["rest"]))
    unlabelled = two_triangles(y=[0, None, 0, 1, None, 1], val_mask=[i == 2 for i in range(6)])
    assert split_masks(unlabelled)["rest"] == [i == 3 for i in range(6)]


def test_a_number_that_is_no_class_is_no_label():
    """-1 marks a node without a label, as in PyG's data sets and as the CSV adapter advises."""
    graph = two_triangles(y=[0, -1, 0, 1, -1, 1])
    assert split_masks(graph)["rest"] == [i in (2, 3) for i in range(6)]
    assert not any(mask[1] or mask[4] for mask in random_split(graph.y).values())


def test_a_graph_with_a_test_mask_has_no_rest():
    graph = two_triangles(test_mask=[i == 3 for i in range(6)])
    assert list(split_masks(graph)) == ["train", "test"]
    assert list(split_masks(two_triangles(train_mask=[True] * 6))) == ["train"]
    assert split_masks(two_triangles(train_mask=None)) == {}


def test_a_split_by_hand():
    masks = random_split([0] * 10 + [1] * 5 + [2], seed=4)
    assert [sum(mask[:10]) for mask in masks.values()] == [6, 2, 2]
    assert [sum(mask[10:15]) for mask in masks.values()] == [3, 1, 1]
    assert [sum(mask[15:]) for mask in masks.values()] == [1, 0, 0]
    halves = random_split([0] * 10, (0.5, 0.0))
    assert [sum(mask) for mask in halves.values()] == [5, 0, 5]


@given(
    labels=st.lists(st.one_of(st.none(), st.integers(0, 4)), max_size=60),
    shares=st.sampled_from([(0.6, 0.2), (0.1, 0.1), (0.8, 0.2), (0.0, 0.5)]),
    seed=st.integers(0, 10**6),
)
def test_splits_share_out_each_class(labels, shares, seed):
    """Every labelled node is in one split, no other in any; the sizes are the shares of each class."""
    masks = random_split(labels, shares, seed=seed)
    assert list(masks) == ["train", "val", "test"]
    assert masks == random_split(labels, shares, seed=seed)
    columns = list(zip(*masks.values()))
    assert [sum(column) for column in columns] == [int(label is not None) for label in labels]
    for label, size in Counter(label for label in labels if label is not None).items():
        train, val, test = (
            sum(mask[i] for i, other in enumerate(labels) if other == label) for mask in masks.values()
        )
        assert train == max(1, round(shares[0] * size))
        assert val == min(size - train, round(shares[1] * size))
        assert train + val + test == size


def test_another_seed_is_another_split():
    labels = [i % 3 for i in range(60)]
    assert len({tuple(random_split(labels, seed=seed)["train"]) for seed in range(10)}) == 10
