"""Python's csv module: what a user writes who reads a file of edges without any library."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from benchmarks.contenders import Contender
from benchmarks.engines import Epochs
from benchmarks.workloads import conversion


def from_csv(data: dict[str, Any], contender: Contender) -> Epochs:
    """Read edges; where others return a loss, this returns their number."""
    with conversion.csv_folder() as folder:
        path = Path(folder, "edges.csv")
        conversion.write_csv(data, path)
        while True:
            sources, targets = read_edges(path)
            yield float(len(sources) + len(targets)) / 2


def read_edges(path: Path) -> tuple[list[int], list[int]]:
    """Number the nodes as they appear, source before target."""
    index: dict[str, int] = {}
    sources: list[int] = []
    targets: list[int] = []
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        for row in rows:
            source, target = row[0].strip(), row[1].strip()
            sources.append(index.setdefault(source, len(index)))
            targets.append(index.setdefault(target, len(index)))
    return sources, targets


def to_csv(data: dict[str, Any], contender: Contender) -> Epochs:
    """Write edges; returns the size of the file."""
    edges = list(conversion.edges(data))
    with conversion.csv_folder() as folder:
        path = Path(folder, "edges.csv")
        while True:
            with path.open("w", encoding="utf-8", newline="") as file:
                rows = csv.writer(file, lineterminator="\n")
                rows.writerow(["source", "target", "edge_weight"])
                rows.writerows(edges)
            yield float(path.stat().st_size)


LOOPS = {"from-csv": from_csv, "to-csv": to_csv}
