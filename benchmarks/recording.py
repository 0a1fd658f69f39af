"""What `record` costs: `python -m benchmarks recording` takes epochs of a GCN with and without it.

While none is open, layers and modules ask `if tapes` and go on. How often they ask in an epoch is counted,
and how long asking takes is measured by itself: their product is all that the recorder costs then.
"""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import sys
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from timeit import timeit
from typing import Any

from benchmarks import machine
from benchmarks.process import CHECKOUT
from benchmarks.table import as_markdown, duration

FILE = CHECKOUT / "benchmarks" / "RECORDING.md"
SOURCES = {"karate": 40, "planetoid:Cora": 9}  # and epochs of each kind, which take turns
ASKED = 1_000_000  # times, to learn how long asking takes


@dataclass(frozen=True)
class Cost:
    """Seconds of an epoch with no tape open and with one, how often tapes are asked for, and seconds each."""

    source: str
    off: float
    on: float
    asked: int
    each: float

    @property
    def share(self) -> float:
        """Of an epoch that nobody records, the part that goes into asking."""
        return self.asked * self.each / self.off


def main(arguments: list[str]) -> int:
    """Print the table, and write it where that is asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks recording", description="What record costs.")
    parser.add_argument("--write-results", action="store_true", help=f"write benchmarks/{FILE.name}")
    options = parser.parse_args(arguments)
    sources = [source for source in SOURCES if ":" not in source or os.environ.get("TINYGNN_DATA")]
    text = document([measured(source, SOURCES[source]) for source in sources])
    print(text, end="")
    if options.write_results:
        FILE.write_text(text, encoding="utf-8")
    return 0


def measured(source: str, epochs: int) -> Cost:
    """Epochs with and without a tape in turn; the medians."""
    from tinygnn.explain import record

    epoch = epoch_of(source)
    off, on = [], []
    epoch(), epoch()
    for _ in range(epochs):
        off.append(seconds_of(epoch))
        with record():
            on.append(seconds_of(epoch))
    each = timeit("if tapes: pass", "from tinygnn.tape import tapes", number=ASKED) / ASKED
    return Cost(source, median(off), median(on), asked_in(epoch), each)


def epoch_of(source: str) -> Callable[[], None]:
    """One step of training of a GCN with 16 hidden channels."""
    from tinygnn import GNN, cross_entropy, optim
    from tinygnn.adapters import load

    graph = load(source)[0]
    model = GNN("gcn", graph.num_features, 16, 2, graph.num_classes, seed=0)
    optimizer = optim.Adam(model.parameters(), lr=0.01)

    def epoch() -> None:
        optimizer.zero_grad()
        cross_entropy(model(graph), graph.y, mask=graph.train_mask).backward()
        optimizer.step()

    return epoch


def seconds_of(epoch: Callable[[], None]) -> float:
    started = perf_counter()
    epoch()
    return perf_counter() - started


class Counting(list[Any]):
    """An empty list that counts how often it is asked whether it is."""

    asked = 0

    def __bool__(self) -> bool:
        self.asked += 1
        return False


def asked_in(epoch: Callable[[], None]) -> int:
    """How often the modules of tinygnn ask for tapes."""
    from tinygnn.tape import tapes

    counting = Counting()
    asking = [module for module in list(sys.modules.values()) if getattr(module, "tapes", None) is tapes]
    for module in asking:
        module.tapes = counting  # type: ignore[attr-defined]
    try:
        epoch()
    finally:
        for module in asking:
            module.tapes = tapes  # type: ignore[attr-defined]
    return counting.asked


def document(costs: list[Cost]) -> str:
    """RECORDING.md: a row for each graph."""
    rows = [["GCN on", "nobody records", "asking", "its share", "while a tape is open", "times as long"]]
    for cost in costs:
        asking = f"{cost.asked} times {1e9 * cost.each:.0f} ns"
        shares = [f"{cost.share:.4%}", duration(cost.on), f"{cost.on / cost.off:.2f}"]
        rows.append([cost.source, duration(cost.off), asking, *shares])
    blocks = [
        "# What recording costs",
        "Written by `TINYGNN_DATA=DIR python -m benchmarks recording --write-results` on "
        f"{datetime.date.today().isoformat()}: {machine.describe()['processor']}, CPython "
        f"{platform.python_version()}. Medians of epochs that took turns.",
        as_markdown(rows),
    ]
    return "\n\n".join(blocks) + "\n"
