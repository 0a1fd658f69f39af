"""Splits: which nodes, or which graphs, to learn from, to choose by and to be judged on."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from tinygnn.graph import Graph

Masks = dict[str, list[bool]]
SHARES = (0.6, 0.2)  # of train and val; test has the rest


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


def random_split(labels: Sequence[Any], shares: tuple[float, float] = SHARES, *, seed: int = 0) -> Masks:
    """Split nodes or graphs at random into train, val and test (what the shares leave over).

    Labels that are whole numbers are split class by class, all others together. Each class has at least one
    node in train. Nodes whose label is None are in no split.

    Raises ValueError for shares that are no shares of 1.
    """
    if not (0.0 <= shares[0] <= 1.0 and shares[1] >= 0.0 and shares[0] + shares[1] <= 1.0 + 1e-12):
        raise ValueError(f"the shares are {shares}: those of train and val, at most 1 together")
    rng = random.Random(seed)
    masks: Masks = {name: [False] * len(labels) for name in ("train", "val", "test")}
    classes: dict[Any, list[int]] = {}
    for i, label in enumerate(labels):
        if is_class(label):
            classes.setdefault(label if isinstance(label, int) else None, []).append(i)
    for _, nodes in sorted(classes.items(), key=lambda item: -1 if item[0] is None else item[0]):
        rng.shuffle(nodes)
        first = max(1, round(shares[0] * len(nodes)))
        second = first + round(shares[1] * len(nodes))
        for name, part in zip(masks, (nodes[:first], nodes[first:second], nodes[second:])):
            for i in part:
                masks[name][i] = True
    return masks
