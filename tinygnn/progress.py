"""What `tinygnn train` shows while it runs: a bar where rich is installed, plain lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

from tinygnn.history import Epoch, TrainingState

LINES = 10  # plain lines per training run


def describe(epoch: Epoch) -> str:
    """One line: loss and the first metric on each split."""
    parts = [f"loss {epoch.loss:.4f}"]
    for split, metrics in epoch.metrics.items():
        shown = [number for name, number in metrics.items() if name != "loss"] or list(metrics.values())
        parts.append(f"{split} {shown[0]:.3f}")
    return "  ".join(parts)


@contextmanager
def training_progress(epochs: int, stream: TextIO | None = None) -> Iterator[Callable[[TrainingState], None]]:
    """Give a function that shows each epoch on `stream`, stderr by default."""
    stream = sys.stderr if stream is None else stream
    if stream.isatty():
        try:
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
        except ImportError:
            pass
        else:
            columns = (
                TextColumn("epoch {task.completed}/{task.total}"),
                BarColumn(),
                TextColumn("{task.description}"),
                TimeRemainingColumn(),
            )
            with Progress(*columns, console=Console(file=stream)) as progress:
                task = progress.add_task("", total=epochs)

                def bar(state: TrainingState) -> None:
                    progress.update(task, completed=state.epoch, description=describe(state.last))

                yield bar
            return
    every = max(1, epochs // LINES)

    def line(state: TrainingState) -> None:
        epoch = state.last
        if epoch.number % every == 0 or epoch.number == epochs:
            with suppress(BrokenPipeError):  # nobody reads the progress any more; the result counts
                print(f"epoch {epoch.number:>{len(str(epochs))}}  {describe(epoch)}", file=stream, flush=True)

    yield line
