"""Intervals of right slopes at kinks and ties, by hand."""

from __future__ import annotations

from typing import Any

import pytest

from tinygnn.conformance.case import Case
from tinygnn.conformance.cases import all_cases
from tinygnn.conformance.selection import select
from tinygnn.conformance.subgradients import subgradients

CASES = all_cases()


def one(name: str) -> Case:
    (case,) = select(CASES, name)
    return case


@pytest.mark.parametrize(
    ("name", "intervals"),
    [
        ("op/relu/zero", {"grad x": [0.0, 1.3125]}),
        ("op/abs/zero", {"grad x": [-1.3125, 1.3125]}),
        ("op/leaky_relu-slope/zero", {"grad x": [0.25 * 1.3125, 1.3125]}),
        ("op/elu-alpha/zero", {"grad x": [1.3125, 1.5 * 1.3125]}),
        ("op/clamp/at-upper-bound", {"grad x": [0.0, 1.3125]}),
        ("op/maximum/equal", {"grad x": [0.0, 1.3125], "grad y": [0.0, 1.3125]}),
        ("op/amax/tie-of-two", {"grad values": [[0.0, 1.3125], [0.0, 0.0], [0.0, 1.3125], [0.0, 0.0]]}),
        ("op/aggregate-min/two-zeros", {"grad rows": [[[0.0, 1.3125]], [[0.0, 0.0]], [[0.0, 1.3125]]]}),
    ],
)
def test_the_slopes_on_both_sides_of_a_kink(name: str, intervals: dict[str, Any]) -> None:
    assert subgradients(one(name)) == intervals


@pytest.mark.parametrize("name", ["op/elu/zero", "op/relu/positive", "op/amax/ordinary", "op/softplus/zero"])
def test_where_the_function_is_smooth_there_is_no_choice(name: str) -> None:
    assert subgradients(one(name)) == {}


def test_which_of_two_equal_edges_counts_is_no_choice() -> None:
    """Node 1 hears twice from node 0: the messages are equal because they are the same."""
    assert subgradients(one("model/sage_conv/duplicate-edges-max")) == {}
    assert subgradients(one("model/edge_conv/duplicate-edges")) == {}


def test_of_equal_neighbours_each_may_take_what_the_maximum_gets() -> None:
    case = one("model/sage_conv/mixed-max-tie")
    low_high = subgradients(case)["grad x"]
    assert len(low_high) == 6 and all(low <= high for row in low_high for low, high in row)
    assert any(low < high for row in low_high for low, high in row)
