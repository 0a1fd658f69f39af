"""One number of a parameter: who contributed to its gradient, and what the optimizer makes of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tinygnn.explain.chain import Line
from tinygnn.explain.expression import Expression, sum_of_products
from tinygnn.explain.subject import Subject
from tinygnn.explain.value_graph import breadth_first
from tinygnn.optim import Adam, AdamW
from tinygnn.tape import Passing
from tinygnn.value import Value


@dataclass(frozen=True)
class Share:
    """What one Value that the weight went into adds to its gradient: slope times that Value's gradient.

    node: the node whose row it is an entry of, None where it is none that is sent along edges. edges: if it
    is, the parts that came back along each edge from it: (target, part).
    """

    value: Value
    slope: float
    node: int | None = None
    edges: list[tuple[int, float]] = field(default_factory=list)

    @property
    def amount(self) -> float:
        return self.slope * self.value.grad


class Uses:
    """Where each parameter's numbers went in a forward pass, found once for all of them."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        wanted = set(subject.parameter_names())
        self.children: dict[Value, list[tuple[Value, float]]] = {}
        for value in breadth_first(subject.loss):
            for parent, partial in zip(value.parents, value.partials):
                if parent in wanted:
                    self.children.setdefault(parent, []).append((value, partial))
        self._sent: dict[Value, list[tuple[Passing, int, int]]] = {}
        for call in subject.tape:
            for passing in call.passings:
                for k, row in enumerate(passing.sent):
                    for f, number in enumerate(row):
                        if isinstance(number, Value):
                            self._sent.setdefault(number, []).append((passing, k, f))

    def shares(self, weight: Value) -> list[Share]:
        """The parts of a weight's gradient, which they add up to; those that are 0 are left out."""
        found = []
        for value, slope in self.children.get(weight, []):
            if slope * value.grad == 0.0:
                continue
            sent = self._sent.get(value, [])
            node = sent[0][0].sources[sent[0][1]] if sent else None
            edges = [
                (passing.targets[k], slope * float(passing.coefficients[k]) * passing.messages[k][f].grad)
                for passing, k, f in sent
                if isinstance(passing.messages[k][f], Value)
            ]
            found.append(Share(value, slope, node, edges))
        return found


def update_lines(subject: Subject, weight: Value, gradient: float) -> tuple[str, list[Line]]:
    """The optimizer's next step for one weight: a title, and its arithmetic if it is Adam's or AdamW's."""
    optimizer = subject.optimizer
    if optimizer is None:
        return "", []
    for group, state in zip(optimizer.param_groups, optimizer.state):
        place = next((k for k, parameter in enumerate(group["params"]) if parameter is weight), None)
        if place is None:
            continue
        if not isinstance(optimizer, Adam) or group["amsgrad"]:
            return f"{optimizer!r}: its arithmetic is in the docstring of {type(optimizer).__name__}", []
        t = state.get("step", 0) + 1
        m, v = (state[name][place] if state else 0.0 for name in ("exp_avg", "exp_avg_sq"))
        decoupled = isinstance(optimizer, AdamW)
        return f"Step {t} of {type(optimizer).__name__}", adam_lines(
            weight.data, gradient, m, v, t, group, decoupled=decoupled
        )
    return "", []


def adam_lines(
    w: float, g: float, m: float, v: float, t: int, group: dict[str, Any], *, decoupled: bool
) -> list[Line]:
    """Adam's step number t, from the m and v before it; decoupled: AdamW's weight decay."""
    (beta1, beta2), lr, eps, decay = group["betas"], group["lr"], group["eps"], group["weight_decay"]
    lines = [Line("w", w), Line("g = d loss / d w", g), Line("m before", m), Line("v before", v)]
    if group["maximize"]:
        g = -g
        lines.append(Line("g, to be made large", g))
    if decay and decoupled:
        kept = w * (1.0 - lr * decay)
        how = Expression((w, "·(1 - ", lr, "·", decay, ")"), lambda x: x[0] * (1.0 - x[1] * x[2]))
        lines.append(Line("w, decayed", kept, how))
        w = kept
    elif decay:
        decayed = g + decay * w
        lines.append(Line("g + weight decay", decayed, sum_of_products([(decay, w)], [g])))
        g = decayed
    new_m = m + (1.0 - beta1) * (g - m)
    new_v = beta2 * v + (1.0 - beta2) * g * g
    lines.append(Line("m", new_m, sum_of_products([(beta1, m), (1.0 - beta1, g)])))
    square = Expression(
        (beta2, "·", v, " + ", 1.0 - beta2, "·", g, "^2"), lambda x: x[0] * x[1] + x[2] * x[3] ** 2
    )
    lines.append(Line("v", new_v, square))
    m_hat, v_hat = new_m / (1.0 - beta1**t), new_v / (1.0 - beta2**t)
    for name, hat, moment, beta in (("m-hat", m_hat, new_m, beta1), ("v-hat", v_hat, new_v, beta2)):
        lines.append(Line(name, hat, Expression((moment, " / (1 - ", beta, f"^{t})"), _corrected(t))))
    denominator = math.sqrt(v_hat) + eps
    step = lr * m_hat / denominator if denominator else 0.0
    how = Expression((lr, "·", m_hat, " / (√(", v_hat, ") + ", eps, ")"), _adam_step)
    lines.append(Line("step", step, how))
    lines.append(Line("new w", w - step, Expression((w, " - ", step), lambda x: x[0] - x[1])))
    return lines


def _corrected(t: int) -> Any:
    return lambda x: x[0] / (1.0 - x[1] ** t)


def _adam_step(x: Sequence[float]) -> float:
    denominator = math.sqrt(x[2]) + x[3]
    return x[0] * x[1] / denominator if denominator else 0.0
