"""Files that are written whole, or not at all: through a file beside them, and one rename."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from os import PathLike
from pathlib import Path

from tinygnn.adapters.errors import AdapterError


def write_text(path: str | PathLike[str], pieces: Iterable[str]) -> None:
    """Write pieces of text one after the other, without holding all of them."""
    write_together({path: pieces})


def write_together(files: Mapping[str | PathLike[str], Iterable[str | bytes]]) -> None:
    """Write several files of text, in UTF-8, or of bytes; none of them appears before all are complete.

    Raises AdapterError where a file cannot be written.
    """
    written: list[tuple[Path, Path]] = []
    try:
        for name, pieces in files.items():
            path = Path(name)
            temporary = path.with_name(f".{path.name}.tmp")
            try:
                with open(temporary, "wb") as file:
                    written.append((temporary, path))
                    file.writelines(p.encode() if isinstance(p, str) else p for p in pieces)
            except (OSError, ValueError) as error:
                if isinstance(error, AdapterError):
                    raise
                raise AdapterError(f"it cannot be written: {_reason(error)}", path=path) from None
        for temporary, path in written:
            try:
                temporary.replace(path)
            except OSError as error:
                raise AdapterError(f"it cannot be written: {_reason(error)}", path=path) from None
    finally:
        for temporary, _ in written:
            with suppress(OSError):
                temporary.unlink()


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
