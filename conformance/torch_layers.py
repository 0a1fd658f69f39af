"""SAGEConv and GATConv a second time: plain PyTorch, node by node, formula by formula."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

Weights = Mapping[str, Any]


def sage_conv(
    h: Any,
    edge_index: Any,
    weights: Weights,
    *,
    aggr: str = "mean",
    normalize: bool = False,
    root_weight: bool = True,
    project: bool = False,
    bias: bool = True,
) -> Any:
    """x'_i = W_l aggregate_j x_j + b + W_r x_i."""
    sent = (h @ weights["lin.weight"].T + weights["lin.bias"]).relu() if project else h
    out = aggregate(aggr, sent, edge_index) @ weights["lin_l.weight"].T
    if bias:
        out = out + weights["lin_l.bias"]
    if root_weight:
        out = out + h @ weights["lin_r.weight"].T
    return unit_rows(out) if normalize else out


def aggregate(aggr: str, rows: Any, edge_index: Any) -> Any:
    """Aggregate the rows that each node hears."""
    return aggregate_groups(aggr, rows, [sources_of(i, edge_index) for i in range(len(rows))])


def aggregate_groups(aggr: str, rows: Any, groups: list[list[int]]) -> Any:
    """Aggregate each group of rows; of none it is 0, and the product 1."""
    torch = import_module("torch")
    nothing = rows.new_full((rows.shape[1],), 1.0 if aggr == "mul" else 0.0)
    return torch.stack([aggregate_one(aggr, rows[group]) if group else nothing for group in groups])


def aggregate_one(aggr: str, rows: Any) -> Any:
    """One row from many, column by column; equally large numbers share the gradient of max and min."""
    torch = import_module("torch")
    if aggr == "std":
        variance = rows.var(0, correction=0)
        equal = (rows == rows[0]).all(0) & rows[0].isfinite()
        return torch.where(equal, 0.0, torch.where(equal, 1.0, variance).sqrt())
    if aggr == "softmax":
        return (rows.softmax(0) * rows).sum(0)
    reduce = {
        "sum": lambda: rows.sum(0),
        "add": lambda: rows.sum(0),
        "mean": lambda: rows.mean(0),
        "max": lambda: rows.amax(0),
        "min": lambda: rows.amin(0),
        "mul": lambda: rows.prod(0),
        "var": lambda: rows.var(0, correction=0),
        "median": lambda: rows.median(0).values,
    }
    return reduce[aggr]()


def sources_of(node: int, edge_index: Any) -> list[int]:
    """The nodes whose edges enter a node, as often as they do."""
    return [source for source, target in zip(*edge_index) if target == node]


def unit_rows(rows: Any) -> Any:
    """Each row divided by its length; a row of zeros stays as it is, with the gradient 0."""
    torch = import_module("torch")
    squares = (rows * rows).sum(dim=1, keepdim=True)
    empty = squares == 0.0
    return torch.where(empty, 0.0, rows / torch.where(empty, 1.0, squares).sqrt())


def gat_conv(
    h: Any,
    edge_index: Any,
    weights: Weights,
    edge_attr: Any = None,
    *,
    heads: int = 1,
    concat: bool = True,
    negative_slope: float = 0.2,
    dropout: float = 0.0,
    add_self_loops: bool = True,
    edge_dim: int | None = None,
    fill_value: float | str = "mean",
    bias: bool = True,
    residual: bool = False,
    training: bool = True,
) -> Any:
    """x'_i = Σ_j α_ij W x_j + b; dropout in training must be 0 or 1, for it is random otherwise."""
    torch = import_module("torch")
    if edge_attr is not None:
        edge_attr = edge_attr.reshape(len(edge_attr), edge_dim)
    if add_self_loops:
        edge_index, edge_attr = with_self_loops(edge_index, edge_attr, len(h), fill_value)
    sources, targets = (list(ends) for ends in edge_index)
    rows = split_heads(h @ weights["lin.weight"].T, heads)
    scores = (rows * weights["att_src"]).sum(2)[sources] + (rows * weights["att_dst"]).sum(2)[targets]
    if edge_attr is not None:
        of_edges = split_heads(edge_attr @ weights["lin_edge.weight"].T, heads)
        scores = scores + (of_edges * weights["att_edge"]).sum(2)
    scores = torch.where(scores > 0.0, scores, negative_slope * scores)
    alpha = attention(scores, edge_index, len(h))
    if training and dropout:
        alpha = alpha * (1.0 - dropout)
    messages = alpha[:, :, None] * rows[sources]
    out = torch.stack([messages[entering(i, targets)].sum(0) for i in range(len(h))])
    out = out.flatten(1) if concat else out.mean(1)
    if residual:
        out = out + h @ weights["res.weight"].T
    return out + weights["bias"] if bias else out


def attention(scores: Any, edge_index: Any, num_nodes: int) -> Any:
    """For each head a softmax over the edges that enter a node. Shape [E][heads]."""
    torch = import_module("torch")
    alpha = torch.zeros_like(scores)
    for i in range(num_nodes):
        edges = torch.tensor(entering(i, edge_index[1]), dtype=torch.long)
        alpha = alpha.index_add(0, edges, torch.softmax(scores[edges], dim=0))
    return alpha


def entering(node: int, targets: list[int]) -> list[int]:
    """The positions of the edges that enter a node."""
    return [e for e, target in enumerate(targets) if target == node]


def split_heads(rows: Any, heads: int) -> Any:
    """[N][heads · out] -> [N][heads][out]."""
    return rows.reshape(len(rows), heads, rows.shape[1] // heads)


def with_self_loops(edge_index: Any, edge_attr: Any, num_nodes: int, fill_value: float | str) -> Any:
    """Take self loops away and give every node one, at the end.

    Its features are fill_value, or those that enter the node, aggregated.
    """
    torch = import_module("torch")
    kept = [e for e, (source, target) in enumerate(zip(*edge_index)) if source != target]
    sources, targets = ([ends[e] for e in kept] for ends in edge_index)
    if edge_attr is not None:
        edge_attr = edge_attr[kept]
        if isinstance(fill_value, str):
            loops = aggregate_groups(fill_value, edge_attr, [entering(i, targets) for i in range(num_nodes)])
        else:
            loops = torch.full((num_nodes, edge_attr.shape[1]), fill_value, dtype=edge_attr.dtype)
        edge_attr = torch.cat([edge_attr, loops])
    nodes = list(range(num_nodes))
    return (sources + nodes, targets + nodes), edge_attr
