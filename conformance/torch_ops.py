"""torch's own operation for each call of the cases, in float64."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from tinygnn.adapters.errors import require
from tinygnn.conformance.torch_layers import aggregate_groups
from tinygnn.conformance.torch_losses import losses
from tinygnn.conformance.torch_place import dtype

INSTALL = "torch torch_geometric"
Operation = Callable[..., Any]


def import_torch() -> Any:
    """Import torch, or raise AdapterError that says how to install it."""
    return require("torch", INSTALL)


def tensor(numbers: Any, requires_grad: bool = False) -> Any:
    """A tensor of nested lists, in float64 if nothing else is said; a tensor as it is."""
    torch = import_torch()
    if isinstance(numbers, torch.Tensor):
        return numbers
    return torch.tensor(numbers, dtype=dtype(), requires_grad=requires_grad)


@cache
def operations() -> dict[str, Operation]:
    """An operation for each call; operands come by name, as tensors, numbers or nested lists."""
    return {**of_numbers(), **of_rows()}


def of_numbers() -> dict[str, Operation]:
    """The operations of one and of two numbers, and compositions of them."""
    torch = import_torch()
    functional = torch.nn.functional

    def unary(function: Operation) -> Operation:
        return lambda x, **options: function(x, **options)

    def chain(x: Any, length: int = 40) -> Any:
        for _ in range(length):
            x = torch.sin(x) + x
        return x

    return {
        "pos": lambda x: +x,
        "neg": lambda x: -x,
        "abs": unary(torch.abs),
        "exp": unary(torch.exp),
        "log": unary(torch.log),
        "sqrt": unary(torch.sqrt),
        "sin": unary(torch.sin),
        "cos": unary(torch.cos),
        "tanh": unary(torch.tanh),
        "sigmoid": unary(torch.sigmoid),
        "relu": unary(torch.relu),
        "leaky_relu": unary(functional.leaky_relu),
        "elu": unary(functional.elu),
        "gelu": unary(functional.gelu),
        "silu": unary(functional.silu),
        "softplus": unary(functional.softplus),
        "clamp": unary(torch.clamp),
        "add": lambda x, y: x + y,
        "sub": lambda x, y: x - y,
        "mul": lambda x, y: x * y,
        "truediv": lambda x, y: x / y,
        "pow": lambda x, y: x**y,
        "maximum": lambda x, y: torch.maximum(tensor(x), tensor(y)),
        "minimum": lambda x, y: torch.minimum(tensor(x), tensor(y)),
        "square-plus-tanh": lambda x: x * x + torch.tanh(x),
        "difference-of-squares": lambda x, y: (x + y) * (x - y) + x,
        "chain": chain,
        "quotient": lambda x, y: torch.exp(x) * y / (1.0 + x * x * y * y),
        "powers": lambda x, y: x**y * y**x,
        "relu-then-sqrt": lambda x: x.relu().sqrt(),
        "relu-then-log": lambda x: x.relu().log(),
        "relu-then-inverse": lambda x: x.relu() ** -1.0,
        "clamp-then-sqrt": lambda x: x.clamp(0.0, 1.0).sqrt(),
        "clamp-then-log": lambda x: x.clamp(0.0, 1.0).log(),
        "clamp-then-divided": lambda x: 2.0 / x.clamp(0.0, 1.0),
        "maximum-then-sqrt": lambda x, y: torch.maximum(x, y).sqrt(),
        "maximum-then-log": lambda x, y: torch.maximum(x, y).log(),
        "minimum-then-sqrt": lambda x: torch.minimum(x, tensor(0.0)).sqrt(),
        "minimum-then-divided": lambda x: 2.0 / torch.minimum(x, tensor(0.0)),
        "amax-then-log": lambda values: torch.amax(values, 0).log(),
        "times-zero-then-sqrt": lambda x: (x * 0.0).sqrt(),
    }


def of_rows() -> dict[str, Operation]:
    """The operations of rows and matrices, and the losses."""
    torch = import_torch()

    def product(a: Any, b: Any) -> Any:
        return tensor(a) @ tensor(b)

    def sums(coefficients: Any, values: Any, bias: Any = None) -> Any:
        out = product(coefficients, values)
        return out if bias is None else out + bias

    def linear(x: Any, weight: Any, bias: Any = None) -> Any:
        return torch.nn.functional.linear(tensor(x), weight, bias)

    return {
        "total": lambda values: torch.sum(values),
        "mean": lambda values: torch.mean(values),
        "amax": lambda values: torch.amax(values, 0),
        "amin": lambda values: torch.amin(values, 0),
        "logsumexp": lambda values: torch.logsumexp(values, 0),
        "softmax": lambda values: torch.softmax(values, 0),
        "log_softmax": lambda values: torch.log_softmax(values, 0),
        "log_softmax_at": lambda values, index: torch.log_softmax(values, 0)[index],
        "dot": product,
        "dot_self": lambda a: torch.dot(a, a),
        "linear_combination": lambda coefficients, values: product(coefficients, values),
        "matmul": product,
        "transpose": lambda matrix: matrix.T,
        "linear": linear,
        "dense_product": lambda rows, columns, bias=None: linear(rows, columns, bias),
        "weighted_sums": sums,
        "value_weighted_sums": sums,
        "aggregate": aggregate_rows,
        **losses(),
    }


def aggregate_rows(rows: Any, aggr: str, index: list[int], num_groups: int) -> Any:
    """The aggregate of each group; row i belongs to group index[i]."""
    groups = [[i for i, own in enumerate(index) if own == group] for group in range(num_groups)]
    return aggregate_groups(aggr, rows, groups)
