"""A case with other sizes: the same graph and options, new numbers, tinygnn's own answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tinygnn.conformance.case import DATA, Case
from tinygnn.conformance.compare import Expected
from tinygnn.conformance.convs_table import parameters
from tinygnn.conformance.data import numbers
from tinygnn.conformance.recorded import differentiated, to_values
from tinygnn.conformance.right_answers import measured
from tinygnn.conformance.runner import Reference
from tinygnn.conformance.tinygnn_models import run_model
from tinygnn.nn.module import shape

# Flags of a graph and of what is given; a case with another one needs its own numbers.
OF_GRAPHS = {
    "directed", "duplicate-edge", "edge-attr", "edge-weight", "isolated", "no-edges", "one-node", "self-loop",
}  # fmt: skip


def resized(
    case: Case,
    sizes: list[int],
    settings: Mapping[str, Any],
    widths: Sequence[int],
    edge_widths: Sequence[int],
) -> Case | None:
    """The case with these sizes and settings, or None where its numbers mean something.

    widths, edge_widths: how many columns x and the features of the edges may have; the first with which
    tinygnn's layer runs are taken.
    """
    odd = {"before", "last", "x", "x_0", "edge_weight", "edge_attr", "edge_attr_width"}
    if (
        "x" not in case.inputs
        or not set(case.flags) <= OF_GRAPHS
        or odd & {n for n, v in case.options.items() if v is not None}
    ):
        return None
    name = f"{case.id}@{'x'.join(map(str, sizes)) or 'own'}"
    options = {**case.options, "sizes": sizes, "conv": dict(settings)}
    try:
        state, buffers, aliases = parameters(case.call, name, options)
    except (ValueError, TypeError):
        return None
    options.update({"buffers": buffers} if buffers else {}, **({"aliases": aliases} if aliases else {}))
    if 0.0 < settings.get("dropout", 0.0) < 1.0:
        options["training"] = False  # what is dropped is drawn
    before = len(case.inputs["x"][0])
    for width in dict.fromkeys(widths):
        for edge_width in dict.fromkeys(_edge_widths(case, before, width, edge_widths)):
            drawn = {"x": width, "x_0": width, "edge_attr": edge_width}
            inputs = {
                n: numbers(f"{name}/{n}", len(part), drawn[n]) if drawn.get(n) else part
                for n, part in case.inputs.items()
                if n in DATA
            }
            trial = replace(case, id=name, inputs={**inputs, **state}, options=options)
            rows = _output(trial)
            if rows is not None:
                return replace(trial, cotangent=numbers(f"{name}/cotangent", *rows))
    return None


def _edge_widths(case: Case, before: int, width: int, widths: Sequence[int]) -> list[int]:
    """How wide edge features may be: as they are, or as x where they were; 0 is no row, but a number."""
    sizes = shape(case.inputs.get("edge_attr", []))
    if not sizes or len(sizes) == 1:
        return [0]
    return [width if sizes[1] == before else sizes[1], *widths]


def _output(case: Case) -> list[int] | None:
    """The shape of the output, or None where the sizes do not fit."""
    try:
        return shape(run_model(case, {n: to_values(part) for n, part in case.inputs.items()})["out"])
    except (ValueError, TypeError, IndexError):
        return None


class WithOwnAnswers(Reference):
    """The suite's answers, and tinygnn's for cases that are not the suite's."""

    def __init__(self, answers: Reference, made: Sequence[Case]) -> None:
        super().__init__()
        self._suite, self._made = answers, {case.id for case in made if "@" in case.id}
        self._found: dict[str, Expected] = {}

    def expected(self, case: Case) -> Expected:
        if case.id not in self._made:
            return self._suite.expected(case)
        if case.id not in self._found:
            self._found[case.id] = measured(case, differentiated(case))
        return self._found[case.id]
