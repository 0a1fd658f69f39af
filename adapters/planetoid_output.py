"""`Graph` to Planetoid's raw files; the way in is planetoid.py."""

from __future__ import annotations

import struct
import warnings
from collections.abc import Iterable, Sequence
from math import isfinite
from os import PathLike
from pathlib import Path
from typing import Any

from tinygnn.adapters.errors import AdapterError
from tinygnn.adapters.planetoid import VALIDATION
from tinygnn.adapters.whole_files import write_together
from tinygnn.graph import MASKS, Graph

Rows = Sequence[Sequence[float]]


def to_planetoid(graph: Graph, folder: str | PathLike[str], name: str | None = None) -> list[str]:
    """Write a graph as Planetoid's raw files: ind.NAME.x, ind.NAME.graph, ...; returns their paths.

    name: the dataset's, by default the folder's, in small letters. The files hold features, one class for
    each node, edges without weights, and one split: the first nodes to train, the 500 after them to
    validate, the last to test. `from_planetoid` gives that graph back, number for number, and so does PyG's
    `Planetoid` in float32; with split="full" if all nodes but those of validation and test are trained on.
    What else there is, is named in a warning. The files appear whole, or none does. NumPy is not needed.

    Raises AdapterError for a graph that these files cannot hold: another split, a self loop, an edge that
    stands there twice, no features or classes.
    """
    folder = Path(folder)
    name = (folder.resolve().name if name is None else name).lower()
    if not name or Path(name).name != name:
        raise AdapterError(f"name is {name!r}: it stands in the names of the files, such as 'cora'")
    x, y = _features(graph), _classes(graph)
    train, known, test = _split(graph)
    for i in sorted(set(range(known, graph.num_nodes)) - set(test)):
        if any(x[i]) or y[i]:
            raise AdapterError(
                f"node {i} stands among those to test and is none of them: its features and its class, "
                "unless they are 0, have no place",
                node=i,
            )
    classes = range(max(y) + 1 if graph.class_names is None else len(graph.class_names))
    labels = [[int(k == label) for k in classes] for label in y]
    neighbours = _neighbours(graph)
    lost = _lost(graph)
    if lost:
        warnings.warn(f"not written to {folder}: {', '.join(lost)}", stacklevel=2)
    parts = {
        "x": _matrix(x[:train]),
        "y": _array(labels[:train]),
        "allx": _matrix(x[:known]),
        "ally": _array(labels[:known]),
        "tx": _matrix([x[i] for i in test]),
        "ty": _array([labels[i] for i in test]),
        "graph": _dict(neighbours),
    }
    files: dict[str | PathLike[str], Iterable[str | bytes]] = {
        folder / f"ind.{name}.{part}": [b"\x80\x02", body, b"."] for part, body in parts.items()
    }
    files[folder / f"ind.{name}.test.index"] = [f"{i}\n" for i in test]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise AdapterError(f"it cannot be written: {error.strerror}", path=folder) from None
    write_together(files)
    return list(map(str, files))


def _features(graph: Graph) -> Rows:
    x = graph.x
    if not x or not x[0]:
        raise AdapterError("the graph has no features x, which these files need", attribute="x")
    for i, row in enumerate(x):
        if not all(map(isfinite, row)):
            raise AdapterError(f"x[{i}] has an inf or a nan: these files hold finite numbers", node=i)
    return x


def _classes(graph: Graph) -> list[int]:
    y = graph.y
    if graph.y_level != "node" or any(type(label) is not int or label < 0 for label in y):
        raise AdapterError(
            "these files hold one class for each node, a number from 0 on, as y", attribute="y"
        )
    return list(y)


def _split(graph: Graph) -> tuple[int, int, list[int]]:
    """How many nodes are trained on, how many stand before those to test, and these."""
    n = graph.num_nodes
    masks = [getattr(graph, mask) or [] for mask in MASKS]
    train, val, test = ([i for i, chosen in enumerate(mask) if chosen] for mask in masks)
    if test and val:
        first, known = val[0], test[0]
        rest = sorted(set(range(n)) - {*val, *test})
        in_place = val == list(range(first, first + VALIDATION)) and first + VALIDATION <= known
        if in_place and train in (list(range(first)), rest) and test[-1] == n - 1:
            return first, known, test
    raise AdapterError(
        f"these files hold one split: the first nodes are trained on, the {VALIDATION} after them validate, "
        "the last are tested; train_mask, val_mask and test_mask say something else",
        attribute="train_mask",
    )


def _neighbours(graph: Graph) -> list[list[int]]:
    """For each node the sources of the edges that enter it."""
    neighbours: list[list[int]] = [[] for _ in range(graph.num_nodes)]
    seen = set()
    for source, target in zip(*graph.edge_index):
        if source == target or (source, target) in seen:
            what = "a self loop" if source == target else "there twice"
            raise AdapterError(
                f"the edge ({source}, {target}) is {what}, which readers of these files leave out: remove it "
                "first, or write another format",
                edge=(source, target),
            )
        seen.add((source, target))
        neighbours[target].append(source)
    return neighbours


def _lost(graph: Graph) -> list[str]:
    """What the files do not hold."""
    fields = ("edge_weight", "edge_attr", "node_ids", "class_names")
    lost = [field for field in fields if getattr(graph, field) is not None]
    for namespace in ("node_attrs", "edge_attrs", "graph_attrs"):
        lost += [f"{namespace}[{key!r}]" for key in getattr(graph, namespace)]
    pairs = list(zip(*graph.edge_index))
    if pairs != sorted(pairs, key=lambda pair: (pair[1], pair[0])):
        lost.append("the order of the edges")
    return lost


# ---- the bodies of pickles, as Python 2 and its NumPy wrote them; Python's Lib/pickletools.py -------------


def _int(number: int) -> bytes:
    return b"J" + struct.pack("<i", number)


def _array(rows: Sequence[Any], code: str = "i4") -> bytes:
    """An array of one dimension or, of rows, of two."""
    shape = [len(rows), len(rows[0])] if rows and isinstance(rows[0], list) else [len(rows)]
    numbers = [number for row in rows for number in row] if len(shape) == 2 else rows
    data = struct.pack(f"<{len(numbers)}{'d' if code == 'f8' else 'i'}", *numbers)
    return b"".join(
        [
            b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R(K\x01",
            *map(_int, shape), b"\x85" if len(shape) == 1 else b"\x86",
            b"cnumpy\ndtype\nU\x02", code.encode(), b"K\x00K\x01\x87R(K\x03U\x01<NNN", _int(-1), _int(-1),
            b"K\x00tb\x89T", struct.pack("<I", len(data)), data, b"tb",
        ]
    )  # fmt: skip


def _matrix(rows: Rows) -> bytes:
    """A sparse matrix of SciPy."""
    indices = [[k for k, number in enumerate(row) if number] for row in rows]
    starts = [0]
    for found in indices:
        starts.append(starts[-1] + len(found))
    parts = {
        "indptr": _array(starts),
        "indices": _array([k for found in indices for k in found]),
        "data": _array([row[k] for row, found in zip(rows, indices) for k in found], "f8"),
    }
    named = [b"U" + bytes([len(name)]) + name.encode() + body for name, body in parts.items()]
    shape = _int(len(rows)) + _int(len(rows[0])) + b"\x86"
    return b"cscipy.sparse.csr\ncsr_matrix\n)\x81}(U\x06_shape" + shape + b"".join(named) + b"ub"


def _dict(lists: list[list[int]]) -> bytes:
    """{0: lists[0], 1: lists[1], ...}."""
    entries = [_int(k) + b"](" + b"".join(map(_int, row)) + b"e" for k, row in enumerate(lists)]
    return b"}(" + b"".join(entries) + b"u"
