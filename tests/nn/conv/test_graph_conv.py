"""GraphConv: the formula by hand, weights of the edges, every aggregation; see also test_every_conv.py."""

import random

import pytest

from tinygnn import EdgeIndex, Value
from tinygnn.gradcheck import gradcheck
from tinygnn.linalg import flatten, total
from tinygnn.nn import GraphConv, SAGEConv
from tinygnn.sparse import Features

# Sums of a dozen numbers near one, added up in another order.
REORDERED = 1e-12
EDGES = ([0, 1, 3, 0, 2], [2, 2, 2, 1, 2])
WEIGHTS = [2.0, -0.5, 0.25, 3.0, 1.5]


def numbers(rows):
    return [[v.data for v in row] for row in rows]


def scalar(aggr="add", root=0.0, bias=0.0):
    """A convolution of one channel with the neighbours' weight 1, so that only the graph is seen."""
    conv = GraphConv(1, 1, aggr)
    state = {"lin_rel.weight": [[1.0]], "lin_rel.bias": [bias], "lin_root.weight": [[root]]}
    conv.load_state_dict({**conv.state_dict(), **state})
    return conv


def test_the_node_wise_formula_by_hand():
    """x'_i = W_rel Σ_j e_ji x_j + b + W_root x_i."""
    conv = GraphConv(2, 1)
    state = {"lin_rel.weight": [[1.0, 10.0]], "lin_rel.bias": [7.0], "lin_root.weight": [[-1.0, 100.0]]}
    conv.load_state_dict(state)
    x = [[1.0, 2.0], [3.0, -4.0], [0.5, 0.0]]
    found = numbers(conv(x, ([0, 1, 1], [1, 2, 2]), [2.0, 0.5, 1.0]))
    # Node 1 hears 2 (1, 2); node 2 hears (0.5 + 1) (3, -4).
    assert found == [[7.0 - 1.0 + 200.0], [42.0 + 7.0 - 3.0 - 400.0], [-55.5 + 7.0 - 0.5]]


# aggr: what node 2 hears from 1, -10, 4 and itself, 100, unweighted and with 2, -0.5, 0.25, 1.5
HEARD = {
    "add": (95.0, 2.0 + 5.0 + 1.0 + 150.0),
    "sum": (95.0, 158.0),
    "mean": (95.0 / 4.0, 158.0 / 4.0),
    "max": (100.0, 150.0),
    "min": (-10.0, 1.0),
    "mul": (-4000.0, 1500.0),
    "median": (1.0, 2.0),
}


@pytest.mark.parametrize("constant", [True, False])
@pytest.mark.parametrize(("aggr", "heard"), HEARD.items(), ids=HEARD)
def test_every_aggregation_of_weighted_messages_by_hand(aggr, heard, constant):
    """Weights multiply the messages before they are aggregated; a mean divides by the number of edges."""
    x = [[1.0], [-10.0], [100.0], [4.0]]
    if not constant:
        x = [list(map(Value, row)) for row in x]
    conv = scalar(aggr, root=3.0, bias=7.0)
    nothing = 1.0 if aggr == "mul" else 0.0
    for weights, expected, of_1 in ((None, heard[0], 1.0), (WEIGHTS, heard[1], 3.0)):
        found = flatten(numbers(conv(x, EDGES, weights)))
        wanted = [nothing + 3.0, of_1 - 30.0, expected + 300.0, nothing + 12.0]
        assert found == pytest.approx([w + 7.0 for w in wanted], rel=REORDERED)


def test_without_weights_it_is_sage_with_other_names():
    """Up to rounding, for every aggregation."""
    x = [[0.5, -1.0], [2.0, 0.25], [-0.75, 1.5], [1.0, 1.0]]
    for aggr in ("add", "mean", "max", "std"):
        sage, conv = SAGEConv(2, 3, aggr, rng=random.Random(0)), GraphConv(2, 3, aggr)
        state = sage.state_dict()
        names = {
            "lin_rel.weight": "lin_l.weight",
            "lin_rel.bias": "lin_l.bias",
            "lin_root.weight": "lin_r.weight",
        }
        conv.load_state_dict({name: state[of_sage] for name, of_sage in names.items()})
        for row, wanted in zip(numbers(conv(x, EDGES)), numbers(sage(x, EDGES)), strict=True):
            assert row == pytest.approx(wanted, rel=REORDERED)


@pytest.mark.parametrize("aggr", ["add", "mean", "max", "min", "mul", "var", "std", "softmax", "median"])
def test_gradients_are_central_differences(aggr):
    """Of x, the edge weights and all parameters."""
    conv = GraphConv(2, 2, aggr, rng=random.Random(1))
    x = [[Value(e) for e in row] for row in ([0.5, -1.0], [2.0, 0.25], [-0.75, 1.5], [1.0, 1.25])]
    weights = [Value(w) for w in WEIGHTS]

    def f(*_):
        outputs = flatten(conv(x, EDGES, weights))
        return total([(1.0 + 0.3 * k) * v * (v + 1.0) for k, v in enumerate(outputs)])

    assert gradcheck(f, conv.parameters() + flatten(x) + weights)


def test_a_sum_is_one_node_for_each_number():
    """Over W_rel x_j, W_root x_i and the bias."""
    for row in GraphConv(2, 3)(Features([[1.0, 2.0]] * 3), EdgeIndex(([0, 1], [1, 2]))):
        for v in row:
            assert len([p for p in v.parents if p.parents]) in (1, 2)


def test_parameters_have_pygs_names_and_arguments_pygs_order():
    """in, out, aggr, bias."""
    assert list(GraphConv(2, 3).state_dict()) == ["lin_rel.weight", "lin_rel.bias", "lin_root.weight"]
    conv = GraphConv(2, 3, "max", False)
    assert (conv.in_channels, conv.out_channels, conv.aggr) == (2, 3, "max")
    assert list(conv.state_dict()) == ["lin_rel.weight", "lin_root.weight"]
    assert repr(conv) == "GraphConv(2 -> 3, max)"


@pytest.mark.parametrize("aggr", ["add", "max"])
def test_a_wrong_number_of_weights_is_refused(aggr):
    """Whatever the aggregation; and a weight that is no number."""
    with pytest.raises(ValueError, match="2 edge weights for 1 edges: each edge needs one"):
        GraphConv(1, 1, aggr)([[1.0], [2.0]], ([0], [1]), [1.0, 2.0])
    with pytest.raises(TypeError, match="the weight of edge 0: expected a real number, got 'a'"):
        GraphConv(1, 1, aggr)([[1.0], [2.0]], ([0], [1]), ["a"])
    with pytest.raises(ValueError, match="aggr is 'maxx': choose from sum, add"):
        GraphConv(1, 1, "maxx")
