"""What Values are called and which layer made them, as modules and a tape know it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tinygnn.nn.module import Module
from tinygnn.tape import Tape
from tinygnn.value import Value


def makers_of(tape: Tape) -> dict[Value, str]:
    """Which layer made each Value that is no leaf: the child of the model that was being called."""
    found: dict[Value, str] = {}
    for root in tape.calls:
        for child in root.calls or [root]:
            rows = child.output if isinstance(child.output, list) else []
            outputs = [v for row in rows if isinstance(row, list) for v in row if isinstance(v, Value)]
            claim(found, outputs, child.name or repr(child.module))
    return found


def claim(found: dict[Value, str], outputs: Sequence[Value], name: str) -> None:
    """Give a name to the Values behind some outputs that have none yet, but for leaves."""
    stack = [value for value in outputs if value not in found]
    while stack:
        value = stack.pop()
        if value in found or not value.op:
            continue
        found[value] = name
        stack += [parent for parent in value.parents if parent not in found]


def parameter_names(module: Module) -> dict[Value, str]:
    """Each number of the parameters with its name and place, as "convs.0.lin.weight[3][1]"."""
    found: dict[Value, str] = {}
    for name, parameter in module.named_parameters():
        for place, value in _places(parameter):
            found[value] = name + "".join([f"[{k}]" for k in place])
    return found


def _places(parameter: Any, place: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], Value]]:
    """Each number of nested lists with its indices."""
    if isinstance(parameter, Value):
        yield place, parameter
    else:
        for k, part in enumerate(parameter):
            yield from _places(part, (*place, k))
