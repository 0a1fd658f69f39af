"""`PageValues`: the Values behind the numbers of a page, each once, as lists for JSON."""

from __future__ import annotations

import struct
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from math import isfinite, isnan
from typing import Any

from tinygnn.value import Value

# Operations whose partials are 1, or follow from the parents' numbers: the page works them out.
DERIVED = {"+", "total", "dot", "affine", "*", ""}
# Operations whose partials are constants of the graph.
FIXED = {"linear_combination", "mean"}


class PageValues:
    """Numbers get a place when they are first asked for: a Value one, a constant one for each number.

    What stays the same while training goes on is in `structure`: operations, parents, names. What changes
    is in `moment`: numbers, gradients and slopes, all bits of them.
    """

    def __init__(self) -> None:
        self.values: list[Any] = []  # Values, and floats for constants
        self.rows: list[list[int]] = []
        self._place: dict[Any, int] = {}
        self._row_place: dict[int, int] = {}
        self._kept: list[Any] = []  # rows, so that no id is used again

    def __len__(self) -> int:
        return len(self.values)

    def __contains__(self, value: Value) -> bool:
        return value in self._place

    def ref(self, number: Any) -> int:
        """The place of a number."""
        key = number if isinstance(number, Value) else ("constant", float(number))
        if key not in self._place:
            self._place[key] = len(self.values)
            self.values.append(number if isinstance(number, Value) else float(number))
        return self._place[key]

    def row(self, row: Sequence[Any]) -> int:
        """The place of a row."""
        if id(row) not in self._row_place:
            self._row_place[id(row)] = len(self.rows)
            self._kept.append(row)
            self.rows.append([self.ref(number) for number in row])
        return self._row_place[id(row)]

    def row_of_its_own(self, numbers: Iterable[float]) -> int:
        """The place of a row of floats that change from moment to moment, equal or not."""
        start = len(self.values)
        self.values += map(float, numbers)
        self.rows.append(list(range(start, len(self.values))))
        return len(self.rows) - 1

    def add_parents(self, most: int, first: Iterable[Value]) -> int:
        """Add up to `most` Values that others were made of; return how many parents are left out.

        Those behind `first` come before those behind the other values, in both the nearest before others.
        """
        room = len(self.values) + most
        behind = dict.fromkeys(first)
        waiting = list(behind)
        for value in waiting:  # grows meanwhile
            if len(self.values) >= room:
                break
            for parent in value.parents:
                if parent not in behind:
                    behind[parent] = None
                    waiting.append(parent)
                    if len(self.values) < room:
                        self.ref(parent)
        missing = 0
        for value in self.values:  # grows meanwhile
            for parent in value.parents if isinstance(value, Value) else ():
                if parent not in self._place:
                    if len(self.values) >= room:
                        missing += 1
                    else:
                        self.ref(parent)
        return missing

    def structure(self, makers: Mapping[Value, str], names: Mapping[Value, str]) -> dict[str, Any]:
        """For each value its operation, its parents' places (-1 for one left out) and who made it."""
        ops: dict[Any, int] = {}
        groups: dict[str, int] = {}
        op_of, group_of = [], []
        parents: list[list[int]] = []
        slopes: dict[int, list[float | str]] = {}
        named: dict[int, str] = {}
        for k, value in enumerate(self.values):
            if not isinstance(value, Value):
                op_of.append(ops.setdefault(("constant",), len(ops)))
                parents.append([])
                group_of.append(-1)
                continue
            op = _operation(value)
            op_of.append(ops.setdefault(op, len(ops)))
            parents.append([self._place.get(parent, -1) for parent in value.parents])
            if op[0] in FIXED and value.parents:
                slopes[k] = list(map(for_json, value.partials))
            if value in names:
                named[k] = names[value]
            maker = makers.get(value, "")
            group_of.append(groups.setdefault(maker, len(groups)) if maker else -1)
        return {
            "rows": self.rows,
            "ops": [list(op) for op in ops],
            "op": op_of,
            "parents": parents,
            "slopes": slopes,
            "group": group_of,
            "groups": list(groups),
            "named": named,
        }

    def moment(self, gradients: Mapping[Value, float]) -> dict[str, str]:
        """All numbers, gradients and slopes as they are now; gradients: those to take in place of grad."""
        data: list[float] = []
        grads: list[float] = []
        slopes: list[float] = []
        for value in self.values:
            if not isinstance(value, Value):
                data.append(value)
                grads.append(0.0)
                continue
            data.append(value.data)
            grads.append(gradients.get(value, value.grad))
            if value.parents and _operation(value)[0] not in DERIVED | FIXED:
                slopes += value.partials
        return {"data": packed(data), "grad": packed(grads), "slopes": packed(slopes)}


def for_json(number: float) -> float | str:
    """The number, or the name that JavaScript's Number reads where JSON has none for it.

    >>> for_json(0.5), for_json(float("-inf")), for_json(float("nan"))
    (0.5, '-Infinity', 'NaN')
    """
    if isfinite(number):
        return number
    return "NaN" if isnan(number) else "Infinity" if number > 0.0 else "-Infinity"


def packed(numbers: Sequence[float]) -> str:
    """Numbers as base64 of float64, the lowest byte first: all bits, in 11 letters each."""
    return b64encode(struct.pack(f"<{len(numbers)}d", *numbers)).decode()


def _operation(value: Value) -> tuple[Any, ...]:
    """Its name and constants; without those that are its partials."""
    name, *constants = (value.op,) if isinstance(value.op, str) else value.op
    if name in FIXED:
        return (name,)
    return (name, *[repr(c) if isinstance(c, float) and not isfinite(c) else c for c in constants])
