"""Text files as they come: packed or not, in any encoding, and what is wrong with them by line."""

from __future__ import annotations

import gzip
import io
import os
import zlib
from contextlib import suppress
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from tinygnn.adapters.errors import AdapterError

SMALL = 1 << 26  # bytes that any packed file may become
LARGEST_RATIO = 100  # how many times its size a larger one may become


def open_bytes(path: Path) -> Any:
    """Open a file, unpacking gzip by its first bytes, whatever its name is."""
    try:
        binary: Any = path.open("rb")
    except FileNotFoundError:
        near = get_close_matches(path.name, _siblings(path), n=3)
        hint = f"; did you mean {' or '.join(near)}?" if near else "; check the name and the folder"
        raise AdapterError(f"there is no such file{hint}", path=path) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise AdapterError(f"it cannot be read ({reason}): give the path of a CSV file", path=path) from None
    if binary.peek(2)[:2] != b"\x1f\x8b":
        return binary
    return io.BufferedReader(Unpacked(binary, path), 1 << 16)


class Unpacked(io.RawIOBase):
    """The bytes in a file that gzip packed, and no more of them than a table or graph packs to.

    Text of numbers packs to a fifth or a tenth of its size, a bomb to a thousandth.
    """

    def __init__(self, packed: Any, path: Path) -> None:
        self.file = gzip.GzipFile(fileobj=packed)
        self.path = path
        self.left = max(SMALL, LARGEST_RATIO * os.fstat(packed.fileno()).st_size)
        self.packed = packed

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self.file.read1(len(buffer))
        self.left -= len(data)
        if self.left < 0:
            raise AdapterError(
                f"unpacked it is more than {LARGEST_RATIO} times as large, which looks like a gzip bomb: "
                "unpack it first if it is none",
                path=self.path,
            )
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self.file.close()
        self.packed.close()
        super().close()


def open_text(path: Path, encoding: str) -> TextIO:
    """Open a text file, packed by gzip or not; a byte order mark is no part of the text."""
    plain = encoding.lower().replace("_", "-") in ("utf-8", "utf8")
    binary = open_bytes(path)
    if plain and binary.peek(2)[:2] in (b"\xff\xfe", b"\xfe\xff"):
        binary.close()
        raise AdapterError("it starts like UTF-16 text: give encoding='utf-16'", path=path, line=1)
    try:
        return io.TextIOWrapper(binary, encoding="utf-8-sig" if plain else encoding, newline="")
    except LookupError:
        binary.close()
        raise AdapterError(
            f"encoding {encoding!r} is not known; try 'utf-8' or 'latin-1'", path=path
        ) from None


def _siblings(path: Path) -> list[str]:
    try:
        return [each.name for each in islice(path.parent.iterdir(), 10_000)]
    except OSError:
        return []


def undecodable(path: Path, encoding: str, error: UnicodeError) -> AdapterError:
    """Say which line is no text in this encoding; the file was read in larger pieces."""
    advice = "give the encoding= it was written in, perhaps 'latin-1'"
    if encoding.lower().startswith(("utf-16", "utf-32", "utf16", "utf32")):
        return AdapterError(f"this is no {encoding} text ({error}): {advice}", path=path)
    with suppress(OSError, EOFError, zlib.error), open_bytes(path) as file:
        for number, line in enumerate(file, 1):
            if b"\0" in line:
                return AdapterError(
                    "there is a zero byte: this is no text, or text in another encoding; try "
                    "encoding='utf-16'",
                    path=path,
                    line=number,
                )
            try:
                line.decode(encoding)
            except UnicodeDecodeError as at:
                byte = at.object[at.start]
                return AdapterError(
                    f"byte {byte:#04x} is no {encoding} text: {advice}", path=path, line=number
                )
    return AdapterError(f"this is no {encoding} text ({error}): {advice}", path=path)
