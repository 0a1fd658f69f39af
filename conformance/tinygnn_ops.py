"""The operations of the cases, by tinygnn's own functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tinygnn import linalg, losses
from tinygnn.aggregate import aggregate
from tinygnn.sparse import nonzeros
from tinygnn.value import Value, as_value

OPS: dict[str, Callable[..., Any]] = {
    "pos": lambda x: +x,
    "neg": lambda x: -x,
    "abs": lambda x: x.abs(),
    "exp": lambda x: x.exp(),
    "log": lambda x: x.log(),
    "sqrt": lambda x: x.sqrt(),
    "sin": lambda x: x.sin(),
    "cos": lambda x: x.cos(),
    "tanh": lambda x: x.tanh(),
    "sigmoid": lambda x: x.sigmoid(),
    "relu": lambda x: x.relu(),
    "leaky_relu": lambda x, **options: x.leaky_relu(**options),
    "elu": lambda x, **options: x.elu(**options),
    "gelu": lambda x, **options: x.gelu(**options),
    "silu": lambda x: x.silu(),
    "softplus": lambda x: x.softplus(),
    "clamp": lambda x, **bounds: x.clamp(**bounds),
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "truediv": lambda x, y: x / y,
    "pow": lambda x, y: x**y,
    "maximum": lambda x, y: as_value(x).maximum(y),
    "minimum": lambda x, y: as_value(x).minimum(y),
    "square-plus-tanh": lambda x: x * x + x.tanh(),
    "difference-of-squares": lambda x, y: (x + y) * (x - y) + x,
    "chain": lambda x: chain(x, 40),
    "quotient": lambda x, y: x.exp() * y / (1.0 + x * x * y * y),
    "powers": lambda x, y: x**y * y**x,
    "relu-then-sqrt": lambda x: x.relu().sqrt(),
    "relu-then-log": lambda x: x.relu().log(),
    "relu-then-inverse": lambda x: x.relu() ** -1.0,
    "clamp-then-sqrt": lambda x: x.clamp(0.0, 1.0).sqrt(),
    "clamp-then-log": lambda x: x.clamp(0.0, 1.0).log(),
    "clamp-then-divided": lambda x: 2.0 / x.clamp(0.0, 1.0),
    "maximum-then-sqrt": lambda x, y: x.maximum(y).sqrt(),
    "maximum-then-log": lambda x, y: x.maximum(y).log(),
    "minimum-then-sqrt": lambda x: x.minimum(0.0).sqrt(),
    "minimum-then-divided": lambda x: 2.0 / x.minimum(0.0),
    "amax-then-log": lambda values: linalg.maximum(values).log(),
    "times-zero-then-sqrt": lambda x: (x * 0.0).sqrt(),
    "total": linalg.total,
    "mean": linalg.mean,
    "amax": linalg.maximum,
    "amin": linalg.minimum,
    "logsumexp": linalg.logsumexp,
    "softmax": linalg.softmax,
    "log_softmax": linalg.log_softmax,
    "log_softmax_at": linalg.log_softmax_at,
    "dot": linalg.dot,
    "dot_self": lambda a: linalg.dot(a, a),
    "linear_combination": linalg.linear_combination,
    "matmul": linalg.matmul,
    "transpose": linalg.transpose,
    "linear": linalg.linear,
    "dense_product": linalg.dense_product,
    "weighted_sums": lambda coefficients, **rest: linalg.weighted_sums(nonzeros(coefficients), **rest),
    "value_weighted_sums": lambda coefficients, **rest: linalg.value_weighted_sums(
        [(list(range(len(row))), row) for row in coefficients], **rest
    ),
    "aggregate": lambda rows, **options: aggregate_rows(rows, **options),
    "mse_loss": losses.mse_loss,
    "l1_loss": losses.l1_loss,
    "huber_loss": losses.huber_loss,
    "smooth_l1_loss": losses.smooth_l1_loss,
    "bce_with_logits": losses.bce_with_logits,
    "cross_entropy": lambda prediction, **rest: losses.cross_entropy(prediction, **rest),
    "nll_loss": lambda prediction, **rest: losses.nll_loss(prediction, **rest),
}


def chain(x: Value, length: int) -> Value:
    """x ← sin(x) + x, `length` times."""
    for _ in range(length):
        x = x.sin() + x
    return x


def aggregate_rows(rows: linalg.Matrix, aggr: str, index: list[int], num_groups: int) -> list[list[Value]]:
    """The aggregate of each group; row i belongs to group index[i]."""
    groups = [[i for i, own in enumerate(index) if own == group] for group in range(num_groups)]
    return [[as_value(entry) for entry in row] for row in aggregate(aggr, rows, groups)]
