"""Adam and AdamW: steps of about lr, whatever the size of the gradients."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import sqrt
from typing import Any

from tinygnn.optim.optimizer import Group, Optimizer, State, at_least_0, gradients_of, require, zeros
from tinygnn.value import Value, divide


class Adam(Optimizer):
    """Adam (Kingma & Ba 2015, arXiv:1412.6980, algorithm 1), in PyTorch's form.

        g ← g + weight_decay · w           (maximize: -g + weight_decay · w)
        m ← β1 m + (1 - β1) g              m̂ = m / (1 - β1^t)
        v ← β2 v + (1 - β2) g²             v̂ = v / (1 - β2^t)
        w ← w - lr · m̂ / (√v̂ + eps)

    amsgrad takes the largest v so far in place of v (Reddi et al. 2018, arXiv:1904.09237, algorithm 2).
    Raises ValueError for a setting outside its range.
    """

    remembers = ("step", "exp_avg", "exp_avg_sq", "max_exp_avg_sq")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: Sequence[float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        settings = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
        }
        super().__init__(params, settings)

    def check(self, settings: Mapping[str, Any]) -> None:
        super().check(settings)
        betas = settings["betas"]
        require(0.0 <= betas[0] < 1.0 and 0.0 <= betas[1] < 1.0, "betas", betas, "in [0, 1)")
        at_least_0("eps", settings["eps"])
        at_least_0("weight_decay", settings["weight_decay"])

    def update(self, group: Group, state: State) -> None:
        self.move(group, state, gradients_of(group))

    def move(self, group: Group, state: State, gradients: list[float]) -> None:
        """Adam's step along these gradients."""
        params: list[Value] = group["params"]
        beta1: float = group["betas"][0]
        beta2: float = group["betas"][1]
        lr: float = group["lr"]
        eps: float = group["eps"]
        if not state:
            state.update({"step": 0, "exp_avg": zeros(group), "exp_avg_sq": zeros(group)})
        steps: int = state["step"] + 1
        first: list[float] = state["exp_avg"]
        second: list[float] = state["exp_avg_sq"]
        first = [m + (1.0 - beta1) * (g - m) for m, g in zip(first, gradients)]
        second = [beta2 * v + (1.0 - beta2) * g * g for v, g in zip(second, gradients)]
        state["step"], state["exp_avg"], state["exp_avg_sq"] = steps, first, second
        if group["amsgrad"]:
            largest: list[float] = state.get("max_exp_avg_sq", second)
            second = [old if old > v else v for old, v in zip(largest, second)]
            state["max_exp_avg_sq"] = second
        step_size = lr / (1.0 - beta1**steps)
        root = sqrt(1.0 - beta2**steps)
        for w, m, v in zip(params, first, second):
            denominator = sqrt(v) / root + eps
            w.data -= step_size * m / denominator if denominator else divide(step_size * m, denominator)


class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov & Hutter 2019, arXiv:1711.05101, algorithm 2).

    w ← w - lr · weight_decay · w, then Adam's step without weight decay.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: Sequence[float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize)

    def update(self, group: Group, state: State) -> None:
        params: list[Value] = group["params"]
        keep: float = 1.0 - group["lr"] * group["weight_decay"]
        for w in params:
            w.data *= keep
        self.move(group, state, gradients_of({**group, "weight_decay": 0.0}))
