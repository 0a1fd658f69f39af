"""Cora, read from PyG's raw files by PyG itself."""

from __future__ import annotations

import os
import random
import shutil
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.contenders import Skip
from benchmarks.workloads import weights

HIDDEN = 16
HEADS, HEAD_CHANNELS = 8, 8


def make(conv: str) -> dict[str, Any]:
    """2 708 nodes, 10 556 edges, 1 433 features, 7 classes, 140 nodes to train on; conv names the layer.

    Raises Skip where TINYGNN_DATA does not say where the files are, or PyG is not installed.
    """
    data = read(raw_folder())
    features, classes = data.num_node_features, int(data.y.max()) + 1
    rng = random.Random(0)
    if conv == "gat":
        heads = [(features, HEADS, HEAD_CHANNELS), (HEADS * HEAD_CHANNELS, 1, classes)]
        initial = weights.gat(rng, heads)
        layers = [["GATConv", [i, o], {"heads": h}] for i, h, o in heads]
    else:
        sizes = [features, HIDDEN, classes]
        initial = {"gcn": weights.gcn, "sage": weights.sage, "gin": weights.gin}[conv](rng, sizes)
        layers = [["SAGEConv", [i, o], {}] for i, o in zip(sizes, sizes[1:])] if conv == "sage" else []
    return {
        "kind": "gnn",
        "conv": conv,
        "sizes": [features, HIDDEN, classes],
        "layers": layers,  # for a stack of layers; GCN and GIN have models of their own in both libraries
        "act": "elu" if conv == "gat" else "relu",
        "edges": data.edge_index.tolist(),
        "x": [[row.nonzero().flatten().tolist(), row[row != 0].tolist()] for row in data.x],
        "y": data.y.tolist(),
        "train_mask": data.train_mask.tolist(),
        "weights": initial,
    }


def raw_folder() -> Path:
    """Where PyG's raw files are; raises Skip where TINYGNN_DATA does not say."""
    raw = Path(os.environ.get("TINYGNN_DATA", ""), "Planetoid", "Cora", "raw")
    if not os.environ.get("TINYGNN_DATA") or not raw.is_dir():
        raise Skip("TINYGNN_DATA names no folder with Planetoid/Cora/raw")
    return raw


def read(raw: Path) -> Any:
    """PyG's Data, read from a copy: PyG writes beside the raw files, which may be read-only."""
    try:
        from torch_geometric.datasets import Planetoid
    except ImportError:
        raise Skip("reading Cora needs PyG: pip install torch torch_geometric") from None
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(raw, Path(folder, "Cora", "raw"), copy_function=shutil.copyfile)
        return Planetoid(folder, "Cora")[0]
