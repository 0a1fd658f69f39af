"""`tinygnn conformance --list`: how many cases there are of each layer, and of each trap."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from string import ascii_letters
from typing import Any

from tinygnn.conformance.case import FLAGS, Case
from tinygnn.conformance.selection import layer_of, layers

# Options whose numbers are settings: another number is another question.
SETTINGS = ("conv", "settings", "groups", "clip", "schedules", "sizes", "act", "passes")


def listed(cases: Sequence[Case]) -> Iterator[str]:
    """A row for each layer and operation: its cases, those without a trap, and those with each trap."""
    letters = dict(zip(FLAGS, ascii_letters))
    names = layers(cases)
    rows = [["", "cases", "plain", *letters.values()]]
    for name in (*names, "all"):
        own = [case for case in cases if name in (layer_of(case), "all")]
        traps = Counter(flag for case in own for flag in case.flags)
        counts = [len(own), sum(not case.flags for case in own), *[traps[flag] for flag in letters]]
        rows.append([name, *[str(count or ".") for count in counts]])
    widths = [max(map(len, column)) for column in zip(*rows)]
    for head, *row in rows:
        numbers = [f"{number:>{width}}" for number, width in zip(row, widths[1:])]
        yield " ".join([f"{head:{widths[0]}}", *numbers])
    yield ""
    yield from (f"{letter} = {flag}: {FLAGS[flag]}" for flag, letter in letters.items())
    twins = repeated(cases)
    yield ""
    yield (
        f"{len(cases)} cases; {len(twins)} of them ask what another one asks, with other numbers "
        f"({len(twins) / max(len(cases), 1):.0%})"
    )


def repeated(cases: Sequence[Case]) -> list[Case]:
    """The cases that differ from one before them in nothing but finite numbers other than 0."""
    seen: set[str] = set()
    found = []
    for case in cases:
        question = asked(case)
        if question in seen:
            found.append(case)
        seen.add(question)
    return found


def asked(case: Case) -> str:
    """All of a case but its numbers: settings, graph, shapes, flags, where zeros and infinities stand."""
    options = {
        name: option if name in SETTINGS else without_numbers(option) for name, option in case.options.items()
    }
    inputs = {name: without_numbers(numbers) for name, numbers in case.inputs.items()}
    return repr((layer_of(case), case.call, options, inputs, case.edge_index, case.flags, case.passes))


def without_numbers(nested: Any) -> Any:
    """The same with one word in the place of each finite number that is not 0."""
    if isinstance(nested, float):
        return "a number" if nested != 0.0 and nested - nested == 0.0 else repr(nested)
    if isinstance(nested, (list, tuple)):
        return list(map(without_numbers, nested))
    if isinstance(nested, dict):
        return {name: without_numbers(part) for name, part in nested.items()}
    return nested
