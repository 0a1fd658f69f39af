"""Link prediction: the decoder, negatives that are no answers, and that it learns."""

from __future__ import annotations

import math
import random

import pytest

from tinygnn import GNN, Graph, Module, Value, optim
from tinygnn.adapters import load
from tinygnn.link_prediction import LinkTask, decode
from tinygnn.link_split import LinkSplit, link_split
from tinygnn.training import fit

TOLD_APART = 0.9  # ROC-AUC; of the pairs that are not linked some are within a group


class Table(Module):
    """A row of numbers for each node, whatever its edges are."""

    def __init__(self, rows):
        self.z = [[Value(entry) for entry in row] for row in rows]

    def forward(self, graph):
        return self.z


def hand_split():
    """Four nodes: 0-1 to learn from, 1-2 to test; 0-2 and 0-3 are no links."""
    graph = Graph(([0, 1], [1, 0]), num_nodes=4)
    return LinkSplit(
        graph, {"train": [(0, 1)], "test": [(1, 2)]}, {"train": [(0, 2)], "test": [(0, 3)]},
        frozenset({(0, 1), (1, 2)}),
    )  # fmt: skip


def test_the_decoder_is_the_dot_product():
    z = [[Value(1.0), Value(2.0)], [Value(3.0), Value(-1.0)], [Value(0.5), Value(0.0)]]
    assert [logit.data for logit in decode(z, [(0, 1), (2, 2), (1, 0)])] == [1.0, 0.25, 1.0]


def test_loss_and_metrics_by_hand():
    """z·z is 2 for 0-1 and 1-2, -1 for 0-2 and 0-3: the links above the others."""
    model = Table([[1.0, 0.0], [2.0, 5.0], [-1.0, 0.8], [-1.0, 0.0]])
    task = LinkTask(hand_split())
    loss = (math.log1p(math.exp(-2.0)) + math.log1p(math.exp(-1.0))) / 2
    report = task.evaluate(model)
    assert list(report) == ["train", "test"] and task.splits == {"train": 2, "test": 2}
    for split in report.values():
        assert split["loss"] == pytest.approx(loss, rel=1e-14)
        assert (split["roc_auc"], split["average_precision"]) == (1.0, 1.0)


def test_negatives_of_an_epoch_are_no_links_and_not_those_that_are_judged():
    split = link_split(load("karate")[0], (0.6, 0.2), seed=2)
    task, rng = LinkTask(split), random.Random(0)
    judged = set(split.negative["val"]) | set(split.negative["test"])
    drawn = []
    for _ in range(20):
        [((pairs, labels), examples)] = task.batches(rng)
        count = len(split.positive["train"])
        assert pairs[:count] == split.positive["train"] and examples == len(pairs) == 2 * count
        assert labels == [1.0] * count + [0.0] * count
        negative = set(pairs[count:])
        assert len(negative) == count and not negative & split.linked and not negative & judged
        drawn.append(tuple(pairs[count:]))
    assert len(set(drawn)) == 20


def test_the_model_sees_the_train_edges_alone():
    split = link_split(load("karate")[0], seed=1)
    task, seen = LinkTask(split), []

    class Watch(Table):
        def forward(self, graph):
            seen.append(graph)
            return self.z

    model = Watch([[0.1]] * 34)
    fit(model, None, optim.SGD(model.parameters()), task=task, epochs=1)
    assert seen and all(graph is split.graph for graph in seen)


@pytest.mark.parametrize("seed", [0, 1])
def test_links_within_groups_are_learned(seed):
    """Three groups of eight, nine of ten pairs of a group linked: hidden links are told from no links."""
    rng = random.Random(seed)
    pairs = [(i, j) for i in range(24) for j in range(i) if i // 8 == j // 8 and rng.random() < 0.9]
    edges = [(s, t) for pair in pairs for s, t in (pair, pair[::-1])]
    identity = [[float(i == j) for j in range(24)] for i in range(24)]
    graph = Graph(tuple(map(list, zip(*edges))), x=identity, directed=False)
    model, task = GNN("gcn", 24, 8, 2, 8, seed=seed), LinkTask(graph, (0.7, 0.1), seed=seed)
    history = fit(model, graph, task=task, epochs=60, seed=seed)
    assert history.best.metrics["test"]["roc_auc"] > TOLD_APART > history[0].metrics["test"]["roc_auc"]


def test_the_same_seed_gives_the_same_bits():
    def train(seed):
        task = LinkTask(load("karate")[0], seed=0)
        model = GNN("gcn", 34, 4, 2, 4, seed=0)
        return fit(model, None, task=task, epochs=2, seed=seed)

    assert train(1) == train(1) != train(2)
