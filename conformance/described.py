"""Modules given as data, so that the same one can be built in tinygnn and in PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def module(call: str, *args: Any, **settings: Any) -> dict[str, Any]:
    """Describe a module by the name of its class and its arguments, modules among them.

    >>> module("Sequential", module("Linear", 3, 4), module("ReLU"))["call"]
    'Sequential'
    """
    return {"call": call, "args": list(args), **settings}


def built(described: Any, find: Callable[[str], Any]) -> Any:
    """Build what is described; `find` gives the class of a name. What describes no module stays as it is."""
    if not isinstance(described, dict) or "call" not in described:
        return described
    settings = {name: built(value, find) for name, value in described.items() if name not in ("call", "args")}
    return find(described["call"])(*[built(argument, find) for argument in described["args"]], **settings)
