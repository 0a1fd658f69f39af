"""Random small graphs with a label each: to see how training in batches goes."""

from __future__ import annotations

import random
from typing import Any

from benchmarks.workloads import weights

GRAPHS = 128
NODES = (10, 26)  # of a graph, at least and at most
RINGS = 2  # edges that close a ring in each graph, beside those of its tree
KINDS = 7  # of nodes: the features name the kind
BATCH = 32
HIDDEN = 16
LAYERS = 3
CLASSES = 2


def make() -> dict[str, Any]:
    """Trees with a few rings; the label says whether most nodes are of an even kind."""
    rng = random.Random(0)
    graphs = [graph(rng) for _ in range(GRAPHS)]
    sizes = [KINDS] + [HIDDEN] * LAYERS
    initial = {f"gnn.{name}": entry for name, entry in weights.gin(rng, sizes).items()}
    initial["lin.weight"] = weights.glorot(rng, CLASSES, HIDDEN)
    initial["lin.bias"] = [0.0] * CLASSES
    return {
        "kind": "graphs",
        "sizes": [KINDS, HIDDEN, CLASSES],
        "num_layers": LAYERS,
        "batch_size": BATCH,
        "graphs": graphs,
        "nodes": sum(len(each["x"]) for each in graphs),
        "num_edges": sum(len(each["edges"][0]) for each in graphs),
        "weights": initial,
    }


def graph(rng: random.Random) -> dict[str, Any]:
    """One graph; every undirected edge stands in both directions."""
    nodes = rng.randint(*NODES)
    pairs = [(i, rng.randrange(i)) for i in range(1, nodes)]
    pairs += [(rng.randrange(nodes), rng.randrange(nodes)) for _ in range(RINGS)]
    kinds = [rng.randrange(KINDS) for _ in range(nodes)]
    sources, targets = [s for s, _ in pairs], [t for _, t in pairs]
    return {
        "edges": [sources + targets, targets + sources],
        "x": [[[kind], [1.0]] for kind in kinds],
        "y": int(2 * sum(kind % 2 == 0 for kind in kinds) > nodes),
    }
