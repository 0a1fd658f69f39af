"""The cases of a whole training run."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from tinygnn.conformance.case import Case
from tinygnn.conformance.data import to_float32
from tinygnn.conformance.models_table import GCN_EQUATION
from tinygnn.conformance.optimizers_table import EQUATIONS


def training_cases() -> Iterator[Case]:
    """A two-layer GCN on Karate Club, 200 steps of Adam: the loss before every step."""
    sizes = [34, 16, 4]
    rng = random.Random("karate initial weights")
    inputs: dict[str, Any] = {}
    for i, (a, b) in enumerate(zip(sizes, sizes[1:])):
        bound = (6.0 / (a + b)) ** 0.5  # Glorot & Bengio 2010
        inputs[f"convs.{i}.bias"] = [0.0] * b
        inputs[f"convs.{i}.lin.weight"] = [
            [to_float32(rng.uniform(-bound, bound)) for _ in range(a)] for _ in range(b)
        ]
    for act, settings in (("relu", {"lr": 0.01}), ("tanh", {"lr": 0.01, "weight_decay": 5e-4})):
        yield Case(
            id=f"training/karate-gcn-{act}-adam",
            kind="training",
            call="GNN",
            inputs=inputs,
            options={"sizes": sizes, "act": act, "settings": settings, "steps": 200},
            flags=("long",),
            equation=GCN_EQUATION + "; " + EQUATIONS["Adam"],
        )
