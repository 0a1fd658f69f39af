"""save and convert: the format by the ending, the adapter by the object."""

import json

import pytest

from tinygnn import Graph
from tinygnn.adapters import AdapterError, convert, load, save


@pytest.mark.filterwarnings("ignore:not written to CSV")
@pytest.mark.parametrize("ending", [".csv", ".json", ".graphml", ".pt"])
def test_a_graph_goes_to_a_file_and_back_by_its_ending(tmp_path, ending):
    if ending == ".pt":
        pytest.importorskip("torch_geometric", reason="saves PyG's graphs")
    (karate,) = load("karate")
    assert save(karate, tmp_path / f"k{ending}") == [str(tmp_path / f"k{ending}")]
    (again,) = load(tmp_path / f"k{ending}")
    ids = again.node_ids or range(34)
    edges = sorted((ids[s], ids[t]) for s, t in zip(*again.edge_index))
    assert edges == list(zip(*karate.edge_index)) and again.num_nodes == 34


def test_several_graphs_go_to_a_folder_in_the_format_that_is_named(tmp_path):
    graphs = [Graph(([0], [1])), Graph(([1], [0]))]
    assert len(save(graphs, tmp_path / "csv")) == 4
    written = save(graphs, tmp_path / "made" / "json", format="json")
    assert [path.rpartition("/")[2] for path in written] == ["0.json", "1.json"]
    assert load(written[1])[0].edge_index == ([1], [0])


def test_nothing_appears_where_one_of_several_cannot_be_written(tmp_path):
    graphs = [Graph(([0], [1])), Graph(([0], [1]), graph_attrs={"a": b""})]
    with pytest.raises(AdapterError, match="graph holds a bytes"):
        save(graphs, tmp_path / "folder", format="json")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "graphs, name, options, message",
    [
        (1, "k.xyz", {}, r"k.xyz: the name says no format that is written: let it end in .csv"),
        (1, "k.json.gz", {}, "says no format that is written"),
        (1, "k.json", {"nodes": "n.csv"}, "a file of nodes of its own is for CSV"),
        (
            1,
            "k",
            {"format": "jsn"},
            "it is one of csv, json, graphml, pt, planetoid, tudataset; did you mean 'json'",
        ),
        (2, "k.json", {}, "there are 2 graphs: name a folder, not"),
        (2, "k", {"nodes": "n.csv"}, "which go to a folder: leave out nodes"),
        (2, "taken", {}, "taken is a file: name a folder"),
    ],
)
def test_what_cannot_be_saved_so(tmp_path, graphs, name, options, message):
    (tmp_path / "taken").write_text("")
    with pytest.raises(AdapterError, match=message):
        save([Graph(([0], [1]))] * graphs, tmp_path / name, **options)
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_csv_files_of_edges_and_nodes_appear_together(tmp_path):
    graph = Graph(([0], [1]), node_attrs={"a": [1, "\ud800"]})
    with pytest.raises(AdapterError, match="n.csv: it cannot be written"):
        save(graph, tmp_path / "e.csv", nodes=tmp_path / "n.csv")
    assert list(tmp_path.iterdir()) == []


def test_convert_tells_objects_by_what_they_have():
    graph = Graph(([0], [1]))
    assert convert(graph) is graph and convert([graph, graph]) == [graph, graph]
    edges = {"source": ["a"], "target": ["b"]}
    assert convert(edges).node_ids == ["a", "b"]
    assert convert((edges, {"node_id": ["b", "a"]})).node_ids == ["b", "a"]
    with pytest.raises(AdapterError, match="'k.csv' is text: load"):
        convert("k.csv")
    with pytest.raises(AdapterError, match="a builtins.int is no graph that is known"):
        convert(7)
    with pytest.raises(AdapterError, match="from_frames has no option 'weight'; did you mean 'edge_weight'"):
        convert(edges, weight="w")


def test_convert_takes_networkx_pyg_and_scipy():
    nx = pytest.importorskip("networkx", reason="converts graphs of networkx")
    pyg = pytest.importorskip("torch_geometric.data", reason="converts graphs of PyG")
    sparse = pytest.importorskip("scipy.sparse", reason="converts matrices of SciPy")
    from torch_geometric.datasets import FakeDataset

    assert convert(nx.path_graph(3)).num_edges == 4
    assert convert(pyg.Data(num_nodes=3)).num_nodes == 3
    data = list(FakeDataset(num_graphs=2))
    for several in (data, pyg.Batch.from_data_list(data), FakeDataset(2)):
        assert len(convert(several)) == 2
    assert convert(sparse.eye_array(3)).num_edges == 3


def test_the_command_converts_between_any_two(tmp_path, monkeypatch, capsys):
    from tinygnn.cli import main

    monkeypatch.chdir(tmp_path)
    assert main(["convert", "karate", "k.json"]) == main(["convert", "k.json", "k.graphml"]) == 0
    assert main(["convert", "k.graphml", "again.json"]) == 0
    first, last = (json.loads((tmp_path / name).read_text()) for name in ("k.json", "again.json"))
    assert first["edges"] == last["edges"] and len(first["nodes"]) == len(last["nodes"])
    assert "k.graphml: Graph(34 nodes, 156 edges) -> again.json" in capsys.readouterr().out
    assert main(["convert", "k.json", "k.xyz"]) == 2
    assert "let it end in .csv" in capsys.readouterr().err
