"""Each of the forty edge cases has a case or a test, with the answers known by hand."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest

from tinygnn import nn
from tinygnn.conformance.cases import all_cases
from tinygnn.conformance.data import is_float32
from tinygnn.conformance.edge_rows import EDGE_ROWS, TESTS
from tinygnn.conformance.selection import select
from tinygnn.conformance.tinygnn_backend import TinygnnBackend
from tinygnn.nn.module import leaves

CASES = [case for case in all_cases() if case.id.startswith("edge/")]
NUMBERED = [case for case in CASES if case.id[5].isdigit()]


def answers(name: str) -> Any:
    (case,) = select(CASES, f"edge/{name}")
    return TinygnnBackend().run(case).outputs


@pytest.mark.parametrize("row", EDGE_ROWS)
def test_every_row_has_a_case_or_a_test(row: int) -> None:
    cases = [case.id for case in NUMBERED if case.id.startswith(f"edge/{row:02}-")]
    assert cases or TESTS[row] in globals()


def test_the_rows_are_forty_and_every_case_belongs_to_one() -> None:
    assert list(EDGE_ROWS) == list(range(1, 41))
    assert [
        c.id for c in NUMBERED if not re.match(r"edge/\d\d-", c.id) or int(c.id[5:7]) not in EDGE_ROWS
    ] == []
    assert all(name in globals() for name in TESTS.values())


def test_numbers_are_exact_in_float32() -> None:
    for case in CASES:
        parts = [case.inputs, case.options.get("buffers", {}), {"cotangent": case.cotangent}]
        numbers = [x for part in parts for values in part.values() for x in leaves(values)]
        if case.call == "PNAConv":
            numbers = [x for values in case.inputs.values() for x in leaves(values)]
        assert all(is_float32(x) for x in numbers), case.id


# ---- answers by hand ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "out", "gradient"),
    [
        ("08-tie", 2.5, [0.5, 0.0, 0.5, 0.0]),
        ("10-negative-infinite", -math.inf, [0.5, 0.5]),
        ("10-one-negative-infinite", 0.5, [0.0, 1.0]),
        ("11-nan", math.nan, [math.nan] * 3),
        ("13-one-zero", 0.0, [6.0, 0.0, 0.0]),
        ("13-two-zeros", 0.0, [0.0, 0.0, 0.0]),
        ("14-small-spread", 2.0**-9, [-0.5, 0.5]),
        ("15-equal", 0.0, [0.0, 0.0, 0.0]),
        ("16-far-from-zero", 0.25, [-0.5, 0.5]),
        ("16-farther-from-zero", 4096.0, [-64.0, 64.0]),
    ],
)
def test_aggregations(name: str, out: float, gradient: list[float]) -> None:
    got = answers(name)
    assert got["out"][0] == pytest.approx([out], rel=1e-15, nan_ok=True)
    expected = [1.3125 * slope for slope in gradient]
    assert [row[0] for row in got["grad rows"]] == pytest.approx(expected, rel=1e-12, nan_ok=True)


@pytest.mark.parametrize(
    ("aggr", "value"), [("max", 0.0), ("min", 0.0), ("sum", 0.0), ("mean", 0.0), ("mul", 1.0)]
)
def test_the_aggregate_of_nothing(aggr: str, value: float) -> None:
    number = "09" if aggr in ("max", "min") else "12"
    assert answers(f"{number}-nothing-{aggr}")["out"][0] == [value, value]


@pytest.mark.parametrize(
    ("name", "slope"),
    [
        ("relu", 0.0),
        ("leaky-relu", 0.01),
        ("abs", 0.0),
        ("elu", 1.0),
        ("clamp", 1.0),
        ("maximum-with-zero", 0.5),
    ],
)
def test_slopes_at_zero(name: str, slope: float) -> None:
    assert answers(f"18-{name}")["grad x"] == pytest.approx(1.3125 * slope)


def test_gelu_at_one() -> None:
    assert answers("19-gelu-default")["out"] == pytest.approx(0.84134, abs=5e-6)
    assert answers("19-gelu-tanh")["out"] == pytest.approx(0.84119, abs=5e-6)


def test_a_row_of_zeros_stays() -> None:
    got = answers("20-zero-row")
    assert got["out"][2] == [0.0, 0.0] and all(math.isfinite(x) for x in leaves(got["grad x"]))


def test_a_loss_over_an_empty_mask_is_nan() -> None:
    assert all(math.isnan(answers(f"35-empty-mask-{name}")["out"]) for name in ("cross-entropy", "mse-loss"))


def test_the_order_of_a_long_sum_changes_nothing_that_counts() -> None:
    one, other = answers("37-long-sum-in-order")["out"], answers("37-long-sum-in-another-order")["out"]
    assert one[0] == pytest.approx(other[0], rel=1e-13)


def test_of_several_self_loops_the_last_one_counts() -> None:
    assert answers("02-two-self-loops")["grad edge_weight"][2] == 0.0


def test_a_norm_does_not_see_batch_mates() -> None:
    (alone, both) = answers("30-graph-alone"), answers("30-graph-beside-another")
    assert both["out"][:3] == alone["out"]


def test_layer_norm_with_and_without_a_batch_is_one() -> None:
    assert answers("28-without-batch")["out"] == answers("28-batch-of-zeros")["out"]


# ---- tests that stand for a row -------------------------------------------------------------------------


def test_self_loops_without_normalisation_are_an_error() -> None:
    with pytest.raises(ValueError, match="needs normalize=True"):
        nn.GCNConv(1, 1, normalize=False, add_self_loops=True)
    geometric = pytest.importorskip("torch_geometric.nn")
    with pytest.raises(ValueError, match="does not support adding self-loops"):
        geometric.GCNConv(1, 1, normalize=False, add_self_loops=True)


@pytest.mark.parametrize("edges", [([0, 2], [1, 0]), ([0, -1], [1, 0])])
def test_an_index_out_of_range_is_an_error(edges: tuple[list[int], list[int]]) -> None:
    with pytest.raises(ValueError, match="is not a node"):
        nn.GCNConv(1, 1)([[1.0], [2.0]], edges)


def test_the_weights_of_a_case_are_loaded_after_the_layer_is_made() -> None:
    """PyG's EdgeConv gives the network that it is handed new weights: a harness must set them afterwards."""
    torch, geometric = pytest.importorskip("torch"), pytest.importorskip("torch_geometric.nn")
    network = torch.nn.Linear(2, 1)
    with torch.no_grad():
        network.weight.fill_(7.0)
    geometric.EdgeConv(network)
    assert not bool((network.weight == 7.0).any())
    from tinygnn.conformance.pyg_backend import PygBackend

    (case,) = select(CASES, "edge/25-edge-difference")
    got, own = PygBackend().run(case).outputs, TinygnnBackend().run(case).outputs
    assert leaves(got["out"]) == pytest.approx(leaves(own["out"]))


def test_an_edge_of_weight_zero_counts_in_the_mean() -> None:
    """Node 2 hears 1 and, over an edge of weight 0, nothing: half of what it hears without that edge."""
    with_it, without = answers("23-zero-weight"), answers("23-edge-taken-away")
    assert with_it["out"][0] == without["out"][0] and with_it["out"][2] != without["out"][2]
