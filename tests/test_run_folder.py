"""The folder of a run: what is in it, going on to the same bytes, disks that fill up, and refusals."""

import csv
import errno
import os
import shutil
from contextlib import contextmanager, suppress

import pytest

from tinygnn import Graph, files, recorder, safetensors
from tinygnn.adapters import load
from tinygnn.checkpoint import Checkpoint
from tinygnn.experiment import Experiment
from tinygnn.recorder import Recorder, is_over, metrics_csv
from tinygnn.run_folder import RunFolder, fingerprint
from tinygnn.settings import TrainSettings

KARATE = {"source": "karate", "split": "0.4,0.3", "hidden": 4, "dropout": 0.4, "epochs": 12, "lr": 0.05}
# No two alike in what has a state: schedules, optimizers, random numbers, buffers, early stopping.
SETTINGS = {
    "plateau and patience": {"scheduler": "plateau:patience=0", "patience": 3, "monitor": "val_accuracy"},
    "step and sgd": {"scheduler": "step:step_size=3,gamma=0.5", "optimizer": "sgd", "lr": 0.5},
    "nothing watched": {"split": None, "optimizer": "rmsprop"},
    "two groups": {"weight_decay": 0.1, "weight_decay_first_only": True, "optimizer": "adamw"},
    "gat and clipping": {"model": "gat", "conv": "heads=2", "clip_norm": 0.1, "optimizer": "adagrad"},
    "links": {"task": "link", "split": "0.6,0.2", "scheduler": "cosine"},
    "graphs in another order each epoch": {
        "source": "graphs",
        "batch_size": 1,
        "split": "0.6,0.2",
        "epochs": 6,
    },
    "no epoch": {"epochs": 0},
    "epochs are kept": {"keep_every": 3, "patience": 5, "scheduler": "step:step_size=3,gamma=0.5"},
}


def graphs_of(settings):
    if settings.source == "karate":
        return load("karate")
    return [
        Graph(([0, 1, k % 3], [1, 0, 2]), x=[[float(k)], [1.0], [0.5]], y=[k % 2], y_level="graph")
        for k in range(10)
    ]


def settings_of(**changes):
    return TrainSettings.from_dict({k: v for k, v in {**KARATE, **changes}.items() if v is not None})


def go(folder, settings, *, resume=True, **options):
    """One start of a run; returns its history."""
    experiment = Experiment.of(settings, graphs_of(settings))
    folder.begin(settings, resume=resume)
    state = folder.restore(experiment)
    record = Recorder(folder, experiment, state, **options)
    history = experiment.fit([record], state)
    record.close(history)
    return history


def files_of(folder):
    return {
        str(path.relative_to(folder.path)): path.read_bytes()
        for path in folder.path.rglob("*")
        if path.is_file() and path.suffix != ".tmp"
    }


@pytest.fixture
def folder(tmp_path):
    return RunFolder(tmp_path / "run")


def test_a_run_leaves_five_files(folder):
    settings = settings_of()
    history = go(folder, settings, resume=False)
    assert sorted(files_of(folder)) == [
        "best.safetensors", "config.toml", "curves.svg", "last.safetensors", "metrics.csv"
    ]  # fmt: skip
    assert folder.settings() == settings
    with open(folder.metrics, newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == [
        "epoch", "loss", "train_loss", "train_accuracy", "val_loss", "val_accuracy", "test_loss",
        "test_accuracy", "lr",
    ]  # fmt: skip
    expected = [{k: v for k, v in e.row().items() if k != "seconds"} for e in history]
    assert [{name: float(text) for name, text in row.items()} for row in rows] == expected
    best, last = Checkpoint.load(folder.best), Checkpoint.load(folder.last)
    assert best.training.epoch == history.best_epoch and last.training.epoch == 12
    assert best.optimizer["state"][0]["step"] == history.best_epoch
    assert f"best epoch {history.best_epoch}" in folder.curves.read_text(encoding="utf-8")


def test_every_nth_epoch_is_kept_and_the_last_one_too(folder):
    settings = settings_of(keep_every=5)
    history = go(folder, settings, resume=False)
    assert [file.name for file in folder.kept()] == [
        "000000.safetensors", "000005.safetensors", "000010.safetensors", "000012.safetensors"
    ]  # fmt: skip
    for number in (0, 5, 10, 12):
        checkpoint = Checkpoint.load(folder.of_epoch(number))
        assert checkpoint.training.history.epochs == history.epochs[: number + 1]
        assert checkpoint.optimizer["state"][0].get("step", 0) == number
    last = Checkpoint.load(folder.last)
    assert Checkpoint.load(folder.of_epoch(12)).weights == last.weights
    assert "epochs" in folder.present()


def test_without_keep_every_no_epoch_is_kept(folder):
    go(folder, settings_of(epochs=1), resume=False)
    assert folder.kept() == [] and not folder.epochs.exists()


@pytest.mark.parametrize("changes", SETTINGS.values(), ids=SETTINGS.keys())
def test_stopped_after_every_epoch_a_run_ends_with_the_same_bytes(folder, tmp_path, changes):
    settings = settings_of(**changes)
    whole = RunFolder(tmp_path / "whole")
    straight = go(whole, settings)
    starts, history = 1, go(folder, settings, stop=lambda: True)
    while not is_over(history, settings):
        starts, history = starts + 1, go(folder, settings, stop=lambda: True)
    assert starts == len(straight) and history == straight
    assert files_of(folder) == files_of(whole)


def test_fewer_checkpoints_give_the_same_files(folder, tmp_path):
    often, seldom = RunFolder(tmp_path / "often"), folder
    written = {often: 0, seldom: 0}
    for one, share in ((often, 1.0), (seldom, 1e-9)):
        save = recorder.Recorder._save

        class Counting(Recorder):
            def _save(self, state, one=one, save=save):
                written[one] += 1
                save(self, state)

        settings = settings_of()
        experiment = Experiment.of(settings, graphs_of(settings))
        one.begin(settings, resume=False)
        record = Counting(one, experiment, share=share)
        record.close(experiment.fit([record]))
    assert written == {often: 13, seldom: 2}  # after the first epoch and the last
    assert files_of(often) == files_of(seldom)


def test_checkpoints_take_a_tenth_of_the_time(folder):
    """After one that took a second there is none for nine."""
    settings = settings_of(split=None)  # nothing is watched: one file for each checkpoint
    experiment = Experiment.of(settings, graphs_of(settings))
    folder.begin(settings, resume=False)
    times = iter([0.0, 0.0, 0.0, 1.0, 9.9, 10.0, 10.0, 11.0, *[11.0] * 20])
    record = Recorder(folder, experiment, share=0.1, clock=lambda: next(times))
    epochs = []
    experiment.fit([record, lambda _: epochs.append(Checkpoint.load(folder.last).training.epoch)])
    assert epochs == [0, 0, *[2] * 10, 12]


def test_a_finished_run_is_left_as_it_is(folder):
    settings = settings_of(patience=2)
    history = go(folder, settings)
    before, times = files_of(folder), {p.name: p.stat().st_mtime_ns for p in folder.path.iterdir()}
    assert go(folder, settings) == history
    assert files_of(folder) == before
    assert {p.name: p.stat().st_mtime_ns for p in folder.path.iterdir()} == times


@pytest.mark.parametrize("lost", ["metrics.csv", "curves.svg", "best.safetensors"])
def test_a_file_that_follows_from_the_last_checkpoint_is_made_again(folder, lost):
    settings = settings_of(split=None)
    go(folder, settings)
    before = files_of(folder)
    (folder.path / lost).unlink()
    go(folder, settings)
    assert files_of(folder) == before


def test_metrics_are_cut_back_to_the_checkpoint(folder, tmp_path):
    settings = settings_of()
    go(RunFolder(tmp_path / "whole"), settings)
    history = go(folder, settings, stop=lambda: True)
    with open(folder.metrics, "a") as file:
        file.write("1,0.5,0.25\n2,half a r")
    experiment = Experiment.of(settings, graphs_of(settings))
    Recorder(folder, experiment, folder.restore(experiment))
    assert folder.metrics.read_bytes() == metrics_csv(history)
    go(folder, settings)
    assert files_of(folder) == files_of(RunFolder(tmp_path / "whole"))


# ---- disks that fill up, and crashes between the files ---------------------------------------------------


class Full(OSError):
    pass


@contextmanager
def fail_at(monkeypatch, count):
    """Let the count-th step of writing fail, those of metrics.csv included; say whether it did."""
    done = {"steps": 0, "failed": False}

    def counted(function):
        def step(*arguments, **options):
            done["steps"] += 1
            if done["steps"] == count:
                done["failed"] = True
                raise Full(errno.ENOSPC, "No space left on device")
            return function(*arguments, **options)

        return step

    class File:
        def __init__(self, *arguments, **options):
            self.file = open(*arguments, **options)  # noqa: SIM115 - closed below
            self.flush, self.fileno, self.close = counted(self.file.flush), self.file.fileno, self.file.close

        def write(self, data):
            self.file.write(data[: len(data) // 2])
            self.file.flush()
            counted(lambda: None)()
            self.file.write(data[len(data) // 2 :])

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.file.close()

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", counted(os.replace))
        patch.setattr(os, "fsync", counted(os.fsync))
        patch.setattr(files, "open", counted(File), raising=False)
        patch.setattr(recorder, "open", counted(File), raising=False)
        yield done


SHORT = {"epochs": 2, "dropout": 0.4, "keep_every": 2}


def test_whatever_step_of_writing_fails_a_run_goes_on_to_the_same_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)  # waiting for the disk is no part of it
    settings = settings_of(**SHORT)
    whole = RunFolder(tmp_path / "whole")
    go(whole, settings, share=1.0)
    expected = files_of(whole)
    count, failed = 0, True
    while failed:
        count += 1
        folder = RunFolder(tmp_path / f"run-{count}")
        with fail_at(monkeypatch, count) as done, suppress(Full):
            go(folder, settings, share=1.0)
        failed = done["failed"]
        history = go(folder, settings, share=1.0)
        assert is_over(history, settings)
        assert files_of(folder) == expected, f"after step {count} failed"
        shutil.rmtree(folder.path)
    assert count > 40  # three epochs: two checkpoints of six steps, and a row, each


def test_every_file_is_an_old_or_a_new_one_after_each_step(tmp_path, monkeypatch):
    """What a crash right there would leave is looked at: all checkpoints are sound."""
    settings = settings_of(**SHORT)
    seen = set()
    folder = RunFolder(tmp_path / "run")
    replace, fsync = os.replace, os.fsync

    def looked_at(function):
        def step(*arguments):
            for file in (folder.best, folder.last):
                if file.exists():
                    seen.add((file.name, Checkpoint.load(file).training.epoch))
            return function(*arguments)

        return step

    monkeypatch.setattr(os, "replace", looked_at(replace))
    monkeypatch.setattr(os, "fsync", looked_at(fsync))
    go(folder, settings, share=1.0)
    assert {epoch for name, epoch in seen if name == "last.safetensors"} == {0, 1, 2}


def test_a_crash_between_the_best_and_the_last_checkpoint_goes_on_from_the_best(folder, tmp_path):
    settings = settings_of()
    whole = RunFolder(tmp_path / "whole")
    go(whole, settings)
    go(folder, settings, stop=lambda: True)  # epoch 0, in both files
    shutil.copy(whole.best, folder.best)  # a later best, as if the crash came after it
    experiment = Experiment.of(settings, graphs_of(settings))
    state = folder.restore(experiment)
    assert state.epoch == Checkpoint.load(whole.best).training.epoch > 0
    assert folder.last.read_bytes() == folder.best.read_bytes()
    go(folder, settings)
    assert files_of(folder) == files_of(whole)


def test_without_its_last_checkpoint_a_run_goes_on_from_the_best(folder):
    settings = settings_of()
    go(folder, settings)
    before = files_of(folder)
    folder.last.unlink()
    go(folder, settings)
    assert files_of(folder) == before


# ---- refusals -------------------------------------------------------------------------------------------


def refused(folder, settings, *, resume=True):
    """The error with which a start ends; nothing changes."""
    before = {p.name: p.read_bytes() for p in folder.path.iterdir()} if folder.path.is_dir() else None
    with pytest.raises(ValueError) as caught:
        go(folder, settings, resume=resume)
    assert before is None or {p.name: p.read_bytes() for p in folder.path.iterdir()} == before
    return str(caught.value)


def test_a_folder_that_holds_a_run_is_not_written_over(folder):
    go(folder, settings_of(epochs=1))
    message = refused(folder, settings_of(epochs=1), resume=False)
    assert message.startswith(f"{folder.path} holds a run already (config.toml, ") and "--resume" in message


def test_files_that_look_like_a_run_are_not_written_over(folder):
    folder.path.mkdir()
    folder.metrics.write_text("mine")
    assert "metrics.csv but no config.toml" in refused(folder, settings_of())
    assert "holds a run already (metrics.csv)" in refused(folder, settings_of(), resume=False)
    folder.config.write_text("[tool]\nname = 'mine'\n")
    message = refused(folder, settings_of())
    assert str(folder.config) in message and "'tool'" in message


def test_a_file_is_no_folder(folder):
    folder.path.write_text("mine")
    assert refused(folder, settings_of()) == f"{folder.path} is a file: name a folder"


def test_other_settings_are_named(folder):
    go(folder, settings_of(), stop=lambda: True)
    message = refused(folder, settings_of(hidden=8, patience=3))
    assert "hidden is 8 and was 4; patience is 3 and was None" in message and "config.toml" in message


def test_a_config_that_was_changed_does_not_fit_the_checkpoint(folder):
    go(folder, settings_of(), stop=lambda: True)
    folder.config.write_text(settings_of(lr=0.5).to_toml())
    message = refused(folder, settings_of(lr=0.5))
    assert "lr is 0.5 and was 0.05" in message and "the checkpoint last.safetensors" in message


def test_other_data_is_refused(folder, monkeypatch):
    settings = settings_of(source="graphs", batch_size=1, split="0.6,0.2")
    go(folder, settings, stop=lambda: True)
    changed = graphs_of(settings)
    changed[3].x[2][0] = 0.25
    monkeypatch.setitem(globals(), "graphs_of", lambda _: changed)
    assert "graphs holds other data" in refused(folder, settings)


@pytest.mark.parametrize("name", ["best.safetensors", "last.safetensors"])
def test_a_damaged_checkpoint_is_named(folder, name):
    settings = settings_of()
    go(folder, settings)
    file = folder.path / name
    data = file.read_bytes()
    file.write_bytes(data[:-1])
    assert refused(folder, settings).startswith(f"{file} is no sound safetensors file")
    file.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    assert refused(folder, settings).startswith(f"{file} was changed after it was written")
    safetensors.save_file({"w": [1.0]}, file)
    assert refused(folder, settings).startswith(f"{file} holds weights, but is no checkpoint")


def test_a_checkpoint_of_a_loop_of_ones_own_is_not_gone_on_with(folder):
    settings = settings_of()
    go(folder, settings)
    experiment = Experiment.of(settings, graphs_of(settings))
    Checkpoint.of(experiment.model).save(folder.last)
    assert f"{folder.last} is no checkpoint of tinygnn train" in refused(folder, settings)


def test_a_best_checkpoint_that_is_missing_or_of_another_run_is_named(folder, tmp_path):
    settings, other = settings_of(lr=1.0), RunFolder(tmp_path / "other")
    history = go(folder, settings)
    assert history.best_epoch not in (None, 12)
    go(other, settings_of(lr=0.9))
    shutil.copy(other.best, folder.best)
    assert "says the checkpoint best.safetensors: lr is 1.0 and was 0.9" in refused(folder, settings)
    shutil.copy(folder.last, folder.best)
    assert "are of different runs" in refused(folder, settings)
    folder.best.unlink()
    message = refused(folder, settings)
    assert message.startswith(f"{folder.best} is missing, the weights of epoch {history.best_epoch}")


def test_a_best_checkpoint_of_another_run_is_named_where_the_last_epoch_is_the_best(folder, tmp_path):
    """It could be made again from the last one, but whose it is may matter to somebody."""
    settings, other = settings_of(epochs=2), RunFolder(tmp_path / "other")
    assert go(folder, settings).best_epoch == 2
    go(other, settings_of(epochs=2, seed=5))
    shutil.copy(other.best, folder.best)
    assert "says the checkpoint best.safetensors: seed is 0 and was 5" in refused(folder, settings)


@pytest.mark.skipif(os.name == "nt", reason="there is no such lock")
def test_two_processes_do_not_train_in_one_folder(folder):
    folder.path.mkdir()
    with folder.lock(), pytest.raises(ValueError, match="another process is training in"), folder.lock():
        pass
    with folder.lock():
        pass
    assert list(folder.path.iterdir()) == []


def test_a_folder_without_a_run_says_so(folder):
    with pytest.raises(ValueError, match="holds no run: it has no config.toml"):
        folder.settings()
    with pytest.raises(ValueError, match="holds no checkpoint yet"):
        folder.chosen()


def test_the_fingerprint_sees_every_field_and_no_names():
    def graph(**changes):
        given = {
            "x": [[1.0], [2.0]],
            "y": [0, 1],
            "edge_weight": [0.5],
            "train_mask": [True, False],
            **changes,
        }
        return Graph(([0], [1]), **given)

    same = fingerprint([graph()])
    assert same == fingerprint([graph(node_ids=["a", "b"])])
    others = [
        graph(x=[[1.0], [2.5]]), graph(x=[[1.0, 2.0], [2.0, 1.0]]), graph(y=[1, 1]),
        graph(edge_weight=[0.25]), graph(train_mask=[True, True]), graph(val_mask=[True, False]),
        graph(edge_attrs={"edge_type": [0]}), graph(edge_attrs={"edge_type": [1]}),
    ]  # fmt: skip
    assert len({same, fingerprint([graph(), graph()]), *[fingerprint([other]) for other in others]}) == 10
