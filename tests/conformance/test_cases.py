"""The table of cases: permanent ids, documented flags, and a row for every operation there is."""

from __future__ import annotations

import ast
import inspect
import re
import struct
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import tinygnn
from tinygnn import gnn, linalg, value
from tinygnn.conformance import magnitude
from tinygnn.conformance.case import FLAGS, KINDS, Case
from tinygnn.conformance.cases import all_cases
from tinygnn.conformance.data import GRAPHS
from tinygnn.conformance.recorded import record
from tinygnn.conformance.selection import select
from tinygnn.conformance.tinygnn_backend import TinygnnBackend
from tinygnn.nn import conv
from tinygnn.nn.module import leaves

CASES = all_cases()
OPS = [case for case in CASES if case.kind == "op"]

# Ids that have been given out. They are permanent: add to this list, never take away.
PROMISED = [
    "op/pow/zero-base-zero-exponent-value-exponent",
    "op/pow/zero-base-root-number-exponent",
    "op/pow/zero-base-inverse-value-exponent",
    "op/pow/negative-base-broken-exponent-value-exponent",
    "op/pow/zero-exponent-number-exponent",
    "op/exp/huge",
    "op/log/zero",
    "op/log/negative",
    "op/sqrt/zero",
    "op/relu/nan",
    "op/maximum/nan-right",
    "op/mul/infinite-zero",
    "op/maximum/equal",
    "op/amax/tie-of-two",
    "op/amin/tie-of-all",
    "op/clamp/at-lower-bound",
    "op/clamp/at-upper-bound",
    "op/clamp/below",
    "op/softmax/large",
    "op/logsumexp/all-negative-infinite",
    "op/softmax/all-negative-infinite",
    "op/softmax/one-negative-infinite",
    "op/truediv/zero-right",
    "op/truediv/zeros",
    "op/gelu/negative",
    "op/gelu-tanh/negative",
    "op/softplus/large",
    "op/silu/zero",
    "op/elu/negative",
    "op/leaky_relu/zero",
    "op/abs/zero",
    "op/tanh/huge",
    "op/sigmoid/huge-negative",
    "op/dot/ordinary",
    "op/linear_combination/ordinary",
    "op/matmul/ordinary",
    "op/total/ordinary",
    "op/mean/nothing",
    "op/square-plus-tanh/once",
    "op/square-plus-tanh/twice",
    "model/gcn_conv/mixed-weighted",
    "model/gcn_conv/one-node",
    "model/gcn_conv/no-edges",
    "model/gcn/mixed-tanh-softmax-mse_loss",
    "model/sage_conv/mixed-softmax",
    "op/aggregate-std/small-spread",
    "op/aggregate-mul/one-zero",
    "model/mlp/relu-cross_entropy",
    "model/sage_conv/mixed",
    "model/sage_conv/mixed-max-tie",
    "model/sage_conv/zero-row-sum",
    "model/gat_conv/mixed-edges",
    "model/gat_conv/mixed-edges-flat",
    "model/gat_conv/one-node-loop",
    "model/sage/mixed-relu",
    "model/gat/mixed-relu",
    "model/gcn/mixed-readout-mean",
    "op/relu-then-sqrt/masked",
    "op/times-zero-then-sqrt/masked",
    "optimizer/sgd/nesterov",
    "optimizer/adamw/weight-decay",
    "op/cross_entropy/smoothing-weight-mask",
    "op/cross_entropy/probabilities-negative-infinite",
    "op/bce_with_logits/infinite-right",
    "op/nll_loss/weight",
    "op/huber_loss/at-delta",
    "op/l1_loss/ordinary",
    "optimizer/adam/amsgrad",
    "optimizer/rmsprop/centered",
    "optimizer/adagrad/groups",
    "optimizer/sgd/clipped-norm",
    "schedule/cosine",
    "schedule/warm-up-then-cosine",
    "schedule/plateau-cooldown",
    "training/karate-gcn-relu-adam",
]


def test_ids_are_unique_and_plain() -> None:
    ids = [case.id for case in CASES]
    assert len(ids) == len(set(ids)) > 900
    assert [name for name in ids if not re.fullmatch(r"[a-z]+(/[a-z0-9_-]+)+", name)] == []
    families = {case.id.split("/")[0]: case.kind for case in CASES if not case.id.startswith("edge/")}
    assert families == {kind: kind for kind in KINDS}


@pytest.mark.parametrize("name", PROMISED)
def test_a_promised_id_is_still_there(name: str) -> None:
    assert [case.id for case in select(CASES, name)] == [name]


def test_flags_have_a_legend_and_are_all_used() -> None:
    assert {flag for case in CASES for flag in case.flags} == set(FLAGS)


def test_every_case_says_what_is_computed() -> None:
    assert [case.id for case in CASES if not case.equation] == []


def test_the_table_is_the_same_every_time() -> None:
    assert list(map(repr, all_cases())) == list(map(repr, CASES))


def test_cotangents_are_not_uniform() -> None:
    """A uniform one hides errors that cancel in a sum."""
    several = [case for case in CASES if len(leaves(case.cotangent)) > 1]
    assert len(several) > 100
    assert [case.id for case in several if len(set(leaves(case.cotangent))) == 1] == []
    assert [case.id for case in OPS if leaves(case.cotangent) == [1.0]] == []


def test_numbers_of_models_are_exact_in_float32() -> None:
    numbers = [
        x for case in CASES if case.kind == "model" for part in case.inputs.values() for x in leaves(part)
    ]
    assert all(struct.unpack("f", struct.pack("f", x))[0] == x for x in numbers if x == x)
    assert not any(abs(x) > 4.0 for x in numbers)


def test_select_takes_an_exact_id_before_a_part_of_one() -> None:
    assert [case.id for case in select(CASES, "op/gelu/zero")] == ["op/gelu/zero"]
    assert len(select(CASES, "gelu")) > 20
    assert select(CASES, "no such case") == []
    left_out = [case.id for case in CASES if case not in select(CASES, quick=True)]
    assert [name.split("/")[0] for name in left_out] == ["training", "training", "edge", "edge"]


# ---- every layer has a row for all that it can do -------------------------------------------------------


LAYERS: dict[str, Any] = {name: layer for name, layer in vars(conv).items() if inspect.isclass(layer)}
OF_LAYERS = [case for case in CASES if case.call in LAYERS and not case.id.startswith("edge/")]
IDS = {case.call: case.id.split("/")[1] for case in OF_LAYERS}


def test_every_layer_has_cases_under_one_word() -> None:
    assert set(IDS) == set(LAYERS)
    assert {"GCNConv": "gcn_conv", "SAGEConv": "sage_conv", "GATConv": "gat_conv"}.items() <= IDS.items()
    for name, word in IDS.items():
        assert {case.id.split("/")[1] for case in OF_LAYERS if case.call == name} == {word}


@pytest.mark.parametrize("name", LAYERS)
def test_every_layer_has_a_case_on_every_graph(name: str) -> None:
    here = {case.id for case in CASES}
    assert [graph for graph in GRAPHS if f"model/{IDS[name]}/{graph}" not in here] == []


@pytest.mark.parametrize("name", LAYERS)
def test_every_option_of_a_layer_is_set_in_some_case(name: str) -> None:
    """And to something other than its default."""
    parameters = inspect.signature(LAYERS[name]).parameters.values()
    options = {p.name: p.default for p in parameters if p.default is not p.empty and p.name != "rng"}
    given = [case.options.get("conv", {}) for case in CASES if case.call == name]
    assert given
    unset = [o for o, default in options.items() if all(s.get(o, default) == default for s in given)]
    assert unset == [], "give the option a row in the layer's table"


def test_every_layer_and_readout_of_gnn_has_a_case() -> None:
    of_gnn = [case.options for case in CASES if case.call == "GNN"]
    assert {options.get("kind", "gcn") for options in of_gnn} == set(gnn.CONVOLUTIONS)
    assert {options.get("readout") for options in of_gnn} == {None, *gnn.READOUTS}


def test_every_loss_optimizer_and_schedule_has_a_case() -> None:
    calls = {case.call for case in CASES}
    losses = {name for name, thing in vars(tinygnn.losses).items() if inspect.isfunction(thing)}
    assert {"l1_loss", "bce_with_logits"} <= losses
    assert losses - calls == {"binary_cross_entropy_with_logits"}, "its short name has the rows"
    assert subclasses(tinygnn.optim, tinygnn.optim.Optimizer) - calls == set()
    used = {name for case in CASES for name, _ in case.options.get("schedules", [])}
    assert subclasses(tinygnn.lr_scheduler, tinygnn.lr_scheduler.LRScheduler) - used == set()


def test_every_setting_of_a_loss_and_an_optimizer_is_set_in_some_case() -> None:
    for call in ("cross_entropy", "nll_loss", "bce_with_logits", "huber_loss", "smooth_l1_loss"):
        given = {name for case in CASES if case.call == call for name in (*case.inputs, *case.options)}
        settings = set(inspect.signature(getattr(tinygnn.losses, call)).parameters)
        assert settings - given <= {"logits", "log_probabilities"}, call
    for call in sorted(subclasses(tinygnn.optim, tinygnn.optim.Optimizer)):
        cases = [case.options for case in CASES if case.call == call and case.kind == "optimizer"]
        given = {name for options in cases for name in options["settings"]}
        given |= {name for options in cases for _, own in options.get("groups", []) for name in own}
        settings = set(inspect.signature(getattr(tinygnn.optim, call)).parameters) - {"params"}
        assert settings - given == set(), call


def subclasses(module: Any, base: type) -> set[str]:
    """The names of the classes in a module that are made from this one."""
    return {n for n, c in vars(module).items() if isinstance(c, type) and issubclass(c, base)} - {
        base.__name__
    }


# ---- every operation has a row --------------------------------------------------------------------------


def functions_called(cases: list[Case]) -> set[str]:
    """The names of the functions of value.py and linalg.py that run when tinygnn runs the cases."""
    files = {value.__file__, linalg.__file__}
    called: set[str] = set()

    def note(frame: FrameType, event: str, argument: Any) -> None:
        if event == "call" and frame.f_code.co_filename in files:
            called.add(f"{Path(frame.f_code.co_filename).stem}.{frame.f_code.co_qualname}")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        for case in cases:
            TinygnnBackend().run(case)
    finally:
        sys.setprofile(before)
    return called


def functions_returning_values() -> set[str]:
    """The public functions of linalg and the methods of Value that return one Value or more."""
    returns = ("Value", "list[Value]", "list[list[Value]]", "list[list[Value | float]]")
    found = set()
    for prefix, owner in (("value.Value", value.Value), ("linalg", linalg)):
        for name, function in vars(owner).items():
            here = inspect.isfunction(function) and function.__module__ == f"tinygnn.{prefix.split('.')[0]}"
            is_private = name.startswith("_") and not name.startswith("__")
            if here and not is_private and function.__annotations__.get("return") in returns:
                found.add(f"{prefix}.{name}")
    return found


def op_names_in_source() -> set[str]:
    """The names that `Value(..., op)` is given in value.py and linalg.py, as literals."""
    names = set()
    folder = Path(tinygnn.__file__).parent  # a compiled build has the source too
    for file in ("value.py", "linalg.py"):
        for node in ast.walk(ast.parse((folder / file).read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Value" and len(node.args) == 4:
                op = node.args[3]
                op = op.elts[0] if isinstance(op, ast.Tuple) else op
                if isinstance(op, ast.Constant):
                    names.add(str(op.value))
    return names


compiled = pytest.mark.skipif(
    not inspect.isfunction(value.Value.tanh), reason="compiled functions have no frames to watch"
)


@compiled
def test_every_operation_has_a_row() -> None:
    expected = functions_returning_values()
    assert {"value.Value.tanh", "value.Value.__rpow__", "linalg.softmax", "linalg.matmul"} <= expected
    assert len(expected) > 40
    assert expected - functions_called(OPS) == set(), "give the operation a row in conformance's tables"


@compiled
def test_every_operation_is_missed_without_its_row() -> None:
    """The test above would notice: without the rows of tanh, tanh is missing."""
    rows = [case for case in OPS if case.call not in ("tanh", "square-plus-tanh")]
    assert "value.Value.tanh" in functions_returning_values() - functions_called(rows)


def test_every_op_name_in_the_source_is_recorded_by_some_row() -> None:
    recorded = {
        magnitude.name_of(node) for case in OPS for node in value.topological_order(record(case).objective)
    }
    names = op_names_in_source()
    assert {"+", "tanh", "dot", "clamp"} <= names
    assert names - recorded == set()


def test_float32_holds_every_number_but_where_a_case_is_about_float64() -> None:
    """In what is given: inputs, parameters, constants and cotangents. Settings may be any floats."""
    assert [case.id for case in CASES if "float64" in case.flags] == [
        *[f"op/{op}/overflow" for op in ("add", "sub", "mul", "truediv", "pow", "maximum", "minimum")],
        *[f"op/cross_entropy/{name}" for name in ("huge", "huge-wrong", "huge-smoothing")],
        "op/bce_with_logits/huge",
        *[f"op/{op}_loss/overflow" for op in ("mse", "l1", "huber", "smooth_l1")],
        *[
            f"op/aggregate-{aggr}/{name}"
            for aggr in ("sum", "mean", "max", "min", "mul", "var", "std", "softmax", "median")
            for name in ("smaller-spread", "far-from-zero", "equal-without-exact-sum")
        ],
    ]
