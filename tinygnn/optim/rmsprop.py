"""RMSprop: each gradient divided by its recent size."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import sqrt
from typing import Any

from tinygnn.optim.optimizer import Group, Optimizer, State, at_least_0, gradients_of, require, zeros
from tinygnn.value import Value, divide


class RMSprop(Optimizer):
    """RMSprop (Tieleman & Hinton 2012, lecture 6e of "Neural Networks for Machine Learning"), as PyTorch's.

        g ← g + weight_decay · w           (maximize: -g + weight_decay · w)
        v ← α v + (1 - α) g²
        b ← μ b + g / (√v + eps)           (the first b is its last term; μ is the momentum)
        w ← w - lr · b

    centered divides by the deviation √(v - m²) with m ← α m + (1 - α) g (Graves 2013, arXiv:1308.0850,
    equation 40). PyTorch subtracts, which leaves rounding errors and can give nan where v is near m²; here
    s = v - m² itself is carried along by the same recursion, s ← α s + α (1 - α) (g - m)², never below 0.

    Raises ValueError for a setting outside its range.
    """

    remembers = ("step", "square_avg", "grad_avg", "variance", "momentum_buffer")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        settings = {
            "lr": lr,
            "alpha": alpha,
            "eps": eps,
            "weight_decay": weight_decay,
            "momentum": momentum,
            "centered": centered,
            "maximize": maximize,
        }
        super().__init__(params, settings)

    def check(self, settings: Mapping[str, Any]) -> None:
        super().check(settings)
        require(0.0 <= settings["alpha"] <= 1.0, "alpha", settings["alpha"], "in [0, 1]")
        for name in ("eps", "weight_decay", "momentum"):
            at_least_0(name, settings[name])

    def update(self, group: Group, state: State) -> None:
        params: list[Value] = group["params"]
        lr: float = group["lr"]
        eps: float = group["eps"]
        mu: float = group["momentum"]
        gradients = gradients_of(group)
        state["step"] = state.get("step", 0) + 1
        sizes = [sqrt(v) + eps for v in self.squares(group, state, gradients)]
        steps = [g / size if size else divide(g, size) for g, size in zip(gradients, sizes)]
        if mu:
            before: list[float] = state.get("momentum_buffer", zeros(group))
            steps = [mu * b + step for b, step in zip(before, steps)]
            state["momentum_buffer"] = steps
        for w, step in zip(params, steps):
            w.data -= lr * step

    def squares(self, group: Group, state: State, gradients: list[float]) -> list[float]:
        """v, or v - m² where centered, with these gradients in."""
        alpha: float = group["alpha"]
        fresh = 1.0 - alpha
        if not group["centered"]:
            before: list[float] = state.get("square_avg", zeros(group))
            state["square_avg"] = [alpha * v + fresh * g * g for v, g in zip(before, gradients)]
            after: list[float] = state["square_avg"]
            return after
        means: list[float] = state.get("grad_avg", zeros(group))
        variances: list[float] = state.get("variance", zeros(group))
        off = [g - m for g, m in zip(gradients, means)]
        variances = [alpha * s + alpha * fresh * d * d for s, d in zip(variances, off)]
        state["grad_avg"] = [m + fresh * d for m, d in zip(means, off)]
        state["variance"] = variances
        return variances
