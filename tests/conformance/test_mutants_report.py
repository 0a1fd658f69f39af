"""What the report on mutants says, and when it fails."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")

from tinygnn.conformance import cli, torch_backend, torch_layers, torch_ops
from tinygnn.conformance.cases import all_cases
from tinygnn.conformance.mutants.mutant import CONTROLS, Mutant
from tinygnn.conformance.mutants.report import lines
from tinygnn.conformance.mutants.trials import try_mutant
from tinygnn.conformance.runner import Reference
from tinygnn.conformance.selection import select

CASES = [case for case in all_cases() if "op/tanh/" in case.id or case.id in CONTROLS]
REFERENCE = Reference()


def planted_into_tanh(function: object) -> Mutant:
    table = {**torch_ops.operations(), "tanh": function}
    return Mutant(
        "tanh: other", "something else", ("op/tanh/",), torch_backend, "operations", lambda: lambda: table
    )


def test_the_command_says_by_how_many_and_by_which(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--mutants", "--layer", "sigmoid"]) == 0
    out = capsys.readouterr().out
    assert "sigmoid: slope of small results off: 1.001 times of results below 1" in out
    assert "caught by 6 of 15 cases: op/sigmoid/positive" in out
    assert "3 ordinary cases of its own calls still pass, such as op/sigmoid/large" in out
    assert "0 of 12 cases catch none of them" in out
    assert out.splitlines()[-1] == "all 4 mutants are caught"


def test_verbose_lists_every_id(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--mutants", "--layer", "sigmoid", "--verbose"]) == 0
    out = capsys.readouterr().out
    for case in all_cases():
        if case.call == "sigmoid":
            assert f"{case.id}\n" in out


def test_it_prints_no_other_report(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--mutants", "--backend", "pyg"]) == 2
    assert "leave out --backend, --jsonl and --html" in capsys.readouterr().err


def test_a_mutant_that_nothing_catches_is_a_problem() -> None:
    right = torch_ops.operations()["tanh"]
    trial = try_mutant(planted_into_tanh(right), CASES, REFERENCE)
    assert trial.problem == "no case catches it"
    assert "  FAILED: no case catches it" in lines([trial], CASES)


def test_a_mutant_that_raises_is_a_problem() -> None:
    trial = try_mutant(planted_into_tanh(lambda x: x.tangent()), CASES, REFERENCE)
    assert trial.problem.startswith("it raises in op/tanh/positive: torch raised AttributeError")


def test_a_mutant_under_which_nothing_ordinary_passes_is_a_problem() -> None:
    (case,) = select(all_cases(), "model/gat_conv/path")
    right = torch_layers.gat_conv
    mutant = Mutant(
        "gat: doubled", "2 x'", ("gat_conv",), torch_layers, "gat_conv",
        lambda: lambda *args, **settings: 2.0 * right(*args, **settings),
    )  # fmt: skip
    trial = try_mutant(mutant, [case], REFERENCE)
    assert trial.caught_by == [case.id]
    assert trial.problem == "no ordinary case passes under it"


def test_a_mutant_says_whether_ordinary_cases_of_its_own_calls_still_pass() -> None:
    off = try_mutant(planted_into_tanh(lambda x: torch_ops.tensor(x).tanh() * 1.5), CASES, REFERENCE)
    assert off.own_ordinary == [] or all("op/tanh/" in name for name in off.own_ordinary)
    right = torch_ops.operations()["tanh"]
    kind = try_mutant(planted_into_tanh(lambda x: right(x) * (1.0 + 0.5 * (x > 0.6))), CASES, REFERENCE)
    assert "op/tanh/negative" in kind.own_ordinary and "op/add/ordinary" not in kind.own_ordinary
    assert "op/add/ordinary" in kind.ordinary
    report = list(lines([off, kind], CASES))
    assert any("ordinary cases of its own calls still pass, such as op/tanh/" in line for line in report)


def test_most_mutants_leave_an_ordinary_case_of_their_own_layer_right() -> None:
    """Of a single operation with two or three cases none may be left; of a layer one always is."""
    from tinygnn.conformance.mutants.table import layer_mutants
    from tinygnn.conformance.torch_backend import TorchBackend

    cases = [case for case in all_cases() if case.kind == "model" and TorchBackend().supports(case)]
    cases = [case for case in cases if not case.flags]
    for mutant in layer_mutants():
        trial = try_mutant(mutant, cases, REFERENCE)
        assert trial.own_ordinary, mutant.name
