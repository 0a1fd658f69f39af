"""Sound inputs to start from, and the words that a format is made of."""

from __future__ import annotations

import gzip
import pickle
import struct

from tinygnn import GNN, Graph, optim, safetensors
from tinygnn.checkpoint import Checkpoint

SPLIT = b"\n====\n"
EDGES = b'source,target,w,"n, m"\na,b,0.5,\nb, c ,2,"x ""y"""\r\n\nc,a,-1e-3,z\n'
NODES = b"node_id,f,label,train_mask\nc,1,red,True\nb,2.5,blue,False\na,-3,red,True\n"
JSON = b"""{"directed": false, "multigraph": true, "graph": {"t": [1, null]}, "more": 1,
 "nodes": [{"id": "a", "f": 1, "label": "r", "train_mask": true},
           {"id": [1, "b"], "f": 2.5, "label": "s", "train_mask": false}],
 "links": [{"source": "a", "target": [1, "b"], "key": 0, "w": 0.5},
           {"source": "a", "target": "a", "key": 1, "w": 2}]}"""
GRAPHML = b"""<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns"><desc>d</desc>
<key id="d0" for="edge" attr.name="w" attr.type="double"><default>1.5</default></key>
<key id="d1" for="node" attr.name="f" attr.type="int"/><key id="d2" for="node" attr.name="label"/>
<key id="d3" for="all" attr.name="m" attr.type="boolean"/>
<graph edgedefault="undirected"><data key="d3">true</data><node id="a"><data key="d1">7</data>
<data key="d2">r &amp; s</data></node><node id="b"><data key="d1">1</data>
<data key="d2"><![CDATA[x]]></data></node><edge id="0" source="a" target="b"><data key="d0">0.1</data></edge>
<edge source="b" target="b"/></graph></graphml>"""
TU = SPLIT.join(
    [b"1, 2\n2, 1\n3, 3\n5, 4\n", b"1\n1\n2\n3\n3\n", b"5\n-1\n5\n", b"3\n4\n3\n6\n4\n", b"0\n0\n1\n1\n",
     b"0.5, 1\n1e-3, 2\n3, 3\n4, 4\n5, 5\n", b"1\n2\n3\n4\n", b"none"]
)  # fmt: skip


def array(numbers: list[float], shape: tuple[int, ...], code: bytes) -> bytes:
    """The pickle of a NumPy array as Python 2 wrote it, without head and end."""
    data = struct.pack(f"<{len(numbers)}{ {b'f4': 'f', b'i4': 'i'}[code] }", *numbers)
    sizes = b"".join(b"M" + struct.pack("<H", size) for size in shape)
    return (
        b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R(K\x01" + sizes
        + (b"\x85" if len(shape) == 1 else b"\x86") + b"cnumpy\ndtype\nU\x02" + code
        + b"K\x00K\x01\x87R(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89T"
        + struct.pack("<I", len(data)) + data + b"tb"
    )  # fmt: skip


def planetoid() -> bytes:
    known = 502
    parts = [
        array([0, 1], (1, 2), b"f4"),
        array([1, 0], (1, 2), b"i4"),
        array([0.5, 0] * known, (known, 2), b"f4"),
        array([1, 0] * known, (known, 2), b"i4"),
        array([1, 2, 3, 4], (2, 2), b"f4"),
        array([0, 1, 1, 0], (2, 2), b"i4"),
    ]
    files = [b"\x80\x02" + part + b"." for part in parts]
    files.append(pickle.dumps({0: [1, 1, 503], 1: [0], 503: [0]}, protocol=2))
    return SPLIT.join([*files, b"503\n502\n"])


def matrix() -> bytes:
    body = b"\x80\x02cscipy.sparse.csr\ncsr_matrix\n)\x81}(U\x06_shapeK\x02K\x03\x86U\x06indptr"
    body += array([0, 1, 2], (3,), b"i4") + b"U\x07indices" + array([1, 0], (2,), b"i4")
    return body + b"U\x04data" + array([0.5, 2], (2,), b"f4") + b"ub."


def split_header(data: bytes) -> bytes:
    [size] = struct.unpack("<Q", data[:8])
    return data[8 : 8 + size] + SPLIT + data[8 + size :]


def checkpoint() -> bytes:
    graph = Graph(([0, 1], [1, 0]), x=[[1.0], [2.0]], y=[0, 1])
    model = GNN("gcn", in_channels=graph.num_features, hidden_channels=2, num_layers=2, out_channels=2)
    return Checkpoint.of(model, optim.Adam(model.parameters(), lr=0.01)).to_bytes()


def seeds() -> dict[str, list[bytes]]:
    tensors = safetensors.save({"weight": [[1.0, -0.0]], "steps": 7, "on": [True]}, {"a": "b"})
    wide = GRAPHML.decode().replace("UTF-8", "UTF-16").encode("utf-16")
    small = pickle.dumps({0: [1], 1: [0, 2], "a": (1.5, None, True)}, protocol=4)
    return {
        "csv_edges": [EDGES, EDGES.decode().encode("utf-16"), gzip.compress(EDGES), b"source,target\n1,2\n"],
        "csv_everything": [EDGES + SPLIT + NODES],
        "json_graph": [JSON, gzip.compress(JSON), b'{"nodes": [{}], "edges": []}'],
        "json_everything": [JSON],
        "graphml": [GRAPHML, gzip.compress(GRAPHML), wide],
        "graphml_everything": [GRAPHML],
        "tudataset": [TU],
        "planetoid": [planetoid()],
        "pickled": [matrix(), small, pickle.dumps({1: [2]}, protocol=2)],
        "tensors": [tensors, split_header(tensors)],
        "checkpoint": [split_header(checkpoint())],
    }


NUMBERS = [b"-1", b"0", b"1", b"1e999", b"nan", b"9" * 30, b"9" * 5000, b"1_0", b"0x1", b"\xd9\xa3"]
WORDS: dict[str, list[bytes]] = {
    "csv": [b",", b'"', b'""', b"\n", b"\r", b"\0", b" ", b"\xff\xfe", b"\xef\xbb\xbf", b"source", SPLIT],
    "json": [b"{", b"}", b"[" * 60, b"]", b'"id":', b'"edges": []', b"NaN", b"null", b'"\\ud800"', b","],
    "graphml": [
        *(b"<node id='a'>", b"</node>", b"<graph>", b"<!DOCTYPE a [<!ENTITY b 'c'>]>", b"&b;", b"&#0;"),
        *(b"<data key='d0'>", b"]]>", b'encoding="latin-1"', b'encoding="cp037"', b'encoding="utf-7"'),
    ],
    "tudataset": [b",", b"\n", b"none", SPLIT, b'"', b" "],
    "planetoid": [
        *(b"\x80\x02", b".", b"R", b"b", b"(", b"t", b"}", b"]", b"u", b"h\x01", b"q\x01", b"\x93", b"\x81"),
        *(b"cnumpy\ndtype\n", b"cos\nsystem\n", b"r\xff\xff\xff\x7f", b"J\xff\xff\xff\x7f", SPLIT),
    ],
    "tensors": [
        *(b"{", b"}", b'"dtype":"F64"', b'"shape":[0]', b'"data_offsets":[0,8]', b"[[[[", b"null", SPLIT),
    ],
}
KINDS = {"pickled": "planetoid", "checkpoint": "tensors"}


def words(name: str) -> list[bytes]:
    kind = name.partition("_")[0]
    return WORDS[KINDS.get(kind, kind)] + NUMBERS
