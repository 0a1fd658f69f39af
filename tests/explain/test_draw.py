"""The picture of an autograd graph: what stands in it, where, and that it is the same each time."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygnn import GNN, Graph, Value, cross_entropy
from tinygnn.explain import draw, record, to_dot
from tinygnn.explain.columns import columns
from tinygnn.explain.folding import children_first, folded
from tinygnn.explain.value_graph import ValueGraph, operation
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
    output = dot(sums, sums)
    graph = ValueGraph.of(output, None, None, (), 200)
    assert sorted(map(len, columns(graph.boxes, graph.lines))) == [1, 5, 7]
    boxes = list(ET.fromstring(draw(output)).iter(f"{SVG}g"))
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


def test_names_with_control_characters_leave_the_file_well_formed():
    a, b = Value(1.0), Value(2.0)
    names = {a: "a\x00\x1b\nb", b: "a\x00\x1b\nb"}
    assert "a\\x00\\x1b b" in texts(draw(a * b, names=names))
    assert "1: a\\x00\\x1b b" in texts(draw(a * b, names=names, max_nodes=2))
    assert '"a\\\\x00\\\\x1b b\\ndata 1' in to_dot(a * b, names=names)


def layers(width=60):
    """A sum of tanhs of sums of some leaves and of others, which are in all of them."""
    x, w = [Value(0.1 * k) for k in range(width)], [Value(1.0) for _ in range(width)]
    hidden = [dot([a, b], [a, w[0]]).tanh() for a, b in zip(x, w)]
    return w, dot(hidden, w)


def test_a_large_graph_is_folded_by_operation_and_nothing_is_left_out():
    w, y = layers()
    y.backward()
    shown = texts(draw(y, max_nodes=50, names={v: f"w[{k}]" for k, v in enumerate(w)}))
    titles = ["1: tanh", "2: dot", "3: leaf", "4: w"]
    assert [text for text in shown if text[1:2] == ":"] == titles
    assert shown.count("60 Values") == 4 and {"60 tanh", "60 dot", "60 leaves"} <= set(shown)
    assert "data 0 … 5.9" in shown and "241 Values in 5 boxes; draw(…, open=[1]) opens box 1" in shown
    picture = draw(y, max_nodes=50)
    assert " was made: 241 Values in 4 boxes</title>" in picture and ">240 lines</title>" in picture


def test_a_box_opens_to_its_values_as_far_as_there_is_room():
    _, y = layers()
    shown = texts(draw(y, max_nodes=70, open=[1]))
    assert shown.count("tanh") == 60 and "2: dot" in shown
    shown = texts(draw(y, max_nodes=44, open=[1]))
    assert shown.count("tanh") == 40 and "20 Values" in shown and "1: tanh" in shown
    with pytest.raises(ValueError, match="there is no box 9 to open: choose from 1 to 3"):
        draw(y, max_nodes=50, open=[9])
    with pytest.raises(ValueError, match="each Value has a box of its own already"):
        draw(y, max_nodes=500, open=[1])


def test_with_a_tape_a_layer_is_a_box_and_parameters_have_their_names():
    graph = Graph(([0, 1, 1, 2], [1, 0, 2, 1]), x=[[1.0], [0.0], [2.0]], y=[0, 0, 1])
    model = GNN("gcn", 1, 4, 2, 2, seed=0)
    with record() as tape:
        loss = cross_entropy(model(graph), graph.y)
    titles = [text for text in texts(draw(loss, tape=tape, max_nodes=20)) if ": " in text]
    assert [title.split(": ")[1] for title in titles] == (
        ["log softmax", "convs.1", "convs.1.bias", "act", "convs.1.lin.weight"]
        + ["convs.0", "convs.0.bias", "convs.0.lin.weight"]
    )


VALUES = st.lists(st.tuples(st.integers(0, 9**6), st.integers(0, 9**6), st.sampled_from("+*t")), min_size=1)


@given(VALUES, st.integers(1, 12), st.data())
def test_every_value_is_in_one_box_and_no_way_leads_back_into_one(steps, most, data):
    values = [Value(1.0)]
    for a, b, op in steps:
        a, b = values[a % len(values)], values[b % len(values)]
        values.append(a.tanh() if op == "t" else a * b if op == "*" else a + b)
    order = children_first(values[-1])
    boxes = folded(order, operation, most)
    numbers = [box.number for box in boxes if box.number]
    assert len(boxes) <= max(most, 3) and numbers == list(range(1, len(numbers) + 1))
    opened = data.draw(st.lists(st.sampled_from(numbers), unique=True)) if numbers else []
    boxes = folded(order, operation, most, opened)
    assert sorted(map(id, order)) == sorted(id(value) for box in boxes for value in box.values)
    place = {value: k for k, box in enumerate(boxes) for value in box.values}
    assert all(place[value] <= place[parent] for value in order for parent in value.parents)


def test_two_hundred_values_have_a_box_each():
    x = [Value(1.0) for _ in range(199)]
    assert texts(draw(dot(x, [1.0] * 199))).count("leaf") == 199
    assert "201 Values in 2 boxes" in draw(dot([*x, Value(1.0)], [1.0] * 200))


def test_a_chain_of_many_thousand_values_is_no_problem():
    x = Value(0.5)
    for _ in range(10_000):
        x = x * 0.5 + 1.0
    picture = draw(x)
    assert "40,001 Values in 25 boxes" in picture and len(picture) < 20_000


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


def test_dot_names_values_quotes_names_and_folds_as_the_picture_does():
    a, b = Value(2.0), Value(3.0)
    text = to_dot(a * b, names={a: 'a "quoted" \\'})
    assert 'v1 [label="a \\"quoted\\" \\\\\\ndata 2\\ngrad 0"];' in text
    assert 'v1 -> v0 [label="3"];' in text
    text = to_dot(a * b, max_nodes=2)
    assert 'v1 [label="1: leaf\\n2 Values\\n2 leaves\\ndata 2 … 3\\ngrad 0"];' in text
    assert 'v1 -> v0 [label="2 lines"];' in text
