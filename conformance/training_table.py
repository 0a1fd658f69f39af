"""The cases of optimizers, step for step, and of a whole training run."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from tinygnn.conformance.case import Case
from tinygnn.conformance.models_table import GCN_EQUATION

STEPS = 100
INITIAL_WEIGHTS = [0.6875, -1.3125, 2.5, 0.0, 1e-3, -100.0]

# What is called with which settings, by name.
OPTIMIZERS: dict[str, tuple[str, dict[str, Any]]] = {
    "sgd/plain": ("SGD", {"lr": 0.1}),
    "sgd/momentum": ("SGD", {"lr": 0.1, "momentum": 0.9}),
    "sgd/dampening": ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.25}),
    "sgd/nesterov": ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
    "sgd/weight-decay": ("SGD", {"lr": 0.1, "weight_decay": 0.05}),
    "sgd/all": ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.05}),
    "adam/plain": ("Adam", {"lr": 0.01}),
    "adam/betas": ("Adam", {"lr": 0.01, "betas": (0.8, 0.9)}),
    "adam/large-eps": ("Adam", {"lr": 0.01, "eps": 0.1}),
    "adam/weight-decay": ("Adam", {"lr": 0.01, "weight_decay": 0.05}),
    "adamw/plain": ("AdamW", {"lr": 0.01}),
    "adamw/weight-decay": ("AdamW", {"lr": 0.01, "weight_decay": 0.5}),
}
EQUATIONS = {
    "SGD": "b ← μ b + (1 - dampening) g, w ← w - lr b (Sutskever et al. 2013, in PyTorch's form)",
    "Adam": "w ← w - lr m̂ / (√v̂ + eps) (Kingma & Ba 2015, arXiv:1412.6980, algorithm 1)",
    "AdamW": "Adam with decoupled weight decay (Loshchilov & Hutter 2019, arXiv:1711.05101, algorithm 2)",
}


def optimizer_cases() -> Iterator[Case]:
    """Every optimizer on the same gradients: random ones, among them zeros and very small and large ones."""
    rng = random.Random("optimizer gradients")
    gradients = [
        [rng.gauss(0.0, 1.0) * scale for scale in (1.0, 1.0, 100.0, 1e-6, 0.0, 1.0)] for _ in range(STEPS)
    ]
    for name, (call, settings) in OPTIMIZERS.items():
        yield Case(
            id=f"optimizer/{name}",
            kind="optimizer",
            call=call,
            inputs={"w": INITIAL_WEIGHTS},
            options={"settings": settings, "gradients": gradients},
            equation=EQUATIONS[call],
        )


def training_cases() -> Iterator[Case]:
    """A two-layer GCN on Karate Club, 200 steps of Adam: the loss before every step."""
    sizes = [34, 16, 4]
    rng = random.Random("karate initial weights")
    inputs: dict[str, Any] = {}
    for i, (a, b) in enumerate(zip(sizes, sizes[1:])):
        bound = (6.0 / (a + b)) ** 0.5  # Glorot & Bengio 2010
        inputs[f"convs.{i}.bias"] = [0.0] * b
        inputs[f"convs.{i}.lin.weight"] = [[rng.uniform(-bound, bound) for _ in range(a)] for _ in range(b)]
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
