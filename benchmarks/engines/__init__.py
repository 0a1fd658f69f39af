"""The training loops, one file per engine, written as a user of that engine writes them.

Each file has LOOPS: by kind of workload a function that takes the data and the contender, sets
everything up and returns an iterator; each `next` runs one epoch and gives its loss. What the loop
holds between two epochs it holds here too: a user's variables live as long.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.contenders import Contender

Epochs = Iterator[float]
Loop = Callable[[dict[str, Any], Contender], Epochs]


def dense_rows(sparse: list[list[list[Any]]], width: int) -> list[list[float]]:
    """Features as rows of floats, each an object of its own, as a tensor's `tolist()` gives them.

    sparse: for each row the columns that are not zero and their numbers. Shape [N][width].
    """
    rows = []
    for columns, numbers in sparse:
        row = array("d", bytes(8 * width))
        for column, number in zip(columns, numbers):
            row[column] = number
        rows.append(row.tolist())
    return rows
