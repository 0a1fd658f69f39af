"""Tasks: what a model is trained to do with its data, and how well it does it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from tinygnn.graph import Graph
from tinygnn.linalg import Matrix
from tinygnn.losses import cross_entropy
from tinygnn.metrics import accuracy
from tinygnn.modes import no_grad
from tinygnn.nn.module import Module
from tinygnn.splits import Masks, split_masks
from tinygnn.value import Value

Metrics = dict[str, dict[str, float]]  # by split, by name: metrics["val"]["accuracy"]


class Task:
    """What `fit` asks of a task: batches to learn from, the loss of one, and numbers for each split.

    splits: how many examples each split has, by its name. outputs: the size of a model's output.
    """

    splits: dict[str, int]
    outputs: int

    def batches(self, rng: random.Random) -> Iterator[tuple[Any, int]]:
        """The batches of one epoch, each with its number of examples; rng decides what is random."""
        raise TypeError(f"{type(self).__name__} defines no batches")

    def loss(self, model: Module, batch: Any) -> Value:
        """The mean loss of a batch, to be made small."""
        raise TypeError(f"{type(self).__name__} defines no loss")

    def evaluate(self, model: Module) -> Metrics:
        """The loss and the metrics on each split, in evaluation mode."""
        raise TypeError(f"{type(self).__name__} defines no evaluate")


class NodeClassification(Task):
    """A class for each node of one graph: cross entropy and accuracy.

    masks: the split to learn from, "train", and others to report; `split_masks(graph)` by default.
    Raises ValueError when there is nothing to learn from.
    """

    def __init__(self, graph: Graph, masks: Masks | None = None) -> None:
        masks = split_masks(graph) if masks is None else masks
        if graph.y is None and any(masks.values()):
            raise ValueError(f"{graph!r} has no labels y: give it y, one class per node")
        if not any(masks.get("train", [])):
            raise ValueError("no node to learn from: the train mask is empty")
        self.graph = graph
        self.masks = masks
        self.splits = {name: sum(mask) for name, mask in masks.items()}
        self.outputs = graph.num_classes

    def batches(self, rng: random.Random) -> Iterator[tuple[Any, int]]:
        yield self.graph, self.splits["train"]

    def loss(self, model: Module, batch: Any) -> Value:
        return cross_entropy(model(batch), batch.y, mask=self.masks["train"])

    def evaluate(self, model: Module) -> Metrics:
        y = self.graph.y
        logits = evaluate(model, self.graph)
        with no_grad():
            return {
                name: {
                    "loss": cross_entropy(logits, y, mask=mask).data,
                    "accuracy": accuracy(logits, y, mask),
                }
                for name, mask in self.masks.items()
            }


def evaluate(model: Module, graph: Graph) -> Matrix:
    """The model's output in evaluation, with no graph recorded."""
    with no_grad():
        logits: Matrix = model.eval()(graph)
    return logits
