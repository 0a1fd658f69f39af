"""Tables: whatever the bytes are, rows or an AdapterError."""

import csv
import io
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from tinygnn import Graph
from tinygnn.adapters import AdapterError, from_csv
from tinygnn.adapters.tables import Table

PIECES = st.sampled_from(
    [b"source", b"target", b",", b",", b"\n", b"\n", b"\r\n", b'"', b'""', b" ", b"0", b"1", b"-1", b"a",
     b"1e5", b"nan", b"\0", b"\xff", b"\xef\xbb\xbf", b"\x1f\x8b", b";", b"#", "é".encode()]
)  # fmt: skip


@settings(max_examples=300)
@given(
    st.lists(PIECES, max_size=25).map(b"".join), st.booleans(), st.sampled_from([None, 0, 1]), st.booleans()
)
def test_any_bytes_are_a_graph_or_an_adapter_error(tmp_path_factory, rest, headed, base, directed):
    path = tmp_path_factory.mktemp("any") / "e.csv"
    path.write_bytes(b"source,target,w\n" + rest if headed else rest)
    with suppress(AdapterError):
        graph = from_csv(path, edge_weight="w" if headed else None, index_base=base, directed=directed)
        assert isinstance(graph, Graph) and graph.validate()


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5)


@given(st.lists(st.lists(CELL, min_size=2, max_size=2), min_size=1, max_size=6))
def test_rows_that_the_csv_module_writes_are_read_back(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("rows") / "t.csv"
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows(rows)
    path.write_text(text.getvalue(), encoding="utf-8", newline="")
    read = [list(row) for columns, _ in Table(path, header=False).batches() for row in zip(*columns)]
    assert read == rows
