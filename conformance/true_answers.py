"""The right answers that stand in the vectors: what the truth computes, and the magnitude of each number.

Only `regenerate` needs this file and mpmath; everyone else reads the vectors.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tinygnn.conformance.case import Case, Numbers
from tinygnn.conformance.compare import EPS, OPTIMIZER_TOLERANCE, TRAINING_TOLERANCE, Expected
from tinygnn.conformance.conventions import conventions
from tinygnn.conformance.data import karate
from tinygnn.conformance.recorded import Change, Recorded, pick, record, record_with_constants, seed
from tinygnn.conformance.right_answers import measured, sizes_of_steps
from tinygnn.conformance.subgradients import subgradients
from tinygnn.conformance.tinygnn_models import training_model
from tinygnn.conformance.truth import Exact, exact_gradients, exact_numbers, settle
from tinygnn.conformance.truth_numbers import DIGITS, context, found, rounded
from tinygnn.conformance.truth_steps import DEFAULTS, moved_by, true_steps
from tinygnn.constants import record_constants
from tinygnn.losses import cross_entropy
from tinygnn.nn.module import leaves
from tinygnn.value import Value

# What is smaller than its terms by this factor may be what the cancelling of 50 digits left of a 0.
SMALL = 1e-20


def true_answer(case: Case) -> Expected:
    """The right answer of a case, rounded correctly, with all that is right as well."""
    if case.kind in ("optimizer", "schedule"):
        numbers = true_steps(case)
        return Expected(numbers, sizes_of_steps(case, numbers), OPTIMIZER_TOLERANCE / EPS)
    if case.kind == "training":
        losses = true_losses(case)
        return Expected({"loss": losses}, {"loss": [abs(x) for x in losses]}, TRAINING_TOLERANCE / EPS)
    plain = settled(case, record(case))
    expected = measured(case, plain)
    return replace(
        expected,
        outputs=without_dust(case, exact_answer(case), expected.magnitudes),
        subgradients=subgradients(case, settled(case, record_with_constants(case))),
        conventions=tuple(conventions(case, exact_answer)),
    )


def settled(case: Case, recorded: Recorded) -> Recorded:
    """A recorded case with the truth's numbers in the place of its own."""
    settle(recorded.objective, seed(case), leaves(list(recorded.outputs.values())))
    return recorded


def exact_answer(case: Case, change: Change | None = None) -> dict[str, Numbers]:
    """Outputs and gradients, computed at 50 digits with nothing rounded before."""
    recorded = record_with_constants(case, change)
    ends = leaves(list(recorded.outputs.values()))
    numbers = exact_numbers([recorded.objective, *ends])
    gradients = exact_gradients(recorded.objective, seed(case), numbers).of
    outputs = {name: pick(out, lambda v: rounded(numbers[v])) for name, out in recorded.outputs.items()}
    return {**outputs, **gradients_by_name(case, recorded, gradients)}


def gradients_by_name(case: Case, recorded: Recorded, gradients: Exact) -> dict[str, Numbers]:
    """The gradient of each input, as often as `backward` runs."""

    def of(leaf: Value) -> float:
        gradient = gradients.get(leaf, 0.0)
        return rounded(gradient if gradient == 0.0 else case.passes * gradient)

    return {f"grad {name}": pick(values, of) for name, values in recorded.inputs.items()}


def without_dust(
    case: Case, outputs: dict[str, Numbers], magnitudes: Mapping[str, Numbers]
) -> dict[str, Numbers]:
    """Zeros where nothing is left but rounding errors of 50 digits: twice the digits make these vanish."""
    pairs = [(leaves(outputs[name]), leaves(magnitudes[name])) for name in outputs]
    if not any(0.0 < abs(x) < SMALL * size < math.inf for own in pairs for x, size in zip(*own)):
        return outputs
    with context.workdps(2 * DIGITS):
        again = exact_answer(case)

    def settled(number: Numbers, sharper: Numbers) -> Numbers:
        if isinstance(number, list):
            return list(map(settled, number, sharper))
        return 0.0 if abs(sharper) < SMALL * abs(number) else sharper

    return {name: settled(numbers, again[name]) for name, numbers in outputs.items()}


def true_losses(case: Case, steps: int | None = None) -> list[float]:
    """The loss of a training run before every step, the weights between them at 50 digits: [steps].

    The graph of Values is recorded once: every step computes it again with other weights.
    """
    graph = karate()
    model = training_model(case, graph)
    with record_constants():
        loss = cross_entropy(model(graph), graph.y, mask=graph.train_mask)
    parameters: list[Value] = leaves(list(model.parameters()))
    settings = {**DEFAULTS["Adam"], **case.options["settings"]}
    weights = [context.mpf(p.data) for p in parameters]
    state: dict[str, Any] = {}
    losses = []
    for step in range(1, (steps or case.options["steps"]) + 1):
        numbers = exact_numbers([loss], dict(zip(parameters, map(found, weights))))
        losses.append(rounded(numbers[loss]))
        of: Mapping[Value, Any] = exact_gradients(loss, 1.0, numbers).of
        gradients = [context.mpf(of.get(p, 0.0)) for p in parameters]
        weights = moved_by("Adam", settings, step, weights, gradients, state)
    return losses
