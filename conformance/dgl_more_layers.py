"""DGL's layers that attend, and those that know relations or remember; as in `dgl_layers`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tinygnn.conformance import dgl_layers
from tinygnn.conformance.dgl_layers import Tensors, called, layers, renamed
from tinygnn.conformance.torch_ops import import_torch


def of_heads(out: Any, concat: bool) -> Any:
    """The heads, which DGL keeps apart, side by side or their mean."""
    return out.flatten(1) if concat else out.mean(1)


def repeated(parameter: Any, times: int) -> Any:
    """The same rows once for each head: their mean over the heads is the parameter."""
    return import_torch().cat([parameter] * times)


def gat_conv(
    g: Any, w: Tensors, data: Tensors, sizes: Any, training: bool, heads: int = 1, concat: bool = True,
    negative_slope: float = 0.2, dropout: float = 0.0, **_: Any,
) -> Any:  # fmt: skip
    """GATConv; with a residual of its own matrix the bias stands there."""
    bias, residual, times = "bias" in w, "res.weight" in w, 1 if concat else heads
    conv = layers().GATConv(
        *sizes, heads, attn_drop=dropout, negative_slope=negative_slope, residual=residual, bias=bias,
        allow_zero_in_degree=True,
    )  # fmt: skip
    parameters = renamed(w, fc__weight="lin.weight", attn_l="att_src", attn_r="att_dst")
    if residual:
        parameters["res_fc.weight"] = repeated(w["res.weight"], times)
    if bias:
        parameters["res_fc.bias" if residual else "bias"] = repeated(w["bias"], times)
    return of_heads(called(conv.train(training), parameters, g, data["x"]), concat)


def gatv2_conv(
    g: Any, w: Tensors, data: Tensors, sizes: Any, training: bool, heads: int = 1, concat: bool = True,
    negative_slope: float = 0.2, dropout: float = 0.0, share_weights: bool = False, **_: Any,
) -> Any:  # fmt: skip
    """GATv2Conv. DGL's has no bias at its end but in a residual: without one it is added here."""
    bias, residual, times = "bias" in w, "res.weight" in w, 1 if concat else heads
    conv = layers().GATv2Conv(
        *sizes, heads, attn_drop=dropout, negative_slope=negative_slope, residual=residual, bias=bias,
        share_weights=share_weights, allow_zero_in_degree=True,
    )  # fmt: skip
    parameters = renamed(
        w, fc_src__weight="lin_l.weight", fc_src__bias="lin_l.bias", fc_dst__weight="lin_r.weight",
        fc_dst__bias="lin_r.bias", attn="att",
    )  # fmt: skip
    if residual:
        parameters["res_fc.weight"] = repeated(w["res.weight"], times)
        if bias:
            parameters["res_fc.bias"] = repeated(w["bias"], times)
    out = of_heads(called(conv.train(training), parameters, g, data["x"]), concat)
    return out + w["bias"] if bias and not residual else out


def rgcn_conv(
    g: Any, w: Tensors, data: Tensors, sizes: Any, aggr: str = "mean", num_bases: int | None = None,
    num_blocks: int | None = None, **_: Any,
) -> Any:  # fmt: skip
    """RelGraphConv, which sums: for the mean over each relation every edge is given 1 / their number."""
    kinds, root = data["edge_type"], "root" in w
    how = "basis" if num_bases else "bdd" if num_blocks else None
    conv = layers().RelGraphConv(*sizes, how, num_bases or num_blocks, bias="bias" in w, self_loop=root)
    parameters = renamed(w, linear_r__coeff="comp", h_bias="bias", loop_weight="root")
    parameters["linear_r.W"] = w["weight"].flatten(1) if num_blocks else w["weight"]
    norm = shares(g, kinds) if aggr == "mean" else None
    return called(conv, parameters, g, data["x"], kinds, norm)


def shares(g: Any, kinds: Any) -> Any:
    """For each edge 1 / the number of edges of its kind that enter its target."""
    torch, targets = import_torch(), g.edges()[1]
    group = targets * (int(kinds.max()) + 1 if len(kinds) else 1) + kinds
    _, place, count = torch.unique(group, return_inverse=True, return_counts=True)
    return (1.0 / count.double())[place].unsqueeze(1)


def gated_graph_conv(g: Any, w: Tensors, data: Tensors, sizes: Any, **_: Any) -> Any:
    """GatedGraphConv of one step for every matrix, for DGL's has the same one in all of its steps."""
    h, width, bias = data["x"], sizes[0], "rnn.bias_ih" in w
    for weight in w["weight"]:
        conv = layers().GatedGraphConv(h.shape[1], width, n_steps=1, n_etypes=1, bias=bias)
        parameters = {name.replace("rnn.", "gru."): p for name, p in w.items() if name.startswith("rnn.")}
        parameters |= {"linears.0.weight": weight.T, "linears.0.bias": weight.new_zeros(width)}
        h = called(conv, parameters, g, h)
    return h


LAYERS: dict[str, Callable[..., Any]] = {
    "GCNConv": dgl_layers.gcn_conv,
    "SGConv": dgl_layers.sg_conv,
    "APPNP": dgl_layers.appnp,
    "TAGConv": dgl_layers.tag_conv,
    "ChebConv": dgl_layers.cheb_conv,
    "GCN2Conv": dgl_layers.gcn2_conv,
    "SAGEConv": dgl_layers.sage_conv,
    "GraphConv": dgl_layers.graph_conv,
    "GINConv": dgl_layers.gin_conv,
    "GINEConv": dgl_layers.gine_conv,
    "EdgeConv": dgl_layers.edge_conv,
    "NNConv": dgl_layers.nn_conv,
    "GATConv": gat_conv,
    "GATv2Conv": gatv2_conv,
    "RGCNConv": rgcn_conv,
    "GatedGraphConv": gated_graph_conv,
}
