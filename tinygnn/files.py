"""Files that appear whole or not at all, whatever happens meanwhile."""

from __future__ import annotations

import os
from contextlib import suppress
from errno import EISDIR
from pathlib import Path


def write_atomically(path: str | Path, data: bytes) -> None:
    """Write a file by one rename: after a crash, a kill or a full disk it is the old one or the new one.

    The bytes go to ".NAME.tmp" in the same folder and to the disk before it takes the file's place; the
    folder is written to the disk too, so that a power cut does not undo the rename. Raises OSError that
    names the file, and leaves the old one, where any of this fails.
    """
    path = Path(path)
    if not path.name:
        raise IsADirectoryError(EISDIR, os.strerror(EISDIR), str(path))
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        with open(temporary, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException as error:
        with suppress(OSError):
            temporary.unlink()
        if isinstance(error, OSError) and error.errno is not None:
            raise type(error)(error.errno, os.strerror(error.errno), str(path)) from error
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Write a folder's list of files to the disk; Windows has no way to."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
