"""The same cases in float32 and bfloat16, and on other devices."""

from __future__ import annotations

import math
import struct
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygnn.conformance import cli
from tinygnn.conformance.case import Case, Result
from tinygnn.conformance.compare import Expected, measure
from tinygnn.conformance.known_differences import Known
from tinygnn.conformance.precision import BFLOAT16, FLOAT32, FLOAT64, Precision, unfit
from tinygnn.conformance.verdicts import judge

pytest.importorskip("torch")
pytest.importorskip("torch_geometric")

import torch

from tinygnn.conformance.api import every_case
from tinygnn.conformance.backends import OF_TORCH
from tinygnn.conformance.report import failures
from tinygnn.conformance.runner import Outcome, run_cases
from tinygnn.conformance.selection import choose

NUMBERS = st.one_of(
    st.floats(), st.integers(-600, 600).map(float), st.integers(1, 600).map(lambda n: n * 2.0**-130)
)


@given(NUMBERS)
def test_it_holds_what_float32_and_bfloat16_of_torch_hold(x: float) -> None:
    for precision in (FLOAT32, BFLOAT16):
        there = torch.tensor(x, dtype=torch.float64).to(getattr(torch, precision.name)).item()
        assert precision.holds(x) == (there == x or x != x)
    assert FLOAT64.holds(x)


@pytest.mark.parametrize("precision", [FLOAT64, FLOAT32, BFLOAT16])
def test_eps_and_the_ends_of_its_range_are_torchs(precision: Precision) -> None:
    info = torch.finfo(getattr(torch, precision.name))
    assert (precision.eps, precision.smallest_normal, precision.largest) == (info.eps, info.tiny, info.max)


def test_an_error_is_measured_in_the_eps_of_the_numbers() -> None:
    one = struct.unpack("f", struct.pack("f", 1.0 + FLOAT32.eps))[0]
    found = measure("out", 0, 1.0, one, 2.0, 8.0, precision=FLOAT32)
    assert (found.ratio, found.ulps, found.ok) == (0.5, 1.0, True)
    assert not measure("out", 0, 1.0, one, 2.0, 8.0).ok


@pytest.mark.parametrize(
    ("case", "magnitude", "bound", "said"),
    [
        (Case("a", "op", "exp", {"x": 0.1}), 1.0, 9.0, "x holds 0.1, which is no float32"),
        (Case("a", "op", "exp", {"x": 1.0}, cotangent=0.3), 1.0, 9.0, "the cotangent holds 0.3, which is no"),
        (
            Case("a", "op", "exp", {"x": 100.0}),
            1e43,
            9.0,
            "out has a term of 1e+43, beyond the largest float32",
        ),
        (Case("a", "op", "exp", {"x": -90.0}), 1e-40, 9.0, "so small that float32 loses digits"),
        (Case("a", "op", "exp", {"x": 1.0}), 1.0, 4e6, "4000000 roundings of float32 may change the answer"),
        (Case("a", "training", "GNN", {"w": 1.0}), 1.0, 9.0, "a training run multiplies the rounding"),
        (Case("a", "op", "exp", {"x": math.inf}), 1.0, 9.0, ""),
        (Case("a", "op", "exp", {"x": 1.0}), 1.0, 9.0, ""),
    ],
)
def test_what_float32_cannot_say_is_skipped_for_a_reason(
    case: Case, magnitude: float, bound: float, said: str
) -> None:
    reason = unfit(case, {"out": 1.0}, {"out": magnitude}, bound, FLOAT32)
    assert said in reason and bool(reason) == bool(said)
    assert unfit(case, {"out": 1.0}, {"out": magnitude}, bound, FLOAT64) == ""


def test_a_difference_that_is_known_in_float64_excuses_its_outputs_and_need_not_occur() -> None:
    case = Case("a", "op", "exp", {"x": 1.0})
    expected = Expected({"out": 1.0, "grad x": 1.0}, {"out": 1.0, "grad x": 1.0}, 9.0, precision=FLOAT32)
    known = Known("it is known", "none found", {"out": 2.0})
    assert judge(case, expected, Result({"out": 1.5, "grad x": 1.0}), known)[0] == "known"
    assert judge(case, expected, Result({"out": 1.0, "grad x": 1.0}), known)[0] == "pass"
    assert judge(case, expected, Result({"out": 2.0, "grad x": 1.5}), known)[0] == "wrong"
    own = replace(known, precision="float32")
    assert judge(case, expected, Result({"out": 1.5, "grad x": 1.0}), own)[0] == "wrong"
    assert judge(case, expected, Result({"out": 2.0, "grad x": 1.0}), own)[0] == "known"


def outcomes(backend: str, precision: Precision, quick: bool) -> list[Outcome]:
    cases = choose(every_case(), quick=quick)
    if quick:
        seen = {case.id for case in cases}
        cases += [case for case in every_case() if case.id.startswith("edge/") and case.id not in seen]
    return list(run_cases(cases, OF_TORCH[backend](precision, "cpu")))


@pytest.mark.parametrize(
    ("backend", "precision", "quick", "passes"),
    [
        ("torch", FLOAT32, False, 1200),
        ("pyg", FLOAT32, True, 150),
        ("torch", BFLOAT16, True, 70),
        ("pyg", BFLOAT16, True, 100),
    ],
)
def test_nothing_fails_and_much_passes(backend: str, precision: Precision, quick: bool, passes: int) -> None:
    done = outcomes(backend, precision, quick)
    failed = [outcome for outcome in done if outcome.failed]
    assert not failed, "\n".join(failures(failed))
    assert sum(outcome.verdict == "pass" for outcome in done) >= passes


def test_a_slope_that_is_off_by_a_thousandth_is_caught_in_float32_too() -> None:
    from tinygnn.conformance.mutants.table import all_mutants

    [mutant] = [m for m in all_mutants() if m.name == "tanh: slope of small results off"]
    cases = choose(every_case(), layer=["tanh"])
    backend = OF_TORCH["torch"](FLOAT32, "cpu")
    with mutant.planted():
        wrong = [outcome.case.id for outcome in run_cases(cases, backend) if outcome.failed]
    assert "op/tanh/positive" in wrong
    assert not [outcome for outcome in run_cases(cases, backend) if outcome.failed]


def test_the_command_says_which_numbers_and_how_to_see_a_case_again(
    capsys: pytest.CaptureFixture[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    assert cli.run(["--backend", "torch", "--dtype", "float32", "-k", "op/tanh/positive"]) == 0
    assert f"torch {torch.__version__}, float32: 1 case, 1 ran: 1 pass" in capsys.readouterr().out
    again = OF_TORCH["torch"](FLOAT32, "cpu").again(every_case()[0])
    assert again.startswith("tinygnn conformance --backend torch --dtype float32 -k ")


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a CUDA device")
@pytest.mark.parametrize("backend", [[], ["--backend", "torch"], ["--backend", "pyg"]])
def test_without_the_hardware_it_says_so(backend: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run([*backend, "--device", "cuda", "-k", "op/tanh/positive"]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1
    assert f"torch {torch.__version__} has no device 'cuda' on this machine" in err


def test_tinygnn_computes_in_float64_on_the_cpu(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--backend", "tinygnn", "--dtype", "float32"]) == 2
    assert "tinygnn computes on the CPU, in float64" in capsys.readouterr().err


def test_repeated_runs_are_reported_apart(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--backend", "torch", "--repeat", "3", "-k", "op/tanh/positive"]) == 0
    assert "torch: 3 runs of each case gave the same bits" in capsys.readouterr().out
    assert cli.run(["--backend", "torch", "--repeat", "0", "-k", "op/tanh/positive"]) == 2
    assert "every case runs once at least" in capsys.readouterr().err


def test_runs_that_lie_apart_are_named_with_their_distance() -> None:
    from tinygnn.conformance.backends import spread_lines

    case = every_case()[0]
    same, apart = Outcome(case, "b", "pass"), Outcome(case, "b", "pass", spread=7.0)
    assert spread_lines("b", [same, apart], 2) == [
        "  b: of 2 cases 1 gave other bits in 2 runs; they lie apart by",
        f"    7 ulps in {case.id}",
    ]
    assert spread_lines("b", [same], 1) == []
