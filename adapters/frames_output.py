"""`Graph` to tables of pandas or polars, or dicts of lists; the way in is frames.py."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from tinygnn.adapters.columns import ABSENT, edge_columns, node_columns
from tinygnn.adapters.errors import AdapterError, require
from tinygnn.adapters.pairs import undirected_rows
from tinygnn.collector import pause_collector
from tinygnn.graph import Graph

LIBRARIES = ("pandas", "polars", "dict")
Table = dict[Any, list[Any]]


@pause_collector(look=False)
def to_frames(graph: Graph, library: str | None = None) -> tuple[Any, Any]:
    """Convert a graph to a table of edges and one of nodes.

    library: "pandas", "polars", or "dict" for dicts of lists; None means that of the tables the graph was
    made of, else pandas. A row of the table of edges is a column of edge_index; a graph that came from
    tables with directed=False gets the rows it was made of. Columns have the names, the order and, if their
    entries still fit, the types they came with; what is missing is null.

    >>> edges, nodes = to_frames(Graph(([0], [1]), y=[5, 7]), "dict")
    >>> edges, nodes
    ({'source': [0], 'target': [1]}, {'node_id': [0, 1], 'y': [5, 7]})

    Raises AdapterError where two columns would have one name.
    """
    origin = graph.origin if graph.origin.get("format") == "frames" else {}
    library = library or origin.get("library") or "pandas"
    if library not in LIBRARIES:
        raise AdapterError(f"library is {library!r}: it is 'pandas', 'polars' or 'dict'")
    ids = list(graph.node_ids) if graph.node_ids is not None else list(range(graph.num_nodes))
    of_edges = edge_columns(graph)
    rows = list(range(graph.num_edges))
    if origin.get("directed") is False and not graph.directed:
        rows = undirected_rows(graph, list(of_edges.values()))
    sources, targets = graph.edge_index
    ends = {
        origin.get("source", "source"): [ids[s] for s in sources],
        origin.get("target", "target"): [ids[t] for t in targets],
    }
    edges = _together(ends, of_edges, rows, origin.get("edge_columns", []))
    named = {origin.get("node_id", "node_id"): ids}
    nodes = _together(named, node_columns(graph), range(graph.num_nodes), origin.get("node_columns", []))
    return (
        _frame(library, edges, origin.get("edge_types", {})),
        _frame(library, nodes, origin.get("node_types", {})),
    )


def _together(ids: Table, columns: Table, rows: Any, order: list[Any]) -> Table:
    for name in ids:
        if name in columns:
            raise AdapterError(f"two columns would be named {name!r}: rename the attribute", attribute=name)
    table = {**ids, **columns}
    table = {name: table[name] for name in [*(n for n in order if n in table), *table]}
    return {
        name: [None if column[i] is ABSENT else column[i] for i in rows] for name, column in table.items()
    }


def _frame(library: str, table: Table, types: dict[Any, str]) -> Any:
    if library == "dict":
        return table
    module = require(library, library)
    series = _pandas_series if library == "pandas" else _polars_series
    columns = {name: series(module, str(name), column, types.get(name)) for name, column in table.items()}
    return module.DataFrame(columns)


def _pandas_series(pandas: Any, name: str, column: list[Any], kind: str | None) -> Any:
    """A column of the type it came with; of Python's objects where that does not hold them."""
    for dtype in [kind, None] if kind else [None]:
        with suppress(TypeError, ValueError, OverflowError):
            series = pandas.Series(column, dtype=dtype)
            if dtype is not None or not any(entry is None for entry in column):
                return series
    return pandas.Series(column, dtype=object)


def _polars_series(polars: Any, name: str, column: list[Any], kind: str | None) -> Any:
    dtype = getattr(polars, kind, None) if kind and kind.isidentifier() else None
    for each in [dtype, None] if dtype is not None else [None]:
        with suppress(TypeError, ValueError, OverflowError, polars.exceptions.PolarsError):
            return polars.Series(name, column, dtype=each)
    return polars.Series(name, column, dtype=polars.Object)
