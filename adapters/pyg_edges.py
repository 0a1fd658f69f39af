"""The edges of PyG's `Data`, from edge_index or adj_t, and the number of nodes they run between."""

from __future__ import annotations

import operator
from typing import Any

from tinygnn.adapters.errors import AdapterError, require_pyg
from tinygnn.adapters.tensors import on_host, refuse_unreadable, tensor_to_lists
from tinygnn.graph import MASKS

NODE_KEYS = ("x", "pos", "batch", *MASKS)  # what gives the number of nodes, in this order


def read_edges(torch: Any, store: dict[str, Any], fields: dict[str, Any], keys: list[list[Any]]) -> Any:
    """The edge_index as a tensor of shape [2, E]; from adj_t where there is none."""
    for key, value in store.items():
        if isinstance(value, torch.Tensor):
            refuse_unreadable(value, key)
    if "edge_index" in store:
        edge_index = store["edge_index"]
        if not isinstance(edge_index, torch.Tensor):
            raise AdapterError(
                f"edge_index is a {type(edge_index).__name__}, not a tensor", attribute="edge_index"
            )
        if "adj_t" in store:
            raise AdapterError("there is edge_index and adj_t: drop one, del data.adj_t", attribute="adj_t")
        shape = list(edge_index.shape)
        if len(shape) != 2 or shape[0] != 2:
            hint = "; transpose it: edge_index.t().contiguous()" if shape[1:] == [2] else ""
            raise AdapterError(f"edge_index has shape {shape}, not [2, E]{hint}", attribute="edge_index")
        if edge_index.is_floating_point() or edge_index.dtype in (
            torch.bool,
            torch.complex64,
            torch.complex128,
        ):
            c = _first_column(edge_index != edge_index.to(torch.int64)) if edge_index.numel() else 0
            column = _column(edge_index, c) if edge_index.numel() else None
            raise AdapterError(
                f"edge_index is {edge_index.dtype}; column {c} is {column}: nodes are integers, "
                "edge_index.long()",
                edge=column,
                attribute="edge_index",
            )
        plain = on_host(edge_index)
        keys.append(["edge_index", "edge_index", {"dtype": _dtype(edge_index), "shape": shape}])
        return plain.to(torch.int64)
    if "adj_t" not in store:
        if "num_nodes" not in store and not any(key in store for key in NODE_KEYS):
            raise AdapterError("the data has no edge_index: set one of shape [2, 0] if there are no edges")
        keys.append(["edge_index", "nothing", None])
        return torch.empty(2, 0, dtype=torch.int64)
    return _from_adjacency(torch, store["adj_t"], fields, keys)


def _from_adjacency(torch: Any, adj_t: Any, fields: dict[str, Any], keys: list[list[Any]]) -> Any:
    """(column, row) of adj_t as edge_index, its values as edge_weight or edge_attr."""
    if (
        not isinstance(adj_t, torch.Tensor)
        or adj_t.layout is torch.strided
        or adj_t.shape[0] != adj_t.shape[1]
    ):
        raise AdapterError(
            f"adj_t is a {type(adj_t).__name__}, not a square sparse tensor of torch: "
            "ToSparseTensor(layout=torch.sparse_csr) makes one",
            attribute="adj_t",
        )
    adjacency = on_host(adj_t)
    if adjacency.layout is not torch.sparse_coo:
        adjacency = adjacency.to_sparse_coo()
    values, spec = tensor_to_lists(adjacency._values(), "adj_t")
    fields["num_nodes"] = adj_t.shape[0]
    layout = str(adj_t.layout).removeprefix("torch.")
    place = "edge_weight" if adjacency._values().dim() == 1 else "edge_attr"
    fields[place] = values
    keys.append(["adj_t", place, {**spec, "layout": layout, "coalesced": adjacency.is_coalesced()}])
    return adjacency._indices().flip(0)


def number_of_nodes(store: dict[str, Any], given: int | None, fields: dict[str, Any]) -> int:
    found = fields.pop("num_nodes", None)
    stored = store.get("num_nodes")
    for n in (stored, given):
        if n is not None and found is not None and n != found:
            raise AdapterError(
                f"num_nodes is {n}, adj_t has {found} rows: make them agree", attribute="num_nodes"
            )
        found = n if n is not None else found
    if stored is not None and given is not None and stored != given:
        raise AdapterError(
            f"num_nodes={given}, but the data says {stored}: make them agree", attribute="num_nodes"
        )
    if found is None:
        sizes = [
            len(store[key]) for key in NODE_KEYS if hasattr(store.get(key), "shape") and store[key].dim()
        ]
        if not sizes:
            raise AdapterError(
                "the data has neither num_nodes nor x: give num_nodes=, for edges do not tell of nodes "
                "after the last one they touch",
                attribute="num_nodes",
            )
        found = sizes[0]
    if hasattr(found, "__index__") and not isinstance(found, bool):
        found = operator.index(found)
    if type(found) is not int or found < 0:
        raise AdapterError(f"num_nodes is {found!r}, not a whole number", attribute="num_nodes")
    return found


def check_ends(edge_index: Any, n: int) -> None:
    outside = (edge_index < 0) | (edge_index >= n)
    if not outside.any():
        return
    c = _first_column(outside)
    source, target = _column(edge_index, c)
    largest, smallest = int(edge_index.max()), int(edge_index.min())
    if largest >= n:
        known = f"'edge_index' contains larger indices (found {largest}) than the number of nodes ({n})"
    else:
        known = f"'edge_index' contains negative indices (found {smallest})"
    raise AdapterError(
        f"column {c} of edge_index, edge ({source}, {target}), ends outside the {n} nodes, "
        f"which count from 0; {known}",
        edge=(source, target),
        attribute="edge_index",
    )


def is_undirected(torch: Any, edge_index: Any, values: list[Any], n: int, fields: dict[str, Any]) -> bool:
    """Whether each edge stands there both ways with equal values; False where they cannot be compared."""
    if "edge_weight" in fields and not values:
        values = [torch.tensor(fields["edge_weight"], dtype=torch.float64)]
    is_undirected = require_pyg("torch_geometric.utils").is_undirected
    if not is_undirected(edge_index, num_nodes=n):
        return False
    try:
        return bool(is_undirected(edge_index, [on_host(value).to_dense() for value in values], num_nodes=n))
    except (RuntimeError, NotImplementedError, TypeError):  # a dtype that torch does not sort
        return False


def _dtype(tensor: Any) -> str:
    return str(tensor.dtype).removeprefix("torch.")


def _first_column(wrong: Any) -> int:
    columns = wrong.any(dim=0).nonzero()
    return int(columns[0]) if len(columns) else 0


def _column(edge_index: Any, c: int) -> tuple[Any, Any]:
    return edge_index[0, c].item(), edge_index[1, c].item()
