"""A layer of PyTorch's or PyG's as the Python text that makes it."""

from __future__ import annotations

from inspect import Parameter, signature
from typing import Any

from tinygnn.adapters.errors import AdapterError, require_torch
from tinygnn.adapters.torch_layers import ACTIVATION_CLASSES, counterparts


class Imports:
    """The import lines that a text needs, and what parts of it are called."""

    def __init__(self) -> None:
        self._names: dict[str, set[str]] = {}
        self.called: dict[int, str] = {}  # by id, modules that are there already: "self.act"

    def add(self, package: str, name: str) -> str:
        """Note that a name is imported from a package; return the name."""
        self._names.setdefault(package, set()).add(name)
        return name

    def __str__(self) -> str:
        return "".join(
            f"from {package} import {', '.join(sorted(names))}\n"
            for package, names in sorted(self._names.items())
        )


def expression(module: Any, imports: Imports, path: str) -> str:
    """The call that makes a module like this one: GCNConv(34, 16, improved=True).

    What is at its default is left out. Raises AdapterError for a module that is not in the table of layers.
    """
    if id(module) in imports.called:
        return imports.called[id(module)]
    if type(module) in counterparts():
        entry = counterparts()[type(module)][1]
        imports.add(entry.package, entry.name)
        return call(entry.load(), entry.read_theirs(module), imports, path)
    kind = type(module).__name__
    if kind in ACTIVATION_CLASSES.values() and type(module) is getattr(require_torch().nn, kind):
        return f"{imports.add('torch.nn', kind)}()"
    raise AdapterError(f"{path} is a {kind}, which is not written as code", attribute=path)


def call(kind: Any, arguments: dict[str, Any], imports: Imports, path: str) -> str:
    """kind(...) with the arguments that differ from their defaults, the leading ones without their names."""
    parameters = signature(kind.__init__).parameters
    arguments = dict(arguments)
    words = [literal(value, imports, path) for value in arguments.pop("*", [])]
    arguments.update(arguments.pop("**", {}))
    positional = True
    for name, value in arguments.items():
        known = name in parameters or any(each.kind is Parameter.VAR_KEYWORD for each in parameters.values())
        default = parameters[name].default if name in parameters else None if known else Parameter.empty
        if default is not Parameter.empty and _same(value, default):
            positional = False
            continue
        first = name == next((n for n in parameters if n != "self"), None)
        positional = positional and (first or default is Parameter.empty)
        text = literal(value, imports, f"{path}.{name}")
        words.append(text if positional else f"{name}={text}")
    return f"{kind.__name__}({', '.join(words)})"


def _same(value: Any, default: Any) -> bool:
    """Whether an argument is its default; an activation may be given by its name."""
    if isinstance(default, str) and default in ACTIVATION_CLASSES:
        return value == default or type(value).__name__ == ACTIVATION_CLASSES[default]
    return value is default or (type(value) is type(default) and bool(value == default))


def literal(value: Any, imports: Imports, path: str) -> str:
    """A value as Python text."""
    torch = require_torch()
    if isinstance(value, torch.nn.Module):
        return expression(value, imports, path)
    if isinstance(value, type):
        return imports.add("torch_geometric.nn", value.__name__)
    if isinstance(value, torch.Tensor):
        return f"torch.tensor({value.tolist()!r})"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(literal(part, imports, path) for part in value)}]"
    return repr(value)
