"""The models of the cases a second time: plain PyTorch, formula by formula; GCN in dense matrices."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from tinygnn.conformance import torch_layers
from tinygnn.conformance.case import DATA, Case
from tinygnn.conformance.torch_place import dtype

# What a GNN of each kind is made of.
LAYER_OF = {"gcn": "GCNConv", "sage": "SAGEConv", "gat": "GATConv"}


def has_formula(case: Case) -> bool:
    """Whether the layers of the case stand here."""
    if "x_width" in case.options:
        return False  # a graph without nodes: there is nothing to stack
    if case.call == "MLP":
        return "conv" not in case.options  # neither norms nor other options
    if case.call == "GNN":
        more = {"norm", "jk", "v2", "act_kwargs"} & set(case.options.get("conv", {}))
        plain = not more and "batch" not in case.options and case.options["sizes"][-1] is not None
        return plain and case.options.get("kind", "gcn") in LAYER_OF
    return case.call in LAYER_OF.values()


def model_output(case: Case, inputs: Mapping[str, Any]) -> Any:
    """The output of a model, from tensors by the case's names."""
    torch = import_module("torch")
    constants = {name: case.options[name] for name in DATA if case.options.get(name) is not None}
    inputs = {**{name: torch.tensor(c, dtype=dtype()) for name, c in constants.items()}, **inputs}
    h, layers = inputs["x"], len(case.options["sizes"]) - 1
    for i in range(layers):
        if i > 0:
            h = activate(case.options.get("act"), h)
        if case.call == "MLP":
            h = h @ inputs[f"lins.{i}.weight"].T + inputs[f"lins.{i}.bias"]
        else:
            h = graph_layer(case, h, inputs, i, i == layers - 1)
    return activate(case.options.get("last"), read_out(case.options.get("readout"), h))


def graph_layer(case: Case, h: Any, inputs: Mapping[str, Any], i: int, last: bool) -> Any:
    """Layer i of a GNN, or the case's only layer."""
    prefix = f"convs.{i}." if case.call == "GNN" else ""
    layer = LAYER_OF[case.options.get("kind", "gcn")] if case.call == "GNN" else case.call
    weights = {name.removeprefix(prefix): w for name, w in inputs.items() if name.startswith(prefix)}
    settings = dict(case.options.get("conv", {}))
    if layer == "SAGEConv":
        return torch_layers.sage_conv(h, case.edge_index, weights, **settings)
    if layer == "GATConv":
        if case.call == "GNN" and last:
            settings["concat"] = False
        training = case.options.get("training", True)
        edge_attr = inputs.get("edge_attr")
        return torch_layers.gat_conv(h, case.edge_index, weights, edge_attr, training=training, **settings)
    h = gcn_matrix(case.edge_index, inputs.get("edge_weight"), len(h), **settings) @ (
        h @ weights["lin.weight"].T
    )
    return h + weights["bias"] if "bias" in weights else h


def read_out(name: str | None, h: Any) -> Any:
    """One row for the whole graph: the mean, the sum or the maximum of its nodes."""
    if name is None:
        return h
    return {"mean": h.mean, "sum": h.sum, "max": h.amax}[name](dim=0, keepdim=True)


def gcn_matrix(
    edge_index: Any,
    edge_weight: Any,
    num_nodes: int,
    improved: bool = False,
    add_self_loops: bool | None = None,
    normalize: bool = True,
    **_: bool,  # bias and cached are no matter of it
) -> Any:
    """D^-1/2 (A + I) D^-1/2, with A[target][source] the sum of the weights of those edges.

    Of a node's own self loops the last one stands for the added one; D holds the row sums, and a row
    sum of 0 gives the coefficient 0.
    """
    torch = import_module("torch")
    sources, targets = edge_index
    if edge_weight is None:
        edge_weight = torch.ones(len(sources), dtype=dtype())
    leaves_source = torch.zeros(len(sources), num_nodes, dtype=edge_weight.dtype)
    enters_target = torch.zeros(len(sources), num_nodes, dtype=edge_weight.dtype)
    for e, (source, target) in enumerate(zip(sources, targets)):
        leaves_source[e, source] = 1.0
        enters_target[e, target] = 1.0
    loops = torch.zeros(num_nodes, dtype=edge_weight.dtype)
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
    kind = prediction.dtype if name == "mse_loss" else torch.long
    target = torch.tensor(target, dtype=kind)
    if mask is not None:
        rows = torch.tensor(mask, dtype=torch.bool)
        prediction, target = prediction[rows], target[rows]
    return getattr(torch.nn.functional, name)(prediction, target)
