"""`--exec`: a harness in another process, and whatever it may do wrong."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tinygnn.conformance import check, cli, exec_backend
from tinygnn.conformance.exec_backend import ExecBackend

# A harness that knows tanh; MISBEHAVE may do something before the answer to the case `id`.
HARNESS = """
import json, math, os, signal, subprocess, sys, time

def say(message):
    print(json.dumps(message), flush=True)

for line in sys.stdin:
    message = json.loads(line)
    if message["type"] == "hello":
        say({"type": "hello", "protocol": 1, "name": "mine", "version": "1.5"})
    if message["type"] == "bye":
        break
    if message["type"] != "run":
        continue
    id, case = message["id"], message["case"]
    MISBEHAVE
    if case["call"] != "tanh":
        say({"type": "skip", "id": id, "reason": "only tanh is there"})
        continue
    x = float(case["inputs"]["x"])
    out = math.tanh(x)
    slope = (1 - out * out) * case["cotangent"] * case["passes"]
    hexadecimal = lambda v: v.hex() if math.isfinite(v) else str(v)
    say({"type": "result", "id": id, "outputs": {"out": hexadecimal(out), "grad x": str(slope)}})
"""
AT = 'id == "op/tanh/negative"'
Make = Callable[..., ExecBackend]


@pytest.fixture
def harness(tmp_path: Path) -> Make:
    def make(misbehave: str = "pass", timeout: float = 20.0, text: str = HARNESS, **more: int) -> ExecBackend:
        file = tmp_path / "harness.py"
        file.write_text(text.replace("MISBEHAVE", misbehave), encoding="utf-8")
        return ExecBackend([sys.executable, str(file)], timeout, **more)

    return make


def verdicts(backend: ExecBackend, k: str = "op/tanh/") -> dict[str, tuple[str, str]]:
    with backend:
        found = check(backend, k=k)
    return {outcome.case.id: (outcome.verdict, outcome.detail) for outcome in found.outcomes}


def test_right_answers_pass_and_skips_have_their_reason(harness: Make) -> None:
    backend = harness()
    assert (backend.name, backend.version) == ("mine", "1.5")
    with backend:
        report = check(backend, k="op/tanh/")
        assert report.ok
        assert report.skipped == 0
        [skipped] = check(backend, k="op/sin/positive").outcomes
    assert (skipped.verdict, skipped.detail) == ("skipped", "only tanh is there")


@pytest.mark.parametrize(
    ("misbehave", "reason"),
    [
        ("os._exit(3)", "it exited with status 3"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "it was killed by SIGSEGV"),
        ("raise ValueError('too negative')", "on standard error: .*ValueError: too negative"),
        ("print('garbage', flush=True)", "not JSON .*'garbage'"),
        ("print('[1, 2]', flush=True)", 'not an object with a "type"'),
        ("print('[' * 100000, flush=True)", "nested too deeply"),
        ("sys.stdout.buffer.write(bytes([255, 10])); sys.stdout.flush()", "not UTF-8"),
        ("print('{\"type\": ', end='', flush=True); os._exit(0)", "status 0 in the middle of a line"),
        ("id = 'op/tanh/other'", "an answer to 'op/tanh/other', while 'op/tanh/negative' was asked"),
        ("say({'type': 'hello'}); continue", "'hello' in place of an answer"),
        ("say({'type': 'result', 'id': id}); continue", '"outputs" is not an object'),
        (
            "say({'type': 'result', 'id': id, 'outputs': {'out': [None]}}); continue",
            r'outputs\["out"\]\[0\] is null, not a number',
        ),
        ("say({'type': 'error', 'id': id, 'message': 'no memory'}); continue", "^no memory$"),
        ("say({'type': 'error', 'id': id}); continue", "gives no message"),
        ("os.close(1); time.sleep(600)", "it closed its standard output"),
        ("print('\\n' * 10 + 'null', flush=True)", 'not an object with a "type": .null'),
        ("say({'type': 'result', 'id': id, 'outputs': {'out': 10**400}}); continue", "10000.* not a number"),
        ("say({'type': 'result', 'id': id, 'outputs': {'out': True}}); continue", "true, not a number"),
        ("sys.stderr.write('x' * 10**6 + 'the end'); sys.exit(1)", "status 1; on standard error: .*the end$"),
    ],
)
def test_what_goes_wrong_in_one_case_is_its_error_and_no_other_cases(
    harness: Make, misbehave: str, reason: str
) -> None:
    found = verdicts(harness(f"if {AT}:\n        " + misbehave.replace("; ", "\n        ")))
    verdict, detail = found.pop("op/tanh/negative")
    assert verdict == "error"
    assert re.search(reason, detail), detail
    assert len(detail) < 600
    assert {verdict for verdict, _ in found.values()} == {"pass"}


@pytest.mark.parametrize(
    ("outputs", "problem"),
    [
        ("{'grad x': str(slope)}", "missing"),
        ("{'out': [out], 'grad x': slope}", "shape [1], expected []"),
        ("{'out': [[out], out], 'grad x': slope}", "shape [2, -1], expected []"),
        ("{'out': out, 'grad x': slope, 'grad y': slope}", "no such output is expected"),
        ("{'out': out, 'grad x': 'nan'}", ""),
        ("{'out': out, 'grad x': '-INF'}", ""),
    ],
)
def test_an_answer_of_another_form_is_wrong_and_the_harness_goes_on(
    harness: Make, outputs: str, problem: str
) -> None:
    text = HARNESS.replace(
        '"outputs": {"out": hexadecimal(out), "grad x": str(slope)}', f'"outputs": {outputs}'
    )
    with harness(text=text) as backend:
        [outcome] = check(backend, k="op/tanh/negative").outcomes
        assert outcome.verdict == "wrong"
        assert problem in [difference.problem for difference in outcome.differences if not difference.ok]
        assert backend._starts == 0


def test_nan_and_infinity_may_be_spelled_as_languages_do(harness: Make) -> None:
    text = HARNESS.replace("str(v)", "{'nan': 'NaN', 'inf': '+Infinity', '-inf': '-INFINITY'}[str(v)]")
    assert {verdict for verdict, _ in verdicts(harness(text=text)).values()} == {"pass"}
    text = HARNESS.replace("v.hex() if math.isfinite(v) else str(v)", "v").replace("str(slope)", "slope")
    assert {verdict for verdict, _ in verdicts(harness(text=text)).values()} == {"pass"}


def test_a_second_answer_is_an_answer_to_no_question(harness: Make) -> None:
    twice = f"if {AT}: say({{'type': 'skip', 'id': id}}); say({{'type': 'skip', 'id': id}}); continue"
    found = verdicts(harness(twice.replace("; ", "\n        ").replace(": say", ":\n        say", 1)))
    assert found.pop("op/tanh/negative")[0] == "skipped"
    errors = [detail for verdict, detail in found.values() if verdict == "error"]
    assert len(errors) == 1
    assert "an answer to 'op/tanh/negative', while" in errors[0]


def test_a_hang_with_all_pipes_full_is_ended(harness: Make) -> None:
    """It writes and writes to standard error, reads nothing, and the next question is longer than a pipe."""
    full = f"while {AT}: sys.stderr.write('x' * 65536)"
    found = verdicts(harness(full, timeout=1.0))
    assert "no answer within 1 s; on standard error: ...xxx" in found.pop("op/tanh/negative")[1]
    assert {verdict for verdict, _ in found.values()} == {"pass"}


def test_a_question_longer_than_a_pipe_to_one_that_does_not_read_is_no_hang_of_the_suite(
    harness: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tinygnn.conformance.protocol.SUITE", "x" * 10**6)
    found = verdicts(harness(text="import time; time.sleep(600)", timeout=0.3), "op/tanh/negative")
    assert "before it said hello: no answer within 0.3 s" in found["op/tanh/negative"][1]


def test_blank_lines_without_end_are_no_answer(harness: Make) -> None:
    found = verdicts(harness(f"while {AT}: sys.stdout.write('\\n' * 1000)", timeout=1.0))
    assert "no answer within 1 s" in found.pop("op/tanh/negative")[1]
    assert {verdict for verdict, _ in found.values()} == {"pass"}


def test_a_hang_is_ended_with_its_children(harness: Make, tmp_path: Path) -> None:
    file = tmp_path / "child"
    child = f"child = subprocess.Popen(['sleep', '600']); open({str(file)!r}, 'w').write(str(child.pid))"
    found = verdicts(harness(f"if {AT}:\n        {child}\n        time.sleep(600)", timeout=2.0))
    assert found.pop("op/tanh/negative")[1] == "no answer within 2 s"
    assert {verdict for verdict, _ in found.values()} == {"pass"}
    for _ in range(100):
        try:
            state = Path(f"/proc/{file.read_text()}/stat").read_text().split()[2]
        except OSError:
            return
        if state == "Z":
            return
        time.sleep(0.05)
    pytest.fail("the child still runs")


def test_output_without_end_is_cut_off(harness: Make) -> None:
    flood = f"while {AT}: sys.stdout.write('x' * 65536)"
    found = verdicts(harness(flood, longest_line=2**20))
    assert "more than 1048576 bytes without an end of line" in found.pop("op/tanh/negative")[1]
    assert {verdict for verdict, _ in found.values()} == {"pass"}


def test_after_several_hangs_no_other_case_is_asked(harness: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    backend = harness("time.sleep(600)")
    backend.timeout = 0.3  # it has started
    monkeypatch.setattr(exec_backend, "HANGS", 1)
    found = verdicts(backend, "op/tanh/")
    details = [detail for _, detail in found.values()]
    assert details == [
        "no answer within 0.3 s",
        *["not asked: the last 1 cases had no answer within 0.3 s"] * 11,
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("import sys; sys.exit(7)", "before it said hello: it exited with status 7"),
        ('print(\'{"type": "hello", "protocol": 2}\')', "it speaks protocol 2, this suite speaks 1"),
        ('print(\'{"type": "bye"}\')', "the first message is 'bye', not 'hello'"),
        ("print('Welcome!')", "not JSON"),
        (
            'print(\'{"type": "hello", "protocol": 1, "suite": "tinygnn 0.0.1"}\')',
            "it answers 'tinygnn 0.0.1', this suite is tinygnn",
        ),
        ('print(\'{"type": "hello", "protocol": 1, "calls": "tanh"}\')', "not a list of names"),
    ],
)
def test_what_says_no_hello_is_the_error_of_every_case(harness: Make, text: str, reason: str) -> None:
    backend = harness(text=text)
    assert (backend.name, backend.version) == ("harness.py", "that said no hello")
    found = verdicts(backend)
    assert {verdict for verdict, _ in found.values()} == {"error"}
    assert all(reason in detail for _, detail in found.values())
    assert [detail.endswith("is not started again)") for _, detail in found.values()] == [False, *[True] * 11]


def test_a_harness_that_names_its_calls_is_asked_no_other(harness: Make) -> None:
    text = HARNESS.replace('"version": "1.5"', '"version": "1.5", "calls": ["tanh"]')
    found = verdicts(harness("", text=text), "op/sin/positive")
    assert found["op/sin/positive"] == ("skipped", "mine does not run this kind of case")


def test_a_command_that_is_not_there_is_wrong_input(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--exec", "./no-such-harness"]) == 2
    assert "there is no program './no-such-harness'" in capsys.readouterr().err
    assert cli.run(["--exec", "'"]) == 2
    assert cli.run(["--exec", ""]) == 2
    assert cli.run(["--exec=--quick"]) == 2
    assert cli.run(["--timeout", "3"]) == 2
    assert cli.run(["--exec", "cat", "--timeout", "0"]) == 2
    assert cli.run(["--exec", "cat", "--timeout", "nan"]) == 2
    assert cli.run(["--exec", "x", "--backend", "torch"]) == 2
    assert "--backend and --exec are given" in capsys.readouterr().err


def test_no_shell_runs_the_command(harness: Make, tmp_path: Path) -> None:
    harness().close()
    trap = tmp_path / "trap"
    with ExecBackend(f"{sys.executable} {tmp_path / 'harness.py'} ; touch {trap} $(touch {trap})") as backend:
        assert backend.name == "mine"
    assert not trap.exists()


def test_names_are_shown_as_one_line_without_control_characters(harness: Make) -> None:
    text = HARNESS.replace('"mine"', r"'my\n\x1b[1m harness' + 'x' * 100")
    with harness(text=text) as backend:
        assert backend.name == "my ?[1m harness" + "x" * 25 + "..."


def test_a_harness_that_runs_nothing_does_not_pass(
    harness: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    harness().close()
    assert cli.run(["--exec", f"{sys.executable} {tmp_path / 'harness.py'}", "-k", "op/sin/positive"]) == 1
    assert "mine: no case ran" in capsys.readouterr().out


def test_the_command_prints_a_line_that_asks_again(
    harness: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    harness("case['cotangent'] *= 2").close()
    command = f"{sys.executable} {tmp_path / 'harness.py'}"
    assert cli.run(["--exec", command, "-k", "op/tanh/positive"]) == 1
    assert f"tinygnn conformance --exec '{command}' -k op/tanh/positive" in capsys.readouterr().out


def test_no_process_is_left(harness: Make) -> None:
    backend = harness()
    assert backend._process is not None
    pid = backend._process.pid
    os.kill(pid, 0)
    backend.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
