"""BatchNorm: numbers by hand, running statistics, a single row."""

import copy
import pickle

import pytest

from tinygnn import Value, nn
from tinygnn.nn import BatchNorm, BatchNorm1d

# Columns with mean 2 and 10, variance (divided by n) 2/3 and 6.
X = [[1.0, 7.0], [2.0, 10.0], [3.0, 13.0]]


def numbers(rows):
    return [[v.data for v in row] for row in rows]


def test_each_column_gets_mean_0_and_variance_1_then_weight_and_bias():
    """(1 - 2)/√(2/3) = -1.224744871391589; 13 is √1.5 deviations above 10."""
    norm = BatchNorm(2, eps=0.0)
    root = 1.224744871391589
    expected = [[-root, -root], [0.0, 0.0], [root, root]]
    assert numbers(norm(X)) == [pytest.approx(row, rel=1e-15) for row in expected]
    norm.load_state_dict({**norm.state_dict(), "module.weight": [2.0, -1.0], "module.bias": [0.5, 3.0]})
    expected = [[0.5 - 2.0 * root, 3.0 + root], [0.5, 3.0], [0.5 + 2.0 * root, 3.0 - root]]
    assert numbers(norm(X)) == [pytest.approx(row, rel=1e-15) for row in expected]


def test_eps_stands_under_the_root():
    """(3 - 2)/√(1 + 3) with ε = 3."""
    assert numbers(BatchNorm(1, eps=3.0)([[1.0], [3.0]])) == [[-0.5], [0.5]]


def test_keys_and_first_values_are_pygs():
    """weight 1, bias 0, mean 0, variance 1, no batch."""
    assert BatchNorm(2).state_dict() == {
        "module.weight": [1.0, 1.0],
        "module.bias": [0.0, 0.0],
        "module.running_mean": [0.0, 0.0],
        "module.running_var": [1.0, 1.0],
        "module.num_batches_tracked": 0,
    }
    assert list(BatchNorm(2, affine=False).state_dict())[0] == "module.running_mean"
    assert list(BatchNorm(2, track_running_stats=False).state_dict()) == ["module.weight", "module.bias"]
    assert list(BatchNorm1d(2).state_dict())[:2] == ["weight", "bias"]
    assert len(BatchNorm(2).parameters()) == 4


def test_training_moves_the_running_statistics_by_momentum():
    """.75 · 0 + .25 · 2 = .5; .75 · 1 + .25 · 2/3 · 3/2 = 1: the variance is corrected to n - 1."""
    norm = BatchNorm(1, momentum=0.25)
    norm([[1.0], [2.0], [3.0]])
    assert (norm.module.running_mean, norm.module.running_var) == ([0.5], [1.0])
    assert norm.module.num_batches_tracked == 1
    norm([[0.0], [4.0]])  # mean 2, variance 4 · 2/1 = 8
    assert (norm.module.running_mean, norm.module.running_var) == ([0.875], [2.75])


def test_without_momentum_all_batches_have_the_same_share():
    """Means 1, 4, 7 have the mean 4."""
    norm = BatchNorm(1, momentum=None)
    for middle in (1.0, 4.0, 7.0):
        norm([[middle - 1.0], [middle + 1.0]])
    assert norm.module.running_mean == [pytest.approx(4.0, rel=1e-15)]
    assert norm.module.running_var == [pytest.approx(2.0, rel=1e-15)]


def test_evaluation_takes_the_running_statistics_and_leaves_them():
    """(5 - .5)/√(1 + ε)."""
    norm = BatchNorm(1, eps=0.0, momentum=0.25)
    norm([[1.0], [2.0], [3.0]])
    norm.eval()
    before = norm.state_dict()
    assert numbers(norm([[5.0]])) == [[4.5]]
    assert norm.state_dict() == before


def test_without_running_statistics_evaluation_is_as_training():
    """By the batch's own mean."""
    norm = BatchNorm(1, eps=0.0, track_running_stats=False).eval()
    assert numbers(norm([[1.0], [3.0]])) == [[-1.0], [1.0]]


def test_resetting_forgets_all_batches():
    """To mean 0 and variance 1."""
    norm = BatchNorm(2)
    before = norm.state_dict()
    norm(X)
    assert norm.state_dict() != before
    norm.reset_running_stats()
    assert norm.state_dict() == before


def test_a_single_row_in_training_is_refused_unless_allowed():
    """It would be β, whatever it is."""
    with pytest.raises(ValueError, match="BatchNorm of a single row.*allow_single_element=True"):
        BatchNorm(2)([[1.0, 2.0]])
    norm = BatchNorm(1, eps=0.0, momentum=0.25, allow_single_element=True)
    norm([[1.0], [2.0], [3.0]])
    before = norm.state_dict()
    assert numbers(norm([[5.0]])) == [[4.5]]
    assert norm.state_dict() == before
    with pytest.raises(ValueError, match="allow_single_element=True needs track_running_stats=True"):
        BatchNorm(1, track_running_stats=False, allow_single_element=True)


def test_far_from_zero_no_digits_are_lost():
    """Mean of the squares less the square of the mean would give 0 here."""
    norm = BatchNorm(1, eps=0.0)
    assert numbers(norm([[1e8], [1e8 + 1.0]])) == [[-1.0], [1.0]]
    assert norm.module.running_var == [pytest.approx(0.9 + 0.1 * 0.5, rel=1e-15)]


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_a_copy_has_running_statistics_of_its_own(duplicate):
    """Training one does not move the other."""
    norm = BatchNorm(2)
    norm(X)
    twin = duplicate(norm)
    assert twin.state_dict() == norm.state_dict()
    twin(X)
    assert twin.module.num_batches_tracked == 2
    assert norm.module.num_batches_tracked == 1


def test_one_node_for_each_number():
    """And four more for each column: mean, variance, variance + ε, its inverse root."""
    x = [list(map(Value, row)) for row in X]
    [node] = {type(v) for row in BatchNorm(2)(x) for v in row}
    assert node is Value
    out = BatchNorm(2)(x)[0][0]
    assert out.op == "normalized"
    assert out.parents[0] is x[0][0]
    assert [parent.op if isinstance(parent.op, str) else parent.op[0] for parent in out.parents] == [
        "", "mean", "**", "", "",
    ]  # fmt: skip
    assert nn.BatchNorm is BatchNorm
