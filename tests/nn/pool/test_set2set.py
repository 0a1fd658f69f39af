"""Set2Set: two steps by hand, gradients, order, batches, names, refusals."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygnn import Value
from tinygnn.gradcheck import gradcheck
from tinygnn.linalg import flatten, total
from tinygnn.nn import Set2Set
from tinygnn.nn.module import shape
from tinygnn.sparse import Features

# A few dozen operations on numbers near one, in any order.
ROUNDED = 1e-13
X = [[0.5, -1.0], [2.0, 0.25], [-0.75, 1.5], [1.0, 1.0]]


def values(rows):
    return [[Value(entry) for entry in row] for row in rows]


def numbers(rows):
    return [[float(v) for v in row] for row in rows]


def sigmoid(x):
    return 1.0 / (1.0 + math.exp(-x))


@pytest.mark.parametrize("wrap", [list, Features, values], ids=["floats", "Features", "Values"])
def test_two_steps_by_hand(wrap):
    """One number for each node: ask, weigh, remember, ask again."""
    readout = Set2Set(1, 2)
    readout.load_state_dict(
        {
            "lstm.weight_ih_l0": [[0.5, 1.0], [1.5, -1.0], [2.0, 0.25], [-0.5, 0.75]],
            "lstm.weight_hh_l0": [[0.1], [0.2], [0.3], [0.4]],
            "lstm.bias_ih_l0": [0.25, 0.5, 1.0, -0.25],
            "lstm.bias_hh_l0": [0.0, 0.25, 0.5, 0.75],
        }
    )

    def answer(q):
        weights = [math.exp(q * x) for x in (2.0, -1.0)]
        return (2.0 * weights[0] - weights[1]) / sum(weights)

    c1 = sigmoid(0.25) * math.tanh(1.5)
    q1 = sigmoid(0.5) * math.tanh(c1)
    r1 = answer(q1)
    c2 = sigmoid(1.5 * q1 - r1 + 0.2 * q1 + 0.75) * c1
    c2 += sigmoid(0.5 * q1 + r1 + 0.1 * q1 + 0.25) * math.tanh(2.0 * q1 + 0.25 * r1 + 0.3 * q1 + 1.5)
    q2 = sigmoid(-0.5 * q1 + 0.75 * r1 + 0.4 * q1 + 0.5) * math.tanh(c2)
    [row] = readout(wrap([[2.0], [-1.0]]))
    assert [v.data for v in row] == pytest.approx([q2, answer(q2)], rel=ROUNDED)


@pytest.mark.parametrize("options", [{}, {"num_layers": 2}, {"bias": False}], ids=str)
@pytest.mark.parametrize("batch", [None, [0, 2, 0, 2]], ids=str)
def test_gradients_are_central_differences(batch, options):
    """Of x and of the LSTM's parameters; graph 1 has no nodes."""
    readout = Set2Set(2, 2, rng=random.Random(1), **options)
    x = values(X)

    def objective(*_):
        out = [v for v in flatten(readout(x, batch)) if isinstance(v, Value)]
        return total([(1.0 + 0.5 * k) * v * (v + 1.0) for k, v in enumerate(out)])

    assert gradcheck(objective, readout.parameters() + flatten(x))


def test_a_batch_gives_bit_for_bit_what_its_graphs_give():
    """A graph without nodes hears nothing, but asks."""
    readout = Set2Set(2, 3, rng=random.Random(2))
    batch = [0, 2, 0, 2]
    together = numbers(readout(values(X), batch, dim_size=4))
    for k in (0, 2):
        alone = readout(values([row for row, graph in zip(X, batch, strict=True) if graph == k]))
        assert together[k] == numbers(alone)[0]
    assert together[1] == together[3]
    assert together[1][2:] == [0.0, 0.0] and together[1][0] != 0.0
    assert numbers(readout(values(X), ptr=[0, 1, 4])) == numbers(readout(values(X), [0, 1, 1, 1]))


@given(st.permutations(range(4)))
def test_the_order_of_nodes_changes_nothing_but_rounding(order):
    """It reads a set."""
    readout = Set2Set(2, 2, rng=random.Random(3))
    [found], [wanted] = (numbers(readout(values(rows))) for rows in ([X[i] for i in order], X))
    assert found == pytest.approx(wanted, rel=ROUNDED, abs=ROUNDED)


def test_parameters_have_pygs_names_and_shapes():
    """The LSTM reads 2F numbers and remembers F."""
    assert {name: shape(entry) for name, entry in Set2Set(3, 2).state_dict().items()} == {
        "lstm.weight_ih_l0": [12, 6],
        "lstm.weight_hh_l0": [12, 3],
        "lstm.bias_ih_l0": [12],
        "lstm.bias_hh_l0": [12],
    }
    assert repr(Set2Set(3, 2)) == "Set2Set(3 -> 6, 2 steps)"


def test_wrong_arguments_are_refused():
    """No steps, rows of another length."""
    with pytest.raises(ValueError, match="processing_steps is 0"):
        Set2Set(2, 0)
    with pytest.raises(ValueError, match=r"rows of 3 entries, but x\[0\] has 2"):
        Set2Set(3, 1)(X)
