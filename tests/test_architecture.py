"""Imports flow one way: core <- adapters <- conformance; inside the core, a file imports files above it.

Read from the source, without running it; and once by running it, in a process of its own.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# The core in reading order, in which a file imports only files above it. `nn` and `explain` are folders.
READING_ORDER = [
    "files",
    "marked",
    "notebook",
    "value",
    "constants",
    "modes",
    "collector",
    "sparse",
    "linalg",
    "gradcheck",
    "aggregate",
    "edge_index",
    "tape",
    "message_passing",
    "propagation",
    "laplacian",
    "relations",
    "graph",
    "union",
    "batch",
    "nn",
    "safetensors",
    "loader",
    "convolutions",
    "gnn",
    "network",
    "losses",
    "metrics",
    "optim",
    "lr_scheduler",
    "splits",
    "objectives",
    "tasks",
    "link_split",
    "link_prediction",
    "history",
    "training",
    "features",
    "settings",
    "recipe",
    "experiment",
    "cross_validation",
    "checkpoint",
    "run_folder",
    "curves",
    "recorder",
    "progress",
    "web_page",
    "explain",
    "report",
    "commands",
    "cli",
    "__main__",
]
# Third-party packages the core may use if they happen to be there, and in which file.
OPTIONAL = {"tinygnn.progress": {"rich"}}


@dataclass(frozen=True)
class Import:
    """One module that a file imports."""

    module: str
    line: int
    in_function: bool


def name_of(path: Path) -> str:
    """The name a source file has when installed: adapters/x.py is tinygnn.adapters.x."""
    parts = list(path.relative_to(ROOT).with_suffix("").parts)
    if parts[0] != "tinygnn":
        parts.insert(0, "tinygnn")
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def source_files(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


CORE = {name_of(path): path for path in source_files("tinygnn")}
ADAPTERS = {name_of(path): path for path in source_files("adapters")}
CONFORMANCE = {name_of(path): path for path in source_files("conformance")}
EVERYTHING = {**CORE, **ADAPTERS, **CONFORMANCE}


@cache
def imports_of(path: Path) -> list[Import]:
    """All modules a file imports, `import_module("name")` and `__import__("name")` included."""
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    functions = [
        n for n in ast.walk(tree) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
    ]
    lazy = {id(inner) for function in functions for inner in ast.walk(function)}
    return [
        Import(module, getattr(node, "lineno", 0), id(node) in lazy)
        for node in ast.walk(tree)
        for module in modules_named(node, name_of(path))
    ]


def modules_named(node: ast.AST, importer: str) -> list[str]:
    """The modules that one statement or call imports."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        assert node.level == 0, f"{importer}:{node.lineno}: write imports in full, not relative"
        module = node.module or ""
        children = [f"{module}.{alias.name}" for alias in node.names]
        return [child if child in EVERYTHING else module for child in children]
    if isinstance(node, ast.Call):
        called = getattr(node.func, "id", None) or getattr(node.func, "attr", None)
        if called in ("import_module", "__import__") and node.args:
            argument = node.args[0]
            return [str(argument.value)] if isinstance(argument, ast.Constant) else []
    return []


def is_stdlib(module: str) -> bool:
    return module.split(".")[0] in sys.stdlib_module_names


def within(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


def is_command(module: str) -> bool:
    """Whether it is a part of the command, which finds adapters and conformance and knows the version."""
    return within(module, "tinygnn.cli") or within(module, "tinygnn.commands")


def rank(module: str) -> int:
    """The place of a core module in the reading order; the package itself comes last."""
    parts = module.split(".")
    return READING_ORDER.index(parts[1]) if len(parts) > 1 else len(READING_ORDER)


def complaint(module: str, found: Import, rule: str) -> str:
    return f"{EVERYTHING[module].relative_to(ROOT)}:{found.line} imports {found.module}: {rule}"


def test_the_reading_order_names_every_core_file() -> None:
    present = {module.split(".")[1] for module in CORE if module != "tinygnn"}
    assert present == set(READING_ORDER), "give a new file its place in READING_ORDER"


@pytest.mark.parametrize("module", CORE)
def test_the_core_imports_the_standard_library_and_itself(module: str) -> None:
    for found in imports_of(CORE[module]):
        outside = within(found.module, "tinygnn.adapters") or within(found.module, "tinygnn.conformance")
        if outside:
            assert is_command(module), complaint(
                module, found, "the core knows nothing of adapters and conformance"
            )
            assert found.in_function, complaint(module, found, "the command looks for it only when asked")
        elif found.module.split(".")[0] in OPTIONAL.get(module, ()):
            assert found.in_function, complaint(module, found, "an optional package is imported when used")
        else:
            allowed = is_stdlib(found.module) or within(found.module, "tinygnn")
            assert allowed, complaint(module, found, "the core needs the standard library only")


@pytest.mark.parametrize("module", [m for m in CORE if m != "tinygnn"])
def test_a_core_file_imports_only_files_above_it(module: str) -> None:
    for found in imports_of(CORE[module]):
        version = is_command(module) and found.module == "tinygnn"
        if found.module in CORE and not version:
            above = rank(found.module) <= rank(module)
            assert above, complaint(module, found, "it stands below in READING_ORDER")


@pytest.mark.parametrize("folder", [m for m in CORE if m.count(".") == 1 and CORE[m].name == "__init__.py"])
def test_the_files_of_a_folder_import_each_other_in_one_direction(folder: str) -> None:
    """So that each folder too can be read from top to bottom."""
    graph = {
        module: {found.module for found in imports_of(path) if within(found.module, folder)}
        for module, path in CORE.items()
        if within(module, folder)
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"imports go in a circle: {' <- '.join(error.args[1])}")


@pytest.mark.parametrize("module", ADAPTERS)
def test_adapters_import_no_conformance_and_other_packages_only_when_used(module: str) -> None:
    for found in imports_of(ADAPTERS[module]):
        one_way = not within(found.module, "tinygnn.conformance") and not within(found.module, "tinygnn.cli")
        assert one_way, complaint(module, found, "imports flow core <- adapters <- conformance")
        ours = is_stdlib(found.module) or within(found.module, "tinygnn")
        assert ours or found.in_function, complaint(
            module, found, "import it inside the function that uses it"
        )


TRAINING_RUN = """
import sys
before = set(sys.modules)

import tinygnn
from tinygnn import GNN, cross_entropy, optim
from tinygnn.adapters import load

graph = load("karate")[0]
model = GNN("gcn", in_channels=graph.num_features, hidden_channels=4, num_layers=2, out_channels=4)
optimizer = optim.Adam(model.parameters(), lr=0.01)
losses = []
for epoch in range(3):
    optimizer.zero_grad()
    loss = cross_entropy(model(graph), graph.y, mask=graph.train_mask)
    loss.backward()
    optimizer.step()
    losses.append(loss.data)
assert losses[2] < losses[0], losses

for name in sorted(set(sys.modules) - before):
    origin = getattr(getattr(sys.modules[name], "__spec__", None), "origin", None)
    print(name, origin, sep="\\t")
"""


def test_importing_and_training_load_nothing_but_the_standard_library(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", TRAINING_RUN], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    loaded = dict(line.split("\t") for line in done.stdout.splitlines())
    assert {"tinygnn", "tinygnn.value", "tinygnn.adapters"} <= set(loaded)
    strangers = {
        name: origin
        for name, origin in loaded.items()
        if not within(name, "tinygnn") and not name.endswith("__mypyc")
        if not is_stdlib(name) or "site-packages" in origin
    }
    assert strangers == {}
    assert not [name for name in loaded if within(name, "tinygnn.conformance")]
