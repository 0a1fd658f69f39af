"""tinygnn's and torch's layers, operations and optimizers, taken for somebody's own code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tinygnn import Value, nn, optim
from tinygnn.conformance import assert_conforms
from tinygnn.conformance.api import every_case
from tinygnn.conformance.conforms import conformance_of
from tinygnn.conformance.own_function import constant
from tinygnn.conformance.subjects import Subject, subjects
from tinygnn.conformance.tinygnn_ops import OPS
from tinygnn.nn import Linear, ReLU, Sequential, Tanh

SUBJECTS = subjects(every_case())


def of_tinygnn(subject: Subject) -> Any:
    """What tinygnn has of that name."""
    if subject.kind == "layer":
        return getattr(nn, subject.call)
    if subject.kind == "optimizer":
        return getattr(optim, subject.call)
    return OPS[subject.call] if subject.kind == "operation" else Value.backward


@pytest.mark.parametrize("name", SUBJECTS)
def test_everything_of_tinygnn_conforms_to_itself(name: str) -> None:
    found = conformance_of(of_tinygnn(SUBJECTS[name]), name, quick=True)
    assert found.counts == {"pass": found.cases} and found.cases >= 1


def test_a_subject_has_all_cases_of_its_name() -> None:
    assert {case.id for subject in SUBJECTS.values() for case in subject.cases} >= {
        case.id
        for case in every_case()
        if case.kind in ("op", "model", "module", "optimizer") and case.call != "GNN"
    }


def small() -> Sequential:
    return Sequential(Linear(3, 4), Tanh(), Linear(4, 2))


INSTANCES: dict[str, tuple[Callable[[], Any], int]] = {
    "gcn": (lambda: nn.GCNConv(3, 2), 20),
    "gcn-improved-wide": (lambda: nn.GCNConv(34, 16, improved=True), 2),
    "gat-mean": (lambda: nn.GATConv(3, 2, heads=3, concat=False), 2),
    "gat-dropout-wide": (lambda: nn.GATConv(5, 2, dropout=0.5), 8),
    "gin-train-eps": (lambda: nn.GINConv(small(), train_eps=True), 1),
    "gin-wide": (lambda: nn.GINConv(Sequential(Linear(5, 4), ReLU(), Linear(4, 3))), 8),
    "gcn2-wide": (lambda: nn.GCN2Conv(8, 0.125, 0.5, 2), 15),
    "appnp": (lambda: nn.APPNP(3, 0.125), 20),
    "attention": (lambda: nn.AttentionalAggregation(Linear(3, 1)), 5),
    "mlp": (lambda: nn.MLP([3, 5, 3], act="tanh", norm=None), 3),
    "lstm": (lambda: nn.LSTM(3, 2), 3),
}


@pytest.mark.parametrize("name", INSTANCES)
def test_an_instance_of_tinygnn_runs_the_cases_with_its_options(name: str) -> None:
    make, least = INSTANCES[name]
    made = make()
    before = made.state_dict()
    found = assert_conforms(made)
    assert found.ran == found.cases >= least
    assert any("@" in outcome.case.id for outcome in found.outcomes) == name.endswith("-wide")
    assert made.state_dict() == before


def test_an_instance_that_has_other_numbers_than_its_arguments_say_is_found() -> None:
    class Doubled(nn.GCNConv):
        def forward(self, *args: Any, **kwargs: Any) -> Any:
            return [[2.0 * value for value in row] for row in super().forward(*args, **kwargs)]

    with pytest.raises(AssertionError) as error:
        assert_conforms(Doubled(5, 4), like="GCNConv")
    assert "wrong: model/gcn_conv/path@5x4" in str(error.value)


def test_functions_and_optimizers_of_torch_are_given_tensors() -> None:
    torch = pytest.importorskip("torch")
    assert assert_conforms(torch.tanh, like="op/tanh").counts == {"pass": 12}
    assert assert_conforms(torch.nn.functional.silu, like="op/silu").counts == {"pass": 12}
    found = assert_conforms(torch.optim.SGD, like="optimizer/sgd")
    assert found.counts == {"pass": found.cases}

    def own(x: Any) -> Any:
        return torch.tanh(x).detach()

    def indirect(x: Any) -> Any:
        from torch import tanh

        return tanh(x)

    with pytest.raises(AssertionError, match=r"grad x +no gradient at all \(None\)"):
        assert_conforms(own, like="op/tanh", k="op/tanh/positive")
    assert assert_conforms(indirect, like="op/tanh").counts == {"pass": 12}


@pytest.mark.parametrize(
    ("name", "like", "known"),
    [
        ("mse_loss", "op/mse_loss", 0),
        ("nll_loss", "op/nll_loss", 0),
        ("cross_entropy", "op/cross_entropy", 1),
        ("softplus", "op/softplus", 1),
    ],
)
def test_targets_and_weights_are_tensors_and_what_torch_is_known_for_does_not_fail(
    name: str, like: str, known: int
) -> None:
    torch = pytest.importorskip("torch")
    found = assert_conforms(getattr(torch.nn.functional, name), like=like)
    assert found.counts.get("known", 0) == known
    assert found.counts["pass"] >= 10


def test_constants_are_the_floats_that_they_were() -> None:
    torch = pytest.importorskip("torch")
    assert constant([0.1, 1e300]).tolist() == [0.1, 1e300]
    assert constant([2, 0]).dtype == torch.int64
    assert constant("mean") == "mean"


def test_a_function_of_values_in_a_file_that_knows_torch_is_given_values() -> None:
    pytest.importorskip("torch")
    namespace: dict[str, Any] = {}
    exec("import torch\nfrom tinygnn import Value\ndef tanh(x):\n    return x.tanh()\n", namespace)
    assert assert_conforms(namespace["tanh"], like="op/tanh").version.startswith("with tinygnn")
