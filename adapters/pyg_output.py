"""`Graph` to PyG's `Data`; the way in is pyg_data.py."""

from __future__ import annotations

from typing import Any

from tinygnn.adapters.errors import AdapterError, require_pyg, require_torch
from tinygnn.adapters.tensors import exact_tensor, lists_to_tensor, put_together
from tinygnn.batch import Batch
from tinygnn.collector import pause_collector
from tinygnn.graph import MASKS, Graph

PLACES = ("x", "y", "edge_weight", "edge_attr", *MASKS, "node_ids", "class_names")
NAMESPACES = ("node_attrs", "edge_attrs", "graph_attrs")


@pause_collector(look=False)
def to_pyg(graph: Graph) -> Any:
    """Convert a Graph to a `torch_geometric.data.Data`, a Batch to PyG's Batch of its graphs.

    A Graph that came from PyG goes back with the keys, dtypes and shapes it came with. Otherwise floats
    become torch's default float type if it holds every one of them exactly, else float64; whole numbers
    become int64; what is not numbers stays a Python list. num_nodes is written where x does not tell it.

    Raises AdapterError where a node, an edge and a graph attribute share a name, which Data has only once.
    """
    torch, pyg = require_torch(), require_pyg("torch_geometric.data")
    if isinstance(graph, Batch):
        follow_batch = graph.origin.get("follow_batch", [])
        return pyg.Batch.from_data_list(list(map(to_pyg, graph)), follow_batch=follow_batch)
    data = pyg.Data()
    known = graph.origin.get("keys", []) if graph.origin.get("format") == "pyg" else []
    edge_index = torch.tensor(list(graph.edge_index), dtype=torch.int64).reshape(2, -1)
    written: set[tuple[str, Any]] = set()
    for key, place, spec in known:
        if place == "edge_index":
            data[key] = edge_index.to(getattr(torch, spec["dtype"]))
        elif place == "nothing":
            if graph.num_edges:
                data[key] = edge_index
        elif place == "num_nodes":
            data[key] = put_together(graph.num_nodes, spec)
        elif key == "adj_t":
            if getattr(graph, place) is not None:
                data[key] = _adjacency(torch, edge_index, getattr(graph, place), graph.num_nodes, spec)
        elif place in NAMESPACES:
            if key in getattr(graph, place):
                data[key] = put_together(getattr(graph, place)[key], spec)
                written.add((place, key))
            continue
        elif getattr(graph, place) is not None:
            data[key] = put_together(getattr(graph, place), spec)
        written.add((place, None))
    if not any(place == "num_nodes" or key in ("edge_index", "adj_t") for key, place, _ in known):
        data["edge_index"] = edge_index
    for place in PLACES:
        value = getattr(graph, place)
        if place == "node_ids" and value == list(range(graph.num_nodes)):
            continue  # the numbers that nodes have anyway
        if value is not None and (place, None) not in written:
            data[place] = list(value) if place in ("node_ids", "class_names") else exact_tensor(value)
    for place in NAMESPACES:
        for name, value in getattr(graph, place).items():
            if (place, name) in written:
                continue
            if not isinstance(name, str) or name in data or not name.isprintable() or not name:
                raise AdapterError(
                    f"{place}[{name!r}]: PyG has one namespace of text keys, and {name!r} is taken or is no "
                    "text: rename the attribute",
                    attribute=name,
                )
            data[name] = exact_tensor(value) if place != "graph_attrs" else put_together(value, None)
    if graph.x is None and "adj_t" not in data and "num_nodes" not in data and not known:
        data["num_nodes"] = graph.num_nodes
    return data


def _adjacency(torch: Any, edge_index: Any, values: Any, n: int, spec: dict[str, Any]) -> Any:
    """The sparse adj_t of shape [N, N], row target, column source."""
    entries = lists_to_tensor(values, {key: spec[key] for key in ("dtype", "shape")})
    adjacency = torch.sparse_coo_tensor(
        edge_index.flip(0), entries, (n, n, *entries.shape[1:]), is_coalesced=spec["coalesced"] or None
    )
    if spec["layout"] == "sparse_coo":
        return adjacency
    return adjacency.to_sparse(layout=getattr(torch, spec["layout"]))
