"""PyG's `Data` to `Graph`; the way out is pyg_output.py.

Every key of the Data goes to one place of the Graph, and `Graph.origin["keys"]` says which key, to
which place, and what its tensor was: [[key, place, spec], ...]. Nothing is coalesced, cast or guessed.
"""

from __future__ import annotations

import gc
import warnings
from collections.abc import Iterable, Mapping
from typing import Any

from tinygnn.adapters.errors import AdapterError, require_pyg, require_torch
from tinygnn.adapters.progress import progress
from tinygnn.adapters.pyg_edges import check_ends, is_undirected, number_of_nodes, read_edges
from tinygnn.adapters.tensors import on_host, take_apart
from tinygnn.batch import Batch
from tinygnn.collector import pause_collector
from tinygnn.graph import MASKS, Graph

LEVELS = ("node", "edge", "graph")
# What the keys belong to that say so by their names.
GIVEN = ("x", "pos", "z", "batch", "edge_index", "adj_t", "num_nodes", "edge_weight", "edge_attr", *MASKS)


@pause_collector(look=False)
def from_pyg(data: Any, *, num_nodes: int | None = None, levels: Mapping[str, str] | None = None) -> Graph:
    """Convert a `torch_geometric.data.Data`: float32 numbers as the Python floats they are.

    x, y, edge_weight, edge_attr and boolean masks of shape [N] become fields of the Graph, all other
    keys attributes. A tensor belongs to the nodes if it has N entries, else to the edges if it has E,
    else to the graph; where N equals E, to the edges if its name contains "edge", and if it does not, a
    warning says what was assumed. y belongs to the nodes if it has N entries, else to the graph.
    levels={"y": "graph"} overrides this by name. num_nodes is needed where the Data has neither num_nodes
    nor x, pos or a mask. edge_index has the shape [2, E]; one of [2, 2] is read as that too, never as
    [E, 2]. A graph that is stored as adj_t has its edges as (column, row) of it. Python lists `node_ids`
    and `class_names` become the fields of that name. PyG's Batch becomes a `tinygnn.Batch`.

    Device, requires_grad and a subclass of Data or Tensor are not kept.

    Raises AdapterError naming the attribute that cannot be converted exactly.
    """
    torch = require_torch()
    pyg = require_pyg("torch_geometric.data")
    _check_type(data, pyg)
    if isinstance(data, pyg.Batch):
        if num_nodes is not None:
            raise AdapterError(
                "num_nodes= is for one graph, and a Batch holds several", attribute="num_nodes"
            )
        return _batch(data, levels)
    unclear: list[str] = []
    graph = _convert(torch, data, num_nodes, levels, unclear)
    _refuse_storage(data, graph, pyg)
    for key in unclear:
        warnings.warn(
            f"{key!r} has as many entries as there are nodes, but they may be of another kind: taken as the "
            f"nodes', levels={{{key!r}: ...}} says 'node', 'edge' or 'graph'",
            stacklevel=3,
        )
    return graph


def _convert(
    torch: Any, data: Any, num_nodes: int | None, levels: Mapping[str, str] | None, unclear: list[str]
) -> Graph:
    """One Data as a Graph; `unclear` is given the names that may belong elsewhere."""
    levels = dict(levels or {})
    store = data.to_dict()
    _check_levels(levels, store)
    fields: dict[str, Any] = {"node_attrs": {}, "edge_attrs": {}, "graph_attrs": {}}
    keys: list[list[Any]] = []
    tensor = read_edges(torch, store, fields, keys)
    n = number_of_nodes(store, num_nodes, fields)
    check_ends(tensor, n)
    e = tensor.shape[1]
    for key, value in store.items():
        if key in ("edge_index", "adj_t"):
            continue
        if key == "num_nodes":
            keys.append([key, key, take_apart(value, key)[1]])
            continue
        place, field, spec = _place(torch, key, value, n, e, levels.get(key))
        if key not in levels and _is_unclear(torch, key, value, n, e):
            unclear.append(key)
        if place in fields and isinstance(fields[place], dict):
            fields[place][key] = field
        elif place == "y" or place not in fields:
            fields[place] = field
            if place == "y":
                fields["y_level"] = levels.get("y") or _level(torch, "y", value, n, None)
        else:
            raise AdapterError(f"adj_t holds values and there is {key!r} as well: drop one", attribute=key)
        keys.append([key, place, spec])
    order = list(store)
    keys.sort(key=lambda entry: order.index(entry[0]) if entry[0] in order else -1)
    _warn_overlap(fields)
    values = [
        v for k, v in store.items() if isinstance(v, torch.Tensor) and k in ("edge_weight", "edge_attr")
    ]
    fields["directed"] = not is_undirected(torch, tensor, values, n, fields)
    return _graph(tensor.tolist(), n, fields, {"format": "pyg", "keys": keys})


@pause_collector(look=False)
def from_pyg_dataset(dataset: Iterable[Any], *, levels: Mapping[str, str] | None = None) -> list[Graph]:
    """Convert each graph of a PyG dataset, list of Data, Batch or DataLoader.

    A tensor belongs to the nodes (or edges) only if it has one entry for each of them in every graph;
    otherwise it belongs to the graphs, in all of them.
    """
    torch, pyg = require_torch(), require_pyg("torch_geometric.data")
    if isinstance(dataset, pyg.Data) and not isinstance(dataset, pyg.Batch):
        raise AdapterError("this is one Data, not a dataset: from_pyg(data) converts it")
    items: list[Any] = []
    for data in [dataset] if isinstance(dataset, (pyg.Batch, pyg.HeteroData)) else dataset:
        _check_type(data, pyg)
        items.extend(_parts_of(data) if isinstance(data, pyg.Batch) else [data])
    common = {**_common_levels(torch, items), **(levels or {})}
    graphs = []
    with progress("graphs", len(items)) as advance:
        for data in items:
            own = {key: level for key, level in common.items() if key in data or key in (levels or {})}
            graphs.append(_convert(torch, data, None, own, []))
            advance(1)
    return graphs


def _common_levels(torch: Any, items: list[Any]) -> dict[str, str]:
    """What each tensor belongs to in every one of the graphs; the first of what is possible."""
    possible: dict[str, list[str]] = {}
    for data in items:
        store = data.to_dict()
        known: dict[str, Any] = {}
        e = read_edges(torch, store, known, []).shape[1]
        n = number_of_nodes(store, None, known)
        for key, value in store.items():
            if isinstance(value, torch.Tensor) and key not in GIVEN:
                size = value.shape[0] if value.dim() else -1
                fits = [level for level, count in (("node", n), ("edge", e)) if size == count]
                levels = possible.setdefault(key, ["edge", "node"] if "edge" in key else ["node", "edge"])
                possible[key] = [level for level in levels if level in fits and (key, level) != ("y", "edge")]
    return {key: levels[0] if levels else "graph" for key, levels in possible.items()}


def _batch(data: Any, levels: Mapping[str, str] | None) -> Batch:
    """PyG's Batch as a Batch, with the keys that `follow_batch` made remembered by name."""
    graphs = from_pyg_dataset([data], levels=levels)
    try:
        batch = Batch.from_graphs(graphs)
    except ValueError as error:
        raise AdapterError(f"{error}; from_pyg_dataset(batch) gives the graphs as a list") from error
    followed = [key for key in data.to_dict() if f"{key}_batch" in data and f"{key}_ptr" in data]
    batch.origin = {"format": "pyg", "follow_batch": followed}
    return batch


def _parts_of(batch: Any) -> list[Any]:
    """The Data of a Batch; refuse what would be lost."""
    try:
        parts: list[Any] = batch.to_data_list()
    except (RuntimeError, AttributeError) as error:
        raise AdapterError(
            f"the graphs of this Batch cannot be told apart ({error}); as one graph, with `batch` as an "
            "attribute, it is Data(**batch.to_dict())"
        ) from None
    own = {key for part in parts for key in part.to_dict()}
    for key in batch.to_dict():
        followed = key.removesuffix("_batch").removesuffix("_ptr")
        if key not in own and key not in ("batch", "ptr", "_num_nodes") and followed not in own:
            raise AdapterError(
                f"{key!r} is of the Batch and of none of its graphs: take it out, del batch.{key}",
                attribute=key,
            )
    return parts


def _refuse_storage(data: Any, graph: Graph, pyg: Any) -> None:
    """Refuse the storage of a dataset, `dataset._data`: all its graphs' tensors, with edges that all count
    from node 0. It looks like a Data; but its last nodes seem to have no edges, and a dataset holds it."""
    several = isinstance(graph.graph_attrs.get("_num_nodes"), list)
    if not several and max(max(ends, default=-1) for ends in graph.edge_index) + 1 < graph.num_nodes:
        referrers = gc.get_referrers(data)
        holders = [each for each in referrers if not isinstance(each, dict)]
        holders += [each for held in referrers if isinstance(held, dict) for each in gc.get_referrers(held)]
        several = any(
            isinstance(holder, pyg.InMemoryDataset)
            and holder._data is data
            and holder.slices
            and len(holder) > 1
            for holder in holders
        )
    if several:
        raise AdapterError(
            "this is the storage of a dataset, in which the edges of all graphs count from node 0: "
            "from_pyg_dataset(dataset), or from_pyg(dataset[0])"
        )


def _check_levels(levels: Mapping[str, str], store: Mapping[str, Any]) -> None:
    for key, level in levels.items():
        if level not in LEVELS:
            raise AdapterError(
                f"levels[{key!r}] is {level!r}: it is 'node', 'edge' or 'graph'", attribute=key
            )
        if key not in store:
            raise AdapterError(f"levels names {key!r}; the data has {', '.join(store)}", attribute=key)


def _check_type(data: Any, pyg: Any) -> None:
    if isinstance(data, pyg.HeteroData):
        raise AdapterError("HeteroData has several kinds of nodes and edges: from_pyg(data.to_homogeneous())")
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
    dim, size = value.dim(), value.shape[0] if value.dim() else -1
    level = _level(torch, key, value, n, level, e)
    count = {"node": n, "edge": e}.get(level, size)
    if size != count:
        found = f"{size} entries" if dim else "no rows"
        raise AdapterError(f"{key!r} has {found} for {count} {level}s: they must agree", attribute=key)
    if value.dtype.is_complex:
        if key == "x":
            raise AdapterError("x is complex: give torch.view_as_real(x).flatten(1)", attribute=key)
        return f"{level}_attrs", plain, spec
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


def _is_unclear(torch: Any, key: str, value: Any, n: int, e: int) -> bool:
    """Whether a tensor has N entries, and might as well be the edges' or the graph's own."""
    if not isinstance(value, torch.Tensor) or not value.dim() or value.shape[0] != n or key in GIVEN:
        return False
    return n == 1 if key == "y" else n == e and "edge" not in key


def _check_exact(torch: Any, key: str, value: Any) -> None:
    """Refuse integers that no float holds."""
    if value.dtype.is_floating_point or value.dtype in (torch.bool, torch.uint8, torch.int8, torch.int16):
        return
    dense = on_host(value).to_dense()
    for i, number in enumerate(dense.flatten().tolist()):
        if float(number) != number:
            where = torch.unravel_index(torch.tensor(i), dense.shape)
            raise AdapterError(
                f"{key}{[int(k) for k in where]} is {number}, which no float holds exactly: scale it",
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
