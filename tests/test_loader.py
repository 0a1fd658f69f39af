"""DataLoader: which graphs a batch holds, new orders every epoch, going on from a state, refusals."""

import random

import pytest

from tinygnn import Batch, DataLoader, Graph
from tinygnn.nn import manual_seed


def graphs(count):
    """Graph k has k + 1 nodes and y = k."""
    return [Graph(([], []), num_nodes=k + 1, y=k, y_level="graph") for k in range(count)]


def order(loader):
    """The numbers of the graphs, batch by batch."""
    return [batch.y for batch in loader]


def test_without_shuffle_graphs_come_in_their_order_every_time():
    """The last batch is smaller; drop_last leaves it out."""
    loader = DataLoader(graphs(5), batch_size=2)
    assert order(loader) == order(loader) == [[0, 1], [2, 3], [4]]
    assert len(loader) == 3
    loader = DataLoader(graphs(5), batch_size=2, drop_last=True)
    assert (order(loader), len(loader)) == ([[0, 1], [2, 3]], 2)
    loader = DataLoader(graphs(4), batch_size=2, drop_last=True)
    assert (order(loader), len(loader)) == ([[0, 1], [2, 3]], 2)
    assert order(DataLoader(graphs(2))) == [[0], [1]]
    assert order(DataLoader(graphs(2), 9)) == [[0, 1]]


def test_a_batch_is_the_union_of_its_graphs():
    """Also of one."""
    for size in (1, 3):
        for batch in DataLoader(graphs(3), size):
            assert type(batch) is Batch
            assert [graph.num_nodes for graph in batch] == [k + 1 for k in batch.y]


def test_shuffle_gives_every_graph_once_in_a_new_order_each_time():
    """Drawn from the generator and from nothing else."""
    loader = DataLoader(graphs(20), 3, shuffle=True, seed=1)
    first, second = order(loader), order(loader)
    assert first != second
    for epoch in (first, second):
        assert sorted(k for batch in epoch for k in batch) == list(range(20))
    again = DataLoader(graphs(20), 3, True, 1)
    assert [order(again), order(again)] == [first, second]
    given = random.Random(1)
    loader = DataLoader(graphs(20), 3, shuffle=True, rng=given)
    assert loader.rng is given
    assert [order(loader), order(loader)] == [first, second]


def test_the_state_of_the_generator_is_all_it_takes_to_go_on():
    """A new loader with that state gives the epochs that the old one would have given."""
    loader = DataLoader(graphs(9), 2, shuffle=True, seed=4)
    order(loader)
    state = loader.rng.getstate()
    wanted = [order(loader), order(loader)]
    resumed = DataLoader(graphs(9), 2, shuffle=True, seed=77)
    resumed.rng.setstate(state)
    assert [order(resumed), order(resumed)] == wanted


def test_the_order_is_drawn_when_iteration_begins():
    """Not when the first batch is asked for, and an epoch that is broken off draws nothing more."""
    loader = DataLoader(graphs(9), 2, shuffle=True, seed=4)
    wanted = [order(loader), order(loader)]
    loader.rng.seed(4)
    first = iter(loader)
    second = iter(loader)
    next(second)
    assert [batch.y for batch in first] == wanted[0]
    loader.rng.seed(4)
    next(iter(loader))
    assert order(loader) == wanted[1]


def test_without_a_seed_manual_seed_decides():
    """As it does for layers' weights."""
    epochs = []
    for _ in range(2):
        manual_seed(3)
        epochs.append(order(DataLoader(graphs(9), 2, shuffle=True)))
    assert epochs[0] == epochs[1] != order(DataLoader(graphs(9), 2))


def test_without_shuffle_no_random_number_is_drawn():
    """A loader for evaluation does not disturb training."""
    rng = random.Random(5)
    state = rng.getstate()
    order(DataLoader(graphs(5), 2, rng=rng))
    assert rng.getstate() == state


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        (([],), {}, ValueError, "of no graphs"),
        ((["karate"],), {}, TypeError, r"graphs\[0\] is 'karate'"),
        (([Batch.from_graphs(graphs(2))],), {}, TypeError, r"graphs\[0\] is Batch"),
        ((graphs(2), 0), {}, ValueError, "batch_size is 0"),
        ((graphs(2), -1), {}, ValueError, "batch_size is -1"),
        ((graphs(2), 1.5), {}, TypeError, "batch_size is 1.5"),
        ((graphs(2), True), {}, TypeError, "batch_size is True"),
        ((graphs(2), 3), {"drop_last": True}, ValueError, "batch_size is 3 and there are 2 graphs"),
        ((graphs(2),), {"seed": 1, "rng": random.Random(1)}, ValueError, "not both"),
    ],
)
def test_wrong_arguments_are_refused(arguments, options, error, message):
    """Saying what was found and what was expected."""
    with pytest.raises(error, match=message):
        DataLoader(*arguments, **options)


def test_repr_counts():
    """In one line."""
    assert repr(DataLoader(graphs(5), 2)) == "DataLoader(5 graphs in 3 batches)"
