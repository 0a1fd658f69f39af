"""The cases of linalg's operations on rows and matrices."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf, nan
from typing import Any

from tinygnn.conformance.case import Case

ROWS: dict[str, tuple[list[float], tuple[str, ...]]] = {
    "ordinary": ([0.6875, -1.3125, 2.5], ()),
    "one": ([0.6875], ()),
    "nothing": ([], ("empty",)),
    "tie-of-two": ([2.5, -1.3125, 2.5, 0.5], ("tie",)),
    "tie-of-all": ([1.5, 1.5, 1.5], ("tie",)),
    "zeros-of-two-signs": ([-0.0, 0.0], ("tie",)),
    "cancelling": ([1024.0, 0.0625, -1024.0], ()),
    "beyond-float32": ([1.0, 2.0**-30, 0.5], ()),
    "large": ([1000.0, 1001.0, 999.0], ()),
    "far-apart": ([1000.0, -1000.0, 0.0], ()),
    "large-negative": ([-1000.0, -1001.0], ()),
    "one-negative-infinite": ([0.6875, -inf, 2.5], ("infinite",)),
    "all-negative-infinite": ([-inf, -inf], ("infinite", "tie")),
    "one-infinite": ([0.6875, inf], ("infinite",)),
    "opposite-infinities": ([inf, -inf], ("infinite",)),
    "nan": ([0.6875, nan, 2.5], ("nan",)),
    "two-nans": ([nan, 0.6875, nan], ("nan", "tie")),
}

# linalg's operations of one row: whether they return a row, and the equation.
OF_A_ROW: dict[str, tuple[bool, str]] = {
    "total": (False, "Σ v_i; d/dv_i = 1"),
    "mean": (False, "Σ v_i / n; d/dv_i = 1/n"),
    "amax": (False, "max v_i; ties share the gradient equally"),
    "amin": (False, "min v_i; ties share the gradient equally"),
    "logsumexp": (False, "log Σ e^v_i; d/dv_i = softmax(v)_i"),
    "softmax": (True, "p_i = e^v_i / Σ e^v_k; dp_i/dv_j = p_i (δ_ij - p_j)"),
    "log_softmax": (True, "v_i - logsumexp(v); d/dv_j = δ_ij - softmax(v)_j"),
}
NEEDS_AN_ENTRY = ("amax", "amin")

A = [[0.5, -1.25, 2.0], [1.5, 0.0, -0.75]]
B = [[1.0, -0.5], [0.25, 2.0], [-1.5, 0.75]]
BIAS = [0.5, -2.0]
WEIGHT = [[1.0, -0.5, 0.75]]
COLUMNS = [[1.0, -0.5, 0.75], [2.0, 0.25, -1.0]]
ZERO_AND_INFINITE = [[0.0, 1.0]], [[inf], [2.0]]
SMALL, SMALL_COLUMN = [[0.5, -0.25], [0.75, 0.5]], [[0.5], [0.25]]
LARGE = [[1.5, -2.5], [3.0, 1.25]]
COLUMN = [[1.3125], [-0.4375]]
SQUARE = [[1.3125, -0.4375], [0.8125, 0.1875]]

# name: call, operands with gradients, options, cotangent, flags, equation
PRODUCTS: dict[str, tuple[str, dict[str, Any], dict[str, Any], Any, tuple[str, ...], str]] = {
    "dot/ordinary": ("dot", {"a": A[0], "b": A[1]}, {}, 1.3125, (), "Σ a_i b_i"),
    "dot/constant-left": ("dot", {"b": A[1]}, {"a": A[0]}, 1.3125, ("constant",), "Σ a_i b_i"),
    "dot/constant-right": ("dot", {"a": A[1]}, {"b": A[0]}, 1.3125, ("constant",), "Σ a_i b_i"),
    "dot/nothing": ("dot", {"a": [], "b": []}, {}, 1.3125, ("empty",), "Σ a_i b_i"),
    "dot/cancelling": (
        "dot", {"a": [1024.0, 3.0, 1024.0], "b": [1.0, 0.0625, -1.0]}, {}, 1.3125, (), "Σ a_i b_i",
    ),
    "dot/infinite-zero": ("dot", {"a": [inf, 1.0], "b": [0.0, 2.0]}, {}, 1.3125, ("infinite",), "Σ a_i b_i"),
    "dot/nan": ("dot", {"a": [nan, 1.0], "b": [0.0, 2.0]}, {}, 1.3125, ("nan",), "Σ a_i b_i"),
    "dot/with-itself": ("dot_self", {"a": A[0]}, {}, 1.3125, ("shared",), "Σ a_i²; d/da_i = 2 a_i"),
    "linear_combination/ordinary": (
        "linear_combination", {"values": A[0]}, {"coefficients": A[1]}, 1.3125, ("constant",), "Σ c_i v_i",
    ),
    "linear_combination/nothing": (
        "linear_combination", {"values": []}, {"coefficients": []}, 1.3125, ("empty",), "Σ c_i v_i",
    ),
    "matmul/ordinary": ("matmul", {"a": A, "b": B}, {}, SQUARE, (), "Σ_k a_ik b_kj"),
    "matmul/column": ("matmul", {"a": SMALL, "b": SMALL_COLUMN}, {}, COLUMN, (), "Σ_k a_ik b_kj"),
    "matmul/constant-left": ("matmul", {"b": B}, {"a": A}, SQUARE, ("constant",), "Σ_k a_ik b_kj"),
    "matmul/constant-right": ("matmul", {"a": A}, {"b": B}, SQUARE, ("constant",), "Σ_k a_ik b_kj"),
    "matmul/zero-times-infinite": (
        "matmul", dict(zip("ab", ZERO_AND_INFINITE)), {}, [[1.3125]], ("infinite",), "Σ_k a_ik b_kj",
    ),
    "matmul/constant-zero-times-infinite": (
        "matmul", {"b": ZERO_AND_INFINITE[1]}, {"a": ZERO_AND_INFINITE[0]}, [[1.3125]],
        ("infinite", "constant"), "Σ_k a_ik b_kj over the a_ik that are not 0",
    ),
    "transpose/ordinary": ("transpose", {"matrix": A}, {}, B, (), "a_ji"),
    "transpose/small": ("transpose", {"matrix": SMALL}, {}, SQUARE, (), "a_ji"),
    "transpose/large": ("transpose", {"matrix": LARGE}, {}, SQUARE, (), "a_ji"),
    "linear/ordinary": ("linear", {"x": A, "weight": WEIGHT, "bias": [0.5]}, {}, COLUMN, (), "X Wᵀ + b"),
    "linear/without-bias": ("linear", {"x": A, "weight": WEIGHT}, {}, COLUMN, (), "X Wᵀ"),
    "linear/constant": (
        "linear", {"weight": WEIGHT, "bias": [0.5]}, {"x": A}, COLUMN, ("constant",), "X Wᵀ + b",
    ),
    "dense_product/ordinary": (
        "dense_product", {"rows": A, "columns": COLUMNS, "bias": BIAS}, {}, SQUARE, (), "r_i · c_j + b_j",
    ),
    "dense_product/small": (
        "dense_product", {"rows": SMALL, "columns": SMALL, "bias": [0.125, -0.0625]}, {}, SQUARE, (),
        "r_i · c_j + b_j",
    ),
    "weighted_sums/ordinary": (
        "weighted_sums", {"values": [*B, BIAS]},
        {"coefficients": [[0.5, 0.0, 1.5, 1.0], [0.0, 0.0, -2.0, 1.0]]},
        SQUARE, ("constant",), "Σ_k c_ik v_kj",
    ),
    "weighted_sums/row-without-entries": (
        "weighted_sums", {"values": B}, {"coefficients": [[0.5, 0.0, 1.5], [0.0, 0.0, 0.0]]},
        SQUARE, ("constant", "empty"), "Σ_k c_ik v_kj",
    ),
    "value_weighted_sums/ordinary": (
        "value_weighted_sums", {"coefficients": A, "values": B}, {}, SQUARE, (), "Σ_k c_ik v_kj",
    ),
    "value_weighted_sums/small": (
        "value_weighted_sums", {"coefficients": SMALL, "values": SMALL}, {}, SQUARE, (), "Σ_k c_ik v_kj",
    ),
    "log_softmax_at/ordinary": (
        "log_softmax_at", {"values": A[0]}, {"index": 1}, 1.3125, (), "v_i - logsumexp(v)",
    ),
    "log_softmax_at/large": (
        "log_softmax_at", {"values": [1000.0, -1000.0]}, {"index": 1}, 1.3125, (), "v_i - logsumexp(v)",
    ),
}  # fmt: skip


def row_cases() -> Iterator[Case]:
    """Every case of an operation on many values."""
    for call, (gives_row, equation) in OF_A_ROW.items():
        for name, (values, flags) in ROWS.items():
            if values or call not in NEEDS_AN_ENTRY:
                cotangent = [1.3125 - 0.875 * i for i in range(len(values))] if gives_row else 1.3125
                here = tuple(flag for flag in flags if flag != "tie" or call in NEEDS_AN_ENTRY)
                yield _case(f"{call}/{name}", call, {"values": values}, {}, cotangent, here, equation)
    for name, product in PRODUCTS.items():
        yield _case(name, *product)


def _case(
    name: str,
    call: str,
    inputs: dict[str, Any],
    options: dict[str, Any],
    cotangent: Any,
    flags: tuple[str, ...],
    equation: str,
) -> Case:
    return Case(
        id=f"op/{name}",
        kind="op",
        call=call,
        inputs=inputs,
        options=options,
        cotangent=cotangent,
        flags=flags,
        equation=equation,
    )
