"""A module's parameters under PyG's names, and the case's numbers in them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from tinygnn.conformance.case import Case, Failed
from tinygnn.conformance.torch_ops import import_torch, tensor
from tinygnn.nn.module import shape

TRANSPOSED = ".T"


class WrongParameters(Failed):
    """The module's parameters are not those of the layer that it is to be like."""


def load(
    module: Any, case: Case, data: Collection[str], params: Mapping[str, str]
) -> dict[str, tuple[Any, bool]]:
    """Put the case's numbers into the module: each parameter by PyG's name, and whether it is transposed.

    params: PyG's name by the module's own; with ".T" at its end the module's is the transpose. Buffers that
    the case gives are loaded where the module has them by that name and shape.

    Raises WrongParameters that names what is missing, what is there beside, and which shapes differ.
    """
    wanted = {name: shape(numbers) for name, numbers in case.inputs.items() if name not in data}
    own = dict(module.named_parameters())
    buffers: dict[str, Any] = {**case.options.get("buffers", {})}
    found: dict[str, tuple[Any, bool]] = {}
    extra = []
    for name, parameter in own.items():
        pyg, transposed = translated(name, params)
        if pyg in wanted:
            found[pyg] = parameter, transposed
        elif pyg not in buffers and pyg not in case.options.get("aliases", {}):
            extra.append(name)
    complaint = complaints(found, wanted, extra, own, params)
    if complaint:
        raise WrongParameters(f"its parameters: {complaint}")
    every = {**dict(module.named_buffers()), **own}
    with import_torch().no_grad():
        for pyg, (parameter, transposed) in found.items():
            numbers = tensor(case.inputs[pyg])
            parameter.copy_(numbers.T if transposed else numbers)
        for name, entry in every.items():
            numbers = buffers.get(translated(name, params)[0])
            if numbers is not None and list(entry.shape) == shape(numbers):
                entry.copy_(tensor(numbers))
    return found


def translated(name: str, params: Mapping[str, str]) -> tuple[str, bool]:
    """PyG's name of a module's parameter, and whether it is the transpose."""
    pyg = params.get(name, name)
    return (pyg.removesuffix(TRANSPOSED), True) if pyg.endswith(TRANSPOSED) else (pyg, False)


def complaints(
    found: Mapping[str, tuple[Any, bool]],
    wanted: Mapping[str, list[int]],
    extra: list[str],
    own: Mapping[str, Any],
    params: Mapping[str, str],
) -> str:
    """What is wrong with the parameters, or nothing."""
    parts = []
    missing = [name for name in wanted if name not in found]
    if missing:
        parts.append(f"missing: {listed({name: wanted[name] for name in missing})}")
    if extra:
        parts.append(f"not in the layer: {listed({n: list(own[n].shape) for n in extra})}")
    for name, (parameter, transposed) in found.items():
        sizes = list(parameter.shape)
        if (sizes[::-1] if transposed else sizes) != wanted[name]:
            turned = "; give NAME.T for a transposed one" if sizes[::-1] == wanted[name] != sizes else ""
            parts.append(f"{name} has the shape {sizes}, expected {wanted[name]}{turned}")
    hint = mapping(missing, wanted, extra, own)
    if missing and extra:
        parts.append(f"give their names as params={{{hint or 'own name: name in the layer'}}}")
    if "bias" in missing and not extra:
        parts.append("if it is meant to have none, say so: options={'bias': False}")
    return "; ".join(parts)


def mapping(
    missing: list[str], wanted: Mapping[str, list[int]], extra: list[str], own: Mapping[str, Any]
) -> str:
    """Which of the module's parameters may be which, going by their shapes."""
    pairs, left = [], list(missing)
    for name in extra:
        sizes = list(own[name].shape)
        for pyg in left:
            if wanted[pyg] in (sizes, sizes[::-1]):
                turned = "" if wanted[pyg] == sizes else TRANSPOSED
                pairs.append(f'"{name}": "{pyg}{turned}"')
                left.remove(pyg)
                break
    return ", ".join(pairs)


def listed(names: Mapping[str, list[int]]) -> str:
    """Names and shapes in words."""
    return ", ".join(f"{name} {sizes}" for name, sizes in names.items())
