"""How far a long conversion has come, shown where a person is looking and it takes more than a second."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any, TextIO, TypeVar

PATIENCE = 1.0  # seconds before anything is shown
EVERY = 0.1  # seconds between two updates
AT_ONCE = 4096  # items between two looks at the clock

Advance = Callable[[int], None]
Item = TypeVar("Item")


@contextmanager
def progress(
    what: str, total: int | None, stream: TextIO | None = None, clock: Callable[[], float] = time.perf_counter
) -> Iterator[Advance]:
    """Give a function that is told how many more are done.

    In a terminal, a bar if rich is installed and else a line that counts; elsewhere nothing. The line is
    wiped out at the end.
    """
    stream = sys.stderr if stream is None else stream
    if stream is None or not stream.isatty():
        yield lambda amount: None
        return
    shown = Line(what, total, stream)
    next_look = clock() + PATIENCE
    done = 0

    def advance(amount: int) -> None:
        nonlocal done, next_look
        done += amount
        now = clock()
        if now >= next_look:
            next_look = now + EVERY
            shown.show(done)

    try:
        yield advance
    finally:
        shown.close()


def counted(items: Iterable[Item], what: str, total: int | None = None) -> Iterator[Item]:
    """Yield the items and show how many have been taken."""
    with progress(what, total) as advance:
        remaining = iter(items)
        while some := list(islice(remaining, AT_ONCE)):
            yield from some
            advance(len(some))


class Line:
    """One line of a terminal: a bar of rich, or a count."""

    def __init__(self, what: str, total: int | None, stream: TextIO) -> None:
        self.what, self.total, self.stream = what, total, stream
        self.bar: Any = None
        self.width = 0

    def show(self, done: int) -> None:
        """Show how many of how many are done."""
        if not self.width and self.bar is None:
            self.bar = self._rich_bar()
        if self.bar is not None:
            self.bar.update(self.bar.task_ids[0], completed=done)
            return
        share = f" of {self.total:,} ({done / self.total:.0%})" if self.total else ""
        text = f"{done:,}{share} {self.what}"
        self.width = max(self.width, len(text))
        self.stream.write(f"\r{text:<{self.width}}")
        self.stream.flush()

    def close(self) -> None:
        """Wipe the line out."""
        if self.bar is not None:
            self.bar.stop()
        elif self.width:
            self.stream.write(f"\r{'':<{self.width}}\r")
            self.stream.flush()

    def _rich_bar(self) -> Any:
        try:
            from rich.console import Console
            from rich.progress import Progress
        except ImportError:
            return None
        bar = Progress(console=Console(file=self.stream), transient=True)
        bar.add_task(self.what, total=self.total)
        bar.start()
        return bar
