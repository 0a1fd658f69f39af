"""The report on mutants: by how many cases each is caught, by which, and which cases catch none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from tinygnn.conformance.case import Case
from tinygnn.conformance.mutants.trials import Trial
from tinygnn.conformance.selection import layer_of

SHOWN = 2  # ids of cases shown for each mutant


def lines(trials: Sequence[Trial], cases: Sequence[Case], verbose: bool = False) -> Iterator[str]:
    """The report's lines; `cases` are those that the backend runs."""
    yield f"{len(trials)} mutants of the torch backend, each with one rule changed, planted one at a time:"
    for trial in trials:
        yield from of_one(trial, verbose)
    yield ""
    others = [trial for trial in trials if not trial.own_ordinary]
    trapped = [trial.mutant.name for trial in others if trial.all_trapped]
    narrow = [trial.mutant.name for trial in others if not trial.all_trapped]
    if narrow:
        yield f"{len(narrow)} of {len(trials)} leave ordinary cases of other calls right, none of their own:"
        yield from packed(narrow)
    if trapped:
        yield f"{len(trapped)} of {len(trials)} have no ordinary case of their own, each sets a trap:"
        yield from packed(trapped)
    idle = catching_nothing(trials, cases)
    yield f"{len(idle)} of {len(cases)} cases catch none of them, by layer or operation:"
    if verbose:
        yield from (f"  {case.id}" for case in idle)
    else:
        yield from packed([f"{name} {count}" for name, count in Counter(map(layer_of, idle)).items()])
        yield "  (--verbose lists them)"


def of_one(trial: Trial, verbose: bool) -> Iterator[str]:
    """A mutant: its rule, who catches it, and what is the matter with it where something is."""
    mutant, caught = trial.mutant, trial.caught_by
    yield f"{mutant.name}: {mutant.rule}"
    ids = caught if verbose else caught[:SHOWN]
    more = f" and {len(caught) - len(ids)} more" if len(caught) > len(ids) else ""
    yield f"  caught by {len(caught)} of {trial.ran} cases" + (f": {ids[0]}" if ids else "")
    yield from (f"    {name}" for name in ids[1:-1])
    if len(ids) > 1:
        yield f"    {ids[-1]}{more}"
    kept = trial.own_ordinary
    where = f", such as {kept[0]}" if kept else "; ordinary cases of other calls do"
    yield f"  {len(kept)} ordinary cases of its own calls still pass{where}"
    if trial.problem:
        yield f"  FAILED: {trial.problem}"


def catching_nothing(trials: Sequence[Trial], cases: Sequence[Case]) -> list[Case]:
    """The cases that no mutant fails in."""
    busy = {name for trial in trials for name in trial.caught_by}
    return [case for case in cases if case.id not in busy]


def packed(words: Sequence[str], width: int = 98) -> Iterator[str]:
    """The words on as few lines as hold them."""
    line = " "
    for word in words:
        if len(line) + len(word) + 2 > width:
            yield line
            line = " "
        line += f" {word},"
    yield line.rstrip(",")
