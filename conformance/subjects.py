"""What a user's own code can be held against: a layer, an operation or an optimizer, by its name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tinygnn.adapters.errors import did_you_mean
from tinygnn.conformance.case import Case
from tinygnn.conformance.selection import layer_of

NOT_CLASSES = ("GNN",)  # stacks of layers, which PyG has under other names
# The kinds of cases that have a name of their own before the operation's, and the word for all of them.
WORDS = {"op": "operation", "model": "layer", "module": "layer", "optimizer": "optimizer"}
BACKWARD = "backward"  # the chain rule, on the operations of one and of two numbers
SCALARS = ({"x"}, {"y"}, {"x", "y"})


@dataclass(frozen=True)
class Subject:
    """name: as messages say it, "op/tanh". kind: a word of `WORDS`, or "backward". cases: all that it has."""

    name: str
    call: str
    kind: str
    cases: list[Case]


def subject_of(like: str, cases: Sequence[Case]) -> Subject:
    """What a name stands for: GCNConv, op/tanh, op/aggregate-mean, optimizer/adam, backward.

    The part before the slash may be left out where one kind alone has the name; capitals and what is no
    letter or digit make no difference.

    Raises ValueError for a name that there is not, or that two kinds have.
    """
    every = subjects(cases)
    exact = [name for name in every if like in (name, name.partition("/")[2])]
    prefix, _, last = like.rpartition("/")
    found = exact[:1] or [
        name
        for name in every
        if letters(name.rpartition("/")[2]) == letters(last)
        and (not prefix or WORDS.get(prefix.lower(), prefix.lower()) == every[name].kind)
    ]
    if len(found) > 1:
        raise ValueError(f"{like!r} may be {' or '.join(found)}: say which")
    if not found:
        short = [name.partition("/")[2] or name for name in every]
        hint = did_you_mean(like, every) or did_you_mean(last, [*every, *short])
        raise ValueError(
            f"there are no cases of a layer {like!r}{hint or f': give like= one of {listed(every)}'}"
        )
    return every[found[0]]


def subjects(cases: Sequence[Case]) -> dict[str, Subject]:
    """All subjects by name: layers first, as they are asked for most."""
    found: dict[str, Subject] = {}
    for kinds in (("model", "module"), ("op",), ("optimizer",)):
        for case in cases:
            if case.kind in kinds and case.call not in NOT_CLASSES:
                name = name_of(case)
                found.setdefault(name, Subject(name, case.call, WORDS[case.kind], [])).cases.append(case)
    chains = [case for case in cases if case.kind == "op" and set(case.inputs) in SCALARS]
    found[BACKWARD] = Subject(BACKWARD, BACKWARD, BACKWARD, chains)
    return found


def name_of(case: Case) -> str:
    """The subject of a case."""
    if case.kind == "op":
        return f"op/{re.sub(r'[^A-Za-z0-9_-]+', '-', layer_of(case)).strip('-')}"
    return f"optimizer/{case.call.lower()}" if case.kind == "optimizer" else case.call


def letters(name: str) -> str:
    """A name without what people write differently."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def listed(names: Sequence[str] | dict[str, Subject]) -> str:
    """All names in a sentence."""
    return ", ".join(names)
