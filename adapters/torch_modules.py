"""PyTorch's and PyG's layers and models to tinygnn's; the way out is torch_output.py."""

from __future__ import annotations

from math import isclose
from typing import Any

from tinygnn import nn
from tinygnn.adapters.errors import AdapterError, require_pyg, require_torch
from tinygnn.adapters.torch_gnn import model_kinds, torch_network_class
from tinygnn.adapters.torch_layers import ACTIVATION_CLASSES, LAYERS, counterparts
from tinygnn.adapters.torch_output import make
from tinygnn.gnn import GNN
from tinygnn.network import Network
from tinygnn.nn import Module, init

ACTS = ("act", "nonlinearity")  # arguments that are activations
# What a module holds that changes no number it computes on one graph, or only those it starts from.
WITHOUT_EFFECT = {
    "training", "cached", "decomposed_layers", "weight_initializer", "bias_initializer", "inplace",
    "call_super_init", "dump_patches", "is_sorted", "init_avg_deg_lin", "init_avg_deg_log",
}  # fmt: skip


def from_torch(module: Any) -> Module:
    """Convert a layer or model of PyG's, or a Linear, Dropout, activation ... of PyTorch's, with its weights.

    Its options are read off the module, and all of them are: an option that tinygnn does not have, such as
    flow="target_to_source", is refused. Two things differ: PyG's GCNConv(improved=True) leaves improved
    out when it is called without edge weights, and its LayerNorm adds eps elsewhere without a batch;
    tinygnn's do neither. The result is in training or evaluation as the module is, and draws what it draws
    from `tinygnn.manual_seed`'s generator.

    Raises AdapterError where a part has no counterpart; a class of your own has none.
    """
    torch = require_torch()
    require_pyg("torch_geometric.nn")
    if not isinstance(module, torch.nn.Module):
        raise AdapterError(f"from_torch takes a torch.nn.Module, not a {type(module).__name__}")
    before = init.default_rng.getstate()
    model = make_ours(module, type(module).__name__)
    init.default_rng.setstate(before)
    model.load_state_dict(module.state_dict())
    return model.train(module.training)


def make_ours(module: Any, path: str) -> Module:
    """A model like the module, with weights of its own. path: where the module is, for messages."""
    if type(module) in model_kinds():
        return _gnn(module, path)
    if type(module) in (torch_network_class(), require_pyg("torch_geometric.nn").Sequential):
        return _network(module, path)
    if type(module) not in counterparts():
        raise AdapterError(_no_counterpart(module, path), attribute=path)
    name, entry = counterparts()[type(module)]
    arguments = {
        argument: _value(value, f"{path}.{argument}") for argument, value in entry.read_theirs(module).items()
    }
    for argument, value in arguments.items():
        if argument.startswith("in_channels") and (not isinstance(value, int) or value < 0):
            raise AdapterError(
                f"{path}.{argument} is {value}: tinygnn's layers take one size, known from the start; make "
                f"{type(module).__name__} with that number and load this one's state_dict into it",
                attribute=path,
            )
    try:
        model: Module = getattr(nn, name)(*arguments.pop("*", []), **arguments.pop("**", {}), **arguments)
    except (TypeError, ValueError) as error:
        raise AdapterError(f"{path}: {error}", attribute=path) from error
    _insist_on_all_options(module, model, path)
    return model


def _gnn(module: Any, path: str) -> GNN:
    """The GNN of one of PyG's models, or of a `TorchGNN`."""
    kind = model_kinds()[type(module)] or module.kind
    model = GNN(
        kind,
        module.in_channels,
        module.hidden_channels,
        module.num_layers,
        module.out_channels,
        act=_activation(module.act, f"{path}.act"),
        dropout=module.dropout.p,
        readout=getattr(module, "readout", None),
    )
    model.convs = [make_ours(conv, f"{path}.convs[{i}]") for i, conv in enumerate(module.convs)]
    _insist_on_all_options(module, model, path)
    return model


def _network(module: Any, path: str) -> Network:
    """The Network of a `TorchNetwork`, or of PyG's Sequential where its headers are those of a Network."""
    layers = [make_ours(child, f"{path}.{name}") for name, child in module.named_children()]
    if type(module) is not torch_network_class():
        first = next(iter(module.signature.param_dict))
        calls = Network(*layers).calls()
        for i, (child, call) in enumerate(zip(module._children, calls)):
            found, expected = child.param_names[1:], [name for name in call if name is not None]
            chain = [child.param_names[0], *child.return_names]
            if (
                len(layers) != len(module)
                or found != expected[: len(found)]
                or chain != [first, first]
                or child.name != f"module_{i}"
            ):
                raise AdapterError(
                    f"{path}.{child.name} is called as {', '.join(child.param_names)} -> "
                    f"{', '.join(child.return_names)}: tinygnn's Network calls layers with x, edge_index, "
                    "edge_weight, ..., one after the other; write a Module of your own",
                    attribute=path,
                )
    return Network(*layers)


def _value(value: Any, path: str) -> Any:
    """An argument for tinygnn: modules become ours, all else stays as it is."""
    torch = require_torch()
    if isinstance(value, torch.nn.Module):
        return make_ours(value, path)
    if isinstance(value, dict):
        return {name: _value(part, f"{path}.{name}") for name, part in value.items()}
    if isinstance(value, type):
        if value not in counterparts():
            raise AdapterError(
                f"{path} is {value.__name__}, which has no counterpart in tinygnn", attribute=path
            )
        return getattr(nn, counterparts()[value][0])
    if isinstance(value, torch.Tensor) and path.endswith(".deg"):
        return value.tolist()
    if isinstance(value, torch.Tensor):
        raise AdapterError(f"{path} is a tensor, which tinygnn cannot have there", attribute=path)
    if isinstance(value, (list, tuple)):
        return [_value(part, f"{path}[{i}]") for i, part in enumerate(value)]
    return value


def _activation(value: Any, path: str) -> Any:
    """An activation: its name, or where it has options of its own a function of a Value."""
    torch = require_torch()
    for name, kind in ACTIVATION_CLASSES.items():
        if type(value) is getattr(torch.nn, kind) and _options(value) == _options(getattr(torch.nn, kind)()):
            return name
        if callable(value) and any(getattr(x, name, None) is value for x in (torch, torch.nn.functional)):
            return name
    if isinstance(value, torch.nn.Module):
        function = getattr(make_ours(value, path), "of", None)
        if function is None:
            raise AdapterError(
                f"{path} is a {type(value).__name__}, no function of one number", attribute=path
            )
        return function
    if callable(value):
        raise AdapterError(
            f"{path} is {value!r}: choose from {', '.join(ACTIVATION_CLASSES)}", attribute=path
        )
    return value


def _insist_on_all_options(module: Any, model: Module, path: str) -> None:
    """Refuse a module with an option that its entry does not read: converted back, it would be lost."""
    with require_torch().random.fork_rng(devices=[]):
        back = make(model, path)
    if type(back) is not type(module):
        return  # an alias, all of whose options have been read
    parts = dict(back.named_modules(remove_duplicate=False))
    for inner, part in module.named_modules(remove_duplicate=False):
        kept = _options(parts[inner]) if inner in parts else {}
        for name, value in _options(part).items():
            if not _equal(kept.get(name), value):
                where = ".".join(filter(None, [path, inner, name]))
                raise AdapterError(
                    f"{where} is {value!r}, which tinygnn's {type(model).__name__} cannot have: it is "
                    f"always {kept.get(name)!r}",
                    attribute=path,
                )


def _equal(kept: Any, value: Any) -> bool:
    """Whether an option is the same; one that PyG computes, as GCN2Conv's beta, up to rounding."""
    if isinstance(kept, float) and isinstance(value, float):
        return isclose(kept, value, rel_tol=1e-14)
    return bool(kept == value)


def _options(module: Any) -> dict[str, Any]:
    """The options of a module that are numbers, texts or None."""
    return {
        name: value
        for name, value in vars(module).items()
        if isinstance(value, (int, float, str, type(None)))
        and not name.startswith("_")
        and name not in WITHOUT_EFFECT
    }


def _no_counterpart(module: Any, path: str) -> str:
    kind = type(module).__name__
    inner = getattr(module, "module", None) or getattr(module, "_orig_mod", None)
    if isinstance(inner, require_torch().nn.Module):
        name = "module" if hasattr(module, "module") else "_orig_mod"
        return f"{path} is a {kind} around the model: give model.{name}"
    children = dict(module.named_children())
    known = [name for name, child in children.items() if type(child) in counterparts()]
    hint = (
        f"convert its parts, such as from_torch(model.{known[0]}), and write its forward in tinygnn"
        if known
        else f"there are {', '.join(LAYERS)}"
    )
    return f"{path} is a {kind}, which has no counterpart in tinygnn: {hint}"
