"""GATConv: attention by hand, every option, gradients, and what a graph layer must not depend on."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygnn import EdgeIndex, Value
from tinygnn.gradcheck import gradcheck
from tinygnn.linalg import flatten, total
from tinygnn.nn import GATConv
from tinygnn.sparse import Features

# Sums of a dozen numbers near one, added up in another order.
REORDERED = 1e-12

PATH = ([0, 1, 1, 2], [1, 0, 2, 1])


def numbers(rows):
    return [[v.data for v in row] for row in rows]


def values(rows):
    return [[Value(entry) for entry in row] for row in rows]


def scalar(source=0.0, target=0.0, edge=0.0, bias=0.0, **options):
    """A convolution of one channel with the weight 1 and the given attention weights."""
    conv = GATConv(1, 1, **options)
    state = {"lin.weight": [[1.0]], "att_src": [[[source]]], "att_dst": [[[target]]], "bias": [bias]}
    state.update({"lin_edge.weight": [[1.0]], "att_edge": [[[edge]]], "res.weight": [[1000.0]]})
    conv.load_state_dict({name: state[name] for name in conv.state_dict()})
    return conv


def attend(scores, messages, slope=0.2):
    """Σ softmax(LeakyReLU(scores)) messages, in floats."""
    exponentials = [math.exp(s if s > 0.0 else slope * s) for s in scores]
    return sum(e * m for e, m in zip(exponentials, messages, strict=True)) / sum(exponentials)


# ---- by hand -------------------------------------------------------------------------------------


def test_the_node_wise_formula_by_hand():
    """Two channels in, two out, on a directed path with self loops added."""
    conv = GATConv(2, 2)
    conv.load_state_dict(
        {
            "lin.weight": [[1.0, 2.0], [0.0, -1.0]],
            "att_src": [[[0.5, -1.0]]],
            "att_dst": [[[2.0, 0.25]]],
            "bias": [10.0, 20.0],
        }
    )
    x = [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]
    h = [[1.0, 0.0], [2.0, -1.0], [3.0, -1.0]]
    sent, heard = [0.5, 2.0, 2.5], [2.0, 3.75, 5.75]
    found = numbers(conv(x, ([0, 1, 0], [1, 2, 2])))
    for i, sources in enumerate([[0], [0, 1], [1, 0, 2]]):
        for k, bias in enumerate([10.0, 20.0]):
            scores = [sent[j] + heard[i] for j in sources]
            expected = attend(scores, [h[j][k] for j in sources]) + bias
            assert found[i][k] == pytest.approx(expected, rel=REORDERED)


def test_without_attention_weights_it_is_the_mean_over_neighbours_and_self():
    """Equal scores, equal shares."""
    found = flatten(numbers(scalar(bias=7.0)([[1.0], [10.0], [100.0]], PATH)))
    assert found == pytest.approx([5.5 + 7.0, 37.0 + 7.0, 55.0 + 7.0], rel=REORDERED)


# name: (edges, options, for each node the nodes it hears, as often as it does)
HEARS = {
    "one's own row is always heard": (([], []), {}, [[0], [1], [2]]),
    "messages go from source to target": (([0], [1]), {}, [[0], [0, 1], [2]]),
    "a self loop is replaced": (([0, 0], [0, 1]), {}, [[0], [0, 1], [2]]),
    "two self loops are replaced by one": (([0, 0, 0], [0, 0, 1]), {}, [[0], [0, 1], [2]]),
    "duplicates are heard twice": (([0, 0], [1, 1]), {}, [[0], [0, 0, 1], [2]]),
    "without self loops an isolated node hears nothing": (
        ([0], [1]), {"add_self_loops": False}, [[], [0], []]),
    "without self loops existing ones are edges": (
        ([0, 0, 1], [0, 0, 0]), {"add_self_loops": False}, [[0, 0, 1], [], []]),
    "directed": (([0, 0, 1], [1, 2, 2]), {}, [[0], [0, 1], [0, 1, 2]]),
}  # fmt: skip


@pytest.mark.parametrize("x_is", ["floats", "Features", "Values"])
@pytest.mark.parametrize(("edges", "options", "heard"), HEARS.values(), ids=HEARS)
def test_small_graphs_by_hand(edges, options, heard, x_is):
    """With scores x_j / 2 - x_i, some of them negative; the bias is added once to every node."""
    x = [1.0, -3.0, 2.0]
    rows = [[entry] for entry in x]
    rows = {"floats": rows, "Features": Features(rows), "Values": values(rows)}[x_is]
    found = flatten(numbers(scalar(0.5, -1.0, bias=7.0, **options)(rows, edges)))
    expected = [
        7.0 + (attend([0.5 * x[j] - x[i] for j in js], [x[j] for j in js]) if js else 0.0)
        for i, js in enumerate(heard)
    ]
    assert found == pytest.approx(expected, rel=REORDERED)


def test_one_node_and_none():
    """A node alone gives all attention to itself; an empty graph gives nothing."""
    assert numbers(scalar(0.5, -1.0)([[2.0]], ([], []))) == [[2.0]]
    assert numbers(scalar(0.5, -1.0, add_self_loops=False)([[2.0]], ([], []))) == [[0.0]]
    assert GATConv(2, 3)([], ([], [])) == []


def test_the_negative_slope_is_leaky_relus():
    """0.2 if nothing is said; 0 makes all negative scores equal, 1 leaves them as they are."""
    x, edges = [[-1.0], [-3.0]], ([0], [1])
    for slope, options in ((0.2, {}), (0.0, {"negative_slope": 0.0}), (1.0, {"negative_slope": 1.0})):
        [_, [found]] = numbers(scalar(1.0, **options)(x, edges))
        assert found == pytest.approx(attend([-1.0, -3.0], [-1.0, -3.0], slope), rel=REORDERED)


def test_large_scores_do_not_overflow():
    """All attention goes to the largest."""
    assert numbers(scalar(1000.0)([[1.0], [2.0]], ([0], [1]))) == [[1.0], [2.0]]
    assert numbers(scalar(-1e5)([[1.0], [2.0]], ([0], [1]))) == [[1.0], [1.0]]


def test_nan_at_an_unconnected_node_stays_there():
    """And one that is heard is not swallowed."""
    for rows in (lambda x: x, values):
        found = flatten(numbers(scalar(1.0)(rows([[1.0], [1.0], [math.nan]]), ([0, 1], [1, 0]))))
        assert found[:2] == [1.0, 1.0] and math.isnan(found[2])
        found = flatten(numbers(scalar(1.0)(rows([[1.0], [1.0], [math.nan]]), ([2], [1]))))
        assert found[0] == 1.0 and math.isnan(found[1])


def test_residual_adds_the_transformed_row_of_the_node_itself():
    """Before the bias."""
    assert numbers(scalar(residual=True, bias=7.0)([[2.0], [4.0]], ([0], [1]))) == [[2009.0], [4010.0]]


# ---- heads ---------------------------------------------------------------------------------------


def of_heads(concat, **options):
    """Two heads of two channels each, and the same two as layers of one head."""
    both = GATConv(2, 2, 2, concat, bias=False, rng=random.Random(4), **options)
    state = both.state_dict()
    ones = []
    for head in (0, 1):
        one = GATConv(2, 2, bias=False)
        one.load_state_dict(
            {
                "lin.weight": state["lin.weight"][2 * head : 2 * head + 2],
                "att_src": [[state["att_src"][0][head]]],
                "att_dst": [[state["att_dst"][0][head]]],
            }
        )
        ones.append(one)
    return both, ones


X = [[0.5, -1.0], [2.0, 0.25], [-0.75, 1.5]]


def test_heads_side_by_side():
    """Columns 0 and 1 are the first head's, 2 and 3 the second's."""
    both, ones = of_heads(True)
    first, second = (numbers(one(X, PATH)) for one in ones)
    assert numbers(both(X, PATH)) == [a + b for a, b in zip(first, second, strict=True)]


def test_the_mean_of_heads():
    """Column by column."""
    both, ones = of_heads(False)
    first, second = (numbers(one(X, PATH)) for one in ones)
    for row, a, b in zip(numbers(both(X, PATH)), first, second, strict=True):
        assert row == pytest.approx([(p + q) / 2.0 for p, q in zip(a, b, strict=True)], rel=REORDERED)


@pytest.mark.parametrize(("concat", "width"), [(True, 6), (False, 2)])
def test_widths_of_output_bias_and_residual_follow_concat(concat, width):
    """[N][heads · out], or [N][out]."""
    conv = GATConv(2, 2, heads=3, concat=concat, residual=True)
    assert [len(row) for row in conv(X, PATH)] == [width] * 3
    assert len(conv.bias) == len(conv.res.weight) == width


# ---- edge features -------------------------------------------------------------------------------

WITH_LOOPS = ([0, 0, 1, 1, 2], [1, 0, 1, 2, 1])
ATTR = [0.5, 9.0, -9.0, -2.0, 3.0]


@pytest.mark.parametrize("shape", ["[E]", "[E][1]", "Values", "rows of Values", "tuples"])
@pytest.mark.parametrize(
    ("options", "loops"),
    [
        ({}, [0.0, 1.75, -2.0]),  # nothing enters 0; 0.5 and 3 enter 1; -2 enters 2
        ({"fill_value": "mean"}, [0.0, 1.75, -2.0]),
        ({"fill_value": 5.0}, [5.0, 5.0, 5.0]),
        ({"fill_value": 0}, [0.0, 0.0, 0.0]),
        ({"add_self_loops": False}, None),
    ],
    ids=["default", "mean", "number", "zero", "no self loops"],
)
def test_edge_features_take_part_in_the_scores(options, loops, shape):
    """Existing self loops and their features go; new ones get the mean of what enters, or a number."""
    edge_attr = {
        "[E]": ATTR,
        "[E][1]": [[e] for e in ATTR],
        "Values": [Value(e) for e in ATTR],
        "rows of Values": [[Value(e)] for e in ATTR],
        "tuples": [(e,) for e in ATTR],
    }[shape]
    x = [1.0, -3.0, 2.0]
    if loops is None:
        edges = list(zip(*WITH_LOOPS, ATTR, strict=True))
    else:
        edges = [(s, t, e) for s, t, e in zip(*WITH_LOOPS, ATTR, strict=True) if s != t]
        edges += [(i, i, e) for i, e in enumerate(loops)]
    conv = scalar(0.5, -1.0, edge=0.75, edge_dim=1, **options)
    found = flatten(numbers(conv([[v] for v in x], WITH_LOOPS, edge_attr)))
    for i in range(3):
        entering = [(s, e) for s, t, e in edges if t == i]
        scores = [0.5 * x[s] - x[i] + 0.75 * e for s, e in entering]
        expected = attend(scores, [x[s] for s, _ in entering])
        assert found[i] == pytest.approx(expected, rel=REORDERED)


def test_edge_features_go_through_a_layer_of_their_own():
    """a_edge · W_edge e for rows of two features, of which a zero is left out."""
    conv = GATConv(1, 2, edge_dim=2, bias=False)
    conv.load_state_dict(
        {
            "lin.weight": [[1.0], [1.0]],
            "att_src": [[[0.0, 0.0]]],
            "att_dst": [[[0.0, 0.0]]],
            "lin_edge.weight": [[1.0, 2.0], [-1.0, 3.0]],
            "att_edge": [[[0.5, 0.25]]],
        }
    )
    # W e = (2, 3), and for the self loop the same, being the mean of one edge.
    [_, row] = numbers(conv([[1.0], [5.0]], ([0], [1]), [[0.0, 1.0]]))
    assert row == pytest.approx([3.0, 3.0], rel=REORDERED)
    # For the edges (2, 3) -> 1.75 and (1, -1) -> 0.25; the loop has the mean of both, 1.
    [_, row, _] = numbers(conv([[1.0], [5.0], [2.0]], ([0, 2], [1, 1]), [[0.0, 1.0], [1.0, 0.0]]))
    expected = attend([1.75, 0.25, 1.0], [1.0, 2.0, 5.0])
    assert row == pytest.approx([expected] * 2, rel=REORDERED)


def test_edge_features_of_a_graph_without_edges():
    """Nothing is given, the self loops have features 0."""
    assert numbers(scalar(0.5, -1.0, edge=1.0, edge_dim=1)([[2.0], [3.0]], ([], []), [])) == [[2.0], [3.0]]


# ---- dropout -------------------------------------------------------------------------------------


def test_dropout_drops_attention_in_training_and_not_in_evaluation():
    """Shares of 1/2 become 0 or 1 under p = 1/2."""
    conv, x = scalar(dropout=0.5), [[1.0], [10.0]]
    conv.dropout.rng = random.Random(0)
    seen = {numbers(conv(x, ([0], [1])))[1][0] for _ in range(40)}
    assert seen == {0.0, 1.0, 10.0, 11.0}
    conv.eval()
    assert numbers(conv(x, ([0], [1]))) == [[1.0], [5.5]]
    conv.train()
    assert len({numbers(conv(x, ([0], [1])))[1][0] for _ in range(40)}) == 4


def test_with_everything_dropped_residual_and_bias_are_left():
    """And all gradients of the attention are 0."""
    conv = scalar(0.5, -1.0, dropout=1.0, residual=True, bias=7.0)
    out = conv([[2.0], [1.0]], ([0], [1]))
    assert numbers(out) == [[2007.0], [1007.0]]
    total(flatten(out)).backward()
    assert [v.grad for v in (conv.att_src[0][0][0], conv.att_dst[0][0][0], conv.lin.weight[0][0])] == [
        0.0
    ] * 3


def test_the_generator_decides_weights_and_dropout():
    """Same seed, same bits."""
    one, same, other = (GATConv(2, 3, 2, dropout=0.5, rng=random.Random(s)) for s in (1, 1, 2))
    assert one.state_dict() == same.state_dict() != other.state_dict()
    assert numbers(one(X, PATH)) == numbers(same(X, PATH))


# ---- parameters ----------------------------------------------------------------------------------


def test_parameters_have_pygs_names_and_shapes():
    """lin_edge and att_edge with edge_dim, res with residual, no bias without."""

    def shape(nested):
        return [len(nested), *shape(nested[0])] if isinstance(nested, list) else []

    state = GATConv(2, 3, heads=4, edge_dim=5, residual=True).state_dict()
    assert {name: shape(entry) for name, entry in state.items()} == {
        "lin.weight": [12, 2],
        "att_src": [1, 4, 3],
        "att_dst": [1, 4, 3],
        "lin_edge.weight": [12, 5],
        "att_edge": [1, 4, 3],
        "res.weight": [12, 2],
        "bias": [12],
    }
    assert set(GATConv(2, 3, bias=False).state_dict()) == {"lin.weight", "att_src", "att_dst"}


def test_initial_weights_are_glorots_and_the_bias_zero():
    """Attention within √(6/(heads + out)), the weight within √(6/(in + heads · out))."""
    conv = GATConv(30, 20, heads=10, rng=random.Random(0))
    for rows, fan in ((conv.lin.weight, 230.0), (conv.att_src[0], 30.0), (conv.att_dst[0], 30.0)):
        bound = math.sqrt(6.0 / fan)
        assert 0.95 * bound < max(abs(v.data) for v in flatten(rows)) <= bound
    assert {v.data for v in conv.bias} == {0.0}


def test_positional_arguments_are_pygs():
    """in, out, heads, concat, slope, dropout, add_self_loops, edge_dim, fill_value, bias, residual."""
    conv = GATConv(2, 3, 4, False, 0.1, 0.5, False, 5, 1.0, False, True)
    assert (conv.heads, conv.concat, conv.negative_slope, conv.dropout.p) == (4, False, 0.1, 0.5)
    assert (conv.add_self_loops, conv.edge_dim, conv.fill_value, conv.bias) == (False, 5, 1.0, None)
    assert conv.res is not None


def test_repr_names_sizes_and_heads():
    """In one line."""
    assert repr(GATConv(2, 3, heads=4)) == "GATConv(2 -> 3, heads 4)"


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
    "heads": {"heads": 2},
    "heads mean": {"heads": 2, "concat": False},
    "no self loops": {"add_self_loops": False},
    "no bias": {"bias": False},
    "slope": {"negative_slope": 0.7},
    "residual": {"residual": True, "heads": 2},
    "edges": {"edge_dim": 2},
    "edges flat": {"edge_dim": 1, "heads": 2},
    "edges filled": {"edge_dim": 2, "fill_value": 0.5},
    "edges no self loops": {"edge_dim": 2, "add_self_loops": False},
}


def features_of(edges, options):
    """Edge features for the options: [E] for edge_dim 1, [E][D] beyond, None without."""
    rows = [[0.4 * e - 0.5, 1.0 - 0.7 * e] for e in range(len(edges[0]))]
    if "edge_dim" not in options:
        return None
    return rows if options["edge_dim"] == 2 else [row[0] for row in rows]


def as_values(nested):
    return [as_values(part) for part in nested] if isinstance(nested, list) else Value(nested)


def flat(nested):
    if nested is None:
        return []
    return [leaf for part in nested for leaf in flat(part)] if isinstance(nested, list) else [nested]


def objective(rows):
    """One number with a weight of its own for each output, and not linear."""
    return total([(1.0 + 0.3 * k) * v * (v + 1.0) for k, v in enumerate(flatten(rows))])


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
@pytest.mark.parametrize("edges", GRAPHS.values(), ids=GRAPHS)
def test_gradients_of_x_parameters_and_edge_features_are_central_differences(edges, options):
    """Of everything that may be a Value."""
    conv = GATConv(2, 2, rng=random.Random(6), **options)
    x, features = values(X), features_of(edges, options)
    edge_attr = None if features is None else as_values(features)
    leaves = conv.parameters() + flatten(x) + flat(edge_attr)
    assert gradcheck(lambda *_: objective(conv(x, edges, edge_attr)), leaves)


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
@pytest.mark.parametrize("edges", GRAPHS.values(), ids=GRAPHS)
def test_constant_inputs_give_the_parameters_the_same_gradient_as_values(edges, options):
    """Features of nodes and of edges, as floats and as Values; zeros among them."""
    conv = GATConv(2, 2, rng=random.Random(2), **options)
    x, features = [[0.5, 0.0], [2.0, 0.25], [0.0, 1.5]], features_of(edges, options)
    found = []
    for rows in (x, Features(x), values(x)):
        for edge_attr in [None] if features is None else [features, as_values(features)]:
            for graph in (edges, EdgeIndex(edges)):
                conv.zero_grad()
                outputs = conv(rows, graph, edge_attr)
                objective(outputs).backward()
                found.append(flatten(numbers(outputs)) + [v.grad for v in conv.parameters()])
    for other in found[1:]:
        assert other == pytest.approx(found[0], rel=REORDERED, abs=REORDERED)


def test_the_features_of_a_replaced_self_loop_get_no_gradient():
    """They are not used. Nor that of an only edge: the new loop has the same, and only differences count."""
    edge_attr = [Value(e) for e in ATTR]
    objective(
        scalar(0.5, -1.0, edge=0.75, edge_dim=1)([[1.0], [-3.0], [2.0]], WITH_LOOPS, edge_attr)
    ).backward()
    assert [abs(e.grad) > REORDERED for e in edge_attr] == [True, False, False, False, True]
    assert edge_attr[1].grad == edge_attr[2].grad == 0.0


def test_some_edge_features_may_be_values_and_some_floats():
    """The floats are constants; the mean of both has a gradient."""
    mixed = [[0.5], [9.0], [-9.0], [-2.0], [Value(3.0)]]
    conv = scalar(0.5, -1.0, edge=0.75, edge_dim=1)
    found, plain = (conv([[1.0], [-3.0], [2.0]], WITH_LOOPS, attr) for attr in (mixed, ATTR))
    assert flatten(numbers(found)) == pytest.approx(flatten(numbers(plain)), rel=REORDERED)
    objective(found).backward()
    assert mixed[4][0].grad != 0.0


def test_attention_of_equal_neighbours_has_no_gradient():
    """A constant shift of all scores does not matter: Σ_j dα_ij = 0."""
    conv = scalar(0.5, -1.0)
    objective(conv([[2.0]] * 3, PATH)).backward()
    assert conv.att_src[0][0][0].grad == pytest.approx(0.0, abs=REORDERED)
    assert conv.att_dst[0][0][0].grad == pytest.approx(0.0, abs=REORDERED)


# ---- nothing stale -------------------------------------------------------------------------------


def test_one_edge_index_serves_graphs_and_options_that_differ():
    """What an EdgeIndex keeps depends on the number of nodes and on self loops."""
    pair = ([0, 1, 1], [1, 0, 1])
    edges = EdgeIndex(pair)
    calls = [(n, loops) for n in (2, 3) for loops in (True, False)]
    for n, loops in calls + calls[::-1]:
        x = [[float(i + 1), -1.0] for i in range(n)]
        conv = GATConv(2, 2, add_self_loops=loops, rng=random.Random(1))
        assert numbers(conv(x, edges)) == numbers(conv(x, pair))
    assert edges == pair


def test_edge_indices_with_and_without_self_loops_are_made_once_and_leave_the_edges_alone():
    """New ones in the end, in the order of the nodes."""
    edges = EdgeIndex(([0, 1, 1], [1, 1, 0]))
    assert edges.without_self_loops() == ([0, 1], [1, 0])
    assert edges.with_self_loops(3) == ([0, 1, 1, 0, 1, 2], [1, 1, 0, 0, 1, 2])
    assert edges.without_self_loops().with_self_loops(3) == ([0, 1, 0, 1, 2], [1, 0, 0, 1, 2])
    assert edges.without_self_loops() is edges.without_self_loops()
    assert edges.with_self_loops(3) is edges.with_self_loops(3)
    assert len(edges.with_self_loops(4)[0]) == 7
    assert edges == ([0, 1, 1], [1, 1, 0])
    assert edges.entering(2) == [[2], [0, 1]]


# ---- symmetries ----------------------------------------------------------------------------------


@st.composite
def graphs(draw):
    n = draw(st.integers(1, 5))
    node, entry = st.integers(0, n - 1), st.floats(-2.0, 2.0)
    edges = draw(st.lists(st.tuples(node, node, entry), max_size=10))
    return draw(st.lists(st.lists(entry, min_size=2, max_size=2), min_size=n, max_size=n)), edges


def run(conv, x, edges):
    pair = [s for s, _, _ in edges], [t for _, t, _ in edges]
    return numbers(conv(x, pair, None if conv.edge_dim is None else [e for _, _, e in edges]))


def assert_close(found, expected):
    for row, wanted in zip(found, expected, strict=True):
        assert row == pytest.approx(wanted, rel=REORDERED, abs=REORDERED)


SYMMETRIC = [
    {},
    {"heads": 2},
    {"heads": 2, "concat": False, "residual": True},
    {"add_self_loops": False},
    {"edge_dim": 1},
    {"edge_dim": 1, "fill_value": 0.5, "heads": 2},
    {"edge_dim": 1, "add_self_loops": False},
]


@given(graphs(), st.randoms(use_true_random=False), st.sampled_from(SYMMETRIC))
def test_relabelled_nodes_and_shuffled_edges_give_relabelled_outputs(graph, shuffler, options):
    """Permutation equivariance: f(P x, P A Pᵀ) = P f(x, A)."""
    x, edges = graph
    conv = GATConv(2, 2, rng=random.Random(3), **options)
    name = list(range(len(x)))
    shuffler.shuffle(name)
    outputs = run(conv, x, edges)
    permuted, expected = [None] * len(x), [None] * len(x)
    for i, new in enumerate(name):
        permuted[new], expected[new] = x[i], outputs[i]
    renamed = [(name[s], name[t], e) for s, t, e in edges]
    shuffler.shuffle(renamed)
    assert_close(run(conv, permuted, renamed), expected)


@given(graphs(), graphs(), st.sampled_from(SYMMETRIC))
def test_two_graphs_side_by_side_do_not_see_each_other(one, other, options):
    """The disjoint union gives the outputs of both, one after the other."""
    (x, edges), (x2, edges2) = one, other
    conv = GATConv(2, 2, rng=random.Random(3), **options)
    union = edges + [(s + len(x), t + len(x), e) for s, t, e in edges2]
    assert_close(run(conv, x + x2, union), run(conv, x, edges) + run(conv, x2, edges2))


@given(graphs(), st.sampled_from([{}, {"heads": 2}, {"edge_dim": 1}]))
def test_an_output_lies_between_the_smallest_and_largest_message(graph, options):
    """Attention is a weighted mean: shares are positive and add up to 1."""
    x, edges = graph
    conv = GATConv(2, 2, bias=False, rng=random.Random(3), **options)
    messages = numbers(conv.lin(x))
    for i, row in enumerate(run(conv, x, edges)):
        heard = [messages[j] for j in {i, *(s for s, t, _ in edges if t == i)}]
        for value, column in zip(row, zip(*heard, strict=True), strict=True):
            assert min(column) - REORDERED <= value <= max(column) + REORDERED


# ---- refusals ------------------------------------------------------------------------------------


@pytest.mark.parametrize("fill_value", ["median", "", "0.5"])
def test_an_unknown_fill_value_is_refused(fill_value):
    """With what it may be."""
    with pytest.raises(
        ValueError, match=f"fill_value is '{fill_value}': give a number or one of 'mean', 'add'"
    ):
        GATConv(1, 1, edge_dim=1, fill_value=fill_value)


def test_a_dropout_that_is_no_probability_is_refused():
    """By Dropout's own words."""
    with pytest.raises(ValueError, match="dropout p is 1.5: it is a probability"):
        GATConv(1, 1, dropout=1.5)


@pytest.mark.parametrize("add_self_loops", [True, False])
@pytest.mark.parametrize(
    ("x", "edges", "message"),
    [
        ([[1.0, 2.0]], ([], []), r"GATConv takes rows of 1 entries, but x\[0\] has 2"),
        ([[1.0], []], ([], []), r"GATConv takes rows of 1 entries, but x\[1\] has 0"),
        ([1.0], ([], []), r"GATConv takes rows of 1 entries, but x\[0\] is 1.0"),
        ([[1.0]], ([0], [1]), r"edge 0 = \(0, 1\): target 1 is not a node \(the graph has 1"),
        ([[1.0], [1.0]], ([0, 2], [1, 0]), r"edge 1 = \(2, 0\): source 2 is not a node"),
        ([[1.0]], ([-1], [0]), r"edge 0 = \(-1, 0\): source -1 is not a node"),
        ([[1.0]], ([0], []), "1 sources and 0 targets"),
        ([[1.0]], None, "edge_index is a NoneType"),
    ],
    ids=["wide row", "short row", "no row", "target", "source", "negative", "one-sided", "no edges"],
)
def test_wrong_input_is_named(x, edges, message, add_self_loops):
    """What, which, and how many there should be; the edge by its number in the caller's list."""
    with pytest.raises(ValueError, match=message):
        GATConv(1, 1, add_self_loops=add_self_loops)(x, edges)


def test_edge_features_without_edge_dim_and_the_other_way_round_are_refused():
    """Neither is silently left out."""
    with pytest.raises(ValueError, match="edge_attr was given, but edge_dim was not"):
        GATConv(1, 1)([[1.0]], ([0], [0]), [1.0])
    with pytest.raises(ValueError, match="edge_dim is 2: give edge_attr with as many entries per edge"):
        GATConv(1, 1, edge_dim=2)([[1.0]], ([0], [0]))


@pytest.mark.parametrize("add_self_loops", [True, False])
@pytest.mark.parametrize("edge_attr", [[1.0], [1.0, 2.0, 3.0], [], [[1.0]]], ids=str)
def test_a_wrong_number_of_edge_features_is_refused(edge_attr, add_self_loops):
    """One for each edge, no fewer and no more."""
    conv = GATConv(1, 1, edge_dim=1, add_self_loops=add_self_loops)
    with pytest.raises(ValueError, match="for 2 edges"):
        conv([[1.0], [2.0]], ([0, 1], [1, 0]), edge_attr)


@pytest.mark.parametrize("add_self_loops", [True, False])
@pytest.mark.parametrize("edge_attr", [[1.0, 2.0], [[1.0, 2.0], [1.0]], [[1.0] * 3] * 2], ids=str)
def test_edge_features_of_a_wrong_width_are_refused(edge_attr, add_self_loops):
    """edge_dim entries in each row."""
    conv = GATConv(1, 1, edge_dim=2, add_self_loops=add_self_loops)
    with pytest.raises(ValueError, match="2 entries"):
        conv([[1.0], [2.0]], ([0, 1], [1, 0]), edge_attr)


class Tensor:
    """What a torch tensor gives: `.tolist()`, and rows that are tensors again."""

    def __init__(self, rows):
        self.rows = rows

    def tolist(self):
        return self.rows

    def __iter__(self):
        return iter(Tensor(row) if isinstance(row, list) else row for row in self.rows)

    def __len__(self):
        return len(self.rows)


def test_tensors_are_taken_for_x_edges_and_edge_features():
    """Anything with `.tolist()`, as for the other layers."""
    conv = GATConv(2, 2, edge_dim=2, rng=random.Random(0))
    attr = [[0.5, 1.0], [1.0, -1.0], [0.0, 2.0], [3.0, 0.0]]
    found = conv(Tensor(X), Tensor([list(ends) for ends in PATH]), Tensor(attr))
    assert numbers(found) == numbers(conv(X, PATH, attr))
