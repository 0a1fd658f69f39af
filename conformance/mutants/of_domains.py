"""Mistakes at the edges of operations: numbers that are not finite, or 0, or none, and slopes that vanish."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tinygnn.conformance import torch_backend, torch_ops
from tinygnn.conformance.mutants.changes import torch
from tinygnn.conformance.mutants.mutant import Mutant
from tinygnn.conformance.torch_ops import tensor

right = torch_ops.operations()
Operation = Callable[..., Any]
FAR = 8.0  # from here on slopes saturate
NEAR = 1e-12

# Of one number, with a slope that vanishes or a result that overflows far from 0.
SATURATING = (
    "exp", "tanh", "sigmoid", "relu", "elu", "gelu", "silu", "softplus", "sin", "cos", "clamp", "leaky_relu",
)  # fmt: skip
OF_ROWS = ("total", "mean", "logsumexp", "dot", "linear_combination")


def of_many(name: str, rule: str, changed: dict[str, Operation]) -> Mutant:
    """A mutant of one rule that several operations have in common."""
    table = {**right, **changed}
    ids = tuple(f"op/{operation}{end}" for operation in changed for end in ("/", "-"))
    return Mutant(f"operations: {name}", rule, ids, torch_backend, "operations", lambda: lambda: table)


def finite(x: Any) -> Any:
    """nan becomes 0, an infinity the largest number."""
    return torch.nan_to_num(x) if torch.is_tensor(x) and x.is_floating_point() else x


def of_finite(function: Operation) -> Operation:
    """The function of operands that are made finite."""
    return lambda **given: function(**{name: finite(x) for name, x in given.items()})


def made_finite(function: Operation) -> Operation:
    """The function's result, made finite."""
    return lambda **given: finite(function(**given))


def never_flat(function: Operation) -> Operation:
    """The function with a slope that is a thousandth larger far from 0."""

    def changed(x: Any, **options: Any) -> Any:
        more = torch.where(x.abs() > FAR, 1e-3 * x, 0.0)
        return function(x=x, **options) + more - more.detach()

    return changed


def half_of_nothing(function: Operation) -> Operation:
    """The function, whose result for no numbers is ½."""

    def changed(**given: Any) -> Any:
        out = function(**given)
        masked = given.get("mask") is not None and not any(given["mask"])
        nothing = masked or any(torch.is_tensor(x) and not x.numel() for x in given.values())
        return 0.5 + 0.0 * torch.nan_to_num(out, neginf=0.0) if nothing else out

    return changed


def half_of_empty_groups(rows: Any, aggr: str, index: list[int], num_groups: int) -> Any:
    out = right["aggregate"](rows, aggr, index, num_groups)
    empty = torch.tensor([group not in index for group in range(num_groups)], dtype=torch.bool)
    return torch.where(empty[:, None], 0.5, out) if num_groups else out


def lone_rows_detached(rows: Any, aggr: str, index: list[int], num_groups: int) -> Any:
    out = right["aggregate"](rows, aggr, index, num_groups)
    lone = torch.tensor([index.count(group) == 1 for group in range(num_groups)], dtype=torch.bool)
    return torch.where(lone[:, None], out.detach() + 0.0 * rows.sum(), out) if num_groups else out


def finite_groups(rows: Any, aggr: str, index: list[int], num_groups: int) -> Any:
    return right["aggregate"](finite(rows), aggr, index, num_groups)


def by_logarithm(x: Any, y: Any) -> Any:
    """e^(y log x), which is nan for negative x, and whose slope at 0 is lost."""
    return torch.exp(tensor(y) * torch.log(tensor(x)))


def leaking_clamp(x: Any, **bounds: Any) -> Any:
    out = torch.clamp(x, **bounds)
    return out + 0.01 * (x - out)


def masked(x: Any, here: Any) -> Any:
    """x where it counts, by a product: what is hidden has the slope 0, and 0 times inf is nan."""
    return x * here.to(x.dtype)


def by_products() -> dict[str, Operation]:
    """relu, clamp, maximum and minimum by products with 0 and 1, before a function with an infinite slope."""

    def larger(x: Any, y: Any) -> Any:
        return masked(x, x >= y) + masked(y, y > x)

    def below(x: Any) -> Any:
        return masked(x, x < 0.0)

    def relu(x: Any) -> Any:
        return masked(x, x > 0.0)

    def clamp(x: Any) -> Any:
        return masked(x, (x > 0.0) & (x <= 1.0)) + (x > 1.0).to(x.dtype)

    return {
        "relu-then-sqrt": lambda x: relu(x).sqrt(),
        "relu-then-log": lambda x: relu(x).log(),
        "relu-then-inverse": lambda x: relu(x) ** -1.0,
        "clamp-then-sqrt": lambda x: clamp(x).sqrt(),
        "clamp-then-log": lambda x: clamp(x).log(),
        "clamp-then-divided": lambda x: 2.0 / clamp(x),
        "maximum-then-sqrt": lambda x, y: larger(x, y).sqrt(),
        "maximum-then-log": lambda x, y: larger(x, y).log(),
        "minimum-then-sqrt": lambda x: below(x).sqrt(),
        "minimum-then-divided": lambda x: 2.0 / below(x),
    }


def lifted() -> dict[str, Operation]:
    """Operands at the edge of the domain and past it are set to 1e-12, as against nan."""
    return {
        "log": lambda x: torch.log(torch.where(x < NEAR, NEAR + 0.0 * x.detach(), x)),
        "sqrt": lambda x: torch.sqrt(torch.where(x < NEAR, NEAR + 0.0 * x.detach(), x)),
        "truediv": lambda x, y: x / torch.where(tensor(y) == 0.0, NEAR, tensor(y)),
    }


def domain_mutants() -> list[Mutant]:
    """The mutants of what operations have in common at their edges."""
    losses = [name for name in right if name.endswith(("_loss", "_entropy", "_logits"))]
    groups = "op/aggregate-"

    def of_groups(name: str, rule: str, change: Operation) -> Mutant:
        table = {**right, "aggregate": change}
        return Mutant(
            f"aggregate: {name}", rule, (groups,), torch_backend, "operations", lambda: lambda: table
        )

    plain = [name for name in right if name != "aggregate"]
    return [
        of_many(
            "operands made finite", "nan is 0, inf the largest float", {n: of_finite(right[n]) for n in plain}
        ),
        of_many(
            "results made finite",
            "nan is 0, inf the largest float",
            {n: made_finite(right[n]) for n in plain},
        ),
        of_many(
            "never flat", "slopes beyond ±8 are 0.001 more", {n: never_flat(right[n]) for n in SATURATING}
        ),
        of_many(
            "½ of nothing",
            "the result of no numbers",
            {n: half_of_nothing(right[n]) for n in (*OF_ROWS, *losses)},
        ),
        of_many("lifted to 1e-12", "what log, sqrt and / are not defined for", lifted()),
        of_many("masked by a product", "0 times an infinite slope is nan", by_products()),
        of_many("by logarithm", "x^y is e^(y log x)", {"pow": by_logarithm}),
        of_many("leaks", "a hundredth of what clamp takes away stays", {"clamp": leaking_clamp}),
        of_groups("½ of an empty group", "not 0, nor 1 for a product", half_of_empty_groups),
        of_groups("a lone row detached", "a group of one passes no gradient", lone_rows_detached),
        of_groups("rows made finite", "nan is 0, inf the largest float", finite_groups),
    ]
