"""LSTM: its formula by hand, directions, layers, state, gradients, names, refusals."""

import math
import random

import pytest

from tinygnn import Value
from tinygnn.gradcheck import gradcheck
from tinygnn.linalg import flatten, total
from tinygnn.nn import LSTM
from tinygnn.nn.module import leaves, numbers_of, shape

# A dozen operations on numbers near one.
ROUNDED = 1e-14


def sigmoid(x):
    return 1.0 / (1.0 + math.exp(-x))


def test_two_steps_of_one_cell_by_hand():
    """Input weights (1, 2, 3, 4) for i, f, g, o, hidden weights (.5, .25, -.5, 1), biases that add up."""
    lstm = LSTM(1, 1)
    lstm.load_state_dict(
        {
            "weight_ih_l0": [[1.0], [2.0], [3.0], [4.0]],
            "weight_hh_l0": [[0.5], [0.25], [-0.5], [1.0]],
            "bias_ih_l0": [0.1, 0.2, 0.3, 0.4],
            "bias_hh_l0": [0.01, 0.02, 0.03, 0.04],
        }
    )
    outputs, (h, c) = lstm([[[0.5]], [[-1.0]]])
    c1 = sigmoid(0.5 + 0.11) * math.tanh(1.5 + 0.33)
    h1 = sigmoid(2.0 + 0.44) * math.tanh(c1)
    c2 = sigmoid(-2.0 + 0.22 + 0.25 * h1) * c1
    c2 += sigmoid(-1.0 + 0.11 + 0.5 * h1) * math.tanh(-3.0 + 0.33 - 0.5 * h1)
    h2 = sigmoid(-4.0 + 0.44 + h1) * math.tanh(c2)
    assert [row[0][0].data for row in outputs] == pytest.approx([h1, h2], rel=ROUNDED)
    assert (h[0][0][0].data, c[0][0][0].data) == pytest.approx((h2, c2), rel=ROUNDED)


def test_the_state_that_one_call_returns_carries_on_in_the_next():
    """Reading four steps is reading two and then two more."""
    lstm = LSTM(2, 3, num_layers=2, rng=random.Random(1))
    x = [[[0.5, -1.0], [0.0, 2.0]], [[1.0, 1.0], [0.25, 0.0]], [[-1.0, 0.5], [3.0, 1.0]], [[0.0, 0.0]] * 2]
    whole, end = lstm(x)
    first, state = lstm(x[:2])
    second, last = lstm(x[2:], state)
    assert numbers_of(first + second) == numbers_of(whole)
    assert numbers_of(last) == numbers_of(end)


def test_backwards_is_forwards_on_the_reversed_sequence():
    """The second half of each output row, with weights of its own."""
    both = LSTM(2, 3, bidirectional=True, rng=random.Random(2))
    back = LSTM(2, 3)
    back.load_state_dict(
        {name.removesuffix("_reverse"): w for name, w in both.state_dict().items() if "_reverse" in name}
    )
    x = [[[0.5, -1.0]], [[1.0, 1.0]], [[-1.0, 0.5]]]
    outputs, (h, _) = both(x)
    wanted, (last, _) = back(x[::-1])
    assert numbers_of([[rows[0][3:]] for rows in outputs]) == numbers_of(wanted[::-1])
    assert numbers_of(h[1]) == numbers_of(last[0])


def test_batch_first_swaps_the_first_two_axes_and_nothing_else():
    """[B][L][...] in and out; the state stays [layers][B][H]."""
    one, other = (LSTM(1, 2, batch_first=first, rng=random.Random(3)) for first in (False, True))
    x = [[[1.0], [2.0]], [[3.0], [4.0]], [[5.0], [6.0]]]
    outputs, state = one(x)
    swapped, same = other([list(rows) for rows in zip(*x)])
    assert shape(numbers_of(swapped)) == [2, 3, 2]
    assert numbers_of([list(rows) for rows in zip(*swapped)]) == numbers_of(outputs)
    assert numbers_of(same) == numbers_of(state)


def test_sequences_side_by_side_do_not_touch_each_other():
    """Each gives bit for bit what it gives alone."""
    lstm = LSTM(2, 2, num_layers=2, bidirectional=True, rng=random.Random(4))
    x = [[[0.5, -1.0], [9.0, 2.0]], [[1.0, 1.0], [0.25, 0.0]]]
    together, _ = lstm(x)
    for b in range(2):
        alone, _ = lstm([[rows[b]] for rows in x])
        assert numbers_of([[rows[b]] for rows in together]) == numbers_of(alone)


@pytest.mark.parametrize(
    "options", [{}, {"num_layers": 2}, {"bidirectional": True, "num_layers": 2}, {"bias": False}], ids=str
)
def test_gradients_are_central_differences(options):
    """Of x, of the state and of every parameter; the last cells count too."""
    lstm = LSTM(2, 1, rng=random.Random(5), **options)
    x = [[[Value(0.5), Value(-1.0)]], [[Value(1.5), Value(0.25)]]]
    count = options.get("num_layers", 1) * (2 if options.get("bidirectional") else 1)
    state = ([[[Value(0.3)]] for _ in range(count)], [[[Value(-0.2)]] for _ in range(count)])

    def objective(*_):
        outputs, (_, cells) = lstm(x, state)
        numbers = [v for rows in outputs for v in flatten(rows)] + [cells[-1][0][0]]
        return total([(1.0 + 0.5 * k) * v * (v + 1.0) for k, v in enumerate(numbers)])

    assert gradcheck(objective, lstm.parameters() + leaves(x) + leaves(state))


def test_dropout_acts_between_layers_in_training_only():
    """With p = 1 the second layer hears nothing; the last layer's output is never dropped."""
    lstm = LSTM(1, 2, num_layers=2, dropout=1.0, rng=random.Random(6))
    one, other = ([[[1.0]]], [[[-3.0]]])
    assert numbers_of(lstm(one)[0]) == numbers_of(lstm(other)[0])
    lstm.eval()
    assert numbers_of(lstm(one)[0]) != numbers_of(lstm(other)[0])
    alone = LSTM(1, 2, dropout=1.0, rng=random.Random(6))
    assert all(entry != 0.0 for entry in leaves(numbers_of(alone(one)[0])))


def test_parameters_have_pytorchs_names_shapes_and_bound():
    """U(±1/√H), further layers read D·H numbers."""
    lstm = LSTM(5, 4, num_layers=2, bidirectional=True, rng=random.Random(0))
    state = lstm.state_dict()
    assert {name: shape(entry) for name, entry in state.items()} == {
        f"{kind}_{part}_l{layer}{way}": [16] + ([width] if kind == "weight" else [])
        for layer, columns in ((0, 5), (1, 8))
        for way in ("", "_reverse")
        for kind in ("weight", "bias")
        for part, width in (("ih", columns), ("hh", 4))
    }
    largest = max(map(abs, leaves(list(state.values()))))
    assert 0.45 < largest <= 0.5
    assert list(LSTM(1, 1, bias=False).state_dict()) == ["weight_ih_l0", "weight_hh_l0"]


def test_the_generator_decides_the_weights():
    """Same seed, same bits."""
    one, same, other = (LSTM(2, 3, rng=random.Random(s)).state_dict() for s in (1, 1, 2))
    assert one == same != other


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: LSTM(1, 0), "hidden_size is 0"),
        (lambda: LSTM(1, 1, 0), "num_layers is 0"),
        (lambda: LSTM(2, 1)([]), "at least one step"),
        (lambda: LSTM(2, 1)([[[1.0]]]), r"rows of 2 entries, but x\[0\] has 1"),
        (lambda: LSTM(1, 1)([[[1.0]], []]), r"one length, but x has \[1, 0\] rows"),
        (lambda: LSTM(1, 2)([[[1.0]]], ([[[0.0]]], [[[0.0, 0.0]]])), r"h_0 needs the shape \[1\]\[1\]\[2\]"),
        (lambda: LSTM(1, 1)([[[1.0]]], ([[[0.0]]], [])), "c_0 needs the shape"),
    ],
)
def test_wrong_sizes_are_refused(call, message):
    """Saying what was expected."""
    with pytest.raises(ValueError, match=message):
        call()


def test_repr_names_sizes():
    """In one line; two directions give twice as many numbers."""
    assert repr(LSTM(2, 3)) == "LSTM(2 -> 3)"
    assert repr(LSTM(2, 3, bidirectional=True)) == "LSTM(2 -> 6)"
