"""GCNConv: the formula by hand, gradients, PyG's conventions, and what a graph layer must not depend on."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygnn import EdgeIndex, Value
from tinygnn.gradcheck import gradcheck
from tinygnn.linalg import flatten, total
from tinygnn.nn import GCNConv
from tinygnn.sparse import Features

# Sums of a dozen numbers near one, added up in another order.
REORDERED = 1e-12

PATH = ([0, 1, 1, 2], [1, 0, 2, 1])


def numbers(rows):
    return [[v.data for v in row] for row in rows]


def identity(bias=0.0, **options):
    """A convolution with one weight, 1, so that only the graph is seen."""
    conv = GCNConv(1, 1, **options)
    conv.load_state_dict({"lin.weight": [[1.0]], **({} if conv.bias is None else {"bias": [bias]})})
    return conv


# ---- by hand -------------------------------------------------------------------------------------


def test_the_node_wise_formula_by_hand():
    """x'_i = W Σ x_j / √(d_j d_i) + b on a path of three: degrees 2, 3, 2."""
    conv = GCNConv(2, 2)
    conv.load_state_dict({"lin.weight": [[1.0, 2.0], [0.0, -1.0]], "bias": [10.0, 20.0]})
    x = [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]
    # W x = (1, 0), (2, -1), (3, -1)
    r = 6.0**-0.5
    expected = [
        [1 / 2 + 2 * r + 10, -r + 20],
        [r + 2 / 3 + 3 * r + 10, -1 / 3 - r + 20],
        [2 * r + 3 / 2 + 10, -r - 1 / 2 + 20],
    ]
    for row, wanted in zip(numbers(conv(x, PATH)), expected, strict=True):
        assert row == pytest.approx(wanted, rel=REORDERED)


# name: (edges, weights, options, x' of x = (1, 10, 100))
BY_HAND = {
    "isolated nodes keep their own": (([], []), None, {}, [1.0, 10.0, 100.0]),
    "without self loops an isolated node hears nothing": (
        ([], []), None, {"add_self_loops": False}, [0.0] * 3),
    "messages go from source to target": (
        ([0], [1]), None, {"normalize": False}, [0.0, 1.0, 0.0]),
    "weights multiply": (([0, 2], [1, 1]), [2.0, 0.5], {"normalize": False}, [0.0, 52.0, 0.0]),
    "duplicates add up": (([0, 0], [1, 1]), [2.0, 0.5], {"normalize": False}, [0.0, 2.5, 0.0]),
    "an existing self loop is not doubled": (([0, 1], [0, 1]), None, {}, [1.0, 10.0, 100.0]),
    "an existing self loop keeps its weight": (
        # degrees .25 + 1 = 1.25 and 1
        ([0, 1], [0, 0]), [0.25, 1.0], {}, [0.2 + 10 * 1.25**-0.5, 10.0, 100.0]),
    "of two self loops the last is kept": (
        ([0, 0, 1], [0, 0, 0]), [0.5, 0.25, 1.0], {}, [0.2 + 10 * 1.25**-0.5, 10.0, 100.0]),
    "self loops are edges where none are added": (
        ([0, 0], [0, 0]), [0.5, 0.25], {"add_self_loops": False, "normalize": False}, [0.75, 0.0, 0.0]),
    "directed: both degrees count what enters": (
        # degrees 1, 2, 2
        ([0, 1], [1, 2]), None, {}, [1.0, 0.5**0.5 + 5.0, 5.0 + 50.0]),
    "directed without self loops": (
        # degrees 0, 1, 1: what leaves node 0 counts 0
        ([0, 1], [1, 2]), None, {"add_self_loops": False}, [0.0, 0.0, 10.0]),
    "improved": (
        # degrees 3, 3, 2
        ([0, 1], [1, 0]), None, {"improved": True}, [2 / 3 + 10 / 3, 1 / 3 + 20 / 3, 100.0]),
    "weights that cancel": (([0], [1]), [-1.0], {}, [1.0, 0.0, 100.0]),
    "negative degree": (([0], [1]), [-3.0], {}, [1.0, math.nan, 100.0]),
    "zero weight": (([0, 1], [1, 0]), [0.0, 0.0], {}, [1.0, 10.0, 100.0]),
}  # fmt: skip


@pytest.mark.parametrize("weights_are", ["floats", "Values"])
@pytest.mark.parametrize("x_is", ["floats", "Features", "Values"])
@pytest.mark.parametrize(("edges", "weights", "options", "expected"), BY_HAND.values(), ids=BY_HAND)
def test_small_graphs_by_hand(edges, weights, options, expected, x_is, weights_are):
    """With x and the edge weights as constants and as Values; the bias is added to every node."""
    x = [[1.0], [10.0], [100.0]]
    if x_is == "Features":
        x = Features(x)
    elif x_is == "Values":
        x = [[Value(e) for e in row] for row in x]
    if weights_are == "Values":
        weights = [Value(w) for w in ([1.0] * len(edges[0]) if weights is None else weights)]
    for bias in (0.0, 7.0):
        found = flatten(numbers(identity(bias, **options)(x, edges, weights)))
        assert found == pytest.approx([e + bias for e in expected], rel=REORDERED, nan_ok=True)


def test_a_negative_degree_harms_only_the_nodes_that_touch_it():
    """nan where the formula has no number, and nowhere else."""
    found = numbers(identity()([[1.0]] * 4, ([0, 2], [1, 3]), [-3.0, 1.0]))
    assert [math.isnan(v) for [v] in found] == [False, True, False, False]


def test_nan_at_an_unconnected_node_stays_there():
    """No dense product spreads it."""
    for x in ([[1.0], [2.0], [math.nan]], [[Value(1.0)], [Value(2.0)], [Value(math.nan)]]):
        found = flatten(numbers(identity()(x, ([0, 1], [1, 0]))))
        assert found[:2] == pytest.approx([1.5, 1.5])
        assert math.isnan(found[2])


def test_a_graph_without_nodes():
    """Nothing in, nothing out."""
    assert GCNConv(2, 3)([], ([], [])) == []


# ---- parameters ----------------------------------------------------------------------------------


def test_parameters_have_pygs_names_order_and_shapes():
    """bias [out], lin.weight [out][in]."""
    state = GCNConv(2, 3).state_dict()
    assert list(state) == ["bias", "lin.weight"]
    assert state["bias"] == [0.0, 0.0, 0.0]
    assert [len(row) for row in state["lin.weight"]] == [2, 2, 2]


def test_without_bias():
    """`bias` is None and no parameter, also where nothing enters a node."""
    conv = GCNConv(1, 1, bias=False)
    conv.load_state_dict({"lin.weight": [[1.0]]})
    assert conv.bias is None
    assert list(conv.state_dict()) == ["lin.weight"]
    assert numbers(conv([[3.0], [4.0]], ([], []))) == [[3.0], [4.0]]


def test_initial_weights_are_glorots():
    """Within √(6/(in + out)), close to it, and the bias 0."""
    conv = GCNConv(30, 70, rng=random.Random(0))
    bound = math.sqrt(6.0 / 100.0)
    largest = max(abs(v.data) for row in conv.lin.weight for v in row)
    assert 0.99 * bound < largest <= bound


def test_positional_arguments_are_pygs():
    """in, out, improved, cached, add_self_loops, normalize, bias."""
    conv = GCNConv(2, 3, True, True, False, True, False)
    assert (conv.improved, conv.cached, conv.add_self_loops, conv.normalize) == (True, True, False, True)
    assert conv.bias is None


def test_cached_changes_no_number():
    """Another graph is seen, where PyG answers with the coefficients of the first."""
    conv = identity(cached=True)
    assert numbers(conv([[1.0], [3.0]], ([], []))) == [[1.0], [3.0]]
    assert numbers(conv([[1.0], [3.0]], ([0, 1], [1, 0])))[0] == pytest.approx([2.0])


def test_repr_is_pygs():
    """Sizes only."""
    assert repr(GCNConv(2, 3)) == "GCNConv(2 -> 3)"


# ---- gradients -----------------------------------------------------------------------------------

GRAPHS = {
    "path": PATH,
    "directed": ([0, 0, 1], [1, 2, 2]),
    "self loops": ([0, 1, 1, 0], [1, 0, 1, 2]),
    "two self loops at a node": ([0, 0, 1, 2], [0, 0, 0, 1]),
    "duplicates and an isolated node": ([0, 0, 1], [1, 1, 0]),
    "no edges": ([], []),
}

OPTIONS = {
    "default": {},
    "improved": {"improved": True},
    "no self loops": {"add_self_loops": False},
    "not normalized": {"normalize": False},
    "no bias": {"bias": False},
}


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
@pytest.mark.parametrize("edges", GRAPHS.values(), ids=GRAPHS)
def test_gradients_of_x_weights_and_parameters_are_central_differences(edges, options):
    """Everything that may be a Value, with a different weight for each output."""
    conv = GCNConv(2, 3, rng=random.Random(2), **options)
    x = [[Value(0.5), Value(-1.0)], [Value(2.0), Value(0.25)], [Value(-0.75), Value(1.5)]]
    weights = [Value(0.5 + 0.4 * e) for e in range(len(edges[0]))]

    def f(*_):
        outputs = flatten(conv(x, edges, weights))
        return total([(1.0 + 0.3 * k) * v * v for k, v in enumerate(outputs)])

    assert gradcheck(f, conv.parameters() + flatten(x) + weights)


@pytest.mark.parametrize("edges", GRAPHS.values(), ids=GRAPHS)
def test_constant_inputs_give_the_parameters_the_same_gradient_as_values(edges):
    """The fast path for constants is the same function."""
    conv = GCNConv(2, 3, rng=random.Random(2))
    x = [[0.5, 0.0], [2.0, 0.25], [-0.75, 1.5]]
    weights = [0.5 + 0.4 * e for e in range(len(edges[0]))]
    found = []
    for rows in (x, Features(x), [[Value(e) for e in row] for row in x]):
        for edge_weight in (weights, [Value(w) for w in weights]):
            conv.zero_grad()
            outputs = flatten(conv(rows, edges, edge_weight))
            total([(1.0 + 0.3 * k) * v for k, v in enumerate(outputs)]).backward()
            found.append([v.data for v in outputs] + [v.grad for v in conv.parameters()])
    for other in found[1:]:
        assert other == pytest.approx(found[0], rel=REORDERED, abs=REORDERED)


def test_some_weights_may_be_values_and_some_floats():
    """The floats are constants."""
    weight = Value(4.0)
    [_, [output]] = identity(normalize=False)([[1.0], [1.0]], ([0, 1], [1, 1]), [weight, 2.0])
    output.backward()
    assert output.data == 6.0
    assert weight.grad == 1.0


def test_a_node_whose_weights_cancel_gives_the_gradient_zero():
    """PyG gives nan there."""
    weight = Value(-1.0)
    total(flatten(identity()([[1.0], [1.0]], ([0], [1]), [weight]))).backward()
    assert weight.grad == 0.0


def test_each_output_number_is_one_node():
    """W x, then the sum over neighbours with the bias: two nodes for each number, and no more."""
    conv = GCNConv(2, 3)
    for row in conv([[1.0, 2.0]] * 3, PATH):
        for v in row:
            transformed = [p for p in v.parents if p.parents]
            assert all(w.parents[0] in flatten(conv.lin.weight) for w in transformed)
            assert len(v.parents) == len(transformed) + 1


# ---- nothing stale -------------------------------------------------------------------------------


def test_one_edge_index_serves_layers_graphs_and_weights_that_differ():
    """What an EdgeIndex keeps depends on the number of nodes, the options and the weights."""
    edges = EdgeIndex(([0, 1], [1, 0]))
    calls = [
        ({}, 2, None),
        ({}, 2, [1.0, 4.0]),
        ({}, 3, None),
        ({"improved": True}, 2, None),
        ({"normalize": False}, 2, None),
        ({"add_self_loops": False}, 2, [1.0, 4.0]),
        ({}, 2, [4.0, 1.0]),
        ({}, 2, None),
    ]
    for options, n, weights in calls + calls[::-1]:
        x = [[float(i + 1)] for i in range(n)]
        fresh = identity(**options)(x, ([0, 1], [1, 0]), weights)
        assert numbers(identity(**options)(x, edges, weights)) == numbers(fresh)


def test_weights_changed_between_two_calls_are_used():
    """In the list the caller holds, and in Values an optimizer moves."""
    edges, weights = EdgeIndex(([0], [1])), [1.0]
    conv, x = identity(normalize=False), [[1.0], [1.0]]
    assert numbers(conv(x, edges, weights)) == [[0.0], [1.0]]
    weights[0] = 5.0
    assert numbers(conv(x, edges, weights)) == [[0.0], [5.0]]
    learned = [Value(2.0)]
    assert numbers(conv(x, edges, learned)) == [[0.0], [2.0]]
    learned[0].data = 3.0
    assert numbers(conv(x, edges, learned)) == [[0.0], [3.0]]
    assert numbers(conv(x, edges)) == [[0.0], [1.0]]


# ---- symmetries ----------------------------------------------------------------------------------


@st.composite
def graphs(draw):
    """Nodes, their features, and weighted edges with at most one self loop a node."""
    n = draw(st.integers(1, 6))
    node = st.integers(0, n - 1)
    edges = draw(st.lists(st.tuples(node, node, st.floats(0.1, 4.0)), max_size=12))
    loops = {source: (source, target, w) for source, target, w in edges if source == target}
    edges = [edge for edge in edges if edge[0] != edge[1]] + list(loops.values())
    entry = st.floats(-2.0, 2.0)
    x = draw(st.lists(st.lists(entry, min_size=2, max_size=2), min_size=n, max_size=n))
    return x, edges


def run(conv, x, edges):
    pair = [s for s, _, _ in edges], [t for _, t, _ in edges]
    return numbers(conv(x, pair, [w for _, _, w in edges]))


def assert_close(found, expected):
    assert len(found) == len(expected)
    for row, wanted in zip(found, expected, strict=True):
        assert row == pytest.approx(wanted, rel=REORDERED, abs=REORDERED)


@given(graphs(), st.randoms(use_true_random=False), st.sampled_from(list(OPTIONS.values())))
def test_relabelled_nodes_give_relabelled_outputs(graph, shuffler, options):
    """Permutation equivariance: f(P x, P A Pᵀ) = P f(x, A)."""
    x, edges = graph
    conv = GCNConv(2, 3, rng=random.Random(3), **options)
    name = list(range(len(x)))
    shuffler.shuffle(name)
    outputs = run(conv, x, edges)
    permuted_x, expected = [None] * len(x), [None] * len(x)
    for i, new in enumerate(name):
        permuted_x[new], expected[new] = x[i], outputs[i]
    assert_close(run(conv, permuted_x, [(name[s], name[t], w) for s, t, w in edges]), expected)


@given(graphs(), st.randoms(use_true_random=False), st.sampled_from(list(OPTIONS.values())))
def test_the_order_of_the_edges_does_not_matter(graph, shuffler, options):
    """Up to rounding."""
    x, edges = graph
    conv = GCNConv(2, 3, rng=random.Random(3), **options)
    expected = run(conv, x, edges)
    shuffler.shuffle(edges)
    assert_close(run(conv, x, edges), expected)


@given(graphs(), st.sampled_from(list(OPTIONS.values())))
def test_two_edges_count_as_one_of_their_summed_weight(graph, options):
    """Between different nodes, also in the degrees."""
    x, edges = graph
    conv = GCNConv(2, 3, rng=random.Random(3), **options)
    halves = [(s, t, w / 2) for s, t, w in edges for _ in range(2) if s != t]
    loops = [edge for edge in edges if edge[0] == edge[1]]
    assert_close(run(conv, x, halves + loops), run(conv, x, edges))


@given(graphs(), graphs(), st.sampled_from(list(OPTIONS.values())))
def test_two_graphs_side_by_side_do_not_see_each_other(one, other, options):
    """The disjoint union gives the outputs of both, one after the other."""
    (x, edges), (x2, edges2) = one, other
    conv = GCNConv(2, 3, rng=random.Random(3), **options)
    n = len(x)
    union = edges + [(s + n, t + n, w) for s, t, w in edges2]
    assert_close(run(conv, x + x2, union), run(conv, x, edges) + run(conv, x2, edges2))


@given(graphs(), st.floats(-3.0, 3.0))
def test_without_bias_the_output_is_linear_in_x(graph, factor):
    """f(c x) = c f(x)."""
    x, edges = graph
    conv = GCNConv(2, 3, bias=False, rng=random.Random(3))
    scaled = run(conv, [[factor * e for e in row] for row in x], edges)
    assert_close(scaled, [[factor * e for e in row] for row in run(conv, x, edges)])


# ---- refusals ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "edges", "weights", "message"),
    [
        ([[1.0, 2.0]], ([], []), None, r"GCNConv takes rows of 1 entries, but x\[0\] has 2"),
        ([[1.0], []], ([], []), None, r"GCNConv takes rows of 1 entries, but x\[1\] has 0"),
        ([[1.0]], ([0], [1]), None, r"edge 0 = \(0, 1\): target 1 is not a node \(the graph has 1"),
        ([[1.0]], ([-1], [0]), None, r"edge 0 = \(-1, 0\): source -1 is not a node"),
        ([[1.0]], ([0], []), None, "1 sources and 0 targets"),
        ([[1.0]], None, None, "edge_index is a NoneType"),
        ([[1.0]], ([0], [0]), [], "0 edge weights for 1 edges"),
        ([[1.0]], ([0], [0]), [1.0, 2.0], "2 edge weights for 1 edges"),
        ([[1.0]], ([0], [0]), [Value(1.0), Value(2.0)], "2 edge weights for 1 edges"),
    ],
    ids=[
        "wide row",
        "short row",
        "target",
        "negative",
        "one-sided",
        "no edges",
        "no weights",
        "weights",
        "Values",
    ],
)
def test_wrong_input_is_named(x, edges, weights, message):
    """What, which, and how many there should be."""
    with pytest.raises(ValueError, match=message):
        identity()(x, edges, weights)


def test_self_loops_without_normalizing_are_refused():
    """As PyG does; leaving add_self_loops out means none."""
    with pytest.raises(ValueError, match="add_self_loops=True needs normalize=True"):
        GCNConv(1, 1, add_self_loops=True, normalize=False)
    assert GCNConv(1, 1, normalize=False).add_self_loops is False
