"""How long an epoch takes and how much memory, estimated before anything is trained.

A GCN is trained for a few epochs on two small random graphs with as many edges per node, the same
features and as many classes as the source has. Time and memory grow linearly with the nodes, so a
straight line through the two goes on to the whole source.
"""

from __future__ import annotations

import random
import sys
import time
import tracemalloc
from collections.abc import Callable, Sequence
from itertools import chain, islice
from typing import Any

from tinygnn.edge_index import EdgeIndex
from tinygnn.gnn import GNN
from tinygnn.graph import Graph
from tinygnn.losses import cross_entropy
from tinygnn.optim import Adam

HIDDEN = 16
NODES = (64, 256)  # of the small graphs, at most
PRODUCTS = 20_000  # in an epoch of theirs, about, for each hidden channel
EPOCHS = 3  # of which the fastest counts


def estimate(graphs: Sequence[Graph]) -> dict[str, Any] | None:
    """Seconds per epoch and megabytes for training GCN with 16 hidden channels; None without nodes.

    The megabytes are what the process has now and what training adds to it.
    """
    nodes, edges = sum(graph.num_nodes for graph in graphs), sum(graph.num_edges for graph in graphs)
    if not nodes:
        return None
    features = list(islice(chain.from_iterable(graph.x or [] for graph in graphs), NODES[1])) or [[1.0]]
    features = [row for row in features if len(row) == len(features[0])] if features[0] else [[1.0]]
    classes = max(2, *(graph.num_classes for graph in graphs))
    work = 1 + edges // nodes + max(sum(map(bool, row)) for row in features[:8])
    large = min(nodes, NODES[1], max(8, PRODUCTS // work))
    small = max(1, large * NODES[0] // NODES[1])
    measured = []
    for size in (small, large):
        epoch = _epochs(size, edges * size // nodes, features, classes)
        measured.append((_fastest(epoch), _peak(epoch)))
    seconds, memory = (_line(small, large, low, high)(nodes) for low, high in zip(*measured))
    return {
        "model": f"GCN({len(features[0])} -> {HIDDEN} -> {classes})",
        "seconds_per_epoch": float(f"{seconds:.2g}"),
        "megabytes": round(_now() + memory / 1e6),
    }


def _epochs(nodes: int, edges: int, features: list[list[Any]], classes: int) -> Callable[[], None]:
    """A training run on a random graph; each call is one epoch."""
    rng = random.Random(0)
    ends = [[rng.randrange(nodes) for _ in range(edges)] for _ in ("sources", "targets")]
    graph = Graph(
        EdgeIndex(ends),
        x=[features[i % len(features)] for i in range(nodes)],
        y=[rng.randrange(classes) for _ in range(nodes)],
    )
    model = GNN("gcn", len(features[0]), HIDDEN, 2, classes, seed=0)
    optimizer = Adam(model.parameters(), lr=0.01)

    def epoch() -> None:
        optimizer.zero_grad()
        cross_entropy(model(graph), graph.y).backward()
        optimizer.step()

    return epoch


def _fastest(epoch: Callable[[], None]) -> float:
    """Seconds of the fastest epoch, after one in which everything is computed that is computed once."""
    seconds = []
    epoch()
    for _ in range(EPOCHS):
        started = time.perf_counter()
        epoch()
        seconds.append(time.perf_counter() - started)
    return min(seconds)


def _peak(epoch: Callable[[], None]) -> float:
    """Bytes that an epoch needs at most."""
    tracing = tracemalloc.is_tracing()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    epoch()
    _, peak = tracemalloc.get_traced_memory()
    if not tracing:
        tracemalloc.stop()
    return peak - before


def _line(x0: int, x1: int, y0: float, y1: float) -> Callable[[int], float]:
    """The straight line through two points; through the second and zero where it would fall."""
    slope = (y1 - y0) / (x1 - x0) if x1 > x0 and y1 > y0 else y1 / x1
    return lambda x: y1 + slope * (x - x1)


def _now() -> float:
    """The most megabytes this process has had; 0 where the system does not say."""
    try:
        import resource
    except ImportError:  # Windows
        return 0.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6
