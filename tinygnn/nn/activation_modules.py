"""Activations as modules, by PyTorch's names: what stands in a `Sequential`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tinygnn.linalg import Matrix, log_softmax, plain, softmax
from tinygnn.nn.linear import rows_of_width
from tinygnn.nn.module import Module
from tinygnn.value import Value, as_value

Rows = list[list[Any]]  # Values, and floats where x has floats


def entrywise(function: Callable[[Value], Value], x: Matrix) -> Rows:
    """A function of every entry. Shapes: [N][F] -> [N][F]; of a constant entry it is a constant."""
    return [
        [function(entry) if isinstance(entry, Value) else function(Value(entry)).data for entry in row]
        for row in plain(x)
    ]


class _Entrywise(Module):
    """σ(x_ij), number by number. Shapes: [N][F] -> [N][F]. A constant x gives constants."""

    def of(self, value: Value) -> Value:
        """The activation of one number."""
        raise TypeError(f"{type(self).__name__} defines no function")

    def forward(self, x: Matrix) -> Rows:
        return entrywise(self.of, x)

    def __repr__(self) -> str:
        options = ", ".join(f"{name}={v!r}" for name, v in vars(self).items() if name != "training")
        return f"{type(self).__name__}({options})"


class ReLU(_Entrywise):
    """max(x, 0); see `Value.relu`. PyTorch's argument inplace does not exist here.

    >>> ReLU()([[Value(-1.0), Value(2.0)]])
    [[Value(0.0, grad=0.0), Value(2.0, grad=0.0)]]
    """

    def of(self, value: Value) -> Value:
        return value.relu()


class LeakyReLU(_Entrywise):
    """x where x > 0, else negative_slope·x; see `Value.leaky_relu`."""

    def __init__(self, negative_slope: float = 0.01) -> None:
        self.negative_slope = negative_slope

    def of(self, value: Value) -> Value:
        return value.leaky_relu(self.negative_slope)


class ELU(_Entrywise):
    """x where x > 0, else α (eˣ - 1); see `Value.elu`."""

    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = alpha

    def of(self, value: Value) -> Value:
        return value.elu(self.alpha)


class GELU(_Entrywise):
    """x Φ(x), with approximate="tanh" the approximation of Φ; see `Value.gelu`.

    Raises ValueError for another approximate.
    """

    def __init__(self, approximate: str = "none") -> None:
        Value(0.0).gelu(approximate)  # raises now, not in the first forward
        self.approximate = approximate

    def of(self, value: Value) -> Value:
        return value.gelu(self.approximate)


class SiLU(_Entrywise):
    """x σ(x); see `Value.silu`."""

    def of(self, value: Value) -> Value:
        return value.silu()


class Softplus(_Entrywise):
    """log(1 + e^(βx)) / β; see `Value.softplus`.

    Departure from PyTorch: exact everywhere, where PyTorch takes x itself from βx = threshold (20) on; so
    there is no threshold.

    Raises ValueError for β = 0.
    """

    def __init__(self, beta: float = 1.0) -> None:
        if beta == 0.0:
            raise ValueError("Softplus divides by beta: choose another than 0")
        self.beta = beta

    def of(self, value: Value) -> Value:
        return value.softplus() if self.beta == 1.0 else (value * self.beta).softplus() / self.beta


class Tanh(_Entrywise):
    """tanh x; see `Value.tanh`."""

    def of(self, value: Value) -> Value:
        return value.tanh()


class Sigmoid(_Entrywise):
    """1 / (1 + e⁻ˣ); see `Value.sigmoid`."""

    def of(self, value: Value) -> Value:
        return value.sigmoid()


class Identity(Module):
    """x itself. PyTorch's takes any arguments and heeds none; so does this one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass

    def forward(self, x: Matrix) -> Matrix:
        return x

    def __repr__(self) -> str:
        return "Identity()"


class PReLU(Module):
    """x where x > 0, else a x with learned a; d/da = min(x, 0), and 0 at 0.

    Kaiming He, Xiangyu Zhang, Shaoqing Ren and Jian Sun, "Delving Deep into Rectifiers: Surpassing
    Human-Level Performance on ImageNet Classification", 2015, arXiv:1502.01852, equation 1.

    Args: num_parameters is 1, or the number of columns of x, each then with its own a. init: what a starts
    from. Parameters: weight [num_parameters]. Shapes: [N][F] -> [N][F].

    Raises ValueError for rows of another length.
    """

    def __init__(self, num_parameters: int = 1, init: float = 0.25) -> None:
        if num_parameters < 1:
            raise ValueError(f"num_parameters is {num_parameters}: PReLU has 1, or one for each column")
        self.num_parameters = num_parameters
        self.init = init
        self.weight = [Value(init) for _ in range(num_parameters)]

    def forward(self, x: Matrix) -> list[list[Value]]:
        x, slopes = plain(x), self.weight
        if len(slopes) > 1:
            x = rows_of_width("PReLU", x, len(slopes))
        return [
            [_prelu(entry, a) for entry, a in zip(row, slopes if len(slopes) > 1 else slopes * len(row))]
            for row in x
        ]

    def __repr__(self) -> str:
        return f"PReLU(num_parameters={self.num_parameters})"


def _prelu(entry: Any, slope: Value) -> Value:
    value = as_value(entry)
    return value if value.data > 0.0 else value * slope


class Softmax(Module):
    """p_ij = exp(x_ij) / Σ_k exp(x_ik), each row for itself; with dim=0 each column.

    dim: -1 or 1 for rows, 0 or -2 for columns; None means rows, as it does in PyTorch for a matrix.
    Shapes: [N][C] -> [N][C].

    >>> Softmax(dim=-1)([[Value(0.0), Value(0.0)]])
    [[Value(0.5, grad=0.0), Value(0.5, grad=0.0)]]

    Raises ValueError for another dim.
    """

    def __init__(self, dim: int | None = None) -> None:
        self.dim = _checked_dim(dim)

    def forward(self, x: Matrix) -> list[list[Value]]:
        return _along(self.dim, softmax, x)

    def __repr__(self) -> str:
        return f"Softmax(dim={self.dim})"


class LogSoftmax(Module):
    """x_ij - log Σ_k exp(x_ik), each row for itself; dim as in `Softmax`. Shapes: [N][C] -> [N][C]."""

    def __init__(self, dim: int | None = None) -> None:
        self.dim = _checked_dim(dim)

    def forward(self, x: Matrix) -> list[list[Value]]:
        return _along(self.dim, log_softmax, x)

    def __repr__(self) -> str:
        return f"LogSoftmax(dim={self.dim})"


def _checked_dim(dim: int | None) -> int | None:
    if dim not in (None, -1, 1, 0, -2):
        raise ValueError(f"dim is {dim!r}: choose -1 for rows or 0 for columns")
    return dim


def _along(dim: int | None, function: Callable[[Any], list[Value]], x: Matrix) -> list[list[Value]]:
    """Apply a function of a row to every row, or to every column."""
    x = plain(x)
    if dim in (0, -2):
        return [list(row) for row in zip(*[function(column) for column in zip(*x)])]
    return [function(row) for row in x]
