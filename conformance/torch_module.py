"""The backend for one torch module: it is made, given the case's parameters, called and differentiated.

It runs in float64: the module is cast, and what it makes by itself (`torch.zeros(n)`) is float64 too. What
PyG's layer of that name takes by name the module is given by name, as far as its `forward` has that name;
the rest by position, in PyG's order. Torch's random state, its default type and the module that was given
are left as they were.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tinygnn.adapters.errors import AdapterError
from tinygnn.conformance.call_arguments import arguments_for
from tinygnn.conformance.case import DATA, Case, Numbers, Result, Unsupported
from tinygnn.conformance.modules import MODULE_DATA, WITH_GRADIENT, build, outputs_of
from tinygnn.conformance.parameter_names import load
from tinygnn.conformance.pyg_backend import argument, find, setting
from tinygnn.conformance.runner import Reference
from tinygnn.conformance.torch_backend import model_outputs
from tinygnn.conformance.torch_models import activate
from tinygnn.conformance.torch_ops import import_torch, tensor
from tinygnn.nn.module import leaves, shape


class ModuleBackend:
    """A class of torch modules, an instance, or a function, as a backend for one layer's cases.

    made: the class, instance or function. like: the layer whose cases it runs. params: the module's own
    names of parameters to PyG's. options: what the module does without being asked: cases that ask for
    something else are skipped, and these are not passed on. remarks: after `run`, what to say of an output
    in place of what the comparison says.
    """

    def __init__(
        self,
        made: Any,
        like: str,
        params: Mapping[str, str],
        options: Mapping[str, Any],
        reference: Reference,
    ) -> None:
        torch = import_torch()
        self.made, self.like, self.params, self.options = made, like, params, options
        self.reference = reference
        self.is_instance = isinstance(made, torch.nn.Module)
        self.name = type(made).__name__ if self.is_instance else getattr(made, "__name__", repr(made))
        self.version = f"with torch {torch.__version__}"
        self.remarks: dict[str, str] = {}

    def supports(self, case: Case) -> bool:
        return case.call == self.like and case.kind in ("model", "module")

    def run(self, case: Case) -> Result:
        self.remarks = {}
        with float64():
            module = self.module_for(case)
            return self.run_module(case, module) if case.kind == "module" else self.run_layer(case, module)

    def module_for(self, case: Case) -> Any:
        """The module of this case, in float64; Unsupported where it has not the options for it."""
        if self.is_instance:
            return copy.deepcopy(self.made).to("cpu", import_torch().float64)
        try:
            module = self.constructed(case)
        except (NotImplementedError, AdapterError) as error:
            raise Unsupported(f"it cannot be made: {error}") from error
        return module.double() if hasattr(module, "double") else module

    def constructed(self, case: Case) -> Any:
        """Call the class with the case's sizes and settings."""
        if case.kind == "module":
            if case.call.startswith("global_"):
                return self.made
            settings = self.accepted(case, case.options["settings"])
            return build(Library(self.like, self.made), case.call, settings)
        sizes, settings = case.options["sizes"], case.options.get("conv", {})
        if case.call == "MLP":
            sizes = [sizes]
            settings = case.options.get("conv", {"act": case.options.get("act"), "norm": None})
        accepted = self.accepted(case, settings)
        return self.made(*sizes, **{name: setting(case.call, name, v) for name, v in accepted.items()})

    def accepted(self, case: Case, settings: Mapping[str, Any]) -> dict[str, Any]:
        """The settings that the constructor is given; Unsupported where it takes one of them not."""
        defaults = pyg_defaults(case.call)
        for name, value in self.options.items():
            if settings.get(name, defaults.get(name)) != value:
                raise Unsupported(f"it has {name}={value!r}, as options says")
        taken = parameters_of(self.made)
        found = {}
        for name, value in settings.items():
            if name in self.options:
                continue
            if taken is None or name in taken:
                found[name] = value
            elif name not in defaults or defaults[name] != value:
                raise Unsupported(f"its constructor takes no {name}")
        return found

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
            raise TypeError(f"forward returned {described(out)}, not one tensor")
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
        positional, named, absent = arguments_for(getattr(module, "forward", module), data)
        try:
            out = module(*positional, **named)
        except Exception as error:
            if absent:
                names, short = " and ".join(absent), f"{type(error).__name__}: {error}"
                raise Unsupported(
                    f"its forward requires {names}, which the case has not, and with None it raises {short}"
                ) from error
            raise
        if edge_index is not None and not same(edge_index, data["edge_index"]):
            raise ValueError("forward changed edge_index in place")
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


class Library:
    """The modules that a case is made of: one of them is the user's, the others torch's and PyG's."""

    def __init__(self, name: str, made: Any) -> None:
        self.name, self.made = name, made

    def __getattr__(self, name: str) -> Any:
        return self.made if name == self.name else find(name)


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


def pyg_defaults(call: str) -> dict[str, Any]:
    """The defaults of PyG's layer of that name, which are those of tinygnn's."""
    from tinygnn import nn

    made = getattr(nn, call, None)
    if made is None:
        return {}
    entries = inspect.signature(made).parameters.values()
    return {p.name: p.default for p in entries if p.default is not inspect.Parameter.empty}


def parameters_of(made: Callable[..., Any]) -> set[str] | None:
    """The names that a class's constructor takes; None if it takes any."""
    try:
        entries = inspect.signature(made).parameters.values()
    except (TypeError, ValueError):
        return None
    if any(entry.kind is inspect.Parameter.VAR_KEYWORD for entry in entries):
        return None
    return {entry.name for entry in entries if entry.kind is not inspect.Parameter.POSITIONAL_ONLY}


def same(a: Any, b: Any) -> bool:
    """Whether two tensors hold the same numbers; nan is nan."""
    torch = import_torch()
    return a.shape == b.shape and bool(torch.allclose(a, b, rtol=0.0, atol=0.0, equal_nan=True))


def described(out: Any) -> str:
    """What was returned, in words."""
    if isinstance(out, (tuple, list)):
        return f"a {type(out).__name__} of {len(out)}"
    return "None" if out is None else f"a {type(out).__name__}"
