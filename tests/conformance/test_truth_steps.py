"""Steps at 50 digits: against numbers worked out by hand, and closed forms of the schedules."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import pytest

from tinygnn.conformance.case import Case
from tinygnn.conformance.truth_numbers import context, rounded
from tinygnn.conformance.truth_steps import true_steps

mpf = context.mpf


def steps(
    call: str, settings: dict[str, Any], gradients: list[list[float]], **options: Any
) -> dict[str, Any]:
    """What comes of a weight of 1 after each gradient."""
    given = {"settings": settings, "gradients": gradients, "metrics": None, **options}
    return true_steps(Case("optimizer/made-up", "optimizer", call, {"w": [1.0] * len(gradients[0])}, given))


def weights(call: str, settings: dict[str, Any], *gradients: float, **options: Any) -> list[float]:
    found = steps(call, settings, [[g] for g in gradients], **options)
    return [w for [w] in found["w"]]


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        ({"lr": 0.5}, [0.0, -0.5]),
        ({"lr": 0.5, "momentum": 0.5}, [0.0, -1.0]),
        ({"lr": 0.5, "momentum": 0.5, "dampening": 0.5}, [0.0, -0.75]),
        ({"lr": 0.5, "momentum": 0.5, "nesterov": True}, [-0.5, -1.5]),
        ({"lr": 0.5, "weight_decay": 0.25}, [-0.125, -0.609375]),
        ({"lr": 0.5, "maximize": True}, [2.0, 2.5]),
    ],
)
def test_sgd_takes_the_steps_worked_out_by_hand(settings: dict[str, Any], wanted: list[float]) -> None:
    assert weights("SGD", settings, 2.0, 1.0) == wanted


def test_the_first_step_of_adam_has_the_length_of_the_rate() -> None:
    """w - lr g / (|g| + eps), whatever the betas."""
    for betas in ((0.9, 0.999), (0.5, 0.25)):
        [w] = weights("Adam", {"lr": 0.25, "betas": betas, "eps": 0.5}, -2.0)
        assert w == 1.0 + 0.25 * 2.0 / 2.5


def test_adamw_shrinks_the_weight_first() -> None:
    [w] = weights("AdamW", {"lr": 0.25, "weight_decay": 0.5, "eps": 0.5}, -2.0)
    assert w == 1.0 - 0.125 + 0.25 * 2.0 / 2.5


def test_amsgrad_divides_by_the_largest_average_so_far() -> None:
    """Betas of 0: without it every step is lr g / |g|, with it the second is lr · 1 / √(8²)."""
    plain = weights("Adam", {"lr": 0.5, "betas": (0.0, 0.0), "eps": 0.0}, 8.0, 1.0)
    largest = weights("Adam", {"lr": 0.5, "betas": (0.0, 0.0), "eps": 0.0, "amsgrad": True}, 8.0, 1.0)
    assert plain == [0.5, 0.0]
    assert largest == [0.5, 0.5 - 0.5 / 8.0]


def test_rmsprop_centered_divides_by_the_variance() -> None:
    """From nothing v - m² = α (1 - α) g²."""
    settings = {"lr": 1.0, "alpha": 0.75, "eps": 0.0}
    assert weights("RMSprop", settings, 2.0) == [1.0 - 2.0]
    [w] = weights("RMSprop", {**settings, "centered": True}, 2.0)
    assert w == rounded(1 - 2 / context.sqrt(mpf(3) / 16 * 4))


def test_adagrad_divides_by_all_squares_so_far() -> None:
    [first, second] = weights("Adagrad", {"lr": 1.0, "eps": 0.0, "lr_decay": 1.0}, 3.0, 4.0)
    assert first == 0.0
    assert second == rounded(mpf(-1) / 2 * 4 / 5)


def test_numbers_are_rounded_once_and_not_at_every_step() -> None:
    """0.1 a hundred times from 1: as a fraction, and the nearest float of it."""
    last = weights("SGD", {"lr": 0.1}, *[1.0] * 100)[-1]
    assert last == float(1 - 100 * Fraction(0.1))


@pytest.mark.parametrize(
    ("clip", "wanted"),
    [
        (("clip_grad_value_", {"clip_value": 2.0}), [-1.0, 3.0]),
        (("clip_grad_norm_", {"max_norm": 10.0}), [-2.0, 5.0]),
        (("clip_grad_norm_", {"max_norm": 1.0}), [1 - 3 / (5 + mpf(1e-6)), 1 + 4 / (5 + mpf(1e-6))]),
        (("clip_grad_norm_", {"max_norm": 1.0, "norm_type": math.inf}),
         [1 - 3 / (4 + mpf(1e-6)), 1 + 4 / (4 + mpf(1e-6))]),
        (("clip_grad_norm_", {"max_norm": 1.0, "norm_type": 1.0}),
         [1 - 3 / (7 + mpf(1e-6)), 1 + 4 / (7 + mpf(1e-6))]),
    ],
)  # fmt: skip
def test_gradients_are_clipped_before_the_step(clip: Any, wanted: list[Any]) -> None:
    found = steps("SGD", {"lr": 1.0}, [[3.0, -4.0]], clip=clip)
    assert found["w"] == [[rounded(mpf(w)) for w in wanted]]


def rates(*schedules: tuple[str, dict[str, Any]], epochs: int = 12, **options: Any) -> list[float]:
    """The rate of every epoch, from 1."""
    found = steps("SGD", {"lr": 1.0}, [[0.0]] * epochs, schedules=list(schedules), **options)
    return [lr for [lr] in found["lr"]]


def test_schedules_follow_their_closed_forms() -> None:
    epochs = range(13)
    assert rates(("StepLR", {"step_size": 5, "gamma": 0.5})) == [0.5 ** (t // 5) for t in epochs]
    milestones = {"milestones": [2, 2, 7], "gamma": 0.5}
    assert rates(("MultiStepLR", milestones)) == [0.25 ** (t >= 2) * 0.5 ** (t >= 7) for t in epochs]
    assert rates(("ExponentialLR", {"gamma": 0.7})) == [float(Fraction(0.7) ** t) for t in epochs]
    half = [(1 + context.cospi(mpf(t) / 10)) / 2 for t in epochs]
    low = mpf(0.25)
    assert rates(("CosineAnnealingLR", {"T_max": 10, "eta_min": 0.25})) == [
        rounded(low + (1 - low) * part) for part in half
    ]
    line = [Fraction(1, 4) + Fraction(3, 4) * min(t, 8) / 8 for t in epochs]
    assert rates(("LinearLR", {"start_factor": 0.25, "total_iters": 8})) == list(map(float, line))


def test_two_schedules_multiply_their_factors() -> None:
    both = rates(("ExponentialLR", {"gamma": 0.5}), ("StepLR", {"step_size": 2, "gamma": 0.5}), epochs=4)
    assert both == [1.0, 0.5, 0.125, 0.0625, 0.015625]


def test_a_plateau_counts_epochs_without_improvement() -> None:
    """After two bad epochs in a row the rate halves; nan is bad, and the two epochs that follow rest."""
    metrics = [4.0, 3.0, 3.0, math.nan, 3.0, 3.0, 3.0, 3.0, 2.0]
    settings = {"patience": 1, "factor": 0.5, "cooldown": 2}
    found = rates(("ReduceLROnPlateau", settings), epochs=9, metrics=metrics)
    assert found == [1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25]


def test_a_plateau_of_the_largest_keeps_the_least_rate() -> None:
    settings = {"mode": "max", "patience": 0, "factor": 0.25, "min_lr": 0.125, "threshold_mode": "abs"}
    assert rates(("ReduceLROnPlateau", settings), epochs=4, metrics=[1.0, 1.0, 1.0, 2.0]) == [
        1.0, 1.0, 0.25, 0.125, 0.125,
    ]  # fmt: skip
