"""Zachary's karate club, from the files that are part of tinygnn."""

from __future__ import annotations

import csv
import random
from pathlib import Path
from typing import Any

from benchmarks.workloads import weights

FOLDER = Path(__file__).parents[2] / "tinygnn" / "data"
HIDDEN = 16


def make() -> dict[str, Any]:
    """34 nodes, 156 edges in order of source and target, as x the identity, four classes."""
    nodes = list(csv.DictReader((FOLDER / "karate_nodes.csv").open(encoding="utf-8")))
    pairs = [
        (int(row["source"]), int(row["target"]))
        for row in csv.DictReader((FOLDER / "karate_edges.csv").open(encoding="utf-8"))
    ]
    edges = sorted(pairs + [(target, source) for source, target in pairs])
    labels = [int(row["label"]) for row in nodes]
    classes = max(labels) + 1
    return {
        "kind": "gnn",
        "conv": "gcn",
        "sizes": [len(nodes), HIDDEN, classes],
        "edges": [[source for source, _ in edges], [target for _, target in edges]],
        "x": [[[i], [1.0]] for i in range(len(nodes))],
        "y": labels,
        "train_mask": [row["train_mask"] == "True" for row in nodes],
        "weights": weights.gcn(random.Random(0), [len(nodes), HIDDEN, classes]),
    }
