"""SAGEConv: the formula by hand, every option, gradients, and what a graph layer must not depend on."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygnn import EdgeIndex, Value
from tinygnn.gradcheck import gradcheck
from tinygnn.linalg import flatten, total
from tinygnn.nn import SAGEConv
from tinygnn.sparse import Features

# Sums of a dozen numbers near one, added up in another order.
REORDERED = 1e-12

PATH = ([0, 1, 1, 2], [1, 0, 2, 1])


def numbers(rows):
    return [[v.data for v in row] for row in rows]


def values(rows):
    return [[Value(entry) for entry in row] for row in rows]


def scalar(aggr="mean", root=0.0, bias=0.0, **options):
    """A convolution of one channel with the neighbours' weight 1, so that only the graph is seen."""
    conv = SAGEConv(1, 1, aggr, **options)
    state = {"lin_l.weight": [[1.0]], "lin_l.bias": [bias], "lin_r.weight": [[root]]}
    conv.load_state_dict({name: state.get(name, entry) for name, entry in conv.state_dict().items()})
    return conv


# ---- by hand -------------------------------------------------------------------------------------


def test_the_node_wise_formula_by_hand():
    """x'_i = W_l mean_j x_j + b + W_r x_i on a path of three."""
    conv = SAGEConv(2, 2)
    conv.load_state_dict(
        {
            "lin_l.weight": [[1.0, 2.0], [0.0, -1.0]],
            "lin_l.bias": [10.0, 20.0],
            "lin_r.weight": [[100.0, 0.0], [0.0, 1000.0]],
        }
    )
    x = [[1.0, 0.0], [0.0, 1.0], [3.0, 1.0]]
    # The means of the neighbours: (0, 1), (2, 1/2), (0, 1).
    expected = [[2.0 + 10.0 + 100.0, -1.0 + 20.0], [3.0 + 10.0, -0.5 + 20.0 + 1000.0]]
    expected.append([2.0 + 10.0 + 300.0, -1.0 + 20.0 + 1000.0])
    for row, wanted in zip(numbers(conv(x, PATH)), expected, strict=True):
        assert row == pytest.approx(wanted, rel=REORDERED)


# name: (edges, x' of x = (1, -10, 100) for each aggr)
BY_HAND = {
    "messages go from source to target": (
        ([0], [1]), {"mean": [0, 1, 0], "max": [0, 1, 0], "sum": [0, 1, 0]}),
    "two neighbours": (
        ([0, 1], [2, 2]), {"mean": [0, 0, -4.5], "max": [0, 0, 1], "sum": [0, 0, -9]}),
    "the maximum may be negative": (
        ([1], [0]), {"mean": [-10, 0, 0], "max": [-10, 0, 0], "sum": [-10, 0, 0]}),
    "no edges: a node hears 0": (([], []), {"mean": [0] * 3, "max": [0] * 3, "sum": [0] * 3}),
    "a self loop is an edge": (
        ([0, 1], [0, 0]), {"mean": [-4.5, 0, 0], "max": [1, 0, 0], "sum": [-9, 0, 0]}),
    "duplicates count twice": (
        ([0, 0, 1], [2, 2, 2]), {"mean": [0, 0, -8 / 3], "max": [0, 0, 1], "sum": [0, 0, -8]}),
    "two self loops count twice": (
        ([0, 0, 1], [0, 0, 0]), {"mean": [-8 / 3, 0, 0], "max": [1, 0, 0], "sum": [-8, 0, 0]}),
}  # fmt: skip


@pytest.mark.parametrize("x_is", ["floats", "Features", "Values"])
@pytest.mark.parametrize("aggr", ["mean", "max", "sum", "add"])
@pytest.mark.parametrize(("edges", "expected"), BY_HAND.values(), ids=BY_HAND)
def test_small_graphs_by_hand(edges, expected, aggr, x_is):
    """With x as constants and as Values; the root's own 3 x_i and the bias 7 are added once to every node."""
    x = [[1.0], [-10.0], [100.0]]
    x = {"floats": x, "Features": Features(x), "Values": values(x)}[x_is]
    heard = expected["sum" if aggr == "add" else aggr]
    wanted = [h + 3.0 * own + 7.0 for h, own in zip(heard, [1.0, -10.0, 100.0], strict=True)]
    found = flatten(numbers(scalar(aggr, root=3.0, bias=7.0)(x, edges)))
    assert found == pytest.approx(wanted, rel=REORDERED)
    found = flatten(numbers(scalar(aggr, root_weight=False, bias=False)(x, edges)))
    assert found == pytest.approx(heard, rel=REORDERED)


@pytest.mark.parametrize("aggr", ["mean", "max", "sum"])
def test_one_node_and_none(aggr):
    """A node alone keeps its own part; an empty graph gives nothing."""
    assert numbers(scalar(aggr, root=3.0, bias=7.0)([[2.0]], ([], []))) == [[13.0]]
    assert numbers(scalar(aggr, root=3.0, bias=7.0)([[2.0]], ([0], [0]))) == [[15.0]]
    assert SAGEConv(2, 3, aggr)([], ([], [])) == []


@pytest.mark.parametrize("aggr", ["mean", "max", "sum"])
def test_nan_at_an_unconnected_node_stays_there(aggr):
    """And one that is heard is not swallowed, in the maximum neither."""
    for rows in (lambda x: x, values):
        found = flatten(numbers(scalar(aggr, root=1.0)(rows([[1.0], [2.0], [math.nan]]), ([0, 1], [1, 0]))))
        assert found[:2] == [3.0, 3.0] and math.isnan(found[2])
        found = flatten(numbers(scalar(aggr)(rows([[1.0], [2.0], [math.nan]]), ([0, 2], [1, 1]))))
        assert math.isnan(found[1])


def test_project_sends_the_neighbours_through_a_layer_with_relu_and_not_the_node_itself():
    """x_j ← relu(W x_j + c), then the sum; W_r takes x_i as it was."""
    conv = SAGEConv(1, 1, "sum", project=True)
    state = {"lin.weight": [[2.0]], "lin.bias": [1.0], "lin_l.weight": [[1.0]], "lin_l.bias": [0.5]}
    conv.load_state_dict({**state, "lin_r.weight": [[10.0]]})
    # relu(2 x + 1) = 3, 0, 7
    found = numbers(conv([[1.0], [-4.0], [3.0]], ([0, 1, 2], [2, 2, 1])))
    assert found == [[0.5 + 10.0], [7.0 + 0.5 - 40.0], [3.0 + 0.5 + 30.0]]


@pytest.mark.parametrize(
    ("aggr", "expected"),
    [("min", 1.0), ("mul", 12.0), ("median", 3.0), ("var", 14 / 9), ("std", 14**0.5 / 3)],
)
def test_the_other_aggregations_of_three_neighbours_by_hand(aggr, expected):
    """Of 1, 3 and 4; nothing else is heard by node 3."""
    found = numbers(scalar(aggr, bias=7.0)([[1.0], [3.0], [4.0], [0.0]], ([0, 1, 2], [3, 3, 3])))
    assert found[3] == pytest.approx([expected + 7.0], rel=REORDERED)
    assert found[0] == [8.0 if aggr == "mul" else 7.0]


def test_constant_features_are_aggregated_anew_when_they_change():
    """An EdgeIndex keeps the aggregate of constant features, not longer than they stay as they are."""
    edges, x = EdgeIndex(([0, 1], [1, 0])), Features([[1.0], [5.0]])
    conv = scalar("max")
    assert numbers(conv(x, edges)) == [[5.0], [1.0]]
    assert numbers(conv(x, edges)) == [[5.0], [1.0]]
    x[0][0] = -2.0
    assert numbers(conv(x, edges)) == [[5.0], [-2.0]]
    assert numbers(scalar("mul")(Features([[4.0], [3.0]]), edges)) == [[3.0], [4.0]]


# ---- normalize -----------------------------------------------------------------------------------


def test_normalize_gives_rows_of_length_one():
    """‖x'_i‖₂ = 1, in the direction it has without."""
    plain, unit = (SAGEConv(2, 3, normalize=n, rng=random.Random(0)) for n in (False, True))
    x = [[1.0, 0.5], [0.0, -1.0], [2.0, 1.0]]
    for row, found in zip(numbers(plain(x, PATH)), numbers(unit(x, PATH)), strict=True):
        assert math.hypot(*found) == pytest.approx(1.0, rel=REORDERED)
        assert found == pytest.approx([e / math.hypot(*row) for e in row], rel=REORDERED)


def test_normalize_by_hand():
    """(3, 4) becomes (0.6, 0.8)."""
    conv = SAGEConv(2, 2, "sum", normalize=True, root_weight=False, bias=False)
    conv.load_state_dict({"lin_l.weight": [[1.0, 0.0], [0.0, 1.0]]})
    assert numbers(conv([[3.0, 4.0]], ([0], [0]))) == [[0.6, 0.8]]


def test_a_row_of_zeros_stays_and_has_the_gradient_zero():
    """PyG divides it by 1e-12, and the gradient with it."""
    conv = SAGEConv(2, 2, "sum", normalize=True, root_weight=False, bias=False, rng=random.Random(0))
    x = values([[1.0, -0.5], [-1.0, 0.5], [2.0, 3.0]])
    out = conv(x, ([0, 1], [2, 2]))
    assert numbers(out) == [[0.0, 0.0]] * 3
    total([(1.0 + k) * v for k, v in enumerate(flatten(out))]).backward()
    assert [v.grad for v in flatten(x) + conv.parameters()] == [0.0] * 10


# ---- parameters ----------------------------------------------------------------------------------


def test_parameters_have_pygs_names_and_shapes():
    """project adds lin, without root_weight there is no lin_r, without bias no lin_l.bias."""
    shapes = {
        name: [len(entry), *([len(entry[0])] if isinstance(entry[0], list) else [])]
        for name, entry in SAGEConv(2, 3, project=True).state_dict().items()
    }
    assert shapes == {
        "lin.weight": [2, 2],
        "lin.bias": [2],
        "lin_l.weight": [3, 2],
        "lin_l.bias": [3],
        "lin_r.weight": [3, 2],
    }
    assert list(SAGEConv(2, 3).state_dict()) == ["lin_l.weight", "lin_l.bias", "lin_r.weight"]
    assert list(SAGEConv(2, 3, root_weight=False, bias=False).state_dict()) == ["lin_l.weight"]


def test_initial_weights_lie_within_one_over_the_root_of_the_inputs():
    """Also the bias."""
    conv = SAGEConv(25, 40, project=True, rng=random.Random(0))
    for name, entry in conv.state_dict().items():
        largest = max(map(abs, flatten(entry) if isinstance(entry[0], list) else entry))
        assert 0.8 * 0.2 < largest <= 0.2, name


def test_the_generator_decides_the_weights():
    """Same seed, same bits."""
    one, same, other = (SAGEConv(2, 3, project=True, rng=random.Random(s)).state_dict() for s in (1, 1, 2))
    assert one == same != other


def test_positional_arguments_are_pygs():
    """in, out, aggr, normalize, root_weight, project, bias."""
    conv = SAGEConv(2, 3, "max", True, False, True, False)
    assert (conv.aggr, conv.normalize, conv.lin_r, conv.lin_l.bias) == ("max", True, None, None)
    assert conv.lin is not None


def test_repr_names_sizes_and_aggregation():
    """In one line."""
    assert repr(SAGEConv(2, 3, "max")) == "SAGEConv(2 -> 3, max)"


# ---- gradients -----------------------------------------------------------------------------------

GRAPHS = {
    "path": PATH,
    "directed": ([0, 0, 1], [1, 2, 2]),
    "self loops": ([0, 1, 1, 0], [1, 0, 1, 2]),
    "duplicates and an isolated node": ([0, 0, 1], [1, 1, 0]),
    "no edges": ([], []),
}

OPTIONS = {
    "mean": {},
    "max": {"aggr": "max"},
    "sum": {"aggr": "sum"},
    "normalize": {"normalize": True},
    "normalize max": {"normalize": True, "aggr": "max"},
    "no root weight": {"root_weight": False},
    "no root weight max": {"root_weight": False, "aggr": "max"},
    "project": {"project": True},
    "project max": {"project": True, "aggr": "max"},
    "no bias": {"bias": False},
    "no bias max": {"bias": False, "aggr": "max"},
    **{aggr: {"aggr": aggr} for aggr in ("min", "mul", "var", "std", "softmax", "median")},
}
X = [[0.5, -1.0], [2.0, 0.25], [-0.75, 1.5]]


def objective(rows):
    """One number with a weight of its own for each output, and not linear."""
    return total([(1.0 + 0.3 * k) * v * (v + 1.0) for k, v in enumerate(flatten(rows))])


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
@pytest.mark.parametrize("edges", GRAPHS.values(), ids=GRAPHS)
def test_gradients_of_x_and_parameters_are_central_differences(edges, options):
    """Of everything that may be a Value."""
    conv = SAGEConv(2, 3, rng=random.Random(5), **options)
    x = values(X)
    assert gradcheck(lambda *_: objective(conv(x, edges)), conv.parameters() + flatten(x))


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
@pytest.mark.parametrize("edges", GRAPHS.values(), ids=GRAPHS)
def test_constant_inputs_give_the_parameters_the_same_gradient_as_values(edges, options):
    """The fast path for constants is the same function; zeros among them."""
    conv = SAGEConv(2, 3, rng=random.Random(2), **options)
    x = [[0.5, 0.0], [2.0, 0.25], [0.0, 1.5]]
    found = []
    for rows in (x, Features(x), values(x)):
        for graph in (edges, EdgeIndex(edges)):
            conv.zero_grad()
            outputs = conv(rows, graph)
            objective(outputs).backward()
            found.append(flatten(numbers(outputs)) + [v.grad for v in conv.parameters()])
    for other in found[1:]:
        assert other == pytest.approx(found[0], rel=REORDERED, abs=REORDERED)


def test_equal_neighbours_share_the_gradient_of_the_maximum():
    """Half to each of two, as PyG's does on the CPU; nothing to the smaller one."""
    x = values([[5.0], [5.0], [1.0], [0.0]])
    [_, _, _, [output]] = scalar("max")(x, ([0, 1, 2], [3, 3, 3]))
    output.backward()
    assert [v.grad for v in flatten(x)] == [0.5, 0.5, 0.0, 0.0]


def test_each_output_number_of_a_mean_is_one_node_over_the_transformed_rows():
    """W_l x_j and W_r x_i, then one sum with the bias."""
    conv = SAGEConv(2, 3)
    for row in conv([[1.0, 2.0]] * 3, PATH):
        for v in row:
            transformed = [p for p in v.parents if p.parents]
            assert all(not w.parents[0].parents for w in transformed)
            assert len(v.parents) == len(transformed) + 1


# ---- nothing stale -------------------------------------------------------------------------------


def test_one_edge_index_serves_graphs_and_options_that_differ():
    """What an EdgeIndex keeps depends on the number of nodes, on mean, root weight and bias."""
    edges = EdgeIndex(([0, 1, 1], [1, 0, 1]))
    calls = [
        (aggr, n, {"root_weight": root, "bias": bias})
        for aggr in ("mean", "sum", "max")
        for n in (2, 3)
        for root in (True, False)
        for bias in (True, False)
    ]
    for aggr, n, options in calls + calls[::-1]:
        x = [[float(i + 1), -1.0] for i in range(n)]
        found, fresh = (
            numbers(SAGEConv(2, 2, aggr, rng=random.Random(1), **options)(x, pair))
            for pair in (edges, ([0, 1, 1], [1, 0, 1]))
        )
        assert found == fresh


def test_neighbour_rows_say_where_each_coefficient_belongs():
    """Neighbours, then the node itself in a second matrix, then the bias below both."""
    edges = EdgeIndex(([0, 1, 1], [1, 1, 0]))
    rows = edges.neighbour_rows(3, mean=True, root=True, bias=True)
    assert [row[0] for row in rows] == [(1, 3, 6), (0, 1, 4, 6), (5, 6)]
    assert [row[1] for row in rows] == [(1.0, 1.0, 1.0), (0.5, 0.5, 1.0, 1.0), (1.0, 1.0)]
    assert [row[:2] for row in edges.neighbour_rows(3)] == [((1,), (1.0,)), ((0, 1), (1.0, 1.0)), ((), ())]
    assert [row[0] for row in edges.neighbour_rows(3, bias=True)] == [(1, 3), (0, 1, 3), (3,)]
    assert edges.neighbour_rows(3) is edges.neighbour_rows(3)


# ---- symmetries ----------------------------------------------------------------------------------


@st.composite
def graphs(draw):
    n = draw(st.integers(1, 6))
    node = st.integers(0, n - 1)
    edges = draw(st.lists(st.tuples(node, node), max_size=12))
    entry = st.floats(-2.0, 2.0)
    return draw(st.lists(st.lists(entry, min_size=2, max_size=2), min_size=n, max_size=n)), edges


def run(conv, x, edges):
    return numbers(conv(x, ([s for s, _ in edges], [t for _, t in edges])))


def assert_close(found, expected):
    for row, wanted in zip(found, expected, strict=True):
        assert row == pytest.approx(wanted, rel=REORDERED, abs=REORDERED)


# normalize and std are left out: they magnify the rounding of a short row without bound.
SYMMETRIC = [o for o in OPTIONS.values() if "normalize" not in o and o.get("aggr") != "std"]


@given(graphs(), st.randoms(use_true_random=False), st.sampled_from(SYMMETRIC))
def test_relabelled_nodes_and_shuffled_edges_give_relabelled_outputs(graph, shuffler, options):
    """Permutation equivariance: f(P x, P A Pᵀ) = P f(x, A)."""
    x, edges = graph
    conv = SAGEConv(2, 3, rng=random.Random(3), **options)
    name = list(range(len(x)))
    shuffler.shuffle(name)
    outputs = run(conv, x, edges)
    permuted, expected = [None] * len(x), [None] * len(x)
    for i, new in enumerate(name):
        permuted[new], expected[new] = x[i], outputs[i]
    renamed = [(name[s], name[t]) for s, t in edges]
    shuffler.shuffle(renamed)
    assert_close(run(conv, permuted, renamed), expected)


@given(graphs(), graphs(), st.sampled_from(SYMMETRIC))
def test_two_graphs_side_by_side_do_not_see_each_other(one, other, options):
    """The disjoint union gives the outputs of both, one after the other."""
    (x, edges), (x2, edges2) = one, other
    conv = SAGEConv(2, 3, rng=random.Random(3), **options)
    union = edges + [(s + len(x), t + len(x)) for s, t in edges2]
    assert_close(run(conv, x + x2, union), run(conv, x, edges) + run(conv, x2, edges2))


@given(graphs(), st.sampled_from(["mean", "max"]))
def test_every_edge_twice_changes_neither_mean_nor_maximum(graph, aggr):
    """Only the sum counts them."""
    x, edges = graph
    conv = SAGEConv(2, 3, aggr, rng=random.Random(3))
    assert_close(run(conv, x, edges + edges), run(conv, x, edges))


# ---- refusals ------------------------------------------------------------------------------------


@pytest.mark.parametrize("aggr", ["maen", "lstm", None, ["mean", "max"]], ids=str)
def test_an_unknown_aggregation_is_refused_with_the_known_ones(aggr):
    """By name."""
    with pytest.raises(ValueError, match=r"aggr is .*: choose from sum, add, mean, max, min"):
        SAGEConv(1, 1, aggr)


@pytest.mark.parametrize("aggr", ["mean", "max", "sum"])
@pytest.mark.parametrize("project", [False, True])
@pytest.mark.parametrize(
    ("x", "edges", "message"),
    [
        ([[1.0, 2.0]], ([], []), r"SAGEConv takes rows of 1 entries, but x\[0\] has 2"),
        ([[1.0], []], ([], []), r"SAGEConv takes rows of 1 entries, but x\[1\] has 0"),
        ([1.0], ([], []), r"SAGEConv takes rows of 1 entries, but x\[0\] is 1.0"),
        ([[1.0]], ([0], [1]), r"edge 0 = \(0, 1\): target 1 is not a node \(the graph has 1"),
        ([[1.0]], ([1], [0]), r"edge 0 = \(1, 0\): source 1 is not a node"),
        ([[1.0]], ([-1], [0]), r"edge 0 = \(-1, 0\): source -1 is not a node"),
        ([[1.0]], ([0], []), "1 sources and 0 targets"),
        ([[1.0]], None, "edge_index is a NoneType"),
    ],
    ids=["wide row", "short row", "no row", "target", "source", "negative", "one-sided", "no edges"],
)
def test_wrong_input_is_named(x, edges, message, aggr, project):
    """What, which, and how many there should be."""
    with pytest.raises(ValueError, match=message):
        SAGEConv(1, 1, aggr, project=project)(x, edges)
