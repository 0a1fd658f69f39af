"""Metamorphic cases: their right answers follow from those of the cases that they come from."""

from __future__ import annotations

from typing import Any

import pytest

from tinygnn.conformance.cases import all_cases
from tinygnn.conformance.metamorphic_table import NODES, OF_NODES, RELABELLED, REORDERED, bases
from tinygnn.conformance.tinygnn_backend import TinygnnBackend
from tinygnn.nn.module import leaves

CASES = {case.id: case for case in all_cases()}
BASES = bases(list(CASES.values()))
# The sums of a node's messages are taken in another order.
ROUNDING = 1e-11


def outputs(name: str) -> dict[str, Any]:
    return dict(TinygnnBackend().run(CASES[name]).outputs)


def same(a: Any, b: Any) -> bool:
    return leaves(a) == pytest.approx(leaves(b), rel=ROUNDING, abs=ROUNDING)


def test_every_convolution_has_a_base() -> None:
    assert len(BASES) == 18


@pytest.mark.parametrize("word", BASES)
def test_relabelled_nodes_take_their_numbers_along(word: str) -> None:
    before, after = outputs(BASES[word].id), outputs(f"edge/relabelled-{word}")
    for name, numbers in after.items():
        if name == "out" or name.removeprefix("grad ") in OF_NODES:
            assert same([numbers[RELABELLED[i]] for i in range(NODES)], before[name]), name
        else:
            assert same(numbers, before[name]), name


@pytest.mark.parametrize("word", BASES)
def test_the_order_of_the_edges_does_not_matter(word: str) -> None:
    before, after = outputs(BASES[word].id), outputs(f"edge/reordered-{word}")
    for name, numbers in after.items():
        if name in ("grad edge_weight", "grad edge_attr"):
            assert same(numbers, [before[name][e] for e in REORDERED]), name
        else:
            assert same(numbers, before[name]), name


@pytest.mark.parametrize("word", BASES)
def test_a_graph_does_not_see_another_in_its_batch(word: str) -> None:
    before, after = outputs(BASES[word].id), outputs(f"edge/beside-another-{word}")
    for name, numbers in after.items():
        if name == "out" or name.removeprefix("grad ") in (*OF_NODES, "edge_weight", "edge_attr"):
            assert same(numbers[: len(before[name])], before[name]), name


@pytest.mark.parametrize("name", [name for name in CASES if name.startswith("edge/nan-apart-")])
def test_a_nan_stays_on_its_node(name: str) -> None:
    before, after = outputs(BASES[name.removeprefix("edge/nan-apart-")].id), outputs(name)
    assert same(after["out"][:NODES], before["out"])
    assert same(after["grad x"][:NODES], before["grad x"])
    assert any(x != x for x in after["out"][NODES])
