"""What notebooks show: small tables, safe and readable in light and dark, of everything one looks at."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from tinygnn import GNN, Graph, Value, cross_entropy
from tinygnn.adapters import load
from tinygnn.history import Epoch, History
from tinygnn.linalg import total
from tinygnn.nn import BatchNorm, Linear
from tinygnn.notebook import MOST_ROWS, sparkline, table
from tinygnn.training import fit

HOSTILE = "<script>alert(1)</script>"


class Reader(HTMLParser):
    """The texts of the cells of a table, row by row, and all tags."""

    def __init__(self, html):
        super().__init__()
        self.rows, self.tags, self.caption, self._inside = [], [], "", ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self._inside = tag
        if tag == "tr":
            self.rows.append([])
        elif tag in ("th", "td"):
            self.rows[-1].append("")

    def handle_data(self, data):
        if self._inside in ("th", "td"):
            self.rows[-1][-1] += data
        elif self._inside == "caption":
            self.caption += data

    def handle_endtag(self, tag):
        self._inside = ""


def read(thing):
    return Reader(thing._repr_html_())


def test_a_graph_shows_sizes_classes_and_masks():
    shown = read(load("karate")[0])
    assert shown.caption == "Graph"
    assert dict(shown.rows) == {
        "nodes": "34", "edges": "156", "x": "34 features of each node",
        "y": "community 0 13, community 1 12, community 2 4, community 3 5", "train_mask": "4 nodes",
        "node_ids": "0, 1, 2, 3, 4, ...", "node_attrs": "club",
    }  # fmt: skip


def test_names_from_data_are_text():
    graph = Graph(
        ([0], [1]), y=[0, 1], class_names=[HOSTILE, "b"], node_ids=[HOSTILE, "&amp;"],
        node_attrs={HOSTILE: [1, 2]},
    )  # fmt: skip
    shown = read(graph)
    assert "script" not in shown.tags
    assert dict(shown.rows)["y"] == f"{HOSTILE} 1, b 1"
    assert dict(shown.rows)["node_ids"] == f"{HOSTILE}, &amp;"
    assert dict(shown.rows)["node_attrs"] == HOSTILE


def test_a_module_shows_its_parameters_and_how_many_numbers():
    model = GNN("gcn", 3, 4, 2, 2, norm="batch_norm", seed=0)
    shown = read(model)
    assert shown.caption == f"{model!r}: {len(model.parameters())} parameters"
    rows = {row[0]: row[1:] for row in shown.rows}
    assert rows["convs.0.lin.weight"][:2] == ["4 × 3", "12"]
    assert rows["norms.0.module.running_mean"][0] == "4, a buffer"
    linear = Linear(2, 1)
    linear.load_state_dict({"weight": [[3.0, 4.0]], "bias": [0.0]})
    assert read(linear).rows[1] == ["weight", "1 × 2", "2", "3.53553"]
    assert read(BatchNorm(1)).rows[0][0] == "name"


def test_a_history_shows_its_first_best_and_last_epoch_and_a_curve():
    graph = load("karate")[0]
    history = fit(GNN("gcn", 34, 4, 2, 4, seed=0), graph, epochs=5)
    shown = read(history)
    assert [row[0] for row in shown.rows] == ["", "first", "last"]
    assert shown.rows[2][:3] == ["last", "5", f"{history[5].loss:.6g}"]
    assert shown.tags.count("polyline") == 1
    assert read(History()).caption == "History: no epoch yet"
    watched = History("val_loss")
    for number, loss in enumerate([0.5, 0.25, 0.75]):
        watched.add(Epoch(number, 1.0, {"val": {"loss": loss}}))
    assert [row[:2] for row in read(watched).rows[1:]] == [["first", "0"], ["best", "1"], ["last", "2"]]


def test_a_value_shows_its_number_and_what_it_was_made_from():
    a, b = Value(2.0), Value(-3.0)
    product = a * b
    product.backward()
    assert read(product).rows == [
        ["number", "-6.0"], ["gradient", "1.0"], ["made by", "*"], ["from 2.0", "slope -3.0"],
        ["from -3.0", "slope 2.0"],
    ]  # fmt: skip
    assert read(a).rows == [["number", "2.0"], ["gradient", "-3.0"]]
    assert read(total([a] * 30)).rows[-1] == ["and 18 more"]
    assert ["made by", "leaky_relu 0.25"] in read(a.leaky_relu(0.25)).rows


def test_a_value_is_drawn_as_svg():
    value = Value(2.0).tanh()
    root = ElementTree.fromstring(value._repr_svg_())
    assert root.tag.endswith("svg")
    assert {"leaf", "tanh"} <= {text.text for text in root.iter("{http://www.w3.org/2000/svg}text")}


@pytest.mark.parametrize(
    "make",
    [
        lambda: load("karate")[0],
        lambda: GNN("gat", 34, 64, 8, 4, seed=0),
        lambda: fit(GNN("gcn", 34, 4, 2, 4, seed=0), load("karate")[0], epochs=300),
        lambda: cross_entropy(GNN("gcn", 34, 4, 2, 4, seed=0)(load("karate")[0]), load("karate")[0].y),
    ],
)
def test_it_is_small_and_takes_its_colours_from_the_page(make):
    html = make()._repr_html_()
    assert len(html) < 20_000
    assert "<script" not in html and "http" not in html
    colours = set(re.findall(r"(?:color|background|stroke):?=?\"?([#\w]+)", html))
    assert colours <= {"inherit", "none", "currentColor"}


def test_of_many_rows_the_last_are_counted():
    shown = Reader(table("many", [[str(k), "x"] for k in range(MOST_ROWS + 7)]))
    assert shown.rows[-1] == ["and 7 more"] and len(shown.rows) == MOST_ROWS + 1


def test_of_endless_names_the_beginning_is_shown():
    names = ["n" * 10_000, "m" * 10_000]
    graph = Graph(([0], [1]), x=[[1.0]] * 2, y=[0, 1], node_ids=names, class_names=names,
                  node_attrs={name: [1, 2] for name in names})  # fmt: skip
    html = graph._repr_html_()
    assert len(html) < 5_000 and "n" * 299 + "…" in html


def test_a_curve_leaves_out_what_is_not_finite():
    assert sparkline([1.0], "one") == "" and sparkline([float("nan")] * 5, "none") == ""
    assert 'points="2,38 158,2"' in sparkline([0.0, float("inf"), 1.0], "two")
    assert 'points="2,2 158,2"' in sparkline([1.0, 1.0], "flat")
