"""The cases of learning rate schedules: the rates of every epoch, and where the weights go with them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from math import nan
from typing import Any

from tinygnn.conformance.case import Case
from tinygnn.conformance.data import to_float32
from tinygnn.conformance.optimizers_table import EQUATIONS, INITIAL_WEIGHTS, STEPS, random_gradients

Schedules = list[tuple[str, dict[str, Any]]]

# The schedules of one optimizer, in the order in which they step.
SCHEDULES: dict[str, Schedules] = {
    "step": [("StepLR", {"step_size": 30})],
    "step-gamma": [("StepLR", {"step_size": 7, "gamma": 0.7})],
    "multi-step": [("MultiStepLR", {"milestones": [10, 40, 70]})],
    "multi-step-twice": [("MultiStepLR", {"milestones": [60, 0, 20, 20], "gamma": 0.7})],
    "exponential": [("ExponentialLR", {"gamma": 0.97})],
    "cosine": [("CosineAnnealingLR", {"T_max": 100})],
    "cosine-up-again": [("CosineAnnealingLR", {"T_max": 30})],
    "cosine-eta-min": [("CosineAnnealingLR", {"T_max": 40, "eta_min": 0.002})],
    "cosine-of-one-epoch": [("CosineAnnealingLR", {"T_max": 1, "eta_min": 0.002})],
    "linear": [("LinearLR", {})],
    "linear-long": [("LinearLR", {"start_factor": 0.1, "total_iters": 80})],
    "linear-down": [("LinearLR", {"start_factor": 1.0, "end_factor": 0.25, "total_iters": 50})],
    "linear-to-zero": [("LinearLR", {"start_factor": 0.5, "end_factor": 0.0, "total_iters": 50})],
    "warm-up-then-cosine": [
        ("LinearLR", {"start_factor": 0.1, "total_iters": 10}),
        ("CosineAnnealingLR", {"T_max": 100}),
    ],
    "exponential-and-step": [("ExponentialLR", {"gamma": 0.99}), ("StepLR", {"step_size": 25})],
}
PLATEAUS: dict[str, dict[str, Any]] = {
    "default": {},
    "patience": {"patience": 3, "factor": 0.5},
    "max": {"mode": "max", "patience": 2, "factor": 0.7},
    "absolute": {"patience": 2, "threshold": 0.05, "threshold_mode": "abs", "factor": 0.5},
    "max-absolute": {"mode": "max", "patience": 7, "threshold": 0.05, "threshold_mode": "abs", "factor": 0.5},
    "max-relative": {"mode": "max", "patience": 30, "threshold": 0.01, "factor": 0.5},
    "cooldown": {"patience": 1, "cooldown": 5, "factor": 0.5},
    "min-lr": {"patience": 0, "factor": 0.5, "min_lr": 1e-3},
    "min-lr-of-each-group": {"patience": 0, "factor": 0.5, "min_lr": [1e-3, 2e-3]},
    "eps": {"patience": 0, "factor": 0.5, "eps": 1e-3},
}
# The optimizers that the schedules step with, all with two groups of their own rates.
OPTIMIZERS: dict[str, tuple[str, dict[str, Any]]] = {
    "sgd": ("SGD", {"momentum": 0.9}),
    "adam": ("Adam", {}),
    "adamw": ("AdamW", {}),
    "rmsprop": ("RMSprop", {}),
    "adagrad": ("Adagrad", {"lr_decay": 0.01}),
}
GROUPS: list[tuple[int, dict[str, Any]]] = [(4, {"lr": 0.1}), (2, {"lr": 0.003})]
EQUATION = {
    "StepLR": "lr ← lr gamma at every step_size-th epoch (PyTorch's, no numbered equation)",
    "MultiStepLR": "lr ← lr gamma at each milestone (PyTorch's, no numbered equation)",
    "ExponentialLR": "lr ← lr gamma (PyTorch's, no numbered equation)",
    "CosineAnnealingLR": "eta_min + (lr - eta_min)(1 + cos(π t / T_max)) / 2 (arXiv:1608.03983, equation 5)",
    "LinearLR": "lr (start_factor + (end_factor - start_factor) min(t, total_iters) / total_iters) "
    "(PyTorch's, no numbered equation)",
    "ReduceLROnPlateau": "lr ← max(lr factor, min_lr) after more than `patience` epochs without improvement "
    "(PyTorch's, no numbered equation)",
}


def random_metrics() -> list[float]:
    """A loss that falls, more and more slowly, with noise; now and then it is nan."""
    rng = random.Random("metrics")
    falling = [to_float32(1.0 / (1.0 + 0.1 * epoch) + 0.02 * rng.gauss(0.0, 1.0)) for epoch in range(STEPS)]
    return [nan if epoch % 37 == 36 else metric for epoch, metric in enumerate(falling)]


def schedule_cases() -> Iterator[Case]:
    """Every schedule with SGD, and one of them with every other optimizer."""
    for name, schedules in SCHEDULES.items():
        yield _case(name, "sgd", schedules)
    for name, settings in PLATEAUS.items():
        yield _case(f"plateau-{name}", "sgd", [("ReduceLROnPlateau", settings)], random_metrics())
    for optimizer in list(OPTIMIZERS)[1:]:
        yield _case(f"exponential-{optimizer}", optimizer, SCHEDULES["exponential"])


def _case(name: str, optimizer: str, schedules: Schedules, metrics: list[float] | None = None) -> Case:
    call, settings = OPTIMIZERS[optimizer]
    return Case(
        id=f"schedule/{name}",
        kind="schedule",
        call=call,
        inputs={"w": INITIAL_WEIGHTS},
        options={
            "settings": settings,
            "groups": GROUPS,
            "gradients": random_gradients(),
            "schedules": schedules,
            "metrics": metrics,
        },
        equation="; ".join([*(EQUATION[schedule] for schedule, _ in schedules), EQUATIONS[call]]),
    )
