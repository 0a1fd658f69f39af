"""Tables: the rows of a CSV file, streamed, each with the line it stands on.

Lines without a quote go through `csv.reader` many at a time. Records with quotes follow RFC 4180 and are
read one by one, for only then is it known that " a " in quotes keeps its spaces.
"""

from __future__ import annotations

import csv
import gzip
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, islice
from os import PathLike
from pathlib import Path
from typing import Any, TextIO

from tinygnn.adapters.errors import AdapterError, did_you_mean
from tinygnn.adapters.text_files import open_text, undecodable

Rows = list[list[str]]
LINES_AT_ONCE = 1024
LONGEST_RECORD = 1 << 24  # characters; beyond it a quote was left open


@dataclass
class Batch:
    """Some rows of a table and the line each stands on."""

    rows: Rows
    lines: Sequence[int]
    stripped: bool = False


def read_batches(
    path: Path, *, delimiter: str = ",", comment: str | None = None, encoding: str = "utf-8"
) -> Iterator[Batch]:
    """Yield the rows of a file, blank lines and comments left out.

    Spaces around an entry that is not quoted are kept here and taken off by the reader of the column.
    Raises AdapterError for bytes that are not text in this encoding, with the line they stand on.
    """
    done = 0  # lines read so far
    try:
        with open_text(path, encoding) as file:
            while lines := list(islice(file, LINES_AT_ONCE)):
                text = "".join(lines)
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
                    yield batch
    except UnicodeError as error:
        raise undecodable(path, encoding, error) from None
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise AdapterError(f"the gzip data is damaged ({error}): pack it again", path=path) from None
    except csv.Error as error:
        raise AdapterError(f"it cannot be read as CSV: {error}", path=path, line=done + 1) from None


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
                raise AdapterError('a quote (") opens here and is never closed', path=path, line=start)
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


class Table:
    """The named columns of a CSV file and its rows in batches.

    names: the header, or positions from 1 where header is False.
    """

    def __init__(
        self,
        path: str | PathLike[str],
        *,
        delimiter: str | None = None,
        header: bool = True,
        comment: str | None = None,
        encoding: str = "utf-8",
    ) -> None:
        try:
            self.path = Path(path)
        except TypeError:
            raise AdapterError(f"expected the path of a CSV file, got {path!r}") from None
        if delimiter is None:
            delimiter = "\t" if self.path.name.endswith((".tsv", ".tsv.gz")) else ","
        if len(delimiter) != 1 or delimiter in '"\r\n':
            raise AdapterError(f"delimiter is {delimiter!r}: it is one character such as ',' or ';'")
        self.delimiter = delimiter
        self.header = header
        self._batches = read_batches(
            self.path, delimiter=delimiter, comment=comment or None, encoding=encoding
        )
        self._first = next(self._batches, None)
        if self._first is None:
            raise AdapterError("the file is empty: it needs a header such as source,target", path=self.path)
        self.names: list[Any] = list(range(1, len(self._first.rows[0]) + 1))
        if header:
            self.names = [name.strip() for name in self._first.rows[0]]
            line = self._first.lines[0]
            name, count = Counter(self.names).most_common(1)[0]
            if count > 1:
                raise AdapterError(
                    f"the header names {name!r} twice: rename one", path=self.path, line=line, column=name
                )

    def position(self, option: str, name: Any) -> int:
        """Where the column `name` stands; raise AdapterError listing the columns if there is none."""
        if name in self.names:
            return self.names.index(name)
        if self.header and type(name) is int and 1 <= name <= len(self.names):
            return name - 1
        found = ", ".join(map(str, self.names))
        advice = did_you_mean(name, self.names) or f"; give {option}=, or header=False if there is no header"
        if len(self.names) == 1:
            advice = "; 1 column: give the delimiter that the file uses, such as delimiter=';'"
        elif not self.header:
            advice = f"; without a header a column is its position, 1 to {len(self.names)}"
        raise AdapterError(
            f"{option}: there is no column {name!r}; columns found: {found}{advice}",
            path=self.path,
            line=self._first.lines[0] if self._first else None,
            column=name,
        )

    def default(self, option: str, name: Any, position: int) -> Any:
        """The name of a column of ids: as given, else the option's own; without a header its position."""
        chosen = name if name is not None else option if self.header else position
        return self.names[self.position(option, chosen)]

    def batches(self) -> Iterator[tuple[list[list[str]], Sequence[int]]]:
        """Yield columns of entries, and the lines they stand on; each row is as long as the header."""
        width = len(self.names)
        first = self._first
        if first is not None and self.header:
            first = Batch(first.rows[1:], first.lines[1:], first.stripped)
        for batch in chain([first] if first is not None and first.rows else [], self._batches):
            if set(map(len, batch.rows)) != {width}:
                i = next(i for i, row in enumerate(batch.rows) if len(row) != width)
                long = "too long" if len(batch.rows[i]) > width else "too short"
                raise AdapterError(
                    f"the row is {long}: {len(batch.rows[i])} entries, the first line has {width}; "
                    "quote an entry that holds the delimiter",
                    path=self.path,
                    line=batch.lines[i],
                )
            columns: Any = zip(*batch.rows)
            if batch.stripped:
                yield [list(column) for column in columns], batch.lines
            else:
                yield [list(map(str.strip, column)) for column in columns], batch.lines
