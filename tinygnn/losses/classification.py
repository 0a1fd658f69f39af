"""Losses of classes: cross entropy from logits, and from log probabilities."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from math import inf, nan
from typing import Any, SupportsFloat

from tinygnn.collector import pause_collector
from tinygnn.constants import constant, constants_are_recorded, quotient
from tinygnn.linalg import Matrix, Row, data_of, dot, is_constant, log_softmax_at, mean, plain, total
from tinygnn.linalg import _log_normalizer as log_normalizer
from tinygnn.losses.reduction import check_reduction, masked, reduced
from tinygnn.value import Value, as_value, real_number

IGNORE = -100  # PyTorch's mark of a row without a class


@pause_collector()
def cross_entropy(
    logits: Matrix,
    target: Sequence[Any],
    mask: Sequence[bool] | None = None,
    *,
    weight: Sequence[float] | None = None,
    ignore_index: int = IGNORE,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Any:
    """-Σ_i Σ_c w_c q_ic log softmax(z_i)_c / n over the masked rows, from logits z; no overflow for any z.

    q_ic is 1 at the target class and 0 elsewhere, or the target's own probability; label_smoothing ε makes
    it (1 - ε) q_ic + ε / C (Szegedy et al. 2016, arXiv:1512.00567, section 7). The mean divides by
    n = Σ_i w of the target class, and for probabilities by the number of rows, as in PyTorch.

    Args:
        mask: the rows that count; the others are left out, of reduction="none" too.
        weight: w, a factor for each class. What has the factor 0 adds 0, also where the logarithm is -inf and
            PyTorch gives nan.
        ignore_index: a target that says that its row does not count.
        reduction: "mean", "sum", or "none" for a Value per masked row, 0 where the target is ignored.

    Shapes: logits [N][C], target [N] of classes 0..C-1 or [N][C] of probabilities (Values too), mask [N],
    weight [C]. Of no rows the mean is nan, as in PyTorch. Raises ValueError, naming the row, for a target
    that is not a class.

    >>> cross_entropy([[0.0, 0.0], [9.0, 0.0]], [1, 0], mask=[True, False]).data
    0.6931471805599453
    """
    check_reduction(reduction)
    if not 0.0 <= label_smoothing <= 1.0:
        raise ValueError(f"label_smoothing is {label_smoothing!r}: it must be in [0, 1]")
    logits, target, weight = plain(logits), plain(target), plain(weight)
    rows = _rows(logits, target, mask, "logits")
    factors = [_factors(weight, len(logits[i])) for i in rows]
    if rows and all(isinstance(target[i], (list, tuple)) for i in rows):
        terms = [
            _of_probabilities(i, logits[i], target[i], w, label_smoothing) for i, w in zip(rows, factors)
        ]
        return terms if reduction == "none" else reduced(terms, reduction, float(len(rows)))
    labels = [_class(i, target[i], len(logits[i]), ignore_index) for i in rows]
    if weight is None and label_smoothing == 0.0 and reduction == "mean":
        return -mean([log_softmax_at(logits[i], label) for i, label in zip(rows, labels) if label >= 0])
    terms = [_of_class(logits[i], label, w, label_smoothing) for i, label, w in zip(rows, labels, factors)]
    if reduction == "none":
        return terms
    counted = [term for term, label in zip(terms, labels) if label >= 0]
    return reduced(counted, reduction, _total_weight(labels, factors))


@pause_collector()
def nll_loss(
    log_probabilities: Matrix,
    target: Sequence[int],
    mask: Sequence[bool] | None = None,
    *,
    weight: Sequence[float] | None = None,
    ignore_index: int = IGNORE,
    reduction: str = "mean",
) -> Any:
    """-Σ_i w_(t_i) v_i[t_i] / Σ_i w_(t_i) over the masked rows of log probabilities v.

    With the rows of `log_softmax` as v it is `cross_entropy`. Args, Shapes and Raises are those of
    `cross_entropy`, with classes as targets.

    >>> nll_loss([[-0.5, -0.25], [-2.0, -4.0]], [0, 1], weight=[1.0, 3.0]).data
    3.125
    """
    check_reduction(reduction)
    log_probabilities, target, weight = plain(log_probabilities), plain(target), plain(weight)
    rows = _rows(log_probabilities, target, mask, "log probabilities")
    factors = [_factors(weight, len(log_probabilities[i])) for i in rows]
    labels = [_class(i, target[i], len(log_probabilities[i]), ignore_index) for i in rows]
    chosen = [
        (-w[label], log_probabilities[i][label]) if label >= 0 and w[label] else (0.0, None)
        for i, label, w in zip(rows, labels, factors)
    ]
    if reduction == "none":
        return [Value(0.0) if v is None else dot([w], [v]) for w, v in chosen]
    if reduction == "mean" and not any(v is not None for _, v in chosen):
        return mean([])
    divisor = 1.0 if reduction == "sum" else _total_weight(labels, factors)
    counted = [(quotient(constant(w), divisor), v) for w, v in chosen if v is not None]
    return dot([w for w, _ in counted], [v for _, v in counted])


# ---- one row -------------------------------------------------------------------------------------------


def _of_class(logits: Row, label: int, weight: Sequence[float], smoothing: float) -> Value:
    """The term of a row whose target is a class, -1 for none."""
    if label < 0:
        return Value(0.0)
    if constants_are_recorded():
        target = [Value(float(k == label)) for k in range(len(weight))]
        return _of_probabilities(label, logits, target, weight, smoothing)
    q = [smoothing / len(weight) * w for w in weight]
    q[label] += (1.0 - smoothing) * weight[label]
    return _row(logits, tuple(q))


def _of_probabilities(
    i: int, logits: Row, target: Sequence[SupportsFloat], weight: Sequence[float], smoothing: float
) -> Value:
    """The term of a row whose target is a probability for each class; they may be Values."""
    if len(target) != len(logits):
        raise ValueError(f"target[{i}] has {len(target)} probabilities for {len(logits)} classes")
    keep, share = 1.0 - smoothing, smoothing / len(weight)
    q = tuple([w * (keep * float(t) + share) for w, t in zip(weight, target)])
    row = _row(logits, q)
    if is_constant(target) and not constants_are_recorded():
        return row
    targets = tuple([as_value(t) for t in target])
    logarithms, _ = _log_probabilities(row.parents)
    by_target = tuple([-w * keep * x if w * keep else 0.0 for w, x in zip(weight, logarithms)])
    return Value(
        row.data, row.parents + targets, row.partials + by_target, ("cross_entropy", tuple(weight), smoothing)
    )


def _row(logits: Row, q: tuple[float, ...]) -> Value:
    """-Σ_c q_c log softmax(z)_c; d/dz_c = softmax(z)_c Σ_k q_k - q_c. What has q_c = 0 adds 0."""
    parents = tuple([as_value(z) for z in logits])
    logarithms, p = _log_probabilities(parents)
    everything = sum(q, 0.0)
    loss = sum([-share * x for share, x in zip(q, logarithms) if share], 0.0)
    slopes = tuple([everything * x - share for share, x in zip(q, p)]) if any(q) else (0.0,) * len(q)
    return Value(loss, parents, slopes, ("cross_entropy", q))


def _log_probabilities(parents: tuple[Value, ...]) -> tuple[list[float], tuple[float, ...]]:
    """log softmax(z) and softmax(z)."""
    data = data_of(parents)
    shift, log_total, p = log_normalizer(data)
    return [z - shift - log_total if log_total < inf else nan for z in data], p


# ---- targets and weights -------------------------------------------------------------------------------


def _rows(logits: Matrix, target: Sequence[Any], mask: Sequence[bool] | None, what: str) -> list[int]:
    """The numbers of the rows that count."""
    if len(logits) != len(target):
        raise ValueError(f"{len(logits)} rows of {what} for {len(target)} targets")
    rows: list[int] = masked(list(range(len(logits))), mask)
    return rows


def _class(i: int, label: Any, classes: int, ignore_index: int) -> int:
    """The class that a target names, or -1 where it says that its row does not count."""
    if not hasattr(label, "__index__") or isinstance(label, bool):
        number = -1
    else:
        number = operator.index(label)
        if number == ignore_index:
            return -1
    if not 0 <= number < classes:
        raise ValueError(
            f"target[{i}] is {label!r}: expected a class from 0 to {classes - 1}; "
            "leave rows without a label out with mask="
        )
    return number


def _factors(weight: Sequence[float] | None, classes: int) -> list[float]:
    """The weight of each class."""
    if weight is None:
        return [1.0] * classes
    if len(weight) != classes:
        raise ValueError(f"weight has {len(weight)} entries for {classes} classes")
    return [real_number(w) for w in weight]


def _total_weight(labels: Sequence[int], factors: Sequence[Sequence[float]]) -> Value | float:
    """The sum of the weights of the target classes."""
    weights = [w[label] for label, w in zip(labels, factors) if label >= 0]
    return total(weights) if constants_are_recorded() else sum(weights, 0.0)
