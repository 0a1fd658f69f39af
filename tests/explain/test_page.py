"""The page of a node: whole in itself, safe, small, and the same each time; see test_page_in_browser too."""

from __future__ import annotations

import json
import re
import struct
from base64 import b64decode, b64encode
from hashlib import sha256

import pytest

from tinygnn import GNN, EdgeIndex, Graph, Network, Value, cross_entropy
from tinygnn.adapters import load
from tinygnn.cli import main
from tinygnn.explain import explain
from tinygnn.explain.agreement import Agreement
from tinygnn.explain.layout import layout
from tinygnn.explain.page import MOST_BYTES, page_of
from tinygnn.explain.page_values import PageValues
from tinygnn.explain.subject import Subject
from tinygnn.nn import GCNConv, Linear
from tinygnn.optim import SGD, Adam


def karate(**options):
    graph = load("karate")[0]
    return graph, GNN("gcn", graph.num_features, 4, 2, 4, seed=1, **options)


def facts_of(page):
    """The structure, with the numbers of the chosen moment in it."""
    [text] = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
    facts = json.loads(text)
    return {**facts, **numbers_of(facts["moments"][facts["moment"]])}


def numbers_of(moment):
    return {**moment, **{name: unpacked(moment[name]) for name in ("data", "grad", "slopes")}}


def unpacked(text):
    numbers = b64decode(text)
    return list(struct.unpack(f"<{len(numbers) // 8}d", numbers))


def test_the_page_loads_nothing_and_says_so():
    graph, model = karate()
    page = explain(model, graph, node=16)
    assert "http://" not in page.replace("http://www.w3.org/2000/svg", "") and "https://" not in page
    [policy] = re.findall(r'Content-Security-Policy" content="(.*?)"', page)
    assert policy.startswith("default-src 'none'; ") and "unsafe" not in policy
    for kind in ("style", "script"):
        [text] = re.findall(rf"<{kind}>(.*?)</{kind}>", page, re.S)
        digest = b64encode(sha256(text.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy


def test_the_numbers_are_those_of_the_model():
    graph, model = karate()
    facts = facts_of(explain(model, graph, node=16))
    assert [layer["name"] for layer in facts["layers"]] == ["convs.0", "convs.1"]
    last = facts["layers"][1]
    row = facts["rows"][last["output"]["16"]]
    outputs = model(graph)
    assert [facts["data"][v] for v in row] == [v.data for v in outputs[16]]
    loss = cross_entropy(outputs, graph.y, mask=graph.train_mask)
    loss.backward()
    assert facts["data"][facts["loss"]] == loss.data
    names = {name: int(v) for v, name in facts["parameters"].items()}
    weight = model.convs[1].lin.weight[2][3]
    assert facts["grad"][names["convs.1.lin.weight[2][3]"]] == pytest.approx(weight.grad, rel=1e-12)


def test_every_value_is_made_of_values_on_the_page_and_belongs_to_a_layer():
    graph, model = karate()
    facts = facts_of(explain(model, graph, node=16))
    for k, parents in enumerate(facts["parents"]):
        assert all(0 <= p < len(facts["data"]) for p in parents)
        if parents:
            assert facts["groups"][facts["group"][k]] in ("convs.0", "act", "convs.1", "loss")


def test_the_same_input_gives_the_same_bytes():
    assert explain(*reversed(karate()), node=3) == explain(*reversed(karate()), node=3)


HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(1)>"


def test_names_from_data_stay_text():
    graph = Graph(
        EdgeIndex(([0, 1], [1, 0])), x=[[1.0], [2.0]], y=[0, 1], node_ids=[HOSTILE, "<!--"],
        class_names=[HOSTILE, "b"],
    )  # fmt: skip
    page = explain(GNN("gcn", 1, 2, 2, 2, seed=0), graph, node=HOSTILE, title=HOSTILE)
    assert "<script>alert" not in page and "<img" not in page and "<!--" not in page
    assert page.count("</script>") == 2
    assert facts_of(page)["names"]["0"] == HOSTILE


def test_a_large_graph_is_cut_to_the_neighbourhood_and_the_page_says_so():
    n = 3000
    pairs = [(i, (i * k + 1) % n) for i in range(n) for k in (1, 7)]
    graph = Graph(
        EdgeIndex(([a for a, _ in pairs], [b for _, b in pairs])), x=[[1.0, 0.5]] * n, y=[0, 1] * 1500
    )
    page = explain(GNN("gcn", 2, 4, 2, 2, seed=0), graph, node=17)
    facts = facts_of(page)
    assert len(page.encode()) < MOST_BYTES
    assert 2 <= len(facts["nodes"]) <= 150
    assert any(f"of the graph's {n} nodes" in note and "in 2 steps" in note for note in facts["notes"])


def test_the_page_of_a_pair_has_what_both_nodes_hear_from():
    n = 300
    graph = Graph(([*range(n)], [*range(1, n), 0]), x=[[1.0]] * n, y=[0, 1] * (n // 2))
    subject = Subject.of(GNN("gcn", 1, 2, 1, 2, seed=0), graph)
    subject.pair = (9, 200)
    facts = facts_of(page_of(subject, 9))
    assert [node["i"] for node in facts["nodes"]] == [8, 9, 199, 200]
    assert any("all that node 9 and node 200 hear from in 1 step" in note for note in facts["notes"])


def test_what_is_behind_the_nodes_output_is_on_the_page_before_the_rest():
    a, b, c, d = [Value(float(k)) for k in range(4)]
    other, output = (c * d).tanh(), (a * b).tanh()
    values = PageValues()
    for value in (other, output):
        values.ref(value)
    assert values.add_parents(3, [output]) == 1
    assert all(value in values for value in (a, b)) and not any(value in values for value in (c, d))


def test_a_node_that_many_thousands_are_heard_by_still_has_a_page_below_2_mb():
    n = 700
    spokes = list(range(1, n))
    edges = EdgeIndex((spokes + [0] * (n - 1), [0] * (n - 1) + spokes))
    graph = Graph(edges, x=[[1.0]] * n, y=[i % 2 for i in range(n)])
    page = explain(GNN("gcn", 1, 16, 2, 2, seed=0), graph, node=0)
    assert len(page.encode()) < MOST_BYTES


@pytest.mark.parametrize(
    "conv", ["sage", "gat", "gatv2", "gin", "graph", "sg", "tag", "cheb", "edge", "gcn2"]
)
def test_models_of_other_convolutions_have_pages(conv):
    options = {"conv_kwargs": {"alpha": 0.1}} if conv == "gcn2" else {"K": 2} if conv == "cheb" else {}
    graph = load("karate")[0]
    facts = facts_of(explain(GNN(conv, 34, 4, 2, 4, seed=1, **options), graph, node=16))
    for layer in facts["layers"]:
        assert layer["passings"][0]["messages"]


def test_a_single_layer_and_a_network_have_pages():
    graph, _ = karate()
    assert facts_of(explain(GCNConv2(), graph, node=0))["layers"][0]["module"] == "GCNConv(34 -> 4)"
    facts = facts_of(explain(Network(GCNConv(34, 4), Linear(4, 4)), graph, node=0))
    assert [part["name"] for part in facts["layers"][0]["after"]] == ["module_1"]


class GCNConv2(GCNConv):
    """A convolution that takes a graph."""

    def __init__(self):
        super().__init__(34, 4)

    def forward(self, graph):
        return super().forward(graph.x, graph.edge_index)

    def __repr__(self):
        return "GCNConv(34 -> 4)"


def test_the_next_step_is_the_optimizers_or_none():
    graph, model = karate()
    facts = facts_of(explain(model, graph, node=0, optimizer=Adam(model.parameters())))
    assert facts["optimizer"]["groups"][0]["t"] == 1 and facts["optimizer"]["groups"][0]["remembers"] == []
    assert len(facts["weights"]) == len(facts["group_of_weight"]) == len(model.parameters())
    assert facts_of(explain(model, graph, node=0))["optimizer"] is None
    optimizer = SGD(model.parameters(), lr=0.1)
    other = facts_of(explain(model, graph, node=0, optimizer=optimizer))
    cross_entropy(model(graph), graph.y, mask=graph.train_mask).backward()
    after = unpacked(other["optimizer"]["after"])
    optimizer.step()
    made = {
        f"{name}[{i}]": w.data
        for name, bias in model.named_parameters()
        if "bias" in name
        for i, w in enumerate(bias)
    }
    found = {other["parameters"][str(v)]: x for v, x in zip(other["weights"], after)}
    assert {name: found[name] for name in made} == pytest.approx(made, rel=1e-12)


def test_clipping_is_part_of_the_step():
    graph, model = karate()
    subject = Subject.of(model, graph, None, SGD(model.parameters(), lr=1.0), clip_norm=0.001)
    facts = facts_of(page_of(subject, 0))
    assert facts["optimizer"]["clip_norm"] == 0.001
    moved = [a - facts["data"][v] for v, a in zip(facts["weights"], unpacked(facts["optimizer"]["after"]))]
    assert sum(x * x for x in moved) ** 0.5 == pytest.approx(0.001, rel=1e-4)


def test_what_training_does_otherwise_is_said():
    graph, model = karate(dropout=0.5, norm="batch_norm")
    [note] = facts_of(explain(model, graph, node=0))["notes"]
    assert "dropout is off and batch norms use their running means" in note


def test_a_loss_of_ones_own_is_what_is_followed_back():
    graph, model = karate()
    facts = facts_of(explain(model, graph, node=0, loss=lambda out: out[5][1] * 2.0))
    assert facts["ops"][facts["op"][facts["loss"]]] == ["*"]


def test_constants_of_operations_of_every_kind_are_on_the_page():
    """Tuples, as the targets of a regression, and what JSON has no number for."""
    graph = Graph(([0, 1], [1, 0]), x=[[1.0], [2.0]], y=[0.5, 2.0])
    facts = facts_of(explain(GNN("gcn", 1, 2, 2, 1, seed=0), graph, node=0))
    assert ["mse_loss", [0.5]] in facts["ops"]
    model = GNN("gcn", 1, 2, 2, 1, seed=0)
    facts = facts_of(explain(model, graph, node=0, loss=lambda out: out[0][0].clamp(0.0)))
    assert ["clamp", 0.0, "inf"] in facts["ops"]


def test_a_model_of_links_is_explained(capsys, tmp_path):
    run, path = str(tmp_path / "run"), tmp_path / "page.html"
    assert main(["train", "karate", "--task", "link", "--hidden", "4", "--epochs", "2", "--out", run]) == 0
    assert main(["explain", run, "--node", "3", "-o", str(path), "--no-pyg"]) == 0
    facts = facts_of(path.read_text("utf-8"))
    assert any("drawn with the run's seed" in note for note in facts["notes"])
    assert 0.5 < facts["data"][facts["loss"]] < 1.5
    assert any(op[0] == "bce_with_logits" for op in facts["ops"])


def test_options_of_convolutions_are_given_or_asked_for(capsys, tmp_path):
    command = [
        "explain",
        "karate",
        "--node",
        "8",
        "--hidden",
        "2",
        "-o",
        str(tmp_path / "p.html"),
        "--no-pyg",
    ]
    assert main([*command, "--model", "cheb", "--conv", "K=2"]) == 0
    assert main([*command, "--model", "cheb"]) == 2
    assert "without conv options it does not fit cheb" in capsys.readouterr().err


def test_positions_are_within_the_square_and_apart():
    graph = load("karate")[0]
    found = layout(34, list(zip(*graph.edge_index)), [0] * 34)
    assert all(0.0 <= x <= 1.0 and 0.0 <= y <= 1.0 for x, y in found)
    assert min((a - c) ** 2 + (b - d) ** 2 for k, (a, b) in enumerate(found) for c, d in found[:k]) > 0.01**2
    assert layout(1, [], [0]) == [(0.5, 0.5)] and layout(0, [], []) == []


def test_a_name_neither_widens_the_page_nor_turns_the_numbers_behind_it():
    names = ["n" * 10_000, "two\nlines", "\u202eexe", "\u05d0\u05d1"]
    ring = ([0, 1, 2, 3], [1, 2, 3, 0])
    graph = Graph(ring, x=[[1.0], [0.5], [2.0], [0.1]], y=[0, 1, 0, 1], node_ids=names)
    found = facts_of(explain(GNN("gcn", 1, 2, 1, 2, seed=0), graph, node=0))["names"]
    assert [*found.values()] == ["n" * 99 + "…", "two lines", "\\u202eexe", "\u2068\u05d0\u05d1\u2069"]


def test_the_command_writes_the_page_of_a_run(capsys, tmp_path):
    run, page = str(tmp_path / "run"), tmp_path / "page.html"
    assert main(["train", "karate", "--hidden", "4", "--epochs", "5", "--out", run]) == 0
    capsys.readouterr()
    assert main(["explain", run, "--node", "17", "-o", str(page), "--no-pyg"]) == 0
    assert re.match(rf"node 17 of {run}: karate, the weights after epoch \d -> ", capsys.readouterr().out)
    facts = facts_of(page.read_text("utf-8"))
    assert facts["node"] == 17 and facts["optimizer"]["groups"][0]["t"] > 1


def test_the_command_explains_graphs_of_a_task_of_graphs(capsys, tmp_path):
    graphs = [
        Graph(([0, 1, 1, 2], [1, 0, 2, 1]), x=[[1.0], [float(k)], [0.5]], y=[k % 2], y_level="graph")
        for k in range(6)
    ]
    from tinygnn.commands.subject import Asked, subject_in
    from tinygnn.experiment import Experiment
    from tinygnn.settings import TrainSettings

    subject = subject_in(Experiment.of(TrainSettings(source="six", hidden=4), graphs), Asked(2), "six")
    assert subject.graph.num_nodes == 3 and len(subject.outputs) == 1
    with pytest.raises(ValueError, match="--graph 9: there are 6"):
        subject_in(Experiment.of(TrainSettings(source="six", hidden=4), graphs), Asked(9), "six")


def kept_run(folder, *more):
    run = str(folder / "run")
    assert (
        main(["train", "karate", "--hidden", "4", "--epochs", "10", "--out", run, "--keep-every", "4", *more])
        == 0
    )
    return run


def test_the_page_of_a_run_has_the_epochs_that_it_kept(capsys, tmp_path):
    run, page = kept_run(tmp_path), tmp_path / "page.html"
    assert main(["explain", run, "--node", "8", "-o", str(page), "--no-pyg"]) == 0
    facts = facts_of(page.read_text("utf-8"))
    assert [moment["epoch"] for moment in facts["moments"]] == [0, 4, 8, 10]
    assert facts["moment"] == 3
    capsys.readouterr()
    assert main(["train", "karate", "--hidden", "4", "--epochs", "10", "--json"]) == 0
    history = json.loads(capsys.readouterr().out)["history"]
    for moment in map(numbers_of, facts["moments"]):
        assert moment["data"][facts["loss"]] == history[moment["epoch"]]["train_loss"]
        assert moment["optimizer"]["groups"][0]["t"] == moment["epoch"] + 1


def test_an_epoch_that_was_kept_can_be_chosen(capsys, tmp_path):
    run, page = kept_run(tmp_path), tmp_path / "page.html"
    assert main(["explain", run, "--node", "8", "-o", str(page), "--no-pyg", "--epoch", "4"]) == 0
    facts = facts_of(page.read_text("utf-8"))
    assert facts["epoch"] == 4 and [moment["epoch"] for moment in facts["moments"]] == [0, 4, 8, 10]
    assert main(["trace", run, "--node", "8", "--epoch", "5"]) == 2
    assert "keeps no epoch 5: it keeps 0, 4, 8, 10" in capsys.readouterr().err


def test_epochs_are_spread_where_not_all_fit():
    from tinygnn.explain.page import _spread

    assert _spread(11, 5) == [0, 2, 5, 8, 10] and _spread(3, 5) == [0, 1, 2]
    assert _spread(9, 2) == [0, 8] and _spread(9, 1) == [] and _spread(0, 3) == []


def test_what_pyg_says_stands_beside_the_messages_that_are_shown():
    graph, model = karate()

    def compare(tape):
        found = []
        for call in tape.layers:
            [passing] = call.passings
            size = len(passing.messages)
            found.append(Agreement("other 1.0", 3e-16, [[0.0] * size], [[None] * size]))
        return found

    facts = facts_of(explain(model, graph, node=0, compare=compare))
    for agreement, layer in zip(facts["agreements"], facts["layers"]):
        assert agreement["library"] == "other 1.0" and agreement["outputs"] == -15
        assert agreement["messages"] == [[-999] * len(layer["passings"][0]["messages"])]
        assert set(agreement["gradients"][0]) == {None}
