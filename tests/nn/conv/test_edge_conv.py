"""EdgeConv: the formula by hand and its options; see also test_every_conv.py."""

import random

import pytest

from tinygnn import Value
from tinygnn.gradcheck import gradcheck
from tinygnn.linalg import flatten, total
from tinygnn.nn import EdgeConv, Identity, Linear, Sequential, Tanh
from tinygnn.sparse import Features

REORDERED = 1e-12  # sums of a dozen numbers near one, added up in another order
EDGES = ([0, 1, 2, 2], [1, 1, 1, 0])  # node 1 hears 0, itself and 2; node 2 nobody
X = [[1.0, 0.5], [-2.0, 3.0], [4.0, 0.0]]


def numbers(rows):
    return [[float(v) for v in row] for row in rows]


def network(seed=0, width=4):
    rng = random.Random(seed)
    return Sequential(Linear(width, 3, rng=rng), Tanh(), Linear(3, 2, rng=rng))


# aggr: what node 1 gets from -2 ‖ 3, 3 ‖ -2.5; -2 ‖ 0, 3 ‖ 0; -2 ‖ 6, 3 ‖ -3, with nn the identity
BY_HAND = {
    "max": [-2.0, 3.0, 6.0, 0.0],
    "min": [-2.0, 3.0, 0.0, -3.0],
    "add": [-6.0, 9.0, 9.0, -5.5],
    "mean": [-2.0, 3.0, 3.0, -5.5 / 3.0],
    "mul": [-8.0, 27.0, 0.0, 0.0],
    "median": [-2.0, 3.0, 3.0, -2.5],
}


@pytest.mark.parametrize("kind", [list, Features, "values"], ids=["floats", "Features", "Values"])
@pytest.mark.parametrize(("aggr", "expected"), BY_HAND.items(), ids=BY_HAND)
def test_pairs_of_node_and_difference_by_hand(aggr, expected, kind):
    """x_i ‖ x_j - x_i: neighbour minus node."""
    x = [[Value(e) for e in row] for row in X] if kind == "values" else kind([list(row) for row in X])
    found = numbers(EdgeConv(Identity(), aggr)(x, EDGES))
    assert found[1] == pytest.approx(expected, rel=REORDERED)
    assert found[0] == [1.0, 0.5, 3.0, -0.5]
    assert found[2] == [1.0 if aggr == "mul" else 0.0] * 4


def test_the_network_is_applied_to_each_edge():
    """Of one channel: max_j (10 x_i + (x_j - x_i))."""
    nn = Linear(2, 1, bias=False)
    nn.load_state_dict({"weight": [[10.0, 1.0]]})
    found = numbers(EdgeConv(nn)([[1.0], [2.0], [5.0]], ([1, 2, 0], [0, 0, 2])))
    assert found == [[14.0], [0.0], [46.0]]


def test_without_edges_the_width_is_that_of_the_network():
    """Zeros, as many as nn gives columns; Values, so that what comes next can go on."""
    for nn, width in ((network(), 2), (Identity(), 4), (Linear(4, 7), 7)):
        out = EdgeConv(nn)(X, ([], []))
        assert numbers(out) == [[0.0] * width] * 3
        assert all(isinstance(v, Value) for row in out for v in row)


@pytest.mark.parametrize("aggr", ["max", "add", "mean", "min", "mul", "var", "std", "softmax", "median"])
def test_gradients_are_central_differences(aggr):
    """Of x and of nn."""
    conv = EdgeConv(network(2), aggr)
    x = [[Value(e) for e in row] for row in X]

    def f(*_):
        return total([(1.0 + 0.3 * k) * v * (v + 1.0) for k, v in enumerate(flatten(conv(x, EDGES)))])

    assert gradcheck(f, conv.parameters() + flatten(x))


def test_names_order_and_repr():
    """nn, aggr; the network's keys; the weights it came with."""
    nn = network()
    conv = EdgeConv(nn, "add")
    assert conv.aggr == "add"
    assert conv.state_dict() == {f"nn.{key}": entry for key, entry in nn.state_dict().items()}
    assert list(EdgeConv(Identity(), "median").state_dict()) == ["aggr_module.q"]
    assert repr(EdgeConv(Linear(2, 1))) == "EdgeConv(max, nn=Linear(2 -> 1))"


def test_wrong_input_is_named():
    """The rows, the network, the aggregation."""
    with pytest.raises(ValueError, match="Linear takes rows of 3 entries"):
        EdgeConv(Linear(3, 1))(X, EDGES)
    with pytest.raises(ValueError, match=r"edge 0 = \(0, 3\): target 3 is not a node"):
        EdgeConv(Identity())(X, ([0], [3]))
    with pytest.raises(ValueError, match="EdgeConv's x: row 1 has 2 entries, row 0 has 1"):
        EdgeConv(Identity())([[1.0], [1.0, 2.0]], ([], []))
    with pytest.raises(ValueError, match="aggr is 'last': choose from"):
        EdgeConv(Identity(), "last")
    with pytest.raises(TypeError, match="EdgeConv's nn is None: give a Module"):
        EdgeConv(None)
