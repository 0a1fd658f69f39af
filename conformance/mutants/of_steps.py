"""Mistakes in optimizers, schedules and LSTM."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tinygnn.conformance import torch_backend
from tinygnn.conformance.case import Case, Result
from tinygnn.conformance.mutants.changes import constant, torch
from tinygnn.conformance.mutants.mutant import Mutant
from tinygnn.conformance.torch_modules import run_module

schedulers = torch.optim.lr_scheduler
right_adam, right_adamw, right_step = torch.optim.Adam, torch.optim.AdamW, schedulers.StepLR
right_plateau = schedulers.ReduceLROnPlateau
right_sgd, right_module = torch.optim.SGD, run_module


# Each schedule, and what the ids of its cases begin with.
SCHEDULES = {
    "StepLR": "step",
    "MultiStepLR": "multi-step",
    "ExponentialLR": "exponential",
    "CosineAnnealingLR": "cosine",
    "LinearLR": "linear",
    "ReduceLROnPlateau": "plateau",
}


class SettingsLeftOut:
    """An optimizer or schedule that does not look at some of its settings."""

    def __init__(self, make: Any, *names: str) -> None:
        self.make, self.names = make, names

    def __call__(self, first: Any, **settings: Any) -> Any:
        return self.make(first, **{n: v for n, v in settings.items() if n not in self.names})


def of_optimizer(name: str, rule: str, optimizer: str, change: Any) -> Mutant:
    """A mutant of an optimizer."""
    ids = (f"optimizer/{optimizer.lower()}/",)
    return Mutant(f"{optimizer}: {name}", rule, ids, torch.optim, optimizer, constant(change))


def deaf(optimizer: str, setting: str, rule: str) -> Mutant:
    """A mutant that does not look at a setting."""
    change = SettingsLeftOut(getattr(torch.optim, optimizer), setting)
    return of_optimizer(f"{setting} ignored", rule, optimizer, change)


def of_schedule(name: str, rule: str, schedule: str, change: Any) -> Mutant:
    """A mutant of a schedule."""
    ids = (f"schedule/{SCHEDULES[schedule]}", f"-{SCHEDULES[schedule]}")
    return Mutant(f"{schedule}: {name}", rule, ids, schedulers, schedule, constant(change))


def deaf_schedule(schedule: str, setting: str, rule: str) -> Mutant:
    """A mutant that does not look at a setting."""
    change = SettingsLeftOut(getattr(schedulers, schedule), setting)
    return of_schedule(f"{setting} ignored", rule, schedule, change)


def eps_inside_the_root(parameters: Any, **settings: Any) -> Any:
    given = {"eps": settings["eps"] ** 0.5} if "eps" in settings else {}
    return right_adam(parameters, **{**settings, **given})


def without_momentum(parameters: Any, **settings: Any) -> Any:
    return SettingsLeftOut(right_sgd, "momentum", "nesterov")(parameters, **settings)


def coupled(parameters: Any, **settings: Any) -> Any:
    return (right_adam if settings.get("amsgrad") else right_adamw)(parameters, **settings)


def betas_swapped(parameters: Any, **settings: Any) -> Any:
    given = {"betas": settings["betas"][::-1]} if "betas" in settings else {}
    return right_adam(parameters, **{**settings, **given})


def an_epoch_late(optimizer: Any, step_size: int, **rest: Any) -> Any:
    return right_step(optimizer, step_size + 1, **rest)


def impatient(optimizer: Any, **settings: Any) -> Any:
    return right_plateau(optimizer, **{"patience": 9, **settings})


def of_rate(optimizer: str) -> Mutant:
    """A mutant whose learning rate is a thousandth too large where weights decay, and where little is set."""
    make = getattr(torch.optim, optimizer)

    def changed(parameters: Any, **settings: Any) -> Any:
        optimizer = make(parameters, **settings)
        for group in optimizer.param_groups:
            group["lr"] *= 1.001 if "weight_decay" in settings or set(settings) <= {"lr"} else 1.0
        return optimizer

    rule = "1.001 times where weights decay, and where only the rate is set"
    return of_optimizer("rate off by a thousandth", rule, optimizer, changed)


# Which settings of a schedule make it start counting an epoch late: its cases with others stay right.
Settings = dict[str, Any]
LATE: list[tuple[str, str, Callable[[Settings], bool]]] = [
    ("StepLR", "", lambda settings: True),
    ("MultiStepLR", " where gamma is given", lambda settings: "gamma" in settings),
    ("MultiStepLR", " where gamma is not given", lambda settings: "gamma" not in settings),
    ("ExponentialLR", " where gamma is 0.97", lambda settings: settings["gamma"] == 0.97),
    ("CosineAnnealingLR", " where eta_min is given", lambda settings: "eta_min" in settings),
    ("CosineAnnealingLR", " where eta_min is not given", lambda settings: "eta_min" not in settings),
    ("LinearLR", " where end_factor is given", lambda settings: "end_factor" in settings),
    ("LinearLR", " where end_factor is not given", lambda settings: "end_factor" not in settings),
    ("ReduceLROnPlateau", "", lambda settings: True),
]


def of_first_epoch(schedule: str, where: str, is_late: Callable[[Settings], bool]) -> Mutant:
    """A mutant that starts counting an epoch late."""
    make = getattr(schedulers, schedule)

    class Late:
        def __init__(self, optimizer: Any, **settings: Any) -> None:
            self.schedule, self.started = make(optimizer, **settings), not is_late(settings)

        def step(self, *metric: Any) -> None:
            if self.started:
                self.schedule.step(*metric)
            self.started = True

    name = f"the first epoch does not count{where}"
    return of_schedule(name, "the rate stays for one more", schedule, Late)


def gates_swapped(case: Case, library: Any) -> Result:
    """LSTM whose weights hold the forget gate before the input gate, where it begins with a state."""
    if "h_0" not in case.inputs:
        return right_module(case, library)
    swapped = {n: _swapped(v) if n.startswith(("weight_", "bias_")) else v for n, v in case.inputs.items()}
    return right_module(replace(case, inputs=swapped), library)


def _swapped(rows: Any) -> Any:
    size = len(rows) // 4
    return rows[size : 2 * size] + rows[:size] + rows[2 * size :]


def gates_swapped_at_zero(case: Case, library: Any) -> Result:
    """The same, where it begins with zeros."""
    if "h_0" in case.inputs:
        return right_module(case, library)
    swapped = {n: _swapped(v) if n.startswith(("weight_", "bias_")) else v for n, v in case.inputs.items()}
    return right_module(replace(case, inputs=swapped), library)


def state_ignored(case: Case, library: Any) -> Result:
    """LSTM from a state of zeros."""
    zeros = {n: _zeros(v) if n in ("h_0", "c_0") else v for n, v in case.inputs.items()}
    return right_module(replace(case, inputs=zeros), library)


def _zeros(numbers: Any) -> Any:
    return [_zeros(part) for part in numbers] if isinstance(numbers, list) else 0.0


def step_mutants() -> list[Mutant]:
    """The mutants of optimizers, schedules and LSTM."""
    return [
        deaf("SGD", "nesterov", "plain momentum"),
        deaf("SGD", "dampening", "the gradient enters the momentum whole"),
        deaf("SGD", "maximize", "it goes down"),
        deaf("SGD", "weight_decay", "it is 0"),
        of_optimizer("weight decay coupled", "it enters the moments of amsgrad", "AdamW", coupled),
        of_optimizer("momentum ignored", "no step remembers", "SGD", without_momentum),
        deaf("AdamW", "eps", "it is 1e-8"),
        deaf("RMSprop", "momentum", "no step remembers"),
        deaf("RMSprop", "alpha", "it is 0.99"),
        deaf("RMSprop", "eps", "it is 1e-8"),
        deaf("RMSprop", "maximize", "it goes down"),
        deaf("Adagrad", "initial_accumulator_value", "it is 0"),
        deaf("Adagrad", "eps", "it is 1e-10"),
        deaf("Adagrad", "maximize", "it goes down"),
        deaf("Adam", "maximize", "it goes down"),
        deaf("Adam", "weight_decay", "it is 0"),
        of_optimizer("eps inside the root", "√(v + eps) where eps is given", "Adam", eps_inside_the_root),
        of_optimizer("betas swapped", "β1 for β2 where they are given", "Adam", betas_swapped),
        deaf("Adam", "amsgrad", "v may fall again"),
        deaf("RMSprop", "centered", "the mean is not taken off"),
        deaf("Adagrad", "lr_decay", "the rate stays"),
        Mutant("clip_grad_norm_: ignored", "gradients stay as long as they are", ("optimizer/",),
               torch.nn.utils, "clip_grad_norm_", constant(lambda *_, **__: None)),
        deaf_schedule("CosineAnnealingLR", "eta_min", "the rate falls to 0"),
        deaf_schedule("ReduceLROnPlateau", "cooldown", "it does not wait"),
        deaf_schedule("ReduceLROnPlateau", "threshold_mode", "always relative"),
        deaf_schedule("ReduceLROnPlateau", "patience", "it is 10"),
        of_schedule("impatient", "patience is 9 where it is not given", "ReduceLROnPlateau", impatient),
        deaf_schedule("ReduceLROnPlateau", "min_lr", "it is 0"),
        deaf_schedule("ReduceLROnPlateau", "eps", "it is 1e-8"),
        deaf_schedule("ReduceLROnPlateau", "factor", "it is 0.1"),
        of_schedule("an epoch late", "a step is one longer", "StepLR", an_epoch_late),
        *map(of_rate, ("SGD", "Adam", "AdamW", "RMSprop", "Adagrad")),
        *[of_first_epoch(*late) for late in LATE],
        Mutant("LSTM: gates swapped", "forget gate before input gate, of a given state", ("module/lstm/",),
               torch_backend, "run_module", constant(gates_swapped)),
        Mutant("LSTM: gates swapped at first", "forget gate before input gate, without a state",
               ("module/lstm/",), torch_backend, "run_module", constant(gates_swapped_at_zero)),
        Mutant("LSTM: initial state ignored", "h_0 and c_0 are 0", ("module/lstm/",),
               torch_backend, "run_module", constant(state_ignored)),
    ]  # fmt: skip
