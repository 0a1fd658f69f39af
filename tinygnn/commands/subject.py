"""What `trace` and `explain` begin with: a model of a run, or an untrained one, on its graph."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from tinygnn.batch import Batch
from tinygnn.commands.source import SOURCE_HELP, load_graphs
from tinygnn.commands.trained import runs_in
from tinygnn.experiment import Experiment
from tinygnn.explain.subject import Subject
from tinygnn.graph import Graph
from tinygnn.objectives import targets_of
from tinygnn.run_folder import RunFolder, fingerprint, load_checkpoint
from tinygnn.settings import TrainSettings
from tinygnn.tasks import GraphTask, NodeTask


def add_subject(parser: argparse.ArgumentParser) -> None:
    """Add RUN or SOURCE with what belongs to it, and the node."""
    parser.add_argument("--node", required=True, metavar="NODE", help="its name, or its number from 0 on")
    parser.add_argument(
        "subject", metavar="RUN|SOURCE",
        help=f"the folder that train --out made, its best weights; or an untrained model on {SOURCE_HELP}",
    )  # fmt: skip
    parser.add_argument("--nodes", metavar="NODES.csv", help="the file of nodes beside a file of edges")
    parser.add_argument("--label", metavar="NAME", help="the node attribute or column to predict")
    parser.add_argument("--features", metavar="A,B", help="the node attributes or columns to learn from")
    parser.add_argument("--model", default="gcn", help="of an untrained model: kind of convolution (gcn)")
    parser.add_argument("--hidden", type=int, default=16, metavar="N", help="its hidden size (16)")
    parser.add_argument("--layers", type=int, default=2, metavar="N", help="its layers (2)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of its weights (0)")
    parser.add_argument(
        "--graph", type=int, default=0, metavar="K", help="which graph, where the task is of many (0)"
    )


def subject_of(options: argparse.Namespace) -> Subject:
    """The model, run forward and backward once."""
    path = Path(options.subject)
    if path.is_dir() and RunFolder(path).config.exists():
        return _of_run(path, options)
    settings = TrainSettings(
        source=options.subject, nodes=options.nodes, label=options.label, features=options.features,
        model=options.model, hidden=options.hidden, layers=options.layers, seed=options.seed,
    )  # fmt: skip
    experiment = Experiment.of(settings, load_graphs(settings))
    return _subject(
        experiment, options.graph, f"{options.subject}, untrained weights of seed {settings.seed}"
    )


def _of_run(path: Path, options: argparse.Namespace) -> Subject:
    folders = runs_in(path)
    if len(folders) > 1:
        raise ValueError(f"{path} holds {len(folders)} runs: choose one, as {folders[0]}")
    file = RunFolder(folders[0]).chosen()
    checkpoint = load_checkpoint(file)
    settings = TrainSettings.from_dict(checkpoint.notes["settings"])
    given = {name: getattr(options, name) for name in ("nodes", "label", "features")}
    settings = replace(settings, **{name: value for name, value in given.items() if value})
    experiment = Experiment.of(settings, load_graphs(settings))
    if checkpoint.notes["data"] != fingerprint(experiment.graphs):
        raise ValueError(f"{settings.source} holds other data than when {file} was written")
    checkpoint.restore(experiment.model, experiment.optimizer, experiment.scheduler)
    epoch = "" if checkpoint.training is None else f" after epoch {checkpoint.training.epoch}"
    return _subject(experiment, options.graph, f"{path}: {settings.source}, the weights{epoch}")


def _subject(experiment: Experiment, number: int, title: str) -> Subject:
    graph, loss = _graph_and_loss(experiment.task, number)
    return Subject.of(experiment.model, graph, loss, experiment.optimizer, title=title)


def _graph_and_loss(task: Any, number: int) -> tuple[Graph, Callable[[Any], Any]]:
    """The graph to look at, and the loss of a model's output on it."""
    if isinstance(task, NodeTask):
        return task.graph, lambda out: task.objective.loss(out, task.targets, task.masks["train"])
    if isinstance(task, GraphTask):
        graphs = [graph for part in task.graphs.values() for graph in part]
        if not 0 <= number < len(graphs):
            raise ValueError(f"--graph {number}: there are {len(graphs)}, numbered from 0")
        batch = Batch.from_graphs([graphs[number]])
        targets = targets_of(batch.y, task.objective)
        return batch, lambda out: task.objective.loss(out, targets, None)
    raise ValueError("a task of links cannot be explained yet: choose nodes or graphs")
