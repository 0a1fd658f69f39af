"""TAGConv: the polynomial by hand, options, names, how many Values it makes."""

import random

import pytest

from tinygnn import EdgeIndex, Value
from tinygnn.linalg import flatten, total
from tinygnn.modes import Mode
from tinygnn.nn import TAGConv
from tinygnn.nn.module import leaves, shape
from tinygnn.sparse import Features

# Sums of a dozen numbers near one, added up in another order.
REORDERED = 1e-12
PATH = ([0, 1, 1, 2], [1, 0, 2, 1])


def numbers(rows):
    return [[v.data for v in row] for row in rows]


def scalar(weights, bias=0.0, **options):
    """A convolution of one column with the given weights W_0 ... W_K."""
    conv = TAGConv(1, 1, K=len(weights) - 1, **options)
    state = {f"lins.{k}.weight": [[w]] for k, w in enumerate(weights)}
    conv.load_state_dict({**state, **({} if conv.bias is None else {"bias": [bias]})})
    return conv


def test_the_polynomial_by_hand():
    """On a path of three S x = (x_1, x_0 + x_2, x_1) / √2, and S² x = (x_0 + x_2, 2 x_1, x_0 + x_2) / 2."""
    found = flatten(numbers(scalar([1.0, 10.0, 100.0], bias=7.0)([[1.0], [2.0], [4.0]], PATH)))
    r = 0.5**0.5
    expected = [1 + 20 * r + 250 + 7, 2 + 50 * r + 200 + 7, 4 + 20 * r + 250 + 7]
    assert found == pytest.approx(expected, rel=REORDERED)


def test_two_columns_by_hand():
    """The matrices W_k act on columns, S on rows."""
    conv = TAGConv(2, 2, K=1, normalize=False)
    conv.load_state_dict(
        {
            "bias": [0.5, -0.5],
            "lins.0.weight": [[1.0, 2.0], [3.0, 4.0]],
            "lins.1.weight": [[0.0, 1.0], [-1.0, 0.0]],
        }
    )
    found = numbers(conv([[1.0, 10.0], [2.0, 20.0]], ([0], [1]), [3.0]))
    assert found == [[21.5, 42.5], [42.0 + 30.0 + 0.5, 86.0 - 3.0 - 0.5]]


# name: (edges, weights, options, x' of x = (1, 10, 100) for W = 1, 1)
BY_HAND = {
    "an isolated node keeps its own": (([], []), None, {}, [1.0, 10.0, 100.0]),
    "messages go from source to target": (([0, 1], [1, 2]), None, {}, [1.0, 10.0, 110.0]),
    "not normalized": (([0, 1], [1, 2]), None, {"normalize": False}, [1.0, 11.0, 110.0]),
    "weights multiply": (([0, 2], [1, 1]), [2.0, 0.5], {"normalize": False}, [1.0, 62.0, 100.0]),
    "duplicates add up": (([0, 0], [1, 1]), [2.0, 0.5], {"normalize": False}, [1.0, 12.5, 100.0]),
    "a self loop is an edge like others": (([1], [1]), [4.0], {}, [1.0, 20.0, 100.0]),
    "weights that cancel": (([0, 2, 1], [1, 1, 0]), [1.0, -1.0, 1.0], {}, [1.0, 10.0, 100.0]),
}  # fmt: skip


@pytest.mark.parametrize("kind", [float, Value])
@pytest.mark.parametrize(("edges", "weights", "options", "expected"), BY_HAND.values(), ids=BY_HAND)
def test_small_graphs_by_hand(edges, weights, options, expected, kind):
    """With x and the edge weights as constants and as Values."""
    x = [[kind(1.0)], [kind(10.0)], [kind(100.0)]]
    weights = None if weights is None else list(map(kind, weights))
    found = flatten(numbers(scalar([1.0, 1.0], 7.0, **options)(x, edges, weights)))
    assert found == pytest.approx([e + 7.0 for e in expected], rel=REORDERED)


def test_weights_that_cancel_give_the_gradient_zero():
    """PyG gives nan there."""
    weights = [Value(1.0), Value(-1.0), Value(1.0)]
    total(flatten(scalar([1.0, 1.0])([[1.0]] * 3, ([0, 2, 1], [1, 1, 0]), weights))).backward()
    assert [w.grad for w in weights] == [0.0, 0.0, 0.0]


class Counter(Mode):
    """How many Values are made."""

    def __init__(self):
        self.made_values = 0

    def made(self, value):
        self.made_values += 1


def test_constant_features_make_one_value_for_each_number_of_each_step():
    """N·out for each of the K + 1 products and each of the K steps, none for the N·in features."""
    edges, x = EdgeIndex(PATH), Features([[1.0] * 50, [0.0] * 50, [2.0] * 50])
    conv = TAGConv(50, 2, K=3)
    conv(x, edges)
    counter = Counter()
    with counter:
        conv(x, edges)
    assert counter.made_values == 3 * 2 * (4 + 3)


def test_parameters_have_pygs_names_order_shapes_and_bound():
    """bias 0, lins.k.weight U(±1/√in)."""
    state = TAGConv(4, 30, K=2, rng=random.Random(0)).state_dict()
    assert [(name, shape(entry)) for name, entry in state.items()] == [
        ("bias", [30]),
        ("lins.0.weight", [30, 4]),
        ("lins.1.weight", [30, 4]),
        ("lins.2.weight", [30, 4]),
    ]
    assert state["bias"] == [0.0] * 30
    assert 0.48 < max(map(abs, leaves(list(state.values())))) <= 0.5
    assert list(TAGConv(1, 1, 0, bias=False).state_dict()) == ["lins.0.weight"]


def test_positional_arguments_are_pygs():
    """in, out, K, bias, normalize."""
    conv = TAGConv(2, 3, 4, False, False)
    assert (conv.in_channels, conv.out_channels, conv.K) == (2, 3, 4)
    assert (conv.bias, conv.normalize) == (None, False)
    assert (TAGConv(2, 3).K, TAGConv(2, 3).normalize) == (3, True)
    assert repr(conv) == "TAGConv(2 -> 3, K=4)"


def test_a_negative_degree_of_the_filter_is_refused():
    """0 is the linear map alone."""
    with pytest.raises(ValueError, match="K is -1: the degree of the filter is 0 or more"):
        TAGConv(1, 1, K=-1)
