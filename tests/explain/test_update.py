"""The next step of an optimizer in lines: the last number is the new weight to the last bit."""

from __future__ import annotations

import random

import pytest

from tinygnn import Value
from tinygnn.explain.update import NextStep
from tinygnn.linalg import COMPILED
from tinygnn.optim import SGD, Adagrad, Adam, AdamW, RMSprop

OPTIMIZERS = {
    "Adam": lambda w: Adam(w, lr=0.01),
    "Adam, all of it": lambda w: Adam(w, 0.02, (0.8, 0.95), 1e-6, 0.1, amsgrad=True, maximize=True),
    "AdamW": lambda w: AdamW(w, lr=0.01, weight_decay=0.1),
    "SGD": lambda w: SGD(w, lr=0.1),
    "SGD, momentum": lambda w: SGD(w, 0.1, 0.9, 0.2, 0.05, maximize=True),
    "SGD, nesterov": lambda w: SGD(w, 0.1, 0.9, nesterov=True),
    "RMSprop": lambda w: RMSprop(w, lr=0.01),
    "RMSprop, momentum": lambda w: RMSprop(w, lr=0.01, weight_decay=0.1, momentum=0.5),
    "RMSprop, centered": lambda w: RMSprop(w, lr=0.01, centered=True),
    "Adagrad": lambda w: Adagrad(w, 0.1, 0.01, 0.1, 0.5),
    "two groups": lambda w: Adam([{"params": w[:2]}, {"params": w[2:], "lr": 0.5, "weight_decay": 0.1}]),
}


def pulled(weights, rng):
    for weight in weights:
        weight.grad = rng.uniform(-2.0, 2.0)


@pytest.mark.parametrize("clip_norm", [None, 0.5, 100.0])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_last_line_is_the_weight_that_the_optimizer_makes(name, clip_norm):
    from tinygnn.optim import clip_grad_norm_

    rng = random.Random(4)
    weights = [Value(rng.uniform(-1.0, 1.0)) for _ in range(5)]
    optimizer = OPTIMIZERS[name](weights)
    for _ in range(4):
        pulled(weights, rng)
        step = NextStep.of(optimizer, clip_norm)
        before = [(w.data, w.grad) for w in weights]
        if clip_norm is not None:
            clip_grad_norm_(weights, clip_norm)
        optimizer.step()
        for weight, (data, grad) in zip(weights, before):
            lines = step.lines(weight)
            assert (lines[0].name, lines[0].number, lines[1].number) == ("w", data, grad)
            assert lines[-1].name == "new w"
            assert lines[-1].number == step.after[weight] == weight.data


def test_looking_at_the_step_changes_nothing():
    weights = [Value(0.5), Value(-0.5)]
    optimizer = Adam(weights, lr=0.1)
    pulled(weights, random.Random(1))
    optimizer.step()
    state, numbers = optimizer.state_dict(), [(w.data, w.grad) for w in weights]
    NextStep.of(optimizer, 0.1)
    assert optimizer.state_dict() == state
    assert [(w.data, w.grad) for w in weights] == numbers


def test_adam_by_hand():
    """β1 = 0.5, β2 = 0.75, the second step: all numbers are exact."""
    weight = Value(1.0)
    optimizer = Adam([weight], lr=0.25, betas=(0.5, 0.75), eps=0.0)
    optimizer.state[0].update({"step": 1, "exp_avg": [2.0], "exp_avg_sq": [1.0]})
    weight.grad = 4.0
    lines = {line.name: line.number for line in NextStep.of(optimizer).lines(weight)}
    assert lines["m"] == 3.0 and lines["v"] == 4.75
    assert lines["m̂"] == 4.0 and lines["v̂"] == pytest.approx(4.75 / 0.4375, rel=1e-15)
    assert lines["step"] == pytest.approx(0.25 * 4.0 / (4.75 / 0.4375) ** 0.5, rel=1e-15)


def test_lines_read_as_the_formulas_of_the_docstring():
    weight = Value(0.5)
    optimizer = AdamW([weight], lr=0.1, weight_decay=0.5)
    weight.grad = 2.0
    assert [line.text() for line in NextStep.of(optimizer).lines(weight)] == [
        "w = 0.5",
        "g = 2",
        "w = 0.5·(1 - 0.1·0.5) = 0.475",
        "m = 0.9·0 + (1 - 0.9)·2 = 0.2",
        "v = 0.999·0 + (1 - 0.999)·2^2 = 0.004",
        "m̂ = 0.2 / (1 - 0.9^1) = 2",
        "v̂ = 0.004 / (1 - 0.999^1) = 4",
        "step = 0.1·2 / (√(4) + 1e-08) = 0.1",
        "new w = 0.475 - 0.1 = 0.375",
    ]


@pytest.mark.skipif(COMPILED, reason="a compiled optimizer cannot be subclassed")
def test_an_optimizer_of_ones_own_has_its_new_weight_without_arithmetic():
    class Half(SGD):
        def update(self, group, state):
            for weight in group["params"]:
                weight.data *= 0.5

    weight = Value(3.0)
    step = NextStep.of(Half([weight], lr=0.1))
    assert not step.known
    assert [(line.name, line.number) for line in step.lines(weight)] == [
        ("w", 3.0), ("g", 0.0), ("new w", 1.5)
    ]  # fmt: skip
