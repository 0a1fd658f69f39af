"""`Dropout`: forget some numbers while training."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from tinygnn.linalg import Matrix
from tinygnn.nn import init
from tinygnn.nn.module import Module
from tinygnn.sparse import Features
from tinygnn.value import Value


class Factor:
    """A constant to multiply Values by, which is no Value itself."""

    def __init__(self, factor: float) -> None:
        self.factor = factor
        self.partials = (factor,)
        self.op = ("linear_combination", self.partials)

    def of(self, entry: Any) -> Any:
        """factor · entry; d/d entry = factor. A number stays a number."""
        if isinstance(entry, Value):
            return Value(entry.data * self.factor, (entry,), self.partials, self.op)
        return entry * self.factor


class Dropout(Module):
    """x'_ij = x_ij m_ij / (1 - p) with m_ij ~ Bernoulli(1 - p) in training; x itself in evaluation.

    Srivastava et al. 2014, JMLR 15, in PyTorch's inverted form. The zeros of a graph's
    constant x stay zeros and draw no random number. Shapes: [N][F] -> [N][F].

    Raises ValueError unless 0 <= p <= 1.
    """

    def __init__(self, p: float = 0.5, *, rng: random.Random | None = None) -> None:
        if not 0.0 <= p <= 1.0:
            raise ValueError(f"dropout p is {p!r}: it is a probability between 0 and 1")
        self.p = p
        self.rng = rng

    def forward(self, x: Sequence[Sequence[Any]]) -> Matrix:
        if not self.training or self.p == 0.0:
            return x
        draw = (init.default_rng if self.rng is None else self.rng).random
        p = self.p
        scale = 0.0 if p == 1.0 else 1.0 / (1.0 - p)
        if isinstance(x, Features) and x.nonzeros() is not None:
            return x.times(lambda: scale if draw() >= p else 0.0)
        kept, dropped = Factor(scale), Factor(0.0)
        return [[(kept if draw() >= p else dropped).of(entry) for entry in row] for row in x]

    def __repr__(self) -> str:
        return f"Dropout({self.p})"
