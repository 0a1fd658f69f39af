"""The command `tinygnn conformance`: what it prints and its exit status."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tinygnn import Value
from tinygnn.conformance import cli, torch_ops
from tinygnn.conformance.cases import all_cases
from tinygnn.conformance.report import WIDTH
from tinygnn.conformance.selection import layers


def test_importing_the_suite_imports_no_torch(tmp_path: Path) -> None:
    code = "import sys, tinygnn.conformance.cli; print([m for m in sys.modules if m.startswith('torch')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert (done.stdout, done.stderr) == ("[]\n", "")


@pytest.mark.parametrize("options", [[], ["--backend", "torch"], ["--backend", "pyg"]])
def test_without_torch_it_says_what_to_install(
    options: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    assert cli.run(options) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert "pip install torch torch_geometric" in err


def test_a_text_that_no_id_holds_is_wrong_input(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["-k", "op/tahn"]) == 2
    assert capsys.readouterr().err == (
        "tinygnn: error: no case's id holds 'op/tahn' (did you mean op/tanh or op/mean or op/amin?): "
        "with --verbose the command prints them all\n"
    )


def test_every_backend_that_is_asked_for_runs(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("torch")
    two = ["--backend", "torch", "--backend", "tinygnn"]
    assert cli.run([*two, "-k", "op/tanh/positive"]) == 0
    ran = [line for line in capsys.readouterr().out.splitlines() if ": 1 case, 1 ran: 1 pass" in line]
    assert [line.split()[0] for line in ran] == ["torch", "tinygnn"]


def test_a_backend_that_is_asked_for_and_runs_nothing_has_failed(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("torch_geometric")
    assert cli.run(["--backend", "pyg", "-k", "op/tanh/"]) == 1
    assert "\npyg: no case ran\n" in capsys.readouterr().out
    assert cli.run(["-k", "op/tanh/positive"]) == 0  # where others ran it is no failure


def test_without_pyg_torch_still_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("torch")
    monkeypatch.setitem(sys.modules, "torch_geometric", None)
    assert cli.run(["-k", "op/tanh/positive"]) == 0
    out = capsys.readouterr().out
    assert "pyg: not run" in out
    assert "1 case, 1 ran: 1 pass" in out


def test_the_report_has_a_row_for_every_layer_that_fits(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("torch_geometric")
    assert cli.run(["--quick"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= WIDTH
    rows = {line.split()[0] for line in lines if "|" in line}
    assert [name for name in layers(all_cases()) if name != "training" and name not in rows] == []
    assert lines[-1] == "all agree"


def test_verbose_prints_a_line_for_every_case(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("torch")
    assert cli.run(["--backend", "torch", "--layer", "tanh", "--verbose"]) == 0
    lines = capsys.readouterr().out.splitlines()
    first = [line.split()[0] for line in lines if line]
    for case in all_cases():
        if case.call == "tanh":
            assert first.count(case.id) == 1
    assert max(map(len, lines)) <= WIDTH


def test_selections_combine(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("torch")
    chosen = ["--layer", "gcnconv", "--flag", "self-loop", "--flag", "edge-weight", "-k", "mixed"]
    assert cli.run(["--backend", "torch", "--verbose", *chosen]) == 0
    ids = [line.split()[0] for line in capsys.readouterr().out.splitlines() if line.startswith("model/")]
    wanted = [
        case.id
        for case in all_cases()
        if case.call == "GCNConv" and {"self-loop", "edge-weight"} <= set(case.flags) and "mixed" in case.id
    ]
    assert ids == wanted and len(wanted) > 1


def test_an_unknown_layer_is_an_error_that_lists_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--layer", "GCNCov"]) == 2
    err = capsys.readouterr().err
    assert "no layer or operation 'GCNCov'" in err and "GCNConv" in err and "tanh" in err


def test_jsonl_holds_a_line_for_every_outcome(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("torch")
    path = tmp_path / "report.jsonl"
    assert cli.run(["--backend", "torch", "-k", "op/tanh", "--jsonl", str(path)]) == 0
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [r["case"] for r in records] == [case.id for case in all_cases() if "op/tanh" in case.id]
    assert {r["verdict"] for r in records} == {"pass"}
    assert cli.run(["--backend", "torch", "-k", "op/tanh", "--jsonl", str(tmp_path / "no" / "r")]) == 2
    assert "cannot be written" in capsys.readouterr().err


def wrong_tanh(self: Value) -> Value:
    """tanh with the slope 1 - tanh x, not 1 - tanh² x."""
    right = TANH(self)
    return Value(right.data, right.parents, (1.0 - right.data,), "tanh")


TANH = Value.tanh


def test_a_wrong_gradient_fails_and_shows_both_numbers(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Value, "tanh", wrong_tanh)
    assert cli.run(["--backend", "tinygnn", "-k", "op/tanh/positive"]) == 1
    out = capsys.readouterr().out
    assert "wrong: op/tanh/positive on tinygnn" in out
    assert "reproduce: tinygnn conformance --backend tinygnn -k op/tanh/positive" in out
    assert max(map(len, out.splitlines())) <= WIDTH
    (line,) = [line for line in out.splitlines() if "grad x[0]" in line]
    _, _, expected_number, tinygnn_number, *_ = line.split()
    x, cotangent = 0.6875, 1.3125
    t = Value(x).tanh().data
    assert float(tinygnn_number) == pytest.approx(cotangent * (1.0 - t))
    assert float(expected_number) == pytest.approx(cotangent * (1.0 - t * t))
    assert out.splitlines()[-1] == "FAILED: 1"


def test_a_record_of_no_case_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("torch")
    from tinygnn.conformance.known_differences import Known

    monkeypatch.setattr(cli, "known_of", lambda backend: {"op/gone": Known("x", "x", {})})
    assert cli.run(["--backend", "torch", "-k", "op/tanh/positive"]) == 1
    assert "recorded for op/gone, but there is no such case" in capsys.readouterr().out


def test_an_operation_that_a_backend_lacks_is_counted_as_skipped(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("torch")
    without = {name: call for name, call in torch_ops.operations().items() if name != "tanh"}
    monkeypatch.setattr("tinygnn.conformance.torch_backend.operations", lambda: without)
    assert cli.run(["--backend", "torch", "-k", "op/ta"]) == 1  # nothing at all ran
    assert "12 cases, 0 ran: 12 skipped\ntorch: no case ran\nFAILED: 1\n" in capsys.readouterr().out
    assert cli.run(["--backend", "torch", "-k", "op/t"]) == 0
    assert ", 12 skipped" in capsys.readouterr().out


@pytest.mark.parametrize("what", [["--list"], ["--questions", "questions.jsonl"]])
@pytest.mark.parametrize("page", [["--html", "page.html"], ["--jsonl", "lines.jsonl"]])
def test_a_report_without_a_run_is_refused(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    what: list[str],
    page: list[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.run([*what, *page]) == 2
    assert "report on cases that ran, and here none does" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
