"""Readouts, poolings and LSTM of PyG and PyTorch, as the backends run them."""

from __future__ import annotations

from typing import Any

from tinygnn.conformance.case import Case, Result
from tinygnn.conformance.modules import MODULE_DATA, WITH_GRADIENT, build, outputs_of
from tinygnn.conformance.torch_ops import import_torch, tensor
from tinygnn.conformance.torch_place import moved


def run_module(case: Case, library: Any) -> Result:
    """Outputs, and gradients of all inputs; library is `torch_geometric.nn` or `torch.nn`."""
    torch = import_torch()
    module = build(library, case.call, case.options["settings"])
    inputs = {name: tensor(case.inputs[name], True) for name in MODULE_DATA if name in case.inputs}
    data = dict(inputs)
    if isinstance(module, torch.nn.Module):
        moved(module).load_state_dict({k: tensor(v) for k, v in case.inputs.items() if k not in inputs})
        inputs.update(module.named_parameters())
    outputs = outputs_of(case, module, data, lambda rows: torch.tensor(rows, dtype=torch.long))
    end = torch.cat([outputs[name].flatten() for name in WITH_GRADIENT if name in outputs])
    end.backward(tensor(case.cotangent)[: len(end)])
    numbers = {name: out.tolist() for name, out in outputs.items()}
    zeros = {name: torch.zeros_like(value) for name, value in inputs.items()}
    for name, value in inputs.items():
        numbers[f"grad {name}"] = (zeros[name] if value.grad is None else value.grad).tolist()
    return Result(numbers)
