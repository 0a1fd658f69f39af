"""tinygnn's optimizers and schedules on the gradients of a case."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tinygnn import lr_scheduler, optim
from tinygnn.conformance.case import Case, Numbers
from tinygnn.value import Value

OPTIMIZERS: dict[str, Callable[..., optim.Optimizer]] = {
    "SGD": optim.SGD,
    "Adam": optim.Adam,
    "AdamW": optim.AdamW,
    "RMSprop": optim.RMSprop,
    "Adagrad": optim.Adagrad,
}
SCHEDULES: dict[str, Callable[..., lr_scheduler.LRScheduler]] = {
    "StepLR": lr_scheduler.StepLR,
    "MultiStepLR": lr_scheduler.MultiStepLR,
    "ExponentialLR": lr_scheduler.ExponentialLR,
    "CosineAnnealingLR": lr_scheduler.CosineAnnealingLR,
    "LinearLR": lr_scheduler.LinearLR,
    "ReduceLROnPlateau": lr_scheduler.ReduceLROnPlateau,
}
CLIPS: dict[str, Callable[..., Any]] = {
    "clip_grad_norm_": optim.clip_grad_norm_,
    "clip_grad_value_": optim.clip_grad_value_,
}


def run_optimizer(case: Case) -> dict[str, Numbers]:
    """The weights after every step, [steps][n]; with schedules the rates too, [steps + 1][groups]."""
    options = case.options
    weights = [Value(w) for w in case.inputs["w"]]
    optimizer = OPTIMIZERS[case.call](in_groups(weights, options.get("groups")), **options["settings"])
    schedules: list[Any] = [SCHEDULES[name](optimizer, **rest) for name, rest in options.get("schedules", [])]
    history, rates = [], [rates_of(optimizer)]
    for step, gradients in enumerate(options["gradients"]):
        for w, gradient in zip(weights, gradients):
            w.grad = gradient
        if "clip" in options:
            name, settings = options["clip"]
            CLIPS[name](weights, **settings)
        optimizer.step()
        for schedule in schedules:
            schedule.step(*([] if options["metrics"] is None else [options["metrics"][step]]))
        history.append([w.data for w in weights])
        rates.append(rates_of(optimizer))
    return {"w": history, "lr": rates} if schedules else {"w": history}


def in_groups(weights: list[Any], groups: list[tuple[int, dict[str, Any]]] | None) -> list[Any]:
    """The weights as they are, or as parameter groups of these sizes and settings."""
    if groups is None:
        return weights
    rest = iter(weights)
    return [{"params": [next(rest) for _ in range(size)], **settings} for size, settings in groups]


def rates_of(optimizer: Any) -> list[float]:
    """The learning rate of each group."""
    return [float(group["lr"]) for group in optimizer.param_groups]
