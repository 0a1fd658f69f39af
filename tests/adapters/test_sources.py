"""load: sources by name, slices, options, and what is said of a name that is not known."""

import builtins

import pytest

from tinygnn.adapters import AdapterError, load


def test_karate_needs_nothing_and_is_the_graph_of_pyg():
    (graph,) = load("karate")
    assert (graph.num_nodes, graph.num_edges, graph.num_features, graph.num_classes) == (34, 156, 34, 4)
    assert [i for i, train in enumerate(graph.train_mask) if train] == [0, 4, 8, 24]
    assert not graph.directed and graph.node_attrs["club"][33] == "Officer"
    assert list(zip(*graph.edge_index)) == sorted(zip(*graph.edge_index))
    assert load("karate", y="club")[0].class_names == ["Mr. Hi", "Officer"]


def test_karate_equals_pyg_in_every_number():
    datasets = pytest.importorskip("torch_geometric.datasets", reason="compares with PyG's KarateClub")
    data = datasets.KarateClub()[0]
    (ours,), (theirs,) = load("karate"), load("pyg:KarateClub")
    assert list(ours.edge_index) == data.edge_index.tolist() == list(theirs.edge_index)
    assert ours.x == theirs.x == data.x.tolist() and ours.y == theirs.y == data.y.tolist()
    assert ours.train_mask == theirs.train_mask == data.train_mask.tolist()


def test_csv_takes_the_options_of_from_csv(tmp_path):
    (tmp_path / "e.csv").write_text("source,target\na,b\n")
    (tmp_path / "n.csv").write_text("node_id,f,club\na,1,red\nb,2,blue\n")
    (graph,) = load(tmp_path / "e.csv", nodes=tmp_path / "n.csv", y="club", x=["f"])
    assert graph.x == [[1.0], [2.0]] and graph.class_names == ["red", "blue"]


@pytest.mark.parametrize(
    "source, message",
    [
        ("karat", "did you mean 'karate'"),
        ("pgy:Cora", "did you mean 'pyg:'"),
        ("data.parquet", "PATH.csv"),
        ("nowhere.csv", "no such file"),
        ("", "not known"),
    ],
)
def test_an_unknown_source_is_refused(source, message):
    with pytest.raises(AdapterError, match=message):
        load(source)


def test_an_unknown_option_is_refused():
    with pytest.raises(AdapterError, match="no option 'lable'"):
        load("karate", lable="club")


def test_networkx_generators_by_name():
    pytest.importorskip("networkx", reason="loads graphs that networkx generates")
    (graph,) = load("nx:karate_club_graph", y="club")
    assert graph.class_names == ["Mr. Hi", "Officer"] and graph.num_edges == 156
    assert load("nx:les_miserables_graph")[0].node_ids[0] == "Napoleon"
    assert load("nx:path_graph(5)")[0].num_nodes == 5 and load("nx:cycle_graph(n=3)")[0].num_edges == 6
    for source, message in [
        ("nx:karate_club", "did you mean 'karate_club_graph'"),
        ("nx:read_edgelist(a)", "no generator 'read_edgelist'"),
        ("nx:path_graph", "missing 1 required"),
        ("nx:karate_club_graph[0]", "a slice is for datasets"),
    ]:
        with pytest.raises(AdapterError, match=message):
            load(source)


def test_a_download_that_fails_says_so_and_no_more(monkeypatch):
    """Arguments would not help."""
    datasets = pytest.importorskip("torch_geometric.datasets")

    def fail():
        raise ConnectionError("Cannot connect to host github.com:443")

    monkeypatch.setattr(datasets, "KarateClub", fail)
    with pytest.raises(AdapterError, match=r"^pyg:KarateClub: Cannot connect to host github.com:443$"):
        load("pyg:KarateClub")


def test_pyg_datasets_by_name_arguments_and_slice(recwarn):
    pytest.importorskip("torch_geometric", reason="loads PyG's datasets")
    graphs = load("pyg:FakeDataset(num_graphs=5, avg_num_nodes=8)[1:3]")
    assert len(graphs) == 2 and all(graph.y_level == "graph" for graph in graphs)
    assert len(load("pyg:FakeDataset(num_graphs=5)[-1]")) == 1
    for source, message in [
        ("pyg:KarateClubb", "did you mean 'KarateClub'"),
        ("pyg:KarateClub(size=3)", "unexpected keyword argument 'size'"),
        ("pyg:KarateClub[7]", "has 1 graphs"),
        ("pyg:os", "no dataset 'os'"),
    ]:
        with pytest.raises(AdapterError, match=message):
            load(source)


@pytest.mark.parametrize(
    "source, install", [("nx:karate_club_graph", "networkx"), ("pyg:KarateClub", "torch torch_geometric")]
)
def test_a_missing_package_says_what_to_install(monkeypatch, source, install):
    import importlib

    def missing(name, *args, **kwargs):
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(AdapterError, match=f"not installed: pip install {install}$"):
        load(source)


def test_nothing_is_evaluated(monkeypatch):
    monkeypatch.setattr(builtins, "eval", None)
    with pytest.raises(AdapterError):
        load("nx:__import__('os')")
