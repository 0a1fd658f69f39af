"""The arithmetic of a node in text: every line's numbers, as printed, give its result."""

from __future__ import annotations

import json
import random

import pytest

from tinygnn import GNN, EdgeIndex, Graph, Value, cross_entropy, mse_loss
from tinygnn.adapters import load
from tinygnn.aggregate import aggregate
from tinygnn.cli import main
from tinygnn.explain.chain import Chain
from tinygnn.explain.expression import plain_number, sum_of_products
from tinygnn.explain.formulas import expression_of
from tinygnn.explain.page import page_of
from tinygnn.explain.slopes import slope_of
from tinygnn.explain.subject import Subject
from tinygnn.explain.trace import trace_facts, trace_text, weight_text
from tinygnn.explain.weight import weight_steps
from tinygnn.linalg import logsumexp
from tinygnn.nn import GCNConv, Module, TopKPooling, global_mean_pool
from tinygnn.optim import Adam


def subject_of(conv="gcn", **options):
    graph = load("karate")[0]
    model = GNN(conv, graph.num_features, 4, 2, 4, seed=1, **options)
    return Subject.of(model, graph, title=conv)


@pytest.mark.parametrize(
    ("conv", "options"),
    [
        ("gcn", {"norm": "layer_norm"}),
        ("sage", {}),
        ("sage", {"aggr": "max"}),
        ("gat", {"heads": 2}),
        ("gatv2", {"act": "elu"}),
        ("gin", {}),
        ("graph", {"act": "tanh"}),
        ("sg", {"K": 2, "act": "leaky_relu"}),
        ("tag", {"K": 1}),
        ("cheb", {"K": 2}),
        ("arma", {"num_stacks": 2}),
        ("gated", {"conv_kwargs": {"num_layers": 2}}),
        ("edge", {}),
        ("appnp", {"K": 2, "alpha": 0.1}),
    ],
)
def test_every_printed_line_can_be_recomputed_from_its_printed_numbers(conv, options, check_lines):
    subject = subject_of(conv, **options)
    node, layers = 11, len(subject.tape.layers)
    for layer in range(layers):
        assert check_lines(trace_text(subject, node, layer)) > 10


def test_what_stands_for_the_normal_distribution_is_said_where_gelu_is_worked_out(check_lines):
    text = trace_text(subject_of(act="gelu"), 16, 0)
    assert "·Φ(" in text and text.endswith("its density.\n")
    assert check_lines(text) > 10
    assert "Φ(x)" not in trace_text(subject_of(), 16, 0)


def test_the_last_line_of_a_layer_is_its_output():
    """The chain arrives at what the model gave."""
    subject = subject_of()
    facts = trace_facts(subject, 16, 1)
    both = next(step for step in facts["steps"] if step["title"] == "Both together")
    assert [line["value"] for line in both["lines"]] == [v.data for v in subject.outputs[16]]
    assert [line["gradient"] for line in both["lines"]] == [v.grad for v in subject.outputs[16]]


def test_messages_and_coefficients_of_karate_by_hand():
    """Node 16 hears from 5 and 6, which have 4 edges each, and from itself, with 2."""
    text = trace_text(subject_of(), 16, 0)
    assert "c 5 -> 16 = 1 / √(5·3) = 0.258199" in text
    assert "c 6 -> 16 = 1 / √(5·3) = 0.258199" in text
    assert "c 16 -> 16 = 1 / √(3·3) = 0.333333" in text


@pytest.mark.parametrize("conv", ["gcn", "gat", "sage"])
def test_gradients_come_from_the_loss_to_the_messages_line_by_line(conv, check_lines):
    subject = subject_of(conv, act="tanh")
    facts = trace_facts(subject, 8, 1)
    backward = next(step for step in facts["steps"] if step["title"].startswith("Backward: what each"))
    lines = {line["name"]: line["value"] for line in backward["lines"]}
    assert lines["d loss / d loss"] == 1.0
    passing = subject.tape.layers[1].passings[0]
    known = {value.grad for row in (subject.outputs[8], passing.aggregates[8]) for value in row}
    assert known <= set(lines.values())
    assert sum("slope of the log softmax" in name for name in lines) == 4
    assert check_lines(trace_text(subject, 8, 0)) > 10


def test_a_weights_gradient_is_the_sum_of_its_parts_and_its_step_the_optimizers(check_lines):
    graph = load("karate")[0]
    model = GNN("gcn", graph.num_features, 4, 2, 4, seed=1)
    optimizer = Adam(model.parameters(), lr=0.01)
    subject = Subject.of(model, graph, None, optimizer)
    parts, step = weight_steps(subject, "convs.1.lin.weight[2][1]")
    weight = model.convs[1].lin.weight[2][1]
    *through, together = parts.lines
    assert all(line.name.startswith("through the row of ") for line in through)
    assert sum(line.number for line in through) == pytest.approx(together.number, rel=1e-12)
    cross_entropy(model(graph), graph.y, mask=graph.train_mask).backward()
    assert together.number == pytest.approx(weight.grad, rel=1e-12)
    assert step.lines[-1].number == subject.step.after[weight]
    assert check_lines(weight_text(subject, "convs.1.lin.weight[2][1]")) > 10
    with pytest.raises(ValueError, match="weight 'convs.1.lin.wait' is not in the model: name one as convs"):
        weight_steps(subject, "convs.1.lin.wait")


def test_one_entry_alone_is_shown_when_asked_for():
    text = trace_text(subject_of(), 16, 1, entry=2)
    assert "[2]" in text and "message 5 -> 16 [2]" in text
    assert "message 5 -> 16 [1]" not in text


def test_a_node_that_hears_from_nobody_says_so():
    lonely = Graph(EdgeIndex(([0], [1])), x=[[1.0], [2.0], [3.0]], y=[0, 1, 0])
    subject = Subject.of(GNN("tag", 1, 2, 1, 2, K=1, seed=0), lonely)
    assert "Node 2 hears from nobody" in trace_text(subject, 2, 0)


def test_digits_grow_where_a_sum_cancels():
    """Six digits of the terms would leave none of the result."""
    line = sum_of_products([], [1.0000000123, -1.0]).equation(1.0000000123 - 1.0)
    assert line == "1.0000000123 + (-1) = 1.23e-08"


def test_what_python_refuses_to_compute_is_written_all_the_same():
    squared = mse_loss([[Value(1e200)]], [[0.0]]).parents[0]
    assert expression_of(squared).equation(squared.data) == "(1e+200 - 0)^2 = inf"
    for value, shown in [
        (Value(0.0).sqrt(), "1 / (2·0) = inf"),
        (Value(0.0).log(), "1 / 0 = inf"),
        (Value(0.0) ** 0.5, "0.5·0^(-0.5) = inf"),
        (2.0 / Value(1e200), "-(2) / 1e+200^2 = 0"),
    ]:
        last = len(value.parents) - 1
        assert slope_of(value, last).equation(value.partials[last]) == shown


def test_what_no_formula_is_known_for_gets_none():
    assert expression_of(Value(1.0)) is None
    assert expression_of(Value(1.0, (Value(2.0),), (0.5,), "halved")) is None


def both(aggr, x, y):
    return aggregate(aggr, [[x], [y]], [[0, 1]])[0][0]


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (lambda x, y: x.silu(), "0.5 / (1 + exp(-(0.5)))"),
        (lambda x, y: x.softplus(), "log(1 + exp(0.5))"),
        (lambda x, y: logsumexp([x, y]), "log(exp(0.5) + exp(-1.5))"),
        (
            lambda x, y: aggregate("std", [[x], [y]], [[0, 1]])[0][0],
            "√(((0.5 - (-0.5))^2 + (-1.5 - (-0.5))^2) / 2)",
        ),
        (
            lambda x, y: aggregate("var", [[x], [y]], [[0, 1]])[0][0],
            "((0.5 - (-0.5))^2 + (-1.5 - (-0.5))^2) / 2",
        ),
    ],
)
def test_formulas_give_the_number_that_was_made(made, text, computed):
    value = made(Value(0.5), Value(-1.5))
    value = value.parents[0] if value.op == "total" else value
    expression = expression_of(value)
    assert expression.text(6) == text
    assert expression.compute(expression.numbers) == pytest.approx(value.data, rel=1e-15)
    assert computed(text) == pytest.approx(value.data, rel=1e-12)


def test_a_number_of_nobody_is_plain():
    assert plain_number(-0.0) == "0"


def test_explaining_changes_neither_gradients_nor_modes():
    graph = load("karate")[0]
    model = GNN("gcn", graph.num_features, 4, 2, 4, seed=1, dropout=0.5)
    model.convs[0].bias[0].grad = 7.0
    Subject.of(model, graph)
    assert model.convs[0].bias[0].grad == 7.0 and model.convs[0].bias[1].grad == 0.0
    assert model.training and model.dropout.training


def test_messages_of_constant_features_have_gradients_on_a_small_graph():
    """GIN adds up x itself: x becomes Values for it."""
    subject = subject_of("gin")
    [passing] = subject.tape.layers[0].passings
    assert any(v.grad != 0.0 for row in passing.messages for v in row)
    assert subject.notes == []


def test_wrong_nodes_layers_and_graphs_are_named():
    subject = subject_of()
    with pytest.raises(ValueError, match="node '34' is not in the graph: give a number from 0 to 33"):
        subject.node("34")
    with pytest.raises(ValueError, match=r"layer '2' is not in the model: choose from 0 \(convs.0\), 1"):
        subject.layer("2")
    assert subject.layer("convs.1") == 1
    with pytest.raises(TypeError, match="loss gave list, not a Value"):
        Subject.of(subject.model, subject.graph, lambda out: out)
    with pytest.raises(ValueError, match="no labels of nodes: give loss"):
        Subject.of(subject.model, Graph(([], []), x=[[0.0] * 34]))


# ---- the command -----------------------------------------------------------------------------------------


def test_the_command_traces_an_untrained_model(capsys, check_lines):
    assert main(["trace", "karate", "--node", "16", "--layer", "1", "--hidden", "4", "--seed", "3"]) == 0
    text = capsys.readouterr().out
    assert text.startswith(
        "karate, untrained weights of seed 3\nconvs.1: GCNConv(4 -> 4), layer 1 of 2, node 16"
    )
    assert check_lines(text) > 30


def test_the_command_traces_the_weights_of_a_run(capsys, tmp_path):
    run = str(tmp_path / "run")
    assert main(["train", "karate", "--hidden", "4", "--epochs", "5", "--out", run]) == 0
    capsys.readouterr()
    assert main(["trace", run, "--node", "3", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)["layers"]
    assert [layer["name"] for layer in facts] == ["convs.0", "convs.1"]
    assert main(["train", "karate", "--hidden", "4", "--epochs", "5", "--json"]) == 0
    losses = json.loads(capsys.readouterr().out)["history"]
    assert facts[0]["loss"] == pytest.approx(losses[5]["train_loss"], rel=1e-12)


def test_the_command_traces_a_weight(capsys):
    command = ["trace", "karate", "--node", "8", "--layer", "1", "--hidden", "4", "--entry", "0"]
    assert main([*command, "--weight", "convs.1.lin.weight[0][1]"]) == 0
    text = capsys.readouterr().out
    assert "w1. The gradient of convs.1.lin.weight[0][1]" in text and "w2. The next step of Adam" in text
    assert main([*command, "--weight", "convs.1.lin.weight[0][1]", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["weight"]
    assert found["steps"][1]["lines"][-1]["name"] == "new w"


def test_the_command_says_what_is_wrong_in_one_line(capsys):
    assert main(["trace", "karate", "--node", "nobody"]) == 2
    assert "node 'nobody' is not in the graph" in capsys.readouterr().err


def test_options_that_would_change_nothing_are_refused(capsys, tmp_path):
    run = str(tmp_path / "run")
    assert main(["train", "karate", "--hidden", "4", "--epochs", "1", "--out", run]) == 0
    for command, said in [
        ([run, "--model", "gat", "--seed", "3"], "is a run, which has its own --model, --seed"),
        (["karate", "--epoch", "4"], "--epoch 4: karate is no run"),
        (["karate", "--hidden", "5", "--entry", "5"], "--entry 5: rows here have 5 columns at most"),
        (["karate", "--entry", "-1"], "--entry -1: rows here have 16 columns at most"),
        (["karate", "--graph", "0"], "--graph 0: the task is of one graph"),
        (["karate", "--with", "4"], "--with 4: the task is not of links"),
    ]:
        assert main(["trace", "--node", "3", *command]) == 2
        assert said in capsys.readouterr().err


def test_a_name_of_several_lines_or_endless_is_one_short_line():
    graph = Graph(([0, 1], [1, 0]), x=[[1.0], [0.5]], y=[0, 1], node_ids=["two\nlines", "n" * 10_000])
    subject = Subject.of(GNN("gcn", 1, 2, 1, 2, seed=0), graph)
    for node in range(2):
        text = trace_text(subject, node, 0) + weight_text(subject, "convs.0.lin.weight[0][0]")
        assert "message two lines -> " in text or "message nnn" in text
        assert max(map(len, text.splitlines())) < 400
        assert "\nlines" not in text
    assert trace_facts(subject, 1, 0)["label"] == "n" * 10_000


@pytest.mark.parametrize("ratio", [0.5, 1.0])
def test_layers_behind_a_pooling_are_not_shown_for_their_nodes_are_others(ratio):
    class Pooled(Module):
        def __init__(self):
            rng = random.Random(0)
            self.first, self.last = GCNConv(1, 2, rng=rng), GCNConv(2, 2, rng=rng)
            self.pool = TopKPooling(2, ratio=ratio, rng=rng)

        def forward(self, graph):
            x, edges, *_ = self.pool(self.first(graph.x, graph.edge_index), graph.edge_index)
            return global_mean_pool(self.last(x, edges), [0] * len(x), 1)

    graph = Graph(([0, 1, 2], [1, 2, 0]), x=[[1.0], [0.5], [2.0]])
    subject = Subject.of(Pooled(), graph, lambda out: cross_entropy(out, [1]))
    assert [call.name for call in subject.layers] == ["first"]
    assert subject.notes == ["Layers behind first are not shown: their nodes are not those of the graph."]
    assert "total [0]" in trace_text(subject, 2, 0) and page_of(subject, 2)


def test_parts_of_the_loss_and_numbered_modules_are_told_apart():
    graph = Graph(([0, 1], [1, 2]), x=[[1.0], [0.5], [2.0]], y=[0, 1, 0], node_ids=["a", "b", "c"])
    text = trace_text(Subject.of(GNN("gin", 1, 2, 1, 2, seed=0), graph), 1, 0)
    for node in "abc":
        assert f"   log softmax of {node} = " in text and f"d loss / d log softmax of {node} = " in text
    assert "   lins.0 [1] = " in text and "   lins.1 [1] = " in text


def test_a_chain_shows_nothing_twice():
    steps = Chain(subject_of("gat", heads=2), 0, 16).steps
    lines = [(line.name, id(line.number)) for step in steps for line in step.lines if line.expression]
    assert len(lines) == len(set(lines))
