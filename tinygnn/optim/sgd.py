"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tinygnn.optim.optimizer import Group, Optimizer, State, at_least_0, gradients_of
from tinygnn.value import Value


class SGD(Optimizer):
    """Stochastic gradient descent with momentum μ (Sutskever et al. 2013), in PyTorch's form.

        g ← g + weight_decay · w           (maximize: -g + weight_decay · w)
        b ← μ b + (1 - dampening) g        (the first b is g)
        w ← w - lr · b                     (nesterov: w - lr (g + μ b))

    Raises ValueError for a negative setting, or nesterov without momentum or with dampening.

    >>> weight = Value(1.0)
    >>> weight.grad = 2.0
    >>> SGD([weight], lr=0.25).step()
    >>> weight.data
    0.5
    """

    remembers = ("momentum_buffer",)

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        settings = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
        }
        super().__init__(params, settings)

    def check(self, settings: Mapping[str, Any]) -> None:
        super().check(settings)
        at_least_0("momentum", settings["momentum"])
        at_least_0("weight_decay", settings["weight_decay"])
        if settings["nesterov"] and (settings["momentum"] == 0.0 or settings["dampening"] != 0.0):
            raise ValueError("nesterov needs a momentum above 0 and no dampening")

    def update(self, group: Group, state: State) -> None:
        params: list[Value] = group["params"]
        lr: float = group["lr"]
        mu: float = group["momentum"]
        fresh: float = 1.0 - group["dampening"]
        gradients = gradients_of(group)
        if mu:
            if "momentum_buffer" in state:
                before: list[float] = state["momentum_buffer"]
                buffers = [mu * b + fresh * g for b, g in zip(before, gradients)]
            else:
                buffers = gradients
            state["momentum_buffer"] = buffers
            gradients = [g + mu * b for g, b in zip(gradients, buffers)] if group["nesterov"] else buffers
        for w, g in zip(params, gradients):
            w.data -= lr * g
