"""The backend `torch`: every operation by torch's own, every model formula by formula."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tinygnn.conformance.case import Case, Numbers, Result
from tinygnn.conformance.data import karate
from tinygnn.conformance.precision import FLOAT64, Precision
from tinygnn.conformance.torch_models import has_formula, loss_of, model_output
from tinygnn.conformance.torch_modules import run_module
from tinygnn.conformance.torch_ops import import_torch, operations, tensor
from tinygnn.conformance.torch_place import line_there, place_of, placed, require_device
from tinygnn.conformance.torch_steps import run_optimizer


class TorchBackend:
    """Plain PyTorch. Raises AdapterError when made without torch."""

    name = "torch"

    def __init__(self, precision: Precision = FLOAT64, device: str = "cpu") -> None:
        self.version = import_torch().__version__ + place_of(precision.name, device)
        require_device(device)
        self.precision, self.device = precision, device

    def again(self, case: Case) -> str:
        """The line that shows a case again, where it is not the usual one."""
        return line_there(self.name, self.precision.name, self.device, case)

    def supports(self, case: Case) -> bool:
        if case.kind == "module":
            return case.call == "LSTM"  # PyTorch has none of the others
        if case.kind == "model":
            return has_formula(case)
        return case.kind != "op" or case.call in operations()

    def run(self, case: Case) -> Result:
        with placed(self.precision.name, self.device):
            return self.run_here(case)

    def run_here(self, case: Case) -> Result:
        """Run it, numbers and device being settled."""
        if case.kind == "module":
            return run_module(case, import_torch().nn)
        if case.kind in ("optimizer", "schedule"):
            return run_optimizer(case)
        if case.kind == "training":
            return run_training(case, dense_forward(case))
        inputs = {name: tensor(numbers, True) for name, numbers in case.inputs.items()}
        if case.kind == "op":
            outputs = {"out": operations()[case.call](**inputs, **case.options)}
        else:
            outputs = model_outputs(case, model_output(case, inputs))
        return differentiate(case, inputs, outputs)


def model_outputs(case: Case, out: Any) -> dict[str, Any]:
    """A model's "out", and its "loss" where the case has one."""
    loss = case.options.get("loss")
    if loss is None:
        return {"out": out}
    return {"out": out, "loss": loss_of(loss, out, case.options["target"], case.options["mask"])}


def differentiate(case: Case, inputs: dict[str, Any], outputs: dict[str, Any]) -> Result:
    """Run backward from the loss or the output with the case's cotangent; collect all numbers."""
    end = outputs.get("loss", outputs["out"])
    cotangent = tensor(case.cotangent).reshape(end.shape)
    for i in range(case.passes):
        end.backward(cotangent, retain_graph=i + 1 < case.passes)
    numbers: dict[str, Numbers] = {name: out.tolist() for name, out in outputs.items()}
    for name, value in inputs.items():
        # What the output does not depend on has the gradient 0; torch says None.
        gradient = import_torch().zeros_like(value) if value.grad is None else value.grad
        numbers[f"grad {name}"] = gradient.tolist()
    return Result(numbers)


def run_training(case: Case, forward: Callable[[dict[str, Any]], Any]) -> Result:
    """The loss before every step; `forward` takes the parameters by name and gives the logits."""
    torch = import_torch()
    graph = karate()
    parameters = {name: tensor(numbers, True) for name, numbers in case.inputs.items()}
    optimizer = torch.optim.Adam(parameters.values(), **case.options["settings"])
    losses = []
    for _ in range(case.options["steps"]):
        optimizer.zero_grad()
        loss = loss_of("cross_entropy", forward(parameters), graph.y, graph.train_mask)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return Result({"loss": losses})


def dense_forward(case: Case) -> Callable[[dict[str, Any]], Any]:
    """The training case's model on Karate Club, as a function of its parameters."""
    graph = karate()
    x, edges = tensor(graph.x), (graph.edge_index[0], graph.edge_index[1])
    on_karate = Case(case.id, "model", case.call, {}, case.options, edge_index=edges)
    return lambda parameters: model_output(on_karate, {"x": x, **parameters})
