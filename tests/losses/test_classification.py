"""Losses of classes: the formula, the gradient, masks, weights, smoothing, extremes, wrong targets.

Numbers called PyTorch's were computed beforehand with torch 2.13.0 in float64.
"""

import math
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygnn import Value, cross_entropy, nll_loss
from tinygnn.gradcheck import gradcheck
from tinygnn.linalg import flatten, log_softmax

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


# ---- weights, smoothing, probabilities -------------------------------------------------------------


@st.composite
def settings(draw):
    """A problem, a weight for each class and a label smoothing."""
    logits, target, mask = draw(problems())
    weight = [draw(st.floats(0.25, 4.0)) for _ in logits[0]]
    return logits, target, mask, weight, draw(st.floats(0.0, 1.0))


def log_probabilities(row):
    normalizer = math.log(math.fsum(map(math.exp, row)))
    return [z - normalizer for z in row]


@given(settings())
def test_weights_and_smoothing_are_the_formula(problem):
    """(1 - ε) times the weighted mean at the target plus ε/C times the weighted sum of all, over Σ w_t."""
    logits, target, mask, weight, smoothing = problem
    total, divisor = 0.0, 0.0
    for row, t, keep in zip(logits, target, mask, strict=True):
        if keep:
            logs = log_probabilities(row)
            everything = math.fsum(w * x for w, x in zip(weight, logs, strict=True))
            total -= (1.0 - smoothing) * weight[t] * logs[t] + smoothing / len(row) * everything
            divisor += weight[t]
    found = cross_entropy(logits, target, mask, weight=weight, label_smoothing=smoothing).data
    assert found == pytest.approx(total / divisor, rel=1e-11, abs=1e-11)
    summed = cross_entropy(
        logits, target, mask, weight=weight, label_smoothing=smoothing, reduction="sum"
    ).data
    assert summed == pytest.approx(total, rel=1e-11, abs=1e-11)


@given(settings())
def test_gradients_with_every_option_are_central_differences(problem):
    logits, target, mask, weight, smoothing = problem
    rows = values(logits)
    for reduction in ("mean", "sum"):
        options = {"weight": weight, "label_smoothing": smoothing, "reduction": reduction}
        assert gradcheck(lambda *_, o=options: cross_entropy(rows, target, mask, **o), flatten(rows))


@given(settings())
def test_probabilities_of_one_class_are_that_class(problem):
    """Without weights, by which the mean of probabilities does not divide, as in PyTorch."""
    logits, target, mask, weight, smoothing = problem
    one_hot = [[float(k == t) for k in range(len(weight))] for t in target]
    options = {"label_smoothing": smoothing}
    by_class = cross_entropy(logits, target, mask, **options).data
    assert cross_entropy(logits, one_hot, mask, **options).data == pytest.approx(
        by_class, rel=1e-12, abs=1e-12
    )
    options = {**options, "weight": weight, "reduction": "sum"}
    by_class = cross_entropy(logits, target, mask, **options).data
    assert cross_entropy(logits, one_hot, mask, **options).data == pytest.approx(
        by_class, rel=1e-12, abs=1e-12
    )


@given(settings(), st.data())
def test_gradients_of_probabilities_are_central_differences(problem, data):
    """Of the logits and of the targets."""
    logits, _, mask, weight, smoothing = problem
    rows, target = values(logits), values([[data.draw(st.floats(0.0, 1.0)) for _ in row] for row in logits])
    options = {"weight": weight, "label_smoothing": smoothing}
    assert gradcheck(lambda *_: cross_entropy(rows, target, mask, **options), flatten(rows) + flatten(target))


def test_probabilities_by_hand():
    """Both classes are as likely: log 2 whatever the target; the slopes are .5 - q."""
    row = [Value(0.0), Value(0.0)]
    loss = cross_entropy([row], [[0.25, 0.75]])
    loss.backward()
    assert loss.data == pytest.approx(math.log(2.0), rel=ROUNDING)
    assert [v.grad for v in row] == [0.25, -0.25]


def test_a_class_of_weight_0_or_probability_0_adds_nothing():
    """Also where the logarithm is -inf, and PyTorch's product nan."""
    row = [Value(0.0), Value(-inf), Value(0.0)]
    loss = cross_entropy([row], [[0.5, 0.0, 0.5]])
    loss.backward()
    assert loss.data == pytest.approx(math.log(2.0), rel=ROUNDING)
    assert [v.grad for v in row] == [0.0, 0.0, 0.0]
    logits = [[0.0, -inf], [0.0, 0.0]]
    assert cross_entropy(logits, [1, 0], weight=[1.0, 0.0]).data == pytest.approx(math.log(2.0))
    assert nll_loss(logits, [1, 0], weight=[1.0, 0.0]).data == 0.0


def test_only_classes_of_weight_0_have_no_mean():
    """0 / 0, as in PyTorch."""
    assert math.isnan(cross_entropy([[0.0, 1.0]], [1], weight=[1.0, 0.0]).data)


def test_reduction_none_gives_a_value_for_each_row():
    rows = values(LOGITS)
    terms = cross_entropy(rows, [2, 0, 1], reduction="none")
    assert [type(term) for term in terms] == [Value] * 3
    assert cross_entropy(rows, [2, 0, 1]).data == pytest.approx(
        math.fsum(term.data for term in terms) / 3.0, rel=ROUNDING
    )
    terms[1].backward()
    assert [v.grad for v in rows[0] + rows[2]] == [0.0] * 6 and rows[1][0].grad != 0.0
    kept = cross_entropy(rows, [2, 0, 1], [False, True, True], reduction="none")
    assert [term.data for term in kept] == [term.data for term in terms[1:]]


def test_an_ignored_target_does_not_count():
    """-100, or another mark; without reduction its term is 0."""
    assert (
        cross_entropy(LOGITS, [2, -100, 1]).data == cross_entropy(LOGITS, [2, 0, 1], [True, False, True]).data
    )
    assert cross_entropy(LOGITS, [2, -1, 1], ignore_index=-1).data == cross_entropy(LOGITS, [2, -100, 1]).data
    assert [term.data for term in cross_entropy(LOGITS, [-100, 0, -100], reduction="none")][::2] == [0.0, 0.0]
    assert math.isnan(cross_entropy(LOGITS, [-100] * 3).data)
    assert cross_entropy(LOGITS, [-100] * 3, reduction="sum").data == 0.0
    weighted = cross_entropy(LOGITS, [2, 0, 1], ignore_index=0, weight=[1.0, 2.0, 3.0]).data
    assert weighted == cross_entropy(LOGITS, [2, 0, 1], [True, False, True], weight=[1.0, 2.0, 3.0]).data


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: cross_entropy(LOGITS, [0, 1, 2], label_smoothing=1.5),
            r"label_smoothing is 1.5: it must be in",
        ),
        (lambda: cross_entropy(LOGITS, [0, 1, 2], weight=[1.0]), "weight has 1 entries for 3 classes"),
        (lambda: nll_loss(LOGITS, [0, 1, 2], weight=[1.0]), "weight has 1 entries for 3 classes"),
        (lambda: cross_entropy(LOGITS, [[1.0]] * 3), r"target\[0\] has 1 probabilities for 3 classes"),
        (
            lambda: cross_entropy(LOGITS, [[1.0, 0.0, 0.0], 1, 2]),
            r"target\[0\] is \[1.0, 0.0, 0.0\]: expected",
        ),
        (lambda: nll_loss(LOGITS, [0, 5, 0]), r"target\[1\] is 5: expected a class from 0 to 2"),
        (lambda: nll_loss(LOGITS, [0]), "3 rows of log probabilities for 1 targets"),
    ],
)
def test_settings_that_do_not_fit_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# ---- nll_loss --------------------------------------------------------------------------------------


def test_nll_loss_by_hand():
    """(.5 + 3 · 4) / 4 with weights 1 and 3."""
    rows = values([[-0.5, -0.25], [-2.0, -4.0]])
    loss = nll_loss(rows, [0, 1], weight=[1.0, 3.0])
    loss.backward()
    assert loss.data == 3.125
    assert [[v.grad for v in row] for row in rows] == [[-0.25, 0.0], [0.0, -0.75]]
    assert nll_loss(rows, [0, 1]).data == 2.25
    assert nll_loss(rows, [0, 1], reduction="sum").data == 4.5
    assert [v.data for v in nll_loss(rows, [0, 1], weight=[1.0, 3.0], reduction="none")] == [0.5, 12.0]


def test_the_mean_of_rows_that_weigh_nothing_is_nan():
    """0 / 0, as in PyTorch; their sum is 0."""
    for loss in (nll_loss, cross_entropy):
        assert math.isnan(loss([[-0.5, -0.25]], [0], weight=[0.0, 1.0]).data)
        assert loss([[-0.5, -0.25]], [0], weight=[0.0, 1.0], reduction="sum").data == 0.0


@given(settings())
def test_nll_loss_of_log_softmax_is_cross_entropy(problem):
    logits, target, mask, weight, _ = problem
    logs = [log_softmax(row) for row in logits]
    for options in ({}, {"weight": weight}, {"weight": weight, "reduction": "sum"}):
        expected = cross_entropy(logits, target, mask, **options).data
        assert nll_loss(logs, target, mask, **options).data == pytest.approx(expected, rel=1e-12, abs=1e-12)


@given(settings())
def test_gradients_of_nll_loss_are_central_differences(problem):
    logs, target, mask, weight, _ = problem
    rows = values(logs)
    assert gradcheck(lambda *_: nll_loss(rows, target, mask, weight=weight), flatten(rows))


def test_nll_loss_of_no_rows_is_nan():
    assert math.isnan(nll_loss([], []).data)
    assert math.isnan(nll_loss(LOGITS, [-100] * 3).data)
    assert nll_loss(LOGITS, [0, 1, 2], [False] * 3, reduction="sum").data == 0.0
