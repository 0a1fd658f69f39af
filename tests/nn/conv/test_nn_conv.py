"""NNConv: the formula by hand and its options; see also test_every_conv.py."""

import random

import pytest

from tinygnn import Value
from tinygnn.gradcheck import gradcheck
from tinygnn.linalg import flatten, total
from tinygnn.nn import Identity, Linear, NNConv, Sequential, Tanh

REORDERED = 1e-12  # sums of a dozen numbers near one, added up in another order
EDGES = ([0, 1, 2, 2], [1, 1, 1, 0])  # node 1 hears 0, itself and 2; node 2 nobody
X = [[1.0, 0.5], [-2.0, 3.0], [4.0, 0.0]]


def numbers(rows):
    return [[float(v) for v in row] for row in rows]


def network(seed=0):
    rng = random.Random(seed)
    return Sequential(Linear(2, 3, rng=rng), Tanh(), Linear(3, 4, rng=rng))


def test_the_matrix_of_an_edge_stands_in_a_row_by_input_channels():
    """x_jᵀ M with M = [[1, 2, 3], [10, 20, 30]] from the row 1 2 3 10 20 30."""
    conv = NNConv(2, 3, Identity(), root_weight=False, bias=False)
    found = numbers(conv([[1.0, -1.0], [0.0, 0.0]], ([0], [1]), [[1.0, 2.0, 3.0, 10.0, 20.0, 30.0]]))
    assert found == [[0.0] * 3, [-9.0, -18.0, -27.0]]


@pytest.mark.parametrize("aggr", ["add", "mean", "max"])
def test_rows_without_edges_are_as_wide_as_with_them(aggr):
    """Zeros, where neither W nor b is there to tell."""
    conv = NNConv(2, 2, network(), aggr, root_weight=False, bias=False)
    assert numbers(conv(X, ([], []), [])) == [[0.0, 0.0]] * 3


# aggr: what node 1 gets from 1 · 2, -2 · -1, 4 · 0.5, in one channel
BY_HAND = {"add": 6.0, "sum": 6.0, "mean": 2.0, "max": 2.0, "min": 2.0, "mul": 8.0, "var": 0.0, "median": 2.0}


@pytest.mark.parametrize("constant", [True, False])
@pytest.mark.parametrize(("aggr", "heard"), BY_HAND.items(), ids=BY_HAND)
def test_messages_are_aggregated_and_the_own_row_added(aggr, heard, constant):
    """W x_i + aggregate + b; edge features of [E] as well as of [E][1]."""
    conv = NNConv(1, 1, Identity(), aggr)
    conv.load_state_dict({**conv.state_dict(), "lin.weight": [[100.0]], "bias": [7.0]})
    x, edge_attr = [[1.0], [-2.0], [4.0]], [2.0, -1.0, 0.5, 0.25]
    if not constant:
        x, edge_attr = [[Value(e) for e in row] for row in x], list(map(Value, edge_attr))
    nothing = 1.0 if aggr == "mul" else 0.0
    of_0 = 0.0 if aggr == "var" else 1.0
    wanted = [[100.0 + of_0 + 7.0], [-200.0 + heard + 7.0], [400.0 + nothing + 7.0]]
    assert numbers(conv(x, EDGES, edge_attr)) == wanted
    assert numbers(conv(x, EDGES, [[e] for e in edge_attr])) == wanted


@pytest.mark.parametrize(
    "options", [{}, {"root_weight": False}, {"bias": False}, {"aggr": "max"}, {"aggr": "std"}]
)
@pytest.mark.parametrize("edges", [EDGES, ([], [])], ids=["edges", "no edges"])
def test_gradients_are_central_differences(edges, options):
    """Of x, of edge features, and of all parameters."""
    conv = NNConv(2, 2, network(4), **options, rng=random.Random(0))
    x = [[Value(e) for e in row] for row in X]
    edge_attr = [[Value(0.3 * e - 0.5), Value(0.25 - 0.2 * e)] for e in range(len(edges[0]))]

    def f(*_):
        outputs = flatten(conv(x, edges, edge_attr))
        return total([(1.0 + 0.3 * k) * v * (v + 1.0) for k, v in enumerate(outputs)])

    assert gradcheck(f, conv.parameters() + flatten(x) + flatten(edge_attr))


def test_names_shapes_order_and_repr():
    """in, out, nn, aggr, root_weight, bias; PyG's keys."""
    conv = NNConv(2, 3, Linear(1, 6), "max", False, False)
    assert (conv.aggr, conv.root_weight, conv.lin, conv.bias) == ("max", False, None, None)
    assert list(conv.state_dict()) == ["nn.weight", "nn.bias"]
    conv = NNConv(25, 40, Linear(1, 1000), rng=random.Random(0))
    assert sorted(conv.state_dict()) == ["bias", "lin.weight", "nn.bias", "nn.weight"]
    assert conv.state_dict()["bias"] == [0.0] * 40
    assert 0.8 * 0.2 < max(abs(v.data) for v in flatten(conv.lin.weight)) <= 0.2
    assert repr(conv) == "NNConv(25 -> 40, add, nn=Linear(1 -> 1000))"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: NNConv(2, 2, network())(X, EDGES), "NNConv takes edge_attr"),
        (lambda: NNConv(2, 2, network())(X, EDGES, [[1.0, 1.0]]), "edge_attr has 1 entries for 4 edges"),
        (lambda: NNConv(2, 2, network())(X, EDGES, [[1.0]] * 4), "Linear takes rows of 2 entries"),
        (lambda: NNConv(2, 3, network())(X, EDGES, [[1.0, 1.0]] * 4), "gave 4 entries for edge 0, .* = 6"),
        (lambda: NNConv(3, 2, network())(X, EDGES, [[1.0, 1.0]] * 4), "NNConv takes rows of 3 entries"),
        (lambda: NNConv(2, 2, network())(X, ([0], [3]), [[1.0, 1.0]]), "target 3 is not a node"),
        (lambda: NNConv(2, 2, network(), "last"), "aggr is 'last': choose from"),
    ],
)  # fmt: skip
def test_wrong_input_is_named(call, message):
    """What, which, and how many there should be."""
    with pytest.raises(ValueError, match=message):
        call()
    with pytest.raises(TypeError, match="NNConv's nn is None: give a Module"):
        NNConv(1, 1, None)
