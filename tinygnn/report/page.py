"""`report`: one page of HTML on a training run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from typing import Any

from tinygnn.curves import UNITS, curves_style, draw_curves
from tinygnn.history import History
from tinygnn.link_prediction import LinkTask
from tinygnn.nn.module import Module
from tinygnn.report.classes import Part, class_parts
from tinygnn.report.examples import FindPage, Leads
from tinygnn.report.quantities import link_parts, multilabel_parts, regression_parts
from tinygnn.tasks import GraphTask, NodeTask, Task
from tinygnn.web_page import (
    Html,
    common_style,
    contents,
    counted,
    definitions,
    element,
    heads,
    number,
    page,
    row,
    scroller,
    section,
    table,
)  # fmt: skip


def report(
    model: Module,
    task: Task,
    history: History,
    *,
    settings: Mapping[str, Any] | None = None,
    title: str = "a run",
    run: str = "RUN",
    page_of: FindPage | None = None,
    notes: Sequence[str] = (),
) -> str:
    """The text of an HTML page on a model that was trained: one file that loads and runs nothing.

    It has the results on each split, the curves with the best epoch, and the settings; for classes the
    confusion matrices and what is misclassified, nodes on the graph; for numbers predictions over what is
    right and the largest errors; for links the pairs that are farthest from what is right. What is too
    large to be drawn is left out, and the page says what. run: the folder that the commands name. page_of:
    given a node, a graph or a pair of nodes by number, the address of a page of `explain` to lead to.

    >>> from tinygnn import GNN, Graph
    >>> from tinygnn.training import fit
    >>> graph = Graph(([0, 1, 1, 2], [1, 0, 2, 1]), x=[[1.0], [0.0], [2.0]], y=[0, 0, 1])
    >>> model, task = GNN("gcn", 1, 2, 2, 2, seed=0), NodeTask(graph, {"train": [True] * 3})
    >>> text = report(model, task, fit(model, graph, task=task, epochs=5))
    >>> "<h1>tinygnn report: a run</h1>" in text, "https:" in text
    (True, False)
    """
    parts: list[Part] = [
        ("results", "Results", [*results(model, task, history)]),
        ("curves", "Curves", [*curves(history)]),
        *task_parts(model, task, Leads(run) if page_of is None else Leads(run, page_of)),
        ("settings", "Settings", [*settings_parts(model, settings or {})]),
    ]
    heading = f"tinygnn report: {title}"
    return page(
        heading,
        element("header", element("h1", heading), *[element("p", note) for note in notes]),
        contents((key, name) for key, name, _ in parts),
        element("main", *[section(key, name, *content) for key, name, content in parts]),
        style=common_style()
        + curves_style(".curves ")
        + files("tinygnn.report").joinpath("report.css").read_text("utf-8"),
    )


def task_parts(model: Module, task: Task, leads: Leads) -> Iterator[Part]:
    """The sections that the task asks for."""
    if isinstance(task, LinkTask):
        yield from link_parts(model, task, leads)
    elif isinstance(task, (NodeTask, GraphTask)):
        kinds = {
            "classification": class_parts,
            "regression": regression_parts,
            "multilabel": multilabel_parts,
        }
        yield from kinds[task.objective.name](model, task, leads)


def results(model: Module, task: Task, history: History) -> Iterator[Html]:
    """The metrics on each split of the weights that the model has, and how training went."""
    metrics = task.evaluate(model)
    names = list(dict.fromkeys(name for part in metrics.values() for name in part))
    rows = [
        row(split, number(task.splits[split]), *[number(shown(part.get(name))) for name in names])
        for split, part in metrics.items()
    ]
    head = heads("split", "examples", *names, numbers=["examples", *names])
    yield table("Metrics by split", head, element("tbody", *rows))
    yield element("p", "; ".join([UNITS.get(name, name) for name in names]), ".", class_="soft")
    if len(history):
        yield element("p", *went(history))


def went(history: History) -> Iterator[str]:
    """How training went, in a sentence or two."""
    yield f"{counted(len(history) - 1, 'epoch')}: training loss "
    yield f"{history[0].loss:.4g} at the start, {history[-1].loss:.4g} at the end. "
    best = history.best
    if best is None or history.monitor == "epoch":
        yield "The weights are those of the last epoch."
    else:
        yield f"The weights are those of epoch {best.number}, the best by {history.monitor} "
        yield f"({history.monitored(best):.4g})."


def shown(x: float | None) -> str:
    """A metric in four digits."""
    return "–" if x is None else f"{x:.4f}" if 1e-3 <= abs(x) < 1e4 or x == 0.0 else f"{x:.4g}"


def curves(history: History) -> Iterator[Html]:
    """The curves, drawn; their numbers are in metrics.csv."""
    if len(history):
        yield element("div", scroller(Html(draw_curves(history, style=False)), "curves"), class_="curves")
    else:
        yield element("p", "No epoch was kept.")


def settings_parts(model: Module, settings: Mapping[str, Any]) -> Iterator[Html]:
    """The model and what decided the run."""
    yield element("p", element("code", repr(model)), f", {counted(len(model.parameters()), 'parameter')}.")
    yield definitions((element("code", name), element("code", value)) for name, value in settings.items())
