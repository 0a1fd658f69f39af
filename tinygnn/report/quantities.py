"""A report on numbers, on several labels at once, and on links."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tinygnn.link_prediction import LinkTask, decode
from tinygnn.modes import no_grad
from tinygnn.nn.module import Module
from tinygnn.report.classes import MOST_ROWS, Part, share
from tinygnn.report.examples import Example, Leads, by_split, examples_of
from tinygnn.report.pictures import MOST_POINTS, draw_scatter, key, mark
from tinygnn.tasks import GraphTask, NodeTask, evaluate
from tinygnn.web_page import Html, element, heads, in_line, number, row, scroller, table

MOST_PICTURES = 4  # of the entries of a target


def regression_parts(model: Module, task: NodeTask | GraphTask, leads: Leads) -> Iterator[Part]:
    """The sections on numbers: predictions over what is right, and the largest errors."""
    examples = examples_of(model, task)
    width = len(examples[0].output)
    pictures: list[Html] = []
    for entry in range(min(width, MOST_PICTURES)):
        pictures += scatter(examples, entry, f"entry {entry}" if width > 1 else "")
    if width > MOST_PICTURES:
        pictures.append(element("p", f"The other {width - MOST_PICTURES} entries are not drawn."))
    yield "predictions", "Predictions", pictures
    yield "errors", "The largest errors", list(error_table(examples, task, leads))


def scatter(examples: Sequence[Example], entry: int, title: str) -> Iterator[Html]:
    """A picture of one entry of the predictions."""
    pairs = [(e.target[entry], e.output[entry], e) for e in examples if e.target[entry] is not None]
    known = [
        (x, y, e.splits[0], f"{in_line(e.name)}, {e.split}: {x:.6g}, predicted {y:.6g}")
        for x, y, e in pairs
        if abs(x) < 1e300 and abs(y) < 1e300
    ]
    if title:
        yield element("h3", title)
    if not known:
        yield element("p", "No prediction is a finite number.")
        return
    step = -(-len(known) // MOST_POINTS)
    left_out = len(pairs) - len(known[::step])
    about = "predictions over what is right: on the line both are the same"
    yield scroller(draw_scatter(known[::step], about), about)
    splits = dict.fromkeys(split for _, _, split, _ in known)
    yield key(*[(mark(split), split) for split in splits])
    if left_out:
        yield element("p", f"{left_out} of {len(pairs)} examples are not drawn.")


def error_table(examples: Sequence[Example], task: NodeTask | GraphTask, leads: Leads) -> Iterator[Html]:
    """The examples with the largest absolute errors."""
    errors = [
        (abs(y - x), entry, example)
        for example in examples
        for entry, (x, y) in enumerate(zip(example.target, example.output))
        if x is not None
    ]
    errors.sort(key=lambda each: -each[0] if each[0] == each[0] else -float("inf"))
    rows = []
    for error, k, e in errors[: MOST_ROWS // 3]:
        texts = [
            *([k] if len(e.output) > 1 else []),
            *[f"{x:.6g}" for x in (e.target[k], e.output[k], error)],
        ]
        rows.append(row(in_line(e.name), e.split, *map(number, texts), leads.of(e, task)))
    numbers = (*(["entry"] if len(examples[0].output) > 1 else []), "right", "predicted", "|error|")
    noun = "node" if isinstance(task, NodeTask) else "graph"
    head = heads(noun, "split", *numbers, "see how it came about", numbers=numbers)
    yield table(f"The largest {len(rows)} of {len(errors)} errors", head, element("tbody", *rows))


def multilabel_parts(model: Module, task: NodeTask | GraphTask, leads: Leads) -> Iterator[Part]:
    """The section on several labels: for each split and label how often it is found, missed, invented."""
    examples = examples_of(model, task)
    tables = []
    columns = ("found", "missed", "invented", "rightly absent", "share right")
    for split, part in by_split(examples).items():
        rows = []
        for k in range(min(len(part[0].output), MOST_ROWS)):
            pairs = [(bool(e.target[k]), e.output[k] > 0.0) for e in part if e.target[k] is not None]
            counts = [
                pairs.count(pair) for pair in ((True, True), (True, False), (False, True), (False, False))
            ]
            cells = [number(count) for count in counts]
            rows.append(row(k, *cells, number(share(counts[0] + counts[3], len(pairs)))))
        first = f", the first {MOST_ROWS} labels" if len(part[0].output) > MOST_ROWS else ""
        head = heads("label", *columns, numbers=columns)
        tables.append(table(f"{split}: {len(part)} examples{first}", head, element("tbody", *rows)))
    yield "labels", "Labels", [*tables, *most_labels_wrong(examples, task, leads)]


def most_labels_wrong(
    examples: Sequence[Example], task: NodeTask | GraphTask, leads: Leads
) -> Iterator[Html]:
    """The examples with the most labels wrong."""
    judged = []
    for e in examples:
        pairs = [(bool(x), y > 0.0) for x, y in zip(e.target, e.output) if x is not None]
        judged.append((pairs.count((True, False)), pairs.count((False, True)), e))
    wrong = [each for each in judged if each[0] + each[1]]
    wrong.sort(key=lambda each: -each[0] - each[1])
    rows = [
        row(in_line(e.name), e.split, number(missed), number(invented), leads.of(e, task))
        for missed, invented, e in wrong[: MOST_ROWS // 3]
    ]
    noun, numbers = "node" if isinstance(task, NodeTask) else "graph", ("missed", "invented")
    head = heads(noun, "split", *numbers, "see how it came about", numbers=numbers)
    if rows:
        caption = f"Of {len(wrong)} {noun}s with a wrong label the {len(rows)} with the most"
        yield table(caption, head, element("tbody", *rows))


def link_parts(model: Module, task: LinkTask, leads: Leads) -> Iterator[Part]:
    """The section on links: the pairs of val and test whose probability is farthest from what is right."""
    z = evaluate(model, task.graph)
    judged = []
    for split in [split for split in task.split.positive if split != "train"]:
        for linked, part in ((1, task.split.positive), (0, task.split.negative)):
            with no_grad():
                found = [logit.sigmoid().data for logit in decode(z, part[split])]
            judged += [(abs(linked - p), linked, p, pair, split) for pair, p in zip(part[split], found)]
    judged.sort(key=lambda each: (-each[0], each[3]))
    names = [in_line(name) for name in task.graph.node_ids or range(task.graph.num_nodes)]
    rows = [
        row(
            f"{names[u]}, {names[v]}", split, "linked" if linked else "not linked", number(f"{p:.3f}"),
            leads.of_pair(task.graph, (u, v)),
        )
        for _, linked, p, (u, v), split in judged[: MOST_ROWS // 3]
    ]  # fmt: skip
    columns = ("pair", "split", "right", "probability of a link", "see how it came about")
    head = heads(*columns, numbers=["probability of a link"])
    caption = f"Of {len(judged)} pairs of val and test the {len(rows)} farthest from what is right"
    yield "pairs", "Pairs", [table(caption, head, element("tbody", *rows))]
