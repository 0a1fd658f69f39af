"""The backend `pyg`: PyTorch Geometric's own layers, along their edge_index path."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tinygnn.adapters.errors import require
from tinygnn.conformance.case import DATA, INDICES, Case, Result
from tinygnn.conformance.data import karate
from tinygnn.conformance.described import built
from tinygnn.conformance.precision import FLOAT64, Precision
from tinygnn.conformance.pyg_models import pyg_model
from tinygnn.conformance.torch_backend import differentiate, model_outputs, run_training
from tinygnn.conformance.torch_models import activate
from tinygnn.conformance.torch_modules import run_module
from tinygnn.conformance.torch_ops import INSTALL, import_torch, tensor
from tinygnn.conformance.torch_place import line_there, moved, place_of, placed, require_device

TENSORS = ("deg",)
READOUTS = {"mean": "global_mean_pool", "sum": "global_add_pool", "max": "global_max_pool"}


def import_pyg(module: str = "torch_geometric") -> Any:
    """Import torch_geometric, or raise AdapterError that says how to install it."""
    return require(module, INSTALL)


class PygBackend:
    """PyTorch Geometric. Raises AdapterError when made without it."""

    name = "pyg"

    def __init__(self, precision: Precision = FLOAT64, device: str = "cpu") -> None:
        import_torch()
        require_device(device)
        self.version = import_pyg().__version__ + place_of(precision.name, device)
        self.precision, self.device = precision, device

    def again(self, case: Case) -> str:
        """The line that shows a case again, where it is not the usual one."""
        return line_there(self.name, self.precision.name, self.device, case)

    def supports(self, case: Case) -> bool:
        return case.kind in ("model", "module", "training") or case.call == "aggregate"

    def run(self, case: Case) -> Result:
        with placed(self.precision.name, self.device):
            return self.run_here(case)

    def run_here(self, case: Case) -> Result:
        """Run it, numbers and device being settled."""
        if case.kind == "training":
            return run_training(case, forward_on_karate(case))
        if case.kind == "module":
            return run_module(
                case, import_torch().nn if case.call == "LSTM" else import_pyg("torch_geometric.nn")
            )
        if case.call == "aggregate":
            return run_aggregation(case)
        model = build(case)
        parameters = {name: tensor(case.inputs[name]) for name in case.inputs if name not in DATA}
        model.load_state_dict(whole_state(case, parameters))
        for before in case.options.get("before", []):
            seen = {name: argument(case, name, values).detach() for name, values in before.items()}
            self.call(model, case, **seen)
        model.train(case.options.get("training", True))
        data = {name: argument(case, name, case.inputs[name]) for name in DATA if name in case.inputs}
        constants = {name: argument(case, name, case.options[name]) for name in DATA if name in case.options}
        arguments = {**constants, **data}
        out = self.call(model, case, **arguments)
        out = read_out(case.options.get("readout"), out, arguments.get("batch"), arguments.get("batch_size"))
        outputs = model_outputs(case, activate(case.options.get("last"), out))
        return differentiate(case, {**data, **dict(model.named_parameters())}, outputs)

    def call(self, model: Any, case: Case, **arguments: Any) -> Any:
        """The model's output."""
        return call(model, case, **arguments)


def run_aggregation(case: Case) -> Result:
    """PyG's aggregation of that name."""
    rows, torch = tensor(case.inputs["rows"], True), import_torch()
    index = torch.tensor(case.options["index"], dtype=torch.long)
    aggregation = import_pyg("torch_geometric.nn.resolver").aggregation_resolver(case.options["aggr"])
    out = aggregation(rows, index, dim_size=case.options["num_groups"])
    return differentiate(case, {"rows": rows}, {"out": out})


def whole_state(case: Case, parameters: dict[str, Any]) -> dict[str, Any]:
    """A state_dict from the case's parameters: shared ones under all their names, and the buffers."""
    shared = {name: parameters[first] for name, first in case.options.get("aliases", {}).items()}
    return {**parameters, **shared, **{n: tensor(b) for n, b in case.options.get("buffers", {}).items()}}


def argument(case: Case, name: str, numbers: Any) -> Any:
    """A tensor of one of the inputs; one of the case's inputs takes a gradient. An integer stays one."""
    if numbers is None or isinstance(numbers, int):
        return numbers
    if name in INDICES:
        return import_torch().tensor(numbers, dtype=import_torch().long)
    found = tensor(numbers)
    if f"{name}_width" in case.options:
        found = found.reshape(0, case.options[f"{name}_width"])
    return found.requires_grad_(name in case.inputs)


def call(model: Any, case: Case, x: Any, **of_edges: Any) -> Any:
    """Run the model on the case's graph, if it has one."""
    if case.edge_index is None:
        return model(x, **of_edges)
    torch = import_torch()
    return model(x=x, edge_index=torch.tensor(case.edge_index, dtype=torch.long), **of_edges)


def read_out(name: str | None, h: Any, batch: Any = None, batch_size: int | None = None) -> Any:
    """One row for each graph by PyG's pooling; without a batch all nodes are in one graph."""
    if name is None:
        return h
    if batch is None:
        batch = import_torch().zeros(len(h), dtype=import_torch().long)
    return getattr(import_pyg("torch_geometric.nn"), READOUTS[name])(h, batch, batch_size)


def forward_on_karate(case: Case) -> Callable[[dict[str, Any]], Any]:
    """The training case's model on Karate Club, as a function of its parameters."""
    torch, graph, model = import_torch(), karate(), build(case)
    data = (tensor(graph.x), torch.tensor(list(graph.edge_index)))
    return lambda parameters: torch.func.functional_call(model, parameters, data)


def build(case: Case) -> Any:
    """PyG's layer or model for a case, with random weights."""
    sizes, act = case.options["sizes"], case.options.get("act")
    settings = {name: setting(case.call, name, value) for name, value in case.options.get("conv", {}).items()}
    if case.call == "MLP":
        named = case.options.get("conv", {"act": act, "norm": None})  # it finds activations by itself
        return moved(import_pyg("torch_geometric.nn").MLP(sizes, **named))
    if case.call != "GNN":
        pyg, torch = import_pyg("torch_geometric.nn"), import_torch().nn
        return moved(getattr(pyg if hasattr(pyg, case.call) else torch, case.call)(*sizes, **settings))
    model = pyg_model(case.options.get("kind", "gcn"))
    return moved(model(sizes[0], sizes[1], len(sizes) - 1, sizes[-1], act=act, **settings))


def setting(call: str, name: str, value: Any) -> Any:
    """A setting as PyG takes it: a module is built, ARMAConv's activation found, some lists are tensors."""
    if call == "ARMAConv" and name == "act" and isinstance(value, str):
        return import_pyg("torch_geometric.nn.resolver").activation_resolver(value)
    return import_torch().tensor(value) if name in TENSORS else built(value, find)


def find(name: str) -> Any:
    """A class of torch.nn, or of PyG."""
    of_torch = getattr(import_torch().nn, name, None)
    return of_torch or getattr(import_pyg("torch_geometric.nn"), name)
