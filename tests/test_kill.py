"""Killed at any moment and resumed, a run ends with the files of one that was never killed, byte for byte."""

import json
import os
import subprocess
import sys
import time

import pytest

pytestmark = pytest.mark.skipif(os.name == "nt", reason="SIGKILL and fork are POSIX's")

TRAIN = [
    "karate",
    "--split",
    "0.4,0.3",
    "--dropout",
    "0.4",
    "--lr",
    "0.05",
    "--scheduler",
    "plateau:patience=2",
]
TRAIN += ["--patience", "12", "--epochs", "200", "--hidden", "8", "--seed", "3", "--keep-every", "9"]
RUNS, KILLS = 4, 12  # how many runs, and how often each is killed at most before it may end
LEAST = 24  # kills of all runs together

# A process that imports tinygnn once. It forks a child for each start of the command, and kills it.
KILLER = """
import json, os, random, signal, sys, time
from pathlib import Path
import tinygnn.adapters
from tinygnn.cli import main

def start(folder, arguments):
    child = os.fork()
    if child == 0:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        status = 1
        try:
            status = main(["train", *arguments, "--out", str(folder), "--resume"])
        finally:
            os._exit(status)
    return child

def ends(child):
    # Whether the child has ended by itself, with success.
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
        return False
    assert status == 0, status
    return True

root, runs, most, seed, *arguments = sys.argv[1:]
rng = random.Random(int(seed))
started = time.perf_counter()
assert ends(start(Path(root) / "run-0", arguments))
longest = (time.perf_counter() - started) / 4
kills = [0]
for run in range(1, int(runs) + 1):
    folder, count, over = Path(root) / f"run-{run}", 0, False
    while not over:
        child = start(folder, arguments)
        if count < int(most):
            time.sleep(rng.uniform(0.0, longest))
            os.kill(child, signal.SIGKILL)
        over = ends(child)
        count += not over
    kills.append(count)
print(json.dumps(kills))
"""


def files_of(folder):
    """What a run leaves; what a kill left half written is not part of it."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.endswith(".tmp")
    }


def train(folder, *arguments):
    command = [sys.executable, "-m", "tinygnn", "train", *arguments, "--out", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The folder of a run that is never killed; it stops early."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    done = train(folder, *TRAIN)
    assert done.returncode == 0, done.stderr
    assert 20 < (folder / "metrics.csv").read_text().count("\n") < 150
    return folder


def test_killed_at_many_random_moments_a_run_ends_with_the_same_bytes(whole, tmp_path):
    command = [sys.executable, "-c", KILLER, str(tmp_path), str(RUNS), str(KILLS), "7", *TRAIN]
    killed = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert killed.returncode == 0, killed.stderr
    kills = json.loads(killed.stdout)
    assert sum(kills) >= LEAST, kills
    expected = files_of(whole)
    for run, count in enumerate(kills):
        found = files_of(tmp_path / f"run-{run}")
        assert sorted(found) == sorted(expected)
        for name, data in expected.items():
            assert found[name] == data, f"{name} of run {run}, after {count} kills"


@pytest.mark.parametrize("share", [0.5, 0.8])
def test_a_program_that_is_killed_goes_on(whole, tmp_path, share):
    """The whole program, started anew each time."""
    started = time.perf_counter()
    train(tmp_path / "timed", *TRAIN)
    seconds = share * (time.perf_counter() - started)
    command = [sys.executable, "-m", "tinygnn", "train", *TRAIN, "--out"]
    for attempt in range(10):  # the one that was timed may have been slowed down by others
        folder = tmp_path / f"run-{attempt}"
        try:
            subprocess.run([*command, str(folder)], capture_output=True, timeout=seconds)
        except subprocess.TimeoutExpired:  # run() has killed it
            break
        seconds /= 2
    else:
        pytest.fail("it was never killed")
    resumed = train(folder, *TRAIN, "--resume")
    assert resumed.returncode == 0, resumed.stderr
    assert files_of(folder) == files_of(whole)
