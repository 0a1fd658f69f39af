"""The backend `tinygnn`: the library itself, one contestant among the others."""

from __future__ import annotations

import tinygnn
from tinygnn import optim
from tinygnn.conformance.case import Case, Result
from tinygnn.conformance.data import karate
from tinygnn.conformance.recorded import differentiated, read
from tinygnn.conformance.tinygnn_models import training_model
from tinygnn.conformance.tinygnn_steps import run_optimizer
from tinygnn.losses import cross_entropy


class TinygnnBackend:
    """tinygnn in float64. It runs every case."""

    name = "tinygnn"
    version = tinygnn.__version__

    def supports(self, case: Case) -> bool:
        return True

    def run(self, case: Case) -> Result:
        if case.kind in ("optimizer", "schedule"):
            return Result(run_optimizer(case))
        if case.kind == "training":
            return Result({"loss": losses_of(case)})
        return Result(read(differentiated(case)))


def losses_of(case: Case) -> list[float]:
    """The loss of a training run before every step: [steps]."""
    graph = karate()
    model = training_model(case, graph)
    optimizer = optim.Adam(model.parameters(), **case.options["settings"])
    losses = []
    for _ in range(case.options["steps"]):
        optimizer.zero_grad()
        loss = cross_entropy(model(graph), graph.y, mask=graph.train_mask)
        loss.backward()
        optimizer.step()
        losses.append(loss.data)
    return losses
