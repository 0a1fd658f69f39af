"""`History`: what each epoch of a training run showed; `TrainingState`: all that it needs to go on."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import isfinite, nan
from typing import Any

from tinygnn import notebook

SMALLER_IS_BETTER = {"loss", "mae", "mse", "rmse"}


@dataclass(frozen=True)
class Epoch:
    """What one epoch showed.

    number: how many epochs the weights have been trained for; 0 shows the model as it starts. loss:
    the mean training loss of the epoch's batches, while the weights changed; for epoch 0 the loss on
    the train split. metrics: by split and name, of the weights at the end of the epoch, in evaluation:
    epoch.metrics["val"]["accuracy"]. lr: the learning rate of the epoch. seconds: how long it took,
    which is no part of equality.
    """

    number: int
    loss: float
    metrics: dict[str, dict[str, float]]
    lr: float = nan
    seconds: float = field(default=0.0, compare=False)

    def row(self) -> dict[str, float]:
        """All numbers by one name each, as "val_accuracy": a row of a table."""
        flat = {f"{split}_{name}": x for split, part in self.metrics.items() for name, x in part.items()}
        return {"epoch": self.number, "loss": self.loss, **flat, "lr": self.lr, "seconds": self.seconds}


@dataclass
class History:
    """The epochs of a training run: history[k] is epoch k, history[-1] the last.

    monitor: the number that says which epoch is best, a name in `Epoch.row()` such as "val_loss"; None
    where nothing is watched. Losses and errors are better when smaller, all others when larger. Of equal
    epochs the first is the best; nan is never better.

    >>> history = History("val_loss")
    >>> for number, loss in enumerate([0.7, 0.4, 0.5, 0.4]):
    ...     better = history.add(Epoch(number, 1.0, {"val": {"loss": loss}}))
    >>> history.best.number, history.waited
    (1, 2)
    """

    monitor: str | None = None
    epochs: list[Epoch] = field(default_factory=list)
    best_epoch: int | None = None

    def add(self, epoch: Epoch) -> bool:
        """Add an epoch; return whether it is better than all before. ValueError if it lacks the monitor."""
        if self.monitor is not None and self.monitor not in epoch.row():
            known = [name for name in epoch.row() if name not in ("epoch", "lr", "seconds")]
            raise ValueError(f"monitor is {self.monitor!r}: choose from {', '.join(known)}")
        self.epochs.append(epoch)
        better = self.monitor is not None and self._is_better(epoch)
        if better:
            self.best_epoch = epoch.number
        return better

    def _is_better(self, epoch: Epoch) -> bool:
        value, best = self.monitored(epoch), self.best
        if best is None:
            return value == value
        if is_smaller_better(str(self.monitor)):
            return value < self.monitored(best)
        return value > self.monitored(best)

    def monitored(self, epoch: Epoch) -> float:
        """The epoch's monitored number, nan where nothing is watched."""
        return nan if self.monitor is None else epoch.row()[self.monitor]

    @property
    def best(self) -> Epoch | None:
        """The best epoch; None where nothing is watched, or all of it is nan."""
        return None if self.best_epoch is None else self.epochs[self.best_epoch]

    @property
    def waited(self) -> int:
        """How many epochs have passed since the best one, or since the first where there is none."""
        return len(self.epochs) - 1 - (self.best_epoch or 0)

    def _repr_html_(self) -> str:
        """What a notebook shows: the first epoch, the best and the last, and the curve of the loss."""
        if not self.epochs:
            return notebook.table("History: no epoch yet", [])
        best = [("best", self.best)] if self.best is not None else []
        shown = [("first", self.epochs[0]), *best, ("last", self.epochs[-1])]
        columns = [name for name in self.epochs[0].row() if name != "seconds"]
        rows = [
            [kind, *[notebook.short(epoch.row().get(name, nan)) for name in columns]] for kind, epoch in shown
        ]
        caption = f"History: {len(self.epochs) - 1} epochs, and 0 before the first"
        curve = notebook.sparkline([epoch.loss for epoch in self.epochs], "the loss of each epoch")
        return notebook.table(caption, rows, head=("", *columns)) + curve

    def __len__(self) -> int:
        return len(self.epochs)

    def __iter__(self) -> Iterator[Epoch]:
        return iter(self.epochs)

    def __getitem__(self, number: int) -> Epoch:
        return self.epochs[number]


def is_smaller_better(monitor: str) -> bool:
    """Whether a monitored number, as "val_loss", gets better when it gets smaller."""
    return monitor.rsplit("_", 1)[-1] in SMALLER_IS_BETTER


@dataclass
class TrainingState:
    """All that `fit` itself needs to go on after an epoch as if it had never stopped.

    history: what has been so far. rng: the only source of fit's own randomness, which are the order of
    batches and negative samples (dropout draws from the model's generators). best_weights: the
    state_dict of the best epoch, None where nothing is watched; it is not in `to_json`.

    >>> state = TrainingState.of(seed=0)
    >>> TrainingState.from_json(state.to_json()) == state
    True
    """

    history: History
    rng: random.Random
    best_weights: dict[str, Any] | None = None

    @classmethod
    def of(cls, *, seed: int = 0, monitor: str | None = None) -> TrainingState:
        """The state before anything was trained."""
        return cls(History(monitor), random.Random(seed))

    @property
    def epoch(self) -> int:
        """The last epoch that ended; -1 before epoch 0."""
        return len(self.history) - 1

    @property
    def last(self) -> Epoch:
        """What the last epoch showed."""
        return self.history[-1]

    @property
    def improved(self) -> bool:
        """Whether the last epoch is the best so far."""
        return self.history.best_epoch == self.epoch >= 0

    def to_json(self) -> dict[str, Any]:
        """Plain dicts, lists and numbers, exact; nan and inf, which JSON does not have, as text."""
        version, words, gauss = self.rng.getstate()
        epochs = [
            {"number": e.number, "loss": e.loss, "metrics": e.metrics, "lr": e.lr, "seconds": e.seconds}
            for e in self.history
        ]
        return {
            "monitor": self.history.monitor,
            "best_epoch": self.history.best_epoch,
            "epochs": _as_text(epochs),
            "rng": [version, list(words), gauss],
        }

    @classmethod
    def from_json(cls, saved: dict[str, Any], best_weights: dict[str, Any] | None = None) -> TrainingState:
        """The state that `to_json` gave; the best weights are kept elsewhere and given here."""
        epochs = [
            Epoch(
                int(e["number"]),
                float(e["loss"]),
                {split: {k: float(x) for k, x in part.items()} for split, part in e["metrics"].items()},
                float(e["lr"]),
                float(e["seconds"]),
            )
            for e in saved["epochs"]
        ]
        rng = random.Random()
        version, words, gauss = saved["rng"]
        rng.setstate((version, tuple(words), gauss))
        return cls(History(saved["monitor"], epochs, saved["best_epoch"]), rng, best_weights)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TrainingState):
            return NotImplemented
        same_rng = self.rng.getstate() == other.rng.getstate()
        return same_rng and self.history == other.history and self.best_weights == other.best_weights


def _as_text(value: Any) -> Any:
    """The value with every nan and inf as text."""
    if isinstance(value, dict):
        return {name: _as_text(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [_as_text(entry) for entry in value]
    return str(value) if isinstance(value, float) and not isfinite(value) else value
