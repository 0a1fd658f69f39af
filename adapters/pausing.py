"""Converting a large graph makes millions of objects and no garbage cycles: the collector need not look."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from tinygnn.collector import pause_collector

P = ParamSpec("P")
R = TypeVar("R")


def paused(function: Callable[P, R]) -> Callable[P, R]:
    """Pause the cyclic garbage collector while the function runs."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        with pause_collector():
            return function(*args, **kwargs)

    return run
