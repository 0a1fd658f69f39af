"""What is fuzzed: each target reads some bytes, and may only give graphs that validate or the one error.

Plain pytest draws bytes with Hypothesis (tests/fuzz/test_fuzz.py); a coverage-guided fuzzer runs for as long
as one likes (tests/fuzz/run_atheris.py).
"""

from __future__ import annotations

import os
import struct
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tinygnn import safetensors
from tinygnn.adapters import (
    AdapterError,
    from_csv,
    from_graphml,
    from_json,
    from_planetoid,
    from_tudataset,
)
from tinygnn.adapters.pickled_arrays import read_arrays
from tinygnn.checkpoint import Checkpoint

SPLIT = b"\n====\n"  # between the files of one input


def csv_edges(data: bytes, folder: Path) -> Any:
    (folder / "e.csv").write_bytes(data)
    return from_csv(folder / "e.csv", directed=len(data) % 2 == 0)


def csv_everything(data: bytes, folder: Path) -> Any:
    edges, _, nodes = data.partition(SPLIT)
    (folder / "e.csv").write_bytes(edges)
    (folder / "n.csv").write_bytes(nodes)
    options = {"x": ["f"], "y": "label", "edge_weight": "w", "duplicates": "first"}
    return from_csv(folder / "e.csv", folder / "n.csv", **options)


def json_graph(data: bytes, folder: Path) -> Any:
    (folder / "g.json").write_bytes(data)
    return from_json(folder / "g.json")


def json_everything(data: bytes, folder: Path) -> Any:
    (folder / "g.json").write_bytes(data)
    return from_json(folder / "g.json", x=["f"], y="label", edge_weight="w", allow_nonfinite=True)


def graphml(data: bytes, folder: Path) -> Any:
    (folder / "g.graphml").write_bytes(data)
    return from_graphml(folder / "g.graphml")


def graphml_everything(data: bytes, folder: Path) -> Any:
    (folder / "g.graphml").write_bytes(data)
    return from_graphml(folder / "g.graphml", x=["f"], y="label", edge_weight="w", fill=1)


TU_FILES = (
    "A", "graph_indicator", "graph_labels", "node_labels", "edge_labels", "node_attributes",
    "edge_attributes", "graph_attributes",
)  # fmt: skip


def tudataset(data: bytes, folder: Path) -> Any:
    parts = data.split(SPLIT)
    for part, content in zip(TU_FILES, parts):
        if content != b"none":
            (folder / f"T_{part}.txt").write_bytes(content)
    return from_tudataset(folder, "T", use_node_attr=len(data) % 2 == 0)


PLANETOID_FILES = ("x", "y", "allx", "ally", "tx", "ty", "graph", "test.index")


def planetoid(data: bytes, folder: Path) -> Any:
    for part, content in zip(PLANETOID_FILES, data.split(SPLIT)):
        (folder / f"ind.t.{part}").write_bytes(content)
    return from_planetoid(folder, "t")


def pickled(data: bytes, folder: Path) -> Any:
    (folder / "p").write_bytes(data)
    read_arrays(folder / "p")


def tensors(data: bytes, folder: Path) -> Any:
    header, _, body = data.partition(SPLIT)
    safetensors.load(data)
    safetensors.load(struct.pack("<Q", len(header)) + header + body)


def checkpoint(data: bytes, folder: Path) -> Any:
    header, _, body = data.partition(SPLIT)
    Checkpoint.from_bytes(struct.pack("<Q", len(header)) + header + body)


# For each target its error.
TARGETS: dict[str, tuple[Callable[[bytes, Path], Any], type[Exception]]] = {
    "csv_edges": (csv_edges, AdapterError),
    "csv_everything": (csv_everything, AdapterError),
    "json_graph": (json_graph, AdapterError),
    "json_everything": (json_everything, AdapterError),
    "graphml": (graphml, AdapterError),
    "graphml_everything": (graphml_everything, AdapterError),
    "tudataset": (tudataset, AdapterError),
    "planetoid": (planetoid, AdapterError),
    "pickled": (pickled, AdapterError),
    "tensors": (tensors, ValueError),
    "checkpoint": (checkpoint, ValueError),
}


def check(name: str, data: bytes, folder: Path) -> bool:
    """Run a target on some bytes; True if it gave graphs. Anything but its one error is a bug."""
    for path in list(folder.iterdir()):
        os.unlink(path)
    target, expected = TARGETS[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            made = target(data, folder)
        except expected:
            return False
    for graph in made if isinstance(made, list) else [made] if made is not None else []:
        assert graph.validate()
    return True
