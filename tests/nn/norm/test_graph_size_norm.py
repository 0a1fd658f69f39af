"""GraphSizeNorm: numbers by hand."""

from tinygnn import Value
from tinygnn.nn import GraphSizeNorm


def test_each_row_is_divided_by_the_root_of_the_size_of_its_graph():
    """Four nodes and one."""
    x = [[Value(2.0)], [Value(3.0)], [Value(4.0)], [Value(6.0)], [Value(8.0)]]
    out = GraphSizeNorm()(x, [0, 1, 0, 0, 0])
    assert [row[0].data for row in out] == [1.0, 3.0, 2.0, 3.0, 4.0]
    out[2][0].backward()
    assert [row[0].grad for row in x] == [0.0, 0.0, 0.5, 0.0, 0.0]


def test_constants_stay_constants():
    """Features of a data set are scaled once and for all."""
    assert GraphSizeNorm()([[2.0], [4.0], [6.0], [8.0]]) == [[1.0], [2.0], [3.0], [4.0]]
