"""A graph from a million edges in Python lists."""

from __future__ import annotations

import random
from typing import Any

NODES = 200_000
EDGES = 1_000_000


def make() -> dict[str, Any]:
    """Only the sizes: each contender makes its own lists, so that no file of them weighs on its memory."""
    return {"kind": "build", "nodes": NODES, "num_edges": EDGES}


def lists(data: dict[str, Any]) -> tuple[list[int], list[int]]:
    """The sources and the targets, the same in every process."""
    rng = random.Random(0)
    sources = [int(rng.random() * data["nodes"]) for _ in range(data["num_edges"])]
    targets = [int(rng.random() * data["nodes"]) for _ in range(data["num_edges"])]
    return sources, targets
