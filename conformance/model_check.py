"""A torch module's layers held against tinygnn's, one by one, on what they were given in one run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tinygnn.conformance.between_layers import between_checks
from tinygnn.conformance.case import Unsupported
from tinygnn.conformance.checks import Check, compared, rows
from tinygnn.conformance.known_layers import known_reasons
from tinygnn.conformance.layer_calls import run_layers
from tinygnn.conformance.layer_replay import NO_GRADIENT, Replay, input_checks, output_check, replayed
from tinygnn.conformance.message_check import message_checks
from tinygnn.conformance.torch_ops import import_torch
from tinygnn.conformance.twins import Twin, twins_of
from tinygnn.nn.module import leaves


@dataclass(frozen=True)
class LayerReport:
    """What came of one call of a layer. reason: why it was not compared, "" where it was.

    note: what is worth knowing although no number departs: that the layer was given other edges. known: why
    PyG's own layer departs, where all that does is recorded, see `known_reasons`. after: whether the gradient
    that comes back to it is that of what follows it, see `between_layers`; None where nobody can say.
    """

    name: str
    kind: str
    checks: list[Check] = field(default_factory=list)
    reason: str = ""
    note: str = ""
    known: list[str] = field(default_factory=list)
    after: Check | None = None

    @property
    def departs(self) -> list[Check]:
        """The quantities that are not tinygnn's, the first that departs first."""
        return [check for check in self.checks if not check.ok]

    @property
    def failed(self) -> bool:
        """Whether anything is wrong that is not recorded."""
        wrong_after = self.after is not None and not self.after.ok
        return wrong_after or (bool(self.departs) and not self.known)


def check_layers(module: Any, run: Callable[[Any], Any], edges: Any = None) -> list[LayerReport]:
    """Run a torch module by `run(module)`, forward and backward, and compare every layer.

    Then it runs forward again, up to four times for every call of a layer, see `between_layers`.
    edges: the graph's, a tensor [2][E]; layers that are given others have a note that says so.
    The numbers of a layer come in the order in which they are made: messages, aggregates and output, then
    back again their gradients, those of what the layer was given, and those of its parameters.
    """
    twins = twins_of(module)
    calls = run_layers(module, twins, run)
    reports: list[LayerReport] = []
    for call in calls:
        same = [other for other in calls if other.twin is call.twin]
        name = call.twin.name + f", call {same.index(call) + 1}" * (len(same) > 1)
        try:
            found = replayed(call)
        except Unsupported as reason:
            reports.append(LayerReport(name, call.twin.kind, reason=str(reason)))
            continue
        forward, backward = message_checks(found, call)
        checks = [*forward, output_check(found, call), *backward, *input_checks(found, call)]
        if len(same) == 1:
            checks += parameter_checks(found, call.twin, twins)
        note = other_edges(found.given.get("edge_index"), edges)
        known = known_reasons(call.twin, [check for check in checks if not check.ok])
        reports.append(LayerReport(name, call.twin.kind, checks, note=note, known=known))
    between = between_checks(module, run, calls, [bool(report.departs) for report in reports])
    reports = [replace(report, after=between.get(k)) for k, report in enumerate(reports)]
    called = {id(call.twin) for call in calls}
    left = [twin for twin in twins if id(twin) not in called]
    return reports + [LayerReport(twin.name, twin.kind, reason="it was not called") for twin in left]


def other_edges(given: Any, edges: Any) -> str:
    """What is different about the edges that a layer was given, "" where they are the graph's."""
    if given is None or edges is None or (given.shape == edges.shape and bool((given == edges).all())):
        return ""
    if given.shape == edges.shape and bool((given == edges.flip(0)).all()):
        return "it was given the graph's edges with their sources and targets exchanged"
    ours, theirs = edges.size(1), given.size(1)
    return f"it was given {theirs} edges that are not the {ours} of the graph, or in another order"


def parameter_checks(found: Replay, twin: Twin, twins: Sequence[Twin]) -> Iterator[Check]:
    """The gradients of a layer's parameters, of those that no other layer shares."""
    torch = import_torch()
    shared = {id(p) for other in twins if other is not twin for p in other.layer.parameters()}
    theirs = dict(twin.layer.named_parameters())
    for name, values in [] if twin.ours is None else twin.ours.named_parameters():
        parameter = theirs.get(name)
        if parameter is None or id(parameter) in shared:
            continue
        none = parameter.grad is None
        gradient = torch.zeros_like(parameter) if none else parameter.grad
        numbers = leaves(values)
        yield compared(
            f"gradient of {name}" + NO_GRADIENT * none,
            [number.grad for number in numbers],
            gradient.flatten().tolist(),
            list(map(found.gradient_size, numbers)),
            found.gradient_bound,
            rows(list(parameter.shape), ""),
            lambda k, numbers=numbers: found.interval(numbers[k]),  # type: ignore[misc]
        )
