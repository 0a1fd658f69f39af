"""`Leaves`: parents of a Value that were made by nobody, so that `backward` need not look behind them."""

from __future__ import annotations

from typing import Any


class Leaves(tuple[Any, ...]):
    """A tuple of leaf Values with finite partials: the weights that a node's features meet, every epoch."""
