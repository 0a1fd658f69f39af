"""DGL's layers for the cases' layers: made from the case's options, called with its parameters.

A parameter of DGL is made of those of the case, transposed, put side by side or repeated for every head, in
torch: so the gradients are those of the case's own parameters. The graph is the case's, without self loops of
the layer's own, for DGL's layers add none.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from tinygnn.conformance.described import built
from tinygnn.conformance.torch_ops import import_torch

# Tensors by name: a case's parameters, or the data beside its graph.
Tensors = Mapping[str, Any]


def called(module: Any, parameters: Tensors, *arguments: Any, **named: Any) -> Any:
    """What a module of DGL gives with these numbers in the place of all its own."""
    functional_call: Callable[..., Any] = import_torch().func.functional_call
    return functional_call(module.double(), dict(parameters), arguments, named, strict=True)


def layers() -> Any:
    """`dgl.nn`."""
    return import_module("dgl.nn")


def renamed(w: Tensors, **names: str) -> dict[str, Any]:
    """Parameters by DGL's names, of those that the case has; two underscores stand for a dot."""
    return {name.replace("__", "."): w[own] for name, own in names.items() if own in w}


def network(described: Any, w: Tensors, name: str) -> tuple[Any, dict[str, Any]]:
    """The case's nn, of torch's modules, and its parameters by their names in DGL's layer."""
    own = {f"{name}{key.removeprefix('nn')}": p for key, p in w.items() if key.split(".")[0] == "nn"}
    return built(described, lambda call: getattr(import_torch().nn, call)), own


def gcn_conv(g: Any, w: Tensors, data: Tensors, sizes: Any, normalize: bool = True, **_: Any) -> Any:
    """GraphConv: degrees are counted, those that leave the source and those that enter the target."""
    bias = "bias" in w
    conv = layers().GraphConv(*sizes, "both" if normalize else "none", bias=bias, allow_zero_in_degree=True)
    parameters = {"weight": w["lin.weight"].T, **renamed(w, bias="bias")}
    return called(conv, parameters, g, data["x"], edge_weight=data.get("edge_weight"))


def sg_conv(g: Any, w: Tensors, data: Tensors, sizes: Any, K: int = 1, cached: bool = False, **_: Any) -> Any:
    """SGConv."""
    conv = layers().SGConv(*sizes, k=K, cached=cached, bias="lin.bias" in w, allow_zero_in_degree=True)
    parameters = renamed(w, fc__weight="lin.weight", fc__bias="lin.bias")
    return called(conv, parameters, g, data["x"], data.get("edge_weight"))


def appnp(
    g: Any, w: Tensors, data: Tensors, sizes: Any, K: int, alpha: float, training: bool,
    dropout: float = 0.0, **_: Any,
) -> Any:  # fmt: skip
    """APPNPConv. It makes the weights of edges that have none in torch's default dtype, float32 as a rule."""
    torch = import_torch()
    conv, before = layers().APPNPConv(K, alpha, dropout).train(training), torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        return conv(g, data["x"], data.get("edge_weight"))
    finally:
        torch.set_default_dtype(before)


def side_by_side(w: Tensors) -> Any:
    """The matrices lins.0, lins.1 ... as one."""
    names = [f"lins.{k}.weight" for k in range(len(w)) if f"lins.{k}.weight" in w]
    return import_torch().cat([w[name] for name in names], dim=1)


def tag_conv(g: Any, w: Tensors, data: Tensors, sizes: Any, K: int = 3, **_: Any) -> Any:
    """TAGConv."""
    conv = layers().TAGConv(*sizes, k=K, bias="bias" in w)
    parameters = {"lin.weight": side_by_side(w), **renamed(w, lin__bias="bias")}
    return called(conv, parameters, g, data["x"], data.get("edge_weight"))


def cheb_conv(g: Any, w: Tensors, data: Tensors, sizes: Any, **_: Any) -> Any:
    """ChebConv, without the ReLU that DGL's ends in by default."""
    conv = layers().ChebConv(*sizes, activation=None, bias="bias" in w)
    parameters = {"linear.weight": side_by_side(w), **renamed(w, linear__bias="bias")}
    largest = data.get("lambda_max", 2.0)
    largest = largest if import_torch().is_tensor(largest) else import_torch().tensor([float(largest)])
    return called(conv, parameters, g, data["x"], largest.double().reshape(-1))


def gcn2_conv(
    g: Any, w: Tensors, data: Tensors, sizes: Any, alpha: float, theta: float | None = None,
    layer: int | None = None, **_: Any,
) -> Any:  # fmt: skip
    """GCN2Conv; without theta β is 1, as with theta = e - 1 in layer 1."""
    strength = (layer, alpha, theta) if theta is not None else (1, alpha, math.e - 1.0)
    shared = "weight2" not in w
    conv = layers().GCN2Conv(sizes[0], *strength, shared, allow_zero_in_degree=True, bias=False)
    return called(conv, w, g, data["x"], data["x_0"], data.get("edge_weight"))


def sage_conv(
    g: Any, w: Tensors, data: Tensors, sizes: Any, aggr: str = "mean", normalize: bool = False, **_: Any
) -> Any:
    """SAGEConv; "pool" is a maximum after a linear layer and ReLU."""
    norm = import_torch().nn.functional.normalize if normalize else None
    conv = layers().SAGEConv(*sizes, "mean" if aggr == "mean" else "pool", bias="lin_l.bias" in w, norm=norm)
    parameters = renamed(
        w, fc_neigh__weight="lin_l.weight", fc_self__weight="lin_r.weight", fc_self__bias="lin_l.bias",
        fc_pool__weight="lin.weight", fc_pool__bias="lin.bias",
    )  # fmt: skip
    return called(conv, parameters, g, data["x"], data.get("edge_weight"))


def graph_conv(g: Any, w: Tensors, data: Tensors, sizes: Any, **_: Any) -> Any:
    """SAGEConv, which with weights of edges is PyG's GraphConv with the aggregation mean."""
    conv = layers().SAGEConv(*sizes, "mean", bias="lin_rel.bias" in w)
    parameters = renamed(
        w, fc_neigh__weight="lin_rel.weight", fc_self__weight="lin_root.weight", fc_self__bias="lin_rel.bias"
    )
    return called(conv, parameters, g, data["x"], data.get("edge_weight"))


def gin_conv(
    g: Any, w: Tensors, data: Tensors, sizes: Any, nn: Any, eps: float = 0.0, name: str = "GINConv", **_: Any
) -> Any:
    """GINConv, or GINEConv with features of edges."""
    function, own = network(nn, w, "apply_func")
    conv = getattr(layers(), name)(function, init_eps=eps, learn_eps="eps" in w)
    own["eps"] = w.get("eps", import_torch().tensor([eps]).double())
    return called(conv, own, g, *[data[each] for each in ("x", "edge_attr") if each in data])


def gine_conv(g: Any, w: Tensors, data: Tensors, sizes: Any, nn: Any, **settings: Any) -> Any:
    """GINEConv."""
    return gin_conv(g, w, data, sizes, nn, name="GINEConv", **settings)


def edge_conv(g: Any, w: Tensors, data: Tensors, sizes: Any, **_: Any) -> Any:
    """EdgeConv: of the matrix that is applied to x_i ‖ x_j - x_i DGL has both halves apart."""
    (own, other), bias = w["nn.weight"].chunk(2, dim=1), w["nn.bias"]
    conv = layers().EdgeConv(own.shape[1], own.shape[0], allow_zero_in_degree=True)
    parameters = {"theta.weight": other, "theta.bias": bias, "phi.weight": own}
    return called(conv, {**parameters, "phi.bias": import_torch().zeros_like(bias)}, g, data["x"])


def nn_conv(g: Any, w: Tensors, data: Tensors, sizes: Any, nn: Any, aggr: str = "add", **_: Any) -> Any:
    """NNConv; DGL calls the root weight a residual."""
    function, own = network(nn, w, "edge_func")
    aggr = "sum" if aggr == "add" else aggr
    conv = layers().NNConv(*sizes, function, aggr, residual="lin.weight" in w, bias="bias" in w)
    parameters = {**own, **renamed(w, res_fc__weight="lin.weight", bias="bias")}
    return called(conv, parameters, g, data["x"], data["edge_attr"])
