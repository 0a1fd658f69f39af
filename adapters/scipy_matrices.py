"""SciPy's sparse matrices to `Graph` and back: the entry in row i and column j is an edge i -> j."""

from __future__ import annotations

from typing import Any

from tinygnn.adapters.columns import weight_column
from tinygnn.adapters.errors import AdapterError, require
from tinygnn.collector import pause_collector
from tinygnn.edge_index import EdgeIndex
from tinygnn.graph import Graph

FORMATS = ("coo", "csr", "csc", "lil", "dok", "bsr", "dia")


@pause_collector(look=False)
def from_scipy(matrix: Any, *, x: Any = None, y: Any = None, num_nodes: int | None = None) -> Graph:
    """Convert a square sparse matrix or array of shape [N, N]; its entries are the weights of edges.

    Edges are in the order in which the matrix stores its entries, by rows for csr, by columns for csc;
    stored zeros and duplicates are edges too. x and y: features and labels, as for `Graph`. num_nodes is
    there for checking only. SciPy is not imported.

    >>> from scipy.sparse import csr_array
    >>> graph = from_scipy(csr_array([[0.0, 0.5], [2.0, 0.0]]))
    >>> graph.edge_index, graph.edge_weight
    (([0, 1], [1, 0]), [0.5, 2.0])

    Raises AdapterError for a matrix that is not square, or holds what no float holds.
    """
    if not (hasattr(matrix, "tocoo") and hasattr(matrix, "shape") and hasattr(matrix, "dtype")):
        raise AdapterError(f"expected a sparse matrix of SciPy, got a {type(matrix).__name__}")
    shape = tuple(matrix.shape)
    if len(shape) != 2 or shape[0] != shape[1]:
        raise AdapterError(f"the matrix has shape {list(shape)}: an adjacency matrix is square")
    if num_nodes not in (None, shape[0]):
        raise AdapterError(f"num_nodes={num_nodes}, but the matrix has {shape[0]} rows")
    if matrix.dtype.kind not in "biuf":
        raise AdapterError(f"the matrix holds {matrix.dtype}: weights are real numbers")
    entries = matrix.tocoo(copy=True) if matrix.format != "coo" else matrix
    sources, targets = (list(map(int, part.tolist())) for part in (entries.row, entries.col))

    def place(name: Any, e: int) -> dict[str, Any]:
        return {"edge": (sources[e], targets[e]), "attribute": "data"}

    weights, how = weight_column("edge_weight", entries.data.tolist(), place)
    origin = {
        "format": "scipy", "matrix": {"format": matrix.format, "dtype": str(matrix.dtype),
        "array": "array" in type(matrix).__name__}, "edge_weight": how,
    }  # fmt: skip
    pairs = dict(zip(zip(sources, targets), weights))
    symmetric = len(pairs) == len(weights) and all(pairs.get((t, s)) == w for (s, t), w in pairs.items())
    try:
        return Graph(
            EdgeIndex((sources, targets)), x=x, y=y, edge_weight=weights, num_nodes=shape[0],
            directed=not symmetric, origin=origin,
        )  # fmt: skip
    except (ValueError, TypeError) as error:
        raise AdapterError(str(error)) from None


@pause_collector(look=False)
def to_scipy(graph: Graph, format: str | None = None) -> Any:
    """Convert the edges of a graph to a sparse array of shape [N, N]; weights are 1 where there are none.

    format: "coo", "csr", "csc", ...; None means what the graph came from, else coo. Everything but edges
    and weights has no place in a matrix. A graph that came from a matrix goes back with its dtype.

    >>> import scipy
    >>> to_scipy(Graph(([0, 1], [1, 0]), edge_weight=[0.5, 2.0])).toarray().tolist()
    [[0.0, 0.5], [2.0, 0.0]]

    Raises AdapterError where an edge stands there twice and the format is not coo: it would be summed.
    """
    numpy, sparse = require("numpy", "scipy"), require("scipy.sparse", "scipy")
    how = graph.origin.get("matrix", {}) if graph.origin.get("format") == "scipy" else {}
    format = format or how.get("format", "coo")
    if format not in FORMATS:
        raise AdapterError(f"format is {format!r}: it is one of {', '.join(FORMATS)}")
    sources, targets = graph.edge_index
    weights: list[Any] = [1.0] * graph.num_edges
    if graph.edge_weight is not None:
        weights = [float(weight) for weight in graph.edge_weight]
    if format != "coo" and len(set(zip(sources, targets))) < graph.num_edges:
        seen: set[tuple[int, int]] = set()
        for edge in zip(sources, targets):
            if edge in seen:
                raise AdapterError(
                    f"edge {edge} stands there twice, and {format} would hold the sum: give format='coo'",
                    edge=edge,
                )
            seen.add(edge)
    data = numpy.array(weights, dtype="float64")
    short = data.astype(how.get("dtype", "float64"))
    if numpy.array_equal(short.astype("float64"), data, equal_nan=True):  # else weights were changed since
        data = short
    make = sparse.coo_matrix if how and not how["array"] else sparse.coo_array
    shape = (graph.num_nodes, graph.num_nodes)
    ends = numpy.array(sources, dtype="int64"), numpy.array(targets, dtype="int64")
    return make((data, ends), shape=shape).asformat(format)
