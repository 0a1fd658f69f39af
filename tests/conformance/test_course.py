"""The course's exercises, through the very command: solutions are right, first tries wrong as printed."""

from __future__ import annotations

import importlib.util
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tinygnn.conformance import cli

COURSE = Path(__file__).parents[2] / "docs" / "course"
EXERCISE = re.compile(
    r"<!-- file: (?P<file>\S+) -->\n```python\n(?P<first_try>.*?)```\n"
    r".*?```bash\ntinygnn conformance (?P<command>--check .*?)```\n"
    r".*?```text\n(?P<answer>.*?)```\n",
    re.DOTALL,
)


@dataclass(frozen=True)
class Exercise:
    """What a chapter's exercise shows: a file with a mistake, the command, and what it answers."""

    chapter: Path
    file: str
    first_try: str
    command: list[str]
    answer: str


def exercises() -> list[Exercise]:
    found = []
    for chapter in sorted(COURSE.glob("[1-9]-*.md")):
        [match] = EXERCISE.finditer(chapter.read_text(encoding="utf-8"))
        command = shlex.split(match["command"].replace("\\\n", " "))
        found.append(Exercise(chapter, match["file"], match["first_try"], command, match["answer"]))
    return found


EXERCISES = exercises()


def asked(
    exercise: Exercise, text: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> tuple[int, str]:
    """The status and the answer for a file with this text."""
    if "import torch" in text:
        pytest.importorskip("torch")
    (folder / exercise.file).write_text(text, encoding="utf-8")
    monkeypatch.chdir(folder)
    status = cli.run(exercise.command)
    out, err = capsys.readouterr()
    assert err == ""
    return status, out


def test_every_chapter_has_an_exercise_with_a_solution() -> None:
    solutions = {path.name for path in (COURSE / "solutions").glob("*.py")}
    assert {exercise.file for exercise in EXERCISES} == solutions


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.file)
def test_the_solution_is_right(
    exercise: Exercise, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    solution = (COURSE / "solutions" / exercise.file).read_text(encoding="utf-8")
    status, out = asked(exercise, solution, tmp_path, monkeypatch, capsys)
    assert (status, out.splitlines()[-1].split(":")[0]) == (0, "right"), out


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.file)
def test_the_first_try_is_wrong_as_the_chapter_prints_it(
    exercise: Exercise, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    status, out = asked(exercise, exercise.first_try, tmp_path, monkeypatch, capsys)
    assert status == 1
    assert out == exercise.answer


def test_the_pictures_are_those_that_the_script_draws() -> None:
    spec = importlib.util.spec_from_file_location("course_pictures", COURSE / "pictures.py")
    assert spec is not None and spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    drawn = script.pictures()
    assert set(drawn) == {path.name for path in (COURSE / "pictures").iterdir()}
    for name, text in drawn.items():
        assert (COURSE / "pictures" / name).read_bytes() == text.encode(), name


def test_every_link_of_the_course_leads_somewhere_and_every_picture_is_shown() -> None:
    shown = set()
    for page in COURSE.glob("*.md"):
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (COURSE / target).exists(), f"{page.name}: {target}"
                shown.add(target)
    assert {f"pictures/{path.name}" for path in (COURSE / "pictures").iterdir()} <= shown
