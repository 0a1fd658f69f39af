"""The course's exercises, through the very command: solutions are right, first tries wrong as printed."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from typing import Any

import pytest

COURSE = Path(__file__).parents[2] / "docs" / "course"


def script(name: str) -> Any:
    """A script of the course, which is no part of the package."""
    spec = importlib.util.spec_from_file_location(f"course_{name}", COURSE / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


EXERCISES = script("exercises").exercises()
parametrize = pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.file)


def asked(exercise: Any, text: str) -> tuple[int, str]:
    """The status and the answer for a file with this text."""
    if "import torch" in text:
        pytest.importorskip("torch")
    status, out = exercise.asked(text)
    return status, out


def comparable(answer: str) -> str:
    """The answer without how many cases there are and which, and without what rounding decides.

    Both change when the suite gets other cases or another Python adds up numbers.
    """
    answer = re.sub(r"\n  and: .*?\n\n", "\n\n", answer, flags=re.DOTALL)
    answer = re.sub(r"\b\d+ (?:cases?|ran|of the|pass|wrong|skipped)\b|skipped \d+", "#", answer)
    answer = re.sub(r" +\S+ +\d+ +\S+$", "", answer, flags=re.MULTILINE)  # c, bound and ulps
    answer = re.sub(r"-?\d+\.\d{8,}(?:e-?\d+)?", lambda number: f"{float(number[0]):.8g}", answer)
    return " ".join(answer.split())


def test_every_chapter_has_an_exercise_with_a_solution() -> None:
    solutions = {path.name for path in (COURSE / "solutions").glob("*.py")}
    assert {exercise.file for exercise in EXERCISES} == solutions


@parametrize
def test_the_solution_is_right(exercise: Any) -> None:
    status, out = asked(exercise, exercise.solution)
    assert (status, out.splitlines()[-1].split(":")[0]) == (0, "right"), out


@parametrize
def test_the_first_try_is_wrong_as_the_chapter_prints_it(exercise: Any) -> None:
    """`python docs/course/exercises.py` writes the answers anew, where the suite has other cases now."""
    status, out = asked(exercise, exercise.first_try)
    assert status == 1
    assert comparable(out) == comparable(exercise.answer)


def test_the_method_that_chapter_1_shows_is_the_one_that_runs() -> None:
    [chapter] = COURSE.glob("1-*.md")
    [shown] = re.findall(r"return Value\(self\.data \* .*", chapter.read_text(encoding="utf-8"))
    assert shown in (COURSE.parents[1] / "tinygnn" / "value.py").read_text(encoding="utf-8")


def test_the_pictures_are_those_that_the_script_draws() -> None:
    drawn = script("pictures").pictures()
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
