"""How far the runs of one case on one backend lie apart: threads may add in another order each time."""

from __future__ import annotations

from tinygnn.conformance.answered import answer
from tinygnn.conformance.case import Backend, Case, Result
from tinygnn.conformance.compare import measure
from tinygnn.nn.module import leaves


def repeated(backend: Backend, case: Case, times: int = 1) -> tuple[Result, float]:
    """Run a case that often; the first result, and the most ulps that another one lies away from it.

    An output that only some runs give, or of another shape, lies infinitely far away.
    """
    first = answer(backend, case)
    return first, max([distance(first, answer(backend, case)) for _ in range(times - 1)], default=0.0)


def distance(a: Result, b: Result) -> float:
    """The most ulps between two numbers that stand at the same place."""
    worst = 0.0
    for name in (*a.outputs, *[name for name in b.outputs if name not in a.outputs]):
        ours, theirs = leaves(a.outputs.get(name, [])), leaves(b.outputs.get(name, []))
        if len(ours) != len(theirs):
            return float("inf")
        worst = max([worst, *[measure(name, 0, x, y, 1.0, 0.0).ulps for x, y in zip(ours, theirs)]])
    return worst
