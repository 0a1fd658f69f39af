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


def usual_id(case: Case) -> str:
    """The id that the case would have among those of its call: edge cases and GNNs have others.

    >>> usual_id(Case("edge/01-self-loop", "model", "GCNConv", {}))
    'model/gcn_conv/01-self-loop'
    """
    if case.call == "aggregate":
        call = f"aggregate-{case.options['aggr']}"
    elif case.call == "GNN":
        call = str(case.options.get("kind", "gcn"))
    elif case.kind == "model":
        call = case.call.lower().replace("conv", "_conv")
    else:
        call = case.call
    return f"{case.kind}/{call}/{case.id.rpartition('/')[2]}"


@dataclass(frozen=True)
class Mutant:
    """A mistake: in `target`, a module or class, `attribute` is replaced by what `make` makes.

    name: `layer: what`. rule: a sentence on what is computed instead. ids: texts; the cases whose ids, or
    whose `usual_id`, hold one of them are of the calls that the mistake touches.
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
        return [case for case in cases if self.touches(case)]

    def touches(self, case: Case) -> bool:
        """Whether the case is of a call that it touches."""
        return any(text in case.id or text in usual_id(case) for text in self.ids)

    def tried_on(self, cases: Sequence[Case]) -> list[Case]:
        """Those, and the controls."""
        return [case for case in cases if case.id in CONTROLS or self.touches(case)]
