"""Initial weights, drawn once for all contenders, under the names and in the shapes of PyG."""

from __future__ import annotations

import random
from math import sqrt
from typing import Any


def draw(rng: random.Random, bound: float, *shape: int) -> Any:
    """Nested lists of numbers from U(-bound, bound)."""
    if not shape:
        return rng.uniform(-bound, bound)
    return [draw(rng, bound, *shape[1:]) for _ in range(shape[0])]


def glorot(rng: random.Random, rows: int, columns: int) -> list[list[float]]:
    """A matrix from U(-b, b) with b = √(6 / (rows + columns)). Shape [rows][columns]."""
    matrix: list[list[float]] = draw(rng, sqrt(6.0 / (rows + columns)), rows, columns)
    return matrix


def gcn(rng: random.Random, sizes: list[int]) -> dict[str, Any]:
    """The weights of a stack of GCNConv."""
    weights: dict[str, Any] = {}
    for i, (columns, rows) in enumerate(zip(sizes, sizes[1:])):
        weights[f"convs.{i}.bias"] = [0.0] * rows
        weights[f"convs.{i}.lin.weight"] = glorot(rng, rows, columns)
    return weights


def sage(rng: random.Random, sizes: list[int]) -> dict[str, Any]:
    """The weights of a stack of SAGEConv."""
    weights: dict[str, Any] = {}
    for i, (columns, rows) in enumerate(zip(sizes, sizes[1:])):
        weights[f"convs.{i}.lin_l.weight"] = glorot(rng, rows, columns)
        weights[f"convs.{i}.lin_l.bias"] = [0.0] * rows
        weights[f"convs.{i}.lin_r.weight"] = glorot(rng, rows, columns)
    return weights


def gat(rng: random.Random, sizes: list[tuple[int, int, int]]) -> dict[str, Any]:
    """The weights of a stack of GATConv; sizes are (in_channels, heads, out_channels)."""
    weights: dict[str, Any] = {}
    for i, (columns, heads, rows) in enumerate(sizes):
        weights[f"convs.{i}.att_src"] = draw(rng, sqrt(6.0 / (heads + rows)), 1, heads, rows)
        weights[f"convs.{i}.att_dst"] = draw(rng, sqrt(6.0 / (heads + rows)), 1, heads, rows)
        weights[f"convs.{i}.bias"] = [0.0] * (heads * rows)
        weights[f"convs.{i}.lin.weight"] = glorot(rng, heads * rows, columns)
    return weights


def gin(rng: random.Random, sizes: list[int]) -> dict[str, Any]:
    """The weights of a stack of GINConv, each with an MLP of two layers."""
    weights: dict[str, Any] = {}
    for i, (columns, rows) in enumerate(zip(sizes, sizes[1:])):
        weights[f"convs.{i}.eps"] = [0.0]
        for k, width in enumerate((columns, rows)):
            weights[f"convs.{i}.nn.lins.{k}.weight"] = glorot(rng, rows, width)
            weights[f"convs.{i}.nn.lins.{k}.bias"] = [0.0] * rows
    return weights
