"""Modules as data: the same description builds tinygnn's and PyTorch's."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tinygnn import nn
from tinygnn.conformance.described import built, module
from tinygnn.nn.module import shape


def find(name: str) -> Any:
    return getattr(nn, name)


DESCRIBED = module("Sequential", module("Linear", 3, 4, bias=False), module("ReLU"), module("Linear", 4, 2))


def test_modules_are_built_inside_out() -> None:
    network = built(DESCRIBED, find)
    assert repr(network) == "Sequential(Linear(3 -> 4), ReLU(), Linear(4 -> 2))"
    assert list(network.state_dict()) == ["0.weight", "2.weight", "2.bias"]


@pytest.mark.parametrize("value", [3, None, "mean", [1, 2], {"negative_slope": 0.5}])
def test_what_describes_no_module_stays_as_it_is(value: object) -> None:
    assert built(value, find) is value


def test_a_description_survives_json() -> None:
    assert json.loads(json.dumps(DESCRIBED)) == DESCRIBED


def test_torch_builds_the_same_parameters() -> None:
    torch = pytest.importorskip("torch")
    theirs = built(DESCRIBED, lambda name: getattr(torch.nn, name))
    ours = {name: shape(values) for name, values in built(DESCRIBED, find).state_dict().items()}
    assert {name: list(values.shape) for name, values in theirs.state_dict().items()} == ours
