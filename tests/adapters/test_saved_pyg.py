"""PyG's graphs in files of torch.save: plain data only."""

import os

import pytest

from tinygnn.adapters import AdapterError, from_pt, load, to_pt

torch = pytest.importorskip("torch", reason="saves and loads with torch")
pyg = pytest.importorskip("torch_geometric.data", reason="saves PyG's graphs")


def data(n=3, **keys):
    return pyg.Data(
        x=torch.rand(n, 2), edge_index=torch.tensor([[0, 1], [1, 2]]), y=torch.tensor([1]), **keys
    )


def test_one_and_several(tmp_path):
    first, second = data(note="text"), data(4)
    for held, count in [(first, 1), ([first, second], 2)]:
        torch.save(held, tmp_path / "g.pt")
        graphs = load(tmp_path / "g.pt")
        assert len(graphs) == count and graphs[0].x == first.x.tolist()
    assert from_pt(tmp_path / "g.pt", levels={"y": "graph"})[1].num_nodes == 4


def test_the_processed_file_of_a_dataset(tmp_path):
    from torch_geometric.datasets import FakeDataset, KarateClub

    for dataset in (FakeDataset(num_graphs=4), KarateClub()):
        pyg.InMemoryDataset.save(list(dataset), str(tmp_path / "data.pt"))
        graphs = from_pt(tmp_path / "data.pt")
        assert [g.num_nodes for g in graphs] == [d.num_nodes for d in dataset]
        assert [list(g.edge_index) for g in graphs] == [d.edge_index.tolist() for d in dataset]


def test_there_and_back(tmp_path):
    to_pt(load("karate")[0], tmp_path / "a.pt")
    again = torch.load(tmp_path / "a.pt", weights_only=False)
    assert again.x.shape == (34, 34)
    to_pt(from_pt(tmp_path / "a.pt") * 2, tmp_path / "b.pt")
    assert [graph.x for graph in from_pt(tmp_path / "b.pt")] == [again.x.tolist()] * 2


class Calls:
    def __reduce__(self):
        return os.mkdir, ("ran",)


def test_what_would_run_is_refused_and_does_not(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save([data(), Calls()], "bad.pt")
    with pytest.raises(AdapterError, match="it would run or load posix.mkdir, which is not PyG's plain data"):
        from_pt("bad.pt")
    assert os.listdir() == ["bad.pt"]


@pytest.mark.parametrize(
    "held, message",
    [
        (torch.zeros(2), "it holds a Tensor: expected a Data or a list of Data"),
        ([torch.zeros(2)], "it holds a list of Tensor"),
        (pyg.Batch.from_data_list([data()]), "no file of graphs that can be read safely"),
        (pyg.HeteroData(), r"from_pyg\(data.to_homogeneous\(\)\)"),
        (({"x": torch.zeros(1, 1)}, {"x": 7}), "damaged"),
    ],
)
def test_what_is_no_graph_is_refused(tmp_path, held, message):
    torch.save(held, tmp_path / "g.pt")
    with pytest.raises(AdapterError, match=message):
        from_pt(tmp_path / "g.pt")


def test_no_file_and_no_torch_file(tmp_path):
    with pytest.raises(AdapterError, match="there is no such file"):
        from_pt(tmp_path / "g.pt")
    (tmp_path / "g.pt").write_bytes(b"hello")
    with pytest.raises(AdapterError, match="no file of graphs that can be read safely"):
        from_pt(tmp_path / "g.pt")
