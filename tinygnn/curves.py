"""A training run drawn as SVG: each metric over the epochs, a line for each split, the best epoch marked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from math import floor, log10

from tinygnn.history import History

WIDTH, PANEL = 720, 300  # of the picture, and the height of one metric's part of it
LEFT, RIGHT, TOP, BOTTOM = 78, 24, 46, 52  # around the plot in its panel
POINTS = 600  # at most about as many are drawn of a line: the screen has no more

# Okabe and Ito's colours (2008), told apart by the colour-blind, lighter on a dark ground; and dashes, for
# those who print in black and white.
SPLITS = {
    "train": ("#0072B2", "#56B4E9", ""),
    "val": ("#D55E00", "#E69F00", "7 3"),
    "test": ("#007A5A", "#2FC79A", "2 3"),
}
OTHER = ("#9B4F7F", "#CC79A7", "9 3 2 3")
UNITS = {
    "loss": "loss (mean per example)",
    "accuracy": "accuracy (share of examples)",
    "f1": "F1 (0 to 1)",
    "roc_auc": "ROC-AUC (0 to 1)",
    "average_precision": "average precision (0 to 1)",
    "mae": "mean absolute error (units of y)",
    "rmse": "root mean squared error (units of y)",
}

LARGEST = 1e300  # nan, inf and numbers beyond it leave a gap

Point = tuple[int, float]  # an epoch's number and a metric


def draw_curves(history: History, *, style: bool = True) -> str:
    """The text of an SVG file. Its colours follow the viewer's light or dark mode; text stays text.

    style: whether it stands in the picture; a page that holds the picture has `curves_style` in its own.
    """
    metrics = list(dict.fromkeys(name for e in history for part in e.metrics.values() for name in part))
    height = PANEL * max(len(metrics), 1)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
        f'height="{height}" role="img" font-family="system-ui, sans-serif" font-size="13">',
        f"<title>{escape(_title(history))}</title>",
        *([f"<style>{curves_style()}</style>"] if style else []),
        f'<rect class="ground" width="{WIDTH}" height="{height}"/>',
    ]
    for k, name in enumerate(metrics):
        lines += [f'<g transform="translate(0 {k * PANEL})">', *_panel(history, name), "</g>"]
    return "\n".join([*lines, "</svg>", ""])


def _title(history: History) -> str:
    epochs = f"{max(len(history) - 1, 0)} epochs of training"
    best = history.best
    if best is None:
        return epochs
    return f"{epochs}; best epoch {best.number}: {history.monitor} {history.monitored(best):.4g}"


def curves_style(within: str = "") -> str:
    """Fills and strokes by class, in light and dark; within: the selector of what holds the picture.

    >>> curves_style(".curves ")[:38]
    '.curves .ground{fill:#ffffff}.curves t'
    """
    splits = {**SPLITS, "other": OTHER}.items()
    light = {"ground": "fill:#ffffff", "axis": "stroke:#222222;fill:none", "grid": "stroke:#dddddd",
             "best": "stroke:#222222;fill:none", "line": "fill:none;stroke-width:2"}  # fmt: skip
    dark = {
        "ground": "fill:#16181d",
        "axis": "stroke:#e6e6e6",
        "best": "stroke:#e6e6e6",
        "grid": "stroke:#3a3d44",
    }
    for name, (colour, bright, dashes) in splits:
        light |= {
            name: f"stroke:{colour};stroke-dasharray:{dashes or 'none'}",
            f"dot.{name}": f"fill:{colour}",
        }
        dark |= {name: f"stroke:{bright}", f"dot.{name}": f"fill:{bright}"}

    def rules(text: str, named: dict[str, str]) -> str:
        by_class = [f"{within}.{name}{{{rule}}}" for name, rule in named.items()]
        return f"{by_class[0]}{within}text{{fill:{text}}}{''.join(by_class[1:])}"

    on_dark = f"@media screen and (prefers-color-scheme:dark){{{rules('#e6e6e6', dark)}}}"
    return rules("#222222", light) + on_dark


def _panel(history: History, name: str) -> Iterator[str]:
    """One metric: axes, a line for each split that has it, and the best epoch."""
    curves: dict[str, list[Point]] = {}
    for epoch in history:
        for split, part in epoch.metrics.items():
            if name in part:
                curves.setdefault(split, []).append((epoch.number, part[name]))
    finite = [y for curve in curves.values() for _, y in curve if _drawable(y)] or [0.0]
    ticks = nice_ticks(min(finite), max(finite))
    low, high = min(ticks[0], *finite), max(ticks[-1], *finite)
    last = max(history[-1].number, 1)
    right, bottom = WIDTH - RIGHT, PANEL - BOTTOM

    def x(number: float) -> float:
        return LEFT + (right - LEFT) * number / last

    def y(value: float) -> float:
        return bottom - (bottom - TOP) * (value / 2 - low / 2) / (high / 2 - low / 2)

    for tick in ticks:
        yield f'<line class="grid" x1="{LEFT}" x2="{right}" y1="{y(tick):.1f}" y2="{y(tick):.1f}"/>'
        yield f'<text x="{LEFT - 8}" y="{y(tick) + 4:.1f}" text-anchor="end">{tick:.6g}</text>'
    for tick in nice_ticks(0, last, whole=True):
        if tick <= last:
            yield f'<path class="axis" d="M{x(tick):.1f} {bottom}v5"/>'
            yield f'<text x="{x(tick):.1f}" y="{bottom + 20}" text-anchor="middle">{tick:.6g}</text>'
    yield f'<path class="axis" d="M{LEFT} {TOP}V{bottom}H{right}"/>'
    yield f'<text x="{(LEFT + right) / 2:.1f}" y="{PANEL - 12}" text-anchor="middle">epoch</text>'
    yield (
        f'<text transform="translate(18 {(TOP + bottom) / 2:.1f}) rotate(-90)" text-anchor="middle">'
        f"{escape(UNITS.get(name, name))}</text>"
    )
    for split, curve in curves.items():
        kind = split if split in SPLITS else "other"
        yield f'<path class="line {kind}" d="{_path([(x(n), y(v)) for n, v in thinned(curve)])}"/>'
    yield from _legend(list(curves))
    best = history.best
    if best is not None:
        yield f'<path class="best" stroke-dasharray="1 3" d="M{x(best.number):.1f} {TOP}V{bottom}"/>'
        for split, curve in curves.items():
            kind = split if split in SPLITS else "other"
            value = dict(curve).get(best.number)
            if value is not None and _drawable(value):
                yield f'<circle class="dot {kind}" cx="{x(best.number):.1f}" cy="{y(value):.1f}" r="4"/>'
        yield (
            f'<text x="{right}" y="24" text-anchor="end">'
            f"best epoch {best.number} by {escape(str(history.monitor))}</text>"
        )


def _legend(splits: Sequence[str]) -> Iterator[str]:
    left = LEFT
    for split in splits:
        kind = split if split in SPLITS else "other"
        yield f'<path class="line {kind}" d="M{left} 20H{left + 34}"/>'
        yield f'<text x="{left + 42}" y="24">{escape(split)}</text>'
        left += 62 + 8 * len(split)


def _path(points: Sequence[tuple[float, float]]) -> str:
    """Straight lines between the points; where a number is not finite there is a gap."""
    parts, pen_is_down = [], False
    for x, y in points:
        if _drawable(y):
            parts.append(f"{'L' if pen_is_down else 'M'}{x:.1f} {y:.1f}")
        pen_is_down = _drawable(y)
    return "".join(parts)


def _drawable(number: float) -> bool:
    return abs(number) <= LARGEST


def thinned(curve: Sequence[Point]) -> list[Point]:
    """The curve, or of a long one the least and the greatest of each stretch: it looks the same."""
    size = -(-len(curve) // (POINTS // 2))
    if size <= 2:
        return list(curve)
    kept: list[Point] = []
    for start in range(0, len(curve), size):
        stretch = [point for point in curve[start : start + size] if _drawable(point[1])]
        if not stretch:
            kept.append(curve[start])
            continue
        kept += sorted({min(stretch, key=lambda point: point[1]), max(stretch, key=lambda point: point[1])})
    return kept


def nice_ticks(low: float, high: float, *, whole: bool = False) -> list[float]:
    """Round numbers that cover low to high, about five steps of 1, 2 or 5 times a power of ten.

    >>> nice_ticks(0.13, 1.94)
    [0.0, 0.5, 1.0, 1.5, 2.0]
    >>> nice_ticks(0, 7, whole=True)
    [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]
    """
    span = high / 5 - low / 5
    if span < 1e-300 or span < 1e-12 * max(abs(low), abs(high)):
        span = max(abs(low), abs(high), 1.0) / 5
        low, high = low - span, high + span
        return nice_ticks(low, high, whole=whole)
    power = 10.0 ** floor(log10(span))
    step = next(factor * power for factor in (1.0, 2.0, 5.0, 10.0) if factor * power >= span * 0.7)
    step = max(step, 1.0) if whole else step
    first, last = floor(low / step + 1e-9), -floor(-high / step + 1e-9)
    return [k * step for k in range(first, last + 1)]
