"""The picture of an autograd graph: what stands in it, where, and that it is the same each time."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest

from tinygnn import Value
from tinygnn.explain import draw, to_dot
from tinygnn.explain.value_graph import ValueGraph
from tinygnn.linalg import dot

SVG = "{http://www.w3.org/2000/svg}"


def texts(picture):
    """All pieces of text that are shown."""
    return [element.text for element in ET.fromstring(picture).iter(f"{SVG}text")]


def places(picture):
    """Where the box of each title stands."""
    found = {}
    for group in ET.fromstring(picture).iter(f"{SVG}g"):
        x, y = map(float, group.get("transform")[len("translate(") : -1].split())
        found.setdefault(group.find(f"{SVG}text").text, (x, y))
    return found


def squares():
    a, b = Value(2.0), Value(-3.0)
    return a, b, a * b + a**2


def test_a_box_shows_operation_number_and_gradient():
    a, b, c = squares()
    c.backward()
    picture = draw(c, names={a: "a", b: "b"})
    assert sorted(texts(picture)) == sorted(
        [
            "a",
            "data 2",
            "grad 1",
            "b",
            "data -3",
            "grad 2",
            "*",
            "data -6",
            "grad 1",
            "** 2",
            "data 4",
            "grad 1",
        ]
        + ["+", "data -2", "grad 1"]
    )


def test_tooltips_hold_all_digits_and_the_local_derivatives():
    x = Value(0.1 + 0.2)
    picture = draw(x * 3.0)
    titles = [element.text for element in ET.fromstring(picture).iter(f"{SVG}title")]
    assert "leaf: data 0.30000000000000004, grad 0.0" in titles
    assert titles.count("3.0") == 1 and titles.count("0.30000000000000004") == 1


def test_what_a_value_is_made_from_stands_left_of_it():
    a, b, c = squares()
    found = places(draw(c, names={a: "a", b: "b"}))
    assert found["a"][0] == found["b"][0] < found["*"][0] == found["** 2"][0] < found["+"][0]


def test_no_two_boxes_overlap():
    values = [Value(float(k)) for k in range(7)]
    sums = [dot(values, [float(k + j) for j in range(7)]) for k in range(5)]
    graph = ValueGraph.of(dot(sums, sums), 200)
    assert sorted(map(len, graph.columns())) == [1, 5, 7]
    boxes = list(ET.fromstring(draw(graph.output)).iter(f"{SVG}g"))
    assert len({element.get("transform") for element in boxes}) == 13


def test_a_value_used_twice_by_one_operation_has_two_lines():
    a = Value(3.0)
    assert draw(a * a).count('class="edge"') == 2


def test_no_line_runs_through_a_box():
    """A leaf that is used by operations in several columns: its lines pass between the boxes."""
    a, b = Value(2.0), Value(3.0)
    y = ((a * b + a) * a).tanh() + a
    y.backward()
    root = ET.fromstring(draw(y))
    boxes = [
        tuple(map(float, g.get("transform")[len("translate(") : -1].split())) for g in root.iter(f"{SVG}g")
    ]
    lines = [path.get("d") for path in root.iter(f"{SVG}path")]
    straight = [found for line in lines for found in re.findall(r" ([\d.]+) ([\d.]+)H([\d.]+)", line)]
    assert len(straight) == 1 + 2 + 4  # columns that the lines of a pass, on the way to each of its uses
    for left, height, right in [tuple(map(float, found)) for found in straight]:
        assert not any(x < right and left < x + 148 and y <= height <= y + 50 for x, y in boxes)


def test_names_are_escaped():
    a = Value(1.0)
    picture = draw(a + 1.0, names={a: "<script>alert('x')</script>"})
    assert "<script>" not in picture
    assert "<script>alert('x'…" in texts(picture)


def test_a_large_graph_is_cut_to_the_values_closest_to_the_output():
    x = [Value(1.0) for _ in range(1000)]
    y = dot(x, [1.0] * 1000).tanh()
    picture = draw(y, max_nodes=50)
    assert "50 of 1002 Values" in picture
    assert "+952" in texts(picture)
    assert "952 more parents" in picture


def test_nothing_is_left_out_of_two_hundred_values():
    x = [Value(1.0) for _ in range(199)]
    assert "200 Values" in draw(dot(x, [1.0] * 199))
    assert "200 of 201 Values" in draw(dot([*x, Value(1.0)], [1.0] * 200))


def test_a_chain_of_a_hundred_thousand_values_is_no_problem():
    x = Value(0.5)
    for _ in range(100_000):
        x = x + 0.0
    assert "200 of 200001 Values" in draw(x)


def test_the_same_graph_gives_the_same_bytes():
    assert draw(squares()[2]) == draw(squares()[2])
    assert to_dot(squares()[2]) == to_dot(squares()[2])


def test_nan_and_infinities_are_drawn_as_such():
    picture = draw(Value(-1.0).log() + Value(0.0).log())
    assert {"data nan", "data -inf"} <= set(texts(picture))


def test_a_single_leaf_is_a_picture_too():
    assert texts(draw(Value(-0.0))) == ["leaf", "data 0", "grad 0"]


def test_max_nodes_is_at_least_one():
    with pytest.raises(ValueError, match="max_nodes is 0"):
        draw(Value(1.0), max_nodes=0)


def test_dot_names_values_quotes_names_and_says_what_is_missing():
    a, b = Value(2.0), Value(3.0)
    text = to_dot(a * b, names={a: 'a "quoted" \\'}, max_nodes=2)
    assert 'v1 [label="a \\"quoted\\" \\\\\\ndata 2\\ngrad 0"];' in text
    assert 'v1 -> v0 [label="3"];' in text
    assert 'more0 [label="1 more parent", style=dashed];' in text
