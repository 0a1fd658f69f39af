"""Graphs of a million edges, and Cora, on their way in and out. An epoch is one conversion.

Each process makes its own input, from the sizes alone, so that all have the same one.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.contenders import Skip
from benchmarks.workloads.cora import raw_folder, read

NODES = 200_000
EDGES = 1_000_000


def make(kind: str) -> dict[str, Any]:
    """The sizes; kind names the conversion."""
    return {"kind": kind, "nodes": NODES, "num_edges": EDGES}


def make_cora(kind: str) -> dict[str, Any]:
    """Where Cora's raw files are. Raises Skip where there are none."""
    return {"kind": kind, "nodes": 2_708, "num_edges": 10_556, "raw": str(raw_folder())}


def cora_data(data: dict[str, Any]) -> Any:
    """PyG's Data of Cora."""
    return read(Path(data["raw"]))


def edges(data: dict[str, Any]) -> Iterator[tuple[int, int, float]]:
    """Source, target and weight of each edge, the same in every process."""
    rng = random.Random(0)
    for _ in range(data["num_edges"]):
        yield int(rng.random() * data["nodes"]), int(rng.random() * data["nodes"]), rng.random()


def csv_folder() -> tempfile.TemporaryDirectory[str]:
    """A folder for files, which goes when the process does."""
    return tempfile.TemporaryDirectory(prefix="tinygnn-benchmark-")


def write_csv(data: dict[str, Any], path: Path) -> None:
    """A file of edges, of columns source and target."""
    with path.open("w", encoding="utf-8") as file:
        file.write("source,target\n")
        file.writelines(f"{source},{target}\n" for source, target, _ in edges(data))


def networkx_graph(data: dict[str, Any]) -> Any:
    """A graph of networkx, as it makes one by default: undirected; with a weight on each edge."""
    try:
        import networkx
    except ImportError:
        raise Skip("networkx is not installed: pip install networkx") from None
    graph = networkx.Graph()
    graph.add_weighted_edges_from(edges(data))
    return graph
