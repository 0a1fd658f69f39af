"""Which parts of a torch module are layers, and the layer of tinygnn's that each is held against."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tinygnn.adapters.errors import require_pyg
from tinygnn.adapters.torch_layers import counterparts
from tinygnn.adapters.torch_modules import from_torch
from tinygnn.conformance.torch_ops import import_torch
from tinygnn.nn import Module

CONTAINERS = ("Sequential",)  # whose parts are compared one by one
WITHOUT_ARITHMETIC = ("Dropout", "Identity")  # in evaluation
PLAIN = (int, float, str, type(None))  # kinds of options


@dataclass(frozen=True)
class Twin:
    """A layer of a torch module and tinygnn's with the same options and weights.

    base: the class of PyG's or PyTorch's that it is, or is derived from. ours: None where there is no such
    layer, for this reason.
    """

    name: str
    layer: Any
    base: Any = None
    ours: Module | None = None
    reason: str = ""

    @property
    def kind(self) -> str:
        """The class as a reader knows it, and of a class of one's own what it is held against."""
        own = type(self.layer).__name__
        return own if self.base in (None, type(self.layer)) else f"{own} as {self.base.__name__}"

    @property
    def is_pygs_own(self) -> bool:
        """Whether it is of a class of PyG's, and nobody has put a function of his own into it."""
        return self.base is type(self.layer) and not any(map(callable, vars(self.layer).values()))


def twins_of(module: Any) -> list[Twin]:
    """The layers of a module, the outermost that tinygnn has, in the order of their names."""
    found = list(_layers(module, "", set()))
    return [_twin(name or type(module).__name__, layer, base) for name, layer, base in found]


def base_of(layer: Any) -> Any:
    """The class of PyTorch's or PyG's with a counterpart in tinygnn that a layer is of, or derived from."""
    return next((kind for kind in type(layer).__mro__ if kind in counterparts()), None)


def _layers(module: Any, name: str, seen: set[int]) -> Iterator[tuple[str, Any, Any]]:
    if id(module) in seen:
        return
    seen.add(id(module))
    base = base_of(module)
    called = "" if base is None else counterparts()[base][0]
    if called in WITHOUT_ARITHMETIC:
        return
    if base is not None and called not in CONTAINERS:
        yield name, module, base
        return
    children = list(module.named_children())
    if type(module).__name__ == "TrimToLayer":  # of PyG's models, for sampled neighbours
        return
    if isinstance(module, require_pyg("torch_geometric.nn").MessagePassing) or not children:
        yield name, module, None
        return
    for child_name, child in children:
        yield from _layers(child, f"{name}.{child_name}" if name else child_name, seen)


def _twin(name: str, layer: Any, base: Any) -> Twin:
    if base is None:
        own = type(layer).__name__
        passes = isinstance(layer, require_pyg("torch_geometric.nn").MessagePassing)
        alone = f"; by itself: --check FILE.py:{own} --like GCNConv, or what it is to be" * passes
        return Twin(name, layer, reason=f"tinygnn has no {own}{alone}")
    try:
        return Twin(name, layer, base, from_torch(_as_base(layer, base)))
    except (ValueError, KeyError, TypeError, AttributeError) as error:  # a class of one's own may do anything
        return Twin(name, layer, base, reason=str(error))


def _as_base(layer: Any, base: Any) -> Any:
    """A copy of the layer as its base class has it, without what a class of one's own adds."""
    plain = copy.deepcopy(layer)
    if type(plain) is base:
        return plain
    plain.__class__ = base
    read = counterparts()[base][1].read_theirs(copy.deepcopy(plain))
    with import_torch().random.fork_rng(devices=[]):
        like = base(*read.pop("*", []), **read.pop("**", {}), **read)
    for name, value in list(vars(plain).items()):
        if isinstance(value, PLAIN) and name not in vars(like):
            delattr(plain, name)
    for kind in ("_parameters", "_buffers", "_modules"):
        for name in [name for name in getattr(plain, kind) if name not in getattr(like, kind)]:
            delattr(plain, name)
    return plain
