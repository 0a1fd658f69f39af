"""Operations on many Values at once, on rows and on matrices: one node for each number they return.

A dot product built from `+` and `*` costs two nodes for each multiplication; here it is one node
that has all the factors as parents. A row is a list of Values or floats, a matrix a list of rows.
Floats are constants: no gradient flows to them, and the zeros of a constant matrix cost nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from itertools import chain, repeat
from math import inf, nan
from operator import mul
from typing import Any, SupportsFloat, TypeGuard

from tinygnn.marked import Ones
from tinygnn.sparse import Features, Parents, SparseRow, gather, nonzeros
from tinygnn.value import ONE, Value, exponential, logarithm, real_number

Row = Sequence[SupportsFloat]  # Values or floats
Matrix = Sequence[Row]

COMPILED = not __file__.endswith(".py")  # by mypyc; see setup.py
NATIVE = COMPILED and not hasattr(math, "sumprod")  # whether a compiled loop sums as Python does


def _sum_of_products(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    if not COMPILED:
        return sum(map(mul, a, b), 0.0)
    result = 0.0  # the same sum in a form that a compiler makes fast
    for i in range(len(a)):
        result += a[i] * b[i]
    return result


def _of_data(coefficients: tuple[float, ...], values: tuple[Value, ...]) -> float:
    """The same sum again, over the numbers of Values."""
    result = 0.0
    for i in range(len(coefficients)):
        result += coefficients[i] * values[i].data
    return result


# CPython from 3.12 on has a sum of products of its own, which carries the rounding errors along. 3.11
# adds left to right: results differ between versions by at most len(a) · 2**-53 · Σ|a_i b_i|.
sum_of_products: Callable[[tuple[float, ...], tuple[float, ...]], float] = getattr(
    math, "sumprod", _sum_of_products
)


# ---- many values to one --------------------------------------------------------------------------


def dot(a: Row, b: Row) -> Value:
    """Σ_i a_i b_i; d/da_i = b_i, d/db_i = a_i. One node; floats on one side are constants.

    Raises ValueError when the lengths differ.

    >>> dot([1.0, 2.0], [Value(3.0), Value(4.0)])
    Value(11.0, grad=0.0)
    """
    _same_length("dot", a, b)
    if is_constant(a):
        return linear_combination(a, b)
    if is_constant(b):
        return linear_combination(b, a)
    return _dot(_values(a), _values(b))


def _dot(a: tuple[Value, ...], b: tuple[Value, ...]) -> Value:
    a_data, b_data = data_of(a), data_of(b)
    return Value(sum_of_products(a_data, b_data), a + b, b_data + a_data, "dot")


def linear_combination(coefficients: Sequence[float], values: Row) -> Value:
    """Σ_i c_i v_i with constant c; d/dv_i = c_i.

    Raises ValueError when the lengths differ, TypeError for a coefficient that is not a number.

    >>> linear_combination([0.5, 0.25], [Value(2.0), Value(8.0)])
    Value(3.0, grad=0.0)
    """
    _same_length("linear_combination", coefficients, values)
    constants, parents = tuple(map(real_number, coefficients)), _values(values)
    data = sum_of_products(constants, data_of(parents))
    return Value(data, parents, constants, ("linear_combination", constants))


def total(values: Row) -> Value:
    """Σ_i v_i; d/dv_i = 1. The total of nothing is 0."""
    parents = _values(values)
    return Value(sum(data_of(parents), 0.0), parents, (1.0,) * len(parents), "total")


def mean(values: Row) -> Value:
    """Σ_i v_i / n; d/dv_i = 1/n. The mean of nothing is nan, as in PyTorch."""
    parents = _values(values)
    n = len(parents)
    if not parents:
        return Value(nan, (), (), "mean")
    return Value(sum(data_of(parents), 0.0) / n, parents, (1.0 / n,) * n, "mean")


def maximum(values: Row) -> Value:
    """The largest of many; ties share the gradient equally (PyTorch's amax).

    If one is nan, the result is nan and so is every gradient. Raises ValueError for no values.
    """
    return _extreme("maximum", "amax", max, values)


def minimum(values: Row) -> Value:
    """The smallest of many; ties share the gradient equally (PyTorch's amin).

    If one is nan, the result is nan and so is every gradient. Raises ValueError for no values.
    """
    return _extreme("minimum", "amin", min, values)


def _extreme(name: str, op: str, pick: Callable[[tuple[float, ...]], float], values: Row) -> Value:
    parents = _values(values)
    if not parents:
        raise ValueError(f"{name} of no values: give at least one")
    data = data_of(parents)
    if any(x != x for x in data):
        return Value(nan, parents, (nan,) * len(data), op)
    result = pick(data)
    share = 1.0 / data.count(result)
    return Value(result, parents, tuple([share if x == result else 0.0 for x in data]), op)


def logsumexp(values: Row) -> Value:
    """log Σ_i exp(v_i), computed as m + log Σ exp(v_i - m) with m the largest; d/dv_i = softmax(v)_i.

    Of nothing it is -inf.
    """
    parents = _values(values)
    data = data_of(parents)
    shift, log_total, probabilities = _log_normalizer(data)
    result = shift + log_total
    if not math.isfinite(result):
        probabilities = tuple([exponential(x - result) for x in data])
    return Value(result, parents, probabilities, "logsumexp")


# ---- many values to many --------------------------------------------------------------------------


def softmax(values: Row) -> list[Value]:
    """p_i = exp(v_i) / Σ_k exp(v_k); dp_i/dv_j = p_i (δ_ij - p_j). Shape [n] -> [n]."""
    parents = _values(values)
    p = _log_normalizer(data_of(parents))[2]
    rows = range(len(p))
    return [
        Value(p[i], parents, tuple([p[i] * ((i == j) - p[j]) for j in rows]), ("softmax", i)) for i in rows
    ]


def log_softmax(values: Row) -> list[Value]:
    """v_i - logsumexp(v); d/dv_j = δ_ij - softmax(v)_j. All nan where one is inf. Shape [n] -> [n]."""
    parents = _values(values)
    normalizer = _log_normalizer(data_of(parents))
    return [_log_softmax_at(parents, i, *normalizer) for i in range(len(parents))]


def log_softmax_at(values: Row, index: int) -> Value:
    """The one entry of `log_softmax(values)` that a loss needs, as one node."""
    parents = _values(values)
    return _log_softmax_at(parents, index, *_log_normalizer(data_of(parents)))


def _log_softmax_at(
    parents: tuple[Value, ...], i: int, shift: float, log_total: float, probabilities: tuple[float, ...]
) -> Value:
    partials = [-p for p in probabilities]
    partials[i] += 1.0
    result = parents[i].data - shift - log_total if log_total < inf else nan
    return Value(result, parents, tuple(partials), ("log_softmax", i))


def _log_normalizer(data: tuple[float, ...]) -> tuple[float, float, tuple[float, ...]]:
    """Return a shift, log Σ exp(data - shift), and the softmax of data."""
    peak = max(data, default=-inf)
    shift = peak if math.isfinite(peak) else 0.0
    exponentials = [exponential(x - shift) for x in data]
    denominator = sum(exponentials, 0.0)
    if denominator == 0.0 or denominator == inf or denominator != denominator:
        # Only infinities or a nan lead here: the sum is 0, inf or nan and no shares are defined.
        return 0.0, logarithm(denominator) if denominator == denominator else nan, (nan,) * len(data)
    return shift, math.log(denominator), tuple([e / denominator for e in exponentials])


# ---- matrices --------------------------------------------------------------------------------------


def transpose(matrix: Matrix) -> list[list[Value | float]]:
    """Swap rows and columns: [n][m] -> [m][n]. Raises ValueError for rows of different lengths."""
    check_rectangular("transpose", matrix)
    return [list(column) for column in zip(*matrix)]


def matmul(a: Matrix, b: Matrix) -> list[list[Value]]:
    """(A B)_ij = Σ_k a_ik b_kj, one node for each entry. Shapes [n][k], [k][m] -> [n][m].

    Either side may hold floats, which are constants; zeros of a constant A are left out of the sum,
    so that 0 times inf or nan adds nothing there. Raises ValueError when the shapes do not fit.

    >>> matmul([[1.0, 2.0]], [[Value(3.0)], [Value(4.0)]])
    [[Value(11.0, grad=0.0)]]
    """
    check_rectangular("matmul's first argument", a)
    check_rectangular("matmul's second argument", b)
    if a and len(a[0]) != len(b):
        raise ValueError(
            f"matmul of [{len(a)}][{len(a[0])}] by [{len(b)}][{len(b[0]) if b else 0}]: "
            "the first needs as many columns as the second has rows"
        )
    constant = constant_rows(a)
    if constant is not None:
        return weighted_sums(constant, b)
    return dense_product(a, list(zip(*b)))


def linear(x: Matrix, weight: Matrix, bias: Row | None = None) -> list[list[Value]]:
    """X Wᵀ + b: x'_i = W x_i + b. Shapes [n][k], [m][k], [m] -> [n][m]; x may be constant.

    Raises ValueError when the shapes do not fit.
    """
    check_rectangular("linear's x", x)
    check_rectangular("linear's weight", weight)
    if x and weight and len(x[0]) != len(weight[0]):
        raise ValueError(f"linear takes rows of {len(weight[0])} entries, but x has rows of {len(x[0])}")
    if bias is not None and len(bias) != len(weight):
        raise ValueError(f"linear has a bias of {len(bias)} entries for {len(weight)} rows of weights")
    rows = constant_rows(x, one=bias is not None)
    if rows is None:
        return dense_product(x, weight, bias)
    columns = [*zip(*weight)] if bias is None else [*zip(*weight), bias]
    table = [_values(column) for column in columns]
    known = x.parents(table, one=bias is not None) if isinstance(x, Features) else None
    return weighted_sums(rows, table, known)


def dense_product(rows: Matrix, columns: Matrix, bias: Row | None = None) -> list[list[Value]]:
    """All dot products of rows with columns, plus b_j: [n][k], [m][k], [m] -> [n][m]."""
    table = [_values(column) for column in columns]
    pairs = [(column, data_of(column)) for column in table]
    offsets = None if bias is None else _values(bias)
    return [_products(_values(row), pairs, offsets) for row in rows]


def _products(
    row: tuple[Value, ...],
    columns: Iterable[tuple[tuple[Value, ...], tuple[float, ...]]],
    bias: tuple[Value, ...] | None,
) -> list[Value]:
    """The dot product of one row with each column, plus b_j; columns come with their numbers."""
    data = data_of(row)
    if bias is None:
        return [
            Value(sum_of_products(data, numbers), row + column, numbers + data, "dot")
            for column, numbers in columns
        ]
    return [
        Value(sum_of_products(data, numbers) + b.data, row + column + (b,), numbers + data + ONE, "affine")
        for (column, numbers), b in zip(columns, bias)
    ]


def constant_rows(matrix: Matrix, *, one: bool = False) -> list[SparseRow] | None:
    """The nonzeros of a matrix without Values, with a 1 at the end if asked for; None if it has Values."""
    if isinstance(matrix, Features):
        return matrix.nonzeros(one=one)
    if all(map(is_constant, matrix)):
        return nonzeros([[real_number(entry) for entry in row] for row in matrix], one=one)
    return None


def weighted_sums(
    rows: Sequence[SparseRow], values: Matrix, parents: Sequence[Parents] | None = None
) -> list[list[Value]]:
    """A constant sparse matrix times a matrix of Values: out_ij = Σ_k c_ik v_kj.

    This is a sparse feature matrix times the weights, and the sum of a graph's messages. A bias is one
    more row of values, with the coefficient 1. Shapes [n][k], [k][m] -> [n][m]; a row without entries
    gives zeros. parents: the tuples of Values that each result is made from, if they are known.
    """
    table = [_values(row) for row in values]
    data = [data_of(row) for row in table]
    width = len(table[0]) if table else 0
    if parents is None:
        parents = [gather(table, indices) for indices, _, _ in rows]
    out = []
    for (indices, coefficients, op), made_from in zip(rows, parents):
        if indices and NATIVE:
            out.append([Value(_of_data(coefficients, v), v, coefficients, op) for v in made_from])
        elif indices:
            columns = zip(*[data[k] for k in indices])
            if type(coefficients) is Ones:
                out.append([Value(sum(c), v, coefficients, op) for c, v in zip(columns, made_from)])
            else:
                out.append(
                    [
                        Value(sum_of_products(coefficients, c), v, coefficients, op)
                        for c, v in zip(columns, made_from)
                    ]
                )
        else:
            out.append([Value(0.0, (), (), op) for _ in range(width)])
    return out


def value_weighted_sums(
    rows: Sequence[tuple[Sequence[int], Row]], values: Matrix, bias: Row | None = None
) -> list[list[Value]]:
    """`weighted_sums` where the coefficients are Values too, as learned edge weights are, plus b_j."""
    table = [_values(row) for row in values]
    data = [data_of(row) for row in table]
    none: list[tuple[tuple[Value, ...], tuple[float, ...]]] = [((), ())] * (len(table[0]) if table else 0)
    offsets = None if bias is None else _values(bias)
    return [
        _products(
            _values(coefficients),
            zip(gather(table, indices), zip(*[data[k] for k in indices])) if indices else none,
            offsets,
        )
        for indices, coefficients in rows
    ]


# ---- helpers ----------------------------------------------------------------------------------------


def data_of(values: Sequence[Value]) -> tuple[float, ...]:
    """The numbers of Values."""
    return tuple([value.data for value in values])


def is_constant(row: Row) -> TypeGuard[Sequence[float]]:
    """Whether a row holds no Value."""
    return not any(map(isinstance, row, repeat(Value)))


def check_rectangular(what: str, matrix: Matrix) -> None:
    """Raise ValueError, naming the row, unless all rows are equally long."""
    lengths = set(map(len, matrix))
    if len(lengths) > 1:
        width = len(matrix[0])
        i = next(i for i, row in enumerate(matrix) if len(row) != width)
        raise ValueError(f"{what}: row {i} has {len(matrix[i])} entries, row 0 has {width}")


def plain(column: Any) -> Any:
    """Lists for anything with `.tolist()`, such as a tensor; all else as it is."""
    return column.tolist() if hasattr(column, "tolist") else column


def flatten(matrix: Matrix) -> list[SupportsFloat]:
    """All entries of a matrix, row by row."""
    return list(chain.from_iterable(matrix))


def _values(row: Row) -> tuple[Value, ...]:
    return tuple([entry if isinstance(entry, Value) else Value(entry) for entry in row])


def _same_length(name: str, a: Row, b: Row) -> None:
    if len(a) != len(b):
        raise ValueError(f"{name} of {len(a)} and {len(b)} entries: both need the same length")
