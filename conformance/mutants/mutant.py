"""`Mutant`: one rule of the torch backend, changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock

from tinygnn.conformance.case import Case

# Ordinary cases that run with every mutant, of calls that most do not touch.
CONTROLS = ("model/gcn_conv/path", "model/mlp/relu", "op/add/ordinary")


@dataclass(frozen=True)
class Mutant:
    """A mistake: in `target`, a module or class, `attribute` is replaced by what `make` makes.

    name: `layer: what`. rule: a sentence on what is computed instead. ids: texts; the cases whose ids
    hold one of them are of the calls that the mistake touches.
    """

    name: str
    rule: str
    ids: tuple[str, ...]
    target: Any
    attribute: str
    make: Callable[[], Any]

    @contextmanager
    def planted(self) -> Iterator[None]:
        """The backend computes it wrongly inside the `with`."""
        with mock.patch.object(self.target, self.attribute, self.make()):
            yield

    def touched(self, cases: Sequence[Case]) -> list[Case]:
        """The cases of the calls that it touches."""
        return [case for case in cases if any(text in case.id for text in self.ids)]

    def tried_on(self, cases: Sequence[Case]) -> list[Case]:
        """Those, and the controls."""
        return [case for case in cases if case.id in CONTROLS or any(text in case.id for text in self.ids)]
