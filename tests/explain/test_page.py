"""The page of a node: whole in itself, safe, small, and the same each time; see test_page_in_browser too."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from hashlib import sha256

import pytest

from tinygnn import GNN, EdgeIndex, Graph, Network, cross_entropy
from tinygnn.adapters import load
from tinygnn.cli import main
from tinygnn.explain import explain
from tinygnn.explain.layout import layout
from tinygnn.explain.page import MOST_BYTES
from tinygnn.nn import GCNConv, Linear
from tinygnn.optim import SGD, Adam


def karate(**options):
    graph = load("karate")[0]
    return graph, GNN("gcn", graph.num_features, 4, 2, 4, seed=1, **options)


def facts_of(page):
    [text] = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
    return json.loads(text)


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
    assert [facts["data"][v] for v in row] == pytest.approx([v.data for v in outputs[16]], rel=1e-9)
    loss = cross_entropy(outputs, graph.y, mask=graph.train_mask)
    loss.backward()
    assert facts["data"][facts["loss"]] == pytest.approx(loss.data, rel=1e-9)
    names = {name: int(v) for v, name in facts["parameters"].items()}
    weight = model.convs[1].lin.weight[2][3]
    assert facts["grad"][names["convs.1.lin.weight[2][3]"]] == pytest.approx(weight.grad, rel=1e-9)


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


def test_the_next_step_is_adams_or_none():
    graph, model = karate()
    adam = facts_of(explain(model, graph, node=0, optimizer=Adam(model.parameters())))["optimizer"]
    assert adam["groups"][0]["t"] == 1 and len(adam["of"]) == len(model.parameters())
    assert facts_of(explain(model, graph, node=0))["optimizer"] is None
    other = facts_of(explain(model, graph, node=0, optimizer=SGD(model.parameters(), lr=0.1)))["optimizer"]
    assert other == {"name": "SGD"}


def test_a_loss_of_ones_own_is_what_is_followed_back():
    graph, model = karate()
    facts = facts_of(explain(model, graph, node=0, loss=lambda out: out[5][1] * 2.0))
    assert facts["ops"][facts["op"][facts["loss"]]] == "*"


def test_positions_are_within_the_square_and_apart():
    graph = load("karate")[0]
    found = layout(34, list(zip(*graph.edge_index)), [0] * 34)
    assert all(0.0 <= x <= 1.0 and 0.0 <= y <= 1.0 for x, y in found)
    assert min((a - c) ** 2 + (b - d) ** 2 for k, (a, b) in enumerate(found) for c, d in found[:k]) > 0.01**2
    assert layout(1, [], [0]) == [(0.5, 0.5)] and layout(0, [], []) == []


def test_the_command_writes_the_page_of_a_run(capsys, tmp_path):
    run, page = str(tmp_path / "run"), tmp_path / "page.html"
    assert main(["train", "karate", "--hidden", "4", "--epochs", "5", "--out", run]) == 0
    capsys.readouterr()
    assert main(["explain", run, "--node", "17", "-o", str(page)]) == 0
    assert re.match(rf"node 17 of {run}: karate, the weights after epoch \d -> ", capsys.readouterr().out)
    facts = facts_of(page.read_text("utf-8"))
    assert facts["node"] == 17 and facts["optimizer"]["groups"][0]["t"] > 1


def test_the_command_explains_graphs_of_a_task_of_graphs(capsys, tmp_path):
    graphs = [
        Graph(([0, 1, 1, 2], [1, 0, 2, 1]), x=[[1.0], [float(k)], [0.5]], y=[k % 2], y_level="graph")
        for k in range(6)
    ]
    from tinygnn.commands.subject import _subject
    from tinygnn.experiment import Experiment
    from tinygnn.settings import TrainSettings

    subject = _subject(Experiment.of(TrainSettings(source="six", hidden=4), graphs), 2, "six")
    assert subject.graph.num_nodes == 3 and len(subject.outputs) == 1
    with pytest.raises(ValueError, match="--graph 9: there are 6"):
        _subject(Experiment.of(TrainSettings(source="six", hidden=4), graphs), 9, "six")
