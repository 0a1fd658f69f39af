"""`tinygnn eval`: the metrics of a run's best weights."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import Any

from tinygnn.commands.summary import finite, over_runs, print_split, shown_metrics, spread
from tinygnn.commands.trained import Trained, add_run, graphs_for, runs_in, settings_for
from tinygnn.experiment import make_task, node_labels, side_by_side
from tinygnn.graph import Graph
from tinygnn.objectives import OBJECTIVES
from tinygnn.run_folder import fingerprint
from tinygnn.settings import TrainSettings
from tinygnn.splits import is_class, split_masks
from tinygnn.tasks import GraphTask, NodeTask, Task


def add_parser(commands: Any) -> None:
    """Add the command and its arguments."""
    parser = commands.add_parser("eval", help="the metrics of a run's best weights")
    add_run(parser)
    parser.add_argument("--json", action="store_true", help="print them as one JSON object")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the metrics on each split of the run's source, or of another source."""
    folders = runs_in(options.folder)
    evaluated = [evaluate_run(folder, options) for folder in folders]
    metrics = [facts["metrics"] for _, facts in evaluated]
    if options.json:
        result = evaluated[0][1]
        if len(folders) > 1:
            runs = [facts for _, facts in evaluated]
            result = {"runs": runs, "mean": over_runs(metrics, fmean), "std": over_runs(metrics, spread)}
        print(json.dumps(finite(result), allow_nan=False))
        return 0
    for task, facts in evaluated:
        print(f"{facts['checkpoint']}, epoch {facts['epoch']}, on {facts['source']}")
        for split, parts in shown_metrics(facts["metrics"]).items():
            print_split(task, split, [(name, f"{number:.3f}") for name, number in parts])
    if len(folders) > 1:
        print(f"mean ± standard deviation over {len(folders)} runs")
        means, spreads = shown_metrics(over_runs(metrics, fmean)), over_runs(metrics, spread)
        for split, parts in means.items():
            texts = [(name, f"{mean:.3f} ± {spreads[split][name]:.3f}") for name, mean in parts]
            print_split(evaluated[0][0], split, texts)
    return 0


def evaluate_run(folder: Path, options: argparse.Namespace) -> tuple[Task, dict[str, Any]]:
    """The task, and what `--json` says of one run."""
    trained = Trained.load(folder)
    settings = settings_for(trained, options)
    settings = replace(settings, label=settings.label or trained.settings.label)
    notes: list[str] = []
    graphs = graphs_for(trained, settings, notes)
    if options.source is None and fingerprint(graphs) != trained.checkpoint.notes["data"]:
        notes.append(f"{settings.source} holds other data than the run was trained on")
    if options.source is None or trained.level == "link" or has_train_mask(graphs):
        task = make_task(replace(settings, task=trained.task), graphs, notes)
        metrics = task.evaluate(trained.model)
    else:
        task = task_of_all(trained, settings, graphs)
        metrics = {"all": task.evaluate(trained.model)["train"]}
        task.splits = {"all": task.splits["train"]}
    for note in notes:
        print(note, file=sys.stderr)
    return task, {
        "checkpoint": str(trained.file),
        "epoch": trained.epoch,
        "source": settings.source,
        "task": task.name,
        "examples": task.splits,
        "metrics": metrics,
    }


def has_train_mask(graphs: Sequence[Graph]) -> bool:
    """Whether it is one graph that says itself which nodes are for what."""
    return len(graphs) == 1 and "train" in split_masks(graphs[0])


def task_of_all(trained: Trained, settings: TrainSettings, graphs: Sequence[Graph]) -> Task:
    """The run's task on everything labelled in another source."""
    objective = OBJECTIVES[trained.kind]
    if trained.level == "graph":
        return GraphTask(graphs, objective=objective, batch_size=settings.batch_size)
    graph = side_by_side(graphs)
    labels = node_labels(graph, settings)
    return NodeTask(graph, {"train": [is_class(label) for label in labels]}, objective=objective)
