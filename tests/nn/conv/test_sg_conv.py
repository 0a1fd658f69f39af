"""SGConv: K steps of propagation by hand, options, names, how many Values it makes."""

import random

import pytest

from tinygnn import EdgeIndex, Value
from tinygnn.linalg import flatten, total
from tinygnn.modes import Mode
from tinygnn.nn import SGConv
from tinygnn.nn.module import leaves, shape
from tinygnn.sparse import Features

# Sums of a dozen numbers near one, added up in another order.
REORDERED = 1e-12
PATH = ([0, 1, 1, 2], [1, 0, 2, 1])
R = 6.0**-0.5
S = [[1 / 2, R, 0.0], [R, 1 / 3, R], [0.0, R, 1 / 2]]  # of a path of three: degrees 2, 3, 2


def numbers(rows):
    return [[v.data for v in row] for row in rows]


def times(matrix, x):
    return [[sum(a * row[j] for a, row in zip(entries, x)) for j in range(len(x[0]))] for entries in matrix]


def scalar(bias=0.0, weight=1.0, **options):
    """A convolution with one weight, so that only the graph is seen."""
    conv = SGConv(1, 1, **options)
    conv.load_state_dict(
        {"lin.weight": [[weight]], **({} if conv.lin.bias is None else {"lin.bias": [bias]})}
    )
    return conv


@pytest.mark.parametrize("steps", [0, 1, 2, 3])
def test_k_steps_by_hand(steps):
    """X' = S^K X Wᵀ + b: the bias is added once, after the last step."""
    conv = SGConv(2, 2, K=steps)
    conv.load_state_dict({"lin.weight": [[1.0, 2.0], [0.0, -1.0]], "lin.bias": [10.0, 20.0]})
    expected = [[1.0, 0.0], [2.0, -1.0], [3.0, -1.0]]  # X Wᵀ
    for _ in range(steps):
        expected = times(S, expected)
    found = numbers(conv([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], PATH))
    for row, wanted in zip(found, expected, strict=True):
        assert row == pytest.approx([wanted[0] + 10.0, wanted[1] + 20.0], rel=REORDERED)


# name: (edges, weights, options, x' of x = (1, 10, 100))
BY_HAND = {
    "isolated nodes keep their own": (([], []), None, {"K": 5}, [1.0, 10.0, 100.0]),
    "without self loops they hear nothing": (([], []), None, {"add_self_loops": False}, [0.0] * 3),
    "without self loops two steps lead back": (
        ([0, 1], [1, 0]), [4.0, 4.0], {"K": 2, "add_self_loops": False}, [1.0, 10.0, 0.0]),
    "messages go from source to target": (  # degrees 0, 1, 1 by what enters
        ([0, 1], [1, 2]), None, {"add_self_loops": False}, [0.0, 0.0, 10.0]),
    "an existing self loop is not doubled": (([0, 1], [0, 1]), None, {"K": 3}, [1.0, 10.0, 100.0]),
    "an existing self loop keeps its weight": (  # degrees .25 + 1 and 1
        ([0, 1], [0, 0]), [0.25, 1.0], {}, [0.2 + 10 * 1.25**-0.5, 10.0, 100.0]),
    "weights count in the degrees": (  # degrees 1 + 3, 1, 1
        ([1], [0]), [3.0], {}, [0.25 + 3 * 10 / 2, 10.0, 100.0]),
    "duplicates add up": (([1, 1], [0, 0]), [1.0, 2.0], {}, [0.25 + 3 * 10 / 2, 10.0, 100.0]),
    "weights that cancel": (([0], [1]), [-1.0], {"K": 2}, [1.0, 0.0, 100.0]),
}  # fmt: skip


@pytest.mark.parametrize("kind", [float, Value])
@pytest.mark.parametrize(("edges", "weights", "options", "expected"), BY_HAND.values(), ids=BY_HAND)
def test_small_graphs_by_hand(edges, weights, options, expected, kind):
    """With x and the edge weights as constants and as Values."""
    x = [[kind(1.0)], [kind(10.0)], [kind(100.0)]]
    weights = None if weights is None else list(map(kind, weights))
    found = flatten(numbers(scalar(7.0, 2.0, **options)(x, edges, weights)))
    assert found == pytest.approx([2.0 * e + 7.0 for e in expected], rel=REORDERED)


def test_weights_that_cancel_give_the_gradient_zero():
    """PyG gives nan there."""
    weight = Value(-1.0)
    total(flatten(scalar(K=2)([[1.0], [1.0]], ([0], [1]), [weight]))).backward()
    assert weight.grad == 0.0


def test_cached_changes_no_number():
    """Another x and other edges are seen, where PyG answers with the first x again."""
    conv = scalar(cached=True)
    assert numbers(conv([[1.0], [3.0]], ([], []))) == [[1.0], [3.0]]
    found = flatten(numbers(conv([[2.0], [4.0]], ([0, 1], [1, 0]))))
    assert found == pytest.approx([3.0, 3.0], rel=REORDERED)


class Counter(Mode):
    """How many Values are made."""

    def __init__(self):
        self.made_values = 0

    def made(self, value):
        self.made_values += 1


def test_constant_features_make_one_value_for_each_number_of_each_step():
    """W first: N·out for it and for every step, none for the N·in features."""
    edges, x = EdgeIndex(PATH), Features([[1.0] * 50, [0.0] * 50, [2.0] * 50])
    conv = SGConv(50, 2, K=3)
    conv(x, edges)
    counter = Counter()
    with counter:
        conv(x, edges)
    assert counter.made_values == 3 * 2 * (1 + 3)


def test_parameters_have_pygs_names_shapes_and_bound():
    """lin.weight and lin.bias, U(±1/√in)."""
    state = SGConv(4, 30, rng=random.Random(0)).state_dict()
    assert {name: shape(entry) for name, entry in state.items()} == {
        "lin.weight": [30, 4],
        "lin.bias": [30],
    }
    assert 0.48 < max(map(abs, leaves(list(state.values())))) <= 0.5
    assert list(SGConv(1, 1, bias=False).state_dict()) == ["lin.weight"]


def test_positional_arguments_are_pygs():
    """in, out, K, cached, add_self_loops, bias."""
    conv = SGConv(2, 3, 4, True, False, False)
    assert (conv.in_channels, conv.out_channels) == (2, 3)
    assert (conv.K, conv.cached, conv.add_self_loops, conv.lin.bias) == (4, True, False, None)
    default = SGConv(2, 3)
    assert (default.K, default.cached, default.add_self_loops) == (1, False, True)
    assert repr(conv) == "SGConv(2 -> 3, K=4)"


def test_a_negative_number_of_steps_is_refused():
    """0 is the linear map alone."""
    with pytest.raises(ValueError, match="K is -1: the number of steps is 0 or more"):
        SGConv(1, 1, K=-1)
