"""The benchmarks run, say why a contender is missing, and catch one that trains another model.

No test asserts a time.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).parents[1]


def benchmarks(name: str) -> Any:
    """A module of benchmarks/, with the checkout not on the path: its tinygnn/ would hide the wheel."""
    if "benchmarks" not in sys.modules:
        file = ROOT / "benchmarks" / "__init__.py"
        spec = importlib.util.spec_from_file_location(
            "benchmarks", file, submodule_search_locations=[str(file.parent)]
        )
        assert spec and spec.loader
        sys.modules["benchmarks"] = importlib.util.module_from_spec(spec)
    return importlib.import_module(f"benchmarks.{name}")


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a user does, in the repository root."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONSAFEPATH"}
    environment.pop("TINYGNN_DATA", None)
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments],
        capture_output=True, text=True, cwd=ROOT, env={**environment, **variables},
    )  # fmt: skip


def row(name: str, *seconds: float, **fields: Any) -> Any:
    return benchmarks("measure").Row(name, rounds=[[each] for each in seconds], **fields)


def result(workload: str, *rows: Any, edges: int = 100) -> Any:
    return benchmarks("measure").Result(workload, "Made up", 10, edges, list(rows))


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.split("  ") if cell.strip()]


# ---- the command ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def short_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Any]]:
    """What one round of moons and Cora prints and writes, where only tinygnn can be imported."""
    folder = tmp_path_factory.mktemp("benchmarks")
    for package in ("micrograd", "torch", "torch_geometric"):
        (folder / f"{package}.py").write_text("raise ImportError\n", encoding="utf-8")
    file = folder / "numbers.json"
    contenders = ["tinygnn", "tinygnn-gc-off", "micrograd", "torch-float32", "pyg-float32"]
    done = run(
        "moons", "cora-gcn", "--rounds", "1", "--json", str(file), "--contender", *contenders,
        PYTHONPATH=str(folder),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout, json.loads(file.read_text(encoding="utf-8"))


def test_the_table_has_a_line_for_each_contender(short_run: tuple[str, dict[str, Any]]) -> None:
    """Measured contenders have a number in every column."""
    lines = short_run[0].splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("contender"))
    heading = cells(lines[start])
    assert heading == ["contender", "median", "min-max", "first epoch", "memory before", "peak memory"]
    table = [cells(line) for line in lines[start + 1 : start + 5]]
    assert [line[0] for line in table] == ["tinygnn", "tinygnn-gc-off", "micrograd", "torch-float32"]
    assert [len(line) for line in table[:2]] == [len(heading)] * 2


def test_a_contender_that_cannot_take_part_says_why(short_run: tuple[str, dict[str, Any]]) -> None:
    """A missing package names what to install, missing data where it is looked for."""
    moons, cora = short_run[1]["workloads"]
    reasons = {row["name"]: row["skipped"] for row in moons["rows"]}
    assert reasons["micrograd"] == "micrograd is not installed: pip install micrograd==0.1.0"
    assert reasons["torch-float32"] == "PyTorch is not installed: pip install torch"
    assert {row["skipped"] for row in cora["rows"]} == {
        "TINYGNN_DATA names no folder with Planetoid/Cora/raw"
    }
    for reason in [reasons["micrograd"], cora["rows"][0]["skipped"]]:
        assert f"skipped: {reason}" in short_run[0]


def test_the_json_holds_every_number(short_run: tuple[str, dict[str, Any]]) -> None:
    """Seconds by round, the first losses, memory in bytes, the targets and what was measured on what."""
    numbers = short_run[1]
    assert list(numbers) == ["about", "rounds", "workloads", "targets"]
    assert {"command", "date", "processor", "cores", "system", "python"} <= set(numbers["about"])
    assert [workload["workload"] for workload in numbers["workloads"]] == ["moons", "cora-gcn"]
    first = numbers["workloads"][0]["rows"][0]
    assert set(first) == {
        "name", "skipped", "disagrees", "first_epoch", "rounds", "losses", "memory_before", "peak_memory",
        "python", "packages", "median", "measured",
    }  # fmt: skip
    assert first["measured"] and first["skipped"] == ""
    assert len(first["rounds"]) == numbers["rounds"] == 1
    assert all(isinstance(seconds, float) for seconds in first["rounds"][0])
    assert len(first["losses"]) == 2
    assert set(numbers["targets"][0]) == {"row", "text", "wanted", "measured", "verdict"}


def test_a_target_without_measurements_is_not_measured(short_run: tuple[str, dict[str, Any]]) -> None:
    """Every target stands in the table all the same."""
    text, numbers = short_run
    assert {target["verdict"] for target in numbers["targets"]} == {"not measured"}
    assert len(numbers["targets"]) == len(benchmarks("targets").TARGETS)
    assert text.splitlines()[-1].endswith("not measured")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["moon"], "there is no workload 'moon': choose from moons, karate"),
        (["moons", "--rounds", "0"], "--rounds: at least 1"),
        (["moons", "--python", "no-such-python"], "no-such-python does not start"),
    ],
)
def test_wrong_input_is_explained(arguments: list[str], complaint: str) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert complaint in done.stderr


# ---- workers -------------------------------------------------------------------------------------


def start(file: Path) -> Any:
    process = benchmarks("process")
    return process.Worker(sys.executable, process.environment(ROOT), "karate", "tinygnn", file)


def losses_from(data: dict[str, Any], file: Path) -> list[float]:
    """The losses that tinygnn has in the first two epochs."""
    file.write_text(json.dumps(data), encoding="utf-8")
    worker = start(file)
    try:
        losses: list[float] = worker.ask("run 2")["losses"]
        assert worker.ask("bye")["memory"] != 0
        return losses
    finally:
        worker.close()


def test_a_contender_with_other_weights_is_caught(tmp_path: Path) -> None:
    """The same weights agree; a bias that is a tenth off does not, and its row shows no time."""
    data = benchmarks("workloads.karate").make()
    ours = losses_from(data, tmp_path / "data.json")
    data["weights"]["convs.1.bias"][0] += 0.1
    theirs = losses_from(data, tmp_path / "data.json")
    rows = [row("tinygnn", 1.0, losses=ours), row("micrograd", 1.0, losses=ours)]
    rows += [row("pyg-float64", 1.0, losses=theirs), row("pyg-float32", 1.0, losses=theirs)]
    benchmarks("measure").check_agreement(rows)
    assert [each.measured for each in rows] == [True, True, False, False]
    assert rows[2].disagrees == (
        f"another model: its loss in epoch 0 is {theirs[0]!r}, tinygnn's {ours[0]!r}"
    )
    assert "FAILED: another model" in table_of(result("karate", *rows))


def test_32_bits_may_differ_by_more_than_64() -> None:
    """An error of 1e-6 is rounding in 32 bits and a mistake in 64."""
    rows = [row(name, 1.0, losses=[1.0 + error]) for name, error in
            [("pyg-float32", 1e-6), ("tinygnn", 0.0), ("pyg-float64", 1e-6)]]  # fmt: skip
    benchmarks("measure").check_agreement(rows)
    assert [each.measured for each in rows] == [True, True, False]


def test_a_worker_that_dies_says_why(tmp_path: Path) -> None:
    """The last line of what it wrote is the reason."""
    with pytest.raises(benchmarks("contenders").Skip, match="FileNotFoundError"):
        start(tmp_path / "missing.json")


def test_every_workload_names_contenders_and_a_loop_that_exist() -> None:
    """A row with a mistake in it would only be noticed in the long run."""
    known = benchmarks("contenders").CONTENDERS
    for name, workload in benchmarks("workloads").WORKLOADS.items():
        assert name == workload.name
        assert set(workload.contenders) <= set(known)
        assert set(workload.skipped) <= set(workload.contenders)
    for contender in known.values():
        assert (ROOT / "benchmarks" / "engines" / f"{contender.engine}.py").is_file()


# ---- targets, tables, plot -----------------------------------------------------------------------


def table_of(found: Any) -> str:
    table = benchmarks("table")
    text: str = table.as_text(table.measurements(found))
    return text


def verdict(text: str, results: dict[str, Any], contender: str = "tinygnn") -> tuple[str, str]:
    found = benchmarks("targets").judge(results)
    [match] = [each for each in found if each.text == text and each.row == contender]
    return match.measured, match.verdict


@pytest.mark.parametrize(
    ("ours", "judged"),
    [
        (0.1, ("400 times faster", "met")),
        (0.4, ("100 times faster", "not met")),
    ],
)
def test_times_faster_has_to_reach_its_limit(ours: float, judged: tuple[str, str]) -> None:
    results = {"karate": result("karate", row("tinygnn", ours), row("micrograd", 40.0))}
    assert verdict("karate, against micrograd", results) == judged


@pytest.mark.parametrize(
    ("ours", "judged"),
    [
        (14.0, ("14 times", "met, goal met")),
        (29.0, ("29 times", "met, goal not met")),
        (31.0, ("31 times", "not met")),
    ],
)
def test_times_has_to_stay_within_its_limit(ours: float, judged: tuple[str, str]) -> None:
    """A goal counts once the limit is reached."""
    results = {"cora-gcn": result("cora-gcn", row("tinygnn", ours), row("pyg-float32", 1.0))}
    assert verdict("cora-gcn, against PyG float32", results) == judged


def test_peak_memory_is_judged_in_millions_of_bytes() -> None:
    results = {"cora-gcn": result("cora-gcn", row("tinygnn", 1.0, peak_memory=351_000_000))}
    assert verdict("cora-gcn, peak memory of the process", results) == ("351 MB", "not met")


def test_growth_is_judged_per_edge() -> None:
    """Twice the time for twice the edges is a ratio of 1."""
    results = {
        "synthetic-1000": result("synthetic-1000", row("tinygnn", 1.0), edges=1_000),
        "synthetic-100000": result("synthetic-100000", row("tinygnn", 150.0), edges=100_000),
    }
    text = "time per edge at 100 000 nodes, against 1 000"
    assert verdict(text, results) == ("1.5 times", "met")


def test_a_ratio_is_taken_within_each_round() -> None:
    """A machine that is twice as slow in one round is so for both."""
    ratio = benchmarks("measure").ratio(row("tinygnn", 3.0, 6.0, 3.0), row("pyg-float32", 1.0, 2.0, 1.0))
    assert ratio == 3.0


def test_another_interpreter_has_verdicts_of_its_own() -> None:
    results = {
        "moons": result("moons", row("tinygnn", 1.0), row("tinygnn 3.13", 9.0), row("micrograd", 45.0))
    }
    assert verdict("moons, against micrograd", results) == ("45 times faster", "met")
    assert verdict("moons, against micrograd", results, "tinygnn 3.13") == ("5 times faster", "not met")


def test_a_skipped_row_keeps_its_reason_in_both_tables() -> None:
    """As free text in one, as a cell in the other."""
    found = result("karate", row("tinygnn", 0.002), row("micrograd", skipped="not there"))
    assert "micrograd  skipped: not there" in table_of(found)
    table = benchmarks("table")
    assert "| micrograd | skipped: not there |" in table.as_markdown(table.measurements(found))


@pytest.mark.parametrize(
    ("seconds", "text"), [(1.5, "1.5 s"), (0.0123, "12.3 ms"), (0.00081, "810 µs"), (412.0, "412 s")]
)
def test_durations_have_three_digits_and_a_unit(seconds: float, text: str) -> None:
    assert benchmarks("table").duration(seconds) == text


def synthetic_results() -> list[Any]:
    return [
        result(
            f"synthetic-{nodes}",
            row("tinygnn", nodes * 1e-4, peak_memory=20_000_000 + 30_000 * nodes),
            row("pyg-float32", nodes * 1e-6, peak_memory=400_000_000),
            row("tinygnn-compiled", skipped="not built"),
            edges=5 * nodes,
        )
        for nodes in (1_000, 10_000, 100_000)
    ]


def test_the_plot_is_well_formed_and_names_what_it_shows() -> None:
    """A marker for each measurement and one in the legend; axes with units."""
    svg = benchmarks("plot").scaling(synthetic_results())
    root = ElementTree.fromstring(svg)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    texts = {element.text for element in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {"tinygnn", "pyg-float32", "edges", "time per epoch", "1 s", "100 MB", "100,000"} <= texts
    assert "tinygnn-compiled" not in texts
    assert len(list(root.iter("{http://www.w3.org/2000/svg}circle"))) == 1 + 2 * 3
    assert "prefers-color-scheme:dark" in svg


def test_there_is_no_plot_of_one_size() -> None:
    assert benchmarks("plot").scaling(synthetic_results()[:1]) is None


def test_results_are_written_without_paths_of_the_machine(tmp_path: Path) -> None:
    """The command names an interpreter by its version, wherever it is."""
    command = benchmarks("__main__")
    interpreter = benchmarks("interpreters").Interpreter("/somewhere/bin/python", "3.13", "3.13.0", False)
    own = benchmarks("interpreters").Interpreter("/elsewhere/bin/python", "3.11", "3.11.7", False)
    options = command.parse(
        ["karate", "--python", interpreter.path, "--json", "/somewhere/numbers.json", "--write-results"]
    )
    results = [*synthetic_results(), result("karate", row("tinygnn", 0.003))]
    facts = command.facts(command.command_line(options, [own, interpreter]), [own, interpreter], results)
    verdicts = benchmarks("targets").judge({found.workload: found for found in results})
    document, plot = benchmarks("results").write(tmp_path, results, verdicts, facts)
    text = document.read_text(encoding="utf-8")
    assert "`python -m benchmarks karate --rounds 7 --python python3.13 --write-results`" in text
    assert "/somewhere" not in text and "/elsewhere" not in text and str(ROOT) not in text
    assert f"]({plot.name})" in text and plot.is_file()
    assert "## karate" in text and "| tinygnn | 3 ms |" in text


def test_workloads_that_are_not_measured_again_are_taken_from_the_file(tmp_path: Path) -> None:
    """With what was measured of them, and when."""
    command, file = benchmarks("__main__"), tmp_path / "numbers.json"
    results = synthetic_results()
    for i, found in enumerate(results):
        found.measured = f"run {i}"
    file.write_text(json.dumps(command.as_json({}, 7, results, [])), encoding="utf-8")
    assert command.earlier(str(file)) == {found.workload: found for found in results}
    assert command.earlier(str(tmp_path / "none.json")) == {}
    document, _ = benchmarks("results").write(tmp_path, results, [], {})
    text = document.read_text(encoding="utf-8")
    assert [text.count(f"Measured run {i}.") for i in range(3)] == [1, 1, 1]


def test_the_compiled_build_may_stand_in_another_interpreter_of_the_same_version() -> None:
    """Its row keeps the plain name; an interpreter of another version gets rows of its own."""
    command, interpreters = benchmarks("__main__"), benchmarks("interpreters")
    own = interpreters.Interpreter("a", "3.11", "3.11.7", False)
    others = [
        interpreters.Interpreter("b", "3.11", "3.11.7", True),
        interpreters.Interpreter("c", "3.13", "3.13.0", True),
    ]
    entrants = command.enter(own, others, "copy", ["tinygnn", "tinygnn-compiled"])
    assert [(entrant.name, entrant.python) for entrant in entrants] == [
        ("tinygnn", "a"),
        ("tinygnn 3.13", "c"),
        ("tinygnn-compiled", "b"),
        ("tinygnn-compiled 3.13", "c"),
    ]


def test_the_parts_of_an_epoch_add_up_in_a_column_for_each_engine() -> None:
    stages = benchmarks("stages")
    seconds = {"relu": 0.01, stages.SEARCH: 0.02, "backward pass": 0.06, "loss": 0.03}
    faster = {part: taken / 2 for part, taken in seconds.items()}
    text = stages.document(
        {
            "interpreted": {"seconds": seconds, "visited": 1234},
            "compiled": {"seconds": faster, "visited": 1234},
        }
    )
    assert "visits 1,234 Values" in text
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if "ms" in line]
    assert rows == [
        ["relu", "10.0 ms", "10%", "5.0 ms", "10%"],
        ["backward pass", "60.0 ms", "60%", "30.0 ms", "60%"],
        [stages.SEARCH, "20.0 ms", "20%", "10.0 ms", "20%"],
        ["loss", "30.0 ms", "30%", "15.0 ms", "30%"],
        ["all of it", "100.0 ms", "100%", "50.0 ms", "100%"],
    ]


def test_stages_without_data_say_what_is_missing() -> None:
    done = run("stages")
    assert done.returncode == 2
    assert done.stderr == "benchmarks: error: TINYGNN_DATA names no folder with Planetoid/Cora/raw\n"


def test_asking_for_tapes_is_counted_and_priced() -> None:
    """In an epoch: once for each call of a module, and for the messages of each layer."""
    recording = benchmarks("recording")
    asked = recording.asked_in(recording.epoch_of("karate"))
    assert 8 <= asked <= 40
    text = recording.document([recording.Cost("karate", 0.002, 0.004, 20, 1e-8)])
    [row] = [line for line in text.splitlines() if line.startswith("| karate")]
    cells = [cell.strip() for cell in row.split("|")[1:-1]]
    assert cells == ["karate", "2 ms", "20 times 10 ns", "0.0100%", "4 ms", "2.00"]
