"""APPNP: the power iteration by hand and its limit, dropout of edges, how many Values it makes."""

import random

import pytest

from tinygnn import EdgeIndex, Value
from tinygnn.linalg import flatten, total
from tinygnn.modes import Mode
from tinygnn.nn import APPNP

# Sums of a dozen numbers near one, added up in another order.
REORDERED = 1e-12
PATH = ([0, 1, 1, 2], [1, 0, 2, 1])
R = 6.0**-0.5
S = [[1 / 2, R, 0.0], [R, 1 / 3, R], [0.0, R, 1 / 2]]  # of a path of three: degrees 2, 3, 2


def numbers(rows):
    return [[v.data for v in row] for row in rows]


def times(matrix, x):
    return [sum(a * e for a, e in zip(row, x)) for row in matrix]


@pytest.mark.parametrize("kind", [float, Value])
@pytest.mark.parametrize("steps", [0, 1, 2, 5])
def test_k_steps_by_hand(steps, kind):
    """Z ← (1 - α) S Z + α X."""
    x = [1.0, -2.0, 4.0]
    z = x
    for _ in range(steps):
        z = [0.75 * s + 0.25 * own for s, own in zip(times(S, z), x)]
    found = numbers(APPNP(steps, 0.25)([[kind(e)] for e in x], PATH))
    assert flatten(found) == pytest.approx(z, rel=REORDERED)


def test_many_steps_reach_personalized_pagerank():
    """Z = α X + (1 - α) S Z, the fixed point."""
    x = [1.0, -2.0, 4.0]
    z = flatten(numbers(APPNP(200, 0.25)([[e] for e in x], PATH)))
    assert z == pytest.approx([0.75 * s + 0.25 * own for s, own in zip(times(S, z), x)], rel=REORDERED)


# name: (edges, weights, options, z of x = (1, 10, 100) after one step with α = 1/2)
BY_HAND = {
    "isolated nodes keep their own": (([], []), None, {}, [1.0, 10.0, 100.0]),
    "without self loops half of their own": (
        ([], []), None, {"add_self_loops": False}, [0.5, 5.0, 50.0]),
    "messages go from source to target": (
        ([0, 1], [1, 2]), None, {"add_self_loops": False}, [0.5, 5.0, 55.0]),
    "not normalized adds no self loops": (
        ([0, 0], [1, 1]), [2.0, 4.0], {"normalize": False}, [0.5, 8.0, 50.0]),
    "not normalized without weights": (([0, 0], [1, 1]), None, {"normalize": False}, [0.5, 6.0, 50.0]),
    "an existing self loop keeps its weight": (  # degrees .25 + 1 and 1
        ([0, 1], [0, 0]), [0.25, 1.0], {}, [0.6 + 5 * 1.25**-0.5, 10.0, 100.0]),
    "weights that cancel": (([0], [1]), [-1.0], {}, [1.0, 5.0, 100.0]),
}  # fmt: skip


@pytest.mark.parametrize("weights_are", [float, Value])
@pytest.mark.parametrize("x_is", [float, Value])
@pytest.mark.parametrize(("edges", "weights", "options", "expected"), BY_HAND.values(), ids=BY_HAND)
def test_small_graphs_by_hand(edges, weights, options, expected, x_is, weights_are):
    """With x and the edge weights as constants and as Values."""
    x = [[x_is(1.0)], [x_is(10.0)], [x_is(100.0)]]
    weights = None if weights is None else list(map(weights_are, weights))
    found = APPNP(1, 0.5, **options)(x, edges, weights)
    assert all(isinstance(v, Value) for v in flatten(found))
    assert flatten(numbers(found)) == pytest.approx(expected, rel=REORDERED)


def test_weights_that_cancel_give_the_gradient_zero():
    """PyG gives nan there."""
    weight = Value(-1.0)
    total(flatten(APPNP(3, 0.1)([[Value(1.0)], [1.0]], ([0], [1]), [weight]))).backward()
    assert weight.grad == 0.0


class Counter(Mode):
    """How many Values are made."""

    def __init__(self):
        self.made_values = 0

    def made(self, value):
        self.made_values += 1


def made_by(prop, x, edges, weights=None):
    counter = Counter()
    with counter:
        prop(x, edges, weights)
    return counter.made_values


def test_each_step_makes_one_value_for_each_number():
    """The teleport to X included; learned weights take one more for each edge, once."""
    x = [[Value(1.0), Value(2.0)] for _ in range(3)]
    assert made_by(APPNP(10, 0.1), x, EdgeIndex(PATH)) == 10 * 3 * 2
    weights = [Value(1.0) for _ in PATH[0]]
    prop = APPNP(10, 0.1, normalize=False)
    alpha = 1  # beside learned weights it is a leaf
    assert made_by(prop, x, EdgeIndex(PATH), weights) == 10 * 3 * 2 + len(weights) + alpha


def test_constants_make_values_only_of_what_comes_out():
    """However many steps there are."""
    assert made_by(APPNP(10, 0.1), [[1.0, 2.0]] * 3, EdgeIndex(PATH)) == 3 * 2


# ---- dropout -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [float, Value])
def test_dropout_of_all_edges_leaves_the_teleport(kind):
    """In training; in evaluation nothing is dropped."""
    prop = APPNP(3, 0.25, dropout=1.0)
    x = [[kind(1.0)], [kind(2.0)]]
    assert numbers(prop(x, ([0, 1], [1, 0]))) == [[0.25], [0.5]]
    prop.eval()
    assert numbers(prop(x, ([0, 1], [1, 0]))) == numbers(APPNP(3, 0.25)(x, ([0, 1], [1, 0])))


@pytest.mark.parametrize("kind", [float, Value])
def test_each_step_drops_edges_of_the_whole_graph(kind):
    """What one step has lost the next one may have: half of the edges at every step, each weighing 2.

    With α = 0 a chain of one edge per step gives 2^K where it holds; PyG would halve it at each step.
    """
    prop = APPNP(2, 0.0, dropout=0.5, normalize=False, rng=random.Random(0))
    loops = (list(range(400)), list(range(400)))
    found = flatten(numbers(prop([[kind(1.0)]] * 400, loops, [kind(1.0)] * 400)))
    assert set(found) == {0.0, 4.0}
    assert 70 < found.count(4.0) < 130  # 400 / 4


def test_the_generator_decides_what_is_dropped():
    """Same seed, same bits."""
    x, loops = [[1.0]] * 50, (list(range(50)), list(range(50)))
    one, same, other = (
        numbers(APPNP(2, 0.1, dropout=0.5, rng=random.Random(seed))(x, loops)) for seed in (1, 1, 2)
    )
    assert one == same != other


# ---- settings ------------------------------------------------------------------------------------


def test_positional_arguments_are_pygs():
    """K, alpha, dropout, cached, add_self_loops, normalize; no parameters."""
    prop = APPNP(4, 0.3, 0.5, True, False, False)
    assert (prop.K, prop.alpha, prop.dropout.p, prop.cached) == (4, 0.3, 0.5, True)
    assert (prop.add_self_loops, prop.normalize) == (False, False)
    default = APPNP(4, 0.3)
    assert (default.dropout.p, default.cached) == (0.0, False)
    assert (default.add_self_loops, default.normalize) == (True, True)
    assert prop.state_dict() == {}
    assert repr(prop) == "APPNP(K=4, alpha=0.3)"


def test_cached_changes_no_number():
    """Other edges are seen, where PyG takes the first ones again."""
    prop = APPNP(1, 0.5, cached=True, normalize=False)
    assert numbers(prop([[1.0], [3.0]], ([0], [1]))) == [[0.5], [2.0]]
    assert numbers(prop([[1.0], [3.0]], ([1], [0]))) == [[2.0], [1.5]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"K": -1, "alpha": 0.1}, "K is -1: the number of steps is 0 or more"),
        ({"K": 1, "alpha": 0.1, "dropout": 1.5}, "dropout p is 1.5"),
    ],
)
def test_wrong_settings_are_refused(arguments, message):
    """By name."""
    with pytest.raises(ValueError, match=message):
        APPNP(**arguments)
