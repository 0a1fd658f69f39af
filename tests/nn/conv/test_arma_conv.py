"""ARMAConv: stacks and layers by hand, activations, dropout, names."""

import math
import random

import pytest

from tinygnn import Value
from tinygnn.linalg import flatten, total
from tinygnn.nn import ARMAConv, Module
from tinygnn.nn.module import leaves, shape

# Sums of a dozen numbers near one, added up in another order.
REORDERED = 1e-12
PATH = ([0, 1, 1, 2], [1, 0, 2, 1])
R = 0.5**0.5
HAT = [[0.0, R, 0.0], [R, 0.0, R], [0.0, R, 0.0]]  # D^-1/2 A D^-1/2 of a path of three


def numbers(rows):
    return [[v.data for v in row] for row in rows]


def times(x):
    return [sum(a * e for a, e in zip(row, x)) for row in HAT]


def scalar(first, roots, weights=(), biases=None, **options):
    """A convolution of one column; each argument has a number for each stack, by layer."""
    stacks = len(first)
    conv = ARMAConv(1, 1, stacks, num_layers=options.pop("num_layers", len(roots)), **options)
    state = {
        "weight": [[[[w]] for w in layer] for layer in weights or [[0.0] * stacks]],
        "init_weight": [[[w]] for w in first],
        "root_weight": [[[[w]] for w in layer] for layer in roots],
    }
    if conv.bias is not None:
        state["bias"] = [[[[b]] for b in layer] for layer in biases or [[0.0] * stacks for _ in roots]]
    conv.load_state_dict(state)
    return conv


@pytest.mark.parametrize("kind", [float, Value])
def test_one_layer_by_hand(kind):
    """relu(L̂ x W + x V + b): -2, 1 + 4·R ... of x = (1, -2, 4)."""
    conv = scalar([2.0], [[-3.0]], biases=[[0.5]])
    found = flatten(numbers(conv([[kind(1.0)], [kind(-2.0)], [kind(4.0)]], PATH)))
    expected = [2.0 * s - 3.0 * e + 0.5 for s, e in zip(times([1.0, -2.0, 4.0]), [1.0, -2.0, 4.0])]
    assert min(expected) < 0.0 < max(expected)
    assert found == pytest.approx([max(e, 0.0) for e in expected], rel=REORDERED)


def test_two_stacks_of_two_layers_by_hand():
    """Every layer sees x again, and the stacks' mean comes out."""
    x = [1.0, -2.0, 4.0]
    first, weights = [2.0, 0.5], [[0.75, -1.0]]
    roots, biases = [[-3.0, 1.0], [0.25, 2.0]], [[0.5, -0.5], [1.0, 0.0]]
    conv = scalar(first, roots, weights, biases, act="tanh")
    expected = [0.0] * 3
    for k in range(2):
        z = [math.tanh(first[k] * s + roots[0][k] * e + biases[0][k]) for s, e in zip(times(x), x)]
        z = [math.tanh(weights[0][k] * s + roots[1][k] * e + biases[1][k]) for s, e in zip(times(z), x)]
        expected = [a + b / 2 for a, b in zip(expected, z)]
    assert flatten(numbers(conv([[e] for e in x], PATH))) == pytest.approx(expected, rel=REORDERED)


def test_shared_weights_are_one_for_all_layers_after_the_first():
    """W, V and b; what reads x first stays its own."""
    x = [1.0, -2.0, 4.0]
    conv = scalar([2.0], [[-0.5]], [[0.75]], [[0.5]], num_layers=3, shared_weights=True, act=None)
    z = [2.0 * s - 0.5 * e + 0.5 for s, e in zip(times(x), x)]
    for _ in range(2):
        z = [0.75 * s - 0.5 * e + 0.5 for s, e in zip(times(z), x)]
    assert flatten(numbers(conv([[e] for e in x], PATH))) == pytest.approx(z, rel=REORDERED)


def test_rows_in_and_columns_out():
    """x W with W [in][out], where Linear has [out][in]."""
    conv = ARMAConv(2, 3, act=None, bias=False)
    root = [[[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]]]
    first = [[[0.0, 0.0, 1.0], [0.0, 10.0, 0.0]]]
    state = {"weight": conv.state_dict()["weight"], "init_weight": first, "root_weight": root}
    conv.load_state_dict(state)
    found = numbers(conv([[1.0, 0.0], [1.0, 1.0]], ([0, 1], [1, 0])))
    assert found == [[1.0, 12.0, 4.0], [5.0, 7.0, 10.0]]


def test_directed_edges_and_weights():
    """0 -> 1 with weight 4 and 1 -> 2 with weight 9: degrees 0, 4, 9 by what enters; no self loops."""
    conv = scalar([1.0], [[0.0]], act=None)
    for kind in (float, Value):
        found = conv([[1.0], [10.0], [100.0]], ([0, 1], [1, 2]), [kind(4.0), kind(9.0)])
        assert flatten(numbers(found)) == pytest.approx([0.0, 0.0, 10.0 * 9.0 / 6.0], rel=REORDERED)


def test_weights_that_cancel_give_the_gradient_zero():
    """PyG gives nan there."""
    weights = [Value(1.0), Value(-1.0), Value(1.0)]
    conv = scalar([1.0], [[1.0]], act="tanh")
    total(flatten(conv([[1.0]] * 3, ([0, 2, 1], [1, 1, 0]), weights))).backward()
    assert [w.grad for w in weights] == [0.0, 0.0, 0.0]


class Halved(Module):
    """A module that maps rows."""

    def forward(self, x):
        return [[v * 0.5 for v in row] for row in x]


@pytest.mark.parametrize(
    ("act", "expected"),
    [("relu", 0.0), (None, -2.0), ("tanh", math.tanh(-2.0)), (lambda v: v * v, 4.0), (Halved(), -1.0)],
    ids=["name", "none", "tanh", "function", "module"],
)
def test_activations(act, expected):
    """A name, a function of a Value, a module, or nothing; relu unless it is said."""
    [[found]] = scalar([0.0], [[1.0]], act=act)([[-2.0]], ([], []))
    assert found.data == expected
    [[default]] = scalar([0.0], [[1.0]])([[-2.0]], ([], []))
    assert default.data == 0.0


@pytest.mark.parametrize("kind", [float, Value])
def test_dropout_drops_only_what_meets_v(kind):
    """With p = 1 only the neighbours are heard, in training."""
    conv = scalar([1.0], [[100.0]], act=None, dropout=1.0)
    x = [[kind(1.0)], [kind(2.0)]]
    assert numbers(conv(x, ([0, 1], [1, 0]))) == [[2.0], [1.0]]
    conv.eval()
    assert numbers(conv(x, ([0, 1], [1, 0]))) == [[102.0], [201.0]]


def test_parameters_have_pygs_names_order_shapes_and_bounds():
    """Glorot of the last two axes, bias 0."""
    state = ARMAConv(4, 20, 2, 3, rng=random.Random(0)).state_dict()
    assert [(name, shape(entry)) for name, entry in state.items()] == [
        ("weight", [2, 2, 20, 20]),
        ("init_weight", [2, 4, 20]),
        ("root_weight", [3, 2, 4, 20]),
        ("bias", [3, 2, 1, 20]),
    ]
    assert set(leaves(state["bias"])) == {0.0}
    assert 0.48 < max(map(abs, leaves(state["init_weight"]))) <= 0.5
    assert 0.38 < max(map(abs, leaves(state["weight"]))) <= 0.15**0.5
    shared = ARMAConv(4, 5, 2, 3, True, bias=False).state_dict()
    assert [(name, shape(entry)) for name, entry in shared.items()] == [
        ("weight", [1, 2, 5, 5]),
        ("init_weight", [2, 4, 5]),
        ("root_weight", [1, 2, 4, 5]),
    ]
    assert shape(ARMAConv(4, 5).state_dict()["weight"]) == [1, 1, 5, 5]


def test_positional_arguments_are_pygs():
    """in, out, num_stacks, num_layers, shared_weights, act, dropout, bias."""
    conv = ARMAConv(2, 3, 4, 5, True, None, 0.5, False)
    assert (conv.in_channels, conv.out_channels, conv.num_stacks, conv.num_layers) == (2, 3, 4, 5)
    assert (conv.shared_weights, conv.act, conv.dropout.p, conv.bias) == (True, None, 0.5, None)
    default = ARMAConv(2, 3)
    assert (default.num_stacks, default.num_layers, default.shared_weights, default.dropout.p) == (
        1, 1, False, 0.0)  # fmt: skip
    assert repr(conv) == "ARMAConv(2 -> 3, num_stacks=4, num_layers=5)"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num_stacks": 0}, "num_stacks is 0: there is at least one"),
        ({"num_layers": 0}, "num_layers is 0: there is at least one"),
        ({"act": "maxout"}, "act is 'maxout'"),
        ({"dropout": -0.5}, "dropout p is -0.5"),
    ],
)
def test_wrong_settings_are_refused(options, message):
    """By name."""
    with pytest.raises(ValueError, match=message):
        ARMAConv(1, 1, **options)
