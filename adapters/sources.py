"""`load`: a graph by the name of its source, as the command line takes it."""

from __future__ import annotations

import os
import re
from importlib.resources import as_file, files
from inspect import signature
from pathlib import Path
from typing import Any

from tinygnn.adapters.csv_files import from_csv
from tinygnn.adapters.errors import AdapterError, did_you_mean, require_networkx, require_pyg
from tinygnn.adapters.folders import find_folder, names_in
from tinygnn.adapters.formats import as_list, format_of, others
from tinygnn.adapters.networkx_graphs import from_networkx
from tinygnn.adapters.planetoid import from_planetoid
from tinygnn.adapters.pyg_data import from_pyg_dataset
from tinygnn.adapters.source_text import Call, parse_call
from tinygnn.adapters.tudataset import from_tudataset
from tinygnn.edge_index import EdgeIndex
from tinygnn.graph import Graph

SCHEMES = ("planetoid", "tudataset", "pyg", "nx")
# The folder of a collection in TINYGNN_DATA, and what stands before and after a dataset's name in its files.
FOLDERS = {
    "planetoid": ("Planetoid", "ind.", ".graph"),
    "tudataset": ("TUDataset", "", "_graph_indicator.txt"),
}


def load(source: Any, **options: Any) -> list[Graph]:
    """Return the graphs of a source.

    karate: Zachary's karate club, which is part of tinygnn. planetoid:Cora and tudataset:MUTAG: raw files,
    in the folder that TINYGNN_DATA names or in root, as in planetoid:Cora(root=DIR); or the path of the
    folder with these files. pyg:NAME or pyg:NAME(argument=value, ...): a dataset of PyG. nx:NAME or
    nx:NAME(argument, ...): a graph that networkx generates. PATH.csv: an edge file; PATH.json, PATH.graphml,
    PATH.pt: a file in that format; what plug-ins read. Where there are several
    graphs, a slice [0:10] or an index [3] may follow. Options are those of `from_csv`, `from_networkx`,
    `from_planetoid`, `from_pyg_dataset` and `from_tudataset`.

    >>> load("karate")[0].class_names
    ['community 0', 'community 1', 'community 2', 'community 3']

    Raises AdapterError for a source that is not known, or whose data cannot be converted.
    """
    text = str(source).strip()
    scheme, colon, rest = text.partition(":")
    if text == "karate":
        return [_with_options(text, _karate, options)]
    if colon and scheme == "pyg":
        return _load_pyg(text, parse_call(rest), options)
    if colon and scheme == "nx":
        return [_load_networkx(text, parse_call(rest), options)]
    if colon and scheme in ("planetoid", "tudataset"):
        return _load_folder(text, scheme, parse_call(rest), options)
    if os.path.isdir(text):
        return _read_folder(text, _folder_format(Path(text)), {"folder": text, **options})
    found = format_of(text)
    if found is None and colon:
        found = next((each for each in others() if each.name == scheme), None)
    if found is not None and found.read is not None:
        made = _with_options(text, found.read, options, text)
        return as_list(made, f"the adapter {found.name}")
    hint = did_you_mean(text, ["karate"]) or did_you_mean(scheme + colon, [f"{each}:" for each in SCHEMES])
    known = ", ".join(f"{each}:NAME" for each in SCHEMES)
    raise AdapterError(
        f"source {text!r} is not known: give karate, {known}, or PATH.csv, .json, .graphml, .pt{hint}"
    )


def _with_options(text: str, read: Any, options: dict[str, Any], *arguments: Any) -> Any:
    """Call a reader; an option that it does not have is the caller's mistake, not a bug."""
    known = list(signature(read).parameters)[len(arguments) :]
    free = any(each.kind is each.VAR_KEYWORD for each in signature(read).parameters.values())
    for option in options:
        if option not in known and not free:
            raise AdapterError(f"{text}: there is no option {option!r}{did_you_mean(option, known)}")
    return read(*arguments, **options)


def _karate(*, x: Any = None, y: Any = "label") -> Graph:
    """Zachary's karate club as PyG has it: edges in order of source and target, x the identity.

    W. W. Zachary, An information flow model for conflict and fission in small groups, 1977. The four
    classes and the four training nodes are PyG's.
    """
    folder = files("tinygnn") / "data"
    with as_file(folder / "karate_edges.csv") as edges, as_file(folder / "karate_nodes.csv") as nodes:
        read = from_csv(edges, nodes, x=x, y=y, directed=False)
    pairs = sorted(zip(*read.edge_index))
    n = read.num_nodes
    identity = [[1.0 if i == j else 0.0 for j in range(n)] for i in range(n)]
    names = [f"community {k}" for k in range(4)] if y == "label" else read.class_names
    origin = {key: value for key, value in read.origin.items() if key != "directed"}
    return Graph(
        EdgeIndex(([s for s, _ in pairs], [t for _, t in pairs])),
        x=identity if x is None else read.x, y=read.y, y_level="node", class_names=names,
        train_mask=read.train_mask, node_ids=read.node_ids, directed=False, node_attrs=read.node_attrs,
        origin=origin,
    )  # fmt: skip


def _load_pyg(text: str, call: Call, options: dict[str, Any]) -> list[Graph]:
    datasets = require_pyg("torch_geometric.datasets")
    if call.name not in datasets.__all__:
        raise AdapterError(f"PyG has no dataset {call.name!r}{did_you_mean(call.name, datasets.__all__)}")
    dataset = _chosen(text, _call(text, getattr(datasets, call.name), call), call)
    graphs: list[Graph] = _with_options(text, from_pyg_dataset, {"dataset": dataset, **options})
    return graphs


def _chosen(text: str, graphs: Any, call: Call) -> Any:
    """The graphs that the slice or the index of a source names."""
    if call.items is None:
        return graphs
    try:
        return graphs[call.items] if isinstance(call.items, slice) else [graphs[call.items]]
    except IndexError:
        raise AdapterError(f"{text}: the dataset has {len(graphs)} graphs, counted from 0") from None


def _load_folder(text: str, scheme: str, call: Call, options: dict[str, Any]) -> list[Graph]:
    """Find the raw files of a dataset and read them; arguments other than root are options."""
    if call.arguments:
        raise AdapterError(f"{text}: {call.arguments[0]!r} needs a name, as in root={call.arguments[0]}")
    collection, before, after = FOLDERS[scheme]
    named = dict(call.named)
    folder = find_folder(collection, call.name, before, after, named.pop("root", None))
    graphs = _read_folder(text, scheme, {"folder": folder, "name": call.name, **named, **options})
    chosen: list[Graph] = _chosen(text, graphs, call)
    return chosen


def _folder_format(folder: Path) -> str:
    for scheme, (_, before, after) in FOLDERS.items():
        if names_in(folder, before, after):
            return scheme
    raise AdapterError(
        "it holds no raw files of Planetoid (ind.NAME.graph) or TUDataset (NAME_graph_indicator.txt)",
        path=folder,
    )


def _read_folder(text: str, scheme: str, options: dict[str, Any]) -> list[Graph]:
    if scheme == "planetoid":
        return [_with_options(text, from_planetoid, options)]
    graphs: list[Graph] = _with_options(text, from_tudataset, options)
    return graphs


def _load_networkx(text: str, call: Call, options: dict[str, Any]) -> Graph:
    nx = require_networkx()
    generator = getattr(nx, call.name, None)
    module = str(getattr(generator, "__module__", ""))
    if not callable(generator) or not module.startswith("networkx.generators"):
        names = [
            name
            for name in dir(nx)
            if str(getattr(getattr(nx, name), "__module__", "")).startswith("networkx.generators")
        ]
        raise AdapterError(f"networkx has no generator {call.name!r}{did_you_mean(call.name, names)}")
    if call.items is not None:
        raise AdapterError(f"{text}: a slice is for datasets; {call.name} makes one graph")
    graph = _call(text, generator, call)
    if not isinstance(graph, nx.Graph):
        raise AdapterError(f"{text}: {call.name} makes a {type(graph).__name__}, not a graph")
    converted: Graph = _with_options(text, from_networkx, {"G": graph, **options})
    return converted


def _call(text: str, function: Any, call: Call) -> Any:
    """Call a dataset or a generator; whatever goes wrong inside is told as an AdapterError."""
    try:
        return function(*call.arguments, **call.named)
    except Exception as error:
        reason = re.sub(r"\s+", " ", str(error)) or type(error).__name__
        hint = "" if isinstance(error, OSError) else f"; give arguments as in {call.name}(argument=value)"
        raise AdapterError(f"{text}: {reason}{hint}") from error
