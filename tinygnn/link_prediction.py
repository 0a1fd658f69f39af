"""`LinkTask`: tell pairs of nodes that are linked from pairs that are not."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any

from tinygnn.collector import pause_collector
from tinygnn.graph import Graph
from tinygnn.linalg import Matrix, dot
from tinygnn.link_split import SHARES, LinkSplit, Pair, link_split, unlinked_pairs
from tinygnn.losses import bce_with_logits
from tinygnn.metrics import average_precision, roc_auc
from tinygnn.modes import no_grad
from tinygnn.nn.module import Module
from tinygnn.tasks import Metrics, Task, evaluate
from tinygnn.value import Value


class LinkTask(Task):
    """Which nodes are linked: the graph auto-encoder of Kipf & Welling 2016 (arXiv:1611.07308, section 4).

        p(u and v are linked) = σ(z_u · z_v)

    z is the model's output, a row for each node, of the train edges alone; the loss is the binary cross
    entropy over the linked train pairs and as many pairs that are not linked, drawn anew each epoch, never
    one of those that val and test are judged on. Metrics are ROC-AUC and average precision.

    split: a `LinkSplit`, or else the graph's `link_split` by shares and seed.
    """

    def __init__(
        self, graph: Graph | LinkSplit, shares: tuple[float, float] = SHARES, *, seed: int = 0
    ) -> None:
        self.split = graph if isinstance(graph, LinkSplit) else link_split(graph, shares, seed=seed)
        self.graph = self.split.graph
        self.name = "link"
        self.outputs = None
        positive, negative = self.split.positive, self.split.negative
        self.splits = {name: len(part) + len(negative[name]) for name, part in positive.items()}
        judged = [pair for name, part in negative.items() if name != "train" for pair in part]
        self.taken = self.split.linked | frozenset(judged)
        n = self.graph.num_nodes
        self.negatives = min(len(positive["train"]), n * (n - 1) // 2 - len(self.taken))

    def batches(self, rng: random.Random) -> Iterator[tuple[Any, int]]:
        positive = self.split.positive["train"]
        negative = unlinked_pairs(self.graph.num_nodes, self.negatives, self.taken, rng)
        labels = [1.0] * len(positive) + [0.0] * len(negative)
        yield (positive + negative, labels), len(labels)

    def loss(self, model: Module, batch: Any) -> Value:
        pairs, labels = batch
        loss: Value = bce_with_logits(decode(model(self.graph), pairs), labels)
        return loss

    def evaluate(self, model: Module) -> Metrics:
        z = evaluate(model, self.graph)
        report: Metrics = {}
        for name, positive in self.split.positive.items():
            negative = self.split.negative[name]
            labels = [1] * len(positive) + [0] * len(negative)
            with no_grad():
                logits = decode(z, positive + negative)
                loss = bce_with_logits(logits, [float(label) for label in labels]).data
            scores = [logit.data for logit in logits]
            report[name] = {
                "loss": loss,
                "roc_auc": roc_auc(scores, labels),
                "average_precision": average_precision(scores, labels),
            }
        return report


@pause_collector()
def decode(z: Matrix, pairs: Sequence[Pair]) -> list[Value]:
    """z_u · z_v for each pair. Shapes: z [N][F], pairs P -> [P]."""
    return [dot(z[u], z[v]) for u, v in pairs]
