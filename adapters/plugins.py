"""Formats that other packages bring: the entry points of the group `tinygnn.adapters`.

They are looked for when nothing of tinygnn's own fits, and loaded once. One that is broken, or lays claim
to a name or an ending that is taken, is left out with a warning.
"""

from __future__ import annotations

import warnings
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from tinygnn.adapters.format import Format

GROUP = "tinygnn.adapters"


@cache
def plugins(names: tuple[str, ...], suffixes: tuple[str, ...]) -> tuple[Format, ...]:
    """The formats of other packages, in the order of their names; names and suffixes are taken already."""
    owners = {**dict.fromkeys(names, "tinygnn"), **dict.fromkeys(suffixes, "tinygnn")}
    found: list[Format] = []
    for point in sorted(entry_points(group=GROUP), key=lambda point: (point.name, point.value)):
        try:
            plugin = point.load()
        except Exception as error:
            _warn(point, f"cannot be loaded: {type(error).__name__}: {str(error)[:200]}")
            continue
        problem = _problem(plugin)
        if problem is None:
            claims = [plugin.name, *plugin.suffixes]
            clash = next((claim for claim in claims if claim in owners), None)
            problem = None if clash is None else f"claims {clash!r}, which belongs to {owners[clash]}"
        if problem is not None:
            _warn(point, problem)
            continue
        owners.update(dict.fromkeys(claims, point.value))
        found.append(plugin)
    return tuple(found)


def _problem(plugin: object) -> str | None:
    """What is wrong with an object that should be a Format."""
    if not isinstance(plugin, Format):
        return f"is a {type(plugin).__name__}, not a tinygnn.adapters.Format"
    if not isinstance(plugin.name, str) or not plugin.name.isidentifier():
        return f"is called {plugin.name!r}, which is no word"
    suffixes = plugin.suffixes
    if not isinstance(suffixes, tuple) or not all(
        isinstance(s, str) and s.startswith(".") and s == s.lower() and len(s) > 1 for s in suffixes
    ):
        return f"has the suffixes {suffixes!r}: they are a tuple such as ('.gml',) in small letters"
    parts = (plugin.read, plugin.write, plugin.accepts, plugin.convert)
    if not all(part is None or callable(part) for part in parts):
        return "has a read, write, accepts or convert that cannot be called"
    return None


def _warn(point: EntryPoint, problem: str) -> None:
    owner = point.dist.name if point.dist is not None else point.value
    warnings.warn(
        f"the adapter {point.name!r} of the package {owner} {problem}; it is left out", stacklevel=5
    )
