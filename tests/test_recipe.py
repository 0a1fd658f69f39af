"""Recipes: each can be read, shown and run; what stands in them is what they are about."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tinygnn.cli import main
from tinygnn.experiment import Experiment
from tinygnn.graph import Graph
from tinygnn.recipe import recipe_names, recipe_settings, recipe_text, recipe_title

NAMES = ["appnp-cora", "gat-cora", "gcn-cora", "gcn-karate", "gin-mutag", "sgc-cora"]


def test_the_recipes_are_these() -> None:
    assert recipe_names() == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_says_what_it_is_and_makes_its_model(name: str) -> None:
    text = recipe_text(name)
    assert text.startswith("# ") and recipe_title(name) in text
    assert max(map(len, text.splitlines())) <= 120
    settings = recipe_settings(name)
    assert settings.source is not None
    rows = [[1.0, 0.0], [0.5, 0.5], [0.0, 1.0], [0.25, 0.75]] * 5
    ring = (list(range(20)), [(i + 1) % 20 for i in range(20)])
    masks = {
        f"{split}_mask": [i % 4 == k for i in range(20)] for k, split in enumerate(("train", "val", "test"))
    }
    if name == "gin-mutag":
        graphs = [Graph(ring, x=rows, y=k % 2, y_level="graph") for k in range(20)]
    else:
        graphs = [Graph(ring, x=rows, y=[i % 3 for i in range(20)], **masks)]
    experiment = Experiment.of(settings, graphs)
    assert experiment.task.outputs in (2, 3)
    assert experiment.model.parameters()


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("gcn-cora", {"lr": 0.01, "weight_decay": 5e-4, "weight_decay_first_only": True, "dropout": 0.5}),
        ("sgc-cora", {"lr": 0.2, "weight_decay": 1.3027e-5, "epochs": 100}),
        ("gat-cora", {"lr": 0.005, "weight_decay": 5e-4, "epochs": 200}),
        ("appnp-cora", {"lr": 0.01, "weight_decay": 5e-4, "epochs": 200}),
        ("gin-mutag", {"epochs": 100, "split": "0.9,0", "batch_size": 128, "monitor": None}),
    ],
)
def test_settings_are_those_of_the_papers(name: str, settings: dict[str, object]) -> None:
    found = recipe_settings(name)
    assert {key: getattr(found, key) for key in settings} == settings
    if name.endswith("cora"):
        assert found.normalize_features
        assert found.monitor == ("epoch" if name == "sgc-cora" else "val_accuracy")


def test_list_and_show_print_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recipe", "list"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == NAMES
    assert main(["recipe", "show", "sgc-cora"]) == 0
    assert capsys.readouterr().out == recipe_text("sgc-cora")


def test_a_shown_recipe_is_a_config_of_train(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine.toml").write_text(recipe_text("gcn-karate"), encoding="utf-8")
    assert main(["train", "--config", str(tmp_path / "mine.toml"), "--epochs", "3"]) == 0
    trained = capsys.readouterr().out.splitlines()
    assert main(["recipe", "run", "gcn-karate", "--epochs", "3"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if " s: " not in line] == [line for line in trained if " s: " not in line]


def test_runs_end_with_mean_deviation_and_the_rule(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    command = ["recipe", "run", "gcn-karate", "--epochs", "2", "--runs", "2", "--seed", "5"]
    assert main([*command, "--out", str(tmp_path / "run")]) == 0
    shown = capsys.readouterr().out
    assert "mean ± standard deviation over 2 runs, seeds 5 to 6; the last epoch" in shown
    assert (tmp_path / "run" / "seed-6" / "best.safetensors").exists()
    assert main([*command, "--monitor", "epoch"]) == 0
    assert "seeds 5 to 6; the last epoch" in capsys.readouterr().out
    monitored = ["--split", "0.5,0.2", "--monitor", "val_accuracy"]
    assert main([*command, *monitored]) == 0
    assert "seeds 5 to 6; of each the epoch with the best val_accuracy" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["show", "gcn-corra"], "there is no recipe 'gcn-corra': did you mean 'gcn-cora'?"),
        (["run", "nothing"], "there is no recipe 'nothing': choose from appnp-cora, "),
        (["run", "gcn-karate", "--folds", "3"], "cross-validation is for classes of graphs"),
        (["run", "gcn-karate", "--folds", "3", "--json"], "--json and --folds do not go together"),
        (["run", "gcn-karate", "--lr", "fast"], "argument --lr: 'fast' is not a number"),
    ],
)
def test_what_is_wrong_takes_one_line(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        status = main(["recipe", *arguments])
    except SystemExit as error:
        status = error.code  # type: ignore[assignment]
    assert status == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1


@pytest.mark.skipif("TINYGNN_DATA" not in os.environ, reason="TINYGNN_DATA names no folder")
def test_cora_is_read_from_the_folder_that_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recipe", "run", "sgc-cora", "--epochs", "1"]) == 0
    shown = capsys.readouterr().out
    assert "planetoid:Cora: Graph(2708 nodes, 10556 edges, x 1433, y 7 classes)" in shown
    assert "accuracy on test " in shown and "(1000 nodes)" in shown
