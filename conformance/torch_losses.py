"""torch's losses, called as tinygnn's are."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from tinygnn.conformance.torch_place import dtype

TORCH_NAMES = {"bce_with_logits": "binary_cross_entropy_with_logits"}
NAMES = (
    "mse_loss",
    "l1_loss",
    "huber_loss",
    "smooth_l1_loss",
    "bce_with_logits",
    "cross_entropy",
    "nll_loss",
)


def losses() -> dict[str, Callable[..., Any]]:
    """Every loss by tinygnn's name."""

    def named(name: str) -> Callable[..., Any]:
        return lambda prediction, target, **options: loss(name, prediction, target, **options)

    return {name: named(name) for name in NAMES}


def loss(name: str, prediction: Any, target: Any, mask: list[bool] | None = None, **options: Any) -> Any:
    """torch.nn.functional's loss of the masked rows; weights become tensors."""
    torch = import_module("torch")
    if not torch.is_tensor(target):
        is_class = isinstance(target[0], int)
        target = torch.tensor(target, dtype=torch.long if is_class else dtype())
    for weight in ("weight", "pos_weight"):
        if weight in options:
            options[weight] = torch.tensor(options[weight], dtype=dtype())
    if mask is not None:
        rows = torch.tensor(mask, dtype=torch.bool)
        prediction, target = prediction[rows], target[rows]
    function: Callable[..., Any] = getattr(torch.nn.functional, TORCH_NAMES.get(name, name))
    return function(prediction, target, **options)
