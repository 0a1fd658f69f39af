"""Folds, and the best epoch of their mean curve."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygnn.cli import main
from tinygnn.cross_validation import best_of_mean_curve, cross_validate, folds_of
from tinygnn.graph import Graph
from tinygnn.history import Epoch, History
from tinygnn.settings import TrainSettings


@given(st.lists(st.integers(0, 3), min_size=2, max_size=40), st.integers(2, 10), st.integers(0, 5))
def test_every_example_is_tested_once_and_classes_are_spread(
    labels: list[int], folds: int, seed: int
) -> None:
    folds = min(folds, len(labels))
    masks = folds_of(labels, folds, seed=seed)
    assert len(masks) == folds
    for i in range(len(labels)):
        assert sum(mask["test"][i] for mask in masks) == 1
        assert all(mask["test"][i] != mask["train"][i] for mask in masks)
    for label in set(labels):
        counts = [sum(keep for keep, own in zip(mask["test"], labels) if own == label) for mask in masks]
        assert max(counts) - min(counts) <= 1
    assert masks == folds_of(labels, folds, seed=seed)


@pytest.mark.parametrize("folds", [0, 1, 4])
def test_too_few_or_too_many_folds_are_refused(folds: int) -> None:
    with pytest.raises(ValueError, match=f"{folds} folds of 3 examples: choose from 2 to 3"):
        folds_of([0, 1, 1], folds)


def test_the_best_epoch_is_that_of_the_mean_curve() -> None:
    histories = []
    for curve in ([0.5, 0.9, 0.7], [0.5, 0.3, 0.7]):
        history = History()
        for number, accuracy in enumerate(curve):
            history.add(Epoch(number, 1.0, {"test": {"accuracy": accuracy}}))
        histories.append(history)
    assert best_of_mean_curve(histories) == (2, [0.7, 0.7])


def graphs(count: int) -> list[Graph]:
    ring = ([0, 1, 2], [1, 2, 0])
    return [Graph(ring, x=[[float(k % 2)], [1.0], [0.5]], y=k % 2, y_level="graph") for k in range(count)]


def test_each_fold_is_a_run_of_its_own_on_the_other_graphs() -> None:
    settings = TrainSettings(source="here", epochs=3, batch_size=2, monitor="val_loss")
    seen = []
    histories = cross_validate(settings, graphs(6), 3, lambda fold, history: seen.append(fold))
    assert seen == [0, 1, 2]
    assert [len(history) for history in histories] == [4, 4, 4]
    assert set(histories[0][0].metrics) == {"train", "test"}
    again = cross_validate(settings, graphs(6), 3)
    assert [history[-1].metrics for history in histories] == [history[-1].metrics for history in again]


def test_other_tasks_are_refused() -> None:
    nodes = Graph(([0, 1], [1, 0]), x=[[1.0], [0.0]], y=[0, 1])
    with pytest.raises(ValueError, match="for classes of graphs: the source holds a single graph"):
        cross_validate(TrainSettings(source="here"), [nodes], 2)
    numbers = [Graph(([0], [0]), x=[[1.0]], y=0.5 * k, y_level="graph") for k in range(4)]
    with pytest.raises(ValueError, match="for classes of graphs, not for graph-regression"):
        cross_validate(TrainSettings(source="here"), numbers, 2)


def test_the_command_prints_folds_and_the_best_of_the_mean_curve(
    tmp_path: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "TINY"  # type: ignore[operator]
    folder.mkdir()
    (folder / "TINY_A.txt").write_text(
        "".join(f"{2 * k + 1}, {2 * k + 2}\n{2 * k + 2}, {2 * k + 1}\n" for k in range(6))
    )
    (folder / "TINY_graph_indicator.txt").write_text("".join(f"{k + 1}\n" * 2 for k in range(6)))
    (folder / "TINY_graph_labels.txt").write_text("1\n-1\n" * 3)
    (folder / "TINY_node_labels.txt").write_text("0\n1\n1\n1\n" * 3)
    command = ["recipe", "run", "gin-mutag", str(folder), "--epochs", "1", "--folds", "3"]
    network = "SumAggregation(), Linear(in_channels, out_channels)"
    assert main([*command, "--network", network]) == 0
    shown = capsys.readouterr()
    assert shown.err.count("accuracy on test") == 3
    assert "3 folds, epoch " in shown.out and "accuracy on held-out graphs " in shown.out
