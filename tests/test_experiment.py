"""From settings to a training run: the task, the model, groups of parameters, schedules."""

from __future__ import annotations

import random

import pytest

from tinygnn import Batch, Graph, lr_scheduler
from tinygnn.adapters import load
from tinygnn.experiment import Experiment, make_optimizer
from tinygnn.settings import TrainSettings

RING = ([0, 1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 0], [1, 2, 3, 4, 5, 0, 0, 1, 2, 3, 4, 5])


def ring(**given):
    return Graph(RING, **{"x": [[float(i), 1.0] for i in range(6)], "y": [0, 0, 0, 1, 1, 1], **given})


def make(graphs=None, **settings):
    return Experiment.of(TrainSettings(source="here", **settings), [ring()] if graphs is None else graphs)


def some_graphs(labels):
    rng = random.Random(0)
    return [Graph(RING, x=[[rng.random()] for _ in range(6)], y=y, y_level="graph") for y in labels]


# ---- tasks --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "graphs, settings, name, outputs",
    [
        ([ring()], {}, "node-classification", 2),
        ([ring(y=[0.5 * i for i in range(6)])], {}, "node-regression", 1),
        ([ring(y=[[1, 0, 1]] * 6)], {}, "node-multilabel", 3),
        ([ring()], {"task": "node-regression"}, "node-regression", 1),
        ([ring()], {"task": "node"}, "node-classification", 2),
        ([ring(y=None)], {"task": "link"}, "link", None),
        (some_graphs([0, 1, 2] * 4), {}, "graph-classification", 3),
        (some_graphs([k / 2 for k in range(10)]), {}, "graph-regression", 1),
        (some_graphs([[0, 1], [1, 1]] * 5), {}, "graph-multilabel", 2),
        (some_graphs([0, 1] * 5), {"task": "graph-regression"}, "graph-regression", 1),
    ],
)
def test_the_labels_say_the_task_unless_it_is_named(graphs, settings, name, outputs):
    experiment = make(graphs, **settings)
    assert (experiment.task.name, experiment.task.outputs) == (name, outputs)
    assert len(experiment.model.convs) == 2 and experiment.model.out_channels == (outputs or 16)


def test_masks_of_the_graph_count_unless_a_split_is_given():
    masked = ring(train_mask=[i < 2 for i in range(6)], val_mask=[i == 2 for i in range(6)])
    assert make([masked]).task.splits == {"train": 2, "val": 1, "rest": 3} and make([masked]).notes == []
    split = make([masked], split="0.34,0.33")
    assert split.task.splits == {"train": 2, "val": 2, "test": 2}
    assert split.notes == ["a random split by class, 34/33/33, seed 0"]
    assert make().notes == ["no train mask: a random split by class, 60/20/20, seed 0"]


def test_a_split_of_numbers_is_not_by_class():
    experiment = make([ring(y=[float(i) for i in range(6)])], split="0.5,0.17")
    assert experiment.task.splits == {"train": 3, "val": 1, "test": 2}
    assert experiment.notes == ["a random split, 50/17/33, seed 0"]


def test_nodes_of_several_graphs_are_split_by_graphs():
    """80/10/10; what is judged are nodes of graphs that were never learned from. None is no label."""
    graphs = [ring(y=[0, 1, 2, 0, 1, None if k < 10 else 2]) for k in range(20)]
    experiment = make(graphs, epochs=2)
    masks, batch = experiment.task.masks, experiment.task.graph
    for k in range(20):
        [mask] = [mask for mask in masks.values() if mask[batch.ptr[k]]]
        assert mask[batch.ptr[k] : batch.ptr[k + 1]] == [True] * 5 + [k >= 10]
    assert [sum(mask[::6]) for mask in masks.values()] == [16, 2, 2]
    assert experiment.notes == ["no train mask: a random split of graphs, 80/10/10, seed 0"]
    assert len(experiment.fit()) == 3


def test_graphs_without_a_label_are_in_no_part():
    """Else a part could be of them alone, and nothing to judge by."""
    graphs = [ring(y=[0, 1, 2, 0, 1, 2] if k < 5 else [None] * 6) for k in range(10)]
    for seed in range(4):
        assert make(graphs, seed=seed, split="0.6,0.2").task.splits == {"train": 18, "val": 6, "test": 6}


def test_nodes_of_several_graphs_keep_their_own_masks():
    graphs = [ring(train_mask=[k == 0] * 6, val_mask=[k == 1] * 6) for k in range(3)]
    experiment = make(graphs)
    assert experiment.task.splits == {"train": 6, "val": 6, "rest": 6} and experiment.notes == []


def test_graphs_are_split_80_10_10_by_class():
    experiment = make(some_graphs([0] * 20 + [1] * 10))
    assert experiment.task.splits == {"train": 24, "val": 3, "test": 3}
    assert experiment.notes == ["no masks: a random split by class, 80/10/10, seed 0"]


@pytest.mark.parametrize(
    "graphs, settings, words",
    [
        ([], {}, "here holds no graph"),
        ([ring(), ring()], {"task": "link"}, r"here holds 2 graphs: choose one, as in 'here\[0\]'"),
        ([ring(y=1, y_level="graph")] * 2, {"task": "node"}, "here has a label for each graph"),
        ([ring(y=None, node_attrs={"team": list("aabbcc")})], {}, r"--label NAME \(there are: team\)"),
        ([ring(y=1, y_level="graph")], {}, "one graph with one label"),
        ([ring()], {"task": "graph"}, "graph 0 has labels of nodes"),
        ([ring(class_names=["red", "blue"])], {"task": "node-regression"}, "names for labels, as 'red'"),
        ([ring()], {"batch_size": 2}, "batch_size is for tasks of graphs"),
        ([ring()], {"readout": "mean"}, "readout is for tasks of graphs"),
        ([ring()], {"split": "half"}, "split is 'half': give the shares of train and val"),
        ([ring()], {"split": "0.9,0.9"}, "at most 1 together"),
        ([ring()], {"conv": "headz=2"}, "conv options {'headz': 2} do not fit gcn.* write conv as 'name"),
        ([ring()], {"scheduler": "never"}, "scheduler is 'never': choose from"),
        ([ring()], {"scheduler": "step:stepsize=3"}, "scheduler options 'stepsize=3' do not fit step"),
        ([ring()], {"scheduler": "step"}, "do not fit step"),
        ([ring(y=[None] * 6)], {}, "no node to learn from"),
    ],
)
def test_what_does_not_fit_is_refused(graphs, settings, words):
    with pytest.raises(ValueError, match=words):
        make(graphs, **settings)


def test_the_given_graphs_stay_as_they_are():
    graph = ring(x=None)
    experiment = make([graph], normalize_features=True)
    assert graph.x is None and experiment.graphs[0].num_features == 6


# ---- model and optimizer ------------------------------------------------------------------------------


def test_options_go_to_the_convolution():
    model = make(model="gat", hidden=8, conv="heads=4,negative_slope=0.1").model
    assert (model.convs[0].heads, model.convs[0].negative_slope) == (4, 0.1)


def test_a_network_is_made_layer_by_layer_and_seeded():
    text = "Dropout(0.5), GCNConv(in_channels, 3), ReLU(), GCNConv(3, out_channels)"
    model = make(network=text).model
    assert repr(model) == "Network(Dropout(0.5), GCNConv(2 -> 3), ReLU(), GCNConv(3 -> 2))"
    assert model.state_dict() == make(network=text).model.state_dict()
    assert model.state_dict() != make(network=text, seed=1).model.state_dict()
    experiment = make(network=text, weight_decay=0.1, weight_decay_first_only=True)
    first, rest = experiment.optimizer.param_groups
    assert first["params"] == experiment.model[1].parameters()
    assert (first["weight_decay"], rest["weight_decay"]) == (0.1, 0.0)
    assert len(make(network=text, epochs=2).fit()) == 3


@pytest.mark.parametrize(
    "graphs, settings, words",
    [
        (
            [ring()],
            {"network": "Linear(in_channels, 2), MeanAggregation()"},
            "has a readout.*task is of nodes",
        ),
        (
            some_graphs([0, 1] * 5),
            {"network": "Linear(in_channels, 2)"},
            "needs a readout.*task is of graphs",
        ),
        ([ring()], {"network": "Linear(in_channels, 2)", "conv": "K=2"}, "conv is for a model by its name"),
        ([ring()], {"network": "Linear(in_channels, 2)", "norm": "batch_norm"}, "norm is for a model by"),
        ([ring()], {"network": "Linear(2"}, "is not written like"),
    ],
)
def test_a_network_that_does_not_fit_is_refused(graphs, settings, words):
    with pytest.raises(ValueError, match=words):
        make(graphs, **settings)


def test_the_model_is_what_the_settings_say():
    model = make(
        model="gat", hidden=8, heads=4, norm="batch_norm", jk="cat", input_dropout=0.25, dropout=0.5, layers=3
    ).model
    assert (model.convs[0].heads, len(model.norms), model.jk_mode) == (4, 3, "cat")
    assert (model.input_dropout.p, model.dropout.p, model.convs[0].dropout.p) == (0.25, 0.5, 0.5)
    assert (model.lin.in_channels, model.lin.out_channels) == (24, 2)
    assert repr(model.norms[0]).startswith("BatchNorm")


def test_edge_features_need_their_number():
    graph = ring(edge_attr=[[1.0, 2.0, 3.0]] * 12)
    model = make([graph], model="gine", conv="edge_dim=3").model
    assert len(model.convs[0].lin.weight[0]) == 3


def test_graphs_of_a_batch_are_pooled_each_on_its_own():
    graphs = some_graphs([0, 1] * 10)
    experiment = make(graphs, model="gin", readout="sum", batch_size=4, epochs=2, norm="batch_norm", hidden=4)
    history = experiment.fit()
    assert len(history) == 3 and experiment.model.readout == "sum" and make(graphs).model.readout == "mean"
    one_by_one = [experiment.model(graph)[0][0].data for graph in graphs[:3]]
    batch = experiment.model(Batch.from_graphs(graphs[:3]))
    assert [row[0].data for row in batch] == one_by_one


def test_weight_decay_of_the_first_layer_alone():
    """One step of SGD from a gradient of 0: the first layer shrinks by lr · decay, the others stay."""
    experiment = make(optimizer="sgd", lr=0.5, weight_decay=0.1, weight_decay_first_only=True, layers=3)
    model = experiment.model
    before = {name: [p.data for p in conv.parameters()] for name, conv in enumerate(model.convs)}
    experiment.optimizer.zero_grad()
    experiment.optimizer.step()
    for name, conv in enumerate(model.convs):
        factor = 1.0 - 0.5 * 0.1 if name == 0 else 1.0
        assert [p.data for p in conv.parameters()] == pytest.approx(
            [factor * x for x in before[name]], rel=1e-14
        )
    decays = [group["weight_decay"] for group in experiment.optimizer.param_groups]
    assert decays == [0.1, 0.0]
    assert len(experiment.optimizer.params) == len(model.parameters())
    single = make(weight_decay=0.1, weight_decay_first_only=True, layers=1)
    assert len(make_optimizer(single.settings, single.model).param_groups) == 1


@pytest.mark.parametrize(
    "text, expected",
    [
        ("step:step_size=2,gamma=0.5", [1.0, 1.0, 1.0, 0.5, 0.5]),
        ("multistep:milestones=[1,3],gamma=0.1", [1.0, 1.0, 0.1, 0.1, 0.01]),
        ("exponential:gamma=0.5", [1.0, 1.0, 0.5, 0.25, 0.125]),
        ("cosine", [1.0, 1.0, (2 + 2**0.5) / 4, 0.5, (2 - 2**0.5) / 4]),
        ("linear:start_factor=0.5,total_iters=2", [0.5, 0.5, 0.75, 1.0, 1.0]),
    ],
)
def test_schedules_step_once_after_each_epoch(text, expected):
    """Epoch 0 shows the model as it starts, so epoch 1 is the first to train, at the first rate."""
    history = make(lr=1.0, scheduler=text, epochs=4, split="1,0").fit()
    assert [epoch.lr for epoch in history] == pytest.approx(expected, rel=1e-12)


def test_a_plateau_looks_at_what_is_monitored():
    experiment = make(scheduler="plateau:patience=0,factor=0.5", lr=1e-4, epochs=3, monitor="val_accuracy")
    assert isinstance(experiment.scheduler, lr_scheduler.ReduceLROnPlateau)
    assert experiment.scheduler.mode == "max" and make(scheduler="plateau").scheduler.mode == "min"
    history = experiment.fit()  # the accuracy does not change: epoch 1 is the first that is seen
    assert [epoch.lr for epoch in history] == [1e-4, 1e-4, 1e-4, 5e-5]
    with pytest.raises(ValueError, match="ReduceLROnPlateau needs a val split"):
        make(scheduler="plateau", split="1,0", epochs=1).fit()


def test_a_clipped_gradient_moves_the_weights_less():
    """SGD at rate 1: the weights move by the norm of the clipped gradient."""
    experiment = make(optimizer="sgd", lr=1.0, clip_norm=1e-3, epochs=1, split="1,0")
    before = [p.data for p in experiment.model.parameters()]
    experiment.fit()
    moved = [p.data - b for p, b in zip(experiment.model.parameters(), before)]
    assert sum(step * step for step in moved) ** 0.5 == pytest.approx(1e-3, rel=1e-2)


# ---- bits ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "settings",
    [
        {"dropout": 0.5},
        {"task": "link"},
        {"model": "gat", "conv": "heads=2", "scheduler": "cosine"},
        {"optimizer": "adamw", "weight_decay": 0.1, "weight_decay_first_only": True, "clip_norm": 0.1},
    ],
)
def test_the_same_settings_give_the_same_bits(settings):
    def train(seed):
        experiment = Experiment.of(
            TrainSettings(source="karate", epochs=4, seed=seed, **settings), load("karate")
        )
        history = experiment.fit()
        return history, [p.data for p in experiment.model.parameters()]

    assert train(1) == train(1) and train(1)[1] != train(2)[1]
