"""A report on classes: the confusion matrix of each split, and every example that is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from tinygnn.graph import Graph
from tinygnn.metrics import confusion_matrix
from tinygnn.nn.module import Module
from tinygnn.report.examples import (
    Example,
    Leads,
    by_split,
    class_namer,
    examples_of,
    wrong_classes,
)
from tinygnn.report.pictures import (
    MOST_NODES,
    NEIGHBOURS,
    chosen_nodes,
    class_sample,
    draw_graph,
    key,
    wrong_sample,
)  # fmt: skip
from tinygnn.tasks import GraphTask, NodeTask
from tinygnn.web_page import Html, counted, element, heads, in_line, number, row, scroller, table

GRAPH = "the graph; misclassified nodes lead to their rows in the table"
MOST_ROWS = 150
MOST_CLASSES = 30  # in a confusion matrix
MOST_GRAPHS = 6  # that are drawn
Part = tuple[str, str, list[Html]]  # the key, title and content of a section


def class_parts(model: Module, task: NodeTask | GraphTask, leads: Leads) -> Iterator[Part]:
    """The sections on classes."""
    graph = task.graph if isinstance(task, NodeTask) else next(iter(task.by_number().values()))
    name = class_namer(graph.class_names)
    examples = examples_of(model, task)
    wrong = wrong_classes(examples)
    yield "confusion", "Confusion", list(confusions(examples, name))
    noun = "node" if isinstance(task, NodeTask) else "graph"
    yield (
        "wrong",
        f"Misclassified {noun}s",
        [
            element("p", f"{len(wrong)} of {counted(len(examples), noun)} with a label in a split."),
            *(node_picture(task, examples, wrong, name) if isinstance(task, NodeTask) else ()),
            *wrong_table(wrong, task, name, leads),
            *(graph_pictures(task, wrong, name) if isinstance(task, GraphTask) else ()),
        ],
    )


def confusions(examples: Sequence[Example], name: Callable[[int], str]) -> Iterator[Html]:
    """The confusion matrix of each split."""
    yield element("p", "A row is a class that is right, a column what was predicted for it.")
    for split, part in by_split(examples).items():
        counts = confusion_matrix([e.output for e in part], [e.target for e in part])
        if len(counts) > MOST_CLASSES:
            yield from mix_ups(split, counts, name)
            continue
        columns = [name(k) for k in range(len(counts))]
        rows = [
            row(name(k), *[number(n, "hit" if k == j else "miss" if n else "") for j, n in enumerate(line)],
                number(sum(line)), number(share(line[k], sum(line))))
            for k, line in enumerate(counts)
        ]  # fmt: skip
        caption = hits(split, counts)
        head = heads("right class", *columns, "all", "share right", numbers=[*columns, "all", "share right"])
        yield table(caption, head, element("tbody", *rows))


def hits(split: str, counts: Sequence[Sequence[int]]) -> str:
    """How many of a split are right."""
    right, number = sum([line[k] for k, line in enumerate(counts)]), sum(map(sum, counts))
    return f"{split}: {right} of {number} right ({share(right, number)})"


def mix_ups(split: str, counts: Sequence[Sequence[int]], name: Callable[[int], str]) -> Iterator[Html]:
    """Of many classes the pairs that are taken for each other most often."""
    pairs = [(n, k, j) for k, line in enumerate(counts) for j, n in enumerate(line) if n and j != k]
    pairs.sort(key=lambda pair: -pair[0])
    rows = [row(name(k), name(j), number(n)) for n, k, j in pairs[:MOST_CLASSES]]
    head = heads("right class", "predicted", "how often", numbers=["how often"])
    caption = (
        f"{hits(split, counts)}; of {len(pairs)} ways to be wrong in {len(counts)} classes the "
        f"{len(rows)} most frequent"
    )
    yield table(caption, head, element("tbody", *rows))


def share(part: int, whole: int) -> str:
    """A part in percent."""
    return f"{100 * part / whole:.1f} %" if whole else "–"


def wrong_table(
    wrong: Sequence[Example], task: NodeTask | GraphTask, name: Callable[[int], str], leads: Leads
) -> Iterator[Html]:
    """A row for each wrong example, the surest first, and what leads on from it."""
    if not wrong:
        return
    if len(wrong) > MOST_ROWS:
        yield element("p", f"The {MOST_ROWS} surest are listed; tinygnn predict writes all.")
    rows = [
        element(
            "tr",
            element("th", in_line(example.name), scope="row"),
            element("td", example.split),
            element("td", name(example.target)),
            element("td", name(example.predicted)),
            number(f"{example.sureness:.3f}"),
            number(f"{example.probabilities[example.target]:.3f}"),
            leads.of(example, task),
            id=f"node-{example.number}",
        )
        for example in wrong[:MOST_ROWS]
    ]
    noun = "node" if isinstance(task, NodeTask) else "graph"
    numbers = ("p(predicted)", "p(right)")
    head = heads(noun, "split", "right", "predicted", *numbers, "see how it came about", numbers=numbers)
    yield table(f"Misclassified {noun}s, the surest first", head, element("tbody", *rows))


def node_picture(
    task: NodeTask, examples: Sequence[Example], wrong: Sequence[Example], name: Callable[[int], str]
) -> Iterator[Html]:
    """The graph, with what is wrong on it."""
    graph = task.graph
    nodes = chosen_nodes(graph, [example.number for example in wrong])
    if len(nodes) < graph.num_nodes:
        drawn = sum(example.number in set(nodes) for example in wrong)
        yield element(
            "p",
            f"Drawn are {len(nodes)} of {graph.num_nodes} nodes: {drawn} of the {len(wrong)} misclassified, "
            f"the surest first, each with at most {NEIGHBOURS} neighbours.",
        )
    if not nodes:
        return
    right = {i: label for i, label in enumerate(task.targets) if isinstance(label, int) and label >= 0}
    by_number = {example.number: example for example in examples}
    ids = graph.node_ids or range(graph.num_nodes)
    names = {i: str(ids[i]) for i in nodes}
    titles = {i: title_of(in_line(names[i]), by_number.get(i), right.get(i), name) for i in nodes}
    predicted = {example.number: example.predicted for example in examples}
    classes = sorted({label for i, label in right.items() if i in names})
    yield scroller(draw_graph(graph, nodes, right, predicted, names, titles, about=GRAPH), "the graph")
    yield key(
        (wrong_sample(), "misclassified: at the left the right class, at the right the predicted one"),
        *[(class_sample(label), name(label)) for label in classes],
    )


def title_of(label: str, example: Example | None, right: int | None, name: Callable[[int], str]) -> str:
    """A sentence on a node."""
    if example is None:
        return f"{label}: " + ("no label" if right is None else f"{name(right)}, in no split")
    if example.predicted == example.target:
        return f"{label}, {example.split}: {name(example.predicted)}, right"
    return f"{label}, {example.split}: {name(example.target)}, predicted {name(example.predicted)}"


def graph_pictures(task: GraphTask, wrong: Sequence[Example], name: Callable[[int], str]) -> Iterator[Html]:
    """The surest of the wrong graphs, drawn as far as they are small."""
    graphs = task.by_number()
    small = [e for e in wrong if 0 < graphs[e.number].num_nodes <= MOST_NODES]
    figures = [figure(graphs[example.number], example, name) for example in small[:MOST_GRAPHS]]
    if figures:
        limit = f", of those with at most {MOST_NODES} nodes" if len(small) < len(wrong) else ""
        yield element("h3", f"The surest, drawn: {len(figures)} of {len(wrong)}{limit}")
        yield element("div", *figures, class_="figures")


def figure(graph: Graph, example: Example, name: Callable[[int], str]) -> Html:
    """A graph whose nodes have no classes."""
    names = {i: str(i) for i in range(graph.num_nodes)}
    about = f"{title_of(example.name, example, None, name)}; {counted(graph.num_nodes, 'node')}"
    picture = draw_graph(graph, range(graph.num_nodes), {}, {}, names, names, about=example.name)
    return element("figure", picture, element("figcaption", about))
