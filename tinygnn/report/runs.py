"""`runs_report`: one page on several runs that differ in their seed, which leads to the page of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tinygnn.report.page import shown
from tinygnn.tasks import Metrics
from tinygnn.web_page import (
    common_style,
    contents,
    counted,
    definitions,
    element,
    heads,
    number,
    page,
    row,
    section,
    table,
)


@dataclass(frozen=True)
class RunResult:
    """A run's name, its metrics on each split, and the address of its page."""

    name: str
    metrics: Metrics
    address: str


def runs_report(
    runs: Sequence[RunResult], mean: Metrics, std: Metrics, *, settings: Mapping[str, Any], title: str
) -> str:
    """The text of an HTML page: mean and standard deviation of each metric, and each run with its link.

    mean and std: over the runs, of the splits that all of them have.
    """
    columns = [(split, name) for split, part in mean.items() for name in part]
    summary = [row(split, name, *_two(mean[split][name], std[split][name])) for split, name in columns]
    names = [f"{split} {name}" for split, name in columns]
    each = [
        row(
            element("a", run.name, href=run.address),
            *[number(shown(run.metrics[split][name])) for split, name in columns],
        )
        for run in runs
    ]
    two = ("mean", "standard deviation")
    parts = [
        (
            "results",
            "Results",
            table(
                f"Over {counted(len(runs), 'run')}",
                heads("split", "metric", *two, numbers=two),
                element("tbody", *summary),
            ),
        ),
        (
            "runs",
            "Runs",
            table("Each run, with a page of its own", heads("run", *names, numbers=names),
                  element("tbody", *each)),
        ),
        (
            "settings",
            "Settings",
            definitions((element("code", key), element("code", value)) for key, value in settings.items()),
        ),
    ]  # fmt: skip
    heading = f"tinygnn report: {title}"
    return page(
        heading,
        element("header", element("h1", heading)),
        contents((key, name) for key, name, _ in parts),
        element("main", *[section(key, name, content) for key, name, content in parts]),
        style=common_style(),
    )


def _two(mean: float, std: float) -> list[Any]:
    return [number(shown(mean)), number(shown(std))]
