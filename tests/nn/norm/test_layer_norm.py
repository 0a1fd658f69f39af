"""LayerNorm: numbers by hand in both modes."""

import pytest

from tinygnn.nn import LayerNorm


def numbers(rows):
    return [[v.data for v in row] for row in rows]


def test_mode_graph_takes_mean_and_variance_over_all_numbers():
    """1, 3, 5, 7: mean 4, variance 5."""
    found = numbers(LayerNorm(2, eps=0.0)([[1.0, 3.0], [5.0, 7.0]]))
    root = 5.0**0.5
    assert found == [pytest.approx([-3.0 / root, -1.0 / root]), pytest.approx([1.0 / root, 3.0 / root])]


def test_mode_node_takes_them_over_each_row():
    """1, 3: mean 2, variance 1; a batch changes nothing."""
    norm = LayerNorm(2, eps=0.0, mode="node")
    assert numbers(norm([[1.0, 3.0], [15.0, 11.0]])) == [[-1.0, 1.0], [1.0, -1.0]]
    assert numbers(norm([[1.0, 3.0], [15.0, 11.0]], [0, 1])) == [[-1.0, 1.0], [1.0, -1.0]]


def test_weight_and_bias_belong_to_columns():
    """2 · -1 + .5 and -3 · 1 + 1."""
    norm = LayerNorm(2, eps=0.0)
    norm.load_state_dict({"weight": [2.0, -3.0], "bias": [0.5, 1.0]})
    assert numbers(norm([[1.0, 3.0], [1.0, 3.0]])) == [[-1.5, -2.0]] * 2
    assert LayerNorm(2, affine=False).state_dict() == {}


def test_each_graph_has_its_own_statistics():
    """The second graph is the first times 10 plus 5."""
    found = numbers(LayerNorm(1, eps=0.0)([[1.0], [15.0], [3.0], [35.0]], [0, 1, 0, 1]))
    assert found == [[-1.0], [-1.0], [1.0], [1.0]]


def test_eps_stands_under_the_root_with_and_without_a_batch():
    """(3 - 2)/√(1 + 3); PyG gives 1/(1 + 3) where there is no batch."""
    for batch in ([], [[0, 0]]):
        assert numbers(LayerNorm(1, eps=3.0)([[1.0], [3.0]], *batch)) == [[-0.5], [0.5]]


def test_another_mode_is_refused():
    """When it is made."""
    with pytest.raises(ValueError, match="mode is 'channel': choose 'graph' or 'node'"):
        LayerNorm(2, mode="channel")
