"""A third party's ten lines, outside the repository, where the wheel and pytest are and nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYTEST = ("pytest", "pluggy", "iniconfig", "packaging", "pygments")  # with all that it needs

TEN_LINES = """
import math
from tinygnn.conformance import Result, parametrize

class Mine:
    name, version = "mine", "1.5"
    supports = staticmethod(lambda case: case.call in ("tanh", "relu"))
    def run(self, case):
        x, out = case.inputs["x"], FUNCTION(case.inputs["x"])
        return Result({"out": out, "grad x": (1 - out * out) * case.cotangent * case.passes})

@parametrize(Mine(), k="op/ta")
def test_mine(case): pass
@parametrize(Mine(), k="op/sin/positive")
def test_other(case): pass
def test_of_another_kind(): pass
""".replace("FUNCTION", "math.tanh")

ALONE = """
import importlib.util
def test_what_is_here():
    import tinygnn, sys
    assert tinygnn.__file__.startswith(sys.prefix)
    for name in ("torch", "torch_geometric", "mpmath", "numpy", "hypothesis", "conformance"):
        assert importlib.util.find_spec(name) is None, name
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that tox built, else one built now."""
    if os.environ.get("TOX_PACKAGE", "").endswith(".whl"):
        return Path(os.environ["TOX_PACKAGE"])
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", str(ROOT), "--no-deps", "--wheel-dir", str(folder)]
    try:
        recent = int(version("setuptools").split(".")[0]) >= 77
    except PackageNotFoundError:
        recent = False
    command += ["--no-build-isolation"] * recent  # works without a network
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    [path] = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The interpreter of a new virtual environment that holds the wheel and pytest, and nothing else."""
    folder = tmp_path_factory.mktemp("venv")
    run = {"check": True, "capture_output": True, "timeout": 300}
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], **run)  # type: ignore[call-overload]
    made = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(made), "install", "--no-index", "--no-deps"]
    subprocess.run([*pip, str(wheel)], **run)  # type: ignore[call-overload]
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = Path(subprocess.check_output([made, "-c", code], text=True).strip())
    for name in PYTEST:
        for file in distribution(name).files or ():
            if ".." not in file.parts and "__pycache__" not in file.parts:
                (site / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(Path(str(file.locate())), site / file)
    return str(made)


def run(python: str, folder: Path, text: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run pytest on a file in a folder of its own."""
    (folder / "test_mine.py").write_text(text, encoding="utf-8")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "PYTHON"))}
    command = [python, "-m", "pytest", "-p", "no:cacheprovider", *options]
    if python == sys.executable and "TOX_PACKAGE" not in os.environ:  # the checkout, which is not installed
        environment["PYTHONPATH"] = str(ROOT)
        command += ["-p", "_tinygnn_pytest"]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)


def test_ten_lines_make_a_test_of_every_case(python: str, tmp_path: Path) -> None:
    done = run(
        python, tmp_path, TEN_LINES, "-v", "-m", "conformance", "--strict-markers", "-ra", "--junitxml=o"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "plugins: tinygnn-0.1.0" in done.stdout
    assert "test_mine.py::test_mine[op/tanh/positive] PASSED" in done.stdout
    assert "mine does not run this kind of case" in done.stdout
    assert "1 deselected" in done.stdout
    assert "= conformance, tinygnn 0.1.0 =" in done.stdout
    assert "mine 1.5: 13 cases, 12 ran: 12 pass, 1 skipped" in done.stdout
    tests = list(ElementTree.parse(tmp_path / "o").iter("testcase"))
    properties = [{p.attrib["name"]: p.attrib["value"] for p in test.iter("property")} for test in tests]
    ids = [found["conformance_case"] for found in properties]
    assert len(ids) == len(set(ids)) == 13
    assert [test.attrib["name"] for test in tests][0] == f"test_mine[{ids[0]}]"
    assert {found["conformance_verdict"] for found in properties} == {"pass", "skipped"}


def test_a_wrong_number_fails_its_case_alone_with_a_short_line_that_runs_it_again(
    python: str, tmp_path: Path
) -> None:
    wrong = TEN_LINES.replace("math.tanh(", "(lambda x: math.tanh(x) + (x == 0.5) * 1e-9)(")
    done = run(python, tmp_path, wrong, "-q", "--conformance-layer", "tanh", "--junitxml=o")
    assert done.returncode == 1, done.stdout + done.stderr
    tests = list(ElementTree.parse(tmp_path / "o").iter("testcase"))
    assert len(tests) == 13  # the other layer is left out, a test that is no case stays
    failing = [test.attrib["name"] for test in tests if test.find("failure") is not None]
    assert len(failing) == 1
    assert f"reproduce: pytest 'test_mine.py::{failing[0]}'" in done.stdout
    assert "Traceback" not in done.stdout
    again = run(python, tmp_path, wrong, "-q", f"test_mine.py::{failing[0]}")
    assert again.returncode == 1
    assert "1 failed" in again.stdout


def test_a_pytest_that_does_not_use_it_imports_nothing_of_it(python: str, tmp_path: Path) -> None:
    text = "import sys\ndef test_it(): assert not [n for n in sys.modules if n.split('.')[0] == 'tinygnn']\n"
    done = run(python, tmp_path, text)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "conformance" not in done.stdout


def test_nothing_else_is_installed_and_the_wheel_is_what_runs(python: str, tmp_path: Path) -> None:
    done = run(python, tmp_path, ALONE)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_command_asks_a_harness_there(python: str, tmp_path: Path) -> None:
    """Without torch, without a package: the vectors are in the wheel."""
    (tmp_path / "silent.py").write_text("import sys; sys.exit(3)", encoding="utf-8")
    tinygnn = str(Path(python).parent / "tinygnn")
    command = [tinygnn, "conformance", "-k", "op/tanh/positive", "--exec", f"'{python}' silent.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=100)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "before it said hello: it exited with status 3" in done.stdout


def test_counts_come_from_other_processes_too(tmp_path: Path) -> None:
    pytest.importorskip("xdist")
    done = run(sys.executable, tmp_path, TEN_LINES, "-n", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "mine 1.5: 13 cases, 12 ran: 12 pass, 1 skipped" in done.stdout
