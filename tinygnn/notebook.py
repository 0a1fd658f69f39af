"""What notebooks show of an object: small tables of HTML in the colours of the page around them."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

TABLE = "border-collapse:collapse;overflow-wrap:anywhere;font-variant-numeric:tabular-nums;margin:0.3em 0"
CELL = "padding:1px 10px 1px 0;text-align:left;background:none;color:inherit;vertical-align:top"
HEAD = f"{CELL};font-weight:600;border-bottom:1px solid #808080"
NUMBER = f"{CELL};text-align:right"
MOST_ROWS = 40
MOST_LETTERS = 300  # of a cell or a caption


def table(caption: str, rows: Sequence[Sequence[str]], *, head: Sequence[str] = ()) -> str:
    """A caption over rows of texts, the first of each its name; all of it escaped.

    head: titles of the columns. Of more rows than a screen has room for the last are only counted, of long
    texts there is the beginning.

    >>> print(table("a < b", [["nodes", "34"]]))
    <table style="..."><caption style="...">a &lt; b</caption>
    <tr><th scope="row" style="...">nodes</th><td style="...">34</td></tr></table>
    """
    lines = []
    if head:
        cells = [f'<th scope="col" style="{HEAD}">{_text(title)}</th>' for title in head]
        lines.append(f"<tr>{''.join(cells)}</tr>")
    for name, *cells in rows[:MOST_ROWS]:
        style = NUMBER if head else CELL
        texts = [f'<td style="{style}">{_text(cell)}</td>' for cell in cells]
        lines.append(f'<tr><th scope="row" style="{CELL}">{_text(name)}</th>{"".join(texts)}</tr>')
    if len(rows) > MOST_ROWS:
        more = f"and {len(rows) - MOST_ROWS} more"
        lines.append(f'<tr><th scope="row" style="{CELL}">{more}</th></tr>')
    title = f'<caption style="text-align:left;font-weight:600;color:inherit">{_text(caption)}</caption>'
    return "\n".join([f'<table style="{TABLE}">{title}', *lines]) + "</table>"


def _text(text: str) -> str:
    return escape(text if len(text) <= MOST_LETTERS else text[: MOST_LETTERS - 1] + "…")


def counts(names: Sequence[str], numbers: Sequence[int], most: int = 8) -> str:
    """Names with how often each is there.

    >>> counts(["red", "blue"], [2, 1])
    'red 2, blue 1'
    """
    texts = [f"{name} {number}" for name, number in zip(names, numbers)]
    more = [f"and {len(texts) - most} more"] if len(texts) > most else []
    return ", ".join([*texts[:most], *more])


def short(number: float) -> str:
    """Six significant digits."""
    return f"{number:.6g}"


def sparkline(numbers: Sequence[float], title: str) -> str:
    """A small curve of some numbers, in the colour of the text; "" where fewer than two are finite.

    >>> print(sparkline([1.0, 0.5, 0.0], "loss"))
    <svg ... aria-label="loss" ...><polyline points="2,2 80,20 158,38" .../></svg>
    """
    shown = [(k, x) for k, x in enumerate(numbers) if x - x == 0.0]
    if len(shown) < 2:
        return ""
    low, high = min(x for _, x in shown), max(x for _, x in shown)
    width, height = (156.0 / (len(numbers) - 1)), 36.0 / (high - low) if high > low else 0.0
    points = " ".join([f"{2 + width * k:.4g},{2 + height * (high - x):.4g}" for k, x in shown])
    return (
        f'<svg width="160" height="40" role="img" aria-label="{escape(title)}" style="color:inherit">'
        f'<polyline points="{points}" fill="none" stroke="currentColor" stroke-width="1.5"/></svg>'
    )
