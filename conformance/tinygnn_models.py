"""The models of the cases, built from tinygnn's layers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tinygnn import nn
from tinygnn.conformance.case import DATA, Case
from tinygnn.conformance.described import built
from tinygnn.gnn import GNN
from tinygnn.graph import Graph
from tinygnn.losses import cross_entropy, mse_loss
from tinygnn.nn import MLP, Module
from tinygnn.nn.activation import activation, apply, log_softmax_rows, softmax_rows
from tinygnn.nn.module import numbers_of
from tinygnn.sparse import Features
from tinygnn.value import Value

LOSSES: dict[str, Callable[..., Value]] = {"mse_loss": mse_loss, "cross_entropy": cross_entropy}


def build(case: Case) -> Module:
    """The model that a case names, with random weights."""
    return build_layer(case.call, case.options)


def build_layer(call: str, options: Mapping[str, Any]) -> Module:
    """The layer or model of that name, with the options of a case."""
    sizes, act = options["sizes"], options.get("act")
    settings = {name: built(value, find) for name, value in options.get("conv", {}).items()}
    if call == "GNN":
        kind, layers, readout = options.get("kind", "gcn"), len(sizes) - 1, options.get("readout")
        return GNN(kind, sizes[0], sizes[1], layers, sizes[-1], act=act, readout=readout, **settings)
    if call == "MLP" and "conv" not in options:
        return MLP(sizes, act=act, norm=None)
    layer: Module = find(call)(*([sizes] if call == "MLP" else sizes), **settings)
    return layer


def find(name: str) -> Any:
    """A class of tinygnn.nn."""
    return getattr(nn, name)


def run_model(case: Case, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The outputs of a model: "out", and "loss" where the case has one; all of them Values.

    `inputs` are the case's inputs as leaves; the model's parameters are replaced by them.
    """
    model = build(case)
    parameters = {name: values for name, values in inputs.items() if name not in DATA}
    model.load_state_dict(whole_state(case, {name: numbers_of(v) for name, v in parameters.items()}))
    put_parameters(model, parameters)
    for before in case.options.get("before", []):
        model(**before, **({} if case.edge_index is None else {"edge_index": case.edge_index}))
    model.train(case.options.get("training", True))
    data = {name: case.options[name] for name in DATA if name in case.options}
    data = {**data, **{name: inputs[name] for name in DATA if name in inputs}}
    x = data.pop("x")
    if case.edge_index is not None:
        data["edge_index"] = case.edge_index
    constant = "x" in case.options and x is not None
    out = model(Features(x) if constant else x, **data)
    return finished(case, out)


def finished(case: Case, out: Any) -> dict[str, Any]:
    """What a case wants of a model's output: "out" after the last activation, and "loss"."""
    last = case.options.get("last")
    if last == "softmax":
        out = softmax_rows(out)
    elif last == "log_softmax":
        out = log_softmax_rows(out)
    elif last is not None:
        function = activation(last)
        out = out if function is None else apply(function, out)
    loss = case.options.get("loss")
    if loss is None:
        return {"out": out}
    target, mask = case.options["target"], case.options.get("mask")
    return {"out": out, "loss": LOSSES[loss](out, target, mask=mask)}


def whole_state(case: Case, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """A state_dict from the case's parameters: shared ones under all their names, and the buffers."""
    shared = {name: parameters[first] for name, first in case.options.get("aliases", {}).items()}
    return {**parameters, **shared, **case.options.get("buffers", {})}


def put_parameters(model: Module, parameters: Mapping[str, Any]) -> None:
    """Put leaves in the place of parameters, by name, so that their gradients can be read."""
    for name, values in parameters.items():
        path, _, last = name.rpartition(".")
        setattr(entry_at(model, path), last, values)


def entry_at(model: Module, name: str) -> Any:
    """What stands at a name such as "convs.0.lin"; the model itself at ""."""
    place: Any = model
    for part in name.split(".") if name else []:
        place = place[int(part)] if isinstance(place, (list, tuple)) else getattr(place, part)
    return place


def training_model(case: Case, graph: Graph) -> Module:
    """The GNN that a training case trains, with its initial weights."""
    sizes = case.options["sizes"]
    if graph.num_features != sizes[0]:
        raise ValueError(f"{graph!r} has {graph.num_features} features, the case expects {sizes[0]}")
    model = build(case)
    model.load_state_dict(case.inputs)
    return model
