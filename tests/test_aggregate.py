"""Aggregations: by hand, on groups of none, with ties, nan and infinities, and their gradients."""

import math
from fractions import Fraction
from statistics import fmean, median_low, pstdev, pvariance

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygnn import Value
from tinygnn.aggregate import AGGREGATIONS, aggregate, check_aggr
from tinygnn.gradcheck import gradcheck
from tinygnn.linalg import total
from tinygnn.sparse import Features

# Sums of a few numbers near one, added up in another order.
REORDERED = 1e-12
NAMES = list(AGGREGATIONS)


def one(aggr, numbers):
    """The aggregate of one column as a node, and the numbers' gradients."""
    values = [Value(x) for x in numbers]
    [[out]] = aggregate(aggr, [[v] for v in values], [range(len(values))])
    out.backward()
    return out.data, [v.grad for v in values]


# aggr: result and gradients for 1, 4, -2, 3
BY_HAND = {
    "sum": (6.0, [1.0] * 4),
    "add": (6.0, [1.0] * 4),
    "mean": (1.5, [0.25] * 4),
    "max": (4.0, [0.0, 1.0, 0.0, 0.0]),
    "min": (-2.0, [0.0, 0.0, 1.0, 0.0]),
    "mul": (-24.0, [-24.0, -6.0, 12.0, -8.0]),
    "var": (5.25, [-0.25, 1.25, -1.75, 0.75]),
    "std": (math.sqrt(5.25), [x / 2.0 / math.sqrt(5.25) for x in (-0.25, 1.25, -1.75, 0.75)]),
    "median": (1.0, [1.0, 0.0, 0.0, 0.0]),
}


@pytest.mark.parametrize(("aggr", "expected"), BY_HAND.items(), ids=BY_HAND)
def test_four_numbers_by_hand(aggr, expected):
    """Result and gradients of 1, 4, -2, 3; as constants the same result without a node."""
    result, gradients = expected
    found, slopes = one(aggr, [1.0, 4.0, -2.0, 3.0])
    assert found == pytest.approx(result, rel=REORDERED)
    assert slopes == pytest.approx(gradients, rel=REORDERED)
    [[constant]] = aggregate(aggr, [[1.0], [4.0], [-2.0], [3.0]], [[0, 1, 2, 3]])
    assert type(constant) is float
    assert constant == found


def test_softmax_by_hand():
    """Σ p_i x_i for x = 0, log 3: p = 1/4, 3/4; d/dx_i = p_i (1 + x_i - y)."""
    x = math.log(3.0)
    found, slopes = one("softmax", [0.0, x])
    assert found == pytest.approx(0.75 * x, rel=REORDERED)
    assert slopes == pytest.approx([0.25 * (1.0 - 0.75 * x), 0.75 * (1.0 + 0.25 * x)], rel=REORDERED)


def test_each_column_and_each_group_is_aggregated_by_itself():
    """A row may stand in several groups, and several times in one."""
    rows = [[1.0, 10.0], [2.0, 20.0], [4.0, 40.0]]
    assert aggregate("sum", rows, [[2], [0, 1], [1, 1, 2]]) == [[4.0, 40.0], [3.0, 30.0], [8.0, 80.0]]


@pytest.mark.parametrize("aggr", NAMES)
def test_of_nothing_it_is_zero_and_the_product_is_one(aggr):
    """PyG's convention; the width is that of the other rows, or has to be told."""
    empty = 1.0 if aggr == "mul" else 0.0
    assert aggregate(aggr, [[Value(5.0), 2.0]], [[], []]) == [[empty] * 2] * 2
    assert aggregate(aggr, [], [[], []], 3) == [[empty] * 3] * 2
    assert aggregate(aggr, [], [[]]) == [[]]
    assert aggregate(aggr, [], []) == []


@pytest.mark.parametrize("aggr", [a for a in NAMES if a not in ("var", "std")])
def test_of_one_number_it_is_that_number(aggr):
    """With the derivative 1."""
    assert one(aggr, [-2.5]) == (-2.5, [1.0])


@pytest.mark.parametrize("aggr", ["var", "std"])
@pytest.mark.parametrize("numbers", [[2.5], [0.1] * 3, [1e300, 1e300], [1e-300] * 7], ids=str)
def test_equal_numbers_have_no_variance_and_no_gradient(aggr, numbers):
    """Exactly: the sum of three times 0.1 is not 0.3, and yet."""
    assert one(aggr, numbers) == (0.0, [0.0] * len(numbers))


@pytest.mark.parametrize(("aggr", "numbers"), [("max", [1.0, 3.0, 3.0]), ("min", [1.0, -3.0, -3.0])])
def test_ties_share_the_gradient_of_maximum_and_minimum(aggr, numbers):
    """As PyTorch's amax and amin, and PyG on the CPU."""
    assert one(aggr, numbers) == (numbers[1], [0.0, 0.5, 0.5])


def test_the_median_of_an_even_number_is_the_smaller_middle_one():
    """Of equal numbers it picks by their order in the group."""
    assert one("median", [4.0, 1.0, 3.0, 2.0]) == (2.0, [0.0, 0.0, 0.0, 1.0])
    assert one("median", [2.0, 1.0, 2.0, 2.0]) == (2.0, [1.0, 0.0, 0.0, 0.0])
    assert one("median", [2.0, 2.0, 2.0]) == (2.0, [0.0, 1.0, 0.0])


def test_a_product_with_zeros_has_its_exact_gradient():
    """One zero: its own gradient is the product of the rest; two zeros: none."""
    assert one("mul", [0.0, 2.0, 3.0]) == (0.0, [6.0, 0.0, 0.0])
    assert one("mul", [2.0, 3.0, 0.0]) == (0.0, [0.0, 0.0, 6.0])
    assert one("mul", [0.0, 2.0, 0.0]) == (0.0, [0.0, 0.0, 0.0])


def test_variance_does_not_cancel():
    """mean(x²) - mean(x)² would be 0 here."""
    assert one("var", [1e8, 1e8 + 1.0]) == (0.25, [-0.5, 0.5])
    found, slopes = one("std", [1e8, 1e8 + 1.0])
    assert found == pytest.approx(0.5, rel=REORDERED)
    assert slopes == pytest.approx([-0.5, 0.5], rel=REORDERED)


@pytest.mark.parametrize("scale", [1e-3, 1e-160, 1e-300, 1e160, 1e300])
def test_a_small_or_large_standard_deviation_is_as_right_as_any(scale):
    """No clamp, no underflow, no overflow: std(0, 2 s) = s with the gradient ±1/2."""
    found, slopes = one("std", [0.0, 2.0 * scale])
    assert found == pytest.approx(scale, rel=REORDERED)
    assert slopes == pytest.approx([-0.5, 0.5], rel=REORDERED)


@pytest.mark.parametrize("aggr", NAMES)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_nan_is_not_swallowed(aggr, place):
    """Wherever it stands."""
    numbers = [1.0, -2.0, 3.0]
    numbers[place] = math.nan
    assert math.isnan(one(aggr, numbers)[0])
    assert math.isnan(aggregate(aggr, [[x] for x in numbers], [[0, 1, 2]])[0][0])


def test_the_median_picks_a_nan():
    """As torch.median does: the first one takes the gradient."""
    assert one("median", [1.0, math.nan, math.nan])[1] == [0.0, 1.0, 0.0]


def test_infinities():
    """As IEEE 754 has them; the softmax of an infinity is not defined, nor is its distance to a mean."""
    assert [one(a, [1.0, math.inf])[0] for a in ("sum", "max", "min", "mul", "median")] == [
        math.inf, math.inf, 1.0, math.inf, 1.0
    ]  # fmt: skip
    for aggr in ("var", "std", "softmax"):
        for numbers in ([1.0, math.inf], [math.inf, 1.0], [-math.inf, -math.inf]):
            assert math.isnan(one(aggr, numbers)[0]), aggr


def test_softmax_does_not_overflow():
    """The largest is taken off first."""
    found, slopes = one("softmax", [1000.0, 999.0, -1000.0])
    assert found == pytest.approx(1000.0 - 1.0 / (math.e + 1.0), rel=REORDERED)
    assert slopes[2] == 0.0


@pytest.mark.parametrize("aggr", NAMES)
def test_each_output_is_one_node_over_its_group(aggr):
    """Constants among Values become leaves of that node."""
    x = [Value(1.5), 0.5, Value(-1.0)]
    [[out]] = aggregate(aggr, [[v] for v in x], [[0, 1, 2]])
    assert [p.data for p in out.parents] == [1.5, 0.5, -1.0]
    assert out.parents[0] is x[0] and out.parents[2] is x[2]
    assert not out.parents[1].parents
    assert out.data == aggregate(aggr, [[1.5], [0.5], [-1.0]], [[0, 1, 2]])[0][0]


@pytest.mark.parametrize("aggr", ["maen", "lstm", None, ["mean", "max"]], ids=str)
def test_an_unknown_aggregation_is_refused_with_the_known_ones(aggr):
    """By name."""
    with pytest.raises(ValueError, match=r"aggr is .*: choose from sum, add, mean, max, min, mul, var, std"):
        aggregate(aggr, [[1.0]], [[0]])
    assert check_aggr("max") == "max"


@pytest.mark.parametrize("aggr", NAMES)
def test_features_are_aggregated_as_their_values_are(aggr):
    """A graph's constant features, zeros among them; nothing becomes a node."""
    rows = [[0.0, 1.0, 0.0], [0.0, -2.0, 3.0], [0.0, 0.0, math.nan]]
    groups = [[0, 1], [], [1], [0, 2]]
    found = aggregate(aggr, Features(rows), groups)
    wanted = aggregate(aggr, [[Value(x) for x in row] for row in rows], groups)
    assert all(type(entry) is float for row in found for entry in row)
    for row, other in zip(found, wanted, strict=True):
        assert row == pytest.approx([float(entry) for entry in other], rel=0.0, abs=0.0, nan_ok=True)


# ---- properties ------------------------------------------------------------------------------------

columns = st.lists(st.integers(-64, 64).map(lambda n: n / 16.0), min_size=1, max_size=7)


@given(columns)
def test_the_statistics_of_the_standard_library_agree(numbers):
    """Exact rational arithmetic, rounded once."""
    found = {aggr: one(aggr, numbers)[0] for aggr in NAMES}
    assert found["mean"] == pytest.approx(fmean(numbers), rel=REORDERED)
    exact = [Fraction(x) for x in numbers]
    assert found["var"] == pytest.approx(float(pvariance(exact)), rel=REORDERED)
    assert found["std"] == pytest.approx(float(pstdev(exact)), rel=REORDERED)
    assert found["mul"] == pytest.approx(math.prod(numbers), rel=REORDERED)
    assert found["median"] == median_low(numbers)
    assert (found["min"], found["max"]) == (min(numbers), max(numbers))


@given(st.permutations([k / 8.0 for k in (-9, -4, 1, 7, 12)]), st.sampled_from(NAMES))
def test_gradients_are_central_differences(numbers, aggr):
    """Away from ties, in every order."""
    values = [Value(x) for x in numbers]
    out = lambda *_: total(aggregate(aggr, [[v, v * v] for v in values], [[0, 1, 2], [4], [3, 4]])[0])  # noqa: E731
    assert gradcheck(out, values)


@given(columns, st.randoms(use_true_random=False), st.sampled_from(NAMES))
def test_the_order_of_a_group_does_not_matter(numbers, shuffler, aggr):
    """Neither for the result nor, number by number, for the gradients; but median picks among equals."""
    order = list(range(len(numbers)))
    shuffler.shuffle(order)
    found, slopes = one(aggr, numbers)
    other, others = one(aggr, [numbers[k] for k in order])
    assert other == pytest.approx(found, rel=REORDERED, abs=REORDERED)
    if aggr != "median":
        assert others == pytest.approx([slopes[k] for k in order], rel=REORDERED, abs=REORDERED)


@given(columns, st.sampled_from(["var", "std"]))
def test_spread_does_not_see_a_shift(numbers, aggr):
    """Its gradients add up to 0."""
    found, slopes = one(aggr, numbers)
    assert one(aggr, [x + 1024.0 for x in numbers])[0] == pytest.approx(found, rel=REORDERED, abs=REORDERED)
    assert sum(slopes) == pytest.approx(0.0, abs=REORDERED)
