"""Tuples that say what they hold, so that a loop over millions of them need not look."""

from __future__ import annotations

from typing import Any


class Leaves(tuple[Any, ...]):
    """Parents of a Value that were made by nobody, with finite partials: `backward` stops at them."""


class Ones(tuple[float, ...]):
    """Coefficients or partials that are all 1: a sum without products."""
