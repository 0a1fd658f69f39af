"""`tinygnn report`: a run as one page of HTML."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from statistics import fmean
from typing import Any
from urllib.parse import quote

from tinygnn.checkpoint import Checkpoint
from tinygnn.commands.subject import Asked, ExplainedRun
from tinygnn.commands.summary import over_runs, spread
from tinygnn.commands.trained import Trained, graphs_for, runs_in, settings_for
from tinygnn.experiment import make_task
from tinygnn.explain.page import page_of
from tinygnn.explain.subject import Subject
from tinygnn.files import write_atomically
from tinygnn.history import History
from tinygnn.link_prediction import LinkTask
from tinygnn.report import report
from tinygnn.report.runs import RunResult, runs_report
from tinygnn.run_folder import RunFolder, fingerprint, load_checkpoint
from tinygnn.tasks import GraphTask, Metrics, NodeTask
from tinygnn.web_page import counted

PAGES = 3


def add_parser(commands: Any) -> None:
    """Add the command and its arguments."""
    parser = commands.add_parser("report", help="a page on a run: results, curves, what is wrong")
    parser.add_argument("folder", metavar="RUN", type=Path, help="the folder that train --out made")
    parser.add_argument(
        "-o", "--output", metavar="PAGE.html", type=Path, default=Path("report.html"),
        help="where the page goes (report.html)",
    )  # fmt: skip
    parser.add_argument(
        "--explain", metavar="N", type=int, default=PAGES,
        help="for the N examples that are most wrong write the pages of tinygnn explain too, in a folder "
        f"beside the page, which links to them ({PAGES})",
    )  # fmt: skip
    parser.set_defaults(run=run, source=None, nodes=None, label=None, features=None)


def run(options: argparse.Namespace) -> int:
    """Write the page; of several runs one on all of them, and one on each in a folder beside it."""
    if options.output.is_dir():
        raise ValueError(f"{options.output} is a folder: name a file for the page")
    if options.explain < 0:
        raise ValueError(f"--explain {options.explain}: give how many pages to write, from 0 on")
    folders = runs_in(options.folder)
    pages = pages_beside(options.output)
    if len(folders) == 1:
        _, count = write_report(folders[0], options, options.output, str(options.folder))
    else:
        pages.mkdir(exist_ok=True)
        results, count = [], len(folders)
        for folder in folders:
            file = pages / f"{folder.name}.html"
            evaluate, more = write_report(folder, options, file, str(folder))
            count += more
            results.append(RunResult(folder.name, evaluate(), quote(f"{pages.name}/{file.name}")))
        metrics_of_runs = [result.metrics for result in results]
        text = runs_report(
            results, over_runs(metrics_of_runs, fmean), over_runs(metrics_of_runs, spread),
            settings=RunFolder(options.folder).settings().to_dict(), title=str(options.folder),
        )  # fmt: skip
        write_atomically(options.output, text.encode())
    beside = f", and {counted(count, 'page')} in {pages}" if count else ""
    print(f"{options.folder} -> {options.output} ({options.output.stat().st_size / 1000:.0f} kB){beside}")
    return 0


def write_report(
    folder: Path, options: argparse.Namespace, output: Path, title: str
) -> tuple[Callable[[], Metrics], int]:
    """Write the page of one run; return what gives its metrics, and how many examples got a page."""
    trained = Trained.load(folder)
    settings = settings_for(trained, options)
    notes = [f"{settings.source}: {trained.task}, the weights of epoch {trained.epoch}."]
    graphs = graphs_for(trained, settings, notes)
    most = options.explain
    if fingerprint(graphs) != trained.checkpoint.notes["data"]:
        notes.append(f"{settings.source} holds other data than the run was trained on.")
        most = 0
    pages = Pages(folder, trained.checkpoint, pages_beside(output), most, notes)
    task = make_task(settings, graphs, notes)
    text = report(
        trained.model,
        task,
        history_of(folder, trained),
        settings=settings.to_dict(),
        title=title,
        run=str(folder),
        page_of=pages.address,
        notes=notes,
    )
    write_atomically(output, text.encode())
    return partial(task.evaluate, trained.model), len(pages.written)


def pages_beside(output: Path) -> Path:
    """The folder for the pages that a page links to."""
    return output.parent / f"{output.stem}-pages"


@dataclass
class Pages:
    """The pages of `explain` for the first examples that ask for one, in a folder; each is written once.

    notes: gets the reason where there are none, as of a model that passes no messages.
    """

    run: Path
    checkpoint: Checkpoint
    folder: Path
    most: int
    notes: list[str]
    written: dict[tuple[int, ...], str] = field(default_factory=dict)

    def address(self, *numbers: int) -> str | None:
        """The address, seen from beside the folder, of the page of a node, a graph or a pair of nodes."""
        if numbers not in self.written and len(self.written) < self.most:
            try:
                self.written[numbers] = self._write(*numbers)
            except ValueError as error:
                self.most = 0
                self.notes.append(f"No example has a page of its own: {error}.")
        return self.written.get(numbers)

    def _write(self, first: int, other: int | None = None) -> str:
        task = self._run.experiment.task
        noun = "pair" if isinstance(task, LinkTask) else "graph" if isinstance(task, GraphTask) else "node"
        name = f"{noun}-{first}.html" if other is None else f"{noun}-{first}-{other}.html"
        node = 0 if noun == "graph" else first
        text = page_of(self._subject(first, other), node)
        self.folder.mkdir(exist_ok=True)
        write_atomically(self.folder / name, text.encode())
        return quote(f"{self.folder.name}/{name}")

    def _subject(self, first: int, other: int | None) -> Subject:
        if isinstance(self._run.experiment.task, NodeTask):
            return self._of_nodes
        asked = Asked(first) if other is None else Asked(node=first, other=other)
        return self._run.subject(self.checkpoint, asked)

    @cached_property
    def _run(self) -> ExplainedRun:
        return ExplainedRun.of(self.run, self.checkpoint, {})

    @cached_property
    def _of_nodes(self) -> Subject:
        return self._run.subject(self.checkpoint, Asked())


def history_of(folder: Path, trained: Trained) -> History:
    """All epochs of the run, those after the best one too where the last checkpoint is there."""
    last = RunFolder(folder).last
    checkpoint = load_checkpoint(last) if folder.is_dir() and last.exists() else trained.checkpoint
    return History() if checkpoint.training is None else checkpoint.training.history
