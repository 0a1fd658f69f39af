"""Every example a reader meets runs: blocks of the README and the docs, docstrings, examples/.

A block of a Markdown file runs in a folder made for that file, in a process of its own. ```python and
```pycon blocks run as they stand. Of a ```bash block every command runs, but for those that set up an
environment (SETUP). ```text, ```csv and the like are shown and not run; a block of no or another
language is an error. HTML comments right before a block say what else there is to know:

    <!-- needs: networkx, torch_geometric -->    packages (or $VARIABLES) without which it is skipped
    <!-- continues -->                           it goes on from the block of its language before it
    <!-- file: edges.csv -->                     not run, but saved under this name for the other blocks
    <!-- not run: why -->                        not run, for this reason
"""

from __future__ import annotations

import doctest
import importlib
import importlib.util
import os
import pkgutil
import re
import shlex
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import tinygnn

ROOT = Path(__file__).parents[1]
RUN = {"python", "pycon", "bash"}
SHOWN = {"text", "csv", "json", "toml", "html", "mermaid"}
SETUP = {"cd", "git", "pip", "pytest", "ruff", "mypy", "source", "tox"}
TIME_LIMIT = 600  # seconds for one block

FENCE = re.compile(
    r"(?P<comments>(?:^ *<!--(?:(?!-->).)*-->\s*?\n\s*)*)"
    r"^(?P<indent> *)```(?P<language>[^\n`]*)\n(?P<text>.*?)^(?P=indent)```[ ]*$",
    re.MULTILINE | re.DOTALL,
)
MARKER = re.compile(r"<!--\s*(needs|continues|file|not run)\b\s*:?\s*(.*?)\s*-->", re.DOTALL)


@dataclass
class Block:
    """One fenced block of a Markdown file."""

    path: Path
    line: int
    language: str
    text: str
    markers: dict[str, str]
    before: Block | None = field(default=None, repr=False)  # the block it continues

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT).as_posix()}:{self.line}"

    @property
    def program(self) -> str:
        """Its text after that of the blocks it continues."""
        return (self.before.program if self.before else "") + self.text

    @property
    def needs(self) -> set[str]:
        """Its packages and those of the blocks it continues."""
        own = set(filter(None, re.split(r"[,\s]+", self.markers.get("needs", ""))))
        return own | (self.before.needs if self.before else set())


def blocks_of(path: Path, text: str | None = None) -> list[Block]:
    """All fenced blocks of a Markdown file, in order."""
    text = path.read_text(encoding="utf-8") if text is None else text
    blocks: list[Block] = []
    last: dict[str, Block] = {}
    for match in FENCE.finditer(text):
        language = match["language"].strip()
        indent = len(match["indent"])
        body = "".join(line[indent:] if line.strip() else "\n" for line in match["text"].splitlines(True))
        markers = dict(MARKER.findall(match["comments"]))
        line = text.count("\n", 0, match.start("language")) + 1
        block = Block(path, line, language, body, markers)
        if "continues" in markers:
            assert language in last, f"{block} continues no {language} block"
            block.before = last[language]
        if "file" not in markers and "not run" not in markers:
            last[language] = block
        blocks.append(block)
    return blocks


def commands_of(block: Block) -> list[str]:
    """The commands of a bash block that are to run; an error for one that nobody foresaw."""
    commands = []
    for line in block.program.replace("\\\n", " ").splitlines():
        for command in line.split("&&"):
            words = shlex.split(command, comments=True)
            if not words or words[0] in SETUP or words[:3] == ["python", "-m", "venv"]:
                continue
            known = words[0] in ("tinygnn", "python", "cat", "head")
            assert known, (
                f"{block}: {words[0]!r} is neither run nor in SETUP: say which in tests/test_docs.py"
            )
            commands.append(command.strip())
    return commands


def require(needs: set[str]) -> None:
    """Skip the test if a package or environment variable that it needs is missing."""
    for name in sorted(needs):
        if name.startswith("$"):
            if name[1:] not in os.environ:
                pytest.skip(f"needs the environment variable {name[1:]}")
        elif importlib.util.find_spec(name) is None:
            pytest.skip(f"needs the package {name}")


def run(command: list[str], folder: Path, what: object) -> None:
    scripts = sysconfig.get_path("scripts")
    environment = {**os.environ, "PATH": scripts + os.pathsep + os.environ["PATH"]}
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIME_LIMIT,
    )
    assert done.returncode == 0, f"{what} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"


DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
BLOCKS = [block for path in DOCUMENTS for block in blocks_of(path)]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, Path]:
    """For each document the folder in which its blocks run: with its files, and the examples."""
    made = {path: tmp_path_factory.mktemp(path.stem) for path in DOCUMENTS}
    for folder in made.values():
        (folder / "examples").symlink_to(ROOT / "examples", target_is_directory=True)
    for block in BLOCKS:
        if "file" in block.markers:
            (made[block.path] / block.markers["file"]).write_text(block.text, encoding="utf-8")
    return made


def test_there_is_a_readme_with_blocks_that_run() -> None:
    languages = {block.language for block in BLOCKS if block.path == ROOT / "README.md"}
    assert {"python", "bash"} <= languages


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_no_fence_escapes_the_parser(path: Path) -> None:
    fences = re.findall(r"^\s*(?:```|~~~)", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(fences) == 2 * len(blocks_of(path))


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_block(block: Block, folders: dict[Path, Path]) -> None:
    assert block.language in RUN | SHOWN, f"{block}: a block of {block.language or 'no language'!r}"
    if block.language in SHOWN or "file" in block.markers:
        return
    if "not run" in block.markers:
        assert block.markers["not run"], f"{block} is not run: say why"
        return
    require(block.needs)
    folder = folders[block.path]
    if block.language == "bash":
        for command in commands_of(block):
            run(["bash", "-c", command], folder, f"{block}: {command}")
    elif block.language == "python":
        assert ">>>" not in block.text, f"{block}: what has a prompt is a pycon block"
        run([sys.executable, "-c", block.program], folder, block)
    else:
        script = folder / f"line_{block.line}.txt"
        script.write_text(block.program, encoding="utf-8")
        options = ["-o", "NORMALIZE_WHITESPACE", "-o", "ELLIPSIS"]
        run([sys.executable, "-m", "doctest", *options, str(script)], folder, block)


# ---- docstrings and examples ------------------------------------------------------------------------


# What Python finds in the root of a checkout that is not installed, where it looks for tinygnn.adapters.
BESIDE = (
    "__main__",
    "_tinygnn_pytest",
    "benchmarks",
    "build_backend",
    "docs",
    "examples",
    "setup",
    "tests",
    "tinygnn",
)


def docstring_examples() -> list[doctest.DocTest]:
    """The docstrings with examples of every module that can be imported here."""
    finder = doctest.DocTestFinder(exclude_empty=True)
    found = []
    for name in modules_below("tinygnn", BESIDE):
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError as error:  # a package that this environment does not have
            assert error.name and not error.name.startswith("tinygnn"), error
            continue
        found += [test for test in finder.find(module) if test.examples]
    return found + [test for test in finder.find(tinygnn) if test.examples]


def modules_below(package: str, without: tuple[str, ...] = ("__main__",)) -> Iterator[str]:
    """The names of a package's modules, and of those in its packages."""
    for info in pkgutil.iter_modules(importlib.import_module(package).__path__):
        if info.name not in without:
            yield f"{package}.{info.name}"
            if info.ispkg:
                yield from modules_below(f"{package}.{info.name}")


@pytest.mark.parametrize("example", docstring_examples(), ids=lambda test: test.name)
def test_docstring(example: doctest.DocTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    imported = re.findall(
        r"^(?:import|from) (\w+)", "".join(e.source for e in example.examples), re.MULTILINE
    )
    require(set(imported) - {"tinygnn"})
    monkeypatch.chdir(tmp_path)
    report: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    result = runner.run(example, out=report.append)
    assert result.failed == 0, "".join(report)


@pytest.mark.parametrize("example", sorted(ROOT.glob("examples/*.py")), ids=lambda path: path.name)
def test_example(example: Path, tmp_path: Path) -> None:
    """Programs for readers; those that need packages say so in a line `# needs: package, ...`."""
    needs = re.findall(r"^# needs: (.*)$", example.read_text(encoding="utf-8"), re.MULTILINE)
    require(set(filter(None, re.split(r"[,\s]+", " ".join(needs)))))
    run([sys.executable, str(example)], tmp_path, example)


# ---- the parser itself --------------------------------------------------------------------------------

SAMPLE = """
Text.

```python
x = 1
```

<!-- needs: networkx -->
<!-- continues -->
```python
print(x)
```

<!-- file: edges.csv -->
```csv
source,target
```

1. In a list:

   ```bash
   pip install . && tinygnn train karate  # a comment
   tinygnn info \\
       karate
   ```

<!-- not run: it takes an hour -->
```bash
python -m benchmarks
```
"""


def test_the_parser_finds_blocks_and_what_is_said_of_them() -> None:
    first, second, table, commands, unrun = blocks_of(ROOT / "SAMPLE.md", SAMPLE)
    assert (first.language, first.text, first.line, first.markers) == ("python", "x = 1\n", 4, {})
    assert second.program == "x = 1\nprint(x)\n"
    assert second.needs == {"networkx"}
    assert table.markers == {"file": "edges.csv"}
    assert commands_of(commands) == ["tinygnn train karate  # a comment", "tinygnn info      karate"]
    assert unrun.markers == {"not run": "it takes an hour"}


def test_a_command_that_nobody_foresaw_is_an_error() -> None:
    [block] = blocks_of(ROOT / "SAMPLE.md", "```bash\nmake all\n```\n")
    with pytest.raises(AssertionError, match="'make' is neither run nor in SETUP"):
        commands_of(block)
