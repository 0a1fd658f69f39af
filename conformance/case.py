"""`Case`, `Result` and `Backend`: what is asked, what is answered, and who answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from tinygnn.conformance.flags import FLAGS as FLAGS

# A float or nested lists of floats.
Numbers = Any

KINDS = {
    "op": "one operation of Value, linalg or losses",
    "model": "a layer or a small model on a graph",
    "module": "a readout, a pooling, or a layer that reads sequences",
    "optimizer": "an optimizer's steps on given gradients",
    "schedule": "an optimizer's learning rates, epoch for epoch, and its steps",
    "training": "the losses of a whole training run",
}

# The inputs of a model that are not its parameters, by the names of PyG's arguments; which hold integers.
DATA = ("x", "x_0", "edge_weight", "edge_attr", "edge_type", "batch", "batch_size", "lambda_max")
INDICES = ("edge_type", "batch")


@dataclass(frozen=True)
class Case:
    """One question with a right answer.

    id: permanent, never given to another question. kind: one of `KINDS`. call: the operation, model
    or optimizer. inputs: the operands and parameters by name, all of which take gradients. options:
    everything else that the call takes. cotangent: d(objective)/d(out), in the shape of the output; of
    the loss where the case has one. edge_index: (sources, targets) of the graph. passes: how many times
    `backward` runs. flags: the traps that are set here, of `FLAGS`. equation: what is computed. profile:
    which convention it follows where several are right, by the names of `profile.PROFILES`.
    """

    id: str
    kind: str
    call: str
    inputs: Mapping[str, Numbers]
    options: Mapping[str, Any] = field(default_factory=dict)
    cotangent: Numbers = 1.0
    edge_index: tuple[list[int], list[int]] | None = None
    passes: int = 1
    flags: tuple[str, ...] = ()
    equation: str = ""
    profile: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Result:
    """What a backend computed for a case.

    outputs: by name, floats in nested lists: "out" (and "loss", where the case has one), and
    "grad NAME" for each of the case's inputs.
    """

    outputs: Mapping[str, Numbers]


class Unsupported(Exception):
    """Raised by a backend's `run`: it cannot run this case after all, which is skipped for this reason."""


class Failed(Exception):
    """Raised by a backend's `run`: the case is an error, for this reason in whole words."""


class Named(Protocol):
    """What a report says of an implementation."""

    name: str
    version: str


class Backend(Named, Protocol):
    """An implementation under test."""

    def supports(self, case: Case) -> bool:
        """Whether it can run the case; one that it cannot is counted as skipped."""
        ...

    def run(self, case: Case) -> Result:
        """Run the case in float64. An exception is the verdict "error"."""
        ...
