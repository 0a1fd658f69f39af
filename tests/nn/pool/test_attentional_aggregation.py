"""AttentionalAggregation: by hand, gates for nodes and for columns, gradients, batches, refusals."""

import math
import random

import pytest

from tinygnn import Value
from tinygnn.gradcheck import gradcheck
from tinygnn.linalg import flatten, total
from tinygnn.nn import MLP, AttentionalAggregation, Linear, Sequential, Tanh
from tinygnn.sparse import Features

# A few operations on numbers near one.
ROUNDED = 1e-14
X = [[0.5, -1.0], [2.0, 0.25], [-0.75, 1.5], [1.0, 1.0]]
BATCH = [0, 2, 0, 2]


def values(rows):
    return [[Value(entry) for entry in row] for row in rows]


def numbers(rows):
    return [[float(v) for v in row] for row in rows]


@pytest.mark.parametrize("wrap", [list, Features, values], ids=["floats", "Features", "Values"])
def test_one_gate_for_each_node_by_hand(wrap):
    """Σ softmax(gate) · nn(x); 0 for a graph without nodes."""
    readout = AttentionalAggregation(Linear(2, 1), Linear(2, 1))
    readout.load_state_dict(
        {
            "gate_nn.weight": [[1.0, 2.0]],
            "gate_nn.bias": [5.0],
            "nn.weight": [[1.0, -1.0]],
            "nn.bias": [10.0],
        }
    )
    # Gates 5 + (-1.5, 2.5, 2.25, 3), rows 10 + (1.5, 1.75, -2.25, 0).
    first = math.exp(-1.5) / (math.exp(-1.5) + math.exp(2.25))
    third = math.exp(2.5) / (math.exp(2.5) + math.exp(3.0))
    expected = [11.5 * first + 7.75 * (1.0 - first), 0.0, 11.75 * third + 10.0 * (1.0 - third)]
    found = [float(row[0]) for row in readout(wrap(X), BATCH)]
    assert found == pytest.approx(expected, rel=ROUNDED)


@pytest.mark.parametrize("wrap", [list, values], ids=["floats", "Values"])
def test_a_gate_for_each_column_by_hand(wrap):
    """Each column has its own softmax over the nodes; without nn the rows are x."""
    readout = AttentionalAggregation(Linear(2, 2, bias=False))
    readout.load_state_dict({"gate_nn.weight": [[2.0, 0.0], [0.0, 0.0]]})
    [row] = readout(wrap(X[:2]))
    share = math.exp(1.0) / (math.exp(1.0) + math.exp(4.0))
    assert [v.data for v in row] == pytest.approx([0.5 * share + 2.0 * (1.0 - share), -0.375], rel=ROUNDED)


@pytest.mark.parametrize(
    ("nn", "width"),
    [(None, 2), (Linear(2, 3), 3), (MLP([2, 4, 5]), 5), (Sequential(Linear(2, 4), Tanh()), 4)],
)
def test_without_a_single_node_each_graph_is_zeros_as_wide_as_ever(nn, width):
    """As a graph without nodes beside others is."""
    readout = AttentionalAggregation(Sequential(Linear(2, 1)), nn)
    assert readout([], dim_size=2) == [[0.0] * width] * 2


@pytest.mark.parametrize("gates", [1, 3])
@pytest.mark.parametrize("batch", [None, BATCH, [0, 0, 1, 1]], ids=str)
def test_gradients_are_central_differences(batch, gates):
    """Of x and of both networks' parameters."""
    rng = random.Random(1)
    readout = AttentionalAggregation(Linear(2, gates, rng=rng), Linear(2, 3, rng=rng))
    x = values(X)

    def objective(*_):
        out = [v for v in flatten(readout(x, batch)) if isinstance(v, Value)]
        return total([(1.0 + 0.5 * k) * v * (v + 1.0) for k, v in enumerate(out)])

    assert gradcheck(objective, readout.parameters() + flatten(x))


def test_a_batch_gives_bit_for_bit_what_its_graphs_give():
    """Also one that is not sorted."""
    readout = AttentionalAggregation(Linear(2, 1, rng=random.Random(2)), Linear(2, 2, rng=random.Random(3)))
    together = numbers(readout(X, BATCH, dim_size=4))
    for k in (0, 2):
        alone = readout([row for row, graph in zip(X, BATCH, strict=True) if graph == k])
        assert together[k] == numbers(alone)[0]
    assert together[1] == together[3] == [0.0, 0.0]
    assert numbers(readout(X, ptr=[0, 1, 4])) == numbers(readout(X, [0, 1, 1, 1]))


def test_large_gates_do_not_overflow():
    """The softmax is shifted by its largest entry."""
    readout = AttentionalAggregation(Linear(1, 1, bias=False))
    readout.load_state_dict({"gate_nn.weight": [[1000.0]]})
    assert [v.data for v in readout([[1.0], [2.0]])[0]] == [2.0]


def test_keys_and_repr():
    """PyG's."""
    readout = AttentionalAggregation(Linear(2, 1), Linear(2, 3))
    assert list(readout.state_dict()) == ["gate_nn.weight", "gate_nn.bias", "nn.weight", "nn.bias"]
    assert repr(readout) == "AttentionalAggregation(gate_nn=Linear(2 -> 1), nn=Linear(2 -> 3))"


def test_mlps_have_names_of_their_own_and_see_each_graph_for_itself():
    """PyG's gate_mlp and mlp; a norm over a graph takes the rows of that graph."""
    rng = random.Random(6)
    gate, rows = MLP([2, 3, 1], norm=None, rng=rng), MLP([2, 3, 2], norm="layer_norm", rng=rng)
    readout = AttentionalAggregation(gate, rows)
    assert {name.split(".")[0] for name in readout.state_dict()} == {"gate_mlp", "mlp"}
    assert repr(readout) == "AttentionalAggregation(gate_nn=MLP(2 -> 3 -> 1), nn=MLP(2 -> 3 -> 2))"
    together = numbers(readout(X, BATCH, dim_size=4))
    for k in (0, 2):
        alone = readout([row for row, graph in zip(X, BATCH, strict=True) if graph == k])
        assert together[k] == pytest.approx(numbers(alone)[0], rel=ROUNDED, abs=ROUNDED)
    assert numbers(readout(X, ptr=[0, 1, 4])) == numbers(readout(X, [0, 1, 1, 1]))


def test_gates_that_fit_no_columns_are_refused():
    """One, or as many as the rows have entries."""
    with pytest.raises(ValueError, match="gate_nn gives rows of 3 for rows of 2: it gives 1 or 2"):
        AttentionalAggregation(Linear(2, 3))(X)
    with pytest.raises(ValueError, match="batch has 1 entries for 4 rows"):
        AttentionalAggregation(Linear(2, 1))(X, [0])
