"""SciPy's sparse matrices: every format and dtype comes back."""

import pytest

from tinygnn import Graph
from tinygnn.adapters import AdapterError, from_scipy, to_scipy

numpy = pytest.importorskip("numpy", reason="makes arrays")
sparse = pytest.importorskip("scipy.sparse", reason="converts SciPy's matrices")

DENSE = [[0, 3, 0], [1, 0, 0], [0, 2, 5]]


@pytest.mark.parametrize("form", ["coo", "csr", "csc", "lil", "dok", "bsr", "dia"])
@pytest.mark.parametrize("dtype", ["float64", "float32", "int8", "int64", "bool", "uint16"])
@pytest.mark.parametrize("kind", ["array", "matrix"])
def test_there_and_back(form, dtype, kind):
    matrix = getattr(sparse, f"coo_{kind}")(numpy.array(DENSE, dtype=dtype)).asformat(form)
    graph = from_scipy(matrix)
    assert graph.num_nodes == 3 and graph.directed and graph.validate()
    assert {(s, t): w for s, t, w in zip(*graph.edge_index, graph.edge_weight) if w} == {
        (i, j): matrix.toarray()[i][j] for i, j in [(0, 1), (1, 0), (2, 1), (2, 2)]
    }
    again = to_scipy(graph)
    assert type(again) is type(matrix) and again.dtype == matrix.dtype
    assert (again.toarray() == matrix.toarray()).all()


def test_stored_zeros_and_duplicates_are_edges():
    matrix = sparse.coo_array(([0.0, 1.5, 2.0], ([0, 1, 1], [1, 0, 0])), shape=(4, 4))
    graph = from_scipy(matrix)
    assert list(zip(*graph.edge_index)) == [(0, 1), (1, 0), (1, 0)] and graph.edge_weight == [0.0, 1.5, 2.0]
    assert graph.num_nodes == 4
    again = to_scipy(graph)
    assert again.data.tolist() == [0.0, 1.5, 2.0] and again.nnz == 3
    with pytest.raises(AdapterError, match=r"edge \(1, 0\) stands there twice") as caught:
        to_scipy(graph, "csr")
    assert caught.value.edge == (1, 0)


def test_a_symmetric_matrix_is_undirected_and_a_graph_without_weights_has_ones():
    assert not from_scipy(sparse.csr_array([[0, 1], [1, 0]])).directed
    assert from_scipy(sparse.csr_array([[0, 1], [2, 0]])).directed
    assert to_scipy(Graph(([0], [1]), num_nodes=3), "csr").toarray().tolist() == [
        [0, 1, 0],
        [0, 0, 0],
        [0, 0, 0],
    ]
    graph = from_scipy(
        sparse.csr_array(numpy.array([[0, 1], [1, 0]], dtype="int8")), x=[[1.0], [2.0]], y=[0, 1]
    )
    assert graph.num_features == 1
    graph.edge_weight = [0.5, 300.0]
    assert to_scipy(graph).data.tolist() == [0.5, 300.0]


@pytest.mark.parametrize(
    "matrix, message",
    [
        ([[0, 1]], "expected a sparse matrix of SciPy, got a list"),
        (sparse.csr_array((2, 3)), r"shape \[2, 3\]: an adjacency matrix is square"),
        (sparse.csr_array((2, 2), dtype=complex), "complex128: weights are real"),
        (sparse.coo_array(([2**53 + 1], ([0], [1])), shape=(2, 2)), "not held exactly by a float"),
    ],
)
def test_what_is_no_graph_is_refused(matrix, message):
    with pytest.raises(AdapterError, match=message):
        from_scipy(matrix)
    with pytest.raises(AdapterError, match="format is 'cs'"):
        to_scipy(Graph(([0], [1])), "cs")
