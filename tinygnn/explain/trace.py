"""`trace`: the arithmetic of one node in one layer as text, to be checked with a calculator."""

from __future__ import annotations

from typing import Any

from tinygnn.explain.chain import Chain
from tinygnn.explain.expression import plain_number
from tinygnn.explain.formulas import NORMAL
from tinygnn.explain.subject import Subject, node_label
from tinygnn.explain.weight import weight_steps


def trace_text(subject: Subject, node: int, layer: int, entry: int | None = None) -> str:
    """Every line is `name = numbers = result`: from the numbers as printed the result comes out.

    Results have six significant digits; where a sum cancels, its terms have more.
    """
    chain = Chain(subject, layer, node, entry)
    call, label = chain.call, subject.label(node)
    lines = [subject.title] if subject.title else []
    lines += [f"{call.name or 'the model'}: {call.module!r}, layer {layer} of {len(subject.layers)}, "
              f"node {label}; loss {plain_number(subject.loss.data)}"]  # fmt: skip
    lines += subject.notes
    for number, step in enumerate(chain.steps, 1):
        lines += ["", f"{number}. {step.title}", *[f"   {line.text()}" for line in step.lines]]
    if any("Φ(" in line for line in lines):
        lines += ["", NORMAL]
    return "\n".join([*lines, ""])


def weight_text(subject: Subject, name: str) -> str:
    """The parts of a weight's gradient and its next step, in lines of the same kind."""
    lines = []
    for number, step in enumerate(weight_steps(subject, name), 1):
        lines += ["", f"w{number}. {step.title}", *[f"   {line.text()}" for line in step.lines]]
    return "\n".join([*lines, ""])


def trace_facts(subject: Subject, node: int, layer: int, entry: int | None = None) -> dict[str, Any]:
    """The same for JSON, with all digits and the gradient of each Value."""
    chain = Chain(subject, layer, node, entry)
    return {
        "subject": subject.title,
        "notes": subject.notes,
        "model": repr(subject.model),
        "layer": layer,
        "name": chain.call.name,
        "module": repr(chain.call.module),
        "node": node,
        "label": node_label(subject.graph, node),
        "loss": subject.loss.data,
        "steps": [step.facts() for step in chain.steps],
    }
