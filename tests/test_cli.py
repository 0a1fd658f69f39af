"""The command: what it prints where, its exit status, and one line for whatever is wrong."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import asdict

import pytest

import tinygnn
import tinygnn.adapters
from tinygnn import GNN, Graph, cross_entropy
from tinygnn.adapters import load
from tinygnn.cli import main
from tinygnn.settings import TrainSettings

EDGES = "source,target\nann,bob\nbob,cem\ncem,ann\ncem,dot\ndot,eve\neve,fay\nfay,dot\n"
NODES = """node_id,age,height,team,group
ann,31,1.62,red,0
bob,27,1.80,red,0
cem,45,1.75,red,0
dot,38,1.68,blue,1
eve,29,1.71,blue,1
fay,52,1.59,blue,1
"""
CSV = ["edges.csv", "--nodes", "nodes.csv"]
LEAST_ACCURACY = 0.6  # on the rest of karate: of the seeds 0 to 19 the worst reaches 0.67


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A folder with a graph of six people in two files, and work in it."""
    (tmp_path / "edges.csv").write_text(EDGES)
    (tmp_path / "nodes.csv").write_text(NODES)
    (tmp_path / "wrong.toml").write_text("hiden = 3\n")
    (tmp_path / "empty.toml").write_text("")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def call(capsys):
    """Run the command; return exit status, stdout and stderr."""

    def call(*arguments):
        capsys.readouterr()
        try:
            status = main(list(arguments))
        except SystemExit as stop:
            status = stop.code
        return (status, *capsys.readouterr())

    return call


@pytest.fixture
def train(call):
    """Train with --json; return the object and the lines of stderr."""

    def train(*arguments):
        status, out, err = call("train", *arguments, "--json")
        assert status == 0, err
        return strict_json(out), err.splitlines()

    return train


@pytest.fixture
def several(monkeypatch):
    """The source `several` holds three graphs."""
    graphs = [Graph(([0, 1], [1, k]), x=[[0.5], [k]], y=[0, k]) for k in (0, 1, 1)]
    monkeypatch.setattr(tinygnn.adapters, "load", lambda source, **options: graphs)
    return graphs


def strict_json(text):
    """Read JSON as other programs do: without NaN and Infinity, which are Python's own."""

    def refuse(constant):
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(text, parse_constant=refuse)


def start(*arguments, program=("-m", "tinygnn"), **options):
    """Start the command as a program, as a user would: tox's PYTHONSAFEPATH is not there."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONSAFEPATH"}
    environment.update(options.pop("env", {}))
    return subprocess.Popen(
        [sys.executable, *program, *arguments],
        text=True,
        env=environment,
        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options},
    )


def run(*arguments, **options):
    """Run the command as a program; return exit status, stdout and stderr."""
    with start(*arguments, **options) as process:
        out, err = process.communicate(timeout=60)
    return process.returncode, out, err


# ---- train: karate ------------------------------------------------------------------------------------


def test_training_karate_ends_with_a_summary(call):
    status, out, err = call("train", "karate", "--epochs", "40")
    assert status == 0
    lines = out.splitlines()
    assert lines[0] == "karate: Graph(34 nodes, 156 edges, x 34, y 4 classes)"
    assert lines[1] == "GNN(GCNConv(34 -> 16), GCNConv(16 -> 4)), 628 parameters, seed 0"
    assert re.fullmatch(r"40 epochs in \d+\.\d\d s: loss 1\.\d{4} -> 0\.\d{4}", lines[2])
    assert re.fullmatch(r"accuracy on train [01]\.\d{3}  \(4 nodes\)", lines[3])
    assert re.fullmatch(r"accuracy on rest  [01]\.\d{3}  \(30 nodes\)", lines[4])
    assert len(lines) == 5
    progress = err.splitlines()
    assert [int(line.split()[1]) for line in progress] == list(range(0, 41, 4))
    for line in progress:
        assert re.fullmatch(r"epoch [ \d]\d  loss \d\.\d{4}  train \d\.\d{3}  rest \d\.\d{3}", line)
    assert lines[2].endswith(f"loss {progress[0].split()[3]} -> {progress[-1].split()[3]}")


@pytest.mark.parametrize("seed", ["0", "1", "2"])
def test_four_labels_are_enough_for_most_of_the_others(train, seed):
    result, _ = train("karate", "--seed", seed)
    assert result["metrics"]["train"]["accuracy"] == 1.0
    assert result["metrics"]["rest"]["accuracy"] >= LEAST_ACCURACY
    assert result["loss"] < 0.1 * result["first_loss"]


def test_json_is_one_object_with_settings_history_and_accuracy(call):
    status, out, err = call("train", "karate", "--epochs", "3", "--lr", "0.05", "--seed", "5", "--json")
    assert status == 0 and len(out.splitlines()) == 1 and len(err.splitlines()) == 4
    result = strict_json(out)
    assert result["settings"] == {
        **asdict(TrainSettings()), "source": "karate", "epochs": 3, "lr": 0.05, "seed": 5,
    }  # fmt: skip
    assert result["graph"] == "Graph(34 nodes, 156 edges, x 34, y 4 classes)"
    assert result["parameters"] == 628 and result["examples"] == {"train": 4, "rest": 30}
    history = result["history"]
    assert [epoch["epoch"] for epoch in history] == [0, 1, 2, 3]
    assert (history[0]["loss"], history[-1]["loss"]) == (result["first_loss"], result["loss"])
    for split, metrics in result["metrics"].items():
        for name, number in metrics.items():
            assert history[-1][f"{split}_{name}"] == number
    assert (result["task"], result["monitor"], result["best_epoch"]) == ("node-classification", None, None)
    assert result["seconds"] >= 0.0


def test_the_first_loss_is_that_of_the_model_in_python(train):
    result, _ = train("karate", "--epochs", "0", "--model", "sage", "--layers", "3", "--hidden", "8")
    graph = load("karate")[0]
    logits = GNN("sage", 34, 8, 3, 4, seed=0)(graph)
    assert result["first_loss"] == cross_entropy(logits, graph.y, graph.train_mask).data


def test_no_epochs_show_the_model_as_it_starts(call):
    status, out, err = call("train", "karate", "--epochs", "0")
    assert status == 0 and len(err.splitlines()) == 1 and err.startswith("epoch 0  loss ")
    first, last = re.search(r"0 epochs in .* loss (\S+) -> (\S+)", out).groups()
    assert first == last


@pytest.mark.parametrize(
    "options, model",
    [
        (["--model", "sage"], "GNN(SAGEConv(34 -> 16, mean), SAGEConv(16 -> 4, mean))"),
        (["--layers", "1"], "GNN(GCNConv(34 -> 4))"),
        (["--layers", "3", "--hidden", "5"], "GNN(GCNConv(34 -> 5), GCNConv(5 -> 5), GCNConv(5 -> 4))"),
    ],
)
def test_the_model_is_the_one_asked_for(call, options, model):
    status, out, _ = call("train", "karate", "--epochs", "1", *options)
    assert status == 0 and out.splitlines()[1].startswith(f"{model}, ")


@pytest.mark.parametrize(
    "options",
    [
        ["--model", "sage"],
        ["--model", "gat"],
        ["--act", "tanh"],
        ["--optimizer", "sgd", "--lr", "0.5"],
        ["--weight-decay", "0.1"],
        ["--optimizer", "adamw", "--weight-decay", "0.1"],
        ["--optimizer", "sgd", "--lr", "0.5", "--weight-decay", "0.1"],
        ["--dropout", "0.5"],
        ["--lr", "0.02"],
        ["--hidden", "8"],
        ["--seed", "1"],
    ],
)
def test_each_setting_changes_the_training_and_it_learns(train, options):
    result, _ = train("karate", "--epochs", "20", *options)
    usual, _ = train("karate", "--epochs", "20")
    assert result["loss"] != usual["loss"]
    assert result["loss"] < result["first_loss"] or "--dropout" in options


def test_adamw_differs_from_adam_by_its_weight_decay_alone(train):
    for decay, same in (("0", True), ("0.1", False)):
        adam, adamw = (
            train("karate", "--epochs", "5", "--optimizer", name, "--weight-decay", decay)[0]["history"]
            for name in ("adam", "adamw")
        )
        assert (adam == adamw) is same


def test_the_same_seed_gives_the_same_output(train):
    options = ("karate", "--epochs", "5", "--dropout", "0.3", "--model", "gat", "--seed", "7")
    (first, progress), (second, again) = train(*options), train(*options)
    assert first.pop("seconds") >= 0.0 <= second.pop("seconds")
    assert first == second and progress == again


def test_the_same_seed_gives_the_same_output_whatever_the_hash_seed(files):
    outputs = set()
    for hash_seed in ("0", "1"):
        arguments = ["train", *CSV, "--label", "team", "--dropout", "0.3", "--epochs", "5", "--json"]
        status, out, err = run(*arguments, env={"PYTHONHASHSEED": hash_seed})
        assert status == 0, err
        outputs.add((re.sub(r'"seconds": [0-9.e-]+', "", out), err))
    assert len(outputs) == 1


def test_json_has_no_word_that_is_not_json(train, files):
    """A loss that overflowed and the accuracy on an empty split have no number: null."""
    result, _ = train("karate", "--lr", "1e300", "--epochs", "3")
    assert result["loss"] is None
    nodes = NODES.replace("group", "test_mask").replace(",1\n", ",0\n").splitlines()
    rows = [nodes[0] + ",train_mask", *(row + ",1" for row in nodes[1:])]
    (files / "nodes.csv").write_text("\n".join(rows) + "\n")
    result, _ = train(*CSV, "--label", "team", "--epochs", "1")
    assert result["metrics"]["test"]["accuracy"] is None and result["examples"]["test"] == 0


# ---- train: files -------------------------------------------------------------------------------------


def test_names_are_labels_and_columns_are_features(call, files):
    status, out, err = call("train", *CSV, "--label", "team", "--features", "age,height", "--epochs", "2")
    assert status == 0
    assert out.splitlines()[0] == "edges.csv: Graph(6 nodes, 7 edges, x 2, y 2 classes)"
    assert out.splitlines()[1].startswith("GNN(GCNConv(2 -> 16), GCNConv(16 -> 2))")
    notes = err.splitlines()[:-3]
    assert notes == ["no train mask: a random split by class, 60/20/20, seed 0"]


def test_whole_numbers_are_labels_too(train, files):
    by_number, _ = train(*CSV, "--label", "group", "--epochs", "5")
    by_name, _ = train(*CSV, "--label", "team", "--epochs", "5")
    assert by_number["history"] == by_name["history"]


def test_without_features_each_node_gets_its_own(call, files):
    status, out, err = call("train", *CSV, "--label", "team", "--epochs", "1")
    assert status == 0 and "x 6, y 2 classes" in out
    note = err.splitlines()[0]
    assert "no features" in note and "one-hot" in note and "--features" in note


def test_a_random_split_is_by_class_and_no_split_is_empty(train, files):
    result, err = train(*CSV, "--label", "team", "--epochs", "1")
    assert result["examples"] == {"train": 4, "val": 2}  # of three nodes each: two, one, none
    assert list(result["metrics"]) == ["train", "val"]
    assert all(" test " not in line for line in err)
    rows = [f"n{i},{'abc'[i % 3]}\n" for i in range(30)]
    (files / "nodes.csv").write_text("node_id,team\n" + "".join(rows))
    (files / "edges.csv").write_text("source,target\nn0,n1\n")
    result, _ = train(*CSV, "--label", "team", "--epochs", "1")
    assert result["examples"] == {"train": 18, "val": 6, "test": 6}


def test_the_seed_draws_the_split(train, files):
    histories = [
        train(*CSV, "--label", "team", "--epochs", "0", "--seed", seed)[0]["history"] for seed in "012"
    ]
    assert histories[0] != histories[1] != histories[2] != histories[0]


def test_masks_in_the_file_are_the_split(train, files):
    rows = zip(NODES.splitlines(), ["train_mask", "1", "0", "0", "1", "0", "0"])
    (files / "nodes.csv").write_text("".join(f"{row},{mask}\n" for row, mask in rows))
    result, err = train(*CSV, "--label", "team", "--epochs", "1")
    assert result["examples"] == {"train": 2, "rest": 4}
    assert not any("random split" in line for line in err)


def test_a_node_without_a_label_has_minus_one_and_counts_nowhere(train, files):
    """What the error for an empty label advises: a number such as -1 and a mask."""
    rows = zip(NODES.replace("cem,45,1.75,red,0", "cem,45,1.75,red,-1").splitlines(), "m100100")
    lines = [f"{row},{'train_mask' if mask == 'm' else mask}\n" for row, mask in rows]
    (files / "nodes.csv").write_text("".join(lines))
    result, _ = train(*CSV, "--label", "group", "--epochs", "1")
    assert result["examples"] == {"train": 2, "rest": 3}


# ---- train: configuration, runs, tasks ----------------------------------------------------------------


def test_a_file_of_settings_and_options_over_it(train, files):
    (files / "run.toml").write_text('source = "karate"\nepochs = 3\nhidden = 8\nmodel = "sage"\n')
    by_file, _ = train("--config", "run.toml")
    by_options, _ = train("karate", "--epochs", "3", "--hidden", "8", "--model", "sage")
    assert by_file.pop("seconds") >= 0.0 <= by_options.pop("seconds")
    assert by_file == by_options
    over, _ = train("--config", "run.toml", "--epochs", "2", "--no-normalize-features")
    assert (over["settings"]["epochs"], over["settings"]["hidden"]) == (2, 8)
    assert over["history"] == by_file["history"][:3]


def test_the_settings_that_are_printed_are_a_file_that_trains_the_same(train, files):
    first, _ = train("karate", "--epochs", "2", "--dropout", "0.5", "--seed", "3", "--normalize-features")
    given = {name: value for name, value in first["settings"].items() if value is not None}
    (files / "again.toml").write_text(TrainSettings.from_dict(given).to_toml())
    again, _ = train("--config", "again.toml")
    assert again["history"] == first["history"] and again["settings"] == first["settings"]


def test_several_runs_have_the_numbers_of_each_and_their_mean(train):
    """The standard deviation is that of a sample: n - 1."""
    options = ("karate", "--epochs", "12", "--split", "0.5,0.2")
    result, _ = train(*options, "--runs", "3", "--seed", "4")
    assert [run["seed"] for run in result["runs"]] == [4, 5, 6]
    for run in result["runs"]:
        single, _ = train(*options, "--seed", str(run["seed"]))
        assert (single["history"], single["metrics"]) == (run["history"], run["metrics"])
        assert single["best_epoch"] == run["best_epoch"]
    for split in ("train", "val", "test"):
        for name in ("loss", "accuracy"):
            numbers = [run["metrics"][split][name] for run in result["runs"]]
            mean = sum(numbers) / 3
            variance = sum((number - mean) ** 2 for number in numbers) / 2
            assert result["mean"][split][name] == pytest.approx(mean, rel=1e-12)
            assert result["std"][split][name] == pytest.approx(variance**0.5, rel=1e-9, abs=1e-15)
    assert len({run["metrics"]["test"]["loss"] for run in result["runs"]}) == 3


def test_several_runs_print_a_line_each_and_mean_and_deviation(call, train):
    result, _ = train("karate", "--epochs", "5", "--runs", "2")
    status, out, _ = call("train", "karate", "--epochs", "5", "--runs", "2")
    lines = out.splitlines()
    assert status == 0 and len(lines) == 7
    assert [line.split(":")[0] for line in lines[:2]] == ["seed 0", "seed 1"]
    assert lines[4] == "mean ± standard deviation over 2 runs, seeds 0 to 1; the last epoch"
    mean, std = (result[key]["rest"]["accuracy"] for key in ("mean", "std"))
    assert lines[6] == f"accuracy on rest  {mean:.3f} ± {std:.3f}  (30 nodes)"


def test_the_best_epoch_is_chosen_by_validation_and_training_stops(call, train):
    options = ("karate", "--split", "0.3,0.3", "--epochs", "300", "--patience", "5", "--lr", "0.1")
    result, _ = train(*options)
    losses = [epoch["val_loss"] for epoch in result["history"]]
    best = losses.index(min(losses))
    assert (result["best_epoch"], result["monitor"], len(losses)) == (best, "val_loss", best + 6)
    assert len(losses) < 300
    assert result["metrics"]["test"]["accuracy"] == result["history"][best]["test_accuracy"]
    _, out, err = call("train", *options)
    assert f"\nbest epoch {best} by val_loss {min(losses):.4f}, whose weights these are\n" in out
    assert err.splitlines()[-1].startswith(f"epoch {best + 5:>3}  ") and err.endswith(f"(best {best})\n")


def test_links_are_a_task_of_any_graph(call, train, files):
    result, notes = train("edges.csv", "--task", "link", "--epochs", "3", "--split", "0.5,0.2")
    assert result["task"] == "link" and list(result["metrics"]) == ["train", "val", "test"]
    assert list(result["metrics"]["test"]) == ["loss", "roc_auc", "average_precision"]
    assert "a random split of linked pairs, 50/20/30, seed 0" in notes
    status, out, _ = call("train", "edges.csv", "--task", "link", "--epochs", "3", "--split", "0.5,0.2")
    assert status == 0 and re.search(r"^roc_auc on test +\d\.\d{3}  average_precision .* pairs\)$", out, re.M)


def test_decimal_labels_are_a_regression(call, files):
    status, out, _ = call("train", *CSV, "--label", "height", "--features", "age", "--epochs", "2")
    assert status == 0 and "GCNConv(16 -> 1)" in out
    assert re.search(r"^mae on train \d+\.\d{3}  rmse \d+\.\d{3}  \(\d nodes\)$", out, re.M)


# ---- info ---------------------------------------------------------------------------------------------

FACTS = {
    "nodes": 34, "edges": 156, "directed": False, "self_loops": 0, "duplicate_edges": 0, "isolated_nodes": 0,
    "features": 34, "classes": 4, "class_sizes": [13, 12, 4, 5], "homophily": 118 / 156,
    "edge_weights": False, "masks": {"train": 4}, "node_attributes": ["club"], "edge_attributes": [],
}  # fmt: skip


def test_info_says_what_a_source_holds(call):
    status, out, err = call("info", "karate")
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[:2] == ["karate: 1 graph", "Graph(34 nodes, 156 edges, x 34, y 4 classes)"]
    shown = {line[2:18].strip(): line[18:].strip() for line in lines[2:-1]}
    facts = {**FACTS, "homophily": "0.756"}
    assert shown == {name.replace("_", " "): str(value) for name, value in facts.items()}
    pattern = r"estimated for GCN\(34 -> 16 -> 4\): [\d.e-]+ m?s per epoch, [\d,]+ MB of memory"
    assert re.fullmatch(pattern, lines[-1])


def test_info_as_json(call):
    status, out, err = call("info", "karate", "--json")
    assert (status, err) == (0, "")
    found = strict_json(out)
    estimate = found.pop("estimate")
    assert found == {"source": "karate", "graphs": [FACTS]}
    assert estimate["model"] == "GCN(34 -> 16 -> 4)"
    assert estimate["seconds_per_epoch"] > 0 and estimate["megabytes"] >= 0


def test_info_counts_loops_duplicates_and_isolated_nodes(call, files):
    (files / "edges.csv").write_text("source,target,since\nann,bob,1\nann,bob,2\ncem,cem,3\nbob,ann,4\n")
    status, out, _ = call("info", *CSV, "--label", "team", "--features", "age", "--json")
    assert status == 0
    assert strict_json(out)["graphs"][0] == {
        "nodes": 6, "edges": 4, "directed": True, "self_loops": 1, "duplicate_edges": 1, "isolated_nodes": 3,
        "features": 1, "classes": 2, "class_sizes": [3, 3], "homophily": 1.0, "edge_weights": False,
        "masks": {}, "node_attributes": ["height", "group"], "edge_attributes": ["since"],
    }  # fmt: skip


def test_info_of_several_graphs_shows_the_first_and_json_all(call, several):
    status, out, _ = call("info", "several")
    assert status == 0 and out.startswith("several: 3 graphs\nGraph(2 nodes, 2 edges, x 1, y 1 classes)\n")
    assert out.splitlines()[-2] == "  ... and 2 more; choose one by its number, as in 'several[1]'"
    facts = strict_json(call("info", "several", "--json")[1])["graphs"]
    assert [fact["classes"] for fact in facts] == [1, 2, 2]


def test_info_says_which_engine_runs(call):
    status, out, err = call("info", "--engine")
    assert (status, err) == (0, "")
    pattern = r"tinygnn (\S+), (interpreted|compiled by mypyc), \w+ 3\.\d+\.\S+\n"
    assert re.fullmatch(pattern, out).group(1) == tinygnn.__version__


def test_the_engine_as_json_is_json(call):
    status, out, _ = call("info", "--engine", "--json")
    assert status == 0 and isinstance(strict_json(out), dict)


# ---- convert ------------------------------------------------------------------------------------------


def test_karate_to_csv_and_back_is_the_same_graph(call, train, tmp_path):
    edges, nodes = str(tmp_path / "e.csv"), str(tmp_path / "n.csv")
    status, out, err = call("convert", "karate", edges, "--nodes", nodes)
    karate = load("karate")[0]
    assert (status, out, err) == (0, f"karate: {karate} -> {edges}, {nodes}\n", "")
    columns = [f"x_{i}" for i in range(34)]
    back = load(edges, nodes=nodes, y="label", x=columns)[0]
    for name in ("edge_index", "x", "y", "train_mask", "num_nodes", "node_ids", "node_attrs"):
        assert getattr(back, name) == getattr(karate, name), name
    there, _ = train("karate", "--epochs", "3")
    here, _ = train(
        edges, "--nodes", nodes, "--label", "label", "--features", ",".join(columns), "--epochs", "3"
    )
    assert here["history"] == there["history"]


def test_csv_to_csv_is_the_same_file(call, files):
    status, out, err = call(
        "convert", "edges.csv", "e.csv", "--source-nodes", "nodes.csv", "--nodes", "n.csv"
    )
    assert (status, err) == (0, "") and out.endswith(" -> e.csv, n.csv\n")
    assert (files / "e.csv").read_text() == EDGES and (files / "n.csv").read_text() == NODES


def test_what_one_file_cannot_hold_is_said_in_one_line(call, files):
    status, out, err = call("convert", "karate", "e.csv")
    assert status == 0 and out.endswith(" -> e.csv\n")
    assert len(err.splitlines()) == 1 and err.startswith("tinygnn: warning: not written to CSV: node columns")
    assert "'train_mask'" in err and (files / "e.csv").read_text().count("\n") == 157


def test_several_graphs_go_to_a_folder(call, several, files):
    status, out, err = call("convert", "several", "made/here")
    assert (status, err) == (0, "") and out.startswith("several: 3 graphs -> ")
    written = sorted(path.name for path in (files / "made" / "here").iterdir())
    assert written == [f"{i}_{of}.csv" for i in range(3) for of in ("edges", "nodes")]
    last = tinygnn.adapters.from_csv("made/here/2_edges.csv", "made/here/2_nodes.csv", x=["x_0"], y="y")
    assert (last.edge_index, last.x, last.y) == (several[2].edge_index, [[0.5], [1.0]], [0, 1])


def test_folders_of_many_graphs_stay_in_order(call, several, files):
    several.extend(several * 3)
    assert call("convert", "several", "many")[0] == 0
    assert sorted(path.name for path in (files / "many").glob("*_edges.csv")) == [
        f"{i:02}_edges.csv" for i in range(12)
    ]


# ---- wrong input --------------------------------------------------------------------------------------

LABEL = ["--label", "team"]
WRONG = {
    "no command": ([], "COMMAND", "--help"),
    "unknown command": (["trian", "karate"], "trian", "train"),
    "no source": (["train"], "SOURCE", "train --help"),
    "info of nothing": (["info"], "SOURCE", "--engine"),
    "nowhere to write": (["convert", "karate"], "TARGET", "--help"),
    "unknown source": (["train", "nothing"], "'nothing'", "PATH.csv"),
    "misspelt source": (["info", "karat"], "'karat'", "did you mean 'karate'"),
    "misspelt scheme": (["info", "pgy:KarateClub"], "'pgy:KarateClub'", "did you mean 'pyg:'"),
    "source of two lines": (["info", "a\nb"], "not known", "PATH.csv"),
    "missing file": (["train", "edgse.csv"], "edgse.csv: there is no such file", "did you mean edges.csv"),
    "missing node file": (["info", "edges.csv", "--nodes", "n.csv"], "n.csv: there is no such", "nodes.csv"),
    "a folder": (["info", "edges.csv", "--nodes", "."], "directory", "give the path of a CSV file"),
    "missing label": (["train", *CSV, "--label", "tean"], "'tean'", "did you mean 'team'"),
    "missing feature": (["train", *CSV, *LABEL, "--features", "agee"], "'agee'", "did you mean 'age'"),
    "features of names": (["train", *CSV, *LABEL, "--features", "team"], "nodes.csv:2:team", "a number"),
    "label without nodes": (["train", "edges.csv", *LABEL], "node file", "nodes="),
    "no labels": (["train", "edges.csv"], "no labels", "--label NAME"),
    "no label named": (["train", *CSV], "no labels", "there are: age, height, team, group"),
    "classes of decimals": (
        ["train", *CSV, "--label", "height", "--task", "node-classification"],
        "1.62",
        "a class",
    ),
    "nodes of karate": (["info", "karate", "--nodes", "nodes.csv"], "karate", "no option 'nodes'"),
    "unknown option": (["train", "karate", "--frobnicate"], "--frobnicate", "--help"),
    "option of two lines": (["train", "karate", "--frob\nnicate"], "--frob", "--help"),
    "unknown model": (["train", "karate", "--model", "gnn"], "'gnn'", "sage"),
    "unknown optimizer": (["train", "karate", "--optimizer", "lion"], "'lion'", "adamw"),
    "unknown activation": (["train", "karate", "--act", "step"], "'step'", "tanh"),
    "negative epochs": (["train", "karate", "--epochs", "-1"], "'-1'", "at least 0"),
    "epochs and a half": (["train", "karate", "--epochs", "1.5"], "'1.5'", "a whole number"),
    "nothing hidden": (["train", "karate", "--hidden", "0"], "'0'", "at least 1"),
    "no layers": (["train", "karate", "--layers", "0"], "'0'", "at least 1"),
    "no rate": (["train", "karate", "--lr", "fast"], "'fast'", "--help"),
    "negative rate": (["train", "karate", "--lr", "-1"], "'-1' is not a number", "at least 0"),
    "nan": (["train", "karate", "--lr", "nan"], "'nan'", "at least 0"),
    "negative decay": (["train", "karate", "--weight-decay", "-1"], "'-1'", "at least 0"),
    "too much dropout": (["train", "karate", "--dropout", "2"], "'2'", "from 0 to 1"),
    "seed of letters": (["train", "karate", "--seed", "x"], "'x'", "--help"),
    "a rate after notes": (["train", *CSV, *LABEL, "--lr", "-1"], "'-1'", "at least 0"),
    "no task": (["train", "karate", "--task", "edges"], "'edges'", "link"),
    "unknown setting": (["train", "--config", "wrong.toml"], "wrong.toml: there is no setting", "'hidden'"),
    "no settings": (["train", "--config", "edges.csv"], "edges.csv is no TOML file", "line 1"),
    "settings without source": (["train", "--config", "empty.toml"], "SOURCE", "--help"),
    "no such settings": (["train", "--config", "none.toml"], "none.toml", "No such file"),
    "nothing to be patient for": (["train", "karate", "--patience", "3"], "patience=3", "val split"),
    "nothing to watch": (["train", "karate", "--monitor", "val_f1"], "'val_f1'", "train_accuracy"),
    "no schedule": (["train", "karate", "--scheduler", "later"], "'later'", "cosine"),
    "no options": (["train", "karate", "--conv", "4"], "'4'", "name=value"),
    "no folder": (["convert", "edges.csv", "no/e.csv"], "e.csv: it cannot be written", "No such file"),
    "bad slice": (["info", "pyg:KarateClub[a]"], "no index or slice", "write [3] or [0:10]"),
}


@pytest.mark.parametrize("arguments, what, how", WRONG.values(), ids=WRONG.keys())
def test_wrong_input_is_one_line_that_says_what_and_how_to_mend_it(call, files, arguments, what, how):
    status, out, err = call(*arguments)
    assert (status, out) == (2, "")
    assert err.endswith("\n") and len(err.splitlines()) == 1, err
    assert re.match(r"tinygnn( \w+)?: error: \S", err)
    assert what in err and how in err


@pytest.mark.parametrize(
    "source, command",
    [
        ("pyg:KarateClub", "pip install torch torch_geometric"),
        ("nx:karate_club_graph", "pip install networkx"),
    ],
)
def test_a_missing_package_says_what_to_install(call, monkeypatch, source, command):
    for package in ("torch", "torch_geometric", "networkx"):
        monkeypatch.setitem(sys.modules, package, None)
    status, out, err = call("train", source)
    assert (status, out) == (2, "")
    assert len(err.splitlines()) == 1 and err.endswith(f"{command}\n") and "not installed" in err


@pytest.mark.parametrize("option", [("--patience", "3"), ("--scheduler", "plateau")])
def test_settings_that_do_not_fit_leave_no_folder(call, files, option):
    status, out, err = call("train", "karate", "--out", "run", *option)
    assert (status, out) == (2, "") and len(err.splitlines()) == 1 and "val" in err
    assert not (files / "run").exists()


def test_several_graphs_are_too_many_to_predict_links_in(call, several):
    status, out, err = call("train", "several", "--task", "link")
    assert (status, out) == (2, "")
    assert err == "tinygnn: error: several holds 3 graphs: choose one, as in 'several[0]'\n"


def test_several_graphs_do_not_fit_into_one_file(call, several, files):
    status, out, err = call("convert", "several", "e.csv")
    assert (status, out) == (2, "") and len(err.splitlines()) == 1
    assert "3 graphs" in err and "name a folder, not e.csv" in err and not (files / "e.csv").exists()


def test_several_graphs_do_not_replace_a_file_by_their_folder(call, several, files):
    (files / "taken").write_text("mine")
    status, out, err = call("convert", "several", "taken")
    assert (status, out) == (2, "") and len(err.splitlines()) == 1 and "taken" in err
    assert (files / "taken").read_text() == "mine"


def test_several_graphs_do_not_fit_into_one_file_of_nodes(call, several, files):
    """An option that would do nothing is refused."""
    status, out, err = call("convert", "several", "folder", "--nodes", "n.csv")
    assert (status, out) == (2, "") and len(err.splitlines()) == 1 and "--nodes" in err


def test_edges_and_nodes_do_not_overwrite_each_other(call, files):
    status, out, err = call("convert", "karate", "same.csv", "--nodes", "same.csv")
    assert (status, out) == (2, "") and len(err.splitlines()) == 1 and "same.csv" in err
    assert not (files / "same.csv").exists()


def test_a_label_of_the_graph_is_no_label_of_nodes(call, monkeypatch):
    graph = Graph(([0, 1], [1, 0]), x=[[1.0], [2.0]], y=1)
    monkeypatch.setattr(tinygnn.adapters, "load", lambda source, **options: [graph])
    status, out, err = call("train", "one")
    assert (status, out) == (2, "")
    assert err == (
        "tinygnn: error: one is one graph with one label: train needs one for each node, or several graphs\n"
    )


def test_many_attributes_are_not_all_listed(call, monkeypatch):
    graph = Graph(([0], [1]), node_attrs={f"a{i}": [0, 1] for i in range(11)})
    monkeypatch.setattr(tinygnn.adapters, "load", lambda source, **options: [graph])
    assert call("train", "one")[2].endswith("(there are: a0, a1, a2, a3, a4, a5, a6, a7 and 3 more)\n")


def test_an_error_of_several_lines_is_told_in_one(call, monkeypatch):
    def fail(source, **options):
        raise ValueError("first\n  second")

    monkeypatch.setattr(tinygnn.adapters, "load", fail)
    assert call("info", "x") == (2, "", "tinygnn: error: first second\n")


def test_a_bug_is_not_hidden(monkeypatch):
    """What is not the user's mistake keeps its traceback."""

    def fail(source, **options):
        raise KeyError("inside")

    monkeypatch.setattr(tinygnn.adapters, "load", fail)
    with pytest.raises(KeyError):
        main(["info", "x"])


def test_help_and_version_are_no_errors(call):
    assert call("--version") == (0, f"tinygnn {tinygnn.__version__}\n", "")
    status, out, err = call("train", "--help")
    assert (status, err) == (0, "") and "--weight-decay" in out and "pyg:NAME" in out


# ---- as a program -------------------------------------------------------------------------------------


def test_the_module_is_the_command(tmp_path):
    status, out, err = run("train", "nothing", cwd=tmp_path)
    assert (status, out) == (2, "") and err.startswith("tinygnn: error: ") and len(err.splitlines()) == 1
    status, out, err = run("info", "--engine", cwd=tmp_path)
    assert (status, err) == (0, "") and out.startswith(f"tinygnn {tinygnn.__version__}, ")


def test_an_interrupt_is_one_line_and_130(call, monkeypatch):
    def interrupt(source, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(tinygnn.adapters, "load", interrupt)
    assert call("train", "karate") == (130, "", "tinygnn: interrupted\n")


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX's")
def test_training_can_be_interrupted(tmp_path):
    # A shell that starts the tests in the background has them ignore the signal; the program must not.
    code = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from tinygnn.cli import main; sys.exit(main())"
    )
    with start("train", "karate", "--epochs", "1000000", program=("-c", code), cwd=tmp_path) as process:
        try:
            first = process.stderr.readline()
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=30)
        finally:
            process.kill()
    assert first.startswith("epoch ") and (process.returncode, out) == (130, "")
    told = "tinygnn: interrupted; without --out DIR nothing is kept to go on from"
    assert err.splitlines()[-1] == told and "Traceback" not in err


def run_without_reader(stream, *arguments, **options):
    """Run the command with stdout or stderr a pipe that nobody reads any more, as after `| head -1`."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        return run(*arguments, **{stream: writer}, **options)
    finally:
        os.close(writer)


@pytest.mark.parametrize(
    "arguments", [["info", "karate"], ["train", "karate", "--epochs", "1", "--json"], ["--help"]]
)
def test_a_reader_that_has_seen_enough_causes_no_traceback(tmp_path, arguments):
    _, _, err = run_without_reader("stdout", *arguments, cwd=tmp_path)
    assert all(line.startswith("epoch ") for line in err.splitlines()), err


def test_the_result_is_there_though_nobody_reads_the_progress(tmp_path):
    arguments = ["train", "karate", "--epochs", "1", "--json"]
    status, out, _ = run_without_reader("stderr", *arguments, cwd=tmp_path)
    assert status != 0 or strict_json(out)["parameters"] == 628
