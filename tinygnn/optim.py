"""Optimizers: how weights change. Each follows PyTorch's step for step.

All take the parameters as Values or nested lists of them, each once, and `step()` reads their `grad`. A
parameter that no gradient reached has grad 0 here, where PyTorch may hold None and skip it.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import sqrt
from typing import Any, ClassVar

from tinygnn.nn.module import Module, leaves
from tinygnn.value import Value, divide


class Optimizer:
    """Holds the parameters and the learning rate; subclasses define `step` and name their attributes."""

    attributes: ClassVar[tuple[str, ...]] = ("params", "lr")

    def __init__(self, params: Iterable[Any], lr: float) -> None:
        if isinstance(params, Module):
            raise TypeError("an optimizer takes parameters: give it model.parameters()")
        given: list[Any] = list(dict.fromkeys(leaves(list(params))))
        for i, param in enumerate(given):
            if not isinstance(param, Value) or param.parents:
                raise TypeError(f"parameter {i} is {param!r}: an optimizer changes leaf Values")
        self.params: list[Value] = given
        if not self.params:
            raise ValueError("an optimizer needs parameters: did you mean model.parameters()?")
        _check(lr >= 0.0, "lr", lr, "at least 0")
        self.lr = lr

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0."""
        for param in self.params:
            param.grad = 0.0

    def step(self) -> None:
        raise TypeError(f"{type(self).__name__} defines no step")

    def __reduce__(self) -> tuple[Any, ...]:
        """Copy and pickle with the parameters and all that was remembered of earlier steps."""
        state = {name: getattr(self, name) for name in self.attributes}
        return type(self), (self.params, self.lr), state

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, attribute in state.items():
            setattr(self, name, attribute)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self.params)} parameters, lr={self.lr})"


class SGD(Optimizer):
    """Stochastic gradient descent with momentum μ (Sutskever et al. 2013), in PyTorch's form.

        g ← g + weight_decay · w
        b ← μ b + (1 - dampening) g        (the first b is g)
        w ← w - lr · b                     (nesterov: w - lr (g + μ b))

    Raises ValueError for a negative setting, or nesterov without momentum or with dampening.
    """

    attributes = (*Optimizer.attributes, "momentum", "dampening", "weight_decay", "nesterov", "buffers")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
    ) -> None:
        super().__init__(params, lr)
        _check(momentum >= 0.0, "momentum", momentum, "at least 0")
        _check(weight_decay >= 0.0, "weight_decay", weight_decay, "at least 0")
        if nesterov and (momentum == 0.0 or dampening != 0.0):
            raise ValueError("nesterov needs a momentum above 0 and no dampening")
        self.momentum = momentum
        self.dampening = dampening
        self.weight_decay = weight_decay
        self.nesterov = nesterov
        self.buffers: list[float] = []

    def step(self) -> None:
        """Change every parameter once."""
        gradients = [w.grad + self.weight_decay * w.data for w in self.params]
        if self.momentum:
            mu, fresh = self.momentum, 1.0 - self.dampening
            if self.buffers:
                self.buffers = [mu * b + fresh * g for b, g in zip(self.buffers, gradients)]
            else:
                self.buffers = list(gradients)
            if self.nesterov:
                gradients = [g + mu * b for g, b in zip(gradients, self.buffers)]
            else:
                gradients = self.buffers
        for w, g in zip(self.params, gradients):
            w.data -= self.lr * g


class Adam(Optimizer):
    """Adam (Kingma & Ba 2015, arXiv:1412.6980, algorithm 1), in PyTorch's form.

        g ← g + weight_decay · w
        m ← β1 m + (1 - β1) g              m̂ = m / (1 - β1^t)
        v ← β2 v + (1 - β2) g²             v̂ = v / (1 - β2^t)
        w ← w - lr · m̂ / (√v̂ + eps)

    Raises ValueError for a setting outside its range.
    """

    attributes = (*Optimizer.attributes, "betas", "eps", "weight_decay", "steps", "m", "v")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(params, lr)
        _check(0.0 <= betas[0] < 1.0 and 0.0 <= betas[1] < 1.0, "betas", betas, "in [0, 1)")
        _check(eps >= 0.0, "eps", eps, "at least 0")
        _check(weight_decay >= 0.0, "weight_decay", weight_decay, "at least 0")
        self.betas = betas
        self.eps = eps
        self.weight_decay = weight_decay
        self.steps = 0
        self.m = [0.0] * len(self.params)
        self.v = [0.0] * len(self.params)

    def step(self) -> None:
        """Change every parameter once."""
        decay = self.weight_decay
        if decay:
            self._update([w.grad + decay * w.data for w in self.params])
        else:
            self._update([w.grad for w in self.params])

    def _update(self, gradients: list[float]) -> None:
        beta1, beta2 = self.betas
        self.steps += 1
        self.m = [m + (1.0 - beta1) * (g - m) for m, g in zip(self.m, gradients)]
        self.v = [beta2 * v + (1.0 - beta2) * g * g for v, g in zip(self.v, gradients)]
        step_size = self.lr / (1.0 - beta1**self.steps)
        root = sqrt(1.0 - beta2**self.steps)
        eps = self.eps
        for w, m, v in zip(self.params, self.m, self.v):
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
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay)

    def step(self) -> None:
        """Change every parameter once."""
        keep = 1.0 - self.lr * self.weight_decay
        for w in self.params:
            w.data *= keep
        self._update([w.grad for w in self.params])


def _check(holds: bool, name: str, setting: object, expected: str) -> None:
    if not holds:
        raise ValueError(f"{name} is {setting!r}: it must be {expected}")
