"""Mistakes planted into tinygnn itself are caught."""

from __future__ import annotations

import pytest

from tinygnn import Value, linalg
from tinygnn.conformance.cases import all_cases
from tinygnn.conformance.runner import Reference, run_cases
from tinygnn.conformance.selection import select
from tinygnn.conformance.tinygnn_backend import TinygnnBackend
from tinygnn.value import as_value, topological_order

CASES = select(all_cases(), "op/", quick=True)
REFERENCE = Reference()


def caught(text: str) -> list[str]:
    """The ids that fail; and something must pass, or the mutant is no test of anything."""
    outcomes = list(run_cases(select(CASES, text), TinygnnBackend(), REFERENCE))
    assert any(outcome.verdict == "pass" for outcome in outcomes), "no case passes at all"
    assert [outcome.detail for outcome in outcomes if outcome.verdict == "error"] == []
    return [outcome.case.id for outcome in outcomes if outcome.verdict not in ("pass", "known")]


def test_nothing_is_caught_without_a_mutant() -> None:
    assert caught("op/") == []


def test_a_wrong_slope_of_tanh_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Value.tanh

    def wrong(self: Value) -> Value:
        value = right(self)
        return Value(value.data, value.parents, (1.0 - value.data,), "tanh")

    monkeypatch.setattr(Value, "tanh", wrong)
    failed = caught("op/")
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
    failed = caught("op/")
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
    failed = caught("-then-")
    assert {"op/relu-then-sqrt/masked", "op/maximum-then-log/left-masked"} <= set(failed)
    assert "op/times-zero-then-sqrt/masked" in failed
    assert all("masked" in name or "at-the-bound" in name for name in failed)


def test_a_wrong_tie_of_tinygnn_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(self: Value, other: Value | float) -> Value:
        winner = self if self.data >= as_value(other).data else as_value(other)
        return Value(winner.data, (winner,), (1.0,), "maximum")

    monkeypatch.setattr(Value, "maximum", wrong)
    failed = caught("op/maximum")
    assert "op/maximum/equal" in failed and "op/maximum/ordinary" not in failed


def test_a_softmax_without_its_cross_terms_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    right = linalg.softmax

    def wrong(values: list[Value]) -> list[Value]:
        row = right(values)
        return [Value(p.data, (v,), (p.data * (1.0 - p.data),), ("softmax", 0)) for p, v in zip(row, values)]

    from tinygnn.conformance.tinygnn_ops import OPS

    monkeypatch.setitem(OPS, "softmax", wrong)
    assert "op/softmax/ordinary" in caught("op/softmax")
