"""Tasks: what a batch is, its loss, and the numbers of each split."""

from __future__ import annotations

import random

import pytest

from tinygnn import GNN, Batch, Graph, Module, Value, cross_entropy, mse_loss, no_grad, optim
from tinygnn.linalg import mean
from tinygnn.nn import Linear
from tinygnn.tasks import GraphTask, NodeTask, evaluate, task_for
from tinygnn.training import fit

LINE = ([0, 1, 1, 2, 2, 3], [1, 0, 2, 1, 3, 2])
LEARNED = 1e-6  # the mean squared error of a linear function that a linear layer has learned


def weights(model):
    return [parameter.data for parameter in model.parameters()]


class MeanModel(Module):
    """A linear layer of the mean of each graph's nodes."""

    def __init__(self, inputs, outputs):
        self.lin = Linear(inputs, outputs, rng=random.Random(0))

    def forward(self, batch):
        rows = [[row for row, k in zip(batch.x, batch.batch) if k == g] for g in range(batch.num_graphs)]
        return self.lin([[mean(column) for column in zip(*part)] for part in rows])


class Rows(Module):
    """A linear layer of each node, on its own."""

    def __init__(self, inputs, outputs):
        self.lin = Linear(inputs, outputs, rng=random.Random(0))

    def forward(self, graph):
        return self.lin(graph.x)


def graph_of(k, y, **given):
    """Graph k of a collection: one node or two, whose features are k and k + 1."""
    x = [[float(k)], [float(k + 1)]][: 1 + k % 2]
    return Graph(([0], [0]), x=x, y=y, y_level="graph", **given)


# ---- nodes --------------------------------------------------------------------------------------------


def test_a_regression_of_nodes_learns_a_known_function():
    """y = 2 a - b + 3 on eight nodes to learn from; the two others show that it is the function."""
    rng = random.Random(5)
    x = [[rng.uniform(-1, 1), rng.uniform(-1, 1)] for _ in range(10)]
    graph = Graph(
        ([], []), x=x, y=[2 * a - b + 3 for a, b in x],
        train_mask=[i < 8 for i in range(10)], test_mask=[i >= 8 for i in range(10)],
    )  # fmt: skip
    model, task = Rows(2, 1), task_for(graph)
    assert (task.name, task.outputs, task.splits) == ("node-regression", 1, {"train": 8, "test": 2})
    history = fit(model, graph, optim.SGD(model.parameters(), lr=0.3), epochs=200)
    assert history[-1].metrics["test"]["loss"] < LEARNED < history[0].metrics["test"]["loss"]
    learned = [*weights(model.lin)]
    assert learned == pytest.approx([2.0, -1.0, 3.0], abs=1e-3)
    last = history[-1].metrics["test"]
    assert last["rmse"] == pytest.approx(last["loss"] ** 0.5)


def test_the_loss_of_numbers_is_the_mean_squared_error():
    graph = Graph(([], []), x=[[1.0], [2.0]], y=[1.0, 5.0], train_mask=[True, False])
    model, task = Rows(1, 1), NodeTask(graph)
    assert task.loss(model, graph).data == mse_loss(model(graph), [[1.0], [5.0]], [True, False]).data


def test_unlabelled_nodes_are_in_no_split_or_are_named():
    unlabelled = Graph(LINE, x=[[1.0]] * 4, y=[0.5, None, 1.5, 2.0], train_mask=[True, False, False, True])
    assert NodeTask(unlabelled).splits == {"train": 2, "rest": 1}
    with pytest.raises(ValueError, match="node 1 of the val mask has no label"):
        NodeTask(unlabelled, {"train": [True] + [False] * 3, "val": [False, True, False, False]})


def test_several_labels_at_once_are_learned():
    graph = Graph(
        ([], []), x=[[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], y=[[1, 0], [0, 1], [1, 1]], train_mask=[True] * 3
    )
    model, task = Rows(2, 2), task_for(graph)
    assert (task.name, task.outputs) == ("node-multilabel", 2)
    history = fit(model, graph, optim.Adam(model.parameters(), lr=0.5), epochs=60)
    assert history[-1].metrics["train"]["f1"] == 1.0 and history[-1].loss < 0.05


def test_nodes_need_labels_of_nodes():
    with pytest.raises(ValueError, match="one label for the graph"):
        NodeTask(Graph(([], []), x=[[1.0]], y=1, y_level="graph", train_mask=[True]))


# ---- graphs -------------------------------------------------------------------------------------------


def test_a_batch_of_graphs_has_the_mean_loss_of_its_graphs():
    graphs = [graph_of(k, k % 3) for k in range(5)]
    model, task = MeanModel(1, 3), task_for(graphs)
    assert (task.name, task.outputs, task.splits) == ("graph-classification", 3, {"train": 5})
    [(batch, examples)] = task.batches(random.Random(0))
    assert examples == 5 and isinstance(batch, Batch)
    each = [cross_entropy(model(Batch.from_graphs([graph])), [graph.y]).data for graph in graphs]
    assert task.loss(model, batch).data == pytest.approx(sum(each) / 5, rel=1e-14)
    assert task.evaluate(model)["train"]["loss"] == task.loss(model, batch).data


def test_each_epoch_has_every_graph_once_in_an_order_of_its_own():
    graphs = [graph_of(k, k % 2) for k in range(7)]
    task = GraphTask(
        graphs, {"train": [k != 3 for k in range(7)], "val": [k == 3 for k in range(7)]}, batch_size=4
    )
    rng = random.Random(1)
    epochs = [list(task.batches(rng)) for _ in range(6)]
    orders = [[batch.x[batch.ptr[k]][0] for batch, _ in e for k in range(len(batch))] for e in epochs]
    assert all(sorted(order) == [0.0, 1.0, 2.0, 4.0, 5.0, 6.0] for order in orders)
    assert len(set(map(tuple, orders))) == 6
    assert [[examples for _, examples in epoch] for epoch in epochs] == [[4, 2]] * 6
    again = random.Random(1)
    assert [[b.x for b, _ in task.batches(again)] for _ in range(6)] == [[b.x for b, _ in e] for e in epochs]


def test_the_loss_of_an_epoch_counts_each_graph_once():
    """With learning rate 0 the weights stay: two batches of 4 and 2 have the loss of all 6."""
    graphs = [graph_of(k, float(k)) for k in range(6)]
    task, model = GraphTask(graphs, batch_size=4), MeanModel(1, 1)
    assert task.name == "graph-regression"
    history = fit(model, graphs, optim.SGD(model.parameters(), lr=0.0), task=task, epochs=1)
    assert history[1].loss == pytest.approx(history[1].metrics["train"]["loss"], rel=1e-14)


def test_a_regression_of_graphs_learns_a_known_function():
    """y = 3 - 2 m of the mean m of the features; the graphs that it did not learn from agree."""
    graphs = [graph_of(k, 3.0 - 2.0 * (k + 0.5 * (k % 2))) for k in range(6)]
    masks = {"train": [k < 4 for k in range(6)], "test": [k >= 4 for k in range(6)]}
    model = MeanModel(1, 1)
    optimizer = optim.Adam(model.parameters(), lr=0.1)
    history = fit(model, graphs, optimizer, masks=masks, batch_size=2, epochs=300)
    assert history[-1].metrics["test"]["mae"] < 0.05 < 1.0 < history[0].metrics["test"]["mae"]


def test_the_same_seed_gives_the_same_bits_and_another_another_order():
    def train(seed):
        graphs = [graph_of(k, k % 2) for k in range(6)]
        model = MeanModel(1, 2)
        history = fit(model, graphs, epochs=3, batch_size=2, seed=seed)
        return weights(model), history

    assert train(4) == train(4) and train(4)[0] != train(5)[0]


def test_a_split_without_graphs_has_no_numbers():
    graphs = [graph_of(0, 0), graph_of(1, 1)]
    report = GraphTask(graphs, {"train": [True, True], "val": [False, False]}).evaluate(MeanModel(1, 2))
    assert all(number != number for number in report["val"].values())


@pytest.mark.parametrize(
    "graphs, masks, words",
    [
        ([], None, "no graphs"),
        ([graph_of(0, 1), graph_of(1, None)], None, "graph 1 has no label y"),
        ([Graph(LINE, y=[0, 1, 1, 0])], None, "graph 0 has labels of nodes"),
        ([graph_of(0, 1)], {"train": [False]}, "no graph to learn from"),
        ([graph_of(0, 1)], {"val": [True]}, "no graph to learn from"),
        ([graph_of(0, 1)], {"train": [True, True]}, "train mask has 2 entries for 1 graphs"),
    ],
)
def test_graphs_that_cannot_be_learned_from_are_refused(graphs, masks, words):
    with pytest.raises(ValueError, match=words):
        task_for(graphs, masks)


def test_a_model_without_a_readout_is_refused():
    task = task_for([Graph(LINE, x=[[1.0]] * 4, y=1, y_level="graph")] * 2)
    with pytest.raises(ValueError, match="8 rows for 2 graphs: it needs a readout"):
        task.evaluate(GNN("gcn", 1, 4, 1, 2, seed=0))


# ---- evaluation ---------------------------------------------------------------------------------------


def test_evaluation_leaves_the_model_in_evaluation_mode_and_no_graph_behind():
    model = Rows(1, 2).train()
    outputs = evaluate(model, Graph(LINE, x=[[1.0]] * 4))
    assert not model.training and all(value.parents == () for row in outputs for value in row)
    with no_grad():
        assert isinstance(outputs[0][0], Value)
