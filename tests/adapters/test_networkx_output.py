"""networkx out: what came in comes back, attribute for attribute, and other graphs convert too."""

import copy
import json
import pickle
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygnn import Graph
from tinygnn.adapters import AdapterError, from_networkx, load, to_networkx
from tinygnn.adapters.pairs import same

nx = pytest.importorskip("networkx", reason="converts graphs of networkx")

CLASSES = [nx.Graph, nx.DiGraph, nx.MultiGraph, nx.MultiDiGraph]
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=3),
    st.lists(st.integers(), max_size=2),
)
ATTRIBUTES = st.dictionaries(st.sampled_from(["x", "weight", "key", "edge_index", "_s"]), VALUES, max_size=3)
IDS = st.one_of(st.integers(-3, 9), st.text(max_size=2), st.tuples(st.integers(0, 2), st.integers(0, 2)))


@st.composite
def graphs(draw):
    graph = draw(st.sampled_from(CLASSES))(**draw(ATTRIBUTES))
    nodes = draw(st.lists(IDS, min_size=1, max_size=6, unique=True))
    for node in draw(st.lists(st.sampled_from(nodes), max_size=4)):
        graph.add_node(node)
        graph.nodes[node].update(draw(ATTRIBUTES))
    for _ in range(draw(st.integers(0, 10))):
        source, target = draw(st.sampled_from(nodes)), draw(st.sampled_from(nodes))
        if graph.is_multigraph():
            key = graph.add_edge(source, target, draw(st.sampled_from([None, "k", 7])))
            graph.edges[source, target, key].update(draw(ATTRIBUTES))
        else:
            graph.add_edge(source, target)
            graph.edges[source, target].update(draw(ATTRIBUTES))
    return graph


def typed(value):
    """A value together with the types of all it holds, nan being equal to nan."""
    if isinstance(value, (list, tuple)):
        return type(value), [typed(item) for item in value]
    if isinstance(value, dict):
        return {(type(key), key): typed(item) for key, item in value.items()}
    return type(value), repr(value)


def assert_equal(a, b):
    assert type(a) is type(b) and list(a) == list(b) and typed(a.graph) == typed(b.graph)
    assert typed(dict(a.nodes(data=True))) == typed(dict(b.nodes(data=True)))
    neighbours = ("adj", "pred") if a.is_directed() else ("adj",)
    for view in neighbours:
        for node in a:
            theirs = getattr(b, view)[node]
            assert list(getattr(a, view)[node]) == list(theirs)
            for other, data in getattr(a, view)[node].items():
                assert typed(dict(data)) == typed(dict(theirs[other]))
                assert list(data) == list(theirs[other]) or not a.is_multigraph()


@given(graphs())
def test_any_graph_comes_back(graph):
    """Class, nodes, order of neighbours, keys, attributes with their types, absence; after a pickle too."""
    converted = pickle.loads(pickle.dumps(from_networkx(graph)))
    converted.origin = json.loads(json.dumps(converted.origin))
    assert_equal(to_networkx(converted), graph)


JSON_VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=3),
    st.lists(st.integers(), max_size=2), st.dictionaries(st.text(max_size=2), st.integers(), max_size=2),
)  # fmt: skip


@given(
    data=st.data(),
    kind=st.sampled_from(CLASSES),
    names=st.lists(st.text(max_size=3), unique=True, max_size=5),
)
def test_a_graph_of_what_json_has_comes_back_from_a_copy_by_json(data, kind, names):
    """All of the fields go through JSON: the Graph holds nothing else."""
    attributes = st.dictionaries(st.sampled_from(["x", "y", "w"]), JSON_VALUES, max_size=3)
    graph = kind(**data.draw(attributes))
    for name in names:
        graph.add_node(name)
        graph.nodes[name].update(data.draw(attributes))
    pairs = st.tuples(st.sampled_from(names), st.sampled_from(names)) if names else st.nothing()
    for source, target in data.draw(st.lists(pairs, max_size=8)) if names else []:
        key = graph.add_edge(source, target)
        graph.edges[(source, target, key) if graph.is_multigraph() else (source, target)].update(
            data.draw(attributes)
        )
    converted = from_networkx(graph)
    plain = json.loads(json.dumps({each.name: getattr(converted, each.name) for each in fields(converted)}))
    assert_equal(to_networkx(Graph(**plain)), graph)


NUMBERS = st.one_of(st.booleans(), st.integers(-(2**53), 2**53), st.floats(allow_nan=False))


@given(
    st.lists(
        st.tuples(NUMBERS, st.lists(NUMBERS, min_size=2, max_size=2), st.sampled_from("pqr")),
        min_size=1,
        max_size=5,
    )
)
def test_promoted_attributes_come_back_with_their_types(rows):
    graph = nx.Graph()
    for i, (a, b, club) in enumerate(rows):
        graph.add_node(i, club=club, b=b, a=a, rest="kept")
        graph.add_edge(i, 0, weight=a, v=tuple(b))
    converted = from_networkx(graph, x=["a", "b"], y="club", edge_weight="weight", edge_attr=["v"])
    assert_equal(to_networkx(converted), graph)


def test_numpy_scalars_and_arrays_come_back_as_such():
    np = pytest.importorskip("numpy", reason="attributes may be NumPy's")
    graph = nx.path_graph(2)
    for i in graph:
        graph.nodes[i].update(a=np.float32(0.1 + i), v=np.array([i, 2], dtype="int16"))
    back = to_networkx(from_networkx(graph, x=["a", "v"]))
    assert type(back.nodes[1]["a"]) is np.float32 and back.nodes[1]["a"] == graph.nodes[1]["a"]
    assert back.nodes[1]["v"].dtype == np.int16 and back.nodes[1]["v"].tolist() == [1, 2]


def test_filled_entries_are_absent_again_and_changed_ones_stay():
    graph = nx.path_graph(3)
    graph.nodes[0]["a"] = 1
    converted = from_networkx(graph, x=["a"], fill=0)
    assert_equal(to_networkx(converted), graph)
    converted.x[2] = [5.0]
    assert "a" not in to_networkx(converted).nodes[1] and to_networkx(converted).nodes[2]["a"] == 5


def test_labels_that_a_map_merges_are_kept():
    graph = nx.path_graph(3)
    nx.set_node_attributes(graph, {0: "a", 1: "b", 2: "c"}, "club")
    converted = from_networkx(graph, y="club", label_map={"a": 0, "b": 0, "c": 1})
    assert converted.y == [0, 0, 1]
    assert_equal(to_networkx(converted), graph)


def test_predecessors_keep_their_order():
    graph = nx.DiGraph([(3, 0), (1, 0), (0, 1), (2, 0)])
    assert list(to_networkx(from_networkx(graph)).pred[0]) == [3, 1, 2]


def test_a_graph_of_any_origin_brings_all_it_has():
    graph = load("karate")[0]
    converted = to_networkx(graph)
    assert type(converted) is nx.Graph and converted.number_of_edges() == 78
    assert converted.nodes[33]["label"] == 0 and converted.nodes[0]["train_mask"] is True
    assert converted.nodes[2]["x"] == graph.x[2] and converted.nodes[0]["club"] == "Mr. Hi"


def weighted(**options):
    return Graph(([0, 1, 1], [1, 0, 1]), edge_weight=[1.0, 2.0, 3.0], **options)


def test_to_undirected_joins_equal_reverses_only():
    with pytest.raises(AdapterError, match=r"edge \(0, 1\), and its reverse differ") as caught:
        to_networkx(weighted(), to_undirected=True)
    assert caught.value.edge == (0, 1)
    with pytest.raises(AdapterError, match=r"edge \('p', 'q'\), has no reverse"):
        to_networkx(Graph(([0], [1]), node_ids=["p", "q"]), to_undirected=True)
    upper = to_networkx(weighted(), to_undirected="upper")
    assert list(upper.edges(data="edge_weight")) == [(0, 1, 1.0), (1, 1, 3.0)]
    lower = to_networkx(weighted(), to_undirected="lower", remove_self_loops=True)
    assert list(lower.edges(data="edge_weight")) == [(0, 1, 2.0)]
    with pytest.raises(AdapterError, match="did you mean 'upper'"):
        to_networkx(weighted(), to_undirected="uper")
    assert type(to_networkx(load("karate")[0], to_undirected=False)) is nx.DiGraph


def test_an_edge_that_stands_twice_makes_a_multigraph():
    graph = Graph(([0, 0], [1, 1]), edge_weight=[1.0, 2.0])
    assert type(to_networkx(graph)) is nx.MultiDiGraph and to_networkx(graph).number_of_edges() == 2
    with pytest.raises(AdapterError, match="stands there twice"):
        to_networkx(graph, to_multi=False)
    assert to_networkx(weighted(), to_multi=True).is_multigraph()


def test_only_the_named_attributes_are_written():
    converted = to_networkx(load("karate")[0], ["label"], [], [])
    assert converted.nodes[0] == {"label": 1}
    with pytest.raises(AdapterError, match="did you mean 'label'"):
        to_networkx(load("karate")[0], ["lable"])


def test_a_name_that_is_taken_twice_is_refused():
    with pytest.raises(AdapterError, match="two columns would be named 'x'"):
        to_networkx(Graph(([0], [1]), x=[[1.0], [2.0]], node_attrs={"x": ["p", "q"]}))


def test_graph_level_labels_belong_to_the_graph():
    assert to_networkx(Graph(([0], [1]), y=[3], y_level="graph")).graph == {"y": [3]}


def test_what_is_handed_out_can_be_changed_without_changing_the_graph():
    graph = Graph(([0], [1]), graph_attrs={"k": [1]}, node_attrs={"t": [[1], [2]]})
    before = copy.deepcopy(graph)
    converted = to_networkx(graph)
    converted.graph["k"].append(2)
    converted.nodes[0]["t"].append(2)
    assert graph.graph_attrs == before.graph_attrs and graph.node_attrs == before.node_attrs


def test_same_knows_nan_and_arrays():
    assert same(float("nan"), float("nan")) and same([1], [1]) and not same(1, 2)
