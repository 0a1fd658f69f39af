"""What is installed: one package, `tinygnn`, with everything in it, and beside it the plug-in for pytest."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from email import message_from_string
from email.message import Message
from fnmatch import fnmatch
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

import tinygnn

ROOT = Path(__file__).parents[1]
FOLDERS = {"tinygnn": "tinygnn", "adapters": "tinygnn/adapters", "conformance": "tinygnn/conformance"}
PLUGIN = "_tinygnn_pytest.py"
NOT_SHIPPED = ("__pycache__", "*.pyc", "*.so", "*.pyd", "*.md", ".*")


def setuptools_is_recent() -> bool:
    """Whether the setuptools that is installed can read pyproject.toml."""
    try:
        return int(version("setuptools").split(".")[0]) >= 77
    except PackageNotFoundError:
        return False


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel under test: the one that tox built and installed here, else one built now."""
    if os.environ.get("TOX_PACKAGE", "").endswith(".whl"):
        return Path(os.environ["TOX_PACKAGE"])
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", str(ROOT), "--no-deps", "--wheel-dir", str(folder)]
    if setuptools_is_recent():
        command.append("--no-build-isolation")  # works without a network
    built = subprocess.run(command, capture_output=True, text=True)
    assert built.returncode == 0, built.stdout + built.stderr
    [path] = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def names(wheel: Path) -> list[str]:
    """The files in the wheel, without those that describe it."""
    with zipfile.ZipFile(wheel) as archive:
        return [name for name in archive.namelist() if ".dist-info/" not in name]


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        [name] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        return message_from_string(archive.read(name).decode())


def test_the_only_top_level_package_is_tinygnn(names: list[str]) -> None:
    top_level = {name.split("/")[0] for name in names}
    compiled_helpers = {name for name in top_level if fnmatch(name, "*__mypyc.*")}
    assert top_level - compiled_helpers == {"tinygnn", PLUGIN}
    assert len(compiled_helpers) <= 1


@pytest.mark.parametrize(
    "name",
    [
        "tinygnn/value.py",
        "tinygnn/nn/conv/gcn_conv.py",
        "tinygnn/adapters/__init__.py",
        "tinygnn/conformance/__init__.py",
        "tinygnn/py.typed",
        "tinygnn/data/*.csv",
    ],
)
def test_the_wheel_holds(names: list[str], name: str) -> None:
    assert [found for found in names if fnmatch(found, name)]


def test_the_wheel_holds_every_file_of_the_three_folders_and_no_other(names: list[str]) -> None:
    """A new folder needs a line in pyproject.toml's packages, a new kind of data one in package-data."""
    expected = {
        f"{installed}/{file.relative_to(ROOT / folder).as_posix()}"
        for folder, installed in FOLDERS.items()
        for file in (ROOT / folder).rglob("*")
        if file.is_file()
        and not any(fnmatch(part, p) for part in file.relative_to(ROOT).parts for p in NOT_SHIPPED)
    }
    shipped = {name for name in names if not fnmatch(name, "*.so") and not fnmatch(name, "*.pyd")}
    assert sorted(shipped) == sorted([*expected, PLUGIN])


def test_installing_tinygnn_installs_nothing_else(metadata: Message) -> None:
    requirements = metadata.get_all("Requires-Dist", [])
    assert [r for r in requirements if "extra ==" not in r] == []
    extras = {"networkx", "pandas", "polars", "scipy", "pyg", "conformance", "progress"}
    assert set(metadata.get_all("Provides-Extra", [])) == extras
    assert metadata["Requires-Python"] == ">=3.11"


def test_the_version_is_the_same_everywhere(metadata: Message) -> None:
    assert metadata["Version"] == tinygnn.__version__
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## [{tinygnn.__version__}]" in changelog


def test_the_tinygnn_command_and_the_plug_in_for_pytest_are_installed(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        [name] = [name for name in archive.namelist() if name.endswith(".dist-info/entry_points.txt")]
        text = archive.read(name).decode()
    assert "tinygnn = tinygnn.cli:main" in text
    assert "[pytest11]\ntinygnn-conformance = _tinygnn_pytest" in text


@pytest.mark.skipif("TOX_ENV_NAME" not in os.environ, reason="only tox installs the wheel")
def test_what_is_tested_is_the_wheel_and_not_the_checkout() -> None:
    script = "import tinygnn, tinygnn.adapters; print(tinygnn.__file__, tinygnn.adapters.__file__, sep='\\n')"
    output = subprocess.check_output([sys.executable, "-c", script], text=True, cwd=ROOT)
    for path in [tinygnn.__file__, *output.split("\n")[:2]]:
        assert Path(path).is_relative_to(sys.prefix)
