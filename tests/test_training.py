"""`fit`, evaluation and splits: what is recorded, and that the loop is the README's."""

from __future__ import annotations

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygnn import GNN, Graph, cross_entropy, no_grad, optim
from tinygnn.adapters import load
from tinygnn.metrics import accuracy
from tinygnn.training import Epoch, evaluate, fit, random_split, split_accuracy, split_masks

TRIANGLES = ([0, 1, 2, 3, 4, 5, 1, 2, 0, 4, 5, 3, 2, 3], [1, 2, 0, 4, 5, 3, 0, 1, 2, 3, 4, 5, 3, 2])
IDENTITY = [[float(i == j) for j in range(6)] for i in range(6)]


def two_triangles(**given):
    """Two triangles joined by an edge, a class each; one node of each to learn from."""
    settings = {"x": IDENTITY, "y": [0, 0, 0, 1, 1, 1], "train_mask": [i in (0, 5) for i in range(6)]}
    return Graph(TRIANGLES, **{**settings, **given})


def small_model(dropout=0.0, conv="gcn"):
    return GNN(conv, 6, 4, 2, 2, dropout=dropout, seed=3)


def weights(model):
    return [parameter.data for parameter in model.parameters()]


# ---- fit ----------------------------------------------------------------------------------------------


def test_fit_records_each_epoch_and_the_finished_weights():
    graph, model = two_triangles(), small_model()
    history = fit(model, graph, optim.Adam(model.parameters(), lr=0.05), epochs=30)
    assert [epoch.number for epoch in history] == list(range(31))
    assert all(isinstance(epoch, Epoch) and type(epoch.loss) is float for epoch in history)
    assert history[0].loss == cross_entropy(small_model()(graph), graph.y, graph.train_mask).data
    assert history[-1].loss == cross_entropy(model(graph), graph.y, graph.train_mask).data
    assert history[-1].loss < 0.5 * history[0].loss
    assert history[-1].accuracy == {"train": 1.0, "rest": 1.0}
    assert not model.training


def test_fit_trains_for_200_epochs_unless_told_otherwise():
    model = small_model()
    assert len(fit(model, two_triangles(), optim.SGD(model.parameters()))) == 201


def test_no_epochs_change_nothing():
    graph, model = two_triangles(), small_model()
    before = weights(model)
    history = fit(model, graph, optim.Adam(model.parameters()), epochs=0)
    assert [epoch.number for epoch in history] == [0] and weights(model) == before


def test_the_callback_sees_each_epoch_as_it_ends():
    model, seen, weights_seen = small_model(), [], []

    def on_epoch(epoch):
        seen.append(epoch)
        weights_seen.append(weights(model))

    history = fit(model, two_triangles(), optim.SGD(model.parameters(), lr=0.1), epochs=3, on_epoch=on_epoch)
    assert seen == history
    assert [a == b for a, b in zip(weights_seen, weights_seen[1:])] == [False, False, True]


@pytest.mark.parametrize("conv", ["gcn", "sage", "gat"])
@pytest.mark.parametrize("make", [optim.SGD, optim.Adam, optim.AdamW])
def test_fit_is_the_loop_of_the_readme_bit_for_bit(conv, make):
    graph, ours, theirs = two_triangles(), small_model(conv=conv), small_model(conv=conv)
    history = fit(ours, graph, make(ours.parameters(), lr=0.1, weight_decay=1e-3), epochs=5)
    optimizer = make(theirs.parameters(), lr=0.1, weight_decay=1e-3)
    for epoch in history[:-1]:
        optimizer.zero_grad()
        logits = theirs(graph)
        loss = cross_entropy(logits, graph.y, mask=graph.train_mask)
        loss.backward()
        optimizer.step()
        assert epoch.loss == loss.data
        assert epoch.accuracy["train"] == accuracy(logits, graph.y, graph.train_mask)
    assert weights(ours) == weights(theirs) != weights(small_model(conv=conv))


def test_with_dropout_the_loss_is_of_training_and_the_accuracy_of_evaluation():
    graph, ours, theirs = two_triangles(), small_model(dropout=0.5), small_model(dropout=0.5)
    history = fit(ours, graph, optim.SGD(ours.parameters(), lr=0.5), epochs=6)
    optimizer = optim.SGD(theirs.parameters(), lr=0.5)
    masks = split_masks(graph)
    for epoch in history[:-1]:
        optimizer.zero_grad()
        loss = cross_entropy(theirs.train()(graph), graph.y, mask=graph.train_mask)
        loss.backward()
        with no_grad():
            logits = theirs.eval()(graph)
        assert epoch == Epoch(epoch.number, loss.data, split_accuracy(logits, graph.y, masks))
        optimizer.step()
    assert weights(ours) == weights(theirs)


def test_fit_reports_the_masks_it_is_given():
    model, graph = small_model(), two_triangles()
    masks = {"train": [i < 4 for i in range(6)], "one": [i == 4 for i in range(6)], "none": [False] * 6}
    last = fit(model, graph, optim.SGD(model.parameters()), epochs=1, masks=masks)[-1]
    assert list(last.accuracy) == ["train", "one", "none"]
    assert last.loss == cross_entropy(model(graph), graph.y, masks["train"]).data
    assert last.accuracy["one"] in (0.0, 1.0) and math.isnan(last.accuracy["none"])


@pytest.mark.parametrize(
    "graph, masks",
    [
        (two_triangles(train_mask=None), None),
        (two_triangles(train_mask=[False] * 6), None),
        (two_triangles(train_mask=None, test_mask=[True] * 6), None),
        (two_triangles(), {}),
        (two_triangles(), {"train": [False] * 6}),
        (two_triangles(), {"val": [True] * 6}),
        (two_triangles(y=None, train_mask=None), None),
    ],
)
def test_nothing_to_learn_from_is_refused_before_anything_changes(graph, masks):
    model = small_model()
    before = weights(model)
    with pytest.raises(ValueError, match="no node to learn from"):
        fit(model, graph, optim.Adam(model.parameters()), masks=masks)
    assert weights(model) == before


def test_a_graph_without_labels_is_refused_with_words():
    model = small_model()
    with pytest.raises(ValueError, match="label"):
        fit(model, two_triangles(y=None), optim.Adam(model.parameters()), epochs=1)


def test_a_label_that_is_no_class_is_refused_where_it_is_learned_from():
    graph, model = two_triangles(y=[7, 0, 0, 1, 1, 1]), small_model()
    with pytest.raises(ValueError, match=r"target\[0\] is 7"):
        fit(model, graph, optim.Adam(model.parameters()), epochs=1)


# ---- evaluation ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("conv", ["gcn", "sage", "gat"])
def test_evaluation_records_no_graph_and_drops_nothing(conv):
    graph, model = two_triangles(), small_model(dropout=0.9, conv=conv)
    logits = evaluate(model.train(), graph)
    assert all(value.parents == () for row in logits for value in row)
    assert not model.training
    expected = small_model(conv=conv)(graph)
    assert [[v.data for v in row] for row in logits] == [[v.data for v in row] for row in expected]


def test_evaluation_draws_no_random_number():
    """Looking at the model more often does not change what training does."""
    once, often = small_model(dropout=0.5), small_model(dropout=0.5)
    for _ in range(3):
        evaluate(often, two_triangles())
    for model in (once, often):
        fit(model, two_triangles(), optim.SGD(model.parameters(), lr=0.1), epochs=3)
    assert weights(once) == weights(often)


def test_accuracy_on_each_split():
    logits = [[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]
    masks = {"train": [True, True, False], "rest": [False, False, True]}
    assert split_accuracy(logits, [0, 1, 1], masks) == {"train": 0.5, "rest": 1.0}


# ---- splits -------------------------------------------------------------------------------------------


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
