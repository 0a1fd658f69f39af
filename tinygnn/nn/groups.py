"""Which rows belong to which graph: what norms and readouts make of a batch vector."""

from __future__ import annotations

from collections.abc import Sequence

from tinygnn.linalg import plain


def groups_of(batch: Sequence[int] | None, num_rows: int, size: int | None = None) -> list[list[int]]:
    """For each graph the positions of its rows, in order. Shape [N] -> [B][...].

    batch says of each row which graph it is in, sorted or not; None says that all are in one. size is B,
    where the last graphs may have no rows; else B is the largest number + 1.

    >>> groups_of([0, 2, 0], 3)
    [[0, 2], [], [1]]

    Raises ValueError, naming the row, for a number that is no graph's or for a batch of another length.
    """
    batch = plain(batch)
    if batch is None:
        batch, size = [0] * num_rows, 1 if size is None else size
    if len(batch) != num_rows:
        raise ValueError(f"batch has {len(batch)} entries for {num_rows} rows: each row needs its graph")
    for i, graph in enumerate(batch):
        if type(graph) is not int or not 0 <= graph < (graph + 1 if size is None else size):
            known = "graphs are numbered from 0" if size is None else f"there are {size} graphs"
            raise ValueError(f"batch[{i}] is {graph!r}: {known}")
    groups: list[list[int]] = [[] for _ in range(max(batch, default=-1) + 1 if size is None else size)]
    for i, graph in enumerate(batch):
        groups[graph].append(i)
    return groups


def graph_numbers(batch: Sequence[int] | None, num_rows: int) -> list[int]:
    """The graph of each row: batch as a list, or 0 for each where it is None. Shape [N]."""
    return [0] * num_rows if batch is None else list(plain(batch))


def groups_between(ptr: Sequence[int], num_rows: int) -> list[list[int]]:
    """For each graph the positions of its rows, which begin at ptr[k] and end before ptr[k + 1].

    >>> groups_between([0, 2, 2, 3], 3)
    [[0, 1], [], [2]]

    Raises ValueError unless ptr ascends from 0 to the number of rows.
    """
    ptr = plain(ptr)
    if not ptr or ptr[0] != 0 or ptr[-1] != num_rows or list(ptr) != sorted(ptr):
        raise ValueError(f"ptr is {ptr!r}: it ascends from 0 to {num_rows}, the number of rows")
    return [list(range(start, end)) for start, end in zip(ptr, ptr[1:])]
