"""The cases of losses: masks, weights, reductions, targets that are Values, and extremes."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf, nan
from typing import Any

from tinygnn.conformance.case import Case

LOGITS = [[0.5, -1.25, 2.0], [1.5, 0.0, -0.75], [-0.5, 0.25, 1.0]]
TARGETS = [[0.25, 1.0, -0.5], [0.0, 0.0, 2.0], [1.5, -0.25, 0.75]]
LABELS = [[1.0, 0.0, 1.0], [0.0, 0.0, 1.0], [1.0, 1.0, 0.0]]
SOFT_LABELS = [[0.75, 0.125, 1.0], [0.0, 0.5, 0.25], [1.0, 0.625, 0.0]]
PROBABILITIES = [[0.5, 0.25, 0.25], [0.0, 1.0, 0.0], [0.125, 0.375, 0.5]]
CLASSES = [2, 0, 1]
COLUMN, COLUMN_TARGET = [0.5, -1.25, 2.0, 4.0], [0.25, -1.25, -1.0, 3.5]
LOG_PROBABILITIES = [[-0.5, -1.25, -2.0], [-1.5, -0.25, -0.75], [-0.5, -2.25, -1.0]]
MASK = [True, False, True]
WEIGHT = [0.5, 2.0, 1.25]
HUGE = [[1e308, -1e308, 0.0], [-1e308, 1e308, 1e308], [1e308, 1e308, 1e308]]

# name: call, the predictions, options, flags
Row = tuple[str, list[Any], dict[str, Any], tuple[str, ...]]
LOSSES: dict[str, Row] = {
    "mse_loss/ordinary": ("mse_loss", LOGITS, {"target": TARGETS}, ()),
    "mse_loss/mask": ("mse_loss", LOGITS, {"target": TARGETS, "mask": [True, False, True]}, ("mask",)),
    "mse_loss/empty-mask": ("mse_loss", LOGITS, {"target": TARGETS, "mask": [False] * 3}, ("empty", "mask")),
    "mse_loss/exact": ("mse_loss", LOGITS, {"target": LOGITS}, ("kink",)),
    "cross_entropy/ordinary": ("cross_entropy", LOGITS, {"target": CLASSES}, ()),
    "cross_entropy/mask": ("cross_entropy", LOGITS, {"target": CLASSES, "mask": MASK}, ("mask",)),
    "cross_entropy/empty-mask": (
        "cross_entropy", LOGITS, {"target": CLASSES, "mask": [False] * 3}, ("empty", "mask"),
    ),
    "cross_entropy/large-right": ("cross_entropy", [[1000.0, -1000.0]], {"target": [0]}, ()),
    "cross_entropy/large-wrong": ("cross_entropy", [[1000.0, -1000.0]], {"target": [1]}, ()),
    "cross_entropy/negative-infinite-other": (
        "cross_entropy", [[0.5, -inf, 1.0]], {"target": [0]}, ("infinite",),
    ),
    "cross_entropy/negative-infinite-target": (
        "cross_entropy", [[0.5, -inf, 1.0]], {"target": [1]}, ("infinite",),
    ),
    "cross_entropy/weight": ("cross_entropy", LOGITS, {"target": CLASSES, "weight": WEIGHT}, ()),
    "cross_entropy/weight-mask": (
        "cross_entropy", LOGITS, {"target": CLASSES, "weight": WEIGHT, "mask": MASK}, ("mask",),
    ),
    "cross_entropy/weight-of-zero": (
        "cross_entropy", LOGITS, {"target": CLASSES, "weight": [0.5, 2.0, 0.0]}, (),
    ),
    "cross_entropy/smoothing": ("cross_entropy", LOGITS, {"target": CLASSES, "label_smoothing": 0.125}, ()),
    "cross_entropy/smoothing-whole": (
        "cross_entropy", LOGITS, {"target": CLASSES, "label_smoothing": 1.0}, (),
    ),
    "cross_entropy/smoothing-weight": (
        "cross_entropy", LOGITS, {"target": CLASSES, "label_smoothing": 0.125, "weight": WEIGHT}, (),
    ),
    "cross_entropy/smoothing-weight-mask": (
        "cross_entropy", LOGITS,
        {"target": CLASSES, "label_smoothing": 0.125, "weight": WEIGHT, "mask": MASK}, ("mask",),
    ),
    "cross_entropy/ignored": ("cross_entropy", LOGITS, {"target": [2, -100, 1]}, ("mask",)),
    "cross_entropy/ignore-index": (
        "cross_entropy", LOGITS,
        {"target": [2, 0, 1], "ignore_index": 0, "weight": WEIGHT, "label_smoothing": 0.125}, ("mask",),
    ),
    "cross_entropy/all-ignored": ("cross_entropy", LOGITS, {"target": [-100] * 3}, ("empty", "mask")),
    "cross_entropy/probabilities": ("cross_entropy", LOGITS, {"target": PROBABILITIES}, ()),
    "cross_entropy/probabilities-weight": (
        "cross_entropy", LOGITS, {"target": PROBABILITIES, "weight": WEIGHT}, (),
    ),
    "cross_entropy/probabilities-all": (
        "cross_entropy", LOGITS,
        {"target": PROBABILITIES, "weight": WEIGHT, "label_smoothing": 0.125, "mask": MASK}, ("mask",),
    ),
    "cross_entropy/probabilities-empty-mask": (
        "cross_entropy", LOGITS, {"target": PROBABILITIES, "mask": [False] * 3}, ("empty", "mask"),
    ),
    "cross_entropy/probabilities-negative-infinite": (
        "cross_entropy", [[0.5, -inf, 1.0]], {"target": [[0.5, 0.0, 0.5]]}, ("infinite",),
    ),
    "cross_entropy/huge": ("cross_entropy", HUGE, {"target": [0, 1, 2]}, ("infinite",)),
    "cross_entropy/huge-wrong": ("cross_entropy", HUGE, {"target": [2, 2, 0]}, ("infinite",)),
    "cross_entropy/huge-smoothing": (
        "cross_entropy", HUGE, {"target": [2, 2, 0], "label_smoothing": 0.125}, ("infinite",),
    ),
    "cross_entropy/infinite": ("cross_entropy", [[0.5, inf, 1.0]], {"target": [0]}, ("infinite",)),
    "cross_entropy/infinite-weight": (
        "cross_entropy", [[0.5, inf, 1.0]], {"target": [0], "weight": WEIGHT}, ("infinite",),
    ),
    "cross_entropy/nan": ("cross_entropy", [[0.5, nan, 1.0]], {"target": [0], "weight": WEIGHT}, ("nan",)),
    "l1_loss/apart": ("l1_loss", [0.5, -1.25, 2.0], {"target": [-1.5, 1.0, -0.5]}, ()),
    "l1_loss/near": ("l1_loss", [0.5, -1.25, 2.0], {"target": [0.25, -1.0, 1.5]}, ()),
    "nll_loss/ordinary": ("nll_loss", LOG_PROBABILITIES, {"target": CLASSES}, ()),
    "nll_loss/mask": ("nll_loss", LOG_PROBABILITIES, {"target": CLASSES, "mask": MASK}, ("mask",)),
    "nll_loss/weight": ("nll_loss", LOG_PROBABILITIES, {"target": CLASSES, "weight": WEIGHT}, ()),
    "nll_loss/ignored": (
        "nll_loss", LOG_PROBABILITIES, {"target": [2, -100, 1], "weight": WEIGHT}, ("mask",),
    ),
    "nll_loss/ignore-index": (
        "nll_loss", LOG_PROBABILITIES, {"target": CLASSES, "ignore_index": 0}, ("mask",),
    ),
    "nll_loss/empty-mask": (
        "nll_loss", LOG_PROBABILITIES, {"target": CLASSES, "mask": [False] * 3}, ("empty", "mask"),
    ),
    "nll_loss/negative-infinite": ("nll_loss", [[-0.5, -inf]], {"target": [1]}, ("infinite",)),
    "nll_loss/nan": ("nll_loss", [[-0.5, nan], [-0.5, -1.0]], {"target": [0, 1]}, ("nan",)),
    "huber_loss/delta": ("huber_loss", LOGITS, {"target": TARGETS, "delta": 0.5}, ()),
    "huber_loss/at-delta": ("huber_loss", COLUMN, {"target": COLUMN_TARGET, "delta": 0.5}, ("kink",)),
    "smooth_l1_loss/beta": ("smooth_l1_loss", LOGITS, {"target": TARGETS, "beta": 0.5}, ()),
    "smooth_l1_loss/beta-of-zero": (
        "smooth_l1_loss", COLUMN, {"target": COLUMN_TARGET, "beta": 0.0}, ("kink",),
    ),
    "bce_with_logits/soft": ("bce_with_logits", LOGITS, {"target": SOFT_LABELS}, ()),
    "bce_with_logits/weight": ("bce_with_logits", LOGITS, {"target": LABELS, "weight": WEIGHT}, ()),
    "bce_with_logits/weight-of-each": (
        "bce_with_logits", LOGITS, {"target": LABELS, "weight": [WEIGHT, WEIGHT[::-1], WEIGHT]}, (),
    ),
    "bce_with_logits/pos-weight": ("bce_with_logits", LOGITS, {"target": LABELS, "pos_weight": WEIGHT}, ()),
    "bce_with_logits/all": (
        "bce_with_logits", LOGITS,
        {"target": SOFT_LABELS, "weight": WEIGHT, "pos_weight": WEIGHT[::-1], "mask": MASK}, ("mask",),
    ),
    "bce_with_logits/large": (
        "bce_with_logits", [[40.0, 40.0], [-40.0, -40.0], [1000.0, -1000.0]],
        {"target": [[1.0, 0.0], [1.0, 0.0], [0.5, 0.25]]}, (),
    ),
    "bce_with_logits/huge": (
        "bce_with_logits", [[1e308, 1.0], [-1e308, 1.0]], {"target": [[0.0, 1.0], [0.0, 0.0]]}, ("infinite",),
    ),
    "bce_with_logits/infinite-wrong": ("bce_with_logits", [inf], {"target": [0.0]}, ("infinite",)),
    "bce_with_logits/infinite-right": ("bce_with_logits", [inf], {"target": [1.0]}, ("infinite",)),
    "bce_with_logits/negative-infinite-wrong": ("bce_with_logits", [-inf], {"target": [1.0]}, ("infinite",)),
    "bce_with_logits/negative-infinite-right": ("bce_with_logits", [-inf], {"target": [0.0]}, ("infinite",)),
    "bce_with_logits/nan": ("bce_with_logits", [nan, 1.0], {"target": [1.0, 0.0]}, ("nan",)),
}  # fmt: skip
# What every loss of numbers is asked, beside the rows above: by what its predictions are compared with.
OF_NUMBERS = ("mse_loss", "l1_loss", "huber_loss", "smooth_l1_loss", "bce_with_logits")
EQUATIONS = {
    "mse_loss": "Σ (p_i - t_i)² / n",
    "l1_loss": "Σ |p_i - t_i| / n",
    "huber_loss": "(p - t)²/2 where |p - t| < delta, else delta (|p - t| - delta/2)",
    "smooth_l1_loss": "(p - t)²/(2 beta) where |p - t| < beta, else |p - t| - beta/2",
    "bce_with_logits": "-w [c t log σ(z) + (1 - t) log(1 - σ(z))]",
    "cross_entropy": "-Σ_i Σ_c w_c q_ic log softmax(z_i)_c / n over the masked rows",
    "nll_loss": "-Σ_i w_(t_i) v_i[t_i] / Σ_i w_(t_i) over the masked rows",
}


def common_rows(call: str) -> Iterator[tuple[str, list[Any], dict[str, Any], tuple[str, ...]]]:
    """The rows that every loss of numbers has."""
    target = LABELS if call == "bce_with_logits" else TARGETS
    column = [0.0, 1.0, 1.0, 0.0] if call == "bce_with_logits" else COLUMN_TARGET
    exact = () if call == "bce_with_logits" else ("kink",)
    equal = ("kink",) if call == "l1_loss" else ()  # one entry of LOGITS is its target
    yield "ordinary", LOGITS, {"target": target}, equal
    yield "one-number-each", COLUMN, {"target": column}, exact
    yield "one-column", [[p] for p in COLUMN], {"target": [[t] for t in column]}, exact
    yield "mask", LOGITS, {"target": target, "mask": MASK}, ("mask",)
    yield "empty-mask", LOGITS, {"target": target, "mask": [False] * 3}, ("empty", "mask")
    yield "sum", LOGITS, {"target": target, "reduction": "sum"}, equal
    yield "none", LOGITS, {"target": target, "reduction": "none"}, equal
    yield "none-mask", LOGITS, {"target": target, "reduction": "none", "mask": MASK}, ("mask",)
    if call != "bce_with_logits":
        yield "infinite", [inf, -inf, 1.0], {"target": [0.0, 0.0, inf]}, ("infinite",)
        yield "infinite-both", [inf, 1.0], {"target": [inf, 0.0]}, ("infinite",)
        yield "overflow", [1e308, 1.0], {"target": [-1e308, 0.0]}, ("infinite",)
        yield "nan", [nan, 1.0], {"target": [0.0, 0.0]}, ("nan",)


def loss_cases() -> Iterator[Case]:
    """Every case of a loss."""
    for name, (call, prediction, options, flags) in LOSSES.items():
        yield _case(name, call, {"prediction": prediction}, options, flags)
    for call in OF_NUMBERS:
        for name, prediction, options, flags in common_rows(call):
            if f"{call}/{name}" not in LOSSES:
                yield _case(f"{call}/{name}", call, {"prediction": prediction}, options, flags)
        equal = ("kink",) if call == "l1_loss" else ()
        target = SOFT_LABELS if call == "bce_with_logits" else TARGETS
        yield _case(f"{call}/target-value", call, {"prediction": LOGITS, "target": target}, {}, equal)
    for call, prediction in (("cross_entropy", LOGITS), ("nll_loss", LOG_PROBABILITIES)):
        for reduction in ("sum", "none"):
            for name, classes in (("", CLASSES), ("-ignored", [2, -100, 1])):
                given = {"target": classes, "weight": WEIGHT, "reduction": reduction}
                trap = ("mask",) if name else ()
                yield _case(f"{call}/{reduction}{name}", call, {"prediction": prediction}, given, trap)
    smooth = {"weight": WEIGHT, "label_smoothing": 0.125}
    both = {"prediction": LOGITS, "target": PROBABILITIES}
    yield _case("cross_entropy/probabilities-value", "cross_entropy", both, smooth, ())
    rest = {"target": PROBABILITIES, "reduction": "none", **smooth}
    yield _case("cross_entropy/probabilities-none", "cross_entropy", {"prediction": LOGITS}, rest, ())


def _case(
    name: str, call: str, inputs: dict[str, Any], options: dict[str, Any], flags: tuple[str, ...]
) -> Case:
    return Case(
        id=f"op/{name}",
        kind="op",
        call=call,
        inputs=inputs,
        options=options,
        cotangent=cotangent(call, inputs["prediction"], options),
        flags=flags,
        equation=EQUATIONS[call],
    )


def cotangent(call: str, prediction: list[Any], options: dict[str, Any]) -> Any:
    """One number for the mean and the sum, and one for each term where nothing is reduced."""
    if options.get("reduction") != "none":
        return 1.3125
    rows = len([keep for keep in options.get("mask", [True] * len(prediction)) if keep])
    if call in ("cross_entropy", "nll_loss"):
        return [1.3125 - 0.875 * i for i in range(rows)]
    return [[1.3125 - 0.875 * i + 0.25 * j for j in range(len(prediction[0]))] for i in range(rows)]
