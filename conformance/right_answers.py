"""What tinygnn answers in float64, with the magnitude of each number and the bound of c.

The answers in the vectors come from `true_answers`, with these magnitudes.
"""

from __future__ import annotations

from tinygnn.conformance.case import Case, Numbers
from tinygnn.conformance.compare import ROUNDINGS_PER_VALUE, Expected
from tinygnn.conformance.magnitude import magnitudes
from tinygnn.conformance.recorded import Recorded, pick, read
from tinygnn.conformance.sharp_magnitude import sharpened
from tinygnn.nn.module import leaves


def measured(case: Case, recorded: Recorded) -> Expected:
    """The numbers of outputs and gradients, each with the sum of its terms."""
    outputs = recorded.outputs
    sizes, gradients, longest = magnitudes(recorded.objective, leaves(list(outputs.values())))
    if case.kind == "op":  # those that use an operand twice; the graphs of others are too large for it
        sizes, gradients = sharpened(recorded.objective, sizes, gradients)
    terms = {name: pick(out, lambda v: sizes.get(v, 0.0)) for name, out in outputs.items()}
    for name, values in recorded.inputs.items():
        terms[f"grad {name}"] = pick(values, lambda v: case.passes * gradients.get(v, 0.0))
    return Expected(read(recorded), terms, ROUNDINGS_PER_VALUE + longest)


def sizes_of_steps(case: Case, numbers: dict[str, Numbers]) -> dict[str, Numbers]:
    """|w| and all changes to it so far; the learning rates themselves."""
    before = case.inputs["w"]
    size = [abs(w) for w in before]
    terms = []
    for weights in numbers["w"]:
        size = [s + abs(w - old) for s, w, old in zip(size, weights, before)]
        terms.append(size)
        before = weights
    return {name: terms if name == "w" else numbers[name] for name in numbers}
