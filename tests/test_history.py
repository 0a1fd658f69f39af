"""What an epoch shows, which epoch is best, and the state that goes on."""

from __future__ import annotations

from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygnn.history import Epoch, History, TrainingState, is_smaller_better


def epoch_of(number, **val):
    return Epoch(number, 1.0, {"train": {"loss": 2.0}, "val": val}, 0.1, 3.0)


def history_of(monitor, *values):
    history = History(monitor)
    for number, value in enumerate(values):
        history.add(epoch_of(number, **{monitor.removeprefix("val_"): value}))
    return history


def test_a_row_has_every_number_by_one_name():
    row = epoch_of(4, loss=0.5, accuracy=0.75).row()
    assert row == {
        "epoch": 4, "loss": 1.0, "train_loss": 2.0, "val_loss": 0.5, "val_accuracy": 0.75,
        "lr": 0.1, "seconds": 3.0,
    }  # fmt: skip


def test_seconds_are_no_part_of_equality():
    assert Epoch(1, 1.0, {}, 0.1, 3.0) == Epoch(1, 1.0, {}, 0.1, 4.0) != Epoch(1, 1.0, {}, 0.2, 3.0)


@pytest.mark.parametrize(
    "monitor, values, best, waited",
    [
        ("val_loss", [3.0, 1.0, 2.0, 1.0], 1, 2),
        ("val_loss", [nan, nan], None, 1),
        ("val_loss", [nan, inf, 1.0], 2, 0),
        ("val_loss", [inf, nan], 0, 1),
        ("val_accuracy", [0.1, 0.9, 0.9], 1, 1),
        ("val_rmse", [0.1, 0.9], 0, 1),
        ("val_mae", [0.9, 0.1], 1, 0),
        ("val_roc_auc", [0.9, 0.1], 0, 1),
    ],
)
def test_the_best_is_the_first_of_the_best(monitor, values, best, waited):
    history = history_of(monitor, *values)
    assert (history.best_epoch, history.waited) == (best, waited)
    assert history.best is (None if best is None else history[best])


def test_losses_and_errors_are_better_when_smaller():
    smaller = ["loss", "train_loss", "val_mae", "val_mse", "rest_rmse"]
    assert all(map(is_smaller_better, smaller))
    assert not any(map(is_smaller_better, ["val_accuracy", "val_f1", "val_roc_auc", "val_average_precision"]))


def test_a_history_is_read_as_a_list():
    history = history_of("val_loss", 3.0, 1.0, 2.0)
    assert len(history) == 3 and history[-1] is history.epochs[2] and list(history) == history.epochs
    assert history.monitored(history[0]) == 3.0
    with pytest.raises(IndexError):
        history[3]


def test_what_no_epoch_shows_cannot_be_watched():
    history = History("val_f1")
    with pytest.raises(ValueError, match="monitor is 'val_f1': choose from loss, train_loss, val_loss$"):
        history.add(epoch_of(0, loss=1.0))
    assert len(history) == 0


def test_nothing_watched_is_nothing_best():
    history = History()
    assert history.add(epoch_of(0, loss=1.0)) is False
    assert history.best is None and history.monitored(history[0]) != history.monitored(history[0])


@given(
    st.lists(st.floats(allow_nan=False), max_size=5),
    st.integers(0, 10**9),
    st.integers(0, 3),
)
def test_a_state_to_json_and_back_is_the_same(losses, seed, draws):
    state = TrainingState.of(seed=seed, monitor="val_loss")
    for number, loss in enumerate(losses):
        state.history.add(epoch_of(number, loss=loss))
    for _ in range(draws):
        state.rng.gauss(0.0, 1.0)
    assert TrainingState.from_json(state.to_json()) == state
    last = len(losses) - 1
    assert state.epoch == last and state.improved == (losses != [] and losses.index(min(losses)) == last)
