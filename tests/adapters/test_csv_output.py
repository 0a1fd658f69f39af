"""CSV files out: byte for byte what was read, and a warning for what they cannot hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygnn import Graph
from tinygnn.adapters import AdapterError, from_csv, load, to_csv


def test_columns_rows_words_and_numbers_come_back_byte_for_byte(tmp_path):
    edges, nodes, again, nodes_again = (tmp_path / name for name in ("e.csv", "n.csv", "e2.csv", "n2.csv"))
    edges.write_text('note,source,target,w,f\n" a ",x,y,0.1,1\n,y,x,2,2.5\n"a,""b""",x,y,1e-05,-3\n')
    nodes.write_text("club,node_id,a,train_mask,b,label\nred,y,1,1,0.5,007\n,z,2,0,1.0,8\n,x,3.0,0,2.0,8\n")
    graph = from_csv(edges, nodes, x=["b", "a"], y="label", edge_weight="w", edge_attr=["f"])
    to_csv(graph, again, nodes_again)
    assert again.read_text() == edges.read_text() and nodes_again.read_text() == nodes.read_text()


def test_undirected_rows_come_back_as_rows(tmp_path):
    (tmp_path / "e.csv").write_text("source,target,w\n3,1,0.5\n1,1,2\n1,3,0.5\n2,3,7\n")
    to_csv(from_csv(tmp_path / "e.csv", edge_weight="w", directed=False), tmp_path / "e2.csv")
    assert (tmp_path / "e2.csv").read_text() == (tmp_path / "e.csv").read_text()


def test_a_graph_without_names_has_columns_of_its_own(tmp_path):
    graph = Graph(([0, 1], [1, 0]), x=[[0.5, 1.0], [2.0, 3.0]], y=[1, 0], edge_weight=[0.1, 1e300])
    to_csv(graph, tmp_path / "e.csv", tmp_path / "n.csv")
    assert (tmp_path / "e.csv").read_text() == "source,target,edge_weight\n0,1,0.1\n1,0,1e+300\n"
    assert (tmp_path / "n.csv").read_text() == "node_id,x_0,x_1,y\n0,0.5,1.0,1\n1,2.0,3.0,0\n"


def test_karate_reads_back_with_the_defaults(tmp_path):
    karate = load("karate")[0]
    to_csv(karate, tmp_path / "e.csv", tmp_path / "n.csv")
    again = from_csv(tmp_path / "e.csv", tmp_path / "n.csv", x=[f"x_{i}" for i in range(34)], y="label")
    for name in ("edge_index", "x", "y", "train_mask", "node_ids", "node_attrs"):
        assert getattr(again, name) == getattr(karate, name)


def test_what_the_files_cannot_hold_is_warned_of(tmp_path):
    graph = Graph(([0], [1]), num_nodes=3, x=[[1.0]] * 3, graph_attrs={"title": "t"})
    with pytest.warns(UserWarning, match="'title', node columns 'x' .*, 1 isolated nodes"):
        to_csv(graph, tmp_path / "e.csv")


@pytest.mark.parametrize(
    "fields, message",
    [
        ({"node_ids": [(0, 1), "b"]}, "is a tuple"),
        ({"node_ids": [1, "1"]}, "same text"),
        ({"edge_attrs": {"source": ["x"]}}, "named 'source'"),
        ({"edge_attrs": {"d": [{}]}}, "is a dict"),
        ({"edge_attrs": {" d": ["x"]}}, "spaces around"),
    ],
)
def test_what_would_not_come_back_is_refused(tmp_path, fields, message):
    with pytest.raises(AdapterError, match=message):
        to_csv(Graph(([0], [1]), num_nodes=2, **fields), tmp_path / "e.csv")


# Not surrogates, which no encoding holds, and not the zero character, which the reader refuses.
TEXT = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=6)
ID = TEXT.filter(bool)


@given(
    rows=st.lists(st.tuples(ID, ID, TEXT, st.floats(allow_nan=False)), max_size=8),
    names=st.lists(TEXT.map(str.strip).filter(bool), min_size=2, max_size=2, unique=True),
)
def test_any_text_survives(tmp_path_factory, rows, names):
    """Written, read and written again: the same bytes, and the same graph."""
    folder = tmp_path_factory.mktemp("csv")
    index = {node: i for i, node in enumerate(dict.fromkeys(node for row in rows for node in row[:2]))}
    names = [name if name not in ("source", "target") else name + "_" for name in names]
    graph = Graph(
        ([index[row[0]] for row in rows], [index[row[1]] for row in rows]),
        num_nodes=len(index), node_ids=list(index),
        edge_attrs={names[0]: [row[2] for row in rows], names[1]: [row[3] for row in rows]},
    )  # fmt: skip
    to_csv(graph, folder / "a.csv")
    read = from_csv(folder / "a.csv", edge_weight=names[1], allow_nonfinite=True, id_type=str)
    to_csv(read, folder / "b.csv")
    assert (folder / "a.csv").read_bytes() == (folder / "b.csv").read_bytes()
    assert read.edge_index == graph.edge_index and read.node_ids == graph.node_ids
    assert read.edge_attrs == {names[0]: graph.edge_attrs[names[0]]}
    assert read.edge_weight == graph.edge_attrs[names[1]]
