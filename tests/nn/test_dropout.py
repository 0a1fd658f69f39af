"""Dropout: how much it drops, what stays, where the random numbers come from."""

import math
import random

import pytest

from tinygnn import Value, manual_seed
from tinygnn.nn import Dropout
from tinygnn.sparse import Features

ONES = [[1.0] * 100 for _ in range(100)]

# Of n independent draws the share dropped has the standard deviation √(p(1-p)/n); the seed is fixed.
SIGMAS = 5.0


def numbers(rows):
    return [[float(entry) for entry in row] for row in rows]


def flat(rows):
    return [entry for row in numbers(rows) for entry in row]


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
@pytest.mark.parametrize(
    "wrap",
    [lambda x: x, Features, lambda x: [[Value(e) for e in row] for row in x]],
    ids=["lists", "Features", "Values"],
)
def test_a_share_p_is_dropped_and_the_rest_scaled_so_that_the_mean_stays(wrap, p):
    """Every entry is 0 or 1/(1 - p)."""
    found = flat(Dropout(p, rng=random.Random(0))(wrap(ONES)))
    assert set(found) == {0.0, 1.0 / (1.0 - p)}
    dropped = found.count(0.0) / len(found)
    assert abs(dropped - p) <= SIGMAS * math.sqrt(p * (1.0 - p) / len(found))


@pytest.mark.parametrize("wrap", [lambda x: x, Features], ids=["lists", "Features"])
def test_in_evaluation_x_itself_comes_back(wrap):
    """No copy, no node, no random number."""
    x = wrap([[1.0, 2.0]])
    rng = random.Random(0)
    state = rng.getstate()
    assert Dropout(0.5, rng=rng).eval()(x) is x
    assert rng.getstate() == state


def test_with_p_zero_x_itself_comes_back_in_training_too():
    """There is nothing to drop."""
    x = [[Value(1.0)]]
    assert Dropout(0.0)(x) is x


@pytest.mark.parametrize("wrap", [lambda x: x, Features], ids=["lists", "Features"])
def test_with_p_one_everything_is_dropped(wrap):
    """Zeros, not 0 times inf."""
    assert numbers(Dropout(1.0)(wrap([[1.0, -2.0]]))) == [[0.0, 0.0]]


def test_dropped_features_know_their_nonzeros_and_notice_a_change():
    """As if they had looked for them; the zeros draw no random number."""
    x = Features([[1.0, 0.0, -2.0, math.inf], [0.0, 3.0, 0.0, 0.5]])
    found = Dropout(0.5, rng=random.Random(1))(x)
    draws = [random.Random(1)] * 5
    kept = [draw.random() >= 0.5 for draw in draws]
    entries = [e * 2.0 if keep else 0.0 for e, keep in zip([1.0, -2.0, math.inf, 3.0, 0.5], kept)]
    assert found == [[entries[0], 0.0, entries[1], entries[2]], [0.0, entries[3], 0.0, entries[4]]]
    assert 0 < kept.count(True) < 5
    assert found.nonzeros() == Features(found).nonzeros()
    assert found.nonzeros(one=True) == Features(found).nonzeros(one=True)
    found[0][1] = 7.0
    assert found.nonzeros() == Features(found).nonzeros()


def test_features_with_a_value_put_in_are_dropped_like_other_rows():
    """Its gradient is the scale where it was kept."""
    x = Features([[1.0, 2.0]])
    v = Value(3.0)
    x[0][0] = v
    (row,) = Dropout(0.5, rng=random.Random(3))(x)
    row[0].backward()
    assert (row[0].data, v.grad) in [(6.0, 2.0), (0.0, 0.0)]


def test_x_is_not_changed():
    """The dropped rows are new ones."""
    x = Features([[1.0, 2.0], [3.0, 4.0]])
    found = Dropout(0.5, rng=random.Random(0))(x)
    assert x == [[1.0, 2.0], [3.0, 4.0]]
    assert type(found) is Features


def test_gradients_pass_scaled_where_the_entry_was_kept():
    """And stop where it was dropped."""
    row = [Value(2.0) for _ in range(50)]
    [found] = Dropout(0.5, rng=random.Random(0))([row])
    sum(found, Value(0.0)).backward()
    assert [v.grad for v in row] == [2.0 if v.data > 0.0 else 0.0 for v in found]
    assert {v.grad for v in row} == {0.0, 2.0}


def test_each_call_drops_anew_and_the_same_seed_drops_the_same():
    """From the generator given, or from the common one."""
    dropout = Dropout(0.5, rng=random.Random(1))
    first, second = dropout(ONES), dropout(ONES)
    assert first != second
    assert Dropout(0.5, rng=random.Random(1))(ONES) == first
    manual_seed(1)
    common = Dropout(0.5)(ONES)
    manual_seed(1)
    assert Dropout(0.5)(ONES) == common


def test_zeros_of_features_stay_zeros_and_draw_no_random_number():
    """So that sparse features cost what their nonzeros cost."""
    sparse = Features([[0.0, 1.0, 0.0, 1.0, 0.0]])
    dense = Features([[1.0, 1.0]])
    [found] = Dropout(0.5, rng=random.Random(3))(sparse)
    [expected] = Dropout(0.5, rng=random.Random(3))(dense)
    assert found == [0.0, expected[0], 0.0, expected[1], 0.0]


@pytest.mark.parametrize("p", [-0.1, 1.1, math.nan, math.inf])
def test_p_that_is_no_probability_is_refused(p):
    """By its number."""
    with pytest.raises(ValueError, match=f"dropout p is {p}: it is a probability between 0 and 1"):
        Dropout(p)


def test_it_has_no_parameters_and_a_short_repr():
    """As in PyTorch."""
    assert Dropout(0.25).parameters() == []
    assert repr(Dropout(0.25)) == "Dropout(0.25)"
    assert repr(Dropout()) == "Dropout(0.5)"
