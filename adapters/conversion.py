"""`convert`: a graph of whatever library, as a `Graph`."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import signature
from os import PathLike
from typing import Any

from tinygnn.adapters.dgl_graphs import from_dgl
from tinygnn.adapters.errors import AdapterError, did_you_mean
from tinygnn.adapters.formats import as_list, others
from tinygnn.adapters.frames import from_frames
from tinygnn.adapters.networkx_graphs import from_networkx
from tinygnn.adapters.pyg_data import from_pyg, from_pyg_dataset
from tinygnn.adapters.scipy_matrices import from_scipy
from tinygnn.graph import Graph


def convert(obj: Any, **options: Any) -> Any:
    """Convert a graph of networkx, PyG, DGL or SciPy, or a table of edges, by what it is.

    A dataset or Batch of PyG, or a list of such objects, becomes a list of Graphs; a pair of tables is the
    edges and the nodes. Options are those of `from_networkx`, `from_pyg`, `from_pyg_dataset`, `from_dgl`,
    `from_scipy` or `from_frames`. Plug-ins are asked last.

    >>> convert({"source": ["a", "b"], "target": ["b", "c"]})
    Graph(3 nodes, 2 edges)

    Raises AdapterError for what is none of these; `load` reads files.
    """
    if isinstance(obj, Graph):
        return obj
    if isinstance(obj, (str, PathLike)):
        raise AdapterError(f"{str(obj)[:80]!r} is text: load(source) reads files and datasets")
    read = _reader(obj)
    if read is not None:
        return _call(read, obj, options)
    if isinstance(obj, tuple) and len(obj) == 2 and all(map(_is_table, obj)):
        return _call(from_frames, obj[0], {"nodes": obj[1], **options})
    if isinstance(obj, (list, tuple)):
        return [convert(each, **options) for each in obj]
    for each in others():
        if each.accepts is not None and each.convert is not None and each.accepts(obj):
            graphs = as_list(made := each.convert(obj, **options), f"the adapter {each.name}")
            return graphs[0] if isinstance(made, Graph) else graphs
    raise AdapterError(
        f"a {type(obj).__module__}.{type(obj).__name__} is no graph that is known: give one of networkx, "
        "PyG, DGL or SciPy, or a table with a row for each edge"
    )


def _reader(obj: Any) -> Any:
    """The function that converts such an object, told by what it has; no library is imported."""
    if hasattr(obj, "adjacency") and hasattr(obj, "is_multigraph"):
        return from_networkx
    names = {each.__name__ for each in type(obj).__mro__ if each.__module__.startswith("torch_geometric.")}
    if names & {"Batch", "Dataset", "DataLoader"}:
        return from_pyg_dataset
    if names & {"BaseData"}:
        return from_pyg
    if hasattr(obj, "ndata") and hasattr(obj, "ntypes"):
        return from_dgl
    if hasattr(obj, "tocoo") and hasattr(obj, "shape"):
        return from_scipy
    return from_frames if _is_table(obj) else None


def _is_table(obj: Any) -> bool:
    return isinstance(obj, Mapping) or (hasattr(obj, "columns") and hasattr(obj, "__getitem__"))


def _call(read: Any, obj: Any, options: dict[str, Any]) -> Any:
    known = list(signature(read).parameters)[1:]
    for option in options:
        if option not in known:
            raise AdapterError(f"{read.__name__} has no option {option!r}{did_you_mean(option, known)}")
    return read(obj, **options)
