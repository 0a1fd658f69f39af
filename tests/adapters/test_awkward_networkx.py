"""Awkward networkx graphs, row by row: exact, or refused with the place and the way out."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from typing import Any

import pytest

from tinygnn import Graph
from tinygnn.adapters import AdapterError, from_networkx, to_networkx

nx: Any = pytest.importorskip("networkx", reason="converts graphs of networkx")

CLASSES = [nx.Graph, nx.DiGraph, nx.MultiGraph, nx.MultiDiGraph]


def named(name: str, *values: Any) -> Any:
    """A path over nodes "Ann", "Bob", ... that have one attribute; ... leaves it out."""
    graph = nx.path_graph(["Ann", "Bob", "Cleo", "Dan"][: len(values)])
    for node, value in zip(graph, values):
        if value is not ...:
            graph.nodes[node][name] = value
    return graph


@contextmanager
def refused(*words: str, node: Any = None, edge: Any = None, attribute: Any = None) -> Iterator[None]:
    """Wants an AdapterError with these fields, whose message names them and has these words."""
    with pytest.raises(AdapterError) as caught:
        yield
    found = caught.value
    assert (found.node, found.edge, found.attribute) == (node, edge, attribute)
    assert (found.path, found.line, found.column) == (None, None, None)
    for name in (node, edge, attribute):
        assert name is None or repr(name) in str(found)
    for word in words:
        assert word in str(found)


def came_back(graph: Any, **options: Any) -> bool:
    """Whether all of a graph comes back, order and types included."""
    back = to_networkx(from_networkx(graph, **options))

    def seen(G: Any) -> Any:
        keys = {"keys": True} if G.is_multigraph() else {}
        return type(G), repr(G.graph), repr(list(G.nodes(data=True))), repr(list(G.edges(data=True, **keys)))

    return seen(back) == seen(graph)


@pytest.mark.parametrize(
    "ids", [["u", "v", "w"], [(0, 1), (2, "b"), ()], [-4, 10**20, 7], [2.5, b"raw", frozenset({1})]]
)
def test_row_01_ids_stay_and_come_back_in_their_order(ids):
    graph = nx.DiGraph()
    graph.add_nodes_from(ids)
    graph.add_edge(ids[2], ids[0])
    converted = from_networkx(graph)
    assert converted.node_ids == ids and converted.edge_index == ([2], [0])
    assert came_back(graph)


def test_row_01_ids_of_numpy_come_back_as_such():
    np = pytest.importorskip("numpy", reason="ids may be NumPy's numbers")
    graph = nx.Graph([(np.int64(8), np.int64(3)), (np.str_("s"), 1.5)])
    converted = from_networkx(graph)
    assert converted.node_ids == [8, 3, "s", 1.5] and type(converted.node_ids[0]) is int
    assert list(map(type, to_networkx(converted))) == [np.int64, np.int64, np.str_, float]


def test_row_02_a_missing_attribute_is_named_with_its_node_or_edge():
    graph = named("age", 30, ..., 41)
    for options in ({"x": ["age"]}, {"y": "age"}, {"node_attrs": ["age"]}):
        with refused("1 of 3 nodes", "fill=", node="Bob", attribute="age"):
            from_networkx(graph, **options)
    assert from_networkx(graph, x=["age"], fill=-1.5).x == [[30.0], [-1.5], [41.0]]
    assert from_networkx(graph, y="age", fill={"age": 0}).y == [30, 0, 41]
    assert from_networkx(graph, ["age"], fill=9).node_attrs == {"age": [30, 9, 41]}
    assert came_back(graph, x=["age"], fill=0)
    lengths = nx.MultiDiGraph([("p", "q", {"km": 2}), ("p", "q", {}), ("q", "p", {"km": 4})])
    for options in ({"edge_weight": "km"}, {"edge_attr": ["km"]}, {"edge_attrs": ["km"]}):
        with refused("1 of 3 edges", "fill=", edge=("p", "q"), attribute="km"):
            from_networkx(lengths, **options)
    assert from_networkx(lengths, edge_weight="km", fill=1).edge_weight == [2, 1, 4]


def test_row_02_absent_is_not_none():
    graph = named("age", 30, None, ...)
    assert from_networkx(graph).node_attrs == {"age": [30, None, None]}
    assert came_back(graph)


def test_row_03_parallel_edges_keep_their_keys():
    graph = nx.MultiGraph()
    graph.add_edge("a", "b", "road", km=3)
    graph.add_edge("b", "a", "rail", km=3)
    graph.add_edge("a", "b", km=4)
    converted = from_networkx(graph)
    assert converted.num_edges == 6 and came_back(graph)
    assert to_networkx(converted, to_undirected=True, to_multi=True).number_of_edges() == 3
    assert to_networkx(converted, to_undirected=False, to_multi=True).number_of_edges() == 6
    with refused("stands there twice", "to_multi=True", edge=("a", "b")):
        to_networkx(converted, to_multi=False)


@pytest.mark.parametrize("kind", CLASSES)
def test_row_04_the_class_comes_back_and_reverse_edges_are_pairs(kind):
    graph = kind([(5, 6), (6, 7)])
    converted = from_networkx(graph)
    assert converted.directed == graph.is_directed()
    both = ([0, 1, 1, 2], [1, 0, 2, 1])
    assert converted.edge_index == (([0, 1], [1, 2]) if graph.is_directed() else both)
    assert type(to_networkx(converted)) is kind and came_back(graph)


def test_row_05_an_undirected_self_loop_is_one_column():
    graph = nx.Graph([("s", "s"), ("s", "t")])
    assert from_networkx(graph).edge_index == ([0, 0, 1], [0, 1, 0])
    twice = nx.MultiGraph([("s", "s"), ("s", "s")])
    assert from_networkx(twice).edge_index == ([0, 0], [0, 0])
    assert came_back(graph) and came_back(twice)


@pytest.mark.parametrize("weight", [0.3, 1e308, 5e-324, 2**24 + 1, -(2**53), -0.0])
def test_row_06_weights_are_exact(weight):
    graph = nx.DiGraph([(0, 1, {"w": weight})])
    [kept] = from_networkx(graph, edge_weight="w").edge_weight
    assert repr(kept) == repr(weight) and math.copysign(1, kept) == math.copysign(1, weight)
    assert came_back(graph, edge_weight="w")


def test_row_07_an_integer_that_no_float_holds_is_kept_exact_or_refused():
    big = 2**60 + 1
    graph = named("size", 0.25, big)
    with refused("scale it", node="Bob", attribute="size"):
        from_networkx(graph, x=["size"])
    assert from_networkx(graph).node_attrs["size"] == [0.25, big]
    assert from_networkx(graph, y="size").y == [0.25, big] and came_back(graph, y="size")
    edges = nx.Graph([("p", "q", {"w": 0.5}), ("q", "r", {"w": -big})])
    with refused(str(-big), edge=("q", "r"), attribute="w"):
        from_networkx(edges, edge_weight="w")
    huge = named("size", 1.0, 10**5000)
    with refused("scale it", node="Bob", attribute="size"):
        from_networkx(huge, x=["size"])


@pytest.mark.parametrize("first, second", [([1, 2, 3], [4]), ([], [0.5]), ((1, 2), (3, 4, 5, 6))])
def test_row_08_rows_of_different_lengths_are_refused_with_both(first, second):
    lengths = (f"{len(second)} numbers", f"{len(first)} numbers")
    with refused(*lengths, node="Bob", attribute="v"):
        from_networkx(named("v", first, second), x=["v"])
    edges = nx.DiGraph([("p", "q", {"v": first}), ("q", "p", {"v": second})])
    with refused(*lengths, edge=("q", "p"), attribute="v"):
        from_networkx(edges, edge_attr=["v"])


@pytest.mark.parametrize("module", ["numpy", "torch"])
def test_row_09_tensors_of_different_lengths_are_refused_with_both(module):
    make = pytest.importorskip(module, reason="features may be arrays and tensors").ones
    graph = named("v", make(3), make(3), make(5))
    with refused("5 numbers", "3 numbers", node="Cleo", attribute="v"):
        from_networkx(graph, x=["v"])
    with refused("5 numbers", "3 numbers", node="Cleo", attribute="v"):
        from_networkx(graph, y="v")
    with refused("shape [2, 2]", node="Ann", attribute="v"):
        from_networkx(named("v", make((2, 2)), make((2, 2))), x=["v"])
    edges = nx.Graph([("p", "q", {"v": make(1)}), ("q", "r", {"v": make(2)})])
    with refused("2 numbers", "1 numbers", edge=("q", "r"), attribute="v"):
        from_networkx(edges, edge_attr=["v"])
    assert from_networkx(named("v", make(2), make(2)), x=["v"]).x == [[1.0, 1.0], [1.0, 1.0]]


@pytest.mark.parametrize("text", ["green", "3.5", ["green", "red"]])
def test_row_10_text_among_features_is_refused_with_what_to_do(text):
    graph = named("hue", text, text)
    for node in graph:
        graph.nodes[node]["age"] = 3
    with refused("label", "encode", node="Ann", attribute="hue"):
        from_networkx(graph, x=["age", "hue"])
    with refused("encode", edge=(0, 1), attribute="hue"):
        from_networkx(nx.Graph([(0, 1, {"hue": text})]), edge_attr=["hue"])


def test_row_11_names_are_any_iterable_but_no_text():
    graph = named("ab", 1, 2)
    graph.nodes["Ann"]["c"] = graph.nodes["Bob"]["c"] = 3
    for names in (("ab",), {"ab"}, {"ab": None}, iter(["ab"]), (name for name in ["ab"])):
        converted = from_networkx(graph, x=names)
        assert converted.x == [[1.0], [2.0]] and converted.node_attrs == {"c": [3, 3]}
    for option in ("node_attrs", "edge_attrs", "graph_attrs", "x", "edge_attr", "group_node_attrs"):
        with refused("['ab']", option):
            from_networkx(graph, **{option: "ab"})
    with refused("one attribute"):
        from_networkx(graph, y=["ab"])
    with refused("x is 7"):
        from_networkx(graph, x=7)


def test_row_12_a_label_that_is_none_is_refused():
    for labels in (["red", None], [4, None], [0.5, None]):
        with refused("None", "mask", node="Bob", attribute="team"):
            from_networkx(named("team", *labels), y="team")
    assert from_networkx(named("team", "red", ...), y="team", fill="none").class_names == ["red", "none"]


def test_row_13_a_graph_attribute_may_have_an_edge_attributes_name():
    graph = nx.Graph([(0, 1, {"length": 4})], length="metres")
    converted = from_networkx(graph, edge_weight="length")
    assert converted.edge_weight == [4, 4] and converted.graph_attrs == {"length": "metres"}
    assert came_back(graph) and came_back(graph, edge_weight="length")


def test_row_14_graph_attributes_may_be_named_edge_index_and_num_nodes():
    graph = nx.path_graph(3)
    graph.graph.update(edge_index=[[9], [9]], num_nodes=99, x="x", y=None, node_ids=[1])
    converted = from_networkx(graph)
    assert converted.num_nodes == 3 and converted.edge_index == ([0, 1, 1, 2], [1, 0, 2, 1])
    assert converted.x is None and converted.y is None and converted.graph_attrs == graph.graph
    assert came_back(graph)


def test_row_15_node_attributes_may_be_named_edge_index():
    graph = named("edge_index", 5, 6)
    converted = from_networkx(graph)
    assert converted.edge_index == ([0, 1], [1, 0]) and converted.node_attrs == {"edge_index": [5, 6]}
    assert from_networkx(graph, x=["edge_index"]).x == [[5.0], [6.0]] and came_back(graph)


def test_row_16_node_and_edge_attributes_of_one_name_are_two_columns():
    graph = named("weight", 70, 80)
    graph.edges["Ann", "Bob"]["weight"] = 0.5
    converted = from_networkx(graph)
    assert converted.node_attrs == {"weight": [70, 80]} and converted.edge_attrs == {"weight": [0.5, 0.5]}
    assert from_networkx(graph, edge_weight="weight").node_attrs == {"weight": [70, 80]}
    assert came_back(graph) and came_back(graph, x=["weight"], edge_weight="weight")


def test_row_17_names_that_read_the_same_are_refused():
    graph = named("3", 1, 2)
    graph.nodes["Bob"][3] = 4
    with refused("rename", "'3'", attribute=3):
        from_networkx(graph)
    edges = nx.Graph([(0, 1)])
    edges.edges[0, 1].update({2.5: 0, "2.5": 1})
    with refused("rename", attribute="2.5"):
        from_networkx(edges)
    with refused("rename", attribute="None"):
        from_networkx(_graph_with({None: 0, "None": 1}))
    one = named("age", 1, 2)
    one.nodes["Ann"][1], one.nodes["Bob"][True] = "one", "true"
    with refused("rename", attribute=True):
        from_networkx(one)
    assert came_back(named(7, "seven", ...))


def _graph_with(attributes: dict[Any, Any]) -> Any:
    graph = nx.empty_graph(1)
    graph.graph.update(attributes)
    return graph


def test_row_18_names_with_an_underscore_are_kept():
    graph = named("_hidden", 1, 2)
    graph.graph["_g"], graph.edges["Ann", "Bob"]["__e__"] = 3, 4
    converted = from_networkx(graph)
    assert converted.node_attrs == {"_hidden": [1, 2]} and converted.graph_attrs == {"_g": 3}
    assert converted.edge_attrs == {"__e__": [4, 4]} and came_back(graph)


@pytest.mark.parametrize("value", [[], {}, (), "", 0, None, [[]], {"k": []}])
def test_row_19_empty_attributes_are_kept(value):
    graph = nx.Graph([(0, 1, {"e": value})], g=value)
    graph.nodes[0]["n"] = value
    assert from_networkx(graph).graph_attrs == {"g": value} and came_back(graph)


@pytest.mark.parametrize("names", ["all", all])
@pytest.mark.parametrize("kind", CLASSES)
def test_row_20_all_of_no_attributes_is_no_feature(names, kind):
    for graph in (kind(), nx.empty_graph(2, kind), kind([(0, 1)])):
        converted = from_networkx(graph, group_node_attrs=names, group_edge_attrs=names)
        assert converted.x == [[] for _ in graph] and converted.num_features == 0
        assert converted.edge_attr == [[] for _ in range(converted.num_edges)]
        assert came_back(graph, group_node_attrs=names, group_edge_attrs=names)
    full = named("a", 1, 2)
    full.nodes["Ann"]["b"], full.nodes["Bob"]["b"] = 3, 4
    assert from_networkx(full, group_node_attrs=names).x == [[1.0, 3.0], [2.0, 4.0]]


@pytest.mark.parametrize("kind", CLASSES)
def test_row_21_empty_graphs_and_isolated_nodes(kind):
    for nodes in (0, 1, 4):
        graph = nx.empty_graph(nodes, kind)
        converted = from_networkx(graph, edge_weight="w", edge_attr=["w"])
        assert (converted.num_nodes, converted.edge_index, converted.edge_weight) == (nodes, ([], []), [])
        assert came_back(graph)
    graph = kind([("b", "d")])
    graph.add_nodes_from(["a", "z"])
    assert from_networkx(graph).num_nodes == 4 and came_back(graph)


@pytest.mark.parametrize("values", [[True, 2], [0, False, 1.5], [True, True]])
def test_row_22_bools_and_numbers_keep_their_types(values):
    graph = named("flag", *values)
    assert from_networkx(graph).node_attrs["flag"] == values and came_back(graph)
    assert from_networkx(graph, x=["flag"]).x == [[float(value)] for value in values]
    assert came_back(graph, x=["flag"])
    if len(set(map(type, values))) > 1:
        with refused("mixes types", "label_map", node="Bob", attribute="flag"):
            from_networkx(graph, y="flag")


def test_graphs_of_plain_types_come_back_after_a_copy_by_json():
    """Fields, origin and all, as JSON has them."""
    graph = nx.MultiDiGraph([("b", "a"), ("c", "a"), ("a", "b"), ("b", "a")], title="t")
    graph.add_edge("a", "b", "key", w=0.1)
    graph.nodes["a"].update(age=3, team="red", tags=["x"])
    graph.nodes["c"].update(age=True, team="blue")
    graph.nodes["b"].update(age=2.5, team="red")
    for options in ({}, {"x": ["age"], "y": "team", "edge_attr": ["w"], "fill": 0}):
        converted = from_networkx(graph, **options)
        plain = json.loads(
            json.dumps({each.name: getattr(converted, each.name) for each in fields(converted)})
        )
        back = to_networkx(Graph(**plain))
        assert repr(list(back.nodes(data=True))) == repr(list(graph.nodes(data=True)))
        assert repr(list(back.edges(keys=True, data=True))) == repr(list(graph.edges(keys=True, data=True)))
        assert [list(back.pred[node]) for node in back] == [list(graph.pred[node]) for node in graph]
