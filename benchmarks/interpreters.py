"""What a Python can run: its version, and whether the tinygnn installed in it is compiled.

`python -m benchmarks.interpreters` prints it as JSON; `probe` asks another interpreter.
"""

from __future__ import annotations

import importlib
import json
import platform
import subprocess
from dataclasses import asdict, dataclass
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path


@dataclass(frozen=True)
class Interpreter:
    """A Python that runs contenders. label: "3.13", or "PyPy 3.11"; version: in full."""

    path: str
    label: str
    version: str
    compiled: bool


def engine_file() -> Path | None:
    """The file that tinygnn's engine is imported from, in this process; None without a tinygnn."""
    try:
        module = importlib.import_module("tinygnn.value")
    except ImportError:
        return None
    return Path(str(module.__file__)).resolve()


def compiled_engine() -> bool:
    """Whether tinygnn's engine is an extension module."""
    file = engine_file()
    return file is not None and file.name.endswith(tuple(EXTENSION_SUFFIXES))


def this_interpreter(path: str) -> Interpreter:
    """Describe the Python that runs this."""
    name = platform.python_implementation()
    version = platform.python_version()
    label = ".".join(version.split(".")[:2])
    return Interpreter(path, label if name == "CPython" else f"{name} {label}", version, compiled_engine())


def probe(path: str, environment: dict[str, str]) -> Interpreter:
    """Describe another Python; raise ValueError, with what it said, if it does not start."""
    try:
        done = subprocess.run(
            [path, "-m", "benchmarks.interpreters"], capture_output=True, text=True, env=environment
        )
    except OSError as error:
        raise ValueError(f"{path} does not start: {error.strerror}") from None
    if done.returncode:
        raise ValueError(f"{path} does not start: {done.stderr.strip().splitlines()[-1:]}")
    return Interpreter(**{**json.loads(done.stdout), "path": path})


if __name__ == "__main__":
    print(json.dumps(asdict(this_interpreter(""))))
