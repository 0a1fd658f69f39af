"""A report: its numbers are the library's, its texts are escaped, it stays small."""

from __future__ import annotations

import json
import math
import os
import re
from html import unescape
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest

from tinygnn import GNN, Graph
from tinygnn.adapters import load
from tinygnn.cli import main
from tinygnn.experiment import Experiment
from tinygnn.history import History
from tinygnn.linalg import softmax
from tinygnn.link_prediction import LinkTask
from tinygnn.metrics import confusion_matrix
from tinygnn.report import report
from tinygnn.report.pictures import MOST_NODES, chosen_nodes
from tinygnn.report.places import side_by_side
from tinygnn.settings import TrainSettings
from tinygnn.tasks import GraphTask, NodeTask, evaluate
from tinygnn.training import fit

HOSTILE = "<script>alert('&')</script>"
MOST_BYTES = 2_000_000


class Elements(HTMLParser):
    """The elements of a page with their attributes; every one that opens is closed in its place."""

    def __init__(self, text):
        super().__init__()
        self.open, self.found = [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def rows(text, caption):
    """The rows of the table with that caption: the text of their cells."""
    [table] = [part for part in re.findall(r"<table>(.*?)</table>", text, re.DOTALL) if f">{caption}" in part]
    body = table[table.index("<tbody>") :]
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", line) for line in re.findall(r"<tr.*?</tr>", body)]
    return [[unescape(re.sub(r"<.*?>", "", cell)) for cell in line] for line in cells]


@pytest.fixture(scope="module")
def karate():
    """A model that is wrong for some nodes, its task, its history, and its report."""
    settings = TrainSettings(source="karate", epochs=15, split="0.3,0.2", seed=1)
    experiment = Experiment.of(settings, load("karate"))
    history = experiment.fit()
    text = report(experiment.model, experiment.task, history, settings=settings.to_dict(), run="runs/k")
    return experiment.model, experiment.task, history, text


def test_the_results_are_those_of_the_task(karate):
    model, task, history, text = karate
    found = {line[0]: line[1:] for line in rows(text, "Metrics by split")}
    for split, metrics in task.evaluate(model).items():
        assert found[split] == [str(task.splits[split]), *[f"{x:.4f}" for x in metrics.values()]]
    assert f"The weights are those of epoch {history.best_epoch}, the best by val_loss" in text


def test_the_confusion_of_each_split_is_that_of_the_metrics(karate):
    model, task, _, text = karate
    outputs = evaluate(model, task.graph)
    for split, mask in task.masks.items():
        counts = confusion_matrix(outputs, task.targets, mask)
        assert [[int(cell) for cell in line[1:5]] for line in rows(text, f"{split}: ")] == counts


def test_a_node_in_two_splits_counts_in_both_and_is_listed_once():
    graph = Graph(([0, 1], [1, 0]), x=[[1.0], [0.0]], y=[0, 1])
    task = NodeTask(graph, {"train": [True, True], "test": [False, True]})
    model = GNN("gcn", 1, 2, 1, 2, seed=0)
    for part in model.parameters():
        part.data = 0.0
    text = report(model, task, History())
    assert [line[1:3] for line in rows(text, "train: 1 of 2")] == [["1", "0"], ["1", "0"]]
    assert [line[1:3] for line in rows(text, "test: 0 of 1")] == [["0", "0"], ["1", "0"]]
    assert [line[:2] for line in rows(text, "Misclassified nodes")] == [["1", "train and test"]]


def test_every_misclassified_node_has_its_row_with_its_probabilities(karate):
    model, task, _, text = karate
    outputs = [[float(x) for x in row] for row in evaluate(model, task.graph)]
    found = rows(text, "Misclassified nodes")
    wrong = {str(i) for i, row in enumerate(outputs) if row.index(max(row)) != task.targets[i]}
    assert {line[0] for line in found} == wrong and len(wrong) > 2
    for name, split, right, predicted, most, own, again in found:
        i = int(name)
        p = [x.data for x in softmax(outputs[i])]
        assert task.masks[split][i] and right == f"community {task.targets[i]}"
        assert predicted == f"community {p.index(max(p))}"
        assert (most, own) == (f"{max(p):.3f}", f"{p[task.targets[i]]:.3f}")
        assert again == f"tinygnn explain runs/k --node {i}"
    assert [float(line[4]) for line in found] == sorted([float(line[4]) for line in found], reverse=True)


def test_wrong_nodes_on_the_graph_lead_to_their_rows(karate):
    text = karate[3]
    page = Elements(text)
    ids = [a["id"] for _, a in page.found if "id" in a]
    links = [a["href"][1:] for tag, a in page.found if tag == "a" and a["href"].startswith("#node-")]
    assert len(ids) == len(set(ids)) and set(links) <= set(ids)
    assert len(links) == len(rows(text, "Misclassified nodes"))
    assert len(re.findall(r'class="node"', text)) == 34


def test_settings_model_and_curves_are_there(karate):
    model, _, history, text = karate
    assert unescape(text).count(repr(model)) == 1
    assert "<dt><code>split</code></dt><dd><code>0.3,0.2</code></dd>" in text
    assert text.count(f"best epoch {history.best_epoch} by val_loss") == 2


def test_nothing_is_loaded_and_nothing_runs(karate):
    text = karate[3]
    page = Elements(text)
    assert not [
        tag for tag, a in page.found if tag in ("script", "link", "img") or "src" in a or "style" in a
    ]
    assert "default-src 'none'" in text and "https:" not in text and text.count("<style>") == 1


def test_the_same_run_gives_the_same_bytes(karate):
    model, task, history, text = karate
    settings = TrainSettings(source="karate", epochs=15, split="0.3,0.2", seed=1)
    assert report(model, task, history, settings=settings.to_dict(), run="runs/k") == text


def test_names_of_nodes_classes_and_settings_are_escaped():
    graph = Graph(
        ([0, 1, 1, 2], [1, 0, 2, 1]), x=[[1.0], [0.0], [2.0]], y=[0, 0, 1],
        node_ids=[HOSTILE, "-x y", "c"], class_names=[HOSTILE, "<b>"], train_mask=[True] * 3,
    )  # fmt: skip
    model = GNN("gcn", 1, 2, 2, 2, seed=0)
    task = NodeTask(graph)
    for part in model.parameters():
        part.data = 0.0
    model.convs[1].bias[1].data = 1.0  # all are said to be of the second class
    text = report(
        model, task, History(), settings={"source": HOSTILE}, title=HOSTILE, run=HOSTILE, notes=[HOSTILE]
    )
    tags = {tag for tag, _ in Elements(text).found}
    assert not tags & {"script", "b"} and "<script" not in text
    found = rows(text, "Misclassified nodes")
    assert [line[0] for line in found] == [HOSTILE, "-x y"] and found[0][2:4] == [HOSTILE, "<b>"]
    quoted = "'<script>alert('\"'\"'&'\"'\"')</script>'"
    assert found[0][-1] == f"tinygnn explain {quoted} --node {quoted}"
    assert found[1][-1] == f"tinygnn explain {quoted} '--node=-x y'"


def test_with_many_classes_and_endless_names_the_page_stays_small():
    n = 200
    graph = Graph(
        ([*range(n)], [(7 * i + 1) % n for i in range(n)]), x=[[float(i % 5)] for i in range(n)],
        y=list(range(n)), train_mask=[True] * n, class_names=["c" * 10_000 + str(i) for i in range(n)],
        node_ids=["n" * 10_000 + str(i) for i in range(n)],
    )  # fmt: skip
    task = NodeTask(graph)
    text = report(GNN("gcn", 1, 2, 1, n, seed=0), task, History())
    assert len(text.encode()) < MOST_BYTES
    found = rows(text, "train: ")
    assert 0 < len(found) <= 30 and [int(line[2]) for line in found] == sorted(
        [int(line[2]) for line in found], reverse=True
    )
    assert f"in {n} classes the {len(found)} most frequent" in text
    [number] = {line[-1].split()[-1] for line in rows(text, "Misclassified nodes")[:1]}
    assert number.isdigit() and int(number) < n


def test_where_nothing_is_wrong_it_says_so_and_shows_the_graph():
    graph = Graph(([0], [1]), x=[[1.0], [0.0]], y=[0, 0], train_mask=[True, True])
    task = NodeTask(graph)
    text = report(GNN("gcn", 1, 2, 1, task.outputs, seed=0), task, History())
    assert "0 of 2 nodes" in text and "Misclassified nodes, the surest first" not in text
    assert "No epoch was kept." in text


def test_a_diverged_model_is_reported_too():
    graph = load("karate")[0]
    model = GNN("gcn", 34, 2, 1, 4, seed=0)
    model.convs[0].bias[0].data = math.nan
    text = report(model, NodeTask(graph), History())
    Elements(text)
    assert "nan" in {cell for line in rows(text, "Misclassified nodes") for cell in line}


# ---- other tasks ------------------------------------------------------------------------------------


def graphs(labels):
    return [
        Graph(([0, 1, 1, 2], [1, 0, 2, 1]), x=[[float(k)], [0.5], [1.0]], y=label, y_level="graph")
        for k, label in enumerate(labels)
    ]


def test_misclassified_graphs_have_the_numbers_that_they_have_in_the_source():
    masks = {"train": [False, True, True, False], "val": [True, False, False, True]}
    task = GraphTask(graphs([0, 1, 1, 0]), masks)
    model = GNN("gcn", 1, 2, 1, 2, readout="mean", seed=0)
    for part in model.parameters():
        part.data = 0.0
    model.convs[0].bias[1].data = 1.0
    text = report(model, task, fit(model, [], task=task, epochs=0))
    found = rows(text, "Misclassified graphs")
    assert [line[:2] for line in found] == [["graph 0", "val"], ["graph 3", "val"]]
    assert found[1][-1] == "tinygnn explain RUN --graph 3 --node 0"
    assert text.count("<figure>") == 2


def test_nothing_leads_to_a_node_of_a_graph_that_has_none():
    task = GraphTask([*graphs([0, 1]), Graph(([], []), x=[], y=1, y_level="graph")], {"train": [True] * 3})
    model = GNN("gcn", 1, 2, 1, 2, readout="mean", seed=0)
    for part in model.parameters():
        part.data = 0.0
    found = rows(report(model, task, History()), "Misclassified graphs")
    assert [line[-1] for line in found] == ["tinygnn explain RUN --graph 1 --node 0", "it has no node"]


@pytest.mark.parametrize("of_graphs", [False, True])
def test_a_regression_shows_predictions_and_the_largest_errors(of_graphs):
    labels = [0.5, -1.0, 2.25]
    if of_graphs:
        task = GraphTask(graphs(labels))
        model = GNN("gcn", 1, 2, 2, 1, readout="mean", seed=0)
        outputs = [float(evaluate(model, graph)[0][0]) for graph in graphs(labels)]
    else:
        graph = Graph(([0, 1, 1, 2], [1, 0, 2, 1]), x=[[1.0], [0.0], [2.0]], y=labels)
        task = NodeTask(graph, {"train": [True] * 3})
        model = GNN("gcn", 1, 2, 2, 1, seed=0)
        outputs = [float(row[0]) for row in evaluate(model, graph)]
    text = report(model, task, History())
    Elements(text)
    found = rows(text, "The largest 3 of 3 errors")
    errors = sorted([abs(y - x) for x, y in zip(labels, outputs)], reverse=True)
    assert [line[4] for line in found] == [f"{error:.6g}" for error in errors]
    assert text.count('class="mark train"') == 3 + 1  # and one in the key


def test_predictions_that_are_no_numbers_are_not_drawn():
    graph = Graph(([0, 1], [1, 0]), x=[[1.0], [0.0]], y=[0.5, 1.5], train_mask=[True, True])
    model = GNN("gcn", 1, 2, 1, 1, seed=0)
    model.convs[0].bias[0].data = math.inf
    text = report(model, NodeTask(graph), History())
    assert "No prediction is a finite number." in text and "inf" in rows(text, "The largest 2")[0]


def test_several_labels_are_counted_one_by_one():
    graph = Graph(
        ([0, 1], [1, 0]), x=[[1.0], [0.0]], y=[[1, 0], [0, 0]], train_mask=[True, True]
    )  # fmt: skip
    model = GNN("gcn", 1, 2, 1, 2, seed=0)
    for part in model.parameters():
        part.data = 0.0
    model.convs[0].bias[0].data = 1.0
    text = report(model, NodeTask(graph), History())
    assert [line[1:5] for line in rows(text, "train: 2 examples")] == [
        ["1", "0", "1", "0"],
        ["0", "0", "0", "2"],
    ]
    assert rows(text, "Of 1 nodes with a wrong label") == [
        ["1", "train", "0", "1", "tinygnn explain RUN --node 1"]
    ]


def test_links_are_listed_from_the_farthest_off():
    task = LinkTask(load("karate")[0], seed=0)
    text = report(GNN("gcn", 34, 4, 2, 4, seed=0), task, History())
    found = rows(text, "Of ")
    off = [abs((line[2] == "linked") - float(line[3])) for line in found]
    assert off == sorted(off, reverse=True) and {line[1] for line in found} <= {"val", "test"}
    assert [line[4] for line in found] == [
        "tinygnn explain RUN --node {} --with {}".format(*line[0].split(", ")) for line in found
    ]


def test_a_command_names_a_node_so_that_the_node_is_found():
    """By its number where the name is that of a node before it, or long; the number may be a name, too."""
    names = ["5", "a", "x" * 101, 5, "-y", ""]
    graph = Graph(([], []), x=[[0.0]] * 6, y=[1] * 6, node_ids=names, train_mask=[True] * 6)
    model = GNN("gcn", 1, 2, 1, 2, seed=0)
    model.convs[0].bias[0].data = 1.0
    found = rows(report(model, NodeTask(graph), History()), "Misclassified nodes")
    assert [line[-1].removeprefix("tinygnn explain RUN ") for line in found] == [
        "--node 5", "--node a", "--node 2", "--node 3", "--node=-y", "--node ''",
    ]  # fmt: skip


# ---- what is drawn ----------------------------------------------------------------------------------


def test_of_a_large_graph_the_first_wrong_nodes_are_drawn_with_their_neighbours():
    n = 10 * MOST_NODES
    around = [(i + 1) % n for i in range(n)]
    graph = Graph(([*range(n), *around], [*around, *range(n)]), x=[[1.0]] * n)
    assert chosen_nodes(graph, [500, 7]) == [6, 7, 8, 499, 500, 501]
    assert len(chosen_nodes(graph, range(0, n, 5))) <= MOST_NODES
    small = Graph(([0], [1]), x=[[1.0]] * 3)
    assert chosen_nodes(small, []) == [0, 1, 2]


def test_pieces_of_a_graph_stand_apart():
    triangles = [(0, 1), (1, 2), (0, 2), (3, 4), (4, 5), (3, 5)]
    spots = side_by_side(7, triangles)
    assert side_by_side(7, triangles) == spots and side_by_side(0, []) == []
    assert all(0.0 <= x <= 1.0 and 0.0 <= y <= 1.0 for x, y in spots) and len(set(spots)) == 7
    boxes = [
        (min(xs), max(xs), min(ys), max(ys))
        for piece in ((0, 1, 2), (3, 4, 5))
        for xs, ys in [zip(*[spots[i] for i in piece])]
    ]
    (a, b, c, d), (e, f, g, h) = boxes
    assert b < e or f < a or d < g or h < c


# ---- the command ------------------------------------------------------------------------------------


def test_the_command_writes_the_page_of_a_run(tmp_path, capsys):
    run, page = tmp_path / "<run>", tmp_path / "page.html"
    assert main(["train", "karate", "--split", "0.4,0.3", "--epochs", "8", "--out", str(run)]) == 0
    assert main(["report", str(run), "-o", str(page)]) == 0
    assert f"{run} -> {page}" in capsys.readouterr().out
    text = page.read_text("utf-8")
    assert f"<h1>tinygnn report: {str(run).replace('<', '&lt;').replace('>', '&gt;')}</h1>" in text
    assert "8 epochs: training loss " in text and text.count(" by val_loss</text>") == 2
    assert main(["eval", str(run), "--json"]) == 0
    assert [file.name for file in tmp_path.iterdir() if file.name.startswith(".")] == []


def leads(page):
    """The pages that a report links to, and the numbers of what they are on."""
    found = [
        unquote(a["href"]) for tag, a in Elements(page.read_text("utf-8")).found
        if tag == "a" and not a["href"].startswith("#")
    ]  # fmt: skip
    facts = []
    for address in found:
        text = (page.parent / address).read_text("utf-8")
        [data] = re.findall(r'id="data">(.*?)</script>', text, re.DOTALL)
        facts.append(json.loads(data))
    return found, facts


def test_the_command_writes_the_pages_of_the_surest_wrong_nodes_and_links_to_them(tmp_path, capsys):
    run, page = tmp_path / "run", tmp_path / "a: #1?.html"
    assert main(["train", "karate", "--hidden", "4", "--epochs", "8", "--out", str(run)]) == 0
    assert main(["report", str(run), "-o", str(page), "--explain", "2"]) == 0
    assert f", and 2 pages in {tmp_path / 'a: #1?-pages'}" in capsys.readouterr().out
    found, facts = leads(page)
    wrong = [line[0] for line in rows(page.read_text("utf-8"), "Misclassified nodes")][:2]
    assert found == [f"a: #1?-pages/node-{name}.html" for name in wrong]
    assert [each["node"] for each in facts] == [int(name) for name in wrong]
    assert main(["report", str(run), "-o", str(tmp_path / "alone.html"), "--explain", "0"]) == 0
    assert leads(tmp_path / "alone.html") == ([], []) and not (tmp_path / "alone-pages").exists()


def test_a_model_that_passes_no_messages_has_a_report_without_such_pages(tmp_path):
    run, page = str(tmp_path / "run"), tmp_path / "page.html"
    network = ["--network", "Linear(in_channels, out_channels)"]
    assert main(["train", "karate", *network, "--epochs", "1", "--out", run]) == 0
    assert main(["report", run, "-o", str(page)]) == 0
    said = "<p>No example has a page of its own: Network(Linear(34 -&gt; 4)) passes no messages"
    assert said in page.read_text("utf-8")
    assert leads(page) == ([], []) and not (tmp_path / "page-pages").exists()


def test_a_pair_of_nodes_has_its_page_whose_loss_is_its_own(tmp_path, capsys):
    run, page = str(tmp_path / "run"), tmp_path / "page.html"
    command = ["train", "karate", "--task", "link", "--hidden", "4", "--epochs", "3", "--out", run]
    assert main(command) == 0
    assert main(["report", run, "-o", str(page), "--explain", "1"]) == 0
    [address], [facts] = leads(page)
    pair, split, right, probability, _ = rows(page.read_text("utf-8"), "Of ")[0]
    u, v = pair.split(", ")
    assert address == f"page-pages/pair-{u}-{v}.html" and facts["node"] == int(u)
    [note] = facts["notes"]
    is_linked = "is linked" if right == "linked" else "is not linked"
    assert f"that of the pair {u}, {v} alone, which {is_linked}" in note
    capsys.readouterr()
    assert main(["trace", run, "--node", u, "--with", v, "--json"]) == 0
    loss = json.loads(capsys.readouterr().out)["layers"][0]["loss"]
    p = math.exp(-loss) if right == "linked" else 1.0 - math.exp(-loss)
    assert p == pytest.approx(float(probability), abs=5e-4)
    assert main(["trace", run, "--node", u, "--with", u]) == 2
    assert "a pair is of two different nodes" in capsys.readouterr().err


def test_a_report_on_a_checkpoint_leads_to_that_checkpoint(tmp_path, capsys):
    run, page = tmp_path / "run", tmp_path / "page.html"
    command = ["train", "karate", "--split", "0.4,0.3", "--hidden", "4", "--epochs", "6", "--keep-every", "2"]
    assert main([*command, "--out", str(run)]) == 0
    kept = str(run / "epochs" / "000002.safetensors")
    assert main(["report", kept, "-o", str(page), "--explain", "1"]) == 0
    [first] = rows(page.read_text("utf-8"), "Misclassified nodes")[:1]
    assert first[-1] == f"its page tinygnn explain {kept} --node {first[0]}"
    assert leads(page)[1][0]["moments"][0]["epoch"] == 2
    capsys.readouterr()
    assert main(["explain", kept, "--node", first[0], "-o", str(page), "--no-pyg"]) == 0
    assert "the weights after epoch 2" in capsys.readouterr().out


def test_several_runs_have_a_page_together_that_leads_to_one_for_each(tmp_path, capsys):
    run, page = tmp_path / "r", tmp_path / "page.html"
    command = ["train", "karate", "--hidden", "2", "--epochs", "1", "--runs", "2", "--out", str(run)]
    assert main(command) == 0
    assert main(["report", str(run), "-o", str(page), "--explain", "0"]) == 0
    capsys.readouterr()
    assert main(["eval", str(run), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    text = page.read_text("utf-8")
    links = [a["href"] for tag, a in Elements(text).found if tag == "a" and not a["href"].startswith("#")]
    assert links == ["page-pages/seed-0.html", "page-pages/seed-1.html"]
    assert all(f"<h1>tinygnn report: {run}/seed-" in (tmp_path / link).read_text("utf-8") for link in links)
    shown = {tuple(line[:2]): [float(cell) for cell in line[2:]] for line in rows(text, "Over 2 runs")}
    mean, std = found["mean"]["rest"]["accuracy"], found["std"]["rest"]["accuracy"]
    assert shown["rest", "accuracy"] == pytest.approx([mean, std], abs=1e-4)
    assert [line[0] for line in rows(text, "Each run")] == ["seed-0", "seed-1"]


def test_a_folder_without_a_run_and_one_where_nothing_can_be_written_are_wrong_input(tmp_path, capsys):
    assert main(["report", str(tmp_path / "none")]) == 2
    assert "there is no such run" in capsys.readouterr().err
    assert main(["train", "karate", "--hidden", "2", "--epochs", "1", "--out", str(tmp_path / "r")]) == 0
    capsys.readouterr()
    assert main(["report", str(tmp_path / "r"), "-o", str(tmp_path)]) == 2
    assert f"{tmp_path} is a folder: name a file" in capsys.readouterr().err
    assert main(["report", str(tmp_path / "r"), "--explain", "-1"]) == 2
    assert "--explain -1: give how many pages" in capsys.readouterr().err
    assert main(["report", str(tmp_path / "r"), "-o", str(tmp_path / "no" / "page.html")]) == 2
    assert "No such file" in capsys.readouterr().err


@pytest.mark.skipif("TINYGNN_DATA" not in os.environ, reason="needs the raw files that TINYGNN_DATA names")
@pytest.mark.parametrize("source", ["planetoid:Cora", "tudataset:MUTAG"])
def test_reports_of_larger_data_are_small_and_say_what_is_left_out(source, tmp_path):
    run, page = tmp_path / "run", tmp_path / "page.html"
    assert main(["train", source, "--epochs", "1", "--hidden", "4", "--out", str(run)]) == 0
    assert main(["report", str(run), "-o", str(page), "--explain", "0"]) == 0
    text = page.read_text("utf-8")
    Elements(text)
    assert len(text.encode()) < MOST_BYTES
    if "Cora" in source:
        assert re.search(r"Drawn are \d+ of 2708 nodes: \d+ of the \d+ misclassified", text)
        assert "The 150 surest are listed" in text
    else:
        assert text.count("<figure>") == 6
