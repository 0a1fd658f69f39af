"""Where an epoch goes: `python -m benchmarks stages` takes the time of each part of one of cora-gcn.

The parts run one after the other as the model runs them, and are the same calls; only the search for the
order of the backward pass is shown apart, and is part of it too.
"""

from __future__ import annotations

import argparse
import datetime
import json
import platform
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from benchmarks import machine
from benchmarks.contenders import Skip
from benchmarks.engines import dense_rows
from benchmarks.interpreters import probe
from benchmarks.process import CHECKOUT, benchmarks_alone, environment
from benchmarks.table import as_markdown
from benchmarks.workloads import cora

WARM_UP, EPOCHS = 3, 15
SEARCH = "of it the search for an order"
FILE = CHECKOUT / "benchmarks" / "STAGES.md"


def main(arguments: list[str]) -> int:
    """Print the table, and write it where that is asked for."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks stages", description="Where an epoch of cora-gcn goes."
    )
    parser.add_argument("--write-results", action="store_true", help=f"write benchmarks/{FILE.name}")
    options = parser.parse_args(arguments)
    with benchmarks_alone() as folder:
        engines = {"interpreted": CHECKOUT}
        if probe(sys.executable, environment(folder)).compiled:
            engines["compiled"] = Path(folder)
        try:
            text = document({engine: ask(place) for engine, place in engines.items()})
        except Skip as reason:
            print(f"benchmarks: error: {reason}", file=sys.stderr)
            return 2
    print(text, end="")
    if options.write_results:
        FILE.write_text(text, encoding="utf-8")
    return 0


def ask(folder: Path) -> dict[str, Any]:
    """What a process measures that imports the tinygnn beside a folder; raises Skip, with the reason."""
    command = [sys.executable, "-m", "benchmarks.stages"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment(folder))
    if done.returncode:
        raise Skip(done.stderr.strip().splitlines()[-1])
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def measured(data: dict[str, Any]) -> dict[str, Any]:
    """Seconds of each part, the median over the epochs; and how many Values the backward pass visits."""
    from tinygnn import GNN, Graph, cross_entropy, optim
    from tinygnn.collector import pause_collector
    from tinygnn.value import topological_order

    features, hidden, classes = data["sizes"]
    graph = Graph(
        data["edges"], x=dense_rows(data["x"], features), y=data["y"], train_mask=data["train_mask"]
    )
    model = GNN("gcn", features, hidden, 2, classes)
    model.load_state_dict(data["weights"])
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    first, second = model.convs
    epochs: list[dict[str, float]] = []
    visited = 0
    for _ in range(WARM_UP + EPOCHS):
        seconds: dict[str, float] = {}
        with pause_collector():
            with taking(seconds, "layer 1: 1433 to 16"):
                h = first(graph.x, graph.edge_index)
            with taking(seconds, "relu"):
                a = [[value.relu() for value in row] for row in h]
            with taking(seconds, "layer 2: 16 to 7"):
                logits = second(a, graph.edge_index)
            with taking(seconds, "loss"):
                loss = cross_entropy(logits, graph.y, mask=graph.train_mask)
            with taking(seconds, SEARCH):
                visited = len(topological_order(loss))
            with taking(seconds, "backward pass"):
                loss.backward()
            with taking(seconds, "Adam: zero_grad and step"):
                optimizer.step()
                optimizer.zero_grad()
            with taking(seconds, "freeing the epoch's Values"):
                del h, a, logits, loss
        epochs.append(seconds)
    parts = {part: median(epoch[part] for epoch in epochs[WARM_UP:]) for part in epochs[0]}
    return {"seconds": parts, "visited": visited}


@contextmanager
def taking(seconds: dict[str, float], part: str) -> Iterator[None]:
    """Put down how long the block takes."""
    started = perf_counter()
    yield
    seconds[part] = perf_counter() - started


def document(engines: dict[str, dict[str, Any]]) -> str:
    """STAGES.md: a column of times and one of shares for each engine."""
    header, columns = ["part"], []
    for engine, found in engines.items():
        header += [engine, "share"]
        seconds = dict(found["seconds"])
        search = seconds.pop(SEARCH)
        whole = sum(seconds.values())
        at = list(seconds).index("backward pass") + 1
        times = [*seconds.values(), whole]
        times.insert(at, search)
        columns += [[f"{1e3 * taken:.1f} ms" for taken in times], [f"{taken / whole:.0%}" for taken in times]]
        names = [*seconds, "all of it"]
        names.insert(at, SEARCH)
    rows = [header, *map(list, zip(names, *columns))]
    about = machine.describe()
    blocks = [
        "# Where an epoch of cora-gcn goes",
        "Written by `TINYGNN_DATA=DIR python -m benchmarks stages --write-results` on "
        f"{datetime.date.today().isoformat()}: {about['processor']}, CPython {platform.python_version()}. "
        f"Medians over {EPOCHS} epochs, one engine after the other. The backward pass visits "
        f"{next(iter(engines.values()))['visited']:,} Values, those that the loss depends on.",
        as_markdown(rows),
    ]
    return "\n\n".join(blocks) + "\n"


if __name__ == "__main__":
    try:
        print(json.dumps(measured(cora.make("gcn"))))
    except Skip as reason:
        sys.exit(str(reason))
