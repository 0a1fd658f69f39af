"""Schedules: by hand, per group, saved and resumed; the conformance table compares them with PyTorch's."""

from __future__ import annotations

import copy
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygnn import Value, lr_scheduler, optim

ROUNDING = 1e-13


def sgd(*rates: float) -> optim.SGD:
    """An optimizer with a group for each rate."""
    return optim.SGD([{"params": [Value(0.0)], "lr": rate} for rate in rates])


def rates(scheduler: Any, steps: int, metrics: list[float] | None = None) -> list[list[float]]:
    """The rates at the start and after each step."""
    found = [scheduler.get_last_lr()]
    for i in range(steps):
        scheduler.step() if metrics is None else scheduler.step(metrics[i])
        found.append(scheduler.get_last_lr())
        assert scheduler.last_lr == [group["lr"] for group in scheduler.optimizer.param_groups]
    return found


def first(found: list[list[float]]) -> list[float]:
    return [row[0] for row in found]


# ---- by hand -----------------------------------------------------------------------------------------


def test_step_lr_by_hand() -> None:
    scheduler = lr_scheduler.StepLR(sgd(1.0, 0.5), step_size=3, gamma=0.5)
    assert rates(scheduler, 6) == [[1.0, 0.5]] * 3 + [[0.5, 0.25]] * 3 + [[0.25, 0.125]]


def test_multi_step_lr_by_hand() -> None:
    scheduler = lr_scheduler.MultiStepLR(sgd(1.0), milestones=[4, 1, 4], gamma=0.5)
    assert first(rates(scheduler, 5)) == [1.0, 0.5, 0.5, 0.5, 0.125, 0.125]


def test_exponential_lr_by_hand() -> None:
    assert first(rates(lr_scheduler.ExponentialLR(sgd(1.0), gamma=0.5), 3)) == [1.0, 0.5, 0.25, 0.125]


def test_cosine_annealing_lr_by_hand() -> None:
    """cos of 0, 60, 120, 180 degrees: (1 + 1)/2, (1 + 1/2)/2, (1 - 1/2)/2, 0 of the way, and up again."""
    scheduler = lr_scheduler.CosineAnnealingLR(sgd(1.0), T_max=3, eta_min=0.2)
    expected = [1.0, 0.8, 0.4, 0.2, 0.4, 0.8, 1.0, 0.8]
    assert first(rates(scheduler, 7)) == pytest.approx(expected, rel=ROUNDING)


def test_linear_lr_by_hand() -> None:
    scheduler = lr_scheduler.LinearLR(sgd(1.0), start_factor=0.25, total_iters=3)
    assert first(rates(scheduler, 5)) == pytest.approx([0.25, 0.5, 0.75, 1.0, 1.0, 1.0], rel=ROUNDING)


def test_linear_lr_can_go_down() -> None:
    scheduler = lr_scheduler.LinearLR(sgd(2.0), start_factor=1.0, end_factor=0.0, total_iters=4)
    assert first(rates(scheduler, 5)) == pytest.approx([2.0, 1.5, 1.0, 0.5, 0.0, 0.0], rel=ROUNDING)


@given(
    st.floats(0.01, 10.0), st.floats(0.0, 1.0), st.integers(1, 40), st.integers(0, 80), st.floats(0.05, 1.0)
)
def test_rates_follow_the_closed_forms(
    base: float, low: float, period: int, steps: int, factor: float
) -> None:
    cosine = first(rates(lr_scheduler.CosineAnnealingLR(sgd(base), period, low), steps))[-1]
    expected = low + (base - low) * (1.0 + math.cos(math.pi * steps / period)) / 2.0
    assert cosine == pytest.approx(expected, rel=1e-9, abs=1e-9)
    stepped = first(rates(lr_scheduler.StepLR(sgd(base), period, factor), steps))[-1]
    assert stepped == pytest.approx(base * factor ** (steps // period), rel=1e-12)
    linear = first(rates(lr_scheduler.LinearLR(sgd(base), factor, 1.0, period), steps))[-1]
    way = factor + (1.0 - factor) * min(steps, period) / period
    assert linear == pytest.approx(base * way, rel=1e-11)


# ---- a plateau ---------------------------------------------------------------------------------------


def plateau(metrics: list[float], **settings: Any) -> list[float]:
    return first(rates(lr_scheduler.ReduceLROnPlateau(sgd(1.0), **settings), len(metrics), metrics))[1:]


def test_plateau_waits_for_patience_and_starts_counting_anew() -> None:
    metrics = [5.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0]
    assert plateau(metrics, patience=1, factor=0.5) == [1.0, 1.0, 1.0, 0.5, 0.5, 0.25, 0.25]


def test_plateau_of_a_metric_that_should_grow() -> None:
    assert plateau([1.0, 2.0, 1.5, 3.0], mode="max", patience=0, factor=0.5) == [1.0, 1.0, 0.5, 0.5]


def test_plateau_thresholds() -> None:
    """Relative: below .9 · 10 = 9; absolute: below 10 - 2 = 8."""
    assert plateau([10.0, 8.9, 8.1], threshold=0.1, patience=0, factor=0.5) == [1.0, 1.0, 0.5]
    absolute = {"threshold": 2.0, "threshold_mode": "abs", "patience": 0, "factor": 0.5}
    assert plateau([10.0, 8.0, 7.9], **absolute) == [1.0, 0.5, 0.5]
    assert plateau([10.0, 12.0, 12.1], mode="max", **absolute) == [1.0, 0.5, 0.5]
    assert plateau([10.0, 10.9, 11.1], mode="max", threshold=0.1, patience=0, factor=0.5) == [1.0, 0.5, 0.5]


def test_plateau_cools_down() -> None:
    """After the reduction at epoch 2 two epochs do not count."""
    assert plateau([1.0] * 6, patience=0, factor=0.5, cooldown=2) == [1.0, 0.5, 0.5, 0.5, 0.25, 0.25]


def test_plateau_stops_at_min_lr_of_each_group() -> None:
    scheduler = lr_scheduler.ReduceLROnPlateau(sgd(1.0, 1.0), factor=0.5, patience=0, min_lr=[0.25, 0.75])
    assert rates(scheduler, 4, [1.0] * 4) == [[1.0, 1.0]] * 2 + [[0.5, 0.75], [0.25, 0.75], [0.25, 0.75]]


def test_plateau_leaves_out_a_reduction_no_larger_than_eps() -> None:
    assert plateau([1.0, 1.0, 1.0], factor=0.5, patience=0, eps=0.5) == [1.0, 1.0, 1.0]
    assert plateau([1.0, 1.0, 1.0], factor=0.5, patience=0, eps=0.4) == [1.0, 0.5, 0.5]


def test_a_nan_is_no_improvement_and_a_value_is_a_metric() -> None:
    assert plateau([math.nan, 1.0, math.nan], patience=0, factor=0.5) == [0.5, 0.5, 0.25]
    scheduler = lr_scheduler.ReduceLROnPlateau(sgd(1.0))
    scheduler.step(Value(2.0))
    assert scheduler.best == 2.0


# ---- use ---------------------------------------------------------------------------------------------


def test_two_schedules_multiply() -> None:
    """A warm-up and a decay, as PyTorch's tutorial chains them."""
    optimizer = sgd(1.0)
    warm_up = lr_scheduler.LinearLR(optimizer, start_factor=0.5, total_iters=2)
    decay = lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
    assert (warm_up.get_last_lr(), decay.get_last_lr()) == ([0.5], [0.5])
    found = []
    for _ in range(3):
        warm_up.step()
        decay.step()
        found.append(optimizer.lr)
    assert found == pytest.approx([0.75 * 0.5, 1.0 * 0.25, 0.125], rel=ROUNDING)


def test_the_optimizer_steps_with_the_rate_of_the_epoch() -> None:
    optimizer = sgd(1.0)
    scheduler = lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
    for _ in range(3):
        optimizer.params[0].grad = 1.0
        optimizer.step()
        scheduler.step()
    assert optimizer.params[0].data == -1.75


def test_last_lr_is_a_copy() -> None:
    scheduler = lr_scheduler.ExponentialLR(sgd(1.0), gamma=0.5)
    scheduler.get_last_lr()[0] = 9.0
    assert scheduler.get_last_lr() == [1.0]


def test_repr_says_where_it_stands() -> None:
    scheduler = lr_scheduler.StepLR(sgd(1.0), 2, 0.5)
    scheduler.step()
    assert repr(scheduler) == "StepLR(step_size=2, gamma=0.5, epoch 1, lr=1.0)"


# ---- state dicts -------------------------------------------------------------------------------------

ALL: dict[str, Any] = {
    "StepLR": lambda o: lr_scheduler.StepLR(o, 3, 0.7),
    "MultiStepLR": lambda o: lr_scheduler.MultiStepLR(o, [2, 5, 8, 8], 0.7),
    "ExponentialLR": lambda o: lr_scheduler.ExponentialLR(o, 0.9),
    "CosineAnnealingLR": lambda o: lr_scheduler.CosineAnnealingLR(o, 6, 1e-3),
    "LinearLR": lambda o: lr_scheduler.LinearLR(o, 0.1, 0.9, 7),
    "ReduceLROnPlateau": lambda o: lr_scheduler.ReduceLROnPlateau(
        o, patience=1, cooldown=1, min_lr=[0.0, 0.01]
    ),
}
METRICS = [5.0, 4.0, 4.5, 4.5, 4.5, 4.5, 3.0, 3.5, 3.5, 3.5, 3.5, 3.5]


def steps_of(name: str, scheduler: Any, start: int, end: int) -> list[list[float]]:
    on_plateau = name == "ReduceLROnPlateau"
    return rates(scheduler, end - start, METRICS[start:end] if on_plateau else None)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("stop", [0, 1, 4, 7])
def test_a_schedule_resumed_goes_on_bit_for_bit(name: str, stop: int) -> None:
    never_stopped = ALL[name](sgd(1.0, 0.1))
    whole = steps_of(name, never_stopped, 0, 12)
    stopped = ALL[name](sgd(1.0, 0.1))
    steps_of(name, stopped, 0, stop)
    text = json.dumps([stopped.optimizer.state_dict(), stopped.state_dict()], allow_nan=False)
    resumed = ALL[name](sgd(1.0, 0.1))
    optimizer_state, state = json.loads(text)
    resumed.optimizer.load_state_dict(optimizer_state)
    resumed.load_state_dict(state)
    assert steps_of(name, resumed, stop, 12) == whole[stop:]
    assert resumed.state_dict() == never_stopped.state_dict()


@pytest.mark.parametrize("name", ALL)
def test_the_settings_come_with_the_state(name: str) -> None:
    other = {
        "StepLR": lambda o: lr_scheduler.StepLR(o, 1),
        "MultiStepLR": lambda o: lr_scheduler.MultiStepLR(o, []),
        "ExponentialLR": lambda o: lr_scheduler.ExponentialLR(o, 0.1),
        "CosineAnnealingLR": lambda o: lr_scheduler.CosineAnnealingLR(o, 1),
        "LinearLR": lr_scheduler.LinearLR,
        "ReduceLROnPlateau": lambda o: lr_scheduler.ReduceLROnPlateau(o, "max"),
    }[name](sgd(1.0, 0.1))
    state = ALL[name](sgd(1.0, 0.1)).state_dict()
    other.load_state_dict(state)  # type: ignore[attr-defined]
    assert other.state_dict() == state  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ALL)
def test_a_copy_has_an_optimizer_of_its_own(name: str) -> None:
    original = ALL[name](sgd(1.0, 0.1))
    twin = copy.deepcopy(original)
    assert steps_of(name, twin, 0, 8) == steps_of(name, original, 0, 8)
    assert twin.optimizer is not original.optimizer


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda s: s.pop("gamma"), "no 'gamma'"),
        (lambda s: s.update(T_max=3), "unknown 'T_max'"),
        (lambda s: s.update(last_epoch="3"), "'last_epoch' is '3'"),
        (lambda s: s.update(last_epoch=True), "'last_epoch' is True"),
        (lambda s: s.update(base_lrs=[1.0]), r"'base_lrs' is \[1.0\]"),
        (lambda s: s.update(last_lr=[1.0, None]), r"'last_lr' is \[1.0, None\]"),
        (lambda s: s.update(gamma="half"), "'gamma' is 'half'"),
    ],
)
def test_a_state_that_does_not_fit_is_refused_and_changes_nothing(change: Any, message: str) -> None:
    scheduler = ALL["StepLR"](sgd(1.0, 0.1))
    before, state = scheduler.state_dict(), scheduler.state_dict()
    change(state)
    with pytest.raises(ValueError, match=f"cannot load state_dict into StepLR: {message}"):
        scheduler.load_state_dict(state)
    assert scheduler.state_dict() == before


# ---- refusals ----------------------------------------------------------------------------------------

WRONG: dict[str, tuple[Any, type[Exception], str]] = {
    "no optimizer": (lambda: lr_scheduler.StepLR([Value(1.0)], 1), TypeError, "for an optimizer, not"),
    "plateau without one": (lambda: lr_scheduler.ReduceLROnPlateau(1.0), TypeError, "not for 1.0"),
    "step_size": (lambda: lr_scheduler.StepLR(sgd(1.0), 0), ValueError, "step_size is 0: it must be"),
    "gamma": (lambda: lr_scheduler.ExponentialLR(sgd(1.0), -0.5), ValueError, "gamma is -0.5"),
    "T_max": (lambda: lr_scheduler.CosineAnnealingLR(sgd(1.0), 0), ValueError, "T_max is 0"),
    "start_factor": (lambda: lr_scheduler.LinearLR(sgd(1.0), 0.0), ValueError, "start_factor is 0.0"),
    "end_factor": (lambda: lr_scheduler.LinearLR(sgd(1.0), end_factor=1.5), ValueError, "end_factor is 1.5"),
    "total_iters": (lambda: lr_scheduler.LinearLR(sgd(1.0), total_iters=0), ValueError, "total_iters is 0"),
    "factor": (lambda: lr_scheduler.ReduceLROnPlateau(sgd(1.0), factor=1.0), ValueError, "factor is 1.0"),
    "mode": (lambda: lr_scheduler.ReduceLROnPlateau(sgd(1.0), "least"), ValueError, "mode is 'least'"),
    "threshold_mode": (
        lambda: lr_scheduler.ReduceLROnPlateau(sgd(1.0), threshold_mode="x"), ValueError, "_mode is 'x'",
    ),
    "min_lr": (
        lambda: lr_scheduler.ReduceLROnPlateau(sgd(1.0), min_lr=[0.1, 0.1]), ValueError,
        "min_lr has 2 entries for 1 groups",
    ),
    "no metric": (lambda: lr_scheduler.ReduceLROnPlateau(sgd(1.0)).step(), TypeError, "takes the epoch"),
    "base": (lambda: lr_scheduler.LRScheduler(sgd(1.0)), TypeError, "LRScheduler defines no get_lr"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_said(name: str) -> None:
    call, error, message = WRONG[name]
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("name", ALL)
def test_a_group_added_afterwards_is_refused(name: str) -> None:
    scheduler = ALL[name](sgd(1.0, 0.1))
    scheduler.optimizer.add_param_group({"params": [Value(0.0)]})
    with pytest.raises(ValueError, match="3 groups, the schedule was made for 2"):
        steps_of(name, scheduler, 0, 1)
