"""The cases of norms: nothing is left out; and running statistics, which are no outputs, are PyG's."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from tinygnn import Value, nn
from tinygnn.conformance.data import numbers
from tinygnn.conformance.norms_table import BATCHES, norm_cases
from tinygnn.nn.module import leaves
from tinygnn.nn.names import NORMS

torch = pytest.importorskip("torch")
pyg = pytest.importorskip("torch_geometric.nn")

CASES = list(norm_cases())
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
