"""Mistakes in single operations and in aggregations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tinygnn.conformance import torch_backend, torch_ops
from tinygnn.conformance.mutants.changes import (
    Steeper,
    in_float32,
    off_where,
    torch,
    without_settings,
)
from tinygnn.conformance.mutants.mutant import Mutant
from tinygnn.conformance.torch_ops import tensor

right = torch_ops.operations()
# Operations whose gradients are 0 or nan in all their cases: forty steps of chain end where nothing changes.
WITHOUT_SLOPE = ("aggregate", "amax-then-log", "minimum-then-sqrt", "times-zero-then-sqrt", "chain")
# Those whose results are never as large as 1 in cases with a slope, and those that never are smaller.
NEVER_LARGE = ("cos", "linear", "tanh", "sigmoid", "softmax", "powers", "linear_combination")
NEVER_SMALL = ("square-plus-tanh", "difference-of-squares", "quotient", "dot_self")
# What is large, where 1 parts no two ordinary cases.
BOUNDS = {
    "mse_loss": 10.0, "nll_loss": 2.0, "log_softmax_at": 10.0, "clamp-then-divided": 4.0, "sin": 0.8,
    "dot": 0.5, "clamp-then-sqrt": 0.7,
}  # fmt: skip


def of_operation(name: str, rule: str, operation: str, change: Callable[..., Any]) -> Mutant:
    """A mutant of one operation."""
    table = {**right, operation: change}
    own = {"dot_self": "dot/with-itself"}.get(operation, f"{operation}/")
    ids = (f"op/{own}", f"op/{operation}-")
    return Mutant(f"{operation}: {name}", rule, ids, torch_backend, "operations", lambda: lambda: table)


def of_aggregation(aggr: str, name: str, rule: str, change: Callable[[Any], Any]) -> Mutant:
    """A mutant of one aggregation; `change` gives a row for a group of at least one."""

    def changed(rows: Any, aggr_: str, index: list[int], groups: int) -> Any:
        out = right["aggregate"](rows, aggr_, index, groups)
        if aggr_ != aggr or groups == 0:
            return out
        members = [[i for i, own in enumerate(index) if own == group] for group in range(groups)]
        return torch.stack([change(rows[own]) if own else out[g] for g, own in enumerate(members)])

    def by_name(rows: Any, aggr: str, index: list[int], num_groups: int) -> Any:
        return changed(rows, aggr, index, num_groups)

    table = {**right, "aggregate": by_name}
    ids = (f"op/aggregate-{aggr}/",)
    return Mutant(f"aggregate({aggr}): {name}", rule, ids, torch_backend, "operations", lambda: lambda: table)


def tie_to_the_first(x: Any, y: Any) -> Any:
    return torch.where(tensor(x) >= y, x, y)


def nan_swallowed(x: Any, y: Any) -> Any:
    return torch.fmax(tensor(x), tensor(y))


def factor_detached(x: Any, y: Any) -> Any:
    return x * (y.detach() if torch.is_tensor(x) and torch.is_tensor(y) else y)


def closed_clamp(x: Any, min: float = -torch.inf, max: float = torch.inf) -> Any:
    inside = (x > min) & (x < max)
    return torch.where(inside, x, torch.clamp(x, min, max).detach() + 0.0 * x)


def exponent_detached(x: Any, y: Any) -> Any:
    return x ** (y.detach() + 0.0 * y) if torch.is_tensor(y) else x**y


def first_factor_detached(a: Any, b: Any) -> Any:
    a = tensor(a)
    return right["matmul"](a.detach() + 0.0 * a if len(b[0]) > 1 else a, b)


def right_divisor_constant(x: Any, y: Any) -> Any:
    return x / (y.detach() + 0.0 * y) if torch.is_tensor(y) else x / y


def naive_logsumexp(values: Any) -> Any:
    return torch.exp(values).sum().log()


def naive_softmax(values: Any) -> Any:
    return torch.exp(values) / torch.exp(values).sum()


def shift_detached(values: Any) -> Any:
    """log softmax whose logarithm of the sum is a constant."""
    return values - torch.logsumexp(values, 0).detach()


def without_bias(x: Any, weight: Any, bias: Any = None) -> Any:
    return right["linear"](x, weight, None if bias is None else 0.0 * bias)


def steeper_bias(x: Any, weight: Any, bias: Any = None) -> Any:
    return right["linear"](x, weight, None if bias is None else Steeper.apply(tensor(bias)))


def more_than_one_off(aggr: str) -> Callable[[Any], Any]:
    """The right aggregate; of several rows with gradients a thousandth too large."""

    def changed(rows: Any) -> Any:
        out = right["aggregate"](rows, aggr, [0] * len(rows), 1)[0]
        return Steeper.apply(out) if len(rows) > 1 else out

    return changed


class Quotient(torch.autograd.Function):  # type: ignore[misc]
    """A product whose gradient is result / x, which is nan where x is 0."""

    @staticmethod
    def forward(ctx: Any, rows: Any) -> Any:
        ctx.save_for_backward(rows)
        return rows.prod(0)

    @staticmethod
    def backward(ctx: Any, gradient: Any) -> Any:
        (rows,) = ctx.saved_tensors
        return gradient * rows.prod(0) / rows


def tanh_gelu(x: Any, approximate: str = "none") -> Any:
    return torch.nn.functional.gelu(x, approximate="tanh")


def abs_with_slope_one(x: Any) -> Any:
    return torch.where(x >= 0.0, x, -x)


def operation_mutants() -> list[Mutant]:
    """The mutants of operations."""
    return [
        of_operation("tie to the first", "of equals the left one gets it all", "maximum", tie_to_the_first),
        of_operation("nan swallowed", "the other operand is the larger", "maximum", nan_swallowed),
        of_operation("tie to one", "one of equals gets the gradient", "amax",
                     lambda values: torch.max(values, 0).values),
        of_operation("tie to one", "one of equals gets the gradient", "amin",
                     lambda values: torch.min(values, 0).values),
        of_operation("closed at its bounds", "the slope there is 0", "clamp", closed_clamp),
        of_operation("open at 0", "the slope there is 1", "relu", lambda x: x * (x >= 0.0)),
        of_operation("leaks", "a hundredth of x below 0", "relu",
                     lambda x: x.clamp(min=0.0) + 0.01 * x.clamp(max=0.0)),
        of_operation("slope of 1 at 0", "as if 0 were positive", "abs", abs_with_slope_one),
        of_operation("the other form", "by tanh, not by the normal distribution", "gelu", tanh_gelu),
        of_operation("slope ignored", "it is 0.01", "leaky_relu",
                     without_settings(right["leaky_relu"], "negative_slope")),
        of_operation("alpha ignored", "it is 1", "elu", without_settings(right["elu"], "alpha")),
        of_operation("logarithm of 1 + e^x", "large x overflow", "softplus", lambda x: torch.exp(x).log1p()),
        of_operation("one factor detached", "y gets no gradient", "mul", factor_detached),
        of_operation("divisor detached", "y gets the gradient 0", "truediv", right_divisor_constant),
        of_operation("exponent detached", "y gets the gradient 0", "pow", exponent_detached),
        of_operation("without its shift", "e^x overflows", "softmax", naive_softmax),
        of_operation("without its shift", "e^x overflows", "logsumexp", naive_logsumexp),
        of_operation("normaliser detached", "log Σ e^x is a constant", "log_softmax", shift_detached),
        of_operation("in float32", "the sum is computed in float32", "total", in_float32(right["total"])),
        of_operation("divided by n - 1", "where n > 1", "mean",
                     lambda values: values.sum() / max(len(values) - 1, 1) if len(values) else values.mean()),
        of_operation("first factor detached", "a gets the gradient 0 of several columns", "matmul",
                     first_factor_detached),
        of_operation("bias dropped", "x W^T", "linear", without_bias),
        of_operation("slope of the bias off", "1.001 times", "linear", steeper_bias),
    ]  # fmt: skip


def of_slope(operation: str, *, large: bool) -> Mutant:
    """A mutant whose gradients are a thousandth too large where the result is large, or small."""
    bound = BOUNDS.get(operation, 1.0)
    name = "slope off by a thousandth" if large else "slope of small results off"
    rule = f"1.001 times of results {'from' if large else 'below'} {bound:g}{' on' * large}"

    def here(out: Any) -> Any:
        return out.abs() >= bound if large else out.abs() < bound

    return of_operation(name, rule, operation, off_where(right[operation], here))


def slope_mutants() -> list[Mutant]:
    """For every operation: its gradients are a thousandth too large where the result is large, or small."""
    with_slope = [name for name in right if name not in WITHOUT_SLOPE]
    return [
        *[of_slope(name, large=True) for name in with_slope if name not in NEVER_LARGE],
        *[of_slope(name, large=False) for name in with_slope if name not in NEVER_SMALL],
    ]


def aggregation_mutants() -> list[Mutant]:
    """The mutants of aggregations."""
    return [
        of_aggregation("var", "divided by n - 1", "where n > 1",
                       lambda rows: rows.var(0, correction=min(1, len(rows) - 1))),
        of_aggregation("std", "eps inside the root", "√(var + 1e-5) where var > 0",
                       lambda rows: torch.where(
                           (rows == rows[0]).all(0), right["aggregate"](rows, "std", [0] * len(rows), 1)[0],
                           (rows.var(0, correction=0) + 1e-5).sqrt())),
        of_aggregation("std", "eps of nothing", "√1e-5 where all are equal",
                       lambda rows: torch.where(
                           (rows == rows[0]).all(0), 1e-5**0.5 + 0.0 * rows.sum(0).nan_to_num(),
                           right["aggregate"](rows, "std", [0] * len(rows), 1)[0])),
        of_aggregation("var", "nan of a lone row", "0 / 0 where n = 1",
                       lambda rows: rows.var(0, correction=0) if len(rows) > 1 else torch.nan * rows[0]),
        of_aggregation("var", "of squares", "mean(x²) - mean(x)²",
                       lambda rows: (rows * rows).mean(0) - rows.mean(0) ** 2),
        of_aggregation("mul", "slope by division", "the gradient is result / x", Quotient.apply),
        of_aggregation("median", "the upper one of two", "where n is even",
                       lambda rows: rows.sort(0).values[len(rows) // 2]),
        of_aggregation("mean", "in float32", "the mean is rounded to float32",
                       lambda rows: rows.mean(0).float().double()),
        of_aggregation("max", "tie to one", "one of equals gets it all", lambda rows: rows.max(0).values),
        of_aggregation("min", "tie to one", "one of equals gets it all", lambda rows: rows.min(0).values),
        of_aggregation("softmax", "weights detached", "α is a constant for the gradient",
                       lambda rows: (rows.softmax(0).detach() * rows).sum(0)),
        of_aggregation("mul", "through logarithms of |x|", "signs are lost",
                       lambda rows: rows.abs().prod(0)),
        *[
            of_aggregation(aggr, "slope off by a thousandth", "1.001 for groups of several rows",
                           more_than_one_off(aggr))
            for aggr in ("sum", "mean", "max", "min", "mul", "var", "std", "softmax", "median")
        ],
    ]  # fmt: skip
