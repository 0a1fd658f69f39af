"""The door without a process: cases written to a file as questions, answers read from a file.

Both files hold the messages of the protocol, a line each: the questions are what the suite would write to a
harness, from hello to bye, and the answers what the harness would write back.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path

from tinygnn.conformance.case import Case, Failed, Result
from tinygnn.conformance.protocol import (
    ANSWERS,
    Message,
    ProtocolError,
    greeting,
    hello,
    line_of,
    message_of,
    question,
    quoted,
    result_of,
)
from tinygnn.conformance.runner import Reference

SHOWN = 5  # ids that are told
LINES = 20  # lines with mistakes that are told


def write_questions(path: Path, cases: Sequence[Case], reference: Reference) -> None:
    """Write the cases as questions. Raises ValueError where the file cannot be written."""
    asked = (question(case, reference.expected(case).outputs) for case in cases)
    try:
        with path.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(map(line_of, (hello(), *asked, {"type": "bye"})))
    except OSError as error:
        raise ValueError(f"{path}: cannot be written: {error.strerror}") from error


class AnswersBackend:
    """The answers in a file, as a backend.

    ids: of all cases that there are.

    Raises ValueError where the file cannot be read.
    """

    def __init__(self, path: Path, ids: Iterable[str]) -> None:
        self.path = path
        self._mistakes: list[str] = []
        self.name, self.version = path.name, "offline"
        self._calls: frozenset[str] | None = None
        self._known = frozenset(ids)
        self._answers: dict[str, tuple[int, Message]] = {}
        try:
            with path.open("rb") as file:
                for number, line in enumerate(file, start=1):
                    if line.strip():
                        self._take(number, line)
        except OSError as error:
            raise ValueError(f"{path}: cannot be read: {error.strerror}") from error

    def supports(self, case: Case) -> bool:
        return self._calls is None or case.call in self._calls

    def run(self, case: Case) -> Result:
        """The answer. Raises Failed where there is none or it is wrong in form, Unsupported for a skip."""
        if case.id not in self._answers:
            raise Failed(f"no answer in {self.path}")
        number, message = self._answers[case.id]
        try:
            return result_of(message, case.id)
        except ProtocolError as error:
            raise Failed(f"{self.path}:{number}: {error}") from error

    def again(self, case: Case) -> str:
        """The line that checks this answer again."""
        return f"tinygnn conformance --answers {shlex.quote(str(self.path))} -k {shlex.quote(case.id)}"

    def problems(self, cases: Iterable[Case]) -> list[str]:
        """What is wrong with the file: line by line, and a sentence on the cases that have no answer."""
        found = self._mistakes[:LINES]
        if len(self._mistakes) > LINES:
            found.append(f"{self.path}: {len(self._mistakes) - LINES} more lines are wrong")
        ids = [case.id for case in cases if self.supports(case) and case.id not in self._answers]
        if ids:
            more = f" and {len(ids) - SHOWN} more" if len(ids) > SHOWN else ""
            found.append(
                f"{self.path}: no answer to {len(ids)} question{'s' * (len(ids) != 1)}: "
                f"{', '.join(ids[:SHOWN])}{more}; choose the same cases as with --questions"
            )
        return found

    def _take(self, number: int, line: bytes) -> None:
        try:
            message = message_of(line)
            if message["type"] == "hello":
                heard = greeting(message, self.name)
                self.name, self.version, self._calls = heard.name, heard.version, heard.calls
            elif message["type"] in ANSWERS:
                self._keep(number, message)
            elif message["type"] != "bye":
                raise ProtocolError(f"a message {quoted(message['type'])} is no answer: {', '.join(ANSWERS)}")
        except ProtocolError as error:
            self._mistakes.append(f"{self.path}:{number}: {error}")

    def _keep(self, number: int, message: Message) -> None:
        name = message.get("id")
        if not isinstance(name, str):
            raise ProtocolError(f"an answer without the id of a case: its id is {quoted(name)}")
        if name not in self._known:
            raise ProtocolError(f"an answer to {quoted(name)}, but there is no such case")
        if name in self._answers:
            raise ProtocolError(f"{name} is answered already, in line {self._answers[name][0]}, which counts")
        self._answers[name] = number, message
