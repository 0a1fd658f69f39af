"""`fit`: the five-line training loop with a record of what happened."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from tinygnn.gnn import GNN
from tinygnn.graph import Graph
from tinygnn.linalg import Matrix
from tinygnn.losses import cross_entropy
from tinygnn.metrics import accuracy
from tinygnn.modes import no_grad
from tinygnn.optim import Optimizer

Masks = dict[str, list[bool]]


@dataclass(frozen=True)
class Epoch:
    """What one epoch showed: its number, the training loss, and the accuracy on each split.

    Loss and accuracies belong to the weights before the epoch's step.
    """

    number: int
    loss: float
    accuracy: dict[str, float]


def fit(
    model: GNN,
    graph: Graph,
    optimizer: Optimizer,
    *,
    epochs: int = 200,
    masks: Masks | None = None,
    on_epoch: Callable[[Epoch], None] | None = None,
) -> list[Epoch]:
    """Train a node classifier and return what each epoch showed; `on_epoch` sees each as it ends.

    masks: the split to learn from, "train", and others to report; `split_masks(graph)` by default.
    The list has one entry more than there are epochs, the last for the finished weights.
    Raises ValueError when there is nothing to learn from.
    """
    masks = split_masks(graph) if masks is None else masks
    if graph.y is None and any(masks.values()):
        raise ValueError(f"{graph!r} has no labels y: give it y, one class per node")
    if not any(masks.get("train", [])):
        raise ValueError("no node to learn from: the train mask is empty")

    def train(number: int) -> Epoch:
        model.train()
        optimizer.zero_grad()
        logits = model(graph)
        loss = cross_entropy(logits, graph.y, mask=masks["train"])
        if number < epochs:
            loss.backward()
        if model.dropout.p > 0.0:
            logits = evaluate(model, graph)
        epoch = Epoch(number, loss.data, split_accuracy(logits, graph.y, masks))
        if number < epochs:
            optimizer.step()
        return epoch

    history = []
    for number in range(epochs + 1):
        history.append(train(number))
        if on_epoch is not None:
            on_epoch(history[-1])
    model.eval()
    return history


def evaluate(model: GNN, graph: Graph) -> Matrix:
    """The model's output in evaluation, with no graph recorded."""
    with no_grad():
        logits: Matrix = model.eval()(graph)
    return logits


def split_accuracy(logits: Matrix, y: list[int], masks: Masks) -> dict[str, float]:
    """The accuracy on each split."""
    return {name: accuracy(logits, y, mask) for name, mask in masks.items()}


def split_masks(graph: Graph) -> Masks:
    """The graph's own masks by split name, and as "rest" the labelled nodes that no mask holds."""
    named = {"train": graph.train_mask, "val": graph.val_mask, "test": graph.test_mask}
    masks = {name: mask for name, mask in named.items() if mask is not None}
    if masks and "test" not in masks:
        taken = [any(column) for column in zip(*masks.values())]
        rest = [not t and is_class(label) for t, label in zip(taken, graph.y or [])]
        if any(rest):
            masks["rest"] = rest
    return masks


def is_class(label: object) -> bool:
    """Whether a node's label is a class; None and numbers such as -1 say that it has none."""
    return label is not None and not (isinstance(label, int) and label < 0)


def random_split(labels: list[int], shares: tuple[float, float] = (0.6, 0.2), *, seed: int = 0) -> Masks:
    """Split nodes at random, class by class, into train, val and test (what the shares leave over).

    Each class has at least one node in train. Nodes whose label is None are in no split.
    """
    rng = random.Random(seed)
    masks = {name: [False] * len(labels) for name in ("train", "val", "test")}
    for label in sorted({label for label in labels if is_class(label)}):
        nodes = [i for i, other in enumerate(labels) if other == label]
        rng.shuffle(nodes)
        first = max(1, round(shares[0] * len(nodes)))
        second = first + round(shares[1] * len(nodes))
        for name, part in zip(masks, (nodes[:first], nodes[first:second], nodes[second:])):
            for i in part:
                masks[name][i] = True
    return masks
