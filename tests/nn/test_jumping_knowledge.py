"""JumpingKnowledge: numbers by hand in every mode."""

import math

import pytest

from tinygnn import Value
from tinygnn.gradcheck import gradcheck
from tinygnn.linalg import flatten, total
from tinygnn.nn import JumpingKnowledge
from tinygnn.nn.module import shape

# Two layers, three nodes, two columns.
LAYERS = [[[1.0, 2.0], [0.5, -1.0], [3.0, 0.0]], [[2.0, -2.0], [0.25, 4.0], [3.0, -1.0]]]


def numbers(rows):
    return [[float(v) for v in row] for row in rows]


def test_cat_puts_the_layers_side_by_side():
    """Node by node."""
    assert JumpingKnowledge("cat")(LAYERS) == [
        [1.0, 2.0, 2.0, -2.0], [0.5, -1.0, 0.25, 4.0], [3.0, 0.0, 3.0, -1.0],
    ]  # fmt: skip


def test_max_takes_the_largest_column_by_column():
    """Equally large ones share the gradient."""
    layers = [[list(map(Value, row)) for row in layer] for layer in LAYERS]
    out = JumpingKnowledge("MAX")(layers)
    assert numbers(out) == [[2.0, 2.0], [0.5, 4.0], [3.0, 0.0]]
    total(flatten(out)).backward()
    assert [row[0].grad for row in layers[0]] == [0.0, 1.0, 0.5]
    assert [row[0].grad for row in layers[1]] == [1.0, 0.0, 0.5]


def test_lstm_keys_and_shapes_are_pygs():
    """The LSTM has L·F // 2 hidden numbers in each direction."""
    state = JumpingKnowledge("lstm", channels=2, num_layers=3).state_dict()
    assert {name: shape(entry) for name, entry in state.items()} == {
        "lstm.weight_ih_l0": [12, 2], "lstm.weight_hh_l0": [12, 3],
        "lstm.bias_ih_l0": [12], "lstm.bias_hh_l0": [12],
        "lstm.weight_ih_l0_reverse": [12, 2], "lstm.weight_hh_l0_reverse": [12, 3],
        "lstm.bias_ih_l0_reverse": [12], "lstm.bias_hh_l0_reverse": [12],
        "att.weight": [1, 6], "att.bias": [1],
    }  # fmt: skip


def test_lstm_weighs_the_layers_by_what_it_reads():
    """With the LSTM at 0 all layers weigh the same."""
    jk = JumpingKnowledge("lstm", 2, 2)
    for value in jk.lstm.parameters():
        value.data = 0.0
    assert numbers(jk(LAYERS)) == [
        [(a + b) / 2.0 for a, b in zip(*rows, strict=True)] for rows in zip(*LAYERS, strict=True)
    ]


def test_lstm_weighs_by_a_softmax_of_scores():
    """One hidden number that reads the first column forward: scores h_1, h_2 by hand."""
    jk = JumpingKnowledge("lstm", 1, 2)
    zeros = {name: [[0.0] * len(row) for row in entry] if isinstance(entry[0], list) else [0.0] * len(entry)
             for name, entry in jk.state_dict().items()}  # fmt: skip
    zeros["lstm.weight_ih_l0"] = [[0.0], [0.0], [1.0], [0.0]]  # i, f, g, o
    zeros["att.weight"] = [[1.0, 0.0]]
    jk.load_state_dict(zeros)
    first = 0.5 * math.tanh(1.0)  # c = σ(0) tanh(x)
    second = 0.5 * first + 0.5 * math.tanh(3.0)
    scores = [0.5 * math.tanh(cell) for cell in (first, second)]
    alpha = math.exp(scores[0]) / sum(map(math.exp, scores))
    assert numbers(jk([[[1.0]], [[3.0]]])) == [[pytest.approx(alpha * 1.0 + (1.0 - alpha) * 3.0, rel=1e-15)]]


@pytest.mark.parametrize("mode", ["cat", "max", "lstm"])
def test_gradients_are_central_differences(mode):
    """Of all layers and parameters."""
    jk = JumpingKnowledge(mode, 2, 2)
    layers = [[[Value(v + 0.1 * i) for v in row] for row in layer] for i, layer in enumerate(LAYERS)]

    def f(*_):
        return total([(1.0 + 0.3 * k) * v for k, v in enumerate(flatten(jk(layers)))])

    assert gradcheck(f, flatten(layers[0]) + flatten(layers[1]) + jk.parameters())


@pytest.mark.parametrize("mode", ["cat", "max", "lstm"])
def test_no_nodes_give_no_rows(mode):
    """Nothing to jump from."""
    assert JumpingKnowledge(mode, 2, 2)([[], []]) == []


def test_what_does_not_fit_is_refused():
    """By name."""
    with pytest.raises(ValueError, match="mode is 'sum': choose from cat, max, lstm"):
        JumpingKnowledge("sum")
    with pytest.raises(ValueError, match="needs channels and num_layers"):
        JumpingKnowledge("lstm", channels=2)
