"""A case run in tinygnn with its inputs, outputs and objective still Values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tinygnn import linalg, nn
from tinygnn.conformance.case import DATA, INDICES, Case, Numbers
from tinygnn.conformance.modules import MODULE_DATA, WITH_GRADIENT, build, outputs_of
from tinygnn.conformance.tinygnn_models import put_parameters, run_model
from tinygnn.conformance.tinygnn_ops import OPS
from tinygnn.constants import record_constants
from tinygnn.nn.module import leaves
from tinygnn.value import Value, as_value

# The kinds of cases that leave one graph of Values behind.
RECORDED = ("op", "model", "module")
Change = Callable[[Case, dict[str, Any]], tuple[Case, dict[str, Any]]]


@dataclass(frozen=True)
class Recorded:
    """outputs: by name. inputs: the case's, as leaves. objective: Σ cotangent · output, or the loss."""

    outputs: Mapping[str, Any]
    inputs: Mapping[str, Any]
    objective: Value


def record(case: Case, change: Change | None = None) -> Recorded:
    """Run an operation, a model or a module of tinygnn.

    change: is given the case and its leaves, and returns the case that runs instead with what it takes,
    computed from those leaves. No backward has run yet.
    """
    inputs: dict[str, Any] = {name: to_values(numbers) for name, numbers in case.inputs.items()}
    given = dict(inputs)
    if change is not None:
        case, given = change(case, given)
    if case.kind == "module":
        outputs, objective = module_outputs(case, given)
        return Recorded(outputs, inputs, objective)
    if case.kind == "op":
        outputs = {"out": values_in(OPS[case.call](**given, **case.options))}
    else:
        outputs = run_model(case, given)
    end = outputs.get("loss", outputs["out"])
    return Recorded(outputs, inputs, weighted_by(case.cotangent, end) if isinstance(end, list) else end)


def record_with_constants(case: Case, change: Change | None = None) -> Recorded:
    """The same with constants as Values too: features, weights, and what comes of degrees and settings."""

    def as_values(case: Case, given: dict[str, Any]) -> tuple[Case, dict[str, Any]]:
        if change is not None:
            case, given = change(case, given)
        if case.kind == "op":
            return case, given
        constants = [name for name in DATA if name not in INDICES and is_number(case.options.get(name))]
        given = {**given, **{name: to_values(case.options[name]) for name in constants}}
        rest = {name: option for name, option in case.options.items() if name not in constants}
        if "before" in rest:
            rest["before"] = [values_for_numbers(batch) for batch in rest["before"]]
        return replace(case, options=rest), given

    with record_constants():
        return record(case, as_values)


def values_for_numbers(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Leaves in place of what is made of floats."""
    return {name: to_values(given) if is_number(given) else given for name, given in arguments.items()}


def is_number(nested: Any) -> bool:
    """Whether it is a float, or nested lists of floats."""
    return isinstance(nested, float) or (isinstance(nested, list) and all(map(is_number, nested)))


def module_outputs(case: Case, inputs: Mapping[str, Any]) -> tuple[dict[str, Any], Value]:
    """The outputs of a module, and their sum weighted by the cotangent."""
    module = build(nn, case.call, case.options["settings"])
    put_parameters(module, {name: values for name, values in inputs.items() if name not in MODULE_DATA})
    outputs = {name: values_in(out) for name, out in outputs_of(case, module, inputs, lambda i: i).items()}
    ends = leaves([outputs[name] for name in WITH_GRADIENT if name in outputs])
    return outputs, linalg.linear_combination(case.cotangent[: len(ends)], ends)


def seed(case: Case) -> float:
    """What `backward` starts with at the objective."""
    scalar = "loss" in case.options or not isinstance(case.cotangent, list)
    return float(case.cotangent) if scalar and case.kind != "module" else 1.0


def weighted_by(cotangent: Numbers, out: Any) -> Value:
    """The one Value whose gradient is the cotangent at each output: Σ g_i out_i, or out itself."""
    if isinstance(out, Value):
        return out
    return linalg.linear_combination(leaves(cotangent), leaves(out))


def to_values(numbers: Numbers) -> Any:
    """Nested lists of new leaves."""
    return [to_values(part) for part in numbers] if isinstance(numbers, list) else Value(numbers)


def values_in(nested: Any) -> Any:
    """The same nesting with leaves in place of numbers that are constant."""
    return [values_in(part) for part in nested] if isinstance(nested, (list, tuple)) else as_value(nested)


def pick(nested: Any, read: Callable[[Value], float]) -> Numbers:
    """The same nesting with one number of each Value."""
    return [pick(part, read) for part in nested] if isinstance(nested, list) else read(nested)


# ---- backward, and what it leaves -----------------------------------------------------------------------


def differentiated(case: Case, change: Change | None = None) -> Recorded:
    """What `record` records, after backward has run as often as the case says."""
    recorded = record(case, change)
    for _ in range(case.passes):
        recorded.objective.backward(seed(case))
    return recorded


def read(recorded: Recorded) -> dict[str, Numbers]:
    """The numbers of the outputs, and the gradients of the inputs."""
    numbers = {name: pick(out, lambda v: v.data) for name, out in recorded.outputs.items()}
    gradients = {f"grad {name}": pick(leaf, lambda v: v.grad) for name, leaf in recorded.inputs.items()}
    return {**numbers, **gradients}
