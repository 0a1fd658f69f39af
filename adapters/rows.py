"""The rows of a CSV file, read in batches, each with the line it stands on.

Lines without a quote that all have as many entries as the first are cut many at a time, others that have
no quote by `csv.reader`. Records with quotes follow RFC 4180 and are read one by one, for only then is it
known that " a " in quotes keeps its spaces.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TextIO

from tinygnn.adapters.errors import AdapterError
from tinygnn.adapters.progress import progress
from tinygnn.adapters.text_files import open_text, undecodable

Rows = list[list[str]]
CHARACTERS_AT_ONCE = 1 << 15
LONGEST_RECORD = 1 << 24  # characters; beyond it a quote was left open


@dataclass
class Batch:
    """Some rows of a table and the line each stands on; or the columns, where all rows are equally long."""

    rows: Rows
    lines: Sequence[int]
    stripped: bool = False
    columns: Rows = field(default_factory=list)


def read_batches(
    path: Path, *, delimiter: str = ",", comment: str | None = None, encoding: str = "utf-8"
) -> Iterator[Batch]:
    """Yield the rows of a file, blank lines and comments left out.

    Spaces around an entry that is not quoted are kept here and taken off by the reader of the column.
    Raises AdapterError for bytes that are not text in this encoding, with the line they stand on.
    """
    done = 0  # lines read so far
    width = 0  # of the first row
    try:
        with open_text(path, encoding) as file, progress(f"lines of {path.name}", None) as advance:
            while text := file.read(CHARACTERS_AT_ONCE):
                text += "" if text[-1] == "\n" else file.readline()
                columns = even_columns(text, delimiter, width) if comment is None else []
                if columns:
                    count = len(columns[0])
                    yield Batch([], range(done + 1, done + 1 + count), True, columns)
                    done += count
                    advance(count)
                    continue
                lines = list(io.StringIO(text, newline=""))
                advance(len(lines))
                if "\0" in text:
                    line = done + next(i for i, each in enumerate(lines, 1) if "\0" in each)
                    raise AdapterError(
                        "there is a zero byte: this is no text, or text in another encoding; try "
                        "encoding='utf-16'",
                        path=path,
                        line=line,
                    )
                if '"' in text:
                    batch, done = _quoted_batch(path, lines, file, done, delimiter, comment)
                else:
                    batch = _plain_batch(lines, done, delimiter, comment)
                    done += len(lines)
                if batch.rows:
                    width = width or len(batch.rows[0])
                    yield batch
    except UnicodeError as error:
        raise undecodable(path, encoding, error) from None
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise AdapterError(f"the gzip data is damaged ({error}): pack it again", path=path) from None
    except csv.Error as error:
        raise AdapterError(f"it cannot be read as CSV: {error}", path=path, line=done + 1) from None


def has_space(text: str) -> bool:
    """Whether there may be a character, other than a line end, that `str.strip` takes off.

    >>> has_space("a\\nb"), has_space("a b"), has_space("é")
    (False, True, True)
    """
    return not text.isascii() or any(space in text for space in " \t\x0b\x0c\x1c\x1d\x1e\x1f")


def even_columns(text: str, delimiter: str, width: int) -> Rows:
    """Cut whole lines into columns of stripped entries, if there is nothing special about them; else [].

    >>> even_columns("1, 2\\n3,4\\n", ",", 2)
    [['1', '3'], ['2', '4']]
    >>> even_columns("1,2\\n3\\n", ",", 2)
    []
    """
    if width < 2 or '"' in text or "\0" in text or delimiter.isspace():
        return []
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    if text[-1] != "\n":
        text += "\n"
    if "\r" in text:
        return []
    # The end of a line becomes an entry of its own: it must be every (width + 1)th.
    entries = text.replace("\n", f"{delimiter}\n{delimiter}").split(delimiter)
    ends = entries[width :: width + 1]
    if len(entries) != len(ends) * (width + 1) + 1 or ends.count("\n") != len(ends):
        return []
    columns = [entries[k : -1 : width + 1] for k in range(width)]
    if not has_space(text):
        return columns
    return [list(map(str.strip, column)) for column in columns]


def _plain_batch(lines: list[str], done: int, delimiter: str, comment: str | None) -> Batch:
    """Rows of lines that hold no quote: one line, one row."""
    rows = list(csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE))
    numbers = range(done + 1, done + 1 + len(rows))
    if comment is None and min(map(len, rows)) > 1:
        return Batch(rows, numbers)
    kept = [i for i, line in enumerate(lines) if not _is_skipped(line, comment)]
    return Batch([rows[i] for i in kept], [numbers[i] for i in kept])


def _quoted_batch(
    path: Path, lines: list[str], file: TextIO, done: int, delimiter: str, comment: str | None
) -> tuple[Batch, int]:
    """Rows of lines that hold quotes; a quoted line break may reach beyond `lines` into `file`."""
    rows: Rows = []
    numbers: list[int] = []
    waiting = iter(lines)
    for line in waiting:
        done += 1
        if _is_skipped(line, comment):
            continue
        start, record, quotes, size = done, [line], line.count('"'), len(line)
        while quotes % 2:
            following = next(waiting, None) or file.readline()
            size += len(following)
            if not following or size > LONGEST_RECORD:
                raise AdapterError(
                    'a quote (") opens here and is never closed: close it, double quotes inside an entry, '
                    "or give the encoding= the file was written in",
                    path=path,
                    line=start,
                )
            record.append(following)
            quotes += following.count('"')
            done += 1
        try:
            rows.append(split_record("".join(record).rstrip("\r\n"), delimiter))
        except ValueError as error:
            raise AdapterError(str(error), path=path, line=start) from None
        numbers.append(start)
    return Batch(rows, numbers, stripped=True), done


def _is_skipped(line: str, comment: str | None) -> bool:
    line = line.strip()
    return not line or (comment is not None and line.startswith(comment))


def split_record(text: str, delimiter: str) -> list[str]:
    """Split one record; spaces around an entry go, spaces inside its quotes stay.

    >>> split_record('1 , " a, ""b"" " ,2', ",")
    ['1', ' a, "b" ', '2']

    Raises ValueError for a quote in the middle of an entry.
    """
    field = _field_pattern(delimiter)
    row: list[str] = []
    at = 0
    while match := field.match(text, at):
        quoted, plain = match.groups()
        row.append(plain.strip() if quoted is None else quoted.replace('""', '"'))
        at = match.end() + 1
        if match.end() == len(text):
            return row
    raise ValueError(
        f"a quote stands in the middle of entry {len(row) + 1}: quote the whole entry, and double "
        "the quotes in it"
    )


@lru_cache(maxsize=8)
def _field_pattern(delimiter: str) -> re.Pattern[str]:
    end = re.escape(delimiter)
    return re.compile(
        rf'(?:(?!{end})\s)*"((?:[^"]|"")*)"(?:(?!{end})\s)*(?={end}|\Z)|([^"{end}]*)(?={end}|\Z)'
    )
