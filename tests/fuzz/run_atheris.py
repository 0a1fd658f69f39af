"""A coverage-guided fuzzer over a reader, for as long as one likes. Needs CPython 3.11 and atheris.

    python tests/fuzz/run_atheris.py json_graph -max_total_time=60

What stands after the target goes to libFuzzer. An input that breaks a reader is saved as crash-...; put what
it teaches into a test.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).parent))
with atheris.instrument_imports(include=["tinygnn"]):
    import targets
import seeds


def main() -> None:
    if len(sys.argv) < 2 or sys.argv[1] not in targets.TARGETS:
        sys.exit(f"usage: run_atheris.py TARGET [OPTION ...], TARGET one of {', '.join(targets.TARGETS)}")
    name = sys.argv.pop(1)
    folder = Path(tempfile.mkdtemp(dir="/dev/shm" if os.path.isdir("/dev/shm") else None))
    corpus = Path(tempfile.mkdtemp())
    for i, seed in enumerate(seeds.seeds()[name]):
        (corpus / f"seed{i}").write_bytes(seed)
    words = Path(tempfile.mkdtemp()) / "words"
    short = [word for word in seeds.words(name) if len(word) < 60]
    lines = ['"' + "".join(map("\\x{:02x}".format, word)) + '"' for word in short]
    words.write_text("\n".join(lines) + "\n")
    atheris.Setup(
        [*sys.argv, f"-dict={words}", "-timeout=20", "-rss_limit_mb=2048", "-max_len=40000", str(corpus)],
        lambda data: targets.check(name, data, folder) and None,
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main()
