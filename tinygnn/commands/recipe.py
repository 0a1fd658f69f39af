"""`tinygnn recipe`: training runs with the settings of papers."""

from __future__ import annotations

import argparse
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from statistics import fmean
from typing import Any

from tinygnn.commands import train
from tinygnn.commands.options import add_settings, settings_of
from tinygnn.commands.source import load_graphs
from tinygnn.commands.summary import spread
from tinygnn.cross_validation import best_of_mean_curve, cross_validate
from tinygnn.history import History
from tinygnn.recipe import recipe_names, recipe_settings, recipe_text, recipe_title


def add_parser(commands: Any) -> None:
    """Add the command and its arguments."""
    parser = commands.add_parser("recipe", help="train with the settings of a paper")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="say which recipes there are")
    listing.set_defaults(run=run_list)
    show = actions.add_parser("show", help="print a recipe, a TOML file that train --config takes")
    show.add_argument("name", metavar="NAME")
    show.set_defaults(run=run_show)
    running = actions.add_parser("run", help="train; every setting of train may be given over the recipe's")
    running.add_argument("name", metavar="NAME")
    running.add_argument(
        "--folds", type=int, metavar="K", help="cross-validation instead of the recipe's split, for graphs"
    )
    add_settings(running, config=False)
    train.add_outputs(running)
    running.set_defaults(run=run)


def run_list(options: argparse.Namespace) -> int:
    """Print a line for each recipe."""
    width = max(map(len, recipe_names()))
    for name in recipe_names():
        print(f"{name:{width}}  {recipe_title(name)}")
    return 0


def run_show(options: argparse.Namespace) -> int:
    """Print the file of a recipe."""
    print(recipe_text(options.name), end="")
    return 0


def run(options: argparse.Namespace) -> int:
    """Train as `tinygnn train --config RECIPE` does, or once for each fold; PyG may fetch the data."""
    with tempfile.TemporaryDirectory() as folder:
        options.config = Path(folder, f"{options.name}.toml")
        options.config.write_text(recipe_text(options.name), encoding="utf-8")
        if "source" not in options:
            source = recipe_settings(options.name).source
            options.source = import_module("tinygnn.adapters").present_or_download(source)
            if options.source != source:
                where = "TINYGNN_DATA names no folder with its files"
                print(f"{source}: {where}, so PyG downloads it: {options.source}", file=sys.stderr)
        return train.run(options) if options.folds is None else run_folds(options)


def run_folds(options: argparse.Namespace) -> int:
    """Train once for each fold and print the best epoch of the mean curve."""
    settings = settings_of(options)
    for given in ("out", "json"):
        if getattr(options, given):
            raise ValueError(f"--{given} and --folds do not go together")

    def show(fold: int, history: History) -> None:
        last = history[-1].metrics["test"]["accuracy"]
        print(
            f"fold {fold + 1}: accuracy on test {last:.3f} after {len(history) - 1} epochs", file=sys.stderr
        )

    histories = cross_validate(settings, load_graphs(settings), options.folds, show)
    epoch, numbers = best_of_mean_curve(histories)
    print(f"{options.folds} folds, epoch {epoch}, the best of the mean curve (there is no test set):")
    print(f"accuracy on held-out graphs {fmean(numbers):.3f} ± {spread(numbers):.3f}")
    return 0
