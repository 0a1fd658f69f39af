"""The backend for one tinygnn module of a user's: made, given the case's parameters, called, differentiated.

It is to `tinygnn.nn.Module` what `torch_module` is to torch's: what the layer takes by PyG's names it is
given by name, the rest by position; an instance is copied and left as it was.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from tinygnn.conformance.case import DATA, Case, Failed, Numbers, Result
from tinygnn.conformance.described import built
from tinygnn.conformance.modules import MODULE_DATA, WITH_GRADIENT, outputs_of
from tinygnn.conformance.own_module import OwnModule, described
from tinygnn.conformance.parameter_names import matched, translated
from tinygnn.conformance.recorded import pick, to_values, weighted_by
from tinygnn.conformance.tinygnn_models import find, finished
from tinygnn.linalg import linear_combination
from tinygnn.nn import init
from tinygnn.nn.module import Module, leaves, numbers_of, shape
from tinygnn.value import Value, as_value, topological_order

Found = dict[str, tuple[Any, bool]]  # by PyG's name: a parameter's Values, and whether they are transposed
NO_GRADIENT = "no gradient at all: the output was not made from it"


class ValueModuleBackend(OwnModule):
    """A class of tinygnn modules, an instance, or a function of Values, as a backend for a layer's cases."""

    @property
    def is_instance(self) -> bool:
        return isinstance(self.made, Module)

    def find(self, name: str) -> Any:
        return find(name)

    def setting(self, call: str, name: str, value: Any) -> Any:
        return built(value, find)

    def holder(self, shapes: Mapping[str, list[int]]) -> Any:
        module = Module()
        for name, sizes in shapes.items():
            setattr(module, name, zeros_of(sizes))
        return module

    def answer(self, case: Case) -> Result:
        before = init.default_rng.getstate()
        try:
            module = copy.deepcopy(self.made) if self.is_instance else self.new(case)
            return self.run_module(case, module) if case.kind == "module" else self.run_layer(case, module)
        finally:
            init.default_rng.setstate(before)

    def run_layer(self, case: Case, module: Any) -> Result:
        """Run a layer on the case's graph."""
        parameters = load(module, case, DATA, self.params)
        for before in case.options.get("before", []):
            self.called(module, copy.deepcopy(before), case)
        if hasattr(module, "train"):
            module.train(case.options.get("training", True))
        leaf = {name: to_values(case.inputs[name]) for name in DATA if name in case.inputs}
        given = {name: case.options[name] for name in DATA if name in case.options}
        data = {name: copied(values) for name, values in {**given, **leaf}.items()}
        out = self.called(module, dict(data), case)
        if shape(out) != shape(case.cotangent) and not isinstance(out, (list, tuple)):
            raise Failed(f"forward returned {described(out)}, not rows of Values")
        before_call = {**given, **{name: case.inputs[name] for name in leaf}}
        changed = [name for name, values in data.items() if not same(numbers_of(values), before_call[name])]
        if changed:
            self.remarks.update((f"input {name}", "forward changed it in place") for name in changed)
            now = {f"input {name}": numbers_of(data[name]) for name in changed}
            return Result({"out": numbers_of(values_in(out)), **now})
        outputs = finished(case, values_in(out))
        return Result(
            self.differentiated(case, outputs, {n: (v, False) for n, v in leaf.items()}, parameters)
        )

    def run_module(self, case: Case, module: Any) -> Result:
        """Run a readout, a pooling or an LSTM."""
        parameters = load(module, case, MODULE_DATA, self.params)
        inputs = {name: to_values(case.inputs[name]) for name in MODULE_DATA if name in case.inputs}
        given = {name: copied(values) for name, values in inputs.items()}
        found = outputs_of(case, module, given, lambda index: copy.deepcopy(index))
        outputs = {name: values_in(out) for name, out in found.items()}
        return Result(
            self.differentiated(case, outputs, {n: (v, False) for n, v in inputs.items()}, parameters)
        )

    def called(self, module: Any, data: dict[str, Any], case: Case) -> Any:
        """Call the module with the data, by name and by position."""
        edges = None
        if case.edge_index is not None:
            edges = ([*case.edge_index[0]], [*case.edge_index[1]])
            data = {**data, "edge_index": edges}
        out = self.forward(module, data)
        if edges is not None and list(map(list, edges)) != list(map(list, case.edge_index or ())):
            raise Failed("forward changed edge_index in place")
        return out

    def differentiated(
        self, case: Case, outputs: dict[str, Any], inputs: Found, parameters: Found
    ) -> dict[str, Numbers]:
        """All numbers: the outputs', and the gradients of inputs and parameters by PyG's names."""
        numbers: dict[str, Numbers] = {name: numbers_of(out) for name, out in outputs.items()}
        if case.kind == "module":
            ends = leaves([outputs[name] for name in WITH_GRADIENT if name in outputs])
            objective, seed = linear_combination(case.cotangent[: len(ends)], ends), 1.0
        elif "loss" in outputs:
            objective, seed = outputs["loss"], float(case.cotangent)
        elif shape(outputs["out"]) == shape(case.cotangent):
            objective, seed = weighted_by(case.cotangent, outputs["out"]), 1.0
        else:
            return {"out": numbers["out"]}
        for _ in range(case.passes):
            objective.backward(seed)
        gradients, remarks = gradients_of(
            objective, {**inputs, **parameters}, self.reference.expected(case).outputs
        )
        self.remarks.update(remarks)
        return {**numbers, **gradients}


def load(module: Any, case: Case, data: tuple[str, ...], params: Mapping[str, str]) -> Found:
    """Put the case's numbers into a tinygnn module: each parameter's Values, and whether transposed.

    Raises WrongParameters as `matched` does.
    """
    if not isinstance(module, Module):
        return {}
    own = dict(module.named_parameters())
    names = matched({name: shape(values) for name, values in own.items()}, case, data, params)
    found: Found = {pyg: (own[name], transposed) for pyg, (name, transposed) in names.items()}
    for pyg, (values, transposed) in found.items():
        numbers = turned(case.inputs[pyg]) if transposed else case.inputs[pyg]
        for value, number in zip(leaves(values), leaves(numbers)):
            value.data = number
    buffers = case.options.get("buffers", {})
    for name, present in list(module.named_buffers()):
        numbers = buffers.get(translated(name, params)[0])
        if numbers is not None and shape(present) == shape(numbers):
            path, _, last = name.rpartition(".")
            holder: Any = module
            for part in path.split(".") if path else []:
                holder = holder[int(part)] if isinstance(holder, (list, tuple)) else getattr(holder, part)
            setattr(holder, last, copy.deepcopy(numbers))
    return found


def gradients_of(
    objective: Value, found: Found, expected: Mapping[str, Numbers]
) -> tuple[dict[str, Numbers], dict[str, str]]:
    """The gradients by PyG's names, and what to say of those that nothing arrived at."""
    reached = {id(parent) for node in topological_order(objective) for parent in node.parents} | {
        id(objective)
    }
    gradients, remarks = {}, {}
    for name, (values, transposed) in found.items():
        key, own = f"grad {name}", leaves(values)
        numbers = pick(copied(values), lambda v: v.grad)
        gradients[key] = turned(numbers) if transposed else numbers
        wanted = leaves(expected.get(key, 0.0))
        if own and not any(id(value) in reached for value in own) and any(n != 0.0 for n in wanted):
            remarks[key] = NO_GRADIENT
    return gradients, remarks


def zeros_of(sizes: list[int]) -> Any:
    """Nested lists of new Values."""
    return [zeros_of(sizes[1:]) for _ in range(sizes[0])] if sizes else Value(0.0)


def copied(nested: Any) -> Any:
    """New lists with the same entries: what a forward does to them stays its own."""
    return [copied(part) for part in nested] if isinstance(nested, (list, tuple)) else nested


def turned(matrix: Any) -> Any:
    """The transpose of nested lists."""
    return [list(column) for column in zip(*matrix)]


def values_in(nested: Any) -> Any:
    """The same nesting with leaves in place of constant numbers. Raises TypeError for anything else."""
    return [values_in(part) for part in nested] if isinstance(nested, (list, tuple)) else as_value(nested)


def same(a: Any, b: Any) -> bool:
    """Whether nested lists hold the same numbers; nan is nan."""
    if shape(a) != shape(b):
        return False
    return all(x == y or (x != x and y != y) for x, y in zip(leaves(a), leaves(b)))
