"""Tables of what was measured, as text and as Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.contenders import ONE_SCOPE, TINYGNN, family
from benchmarks.measure import Result, Row, ratio
from benchmarks.targets import MEGABYTE, Verdict, digits

Cells = list[list[str]]


def measurements(result: Result) -> Cells:
    """A heading and a line for each row; the last columns give its time as a multiple of each peer's."""
    peers = [row for row in result.rows if row.measured and family(row.name) not in (*TINYGNN, ONE_SCOPE)]
    heading = ["contender", "median", "min-max", "first epoch", "memory before", "peak memory"]
    cells = [heading + [f"/ {peer.name}" for peer in peers]]
    for row in result.rows:
        if row.measured:
            cells.append(
                [
                    row.name,
                    duration(row.median),
                    f"{duration(min(row.seconds))} - {duration(max(row.seconds))}",
                    duration(row.first_epoch),
                    size(row.memory_before),
                    size(row.peak_memory),
                    *(multiple(ratio(row, peer)) if peer is not row else "1" for peer in peers),
                ]
            )
        else:
            cells.append([row.name, reason(row)])
    return cells


def verdicts(found: Sequence[Verdict]) -> Cells:
    """A heading and a line for each target."""
    lines = [[v.row, v.text, v.wanted, v.measured, v.verdict] for v in found]
    return [["contender", "target", "wanted", "measured", "verdict"], *lines]


def reason(row: Row) -> str:
    """Why a row holds no measurement."""
    return f"FAILED: {row.disagrees}" if row.disagrees else f"skipped: {row.skipped or 'no rounds'}"


def as_text(cells: Cells) -> str:
    """Columns under each other; a line with fewer cells than the heading ends in free text."""
    full = [line for line in cells if len(line) == len(cells[0])]
    widths = [max(map(len, column)) for column in zip(*full)]
    widths[0] = max(len(line[0]) for line in cells)
    return "\n".join(
        "  ".join([*(cell.ljust(w) for cell, w in zip(line[:-1], widths)), line[-1]]) for line in cells
    )


def as_markdown(cells: Cells) -> str:
    """A Markdown table; short lines are filled up with empty cells."""
    width = len(cells[0])
    lines = [[*line, *[""] * (width - len(line))] for line in cells]
    lines.insert(1, ["---"] * width)
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def duration(seconds: float) -> str:
    """Three digits and a unit: 812 µs, 3.21 ms, 1.34 s."""
    for unit, scale in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= scale:
            return f"{digits(seconds / scale)} {unit}"
    return f"{digits(seconds / 1e-6)} µs"


def size(amount: int | None) -> str:
    """Megabytes, a megabyte being a million bytes."""
    return "-" if amount is None else f"{amount / MEGABYTE:.0f} MB"


def multiple(times: float) -> str:
    """2.8 for 2.8 times the peer's time, 1/412 for a 412th of it."""
    return digits(times) if times >= 1.0 else f"1/{digits(1.0 / times)}"
