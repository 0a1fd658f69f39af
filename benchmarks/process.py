"""`Worker`: the other end of a worker's pipes; and the environment it is started in."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from benchmarks.contenders import Skip

CHECKOUT = Path(__file__).parents[1]


@contextmanager
def benchmarks_alone() -> Iterator[str]:
    """A folder with a copy of benchmarks/ and no tinygnn: beside it Python imports the installed one."""
    with tempfile.TemporaryDirectory() as folder:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(CHECKOUT / "benchmarks", Path(folder, "benchmarks"), ignore=ignored)
        yield folder


def environment(folder: str | Path) -> dict[str, str]:
    """The variables of a process that imports from `folder` before anything else, on one thread."""
    rest = os.environ.get("PYTHONPATH")
    path = os.pathsep.join([str(folder), *([rest] if rest else [])])
    threads = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    return {**os.environ, **threads, "PYTHONPATH": path, "PYTHONSAFEPATH": "1"}


class Worker:
    """A contender's process.

    Raises Skip, with the reason, when the contender cannot take part or its process ends.
    """

    def __init__(
        self, python: str, variables: dict[str, str], workload: str, contender: str, file: Path
    ) -> None:
        self.errors = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115
        self.process = subprocess.Popen(
            [python, "-m", "benchmarks.worker", workload, contender, str(file)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
            env=variables,
        )
        try:
            self.ready = self._answer()
        except BaseException:
            self.close()
            raise

    def ask(self, command: str) -> dict[str, Any]:
        """Send a command and return the answer."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(command + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise Skip(self._why()) from None
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise Skip(self._why())
        answer: dict[str, Any] = json.loads(line)
        if "skipped" in answer:
            raise Skip(answer["skipped"])
        return answer

    def _why(self) -> str:
        """Why the process ended: what killed it, or the last line it wrote."""
        status = self.process.wait()
        if status < 0:
            name = signal.Signals(-status).name
            killed = "killed by the system, most likely because it did not fit in memory"
            return killed if name == "SIGKILL" else f"ended by {name}"
        self.errors.seek(0)
        lines = self.errors.read().strip().splitlines()
        last = lines[-1] if lines else f"ended with status {status}"
        return "does not fit in memory" if last.startswith("MemoryError") else last

    def close(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.wait()
        for file in (self.process.stdin, self.process.stdout, self.errors):
            if file is not None:
                with suppress(BrokenPipeError):
                    file.close()
