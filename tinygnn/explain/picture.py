"""`picture`: a node, what it hears, and how its number becomes the loss and comes back, as one SVG."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from math import hypot

from tinygnn.explain.expression import coefficient, plain_number
from tinygnn.explain.layout import layout
from tinygnn.explain.subject import Subject
from tinygnn.tape import Passing
from tinygnn.value import Value

WIDTH, HEIGHT = 1000, 420
GRAPH = 470  # the width of the part with the graph
LEFT, MIDDLE, RIGHT = GRAPH + 28, GRAPH + 130, WIDTH - 18  # names, arithmetic, numbers
DIGITS = 4
MOST_MESSAGES = 9
MOST_NODES = 150

STYLE = (
    ".ground{fill:#ffffff}text{fill:#1b1b1b}.soft{fill:#4a5058}.edge{stroke:#c9ced4;fill:none}.rule{stroke:#8a929a}"
    ".plus{stroke:#0072b2;fill:none}.minus{stroke:#b34700;fill:none;stroke-dasharray:6 3}"
    ".c0{fill:#b9dcf2}.c1{fill:#f6d59a}.c2{fill:#b7e4d2}.c3{fill:#efc4dc}.c4{fill:#f4efa0}.none{fill:#d9d9d9}"
    ".node{stroke:#1b1b1b}.name{fill:#1b1b1b}.bold{font-weight:600}"
    "@media(prefers-color-scheme:dark){.ground{fill:#16181d}text{fill:#ececec}.soft{fill:#b3bac2}"
    ".edge{stroke:#3f4650}.plus{stroke:#56b4e9}.minus{stroke:#f0a35e}.node{stroke:#ececec}.name{fill:#1b1b1b}}"
)
CLASSES = 5

Place = tuple[float, float]


def picture(subject: Subject, node: int, layer: int | None = None, entry: int = 0) -> str:
    """The text of an SVG file: the graph with the messages to a node, and their arithmetic beside it.

    layer: its number, by default the last. entry: the column of the rows that is shown. The same subject
    gives the same bytes. Raises ValueError for an entry that messages do not have.
    """
    call = subject.layers[-1 if layer is None else layer]
    passing = call.passings[-1]
    width = len(passing.messages[0]) if passing.messages else 0
    if not 0 <= entry < width:
        raise ValueError(f"entry {entry}: the messages of {call.name} have the entries 0 to {width - 1}")
    title = f"Node {subject.label(node)} in {call.name or 'the layer'} = {call.module!r}, entry {entry}"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
            f'height="{HEIGHT}" role="img" font-family="system-ui, sans-serif" font-size="13">',
            f"<title>{escape(title)}</title>",
            f"<style>{STYLE}</style>",
            f'<rect class="ground" width="{WIDTH}" height="{HEIGHT}"/>',
            *_graph(subject, passing, node, entry),
            *_arithmetic(subject, call.name, passing, node, entry, title),
            "</svg>",
            "",
        ]
    )


# ---- the graph ------------------------------------------------------------------------------------------


def _graph(subject: Subject, passing: Passing, node: int, entry: int) -> Iterator[str]:
    graph = subject.graph
    near = [passing.sources[k] for k in passing.entering(node)]
    nodes = list(range(graph.num_nodes))
    if len(nodes) > MOST_NODES:
        nodes = sorted(dict.fromkeys([node, *near]))[:MOST_NODES]
    number = {i: k for k, i in enumerate(nodes)}
    pairs = sorted({(min(a, b), max(a, b)) for a, b in zip(*graph.edge_index) if a in number and b in number})
    rings = [0 if i == node else 1 if i in near else 2 for i in nodes]
    places = layout(len(nodes), [(number[a], number[b]) for a, b in pairs], rings)
    at = {i: (24 + x * (GRAPH - 48), 24 + y * (HEIGHT - 72)) for i, (x, y) in zip(nodes, places)}
    for a, b in pairs:
        if a != b:
            yield f'<path class="edge" d="M{_spot(at[a])}L{_spot(at[b])}"/>'
    sizes = [float(passing.messages[k][entry]) for k in passing.entering(node)]
    largest = max([abs(size) for size in sizes], default=0.0) or 1.0
    for j, size in zip(near, sizes):
        if j != node and j in at:
            kind = "minus" if size < 0.0 else "plus"
            thick = 1.5 + 4.5 * abs(size) / largest
            yield f'<path class="{kind}" d="{_bent(at[j], at[node])}" stroke-width="{thick:.2f}"/>'
    y = graph.y if graph.y_level == "node" and isinstance(graph.y, list) else [None] * graph.num_nodes
    for i in nodes:
        of = y[i]
        kind = f"c{of % CLASSES}" if isinstance(of, int) else "none"
        radius, ring = (15, 4) if i == node else (11, 3 if subject.in_loss and subject.in_loss[i] else 1)
        label = subject.label(i)
        shown = label if len(label) <= 4 else label[:3] + "…"
        x, height = at[i]
        yield (
            f'<g><title>{escape(label)}</title><circle class="node {kind}" cx="{x:.1f}" cy="{height:.1f}" '
            f'r="{radius}" stroke-width="{ring}"/><text class="name" x="{x:.1f}" y="{height + 4:.1f}" '
            f'text-anchor="middle" font-size="11">{escape(shown)}</text></g>'
        )


def _spot(place: Place) -> str:
    return f"{place[0]:.1f} {place[1]:.1f}"


def _bent(a: Place, b: Place) -> str:
    """A bow from a to the rim of the node at b."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    length = hypot(dx, dy) or 1.0
    end = (b[0] - dx / length * 16, b[1] - dy / length * 16)
    middle = ((a[0] + b[0]) / 2 + dy * 0.12, (a[1] + b[1]) / 2 - dx * 0.12)
    return f"M{_spot(a)}Q{_spot(middle)} {_spot(end)}"


# ---- the arithmetic -------------------------------------------------------------------------------------


def _arithmetic(
    subject: Subject, layer: str, passing: Passing, node: int, entry: int, title: str
) -> Iterator[str]:
    me, y = subject.label(node), 34
    yield f'<text class="bold" x="{LEFT}" y="{y}" font-size="14">{escape(title)}</text>'
    for name, how, number in _lines(subject, layer, passing, node, entry):
        y += 23 if name or how else 10
        if not (name or how):
            yield f'<path class="rule" d="M{LEFT} {y - 3}H{RIGHT}"/>'
            continue
        strong = ' class="bold"' if name.startswith("=") else ""
        yield f'<text{strong} x="{LEFT}" y="{y}">{escape(name)}</text>'
        yield f'<text class="soft" x="{MIDDLE}" y="{y}">{escape(how)}</text>'
        yield f'<text{strong} x="{RIGHT}" y="{y}" text-anchor="end">{escape(number)}</text>'
    said = f"thickness: the message to node {me}; blue above 0, dashed below; a thick ring: in the loss"
    yield f'<text class="soft" x="12" y="{HEIGHT - 8}" font-size="11">{escape(said)}</text>'


def _lines(
    subject: Subject, layer: str, passing: Passing, node: int, entry: int
) -> Iterator[tuple[str, str, str]]:
    """Name, arithmetic and number of each line; three empty texts are a rule."""
    me, entering = subject.label(node), passing.entering(node)
    told = [passing.numbers[k] for k in entering] if passing.numbers else []
    for position, k in enumerate(entering[:MOST_MESSAGES]):
        c, sent = passing.coefficients[k], float(passing.sent[k][entry])
        how = (
            coefficient(passing.formula, told[position], told) if told and not isinstance(c, Value) else None
        )
        factor = how.text(DIGITS) if how is not None else _number(float(c))
        name = f"{subject.label(passing.sources[k])} → {me}"
        yield name, f"{factor} · {_signed(sent)}", _number(float(passing.messages[k][entry]))
    more = [float(passing.messages[k][entry]) for k in entering[MOST_MESSAGES:]]
    if more:
        yield f"and {len(more)} more", "", _number(sum(more)) if passing.aggr == "sum" else ""
    yield "", "", ""
    total = passing.aggregates[node][entry] if passing.aggregates[node] else 0.0
    yield "= messages", f"their {passing.aggr}", _number(float(total))
    for name, rows in passing.terms:
        yield f"+ {name}", "", _number(float(rows[node][entry]))
    out = passing.outputs[node][entry]
    if passing.terms:
        yield "= output", f"entry {entry} of node {me}", _number(float(out))
    yield "", "", ""
    yield "loss", _in_loss(subject), _number(subject.loss.data)
    if isinstance(out, Value):
        yield "back", f"d loss / d output of node {me}", _number(out.grad)
        yield from _update(subject, layer, out)


def _in_loss(subject: Subject) -> str:
    count = sum(map(bool, subject.in_loss))
    return f"of the outputs of {count} nodes" if count else ""


def _update(subject: Subject, layer: str, out: Value) -> Iterator[tuple[str, str, str]]:
    """The weight of the layer, behind the output, whose gradient is the largest, and its next step."""
    if subject.step is None:
        return
    names, seen, behind = subject.parameter_names(), {out}, [out]
    for value in behind:  # grows meanwhile, up to the first weights on every way
        for parent in value.parents if value not in names else ():
            if parent not in seen:
                seen.add(parent)
                behind.append(parent)
    weights = [w for w in behind if w in names and "weight" in names[w] and w in subject.step.before]
    near = [w for w in weights if names[w].startswith(f"{layer}.")] or weights
    if not near:
        return
    gradients = subject.step.gradients
    w = max(near, key=lambda weight: abs(gradients[weight]))
    before, after = subject.step.before[w], subject.step.after[w]
    yield "weight", f"{names[w]} = {_number(before)}, its gradient", _number(gradients[w])
    yield "= new w", f"after a step of {type(subject.step.optimizer).__name__}", _number(after)


def _number(number: float) -> str:
    return plain_number(number, DIGITS)


def _signed(number: float) -> str:
    return f"({_number(number)})" if number < 0.0 else _number(number)
