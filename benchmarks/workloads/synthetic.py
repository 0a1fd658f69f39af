"""Random graphs of any size: to see how time and memory grow."""

from __future__ import annotations

import random
from typing import Any

from benchmarks.workloads import weights

SIZES = (1_000, 10_000, 100_000)
EDGES_PER_NODE = 5
FEATURES = 16
NONZERO = 0.25  # of the features
HIDDEN = 16
CLASSES = 4
TRAINING = 0.1  # of the nodes


def make(nodes: int) -> dict[str, Any]:
    """A graph in which every undirected edge stands in both directions; both count as edges."""
    rng = random.Random(nodes)
    pairs = [(rng.randrange(nodes), rng.randrange(nodes)) for _ in range(nodes * EDGES_PER_NODE // 2)]
    sources, targets = [s for s, _ in pairs], [t for _, t in pairs]
    x = []
    for _ in range(nodes):
        columns = [column for column in range(FEATURES) if rng.random() < NONZERO]
        x.append([columns, [rng.random() for _ in columns]])
    sizes = [FEATURES, HIDDEN, CLASSES]
    return {
        "kind": "gnn",
        "conv": "gcn",
        "sizes": sizes,
        "edges": [sources + targets, targets + sources],
        "x": x,
        "y": [rng.randrange(CLASSES) for _ in range(nodes)],
        "train_mask": [rng.random() < TRAINING for _ in range(nodes)],
        "weights": weights.gcn(rng, sizes),
    }
