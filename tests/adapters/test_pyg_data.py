"""PyG in and out: every key, dtype, shape and bit comes back, and what is wrong is refused."""

import copy
import json
import pickle
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygnn import Graph
from tinygnn.adapters import AdapterError, from_networkx, from_pyg, from_pyg_dataset, load, to_pyg

torch = pytest.importorskip("torch", reason="converts tensors")
pyg = pytest.importorskip("torch_geometric.data", reason="converts PyG's Data")
Data = pyg.Data

EDGES = torch.tensor([[0, 1, 1, 2], [1, 0, 2, 2]])
DTYPES = [torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64, torch.bool,
          torch.float16, torch.bfloat16, torch.float32, torch.float64]  # fmt: skip


def round_trip(data):
    """There and back, with a copy by pickle and one by JSON in between."""
    graph = pickle.loads(pickle.dumps(from_pyg(data)))
    plain = json.dumps({each.name: getattr(graph, each.name) for each in fields(graph)})
    return to_pyg(Graph(**json.loads(plain)))


def assert_equal(a, b):
    ours, theirs = a.to_dict(), b.to_dict()
    assert list(ours) == list(theirs)
    for key, value in theirs.items():
        assert_same(ours[key], value, key)


def assert_same(a, b, key=""):
    assert type(a) is type(b), key
    if isinstance(b, torch.Tensor):
        assert (a.dtype, a.shape, a.layout) == (b.dtype, b.shape, b.layout), key
        assert repr(a.to_dense().tolist()) == repr(b.to_dense().tolist()), key
    elif isinstance(b, (list, tuple)):
        assert len(a) == len(b)
        for x, y in zip(a, b):
            assert_same(x, y, key)
    elif isinstance(b, dict):
        assert list(a) == list(b)
        for name in b:
            assert_same(a[name], b[name], key)
    elif hasattr(b, "dtype"):
        assert a.dtype == b.dtype and a.tolist() == b.tolist()
    else:
        assert a == b, key


def fails(message: str, data, *, attribute=None, **options) -> AdapterError:
    with pytest.raises(AdapterError, match=message) as caught:
        from_pyg(data, **options)
    assert caught.value.attribute == attribute
    return caught.value


# ---- there and back ------------------------------------------------------------------------------


def test_fields_attributes_and_everything_else_come_back():
    data = Data(
        x=torch.tensor([[0.1], [1e-40], [-0.0]]), edge_index=EDGES, y=torch.tensor([5, 9, -1]),
        edge_attr=torch.rand(4, 2), edge_weight=torch.rand(4, dtype=torch.float64),
        train_mask=torch.tensor([True, False, False]), pos=torch.rand(3, 2), num_nodes=3,
    )  # fmt: skip
    data.name, data.pair, data.parts = "abc", (1, [torch.ones(2), "t"]), {"k": torch.zeros(0, 3), 7: None}
    data["_secret"], data.text = 1.5, ["a", "b", "c"]
    data.scalar = torch.tensor(2.5, dtype=torch.float64)
    data.split = torch.rand(3, 4) > 0.5
    assert_equal(round_trip(data), data)
    graph = from_pyg(data)
    assert graph.x == data.x.tolist() and graph.y == [5, 9, -1] and graph.y_level == "node"
    assert graph.node_attrs["pos"] == data.pos.tolist() and graph.graph_attrs["name"] == "abc"
    data.x.zero_()
    data.parts["k"] = 0
    assert graph.x[0][0] == 0.10000000149011612 and graph.graph_attrs["parts"]["k"] == []


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_every_dtype_and_shape_comes_back(dtype):
    column = torch.tensor([0, 1, 3]).to(dtype)
    data = Data(edge_index=EDGES.to(torch.int32), x=column.view(3, 1), y=column.view(3, 1), pos=column,
                edge_attr=torch.ones(4, dtype=dtype), edge_weight=torch.ones(4, 1, dtype=dtype))  # fmt: skip
    assert_equal(round_trip(data), data)
    assert_equal(round_trip(Data(x=column, edge_index=EDGES)), Data(x=column, edge_index=EDGES))


@given(
    n=st.integers(0, 4), width=st.integers(0, 3), seed=st.integers(0, 9), dtype=st.sampled_from(DTYPES),
    edges=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=6),
)  # fmt: skip
def test_any_data_comes_back(n, width, seed, dtype, edges):
    generator = torch.Generator().manual_seed(seed)
    edges = [(s, t) for s, t in edges if s < n and t < n]

    def rows(*shape):
        return torch.randint(0, 50, shape, generator=generator).to(dtype)

    data = Data(
        x=rows(n, width), edge_index=torch.tensor(edges, dtype=torch.long).reshape(-1, 2).t().contiguous(),
        edge_attr=rows(len(edges), width), y=rows(n), other=rows(n, 2, width),
    )  # fmt: skip
    assert_equal(round_trip(data), data)


@pytest.mark.parametrize("layout", [torch.sparse_coo, torch.sparse_csr])
@pytest.mark.filterwarnings("ignore:Sparse CSR tensor support")
def test_adj_t_is_read_as_column_and_row_and_comes_back(layout):
    adjacency = torch.sparse_coo_tensor(
        torch.tensor([[1, 0, 2], [0, 2, 2]]), torch.tensor([0.5, 2.0, 3.0]), (3, 3)
    )
    data = Data(
        x=torch.ones(3, 1),
        adj_t=adjacency.to_sparse(layout=layout) if layout != torch.sparse_coo else adjacency,
    )
    graph = from_pyg(data)
    assert sorted(zip(*graph.edge_index, graph.edge_weight)) == [(0, 1, 0.5), (2, 0, 2.0), (2, 2, 3.0)]
    assert_equal(round_trip(data), data)
    assert from_pyg(Data(adj_t=adjacency)).num_nodes == 3
    fails("drop one", Data(adj_t=adjacency, edge_index=EDGES), attribute="adj_t")


def test_sparse_features_and_subclasses_of_tensors():
    data = Data(x=torch.eye(3).to_sparse(), edge_index=EDGES)
    assert from_pyg(data).x == torch.eye(3).tolist()
    assert_equal(round_trip(data), data)
    from torch_geometric import EdgeIndex

    assert from_pyg(Data(edge_index=EdgeIndex(EDGES), num_nodes=3)).edge_index == tuple(EDGES.tolist())
    assert from_pyg(Data(x=torch.ones(3, 1, requires_grad=True), edge_index=EDGES)).x == [[1.0]] * 3


def test_a_changed_graph_goes_back_as_it_is_now():
    graph = from_pyg(Data(x=torch.ones(3, 1), edge_index=EDGES, y=torch.tensor([0, 1, 1])))
    graph.y, graph.edge_weight = None, [1.0, 2.0, 0.1, 3.0]
    data = to_pyg(graph)
    assert (
        list(data.to_dict()) == ["x", "edge_index", "edge_weight"] and data.edge_weight.dtype == torch.float64
    )


def test_graphs_of_other_origin_convert_exactly():
    data = to_pyg(load("karate")[0])
    assert data.x.dtype == torch.float32 and data.y.dtype == torch.int64 and data.train_mask.sum() == 4
    assert data.validate() and data.is_undirected() and data.club[0] == "Mr. Hi" and "num_nodes" not in data
    assert to_pyg(Graph(([0], [1]), x=[[0.1], [2.0]])).x.dtype == torch.float64
    assert to_pyg(Graph(([], []), num_nodes=3)).num_nodes == 3
    assert to_pyg(Graph(([0], [1]), node_ids=["a", "b"])).node_ids == ["a", "b"]
    assert from_pyg(to_pyg(Graph(([0], [1]), node_ids=["a", "b"]))).node_ids == ["a", "b"]
    with pytest.raises(AdapterError, match="one namespace"):
        to_pyg(Graph(([0], [1]), node_attrs={"w": [1, 2]}, edge_attrs={"w": [3]}))


def test_networkx_to_pyg():
    nx = pytest.importorskip("networkx", reason="goes from networkx to PyG")
    data = to_pyg(from_networkx(nx.karate_club_graph(), y="club", edge_weight="weight"))
    assert data.y.unique().tolist() == [0, 1] and data.edge_weight.shape == (156,)


# ---- which level ---------------------------------------------------------------------------------


def test_directed_is_what_the_columns_say():
    assert not load("pyg:KarateClub")[0].directed and from_pyg(Data(edge_index=EDGES, num_nodes=3)).directed
    both = torch.tensor([[0, 1], [1, 0]])
    assert from_pyg(Data(edge_index=both, edge_weight=torch.tensor([1.0, 2.0]), num_nodes=2)).directed


@pytest.mark.parametrize(
    "y, level",
    [
        (torch.tensor([1, 2, 3]), "node"),
        (torch.tensor([1]), "graph"),
        (torch.tensor(1.5), "graph"),
        (torch.tensor([[1.0, 2.0]]), "graph"),
        (torch.tensor([[1.0], [2.0], [3.0]]), "node"),
        (7, "graph"),
    ],
)
def test_y_is_verbatim_and_of_the_nodes_if_there_are_as_many(y, level):
    data = Data(edge_index=EDGES, num_nodes=3, y=y)
    graph = from_pyg(data)
    assert graph.y_level == level and graph.y == (y.tolist() if isinstance(y, torch.Tensor) else y)
    assert_equal(round_trip(data), data)


def test_the_caller_says_to_what_an_attribute_belongs():
    data = Data(
        edge_index=torch.tensor([[0], [0]]), x=torch.ones(1, 1), y=torch.tensor([4]), t=torch.tensor([2])
    )
    assert from_pyg(data).y_level == "node" and "t" in from_pyg(data).node_attrs
    graph = from_pyg(data, levels={"y": "graph", "t": "edge"})
    assert graph.y_level == "graph" and graph.edge_attrs == {"t": [2]}
    assert_equal(to_pyg(graph), data)
    fails("levels names 'z'", data, levels={"z": "node"}, attribute="z")
    fails("it is 'node', 'edge' or 'graph'", data, levels={"y": "nodes"}, attribute="y")
    fails("has 2 entries for 1 nodes", Data(x=torch.ones(1, 1), edge_index=EDGES[:, :0], t=torch.ones(2)),
          levels={"t": "node"}, attribute="t")  # fmt: skip


def test_datasets_batches_and_loaders_give_one_graph_each():
    one = Data(x=torch.ones(1, 1), edge_index=torch.empty(2, 0, dtype=torch.long), y=torch.tensor([1]))
    two = Data(x=torch.ones(2, 1), edge_index=torch.tensor([[0], [1]]), y=torch.tensor([0]))
    batch = pyg.Batch.from_data_list([one, two])
    for source in ([one, two], batch, [batch]):
        graphs = from_pyg_dataset(source)
        assert [graph.num_nodes for graph in graphs] == [1, 2]
        assert [graph.y_level for graph in graphs] == ["graph", "graph"]
    assert from_pyg_dataset([one], levels={"y": "node"})[0].y_level == "node"


# ---- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "edge_index, message",
    [
        (
            [[0, 1], [1, 7]],
            r"column 1 .*\(1, 7\), ends outside the 3 nodes.*larger indices \(found 7\) than .* \(3\)",
        ),
        ([[0, -1], [1, 0]], r"column 1 .*negative indices \(found -1\)"),
        ([[0.0, 1.5], [1.0, 0.0]], r"column 1 is \(1.5, 0.0\)"),
        ([[0, 1], [1, 2], [2, 0]], r"shape \[3, 2\].*transpose"),
        ([0, 1], r"shape \[2\]"),
    ],
)
def test_edges_that_are_wrong_are_named_by_column(edge_index, message):
    fails(message, Data(x=torch.ones(3, 1), edge_index=torch.tensor(edge_index)), attribute="edge_index")


@pytest.mark.parametrize("key", ["edge_attr", "edge_weight"])
@pytest.mark.parametrize("size", [3, 5])
def test_edge_columns_of_another_length_are_refused(key, size):
    data = Data(x=torch.ones(3, 1), edge_index=EDGES, **{key: torch.ones(size)})
    fails(f"has {size} entries for 4 edges", data, attribute=key)


def test_the_number_of_nodes_is_never_guessed():
    data = Data(edge_index=EDGES, y=torch.tensor([1, 2, 3]))
    fails("give num_nodes=", data, attribute="num_nodes")
    assert from_pyg(data, num_nodes=5).num_nodes == 5
    assert list(to_pyg(from_pyg(data, num_nodes=3)).to_dict()) == ["edge_index", "y"]
    fails("make them agree", Data(edge_index=EDGES, num_nodes=3), num_nodes=4, attribute="num_nodes")
    fails(
        "x' has 2 entries for 3 nodes", Data(edge_index=EDGES, num_nodes=3, x=torch.ones(2, 1)), attribute="x"
    )


def test_masks_are_boolean_and_overlap_is_warned_of():
    data = Data(x=torch.ones(3, 1), edge_index=EDGES, train_mask=torch.tensor([1, 0, 0]))
    fails("not bool", data, attribute="train_mask")
    data.train_mask = data.train_mask.bool()
    data.val_mask = data.train_mask
    with pytest.warns(UserWarning, match="1 nodes are in train_mask and in val_mask"):
        from_pyg(data)
    wide = Data(x=torch.ones(3, 1), edge_index=EDGES, train_mask=torch.ones(3, 10, dtype=torch.bool))
    assert from_pyg(wide).train_mask is None and len(from_pyg(wide).node_attrs["train_mask"][0]) == 10


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: pyg.HeteroData(), "to_homogeneous"),
        (lambda: pyg.Batch(x=torch.ones(1, 1), edge_index=EDGES[:, :0]), "Data.*batch.to_dict"),
        (lambda: __import__("torch_geometric.datasets").datasets.KarateClub(), "from_pyg_dataset"),
        (lambda: "data", "got a str"),
        (lambda: Data(x=torch.ones(3, 1, device="meta"), edge_index=EDGES), "meta device"),
        (
            lambda: Data(x=torch.tensor([[2**53 + 1], [0], [0]]), edge_index=EDGES),
            r"x\[0, 0\] is 9007199254740993",
        ),
        (lambda: Data(), "no edge_index"),
    ],
)
def test_what_cannot_be_converted_says_what_to_do_instead(make, message):
    with pytest.raises(AdapterError, match=message):
        from_pyg(make())


def test_from_pyg_leaves_the_data_as_it_was():
    data = Data(x=torch.ones(3, 1), edge_index=EDGES)
    before = copy.deepcopy(data)
    from_pyg(data)
    assert_equal(data, before)
