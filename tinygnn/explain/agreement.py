"""`Agreement`: what another library says to the messages of a layer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import isfinite, log10

from tinygnn.tape import Tape


@dataclass(frozen=True)
class Agreement:
    """By how much the messages of a layer differ from those of another library, and their gradients.

    library: its name and version. outputs: the largest difference in what the layer gives. messages and
    gradients: for each passing the largest difference in each message's row; gradients are None where
    messages are constants. reason: why there is no comparison, "" where there is one.
    """

    library: str
    outputs: float = 0.0
    messages: list[list[float]] = field(default_factory=list)
    gradients: list[list[float | None]] = field(default_factory=list)
    reason: str = ""


# What makes the agreements of all layers of a tape, in order, after `backward`.
Compare = Callable[[Tape], list[Agreement]]


def power_of_ten(difference: float) -> int | None:
    """The smallest n for which the difference is at most 10ⁿ; None for 0.

    >>> power_of_ten(3e-17), power_of_ten(1e-3), power_of_ten(0.0)
    (-16, -3, None)
    """
    if difference == 0.0:
        return None
    if not isfinite(difference):
        return 308
    n = round(log10(difference))
    return n if difference <= float(f"1e{n}") else n + 1
