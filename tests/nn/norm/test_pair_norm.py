"""PairNorm: numbers by hand in both forms."""

import pytest

from tinygnn import Value
from tinygnn.nn import PairNorm


def numbers(rows):
    return [[v.data for v in row] for row in rows]


def test_the_mean_square_length_of_the_rows_becomes_s_squared():
    """Around (1, 1) the rows have length 5 both: times 10/5."""
    x = [[4.0, 5.0], [-2.0, -3.0]]
    assert numbers(PairNorm(10.0, eps=0.0)(x)) == [[6.0, 8.0], [-6.0, -8.0]]


def test_individually_each_row_gets_the_length_s():
    """(3, 4) and (-3, -4) have the length 5; with ε = 5 they are divided by 10."""
    x = [[3.0, 4.0], [-3.0, -4.0]]
    assert numbers(PairNorm(5.0, scale_individually=True, eps=5.0)(x)) == [[1.5, 2.0], [-1.5, -2.0]]


def test_eps_stands_under_the_root():
    """2/√(12 + 4)."""
    assert numbers(PairNorm(eps=12.0)([[2.0], [-2.0]])) == [[0.5], [-0.5]]


def test_each_graph_has_its_own_mean_and_length():
    """Two pairs, the second one far away and wider."""
    assert numbers(PairNorm(eps=0.0)([[1.0], [3.0], [100.0], [120.0]], [0, 0, 1, 1])) == [[-1.0], [1.0]] * 2


@pytest.mark.parametrize("individually", [False, True])
def test_a_row_at_the_mean_has_a_finite_gradient(individually):
    """The length has the gradient 0 there, so that dx'/dx = s/√ε, or s/ε, less what the mean takes."""
    x = [[Value(1.0)], [Value(1.0)]]
    out = PairNorm(3.0, individually, eps=0.25)(x)
    assert numbers(out) == [[0.0], [0.0]]
    out[0][0].backward()
    slope = 3.0 / 0.25 if individually else 3.0 / 0.5
    assert [row[0].grad for row in x] == [slope / 2.0, -slope / 2.0]
