"""Losses: the formula, the gradient, masks, extremes, and which target is wrong.

Numbers called PyTorch's were computed beforehand with torch 2.13.0 in float64.
"""

import math
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygnn import Value, cross_entropy, mse_loss
from tinygnn.gradcheck import gradcheck
from tinygnn.linalg import flatten

# A few roundings of exp and log.
ROUNDING = 1e-14

LOGITS = [[1.0, -2.0, 0.5], [0.3, 0.7, -1.1], [2.0, 2.0, -3.0]]
NUMBERS = st.floats(-5.0, 5.0)


def values(rows):
    return [[Value(e) for e in row] for row in rows]


@st.composite
def problems(draw):
    """Logits [n][c], a class for each row, and a mask."""
    n, c = draw(st.integers(1, 5)), draw(st.integers(1, 4))
    logits = [[draw(NUMBERS) for _ in range(c)] for _ in range(n)]
    target = [draw(st.integers(0, c - 1)) for _ in range(n)]
    mask = [draw(st.booleans()) for _ in range(n)]
    mask[draw(st.integers(0, n - 1))] = True
    return logits, target, mask


# ---- cross_entropy -------------------------------------------------------------------------------


def test_cross_entropy_has_pytorchs_value_and_gradient():
    """Three rows, classes 2, 0 and 1."""
    logits = values(LOGITS)
    loss = cross_entropy(logits, [2, 0, 1])
    loss.backward()
    assert loss.data == pytest.approx(0.9028297042110842, rel=ROUNDING)
    assert flatten([[v.grad for v in row] for row in logits]) == pytest.approx(
        [
            *(0.20124963204954194, 0.010019629189858006, -0.21126926123939993),
            *(-0.21160871436407705, 0.1815917928893096, 0.03001692147476747),
            *(0.16610705639558287, -0.16722627693775044, 0.0011192205421675378),
        ],
        rel=ROUNDING,
    )


@given(problems())
def test_cross_entropy_is_the_mean_of_minus_log_probability(problem):
    """-Σ log(exp z_t / Σ exp z_k) / n over the masked rows, written out."""
    logits, target, mask = problem
    terms = [
        -math.log(math.exp(row[t]) / math.fsum(map(math.exp, row)))
        for row, t, keep in zip(logits, target, mask, strict=True)
        if keep
    ]
    expected = math.fsum(terms) / len(terms)
    assert cross_entropy(logits, target, mask).data == pytest.approx(expected, rel=1e-12, abs=1e-12)


@given(problems())
def test_the_gradient_of_cross_entropy_is_softmax_minus_one_hot(problem):
    """Divided by the number of rows that count; rows that do not count get none."""
    logits, target, mask = problem
    rows = values(logits)
    cross_entropy(rows, target, mask).backward()
    for row, t, keep in zip(rows, target, mask, strict=True):
        normalizer = math.fsum(math.exp(v.data) for v in row)
        for k, v in enumerate(row):
            expected = (math.exp(v.data) / normalizer - (k == t)) / sum(mask) if keep else 0.0
            assert v.grad == pytest.approx(expected, rel=1e-12, abs=1e-12)


@given(problems())
def test_gradients_of_cross_entropy_are_central_differences(problem):
    """With the mask."""
    logits, target, mask = problem
    rows = values(logits)
    assert gradcheck(lambda *_: cross_entropy(rows, target, mask), flatten(rows))


@pytest.mark.parametrize(
    ("row", "target", "loss"),
    [
        ([1000.0, 0.0], 0, 0.0),
        ([1000.0, 0.0], 1, 1000.0),
        ([-1000.0, -1000.0], 0, math.log(2.0)),
        ([1e9, 1e9, 1e9], 2, math.log(3.0)),
        ([1e16, 1e16], 0, math.log(2.0)),
        ([1e308, -1e308], 0, 0.0),
        ([-inf, 0.0], 1, 0.0),
        ([-inf, 0.0], 0, inf),
        ([nan, 0.0], 1, nan),
        ([5.0], 0, 0.0),
    ],
    ids=str,
)
def test_cross_entropy_at_extremes(row, target, loss):
    """PyTorch's: no overflow, and no digits lost where logits are large."""
    assert cross_entropy([row], [target]).data == pytest.approx(loss, rel=ROUNDING, nan_ok=True)


def test_a_small_loss_is_not_rounded_to_zero():
    """log(1 + e**-30) is 9.358e-14; PyTorch, which adds first, gives 9.348e-14."""
    loss = cross_entropy([[30.0, 0.0]], [0]).data
    assert 9.3e-14 < loss < 9.4e-14


def test_a_confident_row_is_no_longer_pushed():
    """The gradient goes to zero with the loss."""
    [row] = values([[40.0, -40.0]])
    cross_entropy([row], [0]).backward()
    assert [abs(v.grad) < 1e-15 for v in row] == [True, True]


def test_of_no_rows_it_is_nan():
    """PyTorch's mean of nothing."""
    assert math.isnan(cross_entropy([], []).data)
    assert math.isnan(cross_entropy(LOGITS, [0, 1, 2], mask=[False] * 3).data)


@pytest.mark.parametrize("label", [3, -1, 100, 1.0, "1", None, True, [1]], ids=repr)
def test_a_target_that_is_no_class_is_named_with_its_row(label):
    """And the classes that there are, and how to leave a row out."""
    with pytest.raises(ValueError, match=r"target\[1\] is .*expected a class from 0 to 2; .*mask="):
        cross_entropy(LOGITS, [0, label, 2])


@pytest.mark.parametrize("label", [-1, 7, None], ids=repr)
def test_a_row_that_does_not_count_needs_no_class(label):
    """Nodes without a label are left out by the mask."""
    masked = cross_entropy(LOGITS, [2, label, 1], mask=[True, False, True])
    assert masked.data == cross_entropy([LOGITS[0], LOGITS[2]], [2, 1]).data


def test_integers_of_other_libraries_are_classes():
    """numpy's, for instance, which are no `int` but say which one they are."""

    class Integer:
        def __index__(self):
            return 1

    assert cross_entropy(LOGITS, [0, Integer(), 2]).data == cross_entropy(LOGITS, [0, 1, 2]).data


def test_different_numbers_of_rows_are_refused():
    """Both are named."""
    with pytest.raises(ValueError, match="3 rows of logits for 2 targets"):
        cross_entropy(LOGITS, [0, 1])


# ---- mse_loss ------------------------------------------------------------------------------------


def test_mse_loss_by_hand():
    """(1 + 4 + 0 + 9) / 4, gradient 2 (p - t) / 4."""
    prediction = values([[1.0, 2.0], [3.0, 4.0]])
    loss = mse_loss(prediction, [[0.0, 4.0], [3.0, 1.0]])
    loss.backward()
    assert loss.data == 3.5
    assert [[v.grad for v in row] for row in prediction] == [[0.5, -1.0], [0.0, 1.5]]


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=6))
def test_mse_loss_is_the_mean_of_the_squares(pairs):
    """For plain rows and for columns of one entry alike."""
    expected = math.fsum((p - t) ** 2 for p, t in pairs) / len(pairs)
    prediction, target = [p for p, _ in pairs], [t for _, t in pairs]
    found = mse_loss(prediction, target).data
    assert found == pytest.approx(expected, rel=1e-12)
    assert mse_loss([[p] for p in prediction], [[t] for t in target]).data == found


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=4))
def test_gradients_of_mse_loss_are_central_differences(pairs):
    """Also with respect to a target that is a Value."""
    prediction, target = [Value(p) for p, _ in pairs], [Value(t) for _, t in pairs]
    assert gradcheck(lambda *_: mse_loss(prediction, target), prediction + target)


@given(problems())
def test_a_mask_chooses_rows(problem):
    """The same as leaving the others out."""
    rows, _, mask = problem
    target = [[0.5] * len(row) for row in rows]
    kept = [row for row, keep in zip(rows, mask, strict=True) if keep]
    assert mse_loss(rows, target, mask).data == mse_loss(kept, target[: len(kept)]).data


def test_mse_loss_of_nothing_is_nan():
    """PyTorch's mean of nothing."""
    assert math.isnan(mse_loss([], []).data)
    assert math.isnan(mse_loss([1.0], [2.0], mask=[False]).data)


@pytest.mark.parametrize(
    ("prediction", "target", "message"),
    [
        ([1.0, 2.0], [1.0], "2 predictions for 1 targets"),
        ([[1.0, 2.0]], [[1.0]], r"prediction\[0\] has 2 entries, its target is \[1.0\]"),
        ([[1.0], [2.0]], [1.0, 2.0], r"prediction\[0\] has 1 entries, its target is 1.0"),
        ([[1.0], [2.0]], [[1.0]], "2 .*1 "),
        ([[1.0], [2.0]], [[1.0], [2.0, 3.0]], r"prediction\[1\] has 1 entries, its target is \[2.0, 3.0\]"),
    ],
    ids=["lengths", "widths", "column for row", "rows", "ragged"],
)
def test_shapes_that_differ_are_refused(prediction, target, message):
    """Nothing is broadcast: [N][1] against [N] is the classic silent mistake."""
    with pytest.raises(ValueError, match=message):
        mse_loss(prediction, target)


def test_a_row_of_numbers_for_one_prediction_is_refused():
    """The other way round."""
    with pytest.raises((TypeError, ValueError), match=r"\[1.0\]"):
        mse_loss([1.0, 2.0], [[1.0], [2.0]])


@pytest.mark.parametrize(
    "loss",
    [lambda m: mse_loss([1.0, 2.0], [1.0, 2.0], m), lambda m: cross_entropy(LOGITS[:2], [0, 1], m)],
    ids=["mse_loss", "cross_entropy"],
)
def test_a_mask_of_another_length_is_refused(loss):
    """A list of positions, say."""
    with pytest.raises(ValueError, match="the mask has 1 entries for 2 rows"):
        loss([True])
