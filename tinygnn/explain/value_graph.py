"""`ValueGraph`: the Values that a Value was made from, in boxes, and the lines between these."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from tinygnn.explain.folding import Box, children_first, folded
from tinygnn.explain.layers import makers_of, parameter_names
from tinygnn.tape import Tape
from tinygnn.value import Value

LEAF = "leaf"  # stands where other Values have an operation


@dataclass(frozen=True)
class ValueGraph:
    """The graph behind a Value: every Value is in one of the boxes, the first of which holds it alone.

    names: what Values are called. lines: the local derivatives of all lines from the Values of one box to
    those of another; those within a box are not among them.
    """

    boxes: list[Box]
    lines: dict[tuple[Box, Box], list[float]]
    names: Mapping[Value, str]

    @classmethod
    def of(
        cls,
        output: Value,
        names: Mapping[Value, str] | None,
        tape: Tape | None,
        opened: Collection[int],
        max_nodes: int,
    ) -> ValueGraph:
        """Behind an output; the arguments are those of `draw`.

        Raises ValueError for max_nodes below 1, and for a box to open that is not there.
        """
        if max_nodes < 1:
            raise ValueError(f"max_nodes is {max_nodes}: draw at least the value itself")
        makers: dict[Value, str] = {}
        called: dict[Value, str] = {}
        if tape is not None:
            makers = makers_of(tape)
            for call in tape.calls:
                called.update(parameter_names(call.module))
        called.update(names or {})

        def kind(value: Value) -> str:
            if value in makers:
                return makers[value]
            return called[value].split("[")[0] if value in called else operation(value)

        boxes = folded(children_first(output), kind, max_nodes, opened)
        box_of = {value: box for box in boxes for value in box.values}
        lines: dict[tuple[Box, Box], list[float]] = {}
        for value, box in box_of.items():
            for parent, partial in zip(value.parents, value.partials):
                source = box_of[parent]
                if source is not box:
                    lines.setdefault((source, box), []).append(partial)
        return cls(boxes, lines, called)

    @property
    def total(self) -> int:
        """How many Values there are."""
        return sum([len(box.values) for box in self.boxes])


def operation(value: Value) -> str:
    """The name of what made it, without constants."""
    return (value.op if isinstance(value.op, str) else str(value.op[0])).replace("_", " ") or LEAF
