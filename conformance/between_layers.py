"""What a model does between its layers, whatever it is: is the gradient that comes back right?

What a layer's output weighs in the loss is measured by changing it a little and running the model again, and
held against the gradient that torch has there. So a gradient that is detached, or that a function of one's
own gets wrong, shows behind the layer where it happens, whatever the function is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tinygnn.conformance.checks import Check
from tinygnn.conformance.compare import EPS, Difference
from tinygnn.conformance.layer_calls import LayerCall, loss_of
from tinygnn.conformance.torch_ops import import_torch

STEP = 2.0**-20  # of each number; what is left out by the difference of two losses is as small a part
ALLOWED = 2.0**-14  # of the sum of the absolute terms; a mistake is a larger part of it
ROUNDINGS = 2.0**10  # of the loss, of which a run of a whole model may commit many
WHAT = "gradient of what follows"


def between_check(module: Any, run: Callable[[Any], Any], call: LayerCall, number: int) -> Check | None:
    """Compare the gradient of a call's output with differences of losses; number: of the layer's calls.

    None where they say nothing: the output is not one tensor, or is 0, the model is not the same function
    twice, or a kink lies so near that the losses on its two sides have two slopes.
    """
    output = call.output
    if not call.is_tensor or not output.requires_grad or not output.count_nonzero():
        return None
    torch = import_torch()
    gradient = torch.zeros_like(output) if output.grad is None else output.grad
    turns = 1.0 + (torch.arange(output.numel()) % 7).reshape(output.shape).to(output) / 8.0
    direction = (output.detach() * turns).where(output != 0.0, torch.zeros_like(output))
    losses = [_loss(module, run, call, number, step * direction) for step in (0.0, STEP, -STEP)]
    here, above, below = [loss for loss, _ in losses]
    terms = float((gradient * direction).abs().sum())
    slopes = (above - here) / STEP, (here - below) / STEP
    expected, got = (above - below) / (2.0 * STEP), float((gradient * direction).sum())
    allowed = ALLOWED * max(terms, abs(expected)) + ROUNDINGS * EPS * losses[0][1] / STEP
    if not abs(slopes[0] - slopes[1]) <= allowed or not _again(module, run, call, number, here):
        return None
    error = abs(got - expected)
    found = Difference(WHAT, expected=expected, got=got, error=error, ratio=error, bound=allowed)
    return Check(WHAT, 1, worst=found) if found.ok else Check(WHAT, 1, 1, worst=found, first=found)


def _again(module: Any, run: Callable[[Any], Any], call: LayerCall, number: int, loss: float) -> bool:
    """Whether the model gives the same loss once more, and is no game of chance."""
    return _loss(module, run, call, number, 0.0)[0] == loss


def _loss(
    module: Any, run: Callable[[Any], Any], call: LayerCall, number: int, change: Any
) -> tuple[float, float]:
    """The loss, and the sum of its absolute terms, where the call's output is changed so."""
    seen = 0

    def changed(layer: Any, given: Any, output: Any) -> Any:
        nonlocal seen
        seen += 1
        return output + change if seen == number + 1 else output

    handle = call.twin.layer.register_forward_hook(changed)
    try:
        terms = [part.detach() for part in loss_of(run(module))]
    finally:
        handle.remove()
    return float(sum(part.sum() for part in terms)), float(sum(part.abs().sum() for part in terms))


def between_checks(
    module: Any, run: Callable[[Any], Any], calls: Sequence[LayerCall], departs: Sequence[bool]
) -> dict[int, Check]:
    """The checks behind the calls by their places, from the last back to the first that is wrong.

    departs: which calls' layers depart themselves; in front of such a one the gradient says nothing.
    """
    found: dict[int, Check] = {}
    for k in reversed(range(len(calls))):
        number = sum(call.twin is calls[k].twin for call in calls[:k])
        check = between_check(module, run, calls[k], number)
        if check is not None:
            found[k] = check
        if departs[k] or (check is not None and not check.ok):
            break
    return found
