"""The learning rates of schedules at 50 digits: what each makes of the rates of the epoch before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import inf
from typing import Any

from tinygnn.conformance.truth_numbers import context

Settings = Mapping[str, Any]
# Of settings, the epoch, the rates before, the rates of the optimizer, and what a schedule remembers.
Schedule = Callable[[Settings, int, list[Any], list[Any], dict[str, Any]], list[Any]]

PLATEAU = "ReduceLROnPlateau"
mpf = context.mpf


def multiplied(factor: Callable[[Settings, int], Any]) -> Schedule:
    """A schedule that multiplies every rate by the same factor."""

    def rates(settings: Settings, epoch: int, before: list[Any], base: list[Any], state: Any) -> list[Any]:
        return [lr * factor(settings, epoch) for lr in before]

    return rates


def steps(settings: Settings, epoch: int) -> Any:
    """gamma at every step_size-th epoch."""
    return mpf(settings.get("gamma", 0.1)) if epoch and epoch % settings["step_size"] == 0 else 1


def milestones(settings: Settings, epoch: int) -> Any:
    """gamma for each milestone that is this epoch."""
    return mpf(settings.get("gamma", 0.1)) ** list(settings["milestones"]).count(epoch)


def half_cosine(settings: Settings, epoch: int) -> Any:
    """(1 + cos(π t / T_max)) / 2."""
    return (1 + context.cospi(mpf(epoch) / settings["T_max"])) / 2


def cosine(settings: Settings, epoch: int, before: list[Any], base: list[Any], state: Any) -> list[Any]:
    """eta_min + (lr - eta_min) half_cosine(t) / half_cosine(t - 1); from a minimum up by the difference."""
    low = mpf(settings.get("eta_min", 0.0))
    if not epoch:
        return before
    last, now = half_cosine(settings, epoch - 1), half_cosine(settings, epoch)
    if last == 0:
        return [lr + (own - low) * now for lr, own in zip(before, base)]
    return [low + (lr - low) * now / last for lr in before]


def linear(settings: Settings, epoch: int, before: list[Any], base: list[Any], state: Any) -> list[Any]:
    """start_factor, then the ratio of the factors of this epoch and the one before, up to total_iters."""
    start, end = mpf(settings.get("start_factor", 1.0 / 3)), mpf(settings.get("end_factor", 1.0))
    last = settings.get("total_iters", 5)

    def factor(t: int) -> Any:
        return start + (end - start) * min(t, last) / last

    if epoch > last:
        return before
    return [lr * (factor(epoch) / factor(epoch - 1) if epoch else start) for lr in before]


def plateau(settings: Settings, epoch: int, before: list[Any], base: list[Any], state: Any) -> list[Any]:
    """max(lr factor, min_lr) after more than `patience` epochs whose metric is no better than the best."""
    smaller = settings.get("mode", "min") == "min"
    sign = 1 if smaller else -1
    metric, threshold = settings["metric"], mpf(settings.get("threshold", 1e-4))
    best = state.get("best", sign * mpf(inf))
    relative = settings.get("threshold_mode", "rel") == "rel"
    goal = best * (1 - sign * threshold) if relative else best - sign * threshold
    if metric == metric and sign * mpf(metric) < sign * goal:
        state["best"], state["bad"] = mpf(metric), 0
    else:
        state["bad"] = state.get("bad", 0) + 1
    if state.get("rest", 0) > 0:
        state["rest"], state["bad"] = state["rest"] - 1, 0
    if state["bad"] <= settings.get("patience", 10):
        return before
    state["rest"], state["bad"] = settings.get("cooldown", 0), 0
    lows = settings.get("min_lr", 0.0)
    lows = lows if isinstance(lows, (list, tuple)) else [lows] * len(before)
    reduced = [max(lr * mpf(settings.get("factor", 0.1)), mpf(low)) for lr, low in zip(before, lows)]
    return [new if lr - new > mpf(settings.get("eps", 1e-8)) else lr for lr, new in zip(before, reduced)]


SCHEDULES: dict[str, Schedule] = {
    "StepLR": multiplied(steps),
    "MultiStepLR": multiplied(milestones),
    "ExponentialLR": multiplied(lambda settings, epoch: mpf(settings["gamma"]) if epoch else 1),
    "CosineAnnealingLR": cosine,
    "LinearLR": linear,
    PLATEAU: plateau,
}
