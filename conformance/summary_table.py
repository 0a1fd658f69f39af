"""The report's table: a row for each layer and operation, a group of columns for each backend."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tinygnn.conformance.case import KINDS
from tinygnn.conformance.runner import Outcome
from tinygnn.conformance.selection import layer_of

SIDE_BY_SIDE = 2  # groups of columns that fit beside each other
HEADS = ("cases", "pass", "known", "fail", "c", "ulps")
WIDTHS = (6, 5, 6, 5, 7, 7)
LEGEND = (
    "known = differs as recorded, or by another convention; fail = wrong or error; - = not run.\n"
    "c and ulps are the worst of those that pass: c = error / (eps · sum of the absolute terms),\n"
    "ulps = how many floats lie between."
)


@dataclass
class Cell:
    """What came of the cases of one layer on one backend."""

    outcomes: list[Outcome] = field(default_factory=list)

    @property
    def ran(self) -> int:
        return sum(outcome.verdict != "skipped" for outcome in self.outcomes)

    @property
    def passed(self) -> int:
        return sum(outcome.verdict == "pass" for outcome in self.outcomes)

    @property
    def failed(self) -> int:
        return sum(outcome.failed for outcome in self.outcomes)

    @property
    def known(self) -> int:
        return self.ran - self.passed - self.failed

    @property
    def worst(self) -> Outcome | None:
        """Of those that pass the one whose error is the largest part of what is allowed."""
        passed = [outcome for outcome in self.outcomes if outcome.verdict == "pass" and outcome.worst]
        return max(passed, key=share_of_bound, default=None)

    def columns(self) -> list[str]:
        """The numbers under `HEADS`."""
        if not self.ran:
            return ["-"] * len(HEADS)
        worst = self.worst.worst if self.worst is not None else None
        errors = ["-", "-"] if worst is None else [shorter(worst.ratio), shorter(worst.ulps)]
        counts = [str(n or ".") for n in (self.ran, self.passed, self.known, self.failed)]
        return counts + errors


@dataclass
class Row:
    """A layer: its name, its kind, and a cell for each backend."""

    name: str
    kind: str
    cells: list[Cell]


def share_of_bound(outcome: Outcome) -> float:
    """How much of its bound a case's worst error takes."""
    worst = outcome.worst
    return 0.0 if worst is None else worst.ratio / max(worst.bound, 1.0)


def short(x: float) -> str:
    """A number in at most eight characters."""
    if x == 0.0 or (x < 1e5 and x == int(x)):
        return str(int(x))
    return f"{x:.2f}" if 0.005 <= x < 1e3 else f"{x:.1e}"


def shorter(x: float) -> str:
    """A number in at most six characters.

    >>> shorter(0.0), shorter(0.00012), shorter(0.5), shorter(4e6)
    ('0', '1e-04', '0.50', '4e+06')
    """
    if x == 0.0 or 0.005 <= x < 1e3:
        return short(x)
    return f"{x:.0f}" if 1e3 <= x < 1e4 else f"{x:.0e}"


def rows_of(runs: Sequence[Sequence[Outcome]]) -> list[Row]:
    """The rows of the table, in the order of the cases; a run is the outcomes of one backend."""
    rows: dict[tuple[str, str], Row] = {}
    for column, outcomes in enumerate(runs):
        for outcome in outcomes:
            name, kind = layer_of(outcome.case), outcome.case.kind
            row = rows.setdefault((kind, name), Row(name, kind, [Cell() for _ in runs]))
            row.cells[column].outcomes.append(outcome)
    return list(rows.values())


def table(names: Sequence[str], runs: Sequence[Sequence[Outcome]]) -> Iterator[str]:
    """The table's lines; `names` are the heads of the runs. With many backends it is several tables."""
    rows = rows_of(runs)
    width = max([len(row.name) for row in rows], default=5) + 2
    for first in range(0, len(names), SIDE_BY_SIDE):
        some = slice(first, first + SIDE_BY_SIDE)
        yield ""
        yield f"{'':{width}}" + "".join(f" | {name:35.35}" for name in names[some]).rstrip()
        yield f"{'layer':{width}}" + "".join(f" |{_columns(HEADS)}" for _ in names[some])
        kind = ""
        for row in rows:
            if row.kind != kind:
                kind = row.kind
                yield f"{kind}: {KINDS.get(kind, kind)}"
            yield f"  {row.name:{width - 2}}" + "".join(f" |{_columns(c.columns())}" for c in row.cells[some])


def _columns(numbers: Sequence[str]) -> str:
    return "".join(f"{number:>{width}}" for number, width in zip(numbers, WIDTHS))
