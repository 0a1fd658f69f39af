"""What is said of the boxes of an autograd graph: their lines of text, and more in their tooltips."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from math import copysign, isnan

from tinygnn.explain.folding import Box
from tinygnn.explain.value_graph import LEAF, ValueGraph, operation
from tinygnn.value import Value
from tinygnn.web_page import in_line


def caption(graph: ValueGraph) -> str:
    """What the whole graph is."""
    made = "1 Value" if graph.total == 1 else f"{graph.total} Values"
    there = f" in {len(graph.boxes)} boxes" if len(graph.boxes) < graph.total else ""
    return f"How {short(graph.boxes[0].values[0].data)} was made: {made}{there}"


def captions(box: Box, names: Mapping[Value, str]) -> list[str]:
    """The lines of a box: its title first."""
    if not box.number:
        [value] = box.values
        return [title_of(value, names), f"data {short(value.data)}", f"grad {short(value.grad)}"]
    title = f"{box.number}: {in_line(box.name)}"
    return [title, f"{len(box.values):,} Values", _operations(box), *_ranges(box, 2)]


def details(box: Box, names: Mapping[Value, str]) -> str:
    """All digits of a Value; all operations of many."""
    if box.number:
        ranges = ", ".join(_ranges(box, 6))
        return f"{in_line(box.name)}: {len(box.values):,} Values, {_operations(box)}; {ranges}"
    [value] = box.values
    return f"{title_of(value, names)}: data {value.data!r}, grad {value.grad!r}"


def title_of(value: Value, names: Mapping[Value, str]) -> str:
    """What stands at the top of a Value's box: its name or its operation, with short constants."""
    constants = () if isinstance(value.op, str) else value.op[1:]
    simple = [f"{c:.6g}" if isinstance(c, float) else str(c) for c in constants if not isinstance(c, tuple)]
    text = " ".join([operation(value), *simple])
    if value not in names:
        return text
    name = in_line(names[value])
    return f"{name} = {text}" if value.op else name


def short(number: float, digits: int = 6) -> str:
    """Some significant digits, and no negative zero."""
    return f"{number if number else copysign(0.0, 1.0):.{digits}g}"


def _operations(box: Box) -> str:
    """How many Values each operation made, the most first."""
    counts = Counter(map(operation, box.values))
    leaves = f"{counts[LEAF]:,} {'leaf' if counts[LEAF] == 1 else 'leaves'}"
    return ", ".join([leaves if name == LEAF else f"{n:,} {name}" for name, n in counts.most_common()])


def _ranges(box: Box, digits: int) -> list[str]:
    data = _range([value.data for value in box.values], digits)
    return [f"data {data}", f"grad {_range([value.grad for value in box.values], digits)}"]


def _range(numbers: Sequence[float], digits: int) -> str:
    """The least and the largest; nan beside them where some are."""
    real = [number for number in numbers if not isnan(number)]
    ends = list(dict.fromkeys([short(end, digits) for end in (min(real), max(real))])) if real else []
    return ", ".join([" … ".join(ends)] * bool(real) + ["nan"] * (len(real) < len(numbers)))
