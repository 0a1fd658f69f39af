"""`RunFolder`: the files of a training run, and how to go on from them."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from tinygnn.checkpoint import Checkpoint
from tinygnn.experiment import Experiment
from tinygnn.files import sync_folder, write_atomically
from tinygnn.graph import Graph
from tinygnn.history import TrainingState
from tinygnn.settings import TrainSettings

DATA = (
    "num_nodes",
    "edge_index",
    "x",
    "y",
    "edge_weight",
    "edge_attr",
    "train_mask",
    "val_mask",
    "test_mask",
)


@dataclass(frozen=True)
class RunFolder:
    """The folder of a training run.

        config.toml          the settings
        metrics.csv          a row for each epoch
        last.safetensors     the last checkpoint
        best.safetensors     the checkpoint of the best epoch, of the last one where nothing is watched
        curves.svg           the metrics drawn, once training has stopped
        epochs/000020.safetensors   with keep_every the checkpoint of epoch 20, and of others

    Each checkpoint is whole in itself. That of a new best epoch is written first, then the last one, which
    names the digest of the best: a crash between the two leaves a best one that is the newest, and training
    goes on from there. metrics.csv and curves.svg follow from the checkpoint and are made again from it.
    Checkpoints in epochs/ are for looking back: training never reads them, and writes the same again.
    """

    path: Path

    @property
    def config(self) -> Path:
        return self.path / "config.toml"

    @property
    def metrics(self) -> Path:
        return self.path / "metrics.csv"

    @property
    def best(self) -> Path:
        return self.path / "best.safetensors"

    @property
    def last(self) -> Path:
        return self.path / "last.safetensors"

    @property
    def curves(self) -> Path:
        return self.path / "curves.svg"

    @property
    def epochs(self) -> Path:
        return self.path / "epochs"

    def of_epoch(self, number: int) -> Path:
        """The checkpoint that keep_every keeps of an epoch."""
        return self.epochs / f"{number:06}.safetensors"

    def kept(self) -> list[Path]:
        """The checkpoints in epochs/, in the order of the epochs."""
        return sorted(self.epochs.glob("[0-9]*.safetensors"))

    def present(self) -> list[str]:
        """The names of a run's files that are there, and of the folders of several runs."""
        files = (self.config, self.metrics, self.best, self.last, self.curves, self.epochs)
        return [file.name for file in (*files, *sorted(self.path.glob("seed-*"))) if file.exists()]

    def of_seed(self, seed: int) -> RunFolder:
        """The folder within this one for one run of several."""
        return RunFolder(self.path / f"seed-{seed}")

    # ---- settings -------------------------------------------------------------------------------------

    def settings(self) -> TrainSettings:
        """The settings of the run. Raises ValueError if the folder holds none."""
        if not self.config.exists():
            raise ValueError(f"{self.path} holds no run: it has no {self.config.name}")
        try:
            return TrainSettings.from_toml(self.config)
        except ValueError as error:
            text = str(error)
            raise ValueError(text if str(self.config) in text else f"{self.config}: {text}") from None

    def begin(self, settings: TrainSettings, *, resume: bool) -> None:
        """Make the folder of a run with these settings, or make sure that it holds one.

        Raises ValueError for a folder that holds a run, unless it is to be resumed, and then for one that
        was started with other settings.
        """
        if self.path.exists() and not self.path.is_dir():
            raise ValueError(f"{self.path} is a file: name a folder")
        present = self.present()
        if resume and self.config.exists():
            self.check(self.settings(), settings, self.config.name)
            return
        if present == [self.config.name]:
            self.settings()  # not somebody else's file; nothing was trained with these settings
        elif present and not resume:
            raise ValueError(
                f"{self.path} holds a run already ({', '.join(present)}): "
                "add --resume to go on with it, or name another folder"
            )
        elif present:
            raise ValueError(
                f"{self.path} holds {', '.join(present)} but no {self.config.name}: name another folder"
            )
        self.path.mkdir(parents=True, exist_ok=True)
        sync_folder(self.path.parent)
        write_atomically(self.config, settings.to_toml().encode())

    def check(self, kept: TrainSettings, settings: TrainSettings, where: str) -> None:
        """Raise ValueError, naming all settings that differ, unless they are those the run has."""
        old, new = kept.to_dict(), settings.to_dict()
        names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
        if names:
            differ = "; ".join([f"{name} is {new.get(name)!r} and was {old.get(name)!r}" for name in names])
            raise ValueError(
                f"{self.path} was started with other settings, says {where}: {differ}. "
                "Leave them out to go on with those it has, or name another folder"
            )

    def check_settings(self, checkpoint: Checkpoint, settings: TrainSettings, name: str) -> None:
        """Raise ValueError unless a checkpoint is of a run with these settings."""
        self.check(TrainSettings.from_dict(checkpoint.notes["settings"]), settings, f"the checkpoint {name}")

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keep the folder to this process while it trains; the system opens the lock when the process ends.

        Raises ValueError where another process holds it. Windows has no such lock, and none is made there.
        """
        try:
            import fcntl
        except ImportError:
            yield
            return
        descriptor = os.open(self.path, os.O_RDONLY)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise ValueError(f"another process is training in {self.path}: let it end first") from None
            yield
        finally:
            os.close(descriptor)

    # ---- checkpoints ----------------------------------------------------------------------------------

    def restore(self, experiment: Experiment) -> TrainingState | None:
        """Give an experiment the state of the newest checkpoint; None, and nothing changed, without any.

        Afterwards both checkpoints are there, as far as there is a best epoch: what a crash between the two
        left undone is done. Raises ValueError for checkpoints that are damaged, of other settings or data,
        or do not belong together.
        """
        best, last = (load_checkpoint(file) if file.exists() else None for file in (self.best, self.last))
        newest, file = last, self.last
        if best is not None and (last is None or _state(best).epoch > _state(last).epoch):
            newest, file = best, self.best
        if newest is None:
            return None
        state, data = _state(newest), fingerprint(experiment.graphs)
        for checkpoint, name in ((last, self.last.name), (best, self.best.name)):
            if checkpoint is None:
                continue
            self.check_settings(checkpoint, experiment.settings, name)
            if checkpoint.notes["data"] != data:
                raise ValueError(
                    f"{experiment.settings.source} holds other data than when {self.path / name} was "
                    "written: bring back what it held, or name another folder"
                )
        number = state.history.best_epoch
        if number is None:
            pass
        elif number == state.epoch:
            state.best_weights = newest.weights
            replace_file(self.best if file == self.last else self.last, file.read_bytes())
        elif best is None:
            raise ValueError(
                f"{self.best} is missing, the weights of epoch {number}: "
                "bring it back, or name another folder"
            )
        elif digest(self.best.read_bytes()) != newest.notes["best"]:
            raise ValueError(
                f"{self.best} and {file.name} are of different runs: bring back the one that belongs to "
                "the other, or name another folder"
            )
        else:
            state.best_weights = best.weights
        newest.restore(experiment.model, experiment.optimizer, experiment.scheduler)
        return state

    def chosen(self) -> Path:
        """The checkpoint with the weights to be used: the best one, else the last."""
        for file in (self.best, self.last):
            if file.exists():
                return file
        raise ValueError(f"{self.path} holds no checkpoint yet: train first")


def load_checkpoint(file: Path) -> Checkpoint:
    """Read a checkpoint of a run. Raises ValueError for one that was made by other means."""
    checkpoint = Checkpoint.load(file)
    if checkpoint.training is None or not {"settings", "data", "best"} <= checkpoint.notes.keys():
        raise ValueError(f"{file} is no checkpoint of tinygnn train: name another")
    return checkpoint


def _state(checkpoint: Checkpoint) -> TrainingState:
    state = checkpoint.training
    if state is None:
        raise ValueError("the checkpoint holds no state of a training run")
    return state


def replace_file(file: Path, data: bytes) -> None:
    """Write a file unless it holds these bytes already."""
    if not file.exists() or file.read_bytes() != data:
        write_atomically(file, data)


def digest(data: bytes) -> str:
    """The sha256 of some bytes, in hexadecimal digits."""
    return sha256(data).hexdigest()


def fingerprint(graphs: Sequence[Graph]) -> str:
    """The sha256 of all numbers in graphs that training reads."""
    hashed = sha256()
    for graph in graphs:
        fields = {name: getattr(graph, name) for name in DATA}
        if "edge_type" in graph.edge_attrs:  # what RGCNConv reads
            fields["edge_type"] = graph.edge_attrs["edge_type"]
        for name, value in fields.items():
            hashed.update(f"\n{name}:".encode())
            for part in _bytes_of(value):
                hashed.update(part)
    return hashed.hexdigest()


def _bytes_of(value: Any) -> Iterator[bytes]:
    """The bytes of a field of a graph; rows of floats, of which there may be many, as they are."""
    if not isinstance(value, (list, tuple)):
        yield repr(value).encode()
        return
    for row in value:
        if isinstance(row, list) and set(map(type, row)) == {float}:
            yield array("d", row).tobytes()
        else:
            yield f"{row!r},".encode()
