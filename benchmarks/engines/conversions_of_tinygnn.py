"""tinygnn's adapters: one conversion an epoch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.engines import Epochs, Loop
from benchmarks.workloads import conversion
from tinygnn import Graph
from tinygnn.adapters import from_csv, from_networkx, from_pyg, to_csv, to_networkx, to_pyg


def read_csv(data: dict[str, Any]) -> Epochs:
    with conversion.csv_folder() as folder:
        path = Path(folder, "edges.csv")
        conversion.write_csv(data, path)
        while True:
            yield float(from_csv(path).num_edges)


def write_csv(data: dict[str, Any]) -> Epochs:
    sources, targets, weights = map(list, zip(*conversion.edges(data)))
    graph = Graph((sources, targets), edge_weight=weights)
    with conversion.csv_folder() as folder:
        path = Path(folder, "edges.csv")
        while True:
            to_csv(graph, path, Path(folder, "nodes.csv"))
            yield float(path.stat().st_size)


def read_networkx(data: dict[str, Any]) -> Epochs:
    graph = conversion.networkx_graph(data)
    while True:
        yield float(from_networkx(graph, edge_weight="weight").num_edges)


def write_networkx(data: dict[str, Any]) -> Epochs:
    graph = from_networkx(conversion.networkx_graph(data), edge_weight="weight")
    while True:
        yield float(to_networkx(graph).number_of_edges())


def read_pyg(data: dict[str, Any]) -> Epochs:
    cora = conversion.cora_data(data)
    while True:
        yield float(from_pyg(cora).num_edges)


def write_pyg(data: dict[str, Any]) -> Epochs:
    graph = from_pyg(conversion.cora_data(data))
    while True:
        yield float(to_pyg(graph).num_edges)


CONVERSIONS = {
    "from-csv": read_csv,
    "to-csv": write_csv,
    "from-networkx": read_networkx,
    "to-networkx": write_networkx,
    "from-pyg": read_pyg,
    "to-pyg": write_pyg,
}


def loop_of(check: Any, convert: Any) -> Loop:
    """A loop that first checks whether the tinygnn that was imported is the one to measure."""

    def loop(data: dict[str, Any], contender: Any) -> Epochs:
        check(contender)
        epochs: Epochs = convert(data)
        return epochs

    return loop
