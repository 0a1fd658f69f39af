"""Folders of raw files: where a dataset lies, and what it is called."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from tinygnn.adapters.errors import AdapterError, did_you_mean

FILES_LOOKED_AT = 100_000


def names_in(folder: Path, before: str, after: str) -> list[str]:
    """The names that stand between two texts in the names of a folder's files.

    Raises AdapterError where the folder cannot be listed.
    """
    try:
        files = [each.name for each in islice(folder.iterdir(), FILES_LOOKED_AT)]
    except OSError as error:
        raise AdapterError(f"it cannot be read ({error.strerror}): give a folder", path=folder) from None
    return sorted(
        file[len(before) : len(file) - len(after)]
        for file in files
        if file.startswith(before) and file.endswith(after) and len(file) > len(before) + len(after)
    )


def the_name(folder: Path, before: str, after: str, what: str, name: str | None) -> str:
    """The name of the dataset in a folder: the one that is asked for, or the only one."""
    found = names_in(folder, before, after)
    if name is not None:
        for each in found:
            if each.lower() == name.lower():
                return each
    elif len(found) == 1:
        return found[0]
    wanted = f"{before}{name or 'NAME'}{after}"
    if not found:
        raise AdapterError(f"there is no {wanted}: this is no folder of {what}'s raw files", path=folder)
    if name is None:
        raise AdapterError(f"it holds several datasets: name one of {', '.join(found)}", path=folder)
    raise AdapterError(f"there is no {wanted}{did_you_mean(name, found)}", path=folder)


def find_folder(collection: str, name: str, before: str, after: str, root: str | None) -> Path:
    """The folder with the raw files of a dataset, beneath `root` or the folder that TINYGNN_DATA names."""
    base = root if root is not None else os.environ.get("TINYGNN_DATA")
    if not base:
        raise AdapterError(
            f"where is {name}? Set TINYGNN_DATA to the folder that holds {collection}/{name}/raw, or give "
            f"root=DIR, as in {collection.lower()}:{name}(root=DIR)"
        )
    tried = [
        Path(base, *parts)
        for parts in ((collection, name, "raw"), (name, "raw"), (collection, name), (name,), ("raw",), ())
    ]
    for folder in tried:
        if folder.is_dir() and name.lower() in map(str.lower, names_in(folder, before, after)):
            return folder
    raise AdapterError(
        f"there is no {before}{name}{after} in {collection}/{name}/raw, nor in the like of it", path=base
    )


def place_in(path: Path, lines: Sequence[int], column: int | None = None) -> Callable[[int], dict[str, Any]]:
    """Say where entry i of a column stands: the keyword arguments of AdapterError."""
    return lambda i: {"path": path, "line": lines[i], "column": column}
