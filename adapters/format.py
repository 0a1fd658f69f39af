"""`Format`: what an adapter can do, for tinygnn's own and for those of other packages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Format:
    """A format of files, or a kind of objects, that becomes a Graph.

    name: "NAME:REST" as a source is read as well, if `read` is there and no file's suffix decides.
    suffixes: endings of file names in small letters, such as (".gml",). read(path, **options) gives a Graph
    or a list of them, write(graph, path) writes one. accepts(obj) tells whether convert(obj, **options)
    makes a Graph, or a list of them, of an object.

    A package brings its own by an entry point in the group "tinygnn.adapters" that names a Format.
    """

    name: str
    suffixes: tuple[str, ...] = ()
    read: Callable[..., Any] | None = None
    write: Callable[..., None] | None = None
    accepts: Callable[[Any], bool] | None = None
    convert: Callable[..., Any] | None = None
