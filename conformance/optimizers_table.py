"""The cases of optimizers, step for step on given gradients, with clipping and parameter groups."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from tinygnn.conformance.case import Case
from tinygnn.conformance.data import to_float32

STEPS = 100
INITIAL_WEIGHTS = [0.6875, -1.3125, 2.5, 0.0, 2.0**-10, -100.0]
SCALES = (1.0, 1.0, 100.0, 1e-6, 0.0, 1.0)

# What is called with which settings, by name.
OPTIMIZERS: dict[str, tuple[str, dict[str, Any]]] = {
    "sgd/plain": ("SGD", {"lr": 0.1}),
    "sgd/momentum": ("SGD", {"lr": 0.1, "momentum": 0.9}),
    "sgd/dampening": ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.25}),
    "sgd/nesterov": ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
    "sgd/weight-decay": ("SGD", {"lr": 0.1, "weight_decay": 0.05}),
    "sgd/maximize": ("SGD", {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.05, "maximize": True}),
    "sgd/all": ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.05}),
    "adam/plain": ("Adam", {"lr": 0.01}),
    "adam/betas": ("Adam", {"lr": 0.01, "betas": (0.8, 0.9)}),
    "adam/large-eps": ("Adam", {"lr": 0.01, "eps": 0.1}),
    "adam/weight-decay": ("Adam", {"lr": 0.01, "weight_decay": 0.05}),
    "adam/amsgrad": ("Adam", {"lr": 0.01, "amsgrad": True, "betas": (0.5, 0.6)}),
    "adam/maximize": ("Adam", {"lr": 0.01, "weight_decay": 0.05, "maximize": True}),
    "adamw/plain": ("AdamW", {"lr": 0.01}),
    "adamw/weight-decay": ("AdamW", {"lr": 0.01, "weight_decay": 0.5}),
    "adamw/amsgrad": ("AdamW", {"lr": 0.01, "amsgrad": True, "betas": (0.5, 0.6)}),
    "adamw/large-eps": ("AdamW", {"lr": 0.01, "eps": 0.1}),
    "adamw/maximize": ("AdamW", {"lr": 0.01, "weight_decay": 0.5, "maximize": True}),
    "rmsprop/plain": ("RMSprop", {}),
    "rmsprop/alpha": ("RMSprop", {"lr": 0.1, "alpha": 0.5}),
    "rmsprop/large-eps": ("RMSprop", {"eps": 0.1}),
    "rmsprop/weight-decay": ("RMSprop", {"weight_decay": 0.05}),
    "rmsprop/momentum": ("RMSprop", {"momentum": 0.9}),
    "rmsprop/centered": ("RMSprop", {"centered": True}),
    "rmsprop/maximize": ("RMSprop", {"weight_decay": 0.05, "maximize": True}),
    "rmsprop/all": ("RMSprop", {"centered": True, "momentum": 0.5, "weight_decay": 0.05, "alpha": 0.9}),
    "adagrad/plain": ("Adagrad", {}),
    "adagrad/lr-decay": ("Adagrad", {"lr": 0.5, "lr_decay": 0.1}),
    "adagrad/weight-decay": ("Adagrad", {"lr": 0.5, "weight_decay": 0.05}),
    "adagrad/initial-accumulator": ("Adagrad", {"lr": 0.5, "initial_accumulator_value": 2.0}),
    "adagrad/large-eps": ("Adagrad", {"lr": 0.5, "eps": 0.1}),
    "adagrad/maximize": ("Adagrad", {"lr": 0.5, "weight_decay": 0.05, "maximize": True}),
}
# Optimizers with two groups: the number of parameters of each, and what it sets for itself.
GROUPS: dict[str, tuple[str, dict[str, Any], list[tuple[int, dict[str, Any]]]]] = {
    "sgd/groups": (
        "SGD", {"lr": 0.1, "momentum": 0.9},
        [(4, {"weight_decay": 0.05}), (2, {"lr": 0.02, "momentum": 0.0})],
    ),
    "adam/groups": ("Adam", {"lr": 0.01}, [(2, {"betas": (0.8, 0.9)}), (4, {"lr": 0.1, "amsgrad": True})]),
    "adamw/groups": ("AdamW", {"weight_decay": 0.5}, [(3, {"lr": 0.01}), (3, {"weight_decay": 0.0})]),
    "rmsprop/groups": ("RMSprop", {"lr": 0.05}, [(1, {"centered": True}), (5, {"momentum": 0.9})]),
    "adagrad/groups": ("Adagrad", {"lr": 0.5}, [(3, {"lr_decay": 0.1}), (3, {"eps": 0.1})]),
}  # fmt: skip
# Gradients that are clipped before every step: by which function, with which settings.
CLIPPED: dict[str, tuple[str, dict[str, Any]]] = {
    "norm": ("clip_grad_norm_", {"max_norm": 2.0}),
    "norm-1": ("clip_grad_norm_", {"max_norm": 2.0, "norm_type": 1.0}),
    "norm-3": ("clip_grad_norm_", {"max_norm": 2.0, "norm_type": 3.0}),
    "norm-inf": ("clip_grad_norm_", {"max_norm": 2.0, "norm_type": float("inf")}),
    "norm-seldom": ("clip_grad_norm_", {"max_norm": 50.0}),
    "value": ("clip_grad_value_", {"clip_value": 0.5}),
}
EQUATIONS = {
    "SGD": "b ← μ b + (1 - dampening) g, w ← w - lr b "
    "(Sutskever et al. 2013, equations 1 to 4, in PyTorch's form)",
    "Adam": "w ← w - lr m̂ / (√v̂ + eps) (Kingma & Ba 2015, arXiv:1412.6980, algorithm 1)",
    "AdamW": "Adam with decoupled weight decay (Loshchilov & Hutter 2019, arXiv:1711.05101, algorithm 2)",
    "RMSprop": "v ← α v + (1 - α) g², w ← w - lr g / (√v + eps) "
    "(Tieleman & Hinton 2012, lecture 6e, no numbered equation, in PyTorch's form)",
    "Adagrad": "s ← s + g², w ← w - lr g / (√s + eps) (Duchi, Hazan & Singer 2011, figure 1)",
}


def random_gradients() -> list[list[float]]:
    """Random gradients, the same for every case, among them zeros and very small and large ones."""
    rng = random.Random("optimizer gradients")
    return [[to_float32(rng.gauss(0.0, 1.0) * scale) for scale in SCALES] for _ in range(STEPS)]


def optimizer_cases() -> Iterator[Case]:
    """Every optimizer on the same gradients."""
    for name, (call, settings) in OPTIMIZERS.items():
        yield _case(name, call, {"settings": settings})
    for name, (call, settings, groups) in GROUPS.items():
        yield _case(name, call, {"settings": settings, "groups": groups})
    for name, clip in CLIPPED.items():
        yield _case(f"sgd/clipped-{name}", "SGD", {"settings": {"lr": 0.1, "momentum": 0.9}, "clip": clip})


def _case(name: str, call: str, options: dict[str, Any]) -> Case:
    return Case(
        id=f"optimizer/{name}",
        kind="optimizer",
        call=call,
        inputs={"w": INITIAL_WEIGHTS},
        options={**options, "gradients": random_gradients()},
        equation=EQUATIONS[call],
    )
