"""jax's own operation for each call of the cases, in float64."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any

from tinygnn.adapters.errors import require
from tinygnn.conformance.jax_losses import losses

Operation = Callable[..., Any]


@cache
def import_jax() -> Any:
    """Import jax with 64-bit numbers, or raise AdapterError that says how to install it."""
    jax = require("jax", "jax")
    jax.config.update("jax_enable_x64", True)
    return jax


def numpy() -> Any:
    """jax.numpy."""
    return import_module("jax.numpy")


def array(numbers: Any) -> Any:
    """A float64 array of nested lists."""
    return numpy().asarray(numbers, dtype="float64")


@cache
def operations() -> dict[str, Operation]:
    """An operation for each call; operands come by name, as arrays, numbers or nested lists."""
    return {**of_numbers(), **compositions(), **of_rows(), **losses()}


def of_numbers() -> dict[str, Operation]:
    """The operations of one and of two numbers."""
    jnp, nn = numpy(), import_jax().nn

    def unary(function: Operation) -> Operation:
        return lambda x: function(x)

    return {
        "pos": lambda x: +x,
        "neg": lambda x: -x,
        "abs": unary(jnp.abs),
        "exp": unary(jnp.exp),
        "log": unary(jnp.log),
        "sqrt": unary(jnp.sqrt),
        "sin": unary(jnp.sin),
        "cos": unary(jnp.cos),
        "tanh": unary(jnp.tanh),
        "sigmoid": unary(nn.sigmoid),
        "relu": unary(nn.relu),
        "leaky_relu": nn.leaky_relu,
        "elu": nn.elu,
        "gelu": lambda x, approximate="none": nn.gelu(x, approximate=approximate == "tanh"),
        "silu": unary(nn.silu),
        "softplus": unary(nn.softplus),
        "clamp": lambda x, **bounds: jnp.clip(x, bounds.get("min"), bounds.get("max")),
        "add": lambda x, y: x + y,
        "sub": lambda x, y: x - y,
        "mul": lambda x, y: x * y,
        "truediv": lambda x, y: x / y,
        "pow": lambda x, y: x**y,
        "maximum": lambda x, y: jnp.maximum(x, y),
        "minimum": lambda x, y: jnp.minimum(x, y),
    }


def compositions() -> dict[str, Operation]:
    """Several operations in one."""
    jnp, nn = numpy(), import_jax().nn

    def chain(x: Any, length: int = 40) -> Any:
        for _ in range(length):
            x = jnp.sin(x) + x
        return x

    return {
        "square-plus-tanh": lambda x: x * x + jnp.tanh(x),
        "difference-of-squares": lambda x, y: (x + y) * (x - y) + x,
        "chain": chain,
        "quotient": lambda x, y: jnp.exp(x) * y / (1.0 + x * x * y * y),
        "powers": lambda x, y: x**y * y**x,
        "relu-then-sqrt": lambda x: jnp.sqrt(nn.relu(x)),
        "relu-then-log": lambda x: jnp.log(nn.relu(x)),
        "relu-then-inverse": lambda x: nn.relu(x) ** -1.0,
        "clamp-then-sqrt": lambda x: jnp.sqrt(jnp.clip(x, 0.0, 1.0)),
        "clamp-then-log": lambda x: jnp.log(jnp.clip(x, 0.0, 1.0)),
        "clamp-then-divided": lambda x: 2.0 / jnp.clip(x, 0.0, 1.0),
        "maximum-then-sqrt": lambda x, y: jnp.sqrt(jnp.maximum(x, y)),
        "maximum-then-log": lambda x, y: jnp.log(jnp.maximum(x, y)),
        "minimum-then-sqrt": lambda x: jnp.sqrt(jnp.minimum(x, 0.0)),
        "minimum-then-divided": lambda x: 2.0 / jnp.minimum(x, 0.0),
        "amax-then-log": lambda values: jnp.log(jnp.max(values)),
        "times-zero-then-sqrt": lambda x: jnp.sqrt(x * 0.0),
    }


def of_rows() -> dict[str, Operation]:
    """The operations of rows and matrices."""
    jnp, nn = numpy(), import_jax().nn

    def product(a: Any, b: Any) -> Any:
        return jnp.matmul(array(a), array(b))

    def sums(coefficients: Any, values: Any, bias: Any = None) -> Any:
        out = product(coefficients, values)
        return out if bias is None else out + bias

    def linear(x: Any, weight: Any, bias: Any = None) -> Any:
        return sums(x, array(weight).T, bias)

    return {
        "total": lambda values: jnp.sum(values),
        "mean": lambda values: jnp.mean(values),
        "amax": lambda values: jnp.max(values),
        "amin": lambda values: jnp.min(values),
        "logsumexp": lambda values: nn.logsumexp(values),
        "softmax": lambda values: nn.softmax(values),
        "log_softmax": lambda values: nn.log_softmax(values),
        "log_softmax_at": lambda values, index: nn.log_softmax(values)[index],
        "dot": product,
        "dot_self": lambda a: jnp.dot(a, a),
        "linear_combination": sums,
        "matmul": product,
        "transpose": lambda matrix: matrix.T,
        "linear": linear,
        "dense_product": lambda rows, columns, bias=None: linear(rows, columns, bias),
        "weighted_sums": sums,
        "value_weighted_sums": sums,
        "aggregate": lambda rows, aggr, index, num_groups: aggregate(aggr, rows, index, num_groups, -jnp.inf),
    }


def aggregate(aggr: str, rows: Any, index: Any, num_groups: int, nothing: float = 0.0) -> Any:
    """Aggregate the rows of each group; row i belongs to group index[i].

    nothing: the largest of no numbers; the smallest of none is its negative.
    """
    jax, jnp = import_jax(), numpy()
    index = [int(group) for group in index]
    places = jnp.asarray(index, dtype=int)
    counts = jnp.asarray([[float(index.count(group))] for group in range(num_groups)]).reshape(num_groups, 1)

    def summed(values: Any) -> Any:
        return jax.ops.segment_sum(values, places, num_groups)

    if aggr in ("sum", "add"):
        return summed(rows)
    if aggr == "mean":
        return summed(rows) / jnp.maximum(counts, 1.0)
    if aggr in ("max", "min"):
        out = getattr(jax.ops, f"segment_{aggr}")(rows, places, num_groups)
        return jnp.where(counts > 0.0, out, nothing if aggr == "max" else -nothing)
    if aggr in ("var", "std"):
        mean = summed(rows) / jnp.maximum(counts, 1.0)
        var = summed((rows - mean[places]) ** 2) / jnp.maximum(counts, 1.0)
        return var if aggr == "var" else jnp.where(var == 0.0, 0.0, jnp.sqrt(jnp.where(var == 0.0, 1.0, var)))
    if aggr == "softmax":
        return summed(rows * softmax(rows, places, num_groups))
    reduce = {"mul": jnp.prod, "median": lower_median}[aggr]
    groups = [[i for i, own in enumerate(index) if own == group] for group in range(num_groups)]
    empty = jnp.full(rows.shape[1:], 1.0 if aggr == "mul" else 0.0)
    parts = [reduce(rows[jnp.asarray(own)], axis=0) if own else empty for own in groups]
    return jnp.stack(parts) if parts else rows[:0]


def softmax(scores: Any, places: Any, num_groups: int) -> Any:
    """Of every score its share among those of its group."""
    jax, jnp = import_jax(), numpy()
    largest = jax.ops.segment_max(jax.lax.stop_gradient(scores), places, num_groups)
    powers = jnp.exp(scores - largest[places])
    return powers / jax.ops.segment_sum(powers, places, num_groups)[places]


def lower_median(rows: Any, axis: int) -> Any:
    """The middle number of each column, of two the lower one."""
    return numpy().sort(rows, axis=axis)[(len(rows) - 1) // 2]
