"""PyTorch's and PyG's layers and models to tinygnn's; the way out is torch_output.py."""

from __future__ import annotations

from math import isclose
from typing import Any

from tinygnn import nn
from tinygnn.adapters.errors import AdapterError, require_pyg, require_torch
from tinygnn.adapters.torch_gnn import kind_of, torch_network_class
from tinygnn.adapters.torch_layers import ACTIVATION_CLASSES, LAYERS, WITH_FUNCTIONS, counterparts
from tinygnn.adapters.torch_output import Made, make
from tinygnn.convolutions import CONVOLUTIONS
from tinygnn.gnn import GNN
from tinygnn.network import Network
from tinygnn.nn import Module, init
from tinygnn.nn.names import ACTIVATIONS

ACTS = ("act", "nonlinearity")  # arguments that are activations
# What a module holds that changes no number it computes on one graph, or only those it starts from.
WITHOUT_EFFECT = {
    "training", "cached", "decomposed_layers", "weight_initializer", "bias_initializer", "inplace",
    "norm", "call_super_init", "dump_patches", "is_sorted", "init_avg_deg_lin", "init_avg_deg_log",
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


def make_ours(module: Any, path: str, made: Made | None = None) -> Module:
    """A model like the module, with weights of its own.

    path: where the module is, for messages. made: what stands for parts that were met before, by their id.
    """
    made = {} if made is None else made
    if id(module) not in made:
        made[id(module)] = _make(module, path, made)
    ours: Module = made[id(module)]
    return ours


def _make(module: Any, path: str, made: Made) -> Module:
    if kind_of(module) is not None:
        return _gnn(module, path, made)
    if type(module) in (torch_network_class(), require_pyg("torch_geometric.nn").Sequential):
        return _network(module, path, made)
    if type(module) not in counterparts():
        raise AdapterError(_no_counterpart(module, path), attribute=path)
    name, entry = counterparts()[type(module)]
    arguments = {n: _value(value, f"{path}.{n}", made) for n, value in entry.read_theirs(module).items()}
    for argument, value in arguments.items():
        if argument.startswith("in_channels") and (not isinstance(value, int) or value < 0):
            raise AdapterError(
                f"{path}.{argument} is {value}: tinygnn's layers take one size, known from the start; make "
                f"{type(module).__name__} with that number and load this one's state_dict into it",
                attribute=path,
            )
    if name in WITH_FUNCTIONS:
        arguments = {n: _of_a_value(v, f"{path}.{n}") if n in ACTS else v for n, v in arguments.items()}
    try:
        model: Module = getattr(nn, name)(*arguments.pop("*", []), **arguments.pop("**", {}), **arguments)
    except (TypeError, ValueError) as error:
        raise AdapterError(f"{path}: {error}", attribute=path) from error
    _insist_on_all_options(module, model, path)
    return model


def _gnn(module: Any, path: str, made: Made) -> GNN:
    """The GNN of one of PyG's models, or of a `TorchGNN`."""
    kind = str(kind_of(module))
    act, jk, lin_in, lin, propagation, readout = (
        _value(getattr(module, name, None), f"{path}.{name}", made)
        for name in ("act", "jk", "lin_in", "lin", "propagation", "readout")
    )
    drops = {
        "dropout": module.dropout.p,
        "input_dropout": 0.0 if not hasattr(module, "input_dropout") else module.input_dropout.p,
    }
    model = GNN(
        "sage",  # any kind: the convolutions follow
        module.in_channels,
        module.hidden_channels,
        module.num_layers,
        module.out_channels,
        act=act,
        act_first=module.act_first,
        readout=readout,
        **drops,
    )
    model.kind = kind
    model.convs = [make_ours(conv, f"{path}.convs[{i}]", made) for i, conv in enumerate(module.convs)]
    model.third = CONVOLUTIONS[kind].third_for({"edge_dim": getattr(model.convs[0], "edge_dim", None)})
    model.jk_mode = module.jk_mode
    model.jk, model.lin_in, model.lin, model.propagation = jk, lin_in, lin, propagation
    model.has_last_step = model.jk_mode is not None or CONVOLUTIONS[kind].constant_width
    followed = module.num_layers if model.has_last_step else module.num_layers - 1
    norms = list(module.norms)[:followed]
    model.norms = [make_ours(norm, f"{path}.norms[{i}]", made) for i, norm in enumerate(norms)]
    _insist_on_all_options(module, model, path)
    return model


def _network(module: Any, path: str, made: Made) -> Network:
    """The Network of a `TorchNetwork`, or of PyG's Sequential where its headers are those of a Network."""
    children = [(f"module_{i}", getattr(module, f"module_{i}", None)) for i in range(_length(module))]
    layers = [make_ours(child, f"{path}.{name}", made) for name, child in children]
    if type(module) is not torch_network_class():
        first = next(iter(module.signature.param_dict))
        for child, call in zip(module._children, Network(*layers).calls()):
            found, expected = child.param_names[1:], [name for name in call if name is not None]
            chain = [child.param_names[0], *child.return_names]
            if found != expected[: len(found)] or chain != [first, first]:
                raise AdapterError(
                    f"{path}.{child.name} is called as {', '.join(child.param_names)} -> "
                    f"{', '.join(child.return_names)}: tinygnn's Network calls layers with x, edge_index, "
                    "edge_weight, ..., one after the other; write a Module of your own",
                    attribute=path,
                )
    return Network(*layers)


def _length(module: Any) -> int:
    return len(module.calls) if type(module) is torch_network_class() else len(module)


def _value(value: Any, path: str, made: Made) -> Any:
    """An argument for tinygnn: modules become ours, functions of PyTorch's their names."""
    torch = require_torch()
    if isinstance(value, torch.nn.Module):
        return make_ours(value, path, made)
    if isinstance(value, dict):
        return {name: _value(part, f"{path}.{name}", made) for name, part in value.items()}
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
        return [_value(part, f"{path}[{i}]", made) for i, part in enumerate(value)]
    if callable(value):
        for name in ACTIVATION_CLASSES:
            if value in (getattr(torch, name, None), getattr(torch.nn.functional, name, None)):
                return name
        raise AdapterError(
            f"{path} is {value!r}: choose from {', '.join(ACTIVATION_CLASSES)}", attribute=path
        )
    return value


def _of_a_value(act: Any, path: str) -> Any:
    """An activation as a function of a Value: the name of one, or the method of a module."""
    if not isinstance(act, Module):
        return act
    for name, kind in ACTIVATIONS.items():
        if type(act) is kind and repr(act) == repr(kind()):
            return name
    function = getattr(act, "of", None)
    if function is None:
        raise AdapterError(f"{path} is {act!r}, which is no function of one number", attribute=path)
    return function


def _insist_on_all_options(module: Any, model: Module, path: str) -> None:
    """Refuse a module with an option that its entry does not read: converted back, it would be lost."""
    with require_torch().random.fork_rng(devices=[]):
        back = make(model, path)
    if type(back) is not type(module):
        return  # an alias, all of whose options have been read
    parts = dict(back.named_modules(remove_duplicate=False))
    for inner, part in module.named_modules(remove_duplicate=False):
        if inner in parts and type(parts[inner]) is not type(part):
            continue  # an alias within it
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
    if not isinstance(module, require_torch().nn.Module):
        return f"{path} is {module!r}, which is no module: tinygnn's models are made of layers"
    children = dict(module.named_children())
    known = [name for name, child in children.items() if type(child) in counterparts()]
    part = next((f"[{name}]" if name.isdigit() else f".{name}" for name in known), "")
    hint = (
        f"convert its parts, such as from_torch(model{part}), and write its forward in tinygnn"
        if known
        else f"there are {', '.join(LAYERS)}"
    )
    return f"{path} is a {kind}, which has no counterpart in tinygnn: {hint}"
