"""Another convention is named, a bug is not: by formulas written a second time, in plain Python."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from tinygnn.conformance.case import Case, Result
from tinygnn.conformance.cases import all_cases
from tinygnn.conformance.compare import Expected
from tinygnn.conformance.conventions import conventions
from tinygnn.conformance.profile import with_profile
from tinygnn.conformance.selection import select
from tinygnn.conformance.tinygnn_backend import TinygnnBackend
from tinygnn.conformance.verdicts import judge

CASES = all_cases()
LOOP = ([0, 1, 1], [1, 0, 1])  # 0 <-> 1, and 1 -> 1
IDENTITY = {"lin.weight": [[1.0]], "bias": [0.0]}


def gcn(edges: tuple[list[int], list[int]], x: list[float], **settings: Any) -> Case:
    """A GCNConv of one channel that only propagates."""
    rows = [[entry] for entry in x]
    cotangent = [[1.0 + 0.5 * i] for i in range(len(x))]
    options = {"sizes": [1, 1], "conv": settings}
    return with_profile(
        Case("model/gcn_conv/here", "model", "GCNConv", {"x": rows, **IDENTITY}, options, cotangent, edges)
    )


def named(case: Case) -> dict[str, Any]:
    return {convention.name: convention.outputs for convention in conventions(case)}


def expected(case: Case) -> Expected:
    """The right answer with everything that excuses another."""
    own = TinygnnBackend().run(case).outputs
    magnitudes = {name: filled(numbers, 4.0) for name, numbers in own.items()}
    return Expected(own, magnitudes, 30.0, {}, tuple(conventions(case)))


def filled(numbers: Any, value: float) -> Any:
    return [filled(part, value) for part in numbers] if isinstance(numbers, list) else value


def propagated(matrix: list[list[float]], case: Case) -> dict[str, Any]:
    """out = A x and the gradients of x, the weight and the bias, for a weight of 1 and a bias of 0."""
    x, g = [row[0] for row in case.inputs["x"]], [row[0] for row in case.cotangent]
    every = range(len(x))
    out = [sum(matrix[i][j] * x[j] for j in every) for i in every]
    back = [sum(matrix[i][j] * g[i] for i in every) for j in every]
    return {
        "out": [[entry] for entry in out],
        "grad x": [[entry] for entry in back],
        "grad lin.weight": [[sum(a * b for a, b in zip(out, g))]],
        "grad bias": [sum(g)],
    }


def test_the_papers_adjacency_plus_identity() -> None:
    """Node 1 has a loop: A + I has 2 there, and its row sums are 2 and 3."""
    case = gcn(LOOP, [1.0, 2.0])
    root = [2.0**-0.5, 3.0**-0.5]
    adjacency = [[1.0, 1.0], [1.0, 2.0]]
    matrix = [[root[i] * adjacency[i][j] * root[j] for j in (0, 1)] for i in (0, 1)]
    answers = propagated(matrix, case)
    assert judge(case, expected(case), Result(answers))[:2] == ("profile-difference", "self loops: added")


def test_the_degrees_of_both_ends() -> None:
    """0 -> 1, 0 -> 2, 1 -> 2 without loops: the degree of node 0 is 2 where it sends, 0 where it hears."""
    case = gcn(([0, 0, 1], [1, 2, 2]), [1.0, 2.0, 5.0], add_self_loops=False)
    assert TinygnnBackend().run(case).outputs["out"] == [[0.0], [0.0], pytest.approx([math.sqrt(2.0)])]
    out = named(case)["degree: both ends, weighted"]["out"]
    assert [row[0] for row in out] == pytest.approx([0.0, 0.5**0.5, 0.5 + math.sqrt(2.0)])


def test_the_weights_do_not_count_in_a_counted_degree() -> None:
    case = gcn(([0, 1], [1, 0]), [1.0, 2.0], add_self_loops=False)
    weighted = with_profile(
        Case(case.id, "model", "GCNConv", {**case.inputs, "edge_weight": [0.5, 4.0]}, case.options,
             case.cotangent, case.edge_index)
    )  # fmt: skip
    answers = named(weighted)["degree: both ends, counted"]
    assert answers["out"] == [[8.0], [0.5]]
    # d(objective)/d(weight): cotangent of the target times x of the source, for the degrees are constants.
    assert answers["grad edge_weight"] == [1.5, 2.0]


@pytest.mark.parametrize(
    "bug",
    [
        lambda outputs: {**outputs, "grad x": filled(outputs["grad x"], 1.0)},
        lambda outputs: {**outputs, "out": [[row[0] * 1.001] for row in outputs["out"]]},
        lambda outputs: {**outputs, "grad lin.weight": [[outputs["grad lin.weight"][0][0] * 1.001]]},
    ],
)
def test_a_bug_is_no_convention(bug: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    case = gcn(LOOP, [1.0, 2.0])
    for outputs in (TinygnnBackend().run(case).outputs, named(case)["self loops: added"]):
        assert judge(case, expected(case), Result(bug(dict(outputs))))[0] == "wrong"


def test_edge_conv_with_the_other_sign() -> None:
    """nn takes the second half alone: max over the neighbours of x_i - x_j instead of x_j - x_i."""
    inputs = {"x": [[1.0], [4.0]], "nn.weight": [[0.0, 1.0]], "nn.bias": [0.0]}
    options = {"sizes": [], "conv": {"nn": {"call": "Linear", "args": [2, 1]}}}
    case = Case("model/edge_conv/here", "model", "EdgeConv", inputs, options, [[1.0], [0.5]], ([1], [0]))
    assert TinygnnBackend().run(case).outputs["out"] == [[3.0], [0.0]]
    other = named(case)["edge difference: self minus neighbour"]
    assert other["out"] == [[-3.0], [0.0]]
    assert other["grad x"] == [[1.0], [-1.0]]


def test_the_sign_is_flipped_in_every_layer_of_a_stack() -> None:
    (case,) = select(CASES, "model/gnn-edge/mixed")
    assert list(named(case)) == ["edge difference: self minus neighbour"]


def test_a_weighted_mean_by_the_sum_of_weights() -> None:
    inputs = {
        "x": [[1.0], [2.0], [0.0]],
        "edge_weight": [0.5, 1.5],
        "lin_rel.weight": [[1.0]],
        "lin_rel.bias": [0.0],
        "lin_root.weight": [[0.0]],
    }
    options = {"sizes": [1, 1], "conv": {"aggr": "mean"}}
    edges = ([0, 1], [2, 2])
    case = Case("model/graph_conv/here", "model", "GraphConv", inputs, options, [[1.0], [1.0], [2.0]], edges)
    assert TinygnnBackend().run(case).outputs["out"][2] == [1.75]
    assert named(case)["weighted mean: sum of weights"]["out"][2] == [1.75]


@pytest.mark.parametrize(
    ("aggr", "name", "value"),
    [("max", "-inf", -math.inf), ("min", "inf", math.inf), ("mul", "0", 0.0), ("mean", "nan", math.nan)],
)
def test_the_aggregate_of_nothing(aggr: str, name: str, value: float) -> None:
    (case,) = select(CASES, f"op/aggregate-{aggr}/groups")
    (convention,) = conventions(case)
    assert convention.name == f"empty neighbourhood: {name}"
    own = TinygnnBackend().run(case).outputs
    empty = convention.outputs["out"][1]
    assert all(x == value or (x != x and value != value) for x in empty)
    assert [row for i, row in enumerate(convention.outputs["out"]) if i != 1] == own["out"][:1] + own["out"][
        2:
    ]


def test_gelu_by_tanh() -> None:
    """jax's default at 1 is 0.84119, torch's 0.84134."""
    (convention,) = conventions(Case("op/gelu/one", "op", "gelu", {"x": 1.0}))
    assert convention.name == "gelu: tanh"
    assert convention.outputs["out"] == pytest.approx(0.84119, abs=5e-6)


def test_attention_over_the_edges_that_are_there() -> None:
    (case,) = select(CASES, "model/gat_conv/mixed")
    (other,) = select(CASES, "model/gat_conv/mixed-no-self-loops")
    assert list(named(case)) == ["self loops: none", "self loops: added"]
    assert conventions(other) == []


def test_a_case_that_no_convention_changes_has_none() -> None:
    for name in ("op/tanh/positive", "model/sage_conv/mixed", "model/gcn_conv/mixed-not-normalized",
                 "training/karate-gcn-relu-adam"):  # fmt: skip
        (case,) = select(CASES, name)
        assert conventions(case) == []
