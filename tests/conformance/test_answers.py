"""`--questions` and `--answers`: the suite without a process."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from tinygnn.conformance import cli
from tinygnn.conformance.answers import AnswersBackend

IDS = ["op/tanh/positive", "op/tanh/negative"]


def answers(folder: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The right answers to the questions on tanh, a line each."""
    assert cli.run(["-k", "op/tanh/", "--questions", str(folder / "questions.jsonl")]) == 0
    assert "12 questions" in capsys.readouterr().out
    lines = []
    for line in (folder / "questions.jsonl").read_text(encoding="utf-8").splitlines():
        message = json.loads(line)
        if message["type"] != "run":
            continue
        case = message["case"]
        assert (message["type"], message["outputs"]) == ("run", ["out", "grad x"])
        out = math.tanh(float(case["inputs"]["x"]))
        slope = (1 - out * out) * case["cotangent"] * case["passes"]
        outputs = {"out": out if out == out else "nan", "grad x": slope if slope == slope else "NaN"}
        lines.append(json.dumps({"type": "result", "id": message["id"], "outputs": outputs}))
    return lines


def checked(folder: Path, lines: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    file = folder / "answers.jsonl"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    status = cli.run(["-k", "op/tanh/", "--answers", str(file)])
    return status, capsys.readouterr().out


def test_right_answers_to_the_questions_pass(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hello = '{"type": "hello", "protocol": 1, "name": "mine", "version": "1.5"}'
    status, out = checked(tmp_path, [hello, *answers(tmp_path, capsys), '{"type": "bye"}'], capsys)
    assert status == 0
    assert "mine 1.5: 12 cases, 12 ran: 12 pass" in out


def test_missing_duplicate_unknown_and_malformed_answers_are_each_reported_by_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    right = answers(tmp_path, capsys)
    lines = [*right[1:], right[1], right[2].replace("op/tanh/", "op/tahn/"), "{", '{"type": "result"}']
    status, out = checked(tmp_path, lines, capsys)
    assert status == 1
    missing = json.loads(right[0])["id"]
    assert f"answers.jsonl: no answer to 1 question: {missing}" in out
    assert f"error: {missing}" in out
    assert f"answers.jsonl:12: {json.loads(right[1])['id']} is answered already, in line 1" in out
    assert "answers.jsonl:13: an answer to 'op/tahn/" in out
    assert "but there is no such case" in out
    assert "answers.jsonl:14: not JSON" in out
    assert "answers.jsonl:15: an answer without the id of a case" in out


def test_a_wrong_number_and_a_wrong_form_fail_their_cases(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    right = answers(tmp_path, capsys)
    first = json.loads(right[0])
    first["outputs"]["out"] = "one"
    status, out = checked(tmp_path, [json.dumps(first), *right[1:]], capsys)
    assert status == 1
    assert 'outputs["out"] is "one", not a number' in " ".join(out.split())


def test_answers_to_cases_that_are_not_chosen_are_not_unknown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "answers.jsonl"
    file.write_text("\n".join(answers(tmp_path, capsys)), encoding="utf-8")
    assert cli.run(["-k", IDS[0], "--answers", str(file)]) == 0


def test_answers_of_another_protocol_or_another_version_of_the_suite_are_told_apart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    right = answers(tmp_path, capsys)
    other = '{"type": "hello", "protocol": 2, "name": "mine"}'
    status, out = checked(tmp_path, [other, *right], capsys)
    assert status == 1
    assert "answers.jsonl:1: it speaks protocol 2, this suite speaks 1" in out
    older = '{"type": "hello", "protocol": 1, "suite": "tinygnn 0.0.1"}'
    status, out = checked(tmp_path, [older, *right], capsys)
    assert status == 1
    assert "answers.jsonl:1: it answers 'tinygnn 0.0.1', this suite is tinygnn" in out


def test_of_many_mistakes_some_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out = checked(tmp_path, ["{"] * 50, capsys)
    assert status == 1
    assert out.count("not JSON") == 20
    assert "answers.jsonl: 30 more lines are wrong" in out
    assert "no answer to 12 questions" in out
    assert "and 7 more; choose the same cases as with --questions" in out


def test_the_questions_are_what_a_harness_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answers(tmp_path, capsys)
    lines = (tmp_path / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    types = [json.loads(line)["type"] for line in lines]
    assert types == ["hello", *["run"] * 12, "bye"]
    assert cli.run(["--questions", str(tmp_path)]) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_a_file_that_is_not_there_is_wrong_input(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--answers", "no-such.jsonl"]) == 2
    assert "no-such.jsonl: cannot be read: No such file" in capsys.readouterr().err
    with pytest.raises(ValueError, match="cannot be read"):
        AnswersBackend(Path("no-such.jsonl"), IDS)
