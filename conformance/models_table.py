"""The cases of layers and small models on awkward graphs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tinygnn.conformance.case import Case
from tinygnn.conformance.data import GRAPHS, Edges, numbers

GCN_EQUATION = "X' = D^-1/2 (A + I) D^-1/2 X Wᵀ + b (Kipf & Welling 2017, arXiv:1609.02907, equation 2)"
MLP_EQUATION = "X' = X Wᵀ + b, an activation between the layers (no numbered equation)"
LOSS_COTANGENT = 1.3125

LAYER_OPTIONS: dict[str, dict[str, Any]] = {
    "improved": {"improved": True},
    "no-self-loops": {"add_self_loops": False},
    "not-normalized": {"normalize": False},
    "no-bias": {"bias": False},
    "improved-no-bias": {"improved": True, "bias": False},
    "cached": {"cached": True},
}

# Of the two-layer models: activation between the layers, function of the output, loss.
HEADS: list[tuple[str, str | None, str | None]] = [
    ("relu", None, None),
    ("tanh", None, None),
    ("relu", "softmax", None),
    ("tanh", "log_softmax", None),
    ("tanh", "softmax", "mse_loss"),
    ("relu", None, "mse_loss"),
    ("relu", None, "cross_entropy"),
    ("tanh", None, "cross_entropy"),
]
ACTIVATIONS = ("leaky_relu", "elu", "gelu", "silu", "softplus", "sigmoid")

# Weights that cancel: (edges, weights, settings). A node of degree 0 has the coefficient 0.
CANCELLING: dict[str, tuple[Edges, list[float], dict[str, Any]]] = {
    "degree-zero": (([0, 1, 1, 2], [1, 0, 2, 1]), [0.5, 1.0, 0.75, -0.5], {"add_self_loops": False}),
    "degree-zero-with-self-loops": (([0, 1, 1, 2], [1, 0, 2, 1]), [-0.5, 1.0, 0.75, -0.5], {}),
    "degree-negative": (([0, 1, 1, 2], [1, 0, 2, 1]), [-1.5, 1.0, 0.75, -0.5], {}),
    "zero-weight": (([0, 1, 1, 2], [1, 0, 2, 1]), [0.0, 1.0, 0.75, 0.5], {}),
}


def model_cases() -> Iterator[Case]:
    """Every case of a layer or model."""
    yield from gcn_conv_cases()
    yield from cancelling_cases()
    yield from two_layer_cases()
    yield from perceptron_cases()


def gcn_conv_cases() -> Iterator[Case]:
    """One GCNConv on every graph, with and without edge weights, and with every option."""
    for graph, (_, edges, _) in GRAPHS.items():
        yield gcn(f"gcn_conv/{graph}", graph, [3, 2])
        if edges[0]:
            yield gcn(f"gcn_conv/{graph}-weighted", graph, [3, 2], weighted=True)
    for name, settings in LAYER_OPTIONS.items():
        for graph in ("directed", "mixed"):
            yield gcn(f"gcn_conv/{graph}-{name}", graph, [3, 2], settings=settings)
            yield gcn(f"gcn_conv/{graph}-weighted-{name}", graph, [3, 2], weighted=True, settings=settings)
    yield gcn("gcn_conv/mixed-square-weight", "mixed", [3, 3])
    yield gcn("gcn_conv/mixed-one-channel", "mixed", [1, 1], weighted=True)
    yield gcn("gcn_conv/mixed-softmax", "mixed", [3, 4], last="softmax")
    yield gcn("gcn_conv/mixed-tanh", "mixed", [3, 2], last="tanh")
    yield gcn("gcn_conv/mixed-relu", "mixed", [3, 2], last="relu")
    sparse = [
        [0.0, 1.0, 0.0],
        [1.5, 0.0, 0.0],
        [0.0, 0.0, 0.0],
        [0.0, 0.0, 2.0],
        [1.0, 0.0, 1.0],
        [0.0, 1.0, 0.0],
    ]
    yield gcn("gcn_conv/mixed-constant-features", "mixed", [3, 2], constant_x=sparse)
    weights = numbers("gcn_conv/mixed-constant-weights/edge_weight", 8, positive=True)
    yield gcn("gcn_conv/mixed-constant-weights", "mixed", [3, 2], constant_weights=weights)


def cancelling_cases() -> Iterator[Case]:
    """GCNConv with degrees of zero and below."""
    for name, (edges, weights, settings) in CANCELLING.items():
        yield Case(
            id=f"model/gcn_conv/{name}",
            kind="model",
            call="GCNConv",
            inputs={"x": numbers(f"{name}/x", 3, 2), "edge_weight": weights, **parameters(name, [2, 2])},
            options={"sizes": [2, 2], "conv": settings},
            cotangent=numbers(f"{name}/cotangent", 3, 2),
            edge_index=edges,
            flags=("zero-degree", "edge-weight"),
            equation=GCN_EQUATION,
        )


def two_layer_cases() -> Iterator[Case]:
    """Models of one, two and three GCNConv."""
    for act, last, loss in HEADS:
        for graph, weighted in (("star", False), ("mixed", True)):
            name = "-".join([graph, act, *[part for part in (last, loss) if part]])
            yield gcn(f"gcn/{name}", graph, [3, 4, 3], weighted=weighted, act=act, last=last, loss=loss)
    for graph in ("directed", "isolated", "two-self-loops", "no-edges", "one-node"):
        yield gcn(f"gcn/{graph}-tanh", graph, [3, 4, 2], act="tanh")
    for act in ACTIVATIONS:
        yield gcn(f"gcn/mixed-{act}", "mixed", [3, 4, 2], act=act)
    yield gcn("gcn/mixed-one-layer", "mixed", [3, 2], weighted=True, call="GNN", act="relu")
    yield gcn("gcn/mixed-three-layers", "mixed", [3, 4, 4, 2], weighted=True, act="tanh")
    yield gcn("gcn/mixed-linear", "mixed", [3, 4, 2], weighted=True, act=None, call="GNN")
    yield gcn(
        "gcn/mixed-relu-cross_entropy-mask",
        "mixed",
        [3, 4, 3],
        weighted=True,
        act="relu",
        loss="cross_entropy",
        mask=[True, False, True, True, False, False],
    )


def perceptron_cases() -> Iterator[Case]:
    """Models without a graph."""
    for act, last, loss in HEADS:
        name = "mlp/" + "-".join(part for part in (act, last, loss) if part)
        yield _model(name, "MLP", 4, None, [3, 5, 3], {"act": act}, last=last, loss=loss)
    yield _model("mlp/one-layer", "MLP", 4, None, [3, 2], {})
    yield _model("mlp/four-layers", "MLP", 4, None, [2, 3, 3, 3, 1], {"act": "tanh"})


def gcn(
    name: str,
    graph: str,
    sizes: list[int],
    *,
    weighted: bool = False,
    settings: dict[str, Any] | None = None,
    act: str | None = None,
    call: str | None = None,
    last: str | None = None,
    loss: str | None = None,
    mask: list[bool] | None = None,
    constant_x: list[list[float]] | None = None,
    constant_weights: list[Any] | None = None,
) -> Case:
    """A case of GCNConv (two sizes) or of GNN (more, or where `call` says so) on a graph of `GRAPHS`."""
    num_nodes, edges, flags = GRAPHS[graph]
    call = call or ("GCNConv" if len(sizes) == 2 else "GNN")
    options: dict[str, Any] = {"conv": settings or {}} if call == "GCNConv" else {"act": act}
    if constant_x is not None:
        options["x"] = constant_x
    if constant_weights is not None:
        options["edge_weight"] = constant_weights
    if weighted:
        flags += ("edge-weight",)
    elif constant_x is not None or constant_weights is not None:
        flags += ("constant",)
    return _model(name, call, num_nodes, edges, sizes, options, last=last, loss=loss, mask=mask, flags=flags)


def _model(
    name: str,
    call: str,
    num_nodes: int,
    edges: Edges | None,
    sizes: list[int],
    options: dict[str, Any],
    *,
    last: str | None = None,
    loss: str | None = None,
    mask: list[bool] | None = None,
    flags: tuple[str, ...] = (),
) -> Case:
    inputs: dict[str, Any] = {}
    if "x" not in options:
        inputs["x"] = numbers(f"{name}/x", num_nodes, sizes[0])
    if edges is not None and "edge-weight" in flags:
        inputs["edge_weight"] = numbers(f"{name}/edge_weight", len(edges[0]), positive=True)
    bias = options.get("conv", {}).get("bias", True)
    prefix = {"GNN": "convs", "MLP": "lins", "GCNConv": None}[call]
    inputs.update(parameters(name, sizes, prefix, bias))
    options = {"sizes": sizes, "last": last, **options}
    cotangent: Any = LOSS_COTANGENT if loss else numbers(f"{name}/cotangent", num_nodes, sizes[-1])
    if loss:
        classes = [(2 * i + 1) % sizes[-1] for i in range(num_nodes)]
        target = classes if loss == "cross_entropy" else numbers(f"{name}/target", num_nodes, sizes[-1])
        options.update(loss=loss, target=target, mask=mask)
        flags += ("mask",) if mask else ()
    return Case(
        id=f"model/{name}",
        kind="model",
        call=call,
        inputs=inputs,
        options=options,
        cotangent=cotangent,
        edge_index=edges,
        flags=flags,
        equation=MLP_EQUATION if call == "MLP" else GCN_EQUATION,
    )


def parameters(name: str, sizes: list[int], prefix: str | None = None, bias: bool = True) -> dict[str, Any]:
    """Weights by PyG's names; `prefix` is that of a stack of layers, None for one GCNConv."""
    named: dict[str, Any] = {}
    for i, (a, b) in enumerate(zip(sizes, sizes[1:])):
        layer = "" if prefix is None else f"{prefix}.{i}."
        weight = f"{layer}weight" if prefix == "lins" else f"{layer}lin.weight"
        if bias:
            named[f"{layer}bias"] = numbers(f"{name}/{layer}bias", b)
        named[weight] = numbers(f"{name}/{weight}", b, a)
    return named
