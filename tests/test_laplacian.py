"""Laplacians by hand; degrees, self loops, weights that are Values, λ_max."""

import math

import pytest

from tinygnn import EdgeIndex, Value
from tinygnn.laplacian import laplacian, scaled_laplacian


def matrix(edges, entries, n):
    """Dense, row by target and column by source."""
    rows = [[0.0] * n for _ in range(n)]
    for source, target, entry in zip(*edges, entries, strict=True):
        rows[target][source] += float(entry)
    return rows


PATH = EdgeIndex(([0, 1, 1, 2], [1, 0, 2, 1]))
R = 0.5**0.5


@pytest.mark.parametrize("kind", [float, Value])
@pytest.mark.parametrize(
    ("normalization", "expected"),
    [
        (None, [[1.0, -1.0, 0.0], [-1.0, 2.0, -1.0], [0.0, -1.0, 1.0]]),
        ("sym", [[1.0, -R, 0.0], [-R, 1.0, -R], [0.0, -R, 1.0]]),
        # the entry of edge j -> i is divided by the degree of j
        ("rw", [[1.0, -0.5, 0.0], [-1.0, 1.0, -1.0], [0.0, -0.5, 1.0]]),
    ],
)
def test_a_path_of_three_by_hand(normalization, expected, kind):
    """Degrees 1, 2, 1."""
    found = laplacian(PATH, [kind(1.0)] * 4, 3, normalization)
    assert matrix(*found, 3) == [pytest.approx(row) for row in expected]
    if kind is float:
        assert laplacian(PATH, None, 3, normalization) == found


def test_degrees_count_what_leaves_and_self_loops_count_nothing():
    """PyG's conventions; duplicate edges count both."""
    edges = EdgeIndex(([0, 0, 0, 1], [0, 1, 1, 2]))
    found = matrix(*laplacian(edges, [9.0, 1.0, 2.0, 4.0], 3), 3)
    assert found == [[3.0, 0.0, 0.0], [-3.0, 4.0, 0.0], [0.0, -4.0, 0.0]]
    found = matrix(*laplacian(edges, [9.0, 1.0, 2.0, 4.0], 3, "rw"), 3)
    assert found == [[1.0, 0.0, 0.0], [pytest.approx(-1.0), 1.0, 0.0], [0.0, -1.0, 1.0]]


@pytest.mark.parametrize("normalization", ["sym", "rw"])
def test_weights_that_cancel_have_no_inverse_and_the_gradient_zero(normalization):
    """1/d of d = 0 is 0, where 1/0 would make the gradient nan."""
    weights = [Value(1.0), Value(-1.0), Value(1.0)]
    edges, entries = laplacian(EdgeIndex(([0, 0, 1], [1, 2, 0])), weights, 3, normalization)
    assert matrix(edges, entries, 3)[1][0] == 0.0
    entries[0].backward()
    assert [w.grad for w in weights] == [0.0, 0.0, 0.0]


def test_lambda_max_is_twice_the_largest_entry_unless_it_is_given():
    """Then the eigenvalues of 2 L / λ_max - I lie in [-1, 1]; entries that are 0 are left out."""
    edges, entries = scaled_laplacian(PATH, None, 3, None)
    assert matrix(edges, entries, 3) == [[-0.5, -0.5, 0.0], [-0.5, 0.0, -0.5], [0.0, -0.5, -0.5]]
    assert (1, 1) not in list(zip(*edges))
    edges, entries = scaled_laplacian(PATH, None, 3, "sym")
    assert set(zip(*edges)) == set(zip(*PATH))
    assert entries == pytest.approx([-R] * 4)
    found = matrix(*scaled_laplacian(PATH, None, 3, None, lambda_max=[3.0]), 3)
    assert found[1] == pytest.approx([-2 / 3, 1 / 3, -2 / 3])


def test_the_gradient_flows_through_the_largest_entry():
    """λ_max = 2 d_1 = 2 (w_1 + w_2), and the entry of edge 0 is -2 w_0 / λ_max."""
    weights = [Value(1.0), Value(2.0), Value(3.0), Value(1.0)]
    _, entries = scaled_laplacian(PATH, weights, 3, None)
    entries[0].backward()
    assert entries[0].data == pytest.approx(-1 / 5)
    assert [w.grad for w in weights] == pytest.approx([-1 / 5, 1 / 25, 1 / 25, 0.0])


def test_each_graph_of_a_batch_may_have_a_lambda_max_of_its_own():
    """Nodes 0 and 1 are graph 0, node 2 is graph 1."""
    edges = EdgeIndex(([0, 1], [1, 0]))
    top = Value(4.0)
    found = scaled_laplacian(edges, None, 3, None, [0, 0, 1], [2.0, top])
    assert matrix(*found, 3) == [[0.0, -1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, -1.0]]
    assert scaled_laplacian(edges, None, 3, None, [0, 0, 1], [2.0]) == scaled_laplacian(
        edges, None, 3, None, None, [2.0]
    )


def test_where_lambda_max_is_zero_only_the_identity_is_left():
    """A graph without edges: L = 0, and 0/0 is taken for 0."""
    none = EdgeIndex(([], []))
    for weights in (None, []):
        assert scaled_laplacian(none, weights, 2, None) == (([0, 1], [0, 1]), [-1.0, -1.0])
    assert scaled_laplacian(none, None, 0, None) == (([], []), [])
    assert scaled_laplacian(none, None, 2, "sym") == (([], []), [])


def test_a_negative_degree_has_no_root():
    """nan, and nowhere else."""
    _, entries = laplacian(EdgeIndex(([0, 1], [1, 0])), [-1.0, 1.0], 3, "sym")
    assert list(map(math.isnan, entries)) == [True, True, False, False, False]
    assert laplacian(EdgeIndex(([0, 1], [1, 0])), [-2.0, 1.0], 2, "rw")[1] == [-1.0, -1.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("batch", "message"),
    [
        (None, "lambda_max has 2 entries: give one number, or batch"),
        ([0], "batch has 1 entries for 2 nodes"),
        ([0, 2], r"batch\[1\] is 2, but lambda_max has 2 entries"),
        ([-1, 0], r"batch\[0\] is -1"),
    ],
)
def test_several_lambda_max_need_a_batch(batch, message):
    """One graph number for each node."""
    with pytest.raises(ValueError, match=message):
        scaled_laplacian(EdgeIndex(([0], [1])), None, 2, "sym", batch, [1.0, 2.0])
