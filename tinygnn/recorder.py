"""`Recorder`: the callback that keeps a training run in its folder while it goes on."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any, TextIO

from tinygnn.checkpoint import Checkpoint
from tinygnn.curves import draw_curves
from tinygnn.experiment import Experiment
from tinygnn.files import sync_folder, write_atomically
from tinygnn.history import Epoch, History, TrainingState
from tinygnn.run_folder import RunFolder, digest, fingerprint, replace_file
from tinygnn.settings import TrainSettings

SHARE = 0.1  # of the time goes to checkpoints at most; where they take longer, some epochs have none


class Recorder:
    """Writes a row of metrics after each epoch and a checkpoint after as many as there is time for.

    state: what `RunFolder.restore` gave. share: of the time that checkpoints may take. stop: asked after
    each epoch whether to stop there. The epoch with which training ends or is stopped has a checkpoint
    always. Those that the setting keep_every asks for are written before the last one is.

    The recorder is a callback of `fit`; `close` afterwards brings all files up to date.
    """

    def __init__(
        self,
        folder: RunFolder,
        experiment: Experiment,
        state: TrainingState | None = None,
        *,
        share: float = SHARE,
        stop: Callable[[], bool] = lambda: False,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.folder = folder
        self.experiment = experiment
        self.share = share
        self.stop = stop
        self.clock = clock
        self.next = clock()  # no checkpoint before
        self.stopped = False
        self.notes = {
            "settings": experiment.settings.to_dict(),
            "data": fingerprint(experiment.graphs),
            **facts(experiment),
        }
        self.new_best: Checkpoint | None = None  # not written yet
        self.best_digest: str | None = None
        self.rows: TextIO | None = None
        if state is not None:
            replace_file(folder.metrics, metrics_csv(state.history))
            if state.history.best_epoch is not None:
                self.best_digest = digest(folder.best.read_bytes())

    def __call__(self, state: TrainingState) -> bool:
        """Record the last epoch; return whether to stop."""
        self._add_row(state.last)
        if state.improved:
            self.new_best = self._checkpoint(state, None)
        self._keep(state)
        self.stopped = self.stop()
        if self.stopped or is_over(state.history, self.experiment.settings) or self.clock() >= self.next:
            self._save(state)
        return self.stopped

    def close(self, history: History) -> None:
        """Close metrics.csv, draw the curves, and see to it that a run that is over has best weights."""
        if self.rows is not None:
            os.fsync(self.rows.fileno())
            self.rows.close()
        if history.best_epoch is None and is_over(history, self.experiment.settings):
            replace_file(self.folder.best, self.folder.last.read_bytes())
        replace_file(self.folder.curves, draw_curves(history).encode())

    def _add_row(self, epoch: Epoch) -> None:
        """Where no disk takes the row, the next start makes it from the checkpoint."""
        if self.rows is None:
            if epoch.number == 0:
                write_atomically(self.folder.metrics, csv_line(header(epoch)).encode())
            self.rows = open(self.folder.metrics, "a", encoding="utf-8", newline="")  # noqa: SIM115
        self.rows.write(csv_line(row(epoch)))
        self.rows.flush()

    def _checkpoint(self, state: TrainingState, best: str | None) -> Checkpoint:
        experiment = self.experiment
        return Checkpoint.of(
            experiment.model,
            experiment.optimizer,
            experiment.scheduler,
            state,
            {**self.notes, "best": best},
            weights=state.best_weights if state.improved else None,
        )

    def _keep(self, state: TrainingState) -> None:
        """A checkpoint that stays, in the same bytes whenever the run was stopped and resumed."""
        settings = self.experiment.settings
        every = settings.keep_every
        if every is None or not (state.epoch % every == 0 or is_over(state.history, settings)):
            return
        file = self.folder.of_epoch(state.epoch)
        if not file.parent.exists():
            file.parent.mkdir()
            sync_folder(self.folder.path)
        replace_file(file, self._checkpoint(state, None).to_bytes())

    def _save(self, state: TrainingState) -> None:
        """The best checkpoint first, see `RunFolder`."""
        started = self.clock()
        data = b""
        if self.new_best is not None:
            data = self.new_best.to_bytes()
            write_atomically(self.folder.best, data)
            self.best_digest = digest(data)
            self.new_best = None
        if not state.improved:
            data = self._checkpoint(state, self.best_digest).to_bytes()
        write_atomically(self.folder.last, data)
        now = self.clock()
        self.next = now + (now - started) * (1.0 - self.share) / self.share


def is_over(history: History, settings: TrainSettings) -> bool:
    """Whether a run has trained for all its epochs, or for as many without a better one as it waits for."""
    waited_enough = settings.patience is not None and history.waited >= settings.patience
    return len(history) > settings.epochs or (waited_enough and len(history) > 0)


def facts(experiment: Experiment) -> dict[str, Any]:
    """What is needed to use the weights without the data that they were trained on."""
    names = experiment.graphs[0].class_names
    plain = None if names is None else [n if isinstance(n, (str, int, float)) else str(n) for n in names]
    return {
        "task": experiment.task.name,
        "in_channels": experiment.graphs[0].num_features,
        "outputs": experiment.task.outputs,
        "class_names": plain,
    }


# ---- metrics.csv --------------------------------------------------------------------------------------


def metrics_csv(history: History) -> bytes:
    """The whole file. It holds no times: runs that are stopped and resumed write the same bytes."""
    lines = [header(history[0]), *[row(epoch) for epoch in history]] if len(history) else []
    return "".join(map(csv_line, lines)).encode()


def header(epoch: Epoch) -> list[str]:
    return [name for name in epoch.row() if name != "seconds"]


def row(epoch: Epoch) -> list[str]:
    """Exact numbers: the shortest text that gives the same float64."""
    return [repr(number) for name, number in epoch.row().items() if name != "seconds"]


def csv_line(cells: list[str]) -> str:
    return ",".join(cells) + "\n"
