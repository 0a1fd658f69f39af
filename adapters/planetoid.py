"""Planetoid's raw files (`ind.cora.x`, `ind.cora.graph`, ...) to `Graph`.

Z. Yang, W. Cohen, R. Salakhutdinov, Revisiting Semi-Supervised Learning with Graph Embeddings, 2016,
arXiv:1603.08861. The graph and the public split are those of PyG's `Planetoid`.
"""

from __future__ import annotations

import warnings
from math import isfinite
from os import PathLike
from pathlib import Path
from typing import Any

from tinygnn.adapters.entries import whole_numbers
from tinygnn.adapters.errors import AdapterError
from tinygnn.adapters.folders import place_in, the_name
from tinygnn.adapters.pickled_arrays import Array, Matrix, read_arrays
from tinygnn.adapters.tables import Table
from tinygnn.collector import pause_collector
from tinygnn.edge_index import EdgeIndex
from tinygnn.graph import Graph

VALIDATION = 500  # nodes, those after the training nodes
MAX_ENTRIES = 50_000_000  # of x, with its zeros: a list of floats takes 8 bytes for each

Rows = list[list[float]]


@pause_collector(look=False)
def from_planetoid(folder: str | PathLike[str], name: str | None = None, *, split: str = "public") -> Graph:
    """Read the graph in a folder of Planetoid's raw files, such as Cora/raw.

    name: the dataset, if the folder holds several. split: "public" trains on the labelled nodes, validates
    on the 500 after them and tests on those of test.index; "full" trains on all that are in neither.

    As in PyG, self loops are left out, an edge that stands there twice is one, and columns of edge_index
    are sorted by target and source; nodes that no file speaks of, which CiteSeer has, get features 0, class
    0, and no mask. Unlike there, numbers are those of the files, not rounded to float32. NELL, which PyG
    changes further, is refused.

    The files are pickles. Only the numbers in them are read, nothing is run, and neither NumPy nor SciPy
    is needed. `to_planetoid` is the way back.

    Raises AdapterError naming the file that is missing, damaged or holds anything else.
    """
    if split not in ("public", "full"):
        raise AdapterError(f"split is {split!r}: it is 'public' or 'full'")
    folder = Path(folder)
    name = the_name(folder, "ind.", ".graph", "Planetoid", name).lower()
    if name.startswith("nell."):
        raise AdapterError("NELL is not supported: its features are made, not read", path=folder)

    def path(part: str) -> Path:
        return folder / f"ind.{name}.{part}"

    test = _test_index(path("test.index"))
    train = _size(path("y"))
    all_x, all_y = _rows(path("allx")), _rows(path("ally"))
    test_x, test_y = _rows(path("tx")), _rows(path("ty"))
    known = len(all_x)
    n = _count_nodes(folder, known, len(all_y), test, len(test_x), len(test_y))
    if not train <= known - VALIDATION:
        raise AdapterError(f"{train} rows leave no {VALIDATION} of {known} for validation", path=path("y"))
    features = _width(path("tx"), all_x, test_x)
    _width(path("ty"), all_y, test_y)
    if n * features > MAX_ENTRIES:
        raise AdapterError(
            f"{n} nodes with {features} features are more than {MAX_ENTRIES} numbers", path=path("allx")
        )
    unknown = n - known - len(test) + sum(max(row) <= 0 for row in (*all_y, *test_y))
    x = all_x + [[0.0] * features for _ in range(n - known)]
    y = [row.index(max(row)) for row in all_y] + [0] * (n - known)
    for node, row, label in zip(test, test_x, test_y):
        x[node], y[node] = row, label.index(max(label))
    if unknown:
        warnings.warn(
            f"{unknown} nodes of {name} have no label: they get class 0, as in PyG",
            stacklevel=3,
        )
    validation, tested = range(train, train + VALIDATION), set(test)
    kept = set(validation) | tested
    trained = range(train) if split == "public" else [i for i in range(n) if i not in kept]
    edges, symmetric = _edges(path("graph"), n)
    return Graph(
        EdgeIndex(edges), x=x, y=y, y_level="node", num_nodes=n, directed=not symmetric,
        train_mask=_mask(trained, n), val_mask=_mask(validation, n), test_mask=_mask(test, n),
        origin={"format": "planetoid", "name": name},
    )  # fmt: skip


def _test_index(path: Path) -> list[int]:
    """The nodes of the rows of tx and ty."""
    index: list[int] = []
    for columns, lines in Table(path, header=False).batches():
        index.extend(whole_numbers(columns[0], place_in(path, lines)))
    if len(set(index)) != len(index):
        seen: set[int] = set()
        twice = next(node for node in index if node in seen or seen.add(node))  # type: ignore[func-returns-value]
        raise AdapterError(f"node {twice} stands there twice", path=path, node=twice)
    return index


def _size(path: Path) -> int:
    held = read_arrays(path)
    if not isinstance(held, (Array, Matrix)) or len(held.shape) != 2:
        raise AdapterError("expected an array of labels with a row for each node", path=path)
    return held.shape[0]


def _rows(path: Path) -> Rows:
    """The rows of an array or of a sparse matrix as floats."""
    held = read_arrays(path)
    if not isinstance(held, (Array, Matrix)) or len(held.shape) != 2:
        raise AdapterError("expected an array or a sparse matrix with a row for each node", path=path)
    count, width = held.shape
    if count * width > MAX_ENTRIES:
        raise AdapterError(
            f"a matrix of {count} rows and {width} columns has more than {MAX_ENTRIES} numbers", path=path
        )
    numbers = list(map(float, held.numbers))
    if numbers != held.numbers or not all(map(isfinite, numbers)):
        raise AdapterError("there is an inf, a nan, or a number that no float holds", path=path)
    if isinstance(held, Array):
        return [numbers[i * width : (i + 1) * width] for i in range(count)]
    rows: Rows = []
    for start, end in zip(held.indptr, held.indptr[1:]):
        row = [0.0] * width
        for k in range(start, end):
            row[held.indices[k]] += numbers[k]
        rows.append(row)
    return rows


def _count_nodes(
    folder: Path, known: int, labelled: int, test: list[int], tested: int, test_labels: int
) -> int:
    if known != labelled or not len(test) == tested == test_labels:
        raise AdapterError(
            f"allx and ally have {known} and {labelled} rows, test.index, tx and ty {len(test)}, {tested} "
            f"and {test_labels}: they must agree",
            path=folder,
        )
    if not test or min(test) != known:
        raise AdapterError(
            f"the smallest node of test.index is {min(test, default=None)}; allx has {known} rows, so that "
            f"it should be {known}",
            path=folder,
        )
    if max(test) - known >= 2 * len(test) + 1000:
        raise AdapterError(f"node {max(test)} of test.index is far beyond all others", path=folder)
    return max(test) + 1


def _width(path: Path, rows: Rows, test_rows: Rows) -> int:
    """The one number of columns, at least 1."""
    width, test_width = len(rows[0]) if rows else 0, len(test_rows[0])
    if width != test_width or not width:
        raise AdapterError(f"{test_width} columns here, {width} in all{path.suffix[2:]}", path=path)
    return width


def _edges(path: Path, n: int) -> tuple[tuple[list[int], list[int]], bool]:
    """Edges sorted by target and source, each once, and whether each has its reverse."""
    graph = read_arrays(path)
    if not isinstance(graph, dict):
        raise AdapterError("expected a dict with the list of neighbours of each node", path=path)
    pairs: set[tuple[int, int]] = set()
    for node, neighbours in graph.items():
        if type(node) is not int or not isinstance(neighbours, list) or set(map(type, neighbours)) - {int}:
            raise AdapterError("expected a dict with the list of neighbours of each node", path=path)
        for neighbour in neighbours:
            if not (0 <= node < n and 0 <= neighbour < n):
                raise AdapterError(
                    f"edge ({node}, {neighbour}) ends outside the {n} nodes, which count from 0",
                    path=path,
                    edge=(node, neighbour),
                )
            if node != neighbour:
                pairs.add((neighbour, node))
    ordered = sorted(pairs)
    symmetric = all((source, target) in pairs for target, source in ordered)
    return ([source for _, source in ordered], [target for target, _ in ordered]), symmetric


def _mask(nodes: Any, n: int) -> list[bool]:
    mask = [False] * n
    for node in nodes:
        mask[node] = True
    return mask
