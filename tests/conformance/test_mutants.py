"""The suite is tested: each planted mistake is caught, and cases that it does not touch still pass.

A mutant changes one rule, of the torch backend or of tinygnn.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tinygnn import Value, linalg
from tinygnn.conformance import torch_backend, torch_models, torch_ops
from tinygnn.conformance.case import Backend
from tinygnn.conformance.cases import all_cases, select
from tinygnn.conformance.runner import Outcome, Reference, run_cases
from tinygnn.conformance.tinygnn_backend import TinygnnBackend
from tinygnn.value import as_value, topological_order

torch: Any = pytest.importorskip("torch")

CASES = select(all_cases(), quick=True)
REFERENCE = Reference()
Patch = pytest.MonkeyPatch
Mutant = Callable[[Patch], None]

original_matrix = torch_models.gcn_matrix
original_output = torch_models.model_output
original_loss = torch_models.loss_of


def of_matrix(change: Callable[..., Any]) -> Mutant:
    """A mutant of the normalised adjacency matrix."""
    return lambda patch: patch.setattr(torch_models, "gcn_matrix", change)


def of_operation(name: str, change: Callable[..., Any]) -> Mutant:
    """A mutant of one operation."""

    def plant(patch: Patch) -> None:
        patch.setattr(torch_backend, "operations", lambda: {**torch_ops.operations(), name: change})

    return plant


def of_output(change: Callable[..., Any]) -> Mutant:
    """A mutant of the models."""
    return lambda patch: patch.setattr(torch_backend, "model_output", change)


def of_loss(change: Callable[..., Any]) -> Mutant:
    """A mutant of the losses of models."""
    return lambda patch: patch.setattr(torch_backend, "loss_of", change)


def of_activation(name: str, change: Callable[..., Any]) -> Mutant:
    """A mutant of an activation inside the models."""
    return lambda patch: patch.setattr(torch.nn.functional, name, change)


def of_optimizer(name: str, change: Callable[..., Any]) -> Mutant:
    """A mutant of an optimizer."""
    return lambda patch: patch.setattr(torch.optim, name, change)


def of_schedule(name: str, change: Callable[..., Any]) -> Mutant:
    """A mutant of a schedule."""
    return lambda patch: patch.setattr(torch.optim.lr_scheduler, name, change)


def of_loss_function(name: str, change: Callable[..., Any]) -> Mutant:
    """A mutant of one of torch's losses."""
    return lambda patch: patch.setattr(torch.nn.functional, name, change)


def without(name: str, *settings: str) -> Callable[..., Any]:
    """torch's loss, which does not look at some of its settings."""
    loss = getattr(torch.nn.functional, name)

    def deaf(prediction: Any, target: Any, **options: Any) -> Any:
        return loss(prediction, target, **{n: v for n, v in options.items() if n not in settings})

    return deaf


def divided_by_rows(prediction: Any, target: Any, **options: Any) -> Any:
    """A weighted cross entropy whose mean divides by the rows that count, not by their weights."""
    if options.get("reduction", "mean") != "mean" or not len(prediction):
        return original_cross_entropy(prediction, target, **options)
    counted = len(prediction) - int((target == options.get("ignore_index", -100)).sum())
    return original_cross_entropy(prediction, target, **{**options, "reduction": "sum"}) / max(counted, 1)


def binary_without_shift(prediction: Any, target: Any, **options: Any) -> Any:
    if options:
        return original_binary(prediction, target, **options)
    there = torch.sigmoid(prediction)
    return -(target * there.log() + (1.0 - target) * (1.0 - there).log()).mean()


def flipped(edges: Any) -> Any:
    sources, targets = edges
    return targets, sources


def all_weights(edges: Any, weight: Any) -> Any:
    return torch.ones(len(edges[0]), dtype=torch.float64) if weight is None else weight


def with_second_self_loop(edges: Any, weight: Any, n: int, **options: Any) -> Any:
    nodes = list(range(n))
    doubled = torch.cat([all_weights(edges, weight), torch.ones(n, dtype=torch.float64)])
    return original_matrix((edges[0] + nodes, edges[1] + nodes), doubled, n, add_self_loops=False)


def with_duplicates_merged(edges: Any, weight: Any, n: int, **options: Any) -> Any:
    position = {edge: e for e, edge in enumerate(zip(*edges))}
    kept = sorted(position.values())
    merged = ([edges[0][e] for e in kept], [edges[1][e] for e in kept])
    return original_matrix(merged, all_weights(edges, weight)[kept], n, **options)


def with_weights_left_out_of_the_degree(edges: Any, weight: Any, n: int, **options: Any) -> Any:
    plain, weighted = original_matrix(edges, None, n), original_matrix(edges, weight, n, normalize=False)
    return plain if weight is None else plain * (weighted + torch.eye(n, dtype=torch.float64))


def with_degrees_detached(edges: Any, weight: Any, n: int, **options: Any) -> Any:
    right = original_matrix(edges, weight, n, **options)
    if weight is None or options.get("normalize") is False:
        return right
    sums = original_matrix(edges, weight, n, normalize=False) + torch.eye(n, dtype=torch.float64)
    return right.detach() + (sums - sums.detach()) * (right / torch.where(sums == 0.0, 1.0, sums)).detach()


def transposed(case: Any, inputs: dict[str, Any]) -> Any:
    return original_output(case, {n: v.T if square_weight(n, v) else v for n, v in inputs.items()})


def square_weight(name: str, values: Any) -> bool:
    return name.endswith("weight") and values.dim() == 2 and values.shape[0] == values.shape[1]


def without_bias(case: Any, inputs: dict[str, Any]) -> Any:
    return original_output(case, {n: v * 0.0 if n.endswith("bias") else v for n, v in inputs.items()})


def over_all_rows(name: str, prediction: Any, target: Any, mask: Any = None) -> Any:
    share = 1.0 if mask is None else sum(mask) / len(mask)
    return original_loss(name, prediction, target, mask) * share


def straight_through_tanh(x: Any) -> Any:
    return x + (torch.tanh(x) - x).detach()


def a_thousandth_too_much(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda x: function(x) * 1.001 - (function(x) * 0.001).detach()


def without_nan(x: Any, y: Any) -> Any:
    return torch.fmax(torch_ops.tensor(x), torch_ops.tensor(y))


def with_factor_detached(x: Any, y: Any) -> Any:
    return x * (y.detach() if torch.is_tensor(x) and torch.is_tensor(y) else y)


def closed_clamp(x: Any, min: float = -torch.inf, max: float = torch.inf) -> Any:
    inside = (x > min) & (x < max)
    return torch.where(inside, x, torch.clamp(x, min, max).detach() + 0.0 * x)


class SettingsLeftOut:
    """An optimizer that does not look at some of its settings."""

    def __init__(self, optimizer: Any, *names: str) -> None:
        self.optimizer, self.names = optimizer, names

    def __call__(self, parameters: Any, **settings: Any) -> Any:
        return self.optimizer(parameters, **{n: v for n, v in settings.items() if n not in self.names})


def adam_with_eps_inside_the_root(parameters: Any, lr: float, eps: float = 1e-8, **rest: Any) -> Any:
    return original_adam(parameters, lr=lr, eps=eps**0.5, **rest)


original_adam = torch.optim.Adam
original_binary = torch.nn.functional.binary_cross_entropy_with_logits
original_cross_entropy = torch.nn.functional.cross_entropy
original_step_lr = torch.optim.lr_scheduler.StepLR

# name: the mutant, and the cases among which it is looked for
MUTANTS: dict[str, tuple[Mutant, str]] = {
    "source and target swapped": (
        of_matrix(lambda edges, *rest, **options: original_matrix(flipped(edges), *rest, **options)),
        "model/gcn",
    ),
    "degree of the wrong side": (
        of_matrix(lambda edges, *rest, **options: original_matrix(flipped(edges), *rest, **options).T),
        "model/gcn",
    ),
    "self loop dropped": (
        of_matrix(lambda *args, **options: original_matrix(*args, **{**options, "add_self_loops": False})),
        "model/gcn",
    ),
    "second self loop added": (of_matrix(with_second_self_loop), "model/gcn"),
    "improved ignored": (
        of_matrix(lambda *args, improved=False, **options: original_matrix(*args, **options)),
        "model/gcn",
    ),
    "normalize ignored": (
        of_matrix(lambda *args, normalize=True, **options: original_matrix(*args, **options)),
        "model/gcn",
    ),
    "duplicate edges merged": (of_matrix(with_duplicates_merged), "model/gcn"),
    "edge weights left out of the degree": (of_matrix(with_weights_left_out_of_the_degree), "model/gcn"),
    "degrees detached": (of_matrix(with_degrees_detached), "model/gcn"),
    "edge weights detached": (
        of_matrix(
            lambda edges, weight, n, **options: original_matrix(
                edges, None if weight is None else weight.detach(), n, **options
            )
        ),
        "model/gcn",
    ),
    "weight transposed": (of_output(transposed), "model/"),
    "bias left out": (of_output(without_bias), "model/"),
    "activation detached": (of_activation("tanh", straight_through_tanh), "model/"),
    "gradient of an activation off by a thousandth": (
        of_activation("relu", a_thousandth_too_much(torch.relu)),
        "model/",
    ),
    "loss divided by all rows": (of_loss(over_all_rows), "model/"),
    "gradient of sigmoid off by a thousandth": (
        of_operation("sigmoid", a_thousandth_too_much(torch.sigmoid)),
        "op/",
    ),
    "tie of maximum to the first": (
        of_operation("maximum", lambda x, y: torch.where(torch_ops.tensor(x) >= y, x, y)),
        "op/maximum",
    ),
    "tie of many to one": (of_operation("amax", lambda values: torch.max(values, 0).values), "op/amax"),
    "clamp closed at its bounds": (of_operation("clamp", closed_clamp), "op/clamp"),
    "relu open at 0": (of_operation("relu", lambda x: x * (x >= 0.0)), "op/relu"),
    "nan swallowed": (of_operation("maximum", without_nan), "op/max"),
    "gelu in its other form": (
        of_operation("gelu", lambda x, approximate="none": torch.nn.functional.gelu(x, approximate="tanh")),
        "op/gelu",
    ),
    "softmax without its shift": (
        of_operation("softmax", lambda values: torch.exp(values) / torch.exp(values).sum()),
        "op/softmax",
    ),
    "sum in float32": (of_operation("total", lambda values: values.float().sum().double()), "op/total"),
    "one factor of a product detached": (of_operation("mul", with_factor_detached), "op/mul"),
    "momentum without nesterov": (
        of_optimizer("SGD", SettingsLeftOut(torch.optim.SGD, "nesterov")), "optimizer/",
    ),
    "dampening ignored": (of_optimizer("SGD", SettingsLeftOut(torch.optim.SGD, "dampening")), "optimizer/"),
    "weight decay coupled in AdamW": (of_optimizer("AdamW", original_adam), "optimizer/"),
    "eps of Adam inside the root": (of_optimizer("Adam", adam_with_eps_inside_the_root), "optimizer/"),
    "label smoothing ignored": (
        of_loss_function("cross_entropy", without("cross_entropy", "label_smoothing")), "op/cross_entropy",
    ),
    "class weights ignored": (
        of_loss_function("cross_entropy", without("cross_entropy", "weight")), "op/cross_entropy",
    ),
    "weighted mean divided by the rows": (
        of_loss_function("cross_entropy", divided_by_rows), "op/cross_entropy",
    ),
    "weights of nll ignored": (of_loss_function("nll_loss", without("nll_loss", "weight")), "op/nll_loss"),
    "delta ignored": (of_loss_function("huber_loss", without("huber_loss", "delta")), "op/huber_loss"),
    "pos_weight ignored": (
        of_loss_function(
            "binary_cross_entropy_with_logits", without("binary_cross_entropy_with_logits", "pos_weight")
        ),
        "op/bce",
    ),
    "binary cross entropy of a sigmoid": (
        of_loss_function("binary_cross_entropy_with_logits", binary_without_shift), "op/bce",
    ),
    "amsgrad ignored": (of_optimizer("Adam", SettingsLeftOut(torch.optim.Adam, "amsgrad")), "optimizer/"),
    "maximize ignored": (of_optimizer("SGD", SettingsLeftOut(torch.optim.SGD, "maximize")), "optimizer/"),
    "centered ignored": (
        of_optimizer("RMSprop", SettingsLeftOut(torch.optim.RMSprop, "centered")), "optimizer/rmsprop/",
    ),
    "lr_decay ignored": (
        of_optimizer("Adagrad", SettingsLeftOut(torch.optim.Adagrad, "lr_decay")), "optimizer/adagrad/",
    ),
    "gradients not clipped": (
        lambda patch: patch.setattr(torch.nn.utils, "clip_grad_norm_", lambda *_, **__: None),
        "optimizer/",
    ),
    "eta_min ignored": (
        of_schedule(
            "CosineAnnealingLR", SettingsLeftOut(torch.optim.lr_scheduler.CosineAnnealingLR, "eta_min")
        ),
        "schedule/",
    ),
    "cooldown ignored": (
        of_schedule(
            "ReduceLROnPlateau", SettingsLeftOut(torch.optim.lr_scheduler.ReduceLROnPlateau, "cooldown")
        ),
        "schedule/",
    ),
    "threshold always relative": (
        of_schedule(
            "ReduceLROnPlateau", SettingsLeftOut(torch.optim.lr_scheduler.ReduceLROnPlateau, "threshold_mode")
        ),
        "schedule/",
    ),
    "schedule an epoch late": (
        of_schedule(
            "StepLR",
            lambda optimizer, step_size, **rest: original_step_lr(optimizer, step_size + 1, **rest),
        ),
        "schedule/",
    ),
}  # fmt: skip


def outcomes_of(text: str, backend: Backend) -> list[Outcome]:
    return list(run_cases(select(CASES, text), backend, REFERENCE))


def caught(text: str, backend: Backend | None = None) -> list[str]:
    """The ids that fail; and something must pass, or the mutant is no test of anything."""
    outcomes = outcomes_of(text, torch_backend.TorchBackend() if backend is None else backend)
    assert any(outcome.verdict == "pass" for outcome in outcomes), "no case passes at all"
    errors = [outcome.detail for outcome in outcomes if outcome.verdict == "error"]
    assert not errors, "a mutant computes something wrong, it does not raise"
    return [outcome.case.id for outcome in outcomes if outcome.failed]


@pytest.mark.parametrize("name", MUTANTS)
def test_the_mutant_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plant, text = MUTANTS[name]
    assert caught(text) == []
    plant(monkeypatch)
    assert caught(text) != []


# ---- mutants of tinygnn -----------------------------------------------------------------------------------


def test_a_wrong_slope_of_tanh_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Value.tanh

    def wrong(self: Value) -> Value:
        value = right(self)
        return Value(value.data, value.parents, (1.0 - value.data,), "tanh")

    monkeypatch.setattr(Value, "tanh", wrong)
    failed = caught("op/", TinygnnBackend())
    assert "op/tanh/positive" in failed
    assert all("tanh" in name for name in failed)


def test_a_backward_that_counts_inner_values_twice_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(self: Value, gradient: float = 1.0) -> None:
        self.grad += gradient
        for node in topological_order(self):
            for parent, partial in zip(node.parents, node.partials):
                if partial:
                    parent.grad += node.grad * partial

    monkeypatch.setattr(Value, "backward", wrong)
    failed = caught("op/", TinygnnBackend())
    assert failed and all(name.endswith("/twice") for name in failed)


def test_a_backward_that_multiplies_an_infinite_gradient_by_0_is_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It gives nan where nothing depends on x."""

    def wrong(self: Value, gradient: float = 1.0) -> None:
        nodes = topological_order(self)
        for node in nodes:
            node.grad = 0.0
        self.grad += gradient
        for node in nodes:
            for parent, partial in zip(node.parents, node.partials):
                parent.grad += node.grad * partial

    monkeypatch.setattr(Value, "backward", wrong)
    failed = caught("-then-", TinygnnBackend())
    assert {"op/relu-then-sqrt/masked", "op/maximum-then-log/left-masked"} <= set(failed)
    assert "op/times-zero-then-sqrt/masked" in failed
    assert all("masked" in name or "at-the-bound" in name for name in failed)


def test_a_wrong_tie_of_tinygnn_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(self: Value, other: Value | float) -> Value:
        winner = self if self.data >= as_value(other).data else as_value(other)
        return Value(winner.data, (winner,), (1.0,), "maximum")

    monkeypatch.setattr(Value, "maximum", wrong)
    failed = caught("op/maximum", TinygnnBackend())
    assert "op/maximum/equal" in failed and "op/maximum/ordinary" not in failed


def test_a_softmax_without_its_cross_terms_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    right = linalg.softmax

    def wrong(values: list[Value]) -> list[Value]:
        row = right(values)
        return [Value(p.data, (v,), (p.data * (1.0 - p.data),), ("softmax", 0)) for p, v in zip(row, values)]

    from tinygnn.conformance.tinygnn_ops import OPS

    monkeypatch.setitem(OPS, "softmax", wrong)
    assert "op/softmax/ordinary" in caught("op/softmax", TinygnnBackend())
