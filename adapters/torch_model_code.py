"""A whole model as Python text: the class `Model` that `export_torch` writes."""

from __future__ import annotations

from typing import Any

from tinygnn.adapters.torch_code import Imports, expression
from tinygnn.adapters.torch_gnn import READOUTS, kind_of, takes_batch

WIDTH = 100  # of a line of code, where it can be helped
GIVEN = ("edge_index", "edge_weight", "edge_attr", "edge_type", "batch")  # the arguments of forward after x
OPTIONAL = ("edge_weight", "batch")

HOOK = '''def one_graph(norm, arguments):
    """Nodes without a batch are one graph: PyG's LayerNorm would add eps elsewhere."""
    x, *batch = arguments
    return arguments if batch and batch[0] is not None else (x, x.new_zeros(len(x), dtype=torch.long))


'''


def model_class(module: Any, third: str | None, imports: Imports) -> tuple[str, list[str]]:
    """The class `Model` of one of PyG's models, a `TorchGNN` or a `TorchNetwork`, and forward's arguments.

    third: the name of what each convolution of a GNN takes beside x and edge_index, or None.
    """
    made, lines, given = _gnn(module, third, imports) if kind_of(module) else _network(module, imports)
    arguments = ["x", *[name for name in GIVEN if name in given]]
    if any(getattr(part, "improved", False) for part in module.modules()):
        lines[:0] = [
            "if edge_weight is None:  # without weights PyG's GCNConv leaves improved out",
            "    edge_weight = x.new_ones(edge_index.size(1))",
        ]
    hook = ""
    if any(type(part).__name__ == "LayerNorm" and part.mode == "graph" for part in module.modules()):
        imports.add("torch_geometric.nn", "LayerNorm")
        made += [
            "for part in self.modules():",
            "    if isinstance(part, LayerNorm):",
            "        part.register_forward_pre_hook(one_graph)",
        ]
        hook = HOOK
    head = ", ".join(f"{name}=None" if name in OPTIONAL else name for name in arguments)
    return hook + _class(made, head, [*lines, "return x"]), arguments


def _gnn(module: Any, third: str | None, imports: Imports) -> tuple[list[str], list[str], set[str]]:
    """The lines of __init__ and of forward, and what these read."""
    made: list[str] = []
    lines: list[str] = []
    given = {"edge_index"} | ({third} if third else set())
    edges = "edge_index" + (f", {third}" if third else "")
    parts = {name: getattr(module, name, None) for name in ("act", "jk", "lin_in", "lin", "propagation")}
    kind, layers, jumps = kind_of(module), len(module.convs), parts["jk"] is not None
    followed = len(module.norms) if hasattr(module, "lin_in") else layers - (module.jk_mode is None)
    norms = list(module.norms)[:followed]
    normed = any(type(norm).__name__ != "Identity" for norm in norms)

    # 1. The parts, an activation first: MLPs inside of convolutions may share it.
    for name in ("act", "lin_in"):
        if parts[name] is not None and (followed or parts["lin_in"] is not None):
            made.append(f"self.{name} = {expression(parts[name], imports, name)}")
            imports.called[id(parts[name])] = f"self.{name}"
    made += _module_list("convs", [expression(c, imports, f"convs[{i}]") for i, c in enumerate(module.convs)])
    if normed:
        made += _module_list("norms", [expression(n, imports, f"norms[{i}]") for i, n in enumerate(norms)])
    for name in ("dropout", "input_dropout"):
        p = getattr(getattr(module, name, None), "p", 0.0)
        if p > 0.0 and (followed or name != "dropout"):
            made.append(f"self.{name} = torch.nn.Dropout({p})")
    for name in ("jk", "lin", "propagation"):
        if parts[name] is not None:
            made.append(f"self.{name} = {expression(parts[name], imports, name)}")
    if any(type(conv).__name__ == "PNAConv" for conv in module.convs):
        made.append("# deg stands for a histogram of degrees: the averages made of it come with the weights.")

    # 2. What forward does with them.
    act = ["x = self.act(x)"] * (parts["act"] is not None)
    if any(line.startswith("self.input_dropout") for line in made):
        lines.append("x = self.input_dropout(x)")
    if parts["lin_in"] is not None:
        lines += ["x = self.lin_in(x)", *act]
    lines += ["x_0 = x"] * (kind == "gcn2") + ["xs = []"] * jumps
    for i in range(layers):
        inputs = "x" if kind == "appnp" else f"x, x_0, {edges}" if kind == "gcn2" else f"x, {edges}"
        lines.append(f"x = self.convs[{i}]({inputs})")
        if i >= followed:
            continue
        lines += act * bool(module.act_first)
        if normed:
            batch = ", batch" if takes_batch(norms[i]) else ""
            given |= {"batch"} if batch else set()
            lines.append(f"x = self.norms[{i}](x{batch})")
        lines += act * (not module.act_first)
        lines += ["x = self.dropout(x)"] * (module.dropout.p > 0.0) + ["xs.append(x)"] * jumps
    lines += ["x = self.jk(xs)"] * jumps + ["x = self.lin(x)"] * (parts["lin"] is not None)
    lines += [f"x = self.propagation(x, {edges})"] * (parts["propagation"] is not None)
    readout = getattr(module, "readout", None)
    if readout is not None:
        given.add("batch")
        named = isinstance(readout, str)
        call = imports.add("torch_geometric.nn", READOUTS[readout]) if named else "self.readout"
        lines.append(f"x = {call}(x, batch)")
        if not named:
            made.append(f"self.readout = {expression(readout, imports, 'readout')}")
    return made, lines, given


def _network(module: Any, imports: Imports) -> tuple[list[str], list[str], set[str]]:
    """The lines of __init__ and of forward, and what these read."""
    made: list[str] = []
    lines: list[str] = []
    given: set[str] = set()
    for i, call in enumerate(module.calls):
        name = f"module_{i}"
        made.append(f"self.{name} = {expression(getattr(module, name), imports, name)}")
        words = [str(word) for word in call]
        while words and words[-1] in ("None", "batch_size"):  # what they are by default
            words.pop()
        given |= set(words)
        lines.append(f"x = self.{name}({', '.join(['x', *words])})")
    return made, lines, given


def _module_list(name: str, expressions: list[str]) -> list[str]:
    """The lines that set an attribute to a ModuleList."""
    return [f"self.{name} = torch.nn.ModuleList([", *[f"    {text}," for text in expressions], "])"]


def _class(made: list[str], head: str, lines: list[str]) -> str:
    """The text of the class from the lines of __init__, the arguments of forward and its lines."""
    indent = " " * 8
    wrapped = [part for line in ["super().__init__()", *made] for part in _wrapped(line)]
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
