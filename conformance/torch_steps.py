"""torch's optimizers and schedules on the gradients of a case."""

from __future__ import annotations

from typing import Any

from tinygnn.conformance.case import Case, Numbers, Result
from tinygnn.conformance.tinygnn_steps import in_groups, rates_of
from tinygnn.conformance.torch_ops import import_torch, tensor


def run_optimizer(case: Case) -> Result:
    """torch.optim's weights after every step, and the rates of every epoch where the case has schedules."""
    torch, options = import_torch(), case.options
    weights = [tensor(w, True) for w in case.inputs["w"]]
    make = getattr(torch.optim, case.call)
    optimizer = make(in_groups(weights, options.get("groups")), **options["settings"])
    schedules: list[Any] = [
        getattr(torch.optim.lr_scheduler, name)(optimizer, **settings)
        for name, settings in options.get("schedules", [])
    ]
    history, rates = [], [rates_of(optimizer)]
    for step, gradients in enumerate(options["gradients"]):
        for w, gradient in zip(weights, gradients):
            w.grad = tensor(gradient)
        if "clip" in options:
            name, settings = options["clip"]
            getattr(torch.nn.utils, name)(weights, **settings)
        optimizer.step()
        for schedule in schedules:
            schedule.step(*([] if options["metrics"] is None else [options["metrics"][step]]))
        history.append([w.item() for w in weights])
        rates.append(rates_of(optimizer))
    outputs: dict[str, Numbers] = {"w": history}
    return Result({**outputs, "lr": rates} if schedules else outputs)
