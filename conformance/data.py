"""The numbers that cases are made of: small awkward graphs, exact random numbers, Karate Club."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator, Mapping
from typing import Any

from tinygnn.graph import Graph

Edges = tuple[list[int], list[int]]

# Graphs by name: how many nodes, the edges, and the traps they set.
GRAPHS: dict[str, tuple[int, Edges, tuple[str, ...]]] = {
    "path": (4, ([0, 1, 1, 2, 2, 3], [1, 0, 2, 1, 3, 2]), ()),
    "star": (5, ([0, 0, 0, 0, 1, 2, 3, 4], [1, 2, 3, 4, 0, 0, 0, 0]), ()),
    "directed": (4, ([0, 0, 1, 3], [1, 2, 2, 2]), ("directed",)),
    "isolated": (5, ([0, 1, 1, 4], [1, 0, 4, 1]), ("isolated",)),
    "self-loop": (3, ([0, 1, 1, 2, 1], [1, 0, 2, 1, 1]), ("self-loop",)),
    "two-self-loops": (3, ([0, 0, 1, 0, 1], [0, 1, 0, 0, 2]), ("self-loop", "duplicate-edge", "directed")),
    "duplicate-edges": (3, ([0, 0, 1, 1, 2], [1, 1, 0, 2, 1]), ("duplicate-edge", "directed")),
    "mixed": (6, ([0, 1, 1, 1, 3, 3, 4, 0], [1, 0, 1, 3, 4, 4, 0, 3]),
              ("directed", "isolated", "self-loop", "duplicate-edge")),
    "no-edges": (3, ([], []), ("no-edges", "isolated")),
    "one-node": (1, ([], []), ("no-edges", "one-node")),
    "one-node-loop": (1, ([0], [0]), ("self-loop", "one-node")),
}  # fmt: skip


def numbers(name: str, *sizes: int, positive: bool = False) -> list[object]:
    """Nested lists of numbers drawn for that name: multiples of 1/64 in [-2, 2], never 0.

    float32 holds them exactly. With positive=True they lie in (0, 2].
    """
    rng = random.Random(name)
    return _nested(rng, list(sizes), positive)


def _nested(rng: random.Random, sizes: list[int], positive: bool) -> list[object]:
    if len(sizes) > 1:
        return [_nested(rng, sizes[1:], positive) for _ in range(sizes[0])]
    signs = (1,) if positive else (-1, 1)
    return [rng.choice(signs) * rng.randint(1, 128) / 64.0 for _ in range(sizes[0])]


def karate() -> Graph:
    """Zachary's karate club, as `tinygnn.adapters.load("karate")` gives it."""
    from tinygnn.adapters import load

    graph: Graph = load("karate")[0]
    return graph


def to_float32(x: float) -> float:
    """The nearest number that float32 holds."""
    return float(struct.unpack("f", struct.pack("f", x))[0])


def is_float32(x: float) -> bool:
    """Whether float32 holds the number exactly, as it holds those of `numbers`."""
    try:
        return x != x or struct.unpack("f", struct.pack("f", x))[0] == x
    except OverflowError:
        return False


def floats_in(nested: Any) -> Iterator[float]:
    """All floats of nested lists, tuples and dicts."""
    if isinstance(nested, float):
        yield nested
    elif isinstance(nested, (list, tuple, Mapping)):
        for part in nested.values() if isinstance(nested, Mapping) else nested:
            yield from floats_in(part)
