"""`tinygnn train`: train a model on a graph, or on many."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import time
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from tinygnn.commands.interrupt import interrupt
from tinygnn.commands.options import add_settings, settings_of
from tinygnn.commands.source import load_graphs
from tinygnn.commands.summary import Run, finite, print_run, print_runs, run_facts, runs_facts
from tinygnn.experiment import Experiment
from tinygnn.history import History, TrainingState
from tinygnn.progress import training_progress
from tinygnn.recorder import Recorder, is_over
from tinygnn.run_folder import RunFolder
from tinygnn.settings import TrainSettings

INTERRUPTED = 130  # the exit status of a program that Ctrl-C ended


def add_parser(commands: Any) -> None:
    """Add the command and its arguments."""
    parser = commands.add_parser("train", help="train a model on a graph, or on many")
    add_settings(parser)
    add_outputs(parser)
    parser.set_defaults(run=run)


def add_outputs(parser: argparse.ArgumentParser) -> None:
    """Add what says where the results go."""
    parser.add_argument("--out", metavar="DIR", help="keep settings, metrics and checkpoints in a folder")
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint in --out")
    parser.add_argument("--json", action="store_true", help="print the result as one JSON object")


def run(options: argparse.Namespace) -> int:
    """Train on the source's graphs; print progress to stderr and the summary to stdout."""
    if options.resume and options.out is None:
        raise ValueError("--resume needs --out DIR, the folder of the run to go on with")
    folder = None if options.out is None else RunFolder(Path(options.out))
    settings = settings_of(options, kept_settings(folder, options))
    if settings.keep_every is not None and folder is None:
        raise ValueError("keep_every needs --out DIR, the folder for the checkpoints")
    graphs = load_graphs(settings)
    runs: list[Run] = []
    with ExitStack() as locks:
        for seed in range(settings.seed, settings.seed + settings.runs):
            experiment = Experiment.of(replace(settings, seed=seed, runs=1), graphs)
            own = folder
            if folder is not None and not runs:  # after the settings are known to be right
                folder.begin(settings, resume=options.resume)
                locks.enter_context(folder.lock())
            if folder is not None and settings.runs > 1:
                own = folder.of_seed(seed)
                own.begin(experiment.settings, resume=options.resume)
            for note in experiment.notes:  # likewise: an error is one line
                if not runs or "seed" in note:
                    print(note, file=sys.stderr)
            started = time.perf_counter()
            history = train_one(experiment, own, resume=options.resume, command=resume_command(folder))
            if history is None:
                return INTERRUPTED
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


def kept_settings(folder: RunFolder | None, options: argparse.Namespace) -> TrainSettings | None:
    """The settings of the run that is resumed, which need not be said again."""
    if folder is None or not options.resume or not folder.config.exists():
        return None
    return folder.settings()


def resume_command(folder: RunFolder | None) -> str:
    """What to type to go on."""
    return "" if folder is None else shlex.join(["tinygnn", "train", "--out", str(folder.path), "--resume"])


def train_one(
    experiment: Experiment, folder: RunFolder | None, *, resume: bool, command: str
) -> History | None:
    """Train, from the folder's last checkpoint on if there is one; None if Ctrl-C came before the end."""
    settings = experiment.settings
    if folder is None:
        try:
            with training_progress(settings.epochs) as show:
                return experiment.fit([show])
        except KeyboardInterrupt:
            print("tinygnn: interrupted; without --out DIR nothing is kept to go on from", file=sys.stderr)
            return None
    state = folder.restore(experiment)
    if resume:
        print(f"{folder.path}: {where(state, settings)}", file=sys.stderr)
    try:
        with interrupt() as stop, training_progress(settings.epochs) as show:
            recorder = Recorder(folder, experiment, state, stop=stop)
            history = experiment.fit([show, recorder], state)
            recorder.close(history)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise ValueError(f"{error}; once that is mended, go on with: {command}") from error
    if is_over(history, settings):
        return history
    print(f"tinygnn: interrupted after epoch {len(history) - 1}; go on with: {command}", file=sys.stderr)
    return None


def where(state: TrainingState | None, settings: TrainSettings) -> str:
    """Where a run goes on, in words."""
    if state is None:
        return "no checkpoint yet, from the start"
    if is_over(state.history, settings):
        return f"finished with epoch {state.epoch} before, nothing is left to do"
    return f"going on after epoch {state.epoch}"
