"""Tasks: what a model is trained to do with its data, and how well it does it."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any

from tinygnn.batch import Batch
from tinygnn.graph import Graph
from tinygnn.linalg import Matrix
from tinygnn.loader import DataLoader
from tinygnn.modes import no_grad
from tinygnn.nn.module import Module
from tinygnn.objectives import OBJECTIVES, Objective, objective_for, output_size, targets_of
from tinygnn.splits import Masks, split_masks
from tinygnn.value import Value

KINDS = ("", *(f"-{name}" for name in OBJECTIVES))
TASKS = (*(f"node{kind}" for kind in KINDS), *(f"graph{kind}" for kind in KINDS), "link")
Metrics = dict[str, dict[str, float]]  # by split, by name: metrics["val"]["accuracy"]


class Task:
    """What `fit` asks of a task: batches to learn from, the loss of one, and numbers for each split.

    splits: how many examples each split has, by its name, "train" among them. outputs: the size of a
    model's output; None where any will do. A task of your own defines these, and the methods below.
    """

    name: str = "task"
    splits: dict[str, int]
    outputs: int | None

    def batches(self, rng: random.Random) -> Iterator[tuple[Any, int]]:
        """The batches of one epoch, each with its number of examples; rng decides what is random."""
        raise TypeError(f"{type(self).__name__} defines no batches")

    def loss(self, model: Module, batch: Any) -> Value:
        """The mean loss of a batch, to be made small."""
        raise TypeError(f"{type(self).__name__} defines no loss")

    def evaluate(self, model: Module) -> Metrics:
        """The loss and the metrics on each split, in evaluation mode."""
        raise TypeError(f"{type(self).__name__} defines no evaluate")


class NodeTask(Task):
    """A class, a number or several for each node of one graph; all nodes are one batch.

    masks: the split to learn from, "train", and others to report; `split_masks(graph)` by default.
    objective: what the labels y ask for by default, see `objective_for`.
    Raises ValueError when there is nothing to learn from.
    """

    def __init__(
        self, graph: Graph, masks: Masks | None = None, *, objective: Objective | None = None
    ) -> None:
        if graph.y is not None and graph.y_level != "node":
            raise ValueError(
                f"{graph!r} has one label for the graph: a task of nodes needs one for each node"
            )
        masks = split_masks(graph) if masks is None else masks
        if graph.y is None and any(masks.values()):
            raise ValueError(f"{graph!r} has no labels y: give it y, one per node")
        if not any(masks.get("train", [])):
            raise ValueError("no node to learn from: the train mask is empty")
        self.graph = graph
        self.masks = masks
        self.objective = objective_for(graph.y) if objective is None else objective
        self.targets = targets_of(graph.y, self.objective)
        for split, mask in masks.items():
            for i, (target, keep) in enumerate(zip(self.targets, mask)):
                if keep and (target is None or target == [None]):
                    raise ValueError(f"node {i} of the {split} mask has no label: leave it out")
        self.name = f"node-{self.objective.name}"
        self.splits = {name: sum(mask) for name, mask in masks.items()}
        self.outputs = output_size(graph.y, self.objective, graph.class_names)

    def batches(self, rng: random.Random) -> Iterator[tuple[Any, int]]:
        yield self.graph, self.splits["train"]

    def loss(self, model: Module, batch: Any) -> Value:
        return self.objective.loss(model(batch), self.targets, self.masks["train"])

    def evaluate(self, model: Module) -> Metrics:
        outputs = evaluate(model, self.graph)
        return {name: self.objective.report(outputs, self.targets, mask) for name, mask in self.masks.items()}


class GraphTask(Task):
    """A class, a number or several for each of many graphs.

    masks: which graphs each split has; all in "train" by default. batch_size: graphs per step, in a new
    order each epoch; all at once by default. objective: what the labels y ask for by default. numbers: the
    places in `graphs` of those of each split.
    Raises ValueError when there is nothing to learn from, or a graph has no label of its own.
    """

    def __init__(
        self,
        graphs: Sequence[Graph],
        masks: Masks | None = None,
        *,
        batch_size: int | None = None,
        objective: Objective | None = None,
    ) -> None:
        labels = graph_labels(graphs)
        masks = {"train": [True] * len(graphs)} if masks is None else masks
        if not any(masks.get("train", [])):
            raise ValueError("no graph to learn from: the train split is empty")
        for name, mask in masks.items():
            if len(mask) != len(graphs):
                raise ValueError(f"the {name} mask has {len(mask)} entries for {len(graphs)} graphs")
        self.objective = objective_for(labels) if objective is None else objective
        self.name = f"graph-{self.objective.name}"
        self.batch_size = batch_size
        self.splits = {name: sum(mask) for name, mask in masks.items()}
        self.outputs = output_size(labels, self.objective, graphs[0].class_names)
        self.numbers = {name: [k for k, keep in enumerate(mask) if keep] for name, mask in masks.items()}
        self.graphs = {name: [graphs[k] for k in part] for name, part in self.numbers.items()}
        # Batches that never change are made once, and keep what layers know of their edges.
        self.fixed = {
            name: list(DataLoader(part, batch_size or len(part))) if part else []
            for name, part in self.graphs.items()
        }

    def by_number(self) -> dict[int, Graph]:
        """The graphs of all splits by their places in what the task was made of, in that order."""
        found = [pair for name, part in self.numbers.items() for pair in zip(part, self.graphs[name])]
        return dict(sorted(found, key=lambda pair: pair[0]))

    def batches(self, rng: random.Random) -> Iterator[tuple[Any, int]]:
        train = self.graphs["train"]
        if self.batch_size is None or self.batch_size >= len(train):
            yield self.fixed["train"][0], len(train)
            return
        for batch in DataLoader(train, self.batch_size, shuffle=True, rng=rng):
            yield batch, batch.num_graphs

    def loss(self, model: Module, batch: Any) -> Value:
        return self.objective.loss(self._outputs(model, batch), targets_of(batch.y, self.objective), None)

    def evaluate(self, model: Module) -> Metrics:
        report: Metrics = {}
        for name, batches in self.fixed.items():
            model.eval()
            with no_grad():
                outputs = [row for batch in batches for row in self._outputs(model, batch)]
            targets = [t for batch in batches for t in targets_of(batch.y, self.objective)]
            report[name] = self.objective.report(outputs, targets, [True] * len(targets))
        return report

    def _outputs(self, model: Module, batch: Batch) -> Matrix:
        outputs: Matrix = model(batch)
        if len(outputs) != batch.num_graphs:
            raise ValueError(
                f"the model gives {len(outputs)} rows for {batch.num_graphs} graphs: it needs a readout"
            )
        return outputs


def task_for(
    data: Graph | Sequence[Graph], masks: Masks | None = None, *, batch_size: int | None = None
) -> NodeTask | GraphTask:
    """The task that the labels are for: of graphs, if there are several, or of the nodes of one."""
    if isinstance(data, Graph):
        return NodeTask(data, masks)
    return GraphTask(data, masks, batch_size=batch_size)


def graph_labels(graphs: Sequence[Graph]) -> list[Any]:
    """The label of each graph. Raises ValueError, naming the graph, where there is none."""
    if not graphs:
        raise ValueError("no graphs to learn from")
    labels = []
    for k, graph in enumerate(graphs):
        if graph.y is None or graph.y_level != "graph":
            held = "no label y" if graph.y is None else "labels of nodes"
            raise ValueError(f"graph {k} has {held}: a task of graphs needs one y for each, y_level 'graph'")
        labels.append(graph.y[0] if isinstance(graph.y, list) and len(graph.y) == 1 else graph.y)
    return labels


def evaluate(model: Module, graph: Graph) -> Matrix:
    """The model's output in evaluation, with no graph recorded."""
    model.eval()
    with no_grad():
        outputs: Matrix = model(graph)
    return outputs
