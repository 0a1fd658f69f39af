"""`fit`: what is recorded, where it stops, and that the loop is the README's."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygnn import GNN, Graph, Module, Value, cross_entropy, optim
from tinygnn.history import Epoch, TrainingState
from tinygnn.metrics import accuracy
from tinygnn.tasks import NodeTask, Task, evaluate
from tinygnn.training import fit

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
    assert [epoch.number for epoch in history] == list(range(31)) and len(history) == 31
    assert all(isinstance(epoch, Epoch) and type(epoch.loss) is float for epoch in history)
    start, finished = (
        cross_entropy(m(graph), graph.y, graph.train_mask).data for m in (small_model(), model)
    )
    assert history[0].loss == history[0].metrics["train"]["loss"] == history[1].loss == start
    assert history[-1].metrics["train"]["loss"] == finished < 0.5 * start
    assert {split: metrics["accuracy"] for split, metrics in history[-1].metrics.items()} == {
        "train": 1.0, "rest": 1.0,
    }  # fmt: skip
    assert [epoch.lr for epoch in history] == [0.05] * 31 and all(epoch.seconds > 0.0 for epoch in history)
    assert history.best is None and not model.training


def test_fit_trains_for_200_epochs_unless_told_otherwise():
    model = small_model()
    assert len(fit(model, two_triangles(), optim.SGD(model.parameters()))) == 201


def test_fit_without_an_optimizer_is_adam_at_a_hundredth():
    ours, theirs = small_model(), small_model()
    fit(ours, two_triangles(), epochs=3)
    fit(theirs, two_triangles(), optim.Adam(theirs.parameters(), lr=0.01), epochs=3)
    assert weights(ours) == weights(theirs)


def test_no_epochs_change_nothing():
    graph, model = two_triangles(), small_model()
    before = weights(model)
    history = fit(model, graph, optim.Adam(model.parameters()), epochs=0)
    assert [epoch.number for epoch in history] == [0] and weights(model) == before


def test_a_callback_sees_each_epoch_with_the_weights_it_left():
    model, seen, losses = small_model(), [], []
    graph = two_triangles()

    def callback(state):
        seen.append(state.last)
        losses.append(cross_entropy(model(graph), graph.y, graph.train_mask).data)

    history = fit(model, graph, optim.SGD(model.parameters(), lr=0.1), epochs=3, callbacks=[callback])
    assert seen == list(history)
    assert losses == [epoch.metrics["train"]["loss"] for epoch in history]


def test_a_callback_stops_training_by_returning_true():
    """And by nothing else that it returns; the callbacks after it are called all the same."""
    model, later = small_model(), []
    callbacks = [lambda state: "yes", lambda state: state.epoch == 2, lambda state: later.append(state.epoch)]
    history = fit(model, two_triangles(), epochs=9, callbacks=callbacks)
    assert len(history) == 3 and later == [0, 1, 2]


@pytest.mark.parametrize("conv", ["gcn", "sage", "gat"])
@pytest.mark.parametrize("make", [optim.SGD, optim.Adam, optim.AdamW])
def test_fit_is_the_loop_of_the_readme_bit_for_bit(conv, make):
    graph, ours, theirs = two_triangles(), small_model(conv=conv), small_model(conv=conv)
    history = fit(ours, graph, make(ours.parameters(), lr=0.1, weight_decay=1e-3), epochs=5)
    optimizer = make(theirs.parameters(), lr=0.1, weight_decay=1e-3)
    for before, epoch in zip(history, history.epochs[1:]):
        optimizer.zero_grad()
        logits = theirs(graph)
        loss = cross_entropy(logits, graph.y, mask=graph.train_mask)
        loss.backward()
        optimizer.step()
        assert epoch.loss == loss.data == before.metrics["train"]["loss"]
        assert before.metrics["train"]["accuracy"] == accuracy(logits, graph.y, graph.train_mask)
    assert weights(ours) == weights(theirs) != weights(small_model(conv=conv))


def test_with_dropout_the_loss_is_of_training_and_the_metrics_of_evaluation():
    graph, ours, theirs = two_triangles(), small_model(dropout=0.5), small_model(dropout=0.5)
    history = fit(ours, graph, optim.SGD(ours.parameters(), lr=0.5), epochs=6)
    optimizer = optim.SGD(theirs.parameters(), lr=0.5)
    for epoch in history.epochs[1:]:
        optimizer.zero_grad()
        loss = cross_entropy(theirs.train()(graph), graph.y, mask=graph.train_mask)
        loss.backward()
        optimizer.step()
        metrics = NodeTask(graph).evaluate(theirs)
        assert epoch == Epoch(epoch.number, loss.data, metrics, 0.5)
    assert weights(ours) == weights(theirs)


# ---- the best epoch, and stopping ---------------------------------------------------------------------


class Curve(Task):
    """A task whose validation follows a given curve; each epoch adds 1 to the model's only number."""

    def __init__(self, curve, name="loss"):
        self.curve, self.name = list(curve), name
        self.splits, self.outputs = {"train": 1, "val": 1}, 1

    def batches(self, rng):
        yield None, 1

    def loss(self, model, batch):
        return -model.weight

    def evaluate(self, model):
        now = {self.name: self.curve[round(model.weight.data)]}
        return {"train": {"loss": 0.0}, "val": {"loss": 0.0, **now}}


class Number(Module):
    def __init__(self):
        self.weight = Value(0.0)


def follow(curve, name="loss", **options):
    """Fit along the curve; return the history and the weight at its end, the number of its epoch."""
    model = Number()
    options = {"epochs": len(curve) - 1, **options}
    history = fit(model, None, optim.SGD(model.parameters(), lr=1.0), task=Curve(curve, name), **options)
    return history, model.weight.data


CURVE = [0.9, 0.7, 0.8, 0.6, 0.6, 0.7, 0.65, 0.5, 0.4]


@pytest.mark.parametrize(
    "patience, last, best",
    [(None, 8, 8), (1, 2, 1), (2, 5, 3), (3, 6, 3), (4, 8, 8), (5, 8, 8), (100, 8, 8)],
)
def test_training_stops_where_the_curve_says(patience, last, best):
    """With patience 2 the equal 0.6 of epoch 4 and the 0.7 of epoch 5 are two epochs without a better one."""
    history, weight = follow(CURVE, patience=patience)
    assert (history[-1].number, history.best_epoch, weight) == (last, best, best)
    assert history.best is history[best] and history.monitor == "val_loss"


def test_accuracy_is_better_when_larger():
    history, weight = follow([0.1, 0.3, 0.3, 0.2, 0.3], "accuracy", monitor="val_accuracy", patience=3)
    assert (history[-1].number, history.best_epoch, weight) == (4, 1, 1.0)


@given(st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0, math.nan]), min_size=1, max_size=12), st.integers(1, 5))
def test_the_first_of_the_smallest_is_best_and_nan_never_is(curve, patience):
    history, weight = follow(curve, patience=patience)
    seen = [loss for loss in curve[: len(history)] if loss == loss]
    expected = curve.index(min(seen)) if seen else None
    assert history.best_epoch == expected
    assert weight == (len(history) - 1 if expected is None else expected)
    stopped_at = len(history) - 1
    assert stopped_at == len(curve) - 1 or stopped_at - (expected or 0) == patience


def test_without_a_val_split_the_last_weights_stay():
    class NoVal(Curve):
        def evaluate(self, model):
            return {"train": super().evaluate(model)["val"]}

    model, task = Number(), NoVal([0.1, 0.2, 0.3])
    task.splits = {"train": 1}
    history = fit(model, None, optim.SGD(model.parameters(), lr=1.0), task=task, epochs=2)
    assert (history.best_epoch, model.weight.data) == (None, 2.0)
    model = Number()
    fit(model, None, optim.SGD(model.parameters(), lr=1.0), task=task, epochs=2, monitor="train_loss")
    assert model.weight.data == 0.0


def test_what_cannot_be_watched_is_refused_before_training():
    with pytest.raises(ValueError, match="monitor is 'val_f1': choose from loss, train_loss, val_loss"):
        follow(CURVE, monitor="val_f1")
    with pytest.raises(ValueError, match="patience=0"):
        follow(CURVE, patience=0)
    with pytest.raises(ValueError, match="patience=3 needs a val split"):
        fit(small_model(), two_triangles(), patience=3)


# ---- going on -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("stop", [0, 1, 4])
def test_going_on_from_a_state_is_as_if_never_stopped(stop):
    graph = two_triangles(val_mask=[i in (1, 4) for i in range(6)])
    whole, parts = small_model(dropout=0.5), small_model(dropout=0.5)
    history = fit(whole, graph, optim.Adam(whole.parameters(), lr=0.1), epochs=7)
    optimizer, saved = optim.Adam(parts.parameters(), lr=0.1), {}

    def save(state):
        saved.update(state=json.dumps(state.to_json(), allow_nan=False), weights=parts.state_dict())
        saved.update(best=state.best_weights)
        return state.epoch == stop

    assert len(fit(parts, graph, optimizer, epochs=7, callbacks=[save])) == stop + 1
    parts.load_state_dict(saved["weights"])
    state = TrainingState.from_json(json.loads(saved["state"]), saved["best"])
    assert fit(parts, graph, optimizer, epochs=7, state=state) == history
    assert weights(parts) == weights(whole)


def test_a_state_in_json_is_exact():
    """Its generator, nan and inf included."""
    state = TrainingState.of(seed=3, monitor="val_loss")
    state.history.add(Epoch(0, math.nan, {"val": {"loss": 1 / 3, "f1": -math.inf}}, 0.1, 2.5))
    assert state.rng.gauss(0.0, 1.0) != 0.0  # leaves a second number behind
    again = TrainingState.from_json(json.loads(json.dumps(state.to_json(), allow_nan=False)))
    assert repr(again.history) == repr(state.history) and again.history.best is again.last
    assert again.rng.getstate() == state.rng.getstate() and again.rng.random() == state.rng.random()


def test_a_finished_state_changes_nothing():
    states, called = [], []
    follow(CURVE, patience=2, callbacks=[states.append])
    model = Number()
    history = fit(
        model, None, optim.SGD(model.parameters()), task=Curve(CURVE), epochs=8, patience=2,
        callbacks=[called.append], state=states[-1],
    )  # fmt: skip
    assert (len(history), model.weight.data, called) == (6, 3.0, [])


def test_a_state_goes_on_with_weights_optimizer_and_history():
    states = []
    whole, _ = follow(CURVE)
    follow(CURVE, callbacks=[lambda state: states.append(state) or state.epoch == 4])
    model = Number()
    model.weight.data = 4.0
    history = fit(
        model, None, optim.SGD(model.parameters(), lr=1.0), task=Curve(CURVE), epochs=8,
        state=TrainingState.from_json(states[-1].to_json(), {"weight": 3.0}),
    )  # fmt: skip
    assert history == whole and model.weight.data == 8.0


def test_a_state_without_its_best_weights_is_refused():
    states = []
    follow(CURVE, callbacks=[states.append])
    with pytest.raises(ValueError, match="best_weights"):
        follow(CURVE, state=TrainingState.from_json(states[-1].to_json()))


# ---- what is refused ----------------------------------------------------------------------------------


def test_fit_reports_the_masks_it_is_given():
    model, graph = small_model(), two_triangles()
    masks = {"train": [i < 4 for i in range(6)], "one": [i == 4 for i in range(6)], "none": [False] * 6}
    last = fit(model, graph, optim.SGD(model.parameters()), epochs=1, masks=masks)[-1]
    assert list(last.metrics) == ["train", "one", "none"]
    assert last.metrics["train"]["loss"] == cross_entropy(model(graph), graph.y, masks["train"]).data
    assert last.metrics["one"]["accuracy"] in (0.0, 1.0) and math.isnan(last.metrics["none"]["accuracy"])


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
