"""The exercises as the chapters show them; `python docs/course/exercises.py` writes the answers anew.

The answer to a first try is what the command prints. It changes when the suite gets other cases.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tinygnn.conformance import cli

COURSE = Path(__file__).parent
EXERCISE = re.compile(
    r"<!-- file: (?P<file>\S+) -->\n```python\n(?P<first_try>.*?)```\n"
    r".*?```bash\ntinygnn conformance (?P<command>--check .*?)```\n"
    r".*?```text\n(?P<answer>.*?)```\n",
    re.DOTALL,
)


@dataclass(frozen=True)
class Exercise:
    """A file with a mistake, the command that checks it, and what the chapter says that it answers."""

    chapter: Path
    file: str
    first_try: str
    command: list[str]
    answer: str

    @property
    def solution(self) -> str:
        return (COURSE / "solutions" / self.file).read_text(encoding="utf-8")

    def asked(self, text: str) -> tuple[int, str]:
        """The command's status and what it prints for a file with this text."""
        before, printed = Path.cwd(), io.StringIO()
        with tempfile.TemporaryDirectory() as folder:
            try:
                os.chdir(folder)
                Path(self.file).write_text(text, encoding="utf-8")
                with contextlib.redirect_stdout(printed):
                    status = cli.run(self.command)
            finally:
                os.chdir(before)
        return status, printed.getvalue()


def exercises() -> list[Exercise]:
    """Those of all chapters, one of each."""
    found = []
    for chapter in sorted(COURSE.glob("[1-9]-*.md")):
        [match] = EXERCISE.finditer(chapter.read_text(encoding="utf-8"))
        command = shlex.split(match["command"].replace("\\\n", " "))
        found.append(Exercise(chapter, match["file"], match["first_try"], command, match["answer"]))
    return found


if __name__ == "__main__":
    for exercise in exercises():
        _, answer = exercise.asked(exercise.first_try)
        chapter = exercise.chapter.read_text(encoding="utf-8")
        exercise.chapter.write_text(chapter.replace(exercise.answer, answer), encoding="utf-8")
