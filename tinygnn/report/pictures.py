"""Pictures of a report: a graph with what is wrong on it, and predictions beside what is right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tinygnn.curves import nice_ticks
from tinygnn.graph import Graph
from tinygnn.report.places import side_by_side
from tinygnn.web_page import Html, element, in_line, together

# Light fills for black text, told apart by the colour-blind; numbers stand on them too.
FILLS = ("#b9dcf2", "#f6d59a", "#b7e4d2", "#efc4dc", "#f4efa0", "#d9d9d9", "#c9c2ee", "#f3b9a8")
WIDTH, HEIGHT, MARGIN = 900, 620, 34
MOST_NODES = 120
NEIGHBOURS = 4  # of each wrong node that are drawn, where not all nodes are
MARKS = {"train": "circle", "val": "square", "test": "diamond"}
MOST_POINTS = 1000


def fill_of(label: int) -> str:
    """The colour of a class."""
    return FILLS[label % len(FILLS)]


def chosen_nodes(graph: Graph, wrong: Sequence[int]) -> list[int]:
    """The nodes to be drawn: all where they are few, else the first wrong ones with some neighbours."""
    if graph.num_nodes <= MOST_NODES:
        return list(range(graph.num_nodes))
    beside: list[list[int]] = [[] for _ in range(graph.num_nodes)]
    for source, target in zip(*graph.edge_index):
        if source != target and len(beside[target]) < NEIGHBOURS and source not in beside[target]:
            beside[target].append(source)
    chosen: dict[int, None] = {}
    for node in wrong:
        more = [i for i in [node, *beside[node]] if i not in chosen]
        if len(chosen) + len(more) > MOST_NODES:
            break
        chosen.update(dict.fromkeys(more))
    return sorted(chosen)


def draw_graph(
    graph: Graph,
    nodes: Sequence[int],
    right: Mapping[int, int],
    predicted: Mapping[int, int],
    names: Mapping[int, str],
    titles: Mapping[int, str],
    *,
    about: str,
) -> Html:
    """A graph: a node is a circle in the colour of its class, a wrong one a diamond in those of both.

    right: the class of each node, as far as it is known; predicted: that of nodes that are judged; titles:
    a sentence about each; about: one about the picture. A wrong node leads to "#node-NUMBER".
    """
    place = {node: k for k, node in enumerate(nodes)}
    edges = sorted({(min(a, b), max(a, b)) for s, t in zip(*graph.edge_index) if s != t
                    and s in place and t in place for a, b in [(place[s], place[t])]})  # fmt: skip
    radius = 13 if len(nodes) <= 70 else 9
    spots = [
        (MARGIN + x * (WIDTH - 2 * MARGIN), MARGIN + y * (HEIGHT - 2 * MARGIN))
        for x, y in side_by_side(len(nodes), edges, (WIDTH - 2 * MARGIN) / (HEIGHT - 2 * MARGIN))
    ]
    lines = "".join([f"M{_at(spots[a])}L{_at(spots[b])}" for a, b in edges])
    drawn = []
    for node, (x, y) in zip(nodes, spots):
        wrong = node in predicted and predicted[node] != right[node]
        parts = [element("title", titles[node]), *_shape(node, right, predicted, radius, wrong)]
        if wrong:
            parts.append(element("text", in_line(names[node], 14), y=radius + 13, class_="name"))
        group = element("g", *parts, transform=f"translate({x:.1f} {y:.1f})", class_="node")
        drawn.append(element("a", group, href=f"#node-{node}", aria_label=titles[node]) if wrong else group)
    return element(
        "svg",
        element("path", d=lines, class_="edges"),
        *drawn,
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        role="group",
        aria_label=about,
        class_="graph",
    )


def _shape(
    node: int, right: Mapping[int, int], predicted: Mapping[int, int], radius: int, wrong: bool
) -> list[Html]:
    if wrong:
        r = radius * 1.3
        left, other = fill_of(right[node]), fill_of(predicted[node])
        return [
            element("path", d=f"M0 {-r:g}L{-r:g} 0L0 {r:g}z", fill=left),
            element("path", d=f"M0 {-r:g}L{r:g} 0L0 {r:g}z", fill=other),
            element("path", d=f"M0 {-r:g}L{r:g} 0L0 {r:g}L{-r:g} 0z", class_="wrong"),
            element("text", right[node], x=-r / 2.6, y=4, class_="class"),
            element("text", predicted[node], x=r / 2.6, y=4, class_="class"),
        ]
    known = node in right
    circle = element("circle", r=radius, fill=fill_of(right[node]) if known else "#ffffff")
    return [circle, element("text", right[node], y=4, class_="class")] if known else [circle]


def _at(spot: tuple[float, float]) -> str:
    return f"{spot[0]:.1f} {spot[1]:.1f}"


def draw_scatter(points: Sequence[tuple[float, float, str, str]], about: str) -> Html:
    """Predictions over what is right: a mark for each example (right, predicted, split, title), and y = x."""
    left, bottom, right, top = 84, HEIGHT - 56, WIDTH - 24, 20
    numbers = [number for x, y, _, _ in points for number in (x, y)]
    ticks = nice_ticks(min(numbers), max(numbers))
    low, high = min(ticks[0], *numbers), max(ticks[-1], *numbers)

    def place(number: float, start: float, end: float) -> float:
        return start + (end - start) * (number / 2 - low / 2) / (high / 2 - low / 2)

    parts = [element("path", d=f"M{left} {bottom}L{right} {top}", class_="diagonal")]
    for tick in ticks:
        x, y = place(tick, left, right), place(tick, bottom, top)
        parts += [
            element("path", d=f"M{x:.1f} {bottom}v6M{left} {y:.1f}h-6", class_="axis"),
            element("text", f"{tick:.6g}", x=f"{x:.1f}", y=bottom + 22),
            element("text", f"{tick:.6g}", x=left - 10, y=f"{y + 4:.1f}", class_="at-the-left"),
        ]
    parts += [
        element("path", d=f"M{left} {top}V{bottom}H{right}", class_="axis"),
        element("text", "right", x=(left + right) / 2, y=HEIGHT - 10),
        element("text", "predicted", transform=f"translate(18 {(top + bottom) / 2}) rotate(-90)"),
    ]
    for x, y, split, title in points:
        at = f"translate({place(x, left, right):.1f} {place(y, bottom, top):.1f})"
        parts.append(element("g", element("title", title), mark(split), transform=at))
    return element(
        "svg", *parts, viewBox=f"0 0 {WIDTH} {HEIGHT}", role="img", aria_label=about, class_="scatter"
    )


def mark(split: str) -> Html:
    """The mark of a split: a shape of its own, and a colour."""
    kind = split if split in MARKS else "other"
    shape = {"circle": "M-5 0a5 5 0 1 0 10 0a5 5 0 1 0-10 0", "square": "M-4.5-4.5h9v9h-9z",
             "diamond": "M0-6l6 6l-6 6l-6-6z", "triangle": "M0-6l6 10h-12z"}  # fmt: skip
    return element("path", d=shape[MARKS.get(split, "triangle")], class_=f"mark {kind}")


def key(*entries: tuple[Html, str]) -> Html:
    """What the shapes and colours of a picture mean."""
    items = [
        element(
            "li",
            element("svg", sample, viewBox="-9 -9 18 18", width=18, height=18, aria_hidden="true"),
            " ",
            text,
        )
        for sample, text in entries
    ]
    return element("ul", *items, class_="key")


def class_sample(label: int) -> Html:
    """A node of a class, for the key."""
    return together(element("circle", r=8, fill=fill_of(label)), element("text", label, y=4, class_="class"))


def wrong_sample() -> Html:
    """A wrong node, for the key."""
    return together(
        element("path", d="M0-8L-8 0L0 8z", fill=FILLS[0]),
        element("path", d="M0-8L8 0L0 8z", fill=FILLS[1]),
        element("path", d="M0-8L8 0L0 8L-8 0z", class_="wrong"),
    )
