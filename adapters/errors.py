"""`AdapterError`: what was found, where, and how to mend it."""

from __future__ import annotations

import importlib
import re
import reprlib
from collections.abc import Iterable
from difflib import get_close_matches
from itertools import islice
from os import PathLike, fspath
from typing import Any

NAMES_COMPARED = 1000  # names of which the likest are told, so that an error never takes long
LONGEST_NAME = 100


class AdapterError(ValueError):
    """A graph cannot be converted exactly.

    path, line, column: the place in a file; lines count from 1, the header included, and a column is
    its name, or its position from 1 where there is no header. node: the node's own id. edge: a pair of
    them. attribute: the name of the attribute. Each is None where it does not apply. The message begins
    with the place in the file, or else with the node, edge or attribute that it does not name itself.

    >>> str(AdapterError("found 'abc', expected a number", path="edges.csv", line=3, column="weight"))
    "edges.csv:3:weight: found 'abc', expected a number"
    >>> str(AdapterError("'age' is None, not a number", node="Ann", attribute="age"))
    "node 'Ann': 'age' is None, not a number"
    """

    def __init__(
        self,
        message: str,
        *,
        path: str | PathLike[str] | None = None,
        line: int | None = None,
        column: str | int | None = None,
        node: Any = None,
        edge: tuple[Any, Any] | None = None,
        attribute: Any = None,
    ) -> None:
        self.path = None if path is None else fspath(path)
        self.line = line
        self.column = column
        self.node = node
        self.edge = edge
        self.attribute = attribute
        place = [str(part) for part in (self.path, line, column) if part is not None]
        if not place:
            named = (("edge", edge), ("node", node), ("attribute", attribute))
            unsaid = [(kind, name) for kind, name in named if name is not None and not _says(message, name)]
            place = [", ".join(f"{kind} {shown(name)}" for kind, name in unsaid)] if unsaid else []
        super().__init__(":".join([*place, f" {message}"]) if place else message)


def _says(message: str, name: Any) -> bool:
    """Whether a message has this name in it, as Python writes it or as a word."""
    return shown(name) in message or bool(re.search(rf"\b{re.escape(str(name))}\b", message))


def shown(value: Any) -> str:
    """A value as Python writes it, cut short where it is long."""
    try:
        return reprlib.repr(value)
    except ValueError:  # Python refuses to write integers of thousands of digits
        return f"a {type(value).__name__} with thousands of digits"


def require(module: str, install: str) -> Any:
    """Import a third-party module, or raise AdapterError that says what to install."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        if isinstance(error, ModuleNotFoundError) and error.name == module.partition(".")[0]:
            reason = f"this needs the package {error.name}, which is not installed"
        else:
            reason = f"{module} is installed but cannot be imported ({error})"
        raise AdapterError(f"{reason}: pip install {install}") from error


def require_networkx() -> Any:
    """Import networkx."""
    return require("networkx", "networkx")


def require_torch() -> Any:
    """Import torch."""
    return require("torch", "torch torch_geometric")


def require_pyg(module: str) -> Any:
    """Import a module of PyG, such as torch_geometric.data."""
    require_torch()
    return require(module, "torch torch_geometric")


def did_you_mean(name: object, names: Iterable[object]) -> str:
    """Name the few known names that resemble `name`, as the end of a message; empty if none does.

    >>> did_you_mean("wieght", ["weight", "colour"])
    "; did you mean 'weight'?"
    """
    known = {str(each)[:LONGEST_NAME]: each for each in islice(names, NAMES_COMPARED)}
    close = get_close_matches(str(name)[:LONGEST_NAME], known, n=3, cutoff=0.6)
    return f"; did you mean {' or '.join(repr(known[each]) for each in close)}?" if close else ""


def name_list(option: str, names: Any, example: str = "name") -> list[Any] | None:
    """Return names given as any iterable as a list; raise AdapterError for a single string."""
    if names is None:
        return None
    if isinstance(names, (str, bytes)):
        raise AdapterError(f"{option} is the string {names!r}, not a list of names: give [{names!r}]")
    try:
        return list(names)
    except TypeError:
        raise AdapterError(f"{option} is {names!r}: give a list of names such as [{example!r}]") from None


def distinct(option: str, names: list[Any] | None) -> list[Any] | None:
    """Return the names as they are, or raise AdapterError for a name that stands there twice."""
    for i, name in enumerate(names or []):
        if name in (names or [])[:i]:
            raise AdapterError(f"{option} names {name!r} twice: name it once", attribute=name)
    return names
