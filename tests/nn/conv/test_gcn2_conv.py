"""GCN2Conv: initial residual and identity mapping by hand, options, names."""

import math
import random

import pytest

from tinygnn import EdgeIndex, Value
from tinygnn.linalg import flatten, total
from tinygnn.nn import GCN2Conv
from tinygnn.nn.module import leaves, shape

# Sums of a dozen numbers near one, added up in another order.
REORDERED = 1e-12
PATH = ([0, 1, 1, 2], [1, 0, 2, 1])
R = 6.0**-0.5
P = [[1 / 2, R, 0.0], [R, 1 / 3, R], [0.0, R, 1 / 2]]  # of a path of three: degrees 2, 3, 2
X, X_0 = [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], [[2.0, -1.0], [0.5, 0.0], [1.0, 3.0]]
W1, W2 = [[1.0, 2.0], [3.0, 4.0]], [[0.0, 1.0], [-1.0, 0.5]]


def numbers(rows):
    return [[v.data for v in row] for row in rows]


def times(a, b):
    return [[sum(x * row[j] for x, row in zip(entries, b)) for j in range(len(b[0]))] for entries in a]


def plus(a, b, share=1.0):
    return [[x + share * y for x, y in zip(row, other)] for row, other in zip(a, b)]


def scaled(a, factor):
    return [[factor * x for x in row] for row in a]


def mapping(weight, beta):
    """(1 - β) I + β W: rows in, columns out."""
    return [[(i == j) * (1 - beta) + beta * w for j, w in enumerate(row)] for i, row in enumerate(weight)]


def made(**options):
    conv = GCN2Conv(2, **options)
    two = options.get("shared_weights", True) is False
    conv.load_state_dict({"weight1": W1, **({"weight2": W2} if two else {})})
    return conv


@pytest.mark.parametrize("kind", [float, Value])
@pytest.mark.parametrize(
    ("options", "beta"),
    [({}, 1.0), ({"theta": 0.5, "layer": 2}, math.log(1.25)), ({"theta": 1.5, "layer": 1}, math.log(2.5))],
)
def test_one_weight_by_hand(options, beta, kind):
    """((1 - α) P X + α X_0) ((1 - β) I + β W)."""
    conv = made(alpha=0.25, **options)
    assert conv.beta == pytest.approx(beta, rel=REORDERED)
    expected = times(plus(scaled(times(P, X), 0.75), X_0, 0.25), mapping(W1, beta))
    found = conv([list(map(kind, row)) for row in X], [list(map(kind, row)) for row in X_0], PATH)
    for row, wanted in zip(numbers(found), expected, strict=True):
        assert row == pytest.approx(wanted, rel=REORDERED)


@pytest.mark.parametrize("kind", [float, Value])
def test_two_weights_by_hand(kind):
    """(1 - α) P X ((1 - β) I + β W_1) + α X_0 ((1 - β) I + β W_2)."""
    conv, beta = made(alpha=0.25, theta=0.5, layer=2, shared_weights=False), math.log(1.25)
    expected = plus(
        times(scaled(times(P, X), 0.75), mapping(W1, beta)), times(scaled(X_0, 0.25), mapping(W2, beta))
    )
    found = conv([list(map(kind, row)) for row in X], [list(map(kind, row)) for row in X_0], PATH)
    for row, wanted in zip(numbers(found), expected, strict=True):
        assert row == pytest.approx(wanted, rel=REORDERED)


# name: (edges, weights, options, (1 - α) P X + α X_0 of x = (1, 10, 100), x_0 = (2, 4, 8), α = 1/2)
BY_HAND = {
    "isolated nodes keep their own": (([], []), None, {}, [1.5, 7.0, 54.0]),
    "without self loops": (([], []), None, {"add_self_loops": False}, [1.0, 2.0, 4.0]),
    "not normalized adds no self loops": (
        ([0, 0], [1, 1]), [2.0, 4.0], {"normalize": False}, [1.0, 5.0, 4.0]),
    "directed": (([0, 1], [1, 2]), None, {"add_self_loops": False}, [1.0, 2.0, 9.0]),
    "weights that cancel": (([0], [1]), [-1.0], {}, [1.5, 2.0, 54.0]),
}  # fmt: skip


@pytest.mark.parametrize("kind", [float, Value])
@pytest.mark.parametrize(("edges", "weights", "options", "expected"), BY_HAND.values(), ids=BY_HAND)
def test_small_graphs_by_hand(edges, weights, options, expected, kind):
    """With β = 1 and one weight, 1, so that only the graph is seen."""
    conv = GCN2Conv(1, 0.5, **options)
    conv.load_state_dict({"weight1": [[1.0]]})
    weights = None if weights is None else list(map(kind, weights))
    found = conv([[kind(1.0)], [kind(10.0)], [kind(100.0)]], [[2.0], [4.0], [8.0]], edges, weights)
    assert flatten(numbers(found)) == pytest.approx(expected, rel=REORDERED)


def test_weights_that_cancel_give_the_gradient_zero():
    """PyG gives nan there."""
    weight = Value(-1.0)
    total(flatten(made(alpha=0.1)(X[:2], X_0[:2], ([0], [1]), [weight]))).backward()
    assert weight.grad == 0.0


def test_gradients_of_x_0_have_the_share_alpha():
    """β = 1, W = 1: d out / d x_0 = α."""
    conv, first = GCN2Conv(1, 0.125), Value(3.0)
    conv.load_state_dict({"weight1": [[1.0]]})
    [[out]] = conv([[1.0]], [[first]], ([], []))
    out.backward()
    assert (out.data, first.grad) == (0.875 + 0.375, 0.125)


def test_of_a_longer_x_0_the_first_rows_count():
    """As in PyG."""
    conv = made(alpha=0.25)
    assert numbers(conv(X[:2], X_0, ([], []))) == numbers(conv(X[:2], X_0[:2], ([], [])))


def test_each_number_is_two_nodes():
    """The propagated row with its share of x_0, and the mapping."""
    x = [list(map(Value, row)) for row in X]
    edges = EdgeIndex(PATH)
    for row in made(alpha=0.25)(x, X_0, edges):
        for v in row:
            rows = [p for p in v.parents if any(q in flatten(x) for q in p.parents)]
            assert len(rows) == 2
            assert len(v.parents) == 4


def test_parameters_have_pygs_names_shapes_and_bound():
    """Glorot: U(±√(6 / 2C))."""
    state = GCN2Conv(12, 0.1, shared_weights=False, rng=random.Random(0)).state_dict()
    assert [(name, shape(entry)) for name, entry in state.items()] == [
        ("weight1", [12, 12]),
        ("weight2", [12, 12]),
    ]
    assert 0.48 < max(map(abs, leaves(list(state.values())))) <= 0.5
    assert list(GCN2Conv(1, 0.1).state_dict()) == ["weight1"]


def test_positional_arguments_are_pygs():
    """channels, alpha, theta, layer, shared_weights, cached, add_self_loops, normalize."""
    conv = GCN2Conv(3, 0.1, 0.5, 4, False, True, False, False)
    assert (conv.channels, conv.alpha, conv.theta, conv.layer) == (3, 0.1, 0.5, 4)
    assert conv.beta == math.log(0.5 / 4 + 1)
    assert (conv.shared_weights, conv.cached, conv.add_self_loops, conv.normalize) == (
        False, True, False, False)  # fmt: skip
    default = GCN2Conv(3, 0.1)
    assert (default.shared_weights, default.cached, default.add_self_loops, default.normalize) == (
        True, False, True, True)  # fmt: skip
    assert repr(default) == "GCN2Conv(3, alpha=0.1, beta=1.0)"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: GCN2Conv(2, 0.1, theta=0.5), "theta is 0.5 and layer None: give both of them or neither"),
        (lambda: GCN2Conv(2, 0.1, layer=1), "theta is None and layer 1"),
        (lambda: GCN2Conv(2, 0.1, 0.5, 0), "layer is 0: layers are counted from 1"),
        (lambda: made(alpha=0.1)(X, X_0[:2], PATH), "x has 3 rows and x_0 only 2"),
        (lambda: made(alpha=0.1)(X, [[1.0]] * 3, PATH), r"GCN2Conv's x_0 takes rows of 2 entries"),
    ],
)
def test_wrong_settings_and_rows_are_refused(call, message):
    """By name."""
    with pytest.raises(ValueError, match=message):
        call()
