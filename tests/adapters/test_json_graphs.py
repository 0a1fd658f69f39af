"""JSON node-link files: networkx's form, every type kept, and what is no graph refused."""

import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygnn import Graph
from tinygnn.adapters import AdapterError, from_json, load, to_json


def write(folder, held, name="graph.json"):
    (folder / name).write_text(held if isinstance(held, str) else json.dumps(held))
    return folder / name


def test_nodes_edges_and_attributes(tmp_path):
    held = {
        "directed": True,
        "multigraph": False,
        "graph": {"title": "t", "nested": {"a": [1, None]}},
        "nodes": [
            {"id": "a", "f": 1, "g": [0.1, 2], "club": "red"},
            {"id": 7, "f": 2.5, "g": [0, 1], "club": "blue", "note": None},
            {"id": ["t", 1], "f": -3, "g": [1, 1], "club": "red"},
        ],
        "links": [{"source": "a", "target": 7, "w": 0.5}, {"source": ["t", 1], "target": "a", "w": 2}],
        "version": 2,
    }
    graph = from_json(write(tmp_path, held), x=["g", "f"], y="club", edge_weight="w")
    assert graph.node_ids == ["a", 7, ("t", 1)] and graph.directed
    assert graph.x == [[0.1, 2.0, 1.0], [0.0, 1.0, 2.5], [1.0, 1.0, -3.0]]
    assert graph.y == [0, 1, 0] and graph.class_names == ["red", "blue"]
    assert list(zip(*graph.edge_index)) == [(0, 1), (2, 0)] and graph.edge_weight == [0.5, 2]
    assert graph.node_attrs == {"note": [None, None, None]}
    assert graph.graph_attrs == held["graph"]
    to_json(graph, tmp_path / "again.json")
    assert json.loads((tmp_path / "again.json").read_text()) == held


def test_an_undirected_edge_stands_there_once(tmp_path):
    held = {
        "nodes": [{"id": 0}, {"id": 1}],
        "edges": [{"source": 1, "target": 0, "w": 1}, {"source": 1, "target": 1}],
    }
    graph = from_json(write(tmp_path, held), edge_weight="w", fill=7)
    assert list(zip(*graph.edge_index)) == [(1, 0), (1, 1), (0, 1)] and not graph.directed
    assert graph.edge_weight == [1, 7, 1]
    to_json(graph, tmp_path / "again.json")
    assert json.loads((tmp_path / "again.json").read_text())["edges"] == held["edges"]


def test_masks_graph_labels_and_fill(tmp_path):
    held = {"graph": {"y": [3]}, "nodes": [{"train_mask": True}, {"train_mask": False}], "edges": []}
    graph = from_json(write(tmp_path, held), y="y")
    assert graph.train_mask == [True, False] and graph.y == [3] and graph.y_level == "graph"
    assert graph.node_ids == [0, 1] and graph.graph_attrs == {}
    to_json(graph, tmp_path / "again.json")
    assert from_json(tmp_path / "again.json", y="y").y == [3]
    assert from_json(tmp_path / "again.json", masks={"test": "train_mask"}).test_mask == [True, False]


def test_a_packed_file_and_a_byte_order_mark(tmp_path):
    text = json.dumps({"nodes": [{"id": "ä"}], "edges": []})
    (tmp_path / "a.json").write_bytes(gzip.compress(b"\xef\xbb\xbf" + text.encode()))
    assert load(tmp_path / "a.json")[0].node_ids == ["ä"]


@pytest.mark.parametrize(
    "held, message",
    [
        ("{", r"graph.json:1: this is no JSON: .* \(column 2\)"),
        ('{"nodes": [],\n"edges": [],}', "graph.json:2: this is no JSON"),
        *((text, "expected an object with nodes and edges") for text in ("[]", "1e9", '"a"', "null")),
        ({"nodes": []}, "there is no list 'edges'; found: 'nodes'"),
        ({"vertices": [], "edges": []}, "there is no list 'nodes'; found: 'vertices', 'edges'"),
        ({"nodes": [], "edges": [], "links": []}, '"edges" and "links": remove one'),
        ({"nodes": [1], "edges": []}, r"nodes\[0\] is no object but a int"),
        ({"nodes": [{"id": 1}, {"id": 1}], "edges": []}, r"nodes\[0\] and nodes\[1\] are both 1"),
        ({"nodes": [{"id": {}}], "edges": []}, r"the id in nodes\[0\] is no text"),
        ({"nodes": [{"id": 0}], "edges": [{"source": 0}]}, r"edges\[0\] has no 'target'; it has"),
        ({"nodes": [{"id": 0}], "edges": [{"source": 0, "target": 2}]}, "node 2 is not among the 1 nodes"),
        ({"nodes": [], "edges": [], "directed": 1}, "directed is 1: it is true or false"),
        ({"nodes": [], "edges": [], "graph": 1}, "graph is no object"),
        ('{"nodes": [{"id": 0, "id": 1}], "edges": []}', "'id' stands twice"),
        ('{"nodes": [{"a": NaN}], "edges": []}', "found NaN, which JSON does not have; allow_nonfinite=True"),
        ('{"nodes": [{"a": 1e999}], "edges": []}', "found 1e999, which no float holds"),
        ('{"nodes": [{"a": ' + "1" * 5000 + '}], "edges": []}', "a number of 5000 digits"),
        ('{"nodes": [{"a": ' + "[" * 60 + "]" * 60 + '}], "edges": []}', "nested more than 50 deep"),
        ("[" * 200_000, "nested more than 50 deep"),
    ],
)
def test_what_is_no_graph_is_refused(tmp_path, held, message):
    with pytest.raises(AdapterError, match=message) as caught:
        from_json(write(tmp_path, held))
    assert caught.value.path == str(tmp_path / "graph.json")


@pytest.mark.parametrize(
    "options, message, where",
    [
        ({"x": ["f"]}, "1 of 2 nodes have no 'f'", {"node": "b", "attribute": "f"}),
        ({"x": ["g"]}, "'g' is 'text' of type str", {"node": "a", "attribute": "g"}),
        ({"x": ["h"]}, "not held exactly by a float", {"node": "b", "attribute": "h"}),
        ({"x": ["i"]}, "no node has an attribute 'i'; found: 'f', 'g', 'h'", {"attribute": "i"}),
        ({"x": "f"}, r"give \['f'\]", {}),
        ({"edge_weight": "w"}, "'w' is None", {"edge": ("a", "b"), "attribute": "w"}),
        ({"masks": {"train": "h"}}, "a mask holds true and false", {"node": "a"}),
        ({"masks": {"tran": "h"}}, "the masks are", {}),
    ],
)
def test_a_named_attribute_has_its_place_in_errors(tmp_path, options, message, where):
    nodes = [{"id": "a", "f": 1, "g": "text", "h": 1}, {"id": "b", "g": 1, "h": 2**53 + 1}]
    held = {"nodes": nodes, "edges": [{"source": "a", "target": "b", "w": None}]}
    with pytest.raises(AdapterError, match=message) as caught:
        from_json(write(tmp_path, held), **options)
    for name, value in where.items():
        assert getattr(caught.value, name) == value


@pytest.mark.parametrize(
    "fields, message",
    [
        ({"node_attrs": {"a": [(1, 2), 0]}}, "node 0: 'a' is a tuple"),
        ({"node_attrs": {"a": [b"", 0]}}, "node 0: 'a' is a bytes"),
        ({"node_attrs": {7: [1, 2]}}, "the node attribute 7 is no text"),
        ({"node_attrs": {"id": [1, 2]}}, "the node attribute 'id' is no text, or the name of an id"),
        ({"edge_attrs": {"target": [1]}}, "the edge attribute 'target'"),
        ({"edge_attrs": {"w": [float("nan")]}}, "nan, which JSON does not have"),
        ({"node_ids": [b"a", 1]}, "the id b'a' is a bytes"),
        ({"graph_attrs": {"a": {1: 2}}}, "keys that are no text"),
        ({"y": [1.0], "y_level": "graph", "graph_attrs": {"y": 1}}, "would be named 'y'"),
    ],
)
def test_what_would_not_come_back_is_refused_and_nothing_is_written(tmp_path, fields, message):
    (tmp_path / "graph.json").write_text("old")
    with pytest.raises(AdapterError, match=message):
        to_json(Graph(([0], [1]), num_nodes=2, **fields), tmp_path / "graph.json")
    assert (tmp_path / "graph.json").read_text() == "old" and len(list(tmp_path.iterdir())) == 1


def test_nan_and_inf_where_they_are_allowed(tmp_path):
    graph = Graph(([0], [1]), edge_weight=[float("inf")])
    to_json(graph, tmp_path / "a.json", allow_nonfinite=True)
    options = {"edge_weight": "edge_weight", "allow_nonfinite": True}
    assert from_json(tmp_path / "a.json", **options).edge_weight == [float("inf")]
    with pytest.raises(AdapterError, match="found Infinity"):
        from_json(tmp_path / "a.json", edge_weight="edge_weight")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
IDS = st.lists(
    st.integers() | st.text() | st.tuples(st.integers(), st.text()), unique=True, min_size=1, max_size=6
)
NAMES = st.text(max_size=4).filter(lambda name: name not in ("id", "key", "source", "target"))


@given(st.data())
def test_any_graph_comes_back(tmp_path_factory, data):
    ids = data.draw(IDS)
    ends = st.integers(0, len(ids) - 1)
    pairs = data.draw(st.lists(st.tuples(ends, ends), max_size=6))

    def columns(length):
        column = st.lists(VALUES, min_size=length, max_size=length)
        return data.draw(st.dictionaries(NAMES, column, max_size=2 if length else 0))

    node, edge = columns(len(ids)), columns(len(pairs))
    attributes = data.draw(st.dictionaries(st.text(), VALUES, max_size=2))
    graph = Graph(
        ([s for s, _ in pairs], [t for _, t in pairs]), num_nodes=len(ids), node_ids=ids,
        node_attrs=node, edge_attrs=edge, graph_attrs=attributes,
    )  # fmt: skip
    path = tmp_path_factory.mktemp("json") / "graph.json"
    to_json(graph, path)
    again = from_json(path, masks={})
    for name in ("edge_index", "node_ids", "node_attrs", "edge_attrs", "graph_attrs", "directed"):
        assert repr(getattr(again, name)) == repr(getattr(graph, name))


@pytest.mark.parametrize("kind", ["Graph", "DiGraph", "MultiGraph", "MultiDiGraph"])
@pytest.mark.parametrize("called", ["edges", "links"])
def test_networkx_reads_what_is_written_and_is_read(tmp_path, kind, called):
    nx = pytest.importorskip("networkx", reason="reads and writes JSON with networkx")
    from tinygnn.adapters import from_networkx, to_networkx

    G = getattr(nx, kind)(title="t")
    G.add_node("lonely", f=1)
    G.add_node(("a", 1), f=[1, 2.5])
    G.add_edge("b", ("a", 1), weight=0.1)
    G.add_edge("b", "b", weight=2)
    if G.is_multigraph():
        G.add_edge("b", ("a", 1), key="second", weight=0.1)
    write(tmp_path, nx.node_link_data(G, edges=called))
    read = from_json(tmp_path / "graph.json")
    assert nx.utils.graphs_equal(to_networkx(read), G) and type(to_networkx(read)) is type(G)
    to_json(from_networkx(G), tmp_path / "ours.json", edges=called)
    theirs = nx.node_link_graph(json.loads((tmp_path / "ours.json").read_text()), edges=called)
    assert nx.utils.graphs_equal(theirs, G) and type(theirs) is type(G)
