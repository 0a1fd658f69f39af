"""global_add_pool, global_mean_pool, global_max_pool and their modules."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygnn import Batch, Graph, Value
from tinygnn.gradcheck import gradcheck
from tinygnn.linalg import flatten, total
from tinygnn.nn import (
    MaxAggregation,
    MeanAggregation,
    SumAggregation,
    global_add_pool,
    global_max_pool,
    global_mean_pool,
)
from tinygnn.sparse import Features

POOLS = {"add": global_add_pool, "mean": global_mean_pool, "max": global_max_pool}
MODULES = {"add": SumAggregation, "mean": MeanAggregation, "max": MaxAggregation}
X = [[1.0, -2.0], [3.0, -4.0], [-5.0, 8.0]]


def numbers(rows):
    return [[float(v) for v in row] for row in rows]


def values(rows):
    return [[Value(entry) for entry in row] for row in rows]


BY_HAND = {
    "two graphs": ([0, 0, 1], None, {
        "add": [[4, -6], [-5, 8]], "mean": [[2, -3], [-5, 8]], "max": [[3, -2], [-5, 8]]}),
    "not sorted": ([1, 0, 1], None, {
        "add": [[3, -4], [-4, 6]], "mean": [[3, -4], [-2, 3]], "max": [[3, -4], [1, 8]]}),
    "a graph without nodes between": ([0, 2, 2], None, {
        "add": [[1, -2], [0, 0], [-2, 4]], "mean": [[1, -2], [0, 0], [-1, 2]],
        "max": [[1, -2], [0, 0], [3, 8]]}),
    "graphs without nodes at the end": ([0, 0, 0], 3, {
        "add": [[-1, 2], [0, 0], [0, 0]], "mean": [[-1 / 3, 2 / 3], [0, 0], [0, 0]],
        "max": [[3, 8], [0, 0], [0, 0]]}),
    "no batch": (None, None, {"add": [[-1, 2]], "mean": [[-1 / 3, 2 / 3]], "max": [[3, 8]]}),
}  # fmt: skip


@pytest.mark.parametrize("wrap", [list, Features, values], ids=["floats", "Features", "Values"])
@pytest.mark.parametrize("pool", POOLS)
@pytest.mark.parametrize(("batch", "size", "expected"), BY_HAND.values(), ids=BY_HAND)
def test_by_hand(batch, size, expected, pool, wrap):
    """Function and module, constants and Values; of constants the result is constant."""
    for found in (POOLS[pool](wrap(X), batch, size), MODULES[pool]()(wrap(X), batch, dim_size=size)):
        assert numbers(found) == expected[pool]
        assert {type(v) for v in found[0]} == ({Value} if wrap is values else {float})


@pytest.mark.parametrize("pool", POOLS)
def test_no_nodes_at_all(pool):
    """Without batch one row for the one graph; how wide it is nobody knows."""
    assert POOLS[pool]([]) == [[]]
    assert POOLS[pool]([], [], 2) == [[], []]
    assert POOLS[pool]([], []) == []


@pytest.mark.parametrize("module", MODULES.values())
def test_ptr_stands_for_index(module):
    """And tells how many graphs there are."""
    assert module()(X, ptr=[0, 2, 2, 3]) == module()(X, [0, 0, 2])
    assert module()(X, ptr=[0, 2, 2, 3], dim_size=3) == module()(X, [0, 0, 2])
    with pytest.raises(ValueError, match="dim_size is 2, but ptr tells where 3 graphs begin"):
        module()(X, ptr=[0, 2, 2, 3], dim_size=2)


@pytest.mark.parametrize("pool", POOLS)
@pytest.mark.parametrize("batch", [None, [0, 0, 1], [1, 0, 1], [0, 3, 3]], ids=str)
def test_gradients_are_central_differences(pool, batch):
    """Of every node's numbers."""
    x = values(X)

    def objective(*_):
        out = [v for v in flatten(POOLS[pool](x, batch)) if isinstance(v, Value)]
        return total([(1.0 + 0.5 * k) * v * (v + 1.0) for k, v in enumerate(out)])

    assert gradcheck(objective, flatten(x))


def test_equally_large_nodes_share_the_gradient():
    """Half to each of two, with batch and without; nothing to a smaller one."""
    for batch in (None, [0, 0, 0]):
        x = values([[2.0], [1.0], [2.0]])
        global_max_pool(x, batch)[0][0].backward()
        assert [row[0].grad for row in x] == [0.5, 0.0, 0.5]


def test_nan_stays_in_its_graph_and_is_not_swallowed():
    """In the maximum neither."""
    for pool in POOLS.values():
        [[one], [other]] = pool([[1.0], [math.nan], [2.0]], [0, 0, 1])
        assert math.isnan(one) and other == 2.0


@pytest.mark.parametrize("pool", POOLS.values(), ids=POOLS)
@given(st.lists(st.lists(st.tuples(st.floats(-2, 2), st.floats(-2, 2)).map(list), max_size=4), min_size=1))
def test_a_batch_gives_bit_for_bit_what_its_graphs_give(pool, parts):
    """Graphs without nodes give zeros there."""
    batch = Batch.from_graphs([Graph(([], []), x=x) for x in parts])
    together = pool(batch.x, batch.batch, batch.num_graphs)
    for x, row in zip(parts, together, strict=True):
        assert row == (pool(x)[0] or [0.0] * len(row))


@given(st.permutations(range(6)))
def test_the_order_of_nodes_changes_nothing_but_rounding(order):
    """Quarters add up exactly, so here it changes nothing at all."""
    x = [[0.25 * (i * i % 5), -0.5 * i] for i in range(6)]
    batch = [0, 1, 0, 2, 1, 1]
    for pool in POOLS.values():
        assert pool([x[i] for i in order], [batch[i] for i in order], 3) == pool(x, batch, 3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([[1.0], [1.0, 2.0]],), r"global_add_pool's x: row 1 has 2 entries, row 0 has 1"),
        (([[1.0]], [0, 0]), "batch has 2 entries for 1 rows"),
        (([[1.0]], [2], 2), r"batch\[0\] is 2: there are 2 graphs"),
    ],
)
def test_wrong_arguments_are_refused(arguments, message):
    """Saying which row."""
    with pytest.raises(ValueError, match=message):
        global_add_pool(*arguments)


def test_repr_is_the_name():
    """There is nothing to set."""
    assert [repr(module()) for module in MODULES.values()] == [
        "SumAggregation()",
        "MeanAggregation()",
        "MaxAggregation()",
    ]
