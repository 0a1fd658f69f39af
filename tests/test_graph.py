"""Graph: what it infers, what it refuses and how it says so; its dense adjacency matrix."""

import copy
import pickle
import random
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygnn import EdgeIndex, Graph, Value, adjacency_matrix, matmul
from tinygnn.linalg import transpose
from tinygnn.nn import GCNConv
from tinygnn.sparse import Features

PATH = ([0, 1, 1, 2], [1, 0, 2, 1])
X = [[1.0, 0.0], [0.0, 2.0], [3.0, 4.0]]

# The same products added up in another order: a few dozen roundings of numbers near one.
REORDERED = 1e-12


class Tensor:
    """Anything with `.tolist()`, as tensors and arrays have."""

    def __init__(self, numbers):
        self.numbers = numbers

    def tolist(self):
        return self.numbers

    def __len__(self):
        return len(self.numbers)


# ---- what a graph holds --------------------------------------------------------------------------


def test_a_graph_says_what_it_holds_in_one_line():
    """Nodes, edges, features, classes, as far as they are there."""
    assert repr(Graph(PATH, X, [0, 1, 3])) == "Graph(3 nodes, 4 edges, x 2, y 4 classes)"
    assert repr(Graph(PATH)) == "Graph(3 nodes, 4 edges)"
    assert repr(Graph(PATH, y=[0.5, 1.5, 2.5])) == "Graph(3 nodes, 4 edges, y)"


def test_counts():
    """N, E, F, C."""
    graph = Graph(PATH, X, [0, 1, 3])
    assert (graph.num_nodes, graph.num_edges, graph.num_features, graph.num_classes) == (3, 4, 2, 4)


def test_a_graph_of_nothing():
    """No nodes, no edges, no features, no classes."""
    graph = Graph(([], []))
    assert (graph.num_nodes, graph.num_edges, graph.num_features, graph.num_classes) == (0, 0, 0, 0)
    assert adjacency_matrix(graph, self_loops=True, normalize=True) == []


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, 3),
        ({"x": [[1.0]] * 5}, 5),
        ({"y": [0, 1, 0, 1]}, 4),
        ({"node_ids": list("abcdef")}, 6),
        ({"train_mask": [True] * 7}, 7),
        ({"num_nodes": 9}, 9),
        ({"num_nodes": 9, "y": [1, 0]}, 9),
        ({"y": [1]}, 3),
        ({"y": 2}, 3),
    ],
    ids=[
        "edges",
        "x",
        "y",
        "node_ids",
        "mask",
        "num_nodes",
        "num_nodes first",
        "label of the graph",
        "number",
    ],
)
def test_the_number_of_nodes_is_read_off_what_is_there(fields, expected):
    """Nodes without edges count, wherever they are known from."""
    y_level = {"y_level": "graph"} if "num_nodes" in fields and "y" in fields else {}
    assert Graph(PATH, **fields, **y_level).num_nodes == expected


def test_num_nodes_none_means_not_given():
    """As in PyG."""
    assert Graph(PATH, num_nodes=None).num_nodes == 3


@pytest.mark.parametrize(
    ("y", "level"),
    [([0, 1, 0], "node"), ([1], "graph"), (1, "graph"), (0.5, "graph"), (None, None)],
    ids=repr,
)
def test_a_label_belongs_to_the_nodes_or_to_the_graph(y, level):
    """One per node, or one for all."""
    assert Graph(PATH, y=y).y_level == level


@pytest.mark.parametrize(
    ("y", "classes"),
    [([0, 1, 3], 4), ([0, 0, 0], 1), ([-1, 2, 0], 3), ([0.5, 1.0, 2.0], 0), (None, 0), ([2], 3)],
    ids=repr,
)
def test_the_number_of_classes_is_the_largest_label_plus_one(y, classes):
    """And 0 where labels are no classes."""
    assert Graph(PATH, y=y).num_classes == classes


def test_class_names_say_how_many_classes_there_are():
    """Also when some class has no node."""
    assert Graph(PATH, y=[0, 1, 0], class_names=["a", "b", "c"]).num_classes == 3


def test_tensors_and_arrays_become_lists():
    """Anything with `.tolist()`, whole or row by row."""
    graph = Graph(
        Tensor([[0, 1], [1, 0]]),
        x=Tensor([[1.0], [2.0]]),
        y=Tensor([0, 1]),
        edge_weight=Tensor([0.5, 0.5]),
        train_mask=Tensor([True, False]),
    )
    assert graph == Graph(
        ([0, 1], [1, 0]), [[1.0], [2.0]], [0, 1], edge_weight=[0.5, 0.5], train_mask=[True, False]
    )
    assert Graph(([], []), x=[Tensor([1.0, 2.0])]).x == [[1.0, 2.0]]


def test_features_become_floats_when_a_float_holds_them_exactly():
    """ints, bools and fractions of the caller's."""
    graph = Graph(([], []), x=[[1, True, Fraction(1, 4)]])
    assert graph.x == [[1.0, 1.0, 0.25]]
    assert {type(entry) for entry in graph.x[0]} == {float}
    assert type(graph.x) is Features


def test_features_may_hold_values():
    """Whoever wants gradients with respect to the input."""
    entry = Value(2.0)
    graph = Graph(([], []), x=[[1.0, entry]])
    assert graph.x[0][1] is entry
    assert type(graph.x) is list


def test_a_graph_shares_no_list_with_what_it_was_made_from():
    """Changing the caller's lists later changes nothing in the graph."""
    edges, x, y, w, mask = [[0, 1], [1, 0]], [[1.0], [2.0]], [0, 1], [1.0, 1.0], [True, False]
    graph = Graph(edges, x, y, edge_weight=w, train_mask=mask)
    twin = copy.deepcopy(graph)
    edges[0][0], x[0][0], y[0], w[0], mask[0] = 1, 9.0, 9, 9.0, False
    x.append([3.0])
    assert graph == twin


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda g: pickle.loads(pickle.dumps(g))])
def test_a_graph_can_be_copied_and_pickled(duplicate):
    """Equal, with the same types, and independent."""
    graph = Graph(PATH, X, [0, 1, 0], train_mask=[True, False, True], node_ids=["a", ("b", 1), None])
    twin = duplicate(graph)
    assert twin == graph
    assert type(twin.edge_index) is EdgeIndex
    assert type(twin.x) is Features
    twin.x[0][0] = 5.0
    assert graph.x[0][0] == 1.0


def test_an_edge_index_given_is_the_one_used():
    """What was computed from it stays of use."""
    edges = EdgeIndex(PATH)
    assert Graph(edges).edge_index is edges


def test_attributes_of_any_kind_are_kept():
    """In columns by name; those of the whole graph as they are."""
    graph = Graph(
        ([0], [1]),
        node_attrs={"name": ["a", None], 7: [object, {}]},
        edge_attrs={"kind": ["friend"]},
        graph_attrs={"year": 1977},
    )
    assert graph.node_attrs == {"name": ["a", None], 7: [object, {}]}
    assert graph.edge_attrs == {"kind": ["friend"]}
    assert graph.graph_attrs == {"year": 1977}


# ---- what is refused -----------------------------------------------------------------------------

REFUSED = {
    "source": (
        ([0, 5], [1, 0]),
        {"num_nodes": 2},
        r"edge 1 = \(5, 0\): source 5 is not a node \(the graph has 2",
    ),
    "target": (([0, 1], [1, 5]), {"x": [[1.0]] * 2}, r"edge 1 = \(1, 5\): target 5 is not a node"),
    "negative endpoint": (([0, -1], [1, 0]), {}, r"edge 1 = \(-1, 0\): source -1 is not a node"),
    "one-sided edges": (([0, 1], [1]), {}, "2 sources and 1 targets"),
    "no edge_index": (None, {}, "edge_index is a NoneType"),
    "negative num_nodes": (([], []), {"num_nodes": -2}, "num_nodes is -2"),
    "num_nodes minus one": (([], []), {"num_nodes": -1}, "num_nodes is -1"),
    "num_nodes of no int": (([], []), {"num_nodes": 2.0}, "num_nodes is 2.0"),
    "length of x": (PATH, {"x": X, "num_nodes": 4}, "x has 3 entries, the graph 4 nodes"),
    "length of y": (PATH, {"y": [0, 1], "x": X}, "y has 2 entries, the graph 3 nodes"),
    "length of node_ids": (
        PATH,
        {"node_ids": ["a", "b"], "x": X},
        "node_ids has 2 entries, the graph 3 nodes",
    ),
    "length of edge_weight": (PATH, {"edge_weight": [1.0]}, "edge_weight has 1 entries, the graph 4 edges"),
    "length of edge_attr": (PATH, {"edge_attr": [[1.0]]}, "edge_attr has 1 entries, the graph 4 edges"),
    "length of train_mask": (
        PATH,
        {"train_mask": [True], "x": X},
        "train_mask has 1 entries, the graph 3 nodes",
    ),
    "length of val_mask": (PATH, {"val_mask": [True], "x": X}, "val_mask has 1 entries, the graph 3 nodes"),
    "length of test_mask": (
        PATH,
        {"test_mask": [True] * 9, "x": X},
        "test_mask has 9 entries, the graph 3 nodes",
    ),
    "length of a node column": (
        PATH,
        {"node_attrs": {"age": [1]}},
        r"node_attrs\['age'\] has 1 entries, .* 3 nodes",
    ),
    "length of an edge column": (
        PATH,
        {"edge_attrs": {"km": [1]}},
        r"edge_attrs\['km'\] has 1 entries, .* 4 edges",
    ),
    "ragged x": (PATH, {"x": [[1.0], [1.0], [1.0, 2.0]]}, r"x\[2\] has 2 entries, x\[0\] has 1"),
    "a string in x": (PATH, {"x": [[1.0], [1.0], ["a"]]}, r"x\[2\]\[0\]: .*'a' of type str"),
    "None in x": (PATH, {"x": [[1.0], [None], [1.0]]}, r"x\[1\]\[0\]: .*None of type NoneType"),
    "complex in x": (PATH, {"x": [[1j], [1.0], [1.0]]}, r"x\[0\]\[0\]: .*1j of type complex"),
    "an int no float holds": (
        PATH,
        {"x": [[1.0], [2**53 + 1], [1.0]]},
        r"x\[1\]\[0\] is 9007199254740993, which no float",
    ),
    "an int beyond all floats": (PATH, {"x": [[1.0], [10**400], [1.0]]}, r"x\[1\]\[0\]"),
    "a fraction no float holds": (
        PATH,
        {"x": [[Fraction(1, 3)], [1.0], [1.0]]},
        r"x\[0\]\[0\] is Fraction\(1, 3\)",
    ),
    "numbers for rows": (PATH, {"x": [1.0, 2.0, 3.0]}, r"x\[0\] is 1.0: each node needs a list"),
    "a number for one row": (PATH, {"x": [[1.0], 2.0, [3.0]]}, r"x\[1\] is 2.0: each node needs a list"),
    "a string for a row": (PATH, {"x": [[1.0], "2", [3.0]]}, r"x\[1\] is '2': each node needs a list"),
    "a number for x": (PATH, {"x": 3.0}, r"x is 3.0"),
    "a number for edge_weight": (
        PATH,
        {"edge_weight": 2.0},
        "edge_weight is 2.0: expected a list with one entry per edge",
    ),
    "a string in edge_weight": (
        PATH,
        {"edge_weight": [1.0, "1", 1.0, 1.0]},
        r"edge_weight\[1\]: .*'1' of type str",
    ),
    "a number for a mask": (PATH, {"val_mask": True}, "val_mask is True"),
    "numbers in a mask": (
        PATH,
        {"train_mask": [True, 1, False]},
        r"train_mask\[1\] is 1: a mask holds True and False",
    ),
    "None in a mask": (PATH, {"test_mask": [True, False, None]}, r"test_mask\[2\] is None"),
    "two nodes of one name": (PATH, {"node_ids": ["a", "b", "a"]}, "nodes 0 and 2 are both named 'a'"),
    "a name that cannot be hashed": (PATH, {"node_ids": ["a", ["b"], "c"]}, "node_ids.*1"),
    "a number for node_ids": (PATH, {"node_ids": 3}, "node_ids is 3"),
    "unknown y_level": (PATH, {"y": [0, 0, 0], "y_level": "edge"}, "y_level is 'edge'"),
    "one number as label of every node": (PATH, {"y": 1, "y_level": "node"}, "y is 1: expected a list"),
    "node columns that are no dict": (PATH, {"node_attrs": [1, 2, 3]}, "node_attrs is"),
    "edge columns that are no dict": (PATH, {"edge_attrs": [1, 2, 3, 4]}, "edge_attrs is"),
    "a column that is no list": (
        PATH,
        {"node_attrs": {"age": 3}},
        r"node_attrs\['age'\] is 3: expected a list",
    ),
}


@pytest.mark.parametrize(("edges", "fields", "message"), REFUSED.values(), ids=REFUSED)
def test_a_wrong_entry_is_a_value_error_that_names_it(edges, fields, message):
    """Which field, which entry, what was expected."""
    with pytest.raises(ValueError, match=message):
        Graph(edges, **fields)


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (lambda g: setattr(g, "y", [0]), "y has 1 entries"),
        (lambda g: setattr(g, "num_nodes", 2), "source 2|target 2"),
        (lambda g: g.x[1].append(1.0), r"x\[1\] has 3 entries"),
        (lambda g: g.x.pop(), "x has 2 entries, the graph 3 nodes"),
        (lambda g: g.train_mask.__setitem__(0, "yes"), r"train_mask\[0\] is 'yes'"),
        (lambda g: setattr(g, "edge_weight", [1.0]), "edge_weight has 1 entries"),
    ],
    ids=["y", "num_nodes", "x row", "x rows", "mask", "edge_weight"],
)
def test_validate_finds_what_was_broken_later(break_it, message):
    """A graph can be changed; validate() says whether it still holds together."""
    graph = Graph(PATH, X, [0, 1, 0], train_mask=[True, False, True])
    assert graph.validate() is True
    break_it(graph)
    with pytest.raises(ValueError, match=message):
        graph.validate()


# ---- adjacency_matrix ----------------------------------------------------------------------------


def test_rows_are_targets_and_columns_sources():
    """So that A X sums what enters a node."""
    graph = Graph(([0, 0], [1, 2]), edge_weight=[5.0, 7.0])
    assert adjacency_matrix(graph) == [[0.0, 0.0, 0.0], [5.0, 0.0, 0.0], [7.0, 0.0, 0.0]]


def test_duplicate_edges_add_up():
    """Two edges, twice the message."""
    assert adjacency_matrix(Graph(([0, 0], [1, 1]), edge_weight=[5, 7])) == [[0.0, 0.0], [12.0, 0.0]]


def test_self_loops_are_added_where_there_are_none():
    """An existing one keeps its weight."""
    graph = Graph(([0, 0], [1, 0]), edge_weight=[1.0, 0.5])
    assert adjacency_matrix(graph, self_loops=True) == [[0.5, 0.0], [1.0, 1.0]]


def test_normalizing_divides_by_the_roots_of_the_row_sums():
    """D^-1/2 A D^-1/2 by hand; the isolated node stays zero without self loops, one with."""
    graph = Graph(([0, 1], [1, 0]), edge_weight=[4.0, 4.0], num_nodes=3)
    assert adjacency_matrix(graph, normalize=True) == [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
    # degrees 5, 5, 1
    assert adjacency_matrix(graph, self_loops=True, normalize=True) == [
        pytest.approx([0.2, 0.8, 0.0], rel=1e-15),
        pytest.approx([0.8, 0.2, 0.0], rel=1e-15),
        [0.0, 0.0, 1.0],
    ]


def test_entries_are_floats_whatever_the_weights_are():
    """Whole-number weights too."""
    matrix = adjacency_matrix(Graph(([0], [1]), edge_weight=[3]))
    assert {type(entry) for row in matrix for entry in row} == {float}


def test_values_as_weights_are_refused():
    """The matrix is constant, their gradient would be lost."""
    with pytest.raises(ValueError, match="adjacency_matrix is constant"):
        adjacency_matrix(Graph(([0], [1]), edge_weight=[Value(1.0)]))


@st.composite
def graphs(draw):
    """Up to six nodes; self loops, duplicates, directed edges and isolated nodes among them."""
    n = draw(st.integers(1, 6))
    node = st.integers(0, n - 1)
    edges = draw(st.lists(st.tuples(node, node), max_size=12))
    loops = [e for e, (s, t) in enumerate(edges) if s == t]
    first_loops = {edges[e][0]: e for e in reversed(loops)}.values()
    edges = [edge for e, edge in enumerate(edges) if edge[0] != edge[1] or e in first_loops]
    weights = draw(st.lists(st.floats(0.1, 4.0), min_size=len(edges), max_size=len(edges)))
    x = draw(st.lists(st.lists(st.floats(-2.0, 2.0), min_size=2, max_size=2), min_size=n, max_size=n))
    weighted = draw(st.booleans())
    return Graph(([s for s, _ in edges], [t for _, t in edges]), x, edge_weight=weights if weighted else None)


@given(graphs(), st.booleans())
def test_gcn_conv_is_a_product_with_the_adjacency_matrix(graph, normalize):
    """A (X Wᵀ) + b, with self loops and normalization or without both."""
    conv = GCNConv(2, 3, normalize=normalize, rng=random.Random(0))
    for j, bias in enumerate(conv.bias):
        bias.data = j - 0.5
    matrix = adjacency_matrix(graph, self_loops=normalize, normalize=normalize)
    dense = matmul(matrix, matmul(graph.x, transpose(conv.lin.weight)))
    sparse = conv(graph.x, graph.edge_index, graph.edge_weight)
    for row, expected in zip(sparse, dense, strict=True):
        assert [v.data for v in row] == pytest.approx(
            [v.data + j - 0.5 for j, v in enumerate(expected)], rel=REORDERED, abs=REORDERED
        )
