"""Cross-validation: every graph is tested once, by a model that has not seen it."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from statistics import fmean
from typing import Any

from tinygnn.experiment import Experiment
from tinygnn.graph import Graph
from tinygnn.history import History
from tinygnn.settings import TrainSettings
from tinygnn.splits import Masks
from tinygnn.tasks import GraphTask, graph_labels


def folds_of(labels: Sequence[Any], folds: int, *, seed: int = 0) -> list[Masks]:
    """For each fold the masks "train" and "test": the labels shuffled class by class, and dealt in turn.

    >>> [sum(masks["test"]) for masks in folds_of([0, 0, 0, 1, 1], 2)]
    [3, 2]

    Raises ValueError unless there are at least 2 folds and as many labels.
    """
    if not 2 <= folds <= len(labels):
        raise ValueError(f"{folds} folds of {len(labels)} examples: choose from 2 to {len(labels)}")
    rng = random.Random(seed)
    dealt: list[int] = []
    for label in sorted(set(labels)):
        members = [i for i, other in enumerate(labels) if other == label]
        rng.shuffle(members)
        dealt += members
    fold_of = {i: position % folds for position, i in enumerate(dealt)}
    return [
        {
            "train": [fold_of[i] != fold for i in range(len(labels))],
            "test": [fold_of[i] == fold for i in range(len(labels))],
        }
        for fold in range(folds)
    ]


def cross_validate(
    settings: TrainSettings,
    graphs: Sequence[Graph],
    folds: int,
    on_fold: Callable[[int, History], object] | None = None,
) -> list[History]:
    """Train once for each fold, from the settings' seed each time; return what the epochs showed.

    Raises ValueError for a task that is not one of classes of graphs.
    """
    histories = []
    for fold, masks in enumerate(_all_masks(graphs, folds, settings.seed)):
        experiment = Experiment.of(replace(settings, monitor=None, patience=None, split=None), graphs)
        if experiment.task.name != "graph-classification":
            raise ValueError(f"cross-validation is for classes of graphs, not for {experiment.task.name}")
        experiment.task = GraphTask(experiment.graphs, masks, batch_size=settings.batch_size)
        histories.append(experiment.fit())
        if on_fold is not None:
            on_fold(fold, histories[-1])
    return histories


def _all_masks(graphs: Sequence[Graph], folds: int, seed: int) -> list[Masks]:
    if len(graphs) < 2:
        raise ValueError("cross-validation is for classes of graphs: the source holds a single graph")
    return folds_of(graph_labels(graphs), folds, seed=seed)


def best_of_mean_curve(histories: Sequence[History], name: str = "test_accuracy") -> tuple[int, list[float]]:
    """The epoch at which the mean over the folds is best, and the folds' numbers there.

    What Xu et al., "How Powerful are Graph Neural Networks?", 2019, arXiv:1810.00826, report. The epoch is
    chosen by the very numbers that are reported, so that these are too good.
    """
    curves = [[epoch.row()[name] for epoch in history] for history in histories]
    means = [fmean(column) for column in zip(*curves)]
    best = means.index(max(means))
    return best, [curve[best] for curve in curves]
