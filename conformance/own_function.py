"""The backend for a function of a user's: an operation on Values, or on torch's tensors."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from tinygnn.conformance.case import Case, Failed, Result, Unsupported
from tinygnn.conformance.own_module import OwnCode, defaults_of, described
from tinygnn.conformance.recorded import to_values, weighted_by
from tinygnn.conformance.tinygnn_ops import OPS
from tinygnn.conformance.torch_ops import import_torch, tensor
from tinygnn.conformance.value_module import gradients_of, values_in
from tinygnn.nn.module import leaves, numbers_of, shape
from tinygnn.value import Value

IN_NAMES = ("aggr",)  # what the name of the operation says already: op/aggregate-mean
Parameter = inspect.Parameter
POSITIONAL = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)


class FunctionBackend(OwnCode):
    """A function that takes Values (and numbers) and returns Values."""

    def answer(self, case: Case) -> Result:
        inputs = {name: to_values(numbers) for name, numbers in case.inputs.items()}
        positional, named = arguments(self.made, case, {**copy.deepcopy(dict(case.options)), **inputs})
        returned = self.made(*positional, **named)
        try:
            out = values_in(returned)
        except TypeError as error:
            raise Failed(
                f"{self.name} returned {described(returned)}, not a Value or rows of them"
            ) from error
        if shape(out) != shape(case.cotangent):
            return Result({"out": numbers_of(out)})
        objective = weighted_by(case.cotangent, out)
        for _ in range(case.passes):
            objective.backward(1.0 if isinstance(case.cotangent, list) else case.cotangent)
        expected = self.reference.expected(case).outputs
        gradients, remarks = gradients_of(objective, {n: (v, False) for n, v in inputs.items()}, expected)
        if remarks and not any(isinstance(each, Value) for each in leaves(returned)):
            what = f"{described(returned)} in place of a Value: give it parents and partials"
            remarks = dict.fromkeys(remarks, f"no gradient at all: {self.name} returned {what}")
        self.remarks.update(remarks)
        return Result({"out": numbers_of(out), **gradients})


class TensorFunctionBackend(OwnCode):
    """A function that takes torch's tensors, constants too, and returns one."""

    library = "torch"

    def answer(self, case: Case) -> Result:
        torch = import_torch()
        inputs = {name: tensor(numbers, True) for name, numbers in case.inputs.items()}
        constants = {name: constant(copy.deepcopy(option)) for name, option in case.options.items()}
        positional, named = arguments(self.made, case, {**constants, **inputs})
        with torch.enable_grad():
            out = self.made(*positional, **named)
        if not torch.is_tensor(out):
            raise Failed(f"{self.name} returned {described(out)}, not one tensor")
        cotangent = tensor(case.cotangent)
        if out.shape != cotangent.shape:
            return Result({"out": out.tolist()})
        if out.requires_grad:
            for i in range(case.passes):
                out.backward(cotangent.to(out.dtype), retain_graph=i + 1 < case.passes)
        expected = self.reference.expected(case).outputs
        numbers = {"out": out.tolist()}
        for name, leaf in inputs.items():
            gradient = torch.zeros_like(leaf) if leaf.grad is None else leaf.grad
            numbers[f"grad {name}"] = gradient.tolist()
            if leaf.grad is None and any(x != 0.0 for x in leaves(expected[f"grad {name}"])):
                self.remarks[f"grad {name}"] = "no gradient at all (None)"
        return Result(numbers)


def constant(option: Any) -> Any:
    """A target, weights or an index as a tensor, floats of them in float64; anything else as it is."""
    if not isinstance(option, list) or -1 in shape(option) or not option:
        return option
    made = import_torch().tensor(option)  # which rounds floats to float32
    return tensor(option) if made.is_floating_point() else made


def arguments(
    function: Callable[..., Any], case: Case, given: Mapping[str, Any]
) -> tuple[list[Any], dict[str, Any]]:
    """How the function is called: by the operation's names where it has them, else by position, in its order.

    Raises Unsupported where the case sets something that the function takes no argument for.

    >>> from tinygnn.conformance.vectors import find_vector
    >>> arguments(lambda z: None, find_vector("op/tanh/positive").case, {"x": 1.0})
    ([1.0], {})
    """
    order = canonical(case.call, given)
    left = {name: given[name] for name in order}
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):  # written in C: such functions take their operands by position
        return list(left.values()), {}
    by_place = [p for p in parameters if p.kind in POSITIONAL]
    if any(p.kind is Parameter.VAR_POSITIONAL for p in parameters):
        return list(left.values()), {}
    found = {p.name: left.pop(p.name) for p in parameters if p.name in left}
    for parameter in by_place:
        if parameter.name not in found and left and parameter.default is Parameter.empty:
            name = next(iter(left))
            found[parameter.name] = left.pop(name)
    if any(p.kind is Parameter.VAR_KEYWORD for p in parameters):
        found.update(left)
        left = {}
    defaults = defaults_of(OPS[case.call])
    for name, value in left.items():
        if name not in IN_NAMES and (name not in defaults or defaults[name] != value):
            raise Unsupported(f"it takes no {name}")
    places = []
    for parameter in by_place:
        if parameter.name not in found:
            break
        places.append(found.pop(parameter.name))
    return places, found


def canonical(call: str, given: Mapping[str, Any]) -> list[str]:
    """The names of an operation's arguments, in the order in which it takes them."""
    names = [name for name in inspect.signature(OPS[call]).parameters if name in given]
    return [*names, *[name for name in given if name not in names]]
