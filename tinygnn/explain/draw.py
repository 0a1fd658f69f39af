"""`draw`: the autograd graph of a Value as a picture."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from html import escape

from tinygnn.explain.captions import caption, captions, details
from tinygnn.explain.columns import Entry, Waypoint, columns
from tinygnn.explain.folding import Box
from tinygnn.explain.value_graph import ValueGraph
from tinygnn.tape import Tape
from tinygnn.value import Value
from tinygnn.web_page import counted, shortened

Places = dict[Box, tuple[float, float]]
Ways = dict[Box, list[tuple[float, float]]]  # where the lines from a box pass, column by column

MAX_NODES = 200
WIDTH, WIDER = 148, 176  # of a box, and where some hold many Values
LINE = 14  # the height of a line of text
LETTER, BOLD = 6.9, 8.0  # the width of a letter, of a title's
ACROSS, DOWN, MARGIN = 64, 12, 16  # between columns, between boxes of a column, and around all
LEAST_WIDTH = 470  # of a picture that says how boxes are opened
FOOT = 20  # the height of what says that

STYLE = (
    ".ground{fill:#ffffff}text{fill:#1b1b1b}.box{fill:#f2f5f8;stroke:#4a5560}.leaf{fill:#fff6df;stroke:#7a5c00}"
    ".out{fill:#e3f1fb;stroke:#005a8c;stroke-width:2}.many{fill:#ffffff;stroke:#4a5560;stroke-width:2}"
    ".edge{fill:none;stroke:#7b8794}.edges{fill:none;stroke:#7b8794;stroke-width:3}.op{font-weight:600}"
    "@media(prefers-color-scheme:dark){.ground{fill:#16181d}text{fill:#ececec}.box{fill:#242932;stroke:#9aa7b4}"
    ".leaf{fill:#3a3118;stroke:#e0b94a}.out{fill:#17384d;stroke:#56b4e9}.many{fill:#16181d;stroke:#9aa7b4}"
    ".edge,.edges{stroke:#6f7b87}}"
)


def draw(
    value: Value,
    *,
    names: Mapping[Value, str] | None = None,
    tape: Tape | None = None,
    open: Collection[int] = (),
    max_nodes: int = MAX_NODES,
) -> str:
    """The autograd graph of a Value as the text of an SVG file, leaves on the left, it on the right.

    Each box is a Value: its operation (a leaf's name), its number, and its gradient, which is 0 until
    `backward` was called. A line's tooltip says the local derivative, a box's all digits.

    A graph of more than max_nodes Values is folded: a box with a number holds many and says how many, of
    which operations, and from where to where their numbers and gradients go; `open=[2]` draws the Values of
    box 2 one by one, as far as max_nodes goes. No Value is left out. The same graph gives the same bytes; no
    other program is needed. Time and memory grow with the number of Values and lines: 100,000 Values take
    about a second.

    Args:
        names: what to call some of the Values; those whose names agree up to a "[" are folded together.
        tape: what was recorded while the value was made, see `record`: one layer is folded into one box, and
            parameters have their names. Without it a box holds Values of one operation.
        open: the boxes whose Values are drawn one by one, by their numbers.
        max_nodes: the most boxes; of a folded graph there may be three all the same.

    >>> w = Value(3.0)
    >>> picture = draw(w * w + 1.0, names={w: "w"})
    >>> picture.count('class="edge"'), "<title>" in picture
    (4, True)

    Raises ValueError for max_nodes below 1, and for a box to open that is not there.
    """
    graph = ValueGraph.of(value, names, tape, open, max_nodes)
    foot = _foot(graph)
    wide = WIDER if foot else WIDTH
    placed = columns(graph.boxes, graph.lines)
    width = max(2 * MARGIN + len(placed) * (wide + ACROSS) - ACROSS, LEAST_WIDTH if foot else 0)
    height = 2 * MARGIN + max(map(_tall, placed))
    place: Places = {}
    ways: Ways = {}
    for x, column in enumerate(placed):
        top = (height - _tall(column)) / 2
        left = width - MARGIN - wide - (len(placed) - 1 - x) * (wide + ACROSS)
        for entry in column:
            if isinstance(entry, Waypoint):
                ways.setdefault(entry.source, []).append((left, top))
            else:
                place[entry] = (left, top)
            top += _tall([entry]) + DOWN
    whole = height + FOOT * bool(foot)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {whole}" width="{width}" '
            f'height="{whole}" role="img" font-family="system-ui, sans-serif" font-size="12">',
            f"<title>{escape(caption(graph))}</title>",
            f"<style>{STYLE}</style>",
            f'<rect class="ground" width="{width}" height="{whole}"/>',
            *_edges(graph, place, ways, wide),
            *_boxes(graph, place, wide),
            *([f'<text x="{MARGIN}" y="{height + 6}">{foot}</text>'] if foot else []),
            "</svg>",
            "",
        ]
    )


def _foot(graph: ValueGraph) -> str:
    """How a folded graph is opened."""
    numbers = [box.number for box in graph.boxes if box.number]
    if not numbers:
        return ""
    said = f"{graph.total:,} Values in {len(graph.boxes)} boxes"
    return f"{said}; draw(…, open=[{numbers[0]}]) opens box {numbers[0]}"


def _height(box: Box) -> int:
    return 8 + LINE * (5 if box.number else 3)


def _tall(column: list[Entry]) -> float:
    """The height of a column: of its boxes and what is between them; a line that passes has none."""
    return sum([_height(entry) for entry in column if isinstance(entry, Box)]) + DOWN * (len(column) - 1)


def _edges(graph: ValueGraph, place: Places, ways: Ways, wide: int) -> Iterator[str]:
    for (source, target), partials in graph.lines.items():
        (x, y), (right, below) = place[source], place[target]
        x, y, below = x + wide, y + _height(source) / 2, below + _height(target) / 2
        line = f"M{x:g} {y:g}"
        for left, top in ways.get(source, []):
            if left < right:
                line += f"{_curve(x, y, left, top)}H{left + wide:g}"
                x, y = left + wide, top
        line += _curve(x, y, right, below)
        if source.number or target.number:
            yield f'<path class="edges" d="{line}"><title>{counted(len(partials), "line")}</title></path>'
        else:
            yield from [f'<path class="edge" d="{line}"><title>{p!r}</title></path>' for p in partials]


def _curve(x: float, y: float, to_x: float, to_y: float) -> str:
    """A line that leaves to the right and arrives from the left."""
    bend = max((to_x - x) / 2, 20)
    return f"C{x + bend:g} {y:g} {to_x - bend:g} {to_y:g} {to_x:g} {to_y:g}"


def _boxes(graph: ValueGraph, place: Places, wide: int) -> Iterator[str]:
    for box in graph.boxes:
        x, y = place[box]
        kind = "many" if box.number else "box" if box.values[0].op else "leaf"
        kind = "out" if box is graph.boxes[0] else kind
        title, *lines = captions(box, graph.names)
        texts = f'<text class="op" x="8" y="15">{escape(shortened(title, int(wide / BOLD)))}</text>'
        for k, text in enumerate(lines):
            texts += f'<text x="8" y="{30 + LINE * k}">{escape(shortened(text, int(wide / LETTER)))}</text>'
        yield (
            f'<g transform="translate({x:g} {y:g})"><title>{escape(details(box, graph.names))}</title>'
            f'<rect class="{kind}" width="{wide}" height="{_height(box)}" rx="4"/>{texts}</g>'
        )
