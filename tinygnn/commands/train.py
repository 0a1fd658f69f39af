"""`tinygnn train`: train a model on a graph, or on many."""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import asdict, replace
from typing import Any

from tinygnn.commands.arguments import finite
from tinygnn.commands.options import add_settings, settings_of
from tinygnn.commands.source import load_graphs
from tinygnn.commands.summary import Run, print_run, print_runs, run_facts, runs_facts
from tinygnn.experiment import Experiment
from tinygnn.progress import training_progress


def add_parser(commands: Any) -> None:
    """Add the command and its arguments."""
    parser = commands.add_parser("train", help="train a model on a graph, or on many")
    add_settings(parser)
    parser.add_argument("--json", action="store_true", help="print the result as one JSON object")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Train on the source's graphs; print progress to stderr and the summary to stdout."""
    settings = settings_of(options)
    graphs = load_graphs(settings)
    runs: list[Run] = []
    for seed in range(settings.seed, settings.seed + settings.runs):
        experiment = Experiment.of(replace(settings, seed=seed, runs=1), graphs)
        for note in experiment.notes:  # after the settings are known to be right: an error is one line
            if seed == settings.seed or "seed" in note:
                print(note, file=sys.stderr)
        started = time.perf_counter()
        with training_progress(settings.epochs) as show:
            history = experiment.fit([show])
        runs.append(Run(experiment, history, time.perf_counter() - started))
        if settings.runs > 1 and not options.json:
            print_run(runs[-1], brief=True)
    if options.json:
        facts = run_facts(runs[0]) if settings.runs == 1 else runs_facts(runs)
        print(json.dumps(finite({"settings": asdict(settings), **facts}), allow_nan=False))
    elif settings.runs == 1:
        print_run(runs[0])
    else:
        print_runs(runs)
    return 0
