"""GraphML files: typed attributes both ways, line numbers, and nothing that could grow."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygnn import Graph
from tinygnn.adapters import AdapterError, from_graphml, load, to_graphml

SMALL = """<?xml version="1.0"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
  <desc>a small one</desc>
  <key id="w" for="edge" attr.name="weight" attr.type="double"><default>1.5</default></key>
  <key id="c" for="node" attr.name="colour" attr.type="string"/>
  <key id="a" for="node" attr.name="age" attr.type="int"/>
  <key id="t" for="node" attr.name="train_mask" attr.type="boolean"><default>false</default></key>
  <key id="n" for="graph" attr.name="title"/>
  <graph edgedefault="undirected">
    <data key="n">small &amp; <![CDATA[<plain>]]></data>
    <edge source="b" target="a"><data key="w">0.1</data></edge>
    <node id="b"><data key="c">red</data><data key="a">7</data><data key="t">true</data></node>
    <node id="a"><data key="c"> blue </data><data key="a">-3</data></node>
    <edge source="a" target="a"/>
  </graph>
</graphml>
"""


def write(folder, text):
    (folder / "g.graphml").write_text(text)
    return folder / "g.graphml"


def test_types_defaults_and_order(tmp_path):
    graph = from_graphml(write(tmp_path, SMALL), x=["age"], y="colour", edge_weight="weight")
    assert graph.node_ids == ["b", "a"] and not graph.directed
    assert list(zip(*graph.edge_index)) == [(0, 1), (1, 1), (1, 0)]
    assert graph.edge_weight == [0.1, 1.5, 0.1] and graph.x == [[7.0], [-3.0]]
    assert graph.class_names == ["red", " blue "] and graph.train_mask == [True, False]
    assert graph.graph_attrs == {"title": "small & <plain>"}
    to_graphml(graph, tmp_path / "again.graphml")
    again = load(tmp_path / "again.graphml", x=["age"], y="colour", edge_weight="weight")[0]
    for name in ("x", "y", "edge_index", "edge_weight", "train_mask", "graph_attrs", "node_ids", "directed"):
        assert getattr(again, name) == getattr(graph, name)


def test_ids_are_numbers_if_all_of_them_are_written_so(tmp_path):
    text = '<graphml><graph><node id="3"/><node id="{}"/></graph></graphml>'
    assert from_graphml(write(tmp_path, text.format(10))).node_ids == [3, 10]
    assert from_graphml(write(tmp_path, text.format("007"))).node_ids == ["3", "007"]
    assert from_graphml(write(tmp_path, text.format(10)), id_type=str).node_ids == ["3", "10"]
    with pytest.raises(AdapterError, match="g.graphml:1: found id 'x', expected a whole number"):
        from_graphml(write(tmp_path, text.format("x")), id_type=int)


def test_a_packed_file_in_another_encoding(tmp_path):
    text = '<?xml version="1.0" encoding="ISO-8859-1"?><graphml><graph><node id="\xe4"/></graph></graphml>'
    (tmp_path / "g.graphml.gz").write_bytes(gzip.compress(text.encode("latin-1")))
    assert load(tmp_path / "g.graphml.gz")[0].node_ids == ["\xe4"]


def in_graph(inner, keys=""):
    return f'<graphml>{keys}\n<graph edgedefault="directed">\n{inner}\n</graph></graphml>'


KEY = '<key id="w" for="all" attr.name="w" attr.type="{}"/>'
LAUGHS = (
    '<!DOCTYPE graphml [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
    '<graphml><graph><node id="&b;"/></graph></graphml>'
)


@pytest.mark.parametrize(
    "text, message, line",
    [
        ("", "this is no sound XML: no element found", 1),
        ("<graphml>\n<graph>", "this is no sound XML", 2),
        ("no xml", "this is no sound XML", 1),
        ("<gexf/>", "<gexf> stands at the top, where <graphml> is expected", 1),
        ("<graphml/>", "there is no graph in it", 1),
        (LAUGHS, "declares a document type or an entity, which is refused", 1),
        ('<!DOCTYPE graphml SYSTEM "http://nowhere/x.dtd">\n<graphml/>', "declares a document type", 1),
        ("<graphml><graph/>\n<graph/></graphml>", "there is a second graph", 2),
        (in_graph("<node/>"), "<node> has no id", 3),
        (in_graph('<node id="a"/>\n<node id="a"/>'), "node 'a' stands on line 3 already", 4),
        (in_graph('<node id="a"><graph/></node>'), "<graph> stands in <node>; nested graphs", 3),
        (in_graph("<hyperedge/>"), "<hyperedge> stands in <graph>", 3),
        (in_graph('<edge source="a"/>'), "<edge> has no target", 3),
        (in_graph('<node id="a"/>\n<edge source="a" target="b"/>'), "node 'b' is not among the 1 nodes", 4),
        (in_graph('<edge source="a" target="b" directed="false"/>'), "directed otherwise than the graph", 3),
        (in_graph('<edge source="a" target="b" sourceport="p"/>'), "has a port", 3),
        (in_graph('<node id="a"><data key="w">1</data></node>'), "there is no key 'w'", 3),
        (in_graph("loose"), "found text where none belongs: 'loose'", 3),
        (in_graph("", KEY.format("complex")), "attr.type is 'complex'", 1),
        (in_graph("", '<key id="w"/>'), "the key 'w' has no attr.name", 1),
        (in_graph("", KEY.format("int") * 2), "the key 'w' stands there twice", 1),
    ],
)
def test_what_is_no_graphml_is_refused(tmp_path, text, message, line):
    with pytest.raises(AdapterError, match=message) as caught:
        from_graphml(write(tmp_path, text))
    assert caught.value.line == line and caught.value.path == str(tmp_path / "g.graphml")


@pytest.mark.parametrize(
    "kind, text",
    [
        ("int", "1.5"), ("long", "1_000"), ("int", "1" * 2000), ("double", "abc"), ("double", ""),
        ("double", "nan"), ("double", "1e999"), ("boolean", "yes"), ("int", "\u0663"), ("double", "<b/>"),
    ],
)  # fmt: skip
def test_a_value_that_its_type_does_not_have(tmp_path, kind, text):
    inner = f'<node id="a">\n<data key="w">{text}</data></node>'
    with pytest.raises(AdapterError, match="expected a|which is text") as caught:
        from_graphml(write(tmp_path, in_graph(inner, KEY.format(kind))))
    assert caught.value.line == 4 and (caught.value.column == "w" or text == "<b/>")


def test_depth_is_bounded(tmp_path):
    with pytest.raises(AdapterError, match="<desc> stands in the value"):
        from_graphml(write(tmp_path, "<graphml>" + "<desc>" * 100_000))


@pytest.mark.parametrize(
    "fields, message",
    [
        ({"node_attrs": {"a": [None, 1]}}, "node 0: 'a' is a NoneType"),
        ({"node_attrs": {"a": ["\0", ""]}}, "a letter that XML does not have"),
        ({"node_attrs": {"a": [2**63, 1]}}, "beyond 64 bits"),
        ({"edge_attrs": {"a": [float("nan")]}}, "edge 0: 'a' is nan: allow_nonfinite"),
        ({"graph_attrs": {"a": [1, 2]}}, "graph: 'a' is a list"),
        ({"graph_attrs": {1: 2}}, "the graph attribute 1 is no text"),
        ({"node_ids": ["\ud800", "b"]}, "a node's id is"),
        ({"node_ids": [1, "1"]}, "same text"),
    ],
)
def test_what_would_not_come_back_is_refused(tmp_path, fields, message):
    with pytest.raises(AdapterError, match=message):
        to_graphml(Graph(([0], [1]), num_nodes=2, **fields), tmp_path / "g.graphml")
    assert list(tmp_path.iterdir()) == []


TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]) | st.sampled_from("\t\n\r<>&\"' ")
)
TEXT = TEXT.filter(lambda text: "\ufffe" not in text and "\uffff" not in text)
VALUES = st.booleans() | st.integers(-(2**63) + 1, 2**63 - 1) | st.floats() | TEXT


@given(st.data())
def test_any_graph_comes_back(tmp_path_factory, data):
    ids = data.draw(st.lists(TEXT.filter(lambda text: text.strip()), unique=True, min_size=1, max_size=5))
    ends = st.integers(0, len(ids) - 1)
    pairs = data.draw(st.lists(st.tuples(ends, ends), max_size=5))

    def columns(length):
        column = st.lists(VALUES, min_size=length, max_size=length)
        return data.draw(st.dictionaries(TEXT, column, max_size=2 if length else 0))

    attributes = data.draw(st.dictionaries(TEXT, VALUES, max_size=2))
    graph = Graph(
        ([s for s, _ in pairs], [t for _, t in pairs]), num_nodes=len(ids), node_ids=ids,
        node_attrs=columns(len(ids)), edge_attrs=columns(len(pairs)), graph_attrs=attributes,
    )  # fmt: skip
    path = tmp_path_factory.mktemp("graphml") / "g.graphml"
    to_graphml(graph, path, allow_nonfinite=True)
    again = from_graphml(path, masks={}, id_type=str, allow_nonfinite=True)
    for name in ("edge_index", "node_ids", "node_attrs", "edge_attrs", "graph_attrs", "directed"):
        assert repr(getattr(again, name)) == repr(getattr(graph, name))


@pytest.mark.parametrize("kind", ["Graph", "DiGraph", "MultiGraph", "MultiDiGraph"])
def test_networkx_reads_what_is_written_and_is_read(tmp_path, kind):
    nx = pytest.importorskip("networkx", reason="reads and writes GraphML with networkx")
    from tinygnn.adapters import from_networkx, to_networkx

    G = getattr(nx, kind)(title="t")
    G.add_node("lonely", f=1)
    G.add_node("a", f=2.5, g=True)
    G.add_edge("b", "a", weight=0.1, note="x < y")
    G.add_edge("b", "b", weight=2)
    if G.is_multigraph():
        G.add_edge("b", "a", key=1, weight=0.1)
    nx.write_graphml(G, tmp_path / "theirs.graphml")
    read = to_networkx(from_graphml(tmp_path / "theirs.graphml"))
    for theirs in (read, _written(nx, from_networkx(G), to_graphml, tmp_path)):
        assert theirs.is_directed() == G.is_directed() and dict(theirs.nodes) == dict(G.nodes)
        edges, expected = (sorted(map(str, g.edges(data=True))) for g in (theirs, G))
        assert edges == expected and theirs.graph["title"] == "t"


def _written(nx, graph, to_graphml, folder):
    to_graphml(graph, folder / "ours.graphml")
    return nx.read_graphml(folder / "ours.graphml")
