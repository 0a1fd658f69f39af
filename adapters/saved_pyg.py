"""PyG's graphs in a file that `torch.save` wrote, read with `weights_only=True`: nothing in it is run."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any

from tinygnn.adapters.errors import AdapterError, require_pyg, require_torch
from tinygnn.adapters.pyg_data import from_pyg, from_pyg_dataset
from tinygnn.adapters.pyg_output import to_pyg
from tinygnn.files import write_atomically
from tinygnn.graph import Graph


def from_pt(path: str | PathLike[str], *, levels: Mapping[str, str] | None = None) -> list[Graph]:
    """Read the graphs in a file saved by `torch.save`: a Data, a list of them, or the processed file of a
    dataset such as processed/data.pt. levels is that of `from_pyg`. A Batch is more than plain data and
    refused: save `batch.to_data_list()`.

    >>> import torch_geometric
    >>> to_pt(Graph(([0, 1], [1, 0]), x=[[1.0], [2.0]]), "graph.pt")
    >>> from_pt("graph.pt")
    [Graph(2 nodes, 2 edges, x 1)]

    Raises AdapterError for a file that holds anything else; what is not plain data is never loaded. Needs
    torch 2.5.
    """
    torch, pyg = require_torch(), require_pyg("torch_geometric.data")
    path = Path(path)
    if not hasattr(torch.serialization, "safe_globals"):
        raise AdapterError(f"torch {torch.__version__} cannot read graphs safely: install torch 2.5 or later")
    try:
        with torch.serialization.safe_globals(_plain_classes(pyg)):
            held = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise AdapterError("there is no such file; check the name and the folder", path=path) from None
    except Exception as error:
        refused = re.search(r"(?:GLOBAL|global) ([\w.]+)", str(error))
        reason = re.sub(r"\s+", " ", str(error))[:120]
        if refused:
            reason = f"it would run or load {refused.group(1)}, which is not PyG's plain data"
        raise AdapterError(
            f"this is no file of graphs that can be read safely: {reason}; save the Data or a list "
            "of Data with torch.save",
            path=path,
        ) from None
    try:
        graphs = [from_pyg(held, levels=levels)] if _is_one(held, pyg) else _many(held, pyg, levels)
    except AdapterError as error:
        raise AdapterError(str(error), path=path, attribute=error.attribute, edge=error.edge) from None
    except (RuntimeError, TypeError, ValueError, KeyError, IndexError, AttributeError) as error:
        raise AdapterError(f"its graphs are damaged: {str(error)[:120]}", path=path) from None
    return graphs


def _plain_classes(pyg: Any) -> list[Any]:
    """PyG's classes that a Data is made of: they keep what they are given and do nothing with it."""
    names = {
        "data": ("Data", "DataEdgeAttr", "DataTensorAttr"),
        "hetero_data": ("HeteroData",),
        "storage": ("BaseStorage", "NodeStorage", "EdgeStorage", "GlobalStorage"),
    }
    modules = {module: require_pyg(f"torch_geometric.data.{module}") for module in names}
    return [
        getattr(modules[module], name)
        for module, each in names.items()
        for name in each
        if hasattr(modules[module], name)
    ]


def _is_one(held: Any, pyg: Any) -> bool:
    return isinstance(held, (pyg.Data, pyg.HeteroData))


def _many(held: Any, pyg: Any, levels: Mapping[str, str] | None) -> list[Graph]:
    if (
        isinstance(held, tuple)
        and len(held) >= 2
        and isinstance(held[0], dict)
        and isinstance(held[1], (dict, type(None)))
    ):
        dataset = pyg.InMemoryDataset()
        dataset.data = pyg.Data.from_dict(held[0])
        dataset.slices = held[1]
        held = [dataset.get(i) for i in range(dataset.len())]
    if isinstance(held, (list, tuple)) and not all(isinstance(each, pyg.Data) for each in held):
        kinds = sorted({type(each).__name__ for each in held})
        raise AdapterError(f"it holds a list of {', '.join(kinds)}: expected graphs of PyG")
    if not isinstance(held, (list, tuple)):
        raise AdapterError(f"it holds a {type(held).__name__}: expected a Data or a list of Data")
    return from_pyg_dataset(held, levels=levels)


def to_pt(graphs: Graph | Iterable[Graph], path: str | PathLike[str]) -> None:
    """Save a graph as a Data, or several as a list of Data, which appears whole or not at all."""
    torch = require_torch()
    held = to_pyg(graphs) if isinstance(graphs, Graph) else list(map(to_pyg, graphs))
    buffer = io.BytesIO()
    torch.save(held, buffer)
    try:
        write_atomically(Path(path), buffer.getvalue())
    except OSError as error:
        raise AdapterError(f"it cannot be written: {error.strerror}", path=path) from None
