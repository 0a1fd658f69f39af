"""`tinygnn report`: a run as one page of HTML."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from tinygnn.commands.trained import Trained, graphs_for, runs_in, settings_for
from tinygnn.experiment import make_task
from tinygnn.files import write_atomically
from tinygnn.history import History
from tinygnn.report import report
from tinygnn.run_folder import RunFolder, fingerprint, load_checkpoint


def add_parser(commands: Any) -> None:
    """Add the command and its arguments."""
    parser = commands.add_parser("report", help="a page on a run: results, curves, what is wrong")
    parser.add_argument("folder", metavar="RUN", type=Path, help="the folder that train --out made")
    parser.add_argument(
        "-o", "--output", metavar="PAGE.html", type=Path, default=Path("report.html"),
        help="where the page goes (report.html)",
    )  # fmt: skip
    parser.set_defaults(run=run, source=None, nodes=None, label=None, features=None)


def run(options: argparse.Namespace) -> int:
    """Write the page."""
    folders = runs_in(options.folder)
    if len(folders) > 1:
        raise ValueError(f"{options.folder} holds {len(folders)} runs: choose one, as {folders[0]}")
    trained = Trained.load(folders[0])
    settings = settings_for(trained, options)
    notes = [f"{settings.source}: {trained.task}, the weights of epoch {trained.epoch}."]
    graphs = graphs_for(trained, settings, notes)
    if fingerprint(graphs) != trained.checkpoint.notes["data"]:
        notes.append(f"{settings.source} holds other data than the run was trained on.")
    text = report(
        trained.model,
        make_task(settings, graphs, notes),
        history_of(folders[0], trained),
        settings=settings.to_dict(),
        title=str(options.folder),
        run=str(folders[0] if folders[0].is_dir() else folders[0].parent),
        notes=notes,
    ).encode()
    write_atomically(options.output, text)
    print(f"{options.folder} -> {options.output} ({len(text) / 1000:.0f} kB)")
    return 0


def history_of(folder: Path, trained: Trained) -> History:
    """All epochs of the run, those after the best one too where the last checkpoint is there."""
    last = RunFolder(folder).last
    checkpoint = load_checkpoint(last) if folder.is_dir() and last.exists() else trained.checkpoint
    return History() if checkpoint.training is None else checkpoint.training.history
