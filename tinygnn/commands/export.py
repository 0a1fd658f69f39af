"""`tinygnn export`: hand a trained model to PyTorch, as files that need no tinygnn."""

from __future__ import annotations

import argparse
from importlib import import_module
from pathlib import Path
from typing import Any

from tinygnn.commands.trained import Trained, runs_in

TO = ("torch",)


def add_parser(commands: Any) -> None:
    """Add the command and its arguments."""
    parser = commands.add_parser(
        "export", help="write a run's best model as a PyTorch module with its weights"
    )
    parser.add_argument("run_folder", metavar="RUN", type=Path, help="the folder that train --out made")
    parser.add_argument(
        "--to", choices=TO, required=True, help="torch: a module of PyG's layers, in plain code"
    )
    parser.add_argument("directory", metavar="DIR", type=Path, help="the folder to write, a new one")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write the folder; the adapters are looked for only now."""
    folders = runs_in(options.run_folder)
    if len(folders) > 1:
        raise ValueError(f"{options.run_folder} holds {len(folders)} runs: choose one, as {folders[0]}")
    trained = Trained.load(folders[0])
    export_torch = import_module("tinygnn.adapters").export_torch
    export_torch(trained.model, options.directory, in_channels=trained.checkpoint.notes["in_channels"])
    print(f"{trained.file}: {trained.model!r} of epoch {trained.epoch} -> {options.directory}")
    print(f"outputs agree; see for yourself: python {options.directory / 'model.py'}")
    return 0
