"""Relations: who hears whom along which relation, and what each node adds up."""

from tinygnn import EdgeIndex
from tinygnn.relations import Relations

# 0 -> 1 twice and 2 -> 1 along relation 0, 1 -> 0 along relation 2.
EDGES, TYPES = EdgeIndex(([0, 2, 0, 1], [1, 1, 1, 0])), [0, 0, 0, 2]


def entries(rows):
    return [(list(indices), list(coefficients)) for indices, coefficients, _ in rows]


def test_edges_are_sorted_by_relation_and_by_hearer():
    """In the order of the edges; duplicates stay."""
    found = Relations(EDGES, TYPES, 3, 3, all_nodes=False)
    assert found.heard == [{1: [0, 2, 0]}, {}, {0: [1]}]
    assert found.senders == [[0, 2], [], [1]]
    everyone = Relations(EDGES, TYPES, 2 + 1, 3, all_nodes=True)
    assert everyone.heard[0] == {0: [], 1: [0, 2, 0], 2: []}
    assert everyone.senders == found.senders


def test_sums_over_senders_by_hand():
    """The table: rows of 0 and 2 along relation 0, of 1 along relation 2, then the nodes' own, then b."""
    found = Relations(EDGES, TYPES, 3, 3, all_nodes=False)
    assert entries(found.sums(mean=False, root=False, bias=False)) == [
        ([2], [1.0]),
        ([0, 1, 0], [1.0, 1.0, 1.0]),
        ([], []),
    ]
    third = 1.0 / 3.0
    assert entries(found.sums(mean=True, root=True, bias=True)) == [
        ([2, 3, 6], [1.0, 1.0, 1.0]),
        ([0, 1, 0, 4, 6], [third, third, third, 1.0, 1.0]),
        ([5, 6], [1.0, 1.0]),
    ]
    assert entries(found.sums(mean=False, root=False, bias=True))[2] == ([3], [1.0])


def test_picks_of_hearers_by_hand():
    """The table: a row for each relation and hearer, then the nodes' own, then b."""
    found = Relations(EDGES, TYPES, 3, 3, all_nodes=False)
    assert entries(found.picks(root=True, bias=True)) == [
        ([1, 2, 5], [1.0] * 3),
        ([0, 3, 5], [1.0] * 3),
        ([4, 5], [1.0] * 2),
    ]
    assert found.picks(root=True, bias=True) is found.picks(root=True, bias=True)
    everyone = Relations(EDGES, TYPES, 3, 3, all_nodes=True)
    assert entries(everyone.picks(root=False, bias=False)) == [
        ([0, 3, 6], [1.0] * 3),
        ([1, 4, 7], [1.0] * 3),
        ([2, 5, 8], [1.0] * 3),
    ]
