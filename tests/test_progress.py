"""What is shown during training: plain lines, or a bar where rich is and somebody watches."""

from __future__ import annotations

import io
import sys
from math import nan
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygnn.history import Epoch, TrainingState
from tinygnn.progress import TimeLeft, describe, training_progress

MOST_LINES = 20  # for 19 epochs: each of them, and the finished weights


class Terminal(io.StringIO):
    def isatty(self):
        return True


def shown(epochs, stream, clock=lambda: 0.0):
    """What a training run of so many epochs shows."""
    state = TrainingState.of()
    with training_progress(epochs, stream, clock) as show:
        for number in range(epochs + 1):
            state.history.add(Epoch(number, 1.0 / (number + 1), {"train": {"loss": 1.0, "accuracy": 0.5}}))
            show(state)
    return stream.getvalue().splitlines()


@pytest.fixture
def calls(monkeypatch):
    """A rich that writes down what it is asked to do."""
    calls = []

    class Console:
        def __init__(self, file):
            self.file = file

        def print(self, line, markup, highlight):
            calls.append(("line", line, markup, highlight))

    class Progress:
        def __init__(self, *columns, console):
            calls.append(("progress", len(columns), console.file))

        def __enter__(self):
            return self

        def __exit__(self, *error):
            calls.append(("stopped", error[0]))

        def add_task(self, description, total):
            calls.append(("task", description, total))
            return 7

        def update(self, task, **what):
            calls.append(("update", task, what))

    rich, console, progress = map(ModuleType, ("rich", "rich.console", "rich.progress"))
    console.Console = Console
    progress.Progress = Progress
    progress.BarColumn = progress.TimeRemainingColumn = lambda: "column"
    progress.TextColumn = lambda text: text
    for module in (rich, console, progress):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    return calls


def state_of(*losses, monitor=None):
    """The state after epochs with these validation losses."""
    state = TrainingState.of(monitor=monitor)
    for number, loss in enumerate(losses):
        metrics = {"train": {"loss": 0.3, "accuracy": 1.0}, "val": {"loss": loss, "accuracy": 0.7}}
        state.history.add(Epoch(number, 0.123456, metrics))
    return state


def test_a_line_says_loss_and_the_first_metric_per_split():
    assert describe(state_of(0.5)) == "loss 0.1235  train 1.000  val 0.700"
    state = TrainingState.of()
    state.history.add(Epoch(0, nan, {"val": {"loss": 0.25}}))
    assert describe(state) == "loss nan  val 0.250"


def test_the_best_epoch_is_marked():
    assert describe(state_of(0.5, 0.4, monitor="val_loss")).endswith("val 0.700  *")
    assert describe(state_of(0.5, 0.4, 0.4, monitor="val_loss")).endswith("val 0.700  (best 1)")


def test_the_time_left_is_that_of_the_epochs_so_far():
    times = iter([100.0, 103.0, 104.0])
    time_left = TimeLeft(10, lambda: next(times))
    assert [time_left.after(Epoch(number, 1.0, {})) for number in (4, 6, 8)] == [0.0, 1.5 * 4, 1.0 * 2]


def test_a_long_run_says_what_is_left():
    lines = shown(3, io.StringIO(), map(float, range(0, 400, 100)).__next__)
    endings = [line.partition("train 0.500")[2] for line in lines]
    assert endings == ["", "  3:20 left", "  1:40 left", ""]


def test_a_run_that_stops_early_shows_its_last_epoch():
    stream = io.StringIO()
    with training_progress(100, stream) as show:
        state = TrainingState.of()
        for number in range(14):
            state.history.add(Epoch(number, 1.0, {}))
            show(state)
    assert [int(line.split()[1]) for line in stream.getvalue().splitlines()] == [0, 10, 13]


def test_plain_lines_where_nobody_watches():
    lines = shown(200, io.StringIO())
    assert [line.split()[1] for line in lines] == [str(n) for n in range(0, 201, 20)]
    assert lines[0] == "epoch   0  loss 1.0000  train 0.500"
    assert lines[-1] == "epoch 200  loss 0.0050  train 0.500"


def test_no_epochs_are_one_line():
    assert shown(0, io.StringIO()) == ["epoch 0  loss 1.0000  train 0.500"]


@given(st.integers(0, 2000))
def test_a_run_shows_its_first_and_last_epoch_and_not_many_more(epochs):
    lines = shown(epochs, io.StringIO())
    numbers = [int(line.split()[1]) for line in lines]
    assert numbers[0] == 0 and numbers[-1] == epochs
    assert numbers == sorted(set(numbers)) and len(numbers) <= MOST_LINES
    assert len({line.index("loss") for line in lines}) == 1


def test_lines_go_to_stderr_by_default_and_at_once(capsys):
    with training_progress(1) as show:
        state = TrainingState.of()
        state.history.add(Epoch(0, 1.0, {}))
        show(state)
        assert capsys.readouterr() == ("", "epoch 0  loss 1.0000\n")


def test_a_terminal_without_rich_gets_a_line_for_each_epoch(monkeypatch):
    for name in ("rich", "rich.console", "rich.progress"):
        monkeypatch.setitem(sys.modules, name, None)
    lines = shown(40, Terminal())
    assert [int(line.split()[1]) for line in lines] == list(range(41))
    assert lines[::4] == shown(40, io.StringIO())


def test_a_file_gets_plain_lines_even_where_rich_is_installed(calls):
    assert len(shown(2, io.StringIO())) == 3 and calls == []


def test_a_terminal_with_rich_gets_the_same_lines_above_a_bar(calls):
    terminal = Terminal()
    assert shown(2, terminal) == []
    assert calls[0][2] == terminal
    assert calls[1] == ("task", "", 2)
    assert [(call[1], call[2]["completed"]) for call in calls[3:-1:2]] == [(7, 0), (7, 1), (7, 2)]
    assert [call[1:] for call in calls[2:-1:2]] == [(line, False, False) for line in shown(2, io.StringIO())]
    assert calls[-1] == ("stopped", None)


def test_the_bar_is_taken_away_when_training_fails(calls):
    with pytest.raises(ZeroDivisionError), training_progress(5, Terminal()):
        raise ZeroDivisionError
    assert calls[-1] == ("stopped", ZeroDivisionError)
