"""What `trace` and `explain` begin with: a model of a run, or an untrained one, on its graph."""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from tinygnn.batch import Batch
from tinygnn.checkpoint import Checkpoint
from tinygnn.commands.source import SOURCE_HELP, load_graphs
from tinygnn.commands.trained import runs_in
from tinygnn.experiment import Experiment
from tinygnn.explain.agreement import Compare
from tinygnn.explain.subject import Subject, node_label, node_number
from tinygnn.graph import Graph
from tinygnn.link_prediction import LinkTask, decode
from tinygnn.losses import bce_with_logits
from tinygnn.objectives import targets_of
from tinygnn.run_folder import RunFolder, fingerprint, load_checkpoint
from tinygnn.settings import TrainSettings
from tinygnn.tasks import GraphTask, NodeTask

UNTRAINED = ("model", "conv", "hidden", "layers", "seed")  # what a run has settled


def add_subject(parser: argparse.ArgumentParser) -> None:
    """Add RUN or SOURCE with what belongs to it, and the node."""
    parser.add_argument("--node", required=True, metavar="NODE", help="its name, or its number from 0 on")
    parser.add_argument(
        "subject", metavar="RUN|SOURCE",
        help="the folder that train --out made, its best weights, or one of its checkpoints; or an untrained "
        f"model on {SOURCE_HELP}",
    )  # fmt: skip
    parser.add_argument("--nodes", metavar="NODES.csv", help="the file of nodes beside a file of edges")
    parser.add_argument("--label", metavar="NAME", help="the node attribute or column to predict")
    parser.add_argument("--features", metavar="A,B", help="the node attributes or columns to learn from")
    parser.add_argument("--model", help="of an untrained model: kind of convolution (gcn)")
    parser.add_argument("--conv", metavar="K=2,...", help="further options of its convolutions")
    parser.add_argument("--hidden", type=int, metavar="N", help="its hidden size (16)")
    parser.add_argument("--layers", type=int, metavar="N", help="its layers (2)")
    parser.add_argument("--seed", type=int, metavar="N", help="of its weights (0)")
    parser.add_argument(
        "--epoch", type=int, metavar="N", help="of a run: one that --keep-every kept (the best)"
    )
    parser.add_argument("--graph", type=int, metavar="K", help="which graph, where the task is of many (0)")
    parser.add_argument(
        "--with", dest="other", metavar="NODE",
        help="where the task is of links: the loss is that of the pair of both nodes alone",
    )  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """What is asked for: a node, in which graph, and where the task is of links perhaps a pair of nodes."""

    graph: int | None = None
    node: str | int = 0
    other: str | int | None = None


@dataclass(frozen=True)
class ExplainedRun:
    """A run with its data, whose checkpoints become subjects."""

    path: Path
    experiment: Experiment
    data: str

    @classmethod
    def of(cls, path: Path, checkpoint: Checkpoint, given: Mapping[str, Any]) -> ExplainedRun:
        """Load the source that a checkpoint's settings name. given: settings that come before those."""
        settings = TrainSettings.from_dict(checkpoint.notes["settings"])
        settings = replace(settings, **{name: value for name, value in given.items() if value})
        experiment = Experiment.of(settings, load_graphs(settings))
        return cls(path, experiment, fingerprint(experiment.graphs))

    def subject(self, checkpoint: Checkpoint, asked: Asked, compare: Compare | None = None) -> Subject:
        """The model with the weights of a checkpoint. Raises ValueError where the data is another."""
        experiment = self.experiment
        source = experiment.settings.source
        if checkpoint.notes["data"] != self.data:
            raise ValueError(f"{source} holds other data than when {self.path} was written")
        checkpoint.restore(experiment.model, experiment.optimizer, experiment.scheduler)
        epoch = _epoch(checkpoint)
        title = f"{self.path}: {source}, the weights after epoch {epoch}"
        return subject_in(experiment, asked, title, epoch=epoch, compare=compare)


def subject_of(options: argparse.Namespace) -> Subject:
    """The model, run forward and backward once."""
    return subjects_of(options)[0]


def subjects_of(
    options: argparse.Namespace, compare: Compare | None = None
) -> tuple[Subject, list[Callable[[], Subject]]]:
    """The model, run forward and backward once; of a run also what runs it with weights of other epochs."""
    path = Path(options.subject)
    if RunFolder(path).config.exists() or (path.suffix == RunFolder(path).best.suffix and path.is_file()):
        settled = [f"--{name}" for name in UNTRAINED if getattr(options, name) is not None]
        if settled:
            raise ValueError(f"{path} is a run, which has its own {', '.join(settled)}: leave them out")
        return _of_run(path, options, compare)
    if options.epoch is not None:
        raise ValueError(f"--epoch {options.epoch}: {options.subject} is no run, leave it out")
    names = ("nodes", "label", "features", *UNTRAINED)
    given = {name: value for name in names if (value := getattr(options, name)) is not None}
    settings = TrainSettings.from_dict({"source": options.subject, **given})
    experiment = Experiment.of(settings, load_graphs(settings))
    title = f"{options.subject}, untrained weights of seed {settings.seed}"
    asked = Asked(options.graph, options.node, options.other)
    return subject_in(experiment, asked, title, compare=compare), []


def _of_run(
    path: Path, options: argparse.Namespace, compare: Compare | None
) -> tuple[Subject, list[Callable[[], Subject]]]:
    folders = runs_in(path)
    if len(folders) > 1:
        raise ValueError(f"{path} holds {len(folders)} runs: choose one, as {folders[0]}")
    folder = RunFolder(folders[0])
    epoch = options.epoch
    if epoch is not None and not folder.of_epoch(epoch).exists():
        raise ValueError(f"{path} keeps no epoch {epoch}: {_kept(folder)}")
    file = path
    if path.is_dir():
        file = folder.chosen() if epoch is None else folder.of_epoch(epoch)
    chosen = load_checkpoint(file)
    given = {name: getattr(options, name) for name in ("nodes", "label", "features")}
    run = ExplainedRun.of(path, chosen, given)
    asked = Asked(options.graph, options.node, options.other)
    others: list[Callable[[], Subject]] = [
        partial(_later, run, file, asked, compare)
        for file in folder.kept()
        if int(file.stem) != _epoch(chosen)
    ]
    return run.subject(chosen, asked, compare), others


def _later(run: ExplainedRun, file: Path, asked: Asked, compare: Compare | None) -> Subject:
    return run.subject(load_checkpoint(file), asked, compare)


def _epoch(checkpoint: Checkpoint) -> int:
    return -1 if checkpoint.training is None else checkpoint.training.epoch


def _kept(folder: RunFolder) -> str:
    """Which epochs a run keeps, in words."""
    numbers = [str(int(file.stem)) for file in folder.kept()]
    if not numbers:
        return "train with --keep-every N for that"
    return f"it keeps {', '.join(numbers[:20])}{' ...' if len(numbers) > 20 else ''}"


def subject_in(
    experiment: Experiment,
    asked: Asked,
    title: str,
    *,
    epoch: int | None = None,
    compare: Compare | None = None,
) -> Subject:
    """The model of an experiment on its graph, with the loss that its task asks for."""
    task = experiment.task
    graph, loss, note = _graph_loss_and_note(task, asked, experiment.settings.seed)
    found = Subject.of(
        experiment.model, graph, loss, experiment.optimizer, title=title, epoch=epoch, compare=compare,
        clip_norm=experiment.settings.clip_norm,
        in_loss=task.masks["train"] if isinstance(task, NodeTask) else None,
    )  # fmt: skip
    found.notes += [note] if note else []
    if asked.other is not None:
        found.pair = node_number(graph, asked.node), node_number(graph, asked.other)
    return found


def _graph_loss_and_note(task: Any, asked: Asked, seed: int) -> tuple[Graph, Callable[[Any], Any], str]:
    """The graph to look at, the loss of a model's output on it, and how it differs from that of training."""
    if asked.other is not None and not isinstance(task, LinkTask):
        raise ValueError(f"--with {asked.other}: the task is not of links, which have a pair: leave it out")
    if asked.graph is not None and not isinstance(task, GraphTask):
        raise ValueError(f"--graph {asked.graph}: the task is of one graph: leave it out")
    if isinstance(task, NodeTask):
        return task.graph, lambda out: task.objective.loss(out, task.targets, task.masks["train"]), ""
    if isinstance(task, GraphTask):
        graphs = task.by_number()
        number = asked.graph or 0
        if number not in graphs:
            raise ValueError(f"--graph {number}: there are {len(graphs)}, numbered from 0")
        batch = Batch.from_graphs([graphs[number]])
        targets = targets_of(batch.y, task.objective)
        note = "The loss is that of this graph alone; training takes the mean over a batch."
        return batch, lambda out: task.objective.loss(out, targets, None), note
    if asked.other is not None:
        u, v = node_number(task.graph, asked.node), node_number(task.graph, asked.other)
        if u == v:
            raise ValueError(f"--node {asked.node} --with {asked.other}: a pair is of two different nodes")
        linked = (min(u, v), max(u, v)) in task.split.linked
        note = (
            f"The loss is that of the pair {node_label(task.graph, u)}, {node_label(task.graph, v)} alone, "
            f"which is {'' if linked else 'not '}linked; training takes the mean over many pairs."
        )
        return task.graph, lambda out: bce_with_logits(decode(out, [(u, v)]), [float(linked)]), note
    pairs, labels = next(iter(task.batches(random.Random(seed))))[0]
    note = (
        "The loss is over the linked train pairs and as many that are not linked, drawn with the run's "
        "seed; training draws others in each epoch."
    )
    return task.graph, lambda out: bce_with_logits(decode(out, pairs), labels), note
