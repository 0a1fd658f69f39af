"""Pausing Python's cyclic garbage collector while a graph of Values is made or walked.

Values hold no reference cycles: reference counts alone free them. The collector would find nothing,
yet it looks at every new object again and again, which costs more than the arithmetic.
"""

from __future__ import annotations

import gc
import time
from contextlib import ContextDecorator
from types import TracebackType

# Between two looks at everything: at least this many seconds, and this many times what a look took,
# so that the collector's share of a training loop stays under 2 %.
LOOK_SECONDS = 10.0
LOOK_SHARE = 50.0
# CPython 3.12 has some hundred objects frozen from the start; more are the user's own doing.
FROZEN_BY_PYTHON = 1000

_next_look = time.perf_counter() + LOOK_SECONDS


class pause_collector(ContextDecorator):
    """A context, and a decorator, in which the cyclic garbage collector does not run.

    On leaving, also by an exception, it runs again if it did before: nested use and a user's own
    `gc.disable()` are left as they were. look: whether it may look at everything then, if it has not for
    long; not worth it after what is done once, as a conversion.

    >>> with pause_collector():
    ...     gc.isenabled()
    False
    """

    def __init__(self, *, look: bool = True) -> None:
        self._was_enabled: list[bool] = []
        self._look = look

    def __enter__(self) -> None:
        self._was_enabled.append(gc.isenabled())
        gc.disable()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._was_enabled.pop():
            _pass_over_young_objects(look=self._look)
            gc.enable()


def _pass_over_young_objects(*, look: bool = True) -> None:
    """Move the objects made meanwhile to the oldest generation, which the collector seldom looks at.

    Otherwise it would look at all of them at once as soon as it runs again. So that a user's own
    garbage does not pile up, everything is looked at now and then. Where the user has frozen objects
    with `gc.freeze()` nothing is moved, for `gc.unfreeze()` would thaw them.
    """
    global _next_look
    if gc.get_freeze_count() > FROZEN_BY_PYTHON:
        return
    started = time.perf_counter()
    if started < _next_look or not look:
        gc.freeze()
        gc.unfreeze()
    else:
        gc.collect()
        took = time.perf_counter() - started
        _next_look = started + max(LOOK_SECONDS, LOOK_SHARE * took)
