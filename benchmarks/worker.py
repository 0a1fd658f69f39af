"""The process of one contender: `python -m benchmarks.worker WORKLOAD CONTENDER DATA.json`.

It sets up, prints one line of JSON, and then answers commands on stdin with one line of JSON each:
"run K" runs K epochs, "bye" ends it.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import platform
import sys
import time
from importlib import metadata
from pathlib import Path
from typing import Any, TextIO

from benchmarks.contenders import CONTENDERS, Contender, Skip

PACKAGES = ("micrograd", "torch", "torch_geometric")


def main(contender: str, file: str, commands: TextIO, answers: TextIO) -> None:
    """Answer commands until "bye"."""

    def answer(**fields: Any) -> None:
        print(json.dumps(fields), file=answers, flush=True)

    try:
        epochs = set_up(CONTENDERS[contender], file)
    except Skip as reason:
        return answer(skipped=str(reason))
    answer(python=platform.python_version(), packages=versions(), memory=peak_memory())
    for line in commands:
        command, *arguments = line.split()
        if command == "bye":
            return answer(memory=peak_memory())
        seconds, losses = [], []
        for _ in range(int(arguments[0])):
            started = time.perf_counter()
            losses.append(next(epochs))
            seconds.append(time.perf_counter() - started)
        answer(seconds=seconds, losses=losses)


def set_up(contender: Contender, file: str) -> Any:
    """Return the epochs of a contender; nothing else of the data is kept."""
    if not contender.collector:
        gc.disable()
    loops = importlib.import_module(f"benchmarks.engines.{contender.engine}").LOOPS
    data = json.loads(Path(file).read_text(encoding="utf-8"))
    if data["kind"] not in loops:
        raise Skip(f"{contender.engine} has no loop of the kind {data['kind']}")
    return loops[data["kind"]](data, contender)


def versions() -> dict[str, str]:
    """The versions of the packages that were imported."""
    return {name: metadata.version(name) for name in PACKAGES if name in sys.modules}


def peak_memory() -> int | None:
    """The most memory this process has had, in bytes; None where the system does not say.

    Linux: from /proc, since getrusage counts the memory of the parent at the start of this process too.
    """
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


if __name__ == "__main__":
    # Whatever an engine prints goes to stderr: stdout holds the answers and nothing else.
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as channel:
        os.dup2(2, 1)
        main(sys.argv[2], sys.argv[3], sys.stdin, channel)
