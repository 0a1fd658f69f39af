"""Measuring a workload: the contenders take turns, and all must train the same model."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.contenders import CONTENDERS, Skip, family
from benchmarks.process import CHECKOUT, Worker, environment
from benchmarks.workloads import Workload

WARM_UP = 2  # epochs before the first round: what is computed once is computed there
TURN_SECONDS = 1.0  # about as long a contender runs in each round
MOST_EPOCHS = 100  # in a round
LEAD_IN = 1  # epochs of a turn that are not counted: caches are cold, and a garbage collector that goes by
# the clock, as tinygnn's pause does, has found the wait for the turn a reason to look at everything
# Two engines add in different orders; these are far above what that does to a loss and far below what
# another weight, another formula or another optimizer does to it.
AGREEMENT = {"float32": 1e-4, "float64": 1e-9}

Log = Callable[[str], None]


@dataclass
class Entrant:
    """A contender and the interpreter that runs it; name is the contender's, and the interpreter's label
    where it is not the one that runs the benchmarks."""

    name: str
    python: str
    folder: str | Path = CHECKOUT

    @property
    def contender(self) -> str:
        return family(self.name)


@dataclass
class Row:
    """What was measured of a contender, or why nothing was.

    rounds: the seconds of each epoch, round by round. losses: of the first epochs. memory_before: the
    peak before the first epoch, in bytes.
    """

    name: str
    skipped: str = ""
    disagrees: str = ""
    first_epoch: float = 0.0
    rounds: list[list[float]] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    memory_before: int | None = None
    peak_memory: int | None = None
    python: str = ""
    packages: dict[str, str] = field(default_factory=dict)

    @property
    def seconds(self) -> list[float]:
        return [seconds for turn in self.rounds for seconds in turn]

    @property
    def median(self) -> float:
        return median(self.seconds)

    @property
    def measured(self) -> bool:
        return not self.skipped and not self.disagrees and bool(self.rounds)


@dataclass
class Result:
    """The rows of a workload, how large its graph is, and when and by which command it was measured."""

    workload: str
    description: str
    nodes: int
    edges: int
    rows: list[Row]
    measured: str = ""

    def row(self, name: str) -> Row | None:
        """The row of that name, if it was measured."""
        return next((row for row in self.rows if row.name == name and row.measured), None)


def ratio(row: Row, peer: Row) -> float:
    """row's time as a multiple of peer's: the median over the rounds of the ratio within a round."""
    return median([median(a) / median(b) for a, b in zip(row.rounds, peer.rounds)])


def measure(workload: Workload, entrants: list[Entrant], rounds: int, log: Log) -> Result:
    """Run a workload with all entrants that it has."""
    taking_part = [entrant for entrant in entrants if entrant.contender in workload.contenders]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "data.json")
        nodes, edges, reason = prepare(workload.name, file)
        if reason:
            rows = [Row(entrant.name, skipped=reason) for entrant in taking_part]
        else:
            rows = take_turns(workload, taking_part, file, rounds, log)
    check_agreement(rows)
    return Result(workload.name, workload.description, nodes, edges, rows)


def prepare(name: str, file: Path) -> tuple[int, int, str]:
    """Write the data of a workload; return the numbers of nodes and edges, and why there is none."""
    command = [sys.executable, "-m", "benchmarks.prepare", name, str(file)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment(CHECKOUT))
    if done.returncode:
        return 0, 0, f"no data: {done.stderr.strip().splitlines()[-1]}"
    data = json.loads(file.read_text(encoding="utf-8"))
    if "skipped" in data:
        return 0, 0, data["skipped"]
    edges = data.get("num_edges") or len(data.get("edges", [[]])[0])
    return data.get("nodes") or len(data["x"]), edges, ""


def take_turns(workload: Workload, entrants: list[Entrant], file: Path, rounds: int, log: Log) -> list[Row]:
    """Start every entrant, then let each run some epochs in every round."""
    rows = [Row(entrant.name) for entrant in entrants]
    workers: dict[str, Worker] = {}
    turns: dict[str, int] = {}
    lead_in = 0 if workload.slow else LEAD_IN
    try:
        for entrant, row in zip(entrants, rows):
            log(f"{workload.name}: starting {entrant.name}")
            with skipping(row):
                if entrant.contender in workload.skipped:
                    raise Skip(workload.skipped[entrant.contender])
                worker = Worker(
                    entrant.python, environment(entrant.folder), workload.name, entrant.contender, file
                )
                workers[entrant.name] = worker
                ready = worker.ready
                row.python, row.packages, row.memory_before = (
                    ready["python"], ready["packages"], ready["memory"],
                )  # fmt: skip
                warm = worker.ask(f"run {1 if workload.slow else WARM_UP}")
                row.losses, row.first_epoch = warm["losses"], warm["seconds"][0]
                turns[entrant.name] = min(max(round(TURN_SECONDS / warm["seconds"][-1]), 1), MOST_EPOCHS)
        for i in range(rounds):
            log(f"{workload.name}: round {i + 1} of {rounds}")
            for row in rows:
                if not row.skipped:
                    with skipping(row):
                        turn = workers[row.name].ask(f"run {lead_in + turns[row.name]}")
                        row.rounds.append(turn["seconds"][lead_in:])
        for row in rows:
            if not row.skipped:
                with skipping(row):
                    row.peak_memory = workers[row.name].ask("bye")["memory"]
    finally:
        for worker in workers.values():
            worker.close()
    return rows


class skipping:
    """A context that turns a Skip into the reason why a row is empty."""

    def __init__(self, row: Row) -> None:
        self.row = row

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: BaseException | None, traceback: Any) -> bool:
        if isinstance(error, Skip):
            self.row.skipped = str(error)
            return True
        return False


def check_agreement(rows: list[Row]) -> None:
    """Mark every row whose first losses are not those of the first row, of 64 bits if there is one."""
    losses = [row for row in rows if row.losses and not row.skipped]
    exact = [row for row in losses if not is_float32(row)]
    for row in losses:
        [reference, *_] = exact or losses
        tolerance = AGREEMENT["float32" if is_float32(row) else "float64"]
        for epoch, (ours, theirs) in enumerate(zip(row.losses, reference.losses)):
            if not abs(ours - theirs) <= tolerance * max(1.0, abs(theirs)):
                row.disagrees = (
                    f"another model: its loss in epoch {epoch} is {ours!r}, {reference.name}'s {theirs!r}"
                )
                break


def is_float32(row: Row) -> bool:
    return CONTENDERS[family(row.name)].float32
