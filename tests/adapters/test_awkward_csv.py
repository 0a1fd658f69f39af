"""Awkward CSV files, row by row: read as they are meant, or refused with the place and the way out."""

from __future__ import annotations

import gzip
import json
import pickle
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygnn import Graph
from tinygnn.adapters import AdapterError, from_csv, to_csv

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(text: str | bytes, name: str = "roads.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


@contextmanager
def refused(path: Path, line: int | None, column: Any, *words: str, **more: Any) -> Iterator[None]:
    """Wants an AdapterError with this place, whose message begins with it and has these words."""
    with pytest.raises(AdapterError) as caught:
        yield
    found = caught.value
    assert (found.path, found.line, found.column) == (str(path), line, column)
    place = ":".join(str(part) for part in (path, line, column) if part is not None)
    assert str(found).startswith(f"{place}: ")
    for word in words:
        assert word in str(found)
    for name, value in more.items():
        assert getattr(found, name) == value


def ends(graph: Graph) -> list[tuple[Any, Any]]:
    """The edges by the names of their nodes."""
    assert graph.node_ids is not None
    return [(graph.node_ids[s], graph.node_ids[t]) for s, t in zip(*graph.edge_index)]


def test_row_41_the_header_is_no_edge(write):
    assert ends(from_csv(write("source,target\nu,v\n"))) == [("u", "v")]
    path = write("from,to\nu,v\n")
    with refused(path, 1, "source", "columns found: from, to", "source="):
        from_csv(path)
    assert ends(from_csv(path, source="to", target="from")) == [("v", "u")]
    assert ends(from_csv(path, source=1, target=2)) == [("u", "v")]


def test_row_42_without_a_header_the_first_row_is_an_edge(write):
    path = write("u,v,3\nw,u,4\n")
    graph = from_csv(path, header=False, edge_weight=3)
    assert ends(graph) == [("u", "v"), ("w", "u")] and graph.edge_weight == [3, 4]
    with refused(path, 1, "source", "columns found: u, v, 3", "header=False"):
        from_csv(path)
    with refused(path, 1, "source", "columns found: 1, 2, 3", "position"):
        from_csv(path, header=False, source="source")
    bad = write("u,v,3\nw,u,x\n")
    with refused(bad, 2, 3, "'x'"):
        from_csv(bad, header=False, edge_weight=3)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_row_43_line_ends_are_alike(write, end):
    graph = from_csv(write(end.join(["source,target,w", "1,2,0.5", "2,1,1.5", ""])), edge_weight="w")
    assert graph.node_ids == [1, 2] and graph.edge_weight == [0.5, 1.5]
    bad = write(end.join(["source,target,w", "1,2,0.5", "2,1,x", ""]))
    with refused(bad, 3, "w", "'x'"):
        from_csv(bad, edge_weight="w")
    mixed = write("source,target\r\n1,2\n2,1\r\n")
    assert from_csv(mixed).node_ids == [1, 2]


@pytest.mark.parametrize("header", ["source,target", '"source",target', " source,target"])
def test_row_44_a_byte_order_mark_is_no_text(write, header):
    nodes = write("\ufeffnode_id,a\n5,1\n6,2\n", "n.csv")
    graph = from_csv(write(f"\ufeff{header}\n5,6\n"), nodes, x=["a"])
    assert graph.edge_index == ([0], [1]) and graph.x == [[1.0], [2.0]]
    assert from_csv(write("\ufeff7,8\n"), header=False).node_ids == [7, 8]


@pytest.mark.parametrize("mark", [";", "\t", "|", " ", ":"])
def test_row_45_another_delimiter_is_one_column_too_few(write, mark):
    path = write(f"source{mark}target\nu{mark}v\n")
    with refused(path, 1, "source", "1 column", f"delimiter={mark!r}"):
        from_csv(path)
    assert ends(from_csv(path, delimiter=mark)) == [("u", "v")]
    with refused(path, 1, 2, "1 column"):
        from_csv(path, header=False)
    assert ends(from_csv(write("source\ttarget\nu\tv\n", "roads.tsv"))) == [("u", "v")]


def test_row_46_spaces_go_unless_they_are_quoted(write):
    graph = from_csv(write('source , target\n u,\tv \n" u",v\nu ," v "\n\u00a0u\u2003,v\n'))
    assert ends(graph) == [("u", "v"), (" u", "v"), ("u", " v "), ("u", "v")]
    assert from_csv(write("source,target\n 1, 2\n2 ,1 \n")).node_ids == [1, 2]


def test_row_47_a_hash_is_text_unless_it_is_said_to_be_a_comment(write):
    text = "source,target\nhttp://a.b/#top,x#y\n#u,v\n"
    assert ends(from_csv(write(text))) == [("http://a.b/#top", "x#y"), ("#u", "v")]
    assert ends(from_csv(write("# made by hand\n" + text), comment="#")) == [("http://a.b/#top", "x#y")]
    late = write("source,target,w\n#1,2,3\nu,v,x\n")
    with refused(late, 3, "w", "'x'"):
        from_csv(late, comment="#", edge_weight="w")


def test_row_48_quotes_follow_rfc_4180_and_lines_are_physical(write):
    text = 'source,target,w\n"a, b","c\nd\r\ne",1\n"say ""hi""",z,2\n'
    graph = from_csv(write(text), edge_weight="w")
    assert ends(graph) == [("a, b", "c\nd\r\ne"), ('say "hi"', "z")] and graph.edge_weight == [1, 2]
    late = write(text + "p,q,many\n")
    with refused(late, 6, "w", "'many'", edge=("p", "q"), attribute="w"):
        from_csv(late, edge_weight="w")
    inside = write('source,target,w\nu,v,1\n"a\nb",z,x\n')
    with refused(inside, 3, "w", "'x'"):
        from_csv(inside, edge_weight="w")


def test_row_49_blank_lines_are_skipped(write):
    graph = from_csv(write("\n\nsource,target\n\nu,v\n   \n\t\nv,w\n\n"))
    assert ends(graph) == [("u", "v"), ("v", "w")]
    late = write("source,target,w\nu,v,1\n\n\nv,w,x\n")
    with refused(late, 5, "w", "'x'"):
        from_csv(late, edge_weight="w")


@pytest.mark.parametrize("before", [1, 5000])
def test_row_50_a_row_that_is_too_long_is_named(write, before):
    path = write("source,target\n" + "u,v\n" * before + "u,v,w\n")
    with refused(path, before + 2, None, "too long", "3 entries", "has 2"):
        from_csv(path)
    path = write("source,target\n" + "u,v\n" * before + "u,v,\nu\n")
    with refused(path, before + 2, None, "too long"):
        from_csv(path)


@pytest.mark.parametrize("before", [1, 5000])
def test_row_51_a_row_that_is_too_short_is_named(write, before):
    path = write("source,target,w\n" + "u,v,1\n" * before + "u,v\nu,v,1,1\n")
    with refused(path, before + 2, None, "too short", "2 entries", "has 3"):
        from_csv(path)


@pytest.mark.parametrize(
    "row, column", [(",v", "source"), ("u, ", "target"), ('"",v', "source"), (",", "source")]
)
def test_row_52_a_blank_end_is_no_node(write, row, column):
    path = write(f"source,target\nu,v\n{row}\n")
    nodes = write("node_id\nu\nv\n", "n.csv")
    for more in ({}, {"nodes": nodes}, {"id_type": str}):
        with refused(path, 3, column, "no id"):
            from_csv(path, **more)
    numbers = write(f"source,target\n1,2\n{row.replace('u', '1').replace('v', '2')}\n")
    with refused(numbers, 3, column, "no id"):
        from_csv(numbers, index_base=1)
    blank = write("node_id,a\nu,1\n,2\n", "n.csv")
    with refused(blank, 3, "node_id", "no id"):
        from_csv(write("source,target\nu,u\n"), blank)


def test_row_53_words_for_nothing_are_names(write):
    words = ["NA", "null", "None", "nan", "NULL", "N/A", "-", "inf"]
    graph = from_csv(write("source,target,note\n" + "".join(f"{word},NA,{word}\n" for word in words)))
    assert graph.node_ids == words and graph.edge_attrs == {"note": words}


@pytest.mark.parametrize("odd", ["0042", "+7", "1.0", "1e3", "0x1F", "1_000", "-0", "٤"])
def test_row_54_ids_are_text_unless_all_are_canonical_integers(write, odd):
    assert from_csv(write(f"source,target\n{odd},42\n")).node_ids == [odd, "42"]
    assert from_csv(write("source,target\n42,-7\n0,42\n")).node_ids == [42, -7, 0]
    assert from_csv(write("source,target\n42,-7\n"), id_type=str).node_ids == ["42", "-7"]


def test_row_55_large_ids_are_exact(write):
    assert from_csv(write(f"source,target\n{2**63},{2**63 + 1}\n")).node_ids == [2**63, 2**63 + 1]
    assert from_csv(write(f"source,target\n{10**40},{-(10**40)}\n")).node_ids == [10**40, -(10**40)]


def test_row_56_ids_have_one_type_over_both_columns_and_files(write):
    graph = from_csv(write("source,target\n1,a\n2,1\n"))
    assert graph.node_ids == ["1", "a", "2"] and graph.edge_index == ([0, 2], [1, 0])
    nodes = write("node_id\n2\nb\n1\n", "n.csv")
    assert from_csv(write("source,target\n1,2\n"), nodes).node_ids == ["2", "b", "1"]
    mixed = write("source,target\n1,a\n")
    with refused(mixed, 2, "target", "'a'", "whole number"):
        from_csv(mixed, id_type=int)


NUMBERS = ["", "  ", "abc", '"2,500.75"', "1 000", "0x10", "1_0", "½", "٣", "--1", "1e400", str(2**53 + 1)]


@pytest.mark.parametrize("entry", [*NUMBERS, "nan", "-NaN", "inf", "-Infinity"])
def test_row_57_a_weight_that_is_no_finite_number_is_refused(write, entry):
    path = write(f"source,target,km\nu,v,3\nv,w,{entry}\n")
    for options in ({"edge_weight": "km"}, {"edge_attr": ["km"]}):
        with refused(path, 3, "km", "found", edge=("v", "w"), attribute="km"):
            from_csv(path, **options)
        if entry in NUMBERS:
            with refused(path, 3, "km", "found"):
                from_csv(path, **options, allow_nonfinite=True)
        else:
            graph = from_csv(path, **options, allow_nonfinite=True)
            [_, kept] = graph.edge_weight or [row[0] for row in graph.edge_attr]
            assert repr(kept) == repr(float(entry))
    nodes = write(f"node_id,a\nu,1\nv,{entry}\nw,2\n", "n.csv")
    with refused(nodes, 3, "a", "found", node="v", attribute="a"):
        from_csv(write("source,target\nu,v\n"), nodes, x=["a"])


def test_row_58_all_edges_are_kept_unless_an_option_says_otherwise(write):
    path = write("source,target,w\nv,u,1\nu,v,2\nv,u,3\n")
    assert from_csv(path, edge_weight="w").edge_weight == [1, 2, 3]
    assert from_csv(path, edge_weight="w", duplicates="first").edge_weight == [1, 2]
    assert from_csv(path, edge_weight="w", duplicates="last").edge_weight == [2, 3]
    assert from_csv(path, edge_weight="w", directed=False, duplicates="last").edge_weight == [3, 3]
    with refused(path, 4, None, "line 2", "duplicates="):
        from_csv(path, duplicates="error")
    with pytest.raises(AdapterError, match="'keep', 'first', 'last' or 'error'"):
        from_csv(path, duplicates="sum")


def test_row_59_a_node_that_stands_twice_is_named_with_both_lines(write):
    nodes = write("node_id,a\nu,1\nv,2\n\nu,3\n", "n.csv")
    with refused(nodes, 5, "node_id", "'u'", "line 2", node="u"):
        from_csv(write("source,target\nu,v\n"), nodes, x=["a"])


def test_row_60_an_unknown_end_is_named_with_its_place(write):
    nodes = write("node_id\nu\nv\n", "n.csv")
    path = write('source,target\nu,"v"\n\nghost,u\n')
    with refused(path, 4, "source", "'ghost'", "node file", node="ghost", edge=("ghost", "u")):
        from_csv(path, nodes)
    other = write("source,target\nu,v\nv,V\n")
    with refused(other, 3, "target", "'V'", node="V", edge=("v", "V")):
        from_csv(other, nodes)


def test_row_61_nodes_stand_in_the_order_of_their_file(write):
    nodes = write("node_id,a\n9,0.9\n1,0.1\n5,0.5\n", "n.csv")
    graph = from_csv(write("source,target\n1,9\n"), nodes, x=["a"])
    assert graph.node_ids == [9, 1, 5] and graph.x == [[0.9], [0.1], [0.5]]
    assert graph.edge_index == ([1], [0])


def test_row_62_categories_become_classes_whose_names_are_kept(write):
    nodes = write("node_id,team\nu,red\nv,\u00fcber\nw,red\n", "n.csv")
    graph = from_csv(write("source,target\nu,v\n"), nodes, y="team")
    assert graph.y == [0, 1, 0] and graph.class_names == ["red", "\u00fcber"] and graph.num_classes == 2
    blank = write("node_id,team\nu,red\nv,\n", "n.csv")
    with refused(blank, 3, "team", "no label", node="v"):
        from_csv(write("source,target\nu,v\n"), blank, y="team")


def test_row_63_no_header_is_refused_and_a_header_alone_is_an_empty_graph(write):
    for text in ("", "\n \n", "\ufeff"):
        path = write(text)
        with refused(path, None, None, "empty"):
            from_csv(path)
    for text in ("source,target,w\n", "source,target,w"):
        graph = from_csv(
            write(text), write("node_id,a\n", "n.csv"), x=["a"], edge_weight="w", edge_attr=["w"]
        )
        assert (graph.num_nodes, graph.num_edges, graph.x, graph.edge_weight) == (0, 0, [], [])


def test_row_64_what_is_no_text_of_this_encoding_is_named_by_line(write):
    text = "source,target\nu,v\nna\u00efve,u\n"
    latin = write(text.encode("latin-1"))
    with refused(latin, 3, None, "0xef", "encoding="):
        from_csv(latin)
    assert from_csv(latin, encoding="latin-1").node_ids == ["u", "v", "na\u00efve"]
    for encoding in ("utf-16", "utf-16-le", "utf-16-be"):
        wide = write(text.encode(encoding))
        with refused(wide, 1, None, "encoding="):
            from_csv(wide)
        assert from_csv(wide, encoding=encoding).node_ids == ["u", "v", "na\u00efve"]
    zero = write("source,target\nu,v\nu,\0v\n")
    with refused(zero, 3, None, "zero byte", "encoding="):
        from_csv(zero)
    quote = write('source,target\nu,v\n"u,v\nv,u\n')
    with refused(quote, 3, None, "never closed", "encoding="):
        from_csv(quote)


def test_row_65_gzip_is_known_by_its_bytes(write):
    packed = gzip.compress(b"source,target\nu,v\n")
    assert ends(from_csv(write(packed, "roads.csv"))) == [("u", "v")]
    assert ends(from_csv(write("source,target\nu,v\n", "plain.csv.gz"))) == [("u", "v")]
    for damaged in (packed[:-5], packed[:12], packed[:-8] + b"?" + packed[-7:]):
        path = write(damaged)
        with refused(path, None, None, "gzip"):
            from_csv(path)


def test_row_66_ids_counted_from_one_are_said_to_be(write):
    path = write("source,target\n3,1\n1,5\n")
    graph = from_csv(path, index_base=1)
    assert graph.edge_index == ([2, 0], [0, 4]) and graph.node_ids == [1, 2, 3, 4, 5]
    zero = write("source,target\n3,1\n\n1,0\n")
    with refused(zero, 4, "target", "found 0", "index_base=0", node=0, edge=(1, 0)):
        from_csv(zero, index_base=1)
    assert from_csv(zero, index_base=0).num_nodes == 4
    nodes = write("node_id\n2\n0\n1\n", "n.csv")
    with refused(nodes, 3, "node_id", "found 0", "index_base=0", node=0):
        from_csv(write("source,target\n1,2\n"), nodes, index_base=1)
    far = write("source,target\n1,99999999999\n")
    with refused(far, 2, "target", "index_base"):
        from_csv(far, index_base=1)


@pytest.mark.parametrize("header, name", [("source,target,source", "source"), ("source,target,w, w", "w")])
def test_row_67_a_name_that_stands_twice_in_the_header_is_refused(write, header, name):
    path = write(f"{header}\n" + "u," * header.count(",") + "v\n")
    with refused(path, 1, name, "twice", "rename"):
        from_csv(path)
    nodes = write("node_id,a,a\nu,1,2\n", "n.csv")
    with refused(nodes, 1, "a", "twice"):
        from_csv(write("source,target\nu,u\n"), nodes)


def test_row_68_a_large_file_is_streamed(write):
    """What is held at once grows with the graph, not with the text: a column of long notes is never kept
    twice, and ten times the edges need ten times the memory."""

    def peak(rows: int) -> tuple[Graph, int]:
        text = "source,target,w\n" + "".join(
            f"{i % 997},{i * 7 % 997},{i}.5{'0' * 200}\n" for i in range(rows)
        )
        path = write(text)
        tracemalloc.start()
        graph = from_csv(path, edge_weight="w")
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return graph, most

    small, least = peak(3_000)
    large, most = peak(30_000)
    assert small.num_edges == 3_000 and large.num_edges == 30_000
    assert large.edge_weight is not None and large.edge_weight[-1] == 29_999.5
    assert most < 30_000 * 210 / 2  # half the text
    assert most < 12 * least


# ---- a file that is no file, and the way there and back -----------------------------------------------


def test_a_file_that_is_not_there_or_not_readable_is_an_adapter_error(tmp_path, monkeypatch):
    path = tmp_path / "absent.csv"
    with refused(path, None, None, "no such file"):
        from_csv(path)
    with refused(tmp_path, None, None, "cannot be read"):
        from_csv(tmp_path)
    path.write_text("source,target\n")

    def forbidden(*_: Any, **__: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", forbidden)
    with refused(path, None, None, "Permission denied"):
        from_csv(path)


@pytest.mark.parametrize(
    "options",
    [{"delimiter": 7}, {"encoding": None}, {"comment": 7}, {"header": None}, {"index_base": True},
     {"directed": "no"}, {"edge_attr": "w"}, {"edge_weight": ["w"]}],
)  # fmt: skip
def test_options_of_the_wrong_kind_are_adapter_errors(write, options):
    with pytest.raises(AdapterError, match=f"{next(iter(options))}"):
        from_csv(write("source,target,w\nu,v,1\n"), **options)


WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=4)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
KINDS = st.sampled_from(["weight", "attr", "note"])


@given(
    ids=st.lists(st.one_of(st.integers(), WORDS.filter(bool)), min_size=1, max_size=5, unique_by=str),
    pairs=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), FLOATS, WORDS), max_size=6),
    nodes=st.lists(st.tuples(FLOATS, st.integers(-5, 5), st.booleans(), WORDS), min_size=5, max_size=5),
    classes=st.booleans(),
)
def test_files_that_tinygnn_wrote_come_back_byte_for_byte(tmp_path_factory, ids, pairs, nodes, classes):
    """Row order, id text, columns, class names, isolated nodes; after copies by pickle and JSON too."""
    n = len(ids)
    labels = [f"class {row[1]}" if classes else row[1] for row in nodes[:n]]
    names = list(dict.fromkeys(labels)) if classes else None
    pairs = [(s % n, t % n, weight, note) for s, t, weight, note in pairs]
    graph = Graph(
        ([s for s, *_ in pairs], [t for _, t, *_ in pairs]),
        x=[[row[0], float(row[1])] for row in nodes[:n]], y=[names.index(y) if names else y for y in labels],
        class_names=names, y_level="node", train_mask=[row[2] for row in nodes[:n]], node_ids=ids,
        edge_weight=[row[2] for row in pairs], edge_attrs={"note": [row[3] for row in pairs]},
        node_attrs={"word": [row[3] for row in nodes[:n]]}, num_nodes=n,
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("csv")
    to_csv(graph, folder / "e.csv", folder / "n.csv")
    read = from_csv(folder / "e.csv", folder / "n.csv", x=["x_0", "x_1"], y="y", edge_weight="edge_weight")
    assert list(map(str, read.node_ids or [])) == list(map(str, ids)) and read.edge_index == graph.edge_index
    assert repr(read.edge_weight) == repr(graph.edge_weight) and read.x == graph.x
    assert read.edge_attrs == graph.edge_attrs and read.node_attrs == graph.node_attrs
    plain = json.dumps({each.name: getattr(read, each.name) for each in fields(read)})
    for copy in (read, pickle.loads(pickle.dumps(read)), Graph(**json.loads(plain))):
        to_csv(copy, folder / "e2.csv", folder / "n2.csv")
        assert (folder / "e2.csv").read_bytes() == (folder / "e.csv").read_bytes()
        assert (folder / "n2.csv").read_bytes() == (folder / "n.csv").read_bytes()
