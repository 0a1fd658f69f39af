"""Which cases run: by text, layer and flag, or a few that have everything once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches

from tinygnn.conformance.case import FLAGS, Case


def layer_of(case: Case) -> str:
    """What a case is about, as the report's rows and `--layer` name it.

    It is the class or the operation. A GNN says of which layers it is made, an aggregation which one it
    is, and a schedule goes by its own name and not by its optimizer's.
    """
    if case.kind == "schedule":
        return str(case.options["schedules"][0][0])
    if case.kind == "training":
        return "training"
    if case.call == "GNN":
        return f"GNN({case.options.get('kind', 'gcn')})"
    if case.call == "aggregate":
        return f"aggregate({case.options['aggr']})"
    return case.call


def layers(cases: Iterable[Case]) -> list[str]:
    """The names of all layers and operations, in order."""
    return list(dict.fromkeys(map(layer_of, cases)))


def choose(
    cases: Sequence[Case],
    text: str = "",
    layer: Sequence[str] = (),
    flag: Sequence[str] = (),
    quick: bool = False,
) -> list[Case]:
    """The cases that match everything: the text, one of the layers, all of the flags.

    `GNN` and `aggregate` stand for all of them; a name in other letters than a layer's for all that it
    may mean. quick: of what matches, see `quick_cases`.

    Raises ValueError for a layer or a flag that there is not, and where nothing matches; it names what comes
    near.
    """
    wanted = {found for name in layer for found in _named(name, layers(cases))}
    for name in flag:
        if name not in FLAGS:
            raise ValueError(f"there is no flag {name!r}{near(name, FLAGS)}. There are: {', '.join(FLAGS)}")
    of_text = select(cases, text)
    if not of_text:
        raise ValueError(
            f"no case's id holds {text!r}{near(text, parts_of_ids(cases))}: "
            "with --verbose the command prints them all"
        )
    of_layer = [case for case in of_text if not wanted or layer_of(case) in wanted]
    if not of_layer:
        raise ValueError(
            f"the cases of -k {text} are of {', '.join(layers(of_text))}, none of {', '.join(layer)}: "
            "leave -k or --layer out"
        )
    chosen = [case for case in of_layer if set(flag) <= set(case.flags)]
    if not chosen:
        has = dict.fromkeys(name for case in of_layer for name in case.flags)
        raise ValueError(
            f"none of these {len(of_layer)} cases has all of --flag {', '.join(flag)}. "
            f"Flags that some of them have: {', '.join(has) or 'none'}"
        )
    return quick_cases(chosen) if quick else chosen


def select(cases: Sequence[Case], text: str = "", quick: bool = False) -> list[Case]:
    """The case whose id is `text`, else those whose id contains it; without long ones if `quick`."""
    exact = [case for case in cases if case.id == text]
    chosen = exact or [case for case in cases if text in case.id]
    return [case for case in chosen if not (quick and "long" in case.flags)]


def parts_of_ids(cases: Iterable[Case]) -> list[str]:
    """What stands between the slashes of the ids, the ids' beginnings, and the ids."""
    found: dict[str, None] = {}
    for case in cases:
        parts = case.id.split("/")
        found.update(dict.fromkeys([*parts, *["/".join(parts[:k]) for k in range(2, len(parts) + 1)]]))
    return list(found)


def near(name: str, known: Iterable[str]) -> str:
    """A question that names what is spelt alike, in whatever letters; else "".

    >>> near("gcnconf", ["GCNConv", "SAGEConv", "tanh"])
    ' (did you mean GCNConv?)'
    """
    own = {word.lower(): word for word in known}
    found = [own[word] for word in get_close_matches(name.lower(), own)]
    return f" (did you mean {' or '.join(found)}?)" if found else ""


def _named(name: str, known: Sequence[str]) -> list[str]:
    """The layer of that name; else those of that family, or that differ from it in capitals only."""
    if name in known:
        return [name]
    low = name.lower()
    found = [own for own in known if low in (own.lower(), own.lower().split("(")[0])]
    if not found:
        raise ValueError(
            f"there is no layer or operation {name!r}{near(name, known)}. There are: {', '.join(known)}"
        )
    return found


def quick_cases(cases: Sequence[Case]) -> list[Case]:
    """The first case of each layer and operation, and the first with each flag; no whole training run.

    The same every time, in the order of the cases.
    """
    short = [case for case in cases if "long" not in case.flags]
    kept = _first_of_each(short, lambda case: [layer_of(case)])
    kept |= _first_of_each(short, lambda case: case.flags)
    return [case for case in short if case.id in kept]


def _first_of_each(cases: Iterable[Case], names_of: Callable[[Case], Iterable[str]]) -> set[str]:
    first: dict[str, str] = {}
    for case in cases:
        for name in names_of(case):
            first.setdefault(name, case.id)
    return set(first.values())
