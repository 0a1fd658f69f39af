"""Adapters of other packages: one that pip installs for real, and others that are broken."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import tinygnn

PLUGIN = '''
"""Graphs as lines "SOURCE TARGET"."""
from pathlib import Path
from tinygnn import Graph
from tinygnn.adapters import Format

print("the plug-in is loaded")

def read(path, shift: int = 0):
    pairs = [tuple(map(int, line.split())) for line in Path(path).read_text().splitlines()]
    return Graph(([s + shift for s, _ in pairs], [t + shift for _, t in pairs]))

def write(graph, path):
    Path(path).write_text("".join(f"{s} {t}\\n" for s, t in zip(*graph.edge_index)))

def convert(obj):
    return Graph(([0], [obj[0]]))

pairs = Format("pairs", (".pairs",), read, write, lambda obj: type(obj) is bytes, convert)
line = Format("line", read=lambda source: [Graph(([0], [int(source.partition(":")[2])]))] * 2)
clash = Format("other", (".csv",))
zagain = Format("pairs", (".more",))
wrong = {"name": "wrong"}
bad_ending = Format("bad", ("gml",))
text = Format("text", (".text",), lambda path: "no graph")
'''
NAMES = ["pairs", "line", "clash", "zagain", "wrong", "bad_ending", "text", "missing"]


def build_wheel(folder: Path) -> Path:
    """A wheel is a zip file; this one needs no tool to be built."""
    path = folder / "tinygnn_pairs-1.0-py3-none-any.whl"
    info = "tinygnn_pairs-1.0.dist-info"
    points = "".join(f"{name} = tinygnn_pairs:{name}\n" for name in NAMES) + "broken = tinygnn_broken:x\n"
    files = {
        "tinygnn_pairs.py": PLUGIN,
        "tinygnn_broken.py": "raise RuntimeError('on purpose')\n",
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: tinygnn-pairs\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: a test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": f"[tinygnn.adapters]\n{points}",
    }
    record = "".join(f"{name},,\n" for name in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in {**files, f"{info}/RECORD": record}.items():
            archive.writestr(name, content)
    return path


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """The environment of a program for which pip has installed the plug-in."""
    folder = tmp_path_factory.mktemp("plugin")
    wheel, target = build_wheel(folder), folder / "installed"
    command = [sys.executable, "-m", "pip", "install", "--no-index", "--no-deps", "--quiet"]
    done = subprocess.run([*command, "--target", str(target), str(wheel)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    path = os.pathsep.join([str(target), str(Path(tinygnn.__file__).parents[1])])
    return {**os.environ, "PYTHONPATH": path, "PYTHONSAFEPATH": "1"}


def run(environment, folder, *command):
    return subprocess.run(
        [sys.executable, *command], env=environment, cwd=folder, capture_output=True, text=True
    )


def test_a_plug_in_reads_writes_and_converts(environment, tmp_path):
    program = """
import warnings
warnings.simplefilter("ignore")
from tinygnn.adapters import convert, load, save
print("nothing is loaded yet", load("karate")[0].num_nodes)
save(load("karate"), "k.pairs")
print(load("k.pairs")[0].edge_index == load("karate")[0].edge_index, load("k.pairs", shift=1)[0].num_nodes)
print(convert(b"\\x03"), load("line:4"))
"""
    done = run(environment, tmp_path, "-c", program)
    assert done.stdout.splitlines() == [
        "nothing is loaded yet 34",
        "the plug-in is loaded",
        "True 35",
        "Graph(4 nodes, 1 edges) [Graph(5 nodes, 1 edges), Graph(5 nodes, 1 edges)]",
    ], done.stderr


def test_the_commands_know_a_plug_in_and_warn_of_broken_ones(environment, tmp_path):
    done = run(environment, tmp_path, "-m", "tinygnn", "convert", "karate", "k.pairs")
    assert done.returncode == 0 and "-> k.pairs" in done.stdout, done.stderr
    done = run(environment, tmp_path, "-m", "tinygnn", "info", "k.pairs")
    assert done.returncode == 0 and "Graph(34 nodes, 156 edges)" in done.stdout
    warnings = done.stderr.splitlines()
    start = "tinygnn: warning: the adapter {!r} of the package tinygnn-pairs "
    expected = [
        ("bad_ending", "has the suffixes ('gml',)"),
        ("broken", "cannot be loaded: RuntimeError: on purpose"),
        ("clash", "claims '.csv', which belongs to tinygnn"),
        ("missing", "cannot be loaded: AttributeError"),
        ("wrong", "is a dict, not a tinygnn.adapters.Format"),
        ("zagain", "claims 'pairs', which belongs to tinygnn_pairs:pairs"),
    ]
    assert len(warnings) == len(expected)
    for line, (name, problem) in zip(warnings, expected):
        assert line.startswith(start.format(name) + problem) and line.endswith("it is left out")


def test_mistakes_with_plug_ins_are_adapter_errors(environment, tmp_path):
    (tmp_path / "a.text").write_text("")
    done = run(environment, tmp_path, "-W", "ignore", "-m", "tinygnn", "info", "a.text")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == (
        "tinygnn: error: the adapter text gives a str, not a Graph or a list of them"
    )
