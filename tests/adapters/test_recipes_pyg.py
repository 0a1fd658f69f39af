"""The recipes' benchmark: the same settings, splits, selection rule and seeds, run by run in a file."""

from __future__ import annotations

import importlib
import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tinygnn.experiment import Experiment
from tinygnn.graph import Graph
from tinygnn.settings import TrainSettings

torch = pytest.importorskip("torch")
pytest.importorskip("torch_geometric")
ROOT = Path(__file__).parents[2]


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


COMMAND = ["gcn-karate", "--runs", "2", "--epochs", "3"]


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_each_run_is_appended_and_none_is_run_twice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main, file = benchmarks("recipes").main, tmp_path / "results" / "runs.jsonl"
    assert main([*COMMAND, "--library", "tinygnn", "--results", str(file)]) == 0
    first = lines(file)
    assert [(r["library"], r["seed"], r["epochs"]) for r in first] == [("tinygnn", 0, 3), ("tinygnn", 1, 3)]
    with file.open("ab") as half:
        half.write(b'{"recipe": "gcn-kar')  # a run that was cut off
    capsys.readouterr()
    assert main([*COMMAND, "--results", str(file)]) == 0
    shown = capsys.readouterr()
    assert shown.err.count("tinygnn, seed") == 0 and shown.err.count("pyg, seed") == 2
    assert lines(file)[:2] == first
    assert {r["library"] for r in lines(file)[2:]} == {"pyg"}
    head, row = shown.out.splitlines()
    assert head.split()[:3] == ["recipe", "published,", "%"]
    assert row.split()[:2] == ["gcn-karate", "-"] and "the last" in row and row.count("±") == 2


def test_other_settings_are_other_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main, file = benchmarks("recipes").main, tmp_path / "runs.jsonl"
    for epochs in ("1", "2"):
        main(
            ["gcn-karate", "--runs", "1", "--epochs", epochs, "--library", "tinygnn", "--results", str(file)]
        )
    assert [r["epochs"] for r in lines(file)] == [1, 2]
    assert lines(file)[0]["settings"] != lines(file)[1]["settings"]
    assert capsys.readouterr().out.count(" 1     0") == 2  # each table has the one run of its settings


def test_unknown_recipes_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        benchmarks("recipes").main(["gcn-corra"])
    assert "there is no recipe 'gcn-corra'" in capsys.readouterr().err


# ---- the loop of PyG -----------------------------------------------------------------------------------

RING = (list(range(12)), [(i + 1) % 12 for i in range(12)])
X = [[float(i % 3), 1.0, float(i % 4)] for i in range(12)]


def test_pyg_trains_as_fit_does_from_the_same_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    """With PyG's draw of weights left out, both reach the same accuracies at the same best epoch."""
    module = benchmarks("recipes_pyg")
    masks = {f"{s}_mask": [i % 3 == k for i in range(12)] for k, s in enumerate(("train", "val", "test"))}
    graph = Graph(RING, x=X, y=[int(i % 4 > 1) for i in range(12)], **masks)
    network = "GCNConv(in_channels, 4), Tanh(), GCNConv(4, out_channels)"
    settings = TrainSettings(
        source="here", network=network, epochs=15, lr=0.05, weight_decay=0.01,
        weight_decay_first_only=True, monitor="val_loss",
    )  # fmt: skip
    experiment = Experiment.of(settings, [graph])
    monkeypatch.setattr(module, "draw_weights", lambda network, seed: None)
    epoch, metrics = module.train(experiment, "val_loss")
    history = experiment.fit()
    assert history.best is not None
    assert epoch == history.best_epoch
    for split, parts in history.best.metrics.items():
        assert metrics[split]["accuracy"] == parts["accuracy"]
        assert metrics[split]["loss"] == pytest.approx(parts["loss"], rel=1e-4)


def test_pyg_draws_weights_of_its_own_from_the_seed() -> None:
    module = benchmarks("recipes_pyg")
    graphs = [Graph(RING, x=X, y=k % 2, y_level="graph") for k in range(10)]
    network = "GINConv(MLP([in_channels, 4])), SumAggregation(), Linear(4, out_channels)"
    settings = TrainSettings(source="here", network=network, epochs=2, batch_size=4, split="0.8,0")
    results = [module.train(Experiment.of(settings, graphs), None) for _ in range(2)]
    assert results[0] == results[1]
    assert results[0][0] == 2 and set(results[0][1]) == {"train", "test"}
