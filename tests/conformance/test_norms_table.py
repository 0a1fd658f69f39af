"""The cases of norms: nothing is left out, and planted mistakes are caught, those of GNN and MLP among them.

Running statistics, which are no outputs, are compared here.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest

from tinygnn import Value, nn
from tinygnn.conformance import pyg_backend
from tinygnn.conformance.data import numbers
from tinygnn.conformance.norms_table import BATCHES, norm_cases
from tinygnn.conformance.perceptrons_table import perceptron_and_activation_cases
from tinygnn.conformance.runner import Reference, run_cases
from tinygnn.conformance.stacks_table import stack_cases
from tinygnn.nn.module import leaves
from tinygnn.nn.names import NORMS

torch = pytest.importorskip("torch")
pyg = pytest.importorskip("torch_geometric.nn")

CASES = list(norm_cases())
ALL = [*CASES, *perceptron_and_activation_cases(), *stack_cases()]
REFERENCE = Reference()
# Means and variances of at most six numbers, moved three times.
ROUNDING = 1e-14
STEPS: list[dict[str, Any]] = [
    {"x": numbers("first", 6, 3), "batch": [0, 0, 0, 1, 2, 2]},
    {"x": numbers("second", 4, 3), "batch": [1, 0, 1, 0]},
    {"x": numbers("third", 5, 3), "batch": [0, 0, 0, 0, 0]},
]
SETTINGS: list[tuple[str, dict[str, Any]]] = [
    ("BatchNorm", {}),
    ("BatchNorm", {"momentum": 0.75, "affine": False}),
    ("BatchNorm", {"momentum": None}),
    ("InstanceNorm", {"track_running_stats": True}),
    ("InstanceNorm", {"track_running_stats": True, "momentum": 0.75, "affine": True}),
]


@pytest.mark.parametrize("word", NORMS)
def test_every_option_of_a_norm_is_set_in_some_case(word: str) -> None:
    parameters = inspect.signature(NORMS[word]).parameters.values()
    defaults = {p.name: p.default for p in parameters if p.default is not p.empty}
    given = [case.options["conv"] for case in CASES if case.id.split("/")[1] == word]
    assert given
    assert [o for o, default in defaults.items() if all(s.get(o, default) == default for s in given)] == []


@pytest.mark.parametrize("word", [word for word in NORMS if word != "batch_norm"])
def test_every_norm_of_graphs_has_a_case_on_every_batch(word: str) -> None:
    assert {f"model/{word}/mixed-{batch}" for batch in BATCHES} <= {case.id for case in CASES}


@pytest.mark.parametrize("batched", [True, False])
@pytest.mark.parametrize(("name", "settings"), SETTINGS)
def test_running_statistics_after_each_step_are_pygs(
    name: str, settings: dict[str, Any], batched: bool
) -> None:
    ours, theirs = getattr(nn, name)(3, **settings), getattr(pyg, name)(3, **settings).double()
    assert list(ours.state_dict()) == list(theirs.state_dict())
    for step in STEPS:
        more = [step["batch"]] if batched and name == "InstanceNorm" else []
        ours([list(map(Value, row)) for row in step["x"]], *more)
        theirs(torch.tensor(step["x"], dtype=torch.float64), *map(torch.tensor, more))
        for key, tensor in theirs.state_dict().items():
            found = ours.state_dict()[key]
            assert leaves(found) == pytest.approx(leaves(tensor.tolist()), rel=ROUNDING)
    fresh = getattr(nn, name)(3, **settings)
    fresh.load_state_dict(theirs.state_dict())
    assert {k: leaves(v) for k, v in fresh.state_dict().items()} == {
        k: leaves(v.tolist()) for k, v in theirs.state_dict().items()
    }


# ---- mutants -----------------------------------------------------------------------------------------


def batch_ignored(model: Any, case: Any, x: Any, **given: Any) -> Any:
    """All rows in one graph."""
    return right(model, case, x, **{k: v for k, v in given.items() if k not in ("batch", "batch_size")})


def eps_slightly_off(model: Any, case: Any, x: Any, **given: Any) -> Any:
    """ε one part in a thousand larger."""
    norm = getattr(model, "module", model)
    norm.eps = 1.001 * case.options["conv"].get("eps", 1e-5)
    return right(model, case, x, **given)


def momentum_turned_round(model: Any, case: Any, x: Any, **given: Any) -> Any:
    """The new statistics have the share of the old ones."""
    norm = getattr(model, "module", model)
    norm.momentum = 1.0 - case.options["conv"].get("momentum", 0.1)
    return right(model, case, x, **given)


def in_training(model: Any, case: Any, x: Any, **given: Any) -> Any:
    """Running statistics are never used."""
    return right(model.train(), case, x, **given)


def act_and_norm_swapped(model: Any, case: Any, x: Any, **given: Any) -> Any:
    """In the stack of a GNN."""
    model.act_first = not model.act_first
    return right(model, case, x, **given)


def layers_jumped_backwards(model: Any, case: Any, x: Any, **given: Any) -> Any:
    """Jumping knowledge reads the last layer first."""
    model.jk.register_forward_pre_hook(lambda _, arguments: (arguments[0][::-1],))
    return right(model, case, x, **given)


def slightly_off(model: Any, case: Any, x: Any, **given: Any) -> Any:
    """An error of one part in 2**40."""
    return right(model, case, x, **given) * (1.0 + 2.0**-40)


right = pyg_backend.call
MUTANTS: dict[str, tuple[Callable[..., Any], str]] = {
    "LayerNorm ignores the batch": (batch_ignored, "model/layer_norm/mixed-three"),
    "GraphNorm ignores the batch": (batch_ignored, "model/graph_norm/mixed-unsorted"),
    "InstanceNorm ignores the batch": (batch_ignored, "model/instance_norm/mixed-empty-between"),
    "PairNorm ignores the batch": (batch_ignored, "model/pair_norm/mixed-individually-three"),
    "GraphSizeNorm ignores the batch": (batch_ignored, "model/graph_size_norm/mixed-three"),
    "BatchNorm's eps": (eps_slightly_off, "model/batch_norm/mixed"),
    "LayerNorm's eps": (eps_slightly_off, "model/layer_norm/mixed-node"),
    "GraphNorm's eps": (eps_slightly_off, "model/graph_norm/mixed-three"),
    "PairNorm's eps": (eps_slightly_off, "model/pair_norm/mixed"),
    "BatchNorm's momentum": (momentum_turned_round, "model/batch_norm/mixed-evaluation"),
    "InstanceNorm's momentum": (momentum_turned_round, "model/instance_norm/mixed-evaluation-three"),
    "evaluation forgotten": (in_training, "model/batch_norm/mixed-evaluation-average"),
    "GNN's norm ignores the batch": (batch_ignored, "model/gnn-gcn/mixed-batch-graph_norm"),
    "GNN's act_first": (act_and_norm_swapped, "model/gnn-gcn/mixed-batch-act-first"),
    "jumps by cat": (layers_jumped_backwards, "model/gnn-sage/mixed-jk-cat"),
    "jumps by lstm": (layers_jumped_backwards, "model/gnn-sage/mixed-jk-lstm"),
    "a small error of a GNN": (slightly_off, "model/gnn-gin/mixed-norm"),
    "a small error of MLP": (slightly_off, "model/perceptron/mixed-instance-norm"),
}


@pytest.mark.parametrize(("mutant", "name"), MUTANTS.values(), ids=MUTANTS)
def test_a_planted_mistake_is_caught(
    mutant: Callable[..., Any], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    [case] = [case for case in ALL if case.id == name]
    [outcome] = run_cases([case], pyg_backend.PygBackend(), REFERENCE, {})
    assert outcome.verdict == "pass"
    monkeypatch.setattr(pyg_backend, "call", mutant)
    [outcome] = run_cases([case], pyg_backend.PygBackend(), REFERENCE, {})
    assert outcome.verdict == "wrong"
