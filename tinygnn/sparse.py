"""Constant sparse rows: the features of nodes, and what a node hears from its neighbours."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import chain, repeat
from math import isfinite

from tinygnn.marked import Leaves, Ones
from tinygnn.value import Value

# A row of a constant sparse matrix: which columns, their coefficients, and the op that says so.
SparseRow = tuple[tuple[int, ...], tuple[float, ...], tuple[str, tuple[float, ...]]]
# For each column of a product, the Values that its entry in this row is made from.
Parents = Iterable[tuple[Value, ...]]

TABLES = 4  # weight matrices that features remember: a layer has one or two


def sparse_row(indices: Sequence[int], coefficients: Sequence[float]) -> SparseRow:
    """Make a row for `weighted_sums`."""
    constants = tuple(coefficients)
    if constants.count(1.0) == len(constants):
        constants = Ones(constants)
    return tuple(indices), constants, ("linear_combination", constants)


def nonzeros(matrix: Sequence[Sequence[float]], *, one: bool = False) -> list[SparseRow]:
    """The entries of a constant matrix that are not zero, row by row; one=True adds a last column of 1."""
    rows = []
    for row in matrix:
        indices = [k for k, entry in enumerate(row) if entry]
        coefficients = [row[k] for k in indices]
        if one:
            indices.append(len(row))
            coefficients.append(1.0)
        rows.append(sparse_row(indices, coefficients))
    return rows


def gather(table: Sequence[tuple[Value, ...]], indices: Sequence[int]) -> Parents:
    """Read some rows of a table of Values column by column."""
    return zip(*[table[k] for k in indices])


class Features(list[list[float]]):
    """Constant rows [N][F] that do once what would be done once per epoch.

    They find their nonzeros, and which weights each node meets. They are a list of lists like any other:
    when an entry was changed since, all is found anew.
    """

    def __init__(self, rows: Iterable[list[float]] = ()) -> None:
        super().__init__(rows)
        self._snapshot: list[list[float]] = []
        self._constant = True
        self._nonzeros: dict[bool, list[SparseRow]] = {}
        self._parents: list[tuple[bool, list[tuple[Value, ...]], list[Parents]]] = []

    def nonzeros(self, *, one: bool = False) -> list[SparseRow] | None:
        """The entries that are not zero, see `nonzeros`; None if an entry is a Value by now."""
        if self._snapshot != self:
            self._snapshot = [row[:] for row in self]
            self._nonzeros, self._parents = {}, []
            self._constant = not any(any(map(isinstance, row, repeat(Value))) for row in self)
        if not self._constant:
            return None
        if one not in self._nonzeros:
            self._nonzeros[one] = nonzeros(self, one=one)
        return self._nonzeros[one]

    def times(self, factor: Callable[[], float]) -> Features:
        """The same rows, each nonzero entry times a factor of its own; times 0 it is 0, even if it is inf."""
        rows = [row[:] for row in self]
        kept = []
        for row, (indices, coefficients, _) in zip(rows, self.nonzeros() or []):
            entries = []
            for k, coefficient in zip(indices, coefficients):
                scale = factor()
                row[k] = coefficient * scale if scale else 0.0
                if row[k]:
                    entries.append((k, row[k]))
            kept.append(sparse_row([k for k, _ in entries], [entry for _, entry in entries]))
        product = Features(rows)
        product._snapshot = [row[:] for row in rows]
        product._nonzeros[False] = kept
        return product

    def parents(self, table: list[tuple[Value, ...]], *, one: bool = False) -> list[Parents]:
        """What `weighted_sums(self.nonzeros(one=one), table)` is made from, kept for the last few tables."""
        for known in self._parents:
            if known[0] == one and known[1] == table:
                return known[2]
        rows = self.nonzeros(one=one) or []
        leaves = not any(value.parents for row in table for value in row)
        finite = all(map(isfinite, chain.from_iterable(coefficients for _, coefficients, _ in rows)))
        kind = Leaves if leaves and finite else tuple
        parents: list[Parents] = [list(map(kind, gather(table, indices))) for indices, _, _ in rows]
        self._parents = [*self._parents[1 - TABLES :], (one, table, parents)]
        return parents

    def __reduce__(self) -> tuple[type[Features], tuple[list[list[float]]]]:
        return Features, (list(self),)
