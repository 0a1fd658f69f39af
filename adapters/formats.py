"""tinygnn's own formats by the endings of their files, and `save`: a graph to the format of its file."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from tinygnn.adapters.csv_files import from_csv
from tinygnn.adapters.csv_output import to_csv
from tinygnn.adapters.errors import AdapterError, did_you_mean
from tinygnn.adapters.format import Format
from tinygnn.adapters.graphml import from_graphml
from tinygnn.adapters.graphml_output import to_graphml
from tinygnn.adapters.json_graphs import from_json
from tinygnn.adapters.json_output import to_json
from tinygnn.adapters.planetoid_output import to_planetoid
from tinygnn.adapters.plugins import plugins
from tinygnn.adapters.saved_pyg import from_pt, to_pt
from tinygnn.adapters.tudataset_output import to_tudataset
from tinygnn.graph import Graph

FILES = (
    Format("csv", (".csv", ".tsv", ".txt"), from_csv, to_csv),
    Format("json", (".json",), from_json, to_json),
    Format("graphml", (".graphml",), from_graphml, to_graphml),
    Format("pt", (".pt", ".pth"), from_pt, to_pt),
)
SOURCES = ("karate", "planetoid", "tudataset", "pyg", "nx")  # names that are no files
SUFFIXES = tuple(suffix for each in FILES for suffix in each.suffixes)


def others() -> tuple[Format, ...]:
    """The formats of other packages."""
    return plugins((*SOURCES, *(each.name for each in FILES)), SUFFIXES)


def format_of(path: str | PathLike[str]) -> Format | None:
    """The format of a file by the ending of its name; .gz after it makes no difference."""
    name = os.fspath(path).lower().removesuffix(".gz")
    for each in FILES:
        if name.endswith(each.suffixes):
            return each
    return next((each for each in others() if each.suffixes and name.endswith(each.suffixes)), None)


def save(
    graphs: Graph | Sequence[Graph], path: str | PathLike[str], *, nodes: str | PathLike[str] | None = None,
    format: str | None = None,
) -> list[str]:  # fmt: skip
    """Write a graph to a file in the format of its ending: .csv, .json, .graphml, .pt, or a plug-in's.

    nodes: of CSV, the file of nodes. Several graphs go to one .pt file, or to a folder: a file each (of CSV
    two) in the format that is named, by default csv, or the files of a dataset in the formats tudataset and,
    of one graph, planetoid. What
    is written appears whole or not at all. Returns the paths that were written.

    >>> from tinygnn.adapters import load
    >>> save(load("karate"), "karate.json")
    ['karate.json']
    >>> load("karate.json", y="label", x=["x"])
    [Graph(34 nodes, 156 edges, x 34, y 4 classes)]

    Raises AdapterError where the format is not known or cannot hold the graph.
    """
    several = [graphs] if isinstance(graphs, Graph) else list(graphs)
    target = os.fspath(path)
    if format == "tudataset" and nodes is None:
        return to_tudataset(several, target)
    if format == "planetoid" and nodes is None and len(several) == 1:
        return to_planetoid(several[0], target)
    known = [each for each in FILES if format in (None, each.name)] or [
        each for each in others() if each.name == format
    ]
    if not known:
        names = [*(each.name for each in (*FILES, *others()) if each.write), "planetoid", "tudataset"]
        raise AdapterError(
            f"format is {format!r}: it is one of {', '.join(names)}{did_you_mean(format, names)}"
        )
    chosen = known[0] if format is not None else format_of(target)
    if chosen is not None and chosen.name != "csv" and nodes is not None:
        raise AdapterError("a file of nodes of its own is for CSV: leave it out")
    if len(several) == 1 or (chosen is not None and chosen.name == "pt"):
        if chosen is None or chosen.write is None or target.lower().endswith(".gz"):
            endings = ", ".join(s for each in (*FILES, *others()) if each.write for s in each.suffixes)
            raise AdapterError(
                f"the name says no format that is written: let it end in {endings}", path=target
            )
        if chosen.name == "csv":
            to_csv(several[0], target, nodes)
        else:
            chosen.write(several if len(several) > 1 else several[0], target)
        return [target] if nodes is None else [target, os.fspath(nodes)]
    if format is None and Path(target).suffix:
        raise AdapterError(f"there are {len(several)} graphs: name a folder, not {target}")
    if nodes is not None:
        raise AdapterError(
            f"there are {len(several)} graphs, which go to a folder: leave out nodes (--nodes)"
        )
    return _save_folder(several, Path(target), known[0])


def _save_folder(graphs: list[Graph], folder: Path, chosen: Format) -> list[str]:
    """Write all files to a folder beside, and move them when they are complete."""
    width = len(str(max(len(graphs) - 1, 0)))
    written: list[str] = []
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        if folder.exists() and not folder.is_dir():
            raise AdapterError(f"there are {len(graphs)} graphs, and {folder} is a file: name a folder")
        temporary = Path(mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        try:
            for i, graph in enumerate(graphs):
                _save_numbered(graph, temporary, f"{i:0{width}}", chosen)
            folder.mkdir(exist_ok=True)
            for path in sorted(temporary.iterdir()):
                path.replace(folder / path.name)
                written.append(str(folder / path.name))
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    except OSError as error:
        raise AdapterError(f"it cannot be written: {error.strerror}", path=folder) from None
    return written


def _save_numbered(graph: Graph, folder: Path, number: str, chosen: Format) -> None:
    if chosen.name == "csv":
        to_csv(graph, folder / f"{number}_edges.csv", folder / f"{number}_nodes.csv")
    elif chosen.write is None or not chosen.suffixes:
        raise AdapterError(f"the format {chosen.name} is not written")
    else:
        chosen.write(graph, folder / f"{number}{chosen.suffixes[0]}")


def as_list(made: Any, what: str) -> list[Graph]:
    """What a reader gives, as a list of graphs; a plug-in may give anything."""
    graphs = [made] if isinstance(made, Graph) else made
    if not isinstance(graphs, (list, tuple)) or not all(isinstance(each, Graph) for each in graphs):
        raise AdapterError(f"{what} gives a {type(made).__name__}, not a Graph or a list of them")
    return list(graphs)
