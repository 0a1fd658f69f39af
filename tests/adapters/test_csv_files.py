"""CSV files in: what is read, and how everything that cannot be read is refused."""

import gzip
import zlib
from pathlib import Path

import pytest

from tinygnn.adapters import AdapterError, from_csv


@pytest.fixture
def write(tmp_path):
    def write(text: str | bytes, name: str = "edges.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def fails(message: str, *args, line=None, column=None, **options) -> AdapterError:
    with pytest.raises(AdapterError, match=message) as caught:
        from_csv(*args, **options)
    assert (caught.value.line, caught.value.column) == (line, column)
    return caught.value


# ---- what comes out ------------------------------------------------------------------------------


def test_a_row_is_a_column_and_nodes_are_numbered_by_first_appearance(write):
    graph = from_csv(write("source,target,weight\nb,a,0.1\nb,c,2\na,a,x\n"))
    assert graph.edge_index == ([0, 0, 1], [1, 2, 1])
    assert graph.node_ids == ["b", "a", "c"] and graph.directed
    assert graph.edge_weight is None and graph.edge_attrs == {"weight": ["0.1", "2", "x"]}


def test_weights_and_edge_features_are_exact_numbers_with_their_types(write):
    graph = from_csv(
        write("source,target,w,a\n0,1,0.1,7\n1,2,16777217,-3e2\n"), edge_weight="w", edge_attr=["a", "w"]
    )
    assert repr(graph.edge_weight) == "[0.1, 16777217]" and graph.edge_attr == [[7, 0.1], [-300.0, 16777217]]
    assert graph.edge_attrs == {}


def test_undirected_rows_get_their_reverse_after_all_rows_and_a_self_loop_none(write):
    graph = from_csv(write("source,target,w\n0,1,5\n1,1,6\n2,0,7\n"), edge_weight="w", directed=False)
    assert graph.edge_index == ([0, 1, 2, 1, 0], [1, 1, 0, 0, 2])
    assert graph.edge_weight == [5, 6, 7, 5, 7] and not graph.directed


def test_the_node_file_gives_the_order_the_features_the_labels_and_the_masks(write):
    nodes = write(
        "node_id,a,club,train_mask,note\nz,1,red,True,\ny,2.5,blue,False, n \nx,3,red,True,q\n", "nodes.csv"
    )
    graph = from_csv(write("source,target\nx,z\n"), nodes, x=["a"], y="club")
    assert graph.edge_index == ([2], [0]) and graph.node_ids == ["z", "y", "x"]
    assert graph.x == [[1.0], [2.5], [3.0]] and graph.train_mask == [True, False, True]
    assert graph.y == [0, 1, 0] and graph.class_names == ["red", "blue"] and graph.y_level == "node"
    assert graph.node_attrs == {"note": ["", "n", "q"]}


@pytest.mark.parametrize("text, y", [("3,-1,3", [3, -1, 3]), ("1.5,2,1e3", [1.5, 2, 1000.0])])
def test_numeric_labels_stay_as_they_are(write, text, y):
    rows = "".join(f"{i},{label}\n" for i, label in enumerate(text.split(",")))
    graph = from_csv(write("source,target\n"), write("node_id,label\n" + rows, "n.csv"), y="label")
    assert graph.y == y and graph.class_names is None and list(map(type, graph.y)) == list(map(type, y))


def test_a_file_without_header_names_columns_by_position(write):
    graph = from_csv(write("0,1,9\n1,0,8\n"), header=False, edge_weight=3)
    assert graph.edge_index == ([0, 1], [1, 0]) and graph.edge_weight == [9, 8]
    fails(
        "columns found: 1, 2.*position, 1 to 2",
        write("0,1\n"),
        header=False,
        source="source",
        line=1,
        column="source",
    )


@pytest.mark.parametrize(
    "text", ["source,target\r\n1,2\r\n2,1\r\n", "source,target\r1,2\r2,1", "\ufeffsource,target\n1,2\n2,1"]
)
def test_line_ends_and_byte_order_marks_do_not_matter(write, text):
    assert from_csv(write(text)).node_ids == [1, 2]


def test_spaces_are_stripped_unless_quoted(write):
    graph = from_csv(write('source, target\n 0 ,0\n" 0",0\n"a, ""b""\nc" ,0\n'))
    assert graph.node_ids == ["0", " 0", 'a, "b"\nc']


def test_the_line_after_a_quoted_line_break_is_the_physical_one(write):
    fails("too short", write('source,target,t\n1,2,"a\nb"\n1,2\n'), line=4)


def test_blank_lines_are_skipped_and_counted(write):
    assert from_csv(write("\nsource,target\n\n1,2\n  \n2,3\n")).num_edges == 2
    fails("too long", write("source,target\n\n1,2,3\n"), line=3)


def test_a_hash_is_a_character_like_any_other_unless_comment_says_so(write):
    assert from_csv(write("source,target\n#1,http://a#b\n")).node_ids == ["#1", "http://a#b"]
    assert from_csv(write('# "made by\nsource,target\n #1,2\n3,4\n'), comment="#").node_ids == [3, 4]


@pytest.mark.parametrize(
    "ids, kept",
    [
        (["NA", "null"], ["NA", "null"]),
        (["007", "7"], ["007", "7"]),
        (["9223372036854775808", "-5"], [2**63, -5]),
        (["1", "a"], ["1", "a"]),
        (["-0", "1"], ["-0", "1"]),
        (["9" * 5000, "1"], ["9" * 5000, "1"]),
    ],
)
def test_ids_are_integers_only_if_all_of_them_are_written_as_integers(write, ids, kept):
    assert from_csv(write(f"source,target\n{','.join(ids)}\n")).node_ids == kept


def test_ids_have_one_type_over_both_files(write):
    nodes = write("node_id\n1\na\n", "n.csv")
    assert from_csv(write("source,target\n1,1\n"), nodes).node_ids == ["1", "a"]


def test_id_type_and_index_base_are_what_the_caller_says(write):
    assert from_csv(write("source,target\n1,2\n"), id_type=str).node_ids == ["1", "2"]
    assert from_csv(write("source,target\n01,1\n"), id_type=int).node_ids == [1]
    graph = from_csv(write("source,target\n4,2\n"), index_base=1)
    assert graph.edge_index == ([3], [1]) and graph.node_ids == [1, 2, 3, 4]
    fails("below index_base=1", write("source,target\n1,0\n"), index_base=1, line=2, column="target")


def test_with_index_base_the_node_file_may_be_in_any_order(write):
    nodes = write("node_id,a\n3,0.3\n1,1\n2,2\n", "n.csv")
    graph = from_csv(write("source,target\n1,3\n"), nodes, x=["a"], index_base=1)
    assert graph.edge_index == ([0], [2]) and graph.x == [[1.0], [2.0], [0.3]] and graph.node_ids == [1, 2, 3]
    fails("a row for node 2", write("source,target\n1,3\n"), write("node_id\n1\n3\n", "n.csv"), index_base=1)


@pytest.mark.parametrize("option, weights", [("keep", [1, 2, 3]), ("first", [1, 3]), ("last", [2, 3])])
def test_duplicate_rows_are_kept_unless_an_option_says_otherwise(write, option, weights):
    text = "source,target,w\na,b,1\na,b,2\nb,a,3\n"
    assert from_csv(write(text), edge_weight="w", duplicates=option).edge_weight == weights
    fails("stands on line 2 already", write(text), duplicates="error", line=3)
    fails("line 2 already", write("source,target\na,b\nb,a\n"), duplicates="error", directed=False, line=3)


def test_gzip_is_known_by_its_first_bytes(write):
    packed = gzip.compress(b"source,target\n1,2\n")
    assert from_csv(write(packed, "edges.csv")).num_edges == 1
    fails("gzip data is damaged", write(packed[:-9]))


def test_many_batches_read_as_one(write):
    rows = [(i * 7 % 5003, i * 11 % 5003) for i in range(5000)]
    text = "source,target\n" + "".join(f"{s},{t}\n" for s, t in rows)
    graph = from_csv(write(text))
    assert [(graph.node_ids[s], graph.node_ids[t]) for s, t in zip(*graph.edge_index)] == rows
    fails("expected a number", write(text.replace("\n", ",1\n").replace("target,1", "target,w") + "0,0,x\n"),
          edge_weight="w", line=5002, column="w")  # fmt: skip


def test_a_header_alone_is_an_empty_graph(write):
    graph = from_csv(write("source,target\n"))
    assert (graph.num_nodes, graph.num_edges) == (0, 0)


# ---- what is refused -----------------------------------------------------------------------------


def test_a_missing_file_is_named_with_one_that_resembles_it(write, tmp_path):
    write("source,target\n")
    error = fails("no such file; did you mean edges.csv", tmp_path / "edge.csv")
    assert error.path == str(tmp_path / "edge.csv")
    fails("cannot be read", tmp_path)


def test_a_missing_column_lists_the_columns_found(write):
    error = fails("columns found: from, to", write("from,to\n1,2\n"), line=1, column="source")
    assert str(error).startswith(f"{error.path}:1:source: ")
    fails(
        "did you mean 'weight'",
        write("source,target,weight\n"),
        edge_weight="wieght",
        line=1,
        column="wieght",
    )
    fails("1 column: give the delimiter", write("source;target\n1;2\n"), line=1, column="source")
    assert from_csv(write("source;target\n1;2\n"), delimiter=";").num_edges == 1


@pytest.mark.parametrize(
    "entry", ["abc", "", '"1,000.5"', "nan", "inf", "1e999", "1_0", "１", "9007199254740993"]
)
def test_what_is_not_a_number_is_named_by_line_and_column(write, entry):
    fails("found", write(f"source,target,w\n1,2,3\n1,2,{entry}\n"), edge_weight="w", line=3, column="w")


def test_allow_nonfinite_takes_inf_and_nan_but_not_a_number_too_large(write):
    graph = from_csv(write("source,target,w\n1,2,nan\n1,2,-inf\n"), edge_weight="w", allow_nonfinite=True)
    assert repr(graph.edge_weight) == "[nan, -inf]"
    path = write("source,target,w\n1,2,1e999\n")
    fails("no float holds", path, edge_weight="w", allow_nonfinite=True, line=2, column="w")


@pytest.mark.parametrize(
    "text, message, line, column",
    [
        ("source,target\n1,2,3\n", "too long: 3 entries", 2, None),
        ("source,target\n1\n", "too short: 1 entries", 2, None),
        ("source,target\n1,2\n1, \n", "found no id", 3, "target"),
        ("", "empty", None, None),
        ("source,target,source\n", "names 'source' twice", 1, "source"),
        ('source,target\n1,2\n"1,2\n', "never closed", 3, None),
        ('source,target\n1,2"x"\n', "in the middle of entry 2", 2, None),
        ("source,target\n1,\0\n", "zero byte", 2, None),
        ("source,target\n1,2\n".encode("utf-16"), "UTF-16", 1, None),
        ("source,target\n1,2\né,3\n".encode("latin-1"), "perhaps 'latin-1'", 3, None),
    ],
)
def test_a_damaged_file_is_refused_with_the_line(write, text, message, line, column):
    fails(message, write(text), line=line, column=column)


def test_other_encodings_are_read_when_named(write):
    assert from_csv(write("source,target\né,3\n".encode("latin-1")), encoding="latin-1").node_ids == [
        "é",
        "3",
    ]
    assert from_csv(write("source,target\né,3\n".encode("utf-16")), encoding="utf-16").node_ids == ["é", "3"]
    fails("is not known", write("source,target\n"), encoding="utf-99")
    fails("no utf-16 text", write("source,target\n"), encoding="utf-16")


def test_a_node_is_in_the_node_file_exactly_once(write):
    edges = write("source,target\n1,2\n2,9\n")
    error = fails(
        "'9' is not in the node file", edges, write("node_id\n1\n2\n", "n.csv"), line=3, column="target"
    )
    assert error.node == "9" and error.edge == ("2", "9")
    nodes = write("node_id\n1\n2\n1\n", "n.csv")
    fails("stands on line 2 already", edges, nodes, line=4, column="node_id")


@pytest.mark.parametrize(
    "options, message",
    [
        ({"x": "a"}, r"give \['a'\]"),
        ({"x": ["a", "a"]}, "twice"),
        ({"x": ["node_id"]}, "node_id and x"),
        ({"x": ["a"], "y": "b"}, "no column 'b'"),
        ({"masks": {"test": "a"}}, "expected True or False"),
        ({"masks": {"other": "a"}}, "the masks are train_mask"),
        ({"y": "c"}, "found no label"),
        ({"x": ["c"]}, "found nothing"),
        ({"id_type": float}, "id_type"),
        ({"index_base": 2}, "index_base"),
        ({"duplicates": "sum"}, "duplicates"),
        ({"delimiter": ",,"}, "one character"),
    ],
)
def test_options_that_do_not_fit_are_refused(write, options, message):
    nodes = write("node_id,a,c\n1,5,\n2,6,\n", "n.csv")
    with pytest.raises(AdapterError, match=message):
        from_csv(write("source,target\n1,2\n"), nodes, **options)


def test_columns_of_nodes_need_a_node_file(write):
    fails("give nodes=", write("source,target\n1,2\n"), x=["a"])


def test_a_gzip_bomb_is_refused_in_little_memory(tmp_path):
    import tracemalloc

    packer = zlib.compressobj(9, wbits=31)
    piece = b"1" * (1 << 20)
    (tmp_path / "bomb.csv").write_bytes(b"".join(packer.compress(piece) for _ in range(100)) + packer.flush())
    tracemalloc.start()
    with pytest.raises(AdapterError, match="looks like a gzip bomb"):
        from_csv(tmp_path / "bomb.csv")
    assert tracemalloc.get_traced_memory()[1] < 500_000_000
    tracemalloc.stop()


def test_a_header_of_many_columns_does_not_take_forever(tmp_path):
    (tmp_path / "wide.csv").write_text(",".join(f"c{i}" for i in range(200_000)) + ",c7\n")
    with pytest.raises(AdapterError, match="the header names 'c7' twice"):
        from_csv(tmp_path / "wide.csv")
