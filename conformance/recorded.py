"""A case run in tinygnn with its inputs, outputs and objective still Values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tinygnn import linalg, nn
from tinygnn.conformance.case import Case
from tinygnn.conformance.modules import MODULE_DATA, WITH_GRADIENT, build, outputs_of
from tinygnn.conformance.tinygnn_backend import OPS, to_values, values_in, weighted_by
from tinygnn.conformance.tinygnn_models import put_parameters, run_model
from tinygnn.nn.module import leaves
from tinygnn.value import Value

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
