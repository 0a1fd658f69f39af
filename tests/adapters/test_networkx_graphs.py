"""networkx in: namespaces kept apart, nothing promoted unless named, exact or refused."""

import pytest

from tinygnn.adapters import AdapterError, from_networkx

nx = pytest.importorskip("networkx", reason="converts graphs of networkx")


def triangle(**attributes):
    graph = nx.Graph([("a", "b"), ("b", "c"), ("c", "a")])
    for name, values in attributes.items():
        for node, value in zip(graph, values):
            graph.nodes[node][name] = value
    return graph


def fails(message: str, graph, *, node=None, edge=None, attribute=None, **options) -> None:
    with pytest.raises(AdapterError, match=message) as caught:
        from_networkx(graph, **options)
    error = caught.value
    assert (error.node, error.edge, error.attribute) == (node, edge, attribute)


def test_both_directions_of_an_edge_and_one_column_for_a_self_loop():
    graph = from_networkx(nx.Graph([(5, "x"), ("x", "x")]))
    assert graph.edge_index == ([0, 1, 1], [1, 0, 1]) and graph.node_ids == [5, "x"] and not graph.directed
    assert from_networkx(nx.DiGraph([(1, 0), (0, 0)])).edge_index == ([0, 1], [1, 1])


def test_columns_stand_in_the_order_of_pyg():
    utils = pytest.importorskip("torch_geometric.utils", reason="compares with PyG's from_networkx")
    for graph in (nx.les_miserables_graph(), nx.gnp_random_graph(20, 0.3, seed=1, directed=True)):
        assert list(from_networkx(graph).edge_index) == utils.from_networkx(graph).edge_index.tolist()


def test_nothing_is_promoted_unless_named():
    graph = triangle(x=[1, 2, 3], y=[0, 1, 0])
    graph.edges["a", "b"]["weight"] = 2
    graph.graph["edge_index"] = graph.graph["num_nodes"] = "mine"
    converted = from_networkx(graph)
    assert converted.x is None and converted.y is None and converted.edge_weight is None
    assert converted.node_attrs == {"x": [1, 2, 3], "y": [0, 1, 0]}
    assert converted.edge_attrs == {"weight": [2, None, 2, None, None, None]}
    assert converted.graph_attrs == {"edge_index": "mine", "num_nodes": "mine"} and converted.num_nodes == 3


def test_named_attributes_become_features_labels_and_weights():
    graph = triangle(
        a=[1, True, 2.5], b=[[0.5, 2], (1, 2), [3, 4]], club=["red", "blue", "red"], weight=[0, 0, 0]
    )
    nx.set_edge_attributes(graph, {("a", "b"): 0.1, ("b", "c"): 1e300, ("c", "a"): 2**24 + 1}, "weight")
    converted = from_networkx(graph, x=("b", "a"), y="club", edge_weight="weight", edge_attr={"weight": 0})
    assert converted.x == [[0.5, 2.0, 1.0], [1.0, 2.0, 1.0], [3.0, 4.0, 2.5]]
    assert converted.y == [0, 1, 0] and converted.class_names == ["red", "blue"]
    assert converted.edge_weight == [0.1, 2**24 + 1, 0.1, 1e300, 1e300, 2**24 + 1]
    assert converted.edge_attr == [[weight] for weight in converted.edge_weight]
    assert converted.node_attrs == {"weight": [0, 0, 0]} and converted.edge_attrs == {}


def test_pyg_names_of_the_options_are_accepted():
    graph = triangle(a=[1, 2, 3], b=[4, 5, 6])
    assert from_networkx(graph, group_node_attrs=["b"]).x == [[4.0], [5.0], [6.0]]
    assert from_networkx(graph, group_node_attrs=all).num_features == 2
    assert from_networkx(nx.empty_graph(2), group_node_attrs=all, group_edge_attrs=all).x == [[], []]
    fails("another name", graph, x=["a"], group_node_attrs=["b"])


@pytest.mark.parametrize("labels, y", [([5, 9, -1], [5, 9, -1]), ([0.5, 1, 2], [0.5, 1, 2])])
def test_numeric_labels_are_verbatim(labels, y):
    graph = from_networkx(triangle(label=labels), y="label")
    assert graph.y == y and list(map(type, graph.y)) == list(map(type, y)) and graph.class_names is None


def test_label_map_numbers_the_classes():
    graph = triangle(club=["b", "a", "b"])
    converted = from_networkx(graph, y="club", label_map={"a": 0, "b": 2})
    assert converted.y == [2, 0, 2] and converted.class_names == ["a", None, "b"]
    fails("not in label_map", graph, y="club", label_map={"a": 0}, node="a", attribute="club")
    fails("whole numbers", graph, y="club", label_map={"a": 0, "b": "1"}, attribute="club")


def test_fill_stands_for_what_is_missing():
    graph = triangle(a=[1, 2])
    assert from_networkx(graph, x=["a"], fill=0.5).x == [[1.0], [2.0], [0.5]]
    assert from_networkx(graph, x=["a"], fill={"a": 7}).x[2] == [7.0]
    fails("1 of 3 nodes have no attribute 'a'", graph, x=["a"], node="c", attribute="a")


def test_only_the_named_attributes_are_kept():
    graph = triangle(a=[1, 2, 3], _secret=[4, 5, 6])
    assert set(from_networkx(graph).node_attrs) == {"a", "_secret"}
    assert set(from_networkx(graph, iter(["_secret"])).node_attrs) == {"_secret"}
    assert from_networkx(graph, [], x=["a"]).node_attrs == {}
    fails("found: 'a', '_secret'", graph, node_attrs=["b"], attribute="b")


@pytest.mark.parametrize(
    "values, options, message, node",
    [
        ([[1, 2], [1, 2, 3], [1, 2]], {"x": ["v"]}, "3 numbers here and 2 numbers", "b"),
        ([1, [1], 2], {"x": ["v"]}, "1 numbers here and a single number", "b"),
        (
            [1, "red", 2],
            {"x": ["v"]},
            "'red' of type str, not a number: name it as y, the label, or encode",
            "b",
        ),
        ([1, 2, None], {"x": ["v"]}, "None of type NoneType", "c"),
        ([0.5, 2**53 + 1, 2], {"x": ["v"]}, "held exactly", "b"),
        ([0.5, 10**400, 2], {"x": ["v"]}, "held exactly", "b"),
        ([[[1]], [[2]], [[3]]], {"x": ["v"]}, "in a row", "a"),
        (["a", None, "b"], {"y": "v"}, "label 'v' is None", "b"),
        ([[1], [1, 2], [3]], {"y": "v"}, "all entries need one length", "b"),
    ],
)
def test_what_is_no_feature_or_label_is_named(values, options, message, node):
    fails(message, triangle(v=values), node=node, attribute="v", **options)


def test_labels_of_several_types_need_a_map():
    fails("mixes types", triangle(v=["a", 1, "b"]), y="v", node="b", attribute="v")


def test_edges_are_named_by_their_ends():
    graph = nx.Graph([("a", "b", {"weight": "heavy"})])
    fails("not a number", graph, edge_weight="weight", edge=("a", "b"), attribute="weight")
    graph.add_edge("b", "c", weight=1)
    graph.add_edge("c", "d")
    fails("have no attribute 'weight'", graph, edge_weight="weight", edge=("c", "d"), attribute="weight")
    fails(
        "a weight is one number", nx.Graph([(0, 1, {"w": [1]})]), edge_weight="w", edge=(0, 1), attribute="w"
    )


def test_names_are_lists_and_not_lookalikes():
    fails(r"give \['ab'\]", triangle(ab=[1, 2, 3]), x="ab")
    fails("is 7", triangle(ab=[1, 2, 3]), x=7)
    graph = triangle()
    graph.nodes["a"][7] = graph.nodes["b"]["7"] = 1
    fails("read the same", graph, attribute="7")
    fails("did you mean 'club'", triangle(club=[1, 2, 3]), y="clbu", attribute="clbu")


def test_numpy_and_torch_features_are_taken_by_value():
    np = pytest.importorskip("numpy", reason="features may be NumPy arrays")
    graph = triangle(
        v=[np.array([1, 2], dtype="float32"), np.array([3, 4], dtype="float32"), np.zeros(2, "float32")]
    )
    assert from_networkx(graph, x=["v"]).x == [[1.0, 2.0], [3.0, 4.0], [0.0, 0.0]]
    fails("shape", triangle(v=[np.zeros((1, 1))] * 3), x=["v"], node="a", attribute="v")


def test_a_graph_keeps_no_reference_to_its_source():
    graph = triangle(tags=[["old"], [], []])
    graph.graph["info"] = {"k": [1]}
    converted = from_networkx(graph)
    graph.nodes["a"]["tags"].append("new")
    graph.graph["info"]["k"].append(2)
    assert converted.node_attrs["tags"][0] == ["old"] and converted.graph_attrs["info"] == {"k": [1]}


def test_what_is_no_graph_is_refused():
    fails("expected a networkx graph, got a list", [(0, 1)])


@pytest.mark.parametrize("nodes", [0, 1, 3])
def test_graphs_without_edges(nodes):
    graph = from_networkx(nx.empty_graph(nodes), x=[] if nodes else None)
    assert graph.num_nodes == nodes and graph.num_edges == 0


@pytest.mark.parametrize("ids", [[0, 1, 2], [0, 2, 5], ["a", 1, 2]])
@pytest.mark.parametrize("make", [nx.Graph, nx.DiGraph, nx.MultiGraph])
def test_an_edge_to_a_number_that_equals_a_node_is_an_edge_to_that_node(ids, make):
    graph = make()
    graph.add_nodes_from(ids)
    graph.add_edge(ids[0], float(ids[1]))
    found = from_networkx(graph)
    assert found.edge_index == (([0], [1]) if make is nx.DiGraph else ([0, 1], [1, 0]))
    assert set(map(type, found.edge_index[1])) == {int}
