"""`tinygnn predict`: what a run's best weights say of each node, graph or pair of nodes, as CSV."""

from __future__ import annotations

import argparse
import csv
import io
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tinygnn.commands.trained import Trained, add_run, graphs_for, runs_in, settings_for
from tinygnn.experiment import make_task
from tinygnn.files import write_atomically
from tinygnn.graph import Graph
from tinygnn.linalg import softmax
from tinygnn.link_prediction import LinkTask, decode
from tinygnn.modes import no_grad
from tinygnn.settings import TrainSettings
from tinygnn.tasks import evaluate
from tinygnn.value import Value

Row = list[Any]


def add_parser(commands: Any) -> None:
    """Add the command and its arguments."""
    parser = commands.add_parser("predict", help="what a run's best weights say, as CSV")
    add_run(parser)
    parser.add_argument("-o", "--output", metavar="FILE.csv", type=Path, help="write it there, not to stdout")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write a row for each node, graph or pair."""
    folders = runs_in(options.folder)
    if len(folders) > 1:
        raise ValueError(f"{options.folder} holds {len(folders)} runs: choose one, as {folders[0]}")
    trained = Trained.load(folders[0])
    settings = settings_for(trained, options)
    notes: list[str] = []
    graphs = graphs_for(trained, settings, notes)
    table = list(predictions(trained, settings, graphs, notes))
    for note in notes:
        print(note, file=sys.stderr)
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(table)
    if options.output is None:
        print(text.getvalue(), end="")
        return 0
    write_atomically(options.output, text.getvalue().encode())
    print(f"{len(table) - 1} predictions -> {options.output}")
    return 0


def predictions(
    trained: Trained, settings: TrainSettings, graphs: Sequence[Graph], notes: list[str]
) -> Iterator[Row]:
    """The header, and a row for each node (of each graph, if there are several), graph or pair."""
    if trained.level == "link":
        yield from of_pairs(trained, settings, graphs, notes)
        return
    of_graphs = trained.level == "graph"
    several = len(graphs) > 1 or of_graphs
    width = trained.checkpoint.notes["outputs"]
    yield [*(["graph"] if several else []), *([] if of_graphs else ["node"]), *columns(trained, width)]
    for k, graph in enumerate(graphs):
        ids = [None] if of_graphs else graph.node_ids or range(graph.num_nodes)
        for name, output in zip(ids, evaluate(trained.model, graph)):
            yield [*([k] if several else []), *([] if of_graphs else [name]), *cells(trained, output)]


def columns(trained: Trained, width: int) -> Row:
    """What stands above `cells`."""
    if trained.kind == "classification":
        return ["prediction", *[f"p_{class_name(trained, k)}" for k in range(width)]]
    if trained.kind == "multilabel":
        return [f"{what}_{k}" for what in ("y", "p") for k in range(width)]
    return ["prediction"] if width == 1 else [f"prediction_{k}" for k in range(width)]


def cells(trained: Trained, output: Sequence[Any]) -> Row:
    """The most likely class and the probability of each; yes or no with its probability; or the numbers.

    Of equal classes it is the first; where a number is nan nothing is the most likely.
    """
    with no_grad():
        if trained.kind == "classification":
            p = [value.data for value in softmax(output)]
            logits = [float(value) for value in output]
            best = class_name(trained, logits.index(max(logits))) if all(x == x for x in p) else ""
            return [best, *p]
        if trained.kind == "multilabel":
            p = [value.sigmoid().data for value in output]
            return [*[int(x >= 0.5) if x == x else "" for x in p], *p]
        return [float(value) for value in output]


def class_name(trained: Trained, k: int) -> Any:
    """The name of a class, or its number where classes have no names."""
    return k if trained.class_names is None else trained.class_names[k]


def of_pairs(
    trained: Trained, settings: TrainSettings, graphs: Sequence[Graph], notes: list[str]
) -> Iterator[Row]:
    """The pairs that val and test are judged on, linked or not, and how likely the model holds a link."""
    task = make_task(replace(settings, task="link"), graphs, notes)
    if not isinstance(task, LinkTask):
        raise TypeError(f"{task!r} is no task of links")
    yield ["source", "target", "split", "linked", "probability"]
    ids = task.graph.node_ids or range(task.graph.num_nodes)
    z = evaluate(trained.model, task.graph)
    for split in task.split.positive:
        for linked, part in ((1, task.split.positive), (0, task.split.negative)):
            with no_grad():
                logits: list[Value] = decode(z, part[split])
            for (u, v), logit in zip(part[split], logits):
                yield [ids[u], ids[v], split, linked, logit.sigmoid().data]
