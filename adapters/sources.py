"""`load`: a graph by the name of its source, as the command line takes it."""

from __future__ import annotations

import re
from importlib.resources import as_file, files
from inspect import signature
from typing import Any

from tinygnn.adapters.csv_files import from_csv
from tinygnn.adapters.errors import AdapterError, did_you_mean, require_networkx, require_pyg
from tinygnn.adapters.networkx_graphs import from_networkx
from tinygnn.adapters.pyg_data import from_pyg_dataset
from tinygnn.adapters.source_text import Call, parse_call
from tinygnn.edge_index import EdgeIndex
from tinygnn.graph import Graph

TABLES = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".txt.gz")


def load(source: Any, **options: Any) -> list[Graph]:
    """Return the graphs of a source.

    karate: Zachary's karate club, which is part of tinygnn. pyg:NAME or pyg:NAME(argument=value, ...): a
    dataset of PyG; a slice [0:10] or an index [3] may follow. nx:NAME or nx:NAME(argument, ...): a graph
    that networkx generates. PATH.csv: an edge file. Options are those of `from_csv`, `from_networkx` and
    `from_pyg_dataset`.

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
    if text.lower().endswith(TABLES):
        return [_with_options(text, from_csv, {"edges": text, **options})]
    hint = did_you_mean(text, ["karate"]) or did_you_mean(scheme + colon, ["pyg:", "nx:"])
    raise AdapterError(f"source {text!r} is not known: give karate, pyg:NAME, nx:NAME or PATH.csv{hint}")


def _with_options(text: str, read: Any, options: dict[str, Any]) -> Any:
    """Call a reader; an option that it does not have is the caller's mistake, not a bug."""
    known = list(signature(read).parameters)
    for option in options:
        if option not in known:
            raise AdapterError(f"{text}: there is no option {option!r}{did_you_mean(option, known)}")
    return read(**options)


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
    dataset = _call(text, getattr(datasets, call.name), call)
    if call.items is not None:
        try:
            dataset = dataset[call.items] if isinstance(call.items, slice) else [dataset[call.items]]
        except IndexError:
            raise AdapterError(f"{text}: the dataset has {len(dataset)} graphs, counted from 0") from None
    graphs: list[Graph] = _with_options(text, from_pyg_dataset, {"dataset": dataset, **options})
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
        raise AdapterError(f"{text}: {reason}; give arguments as in {call.name}(argument=value)") from error
