"""A module of PyTorch's and PyG's layers as Python text that makes it: what `export_torch` writes."""

from __future__ import annotations

from inspect import Parameter, signature
from typing import Any

from tinygnn.adapters.errors import AdapterError, require_torch
from tinygnn.adapters.torch_gnn import READOUTS
from tinygnn.adapters.torch_layers import ACTIVATION_CLASSES, counterparts

WIDTH = 100  # of a line of code, where it can be helped


class Imports:
    """The import lines that a text needs."""

    def __init__(self) -> None:
        self._names: dict[str, set[str]] = {}

    def add(self, package: str, name: str) -> str:
        """Note that a name is imported from a package; return the name."""
        self._names.setdefault(package, set()).add(name)
        return name

    def __str__(self) -> str:
        return "".join(
            f"from {package} import {', '.join(sorted(names))}\n"
            for package, names in sorted(self._names.items())
        )


# ---- one layer ----------------------------------------------------------------------------------------


def expression(module: Any, imports: Imports, path: str) -> str:
    """The call that makes a module like this one: GCNConv(34, 16, improved=True).

    What is at its default is left out. Raises AdapterError for a module that is not in the table of layers.
    """
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
        default = parameters[name].default if name in parameters else None
        if default is not Parameter.empty and _same(value, default):
            positional = False
            continue
        positional = positional and default is Parameter.empty
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


# ---- a whole model ------------------------------------------------------------------------------------


def gnn_class(module: Any, third: str | None, imports: Imports) -> str:
    """The class `Model` of one of PyG's models or a `TorchGNN`: its layers, and its forward line by line.

    third: the name of what each convolution takes beside x and edge_index, or None.
    """
    convs = [expression(conv, imports, f"convs[{i}]") for i, conv in enumerate(module.convs)]
    made = ["super().__init__()", *_module_list("convs", convs)]
    arguments = "x, edge_index" if third is None else f"x, edge_index, {third}"
    readout = getattr(module, "readout", None)
    lines = _mended(module, [third])
    last = len(convs) - 1
    if last:
        if module.act is not None:
            made.append(f"self.act = {expression(module.act, imports, 'act')}")
        if module.dropout.p > 0.0:
            made.append(f"self.dropout = torch.nn.Dropout({module.dropout.p})")
    for i in range(len(convs)):
        lines.append(f"x = self.convs[{i}]({arguments})")
        if i < last:
            lines += ["x = self.act(x)"] * (module.act is not None)
            lines += ["x = self.dropout(x)"] * (module.dropout.p > 0.0)
    if readout is not None:
        pool = imports.add("torch_geometric.nn", READOUTS[readout])
        lines.append(f"x = {pool}(x, batch)")
    lines.append("return x")
    head = "x, edge_index" + (f", {third}=None" if third else "") + (", batch=None" if readout else "")
    return _class(made, head, lines)


def network_class(module: Any, imports: Imports) -> str:
    """The class `Model` of a `TorchNetwork`: its layers, and its forward line by line."""
    made = ["super().__init__()"]
    lines = _mended(module, [name for call in module.calls for name in call])
    for (name, layer), call in zip(module.named_children(), module.calls):
        made.append(f"self.{name} = {expression(layer, imports, name)}")
        words = [str(name) for name in call]
        while words and words[-1] in ("None", "batch_size"):  # as they are by default
            words.pop()
        lines.append(f"x = self.{name}({', '.join(['x', *words])})")
    used = {name for call in module.calls for name in call}
    head = [
        "x",
        *[name for name in ("edge_index", "edge_weight", "edge_attr", "edge_type", "batch") if name in used],
    ]
    optional = {"edge_weight", "batch"}
    arguments = ", ".join(f"{name}=None" if name in optional else name for name in head)
    return _class(made, arguments, [*lines, "return x"])


def _mended(module: Any, used: list[str | None]) -> list[str]:
    """The lines for what PyG computes in another way where something is not given."""
    lines = []
    if "edge_weight" in used and any(getattr(part, "improved", False) for part in module.modules()):
        lines.append("if edge_weight is None:  # without weights PyG's GCNConv leaves improved out")
        lines.append("    edge_weight = x.new_ones(edge_index.size(1))")
    if any(type(part).__name__ == "LayerNorm" and part.mode == "graph" for part in module.modules()):
        lines.append("if batch is None:  # without it PyG's LayerNorm adds eps elsewhere")
        lines.append("    batch = x.new_zeros(x.size(0), dtype=torch.long)")
    return lines


def _module_list(name: str, expressions: list[str]) -> list[str]:
    """The lines that set an attribute to a ModuleList."""
    return [f"self.{name} = torch.nn.ModuleList([", *[f"    {text}," for text in expressions], "])"]


def _class(made: list[str], head: str, lines: list[str]) -> str:
    """The text of the class from the lines of __init__, the arguments of forward and its lines."""
    indent = " " * 8
    wrapped = [part for line in made for part in _wrapped(line)]
    return "\n".join(
        [
            "class Model(torch.nn.Module):",
            "    def __init__(self):",
            *[indent + line for line in wrapped],
            "",
            f"    def forward(self, {head}):",
            *[indent + line for line in lines],
            "",
        ]
    )


def _wrapped(line: str) -> list[str]:
    """A line, or where it is too long several, cut at commas."""
    inner = len(line) - len(line.lstrip()) + 4
    parts, rest = [], line
    while len(rest) + 8 > WIDTH and ", " in rest[inner : WIDTH - 8]:
        cut = rest.rindex(", ", inner, WIDTH - 8) + 1
        parts.append(rest[:cut])
        rest = " " * inner + rest[cut + 1 :]
    return [*parts, rest]
