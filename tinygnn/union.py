"""Columns of several graphs one below the other, and what does not fit together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tinygnn.graph import Graph


def united(graphs: Sequence[Graph], name: str, of: str) -> Any:
    """One column below the other; None where the graphs that have such rows have no such column.

    A graph without nodes (or edges) fits to all others, whether it has the empty column or none.
    """
    present = [k for k, graph in enumerate(graphs) if getattr(graph, name) is not None]
    filled = [k for k, graph in enumerate(graphs) if getattr(graph, f"num_{of}")]
    having = [k for k in filled if getattr(graphs[k], name) is not None]
    if filled and not having:
        return None
    if len(having) < len(filled):
        lacking = next(k for k in filled if getattr(graphs[k], name) is None)
        raise ValueError(
            f"graphs[{lacking}] has no {name}, but graphs[{having[0]}] has: give it to every graph or to none"
        )
    _check_widths(graphs, name, {k: getattr(graphs[k], name)[0] for k in having})
    return [row for k in present for row in getattr(graphs[k], name)] if present else None


def united_y(graphs: Sequence[Graph]) -> tuple[str | None, list[Any] | None]:
    """The level of y, and y: per node one column below the other, per graph one entry for each."""
    levels = {k: graph.y_level for k, graph in enumerate(graphs) if graph.y is not None}
    first = next(iter(levels), None)
    for k, level in levels.items():
        if first is not None and level != levels[first]:
            raise ValueError(
                f"graphs[{k}] has y per {level}, but graphs[{first}] per {levels[first]}: say y_level='graph'"
                " or y_level='node' when making a Graph whose y could be either"
            )
    if first is None:
        common = {graph.y_level for graph in graphs}
        return (common.pop() if len(common) == 1 else None), None
    if levels[first] == "node":
        return "node", united(graphs, "y", "nodes")
    if len(levels) < len(graphs):
        lacking = next(k for k in range(len(graphs)) if k not in levels)
        raise ValueError(
            f"graphs[{lacking}] has no y, but graphs[{first}] has: give it to every graph or none"
        )
    y = [g.y[0] if isinstance(g.y, list) and len(g.y) == 1 else g.y for g in graphs]
    _check_widths(graphs, "y", dict(enumerate(y)))
    return "graph", y


def _check_widths(graphs: Sequence[Graph], name: str, rows: dict[int, Any]) -> None:
    """Raise ValueError unless the rows of all graphs, of which one each is given, are equally long."""
    widths = {k: len(row) if isinstance(row, (list, tuple)) else None for k, row in rows.items()}
    first = next(iter(widths), 0)
    for k, width in widths.items():
        if width != widths[first]:
            found, wanted = (f"rows of {w}" if w is not None else "numbers" for w in (width, widths[first]))
            raise ValueError(
                f"{name} of graphs[{k}] has {found}, of graphs[{first}] {wanted}: make them equal"
            )


def united_names(graphs: Sequence[Graph]) -> list[tuple[int, Any]] | None:
    """Pairs (graph, name of the node), its number where the graph has no names; None if none has."""
    if all(graph.node_ids is None for graph in graphs):
        return None
    return [
        (k, name)
        for k, graph in enumerate(graphs)
        for name in (range(graph.num_nodes) if graph.node_ids is None else graph.node_ids)
    ]


def united_attrs(graphs: Sequence[Graph], name: str, sizes: Sequence[int]) -> dict[Any, list[Any]]:
    """Columns one below the other, None where a graph lacks the column."""
    own = [getattr(graph, name) for graph in graphs]
    return {
        key: [entry for attrs, n in zip(own, sizes) for entry in attrs.get(key, [None] * n)]
        for key in dict.fromkeys(key for attrs in own for key in attrs)
    }
