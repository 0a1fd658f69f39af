"""DGL's graphs: DGL itself where it is installed, else a stand-in that has the part of it that is used."""

import importlib
import importlib.util
import sys
import types

import pytest

from tinygnn import Graph
from tinygnn.adapters import AdapterError, from_dgl, to_dgl

torch = pytest.importorskip("torch", reason="DGL's data are tensors")


class FakeGraph:
    """As dgl.DGLGraph: homogeneous, edges by id, data by name."""

    def __init__(self, ends, num_nodes):
        self.ends = tuple(torch.as_tensor(part, dtype=torch.int64) for part in ends)
        self.count = num_nodes
        self.ndata, self.edata = {}, {}
        self.ntypes, self.etypes = ["_N"], ["_E"]

    def num_nodes(self):
        return self.count

    def edges(self, order):
        assert order == "eid"
        return self.ends


@pytest.fixture
def dgl(monkeypatch):
    if importlib.util.find_spec("dgl"):
        monkeypatch.setenv("DGLBACKEND", "pytorch")
        return importlib.import_module("dgl")
    module = types.ModuleType("dgl")
    module.graph = lambda ends, num_nodes: FakeGraph(ends, num_nodes)
    monkeypatch.setitem(sys.modules, "dgl", module)
    return importlib.import_module("dgl")


def example(dgl):
    g = dgl.graph(([0, 1, 1], [1, 2, 2]), num_nodes=4)
    g.ndata["feat"] = torch.rand(4, 2)
    g.ndata["label"] = torch.tensor([0, 1, 1, 0], dtype=torch.int32)
    g.ndata["train_mask"] = torch.tensor([True, False, False, False])
    g.ndata["cube"] = torch.rand(4, 2, 2, dtype=torch.float64)
    g.edata["w"] = torch.tensor([0.1, 0.2, 0.3])
    g.edata["kind"] = torch.tensor([1, 2, 3], dtype=torch.uint8)
    return g


def test_there_and_back(dgl):
    g = example(dgl)
    graph = from_dgl(g, x="feat", y="label", edge_weight="w", edge_attr="kind")
    assert graph.num_nodes == 4 and list(zip(*graph.edge_index)) == [(0, 1), (1, 2), (1, 2)]
    assert graph.x == g.ndata["feat"].tolist() and graph.y == [0, 1, 1, 0] and graph.directed
    assert graph.train_mask == [True, False, False, False] and graph.edge_attr == [[1], [2], [3]]
    again = to_dgl(graph)
    for data, before in ((again.ndata, g.ndata), (again.edata, g.edata)):
        assert list(data) == list(before)
        for name in before:
            assert data[name].dtype == before[name].dtype and torch.equal(data[name], before[name])
    assert from_dgl(g).node_attrs["feat"] == g.ndata["feat"].tolist()


def test_a_graph_of_another_format(dgl):
    graph = Graph(([0], [1]), x=[[0.5], [1.0]], y=[0, 1], edge_weight=[2.0], node_attrs={"age": [1, 2]})
    g = to_dgl(graph)
    assert g.ndata["x"].tolist() == [[0.5], [1.0]] and g.ndata["age"].tolist() == [1, 2]
    assert g.edata["edge_weight"].tolist() == [2.0] and g.ndata["y"].tolist() == [0, 1]
    with pytest.raises(AdapterError, match="'name' is no column of numbers"):
        to_dgl(Graph(([0], [1]), node_attrs={"name": ["a", "b"]}))


def test_what_cannot_be_converted_is_named(dgl):
    g = example(dgl)
    with pytest.raises(AdapterError, match="x: the nodes have no 'feet'; did you mean 'feat'"):
        from_dgl(g, x="feet")
    g = FakeGraph(([0], [1]), 2)
    g.ntypes = ["user", "item"]
    with pytest.raises(AdapterError, match="2 types of nodes .*to_homogeneous"):
        from_dgl(g)
    with pytest.raises(AdapterError, match="expected a graph of DGL, got a list"):
        from_dgl([])


def test_a_graph_without_edges(dgl):
    graph = Graph(([], []), num_nodes=2, x=[[0.5], [1.0]])
    again = from_dgl(to_dgl(graph), x="x")
    assert again.num_nodes == 2 and again.num_edges == 0 and again.x == graph.x


def test_dgl_is_named_where_it_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "dgl", None)
    with pytest.raises(AdapterError, match="pip install dgl"):
        to_dgl(Graph(([0], [1])))
