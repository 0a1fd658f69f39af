"""Named columns to the fields of a `Graph` and back: features, labels, weights, masks.

What a field was made of is written down in `Graph.origin`: "x" and "edge_attr" hold a list of
[name, width or None, kinds], "y" and "edge_weight" a dict with the name and how it stood there,
"masks" the names of the mask columns, "absent_node_attrs" and "absent_edge_attrs" hold
[name, positions, what was filled in] for entries that were not there at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import Any

from tinygnn.adapters.errors import AdapterError, shown
from tinygnn.adapters.kinds import PLAIN, as_row, kind_of, kinds_of, restore_column, width_of
from tinygnn.graph import MASKS, Graph

# Says where entry i of a column stands: the keyword arguments of AdapterError.
Locate = Callable[[Any, int], dict[str, Any]]


class Absent:
    """Marks an entry that is not there, where None would be a value."""

    def __deepcopy__(self, memo: object) -> Absent:
        return self  # there is one, told by identity

    def __repr__(self) -> str:
        return "absent"


ABSENT = Absent()


# ---- in ------------------------------------------------------------------------------------------


def feature_rows(
    columns: Mapping[Any, Sequence[Any]], locate: Locate
) -> tuple[list[list[Any]], list[list[Any]]]:
    """Put named columns of numbers, or of rows of numbers, side by side.

    Returns the rows, shape [N][F], and what `Graph.origin` needs to take them apart again.
    Raises AdapterError for an entry that is not a number and for rows of different lengths.
    """
    described: list[list[Any]] = []
    parts: list[Sequence[Any]] = []
    for name, column in columns.items():
        kinds = column_kinds(name, column, locate)
        described.append([name, _check_widths(name, column, locate), kinds])
        parts.append(column)
    if all(width is None for _, width, _ in described):
        plain = [_plain_numbers(column, kinds) for column, (_, _, kinds) in zip(parts, described)]
        return list(map(list, zip(*plain))), described
    return [list(chain.from_iterable(map(as_row, row))) for row in zip(*parts)], described


def weight_column(name: Any, column: Sequence[Any], locate: Locate) -> tuple[list[Any], dict[str, Any]]:
    """Return a column of single numbers that a float holds exactly, and how it stood there."""
    kinds = column_kinds(name, column, locate)
    if _check_widths(name, column, locate) is not None:
        raise AdapterError(f"{name!r} is {column[0]!r}: a weight is one number", **locate(name, 0))
    numbers = _plain_numbers(column, kinds)
    if set(map(type, numbers)) - {float}:
        exact_floats([[number] for number in numbers], lambda i, j: locate(name, i))
    return numbers, {"name": name, "kinds": kinds}


def _plain_numbers(column: Sequence[Any], kinds: dict[str, Any]) -> list[Any]:
    """Single numbers as Python's own."""
    return list(column) if kinds.get("all") in PLAIN.values() else [as_row(entry)[0] for entry in column]


def column_kinds(name: Any, column: Sequence[Any], locate: Locate) -> dict[str, Any]:
    """Return the kinds of a column; raise AdapterError where an entry is not a number."""
    try:
        return kinds_of(column)
    except TypeError:
        pass
    for i, entry in enumerate(column):
        try:
            kind_of(entry)
        except TypeError as error:
            text = isinstance(entry, str) or "of type str" in str(error)
            advice = "name it as y, the label, or encode it as numbers first" if text else "give a number"
            raise AdapterError(f"{name!r} is {error}, not a number: {advice}", **locate(name, i)) from None
    raise AdapterError(f"{name!r} holds something that is not a number")


def _check_widths(name: Any, column: Sequence[Any], locate: Locate) -> int | None:
    """Return the one length of all entries, None for single numbers, or raise AdapterError."""
    width = width_of(column[0]) if column else None
    if width is None and set(map(type, column)) <= PLAIN.keys():
        return None
    for i, entry in enumerate(column):
        if width_of(entry) != width:
            found, expected = (
                "a single number" if w is None else f"{w} numbers" for w in (width_of(entry), width)
            )
            raise AdapterError(
                f"{name!r} holds {found} here and {expected} in the first entry: all entries need one "
                "length; pad them, or leave this attribute out",
                **locate(name, i),
            )
    return width


def exact_floats(rows: list[list[Any]], describe: Callable[[int, int], dict[str, Any]]) -> list[list[float]]:
    """Turn rows of numbers into rows of floats; raise AdapterError where a float is not exact."""
    exact: list[list[float]] = []
    for i, row in enumerate(rows):
        try:
            floats = list(map(float, row))
        except OverflowError:
            floats = []
        if floats != row:
            for j, number in enumerate(row):
                if not _holds(number):
                    raise AdapterError(
                        f"{shown(number)} is not held exactly by a float: scale it or leave it out",
                        **describe(i, j),
                    )
        exact.append(floats)
    return exact


def _holds(number: Any) -> bool:
    try:
        return bool(float(number) == number or number != number)
    except OverflowError:
        return False


def labels(
    name: Any, column: Sequence[Any], label_map: Mapping[Any, int] | None, locate: Locate
) -> tuple[list[Any], list[Any] | None, dict[str, Any]]:
    """Turn a column of labels into y, class names and what `Graph.origin` needs to go back.

    Numbers stay as they are. Anything else is a class: numbered by first appearance, or by label_map.
    """
    for i, entry in enumerate(column):
        if entry is None:
            raise AdapterError(
                f"the label {name!r} is None: give every node a label, or use a number such as -1 and a mask",
                **locate(name, i),
            )
    if label_map is None:
        types = set(map(type, column))
        if not any(issubclass(kind, (str, bool, bytes)) for kind in types):
            kinds = column_kinds(name, column, locate)
            _check_widths(name, column, locate)
            y = [as_row(entry)[0] if width_of(entry) is None else as_row(entry) for entry in column]
            return y, None, {"name": name, "kinds": kinds}
        if len(types) > 1:
            found = ", ".join(sorted(kind.__name__ for kind in types))
            odd = next(i for i, entry in enumerate(column) if type(entry) is not type(column[0]))
            raise AdapterError(
                f"the label {name!r} mixes types ({found}): give label_map={{value: class}}",
                **locate(name, odd),
            )
        label_map = {entry: k for k, entry in enumerate(dict.fromkeys(column))}
    numbers = []
    for i, entry in enumerate(column):
        try:
            numbers.append(label_map[entry])
        except (KeyError, TypeError):
            known = ", ".join(map(repr, label_map))
            raise AdapterError(
                f"label {entry!r} is not in label_map, which has {known}", **locate(name, i)
            ) from None
    if any(type(number) is not int or number < 0 for number in label_map.values()):
        raise AdapterError(
            f"label_map gives {list(label_map.values())!r}: classes are whole numbers from 0", attribute=name
        )
    names: list[Any] = [None] * (max(label_map.values(), default=-1) + 1)
    for entry, number in label_map.items():
        names[number] = entry
    one_to_one = len(set(label_map.values())) == len(label_map)
    return numbers, names, {"name": name, "classes": True, "one_to_one": one_to_one}


# ---- out -----------------------------------------------------------------------------------------


def node_columns(graph: Graph) -> dict[Any, list[Any]]:
    """All that a graph knows of its nodes, as columns under the names they came with."""
    origin = graph.origin
    columns: dict[Any, list[Any]] = {}
    _split(columns, "x", graph.x, origin.get("x"))
    if graph.y is not None and graph.y_level == "node":
        how = origin.get("y") or {}
        if "kept" not in how:
            _add(columns, how.get("name", "y"), _labels_back(graph, how))
    for mask in MASKS:
        if getattr(graph, mask) is not None:
            _add(columns, origin.get("masks", {}).get(mask, mask), getattr(graph, mask))
    _attributes(columns, graph.node_attrs, origin.get("absent_node_attrs", []))
    return _in_order(columns, origin.get("node_columns", []))


def edge_columns(graph: Graph) -> dict[Any, list[Any]]:
    """All that a graph knows of its edges, as columns under the names they came with."""
    origin = graph.origin
    columns: dict[Any, list[Any]] = {}
    how = origin.get("edge_weight") or {"name": "edge_weight"}
    if graph.edge_weight is not None and "kept" not in how:
        _add(columns, how["name"], _with_kinds(how.get("kinds"), list(graph.edge_weight)))
    _split(columns, "edge_attr", graph.edge_attr, origin.get("edge_attr"))
    _attributes(columns, graph.edge_attrs, origin.get("absent_edge_attrs", []))
    return _in_order(columns, origin.get("edge_columns", []))


def _split(columns: dict[Any, list[Any]], name: str, rows: Any, described: Any) -> None:
    """Take feature rows apart into the columns they were made of; one column of rows if unknown."""
    if rows is None:
        return
    widths = [1 if width is None else width for _, width, _ in described or []]
    if described == [] and not any(rows):
        return  # no column was named, and there is none
    if not described or any(len(row) != sum(widths) for row in rows):
        _add(columns, name, [list(row) if isinstance(row, (list, tuple)) else row for row in rows])
        return
    start = 0
    for (column_name, width, kinds), size in zip(described, widths):
        stop = start + size
        column = [row[start] for row in rows] if width is None else [list(row[start:stop]) for row in rows]
        _add(columns, column_name, _with_kinds(kinds, column))
        start = stop


def _labels_back(graph: Graph, how: dict[str, Any]) -> list[Any]:
    names = graph.class_names
    if how.get("classes") and names is not None:
        fits = all(type(k) is int and 0 <= k < len(names) for k in graph.y)
        if fits:
            return [names[k] for k in graph.y]
    return _with_kinds(how.get("kinds"), list(graph.y))


def _with_kinds(kinds: dict[str, Any] | None, column: list[Any]) -> list[Any]:
    if not kinds or ("each" in kinds and len(kinds["each"]) != len(column)):
        return column
    return restore_column(kinds, column)


def _attributes(columns: dict[Any, list[Any]], attrs: dict[Any, list[Any]], absent: list[Any]) -> None:
    for name, column in attrs.items():
        _add(columns, name, list(column))
    _remove_absent(columns, absent)


def _remove_absent(columns: dict[Any, list[Any]], absent: list[Any]) -> None:
    """Take out what `fill` put in; an entry that was changed since then stays."""
    for name, positions, fill in absent:
        column = columns.get(name, [])
        for i in positions:
            if i < len(column) and column[i] == fill:
                column[i] = ABSENT


def _add(columns: dict[Any, list[Any]], name: Any, column: list[Any]) -> None:
    if name in columns:
        raise AdapterError(
            f"two columns would be named {name!r}: rename the one in node_attrs or edge_attrs",
            attribute=name,
        )
    columns[name] = column


def _in_order(columns: dict[Any, list[Any]], order: Sequence[Any]) -> dict[Any, list[Any]]:
    first = {name: columns[name] for name in order if name in columns}
    return {**first, **columns}
