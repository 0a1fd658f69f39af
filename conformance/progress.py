"""How far a run has come, on one line of a terminal; nothing where nobody looks."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TextIO, TypeVar

from tinygnn.progress import in_words

Item = TypeVar("Item")
EVERY = 0.1  # seconds between two changes of the line


def shown(
    items: Iterable[Item],
    total: int,
    name: str,
    stream: TextIO | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Item]:
    """Pass the items on; on stderr, if it is a terminal, say how many are done and what time is left."""
    stream = sys.stderr if stream is None else stream
    if not stream.isatty():
        yield from items
        return
    started = last = clock()
    try:
        for done, item in enumerate(items, 1):
            yield item
            now = clock()
            if now - last >= EVERY:
                last = now
                left = (now - started) / done * (total - done)
                stream.write(f"\r\033[K{name}: {done} of {total} cases, {in_words(left)} left")
                stream.flush()
    finally:
        stream.write("\r\033[K")
        stream.flush()
