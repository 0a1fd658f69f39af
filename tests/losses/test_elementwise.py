"""Losses entry by entry: the formula, the gradient, masks, weights, extremes, and shapes that differ.

Numbers called PyTorch's were computed beforehand with torch 2.13.0 in float64.
"""

import math
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygnn
from tinygnn import (
    Value,
    bce_with_logits,
    binary_cross_entropy_with_logits,
    cross_entropy,
    huber_loss,
    l1_loss,
    mse_loss,
    nll_loss,
    smooth_l1_loss,
)
from tinygnn.gradcheck import gradcheck
from tinygnn.linalg import flatten

ROUNDING = 1e-14
NUMBERS = st.floats(-5.0, 5.0)
LOGITS = [[1.0, -2.0, 0.5], [0.3, 0.7, -1.1]]
OF_DIFFERENCES = [mse_loss, l1_loss, huber_loss, smooth_l1_loss]
ALL = [*OF_DIFFERENCES, bce_with_logits]


def values(rows):
    return [[Value(e) for e in row] for row in rows]


@st.composite
def problems(draw):
    """Predictions and targets [n][c], and a mask."""
    n, c = draw(st.integers(1, 5)), draw(st.integers(1, 4))
    rows = st.lists(st.lists(NUMBERS, min_size=c, max_size=c), min_size=n, max_size=n)
    mask = [draw(st.booleans()) for _ in range(n)]
    mask[draw(st.integers(0, n - 1))] = True
    return draw(rows), draw(rows), mask


# ---- mse_loss --------------------------------------------------------------------------------------


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
    rows, target, mask = problem
    kept = [row for row, keep in zip(rows, mask, strict=True) if keep]
    kept_targets = [row for row, keep in zip(target, mask, strict=True) if keep]
    for loss in ALL:
        for reduction in ("mean", "sum"):
            assert (
                loss(rows, target, mask, reduction=reduction).data
                == loss(kept, kept_targets, reduction=reduction).data
            )


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


# ---- the others ------------------------------------------------------------------------------------


def test_l1_loss_by_hand():
    """(1 + 2 + 0) / 3; the slopes are signs, 0 where both are equal."""
    prediction = [Value(1.0), Value(-3.0), Value(2.0)]
    loss = l1_loss(prediction, [0.0, -1.0, 2.0])
    loss.backward()
    assert loss.data == 1.0
    assert [v.grad for v in prediction] == pytest.approx([1 / 3, -1 / 3, 0.0], rel=ROUNDING)


def test_huber_loss_by_hand():
    """delta = 2: .5 · 1²/... inside, 2 (3 - 1) outside."""
    prediction = [Value(1.0), Value(-3.0), Value(2.0)]
    loss = huber_loss(prediction, [0.0, 0.0, 0.0], delta=2.0, reduction="sum")
    loss.backward()
    assert loss.data == 0.5 + 4.0 + 2.0
    assert [v.grad for v in prediction] == [1.0, -2.0, 2.0]


def test_smooth_l1_loss_by_hand():
    """beta = 2: 1²/4, 3 - 1, 2 - 1."""
    prediction = [Value(1.0), Value(-3.0), Value(2.0)]
    loss = smooth_l1_loss(prediction, [0.0, 0.0, 0.0], beta=2.0, reduction="sum")
    loss.backward()
    assert loss.data == 0.25 + 2.0 + 1.0
    assert [v.grad for v in prediction] == [0.5, -1.0, 1.0]


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=6), st.floats(0.1, 4.0))
def test_smooth_l1_is_huber_divided_by_beta_and_l1_at_0(pairs, beta):
    prediction, target = [p for p, _ in pairs], [t for _, t in pairs]
    huber = huber_loss(prediction, target, delta=beta).data
    assert smooth_l1_loss(prediction, target, beta=beta).data == pytest.approx(huber / beta, rel=1e-12)
    assert smooth_l1_loss(prediction, target, beta=0.0).data == l1_loss(prediction, target).data


def test_bce_by_hand():
    """-log σ(0) = log 2 for either label; the slopes σ - t = ±.5."""
    row = [Value(0.0), Value(0.0)]
    loss = bce_with_logits([row], [[1, 0]])
    loss.backward()
    assert loss.data == pytest.approx(math.log(2.0), rel=ROUNDING)
    assert [v.grad for v in row] == [-0.25, 0.25]


@given(problems(), st.floats(0.25, 4.0), st.floats(0.25, 4.0))
def test_bce_is_the_formula(problem, weight, pos_weight):
    """-w [c t log σ(z) + (1 - t) log(1 - σ(z))] over all entries, for any t."""
    logits, targets, _ = problem
    terms = []
    for z, t in zip(flatten(logits), flatten(targets), strict=True):
        s = 1.0 / (1.0 + math.exp(-z))
        terms.append(-weight * (pos_weight * t * math.log(s) + (1.0 - t) * math.log1p(-s)))
    found = bce_with_logits(logits, targets, weight=weight, pos_weight=pos_weight).data
    sizes = math.fsum(map(abs, terms)) / len(terms)
    assert found == pytest.approx(math.fsum(terms) / len(terms), rel=1e-9, abs=1e-9 * sizes)


@pytest.mark.parametrize(
    "z, t, loss, slope",
    [
        (inf, 1.0, 0.0, 0.0),
        (inf, 0.0, inf, 1.0),
        (-inf, 0.0, 0.0, 0.0),
        (-inf, 1.0, inf, -1.0),
        (1e308, 0.0, 1e308, 1.0),
        (1e308, 1.0, 0.0, 0.0),
        (-1e308, 1.0, 1e308, -1.0),
        (40.0, 1.0, 4.248354255291589e-18, -4.248354255291589e-18),
        (-40.0, 0.0, 4.248354255291589e-18, 4.248354255291589e-18),
        (nan, 1.0, nan, nan),
    ],
)
def test_bce_at_extremes(z, t, loss, slope):
    """The limits; PyTorch's is nan at three of the infinite logits, and its slope 0 at ±40."""
    logit = Value(z)
    found = bce_with_logits([logit], [t])
    found.backward()
    assert found.data == pytest.approx(loss, rel=ROUNDING, nan_ok=True)
    assert logit.grad == pytest.approx(slope, rel=ROUNDING, nan_ok=True, abs=0.0)


def test_weights_of_a_column_of_an_entry_and_of_all():
    """One for each label is repeated for every row; the mask takes weights of entries along."""
    targets = [[1, 0, 1], [0, 0, 1]]
    per_column = bce_with_logits(LOGITS, targets, weight=[0.5, 2.0, 3.0], pos_weight=[3.0, 1.0, 0.5]).data
    per_entry = bce_with_logits(
        LOGITS, targets, weight=[[0.5, 2.0, 3.0]] * 2, pos_weight=[[3.0, 1.0, 0.5]] * 2
    ).data
    assert per_column == per_entry
    assert bce_with_logits(LOGITS, targets, weight=2.0).data == pytest.approx(
        2.0 * bce_with_logits(LOGITS, targets).data, rel=ROUNDING
    )
    masked = bce_with_logits(LOGITS, targets, [False, True], weight=[[9.0] * 3, [0.5, 2.0, 3.0]]).data
    assert masked == bce_with_logits(LOGITS[1:], targets[1:], weight=[0.5, 2.0, 3.0]).data
    assert bce_with_logits([1.0, 2.0], [1, 0], weight=[0.5, 3.0], reduction="none")[1].data == pytest.approx(
        3.0 * (2.0 + math.log1p(math.exp(-2.0))), rel=ROUNDING
    )


def test_bce_has_two_names():
    assert bce_with_logits is binary_cross_entropy_with_logits is tinygnn.losses.bce_with_logits


@pytest.mark.parametrize("loss", ALL, ids=lambda loss: loss.__name__)
@given(problems())
def test_gradients_are_central_differences(loss, problem):
    """Of predictions and of targets that are Values, away from the kinks."""
    rows, other, mask = problem
    prediction = values(rows)
    target = [
        [Value(0.1 + p.data + (3.3 if t > 0.0 else -0.4)) for p, t in zip(*two, strict=True)]
        for two in zip(prediction, other, strict=True)
    ]
    inputs = flatten(prediction) + flatten(target)
    assert gradcheck(lambda *_: loss(prediction, target, mask), inputs)


@pytest.mark.parametrize("loss", ALL, ids=lambda loss: loss.__name__)
def test_reductions_belong_together(loss):
    """The entries add up to the sum, and the sum is n times the mean."""
    targets = [[1.0, 0.0, 0.5], [0.25, 1.0, 0.0]]
    entries = loss(LOGITS, targets, reduction="none")
    assert [len(row) for row in entries] == [3, 3]
    whole = loss(LOGITS, targets, reduction="sum").data
    assert whole == pytest.approx(math.fsum(v.data for row in entries for v in row), rel=ROUNDING)
    assert loss(LOGITS, targets).data == pytest.approx(whole / 6.0, rel=ROUNDING)
    assert [v.data for v in loss(LOGITS[0], targets[0], reduction="none")] == [v.data for v in entries[0]]
    kept = loss(LOGITS, targets, [False, True], reduction="none")
    assert [[v.data for v in row] for row in kept] == [[v.data for v in entries[1]]]


@pytest.mark.parametrize("loss", ALL, ids=lambda loss: loss.__name__)
def test_of_nothing_the_mean_is_nan_and_the_sum_0(loss):
    assert math.isnan(loss([], []).data)
    assert math.isnan(loss(LOGITS, LOGITS, [False, False]).data)
    assert loss(LOGITS, LOGITS, [False, False], reduction="sum").data == 0.0
    assert loss(LOGITS, LOGITS, [False, False], reduction="none") == []


@pytest.mark.parametrize("loss", ALL, ids=lambda loss: loss.__name__)
def test_a_row_is_one_node(loss):
    """Its parents are the predictions; constant targets make no Values."""
    node = loss(values(LOGITS), LOGITS, reduction="sum")
    assert [len(row.parents) for row in node.parents] == [3, 3]


def test_rows_of_different_widths_are_averaged_over_all_entries():
    assert mse_loss([[1.0], [2.0, 3.0]], [[0.0], [0.0, 0.0]]).data == pytest.approx(14.0 / 3.0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mse_loss([1.0], [1.0], reduction="avg"), "reduction is 'avg': it must be 'mean', 'sum' or"),
        (lambda: cross_entropy([[1.0]], [0], reduction=None), "reduction is None"),
        (lambda: nll_loss([[1.0]], [0], reduction="avg"), "reduction is 'avg'"),
        (lambda: huber_loss([1.0], [1.0], delta=0.0), "delta is 0.0: it must be above 0"),
        (lambda: huber_loss([1.0], [1.0], delta=nan), "delta is nan"),
        (lambda: smooth_l1_loss([1.0], [1.0], beta=-1.0), "beta is -1.0: it must be at least 0"),
        (lambda: bce_with_logits(LOGITS, LOGITS, weight=[1.0, 2.0]), "weight does not fit 2 rows"),
        (lambda: bce_with_logits(LOGITS, LOGITS, pos_weight=[[1.0] * 3]), "pos_weight does not fit 2 rows"),
        (lambda: bce_with_logits([1.0], [1.0], weight=[1.0, 2.0]), "weight does not fit 1 rows"),
    ],
)
def test_settings_that_do_not_fit_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("target", [None, "x", [1.0]], ids=repr)
def test_a_target_that_is_no_number_is_refused(target):
    with pytest.raises(TypeError, match="expected a real number"):
        l1_loss([1.0], [target])
