"""The picture of a node: what it says, and that the README's is made by this code."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tinygnn import GNN, EdgeIndex, Graph
from tinygnn.adapters import load
from tinygnn.cli import main
from tinygnn.explain.picture import picture
from tinygnn.explain.subject import Subject
from tinygnn.optim import SGD

ROOT = Path(__file__).parents[2]
OPENING = ROOT / "docs" / "pictures" / "node.svg"
SPACE = "{http://www.w3.org/2000/svg}"


def texts(svg):
    return ["".join(element.itertext()) for element in ElementTree.fromstring(svg).iter(f"{SPACE}text")]


def small(**options):
    """Node 1 hears 3 from node 0 and 2 from node 2, each times 2 ... and from nobody else."""
    graph = Graph(EdgeIndex(([0, 2], [1, 1])), x=[[3.0], [0.0], [2.0]], y=[0, 1, 0], **options)
    model = GNN("graph", 1, 2, 1, 2, seed=0)
    model.load_state_dict(
        {
            "convs.0.lin_rel.weight": [[2.0], [1.0]], "convs.0.lin_rel.bias": [0.5, 0.0],
            "convs.0.lin_root.weight": [[0.0], [0.0]],
        }
    )  # fmt: skip
    return Subject.of(model, graph, lambda out: out[1][0] * 4.0, SGD(model.parameters(), lr=0.25))


def test_it_says_each_message_their_sum_and_the_way_back():
    shown = texts(picture(small(), 1))
    lines = [tuple(shown[k : k + 3]) for k in range(4, len(shown) - 1, 3)]
    assert lines == [
        ("0 → 1", "1 · 6", "6"),
        ("2 → 1", "1 · 4", "4"),
        ("= messages", "their sum", "10"),
        ("+ own", "", "0"),
        ("+ bias", "", "0.5"),
        ("= output", "entry 0 of node 1", "10.5"),
        ("loss", "", "42"),
        ("back", "d loss / d output of node 1", "4"),
        ("weight", "convs.0.lin_rel.weight[0][0] = 2, its gradient", "20"),
        ("= new w", "after a step of SGD", "-3"),
    ]


def test_names_from_data_stay_text():
    hostile = "<script>alert(1)</script>"
    svg = picture(small(node_ids=[hostile, "b", "&"]), 1)
    assert "<script" not in svg
    assert f"{hostile} → b" in texts(svg)


def test_messages_to_the_node_are_drawn_by_sign_and_size():
    svg = picture(Subject.of(GNN("gcn", 34, 4, 2, 4, seed=0), load("karate")[0]), 8)
    assert len(re.findall(r'<path class="(?:plus|minus)"', svg)) == 5
    assert len(re.findall(r"<circle", svg)) == 34


def test_an_entry_that_is_not_there_is_an_error():
    with pytest.raises(ValueError, match="entry 2: the messages of convs.0 have the entries 0 to 1"):
        picture(small(), 1, entry=2)


@pytest.mark.parametrize("conv", ["gat", "sage", "edge", "gin", "tag"])
def test_pictures_of_other_convolutions_are_drawn(conv):
    options = {"aggr": "max"} if conv == "sage" else {}
    subject = Subject.of(GNN(conv, 34, 4, 2, 4, seed=0, **options), load("karate")[0])
    shown = texts(picture(subject, 16))
    assert "5 → 16" in shown and "= messages" in shown


def test_the_picture_that_the_readme_opens_with_is_made_by_its_commands(tmp_path, monkeypatch):
    """Byte for byte, on every Python: numbers have four digits."""
    readme = (ROOT / "README.md").read_text("utf-8")
    opening = readme.index("](docs/pictures/node.svg)")
    assert opening < readme.index("\n## ")
    run = str(tmp_path / "run")
    assert main(["train", "karate", "--hidden", "8", "--epochs", "60", "--out", run]) == 0
    assert main(["explain", run, "--node", "8", "-o", str(tmp_path / "node.svg"), "--no-pyg"]) == 0
    assert (tmp_path / "node.svg").read_bytes() == OPENING.read_bytes()
