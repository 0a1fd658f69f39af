"""Losses that compare entry by entry: of numbers, and of several yes-or-no labels at once.

Each is a function of one prediction p and one target t, which returns the loss and its derivatives by p and
by t. A row of a matrix becomes one node; so do the single entries for reduction="none".
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from tinygnn.collector import pause_collector
from tinygnn.linalg import data_of, is_constant, plain
from tinygnn.losses.reduction import check_reduction, masked, reduced
from tinygnn.value import Op, Value, as_value, logistic, real_number, sign

Term = tuple[float, float, float]  # the loss of one entry, d/dp, d/dt
Weights = Any  # a number, one for each column, or one for each entry


@pause_collector()
def mse_loss(
    prediction: Any, target: Any, mask: Sequence[bool] | None = None, *, reduction: str = "mean"
) -> Any:
    """The mean squared error Σ (p - t)² / n over all entries of the masked rows.

    Args:
        mask: the rows that count; the others are left out, of reduction="none" too.
        reduction: "mean", "sum", or "none" for a Value per entry, in the shape of the masked rows.

    Shapes: prediction and target both [N] or both [N][F]; mask [N]. The mean of nothing is nan, as in
    PyTorch. Raises ValueError when the shapes differ: nothing is broadcast.
    """
    return _loss(_squared, ("mse_loss",), prediction, target, mask, reduction)


def _squared(p: float, t: float) -> Term:
    d = p - t
    return d * d, 2.0 * d, -2.0 * d


@pause_collector()
def l1_loss(
    prediction: Any, target: Any, mask: Sequence[bool] | None = None, *, reduction: str = "mean"
) -> Any:
    """The mean absolute error Σ |p - t| / n; d/dp = sign(p - t), 0 where they are equal.

    Args, Shapes and Raises are those of `mse_loss`.
    """
    return _loss(_absolute, ("l1_loss",), prediction, target, mask, reduction)


def _absolute(p: float, t: float) -> Term:
    d = p - t
    return abs(d), sign(d), -sign(d)


@pause_collector()
def huber_loss(
    prediction: Any,
    target: Any,
    mask: Sequence[bool] | None = None,
    *,
    delta: float = 1.0,
    reduction: str = "mean",
) -> Any:
    """(p - t)²/2 where |p - t| < delta, else delta (|p - t| - delta/2) (Huber 1964, equation 5.1).

    Args, Shapes and Raises are those of `mse_loss`; delta must be above 0.

    >>> huber_loss([0.5, 4.0], [0.0, 0.0], reduction="none")
    [Value(0.125, grad=0.0), Value(3.5, grad=0.0)]
    """
    if not delta > 0.0:
        raise ValueError(f"delta is {delta!r}: it must be above 0")

    def huber(p: float, t: float) -> Term:
        return _huber(p, t, delta)

    return _loss(huber, ("huber_loss", delta), prediction, target, mask, reduction)


def _huber(p: float, t: float, delta: float) -> Term:
    d = p - t
    size = abs(d)
    if size >= delta:
        slope = math.copysign(delta, d)
        return delta * (size - 0.5 * delta), slope, -slope
    return 0.5 * d * d, d, -d


@pause_collector()
def smooth_l1_loss(
    prediction: Any,
    target: Any,
    mask: Sequence[bool] | None = None,
    *,
    beta: float = 1.0,
    reduction: str = "mean",
) -> Any:
    """(p - t)²/(2 beta) where |p - t| < beta, else |p - t| - beta/2 (Girshick 2015, arXiv:1504.08083, eq. 3).

    It is `huber_loss` divided by beta, and for beta = 0 `l1_loss`. Args, Shapes and Raises are those of
    `mse_loss`; beta must be at least 0.
    """
    if not beta >= 0.0:
        raise ValueError(f"beta is {beta!r}: it must be at least 0")

    def smooth(p: float, t: float) -> Term:
        d = p - t
        if abs(d) < beta:
            return 0.5 * d * d / beta, d / beta, -d / beta
        return abs(d) - 0.5 * beta, _slope(d), -_slope(d)

    return _loss(smooth, ("smooth_l1_loss", beta), prediction, target, mask, reduction)


def _slope(d: float) -> float:
    return sign(d) if d == d else d


@pause_collector()
def binary_cross_entropy_with_logits(
    prediction: Any,
    target: Any,
    mask: Sequence[bool] | None = None,
    *,
    weight: Weights = None,
    pos_weight: Weights = None,
    reduction: str = "mean",
) -> Any:
    """-w [c t log σ(z) + (1 - t) log(1 - σ(z))], from logits z: for one label or several of each row.

    It is computed as w [c t softplus(-z) + (1 - t) softplus(z)], without overflow and without PyTorch's
    inf - inf = nan at an infinite logit that is right; d/dz = w [(1 - t) σ(z) - c t σ(-z)].

    Args:
        weight: w, a factor of the terms. The mean divides by the number of terms all the same.
        pos_weight: c, how much a label that is there counts: (number without it) / (number with it), say.
        mask, reduction: as in `mse_loss`.

    Shapes: prediction and target both [N] or both [N][C], target from 0 to 1; weight and pos_weight a
    number, [C], or the shape of prediction. Raises ValueError when the shapes differ.

    >>> binary_cross_entropy_with_logits([[0.0, 1000.0]], [[1, 1]]).data
    0.34657359027997264
    """
    shape = (plain(prediction), mask)
    weights, positive = _weights("weight", weight, *shape), _weights("pos_weight", pos_weight, *shape)
    return _loss(_binary, ("bce_with_logits",), prediction, target, mask, reduction, (weights, positive))


bce_with_logits = binary_cross_entropy_with_logits


def _binary(z: float, t: float, w: float = 1.0, c: float = 1.0) -> Term:
    there, absent = _softplus(-z), _softplus(z)
    loss = (c * t * there if t else 0.0) + ((1.0 - t) * absent if t != 1.0 else 0.0)
    slope = (1.0 - t) * logistic(z) - c * t * logistic(-z)
    return w * loss, w * slope, w * (c * there - absent)


def _softplus(x: float) -> float:
    return max(x, 0.0) + math.log1p(math.exp(-abs(x))) if x == x else x


# ---- rows and entries ---------------------------------------------------------------------------------


def _loss(
    function: Callable[..., Term],
    op: tuple[Any, ...],
    prediction: Any,
    target: Any,
    mask: Sequence[bool] | None,
    reduction: str,
    weights: tuple[Any, ...] = (),
) -> Any:
    """Apply the function to each entry and reduce; weights are rows of further arguments, or None."""
    check_reduction(reduction)
    predictions, targets = masked(plain(prediction), mask), masked(plain(target), mask)
    if len(predictions) != len(targets):
        raise ValueError(f"{len(predictions)} predictions for {len(targets)} targets")
    in_rows = bool(predictions) and isinstance(predictions[0], (list, tuple))
    if in_rows:
        _same_shape(predictions, targets)
    else:
        predictions, targets = [[p] for p in predictions], [[t] for t in targets]
    further = [rows if rows is not None else [[1.0] * len(row) for row in predictions] for rows in weights]
    arguments = list(zip(predictions, targets, *further))
    if reduction == "none":
        entries = [
            [_node(function, op, [[part] for part in entry]) for entry in zip(*row)] for row in arguments
        ]
        return entries if in_rows else [entry for [entry] in entries]
    nodes = [_node(function, op, row) for row in arguments]
    return reduced(nodes, reduction, float(sum([len(row) for row in predictions])))


def _node(function: Callable[..., Term], op: tuple[Any, ...], arguments: Sequence[Any]) -> Value:
    """Σ function(p, t, ...) over a row: one node of its predictions, and of its targets if one is a Value."""
    parents = tuple([as_value(p) for p in arguments[0]])
    constant = is_constant(arguments[1])
    if constant:
        targets = tuple([real_number(t) for t in arguments[1]])
    else:
        parents += tuple([as_value(t) for t in arguments[1]])
        targets = data_of(parents[len(arguments[0]) :])
    terms = [function(*entry) for entry in zip(data_of(parents), targets, *arguments[2:])]
    loss = sum([term[0] for term in terms], 0.0)
    slopes = tuple([term[1] for term in terms])
    name: Op = (*op, *[tuple(rest) for rest in arguments[2:]])
    if constant:
        return Value(loss, parents, slopes, (*name, targets))
    return Value(loss, parents, slopes + tuple([term[2] for term in terms]), name)


def _same_shape(predictions: Any, targets: Any) -> None:
    for i, (p, t) in enumerate(zip(predictions, targets)):
        if not isinstance(t, (list, tuple)) or len(p) != len(t):
            raise ValueError(f"prediction[{i}] has {len(p)} entries, its target is {t!r}")


def _weights(name: str, given: Weights, predictions: Any, mask: Sequence[bool] | None) -> Any:
    """One weight for each entry of the masked rows, or None."""
    given = plain(given)
    if given is None:
        return None
    in_rows = bool(predictions) and isinstance(predictions[0], (list, tuple))
    shapes = [len(row) for row in predictions] if in_rows else [1] * len(predictions)
    if not shapes:
        return []
    if not isinstance(given, (list, tuple)):
        rows = [[real_number(given)] * width for width in shapes]
    elif not in_rows:
        rows = [[real_number(number)] for number in given]
    elif given and isinstance(given[0], (list, tuple)):
        rows = [[real_number(number) for number in row] for row in given]
    else:
        rows = [[real_number(number) for number in given]] * len(shapes)
    if [len(row) for row in rows] != shapes:
        raise ValueError(
            f"{name} does not fit {len(shapes)} rows of predictions: it must be a number, one for "
            "each column or one for each entry"
        )
    return masked(rows, mask)
