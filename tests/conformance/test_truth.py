"""The truth: every operation has its row, nothing enters rounded, and answers are those of formulas."""

from __future__ import annotations

import ast
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import tinygnn
from tinygnn.aggregate import AGGREGATIONS
from tinygnn.conformance import regenerate
from tinygnn.conformance.case import Case
from tinygnn.conformance.cases import all_cases
from tinygnn.conformance.compare import compare
from tinygnn.conformance.data import floats_in
from tinygnn.conformance.magnitude import TIES, name_of
from tinygnn.conformance.recorded import RECORDED, record_with_constants, seed
from tinygnn.conformance.tinygnn_backend import TinygnnBackend
from tinygnn.conformance.true_answers import exact_answer, true_answer, true_losses
from tinygnn.conformance.truth import ALL_RULES, exact_gradients, exact_numbers, made, rule_of
from tinygnn.conformance.truth_numbers import context, found, rounded
from tinygnn.conformance.vectors import find_vector
from tinygnn.nn.module import leaves
from tinygnn.value import Value

CASES = all_cases()
GRAPHS_OF_VALUES = [case for case in CASES if case.kind in RECORDED]
mpf = context.mpf


def one_of_each() -> list[Case]:
    """The first case of every call and set of options."""
    first: dict[Any, Case] = {}
    for case in GRAPHS_OF_VALUES:
        options = repr(
            {n: v for n, v in case.options.items() if n in ("conv", "settings", "loss", "act", "kind")}
        )
        names = tuple(sorted(name for name in case.options if name != "sizes"))
        first.setdefault((case.kind, case.call, names, options[:60]), case)
    return list(first.values())


EACH = one_of_each()
SMOOTH = [
    case
    for case in random.Random("smooth cases").sample(EACH, len(EACH))
    if not {"kink", "tie", "infinite", "nan", "domain-edge", "zero-row", "zero-degree", "masked", "long"}
    & {*case.flags}
    and case.passes == 1
    and "before" not in case.options  # no gradient leads through the statistics of earlier batches
]


# ---- every operation has its row ---------------------------------------------------------------------


def names_in(source: str) -> Iterator[str]:
    """The names of operations that stand as literals where a Value is made of others."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "Value":
            for op in [*node.args[3:], *[given.value for given in node.keywords if given.arg == "op"]]:
                name = op.elts[0] if isinstance(op, ast.Tuple) else op
                if isinstance(name, ast.Constant) and name.value:
                    yield name.value


def names_in_the_core() -> Iterator[str]:
    """Those in all of its files, and those that aggregations carry."""
    for path in sorted(Path(tinygnn.__file__).parent.rglob("*.py")):
        if path.parts[-2] not in ("explain", "conformance", "adapters"):
            yield from names_in(path.read_text(encoding="utf-8"))
    yield from (str(op) for op, _ in AGGREGATIONS.values())


def test_every_operation_that_the_core_names_has_its_row() -> None:
    named = set(names_in_the_core())
    assert len(named) > 30
    assert named <= ALL_RULES.keys()


@pytest.mark.parametrize(
    "call", ["Value(8.0, (x,), (12.0,), {})", "value.Value(8.0, (x,), (12.0,), op={})", "Value(8.0, op={})"]
)
@pytest.mark.parametrize("op", ["'cube'", "('cube', 3)"])
def test_an_operation_that_is_added_is_seen_however_it_is_written(call: str, op: str) -> None:
    assert list(names_in(f"def cube(x): return {call.format(op)}")) == ["cube"]


def test_the_cases_use_every_row_and_no_operation_without_one() -> None:
    recorded = set()
    for case in EACH:
        graph = record_with_constants(case)
        for node in made([graph.objective, *leaves(list(graph.outputs.values()))]):
            recorded.add(name_of(node))
    assert recorded == ALL_RULES.keys()


def test_an_operation_without_a_row_is_refused() -> None:
    x = Value(2.0)
    with pytest.raises(KeyError, match="no rule for the operation 'cube'"):
        exact_numbers([Value(8.0, (x,), (12.0,), "cube")])
    with pytest.raises(KeyError, match="no rule for the operation 'cube'"):
        rule_of(Value(8.0, (x,), (12.0,), ("cube", 3)))


def test_what_value_says_of_results_and_slopes_is_not_read() -> None:
    x = Value(3.0)
    wrong = Value(-7.0, (x, x), (55.0, 66.0), "*")
    of = exact_numbers([wrong])
    assert rounded(of[wrong]) == 9.0
    assert rounded(exact_gradients(wrong, 1.0, of).of[x]) == 6.0


# ---- every slope is that of its result ----------------------------------------------------------------

NODES = 4  # of each operation, from different cases
STEP = mpf(10) ** -18
SAME_SLOPE = mpf(10) ** -12  # the error of a central difference is some curvature times the step's square


def test_the_slopes_of_every_row_are_those_of_its_results() -> None:
    """By central differences at 50 digits, where no kink is near."""
    checked = dict.fromkeys(ALL_RULES, 0)
    for case in sorted(SMOOTH, key=lambda case: len(repr(case.inputs))):
        if all(checked[name] for name in checked if name != "detach"):
            break
        graph = record_with_constants(case)
        of = exact_numbers([graph.objective])
        seen = set()
        for node in made([graph.objective]):
            name = name_of(node)
            x = [mpf(of[parent]) for parent in node.parents]
            kink = name in (*TIES, "std") and len({*x}) < len(x)
            if name in seen or checked[name] == NODES or kink or not x:
                continue
            seen.add(name)
            checked[name] += name != "detach"
            rule, constants = rule_of(node)
            slopes = rule.slopes([found(entry) for entry in x], of[node], constants)
            for k, slope in enumerate(slopes):
                up, down = (
                    mpf(rule.result([found(e + (i == k) * h) for i, e in enumerate(x)], constants))
                    for h in (STEP, -STEP)
                )
                difference = (up - down) / (2 * STEP)
                near = abs(difference - slope) <= SAME_SLOPE * (1 + abs(mpf(slope)))
                assert near or name == "detach", (case.id, node.op, k, difference, slope)
    assert [name for name, count in checked.items() if not count] == ["detach"]


# ---- nothing enters already rounded --------------------------------------------------------------------

# What layers take where a case says nothing: of norms, of GAT, of leaky_relu, of PairNorm.
DEFAULTS = {1e-5, 0.2, 0.01, 0.1}


def test_nothing_enters_the_recorded_graph_that_was_rounded_before() -> None:
    """Every leaf and every constant of an operation is a number of the case, or a multiple of 1/16."""
    for case in EACH:
        known = {*floats_in([case.inputs, case.options, case.cotangent]), *DEFAULTS}
        graph = record_with_constants(case)
        for node in made([graph.objective, *leaves(list(graph.outputs.values()))]):
            constants = [] if isinstance(node.op, str) else [*floats_in(node.op)]
            entering = [parent.data for parent in node.parents if not parent.parents]
            for number in (*constants, *entering):
                assert number in known or number - number != 0.0 or number * 16.0 % 1.0 == 0.0, (
                    case.id, node.op, number,
                )  # fmt: skip


# ---- right answers -------------------------------------------------------------------------------------


def answers(case: Case) -> dict[str, Any]:
    """The truth's outputs and gradients."""
    return dict(exact_answer(case))


def made_case(call: str, inputs: dict[str, Any], cotangent: Any, edges: Any, **options: Any) -> Case:
    """A case of a layer that is in no table."""
    return Case(f"model/made-up/{call}", "model", call, inputs, options, cotangent, edges)


def test_a_gcn_on_a_path_is_rounded_once() -> None:
    """x'_1 = w (x_1 / 3 + (x_0 + x_2) / √6), the degrees being 2, 3, 2 with the loops."""
    inputs = {"x": [[0.375], [1.25], [-2.0]], "lin.weight": [[0.75]], "bias": [0.0]}
    edges = ([0, 1, 1, 2], [1, 0, 2, 1])
    case = made_case("GCNConv", inputs, [[0.0], [1.0], [0.0]], edges, sizes=[1, 1], conv={})
    of = answers(case)
    other = mpf(0.375 - 2.0) / context.sqrt(6)
    assert of["out"][1][0] == rounded(mpf(0.75) * (mpf(1.25) / 3 + other))
    assert of["grad x"] == [
        [rounded(mpf(0.75) / context.sqrt(6))],
        [0.25],
        [rounded(mpf(0.75) / context.sqrt(6))],
    ]
    assert of["grad lin.weight"] == [[rounded(mpf(1.25) / 3 + other)]]


def test_a_mean_of_three_neighbours_is_divided_exactly() -> None:
    """One third of a sum, where float64 adds three products with its rounded third."""
    inputs = {"x": [[0.75], [-1.625], [2.125], [0.5]], "lin_l.weight": [[1.375]]}
    case = made_case(
        "SAGEConv", inputs, [[0.0], [0.0], [0.0], [1.0]], ([0, 1, 2], [3, 3, 3]),
        sizes=[1, 1], conv={"root_weight": False, "bias": False},
    )  # fmt: skip
    of = answers(case)
    total = Fraction(3, 4) - Fraction(13, 8) + Fraction(17, 8)
    assert Fraction(of["out"][3][0]) == Fraction(float(total * Fraction(11, 8) / 3))
    assert of["grad lin_l.weight"] == [[float(total / 3)]]


def test_the_identity_map_of_gcn2_has_the_exact_logarithm() -> None:
    """β = log(θ/l + 1); alone on its node a row is ((1 - α) x + α x_0) ((1 - β) + β w)."""
    inputs = {"x": [[0.5]], "x_0": [[1.0]], "weight1": [[0.25]]}
    settings = {"alpha": 0.1, "theta": 0.7, "layer": 3}
    case = made_case("GCN2Conv", inputs, [[1.0]], ([], []), sizes=[1], conv=settings)
    alpha, beta = mpf(0.1), context.log(mpf(0.7) / 3 + 1)
    smoothed = (1 - alpha) / 2 + alpha
    assert answers(case)["out"] == [[rounded(smoothed * ((1 - beta) + beta / 4))]]
    assert answers(case)["grad weight1"] == [[rounded(smoothed * beta)]]


def test_slopes_near_a_bound_do_not_cancel() -> None:
    """Of tanh at 20 the slope is 1 / cosh² 20, where 1 - tanh² is 0 in float64."""
    case = Case("op/tanh/made-up", "op", "tanh", {"x": 20.0})
    assert answers(case)["grad x"] == rounded(context.sech(mpf(20)) ** 2) > 0.0


@pytest.mark.parametrize("case", SMOOTH[::25], ids=lambda case: case.id)
def test_what_is_left_beyond_the_gradient_shrinks_as_the_square_of_the_step(case: Case) -> None:
    """|f(x + h d) - f(x) - h <g, d>| at h and h/2: a quarter, or nothing but rounding."""
    graph = record_with_constants(case)
    inputs = leaves(list(graph.inputs.values()))
    rng = random.Random(case.id)
    direction = {leaf: rng.choice((-1, 1)) * rng.randint(1, 8) for leaf in inputs}
    start = seed(case)

    def value(h: Any) -> Any:
        moved = {leaf: found(mpf(leaf.data) + h * d) for leaf, d in direction.items()}
        return start * mpf(exact_numbers([graph.objective], moved)[graph.objective])

    of = exact_numbers([graph.objective])
    gradients = exact_gradients(graph.objective, start, of).of
    slope = context.fsum([mpf(gradients.get(leaf, 0.0)) * d for leaf, d in direction.items()])
    steps = [mpf(2) ** -30, mpf(2) ** -31]
    first, second = [abs(value(h) - value(mpf(0)) - h * slope) for h in steps]
    size = 1 + abs(value(mpf(0)))
    assert second < mpf(10) ** -40 * size or abs(first / second - 4) < 1e-4


@pytest.mark.parametrize("case", EACH[::40], ids=lambda case: case.id)
def test_tinygnn_in_float64_agrees_with_the_truth(case: Case) -> None:
    differences = compare(case, true_answer(case), TinygnnBackend().run(case))
    assert [difference for difference in differences if not difference.ok] == []


def test_a_hundred_digits_round_to_the_same() -> None:
    for case in EACH[::90]:
        fifty = true_answer(case)
        with context.workdps(100):
            assert repr(true_answer(case).outputs) == repr(fifty.outputs), case.id


def test_the_first_losses_of_training_are_those_of_the_vectors() -> None:
    [case, *_] = [case for case in CASES if case.kind == "training"]
    assert true_losses(case, 3) == find_vector(case.id).expected.outputs["loss"][:3]


# ---- who needs mpmath ------------------------------------------------------------------------------------

WITHOUT_MPMATH = """
import sys
sys.modules["mpmath"] = None
from tinygnn.conformance import check, load_vectors
assert check("tinygnn", k="op/add/").ok
"""


def test_no_module_but_the_truth_and_regenerate_imports_it() -> None:
    folder = Path(regenerate.__file__).parent
    importers = {
        path.stem
        for path in folder.rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.startswith(("from mpmath", "import mpmath"))
    }
    assert importers == {"truth_numbers"}
    of_truth = {path.stem for path in folder.glob("truth*.py")} | {"true_answers"}
    for path in folder.rglob("*.py"):
        names = {node.module for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
                 if isinstance(node, ast.ImportFrom)}  # fmt: skip
        imported = {name.rpartition(".")[2] for name in names if name}
        assert path.stem in {*of_truth, "regenerate"} or not imported & of_truth, path.stem


def test_check_works_without_mpmath() -> None:
    subprocess.run([sys.executable, "-c", WITHOUT_MPMATH], check=True, env=os.environ)
