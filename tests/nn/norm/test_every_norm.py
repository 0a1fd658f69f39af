"""What holds for every norm: gradients, batches, symmetries, constants, refusals."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinygnn import Value, nn
from tinygnn.gradcheck import gradcheck
from tinygnn.linalg import flatten, total
from tinygnn.sparse import Features

# Sums of a handful of numbers near one, added up in another order, divided by a deviation not below .01.
REORDERED = 1e-9

NORMS = {
    "BatchNorm": lambda: nn.BatchNorm(2),
    "BatchNorm, not affine": lambda: nn.BatchNorm(2, affine=False),
    "BatchNorm1d": lambda: nn.BatchNorm1d(2),
    "LayerNorm": lambda: nn.LayerNorm(2),
    "LayerNorm, node": lambda: nn.LayerNorm(2, mode="node"),
    "LayerNorm, not affine": lambda: nn.LayerNorm(2, affine=False),
    "GraphNorm": lambda: nn.GraphNorm(2),
    "InstanceNorm": lambda: nn.InstanceNorm(2),
    "InstanceNorm, affine": lambda: nn.InstanceNorm(2, affine=True),
    "InstanceNorm, running": lambda: nn.InstanceNorm(2, track_running_stats=True),
    "PairNorm": lambda: nn.PairNorm(2.0),
    "PairNorm, individually": lambda: nn.PairNorm(2.0, scale_individually=True),
    "GraphSizeNorm": lambda: nn.GraphSizeNorm(),
}
OF_EACH_GRAPH = [name for name in NORMS if not name.startswith("BatchNorm")]
names = pytest.mark.parametrize("name", NORMS)
of_each_graph = pytest.mark.parametrize("name", OF_EACH_GRAPH)

X = [[0.5, -1.0], [2.0, 0.25], [-0.75, 1.5], [1.0, 1.0]]


def made(name, seed=1):
    """A norm with weights other than its first ones."""
    norm = NORMS[name]()
    rng = random.Random(seed)
    for v in norm.parameters():
        v.data = rng.uniform(-2.0, 2.0)
    return norm


def values(rows):
    return [list(map(Value, row)) for row in rows]


def numbers(rows):
    return [[float(v) for v in row] for row in rows]


def assert_close(found, expected):
    assert flatten(found) == pytest.approx(flatten(expected), rel=REORDERED, abs=REORDERED)


rows = st.lists(st.lists(st.integers(-200, 200).map(lambda k: k / 64), min_size=2, max_size=2), min_size=2)


# ---- gradients -----------------------------------------------------------------------------------


@names
def test_gradients_of_x_and_parameters_are_central_differences(name):
    """With another weight for each output, and three graphs where the norm looks at graphs."""
    norm, x = made(name), values(X)
    batch = [[0, 0, 2, 0]] if name in OF_EACH_GRAPH else []

    def f(*_):
        return total([(1.0 + 0.3 * k) * v * (v + 1.0) for k, v in enumerate(flatten(norm(x, *batch)))])

    assert gradcheck(f, flatten(x) + norm.parameters())


@names
def test_a_constant_x_gives_the_same_numbers_and_gradients_of_parameters(name):
    """Floats, rows that a graph holds, and Values."""
    found = []
    for x in (X, Features([list(row) for row in X]), values(X)):
        norm = made(name)
        out = norm(x)
        total(
            [(1.0 + 0.3 * k) * v for k, v in enumerate(map(Value.__pos__, flatten(values_of(out))))]
        ).backward()
        found.append((numbers(out), [v.grad for v in norm.parameters()]))
    assert found[0] == found[1] == found[2]


def values_of(out):
    return [[v if isinstance(v, Value) else Value(v) for v in row] for row in out]


@names
def test_a_constant_column_becomes_the_bias(name):
    """All its numbers are the mean; nothing is divided by 0, and all gradients are finite."""
    norm, x = made(name), values([[3.25, -1.0], [3.25, 0.5], [3.25, 4.0]])
    out = norm(x)
    total(flatten(values_of(out))).backward()
    assert all(math.isfinite(v.grad) for v in flatten(x) + norm.parameters())
    if name.startswith(("BatchNorm", "InstanceNorm")):
        bias = dict(norm.named_parameters()).get("bias") or dict(norm.named_parameters()).get("module.bias")
        assert [row[0].data for row in out] == [bias[0].data if bias else 0.0] * 3


# ---- graphs --------------------------------------------------------------------------------------


@of_each_graph
@settings(max_examples=10)
@given(one=rows, other=rows)
def test_a_batch_gives_bit_for_bit_what_its_graphs_give(name, one, other):
    """Side by side, with a graph without nodes between them."""
    alone = numbers(made(name)(one)) + numbers(made(name)(other))
    batch = [0] * len(one) + [2] * len(other)
    assert numbers(made(name)(one + other, batch)) == alone
    assert numbers(made(name)(one + other, batch, 5)) == alone


@of_each_graph
def test_rows_need_not_stand_in_the_order_of_their_graphs(name):
    """Row i is normalized by graph batch[i]."""
    x, batch = X + [[2.5, -2.0], [0.0, 0.5]], [1, 0, 1, 0, 1, 0]
    found = numbers(made(name)(x, batch))
    for graph in (0, 1):
        own = [i for i, g in enumerate(batch) if g == graph]
        assert [found[i] for i in own] == numbers(made(name)([x[i] for i in own]))


@names
@settings(max_examples=10)
@given(x=rows, shuffler=st.randoms(use_true_random=False))
def test_permuted_rows_give_permuted_outputs(name, x, shuffler):
    """Permutation equivariance, up to rounding."""
    expected = numbers(made(name)(x))
    order = list(range(len(x)))
    shuffler.shuffle(order)
    assert_close(numbers(made(name)([x[i] for i in order])), [expected[i] for i in order])


@of_each_graph
def test_a_single_node(name):
    """Its statistics are its own: 0 before γ and β, but for GraphNorm, LayerNorm and GraphSizeNorm."""
    norm, x = made(name), values([[1.5, -0.5]])
    out = norm(x)
    assert all(math.isfinite(float(v)) for v in out[0])
    if name.startswith(("InstanceNorm", "PairNorm")):
        bias = dict(norm.named_parameters()).get("bias")
        assert numbers(out) == [[v.data for v in bias] if bias else [0.0, 0.0]]
    if name == "GraphSizeNorm":
        assert numbers(out) == [[1.5, -0.5]]


@names
def test_no_rows_give_none(name):
    """Nothing in, nothing out; no running statistics move."""
    norm = made(name)
    before = norm.state_dict()
    assert norm([]) == []
    assert norm.state_dict() == before
    if name in OF_EACH_GRAPH:
        assert norm([], [], 3) == []


# ---- refusals ------------------------------------------------------------------------------------


@names
def test_rows_of_another_length_are_named(name):
    """Which, and how long it is."""
    if name == "GraphSizeNorm":
        assert NORMS[name]()([[4.0], [2.0, 6.0]])[1][1] == pytest.approx(6.0 / math.sqrt(2.0))
        return
    with pytest.raises(ValueError, match=r"x\[1\] has 1|row 1 has 1 entries"):
        NORMS[name]()([[1.0, 2.0], [1.0]])


@of_each_graph
def test_a_batch_that_does_not_fit_is_named(name):
    """Its length, or the number that is no graph's."""
    with pytest.raises(ValueError, match="batch has 1 entries for 4 rows"):
        NORMS[name]()(X, [0])
    with pytest.raises(ValueError, match=r"batch\[1\] is 2: there are 2 graphs"):
        NORMS[name]()(X, [0, 2, 0, 0], 2)


@names
def test_repr_names_the_class(name):
    """In one line."""
    assert repr(NORMS[name]()).startswith(f"{type(NORMS[name]()).__name__}(")
