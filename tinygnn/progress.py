"""What `tinygnn train` shows while it runs: lines, in a terminal where rich is installed above a bar."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

from tinygnn.history import Epoch, TrainingState

LINES = 10  # plain lines per training run where nobody watches
LONG = 5.0  # seconds: when less is left, nobody needs to know


def describe(state: TrainingState) -> str:
    """One line: loss and the first metric on each split, and * if the epoch is the best so far."""
    epoch = state.last
    parts = [f"loss {epoch.loss:.4f}"]
    for split, metrics in epoch.metrics.items():
        shown = [number for name, number in metrics.items() if name != "loss"] or list(metrics.values())
        parts.append(f"{split} {shown[0]:.3f}")
    if state.improved:
        parts.append("*")
    elif state.history.best is not None:
        parts.append(f"(best {state.history.best_epoch})")
    return "  ".join(parts)


def numbered(state: TrainingState, epochs: int) -> str:
    """The number of the epoch, as wide as that of the last one, and the line that describes it."""
    return f"epoch {state.epoch:>{len(str(epochs))}}  {describe(state)}"


class TimeLeft:
    """How long a run still takes, from the epochs it has done; 0 before it can be known."""

    def __init__(self, epochs: int, clock: Callable[[], float]) -> None:
        self.epochs = epochs
        self.clock = clock
        self.first: tuple[int, float] | None = None

    def after(self, epoch: Epoch) -> float:
        """The seconds from now to the last epoch."""
        now = self.clock()
        if self.first is None:
            self.first = (epoch.number, now)
        number, started = self.first
        done = epoch.number - number
        return (now - started) / done * (self.epochs - epoch.number) if done else 0.0


def in_words(seconds: float) -> str:
    """A time as people read it.

    >>> in_words(7.4), in_words(83.0), in_words(7322.0)
    ('7 s', '1:23', '2:02:02')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}:{minutes:02}:{rest:02}"
    return f"{minutes}:{rest:02}" if minutes else f"{rest} s"


@contextmanager
def training_progress(
    epochs: int, stream: TextIO | None = None, clock: Callable[[], float] = time.perf_counter
) -> Iterator[Callable[[TrainingState], None]]:
    """Give a callback that shows each epoch on `stream`, stderr by default.

    In a terminal a line for each epoch, above a bar if rich is installed; elsewhere some of the epochs, and
    the last one however early it comes.
    """
    stream = sys.stderr if stream is None else stream
    watched = stream.isatty()
    if watched:
        try:
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
        except ImportError:
            pass
        else:
            columns = (TextColumn("epoch {task.completed}/{task.total}"), BarColumn(), TimeRemainingColumn())
            console = Console(file=stream)
            with Progress(*columns, console=console) as progress:
                task = progress.add_task("", total=epochs)

                def bar(state: TrainingState) -> None:
                    console.print(numbered(state, epochs), markup=False, highlight=False)
                    progress.update(task, completed=state.epoch)

                yield bar
            return
    every = 1 if watched else max(1, epochs // LINES)
    time_left = TimeLeft(epochs, clock)
    held: list[str] = []  # the last line, while it is not shown

    def write(line: str) -> None:
        with suppress(BrokenPipeError):  # nobody reads the progress any more; the result counts
            print(line, file=stream, flush=True)

    def show(state: TrainingState) -> None:
        number, left = state.epoch, time_left.after(state.last)
        held[:] = [numbered(state, epochs)]
        if number % every == 0 or number == epochs:
            write(held.pop() + (f"  {in_words(left)} left" if left >= LONG else ""))

    yield show
    for line in held:  # training stopped early
        write(line)
