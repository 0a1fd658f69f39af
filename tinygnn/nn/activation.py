"""Activations by name, as `GNN(act=...)` takes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tinygnn.linalg import Matrix, log_softmax, softmax
from tinygnn.value import Value

Activation = Callable[[Value], Value]

ACTIVATIONS: dict[str, Activation] = {
    "relu": Value.relu,
    "leaky_relu": Value.leaky_relu,
    "elu": Value.elu,
    "gelu": Value.gelu,
    "silu": Value.silu,
    "softplus": Value.softplus,
    "tanh": Value.tanh,
    "sigmoid": Value.sigmoid,
}


def activation(name: str | Activation | None) -> Activation | None:
    """Return the activation of that name; a function is returned as it is, None means none.

    Raises ValueError for an unknown name.
    """
    if name is None or callable(name):
        return name
    if name not in ACTIVATIONS:
        raise ValueError(f"act is {name!r}: choose from {', '.join(ACTIVATIONS)}, or give a function")
    return ACTIVATIONS[name]


def apply(function: Activation, x: Sequence[Sequence[Any]]) -> list[list[Value]]:
    """Apply a function of one Value to every entry, all of them Values. Shapes: [N][F] -> [N][F]."""
    return [list(map(function, row)) for row in x]


def softmax_rows(x: Matrix) -> list[list[Value]]:
    """Softmax of every row. Shapes: [N][C] -> [N][C]."""
    return [softmax(row) for row in x]


def log_softmax_rows(x: Matrix) -> list[list[Value]]:
    """Log-softmax of every row. Shapes: [N][C] -> [N][C]."""
    return [log_softmax(row) for row in x]
