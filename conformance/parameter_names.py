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
    """Put the case's numbers into a torch module: each parameter by PyG's name, and whether it is transposed.

    Buffers that the case gives are loaded where the module has them by that name and shape.

    Raises WrongParameters as `matched` does.
    """
    own = dict(module.named_parameters())
    names = matched({name: list(entry.shape) for name, entry in own.items()}, case, data, params)
    found = {pyg: (own[name], transposed) for pyg, (name, transposed) in names.items()}
    buffers: dict[str, Any] = {**case.options.get("buffers", {})}
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


def matched(
    own: Mapping[str, list[int]], case: Case, data: Collection[str], params: Mapping[str, str]
) -> dict[str, tuple[str, bool]]:
    """Which of a module's parameters is which of the case's: its own name, and whether it is the transpose.

    own: the shapes of the module's parameters. data: the case's inputs that are none. params: PyG's name by
    the module's own; with ".T" at its end the module's is the transpose.

    Raises WrongParameters that names what is missing, what is there beside, and which shapes differ.
    """
    wanted = {name: shape(numbers) for name, numbers in case.inputs.items() if name not in data}
    found: dict[str, tuple[str, bool]] = {}
    extra = []
    for name in own:
        pyg, transposed = translated(name, params)
        if pyg in wanted:
            found[pyg] = name, transposed
        elif pyg not in case.options.get("buffers", {}) and pyg not in case.options.get("aliases", {}):
            extra.append(name)
    complaint = complaints({pyg: (own[n], turned) for pyg, (n, turned) in found.items()}, wanted, extra, own)
    if complaint:
        raise WrongParameters(f"its parameters: {complaint}")
    return found


def translated(name: str, params: Mapping[str, str]) -> tuple[str, bool]:
    """PyG's name of a module's parameter, and whether it is the transpose."""
    pyg = params.get(name, name)
    return (pyg.removesuffix(TRANSPOSED), True) if pyg.endswith(TRANSPOSED) else (pyg, False)


def complaints(
    found: Mapping[str, tuple[list[int], bool]],
    wanted: Mapping[str, list[int]],
    extra: list[str],
    own: Mapping[str, list[int]],
) -> str:
    """What is wrong with the parameters, or nothing."""
    parts = []
    missing = [name for name in wanted if name not in found]
    if missing:
        parts.append(f"missing: {listed({name: wanted[name] for name in missing})}")
    if extra:
        parts.append(f"not in the layer: {listed({n: own[n] for n in extra})}")
    for name, (sizes, transposed) in found.items():
        if (sizes[::-1] if transposed else sizes) != wanted[name]:
            turned = "; give NAME.T for a transposed one" if sizes[::-1] == wanted[name] != sizes else ""
            parts.append(f"{name} has the shape {sizes}, expected {wanted[name]}{turned}")
    hint = mapping(missing, wanted, extra, own)
    if missing and extra:
        said = ", ".join(f'"{name}": "{pyg}"' for name, pyg in hint.items()) or "own name: name in the layer"
        options = " ".join(f"--param {name}={pyg}" for name, pyg in hint.items()) or "--param OWN=NAME"
        parts.append(f"give their names as params={{{said}}}, with --check as {options}")
    if "bias" in missing and not extra:
        parts.append("if it is meant to have none, say so: options={'bias': False}")
    return "; ".join(parts)


def mapping(
    missing: list[str], wanted: Mapping[str, list[int]], extra: list[str], own: Mapping[str, list[int]]
) -> dict[str, str]:
    """Which of the module's parameters may be which, going by their shapes."""
    pairs, left = {}, list(missing)
    for name in extra:
        sizes = own[name]
        for pyg in left:
            if wanted[pyg] in (sizes, sizes[::-1]):
                pairs[name] = pyg if wanted[pyg] == sizes else f"{pyg}{TRANSPOSED}"
                left.remove(pyg)
                break
    return pairs


def listed(names: Mapping[str, list[int]]) -> str:
    """Names and shapes in words."""
    return ", ".join(f"{name} {sizes}" for name, sizes in names.items())
