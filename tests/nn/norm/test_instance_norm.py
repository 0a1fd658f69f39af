"""InstanceNorm: numbers by hand, running statistics over graphs."""

import pytest

from tinygnn.nn import InstanceNorm


def numbers(rows):
    return [[v.data for v in row] for row in rows]


def test_each_graph_and_column_gets_mean_0_and_variance_1():
    """By its own nodes."""
    x = [[1.0, 10.0], [3.0, 20.0], [0.0, 1.0], [8.0, 5.0]]
    expected = [[-1.0, -1.0], [1.0, 1.0]] * 2
    assert numbers(InstanceNorm(2, eps=0.0)(x, [0, 0, 1, 1])) == expected


def test_it_learns_nothing_unless_affine():
    """PyG's keys."""
    assert InstanceNorm(2).state_dict() == {}
    assert InstanceNorm(2, affine=True).state_dict() == {"weight": [1.0, 1.0], "bias": [0.0, 0.0]}
    assert InstanceNorm(1, track_running_stats=True).state_dict() == {
        "running_mean": [0.0],
        "running_var": [1.0],
        "num_batches_tracked": 0,
    }


def test_running_statistics_move_by_the_mean_over_the_graphs():
    """Means 2 and 6, variances (n - 1) 2 and 8: half of 4, half of 1 + 5."""
    norm = InstanceNorm(1, eps=0.0, momentum=0.5, track_running_stats=True)
    norm([[1.0], [3.0], [4.0], [8.0]], [0, 0, 1, 1])
    assert (norm.running_mean, norm.running_var) == ([2.0], [3.0])
    assert norm.num_batches_tracked == 0  # as in PyG
    norm.eval()
    assert numbers(norm([[2.0], [2.0 + 3.0**0.5]], [0, 1])) == [[0.0], [pytest.approx(1.0, rel=1e-15)]]


def test_graphs_without_nodes_do_not_count():
    """Their mean is no number; PyG counts 0."""
    norm = InstanceNorm(1, momentum=1.0, track_running_stats=True)
    norm([[1.0], [3.0]], [1, 1], 4)
    assert (norm.running_mean, norm.running_var) == ([2.0], [2.0])


def test_a_single_node_has_the_variance_0():
    """With a batch and without."""
    for batch in ([], [[0]]):
        norm = InstanceNorm(1, momentum=1.0, track_running_stats=True)
        assert numbers(norm([[4.0]], *batch)) == [[0.0]]
        assert (norm.running_mean, norm.running_var) == ([4.0], [0.0])


def test_without_running_statistics_evaluation_is_as_training():
    """By each graph's own mean."""
    assert numbers(InstanceNorm(1, eps=0.0).eval()([[1.0], [3.0]])) == [[-1.0], [1.0]]
