"""Awkward PyG data, row by row: exact, or refused with the attribute and the way out."""

from __future__ import annotations

import json
import pickle
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from typing import Any

import pytest

from tinygnn import Batch, Graph
from tinygnn.adapters import AdapterError, from_pyg, from_pyg_dataset, to_networkx, to_pyg

torch: Any = pytest.importorskip("torch", reason="converts tensors")
pyg: Any = pytest.importorskip("torch_geometric.data", reason="converts PyG's Data")
Data = pyg.Data

pytestmark = pytest.mark.filterwarnings("ignore:Sparse", "ignore:.*nested", "ignore:.*quantize")

EDGES = torch.tensor([[0, 3, 1, 1, 2], [3, 0, 2, 2, 2]])  # 4 nodes; twice (1, 2), a self loop


def data(**keys: Any) -> Any:
    return Data(**{"x": torch.tensor([[0.1], [2.0], [-3.5], [1e-30]]), "edge_index": EDGES, **keys})


@contextmanager
def refused(*words: str, edge: Any = None, attribute: Any = None) -> Iterator[None]:
    """Wants an AdapterError with these fields, whose message names them and has these words."""
    with pytest.raises(AdapterError) as caught:
        yield
    found = caught.value
    assert (found.edge, found.attribute, found.node, found.path) == (edge, attribute, None, None)
    for word in (*words, *([attribute] if attribute else []), *([str(edge)] if edge else [])):
        assert word in str(found)


def copies(graph: Graph) -> list[Graph]:
    """The graph, a copy by pickle and one by JSON."""
    plain = json.dumps({each.name: getattr(graph, each.name) for each in fields(graph)})
    return [graph, pickle.loads(pickle.dumps(graph)), Graph(**json.loads(plain))]


def assert_same(a: Any, b: Any) -> None:
    assert type(a) is type(b)
    if isinstance(b, torch.Tensor):
        assert (a.dtype, a.shape, a.layout) == (b.dtype, b.shape, b.layout)
        assert repr(a.to_dense().tolist()) == repr(b.to_dense().tolist())
    elif isinstance(b, dict):
        assert list(a) == list(b)
        for key in b:
            assert_same(a[key], b[key])
    elif isinstance(b, (list, tuple)):
        assert len(a) == len(b)
        for one, other in zip(a, b):
            assert_same(one, other)
    else:
        assert repr(a) == repr(b) and getattr(a, "dtype", None) == getattr(b, "dtype", None)


def assert_comes_back(one: Any, **options: Any) -> None:
    """Keys and their order, dtypes, shapes and bits, after copies by pickle and JSON too."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        graph = from_pyg(one, **options)
    for copy in copies(graph):
        assert_same(to_pyg(copy).to_dict(), one.to_dict())


def test_row_23_everything_goes_on_to_networkx():
    pytest.importorskip("networkx", reason="goes from PyG to networkx")
    graph = to_networkx(from_pyg(data(y=torch.tensor([3, 1, 4, 1]), height=torch.arange(4), name="mine")))
    assert graph.nodes[2] == {"x": [-3.5], "y": 4, "height": 2}
    assert graph.graph == {"name": "mine"} and graph.number_of_edges() == 5


def test_row_24_duplicate_and_one_way_edges_are_kept_or_refused():
    nx = pytest.importorskip("networkx", reason="goes from PyG to networkx")
    graph = from_pyg(data(edge_weight=torch.tensor([1.0, 1.0, 5.0, 7.0, 2.0])))
    assert graph.edge_weight == [1.0, 1.0, 5.0, 7.0, 2.0] and graph.directed
    both = to_networkx(graph)
    assert type(both) is nx.MultiDiGraph
    assert [w for *_, w in both.edges([1], data="edge_weight")] == [5.0, 7.0]
    with refused("no reverse", edge=(1, 2)):
        to_networkx(graph, to_undirected=True)
    with refused("stands there twice", edge=(1, 2)):
        to_networkx(graph, to_multi=False)
    pair = Data(edge_index=EDGES[:, :2], edge_weight=torch.tensor([1.0, 9.0]), num_nodes=4)
    with refused("differ", edge=(0, 3)):
        to_networkx(from_pyg(pair), to_undirected=True)


@pytest.mark.parametrize("word", ["uper", "Upper", "low", "", 7, "both"])
def test_row_25_a_misspelt_to_undirected_is_refused(word):
    pytest.importorskip("networkx", reason="goes from PyG to networkx")
    with refused(repr(word), "'upper'", "'lower'"):
        to_networkx(from_pyg(data()), to_undirected=word)


@pytest.mark.parametrize(
    "column, words",
    [
        ((1, 4), ["column 2", "larger indices (found 4) than the number of nodes (4)"]),
        ((-2, 0), ["column 2", "negative indices (found -2)"]),
        ((0.5, 1.0), ["column 2", "float", "integers"]),
        ((float("nan"), 1.0), ["column 2", "float"]),
    ],
)
def test_row_26_an_end_that_is_no_node_is_named_with_its_column(column, words):
    edge_index = torch.tensor([[0, 1, column[0]], [1, 2, column[1]]])
    with refused(*words, edge=column if column[0] == column[0] else _Nan(), attribute="edge_index"):
        from_pyg(data(edge_index=edge_index))
    with refused("float", "column 0", edge=(0.0, 3.0), attribute="edge_index"):
        from_pyg(data(edge_index=EDGES.float()))


class _Nan:
    """Equal to the edge (nan, 1.0), which is not equal to itself."""

    def __eq__(self, other: object) -> bool:
        return str(other) == str(self)

    __hash__ = None  # type: ignore[assignment]

    def __str__(self) -> str:
        return "(nan, 1.0)"


@pytest.mark.parametrize("shape", [(5, 2), (1, 2), (0, 2), (2,), (2, 2, 2), ()])
def test_row_27_edge_index_has_two_rows(shape):
    with refused("[2, E]", str(list(shape)), attribute="edge_index"):
        from_pyg(data(edge_index=torch.zeros(shape, dtype=torch.long)))
    two = from_pyg(data(edge_index=torch.tensor([[0, 1], [2, 3]])))
    assert list(zip(*two.edge_index)) == [(0, 2), (1, 3)]
    assert "[2, 2]" in str(from_pyg.__doc__)


@pytest.mark.parametrize("key", ["edge_attr", "edge_weight"])
@pytest.mark.parametrize("size", [0, 4, 6])
def test_row_28_edge_columns_have_one_entry_per_edge(key, size):
    for wrong in (torch.ones(size), torch.ones(size, 2)):
        with refused(f"{size} entries", "5 edges", attribute=key):
            from_pyg(data(**{key: wrong}))
    with refused("5 edges", attribute=key):
        from_pyg(data(**{key: torch.tensor(1.0)}))


def test_row_29_the_number_of_nodes_is_not_guessed():
    for one in (Data(edge_index=EDGES), Data(edge_index=EDGES, y=torch.arange(9), edge_attr=torch.ones(5))):
        with refused("num_nodes=", attribute="num_nodes"):
            from_pyg(one)
        assert from_pyg(one, num_nodes=9).num_nodes == 9
        assert_comes_back(one, num_nodes=9)
    assert from_pyg(Data(edge_index=EDGES, num_nodes=11)).num_nodes == 11
    with refused("larger indices", edge=(0, 3), attribute="edge_index"):
        from_pyg(Data(edge_index=EDGES), num_nodes=3)
    with refused("7 nodes", attribute="x"):
        from_pyg(data(), num_nodes=7)
    with refused("2.0", attribute="num_nodes"):
        from_pyg(Data(edge_index=EDGES), num_nodes=2.0)


@pytest.mark.parametrize("layout", ["coo", "csr", "csc"])
@pytest.mark.parametrize("values", [torch.float64, torch.float32, torch.int64, torch.bool])
def test_row_30_adj_t_is_column_and_row_and_goes_back_as_adj_t(layout, values):
    adjacency = torch.sparse_coo_tensor(
        torch.tensor([[0, 2, 3], [1, 0, 0]]), torch.tensor([0.1, 4, 1]).to(values), (4, 4)
    ).coalesce()
    weights = adjacency.values().tolist()
    one = Data(x=torch.ones(4, 2), adj_t=getattr(adjacency, f"to_sparse_{layout}")())
    graph = from_pyg(one)
    assert sorted(zip(*graph.edge_index, graph.edge_weight)) == sorted(zip([1, 0, 0], [0, 2, 3], weights))
    assert_comes_back(one)
    assert_comes_back(Data(adj_t=one.adj_t, y=torch.arange(4)))


def test_row_30_adj_t_with_duplicates_features_or_nothing():
    index = torch.tensor([[1, 1, 0], [0, 0, 2]])
    twice = torch.sparse_coo_tensor(index, torch.tensor([1.0, 2.0, 3.0]), (4, 4))
    assert from_pyg(data(edge_index=None, adj_t=twice)).edge_weight == [1.0, 2.0, 3.0]
    for adjacency in (
        twice,
        torch.sparse_coo_tensor(index, torch.rand(3, 2), (4, 4, 2)),
        torch.sparse_coo_tensor(size=(4, 4)),
    ):
        assert_comes_back(data(edge_index=None, adj_t=adjacency))
    with refused("square sparse", attribute="adj_t"):
        from_pyg(data(edge_index=None, adj_t=torch.eye(4)))
    with refused("drop one", attribute="adj_t"):
        from_pyg(data(adj_t=twice))


def graphs() -> list[Any]:
    return [
        Data(
            x=torch.rand(n, 2), edge_index=torch.tensor([[0] * n, list(range(n))]), y=torch.tensor([n % 2]),
            edge_attr=torch.rand(n), name=f"graph {n}",
        )
        for n in (1, 4, 2)
    ]  # fmt: skip


def test_row_31_a_batch_is_a_batch_or_a_list_of_graphs():
    theirs = pyg.Batch.from_data_list(graphs(), follow_batch=["x"])
    batch = from_pyg(theirs)
    assert isinstance(batch, Batch) and batch.batch == theirs.batch.tolist() and batch.ptr == [0, 1, 5, 7]
    assert batch.edge_index == tuple(theirs.edge_index.tolist())
    assert (batch.y, batch.y_level) == ([1, 0, 0], "graph")
    for copy in (batch, pickle.loads(pickle.dumps(batch))):
        assert_same(to_pyg(copy).to_dict(), theirs.to_dict())
    for one, graph in zip(graphs(), from_pyg_dataset(theirs), strict=True):
        assert graph.edge_index == tuple(one.edge_index.tolist()) and graph.y == one.y.tolist()
        assert graph.graph_attrs == {"name": one.name}
    theirs.extra = 7
    with refused("of the Batch", attribute="extra"):
        from_pyg(theirs)
    with refused("told apart", "batch.to_dict"):
        from_pyg(pyg.Batch(x=torch.ones(4, 1), edge_index=EDGES, batch=torch.tensor([0, 0, 1, 1])))
    with refused("Batch", attribute="num_nodes"):
        from_pyg(pyg.Batch.from_data_list(graphs()), num_nodes=7)


@pytest.mark.parametrize("channels", [0, 3])
def test_row_32_the_graphs_of_a_dataset_are_converted_one_by_one(channels):
    datasets = pytest.importorskip("torch_geometric.datasets", reason="makes a dataset")
    dataset = datasets.FakeDataset(num_graphs=3, avg_num_nodes=12, num_channels=channels)
    for chosen in (dataset, dataset[1:], list(dataset)):
        converted = from_pyg_dataset(chosen)
        assert len(converted) == len(chosen)
        for graph, one in zip(converted, chosen):
            assert graph.edge_index == tuple(one.edge_index.tolist()) and graph.num_nodes == one.num_nodes
            assert_same(to_pyg(graph).to_dict(), one.to_dict())
    with refused("from_pyg_dataset(dataset)"):
        from_pyg(dataset._data)
    with refused("from_pyg_dataset(dataset)"):
        from_pyg(dataset)
    with refused("one Data"):
        from_pyg_dataset(dataset._data)
    assert from_pyg(datasets.KarateClub()._data).num_nodes == 34  # one graph: its storage is the graph


def test_row_32_a_tensor_is_of_the_nodes_in_all_graphs_or_in_none():
    one = Data(x=torch.ones(2, 1), edge_index=torch.tensor([[0, 1], [1, 0]]), mark=torch.arange(2))
    other = Data(x=torch.ones(3, 1), edge_index=torch.tensor([[0], [1]]), mark=torch.arange(2))
    assert [list(graph.graph_attrs) for graph in from_pyg_dataset([one, other])] == [["mark"], ["mark"]]
    other.mark = torch.arange(1)
    assert [list(graph.edge_attrs) for graph in from_pyg_dataset([one, other])] == [["mark"], ["mark"]]


def test_row_33_heterodata_is_refused_with_the_way_out():
    hetero = pyg.HeteroData()
    hetero["author"].x, hetero["paper"].x = torch.ones(2, 3), torch.ones(3, 3)
    hetero["author", "writes", "paper"].edge_index = torch.tensor([[0, 1], [2, 0]])
    for source in (hetero, pyg.Batch.from_data_list([hetero])):
        with refused("HeteroData", "to_homogeneous()"):
            from_pyg(source)
    with refused("to_homogeneous()"):
        from_pyg_dataset([hetero])
    assert from_pyg(hetero.to_homogeneous()).num_nodes == 5


@pytest.mark.parametrize(
    "y",
    [
        5, 2.5, "cat", [1, 2, 3, 4], torch.tensor(8), torch.tensor([5, 9, 9, 5]),
        torch.tensor([-1, 0, -1, 2]), torch.tensor([[0.5], [1.0], [2.0], [4.0]]), torch.eye(4),
        torch.tensor([1, 2]), torch.rand(1, 3),
        torch.tensor([True, False, True, True]),
    ],
)  # fmt: skip
def test_row_34_y_is_verbatim(y):
    graph = from_pyg(data(y=y))
    assert graph.y == (y.tolist() if isinstance(y, torch.Tensor) else y)
    assert graph.class_names is None
    assert_comes_back(data(y=y))


def test_row_35_the_caller_says_to_what_a_tensor_belongs():
    ring = torch.tensor([[0, 1, 2], [1, 2, 0]])
    one = Data(x=torch.ones(3, 1), edge_index=ring, mark=torch.arange(3), edge_kind=torch.arange(3))
    with pytest.warns(UserWarning, match=r"'mark'.*levels="):
        assert list(from_pyg(one).node_attrs) == ["mark"] and list(from_pyg(one).edge_attrs) == ["edge_kind"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for level in ("node", "edge", "graph"):
            graph = from_pyg(one, levels={"mark": level})
            assert "mark" in getattr(graph, f"{level}_attrs")
            assert_comes_back(one, levels={"mark": level})
    single = Data(x=torch.ones(1, 2), edge_index=torch.tensor([[0], [0]]), y=torch.tensor([4]))
    with pytest.warns(UserWarning, match=r"'y'.*levels="):
        assert from_pyg(single).y_level == "node"
    assert from_pyg(single, levels={"y": "graph"}).y_level == "graph"
    with refused("'vertex'", "'node', 'edge' or 'graph'", attribute="y"):
        from_pyg(single, levels={"y": "vertex"})
    with refused("levels names", attribute="z"):
        from_pyg(single, levels={"z": "node"})
    with refused("1 entries", "4 nodes", attribute="y"):
        from_pyg(data(y=torch.tensor([1])), levels={"y": "node"})


DTYPES = ["uint8", "int8", "int16", "int32", "int64", "uint16", "uint32", "uint64", "bool", "float16",
          "bfloat16", "float32", "float64", "complex64", "complex128", "float8_e4m3fn"]  # fmt: skip


@pytest.mark.parametrize("name", DTYPES)
def test_row_36_dtypes_come_back_with_exact_values(name):
    dtype = getattr(torch, name)
    column = torch.tensor([0.5, 3, 1, 0]).to(dtype)
    keys = {"y": column, "mark": column.reshape(2, 2), "other": [column, (column[0],)]}
    assert_comes_back(data(**keys, edge_attr=torch.ones(5, 2).to(dtype), edge_weight=torch.ones(5).to(dtype)))
    if dtype.is_complex:
        with refused("view_as_real", attribute="x"):
            from_pyg(data(x=column.reshape(4, 1)))
    else:
        assert_comes_back(data(x=column.reshape(4, 1)))
        assert from_pyg(data(x=column.reshape(4, 1))).x == column.double().reshape(4, 1).tolist()


def test_row_36_integers_that_no_float_holds_are_refused_among_features():
    wide = torch.tensor([[2**53 + 1], [0], [1], [2]])
    with refused("[0, 0]", "9007199254740993", attribute="x"):
        from_pyg(data(x=wide))
    assert from_pyg(data(y=wide[:, 0])).y[0] == 2**53 + 1
    assert_comes_back(data(y=wide[:, 0]))


@pytest.mark.parametrize("key", ["x", "y", "edge_index", "edge_attr", "edge_weight", "train_mask", "mark"])
def test_row_37_what_holds_no_numbers_is_refused(key):
    one = data(y=torch.arange(4), edge_attr=torch.ones(5, 1), edge_weight=torch.ones(5), mark=torch.ones(4))
    one.train_mask = torch.ones(4, dtype=torch.bool)
    one[key] = one[key].to("meta")
    with refused("meta device", attribute=key):
        from_pyg(one)


def test_row_37_sparse_features_are_made_dense_and_come_back_sparse():
    eye = torch.eye(4)
    for sparse in (eye.to_sparse(), eye.to_sparse_csr(), eye.to_sparse_csc()):
        assert from_pyg(data(x=sparse)).x == eye.tolist()
        assert_comes_back(data(x=sparse))
    with refused("quantized", attribute="x"):
        from_pyg(data(x=torch.quantize_per_tensor(torch.ones(4, 1), 0.5, 0, torch.qint8)))
    with refused("nested", attribute="x"):
        from_pyg(data(x=torch.nested.nested_tensor([torch.ones(n) for n in (1, 2, 3, 1)])))


@pytest.mark.parametrize("shape", [(5,), (5, 1), (5, 2), (5, 0), (5, 2, 2)])
def test_row_38_shapes_and_subclasses(shape):
    assert_comes_back(data(edge_attr=torch.rand(shape), edge_index=EDGES.int()))
    kinds = pytest.importorskip("torch_geometric", reason="has an EdgeIndex")
    special = kinds.EdgeIndex(EDGES, sparse_size=(4, 4))
    assert from_pyg(data(edge_index=special)).edge_index == tuple(EDGES.tolist())
    trained = data(x=torch.nn.Parameter(torch.ones(4, 1)), edge_weight=torch.ones(5, requires_grad=True) * 2)
    assert from_pyg(trained).x == [[1.0]] * 4 and from_pyg(trained).edge_weight == [2.0] * 5
    assert not to_pyg(from_pyg(trained)).x.requires_grad


@pytest.mark.parametrize("dtype", [torch.int64, torch.uint8, torch.float32])
def test_row_39_masks_are_boolean_and_overlap_is_warned_of(dtype):
    with refused("not bool", ".bool()", attribute="val_mask"):
        from_pyg(data(val_mask=torch.tensor([1, 0, 0, 1]).to(dtype)))
    with refused("2 entries", "4 nodes", attribute="test_mask"):
        from_pyg(data(test_mask=torch.tensor([0, 3])))
    mask = torch.tensor([True, False, True, True])
    with pytest.warns(UserWarning, match="3 nodes are in train_mask and in test_mask"):
        graph = from_pyg(data(train_mask=mask, val_mask=~mask, test_mask=mask))
    assert graph.train_mask == [True, False, True, True] and graph.val_mask == [False, True, False, False]


class Elsewhere(torch.Tensor):
    """A tensor whose numbers must be fetched before they can be listed, as those of a GPU."""

    fetched = 0

    @staticmethod
    def __new__(cls, there: Any) -> Any:
        return torch.Tensor._make_wrapper_subclass(cls, there.shape, dtype=there.dtype, device="cuda")

    def __init__(self, there: Any) -> None:
        self.there = there

    @classmethod
    def __torch_dispatch__(cls, function: Any, types: Any, arguments: Any = (), options: Any = None) -> Any:
        name = function.overloadpacket.__name__
        if name == "_to_copy" and torch.device((options or {})["device"]).type == "cpu":
            cls.fetched += 1
            return arguments[0].there
        if name in ("detach", "alias"):
            return cls(arguments[0].there)
        raise NotImplementedError(f"{name} of a tensor that is not here")


def test_row_40_tensors_are_fetched_from_their_device_bit_by_bit():
    one = data(y=torch.tensor([3, 1, 2, 0]), edge_weight=torch.rand(5), parts=[torch.rand(2)])
    there = Data(**{key: [Elsewhere(value[0])] if key == "parts" else Elsewhere(value) for key, value in one})
    assert there.x.device.type == "cuda"
    graph = from_pyg(there)
    assert Elsewhere.fetched >= 5 and graph == from_pyg(one)
    assert_same(to_pyg(graph).to_dict(), one.to_dict())
    if torch.cuda.is_available():
        assert from_pyg(one.to("cuda")) == graph


def test_no_key_is_added_and_none_dropped():
    for one in (
        Data(x=torch.ones(2, 3)),
        Data(num_nodes=torch.tensor(4)),
        Data(num_nodes=3, edge_index=EDGES[:, :0]),
        data(a=None, b=[None, {"k": None, 3: (1, 2)}], c="text", d=(), e={}, f=1.5, g=True, h=10**30),
        data(edge_index=torch.empty(2, 0, dtype=torch.long), edge_attr=torch.empty(0, 3)),
        Data(x=torch.empty(0, 5), edge_index=torch.empty(2, 0, dtype=torch.long)),
    ):
        assert_comes_back(one)


def test_arrays_and_scalars_of_numpy_come_back():
    np = pytest.importorskip("numpy", reason="attributes may be NumPy's")
    one = data(
        a=np.arange(3, dtype="int8"), b=np.array(7), c=np.float32(0.1), d=np.zeros((0, 2)), e=np.array(["t"])
    )
    assert_comes_back(one)


def test_row_32_a_data_that_a_dataset_merely_refers_to_is_a_graph():
    """Its last nodes have no edges and a dataset of several graphs holds it, yet not as its storage."""
    datasets = pytest.importorskip("torch_geometric.datasets", reason="converts PyG's Data")
    dataset = datasets.FakeDataset(num_graphs=3)
    data = pyg.Data(edge_index=torch.tensor([[0], [1]]), num_nodes=5)
    dataset.example = data
    assert from_pyg(data).num_nodes == 5
