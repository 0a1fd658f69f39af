"""`draw` and `to_dot`: the autograd graph of a Value as a picture, and for graphviz."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from math import copysign

from tinygnn.explain.value_graph import Entry, ValueGraph, Waypoint
from tinygnn.value import Value

Places = dict[Value, tuple[float, float]]
Ways = dict[Value, list[tuple[float, float]]]  # where the lines from a Value pass, column by column

MAX_NODES = 200
WIDTH, HEIGHT = 148, 50  # of a box
ACROSS, DOWN, MARGIN = 64, 12, 16  # between columns, between boxes of a column, and around all
LONGEST_TITLE = 18  # characters that fit into a box
TAG = 46  # the width of what tells of parents that are not drawn

STYLE = (
    ".ground{fill:#ffffff}text{fill:#1b1b1b}.box{fill:#f2f5f8;stroke:#4a5560}.leaf{fill:#fff6df;stroke:#7a5c00}"
    ".out{fill:#e3f1fb;stroke:#005a8c;stroke-width:2}.more{fill:#ffffff;stroke:#4a5560;stroke-dasharray:3 3}"
    ".edge{fill:none;stroke:#7b8794}.op{font-weight:600}"
    "@media(prefers-color-scheme:dark){.ground{fill:#16181d}text{fill:#ececec}.box{fill:#242932;stroke:#9aa7b4}"
    ".leaf{fill:#3a3118;stroke:#e0b94a}.out{fill:#17384d;stroke:#56b4e9}.more{fill:#16181d;stroke:#9aa7b4}.edge{stroke:#6f7b87}}"
)  # fmt: skip


def draw(value: Value, *, names: Mapping[Value, str] | None = None, max_nodes: int = MAX_NODES) -> str:
    """The autograd graph of a Value as the text of an SVG file, leaves on the left, it on the right.

    Each box is a Value: its operation (a leaf's name), its number, and its gradient, which is 0 until
    `backward` was called. A line's tooltip says the local derivative, a box's all digits. names: what to
    call some of the Values, parameters for instance. Of a graph with more than max_nodes Values those the
    fewest steps away are drawn; a dashed tag says how many parents a Value has beyond them.

    The same graph gives the same bytes; no other program is needed.

    >>> w = Value(3.0)
    >>> picture = draw(w * w + 1.0, names={w: "w"})
    >>> picture.count('class="edge"'), "<title>" in picture
    (4, True)

    Raises ValueError for max_nodes below 1.
    """
    graph = ValueGraph.of(value, max_nodes)
    columns = graph.columns()
    width = 2 * MARGIN + len(columns) * (WIDTH + ACROSS) - ACROSS + (TAG if graph.hidden else 0)
    height = 2 * MARGIN + max(map(_tall, columns))
    place: Places = {}
    ways: Ways = {}
    for x, column in enumerate(columns):
        top = (height - _tall(column)) / 2
        left = width - MARGIN - WIDTH - (len(columns) - 1 - x) * (WIDTH + ACROSS)
        for entry in column:
            if isinstance(entry, Waypoint):
                ways.setdefault(entry.source, []).append((left, top))
            else:
                place[entry] = (left, top)
            top += _tall([entry]) + DOWN
    order = [entry for column in columns for entry in column if isinstance(entry, Value)]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
            f'height="{height}" role="img" font-family="system-ui, sans-serif" font-size="12">',
            f"<title>{escape(_title(graph))}</title>",
            f"<style>{STYLE}</style>",
            f'<rect class="ground" width="{width}" height="{height}"/>',
            *_edges(order, place, ways),
            *_boxes(graph, order, place, names or {}),
            "</svg>",
            "",
        ]
    )


def to_dot(value: Value, *, names: Mapping[Value, str] | None = None, max_nodes: int = MAX_NODES) -> str:
    """The same graph in the DOT language, for those who have graphviz.

    >>> print(to_dot(Value(2.0).tanh(), names={}))
    digraph {
      rankdir=LR; node [shape=box];
      v0 [label="tanh\\ndata 0.964028\\ngrad 0"];
      v1 [label="leaf\\ndata 2\\ngrad 0"];
      v1 -> v0 [label="0.0706508"];
    }
    <BLANKLINE>

    Raises ValueError for max_nodes below 1.
    """
    graph = ValueGraph.of(value, max_nodes)
    number = {each: k for k, each in enumerate(graph.values)}
    lines = ["digraph {", "  rankdir=LR; node [shape=box];"]
    for k, each in enumerate(graph.values):
        title = title_of(each, names or {}).replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
        lines.append(f'  v{k} [label="{title}\\ndata {short(each.data)}\\ngrad {short(each.grad)}"];')
    for k, each in enumerate(graph.values):
        for parent, partial in zip(each.parents, each.partials):
            if parent in number:
                lines.append(f'  v{number[parent]} -> v{k} [label="{short(partial)}"];')
        if each in graph.hidden:
            lines.append(f'  more{k} [label="{_more(graph.hidden[each])}", style=dashed];')
            lines.append(f"  more{k} -> v{k};")
    return "\n".join([*lines, "}", ""])


def title_of(value: Value, names: Mapping[Value, str]) -> str:
    """What stands at the top of a Value's box: its name or its operation, with short constants."""
    operation, *constants = (value.op,) if isinstance(value.op, str) else value.op
    simple = [f"{c:.6g}" if isinstance(c, float) else str(c) for c in constants if not isinstance(c, tuple)]
    text = " ".join([operation or "leaf", *simple]).replace("_", " ")
    if value not in names:
        return text
    return f"{names[value]} = {text}" if operation else names[value]


def short(number: float) -> str:
    """Six significant digits, and no negative zero."""
    return f"{number if number else copysign(0.0, 1.0):.6g}"


def _title(graph: ValueGraph) -> str:
    drawn = len(graph.values)
    counted = f"{drawn} of {graph.total} Values" if drawn < graph.total else f"{graph.total} Values"
    return f"How {short(graph.output.data)} was made: {counted if graph.total != 1 else '1 Value'}"


def _more(count: int) -> str:
    return f"{count} more parent{'s' if count != 1 else ''}"


def _tall(column: list[Entry]) -> float:
    """The height of a column: of its boxes and what is between them; a line that passes has none."""
    boxes = sum([HEIGHT for entry in column if isinstance(entry, Value)])
    return boxes + DOWN * (len(column) - 1)


def _edges(order: list[Value], place: Places, ways: Ways) -> Iterator[str]:
    for value in order:
        right, below = place[value][0], place[value][1] + HEIGHT / 2
        for parent, partial in zip(value.parents, value.partials):
            if parent in place:
                x, y = place[parent][0] + WIDTH, place[parent][1] + HEIGHT / 2
                line = f"M{x:g} {y:g}"
                for left, top in ways.get(parent, []):
                    if left < right:
                        line += f"{_curve(x, y, left, top)}H{left + WIDTH:g}"
                        x, y = left + WIDTH, top
                line += _curve(x, y, right, below)
                yield f'<path class="edge" d="{line}"><title>{partial!r}</title></path>'


def _curve(x: float, y: float, to_x: float, to_y: float) -> str:
    """A line that leaves to the right and arrives from the left."""
    bend = max((to_x - x) / 2, 20)
    return f"C{x + bend:g} {y:g} {to_x - bend:g} {to_y:g} {to_x:g} {to_y:g}"


def _boxes(graph: ValueGraph, order: list[Value], place: Places, names: Mapping[Value, str]) -> Iterator[str]:
    for value in order:
        x, y = place[value]
        kind = "out" if value is graph.output else "box" if value.op else "leaf"
        title = title_of(value, names)
        clipped = title if len(title) <= LONGEST_TITLE else title[: LONGEST_TITLE - 1] + "…"
        if value in graph.hidden:
            yield (
                f'<g transform="translate({x - TAG:g} {y + HEIGHT - 20:g})">'
                f"<title>{_more(graph.hidden[value])}</title>"
                f'<rect class="more" width="{TAG}" height="20"/>'
                f'<text x="{TAG - 5}" y="14" text-anchor="end">+{graph.hidden[value]}</text></g>'
            )
        yield (
            f'<g transform="translate({x:g} {y:g})"><title>{escape(title)}: data {value.data!r}, '
            f"grad {value.grad!r}</title>"
            f'<rect class="{kind}" width="{WIDTH}" height="{HEIGHT}" rx="4"/>'
            f'<text class="op" x="8" y="15">{escape(clipped)}</text>'
            f'<text x="8" y="30">data {short(value.data)}</text>'
            f'<text x="8" y="44">grad {short(value.grad)}</text></g>'
        )
