"""GraphNorm: numbers by hand, and how much of the mean is taken away."""

import pytest

from tinygnn.nn import GraphNorm


def numbers(rows):
    return [[v.data for v in row] for row in rows]


def loaded(**state):
    norm = GraphNorm(1, eps=0.0)
    norm.load_state_dict({**norm.state_dict(), **state})
    return norm


def test_with_the_whole_mean_it_is_instance_norm():
    """1, 3 -> -1, 1 and 5, 9 -> -1, 1."""
    assert numbers(GraphNorm(1, eps=0.0)([[1.0], [3.0], [5.0], [9.0]], [0, 0, 1, 1])) == [[-1.0], [1.0]] * 2


def test_without_the_mean_it_divides_by_the_root_of_the_mean_square():
    """α = 0: 1/√((1 + 49)/2) = .2."""
    assert numbers(loaded(mean_scale=[0.0])([[1.0], [7.0]])) == [
        pytest.approx([0.2], rel=1e-15),
        pytest.approx([1.4], rel=1e-15),
    ]


def test_half_the_mean():
    """α = .5: 1 - 2 and 7 - 2 have the mean square 13; then times 2 and plus .5."""
    found = numbers(loaded(mean_scale=[0.5], weight=[2.0], bias=[0.5])([[1.0], [7.0]]))
    assert found == [pytest.approx([0.5 - 2.0 / 13**0.5]), pytest.approx([0.5 + 10.0 / 13**0.5])]


def test_keys_are_pygs():
    """In PyG's order."""
    assert list(GraphNorm(3).state_dict()) == ["weight", "bias", "mean_scale"]
