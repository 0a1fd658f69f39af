"""`Case`, `Result` and `Backend`: what is asked, what is answered, and who answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

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

FLAGS = {
    "accumulate": "backward runs twice: leaves add up, values in between start anew",
    "batch": "several graphs in one: none may see another",
    "constant": "an operand is a plain number: it takes no gradient and changes no other",
    "directed": "some edge has no reverse: swapped sources and targets show",
    "domain-edge": "at or past the edge of the function's domain",
    "duplicate-edge": "an edge stands there twice: both count",
    "edge-attr": "features of the edges, with gradients of their own",
    "edge-weight": "weights on the edges, with gradients of their own",
    "empty": "a reduction of nothing",
    "infinite": "an infinite operand, or a result too large for a float",
    "isolated": "a node without edges",
    "kink": "the derivative jumps here: PyTorch's choice is meant",
    "long": "hundreds of steps or thousands of terms; left out by --quick",
    "masked": "the operation hides an operand whose result has an infinite slope: its gradient is 0, not nan",
    "mask": "some rows do not count, in the mean's divisor neither",
    "nan": "a nan operand: it may not be swallowed",
    "no-edges": "a graph without edges",
    "one-node": "a graph of one node",
    "self-loop": "a node with an edge to itself: GCN adds no second one",
    "shared": "a value is used more than once: its gradients add up",
    "signed-zero": "the sign of a zero result counts",
    "tie": "several operands are largest or smallest: who gets the gradient",
    "zero-degree": "degrees of zero or below, from weights that cancel",
    "zero-row": "a row of zeros is divided by its length: it stays as it is, with the gradient 0",
}


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


class Backend(Protocol):
    """An implementation under test."""

    name: str
    version: str

    def supports(self, case: Case) -> bool:
        """Whether it can run the case; one that it cannot is counted as skipped."""
        ...

    def run(self, case: Case) -> Result:
        """Run the case in float64. An exception is the verdict "error"."""
        ...
