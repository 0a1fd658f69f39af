"""The backend for one torch module: it is made, given the case's parameters, called and differentiated.

It runs in float64: the module is cast, and what it makes by itself (`torch.zeros(n)`) is float64 too. What
PyG's layer of that name takes by name the module is given by name, as far as its `forward` has that name;
the rest by position, in PyG's order. Torch's random state, its default type and the module that was given
are left as they were.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tinygnn.conformance.case import DATA, Case, Failed, Numbers, Result
from tinygnn.conformance.modules import MODULE_DATA, WITH_GRADIENT, outputs_of
from tinygnn.conformance.own_module import OwnModule, described
from tinygnn.conformance.parameter_names import load
from tinygnn.conformance.pyg_backend import argument, find, setting
from tinygnn.conformance.torch_backend import model_outputs
from tinygnn.conformance.torch_models import activate
from tinygnn.conformance.torch_ops import import_torch, tensor
from tinygnn.nn.module import leaves, shape


class ModuleBackend(OwnModule):
    """A class of torch modules, an instance, or a function, as a backend for one layer's cases."""

    library = "torch"

    @property
    def is_instance(self) -> bool:
        return isinstance(self.made, import_torch().nn.Module)

    def find(self, name: str) -> Any:
        return find(name)

    def setting(self, call: str, name: str, value: Any) -> Any:
        return setting(call, name, value)

    def holder(self, shapes: Mapping[str, list[int]]) -> Any:
        torch = import_torch()
        module = torch.nn.Module()
        for name, sizes in shapes.items():
            module.register_parameter(name, torch.nn.Parameter(torch.zeros(sizes)))
        return module

    def answer(self, case: Case) -> Result:
        with float64():
            module = self.module_for(case)
            return self.run_module(case, module) if case.kind == "module" else self.run_layer(case, module)

    def module_for(self, case: Case) -> Any:
        """The module of this case, in float64; Unsupported where it has not the options for it."""
        if self.is_instance:
            return copy.deepcopy(self.made).to("cpu", import_torch().float64)
        module = self.new(case)
        return module.double() if hasattr(module, "double") else module

    def run_layer(self, case: Case, module: Any) -> Result:
        """Run a layer on the case's graph."""
        parameters = load(module, case, DATA, self.params)
        for before in case.options.get("before", []):
            self.called(module, {n: argument(case, n, values).detach() for n, values in before.items()}, case)
        if hasattr(module, "train"):
            module.train(case.options.get("training", True))
        given = {**case.options, **case.inputs}
        leaf = {name: argument(case, name, given[name]) for name in DATA if name in given}
        torch = import_torch()
        data = {name: value.clone() if torch.is_tensor(value) else value for name, value in leaf.items()}
        out = self.called(module, dict(data), case)
        if not torch.is_tensor(out):
            raise Failed(f"forward returned {described(out)}, not one tensor")
        changed = [name for name in leaf if torch.is_tensor(leaf[name]) and not same(leaf[name], data[name])]
        outputs = model_outputs(case, activate(case.options.get("last"), out))
        if changed:
            self.remarks.update((f"input {name}", "forward changed it in place") for name in changed)
            return Result({"out": out.tolist(), **{f"input {name}": data[name].tolist() for name in changed}})
        inputs = {name: leaf[name] for name in leaf if name in case.inputs}
        return Result(self.differentiated(case, outputs, inputs, parameters))

    def run_module(self, case: Case, module: Any) -> Result:
        """Run a readout, a pooling or an LSTM."""
        parameters = load(module, case, MODULE_DATA, self.params) if hasattr(module, "parameters") else {}
        inputs = {name: tensor(case.inputs[name], True) for name in MODULE_DATA if name in case.inputs}
        torch = import_torch()
        outputs = outputs_of(case, module, inputs, lambda rows: torch.tensor(rows, dtype=torch.long))
        return Result(self.differentiated(case, outputs, inputs, parameters))

    def called(self, module: Any, data: dict[str, Any], case: Case) -> Any:
        """Call the module with the data, by name and by position."""
        edge_index = None
        if case.edge_index is not None:
            torch = import_torch()
            edge_index = torch.tensor(case.edge_index, dtype=torch.long)
            data = {**data, "edge_index": edge_index.clone()}
        out = self.forward(module, data)
        if edge_index is not None and not same(edge_index, data["edge_index"]):
            raise Failed("forward changed edge_index in place")
        return out

    def differentiated(
        self, case: Case, outputs: dict[str, Any], inputs: dict[str, Any], parameters: Mapping[str, Any]
    ) -> dict[str, Numbers]:
        """All numbers: the outputs', and the gradients of inputs and parameters by PyG's names."""
        torch = import_torch()
        numbers: dict[str, Numbers] = {name: out.tolist() for name, out in outputs.items()}
        if case.kind == "module":
            end = torch.cat([outputs[name].flatten() for name in WITH_GRADIENT if name in outputs])
            cotangent = tensor(case.cotangent)[: len(end)]
        else:
            end, cotangent = outputs.get("loss", outputs["out"]), tensor(case.cotangent)
        if end.dtype != torch.float64:
            self.remarks["out"] = f"{end.dtype}, although it was cast to float64"
        if end.numel() == cotangent.numel() == 0:
            cotangent = cotangent.reshape(end.shape)  # of no rows, nested lists do not tell the columns
        if end.shape != cotangent.shape:
            return {"out": numbers["out"]}
        if end.requires_grad:
            for i in range(case.passes):
                end.backward(cotangent.to(end.dtype), retain_graph=i + 1 < case.passes)
        expected = self.reference.expected(case).outputs
        for name, (leaf, transposed) in {**{n: (v, False) for n, v in inputs.items()}, **parameters}.items():
            key, gradient = f"grad {name}", leaf.grad
            if gradient is not None:
                numbers[key] = (gradient.T if transposed else gradient).tolist()
            elif all(number == 0.0 for number in leaves(expected.get(key, 1.0))):
                numbers[key] = expected[key]
            else:
                self.remarks[key] = f"no gradient at all (None), expected {shape(expected.get(key))} numbers"
        return numbers


@contextmanager
def float64() -> Iterator[None]:
    """Everything in float64, with gradients, and torch's state as before afterwards."""
    torch = import_torch()
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        with torch.random.fork_rng(devices=[]), torch.enable_grad():
            torch.manual_seed(0)
            yield
    finally:
        torch.set_default_dtype(before)


def same(a: Any, b: Any) -> bool:
    """Whether two tensors hold the same numbers; nan is nan."""
    torch = import_torch()
    return a.shape == b.shape and bool(torch.allclose(a, b, rtol=0.0, atol=0.0, equal_nan=True))
