"""Adagrad: each gradient divided by the size of all before it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import sqrt
from typing import Any

from tinygnn.optim.optimizer import Group, Optimizer, State, at_least_0, gradients_of
from tinygnn.value import Value, divide


class Adagrad(Optimizer):
    """Adagrad (Duchi, Hazan & Singer 2011, "Adaptive Subgradient Methods", figure 1), as PyTorch's.

        g ← g + weight_decay · w           (maximize: -g + weight_decay · w)
        s ← s + g²                         (the first s is initial_accumulator_value)
        w ← w - lr / (1 + (t - 1) lr_decay) · g / (√s + eps)

    Raises ValueError for a negative setting.
    """

    remembers = ("step", "sum")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
        *,
        maximize: bool = False,
    ) -> None:
        settings = {
            "lr": lr,
            "lr_decay": lr_decay,
            "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value,
            "eps": eps,
            "maximize": maximize,
        }
        super().__init__(params, settings)

    def check(self, settings: Mapping[str, Any]) -> None:
        super().check(settings)
        for name in ("lr_decay", "weight_decay", "initial_accumulator_value", "eps"):
            at_least_0(name, settings[name])

    def update(self, group: Group, state: State) -> None:
        params: list[Value] = group["params"]
        eps: float = group["eps"]
        if not state:
            state.update({"step": 0, "sum": [float(group["initial_accumulator_value"])] * len(params)})
        lr: float = group["lr"] / (1.0 + state["step"] * group["lr_decay"])
        gradients = gradients_of(group)
        before: list[float] = state["sum"]
        sums = [s + g * g for s, g in zip(before, gradients)]
        state["step"], state["sum"] = state["step"] + 1, sums
        for w, g, s in zip(params, gradients, sums):
            size = sqrt(s) + eps
            w.data -= lr * g / size if size else divide(lr * g, size)
