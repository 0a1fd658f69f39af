"""The models of the cases a second time: plain PyTorch, dense matrices, formula by formula."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from tinygnn.conformance.case import Case


def model_output(case: Case, inputs: Mapping[str, Any]) -> Any:
    """The output of a model of GCNConv or linear layers, from tensors by the case's names."""
    torch = import_module("torch")
    sizes, options = case.options["sizes"], case.options
    h = inputs["x"] if "x" in inputs else torch.tensor(options["x"], dtype=torch.float64)
    propagate = None
    if case.call != "MLP":
        weight = inputs.get("edge_weight")
        if weight is None and options.get("edge_weight") is not None:
            weight = torch.tensor(options["edge_weight"], dtype=torch.float64)
        propagate = gcn_matrix(case.edge_index, weight, len(h), **options.get("conv", {}))
    for i in range(len(sizes) - 1):
        if i > 0:
            h = activate(options.get("act"), h)
        if propagate is None:
            h = h @ inputs[f"lins.{i}.weight"].T + inputs[f"lins.{i}.bias"]
        else:
            layer = "" if case.call == "GCNConv" else f"convs.{i}."
            h = propagate @ (h @ inputs[f"{layer}lin.weight"].T)
            bias = inputs.get(f"{layer}bias")
            h = h if bias is None else h + bias
    return activate(options.get("last"), h)


def gcn_matrix(
    edge_index: Any,
    edge_weight: Any,
    num_nodes: int,
    improved: bool = False,
    add_self_loops: bool | None = None,
    normalize: bool = True,
    bias: bool = True,
) -> Any:
    """D^-1/2 (A + I) D^-1/2, with A[target][source] the sum of the weights of those edges.

    Of a node's own self loops the last one stands for the added one; D holds the row sums, and a row
    sum of 0 gives the coefficient 0.
    """
    torch = import_module("torch")
    sources, targets = edge_index
    if edge_weight is None:
        edge_weight = torch.ones(len(sources), dtype=torch.float64)
    leaves_source = torch.zeros(len(sources), num_nodes, dtype=torch.float64)
    enters_target = torch.zeros(len(sources), num_nodes, dtype=torch.float64)
    for e, (source, target) in enumerate(zip(sources, targets)):
        leaves_source[e, source] = 1.0
        enters_target[e, target] = 1.0
    loops = torch.zeros(num_nodes, dtype=torch.float64)
    if normalize if add_self_loops is None else add_self_loops:
        own = {source: e for e, (source, target) in enumerate(zip(sources, targets)) if source == target}
        fill = 2.0 if improved else 1.0
        loops = torch.stack([edge_weight[own[i]] if i in own else loops[i] + fill for i in range(num_nodes)])
        is_loop = torch.tensor([s == t for s, t in zip(sources, targets)], dtype=torch.bool)
        edge_weight = torch.where(is_loop, 0.0, edge_weight)
    adjacency = enters_target.T @ (edge_weight[:, None] * leaves_source) + torch.diag(loops)
    if not normalize:
        return adjacency
    degree = adjacency.sum(dim=1)
    empty = degree == 0.0
    root = torch.where(empty, 0.0, torch.where(empty, 1.0, degree) ** -0.5)
    return root[:, None] * adjacency * root[None, :]


def activate(name: str | None, h: Any) -> Any:
    """An activation by name; softmax and log_softmax over each row."""
    if name is None:
        return h
    torch = import_module("torch")
    if name in ("softmax", "log_softmax"):
        return getattr(torch, name)(h, dim=1)
    return getattr(torch.nn.functional, name)(h)


def loss_of(name: str, prediction: Any, target: Any, mask: Any = None) -> Any:
    """mse_loss and cross_entropy of the masked rows."""
    torch = import_module("torch")
    kind = torch.float64 if name == "mse_loss" else torch.long
    target = torch.tensor(target, dtype=kind)
    if mask is not None:
        rows = torch.tensor(mask, dtype=torch.bool)
        prediction, target = prediction[rows], target[rows]
    return getattr(torch.nn.functional, name)(prediction, target)
