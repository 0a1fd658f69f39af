"""Which backend runs a user's own code: by what it is and by what it is to be like."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Mapping
from typing import Any

from tinygnn import optim
from tinygnn.conformance.own_backward import BackwardBackend
from tinygnn.conformance.own_function import FunctionBackend, TensorFunctionBackend
from tinygnn.conformance.own_module import OwnCode, is_class, name_of
from tinygnn.conformance.own_optimizer import OptimizerBackend, TensorOptimizerBackend
from tinygnn.conformance.runner import Reference
from tinygnn.conformance.subjects import BACKWARD, Subject
from tinygnn.conformance.torch_module import ModuleBackend
from tinygnn.conformance.value_module import ValueModuleBackend
from tinygnn.nn.module import Module

OF_VALUES: dict[str, Callable[..., OwnCode]] = {
    "layer": ValueModuleBackend,
    "operation": FunctionBackend,
    "optimizer": OptimizerBackend,
    BACKWARD: BackwardBackend,
}
OF_TENSORS: dict[str, Callable[..., OwnCode]] = {
    "layer": ModuleBackend,
    "operation": TensorFunctionBackend,
    "optimizer": TensorOptimizerBackend,
}
WANTED = {
    "layer": "a class of modules, an instance of one, or a function",
    "operation": "a function",
    "optimizer": "a class of optimizers",
    BACKWARD: "a function of the Value to start from",
}


def backend_for(
    made: Any, subject: Subject, params: Mapping[str, str], options: Mapping[str, Any], reference: Reference
) -> OwnCode:
    """The backend for a class, an instance or a function. Raises ValueError for what cannot be like that."""
    complaint = misfit(made, subject)
    if complaint:
        raise ValueError(f"{complaint}: {subject.name} needs {WANTED[subject.kind]}")
    kinds = OF_TENSORS if subject.kind in OF_TENSORS and takes_tensors(made) else OF_VALUES
    return kinds[subject.kind](made, subject.call, params, options, reference)


def misfit(made: Any, subject: Subject) -> str:
    """Why it cannot be like the subject, or nothing."""
    of_modules = is_module(made) or is_class(made, Module) or is_torch(made, "nn", "Module")
    of_optimizers = is_class(made, optim.Optimizer) or is_torch(made, "optim", "Optimizer")
    if not callable(made):
        return f"{made!r} cannot be called"
    if of_optimizers and subject.kind != "optimizer":
        return f"{name_of(made)} is a class of optimizers"
    if of_modules and subject.kind != "layer":
        return f"{name_of(made)} is a module"
    if isinstance(made, type) and subject.kind in ("operation", BACKWARD):
        return f"{name_of(made)} is a class"
    if isinstance(made, type) and subject.kind == "layer" and not of_modules:
        return f"{name_of(made)} is derived neither from tinygnn.nn.Module nor from torch.nn.Module"
    if not isinstance(made, type) and subject.kind == "optimizer" and not inspect.isroutine(made):
        return f"{name_of(made)} is no class"
    return ""


def takes_tensors(made: Any) -> bool:
    """Whether it is torch's: a class by what it is derived from, a function by what it and its file name."""
    while isinstance(made, functools.partial):
        made = made.func
    if is_module(made) or is_class(made, Module) or is_class(made, optim.Optimizer):
        return False
    if is_torch(made, "nn", "Module") or is_torch(made, "optim", "Optimizer") or root_of(made) in TORCH:
        return True
    return False if isinstance(made, type) else names_torch(inspect.unwrap(made))


TORCH = ("torch", "torch_geometric")


def names_torch(function: Any) -> bool:
    """Whether a function uses torch, or else whether its file imports torch and not tinygnn."""
    code = getattr(function, "__code__", None)
    if code is None:
        return False
    cells = zip(code.co_freevars, function.__closure__ or ())
    known = {**function.__globals__, **{name: cell.cell_contents for name, cell in cells}}
    used = {root_of(known[name]) if name in known else name for name in (*code.co_names, *code.co_freevars)}
    if used & {*TORCH, "tinygnn"}:
        return bool(used & set(TORCH))
    roots = {root_of(value) for value in function.__globals__.values()}
    return bool(roots & set(TORCH)) and "tinygnn" not in roots


def root_of(value: Any) -> str:
    """The package that a module is, or that a class or a function comes from."""
    name = value.__name__ if inspect.ismodule(value) else getattr(value, "__module__", None)
    return name.partition(".")[0] if isinstance(name, str) else ""


def is_module(made: Any) -> bool:
    """Whether it is an instance of tinygnn's modules."""
    return isinstance(made, Module)


def is_torch(made: Any, folder: str, name: str) -> bool:
    """Whether it is torch's class of that name, derived from it, or an instance; without importing torch."""
    torch = sys.modules.get("torch")
    if torch is None:
        return False
    base = getattr(getattr(torch, folder), name)
    return is_class(made, base) or isinstance(made, base)
