"""What convolutions have in common: symmetries, gradients, constants, nothing stale."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinygnn import EdgeIndex, Value
from tinygnn.gradcheck import gradcheck
from tinygnn.linalg import flatten, total
from tinygnn.nn import (
    APPNP,
    ARMAConv,
    ChebConv,
    EdgeConv,
    GatedGraphConv,
    GATv2Conv,
    GCN2Conv,
    GINConv,
    GINEConv,
    GraphConv,
    Linear,
    NNConv,
    PNAConv,
    RGCNConv,
    Sequential,
    SGConv,
    TAGConv,
    Tanh,
)
from tinygnn.nn.module import leaves
from tinygnn.sparse import Features

# Sums of a few dozen numbers near one, added up in another order.
REORDERED = 1e-11


def network(rng, *sizes):
    """Two linear layers."""
    return Sequential(Linear(*sizes[:2], rng=rng), Tanh(), Linear(*sizes[1:], rng=rng))


# name: how the convolution is made of rows of 2 entries.
CONVOLUTIONS = {
    "SGConv": lambda rng: SGConv(2, 3, K=2, rng=rng),
    "SGConv, no self loops": lambda rng: SGConv(2, 3, K=3, add_self_loops=False, bias=False, rng=rng),
    "SGConv, no step": lambda rng: SGConv(2, 3, K=0, rng=rng),
    "APPNP": lambda rng: APPNP(3, 0.1),
    "APPNP, no self loops": lambda rng: APPNP(2, 0.5, add_self_loops=False),
    "APPNP, not normalized": lambda rng: APPNP(2, 0.3, normalize=False),
    "APPNP, no step": lambda rng: APPNP(0, 0.3),
    "TAGConv": lambda rng: TAGConv(2, 3, K=2, rng=rng),
    "TAGConv, no step": lambda rng: TAGConv(2, 3, K=0, rng=rng),
    "TAGConv, not normalized": lambda rng: TAGConv(2, 1, K=1, bias=False, normalize=False, rng=rng),
    "ChebConv": lambda rng: ChebConv(2, 3, K=4, rng=rng),
    "ChebConv, one filter": lambda rng: ChebConv(2, 3, K=1, rng=rng),
    "ChebConv, two filters": lambda rng: ChebConv(2, 3, K=2, bias=False, rng=rng),
    "ChebConv, random walk": lambda rng: ChebConv(2, 2, K=3, normalization="rw", rng=rng),
    "ChebConv, not normalized": lambda rng: ChebConv(2, 2, K=3, normalization=None, rng=rng),
    "GCN2Conv": lambda rng: GCN2Conv(2, 0.1, theta=0.5, layer=2, rng=rng),
    "GCN2Conv, beta 1": lambda rng: GCN2Conv(2, 0.3, normalize=False, rng=rng),
    "GCN2Conv, two weights": lambda rng: GCN2Conv(2, 0.3, 1.0, 1, shared_weights=False, rng=rng),
    "ARMAConv": lambda rng: ARMAConv(2, 3, num_stacks=2, num_layers=2, act="tanh", rng=rng),
    "ARMAConv, shared": lambda rng: ARMAConv(2, 3, 1, 3, shared_weights=True, act="tanh", rng=rng),
    "ARMAConv, linear": lambda rng: ARMAConv(2, 3, act=None, bias=False, rng=rng),
    "RGCNConv": lambda rng: RGCNConv(2, 3, 2, rng=rng),
    "RGCNConv, sum": lambda rng: RGCNConv(2, 3, 2, aggr="add", root_weight=False, bias=False, rng=rng),
    "RGCNConv, bases": lambda rng: RGCNConv(2, 3, 2, num_bases=3, rng=rng),
    "RGCNConv, blocks": lambda rng: RGCNConv(2, 4, 2, num_blocks=2, rng=rng),
    "RGCNConv, max": lambda rng: RGCNConv(2, 3, 2, aggr="max", rng=rng),
    "RGCNConv, product": lambda rng: RGCNConv(2, 3, 2, aggr="mul", num_bases=1, rng=rng),
    "GatedGraphConv": lambda rng: GatedGraphConv(3, 2, rng=rng),
    "GatedGraphConv, mean": lambda rng: GatedGraphConv(2, 1, "mean", bias=False, rng=rng),
    "GraphConv": lambda rng: GraphConv(2, 3, rng=rng),
    "GraphConv, mean": lambda rng: GraphConv(2, 3, "mean", False, rng=rng),
    "GraphConv, max": lambda rng: GraphConv(2, 3, "max", rng=rng),
    "GraphConv, softmax": lambda rng: GraphConv(2, 3, "softmax", rng=rng),
    "GATv2Conv": lambda rng: GATv2Conv(2, 3, 2, edge_dim=1, rng=rng),
    "GATv2Conv, mean of heads": lambda rng: GATv2Conv(2, 3, 2, False, edge_dim=1, residual=True, rng=rng),
    "GATv2Conv, shared": lambda rng: GATv2Conv(2, 3, edge_dim=1, share_weights=True, rng=rng),
    "GATv2Conv, no self loops": lambda rng: GATv2Conv(
        2, 3, edge_dim=1, add_self_loops=False, fill_value=2.0, bias=False, rng=rng
    ),
    "GINConv": lambda rng: GINConv(network(rng, 2, 3, 3)),
    "GINConv, trained eps": lambda rng: GINConv(network(rng, 2, 3, 3), 0.5, True),
    "GINEConv": lambda rng: GINEConv(network(rng, 2, 3, 3), 0.25, edge_dim=1, rng=rng),
    "EdgeConv": lambda rng: EdgeConv(network(rng, 4, 3, 3)),
    "EdgeConv, sum": lambda rng: EdgeConv(network(rng, 4, 3, 3), "add"),
    "NNConv": lambda rng: NNConv(2, 3, network(rng, 1, 3, 6), rng=rng),
    "NNConv, max": lambda rng: NNConv(2, 3, network(rng, 1, 3, 6), "max", False, rng=rng),
    "PNAConv": lambda rng: PNAConv(2, 2, ["mean", "max"], ["linear"], [1, 2], edge_dim=1, rng=rng),
    "PNAConv, towers": lambda rng: PNAConv(
        2, 4, ["sum", "min"], ["attenuation"], [1, 2], 1, 2, 2, 2, True, "tanh", train_norm=True, rng=rng
    ),
    "GatedGraphConv, max": lambda rng: GatedGraphConv(3, 2, "max", rng=rng),
}
# The largest entry of D - A, which stands for λ_max, is that of all graphs side by side.
OF_EACH_GRAPH = [name for name in CONVOLUTIONS if name != "ChebConv, not normalized"]
WITHOUT_WEIGHTS = (GINConv, EdgeConv)
names = pytest.mark.parametrize("name", CONVOLUTIONS)


def made(name, seed=3):
    return CONVOLUTIONS[name](random.Random(seed))


def call(conv, x, pair, weights):
    """Run a convolution; the relation of an edge is read off its weight, x_0 off x."""
    if isinstance(conv, RGCNConv):
        return conv(x, pair, [int(float(w) > 1.0) for w in weights])
    if isinstance(conv, WITHOUT_WEIGHTS):
        return conv(x, pair)
    if isinstance(conv, GCN2Conv):
        return conv(x, [[0.5 * e + 1.0 for e in row] for row in x], pair, weights)
    return conv(x, pair, weights)


def numbers(rows):
    return [[v.data for v in row] for row in rows]


def assert_close(found, expected):
    assert len(found) == len(expected)
    for row, wanted in zip(found, expected, strict=True):
        assert row == pytest.approx(wanted, rel=REORDERED, abs=REORDERED)


# ---- symmetries ----------------------------------------------------------------------------------


@st.composite
def graphs(draw):
    """Nodes, their features, and weighted edges with at most one self loop a node."""
    n = draw(st.integers(1, 5))
    node = st.integers(0, n - 1)
    edges = draw(st.lists(st.tuples(node, node, st.floats(0.25, 4.0)), max_size=8))
    loops = {source: (source, target, w) for source, target, w in edges if source == target}
    edges = [edge for edge in edges if edge[0] != edge[1]] + list(loops.values())
    x = draw(st.lists(st.lists(st.floats(-2.0, 2.0), min_size=2, max_size=2), min_size=n, max_size=n))
    return x, edges


def run(conv, x, edges):
    pair = [s for s, _, _ in edges], [t for _, t, _ in edges]
    return numbers(call(conv, x, pair, [w for _, _, w in edges]))


@settings(max_examples=60)
@given(graphs(), st.randoms(use_true_random=False), st.sampled_from(list(CONVOLUTIONS)))
def test_relabelled_nodes_give_relabelled_outputs(graph, shuffler, name):
    """Permutation equivariance: f(P x, P A Pᵀ) = P f(x, A)."""
    x, edges = graph
    conv = made(name)
    number = list(range(len(x)))
    shuffler.shuffle(number)
    outputs = run(conv, x, edges)
    permuted_x, expected = [None] * len(x), [None] * len(x)
    for i, new in enumerate(number):
        permuted_x[new], expected[new] = x[i], outputs[i]
    assert_close(run(conv, permuted_x, [(number[s], number[t], w) for s, t, w in edges]), expected)


@settings(max_examples=60)
@given(graphs(), st.randoms(use_true_random=False), st.sampled_from(list(CONVOLUTIONS)))
def test_the_order_of_the_edges_does_not_matter(graph, shuffler, name):
    """Up to rounding."""
    x, edges = graph
    conv = made(name)
    expected = run(conv, x, edges)
    shuffler.shuffle(edges)
    assert_close(run(conv, x, edges), expected)


@settings(max_examples=60)
@given(graphs(), graphs(), st.sampled_from(OF_EACH_GRAPH))
def test_two_graphs_side_by_side_do_not_see_each_other(one, other, name):
    """The disjoint union gives the outputs of both, one after the other."""
    (x, edges), (x2, edges2) = one, other
    conv, n = made(name), len(x)
    union = edges + [(s + n, t + n, w) for s, t, w in edges2]
    assert_close(run(conv, x + x2, union), run(conv, x, edges) + run(conv, x2, edges2))


@names
def test_nan_at_an_unconnected_node_stays_there(name):
    """No dense product spreads it."""
    found, finite = (
        numbers(call(made(name), [[1.0, 2.0], [0.5, -1.0], [entry] * 2], ([0, 1], [1, 0]), [1.0, 2.0]))
        for entry in (math.nan, 7.0)
    )
    assert found[:2] == finite[:2]


@names
def test_a_graph_without_nodes(name):
    """Nothing in, nothing out."""
    assert call(made(name), [], ([], []), []) == []


# ---- gradients -----------------------------------------------------------------------------------

# Edges and their weights: a self loop, duplicates, one direction; nothing.
GRAPHS = {
    "mixed": (([0, 1, 1, 0, 0], [1, 0, 1, 1, 2]), [0.5, 1.75, 0.75, 2.0, 1.25]),
    "no edges": (([], []), []),
}
X = [[0.5, -1.0], [2.0, 0.25], [-0.75, 1.5]]


@pytest.mark.parametrize("graph", GRAPHS)
@names
def test_gradients_of_x_weights_and_parameters_are_central_differences(name, graph):
    """Everything that may be a Value, with a different weight for each output."""
    edges, data = GRAPHS[graph]
    conv = made(name, seed=5)
    x = [list(map(Value, row)) for row in X]
    weights = list(map(Value, data))
    reads_weights = not isinstance(conv, (RGCNConv, *WITHOUT_WEIGHTS))

    def f(*_):
        outputs = flatten(call(conv, x, edges, weights))
        return total([(1.0 + 0.3 * k) * v * (v + 1.0) for k, v in enumerate(outputs)])

    assert gradcheck(f, conv.parameters() + flatten(x) + (weights if reads_weights else []))


@names
def test_constant_inputs_give_the_same_numbers_as_values(name):
    """Outputs, and gradients of the parameters."""
    edges, data = GRAPHS["mixed"]
    conv, found = made(name), []
    for x in (X, Features([list(row) for row in X]), [list(map(Value, row)) for row in X]):
        for weights in (data, list(map(Value, data))):
            conv.zero_grad()
            outputs = flatten(call(conv, x, EdgeIndex(edges), weights))
            total([(1.0 + 0.3 * k) * v for k, v in enumerate(outputs)]).backward()
            found.append([v.data for v in outputs] + [v.grad for v in conv.parameters()])
    for other in found[1:]:
        assert other == pytest.approx(found[0], rel=REORDERED, abs=REORDERED)


@names
def test_gradients_arrive_from_every_output(name):
    """Every output number is a Value, of constant x too."""
    outputs = call(made(name), X, *GRAPHS["mixed"])
    assert len(outputs) == 3
    assert all(isinstance(v, Value) for row in outputs for v in row)


# ---- nothing stale -------------------------------------------------------------------------------


@names
def test_one_edge_index_serves_what_differs(name):
    """What an EdgeIndex keeps depends on the number of nodes, on the layer and on the weights."""
    edges = EdgeIndex(([0, 1, 1], [1, 0, 1]))
    conv = made(name)
    calls = [(X[:2], [1.5, 0.5, 2.0]), (X, [1.5, 0.5, 2.0]), (X, [0.5, 1.5, 2.0]), (X[::-1], [0.5, 1.5, 2.0])]
    for x, weights in calls + calls[::-1]:
        fresh = numbers(call(conv, x, (edges[0], edges[1]), weights))
        assert numbers(call(conv, x, edges, weights)) == fresh
    for other in CONVOLUTIONS:
        fresh = numbers(call(made(other), X, (edges[0], edges[1]), [1.5, 0.5, 2.0]))
        assert numbers(call(made(other), X, edges, [1.5, 0.5, 2.0])) == fresh


# ---- parameters ----------------------------------------------------------------------------------


@names
def test_the_generator_decides_the_weights(name):
    """Same seed, same bits."""
    one, same, other = (made(name, seed).state_dict() for seed in (1, 1, 2))
    assert one == same
    assert one != other or not any(leaves(list(one.values())))


# ---- refusals ------------------------------------------------------------------------------------


@names
def test_wrong_rows_and_edges_are_named(name):
    """What, which, and how many there should be."""
    conv = made(name)
    with pytest.raises(ValueError, match=r"edge 0 = \(0, 3\): target 3 is not a node \(the graph has 3"):
        call(conv, X, ([0], [3]), [1.0])
    with pytest.raises(ValueError, match=r"edge 1 = \(-1, 0\): source -1 is not a node"):
        call(conv, X, ([0, -1], [0, 0]), [1.0, 1.0])
    with pytest.raises(ValueError, match=r"2 entries|row 0 has 2"):
        call(conv, [[1.0, 2.0], [1.0]], ([], []), [])
    with pytest.raises(ValueError, match="2 sources and 1 targets"):
        call(conv, X, ([0, 1], [1]), [1.0, 1.0])
    if isinstance(conv, WITHOUT_WEIGHTS):
        return
    with pytest.raises(ValueError, match=r"1 (edge weights|entries) for 2 edges"):
        call(conv, X, ([0, 1], [1, 0]), [1.0])


@names
def test_repr_names_the_class(name):
    """And its sizes or settings, in one line."""
    conv = made(name)
    assert repr(conv).startswith(f"{type(conv).__name__}(")
    assert "\n" not in repr(conv)
