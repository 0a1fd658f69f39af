"""The steps of optimizers at 50 digits, from formulas of their own and PyTorch's default settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tinygnn.conformance.case import Case
from tinygnn.conformance.truth_numbers import Number, context, found, rounded
from tinygnn.conformance.truth_schedules import PLATEAU, SCHEDULES

Settings = Mapping[str, Any]
State = dict[str, list[Any]]

COMMON = {"weight_decay": 0.0, "maximize": False}
DEFAULTS: dict[str, dict[str, Any]] = {
    "SGD": {**COMMON, "lr": 1e-3, "momentum": 0.0, "dampening": 0.0, "nesterov": False},
    "Adam": {**COMMON, "lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8, "amsgrad": False},
    "AdamW": {"weight_decay": 1e-2, "maximize": False, "lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8,
              "amsgrad": False},
    "RMSprop": {**COMMON, "lr": 1e-2, "alpha": 0.99, "eps": 1e-8, "momentum": 0.0, "centered": False},
    "Adagrad": {**COMMON, "lr": 1e-2, "lr_decay": 0.0, "initial_accumulator_value": 0.0, "eps": 1e-10},
}  # fmt: skip
CLIP_EPSILON = 1e-6  # what PyTorch adds to the norm

mpf = context.mpf


def true_steps(case: Case) -> dict[str, Any]:
    """The weights after every step, [steps][n]; with schedules the rates too, [steps + 1][groups]."""
    options = case.options
    weights = [mpf(w) for w in case.inputs["w"]]
    sizes = options.get("groups") or [(len(weights), {})]
    groups = [{**DEFAULTS[case.call], **options["settings"], **own} for _, own in sizes]
    rates = [mpf(group["lr"]) for group in groups]
    start, states = list(rates), [State() for _ in groups]
    schedules = [(name, settings, State()) for name, settings in options.get("schedules", [])]
    for name, settings, state in schedules:
        if name != PLATEAU:
            rates = SCHEDULES[name](settings, 0, rates, start, state)
    history, of_rates = [], [as_floats(rates)]
    for step, given in enumerate(options["gradients"], 1):
        gradients = clipped([mpf(g) for g in given], options.get("clip"))
        moved: list[Any] = []
        for (size, _), group, rate, state in zip(sizes, groups, rates, states):
            part = slice(len(moved), len(moved) + size)
            moved += moved_by(case.call, {**group, "lr": rate}, step, weights[part], gradients[part], state)
        weights = moved
        for name, settings, state in schedules:
            of_epoch = {**settings, "metric": options["metrics"][step - 1]} if name == PLATEAU else settings
            rates = SCHEDULES[name](of_epoch, step, rates, start, state)
        history.append(as_floats(weights))
        of_rates.append(as_floats(rates))
    return {"w": history, "lr": of_rates} if schedules else {"w": history}


def as_floats(numbers: Sequence[Number]) -> list[float]:
    """The nearest float64 of each."""
    return [rounded(found(x)) for x in numbers]


def clipped(gradients: list[Any], clip: Any) -> list[Any]:
    """g min(1, max_norm / (‖g‖_p + 1e-6)), or each g moved into [-clip_value, clip_value]."""
    if clip is None:
        return gradients
    name, settings = clip
    if name == "clip_grad_value_":
        bound = mpf(settings["clip_value"])
        return [max(-bound, min(bound, g)) for g in gradients]
    p = mpf(settings.get("norm_type", 2.0))
    sizes = [abs(g) for g in gradients]
    norm = max(sizes) if context.isinf(p) else context.fsum([size**p for size in sizes]) ** (1 / p)
    factor = mpf(settings["max_norm"]) / (norm + mpf(CLIP_EPSILON))
    return [g * min(factor, 1) for g in gradients]


def moved_by(
    call: str, settings: Settings, step: int, weights: list[Any], gradients: list[Any], state: State
) -> list[Any]:
    """The weights of a group after its step number `step`, counted from 1."""
    lr, decay = mpf(settings["lr"]), mpf(settings["weight_decay"])
    sign = -1 if settings["maximize"] else 1
    if call == "AdamW":
        weights = [w * (1 - lr * decay) for w in weights]
        decay = mpf(0)
    gradients = [sign * g + decay * w for g, w in zip(gradients, weights)]
    return [w - change for w, change in zip(weights, CHANGES[call](settings, lr, step, gradients, state))]


def kept(state: State, name: str, gradients: list[Any], start: float = 0.0) -> list[Any]:
    """What is remembered under a name, one number for each weight."""
    return state.get(name) or [mpf(start)] * len(gradients)


def average(settings_alpha: float, before: list[Any], new: list[Any]) -> list[Any]:
    """α before + (1 - α) new."""
    alpha = mpf(settings_alpha)
    return [alpha * a + (1 - alpha) * b for a, b in zip(before, new)]


def sgd(settings: Settings, lr: Any, step: int, gradients: list[Any], state: State) -> list[Any]:
    """lr b with b ← μ b + (1 - dampening) g, from the first g; lr (g + μ b) with Nesterov's momentum."""
    mu, dampening = mpf(settings["momentum"]), mpf(settings["dampening"])
    if not mu:
        return [lr * g for g in gradients]
    before = state.get("buffer")
    buffer = [mu * b + (1 - dampening) * g for b, g in zip(before, gradients)] if before else gradients
    state["buffer"] = buffer
    return [lr * (g + mu * b if settings["nesterov"] else b) for g, b in zip(gradients, buffer)]


def adam(settings: Settings, lr: Any, step: int, gradients: list[Any], state: State) -> list[Any]:
    """lr m̂ / (√v̂ + eps); with amsgrad v̂ is made from the largest v so far."""
    beta1, beta2 = settings["betas"]
    m = state["m"] = average(beta1, kept(state, "m", gradients), gradients)
    v = state["v"] = average(beta2, kept(state, "v", gradients), [g * g for g in gradients])
    if settings["amsgrad"]:
        v = state["largest"] = list(map(max, kept(state, "largest", gradients), v))
    first, second = 1 - mpf(beta1) ** step, 1 - mpf(beta2) ** step
    eps = mpf(settings["eps"])
    return [lr * (a / first) / (context.sqrt(b / second) + eps) for a, b in zip(m, v)]


def rmsprop(settings: Settings, lr: Any, step: int, gradients: list[Any], state: State) -> list[Any]:
    """lr b with b ← μ b + g / (√v + eps); centered, v - m² stands for v."""
    alpha, mu, eps = settings["alpha"], mpf(settings["momentum"]), mpf(settings["eps"])
    v = state["v"] = average(alpha, kept(state, "v", gradients), [g * g for g in gradients])
    if settings["centered"]:
        m = state["m"] = average(alpha, kept(state, "m", gradients), gradients)
        v = [a - b * b for a, b in zip(v, m)]
    steps = [g / (context.sqrt(a) + eps) for g, a in zip(gradients, v)]
    state["buffer"] = [mu * b + s for b, s in zip(kept(state, "buffer", gradients), steps)]
    return [lr * b for b in state["buffer"]]


def adagrad(settings: Settings, lr: Any, step: int, gradients: list[Any], state: State) -> list[Any]:
    """lr / (1 + (step - 1) lr_decay) g / (√s + eps) with s ← s + g²."""
    before = kept(state, "s", gradients, settings["initial_accumulator_value"])
    s = state["s"] = [a + g * g for a, g in zip(before, gradients)]
    rate = lr / (1 + (step - 1) * mpf(settings["lr_decay"]))
    return [rate * g / (context.sqrt(a) + mpf(settings["eps"])) for g, a in zip(gradients, s)]


CHANGES: dict[str, Callable[[Settings, Any, int, list[Any], State], list[Any]]] = {
    "SGD": sgd,
    "Adam": adam,
    "AdamW": adam,
    "RMSprop": rmsprop,
    "Adagrad": adagrad,
}
