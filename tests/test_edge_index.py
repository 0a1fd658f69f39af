"""EdgeIndex and gcn_norm: coefficients by hand, what is kept, what is refused."""

import copy
import math
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygnn import EdgeIndex, Value
from tinygnn.edge_index import add_remaining_self_loops, gcn_norm
from tinygnn.gradcheck import gradcheck

# A coefficient is two inverse roots and two products: a few roundings.
ROUNDING = 1e-15

HALF = 0.5**0.5
THIRD = 3.0**-0.5


def coefficients(edges, weights, num_nodes, **options):
    """{(source, target): [coefficients of all edges between them, in order]}."""
    edge_index, numbers = gcn_norm(EdgeIndex(edges), weights, num_nodes, **options)
    found = {}
    for source, target, number in zip(*edge_index, numbers, strict=True):
        found.setdefault((source, target), []).append(float(number))
    return found


# ---- the pair of lists ---------------------------------------------------------------------------


class Tensor:
    """Anything with `.tolist()`, as tensors and arrays have."""

    def __init__(self, numbers):
        self.numbers = numbers

    def tolist(self):
        return self.numbers


class Integer:
    """An integer of another library, such as numpy's."""

    def __init__(self, number):
        self.number = number

    def __index__(self):
        return self.number


@pytest.mark.parametrize(
    "pair",
    [
        ([0, 1, 1], [1, 0, 2]),
        [[0, 1, 1], [1, 0, 2]],
        ((0, 1, 1), (1, 0, 2)),
        Tensor([[0, 1, 1], [1, 0, 2]]),
        (Tensor([0, 1, 1]), Tensor([1, 0, 2])),
        (range(3), [1, 0, 2]),
        ([Integer(0), Integer(1), Integer(1)], [Integer(1), Integer(0), Integer(2)]),
        iter([[0, 1, 1], [1, 0, 2]]),
    ],
    ids=[
        "tuple of lists",
        "list",
        "tuples",
        "tensor",
        "two tensors",
        "range",
        "foreign integers",
        "iterator",
    ],
)
def test_any_pair_of_rows_of_integers_is_one(pair):
    """The rows become lists of ints."""
    edges = EdgeIndex(pair)
    sources, targets = edges
    assert type(sources) is type(targets) is list
    assert {type(node) for node in sources + targets} == {int}
    assert targets == [1, 0, 2]
    assert edges.num_edges == 3


def test_it_is_equal_to_a_plain_pair_and_can_be_unpacked():
    """Like PyG's: edge_index[0] are the sources."""
    edges = EdgeIndex(([0, 1], [1, 2]))
    assert edges == ([0, 1], [1, 2])
    assert edges[0] == [0, 1]
    assert len(edges) == 2


def test_of_returns_an_edge_index_itself_and_makes_one_of_the_rest():
    """So that what was computed from it is kept."""
    edges = EdgeIndex(([0], [1]))
    assert EdgeIndex.of(edges) is edges
    assert EdgeIndex.of(([0], [1])) == edges


def test_it_does_not_share_lists_with_what_it_was_made_from():
    """Changing those later changes nothing here."""
    sources = [0, 1]
    edges = EdgeIndex((sources, [1, 0]))
    sources[0] = 5
    assert edges[0] == [0, 1]


@pytest.mark.parametrize(
    ("thing", "message"),
    [
        (None, "edge_index is a NoneType: give a pair of rows"),
        (5, "edge_index is a int: give a pair of rows"),
        ([0, 1], "edge_index is a list: give a pair of rows"),
        ([], r"edge_index has 0 rows, not 2 \(sources, targets\)"),
        ([[0, 1, 2]], "edge_index has 1 rows, not 2"),
        ([(0, 1), (1, 2), (2, 0)], "edge_index has 3 rows, not 2 .*transpose it"),
        (([0, 1], [1]), "edge_index has 2 sources and 1 targets"),
        (([0, 1.0], [1, 0]), "edge 1: its source is 1.0, not an integer"),
        (([0, 1], [1, "0"]), "edge 1: its target is '0', not an integer"),
        (([0, None], [1, 0]), "edge 1: its source is None, not an integer"),
        (([0, True], [1, 0]), "edge 1: its source is True, not an integer"),
        (([0], [float("nan")]), "edge 0: its target is nan, not an integer"),
        (([[0]], [[1]]), r"edge 0: its source is \[0\], not an integer"),
    ],
    ids=lambda thing: "" if isinstance(thing, str) else repr(thing),
)
def test_something_else_is_refused_by_name(thing, message):
    """With the edge and its end, and how to mend it."""
    with pytest.raises(ValueError, match=message):
        EdgeIndex(thing)


@pytest.mark.parametrize(
    ("edges", "message"),
    [
        (([0, 3], [1, 2]), r"edge 1 = \(3, 2\): source 3 is not a node \(the graph has 3"),
        (([0, 1], [1, 3]), r"edge 1 = \(1, 3\): target 3 is not a node \(the graph has 3"),
        (([0, -1], [1, 2]), r"edge 1 = \(-1, 2\): source -1 is not a node"),
    ],
    ids=["source", "target", "negative"],
)
def test_an_endpoint_that_is_no_node_is_named(edges, message):
    """Negative numbers do not count from the end."""
    for use in (EdgeIndex.check, EdgeIndex.entering, EdgeIndex.gcn_rows):
        with pytest.raises(ValueError, match=message):
            use(EdgeIndex(edges), 3)


def test_a_check_for_more_nodes_does_not_excuse_one_for_fewer():
    """What is remembered is remembered for that number of nodes."""
    edges = EdgeIndex(([0], [4]))
    edges.check(5)
    with pytest.raises(ValueError, match="target 4 is not a node"):
        edges.check(4)


def test_entering_lists_the_edges_into_each_node_in_order():
    """Isolated nodes have none; duplicates and self loops count."""
    edges = EdgeIndex(([0, 1, 2, 1, 1], [1, 1, 0, 0, 1]))
    assert edges.entering(4) == [[2, 3], [0, 1, 4], [], []]
    assert edges.entering(3) == [[2, 3], [0, 1, 4], []]


def test_no_edges_and_no_nodes():
    """An empty graph is a graph."""
    edges = EdgeIndex(([], []))
    assert edges.num_edges == 0
    assert edges.entering(0) == []
    assert edges.entering(2) == [[], []]
    assert edges.gcn_rows(0) == []


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda e: pickle.loads(pickle.dumps(e))])
def test_it_can_be_copied_and_pickled(duplicate):
    """Also after something was computed from it."""
    edges = EdgeIndex(([0, 1], [1, 0]))
    rows = edges.gcn_rows(2)
    twin = duplicate(edges)
    assert type(twin) is EdgeIndex
    assert twin == edges
    assert twin.gcn_rows(2) == rows


# ---- coefficients by hand ------------------------------------------------------------------------

# name: (edges, weights, N, options, {(source, target): coefficients})
BY_HAND = {
    "one undirected edge": (([0, 1], [1, 0]), None, 2, {}, {
        (0, 1): [0.5], (1, 0): [0.5], (0, 0): [0.5], (1, 1): [0.5]}),
    "path of three": (([0, 1, 1, 2], [1, 0, 2, 1]), None, 3, {}, {
        # degrees 2, 3, 2 with the self loops
        (0, 1): [HALF * THIRD], (1, 0): [HALF * THIRD], (1, 2): [HALF * THIRD], (2, 1): [HALF * THIRD],
        (0, 0): [1 / 2], (1, 1): [1 / 3], (2, 2): [1 / 2]}),
    "isolated node": (([0, 1], [1, 0]), None, 3, {}, {
        (0, 1): [0.5], (1, 0): [0.5], (0, 0): [0.5], (1, 1): [0.5], (2, 2): [1.0]}),
    "no edges": (([], []), None, 2, {}, {(0, 0): [1.0], (1, 1): [1.0]}),
    "an existing self loop is the self loop": (([0, 1, 0], [1, 0, 0]), None, 2, {}, {
        (0, 1): [0.5], (1, 0): [0.5], (0, 0): [0.5], (1, 1): [0.5]}),
    "an existing self loop keeps its weight": (([0, 1, 0], [1, 0, 0]), [1.0, 1.0, 0.5], 2, {}, {
        # degrees 1.5 and 2
        (0, 1): [3.0**-0.5], (1, 0): [3.0**-0.5], (0, 0): [1 / 3], (1, 1): [0.5]}),
    "of two self loops the last is kept": (([0, 1, 0], [0, 0, 0]), [0.5, 1.0, 0.25], 2, {}, {
        # degrees 1 + .25 and 1
        (1, 0): [1.25**-0.5], (0, 0): [0.25 / 1.25], (1, 1): [1.0]}),
    "duplicate edges count twice": (([0, 0], [1, 1]), None, 2, {}, {
        # degrees 1 and 3
        (0, 1): [THIRD, THIRD], (0, 0): [1.0], (1, 1): [1 / 3]}),
    "directed edges count where they enter": (([0, 0, 1], [1, 2, 2]), None, 3, {}, {
        # degrees 1, 2, 3
        (0, 1): [HALF], (0, 2): [THIRD], (1, 2): [HALF * THIRD],
        (0, 0): [1.0], (1, 1): [0.5], (2, 2): [1 / 3]}),
    "directed without self loops": (([0, 0, 1], [1, 2, 2]), None, 3, {"add_self_loops": False}, {
        # degrees 0, 1, 2: what leaves node 0 is worth nothing
        (0, 1): [0.0], (0, 2): [0.0], (1, 2): [HALF]}),
    "weights": (([0, 1], [1, 0]), [3.0, 8.0], 2, {}, {
        # degrees 9 and 4
        (0, 1): [3 / 6], (1, 0): [8 / 6], (0, 0): [1 / 9], (1, 1): [1 / 4]}),
    "whole-number weights": (([0, 1], [1, 0]), [3, 8], 2, {}, {
        (0, 1): [3 / 6], (1, 0): [8 / 6], (0, 0): [1 / 9], (1, 1): [1 / 4]}),
    "improved": (([0, 1], [1, 0]), None, 2, {"improved": True}, {
        (0, 1): [1 / 3], (1, 0): [1 / 3], (0, 0): [2 / 3], (1, 1): [2 / 3]}),
    "improved keeps an existing self loop's weight": (([0, 0], [0, 1]), None, 2, {"improved": True}, {
        # degrees 1 and 3
        (0, 1): [THIRD], (0, 0): [1.0], (1, 1): [2 / 3]}),
    "not normalized": (([0, 1, 0], [1, 0, 0]), [2.0, 3.0, 4.0], 2,
        {"normalize": False, "add_self_loops": False}, {(0, 1): [2.0], (1, 0): [3.0], (0, 0): [4.0]}),
    "self loops without normalizing": (([0, 1, 0, 0], [1, 0, 0, 0]), [2.0, 3.0, 0.5, 0.25], 2,
        {"normalize": False}, {(0, 1): [2.0], (1, 0): [3.0], (0, 0): [0.25], (1, 1): [1.0]}),
    "zero weight": (([0, 1], [1, 0]), [0.0, 0.0], 2, {}, {
        (0, 1): [0.0], (1, 0): [0.0], (0, 0): [1.0], (1, 1): [1.0]}),
    "degree that cancels to zero": (([0], [1]), [-1.0], 2, {}, {
        (0, 1): [0.0], (0, 0): [1.0], (1, 1): [0.0]}),
    "negative degree": (([0], [1]), [-3.0], 2, {}, {
        (0, 1): [math.nan], (0, 0): [1.0], (1, 1): [math.nan]}),
}  # fmt: skip


@pytest.mark.parametrize("constant", [True, False], ids=["floats", "Values"])
@pytest.mark.parametrize(("edges", "weights", "n", "options", "expected"), BY_HAND.values(), ids=BY_HAND)
def test_coefficients_are_those_computed_by_hand(edges, weights, n, options, expected, constant):
    """w / √(d_source d_target), for constant weights and for Values."""
    if not constant:
        weights = [Value(w) for w in ([1.0] * len(edges[0]) if weights is None else weights)]
    found = coefficients(edges, weights, n, **options)
    assert found.keys() == expected.keys()
    for edge, numbers in expected.items():
        assert found[edge] == pytest.approx(numbers, rel=ROUNDING, nan_ok=True), edge


@pytest.mark.parametrize(("edges", "weights", "n", "options", "expected"), BY_HAND.values(), ids=BY_HAND)
def test_gcn_rows_hold_the_same_coefficients_by_target(edges, weights, n, options, expected):
    """One row a node: the nodes it hears from and how much each counts."""
    rows = EdgeIndex(edges).gcn_rows(n, weights, **options)
    found = {}
    for target, (sources, numbers, op) in enumerate(rows):
        assert op == ("linear_combination", numbers)
        for source, number in zip(sources, numbers, strict=True):
            assert type(number) is float
            found.setdefault((source, target), []).append(number)
    assert len(rows) == n
    assert found.keys() == expected.keys()
    for edge, numbers in expected.items():
        assert found[edge] == pytest.approx(numbers, rel=ROUNDING, nan_ok=True), edge


def test_self_loops_are_added_behind_the_other_edges():
    """PyG's order: the edges without self loops, then one self loop a node."""
    edges, weights = add_remaining_self_loops(EdgeIndex(([0, 1, 2], [0, 2, 1])), [5.0, 6.0, 7.0], 3, 1.5)
    assert edges == ([1, 2, 0, 1, 2], [2, 1, 0, 1, 2])
    assert weights == [6.0, 7.0, 5.0, 1.5, 1.5]


# ---- Values as weights ---------------------------------------------------------------------------

GRAPHS = {
    "undirected": (([0, 1, 1, 2], [1, 0, 2, 1]), 3),
    "directed": (([0, 0, 1], [1, 2, 2]), 3),
    "duplicates and an isolated node": (([0, 0, 2], [1, 1, 1]), 4),
    "self loops": (([0, 1, 1, 0], [1, 0, 1, 1]), 2),
    "two self loops at one node": (([0, 0, 1], [0, 0, 0]), 2),
}


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"improved": True},
        {"add_self_loops": False},
        {"normalize": False},
        {"normalize": False, "add_self_loops": False},
    ],
    ids=["default", "improved", "no self loops", "not normalized", "neither"],
)
@pytest.mark.parametrize(("edges", "n"), GRAPHS.values(), ids=GRAPHS)
def test_gradients_of_the_weights_are_central_differences(edges, n, options):
    """Through the degrees too; each coefficient with a weight of its own in the sum."""

    def f(*weights):
        _, numbers = gcn_norm(EdgeIndex(edges), weights, n, **options)
        return sum(((1.0 + 0.3 * k) * c for k, c in enumerate(numbers)), Value(0.0))

    assert gradcheck(f, [Value(0.5 + 0.4 * e) for e in range(len(edges[0]))])


def test_a_replaced_self_loop_gets_no_gradient():
    """Of two self loops only the last one counts, so only it has a gradient."""
    first, last = Value(0.5), Value(0.25)
    _, numbers = gcn_norm(EdgeIndex(([0, 0, 1], [0, 0, 0])), [first, last, 1.0], 2)
    sum(numbers, Value(0.0)).backward()
    assert first.grad == 0.0
    assert last.grad != 0.0


def test_a_node_of_degree_zero_gives_the_gradient_zero_not_nan():
    """PyG gives nan where weights cancel; the coefficient there is the constant 0."""
    weight = Value(-1.0)
    _, numbers = gcn_norm(EdgeIndex(([0], [1])), [weight], 2)
    sum(numbers, Value(0.0)).backward()
    assert weight.grad == 0.0


@pytest.mark.parametrize("count", [1, 3])
def test_a_wrong_number_of_weights_is_refused(count):
    """Both counts are named."""
    edges = EdgeIndex(([0, 1], [1, 0]))
    for weights in ([1.0] * count, [Value(1.0)] * count):
        with pytest.raises(ValueError, match=f"{count} edge weights for 2 edges"):
            gcn_norm(edges, weights, 2)
    with pytest.raises(ValueError, match=f"{count} edge weights for 2 edges"):
        edges.gcn_rows(2, [1.0] * count)


@pytest.mark.parametrize("normalize", [True, False], ids=["normalized", "as they are"])
@pytest.mark.parametrize("thing", ["0.5", None, 1j, [0.5]], ids=repr)
def test_a_weight_that_is_no_number_is_refused_by_name(thing, normalize):
    """A string is not parsed."""
    with pytest.raises((TypeError, ValueError), match="expected a real number"):
        EdgeIndex(([0, 1], [1, 0])).gcn_rows(2, [1.0, thing], normalize=normalize, add_self_loops=normalize)


# ---- what is kept between calls ------------------------------------------------------------------


def test_rows_are_computed_once():
    """The second call returns the same list."""
    edges = EdgeIndex(([0, 1], [1, 0]))
    assert edges.gcn_rows(2) is edges.gcn_rows(2)
    assert edges.gcn_rows(2, [1.0, 2.0]) is edges.gcn_rows(2, [1.0, 2.0])
    assert edges.entering(2) is edges.entering(2)


CALLS = [
    ((2,), {}),
    ((3,), {}),
    ((2,), {"improved": True}),
    ((2,), {"add_self_loops": False}),
    ((2,), {"normalize": False}),
    ((2,), {"normalize": False, "add_self_loops": False}),
    ((2, [1.0, 2.0]), {}),
    ((2, [2.0, 1.0]), {}),
    ((2, [1.0, 1.0]), {}),
    ((2, [1.0, math.nan]), {}),
]


@given(st.lists(st.sampled_from(range(len(CALLS))), max_size=12))
def test_what_is_kept_is_never_returned_for_another_question(order):
    """Other weights, another number of nodes, other options: each gets its own answer, in any order."""
    edges = EdgeIndex(([0, 1], [1, 0]))
    for k in order:
        arguments, options = CALLS[k]
        fresh = EdgeIndex(([0, 1], [1, 0])).gcn_rows(*arguments, **options)
        assert str(edges.gcn_rows(*arguments, **options)) == str(fresh)


def test_weights_changed_in_place_are_noticed():
    """The list is the caller's, and the caller may write to it between two calls."""
    edges, weights = EdgeIndex(([0, 1], [1, 0])), [1.0, 1.0]
    before = edges.gcn_rows(2, weights)
    weights[0] = 3.0
    assert edges.gcn_rows(2, weights) == EdgeIndex(([0, 1], [1, 0])).gcn_rows(2, [3.0, 1.0])
    assert edges.gcn_rows(2, weights) != before


# ---- properties ----------------------------------------------------------------------------------


@st.composite
def weighted_graphs(draw):
    n = draw(st.integers(1, 6))
    node = st.integers(0, n - 1)
    edges = draw(st.lists(st.tuples(node, node, st.floats(0.1, 4.0)), max_size=12))
    return n, edges


def split(edges):
    return ([s for s, _, _ in edges], [t for _, t, _ in edges]), [w for _, _, w in edges]


@given(weighted_graphs(), st.randoms(use_true_random=False))
def test_relabelled_nodes_have_relabelled_coefficients(graph, random):
    """The numbers of the nodes are names."""
    n, edges = graph
    name = list(range(n))
    random.shuffle(name)
    found = coefficients(*split(edges), n)
    renamed = coefficients(*split([(name[s], name[t], w) for s, t, w in edges]), n)
    assert renamed.keys() == {(name[s], name[t]) for s, t in found}
    for (s, t), numbers in found.items():
        assert renamed[name[s], name[t]] == pytest.approx(numbers, rel=ROUNDING * 10)  # degrees of 12 terms


@given(weighted_graphs())
def test_symmetric_graphs_have_symmetric_coefficients(graph):
    """As D^-1/2 A D^-1/2 has."""
    n, edges = graph
    edges = [(s, t, w) for s, t, w in edges if s != t]
    found = coefficients(*split(edges + [(t, s, w) for s, t, w in edges]), n)
    for (s, t), numbers in found.items():
        assert sorted(numbers) == pytest.approx(sorted(found[t, s]), rel=ROUNDING * 10)


@given(weighted_graphs())
def test_values_and_floats_give_the_same_coefficients(graph):
    """Learned weights change who gets a gradient, not the numbers."""
    n, edges = graph
    pair, weights = split(edges)
    _, constants = gcn_norm(EdgeIndex(pair), weights, n)
    _, values = gcn_norm(EdgeIndex(pair), [Value(w) for w in weights], n)
    assert [float(v) for v in values] == pytest.approx(constants, rel=ROUNDING * 10)
