"""GatedGraphConv: messages and GRU by hand, aggregations, weights, names."""

import math
import random

import pytest

from tinygnn import EdgeIndex, Value
from tinygnn.linalg import flatten, total
from tinygnn.nn import GatedGraphConv
from tinygnn.nn.module import leaves, numbers_of, shape

# Sums of a dozen numbers near one, added up in another order, and a function of them.
REORDERED = 1e-12


def numbers(rows):
    return [[v.data for v in row] for row in rows]


def sigmoid(x):
    return 1.0 / (1.0 + math.exp(-x))


def gru(m, h, by_input, by_hidden):
    """One number of a GRU cell without biases."""
    r = sigmoid(by_input[0] * m + by_hidden[0] * h)
    z = sigmoid(by_input[1] * m + by_hidden[1] * h)
    n = math.tanh(by_input[2] * m + r * by_hidden[2] * h)
    return (1 - z) * n + z * h


def scalar(weights, **options):
    conv = GatedGraphConv(1, len(weights), bias=False, **options)
    conv.load_state_dict(
        {
            "weight": [[[w]] for w in weights],
            "rnn.weight_ih": [[1.0], [-0.5], [0.25]],
            "rnn.weight_hh": [[0.5], [0.75], [-1.0]],
        }
    )
    return conv


def hand(weights, x, messages):
    """Layers by hand; `messages` maps w h to what each node hears."""
    h = x
    for w in weights:
        heard = messages([w * e for e in h])
        h = [gru(m, e, (1.0, -0.5, 0.25), (0.5, 0.75, -1.0)) for m, e in zip(heard, h)]
    return h


# name: (aggr, weights of 0 -> 2, 1 -> 2, 2 -> 0, 2 -> 0, what is heard of m)
BY_HAND = {
    "add": ("add", None, lambda m: [2 * m[2], 0.0, m[0] + m[1]]),
    "sum, weighted": ("sum", [2.0, -1.0, 0.5, 4.0], lambda m: [4.5 * m[2], 0.0, 2 * m[0] - m[1]]),
    "mean": ("mean", None, lambda m: [m[2], 0.0, (m[0] + m[1]) / 2]),
    "mean, weighted": (
        "mean", [2.0, -1.0, 0.5, 4.0], lambda m: [4.5 * m[2] / 2, 0.0, (2 * m[0] - m[1]) / 2]),
    "max": ("max", None, lambda m: [m[2], 0.0, max(m[0], m[1])]),
    "max, weighted": (
        "max", [2.0, -1.0, 0.5, 4.0],
        lambda m: [max(0.5 * m[2], 4 * m[2]), 0.0, max(2 * m[0], -m[1])]),
    "mul": ("mul", None, lambda m: [m[2] ** 2, 1.0, m[0] * m[1]]),
}  # fmt: skip


@pytest.mark.parametrize("kind", [float, Value])
@pytest.mark.parametrize(("aggr", "weights", "messages"), BY_HAND.values(), ids=BY_HAND)
def test_two_layers_by_hand(aggr, weights, messages, kind):
    """h_i ← GRU(aggregate_j w_ji h_j W_l, h_i), each layer with its own W_l."""
    x = [1.0, -0.5, 2.0]
    weights = None if weights is None else list(map(kind, weights))
    found = scalar([0.75, -1.5], aggr=aggr)([[kind(e)] for e in x], ([0, 1, 2, 2], [2, 2, 0, 0]), weights)
    assert flatten(numbers(found)) == pytest.approx(hand([0.75, -1.5], x, messages), rel=REORDERED)


@pytest.mark.parametrize("kind", [float, Value])
def test_zeros_stand_behind_a_narrower_x(kind):
    """As if x had been given with them."""
    conv = GatedGraphConv(3, 2, rng=random.Random(1))
    narrow = conv([[kind(1.0)], [kind(-2.0)]], ([0], [1]))
    wide = conv([[1.0, 0.0, 0.0], [-2.0, 0.0, 0.0]], ([0], [1]))
    assert numbers(narrow) == [pytest.approx(row, rel=REORDERED) for row in numbers(wide)]


def test_rows_in_and_columns_out():
    """m_j = h_j W with W [in][out]: only the second entry of x reaches the first of m."""
    conv = GatedGraphConv(2, 1)
    zeros = {name: numbers_of(parameter) for name, parameter in conv.named_parameters()}
    state = {name: [0.0] * 6 if "bias" in name else [[0.0] * 2] * 6 for name in zeros if name != "weight"}
    state["weight"] = [[[0.0, 0.0], [1.0, 0.0]]]
    state["rnn.weight_ih"] = [[0.0] * 2] * 4 + [[1.0, 0.0], [0.0, 1.0]]  # n = tanh(m)
    conv.load_state_dict(state)
    found = numbers(conv([[100.0, 0.5], [0.0, 0.0]], ([0], [1])))
    assert found[1] == [pytest.approx(0.5 * math.tanh(0.5)), 0.0]


def test_weights_changed_between_two_calls_are_used():
    """An EdgeIndex keeps what depends on constant weights for as long as they stay the same."""
    edges, weights, conv = EdgeIndex(([0], [1])), [1.0], scalar([1.0])
    x = [[1.0], [0.0]]
    for weight in (1.0, 3.0, 1.0):
        weights[0] = weight
        for w in (weights, [Value(weight)]):
            assert numbers(conv(x, edges, w)) == numbers(conv(x, ([0], [1]), [weight]))
    assert numbers(conv(x, edges)) == numbers(conv(x, ([0], [1])))


def test_every_weight_of_an_edge_has_a_gradient():
    """Through all layers."""
    weights = [Value(0.5), Value(2.0)]
    total(flatten(scalar([1.0, 1.0])([[1.0], [2.0]], ([0, 1], [1, 0]), weights))).backward()
    assert all(w.grad != 0.0 for w in weights)


def test_parameters_have_pygs_names_order_shapes_and_bound():
    """U(±1/√out), the GRU's too."""
    state = GatedGraphConv(4, 3, rng=random.Random(0)).state_dict()
    assert [(name, shape(entry)) for name, entry in state.items()] == [
        ("weight", [3, 4, 4]),
        ("rnn.weight_ih", [12, 4]),
        ("rnn.weight_hh", [12, 4]),
        ("rnn.bias_ih", [12]),
        ("rnn.bias_hh", [12]),
    ]
    assert 0.48 < max(map(abs, leaves(state["weight"]))) <= 0.5
    assert 0.48 < max(map(abs, leaves(list(state.values())))) <= 0.5
    without = GatedGraphConv(1, 1, bias=False).state_dict()
    assert list(without) == ["weight", "rnn.weight_ih", "rnn.weight_hh"]


def test_a_median_has_pygs_buffer():
    """Its quantile, which is not learned."""
    assert list(GatedGraphConv(1, 1, "median", bias=False).state_dict()) == [
        "weight",
        "aggr_module.q",
        "rnn.weight_ih",
        "rnn.weight_hh",
    ]


def test_positional_arguments_are_pygs():
    """out, num_layers, aggr, bias."""
    conv = GatedGraphConv(3, 2, "mean", False)
    assert (conv.out_channels, conv.num_layers, conv.aggr, conv.rnn.bias) == (3, 2, "mean", False)
    assert (GatedGraphConv(3, 2).aggr, GatedGraphConv(3, 2).rnn.bias) == ("add", True)
    assert repr(conv) == "GatedGraphConv(3, num_layers=2)"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: GatedGraphConv(0, 1), "out_channels is 0: there is at least one"),
        (lambda: GatedGraphConv(1, 0), "num_layers is 0: there is at least one"),
        (lambda: GatedGraphConv(1, 1, "lstm"), "aggr is 'lstm': choose from"),
        (
            lambda: GatedGraphConv(1, 1)([[1.0, 2.0]], ([], [])),
            "gives rows of 1 entries, but x has rows of 2: out_channels is at least as large",
        ),
        (lambda: GatedGraphConv(2, 1, "max")([[1.0]], ([0], [0]), []), "0 edge weights for 1 edges"),
        (lambda: GatedGraphConv(2, 1, "max")([[1.0]], ([0], [1])), r"edge 0 = \(0, 1\): target 1"),
        (lambda: GatedGraphConv(1, 1, "max")([[1.0]], ([1], [0]), [1.0]), r"edge 0 = \(1, 0\): source 1"),
    ],
)
def test_wrong_settings_and_inputs_are_refused(call, message):
    """By name."""
    with pytest.raises(ValueError, match=message):
        call()
