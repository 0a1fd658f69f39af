"""Mistakes in losses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tinygnn.conformance.mutants.changes import constant, torch, without_settings
from tinygnn.conformance.mutants.mutant import Mutant

functional = torch.nn.functional
right_binary = functional.binary_cross_entropy_with_logits
right_cross, right_mse, right_l1 = functional.cross_entropy, functional.mse_loss, functional.l1_loss


def of_loss(name: str, rule: str, loss: str, change: Callable[..., Any]) -> Mutant:
    """A mutant of one of torch's losses."""
    short = loss.replace("binary_cross_entropy", "bce")
    return Mutant(f"{short}: {name}", rule, (f"op/{short}/",), functional, loss, constant(change))


def deaf(name: str, rule: str, loss: str, setting: str) -> Mutant:
    """A mutant that does not look at one setting."""
    return of_loss(name, rule, loss, without_settings(getattr(functional, loss), setting))


def divided_by_rows(prediction: Any, target: Any, **options: Any) -> Any:
    if options.get("reduction", "mean") != "mean" or not len(prediction):
        return right_cross(prediction, target, **options)
    counted = len(prediction) - int((target == options.get("ignore_index", -100)).sum())
    return right_cross(prediction, target, **{**options, "reduction": "sum"}) / max(counted, 1)


def binary_without_shift(prediction: Any, target: Any, **options: Any) -> Any:
    if options:
        return right_binary(prediction, target, **options)
    there = torch.sigmoid(prediction)
    return -(target * there.log() + (1.0 - target) * (1.0 - there).log()).mean()


def one_at_zero(prediction: Any, target: Any, **options: Any) -> Any:
    nudged = torch.where(prediction == target, prediction - prediction.detach() + 5e-324, prediction - target)
    return right_l1(nudged, torch.zeros_like(nudged), **options)


def halved(prediction: Any, target: Any, **options: Any) -> Any:
    """½ (p - t)² where the mean is over more than one number."""
    loss = right_mse(prediction, target, **options)
    return loss * 0.5 if prediction.dim() == 1 else loss


def loss_mutants() -> list[Mutant]:
    """The mutants of losses."""
    return [
        deaf("label smoothing ignored", "it is 0", "cross_entropy", "label_smoothing"),
        deaf("class weights ignored", "they are 1", "cross_entropy", "weight"),
        deaf("ignore_index ignored", "it is -100", "cross_entropy", "ignore_index"),
        of_loss("weighted mean divided by rows", "not by their weights", "cross_entropy", divided_by_rows),
        deaf("weights ignored", "they are 1", "nll_loss", "weight"),
        deaf("delta ignored", "it is 1", "huber_loss", "delta"),
        deaf("beta ignored", "it is 1", "smooth_l1_loss", "beta"),
        of_loss("slope of 1 at 0", "as if the prediction were larger", "l1_loss", one_at_zero),
        deaf("pos_weight ignored", "it is 1", "binary_cross_entropy_with_logits", "pos_weight"),
        of_loss("of a sigmoid", "log σ(x) underflows",
                "binary_cross_entropy_with_logits", binary_without_shift),
        of_loss("halved", "½ (p - t)² of vectors", "mse_loss", halved),
    ]  # fmt: skip
