"""What a training run, or several with different seeds, came to: for people and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, nan
from statistics import fmean, stdev
from typing import Any

from tinygnn.experiment import Experiment
from tinygnn.history import Epoch, History
from tinygnn.tasks import Metrics, Task

NOUNS = {"node": "node", "graph": "graph", "link": "pair"}  # what the examples of a task are


@dataclass(frozen=True)
class Run:
    """A training run that is over."""

    experiment: Experiment
    history: History
    seconds: float

    @property
    def chosen(self) -> Epoch:
        """The epoch whose weights the model has: the best one, or the last where nothing is watched."""
        return self.history.best or self.history[-1]


def run_facts(run: Run) -> dict[str, Any]:
    """What `--json` says of one run; metrics are those of the weights that the model ended with."""
    history, experiment = run.history, run.experiment
    return {
        "graph": repr(experiment.graphs[0]) if len(experiment.graphs) == 1 else None,
        "graphs": len(experiment.graphs),
        "task": experiment.task.name,
        "model": repr(experiment.model),
        "parameters": len(experiment.model.parameters()),
        "examples": experiment.task.splits,
        "seed": experiment.settings.seed,
        "first_loss": history[0].loss,
        "loss": history[-1].loss,
        "monitor": history.monitor,
        "best_epoch": history.best_epoch,
        "metrics": run.chosen.metrics,
        "seconds": round(run.seconds, 3),
        "history": [{k: v for k, v in epoch.row().items() if k != "seconds"} for epoch in history],
    }


def runs_facts(runs: Sequence[Run]) -> dict[str, Any]:
    """What `--json` says of several runs: each of them, and mean and standard deviation of the metrics."""
    metrics = [run.chosen.metrics for run in runs]
    return {
        "runs": [run_facts(run) for run in runs],
        "mean": over_runs(metrics, fmean),
        "std": over_runs(metrics, spread),
    }


def over_runs(metrics: Sequence[Metrics], summarize: Any) -> Metrics:
    """One number for each metric on each split that every run has."""
    splits = [split for split in metrics[0] if all(split in run for run in metrics)]
    return {
        split: {name: summarize([run[split][name] for run in metrics]) for name in metrics[0][split]}
        for split in splits
    }


def spread(numbers: Sequence[float]) -> float:
    """The sample standard deviation √(Σ (x - mean)² / (n - 1)); nan of one number, or where one is nan."""
    if len(numbers) < 2 or any(number - number != 0.0 for number in numbers):
        return nan
    return stdev(numbers)


def print_run(run: Run, *, brief: bool = False) -> None:
    """The summary of a run; brief is one line of it."""
    experiment, history = run.experiment, run.history
    seed = experiment.settings.seed
    shown = shown_metrics(run.chosen.metrics)
    if brief:
        best = "" if history.best_epoch is None else f"  best epoch {history.best_epoch}"
        results = "  ".join([f"{split} {parts[0][1]:.3f}" for split, parts in shown.items()])
        print(f"seed {seed}: {len(history) - 1} epochs in {run.seconds:.2f} s  {results}{best}")
        return
    print_model(run)
    print(
        f"{len(history) - 1} epochs in {run.seconds:.2f} s: "
        f"loss {history[0].loss:.4f} -> {history[-1].loss:.4f}"
    )
    if history.best is not None and history.monitor != "epoch":
        value = history.monitored(history.best)
        print(f"best epoch {history.best_epoch} by {history.monitor} {value:.4f}, whose weights these are")
    for split, parts in shown.items():
        print_split(experiment.task, split, [(name, f"{number:.3f}") for name, number in parts])


def print_runs(runs: Sequence[Run]) -> None:
    """Mean and standard deviation over the runs; each has had its line."""
    print_model(runs[0])
    metrics = [run.chosen.metrics for run in runs]
    means, spreads = shown_metrics(over_runs(metrics, fmean)), shown_metrics(over_runs(metrics, spread))
    first, last = (runs[i].experiment.settings.seed for i in (0, -1))
    print(f"mean ± standard deviation over {len(runs)} runs, seeds {first} to {last}; {rule_of(runs[0])}")
    for split, parts in means.items():
        pairs = zip(parts, spreads[split])
        texts = [(name, f"{mean:.3f} ± {deviation:.3f}") for (name, mean), (_, deviation) in pairs]
        print_split(runs[0].experiment.task, split, texts)


def rule_of(run: Run) -> str:
    """Which epoch's weights a run ends with, in words."""
    monitor = run.history.monitor
    return "the last epoch" if monitor in (None, "epoch") else f"of each the epoch with the best {monitor}"


def print_split(task: Task, split: str, numbers: Sequence[tuple[str, str]]) -> None:
    """One line: the metrics of a split, and how many examples it has."""
    (name, number), *more = numbers
    texts = [f"{name} on {split:5} {number}", *[f"{name} {number}" for name, number in more]]
    count = task.splits[split]
    noun = NOUNS.get(task.name.split("-")[0], "example")
    print(f"{'  '.join(texts)}  ({count} {noun}{'s' if count != 1 else ''})")


def print_model(run: Run) -> None:
    """What was trained on, and what was trained."""
    experiment = run.experiment
    graphs = experiment.graphs
    data = str(graphs[0]) if len(graphs) == 1 else f"{len(graphs)} graphs, the first {graphs[0]}"
    size = len(experiment.model.parameters())
    print(f"{experiment.settings.source}: {data}")
    print(f"{experiment.model!r}, {size} parameters, seed {experiment.settings.seed}")


def shown_metrics(metrics: Metrics) -> dict[str, list[tuple[str, float]]]:
    """The metrics of each split but its loss, or its loss where there is nothing else."""
    return {
        split: [(name, x) for name, x in parts.items() if name != "loss"] or list(parts.items())
        for split, parts in metrics.items()
    }


def finite(value: Any) -> Any:
    """The value with null for every nan and inf, which JSON does not have."""
    if isinstance(value, dict):
        return {name: finite(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [finite(entry) for entry in value]
    return None if isinstance(value, float) and not isfinite(value) else value
