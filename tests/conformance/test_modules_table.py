"""The cases of readouts, poolings and LSTM: nothing is left out, and planted mistakes are caught."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from tinygnn import nn
from tinygnn.conformance import torch_modules
from tinygnn.conformance.modules import WITH_GRADIENT
from tinygnn.conformance.modules_table import BATCHES, COTANGENTS, EDGES, module_cases
from tinygnn.conformance.pyg_backend import PygBackend
from tinygnn.conformance.runner import Reference, run_cases
from tinygnn.conformance.tinygnn_backend import TinygnnBackend
from tinygnn.nn.module import leaves

pytest.importorskip("torch")
pytest.importorskip("torch_geometric")

CASES = list(module_cases())
REFERENCE = Reference()
READOUTS = [
    "global_add_pool",
    "global_mean_pool",
    "global_max_pool",
    "sum_aggregation",
    "mean_aggregation",
    "max_aggregation",
    "attentional_aggregation",
]
CLASSES = {
    "attentional_aggregation": nn.AttentionalAggregation,
    "set2set": nn.Set2Set,
    "topk_pooling": nn.TopKPooling,
    "sag_pooling": nn.SAGPooling,
    "lstm": nn.LSTM,
}


@pytest.mark.parametrize("name", READOUTS)
def test_every_readout_has_a_case_on_every_batch(name: str) -> None:
    ids = {case.id for case in CASES}
    assert [batch for batch in BATCHES if f"module/{name}/{batch}" not in ids] == []


@pytest.mark.parametrize("name", [name for name in CLASSES if name.endswith("pooling")])
def test_every_pooling_has_a_case_on_every_batch_with_edges_and_without(name: str) -> None:
    ids = {case.id for case in CASES}
    wanted = [f"module/{name}/{batch}{end}" for batch in EDGES for end in ("", "-edge-attr", "-no-edges")]
    assert set(wanted) <= ids


@pytest.mark.parametrize("name", CLASSES)
def test_every_option_is_set_in_some_case(name: str) -> None:
    """And to something other than its default."""
    parameters = inspect.signature(CLASSES[name]).parameters.values()
    defaults = {p.name: p.default for p in parameters if p.default is not p.empty and p.name != "rng"}
    given = [case.options["settings"] for case in CASES if case.id.startswith(f"module/{name}/")]
    never = [o for o, default in defaults.items() if all(s.get(o, default) == default for s in given)]
    assert [o for o in never if (name, o) not in [("set2set", "dropout")]] == []


def test_all_inputs_have_gradients_to_compare_and_cotangents_suffice() -> None:
    for case in CASES:
        outputs = TinygnnBackend().run(case).outputs
        assert {f"grad {name}" for name in case.inputs} <= set(outputs)
        numbers = [leaves(outputs[name]) for name in WITH_GRADIENT if name in outputs]
        assert sum(map(len, numbers)) < COTANGENTS


# ---- mutants -----------------------------------------------------------------------------------------


def batch_ignored(case: Any, module: Any, data: Any, index: Callable[[Any], Any]) -> Any:
    """All nodes in one graph."""
    return right(
        case, module, data, lambda rows: index(rows) * 0 if rows == case.options["batch"] else index(rows)
    )


def edges_turned_round(case: Any, module: Any, data: Any, index: Callable[[Any], Any]) -> Any:
    found = right(case, module, data, index)
    return {**found, "edge_index": found["edge_index"].flip(0)} if "edge_index" in found else found


def score_forgotten(case: Any, module: Any, data: Any, index: Callable[[Any], Any]) -> Any:
    """The nodes that stay, as they were."""
    found = right(case, module, data, index)
    return {**found, "out": data["x"][found["perm"]]} if "perm" in found else found


def slightly_off(case: Any, module: Any, data: Any, index: Callable[[Any], Any]) -> Any:
    """An error of one part in 2**40."""
    found = right(case, module, data, index)
    return {**found, "out": found["out"] * (1.0 + 2.0**-40)}


right = torch_modules.outputs_of
MUTANTS: dict[str, tuple[Callable[..., Any], str]] = {
    "the batch is ignored by sums": (batch_ignored, "module/global_add_pool/three"),
    "the batch is ignored by attention": (batch_ignored, "module/attentional_aggregation/unsorted-nn"),
    "the batch is ignored by Set2Set": (batch_ignored, "module/set2set/three-3"),
    "the batch is ignored by TopKPooling": (batch_ignored, "module/topk_pooling/unsorted"),
    "edges are turned round": (edges_turned_round, "module/topk_pooling/three-ratio"),
    "the score is forgotten": (score_forgotten, "module/topk_pooling/one"),
    "a small error": (slightly_off, "module/lstm/plain-3"),
}


@cache
def backend() -> PygBackend:
    return PygBackend()


@pytest.mark.parametrize(("mutant", "name"), MUTANTS.values(), ids=MUTANTS)
def test_a_planted_mistake_is_caught(
    mutant: Callable[..., Any], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    [case] = [case for case in CASES if case.id == name]
    [outcome] = run_cases([case], backend(), REFERENCE, {})
    assert outcome.verdict == "pass"
    monkeypatch.setattr(torch_modules, "outputs_of", mutant)
    [outcome] = run_cases([case], backend(), REFERENCE, {})
    assert outcome.verdict == "wrong"
