"""`Tape`: what happened in a forward pass, by module and by message, kept while somebody asks for it.

Layers ask once per call whether any tape is open, see `tapes`; without one nothing here is run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tinygnn.value import Value

Rows = list[list[Any]]  # Values, and floats where all that went in is constant


@dataclass(eq=False)
class Passing:
    """Messages that went along edges, what they were made of, and what became of them.

    Message k went from node sources[k] to node targets[k]. sent[k] is the row it carries, such as W x_j;
    coefficients[k] what that is multiplied by, messages[k] the product. aggregates[i] is what node i made
    of all messages to it (aggr: "sum", or another one of `tinygnn.aggregate`; means are sums whose
    coefficients hold the 1/n), terms what it added: pairs of a name, "own" or "bias", and a row for each
    node. outputs[i] is the sum of both.

    formula and numbers say where coefficients come from: numbers[k] has an entry for each name in the
    formula. name tells passings of one layer apart: "head 1".

    Shapes: sources, targets, coefficients, numbers [M]; sent, messages [M][F]; aggregates, outputs and
    the rows of terms [N][F].
    """

    sources: list[int]
    targets: list[int]
    sent: Rows
    coefficients: list[Value | float]
    messages: Rows
    aggregates: Rows
    outputs: Rows
    terms: list[tuple[str, Rows]] = field(default_factory=list)
    aggr: str = "sum"
    formula: str = ""
    numbers: list[dict[str, Any]] = field(default_factory=list)
    name: str = ""

    def entering(self, node: int) -> list[int]:
        """Which messages went to a node."""
        return [k for k, target in enumerate(self.targets) if target == node]


@dataclass(eq=False)
class Call:
    """One call of a module: what it was given and gave back, and its steps: calls within it, and passings.

    name: as in `named_parameters`, "convs.0.lin"; "" for the module that was called first.
    """

    name: str
    module: Any
    inputs: tuple[Any, ...]
    options: Mapping[str, Any]
    output: Any = None
    steps: list[Call | Passing] = field(default_factory=list)

    @property
    def calls(self) -> list[Call]:
        """The calls of modules within it."""
        return [step for step in self.steps if isinstance(step, Call)]

    @property
    def passings(self) -> list[Passing]:
        """The messages it passed, without those of calls within it."""
        return [step for step in self.steps if isinstance(step, Passing)]

    def walk(self) -> Iterator[Call]:
        """This call and all within it, in the order they began."""
        yield self
        for call in self.calls:
            yield from call.walk()


class Tape:
    """The calls of modules while it was open, each with the messages passed in it.

    Everything is kept as the Values themselves, so that their gradients are there after `backward`.
    """

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.passings: list[Passing] = []  # of functions that no module called
        self._open: list[Call] = []
        self._names: dict[int, str] = {}

    def __iter__(self) -> Iterator[Call]:
        """All calls, in the order they began."""
        for call in self.calls:
            yield from call.walk()

    def __getitem__(self, name: str) -> Call:
        """The last call of the module of that name. Raises KeyError that says which there are."""
        found = [call for call in self if call.name == name]
        if not found:
            known = ", ".join(dict.fromkeys([repr(call.name) for call in self]))
            raise KeyError(f"no module {name!r} was called; there were {known or 'none'}")
        return found[-1]

    @property
    def layers(self) -> list[Call]:
        """The calls in which messages were passed, in order."""
        return [call for call in self if call.passings]

    # ---- what modules and layers tell it ----------------------------------------------------------

    def begin(self, module: Any, inputs: tuple[Any, ...], options: Mapping[str, Any]) -> None:
        """A module is called."""
        if not self._open:
            self._names = {}
            for key, name in _names("", module):
                self._names.setdefault(key, name)
        call = Call(self._names.get(id(module), type(module).__name__), module, inputs, options)
        if self._open:
            self._open[-1].steps.append(call)
        else:
            self.calls.append(call)
        self._open.append(call)

    def end(self, output: Any) -> None:
        """The module called last has given its output, None if it raised."""
        self._open.pop().output = output

    def passed(self, passing: Passing) -> None:
        """Messages were passed."""
        if self._open:
            self._open[-1].steps.append(passing)
        else:
            self.passings.append(passing)


tapes: list[Tape] = []  # those that are open; empty while nobody records


def recorded(module: Any, inputs: tuple[Any, ...], options: Mapping[str, Any]) -> Any:
    """Run the forward of a module and tell the tapes."""
    told, output = list(tapes), None
    for tape in told:
        tape.begin(module, inputs, options)
    try:
        output = module.forward(*inputs, **options)
    finally:
        for tape in told:
            tape.end(output)
    return output


def tell(passing: Passing) -> None:
    """Tell the tapes of messages."""
    for tape in tapes:
        tape.passed(passing)


def by_name(names: Sequence[str], columns: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
    """The `numbers` of a passing from a column for each name.

    >>> by_name(["w", "n"], [[0.5, 1.0], [2, 3]])
    [{'w': 0.5, 'n': 2}, {'w': 1.0, 'n': 3}]
    """
    return [dict(zip(names, row)) for row in zip(*columns)]


def _names(name: str, module: Any) -> Iterator[tuple[int, str]]:
    """The modules within a module, by identity; one that is there twice has two names."""
    yield id(module), name
    for child_name, child in module.named_children():
        yield from _names(f"{name}.{child_name}" if name else child_name, child)
