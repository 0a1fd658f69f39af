"""`Sequential`: modules one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tinygnn.nn.module import Module


class Sequential(Module):
    """f_n(... f_2(f_1(x))): PyTorch's `torch.nn.Sequential` of modules.

    Parameters: those of the modules, under their positions: "0.weight", "0.bias", "2.weight". It has a
    length, is iterated over, and gives module i as `sequential[i]`, a Sequential for a slice.

    Departures: PyTorch's form with names, an OrderedDict, does not exist here, nor PyG's
    `Sequential("x, edge_index", [...])`: a model whose layers take edges is a `GNN`, or a Module with a
    forward of its own.

    >>> from tinygnn.nn import Linear, ReLU
    >>> Sequential(Linear(2, 4), ReLU(), Linear(4, 1))
    Sequential(Linear(2 -> 4), ReLU(), Linear(4 -> 1))

    Raises TypeError for what is no Module.
    """

    def __init__(self, *modules: Module) -> None:
        for i, module in enumerate(modules):
            if not isinstance(module, Module):
                raise TypeError(
                    f"Sequential takes modules, but number {i} is {module!r}: give one, such as ReLU()"
                )
            setattr(self, str(i), module)

    def forward(self, x: Any) -> Any:
        for module in self:
            x = module(x)
        return x

    def __len__(self) -> int:
        return len(list(self.children()))

    def __iter__(self) -> Iterator[Module]:
        return self.children()

    def __getitem__(self, i: int | slice) -> Module:
        modules = list(self)
        return Sequential(*modules[i]) if isinstance(i, slice) else modules[i]

    def __repr__(self) -> str:
        return f"Sequential({', '.join(map(repr, self))})"
