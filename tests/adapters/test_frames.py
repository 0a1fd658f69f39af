"""Tables of pandas, polars and plain dicts: typed columns both ways."""

import math

import pytest

from tinygnn import Graph
from tinygnn.adapters import AdapterError, from_frames, load, to_frames

EDGES = {"source": [10, 11, 10], "target": [11, 12, 12], "w": [0.5, 2.0, 1.0], "note": ["a", None, "c"]}
NODES = {
    "node_id": [12, 10, 11],
    "f": [1, 2, 3],
    "club": ["red", "red", "blue"],
    "val_mask": [True, False, True],
}


def tables(kind):
    if kind == "dict":
        return dict(EDGES), dict(NODES)
    library = pytest.importorskip(kind, reason=f"converts tables of {kind}")
    return library.DataFrame(EDGES), library.DataFrame(NODES)


@pytest.mark.parametrize("kind", ["dict", "pandas", "polars"])
@pytest.mark.parametrize("directed", [True, False])
def test_there_and_back(kind, directed):
    edges, nodes = tables(kind)
    graph = from_frames(edges, nodes, x=["f"], y="club", edge_weight="w", directed=directed)
    assert graph.node_ids == [12, 10, 11] and graph.x == [[1.0], [2.0], [3.0]]
    assert graph.class_names == ["red", "blue"] and graph.val_mask == [True, False, True]
    assert list(zip(*graph.edge_index))[:3] == [(1, 2), (2, 0), (1, 0)]
    assert graph.num_edges == (3 if directed else 6) and graph.edge_weight[:3] == [0.5, 2.0, 1.0]
    assert graph.edge_attrs["note"][:3] == ["a", None, "c"]
    edges_again, nodes_again = to_frames(graph)
    assert type(edges_again) is type(edges)
    if kind == "dict":
        assert (edges_again, nodes_again) == (edges, nodes)
    elif kind == "pandas":
        import pandas

        pandas.testing.assert_frame_equal(edges_again, edges)
        pandas.testing.assert_frame_equal(nodes_again, nodes)
    else:
        assert edges_again.equals(edges) and nodes_again.equals(nodes)
        assert edges_again.schema == edges.schema and nodes_again.schema == nodes.schema


def test_nodes_are_numbered_by_first_appearance():
    assert from_frames({"source": ["b", "a"], "target": ["a", "c"]}).node_ids == ["b", "a", "c"]


def test_duplicates():
    edges = {"source": [0, 1, 0], "target": [1, 0, 1], "w": [1, 2, 3]}
    for duplicates, weights in [("keep", [1, 2, 3]), ("first", [1, 2]), ("last", [2, 3])]:
        assert from_frames(edges, edge_weight="w", duplicates=duplicates).edge_weight == weights
    assert from_frames(edges, edge_weight="w", duplicates="last", directed=False).edge_weight == [3, 3]
    with pytest.raises(AdapterError, match="edges row 2: this edge stands in row 0") as caught:
        from_frames(edges, duplicates="error")
    assert caught.value.edge == (0, 1)


@pytest.mark.parametrize(
    "edges, nodes, options, message",
    [
        (
            {"from": [0], "target": [1]},
            None,
            {},
            "edges have no column 'source'; found: 'from', 'ta",
        ),
        ({"source": [None], "target": [1]}, None, {}, "edges row 0: 'source' is empty"),
        ({"source": [0.0], "target": [1]}, None, {}, "is 0.0, a float, which is no id"),
        ({"source": [[]], "target": [1]}, None, {}, r"is \[\], which is no id"),
        ({"source": [0], "target": [1, 2]}, None, {}, "columns of different lengths"),
        (
            {"source": [0], "target": [1]},
            {"node_id": [0, 0]},
            {},
            "nodes row 1: node 0 stands in row 0",
        ),
        ({"source": [0], "target": [1]}, {"node_id": [0]}, {}, "edges row 0: 'target' is node 1"),
        ({"source": [0], "target": [1]}, {"node_id": ["0", "1"]}, {}, "it has '0', a str"),
        ({"source": [0], "target": [1], "w": [math.nan]}, None, {"edge_weight": "w"}, "allow_nonfinite=True"),
        ({"source": [0], "target": [1], "w": [None]}, None, {"edge_weight": "w"}, "1 of 1 edges have no 'w'"),
        ({"source": [0], "target": [1], "w": ["x"]}, None, {"edge_weight": "w"}, "'x' of type str"),
        (7, None, {}, "edges: expected a table with columns, got a int"),
        ({"source": [0], "target": [1]}, None, {"duplicates": "drop"}, "duplicates is 'drop'"),
        ({"source": [0], "target": [1]}, None, {"target": "source"}, "source and target are one column"),
    ],
)
def test_what_cannot_be_converted_is_named(edges, nodes, options, message):
    with pytest.raises(AdapterError, match=message):
        from_frames(edges, nodes, **options)


def test_pandas_keeps_types_and_refuses_ids_that_became_floats():
    pandas = pytest.importorskip("pandas", reason="converts tables of pandas")
    frame = pandas.DataFrame({"source": [0, None], "target": [1, 2]})
    with pytest.raises(AdapterError, match="pandas makes floats of them where one is missing"):
        from_frames(frame)
    frame = pandas.DataFrame({"source": [0, 1], "target": [1, 2]}, dtype="int32")
    frame["n"] = pandas.array([1, None], dtype="Int64")
    frame["f"] = pandas.Series([0.1, 2], dtype="float32")
    again, _ = to_frames(from_frames(frame))
    pandas.testing.assert_frame_equal(again, frame)
    graph = from_frames(frame)
    graph.edge_attrs["n"] = ["text", None]
    assert to_frames(graph)[0]["n"].tolist() == ["text", None]


def test_a_graph_of_another_format():
    (karate,) = load("karate")
    edges, nodes = to_frames(karate, "dict")
    assert list(edges) == ["source", "target"] and len(edges["source"]) == 156
    again = from_frames(edges, nodes, x=["x"], y="label")
    assert again.x == karate.x and again.edge_index == karate.edge_index
    assert again.train_mask == karate.train_mask
    with pytest.raises(AdapterError, match="'pandas', 'polars' or 'dict'"):
        to_frames(karate, "panda")
    with pytest.raises(AdapterError, match="two columns would be named 'source'"):
        to_frames(Graph(([0], [1]), edge_attrs={"source": [1]}), "dict")
