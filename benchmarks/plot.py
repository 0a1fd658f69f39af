"""A plot of time and memory against edges, drawn as SVG by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import ceil, floor, log10
from xml.sax.saxutils import escape

from benchmarks.contenders import family
from benchmarks.measure import Result

WIDTH, HEIGHT = 880, 440
PANEL_WIDTH, PANEL_HEIGHT = 330, 290
PANEL_LEFTS, PANEL_TOP = (75, 505), 80
# One colour and one marker for each contender, in a light and in a dark surrounding.
COLOURS = [
    ("#0b62b8", "#6db3ff"),
    ("#c2410c", "#ff9b63"),
    ("#0f7b4f", "#55d69a"),
    ("#8a3ab9", "#d29bff"),
]
MARKERS = ("circle", "square", "diamond", "triangle")

Series = dict[str, list[tuple[float, float]]]


@dataclass(frozen=True)
class Scale:
    """A logarithmic axis from 10**low to 10**high, drawn from `start` over `length` pixels."""

    low: int
    high: int
    start: float
    length: float

    @classmethod
    def of(cls, numbers: Iterable[float], start: float, length: float) -> Scale:
        """The whole decades that hold all numbers."""
        logs = [log10(number) for number in numbers]
        low = floor(min(logs))
        return cls(low, max(ceil(max(logs)), low + 1), start, length)

    def at(self, number: float) -> float:
        return self.start + self.length * (log10(number) - self.low) / (self.high - self.low)

    def decades(self) -> list[int]:
        return list(range(self.low, self.high + 1))


def scaling(results: Iterable[Result]) -> str | None:
    """Draw the synthetic workloads, without the further interpreters; None when there are fewer than two."""
    synthetic = [result for result in results if result.workload.startswith("synthetic-")]
    times: Series = {}
    memories: Series = {}
    for result in sorted(synthetic, key=lambda result: result.edges):
        for row in result.rows:
            if row.measured and row.name == family(row.name):
                times.setdefault(row.name, []).append((result.edges, row.median))
                if row.peak_memory:
                    memories.setdefault(row.name, []).append((result.edges, row.peak_memory))
    if len(synthetic) < 2 or not times or not memories:
        return None
    return draw(times, memories)


def draw(times: Series, memories: Series) -> str:
    """Two panels side by side under one legend."""
    names = list(times)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" role="img" aria-labelledby="title">',
        '<title id="title">Time per epoch and peak memory against the number of edges</title>',
        f"<style>{style(len(names))}</style>",
        f'<rect class="page" width="{WIDTH}" height="{HEIGHT}"/>',
        *legend(names),
        *panel(PANEL_LEFTS[0], "time per epoch", times, names, duration_label),
        *panel(PANEL_LEFTS[1], "peak memory of the process", memories, names, size_label),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def style(count: int) -> str:
    """Colours for light surroundings, and for dark ones where the reader prefers those."""

    def colours(k: int, page: str, text: str, grid: str) -> str:
        rules = [f".page{{fill:{page}}}", f"text{{fill:{text}}}", f".grid{{stroke:{grid}}}"]
        for i in range(count):
            colour = COLOURS[i % len(COLOURS)][k]
            rules.append(f".s{i}{{stroke:{colour}}}.m{i}{{fill:{colour}}}")
        return "".join(rules)

    return (
        "text{font:13px system-ui,'DejaVu Sans',sans-serif}.axis{font-size:12px}.head{font-weight:600}"
        ".line{fill:none;stroke-width:2}.grid{stroke-width:1}"
        + colours(0, "#ffffff", "#24292f", "#d8dee4")
        + f"@media(prefers-color-scheme:dark){{{colours(1, '#0d1117', '#d5dbe1', '#30363d')}}}"
    )


def legend(names: list[str]) -> list[str]:
    """A marker and a name for each contender, in a row."""
    parts = []
    x = float(PANEL_LEFTS[0])
    for i, name in enumerate(names):
        parts.append(f'<path class="line s{i}" d="M{x:.1f} 26h26"/>')
        parts.append(marker(i, x + 13, 26))
        parts.append(f'<text x="{x + 33:.1f}" y="30.5">{escape(name)}</text>')
        x += 33 + 7.6 * len(name) + 22
    return parts


def panel(
    left: float, heading: str, series: Series, names: list[str], label: Callable[[int], str]
) -> list[str]:
    """One pair of axes with a line for each contender."""
    points = [point for line in series.values() for point in line]
    across = Scale.of((x for x, _ in points), left, PANEL_WIDTH)
    up = Scale.of((y for _, y in points), PANEL_TOP + PANEL_HEIGHT, -PANEL_HEIGHT)
    bottom = PANEL_TOP + PANEL_HEIGHT
    parts = [f'<text class="head" x="{left}" y="{PANEL_TOP - 16}">{escape(heading)}</text>']
    for decade in across.decades():
        x = across.at(10.0**decade)
        parts.append(f'<path class="grid" d="M{x:.1f} {PANEL_TOP}V{bottom}"/>')
        parts.append(
            f'<text class="axis" x="{x:.1f}" y="{bottom + 20}" text-anchor="middle">{10**decade:,}</text>'
        )
    for decade in up.decades():
        y = up.at(10.0**decade)
        parts.append(f'<path class="grid" d="M{left} {y:.1f}h{PANEL_WIDTH}"/>')
        parts.append(
            f'<text class="axis" x="{left - 8}" y="{y + 4:.1f}" text-anchor="end">{label(decade)}</text>'
        )
    middle = left + PANEL_WIDTH / 2
    parts.append(f'<text x="{middle}" y="{bottom + 44}" text-anchor="middle">edges</text>')
    for i, name in enumerate(names):
        places = [(across.at(x), up.at(y)) for x, y in series.get(name, [])]
        if places:
            path = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
            parts.append(f'<path class="line s{i}" d="M{path}"/>')
            parts += [marker(i, x, y) for x, y in places]
    return parts


def marker(i: int, x: float, y: float) -> str:
    """A small filled shape; each contender has its own."""
    shape = MARKERS[i % len(MARKERS)]
    if shape == "circle":
        return f'<circle class="m{i}" cx="{x:.1f}" cy="{y:.1f}" r="4.5"/>'
    outline = {
        "square": "m-4 -4h8v8h-8z",
        "diamond": "m0 -5.5l5.5 5.5l-5.5 5.5l-5.5 -5.5z",
        "triangle": "m0 -5.5l5.2 9.5h-10.4z",
    }[shape]
    return f'<path class="m{i}" d="M{x:.1f} {y:.1f}{outline}"/>'


def duration_label(decade: int) -> str:
    """10**decade seconds: 100 µs, 1 ms, 10 s."""
    unit, exponent = ("s", 0) if decade >= 0 else ("ms", -3) if decade >= -3 else ("µs", -6)
    return f"{10 ** (decade - exponent):,} {unit}"


def size_label(decade: int) -> str:
    """10**decade bytes: 100 MB, 1 GB."""
    unit, exponent = ("GB", 9) if decade >= 9 else ("MB", 6)
    return f"{10 ** (decade - exponent):,} {unit}"
