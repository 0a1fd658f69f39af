"""train --out and --resume, eval and predict: what they print and write, and one line for what is wrong."""

import csv
import io
import json
import math
import os
import re
import shutil
import signal
import subprocess
import sys

import pytest

import tinygnn.adapters
from tinygnn import GNN, Graph, no_grad, safetensors
from tinygnn.adapters import load
from tinygnn.cli import main
from tinygnn.commands.trained import Trained

EDGES = "source,target\nann,bob\nbob,cem\ncem,ann\ncem,dot\ndot,eve\neve,fay\nfay,dot\n"
TEAMS = {"ann": "=red", "bob": "=red", "cem": "=red", "dot": "a, b", "eve": "a, b", "fay": "a, b"}
AGES = {"ann": 31, "bob": 27, "cem": 45, "dot": 38, "eve": 29, "fay": 52}
KARATE = ["karate", "--split", "0.4,0.3", "--epochs", "8", "--hidden", "4"]


@pytest.fixture
def call(capsys, tmp_path, monkeypatch):
    """Run the command in a folder of its own; return exit status, stdout and stderr."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        capsys.readouterr()
        try:
            status = main([str(argument) for argument in arguments])
        except SystemExit as stop:
            status = stop.code
        return (status, *capsys.readouterr())

    return call


@pytest.fixture
def karate(call):
    """A run on karate, in the folder `run`."""
    assert call("train", *KARATE, "--out", "run")[0] == 0
    return "run"


@pytest.fixture
def people(call, tmp_path):
    """A run on people in teams, from files, in the folder `run`."""
    (tmp_path / "e.csv").write_text(EDGES)
    rows = [f'{name},{AGES[name]},"{team}"\n' for name, team in TEAMS.items()]
    (tmp_path / "n.csv").write_text("".join(["node_id,age,team\n", *rows]))
    arguments = ["e.csv", "--nodes", "n.csv", "--label", "team", "--features", "age", "--epochs", "3"]
    assert call("train", *arguments, "--out", "run")[0] == 0
    return tmp_path


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text)))


def one_line(result, *words):
    status, out, err = result
    assert (status, out) == (2, "") and len(err.splitlines()) == 1 and err.startswith("tinygnn: error: "), err
    for word in words:
        assert word in err


# ---- train --out ----------------------------------------------------------------------------------------


def test_a_finished_run_is_resumed_without_a_word_about_its_settings(call, karate):
    _, first, _ = call("train", *KARATE, "--out", "other")
    status, out, err = call("train", "--out", karate, "--resume")
    assert status == 0 and "run: finished with epoch 8 before, nothing is left to do" in err
    seconds = re.compile(r"in [\d.]+ s")
    assert seconds.sub("", out) == seconds.sub("", first)


def test_a_run_that_never_was_is_resumed_from_the_start(call):
    status, _, err = call("train", *KARATE, "--out", "made/here", "--resume")
    assert status == 0 and "made/here: no checkpoint yet, from the start" in err
    assert os.path.exists("made/here/best.safetensors")


def test_json_is_that_of_a_run_without_a_folder(call, karate):
    plain = json.loads(call("train", *KARATE, "--json")[1])
    resumed = json.loads(call("train", "--out", karate, "--resume", "--json")[1])
    assert {**plain, "seconds": 0} == {**resumed, "seconds": 0}


def test_several_runs_have_a_folder_each(call):
    arguments = [*KARATE, "--runs", "2", "--seed", "3", "--dropout", "0.5", "--out", "runs"]
    status, first, _ = call("train", *arguments)
    assert status == 0 and sorted(os.listdir("runs")) == ["config.toml", "seed-3", "seed-4"]
    assert call("train", *KARATE, "--seed", "4", "--dropout", "0.5", "--out", "alone")[0] == 0
    for name in os.listdir("alone"):
        with open(f"alone/{name}", "rb") as one, open(f"runs/seed-4/{name}", "rb") as other:
            assert one.read() == other.read(), name
    one_line(call("train", *KARATE, "--runs", "2", "--out", "runs"), "holds a run already", "seed-4")
    os.remove("runs/seed-4/last.safetensors")
    os.remove("runs/seed-4/best.safetensors")
    status, out, err = call("train", "--out", "runs", "--resume")
    assert status == 0 and out.splitlines()[2:] == first.splitlines()[2:]
    assert "runs/seed-3: finished" in err and "runs/seed-4: no checkpoint yet" in err


def test_a_folder_with_a_run_and_other_settings_are_refused(call, karate):
    one_line(call("train", *KARATE, "--out", karate), "run holds a run already", "--resume")
    one_line(call("train", "--out", karate, "--resume", "--lr", "1"), "lr is 1.0 and was 0.01")
    one_line(call("train", *KARATE, "--resume"), "--resume needs --out DIR")
    one_line(call("train", "--out", "nothing", "--resume"), "train needs a SOURCE")


def test_wrong_settings_leave_no_folder(call):
    one_line(call("train", "karate", "--conv", "x=1", "--out", "run"), "x")
    assert not os.path.exists("run")


def test_a_folder_in_which_nothing_was_trained_is_free(call):
    status, _, err = call("train", *KARATE, "--monitor", "val_los", "--out", "run")
    assert status == 2 and "monitor is 'val_los'" in err
    assert os.listdir("run") == ["config.toml"]
    assert call("train", *KARATE, "--monitor", "val_loss", "--out", "run")[0] == 0
    with open("run/config.toml") as file:
        assert 'monitor = "val_loss"' in file.read()


def test_a_full_disk_is_one_line_that_says_how_to_go_on(call, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("tinygnn.recorder.write_atomically", full)
        status, out, err = call("train", *KARATE, "--out", "a run")
    assert (status, out) == (2, "") and err.splitlines()[-1] == (
        "tinygnn: error: [Errno 28] No space left on device; once that is mended, go on with: "
        "tinygnn train --out 'a run' --resume"
    )
    assert call("train", "--out", "a run", "--resume")[0] == 0


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX's")
def test_an_interrupt_saves_and_says_how_to_go_on(call, tmp_path):
    code = (  # a shell that starts the tests in the background has them ignore the signal
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from tinygnn.cli import main; sys.exit(main())"
    )
    endless = ["karate", "--epochs", "1000000", "--dropout", "0.5", "--out", "run"]
    command = [sys.executable, "-c", code, "train", *endless]
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONSAFEPATH"}
    environment["PYTHONPATH"] = os.pathsep.join([path for path in sys.path if path])
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            process.stderr.readline()
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=30)
        finally:
            process.kill()
    assert (process.returncode, out) == (130, ""), err
    said = re.fullmatch(
        r"tinygnn: interrupted after epoch (\d+); go on with: tinygnn train --out run --resume",
        err.splitlines()[-1],
    )
    assert said and "Ctrl-C once more stops at once" in err
    assert Trained.load(tmp_path / "run" / "last.safetensors").epoch == int(said[1])
    with open("run/metrics.csv") as file:
        assert len(file.readlines()) == int(said[1]) + 2


def test_an_interrupt_amid_a_print_is_no_error(capfd):
    """The handler of a signal may run while standard error is being written, as here."""
    from tinygnn.commands.interrupt import Interrupt

    class Raw(io.RawIOBase):
        def __init__(self):
            self.press = Interrupt()

        def writable(self):
            return True

        def write(self, data):
            if not self.press.pressed:
                self.press.press(signal.SIGINT, None)
            return len(data)

    raw = Raw()
    with pytest.MonkeyPatch.context() as patch:
        stream = io.TextIOWrapper(io.BufferedWriter(raw), write_through=True)
        patch.setattr(sys, "stderr", stream)
        print("epoch 1", file=stream, flush=True)
    assert raw.press.pressed
    assert "Ctrl-C once more stops at once" in capfd.readouterr().err


# ---- eval -----------------------------------------------------------------------------------------------


def test_eval_gives_the_metrics_of_the_best_epoch(call, karate):
    trained = json.loads(call("train", "--out", karate, "--resume", "--json")[1])
    status, out, _ = call("eval", karate, "--json")
    facts = json.loads(out)
    assert status == 0 and facts["metrics"] == trained["metrics"] and facts["epoch"] == trained["best_epoch"]
    assert facts["checkpoint"] == os.path.join("run", "best.safetensors")
    status, out, _ = call("eval", karate)
    assert status == 0 and out.splitlines()[0] == f"run/best.safetensors, epoch {facts['epoch']}, on karate"
    assert f"accuracy on val   {facts['metrics']['val']['accuracy']:.3f}  (11 nodes)" in out


def test_eval_of_one_checkpoint(call, karate):
    facts = json.loads(call("eval", "run/last.safetensors", "--json")[1])
    with open("run/metrics.csv", newline="") as file:
        last = list(csv.DictReader(file))[-1]
    assert facts["epoch"] == 8 and facts["metrics"]["test"]["loss"] == float(last["test_loss"])


def test_eval_of_another_runs_checkpoint_is_refused(call, karate, tmp_path):
    """Named itself it is welcome, in the folder of a run it would be taken for that run's."""
    assert call("train", *KARATE, "--model", "sage", "--out", "other")[0] == 0
    shutil.copy(tmp_path / "other" / "best.safetensors", tmp_path / karate)
    for command in ("eval", "predict"):
        status, _, err = call(command, karate)
        assert status == 2 and "says the checkpoint best.safetensors: model is 'gcn' and was 'sage'" in err
    assert call("eval", f"{karate}/best.safetensors")[0] == 0


def test_eval_of_several_runs_gives_mean_and_deviation(call):
    call("train", *KARATE, "--runs", "2", "--out", "runs")
    facts = json.loads(call("eval", "runs", "--json")[1])
    first, second = (run["metrics"]["val"]["loss"] for run in facts["runs"])
    assert facts["mean"]["val"]["loss"] == pytest.approx((first + second) / 2, rel=1e-15)
    assert facts["std"]["val"]["loss"] == pytest.approx(abs(first - second) / math.sqrt(2), rel=1e-12)
    assert "mean ± standard deviation over 2 runs" in call("eval", "runs")[1]


def test_eval_on_another_source_finds_the_classes_by_name(call, people):
    """Its first class is the second that the model learnt."""
    rows = [f'{name},{AGES[name]},"{team}"\n' for name, team in reversed(TEAMS.items())]
    (people / "other.csv").write_text("".join(["node_id,age,team\n", *rows]))
    there = rows_of(call("predict", "run", "e.csv", "--nodes", "other.csv")[1])
    facts = json.loads(call("eval", "run", "e.csv", "--nodes", "other.csv", "--json")[1])
    hits = [row["prediction"] == TEAMS[row["node"]] for row in there]
    assert facts["examples"] == {"all": 6}
    assert facts["metrics"]["all"]["accuracy"] == pytest.approx(sum(hits) / 6, rel=1e-15)


def test_eval_says_that_the_source_has_changed(call, people):
    text = (people / "n.csv").read_text()
    (people / "n.csv").write_text(text.replace("31", "32"))
    status, _, err = call("eval", "run")
    assert status == 0 and "e.csv holds other data than the run was trained on" in err


# ---- predict --------------------------------------------------------------------------------------------


def test_predict_gives_a_row_for_each_node(call, karate):
    status, out, _ = call("predict", karate)
    rows = rows_of(out)
    graph = load("karate")[0]
    trained = GNN("gcn", 34, 4, 2, 4, seed=0)
    trained.load_state_dict(safetensors.load_file("run/best.safetensors"))
    with no_grad():
        logits = [[value.data for value in row] for row in trained.eval()(graph)]
    assert status == 0 and [row["node"] for row in rows] == [str(i) for i in range(34)]
    for row, numbers in zip(rows, logits):
        exps = [math.exp(number) for number in numbers]
        expected = [e / sum(exps) for e in exps]
        names = [f"p_{name}" for name in graph.class_names]
        assert [float(row[name]) for name in names] == pytest.approx(expected, rel=1e-12)
        assert row["prediction"] == graph.class_names[expected.index(max(expected))]


def test_predict_writes_a_file_with_names_as_they_are(call, people):
    status, out, _ = call("predict", "run", "-o", "p.csv")
    assert (status, out) == (0, "6 predictions -> p.csv\n")
    text = (people / "p.csv").read_text()
    assert list(rows_of(text)[0]) == ["node", "prediction", "p_=red", "p_a, b"]
    assert [row["node"] for row in rows_of(text)] == ["ann", "bob", "cem", "dot", "eve", "fay"]
    assert {row["prediction"] for row in rows_of(text)} <= {"=red", "a, b"}
    assert call("predict", "run")[1] == text


def test_predict_needs_no_labels(call, people):
    rows = [f"{name},{age}" for name, age in AGES.items()]
    (people / "ages.csv").write_text("\n".join(["node_id,age", *rows, ""]))
    assert call("predict", "run", "e.csv", "--nodes", "ages.csv")[1] == call("predict", "run")[1]


@pytest.fixture
def sources(monkeypatch):
    """Sources by name, made here."""
    known = {}
    monkeypatch.setattr(tinygnn.adapters, "load", lambda source, **_: known[source])
    return known


def many(y, y_level="node", count=4):
    """Small graphs with the labels y(k)."""
    return [
        Graph(([0, 1, k % 3], [1, 0, 2]), x=[[float(k)], [1.0], [0.5]], y=y(k), y_level=y_level)
        for k in range(count)
    ]


@pytest.mark.parametrize(
    "y, header",
    [
        (lambda k: [k % 2], ["graph", "prediction", "p_0", "p_1"]),
        (lambda k: [0.5 * k], ["graph", "prediction"]),
        (lambda k: [[0.5, 1.0 * k]], ["graph", "prediction_0", "prediction_1"]),
        (lambda k: [[k % 2, 1]], ["graph", "y_0", "y_1", "p_0", "p_1"]),
    ],
    ids=["classes", "a number", "two numbers", "yes or no"],
)
def test_predict_and_eval_of_graphs(call, sources, y, header):
    sources["graphs"] = many(y, "graph", 6)
    train = ["graphs", "--batch-size", "1", "--split", "0.6,0.2", "--epochs", "2"]
    status, _, err = call("train", *train, "--out", "run")
    assert status == 0, err
    rows = rows_of(call("predict", "run")[1])
    assert list(rows[0]) == header and [row["graph"] for row in rows] == list("012345")
    assert all(-1e6 < float(cell) < 1e6 for row in rows for cell in row.values())
    facts = json.loads(call("eval", "run", "graphs", "--json")[1])
    assert facts["examples"] == {"all": 6}
    assert len(json.loads(call("eval", "run", "--json")[1])["metrics"]) > 1


def test_predict_of_several_graphs_says_which(call, sources):
    sources["one"] = many(lambda k: [0, 1, 1], count=1)
    sources["more"] = many(lambda k: [0, 1, 1], count=2)
    call("train", "one", "--split", "1,0", "--epochs", "1", "--out", "run")
    rows = rows_of(call("predict", "run", "more")[1])
    assert [(row["graph"], row["node"]) for row in rows] == [(g, n) for g in "01" for n in "012"]
    assert json.loads(call("eval", "run", "more", "--json")[1])["examples"] == {"all": 6}


def test_train_and_eval_of_the_nodes_of_several_graphs(call, sources):
    sources["more"] = many(lambda k: [0, 1, 1])
    status, out, err = call("train", "more", "--split", "0.5,0.25", "--epochs", "2", "--out", "run")
    assert status == 0 and err.startswith("a random split of graphs, 50/25/25, seed 0\n")
    assert "(6 nodes)" in out
    facts = json.loads(call("eval", "run", "--json")[1])
    assert (facts["task"], facts["examples"]) == ("node-classification", {"train": 6, "val": 3, "test": 3})
    assert len(rows_of(call("predict", "run")[1])) == 12


def test_predict_of_links_gives_the_judged_pairs(call):
    call("train", "karate", "--task", "link", "--epochs", "2", "--out", "run")
    rows = rows_of(call("predict", "run")[1])
    graph = load("karate")[0]
    linked = {frozenset(map(str, edge)) for edge in zip(*graph.edge_index)}
    assert {row["split"] for row in rows} == {"train", "val", "test"}
    for row in rows:
        assert (frozenset((row["source"], row["target"])) in linked) == (row["linked"] == "1")
        assert 0.0 < float(row["probability"]) < 1.0
    assert len(json.loads(call("eval", "run", "--json")[1])["metrics"]["val"]) == 3


def test_what_is_wrong_is_said_in_one_line(call, people, sources):
    sources["wide"] = [Graph(([0], [1]), x=[[1.0, 2.0], [3.0, 4.0]])]
    sources["strange"] = [Graph(([0], [1]), x=[[1.0], [3.0]], y=[0, 0], class_names=["green"])]
    one_line(call("eval", "nowhere"), "nowhere: there is no such run", "tinygnn train SOURCE --out nowhere")
    one_line(call("predict", "."), "holds no run", "config.toml")
    one_line(call("predict", "n.csv"), "n.csv is no sound safetensors file")
    one_line(call("predict", "run", "wide"), "wide has 2 features", "the model takes 1", "--features")
    one_line(call("eval", "run", "strange"), "the class 'green'", "=red, a, b")
    os.truncate("run/best.safetensors", 100)
    one_line(call("eval", "run"), "best.safetensors is no sound safetensors file", "take a copy")


def test_several_runs_are_too_many_to_predict(call):
    call("train", *KARATE, "--runs", "2", "--out", "runs")
    one_line(call("predict", "runs"), "runs holds 2 runs", os.path.join("runs", "seed-0"))
