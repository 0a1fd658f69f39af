"""Tables: the columns of a CSV file, streamed, by the names in its header."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain
from os import PathLike
from pathlib import Path
from typing import Any

from tinygnn.adapters.errors import AdapterError, did_you_mean
from tinygnn.adapters.rows import Batch, read_batches


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
        if not isinstance(delimiter, str) or len(delimiter) != 1 or delimiter in '"\r\n':
            raise AdapterError(f"delimiter is {delimiter!r}: it is one character such as ',' or ';'")
        if not isinstance(encoding, str):
            raise AdapterError(f"encoding is {encoding!r}: it is a name such as 'utf-8' or 'latin-1'")
        if not isinstance(comment, (str, type(None))):
            raise AdapterError(f"comment is {comment!r}: it is what a comment starts with, such as '#'")
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
            other = next((mark for mark in ";\t|, :" if mark in self._line_of_names()), ";")
            advice = f"; 1 column: give the delimiter that the file uses, such as delimiter={other!r}"
        elif not self.header:
            advice = f"; without a header a column is its position, 1 to {len(self.names)}"
        raise AdapterError(
            f"{option}: there is no column {name!r}; columns found: {found}{advice}",
            path=self.path,
            line=self._first.lines[0] if self._first else None,
            column=name,
        )

    def _line_of_names(self) -> str:
        return self._first.rows[0][0] if self._first and self._first.rows[0] else ""

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
            if batch.columns:  # as wide as the first row, and so as the header
                yield batch.columns, batch.lines
                continue
            if set(map(len, batch.rows)) != {width}:
                i = next(i for i, row in enumerate(batch.rows) if len(row) != width)
                too_long = len(batch.rows[i]) > width
                said = "long" if too_long else "short"
                advice = "quote an entry that holds the delimiter" if too_long else "fill in what is missing"
                raise AdapterError(
                    f"the row is too {said}: {len(batch.rows[i])} entries, the first line has {width}; "
                    f"{advice}",
                    path=self.path,
                    line=batch.lines[i],
                )
            columns: Any = zip(*batch.rows)
            if batch.stripped:
                yield [list(column) for column in columns], batch.lines
            else:
                yield [list(map(str.strip, column)) for column in columns], batch.lines
