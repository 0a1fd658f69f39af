"""Linear: x Wᵀ + b, its gradients, its initial weights, its refusals."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygnn import Value
from tinygnn.gradcheck import gradcheck
from tinygnn.linalg import flatten, total
from tinygnn.nn import Linear
from tinygnn.sparse import Features


def numbers(rows):
    return [[v.data for v in row] for row in rows]


def by_hand(**options):
    """W = [[1, 2], [3, 4], [5, 6]], b = [10, 20, 30]."""
    linear = Linear(2, 3, **options)
    linear.load_state_dict({"weight": [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], "bias": [10.0, 20.0, 30.0]})
    return linear


@pytest.mark.parametrize(
    "wrap",
    [lambda x: x, Features, lambda x: [[Value(e) for e in row] for row in x], lambda x: tuple(map(tuple, x))],
    ids=["lists", "Features", "Values", "tuples"],
)
def test_each_row_is_multiplied_by_the_weight_and_the_bias_added(wrap):
    """W (1, -1) + b and b alone, whatever x is made of."""
    x = wrap([[1.0, -1.0], [0.0, 0.0]])
    assert numbers(by_hand()(x)) == [[9.0, 19.0, 29.0], [10.0, 20.0, 30.0]]


def test_whole_numbers_are_features_too():
    """ints become floats."""
    assert numbers(by_hand()([[1, -1]])) == [[9.0, 19.0, 29.0]]


def test_without_bias():
    """`bias` is None and no parameter."""
    linear = Linear(2, 1, bias=False)
    linear.load_state_dict({"weight": [[1.0, 2.0]]})
    assert linear.bias is None
    assert [name for name, _ in linear.named_parameters()] == ["weight"]
    assert numbers(linear([[3.0, 4.0]])) == [[11.0]]


def test_no_rows_give_no_rows():
    """A graph without nodes passes through."""
    assert Linear(2, 3)([]) == []


def test_parameters_have_pytorchs_names_and_shapes():
    """weight [out][in], bias [out]."""
    linear = Linear(2, 3)
    assert [name for name, _ in linear.named_parameters()] == ["weight", "bias"]
    assert [len(row) for row in linear.weight] == [2, 2, 2]
    assert len(linear.bias) == 3
    assert repr(linear) == "Linear(2 -> 3)"


@given(st.lists(st.lists(st.floats(-2.0, 2.0), min_size=2, max_size=2), min_size=1, max_size=3))
def test_gradients_of_x_weight_and_bias_are_central_differences(x):
    """Each entry of the output with a weight of its own in the sum."""
    linear = Linear(2, 3, rng=random.Random(1))
    rows = [[Value(e) for e in row] for row in x]

    def f(*_):
        outputs = flatten(linear(rows))
        return total([(1.0 + 0.3 * k) * v * v for k, v in enumerate(outputs)])

    assert gradcheck(f, linear.parameters() + flatten(rows))


@pytest.mark.parametrize(
    ("options", "bound"),
    [({}, 0.5), ({"weight_initializer": "glorot"}, (6.0 / (4 + 50)) ** 0.5)],
    ids=["kaiming_uniform", "glorot"],
)
def test_initial_weights_fill_their_range(options, bound):
    """U(±1/√in) for weight and bias; glorot changes the weight alone."""
    linear = Linear(4, 50, rng=random.Random(0), **options)
    weights = [v.data for row in linear.weight for v in row]
    assert max(map(abs, weights)) <= bound
    assert max(weights) > 0.9 * bound
    assert min(weights) < -0.9 * bound
    assert 0.4 < max(abs(v.data) for v in linear.bias) <= 0.5


def test_the_generator_given_decides_the_weights():
    """Same seed, same bits."""
    assert Linear(3, 3, rng=random.Random(7)).state_dict() == Linear(3, 3, rng=random.Random(7)).state_dict()
    assert Linear(3, 3, rng=random.Random(7)).state_dict() != Linear(3, 3, rng=random.Random(8)).state_dict()


def test_an_unknown_initializer_is_refused():
    """And the known ones are listed."""
    with pytest.raises(
        ValueError, match="weight_initializer is 'xavier': choose from glorot, kaiming_uniform"
    ):
        Linear(2, 2, weight_initializer="xavier")


@pytest.mark.parametrize("x", [[[1.0, 2.0], [1.0]], [[1.0, 2.0], [1.0, 2.0, 3.0]]], ids=["short", "long"])
@pytest.mark.parametrize("value", [False, True], ids=["floats", "Values"])
def test_a_row_of_another_length_is_named(x, value):
    """Never cut, never padded."""
    if value:
        x = [[Value(e) for e in row] for row in x]
    with pytest.raises(ValueError, match=rf"Linear takes rows of 2 entries, but x\[1\] has {len(x[1])}"):
        Linear(2, 2)(x)


def test_an_entry_that_is_no_number_is_refused():
    """By name."""
    with pytest.raises(TypeError, match="expected a real number, got 'a' of type str"):
        Linear(2, 2)([[1.0, "a"]])
