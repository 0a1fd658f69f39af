"""What `trace` and `explain` begin with: a model of a run, or an untrained one, on its graph."""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from tinygnn.batch import Batch
from tinygnn.checkpoint import Checkpoint
from tinygnn.commands.source import SOURCE_HELP, load_graphs
from tinygnn.commands.trained import runs_in
from tinygnn.experiment import Experiment
from tinygnn.explain.agreement import Compare
from tinygnn.explain.subject import Subject
from tinygnn.graph import Graph
from tinygnn.link_prediction import LinkTask, decode
from tinygnn.losses import bce_with_logits
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
    parser.add_argument("--conv", metavar="K=2,...", help="further options of its convolutions")
    parser.add_argument("--hidden", type=int, default=16, metavar="N", help="its hidden size (16)")
    parser.add_argument("--layers", type=int, default=2, metavar="N", help="its layers (2)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of its weights (0)")
    parser.add_argument(
        "--epoch", type=int, metavar="N", help="of a run: one that --keep-every kept (the best)"
    )
    parser.add_argument(
        "--graph", type=int, default=0, metavar="K", help="which graph, where the task is of many (0)"
    )


def subject_of(options: argparse.Namespace) -> Subject:
    """The model, run forward and backward once."""
    return subjects_of(options)[0]


def subjects_of(
    options: argparse.Namespace, compare: Compare | None = None
) -> tuple[Subject, list[Callable[[], Subject]]]:
    """The model, run forward and backward once; of a run also what runs it with weights of other epochs."""
    path = Path(options.subject)
    if path.is_dir() and RunFolder(path).config.exists():
        return _of_run(path, options, compare)
    settings = TrainSettings(
        source=options.subject, nodes=options.nodes, label=options.label, features=options.features,
        model=options.model, conv=options.conv, hidden=options.hidden, layers=options.layers,
        seed=options.seed,
    )  # fmt: skip
    experiment = Experiment.of(settings, load_graphs(settings))
    title = f"{options.subject}, untrained weights of seed {settings.seed}"
    return _subject(experiment, options.graph, title, compare=compare), []


def _of_run(
    path: Path, options: argparse.Namespace, compare: Compare | None
) -> tuple[Subject, list[Callable[[], Subject]]]:
    folders = runs_in(path)
    if len(folders) > 1:
        raise ValueError(f"{path} holds {len(folders)} runs: choose one, as {folders[0]}")
    folder = RunFolder(folders[0])
    chosen = load_checkpoint(folder.chosen())
    settings = TrainSettings.from_dict(chosen.notes["settings"])
    given = {name: getattr(options, name) for name in ("nodes", "label", "features")}
    settings = replace(settings, **{name: value for name, value in given.items() if value})
    experiment = Experiment.of(settings, load_graphs(settings))
    data = fingerprint(experiment.graphs)

    def subject(checkpoint: Checkpoint) -> Subject:
        if checkpoint.notes["data"] != data:
            raise ValueError(f"{settings.source} holds other data than when {path} was written")
        checkpoint.restore(experiment.model, experiment.optimizer, experiment.scheduler)
        epoch = _epoch(checkpoint)
        title = f"{path}: {settings.source}, the weights after epoch {epoch}"
        return _subject(experiment, options.graph, title, epoch=epoch, compare=compare)

    epoch = options.epoch
    if epoch is not None:
        file = folder.of_epoch(epoch)
        if not file.exists():
            raise ValueError(f"{path} keeps no epoch {epoch}: {_kept(folder)}")
        chosen = load_checkpoint(file)
    others: list[Callable[[], Subject]] = [
        partial(_later, subject, file) for file in folder.kept() if int(file.stem) != _epoch(chosen)
    ]
    return subject(chosen), others


def _later(subject: Callable[[Checkpoint], Subject], file: Path) -> Subject:
    return subject(load_checkpoint(file))


def _epoch(checkpoint: Checkpoint) -> int:
    return -1 if checkpoint.training is None else checkpoint.training.epoch


def _kept(folder: RunFolder) -> str:
    """Which epochs a run keeps, in words."""
    numbers = [str(int(file.stem)) for file in folder.kept()]
    if not numbers:
        return "train with --keep-every N for that"
    return f"it keeps {', '.join(numbers[:20])}{' ...' if len(numbers) > 20 else ''}"


def _subject(
    experiment: Experiment,
    number: int,
    title: str,
    *,
    epoch: int | None = None,
    compare: Compare | None = None,
) -> Subject:
    task = experiment.task
    graph, loss = _graph_and_loss(task, number, experiment.settings.seed)
    found = Subject.of(
        experiment.model, graph, loss, experiment.optimizer, title=title, epoch=epoch, compare=compare,
        clip_norm=experiment.settings.clip_norm,
        in_loss=task.masks["train"] if isinstance(task, NodeTask) else None,
    )  # fmt: skip
    if isinstance(task, GraphTask):
        found.notes.append("The loss is that of this graph alone; training takes the mean over a batch.")
    if isinstance(task, LinkTask):
        found.notes.append(
            "The loss is over the linked train pairs and as many that are not linked, drawn with the run's "
            "seed; training draws others in each epoch."
        )
    return found


def _graph_and_loss(task: Any, number: int, seed: int) -> tuple[Graph, Callable[[Any], Any]]:
    """The graph to look at, and the loss of a model's output on it."""
    if isinstance(task, NodeTask):
        return task.graph, lambda out: task.objective.loss(out, task.targets, task.masks["train"])
    if isinstance(task, GraphTask):
        graphs = task.by_number()
        if number not in graphs:
            raise ValueError(f"--graph {number}: there are {len(graphs)}, numbered from 0")
        batch = Batch.from_graphs([graphs[number]])
        targets = targets_of(batch.y, task.objective)
        return batch, lambda out: task.objective.loss(out, targets, None)
    pairs, labels = next(iter(task.batches(random.Random(seed))))[0]
    return task.graph, lambda out: bce_with_logits(decode(out, pairs), labels)
