"""`Numbering`: the number of each node, found for many ids at once."""

from __future__ import annotations

from collections import defaultdict
from itertools import count
from typing import Any

MOST_NODES = 20_000_000  # that index_base makes of the numbers up to the largest one


class Numbering:
    """The numbers of node ids: those of the node file, or counted from a base, or by first appearance."""

    def __init__(self, known: dict[Any, int] | None, base: int | None) -> None:
        self.known, self.base = known, base
        self.largest = -1
        self.index: dict[Any, int] = defaultdict(count().__next__)
        if known is not None:
            self.index = known if base is None else {node: node - base for node in known}

    def read(self, ends: list[Any]) -> list[int]:
        """Number the ids; raise ValueError if one of them cannot be."""
        if self.base is not None and self.known is None:
            if not (self.takes(min(ends)) and self.takes(max(ends))):
                raise ValueError
            self.largest = max(self.largest, max(ends) - self.base)
            return [node - self.base for node in ends] if self.base else ends
        try:
            return list(map(self.index.__getitem__, ends))
        except KeyError:
            raise ValueError from None

    def takes(self, node: Any) -> bool:
        """Whether an id can be numbered."""
        if self.known is not None:
            return node in self.index
        return self.base is None or self.base <= node <= MOST_NODES

    def ids(self) -> list[Any]:
        """All ids, in the order of their numbers."""
        if self.base is not None and self.known is None:
            return list(range(self.base, self.base + self.largest + 1))
        return list(self.index)
