"""PyG's `Data` to `Graph`; the way out is pyg_output.py.

Every key of the Data goes to one place of the Graph, and `Graph.origin["keys"]` says which key, to
which place, and what its tensor was: [[key, place, spec], ...]. Nothing is coalesced, cast or guessed.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from typing import Any

from tinygnn.adapters.errors import AdapterError, require_pyg, require_torch
from tinygnn.adapters.pyg_edges import check_ends, is_undirected, number_of_nodes, read_edges
from tinygnn.adapters.tensors import take_apart
from tinygnn.collector import pause_collector
from tinygnn.graph import MASKS, Graph

LEVELS = ("node", "edge", "graph")


@pause_collector()
def from_pyg(data: Any, *, num_nodes: int | None = None, levels: Mapping[str, str] | None = None) -> Graph:
    """Convert a `torch_geometric.data.Data`: float32 numbers as the Python floats they are.

    x, y, edge_weight, edge_attr and boolean masks of shape [N] become fields of the Graph, all other
    keys attributes. A tensor belongs to the nodes if it has N entries, else to the edges if it has E,
    else to the graph; where N equals E, to the edges if its name contains "edge". y belongs to the
    nodes if it has N entries, else to the graph. levels={"y": "graph"} overrides this by name. num_nodes
    is needed where the Data has neither num_nodes nor x, pos or a mask. A graph that is
    stored as adj_t has its edges as (column, row) of it. Python lists `node_ids` and `class_names` become
    the fields of that name.

    Device, requires_grad and a subclass of Data or Tensor are not kept.

    Raises AdapterError naming the attribute that cannot be converted exactly.
    """
    torch = require_torch()
    pyg = require_pyg("torch_geometric.data")
    _check_type(data, pyg)
    levels = dict(levels or {})
    for key, level in levels.items():
        if level not in LEVELS:
            raise AdapterError(
                f"levels[{key!r}] is {level!r}: it is 'node', 'edge' or 'graph'", attribute=key
            )
        if key not in data:
            raise AdapterError(
                f"levels names {key!r}; the data has {', '.join(data.to_dict())}", attribute=key
            )
    store = data.to_dict()
    fields: dict[str, Any] = {"node_attrs": {}, "edge_attrs": {}, "graph_attrs": {}}
    keys: list[list[Any]] = []
    tensor = read_edges(torch, store, fields, keys)
    n = number_of_nodes(store, num_nodes, fields)
    check_ends(tensor, n)
    e = tensor.shape[1]
    for key, value in store.items():
        if key in ("edge_index", "adj_t", "num_nodes"):
            continue
        place, field, spec = _place(torch, key, value, n, e, levels.get(key))
        if place in fields and isinstance(fields[place], dict):
            fields[place][key] = field
        elif place == "y" or place not in fields:
            fields[place] = field
            if place == "y":
                fields["y_level"] = levels.get("y") or _level(torch, "y", value, n, None)
        else:
            raise AdapterError(f"adj_t holds values and there is {key!r} as well: drop one", attribute=key)
        keys.append([key, place, spec])
    if "num_nodes" in store:
        keys.append(["num_nodes", "num_nodes", None])
    order = list(store)
    keys.sort(key=lambda entry: order.index(entry[0]))
    _warn_overlap(fields)
    values = [
        v for k, v in store.items() if isinstance(v, torch.Tensor) and k in ("edge_weight", "edge_attr")
    ]
    fields["directed"] = not is_undirected(torch, tensor, values, n, fields)
    return _graph(tensor.tolist(), n, fields, {"format": "pyg", "keys": keys})


def from_pyg_dataset(dataset: Iterable[Any], *, levels: Mapping[str, str] | None = None) -> list[Graph]:
    """Convert each graph of a PyG dataset, list of Data, Batch or DataLoader.

    A y belongs to the nodes only if it does so in every graph; otherwise it belongs to the graphs.
    """
    pyg = require_pyg("torch_geometric.data")
    if isinstance(dataset, pyg.Batch):
        dataset = dataset.to_data_list()
    elif isinstance(dataset, pyg.Data):
        raise AdapterError("this is one Data, not a dataset: from_pyg(data) converts it")
    items: list[Any] = []
    for data in dataset:
        items.extend(data.to_data_list() if isinstance(data, pyg.Batch) else [data])
    graphs = [from_pyg(data, levels=levels) for data in items]
    if any(graph.y is not None and graph.y_level == "graph" for graph in graphs):
        for graph in graphs:
            if graph.y is not None and "y" not in (levels or {}):
                graph.y_level = "graph"
    return graphs


def _check_type(data: Any, pyg: Any) -> None:
    if isinstance(data, pyg.HeteroData):
        raise AdapterError("HeteroData has several kinds of nodes and edges: from_pyg(data.to_homogeneous())")
    if isinstance(data, pyg.Batch):
        raise AdapterError("a Batch holds several graphs: from_pyg_dataset(batch) gives them as a list")
    if isinstance(data, pyg.Dataset):
        raise AdapterError(
            f"a dataset of {len(data)} graphs: from_pyg_dataset(dataset), or from_pyg(dataset[0])"
        )
    if not isinstance(data, pyg.Data):
        raise AdapterError(f"expected torch_geometric.data.Data, got a {type(data).__name__}")


def _place(torch: Any, key: str, value: Any, n: int, e: int, level: str | None) -> tuple[str, Any, Any]:
    """Where a key goes, as what, and the spec of the way back."""
    plain, spec = take_apart(value, key)
    if not isinstance(value, torch.Tensor):
        return _place_plain(key, plain, spec, n, e, level)
    if value.dtype.is_complex:
        raise AdapterError(f"{key!r} is {value.dtype}: complex numbers are not supported", attribute=key)
    dim, size = value.dim(), value.shape[0] if value.dim() else -1
    level = _level(torch, key, value, n, level, e)
    count = {"node": n, "edge": e}.get(level, size)
    if size != count:
        raise AdapterError(f"{key!r} has {size} entries for {count} {level}s: they must agree", attribute=key)
    if key == "y":
        return ("y" if level != "edge" else "edge_attrs"), plain, spec
    if key == "x" and level == "node" and dim in (1, 2):
        _check_exact(torch, key, value)
        return "x", [[entry] for entry in plain] if dim == 1 else plain, spec
    if key in ("edge_weight", "edge_attr") and level == "edge":
        if key == "edge_weight" and dim == 1:
            _check_exact(torch, key, value)
            return key, plain, spec
        if key == "edge_attr" and dim in (1, 2):
            return key, [[entry] for entry in plain] if dim == 1 else plain, spec
    if key in MASKS and level == "node" and dim == 1:
        if value.dtype is not torch.bool:
            raise AdapterError(
                f"{key} is {value.dtype}, not bool: data.{key} = data.{key}.bool()", attribute=key
            )
        return key, plain, spec
    return f"{level}_attrs", plain, spec


def _place_plain(key: str, plain: Any, spec: Any, n: int, e: int, level: str | None) -> tuple[str, Any, Any]:
    """A value that is no tensor belongs to the graph, unless it is said to be a column."""
    column = isinstance(plain, list) and spec is None
    if key == "node_ids" and column and len(plain) == n and _all_different(plain):
        return "node_ids", plain, None
    if key == "class_names" and column:
        return "class_names", plain, None
    if level in ("node", "edge"):
        count = n if level == "node" else e
        if not column or len(plain) != count:
            raise AdapterError(f"{key!r} is no list of {count} entries, one per {level}", attribute=key)
        return ("y" if key == "y" and level == "node" else f"{level}_attrs"), plain, None
    return ("y" if key == "y" else "graph_attrs"), plain, spec


def _level(torch: Any, key: str, value: Any, n: int, level: str | None, e: int = -1) -> str:
    if level is not None:
        return level
    size = value.shape[0] if isinstance(value, torch.Tensor) and value.dim() else -1
    if key == "x" or key in MASKS:
        return "node"
    if key in ("edge_weight", "edge_attr"):
        return "edge"
    if key == "y":
        return "node" if size == n else "graph"
    if size == n and not (size == e and "edge" in key):
        return "node"
    return "edge" if size == e else "graph"


def _check_exact(torch: Any, key: str, value: Any) -> None:
    """Refuse integers that no float holds."""
    if not value.dtype.is_floating_point and value.dtype is not torch.bool and value.numel():
        wrong = value.to(torch.float64).to(value.dtype) != value
        if wrong.any():
            where = wrong.nonzero()[0].tolist()
            raise AdapterError(
                f"{key}{where} is {int(value[tuple(where)])}, which no float holds exactly: scale it",
                attribute=key,
            )


def _warn_overlap(fields: dict[str, Any]) -> None:
    masks = [mask for mask in MASKS if mask in fields]
    for k, first in enumerate(masks):
        for second in masks[k + 1 :]:
            both = sum(a and b for a, b in zip(fields[first], fields[second]))
            if both:
                warnings.warn(f"{both} nodes are in {first} and in {second}", stacklevel=3)


def _graph(edge_index: Any, n: int, fields: dict[str, Any], origin: dict[str, Any]) -> Graph:
    try:
        return Graph(edge_index, num_nodes=n, origin=origin, **fields)
    except (ValueError, TypeError) as error:
        raise AdapterError(str(error)) from error


def _all_different(ids: list[Any]) -> bool:
    try:
        return len(set(ids)) == len(ids)
    except TypeError:
        return False
