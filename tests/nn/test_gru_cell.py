"""GRUCell: its formula by hand, gradients, names, refusals."""

import math
import random

import pytest

from tinygnn import Value
from tinygnn.gradcheck import gradcheck
from tinygnn.linalg import flatten, total
from tinygnn.nn import GRUCell
from tinygnn.nn.module import leaves, numbers_of, shape

# A dozen operations on numbers near one.
ROUNDED = 1e-14


def sigmoid(x):
    return 1.0 / (1.0 + math.exp(-x))


def test_one_step_by_hand():
    """Input weights (1, 2, 3) for r, z, n, hidden weights (.5, .25, -.5), biases of both."""
    cell = GRUCell(1, 1)
    cell.load_state_dict(
        {
            "weight_ih": [[1.0], [2.0], [3.0]],
            "weight_hh": [[0.5], [0.25], [-0.5]],
            "bias_ih": [0.1, 0.2, 0.3],
            "bias_hh": [0.01, 0.02, 0.03],
        }
    )
    x, h = 0.5, -1.0
    r = sigmoid(x + 0.5 * h + 0.11)
    z = sigmoid(2 * x + 0.25 * h + 0.22)
    n = math.tanh(3 * x + 0.3 + r * (-0.5 * h + 0.03))
    [[found]] = cell([[x]], [[h]])
    assert found.data == pytest.approx((1 - z) * n + z * h, rel=ROUNDED)
    [[first]] = cell([[x]])
    z0, n0 = sigmoid(1.22), math.tanh(1.8 + sigmoid(0.61) * 0.03)
    assert first.data == pytest.approx((1 - z0) * n0, rel=ROUNDED)


def test_rows_do_not_touch_each_other():
    """Each gives what it gives alone."""
    cell = GRUCell(2, 3, rng=random.Random(1))
    x, h = [[0.5, -1.0], [2.0, 0.0]], [[0.1, 0.2, 0.3], [-1.0, 0.0, 1.0]]
    assert numbers_of(cell(x, h)) == [numbers_of(cell([x[i]], [h[i]]))[0] for i in range(2)]
    assert cell([], []) == []


@pytest.mark.parametrize("bias", [True, False])
def test_gradients_are_central_differences(bias):
    """Of x, of h and of every parameter."""
    cell = GRUCell(2, 3, bias, rng=random.Random(2))
    x = [[Value(0.5), Value(-1.0)], [Value(1.5), Value(0.25)]]
    h = [[Value(0.1), Value(-0.2), Value(0.7)], [Value(-1.0), Value(0.4), Value(0.3)]]

    def objective(*_):
        return total([(1.0 + 0.5 * k) * v * (v + 1.0) for k, v in enumerate(flatten(cell(x, h)))])

    assert gradcheck(objective, cell.parameters() + flatten(x) + flatten(h))


def test_parameters_have_pytorchs_names_order_shapes_and_bound():
    """U(±1/√H)."""
    state = GRUCell(5, 4, rng=random.Random(0)).state_dict()
    assert [(name, shape(entry)) for name, entry in state.items()] == [
        ("weight_ih", [12, 5]),
        ("weight_hh", [12, 4]),
        ("bias_ih", [12]),
        ("bias_hh", [12]),
    ]
    assert 0.45 < max(map(abs, leaves(list(state.values())))) <= 0.5
    assert list(GRUCell(1, 1, bias=False).state_dict()) == ["weight_ih", "weight_hh"]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: GRUCell(1, 0), "hidden_size is 0"),
        (lambda: GRUCell(2, 1)([[1.0]]), r"GRUCell takes rows of 2 entries, but x\[0\] has 1"),
        (lambda: GRUCell(1, 2)([[1.0]], [[0.0]]), r"GRUCell's h takes rows of 2 entries"),
        (lambda: GRUCell(1, 1)([[1.0]], [[0.0], [0.0]]), "1 rows of x and 2 of h"),
    ],
)
def test_wrong_sizes_are_refused(call, message):
    """Saying what was expected."""
    with pytest.raises(ValueError, match=message):
        call()


def test_repr_names_sizes():
    """In one line."""
    assert repr(GRUCell(2, 3)) == "GRUCell(2 -> 3)"
