"""The recipes measured: tinygnn and PyG with the same settings, splits, selection rule and seeds.

    python -m benchmarks recipes [NAME ...] [--runs 5] [--results FILE.jsonl]

Each run is appended to the file of results when it is over; what stands there already is not run again, so
that a long measurement can be split and go on. The table is made from the file.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from benchmarks.table import as_text
from tinygnn.adapters import load, present_or_download
from tinygnn.experiment import Experiment
from tinygnn.recipe import recipe_names, recipe_settings
from tinygnn.settings import TrainSettings

# What the papers report for the test nodes, in per cent; the protocol of gin-mutag's is another one.
PUBLISHED = {
    "gcn-cora": "81.5",
    "sgc-cora": "81.0 ± 0.0",
    "gat-cora": "83.0 ± 0.7",
    "appnp-cora": "83.3 ± 0.5 (PyG)",
    "gin-mutag": "not comparable",
    "gcn-karate": "-",
}
REPORTED = ("test", "rest")  # splits, the first of these that there is
Record = dict[str, Any]


def main(arguments: list[str]) -> int:
    """Run what is missing and print the table."""
    options = parse(arguments)
    records = read(options.results)
    for name in options.names:
        settings = settings_of(name, options.epochs)
        graphs = None
        for seed in range(options.seed, options.seed + options.runs):
            for library in options.library:
                if find(records, name, library, seed, settings) is not None:
                    continue
                graphs = load(present_or_download(str(settings.source))) if graphs is None else graphs
                record = run(name, library, replace(settings, seed=seed), graphs)
                records.append(record)
                append(options.results, record)
                print(f"{name}, {library}, seed {seed}: {in_words(record)}", file=sys.stderr, flush=True)
    print(as_text(table(records, options)))
    return 0


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks recipes", description="Measure the recipes beside PyG."
    )
    known = recipe_names()
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"recipes: {', '.join(known)} (all)")
    parser.add_argument("--runs", type=int, default=5, metavar="N", help="seeds for each library (5)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="the first seed (0)")
    parser.add_argument("--epochs", type=int, metavar="N", help="instead of the recipe's, to try it out")
    parser.add_argument("--results", type=Path, metavar="FILE.jsonl", help="append runs here; go on from it")
    parser.add_argument(
        "--library", nargs="+", choices=list(LIBRARIES), default=list(LIBRARIES), help="only these (both)"
    )
    options = parser.parse_args(arguments)
    for name in options.names:
        if name not in known:
            parser.error(f"there is no recipe {name!r}: choose from {', '.join(known)}")
    if options.runs < 1:
        parser.error("--runs: at least 1")
    options.names = list(dict.fromkeys(options.names)) or known
    return options


def settings_of(name: str, epochs: int | None) -> TrainSettings:
    settings = recipe_settings(name)
    return settings if epochs is None else replace(settings, epochs=epochs)


def digest(settings: TrainSettings) -> str:
    """What the settings are, but for the seed: runs of other settings are not in the same table."""
    text = replace(settings, seed=0).to_toml()
    return hashlib.sha256(text.encode()).hexdigest()[:12]


# ---- one run --------------------------------------------------------------------------------------------


def run(name: str, library: str, settings: TrainSettings, graphs: list[Any]) -> Record:
    """Train once; say what the chosen epoch's weights reach on each split."""
    experiment = Experiment.of(settings, graphs)
    started = time.perf_counter()
    best_epoch, metrics = LIBRARIES[library](experiment)
    return {
        "recipe": name,
        "library": library,
        "seed": settings.seed,
        "epochs": settings.epochs,
        "monitor": experiment_monitor(experiment),
        "epoch": best_epoch,
        "accuracy": {split: parts["accuracy"] for split, parts in metrics.items()},
        "seconds": round(time.perf_counter() - started, 2),
        "settings": digest(settings),
        "with": versions(library),
    }


def experiment_monitor(experiment: Experiment) -> str | None:
    """What the epoch is chosen by; `fit` would watch val_loss where a split is there and nothing is said."""
    return experiment.settings.monitor or ("val_loss" if "val" in experiment.task.splits else None)


def run_tinygnn(experiment: Experiment) -> tuple[int, dict[str, dict[str, float]]]:
    history = experiment.fit()
    chosen = history.best or history[-1]
    return chosen.number, chosen.metrics


def run_pyg(experiment: Experiment) -> tuple[int, dict[str, dict[str, float]]]:
    from benchmarks.recipes_pyg import train

    return train(experiment, experiment_monitor(experiment))


LIBRARIES: dict[str, Callable[[Experiment], tuple[int, dict[str, dict[str, float]]]]] = {
    "tinygnn": run_tinygnn,
    "pyg": run_pyg,
}


def versions(library: str) -> str:
    python = f"{platform.python_implementation()} {platform.python_version()}"
    if library == "tinygnn":
        import tinygnn

        return f"tinygnn {tinygnn.__version__}, {python}"
    import torch
    import torch_geometric

    return f"torch_geometric {torch_geometric.__version__}, torch {torch.__version__}, {python}"


# ---- the file of results ---------------------------------------------------------------------------------


def read(path: Path | None) -> list[Record]:
    """The runs in a file; a last line that was cut off is left out, and will be run again."""
    if path is None or not path.exists():
        return []
    text = path.read_text(encoding="utf-8")
    return [
        json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n") and line.strip()
    ]


def append(path: Path | None, record: Record) -> None:
    """Add a run to the file, after the end of the last whole line."""
    if path is None:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab+") as file:
        file.seek(0)
        whole = file.read().rfind(b"\n") + 1
        file.truncate(whole)
        file.write(json.dumps(record).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def find(
    records: Iterable[Record], name: str, library: str, seed: int, settings: TrainSettings
) -> Record | None:
    """The run of this recipe, library and seed with these settings, if it was run."""
    wanted = (name, library, seed, digest(settings))
    for record in records:
        if (record["recipe"], record["library"], record["seed"], record["settings"]) == wanted:
            return record
    return None


# ---- the table -------------------------------------------------------------------------------------------


def table(records: list[Record], options: argparse.Namespace) -> list[list[str]]:
    """A row for each recipe: what was published, how the epoch was chosen, and what both libraries reach."""
    head = ["recipe", "published, %", "epoch chosen by", "split"]
    for library in LIBRARIES:
        head += [f"{library}, %", "runs", "s per run"]
    rows = [head]
    for name in options.names:
        settings = settings_of(name, options.epochs)
        of_recipe = [r for r in records if r["recipe"] == name and r["settings"] == digest(settings)]
        if not of_recipe:
            continue
        split = next(s for s in REPORTED if s in of_recipe[0]["accuracy"])
        monitor = of_recipe[0]["monitor"]
        row = [
            name,
            PUBLISHED.get(name, "-"),
            "the last" if monitor in (None, "epoch") else f"best {monitor}",
            split,
        ]
        for library in LIBRARIES:
            own = [r for r in of_recipe if r["library"] == library]
            numbers = [100.0 * r["accuracy"][split] for r in own]
            seconds = f"{fmean(r['seconds'] for r in own):.0f}" if own else "-"
            row += [mean_and_deviation(numbers), str(len(own)), seconds]
        rows.append(row)
    return rows


def mean_and_deviation(numbers: list[float]) -> str:
    """The mean and the sample standard deviation."""
    if not numbers:
        return "-"
    spread = f" ± {stdev(numbers):.1f}" if len(numbers) > 1 else ""
    return f"{fmean(numbers):.1f}{spread}"


def in_words(record: Record) -> str:
    parts = ", ".join(f"{split} {100 * number:.1f} %" for split, number in record["accuracy"].items())
    return f"{parts}; epoch {record['epoch']}, {record['seconds']:.0f} s"
