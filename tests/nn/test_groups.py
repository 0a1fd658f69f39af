"""Groups of rows from a batch vector and from ptr."""

import pytest

from tinygnn.nn.groups import groups_between, groups_of


@pytest.mark.parametrize(
    ("batch", "rows", "size", "groups"),
    [
        ([0, 0, 1], 3, None, [[0, 1], [2]]),
        ([1, 0, 1], 3, None, [[1], [0, 2]]),
        ([2], 1, None, [[], [], [0]]),
        ([0], 1, 3, [[0], [], []]),
        ([], 0, None, []),
        ([], 0, 2, [[], []]),
        (None, 3, None, [[0, 1, 2]]),
        (None, 0, None, [[]]),
        (None, 2, 2, [[0, 1], []]),
    ],
)
def test_rows_of_each_graph_in_order(batch, rows, size, groups):
    """Sorted or not; graphs without rows too, at the end where size says so; None is one graph."""
    assert groups_of(batch, rows, size) == groups


@pytest.mark.parametrize(
    ("batch", "rows", "size", "message"),
    [
        ([0, 1], 3, None, "batch has 2 entries for 3 rows"),
        ([0, -1], 2, None, r"batch\[1\] is -1: graphs are numbered from 0"),
        ([0, 2], 2, 2, r"batch\[1\] is 2: there are 2 graphs"),
        ([0, 1.0], 2, None, r"batch\[1\] is 1.0"),
        (None, 1, 0, r"batch\[0\] is 0: there are 0 graphs"),
    ],
)
def test_wrong_batch_vectors_are_refused(batch, rows, size, message):
    """Naming the row."""
    with pytest.raises(ValueError, match=message):
        groups_of(batch, rows, size)


def test_ptr_says_where_graphs_begin():
    """And where the last one ends."""
    assert groups_between([0, 1, 1, 3], 3) == [[0], [], [1, 2]]
    assert groups_between([0], 0) == []
    for ptr in ([], [0, 2], [1, 3], [0, 4, 3]):
        with pytest.raises(ValueError, match="it ascends from 0 to 3, the number of rows"):
            groups_between(ptr, 3)
