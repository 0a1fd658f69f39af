"""What cases of graph layers have in common: equations, and weights by PyG's names."""

from __future__ import annotations

from typing import Any

from tinygnn.conformance.data import numbers
from tinygnn.conformance.models_table import GCN_EQUATION, parameters

EQUATIONS = {
    "gcn": GCN_EQUATION,
    "sage": "x'_i = W_l aggregate_{j -> i} x_j + b + W_r x_i (Hamilton et al. 2017, "
    "arXiv:1706.02216, algorithm 1)",
    "gat": "x'_i = Σ_j α_ij W x_j + b, α_ij = softmax_j(LeakyReLU(a_src·W x_j + a_dst·W x_i + "
    "a_edge·W_edge e_ij)) (Veličković et al. 2018, arXiv:1710.10903, equations 3 to 6)",
}


def gcn_parameters(name: str, width: int, out: int, settings: dict[str, Any]) -> dict[str, Any]:
    """Weights of a GCNConv by PyG's names."""
    return parameters(name, [width, out])


def sage_parameters(name: str, width: int, out: int, settings: dict[str, Any]) -> dict[str, Any]:
    """Weights of a SAGEConv by PyG's names."""
    shapes = {"lin_l.weight": [out, width]}
    if settings.get("project"):
        shapes.update({"lin.weight": [width, width], "lin.bias": [width]})
    if settings.get("bias", True):
        shapes["lin_l.bias"] = [out]
    if settings.get("root_weight", True):
        shapes["lin_r.weight"] = [out, width]
    return {key: numbers(f"{name}/{key}", *shape) for key, shape in shapes.items()}


def gat_parameters(name: str, width: int, out: int, settings: dict[str, Any]) -> dict[str, Any]:
    """Weights of a GATConv by PyG's names."""
    heads, edge_dim = settings.get("heads", 1), settings.get("edge_dim")
    total = heads * out if settings.get("concat", True) else out
    shapes = {"lin.weight": [heads * out, width], "att_src": [1, heads, out], "att_dst": [1, heads, out]}
    if edge_dim:
        shapes.update({"lin_edge.weight": [heads * out, edge_dim], "att_edge": [1, heads, out]})
    if settings.get("residual"):
        shapes["res.weight"] = [total, width]
    if settings.get("bias", True):
        shapes["bias"] = [total]
    return {key: numbers(f"{name}/{key}", *shape) for key, shape in shapes.items()}


PARAMETERS = {"gcn": gcn_parameters, "sage": sage_parameters, "gat": gat_parameters}
