"""CSV files to `Graph`: one file of edges and, if there is one, a file of nodes.

A row of the edge file is an edge, of the node file a node. Columns are promoted to features, labels,
weights and masks only when they are named (masks also by the names train_mask, val_mask, test_mask);
all others stay as text in edge_attrs and node_attrs. Files are read in batches, and may be packed by gzip.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from os import PathLike
from typing import Any

from tinygnn.adapters.columns import exact_floats, feature_rows, labels
from tinygnn.adapters.edge_rows import EdgeRows
from tinygnn.adapters.entries import (
    WHOLE_NUMBER,
    label_values,
    mask_values,
    mask_words,
    numbers,
    whole_numbers,
)
from tinygnn.adapters.errors import AdapterError, distinct, name_list
from tinygnn.adapters.tables import Table
from tinygnn.collector import pause_collector
from tinygnn.edge_index import EdgeIndex
from tinygnn.graph import MASKS, Graph


@pause_collector(look=False)
def from_csv(
    edges: str | PathLike[str],
    nodes: str | PathLike[str] | None = None,
    *,
    source: str | int | None = None,
    target: str | int | None = None,
    node_id: str | int | None = None,
    x: Iterable[str | int] | None = None,
    y: str | int | None = None,
    edge_weight: str | int | None = None,
    edge_attr: Iterable[str | int] | None = None,
    masks: Mapping[str, str | int] | None = None,
    delimiter: str | None = None,
    header: bool = True,
    comment: str | None = None,
    encoding: str = "utf-8",
    id_type: type | None = None,
    index_base: int | None = None,
    directed: bool = True,
    duplicates: str = "keep",
    allow_nonfinite: bool = False,
) -> Graph:
    """Read a graph from a CSV file of edges and, if given, one of nodes.

    source, target, node_id: the columns of ids, by default those of that name; without a header the
    first two columns and the first. With header=False a column is its position, counted from 1. Nodes
    are numbered in the order of the node file; without one by first appearance, source before target.
    x: node columns of numbers that become the features. y: the node column that holds the label: whole
    numbers and decimal numbers stay as they are, text becomes classes numbered by first appearance.
    masks: {"train_mask": column, ...}. edge_weight, edge_attr: edge columns of numbers.

    delimiter: "," unless the file ends in .tsv. comment: lines that start with it are left out.
    id_type: int or str; None reads ids as integers if all of them in both files are written as
    integers are (not "007"), else all as text. index_base: ids are whole numbers that count nodes from
    0 or 1, so that the numbers in between are nodes too. directed=False adds to each row the reverse
    edge, except to a self loop, after all rows. duplicates: "keep", "first" or "last" of rows with the
    same ends, or "error". allow_nonfinite: take inf and nan as numbers.

    Raises AdapterError with path, line and column for whatever cannot be read exactly.
    """
    _check_options(id_type, index_base, duplicates, directed, header)
    reading: dict[str, Any] = {
        "delimiter": delimiter,
        "header": header,
        "comment": comment,
        "encoding": encoding,
    }
    integers = index_base is not None or id_type is int
    origin: dict[str, Any] = {"format": "csv", "directed": directed}
    fields: dict[str, Any] = {}
    index: dict[Any, int] | None = None
    if nodes is not None:
        index = _read_nodes(
            Table(nodes, **reading),
            node_id,
            x,
            y,
            masks,
            integers,
            index_base,
            allow_nonfinite,
            fields,
            origin,
        )
    elif x is not None or y is not None or masks is not None or node_id is not None:
        raise AdapterError("x, y, masks and node_id name columns of the node file: give nodes=")
    table = Table(edges, **reading)
    rows = EdgeRows(
        table, table.default("source", source, 1), table.default("target", target, 2), edge_weight,
        distinct("edge_attr", name_list("edge_attr", edge_attr)), allow_nonfinite,
    )  # fmt: skip
    ids = rows.read(index, whole_numbers if integers else None, index_base, duplicates, directed)
    if index_base is not None:
        ids = _check_base(ids, index, index_base, nodes)
        if index is not None:
            _sort_nodes(fields, list(index), origin)
    elif id_type is None and all(map(WHOLE_NUMBER, ids)):
        ids = list(map(int, ids))
    origin.update(rows.origin)
    return Graph(
        EdgeIndex((rows.sources, rows.targets)),
        num_nodes=len(ids), node_ids=ids, directed=directed,
        edge_weight=rows.edge_weight, edge_attr=rows.edge_attr, edge_attrs=rows.attributes,
        origin=origin, **fields,
    )  # fmt: skip


def _check_options(id_type: Any, index_base: Any, duplicates: Any, directed: Any, header: Any) -> None:
    if id_type not in (None, int, str):
        raise AdapterError(f"id_type is {id_type!r}: it is int, str or None")
    if (
        isinstance(index_base, bool)
        or index_base not in (None, 0, 1)
        or (index_base is not None and id_type is str)
    ):
        raise AdapterError(f"index_base is {index_base!r}: it is 0 or 1, for ids that are integers")
    if duplicates not in ("keep", "first", "last", "error"):
        raise AdapterError(f"duplicates is {duplicates!r}: it is 'keep', 'first', 'last' or 'error'")
    if not isinstance(directed, bool):
        raise AdapterError(f"directed is {directed!r}: it is True or False")
    if not isinstance(header, bool):
        raise AdapterError(f"header is {header!r}: it is True or False")


def _read_nodes(
    table: Table, node_id: Any, x: Any, y: Any, masks: Any, integers: bool, index_base: int | None,
    allow_nonfinite: bool,
    fields: dict[str, Any], origin: dict[str, Any],
) -> dict[Any, int]:  # fmt: skip
    """Fill the fields that the node file holds; return the number of each id."""
    id_column = table.default("node_id", node_id, 1)
    features = distinct("x", name_list("x", x))
    if features is not None:
        features = [table.names[table.position("x", name)] for name in features]
    if y is not None:
        y = table.names[table.position("y", y)]
    mask_columns = _mask_columns(table, masks)
    _refuse_sharing(table, id_column, features or [], y, list(mask_columns.values()))
    columns: dict[Any, list[str]] = {name: [] for name in table.names}
    lines: list[int] = []
    for batch, batch_lines in table.batches():
        lines.extend(batch_lines)
        for name, column in zip(table.names, batch):
            columns[name].extend(column)

    def place(column: Any) -> Callable[[int], dict[str, Any]]:
        return lambda i: {"path": table.path, "line": lines[i], "column": column}

    def locate(column: Any, i: int) -> dict[str, Any]:
        return {**place(column)(i), "node": ids[i], "attribute": column}

    def entry(column: Any) -> Callable[[int], dict[str, Any]]:
        return lambda i: locate(column, i)

    ids: Sequence[Any] = columns[id_column]
    if "" in ids:
        raise AdapterError("found no id: give each node one", **place(id_column)(list(ids).index("")))
    ids = whole_numbers(ids, place(id_column)) if integers else ids
    if index_base is not None and min(ids, default=index_base) < index_base:
        i = next(i for i, node in enumerate(ids) if node < index_base)
        advice = "give index_base=0 if that is the first id" if ids[i] == 0 else "ids count from there"
        raise AdapterError(
            f"found {ids[i]}, which is below index_base={index_base}: {advice}",
            node=ids[i],
            **place(id_column)(i),
        )
    index = dict(zip(reversed(ids), range(len(ids) - 1, -1, -1)))  # the first of two wins
    if len(index) != len(ids):
        i = next(i for i, node in enumerate(ids) if index[node] != i)
        raise AdapterError(
            f"node {ids[i]!r} stands on line {lines[index[ids[i]]]} already: remove one",
            node=ids[i],
            **place(id_column)(i),
        )
    if features is not None:
        taken = {name: numbers(columns[name], entry(name), allow_nonfinite) for name in features}
        rows, origin["x"] = feature_rows(taken, locate)
        fields["x"] = exact_floats(rows or [[] for _ in ids], lambda i, j: locate(features[j], i))
    if y is not None:
        values = label_values(columns[y], entry(y))
        fields["y"], fields["class_names"], origin["y"] = labels(y, values, None, locate)
        fields["y_level"] = "node"
        if y in (features or []):
            origin["y"]["kept"] = True
    origin["masks"], origin["mask_words"] = mask_columns, {}
    for mask, name in mask_columns.items():
        fields[mask] = mask_values(columns[name], entry(name))
        origin["mask_words"][name] = mask_words(columns[name])
    promoted = {id_column, *(features or []), y, *mask_columns.values()}
    fields["node_attrs"] = {name: column for name, column in columns.items() if name not in promoted}
    origin["node_columns"], origin["node_id"] = table.names, id_column
    return {node: i for i, node in enumerate(ids)}


def _mask_columns(table: Table, masks: Any) -> dict[str, Any]:
    if masks is None:
        return {mask: mask for mask in MASKS if mask in table.names}
    if not isinstance(masks, Mapping):
        raise AdapterError(f"masks is {masks!r}: give a dict such as {{'train_mask': 'train'}}")
    named = {mask if mask in MASKS else f"{mask}_mask": column for mask, column in masks.items()}
    for mask, column in named.items():
        if mask not in MASKS:
            raise AdapterError(f"masks names {mask!r}: the masks are {', '.join(MASKS)}")
        named[mask] = table.names[table.position("masks", column)]
    return named


def _refuse_sharing(table: Table, id_column: Any, x: list[Any], y: Any, masks: list[Any]) -> None:
    """A column may be a feature and the label, but an id or a mask is nothing else."""
    for name in {id_column: 0, **dict.fromkeys(masks)}:
        uses = [name == id_column, name in x, y is not None and name == y, name in masks]
        if sum(uses) + (masks.count(name) > 1) > 1:
            said = [use for use, yes in zip(("node_id", "x", "y", "masks"), uses) if yes]
            raise AdapterError(
                f"the column {name!r} is used by {' and '.join(said)}: give it one use",
                path=table.path,
                column=name,
            )


def _check_base(ids: list[Any], index: dict[Any, int] | None, base: int, nodes: Any) -> list[Any]:
    """All ids from base on; of a node file, exactly those of its rows."""
    if index is not None and sorted(ids) != list(range(base, base + len(ids))):
        wrong = next(i for i, node in zip(range(base, base + len(ids)), sorted(ids)) if node != i)
        raise AdapterError(
            f"with index_base={base} there must be a row for node {wrong}", path=nodes, node=wrong
        )
    return list(range(base, base + len(ids))) if index is not None else ids


def _sort_nodes(fields: dict[str, Any], ids: list[int], origin: dict[str, Any]) -> None:
    """Bring what the node file holds from its own order to the order of the ids."""
    order = sorted(range(len(ids)), key=ids.__getitem__)
    for name in ("x", "y", *MASKS):
        if fields.get(name) is not None:
            fields[name] = [fields[name][i] for i in order]
    fields["node_attrs"] = {name: [c[i] for i in order] for name, c in fields["node_attrs"].items()}
    described = [
        *origin.get("x", []),
        *([["", None, origin["y"]["kinds"]]] if "kinds" in origin.get("y", {}) else []),
    ]
    for _, _, kinds in described:
        if "each" in kinds:
            kinds["each"] = [kinds["each"][i] for i in order]
