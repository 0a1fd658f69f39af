"""A layer's call of a torch module once more, by tinygnn's layer: its output and gradients.

tinygnn's layer is given what the other was given, and the gradient that the other's output has. So a mistake
shows in its own layer and in no other.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tinygnn.conformance.call_arguments import OTHERS
from tinygnn.conformance.case import Unsupported
from tinygnn.conformance.checks import Check, compared, rows
from tinygnn.conformance.compare import ROUNDINGS_PER_VALUE
from tinygnn.conformance.layer_calls import LayerCall
from tinygnn.conformance.magnitude import magnitudes
from tinygnn.conformance.subgradients import backward_intervals
from tinygnn.conformance.ties import CONSERVING
from tinygnn.conformance.torch_ops import import_torch
from tinygnn.explain import record
from tinygnn.linalg import linear_combination
from tinygnn.nn.module import leaves, shape
from tinygnn.tape import Passing
from tinygnn.value import Value, topological_order

NO_GRADIENT = " (torch has none there)"


@dataclass(frozen=True, eq=False)
class Replay:
    """What tinygnn's layer was given, and gave; backward has run.

    given: tensors by PyG's names. arguments: the same as tinygnn has them. sizes and gradients: the sum of
    the absolute terms of each Value and of its gradient, against which errors are measured; bound and
    gradient_bound: what rounding explains.
    """

    given: dict[str, Any]
    arguments: dict[str, Any]
    output: Any
    passings: list[Passing]
    sizes: dict[Value, float]
    gradients: dict[Value, float]
    bound: float
    gradient_bound: float
    objective: Value
    inputs: list[Value]

    @cached_property
    def intervals(self) -> dict[Value, tuple[float, float]]:
        """Of each Value where its subgradients lie; found when something departs, for it takes its time."""
        return backward_intervals(self.objective, 1.0, self.inputs)

    def interval(self, number: Any) -> tuple[float, float]:
        return self.intervals.get(number, (0.0, 0.0))

    def size(self, number: Any) -> float:
        return self.sizes.get(number, 0.0) if isinstance(number, Value) else abs(number)

    def gradient_size(self, number: Any) -> float:
        return self.gradients.get(number, 0.0) if isinstance(number, Value) else 0.0


def replayed(call: LayerCall) -> Replay:
    """Run tinygnn's layer. Raises Unsupported where there is none, or it cannot take what was given."""
    ours = call.twin.ours
    if ours is None:
        raise Unsupported(call.twin.reason)
    if call.output is None:
        raise Unsupported("it gives no tensor back")
    given = by_name(call)
    arguments = {name: of_ours(name, entry) for name, entry in given.items()}
    first, *rest = arguments  # the first by place: PyTorch calls x input
    try:
        with record() as tape:
            out = ours(arguments[first], **{name: arguments[name] for name in rest})
    except (TypeError, ValueError, IndexError) as error:
        raise Unsupported(
            f"tinygnn's {type(ours).__name__} does not take what it was given: {error}"
        ) from error
    out = out[0] if isinstance(out, tuple) else out
    numbers = leaves(out)
    gradient = call.output.grad if call.output.numel() == len(numbers) else None
    seeds = [0.0] * len(numbers) if gradient is None else gradient.flatten().tolist()
    ends = [(seed, number) for seed, number in zip(seeds, numbers) if isinstance(number, Value)]
    objective = linear_combination([seed for seed, _ in ends], [number for _, number in ends])
    objective.backward()
    try:
        sizes, gradients, _ = magnitudes(objective, [number for _, number in ends])
    except KeyError as error:
        raise Unsupported(str(error.args[0])) from error
    passings = [passing for inner in tape.calls[0].walk() for passing in inner.passings]
    bound, gradient_bound = [ROUNDINGS_PER_VALUE + longest for longest in longest_sums(objective)]
    inputs = [number for number in leaves([*arguments.values()]) if isinstance(number, Value)]
    inputs += [number for _, values in ours.named_parameters() for number in leaves(values)]
    return Replay(given, arguments, out, passings, sizes, gradients, bound, gradient_bound, objective, inputs)


def longest_sums(objective: Value) -> tuple[int, int]:
    """How many terms the longest sum has, forward and of a gradient; the objective itself does not count."""
    uses: dict[Value, int] = {}
    longest = 1
    for node in topological_order(objective)[1:]:
        longest = max(longest, len(node.parents))
        for parent in node.parents:
            uses[parent] = uses.get(parent, 0) + 1
    return longest, max([longest, *uses.values()])


def output_check(found: Replay, call: LayerCall) -> Check:
    """The output."""
    ours, theirs = shape(found.output), list(call.output.shape)
    if ours != theirs:
        return Check("output", problem=f"its shape is {theirs}, tinygnn's is {ours}")
    numbers = leaves(found.output)
    got = call.output.detach().flatten().tolist()
    return compared(
        "output", list(map(float, numbers)), got, list(map(found.size, numbers)), found.bound, rows(theirs)
    )


def input_checks(found: Replay, call: LayerCall) -> Iterator[Check]:
    """The gradients of what the layer was given; where torch has none that is 0."""
    torch = import_torch()
    conserving = type(call.twin.ours).__name__ in (*CONSERVING, "JumpingKnowledge")
    for name, given in found.given.items():
        numbers = leaves(found.arguments[name])
        if not numbers or not isinstance(numbers[0], Value):
            continue
        tensors = leaves(given)
        got = [(torch.zeros_like(t) if t.grad is None else t.grad).flatten() for t in tensors]
        row = "edge" if name.startswith("edge_") else "node"
        check = compared(
            f"gradient of {name}" + NO_GRADIENT * all(t.grad is None for t in tensors),
            [number.grad for number in numbers],
            torch.cat(got).tolist(),
            list(map(found.gradient_size, numbers)),
            found.gradient_bound,
            rows(list(tensors[0].shape), row if len(tensors) == 1 else ""),
            lambda k, numbers=numbers: found.interval(numbers[k]),  # type: ignore[misc]
            tensors[0].shape[-1] if conserving and tensors[0].dim() == 2 else 0,
        )
        yield check


def by_name(call: LayerCall) -> dict[str, Any]:
    """What was given, by the names of the class of PyG's or PyTorch's; None is left out.

    Raises Unsupported for what tinygnn does not have.
    """
    theirs = call.twin.base
    try:
        found = inspect.signature(theirs.forward).bind(None, *call.given, **call.named).arguments
    except TypeError as error:
        raise Unsupported(f"it was called in another way than {theirs.__name__}: {error}") from error
    found.pop(next(iter(found)))  # self
    given = {name: entry for name, entry in found.items() if entry is not None}
    for name, entry in given.items():
        if name in OTHERS:
            raise Unsupported(f"it was called with {name}, which tinygnn does not have")
        if call.passings and isinstance(entry, (list, tuple)):
            raise Unsupported(f"it was called with a pair as {name}, for two kinds of nodes")
    return given


def of_ours(name: str, given: Any) -> Any:
    """The same for tinygnn's layer: Values where torch has gradients."""
    torch = import_torch()
    if isinstance(given, (list, tuple)):
        return [of_ours(name, part) for part in given]
    if not isinstance(given, torch.Tensor):
        return given
    if given.layout != torch.strided:
        raise Unsupported("it was called with a sparse matrix")
    if given.is_floating_point() and given.requires_grad:
        return as_values(given.tolist())
    return tuple(given.tolist()) if name == "edge_index" else given.tolist()


def as_values(numbers: Any) -> Any:
    return [as_values(part) for part in numbers] if isinstance(numbers, list) else Value(numbers)
