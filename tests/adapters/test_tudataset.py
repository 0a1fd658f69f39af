"""TUDataset folders: equal to PyG's graphs, every mistake by file and line."""

import os
import shutil
from pathlib import Path

import pytest

from tinygnn import Graph
from tinygnn.adapters import AdapterError, from_pyg_dataset, from_tudataset, load, to_tudataset

SMALL = {
    "A": "1, 2\n2, 1\n3, 3\n5, 4\n4, 5\n",
    "graph_indicator": "1\n1\n2\n3\n3\n",
    "graph_labels": "5\n-1\n5\n",
    "node_labels": "3\n4\n3\n6\n4\n",
    "edge_labels": "0\n0\n1\n1\n2\n",
    "node_attributes": "0.5, 1\n1e-3, 2\n3, 3\n4, 4\n5, 5\n",
}


def write_dataset(folder, **changed):
    for part, text in {**SMALL, **changed}.items():
        if text is not None:
            (folder / f"TINY_{part}.txt").write_text(text)
    return folder


def test_a_small_dataset_by_hand(tmp_path):
    with pytest.warns(UserWarning, match="TINY: 1 self loops are left out and 0 duplicate edges"):
        first, second, third = from_tudataset(write_dataset(tmp_path))
    assert list(zip(*first.edge_index)) == [(0, 1), (1, 0)] and not first.directed
    assert first.x == [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0]]  # labels 3 to 6
    assert first.node_attrs == {"node_attributes": [[0.5, 1.0], [1e-3, 2.0]]}
    assert first.edge_attr == [[1.0, 0.0, 0.0]] * 2
    assert (second.num_nodes, second.num_edges, second.edge_attr) == (1, 0, [])
    assert list(zip(*third.edge_index)) == [(0, 1), (1, 0)] and third.directed  # its two edges differ
    assert third.edge_attr == [[0.0, 0.0, 1.0], [0.0, 1.0, 0.0]]
    assert [graph.y for graph in (first, second, third)] == [[1], [0], [1]]
    assert first.class_names == [-1, 5] and first.y_level == "graph"


def test_attributes_stand_before_labels_when_they_are_used(tmp_path):
    write_dataset(tmp_path, A="1, 2\n", edge_labels="0\n", edge_attributes="7\n", graph_labels=None)
    first, *_ = from_tudataset(tmp_path, use_node_attr=True, use_edge_attr=True)
    assert first.x[0] == [0.5, 1.0, 1.0, 0.0, 0.0, 0.0] and first.edge_attr == [[7.0, 1.0]]
    assert first.node_attrs == {} and first.y is None and first.directed


def test_graph_attributes_are_the_targets(tmp_path):
    write_dataset(tmp_path, A="1, 2\n", edge_labels=None, graph_attributes="0.5\n1\n2\n")
    first, second, _ = from_tudataset(tmp_path)
    assert (first.y, second.y, first.class_names) == ([0.5], [1.0], None)
    assert first.graph_attrs == {"graph_label": 5}
    write_dataset(tmp_path, A="1, 2\n", edge_labels=None, graph_attributes="0.5,1\n1,2\n2,3\n")
    assert from_tudataset(tmp_path)[1].y == [[1.0, 2.0]]


def test_duplicate_edges_are_joined_as_pyg_joins_them(tmp_path):
    write_dataset(tmp_path, A="1, 2\n1, 2\n2, 1\n", edge_labels="0\n1\n0\n")
    with pytest.warns(UserWarning, match="0 self loops are left out and 1 duplicate edges joined"):
        first, *_ = from_tudataset(tmp_path)
    assert first.edge_attr == [[1.0, 1.0], [1.0, 0.0]] and first.num_edges == 2


@pytest.mark.parametrize(
    "changed, message, line",
    [
        ({"A": "1, 2\n2, 6\n"}, "TINY_A.txt:2:2: found node 6; graph_indicator has nodes 1 to 5", 2),
        ({"A": "0, 2\n"}, "TINY_A.txt:1:1: found node 0", 1),
        ({"A": "1, 2\n2, 3\n"}, r"TINY_A.txt:2: the edge \(2, 3\) runs between graphs 1 and 2", 2),
        ({"A": "1, 2, 3\n"}, "3 entries, expected a source and a target", 1),
        ({"A": "1, 2\n2, x\n"}, "TINY_A.txt:2:2: found 'x', expected a whole number", 2),
        ({"A": None}, "TINY_A.txt: there is no such file", None),
        ({"A": ""}, "the file is empty", None),
        ({"graph_indicator": "1\n2\n1\n3\n3\n"}, "graph_indicator.txt:3: found graph 1 after graph 2", 3),
        ({"graph_indicator": "1\n1\n2\n3\n4\n"}, "there is a graph 4, but labels or attributes for 3", None),
        ({"node_labels": "3\n4\n"}, "node_labels.txt:2: it ends after 2 of 5 rows", 2),
        ({"node_labels": "3\n" * 6}, "node_labels.txt:6: row 6 of 5: there is one too many", 6),
        ({"node_labels": "0\n1\n2\n3\n999999999999\n"}, "labels from 0 to 999999999999 are too many", None),
        ({"node_attributes": "1\n2\nnan\n4\n5\n"}, "node_attributes.txt:3:1: found 'nan'", 3),
        ({"node_attributes": "1\n2,3\n"}, "node_attributes.txt:2: the row is too long", 2),
        ({"graph_labels": "1 1\n2\n3\n"}, "graph_labels.txt:1:1: found '1 1', expected a whole number", 1),
        ({"graph_labels": "1,1\n2,2\n3,3\n"}, "2 labels in a row", 1),
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:TINY")
def test_mistakes_are_named_by_file_and_line(tmp_path, changed, message, line):
    with pytest.raises(AdapterError, match=message) as caught:
        from_tudataset(write_dataset(tmp_path, **changed))
    assert caught.value.line == line and caught.value.path.startswith(str(tmp_path))


@pytest.mark.filterwarnings("ignore:TINY")
def test_sources(tmp_path, monkeypatch):
    raw = tmp_path / "TUDataset" / "TINY" / "raw"
    raw.mkdir(parents=True)
    write_dataset(raw)
    monkeypatch.setenv("TINYGNN_DATA", str(tmp_path))
    for source in ("tudataset:TINY", f"tudataset:TINY(root='{tmp_path}')", str(raw)):
        assert [graph.num_nodes for graph in load(source)] == [2, 1, 2]
    assert [graph.num_nodes for graph in load("tudataset:TINY[1:]")] == [1, 2]
    assert load("tudataset:TINY(use_node_attr=True)[2]")[0].num_features == 6
    with pytest.raises(AdapterError, match="has 3 graphs, counted from 0"):
        load("tudataset:TINY[3]")
    with pytest.raises(AdapterError, match="holds no raw files of Planetoid"):
        load(tmp_path)


def test_names_with_a_hyphen(tmp_path):
    for part, text in SMALL.items():
        (tmp_path / f"IMDB-B_{part}.txt").write_text(text)
    with pytest.warns(UserWarning, match="IMDB-B: 1 self loops"):
        assert len(load(f"tudataset:IMDB-B(root={tmp_path})")) == 3


def test_a_small_dataset_equals_pyg_in_every_number(tmp_path):
    datasets = pytest.importorskip("torch_geometric.datasets", reason="compares with PyG's TUDataset")
    raw = tmp_path / "TINY" / "raw"
    raw.mkdir(parents=True)
    write_dataset(raw, edge_attributes="1\n2\n3\n4\n5\n", A="1, 2\n1, 2\n3, 3\n5, 4\n4, 5\n")
    for used in (False, True):
        options = {"use_node_attr": used, "use_edge_attr": used}
        theirs = datasets.TUDataset(str(tmp_path), "TINY", **options)
        with pytest.warns(UserWarning, match="1 self loops"):
            ours = from_tudataset(raw, **options)
        for data, graph in zip(theirs, ours):
            assert data.edge_index.tolist() == list(graph.edge_index) and data.y.tolist() == graph.y
            assert data.edge_attr.tolist() == graph.edge_attr
            assert [[round(n, 6) for n in row] for row in data.x.tolist()] == graph.x


def test_mutag_equals_pyg_in_every_number(tmp_path):
    raw = Path(os.environ.get("TINYGNN_DATA", ""), "TUDataset", "MUTAG", "raw")
    if "TINYGNN_DATA" not in os.environ or not raw.is_dir():
        pytest.skip("TINYGNN_DATA names no folder with TUDataset/MUTAG/raw")
    datasets = pytest.importorskip("torch_geometric.datasets", reason="compares with PyG's TUDataset")
    shutil.copytree(raw, tmp_path / "MUTAG" / "raw")
    theirs, ours = from_pyg_dataset(datasets.TUDataset(str(tmp_path), "MUTAG")), load("tudataset:MUTAG")
    assert len(theirs) == len(ours) == 188
    for a, b in zip(theirs, ours):
        assert (a.x, a.y, a.edge_attr, a.edge_index) == (b.x, b.y, b.edge_attr, b.edge_index)
        assert (a.num_nodes, a.directed, a.y_level) == (b.num_nodes, b.directed, b.y_level)


def fields(graph):
    return {
        name: getattr(graph, name)
        for name in ("edge_index", "x", "y", "y_level", "edge_attr", "num_nodes", "directed", "class_names")
    } | {"attributes": (graph.node_attrs, graph.edge_attrs, graph.graph_attrs)}


@pytest.mark.filterwarnings("ignore:TINY")
@pytest.mark.parametrize(
    "changed, options",
    [
        ({}, {}),
        ({"edge_attributes": "1\n2\n3\n4\n5e-9\n"}, {"use_node_attr": True, "use_edge_attr": True}),
        ({"graph_attributes": "0.5\n1\n2\n"}, {}),
        ({"graph_attributes": "0.5,1\n1,2\n2,3\n", "graph_labels": None}, {}),
        ({"graph_labels": None, "node_labels": None, "edge_labels": None}, {}),
    ],
)
def test_what_was_read_is_written_and_read_again(tmp_path, changed, options):
    graphs = from_tudataset(write_dataset(tmp_path, **changed), **options)
    again = to_tudataset(graphs, tmp_path / "AGAIN")
    assert [Path(path).name for path in again[:2]] == ["AGAIN_A.txt", "AGAIN_graph_indicator.txt"]
    assert [fields(g) for g in from_tudataset(tmp_path / "AGAIN", **options)] == [fields(g) for g in graphs]


def test_pyg_reads_what_was_written(tmp_path):
    datasets = pytest.importorskip("torch_geometric.datasets", reason="compares with PyG's TUDataset")
    line = Graph(
        ([0, 1], [1, 0]),
        x=[[0.5, 0.0], [0.25, 1.0]],
        edge_attr=[[1.0, 0.0], [0.0, 1.0]],
        y=[4],
        y_level="graph",
    )
    star = Graph(([0, 0], [1, 2]), x=[[1.0, 2.0]] * 3, edge_attr=[[0.0, 1.0]] * 2, y=[9], y_level="graph")
    with pytest.warns(
        UserWarning, match=r"not written .*the classes' numbers as y \(they come back as class_names\)"
    ):
        to_tudataset([line, star], tmp_path / "SHAPES" / "raw", "SHAPES")
    theirs = datasets.TUDataset(str(tmp_path), "SHAPES", use_node_attr=True)
    ours = from_tudataset(tmp_path / "SHAPES" / "raw", use_node_attr=True)
    for data, read, graph in zip(theirs, ours, (line, star)):
        assert (
            data.x.tolist() == read.x == graph.x
            and data.edge_attr.tolist() == read.edge_attr == graph.edge_attr
        )
        assert data.edge_index.tolist() == list(read.edge_index) == list(graph.edge_index)
    assert [graph.y for graph in ours] == [[0], [1]] and ours[0].class_names == [4, 9]


def pair(**fields):
    return Graph(([0, 1], [1, 0]), **{"y": [0], "y_level": "graph", **fields})


@pytest.mark.parametrize(
    "graphs, message",
    [
        ([], "there is no graph to write"),
        ([Graph(([0, 1], [1, 1]))], r"graph 0: the edge \(1, 1\) is a self loop"),
        ([pair(), Graph(([0, 0], [1, 1]))], r"graph 1: the edge \(0, 1\) is there twice"),
        ([pair(), pair(y=None, y_level=None)], "graph 1 has no y, graph 0 has"),
        ([pair(x=[[1.0], [2.0]]), pair()], "graph 1 has no x, graph 0 has"),
        ([pair(x=[[1.0], [2.0]]), pair(x=[[1.0, 2.0]] * 2)], r"x\[2\] has 2 numbers, x\[0\] has 1"),
        ([pair(y=[[1, 2]])], "y of a graph is 2 whole numbers"),
        ([Graph(([], []), num_nodes=2)], "the graphs have no edges"),
        ([Graph(([0], [1])), Graph(([], []), num_nodes=0)], "graph 1, the last, has no nodes and no y"),
    ],
)  # fmt: skip
def test_graphs_that_would_be_read_as_others_are_refused(tmp_path, graphs, message):
    with pytest.raises(AdapterError, match=message):
        to_tudataset(graphs, tmp_path / "BAD")
    assert not (tmp_path / "BAD").exists()


def test_what_has_no_file_is_named(tmp_path):
    graph = pair(
        train_mask=[True, False],
        edge_weight=[0.5, 2.0],
        node_ids=["a", "b"],
        class_names=["red", "blue"],
        node_attrs={"age": [1, 2]},
    )
    with pytest.warns(
        UserWarning, match="class names, edge_weight, node attribute 'age', node_ids, train_mask$"
    ):
        to_tudataset([graph, pair(y=[1], class_names=["red", "blue"])], tmp_path / "DS")
    with pytest.raises(AdapterError, match="DS_node_labels.txt: this file of another dataset would be read"):
        (tmp_path / "DS" / "DS_node_labels.txt").write_text("1\n")
        to_tudataset([pair()], tmp_path / "DS")


def test_the_command_writes_a_folder(tmp_path, monkeypatch, capsys):
    from tinygnn.cli import main

    write_dataset(tmp_path, A="1, 2\n2, 1\n5, 4\n4, 5\n", edge_labels=None)
    monkeypatch.chdir(tmp_path)
    assert main(["convert", str(tmp_path), "COPY", "--format", "tudataset"]) == 0
    assert [graph.num_nodes for graph in load("COPY")] == [2, 1, 2]
