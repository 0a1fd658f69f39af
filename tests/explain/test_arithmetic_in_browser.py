"""Whatever a page works out, a calculator gets too: values, gradients, steps of optimizers, every epoch."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tinygnn import GNN, EdgeIndex, Graph, cross_entropy
from tinygnn.adapters import load
from tinygnn.cli import main
from tinygnn.explain import explain
from tinygnn.explain.agreement import Agreement
from tinygnn.explain.expression import plain_number
from tinygnn.explain.formulas import expression_of
from tinygnn.explain.page import page_of
from tinygnn.explain.slopes import slope_of
from tinygnn.explain.subject import Subject
from tinygnn.optim import SGD, Adagrad, Adam, AdamW, RMSprop

LINES = "return [...document.querySelectorAll('.work li, #loss li')].map((li) => `   ${li.textContent}`)"


def lines_of(page):
    """All that is worked out of every entry, in both modes and every layer, and how much it is."""
    found = []
    for layer in range(len(page.find("#layer option"))):
        choose(page, "layer", layer)
        for mode in ("values", "gradients"):
            page.find(f"#{mode}")[0].click()
            for entry in range(len(page.find("#entry option")) - 1):
                choose(page, "entry", entry)
                found += page.browser.execute_script(LINES)
    return found


def choose(page, control, index):
    script = "const e = document.getElementById(arguments[0]); e.selectedIndex = arguments[1]; e.onchange()"
    page.browser.execute_script(script, control, index)


def written(path, text):
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize(
    ("conv", "options"),
    [
        ("gcn", {"norm": "graph_norm", "act": "tanh"}),
        ("gat", {"heads": 2, "act": "elu"}),
        ("sage", {"aggr": "max"}),
        ("cheb", {"K": 3}),
    ],
)
def test_every_line_can_be_recomputed_from_the_numbers_in_it(visit, tmp_path, check_lines, conv, options):
    graph = load("karate")[0]
    model = GNN(conv, 34, 2, 2, 4, seed=1, **options)
    page = visit(written(tmp_path / "page.html", explain(model, graph, node=8)))
    lines = lines_of(page)
    lines = [line for line in lines if "what rounding leaves" not in line]
    assert check_lines("\n".join(lines)) > 60
    unexplained = "return D.parents.filter((p, v) => p.length && expressionOf(v) === null).length"
    assert page.browser.execute_script(unexplained) == 0
    assert page.errors() == []


def test_the_page_writes_numbers_and_formulas_as_the_library_does(visit, tmp_path):
    graph = load("karate")[0]
    subject = Subject.of(GNN("gatv2", 34, 4, 2, 4, seed=1, act="softplus"), graph)
    page = visit(written(tmp_path / "page.html", page_of(subject, 8)))
    outputs = subject.tape["convs.1"].output[8]
    places = page.browser.execute_script("return D.rows[D.layers[1].output[8]]")
    for value, place in zip(outputs, places):
        stack = [(value, place)]
        for _ in range(40):
            v, at = stack.pop()
            made = expression_of(v)
            if made is not None and len(v.parents) <= 60:
                text = page.browser.execute_script("return written(expressionOf(arguments[0]), 6)", at)
                assert text == made.text(6)
            parents = page.browser.execute_script("return D.parents[arguments[0]]", at)
            stack = [*zip(v.parents, parents), *stack] or [(value, place)]
    numbers = [0.0, -0.0, 1e-5, 123456.7, 1234567.0, -1e300, 0.1, 1 / 3, 99999.95, 5e-324, 2.5e-4]
    for digits in (4, 6, 10, 17):
        script = f"return arguments[0].map((x) => general(x, {digits}))"
        assert page.browser.execute_script(script, numbers) == [plain_number(x, digits) for x in numbers]


def test_a_degree_of_0_divides_nothing_and_numbers_that_are_none_are_shown(visit, tmp_path, check_lines):
    x = [[1.5], [-0.25], [0.75]]
    graph = Graph(([0, 1], [1, 2]), x=x, y=[0, 1, 0])  # nobody sends to node 0
    model = GNN("tag", 1, 2, 1, 2, seed=1)
    page = visit(written(tmp_path / "page.html", explain(model, graph, node=1)))
    assert check_lines("\n".join(lines_of(page))) > 10
    optimizer = SGD(model.parameters(), 0.1)
    lost = Subject.of(model, replace(graph, x=[[float("nan")], *x[1:]]), None, optimizer, clip_norm=1.0)
    page = visit(written(tmp_path / "page.html", page_of(lost, 1)))
    assert set(page.texts("table[data-part=sum] tr.sum:last-child td button")) == {"nan"}
    assert page.errors() == []


EVERY = """
const told = (e) => e && [written(e, 17), e.compute(e.numbers)];
return arguments[0].map(([op, constants, x, y]) =>
  [told(FORMULAS[op](x, constants)), x.map((_, k) => told(SLOPES[op]?.(x, k, y, constants) ?? null))]);
"""


def test_the_page_works_out_every_activation_and_loss_as_the_library_does(visit, tmp_path, operations):
    """Text and number of both, from the operations that test_formulas.py takes one by one."""
    values = list(dict.fromkeys(value for made in operations.values() for value in made))
    values = [v for v in values if v.op not in ("dot", "affine") and v.op[0] != "linear_combination"]
    told = []
    for value in values:
        op, *constants = (value.op,) if isinstance(value.op, str) else value.op
        told.append([op, constants, [parent.data for parent in value.parents], value.data])
    graph = Graph(EdgeIndex(([0, 1], [1, 0])), x=[[0.5], [0.25]], y=[0, 1])
    page = visit(written(tmp_path / "p.html", explain(GNN("gcn", 1, 2, 2, 2, seed=0), graph, node=0)))
    found = page.browser.execute_script(EVERY, told)
    for value, ((text, number), slopes) in zip(values, found, strict=True):
        assert text == expression_of(value).text(17)
        assert number == pytest.approx(value.data, rel=1e-13, abs=1e-15)
        for k, partial in enumerate(value.partials):
            slope = slope_of(value, k)
            if slope is None:
                assert slopes[k] is None, value.op
            else:
                assert slopes[k] == [slope.text(17), pytest.approx(partial, rel=1e-13, abs=1e-15)], value.op


OPTIMIZERS = {
    "Adam": lambda w: Adam(w, 0.01, weight_decay=0.01, amsgrad=True),
    "AdamW": lambda w: AdamW(w, 0.01, weight_decay=0.1),
    "SGD": lambda w: SGD(w, 0.1),
    "SGD, nesterov": lambda w: SGD(w, 0.1, 0.9, nesterov=True, weight_decay=0.01, maximize=True),
    "RMSprop": lambda w: RMSprop(w, 0.01, momentum=0.9),
    "Adagrad": lambda w: Adagrad(w, 0.1, lr_decay=0.1),
}
STEPS = """
return D.weights.map((v, at) => {
  const lines = [];
  const next = nextWeight(at, (id, left, parts, x) => lines.push([left, x]));
  return [D.parameters[v], [...lines.slice(0, -1), ["new w", next]]];
});
"""


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_step_of_every_weight_is_the_optimizers_to_the_last_bit(visit, tmp_path, check_lines, name):
    graph = load("karate")[0]
    model = GNN("gcn", 34, 2, 2, 4, seed=1)
    optimizer = OPTIMIZERS[name](model.parameters())
    for _ in range(3):
        optimizer.zero_grad()
        cross_entropy(model(graph), graph.y, mask=graph.train_mask).backward()
        optimizer.step()
    subject = Subject.of(model, graph, None, optimizer, clip_norm=0.1)
    page = visit(written(tmp_path / "page.html", page_of(subject, 8)))
    places = {name: value for value, name in subject.parameter_names().items()}
    steps = page.browser.execute_script(STEPS)
    assert len(steps) == len(model.parameters())
    for weight, lines in steps:
        expected = [(line.name, line.number) for line in subject.step.lines(places[weight])]
        assert [tuple(line) for line in lines] == expected[2:]
    assert page.texts("#after")[0].endswith("the same number to the last bit.")
    shown = page.texts("#update li")
    arithmetic = [
        f"   {line}" for line in shown if not any(word in line for word in ("d loss", "bit", "norm"))
    ]
    assert check_lines("\n".join(arithmetic)) >= 2


def test_the_slider_goes_through_the_epochs_that_were_kept(visit, tmp_path, capsys):
    from selenium.webdriver.common.keys import Keys

    short = ["train", "karate", "--hidden", "4", "--epochs", "6"]
    assert main([*short, "--json"]) == 0
    history = json.loads(capsys.readouterr().out)["history"]
    run, path = str(tmp_path / "run"), tmp_path / "page.html"
    assert main([*short, "--keep-every", "2", "--out", run]) == 0
    assert main(["explain", run, "--node", "8", "-o", str(path), "--no-pyg"]) == 0
    page = visit(path)
    [slider], seen = page.find("#epoch"), []
    for _ in range(4):
        seen.append(page.texts("#epoch-now")[0])
        assert slider.get_dom_attribute("aria-valuetext") == seen[-1]
        slider.send_keys(Keys.ARROW_LEFT)
    expected = [f"epoch {k}, loss {plain_number(history[k]['train_loss'])}" for k in (6, 4, 2, 0)]
    assert seen == expected
    assert page.texts("#loss li[data-line=loss] button") == [plain_number(history[0]["train_loss"])]
    assert page.texts("#update-title")[0].startswith("Step 1 of Adam")
    assert "to the last bit" in page.texts("#after")[0]


def test_digits_can_be_had_to_the_last(visit, tmp_path):
    graph = load("karate")[0]
    subject = Subject.of(GNN("gcn", 34, 4, 2, 4, seed=1), graph)
    page = visit(written(tmp_path / "page.html", page_of(subject, 8)))
    choose(page, "digits", 3)
    [row] = page.find("table[data-part=sum] tr.sum:last-child")
    shown = [float(button.text) for button in row.find_elements("css selector", "button")]
    assert shown == [value.data for value in subject.outputs[8]]


def test_what_another_library_says_stands_beside_each_message(visit, tmp_path):
    def compare(tape):
        found = []
        for call in tape.layers:
            size = len(call.passings[0].messages)
            found.append(Agreement("other 1.0", 3e-16, [[2e-17] * size], [[0.0] * size]))
        found[0] = Agreement("other 1.0", 0.5, *[[[0.5] * len(tape.layers[0].passings[0].messages)]] * 2)
        return found

    graph = load("karate")[0]
    page = visit(
        written(
            tmp_path / "p.html", explain(GNN("gcn", 34, 4, 2, 4, seed=1), graph, node=16, compare=compare)
        )
    )
    assert "other 1.0 agrees to" in page.texts("table[data-part=messages] thead th")
    assert page.texts("table[data-part=messages] td.pyg") == ["1e-16"] * 3
    assert "agrees: its output of this layer is the same to 1e-15" in page.texts("#beside")[0]
    page.find("#gradients")[0].click()
    assert page.texts("table[data-part=messages] td.pyg") == ["every bit"] * 3
    choose(page, "layer", 0)
    assert page.texts("table[data-part=messages] td.pyg") == ["no: 1e+00"] * 3
    assert "gives another output of this layer: up to 1e+00 away" in page.texts("#beside")[0]


def test_a_graph_as_a_whole_is_followed_to_its_loss(visit, tmp_path, check_lines):
    graph = Graph(EdgeIndex(([0, 1, 1, 2], [1, 0, 2, 1])), x=[[1.0], [2.0], [0.5]], y=[1], y_level="graph")
    model = GNN("gcn", 1, 3, 2, 2, readout="mean", seed=0)
    subject = Subject.of(model, graph, lambda out: cross_entropy(out, [1]))
    page = visit(written(tmp_path / "page.html", page_of(subject, 1)))
    totals = page.texts("table[data-part=graphs]:last-of-type td button")
    assert totals == [plain_number(value.data) for value in subject.outputs[0]]
    assert check_lines("\n".join(lines_of(page))) > 20
    assert page.errors() == []


def test_a_node_of_many_neighbours_shows_some_and_all_when_asked(visit, tmp_path):
    spokes = list(range(1, 61))
    edges = EdgeIndex((spokes + [0] * 60, [0] * 60 + spokes))
    graph = Graph(edges, x=[[0.1 * i] for i in range(61)], y=[i % 2 for i in range(61)])
    page = visit(written(tmp_path / "p.html", explain(GNN("gcn", 1, 16, 2, 2, seed=0), graph, node=0)))
    assert len(page.find("table[data-part=messages] tr[data-source]")) == 16
    page.find("button[data-all=messages]")[0].click()
    assert len(page.find("table[data-part=messages] tr[data-source]")) == 61


def test_wide_rows_show_some_columns_with_the_one_that_is_worked_out_and_all_when_asked(visit, tmp_path):
    graph = Graph(EdgeIndex(([0, 1], [1, 0])), x=[[0.5], [0.25]], y=[0, 1])
    page = visit(written(tmp_path / "p.html", explain(GNN("gcn", 1, 12, 2, 2, seed=0), graph, node=0)))
    choose(page, "layer", 0)
    choose(page, "entry", 10)
    heads = "table[data-part=sum] thead th"
    assert page.texts(heads) == ["entry", *[f"[{c}]" for c in [*range(8), 10]]]
    assert page.texts("button[data-all=sum]") == ["show 3 more columns"]
    page.find("button[data-all=sum]")[0].click()
    assert page.texts(heads) == ["entry", *[f"[{c}]" for c in range(12)]]
    assert page.find("button[data-all]") == []
