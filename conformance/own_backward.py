"""The backend for a chain rule of a user's: a function that fills the gradients behind a Value."""

from __future__ import annotations

import inspect
import math

from tinygnn.conformance.case import Case, Numbers, Result
from tinygnn.conformance.own_module import OwnCode
from tinygnn.conformance.recorded import read, record, seed
from tinygnn.value import topological_order

SAME = 1e-9  # rounding is far less; a value that hands on too early is off by far more
TOO_EARLY = "wrong when parents stand the other way round: a value handed on before all had arrived"


class BackwardBackend(OwnCode):
    """A function `backward(output)`, or `backward(output, gradient)`, in the place of `Value.backward`.

    It is to add gradient · d(output)/d(v) to the `grad` of every Value v that has no parents. One that takes
    no gradient starts with 1: the output is then multiplied by the gradient before. Where it is right it runs
    once more, with the parents of every Value in the opposite order, which must make no difference.
    """

    def answer(self, case: Case) -> Result:
        numbers, right = self.numbers(case, False), self.reference.expected(case).outputs
        if not all(same(numbers[name], right[name]) for name in right):
            return Result(numbers)
        turned = self.numbers(case, True)
        early = [name for name in numbers if not same(numbers[name], turned[name])]
        self.remarks.update(dict.fromkeys(early, TOO_EARLY))
        return Result({name: turned[name] if name in early else numbers[name] for name in numbers})

    def numbers(self, case: Case, turned: bool) -> dict[str, Numbers]:
        """All numbers after the user's function has run; turned: with all parents the other way round."""
        recorded = record(case)
        taken = [p for p in inspect.signature(self.made).parameters.values() if p.kind is not p.KEYWORD_ONLY]
        objective = recorded.objective
        if len(taken) < 2:
            objective = objective * seed(case)
        if turned:
            for value in topological_order(objective):
                value.parents, value.partials = value.parents[::-1], value.partials[::-1]
        for _ in range(case.passes):
            self.made(objective, *([] if len(taken) < 2 else [seed(case)]))
        return read(recorded)


def same(a: float, b: float) -> bool:
    """Whether two numbers are the same but for rounding."""
    return a == b or (a != a and b != b) or math.isclose(a, b, rel_tol=SAME, abs_tol=SAME)
