"""Constant sparse rows: the features of nodes, and what a node hears from its neighbours."""

from __future__ import annotations

from collections.abc import Sequence

# A row of a constant sparse matrix: which columns, their coefficients, and the op that says so.
SparseRow = tuple[tuple[int, ...], tuple[float, ...], tuple[str, tuple[float, ...]]]


def sparse_row(indices: Sequence[int], coefficients: Sequence[float]) -> SparseRow:
    """Make a row for `weighted_sums`."""
    constants = tuple(coefficients)
    return tuple(indices), constants, ("linear_combination", constants)


def nonzeros(matrix: Sequence[Sequence[float]]) -> list[SparseRow]:
    """The entries of a constant matrix that are not zero, row by row."""
    return [
        sparse_row(indices, [row[i] for i in indices])
        for row in matrix
        for indices in [[i for i, entry in enumerate(row) if entry]]
    ]


class Features(list[list[float]]):
    """Constant rows [N][F] that find their nonzeros once, not once per epoch.

    A list of lists like any other; when an entry was changed since, the nonzeros are found anew.
    """

    _known: tuple[list[list[float]], list[SparseRow]] | None = None

    def nonzeros(self) -> list[SparseRow]:
        """The entries that are not zero, as `weighted_sums` takes them."""
        if self._known is None or self._known[0] != self:
            self._known = [row[:] for row in self], nonzeros(self)
        return self._known[1]

    def __reduce__(self) -> tuple[type[Features], tuple[list[list[float]]]]:
        return Features, (list(self),)
