"""The backend `jax`: operations by jax's own, layers formula by formula, gradients by `jax.vjp`, float64."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tinygnn.conformance.case import DATA, Case, Result
from tinygnn.conformance.jax_layers import LAYERS, TOLD, activation, arrays, linear
from tinygnn.conformance.jax_losses import losses
from tinygnn.conformance.jax_ops import array, import_jax, operations

KINDS = {"gcn": "GCNConv", "sage": "SAGEConv", "gat": "GATConv"}
MORE = ("norm", "jk", "v2", "act_kwargs")


class JaxBackend:
    """Plain jax. Raises AdapterError when made without it."""

    name = "jax"

    def __init__(self) -> None:
        self.version = str(import_jax().__version__)

    def supports(self, case: Case) -> bool:
        return not self.lacks(case)

    def lacks(self, case: Case) -> str:
        """Why it cannot run the case, or nothing."""
        if case.kind == "op":
            return "" if case.call in operations() else f"{case.call} is not written in jax here"
        if case.kind != "model":
            return "only operations and layers are written in jax here"
        if case.call == "MLP":
            return "an MLP with norms is not written in jax here" if "conv" in case.options else ""
        if case.call == "GNN":
            more = [name for name in MORE if name in case.options.get("conv", {})]
            if case.options.get("kind", "gcn") not in KINDS or more or "batch" in case.options:
                return "only plain stacks of GCNConv, SAGEConv and GATConv are written in jax here"
            return "" if case.options["sizes"][-1] is not None else "a GNN's own width is not known here"
        if case.call not in LAYERS:
            return f"{case.call} is not written in jax here"
        nn = case.options.get("conv", {}).get("nn")
        return "an nn of MLP is not written in jax here" if nn and nn["call"] == "MLP" else ""

    def run(self, case: Case) -> Result:
        jax = import_jax()
        inputs = arrays(case.inputs)
        outputs, backward = jax.vjp(lambda given: outputs_of(case, given), inputs)
        end = "loss" if "loss" in outputs else "out"
        cotangents = {name: jax.numpy.zeros_like(out) for name, out in outputs.items()}
        cotangents[end] = array(case.cotangent).reshape(outputs[end].shape)
        (gradients,) = backward(cotangents)
        numbers = {name: out.tolist() for name, out in outputs.items()}
        for name, gradient in gradients.items():
            numbers[f"grad {name}"] = (case.passes * gradient).tolist()  # each backward adds its own
        return Result(numbers)


def outputs_of(case: Case, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """ "out", and "loss" where the case has one."""
    if case.kind == "op":
        return {"out": operations()[case.call](**inputs, **case.options)}
    out = model_output(case, inputs)
    loss = case.options.get("loss")
    if loss is None:
        return {"out": out}
    return {"out": out, "loss": losses()[loss](out, case.options["target"], case.options["mask"])}


def model_output(case: Case, inputs: Mapping[str, Any]) -> Any:
    """The output of a layer, of a stack of them, or of an MLP."""
    constants = arrays({name: case.options.get(name) for name in DATA if name in case.options})
    if "x_width" in case.options:
        constants["x"] = array([]).reshape(0, case.options["x_width"])
    given = {**arrays(case.options.get("buffers", {})), **constants, **inputs}
    if "x_width" in case.options:
        given["x"] = given["x"].reshape(0, case.options["x_width"])
    if case.call not in ("GNN", "MLP"):
        return activation(case.options.get("last"), layer(case, case.call, given["x"], given, given))
    h, count = given["x"], len(case.options["sizes"]) - 1
    for i in range(count):
        h = activation(case.options.get("act"), h) if i else h
        if case.call == "MLP":
            h = linear(h, given, f"lins.{i}")
        else:
            name = KINDS[case.options.get("kind", "gcn")]
            h = layer(case, name, h, of_layer(given, i), given, name == "GATConv" and i == count - 1)
    return activation(case.options.get("last"), read_out(case.options.get("readout"), h))


def of_layer(given: Mapping[str, Any], i: int) -> dict[str, Any]:
    """The parameters of layer i, by their names there."""
    prefix = f"convs.{i}."
    return {name.removeprefix(prefix): w for name, w in given.items() if name.startswith(prefix)}


def layer(
    case: Case, name: str, h: Any, weights: Mapping[str, Any], given: Mapping[str, Any], mean: bool = False
) -> Any:
    """One layer on the case's graph; mean: its heads are not put side by side."""
    settings = {**case.options.get("conv", {}), **({"concat": False} if mean else {})}
    if name in TOLD:
        settings["training"] = case.options.get("training", True)
    sources, targets = case.edge_index or ([], [])
    return LAYERS[name](h, (list(sources), list(targets), len(h)), weights, given, **settings)


def read_out(name: str | None, h: Any) -> Any:
    """One row for the whole graph: the mean, the sum or the maximum of its nodes."""
    return h if name is None else getattr(h, name)(axis=0, keepdims=True)
