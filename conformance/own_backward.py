"""The backend for a chain rule of a user's: a function that fills the gradients behind a Value."""

from __future__ import annotations

import inspect

import tinygnn
from tinygnn.conformance.case import Case, Result
from tinygnn.conformance.own_module import OwnCode
from tinygnn.conformance.recorded import read, record, seed


class BackwardBackend(OwnCode):
    """A function `backward(output)`, or `backward(output, gradient)`, in the place of `Value.backward`.

    It is to add gradient · d(output)/d(v) to the `grad` of every Value v that has no parents. One that takes
    no gradient starts with 1: the output is then multiplied by the gradient before.
    """

    version = f"with tinygnn {tinygnn.__version__}"

    def answer(self, case: Case) -> Result:
        recorded = record(case)
        taken = [p for p in inspect.signature(self.made).parameters.values() if p.kind is not p.KEYWORD_ONLY]
        objective = recorded.objective
        if len(taken) < 2:
            objective = objective * seed(case)
        for _ in range(case.passes):
            self.made(objective, *([] if len(taken) < 2 else [seed(case)]))
        return Result(read(recorded))
