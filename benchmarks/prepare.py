"""Write the data of a workload, in a process of its own: `python -m benchmarks.prepare WORKLOAD FILE`.

The memory it takes, and PyG where it is used to read, stay out of the processes that are measured.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from benchmarks.contenders import Skip
from benchmarks.workloads import WORKLOADS


def main(name: str, file: str) -> None:
    """Write the data as JSON; where there is none, {"skipped": why}."""
    try:
        data = WORKLOADS[name].make()
    except Skip as reason:
        data = {"skipped": str(reason)}
    Path(file).write_text(json.dumps(data), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
