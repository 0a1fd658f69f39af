"""Planetoid's raw files: equal to PyG's graph, and nothing in them can run."""

import os
import pickle
import shutil
import struct
import sys
from pathlib import Path

import pytest

from tinygnn import Graph
from tinygnn.adapters import AdapterError, from_planetoid, load, to_planetoid
from tinygnn.adapters.pickled_arrays import Array, Matrix, read_arrays
from tinygnn.graph import MASKS

MINUS_ONE = b"J\xff\xff\xff\xff"


def short(n):
    return b"K" + bytes([n]) if n < 256 else b"M" + struct.pack("<H", n)


def array_bytes(numbers, shape, code="f4", order=b"<"):
    """The body of the pickle of a NumPy array, as Python 2 wrote it."""
    form = {"f4": "f", "i4": "i"}[code]
    data = struct.pack(f"{order.decode()}{len(numbers)}{form}", *numbers)
    return (
        b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R(K\x01"
        + b"".join(map(short, shape)) + (b"\x85" if len(shape) == 1 else b"\x86")
        + b"cnumpy\ndtype\nU\x02" + code.encode() + b"K\x00K\x01\x87R(K\x03U\x01" + order
        + b"NNN" + 2 * MINUS_ONE + b"K\x00tb\x89T" + struct.pack("<I", len(data)) + data + b"tb"
    )  # fmt: skip


def pickled(body):
    return b"\x80\x02" + body + b"."


def matrix_bytes(indptr, indices, numbers, shape):
    parts = {b"indptr": (indptr, "i4"), b"indices": (indices, "i4"), b"data": (numbers, "f4")}
    body = b"cscipy.sparse.csr\ncsr_matrix\n)\x81}(U\x06_shape" + b"".join(map(short, shape)) + b"\x86"
    for name, (part, code) in parts.items():
        body += b"U" + bytes([len(name)]) + name + array_bytes(part, [len(part)], code)
    return body + b"ub"


def write_dataset(folder, graph=None, test=(503, 502), **changed):
    """2 training nodes, 500 for validation, 2 to test; features 1, 2; classes 2."""
    known = 502
    files = {
        "x": array_bytes([0.0] * 4, [2, 2]),
        "y": array_bytes([1, 0, 0, 1], [2, 2], "i4"),
        "allx": matrix_bytes([0, 1, *[1] * (known - 1)], [1], [0.5], [known, 2]),
        "ally": array_bytes([1, 0] * known, [known, 2], "i4"),
        "tx": array_bytes([1.0, 2.0, 3.0, 4.0], [2, 2]),
        "ty": array_bytes([0, 1, 1, 0], [2, 2], "i4"),
    }
    for name, body in {**files, **changed}.items():
        (folder / f"ind.small.{name}").write_bytes(pickled(body))
    graph = {0: [1, 1, 0, 503], 1: [0], 503: [0], 2: []} if graph is None else graph
    (folder / "ind.small.graph").write_bytes(pickle.dumps(graph, protocol=2))
    (folder / "ind.small.test.index").write_text("".join(f"{node}\n" for node in test))
    return folder


def test_a_small_dataset_by_hand(tmp_path):
    graph = from_planetoid(write_dataset(tmp_path))
    assert graph.num_nodes == 504 and graph.num_features == 2 and not graph.directed
    assert list(zip(*graph.edge_index)) == [(1, 0), (503, 0), (0, 1), (0, 503)]  # by target and source
    assert graph.x[0] == [0.0, 0.5] and graph.x[1] == [0.0, 0.0]
    assert graph.x[503] == [1.0, 2.0] and graph.x[502] == [3.0, 4.0]  # in the order of test.index
    assert graph.y[:2] == [0, 0] and graph.y[503] == 1 and graph.y[502] == 0
    assert [i for i, t in enumerate(graph.train_mask) if t] == [0, 1]
    assert [i for i, t in enumerate(graph.val_mask) if t] == list(range(2, 502))
    assert [i for i, t in enumerate(graph.test_mask) if t] == [502, 503]
    assert graph.validate()


def test_nodes_that_no_file_speaks_of_get_zeros_and_a_warning(tmp_path):
    with pytest.warns(UserWarning, match="1 nodes of small have no label"):
        graph = from_planetoid(write_dataset(tmp_path, test=(504, 502)))
    assert graph.num_nodes == 505 and graph.x[503] == [0.0, 0.0] and graph.y[503] == 0
    assert not (graph.train_mask[503] or graph.val_mask[503] or graph.test_mask[503])


def test_split_full_trains_on_all_that_are_left(tmp_path):
    with pytest.warns(UserWarning, match="no label"):
        graph = from_planetoid(write_dataset(tmp_path, test=(504, 502)), split="full")
    assert [i for i, t in enumerate(graph.train_mask) if t] == [0, 1, 503]
    with pytest.raises(AdapterError, match="'public' or 'full'"):
        from_planetoid(tmp_path, split="random")


@pytest.mark.parametrize(
    "changed, message",
    [
        ({"graph": {0: [504]}}, r"ind.small.graph: edge \(0, 504\) ends outside the 504 nodes"),
        ({"graph": {0: [-1]}}, r"edge \(0, -1\)"),
        ({"graph": [1]}, "expected a dict with the list of neighbours"),
        ({"graph": {0: [1.5]}}, "expected a dict with the list of neighbours"),
        ({"test": (502, 502)}, "ind.small.test.index: node 502 stands there twice"),
        ({"test": (502, 10**12)}, "far beyond all others"),
        ({"test": (503, 504)}, "should be 502"),
        ({"test": (502,)}, "test.index, tx and ty 1, 2 and 2: they must agree"),
        ({"tx": array_bytes([1.0] * 6, [2, 3])}, "3 columns here, 2 in allx"),
        ({"tx": array_bytes([1.0, 2.0, 3.0, float("nan")], [2, 2])}, "an inf, a nan"),
        ({"tx": array_bytes([1.0, 2.0], [2])}, "an array or a sparse matrix with a row for each node"),
        ({"tx": b"N"}, "an array or a sparse matrix with a row for each node"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named(tmp_path, changed, message):
    with pytest.raises(AdapterError, match=message):
        from_planetoid(write_dataset(tmp_path, **changed))


def test_a_folder_says_what_it_lacks(tmp_path):
    with pytest.raises(AdapterError, match=r"there is no ind.NAME.graph: this is no folder of Planetoid's"):
        from_planetoid(tmp_path)
    write_dataset(tmp_path)
    with pytest.raises(AdapterError, match="did you mean 'small'"):
        from_planetoid(tmp_path, "smal")
    (tmp_path / "ind.small.ty").unlink()
    with pytest.raises(AdapterError, match="ind.small.ty: there is no such file"):
        from_planetoid(tmp_path)


class Calls:
    """Pickles as a call."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("call", [(os.system, "touch ran"), (eval, "1"), (list, range(3)), (Path, "a")])
def test_a_pickle_that_calls_anything_is_refused_before_it_does(tmp_path, monkeypatch, protocol, call):
    monkeypatch.chdir(tmp_path)
    Path("bad").write_bytes(pickle.dumps({1: [Calls(*call)]}, protocol))
    with pytest.raises(AdapterError, match=r"^bad: byte \d+: .*nothing is run$") as caught:
        read_arrays(Path("bad"))
    assert caught.value.path == "bad" and os.listdir() == ["bad"]


@pytest.mark.parametrize(
    "body, message",
    [
        (b"", "ends in the middle"),
        (b"\x80\x02", "ends in the middle"),
        (b"this is text", "the instruction b't'|ends in the middle"),
        (b"\x80\x02X\xff\xff\xff\xff", "ends in the middle"),
        (b"\x80\x02}(]K\x01u.", "a dict with keys that are neither numbers nor text"),
        (b"\x80\x02cnumpy\nload\n.", "the name numpy.load"),
        (b"\x80\x02r\xff\xff\xff\x7f.", "ends in the middle"),
        (b"\x80\x02K\x01r\xff\xff\xff\x7f" + b"cnumpy\ndtype\n)R.", "a call of something that"),
        (pickled(array_bytes([1.0], [2])), r"an array of shape \[2\] with 4 bytes"),
        (pickled(matrix_bytes([0, 2], [0, 5], [1.0, 1.0], [1, 2])), "entries outside its columns"),
        (pickled(matrix_bytes([0, 3], [0, 1], [1.0, 1.0], [1, 2])), "more or fewer entries"),
        (pickled(matrix_bytes([0, 2, 1], [0, 1], [1.0, 1.0], [2, 2])), "indptr does not fit"),
    ],
)  # fmt: skip
def test_damaged_pickles(tmp_path, body, message):
    (tmp_path / "bad").write_bytes(body)
    with pytest.raises(AdapterError, match=message):
        read_arrays(tmp_path / "bad")


def test_one_block_of_bytes_cannot_become_many_arrays(tmp_path):
    block = b"\x8c\x06latin1q\x01T" + struct.pack("<I", 1 << 20) + bytes(1 << 20) + b"q\x02"
    again = b"c_codecs\nencode\nh\x02h\x01\x86R"
    (tmp_path / "bomb").write_bytes(pickled(block + again * 1000))
    with pytest.raises(AdapterError, match="more than 67108864 bytes of arrays"):
        read_arrays(tmp_path / "bomb")


def test_arrays_that_todays_numpy_and_scipy_pickle(tmp_path):
    numpy = pytest.importorskip("numpy", reason="pickles arrays")
    sparse = pytest.importorskip("scipy.sparse", reason="pickles matrices")
    dense = numpy.array([[0, 1.5, 0], [2, 0, -3]], dtype=">f8")
    for protocol in (2, 3, 4):
        (tmp_path / "array").write_bytes(pickle.dumps(dense, protocol))
        held = read_arrays(tmp_path / "array")
        assert isinstance(held, Array) and held.shape == (2, 3)
        assert held.numbers == dense.ravel().tolist()
        (tmp_path / "matrix").write_bytes(pickle.dumps(sparse.csr_matrix(dense.astype("f4")), protocol))
        held = read_arrays(tmp_path / "matrix")
        assert isinstance(held, Matrix) and held.shape == (2, 3)
        assert (held.indptr, held.indices, held.numbers) == ([0, 1, 3], [1, 0, 2], [1.5, 2.0, -3.0])


def test_reading_loads_neither_pickle_nor_numpy(tmp_path):
    import subprocess

    write_dataset(tmp_path)
    program = (
        "import sys; from tinygnn.adapters import load; "
        f"load({str(tmp_path)!r}); print(sorted({{'numpy', 'scipy', 'torch'}} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == "[]\n", done.stderr


def test_the_source_finds_its_folder(tmp_path, monkeypatch):
    raw = tmp_path / "Planetoid" / "Small" / "raw"
    raw.mkdir(parents=True)
    write_dataset(raw)
    monkeypatch.setenv("TINYGNN_DATA", str(tmp_path))
    for source in ("planetoid:Small", f"planetoid:Small(root={tmp_path})", str(raw), "planetoid:Small[0]"):
        assert load(source)[0].num_nodes == 504
    assert sum(load("planetoid:Small(split=full)")[0].train_mask) == 2
    with pytest.raises(AdapterError, match="no ind.Smal.graph in Planetoid/Smal/raw"):
        load("planetoid:Smal")
    with pytest.raises(AdapterError, match="no option 'splt'; did you mean 'split'"):
        load("planetoid:Small(splt=full)")
    with pytest.raises(AdapterError, match="needs a name, as in root=7"):
        load("planetoid:Small(7)")
    monkeypatch.delenv("TINYGNN_DATA")
    with pytest.raises(AdapterError, match=r"Set TINYGNN_DATA .* or give root=DIR"):
        load("planetoid:Small")


@pytest.mark.parametrize("split", ["public", "full"])
def test_cora_equals_pyg_in_every_number(tmp_path, split):
    raw = Path(os.environ.get("TINYGNN_DATA", ""), "Planetoid", "Cora", "raw")
    if "TINYGNN_DATA" not in os.environ or not raw.is_dir():
        pytest.skip("TINYGNN_DATA names no folder with Planetoid/Cora/raw")
    datasets = pytest.importorskip("torch_geometric.datasets", reason="compares with PyG's Planetoid")
    pytest.importorskip("scipy", reason="PyG reads the files with SciPy")
    shutil.copytree(raw, tmp_path / "Cora" / "raw")
    data = datasets.Planetoid(str(tmp_path), "Cora", split=split)[0]
    (graph,) = load(f"planetoid:Cora(split={split})")
    assert graph.x == data.x.tolist() and graph.y == data.y.tolist()
    assert list(graph.edge_index) == data.edge_index.tolist() and not graph.directed
    for mask in ("train_mask", "val_mask", "test_mask"):
        assert getattr(graph, mask) == getattr(data, mask).tolist()


# ---- the way back ------------------------------------------------------------------------------------


def small_graph(n=506, **changed):
    """A ring both ways; 2 nodes to train on, 500 for validation, the last 3 to test; node 503 is none."""
    pairs = sorted(
        [(i, (i + 1) % n) for i in range(n)] + [((i + 1) % n, i) for i in range(n)], key=lambda p: p[::-1]
    )
    fields = {
        "x": [[0.1 * i, 0.0, -1e-300] if i != 502 else [0.0] * 3 for i in range(n)],
        "y": [i % 3 if i != 502 else 0 for i in range(n)],
        "train_mask": [i < 2 for i in range(n)],
        "val_mask": [2 <= i < 502 for i in range(n)],
        "test_mask": [i > 502 for i in range(n)],
        **changed,
    }
    return Graph(([s for s, _ in pairs], [t for _, t in pairs]), directed=False, **fields)


def told(graph):
    names = ("edge_index", "x", "y", "y_level", "num_nodes", "directed", *MASKS)
    return {name: getattr(graph, name) for name in names}


def test_a_graph_comes_back_number_for_number(tmp_path):
    graph = small_graph(test_mask=[i >= 502 for i in range(506)])
    written = to_planetoid(graph, tmp_path / "Ring")
    assert [Path(path).name for path in written] == [
        f"ind.ring.{part}" for part in ("x", "y", "allx", "ally", "tx", "ty", "graph", "test.index")
    ]
    assert told(from_planetoid(tmp_path / "Ring")) == told(graph)
    full = small_graph(
        train_mask=[i < 2 or i == 503 for i in range(506)],
        test_mask=[i in (502, 504, 505) for i in range(506)],
    )
    full.x[503], full.y[503] = [0.0] * 3, 0
    to_planetoid(full, tmp_path / "full")
    with pytest.warns(UserWarning, match="1 nodes of full have no label"):
        assert told(from_planetoid(tmp_path / "full", split="full")) == told(full)


def test_pyg_reads_what_was_written(tmp_path):
    datasets = pytest.importorskip("torch_geometric.datasets", reason="compares with PyG's Planetoid")
    graph = small_graph(
        x=[[0.5 * i, 0.0, -2.0] for i in range(506)], test_mask=[i >= 502 for i in range(506)]
    )
    to_planetoid(graph, tmp_path / "Cora" / "raw", "cora")
    data = datasets.Planetoid(str(tmp_path), "Cora")[0]
    assert data.x.tolist() == graph.x and data.y.tolist() == graph.y
    assert sorted(zip(*data.edge_index.tolist())) == sorted(zip(*graph.edge_index))
    assert [data[mask].tolist() for mask in MASKS] == [getattr(graph, mask) for mask in MASKS]


def test_cora_is_written_as_it_was_read(tmp_path):
    if (
        "TINYGNN_DATA" not in os.environ
        or not Path(os.environ["TINYGNN_DATA"], "Planetoid/Cora/raw").is_dir()
    ):
        pytest.skip("TINYGNN_DATA names no folder with Planetoid/Cora/raw")
    cora = load("planetoid:Cora")[0]
    to_planetoid(cora, tmp_path / "cora")
    assert told(load(str(tmp_path / "cora"))[0]) == told(cora)


@pytest.mark.parametrize(
    "changed, message",
    [
        ({"x": None}, "has no features x"),
        ({"x": [[float("inf")]] * 506}, r"x\[0\] has an inf or a nan"),
        ({"y": [0.5] * 506}, "one class for each node, a number from 0 on"),
        ({"y": [-1] * 506}, "one class for each node, a number from 0 on"),
        ({"val_mask": [2 <= i < 501 for i in range(506)]}, "the 500 after them validate"),
        ({"train_mask": [i == 1 for i in range(506)]}, "the first nodes are trained on"),
        ({"train_mask": None, "val_mask": None, "test_mask": None}, "these files hold one split"),
        ({"test_mask": [i in (502, 504) for i in range(506)]}, "these files hold one split"),
        ({"test_mask": [i in (502, 505) for i in range(506)]}, "node 503 stands among those to test"),
    ],
)  # fmt: skip
def test_graphs_that_the_files_cannot_hold_are_refused(tmp_path, changed, message):
    with pytest.raises(AdapterError, match=message):
        to_planetoid(small_graph(**{"test_mask": [i >= 502 for i in range(506)], **changed}), tmp_path / "no")
    assert not (tmp_path / "no").exists()


def test_self_loops_and_duplicates_are_refused_and_the_rest_is_named(tmp_path):
    graph = small_graph(test_mask=[i >= 502 for i in range(506)], node_ids=[str(i) for i in range(506)])
    with pytest.warns(UserWarning, match=r"not written to .*: node_ids$"):
        to_planetoid(graph, tmp_path / "ring")
    for pair, what in (((5, 5), "a self loop"), ((0, 1), "there twice")):
        sources, targets = graph.edge_index
        more = Graph(
            ([*sources, pair[0]], [*targets, pair[1]]),
            x=graph.x,
            y=graph.y,
            **{m: getattr(graph, m) for m in MASKS},
        )
        with pytest.raises(AdapterError, match=what) as caught:
            to_planetoid(more, tmp_path / "no")
        assert caught.value.edge == pair
