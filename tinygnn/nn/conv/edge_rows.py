"""Features of edges, as layers take them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tinygnn.linalg import plain


def edge_rows(
    edge_attr: Sequence[Any] | None, edge_dim: int | None, num_edges: int
) -> list[list[Any]] | None:
    """The features of edges as rows of edge_dim entries; a number for each edge is a row of one.

    None where edge_dim is None, which means that the layer takes none. Shapes: [E][edge_dim], or [E] for
    edge_dim 1 -> [E][edge_dim].

    Raises ValueError when one of the two is given without the other, when the number of rows is not that
    of the edges, and for a row of another length.
    """
    if edge_dim is None and edge_attr is None:
        return None
    if edge_attr is None:
        raise ValueError(f"edge_dim is {edge_dim}: give edge_attr with as many entries per edge")
    if edge_dim is None:
        raise ValueError("edge_attr was given, but edge_dim was not")
    rows = [list(row) if isinstance(row, (list, tuple)) else [row] for row in map(plain, plain(edge_attr))]
    if len(rows) != num_edges:
        raise ValueError(f"edge_attr has {len(rows)} entries for {num_edges} edges: each edge needs one")
    for e, row in enumerate(rows):
        if len(row) != edge_dim:
            raise ValueError(f"edge_attr needs rows of {edge_dim} entries, edge {e} has {len(row)}")
    return rows
