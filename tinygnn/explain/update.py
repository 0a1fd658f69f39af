"""`NextStep`: what an optimizer would make of the gradients as they stand, weight by weight, in numbers."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Any

from tinygnn.explain.expression import Expression, call, sum_of_products
from tinygnn.explain.line import Line
from tinygnn.optim import SGD, Adagrad, Adam, AdamW, Optimizer, RMSprop, clip_grad_norm_
from tinygnn.optim.clip_grad import EPSILON
from tinygnn.value import Value, divide

# What each optimizer remembers of a weight, by its name in `Optimizer.state`.
REMEMBERED = {
    "exp_avg": "m",
    "exp_avg_sq": "v",
    "max_exp_avg_sq": "largest v",
    "momentum_buffer": "b",
    "square_avg": "v",
    "sum": "s",
}


@dataclass(frozen=True)
class NextStep:
    """The step that an optimizer takes from here, taken and taken back.

    groups, states: its settings and memory before the step. before, after: each weight. gradients: as the
    loss gave them. norm: of all gradients, where clip_norm is given; factor: what clipping multiplies by.
    """

    optimizer: Optimizer
    groups: list[dict[str, Any]]
    states: list[dict[str, Any]]
    before: dict[Value, float]
    after: dict[Value, float]
    gradients: dict[Value, float]
    place: dict[Value, tuple[int, int]]
    clip_norm: float | None = None
    norm: float = 0.0
    factor: float = 1.0

    @classmethod
    def of(cls, optimizer: Optimizer, clip_norm: float | None = None) -> NextStep:
        """Take the step with the gradients that the parameters have now; then all is as it was."""
        params = optimizer.params
        before, gradients = [w.data for w in params], [w.grad for w in params]
        states = [dict(state) for state in optimizer.state]  # steps make new lists
        norm, factor = 0.0, 1.0
        if clip_norm is not None:
            norm = clip_grad_norm_(params, clip_norm)
            factor = min(1.0, divide(float(clip_norm), norm + EPSILON))
        optimizer.step()
        after = [w.data for w in params]
        for w, data, grad in zip(params, before, gradients):
            w.data, w.grad = data, grad
        optimizer.state[:] = [dict(state) for state in states]
        groups = optimizer.param_groups
        return cls(
            optimizer, [dict(group) for group in groups], states,
            dict(zip(params, before)), dict(zip(params, after)), dict(zip(params, gradients)),
            {w: (g, k) for g, group in enumerate(groups) for k, w in enumerate(group["params"])},
            clip_norm, norm, factor,
        )  # fmt: skip

    @property
    def known(self) -> bool:
        """Whether the arithmetic is written down here; else there is the new weight alone."""
        return type(self.optimizer) in ARITHMETIC and not any(group.get("centered") for group in self.groups)

    def memory(self, weight: Value, name: str) -> float | None:
        """What is remembered of a weight under a name of `Optimizer.state`; None before the first step."""
        group, k = self.place[weight]
        return self.states[group][name][k] if name in self.states[group] else None

    def lines(self, weight: Value) -> list[Line]:
        """The arithmetic from w and g to the new w, whose last number is the optimizer's to the last bit."""
        group = self.groups[self.place[weight][0]]
        w, g = self.before[weight], self.gradients[weight]
        lines = [Line("w", w), Line("g", g)]
        if self.factor < 1.0:
            lines.append(Line("g", g * self.factor, sum_of_products([(g, self.factor)])))
            g *= self.factor
        if not self.known:
            return [*lines, Line("new w", self.after[weight])]
        if group["maximize"]:
            g = -g
            lines.append(Line("g", g, Expression(("-(", -g, ")"), lambda x: -x[0])))
        decay = group["weight_decay"]
        if decay and isinstance(self.optimizer, AdamW):
            keep = 1.0 - group["lr"] * decay
            parts = (w, "·(1 - ", group["lr"], "·", decay, ")")
            lines.append(Line("w", w * keep, Expression(parts, lambda x: x[0] * (1.0 - x[1] * x[2]))))
            w *= keep
        elif decay:
            lines.append(Line("g", g + decay * w, sum_of_products([(decay, w)], [g])))
            g += decay * w
        return lines + ARITHMETIC[type(self.optimizer)](self, weight, group, w, g)


def _moved(w: float, step: float) -> Line:
    return Line("new w", w - step, Expression((w, " - ", step), lambda x: x[0] - x[1]))


def _average(decay: float, old: float, new: float) -> Expression:
    """decay · old + (1 - decay) · new²"""
    parts = (decay, "·", old, " + (1 - ", decay, ")·", new, "^2")
    return Expression(parts, lambda x: x[0] * x[1] + (1.0 - x[2]) * x[3] ** 2)


def _over_root(lr: float, above: float, square: float, eps: float) -> Expression:
    """lr · above / (√square + eps)"""
    parts = (lr, "·", above, " / (√(", square, ") + ", eps, ")")
    return Expression(parts, lambda x: divide(x[0] * x[1], sqrt(x[2]) + x[3]))


def _adam(step: NextStep, weight: Value, group: dict[str, Any], w: float, g: float) -> list[Line]:
    (b1, b2), lr, eps = group["betas"], group["lr"], group["eps"]
    t = step.states[step.place[weight][0]].get("step", 0) + 1
    m, v = step.memory(weight, "exp_avg") or 0.0, step.memory(weight, "exp_avg_sq") or 0.0
    m1, v1 = m + (1.0 - b1) * (g - m), b2 * v + (1.0 - b2) * g * g
    bias1, bias2 = 1.0 - b1**t, 1.0 - b2**t
    parts = (b1, "·", m, " + (1 - ", b1, ")·", g)
    lines = [
        Line("m", m1, Expression(parts, lambda x: x[0] * x[1] + (1.0 - x[2]) * x[3])),
        Line("v", v1, _average(b2, v, g)),
    ]
    if group["amsgrad"]:
        old = step.memory(weight, "max_exp_avg_sq")
        largest = v1 if old is None or not old > v1 else old
        lines.append(Line("largest v", largest, call("max", [v1 if old is None else old, v1], max)))
        v1 = largest
    denominator = sqrt(v1) / sqrt(bias2) + eps
    move = lr / bias1 * m1
    move = move / denominator if denominator else divide(move, denominator)
    return [
        *lines,
        Line("m̂", m1 / bias1, Expression((m1, " / (1 - ", b1, f"^{t})"), lambda x: x[0] / (1.0 - x[1] ** t))),
        Line("v̂", v1 / bias2, Expression((v1, " / (1 - ", b2, f"^{t})"), lambda x: x[0] / (1.0 - x[1] ** t))),
        Line("step", move, _over_root(lr, m1 / bias1, v1 / bias2, eps)),
        _moved(w, move),
    ]


def _sgd(step: NextStep, weight: Value, group: dict[str, Any], w: float, g: float) -> list[Line]:
    lr, mu, lines = group["lr"], group["momentum"], []
    if mu:
        old, fresh = step.memory(weight, "momentum_buffer"), 1.0 - group["dampening"]
        b = g if old is None else mu * old + fresh * g
        lines.append(Line("b", b, None if old is None else sum_of_products([(mu, old), (fresh, g)])))
        if group["nesterov"]:
            lines.append(Line("g", g + mu * b, sum_of_products([(mu, b)], [g])))
            g += mu * b
        else:
            g = b
    return [*lines, Line("step", lr * g, sum_of_products([(lr, g)])), _moved(w, lr * g)]


def _rmsprop(step: NextStep, weight: Value, group: dict[str, Any], w: float, g: float) -> list[Line]:
    lr, alpha, eps, mu = (group[name] for name in ("lr", "alpha", "eps", "momentum"))
    v = step.memory(weight, "square_avg") or 0.0
    v1 = alpha * v + (1.0 - alpha) * g * g
    size = sqrt(v1) + eps
    b = g / size if size else divide(g, size)
    lines = [
        Line("v", v1, _average(alpha, v, g)),
        Line("direction", b, _over_root(1.0, g, v1, eps)),
    ]
    if mu:
        old = step.memory(weight, "momentum_buffer") or 0.0
        lines.append(Line("b", mu * old + b, sum_of_products([(mu, old)], [b])))
        b = mu * old + b
    return [*lines, Line("step", lr * b, sum_of_products([(lr, b)])), _moved(w, lr * b)]


def _adagrad(step: NextStep, weight: Value, group: dict[str, Any], w: float, g: float) -> list[Line]:
    old, eps = step.memory(weight, "sum"), group["eps"]
    old = float(group["initial_accumulator_value"]) if old is None else old
    steps = step.states[step.place[weight][0]].get("step", 0)
    lr, s = group["lr"] / (1.0 + steps * group["lr_decay"]), old + g * g
    size = sqrt(s) + eps
    move = lr * g / size if size else divide(lr * g, size)
    return [
        Line("s", s, sum_of_products([(g, g)], [old])),
        Line("step", move, _over_root(lr, g, s, eps)),
        _moved(w, move),
    ]


ARITHMETIC = {Adam: _adam, AdamW: _adam, SGD: _sgd, RMSprop: _rmsprop, Adagrad: _adagrad}
