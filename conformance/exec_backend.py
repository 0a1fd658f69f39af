"""The backend of `--exec`: a program in any language that speaks the protocol."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Sequence

from tinygnn.conformance.case import Case, Failed, Result
from tinygnn.conformance.harness_process import LONGEST_LINE, HarnessError, HarnessProcess, HungError
from tinygnn.conformance.protocol import (
    ProtocolError,
    greeting,
    hello,
    line_of,
    message_of,
    question,
    result_of,
)
from tinygnn.conformance.runner import Reference

TIMEOUT = 30.0  # seconds for one answer
STARTS = 3  # failures to start, one after the other, after which it is not started again
HANGS = 5  # cases without an answer in time, one after the other, after which no other is asked


class ExecBackend:
    """A harness, started when the backend is made and again after a case in which something went wrong.

    command: its words, or a line that is split into words as a shell does; no shell runs it. timeout: seconds
    for each answer. What goes wrong is the error of the case that was asked. Close it, or use `with`.

    Raises ValueError for a command that does not exist.
    """

    def __init__(
        self, command: str | Sequence[str], timeout: float = TIMEOUT, longest_line: int = LONGEST_LINE
    ) -> None:
        self.command = words_of(command)
        if not 0.0 < timeout < float("inf"):
            raise ValueError(f"the timeout is {timeout:g}: give a number of seconds above 0")
        self.timeout, self._longest_line = timeout, longest_line
        self._reference = Reference()
        self._process: HarnessProcess | None = None
        self._starts = self._hangs = 0
        self._trouble = ""
        last = [word for word in self.command if not word.startswith("-")][-1]
        self.name, self.version = os.path.basename(last), "that said no hello"
        self._calls: frozenset[str] | None = None
        self._greeted = False
        self._start()

    def supports(self, case: Case) -> bool:
        return self._calls is None or case.call in self._calls

    def run(self, case: Case) -> Result:
        """Ask the harness. Raises Failed for whatever goes wrong, Unsupported where it says skip."""
        if self._hangs >= HANGS:
            raise Failed(f"not asked: the last {HANGS} cases had no answer within {self.timeout:g} s")
        process = self._process or self._start()
        if process is None:
            raise Failed(self._trouble)
        process.write(line_of(question(case, self._reference.expected(case).outputs)))
        hung = False
        try:
            return result_of(message_of(process.read(self.timeout)), case.id)
        except (HarnessError, ProtocolError) as error:
            hung = isinstance(error, HungError)
            self._end()
            raise Failed(str(error)) from error
        finally:
            self._hangs = self._hangs + 1 if hung else 0

    def close(self) -> None:
        """Say bye and end it."""
        process, self._process = self._process, None
        if process is not None:
            process.close(line_of({"type": "bye"}))

    def again(self, case: Case) -> str:
        """The line that asks this case again."""
        timeout = "" if self.timeout == TIMEOUT else f" --timeout {self.timeout:g}"
        command = shlex.quote(shlex.join(self.command))
        return f"tinygnn conformance --exec {command}{timeout} -k {shlex.quote(case.id)}"

    def __enter__(self) -> ExecBackend:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _start(self) -> HarnessProcess | None:
        """Start it and hear its hello; None where that fails, and `_trouble` says why."""
        if self._starts >= STARTS:
            return None
        self._starts += 1
        try:
            process = self._process = HarnessProcess(self.command, self._longest_line)
            process.write(line_of(hello()))
            heard = greeting(message_of(process.read(self.timeout)), self.name)
        except (HarnessError, ProtocolError) as error:
            self._end()
            self._trouble = f"before it said hello: {error}"
            if self._starts == STARTS:
                self._trouble += f" (it failed to start {STARTS} times and is not started again)"
            return None
        self._starts = 0
        if not self._greeted:
            self.name, self.version, self._calls = heard.name, heard.version, heard.calls
            self._greeted = True
        return process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()


def words_of(command: str | Sequence[str]) -> list[str]:
    """The words of a command. Raises ValueError where there are none, or the first is no program."""
    try:
        words = shlex.split(command) if isinstance(command, str) else list(command)
    except ValueError as error:
        raise ValueError(f"--exec {command!r} is no command: {error}") from None
    if not words or words[0].startswith("-"):
        raise ValueError(f"--exec {command!r} is no command: give the one that starts the harness")
    if shutil.which(words[0]) is None:
        raise ValueError(
            f"--exec: there is no program {words[0]!r}: give its path, such as ./my-harness, and make it "
            "executable. It is run without a shell; where you need one, give --exec \"sh -c '...'\""
        )
    return words
