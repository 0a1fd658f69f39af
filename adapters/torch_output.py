"""tinygnn's layers and models to PyTorch's and PyG's; the way in is torch_modules.py."""

from __future__ import annotations

from typing import Any

from tinygnn import nn
from tinygnn.adapters.errors import AdapterError, require_pyg, require_torch
from tinygnn.adapters.torch_gnn import MODELS, torch_gnn_class, torch_network_class
from tinygnn.adapters.torch_layers import (
    ACTIVATION_CLASSES,
    LAYERS,
    counterparts,
    entry_of,
    norm_kwargs_of,
    norm_of,
    options_of_gnn,
)
from tinygnn.gnn import GNN
from tinygnn.network import Network
from tinygnn.nn import Module
from tinygnn.nn.activation import ACTIVATIONS
from tinygnn.nn.names import Function

Made = dict[int, Any]  # by the id of a part, what was made for it


def to_torch(model: Module, *, dtype: Any = "float64") -> Any:
    """Convert a layer or model to a `torch.nn.Module` of PyG's layers with the same options and weights.

    dtype: a floating type of torch's or its name; float64, which tinygnn's numbers are, loses nothing. The
    module is in training or evaluation as the model is. torch's random generator is left where it was.
    cached=True becomes False: PyG's layers would answer for the first graph ever after, and tinygnn's do not.

    Raises AdapterError where a part has no counterpart; a class of your own has none.
    """
    torch = require_torch()
    require_pyg("torch_geometric.nn")
    dtype = getattr(torch, dtype, None) if isinstance(dtype, str) else dtype
    if not isinstance(dtype, torch.dtype) or not dtype.is_floating_point:
        raise AdapterError(f"dtype is {dtype!r}: give a floating type such as 'float64' or torch.float32")
    with torch.random.fork_rng(devices=[]):
        module = make(model, type(model).__name__)
    module = module.to(dtype)
    copy_numbers(model, module)
    for part in module.modules():
        entry = counterparts()[type(part)][1] if type(part) in counterparts() else None
        if entry is not None and entry.mend is not None:
            entry.mend(part)
    return module.train(model.training)


def make(model: Any, path: str, made: Made | None = None) -> Any:
    """A module like the model, with weights of its own.

    path: where the model is, for messages. made: what stands for parts that were met before, by their id; a
    part that is used twice stays one.
    """
    made = {} if made is None else made
    if id(model) not in made:
        made[id(model)] = _make(model, path, made)
    return made[id(model)]


def _make(model: Any, path: str, made: Made) -> Any:
    entry = entry_of(model)
    if entry is not None:
        read = {name: _value(value, f"{path}.{name}", made) for name, value in entry.read(model).items()}
        try:
            return entry.load()(*read.pop("*", []), **read.pop("**", {}), **read)
        except TypeError as error:  # such as MLP(norm="graph_size_norm")
            raise AdapterError(f"{path}: {entry.torch} refuses it: {error}", attribute=path) from error
    if type(model) is GNN:
        return _gnn(model, path, made)
    if type(model) is Network:
        layers = [make(layer, f"{path}[{i}]", made) for i, layer in enumerate(model)]
        return torch_network_class()(layers, model.calls())
    raise AdapterError(_no_counterpart(model, path), attribute=path)


def _gnn(model: GNN, path: str, made: Made) -> Any:
    """PyG's model for a GNN, or a `TorchGNN` where PyG has none."""
    torch = require_torch()
    parts = {
        name: [make(part, f"{path}.{name}[{i}]", made) for i, part in enumerate(getattr(model, name))]
        for name in ("convs", "norms")
    }
    names = ("act", "jk", "lin_in", "lin", "propagation", "readout")
    own = {name: _value(getattr(model, name), f"{path}.{name}", made) for name in names}
    sizes = ("in_channels", "hidden_channels", "num_layers", "out_channels")
    options = {name: getattr(model, name) for name in (*sizes, "act_first")}
    input_dropout = model.input_dropout.p
    if model.kind not in MODELS or model.readout is not None or input_dropout > 0.0:
        options.update({"kind": model.kind, "third": model.third, "jk_mode": model.jk_mode})
        drops = {
            "dropout": torch.nn.Dropout(model.dropout.p),
            "input_dropout": torch.nn.Dropout(input_dropout),
        }
        return torch_gnn_class()(**options, **parts, **own, **drops)
    name, more = MODELS[model.kind]
    if name == "PNA":
        more = {n: _value(v, path, made) for n, v in options_of_gnn(model.convs[0]).items() if n != "act"}
    module = getattr(require_pyg("torch_geometric.nn"), name)(
        **options, act=own["act"], dropout=model.dropout.p, jk=model.jk_mode,
        norm=norm_of(model.norms), norm_kwargs=norm_kwargs_of(model.norms), **more,
    )  # fmt: skip
    rest = [torch.nn.Identity()] * (model.num_layers - len(parts["norms"]))
    module.convs = torch.nn.ModuleList(parts["convs"])  # with all their options
    module.norms = torch.nn.ModuleList(parts["norms"] + rest)
    return module


def _value(value: Any, path: str, made: Made) -> Any:
    """An argument for PyTorch: layers become theirs, all else stays as it is."""
    if isinstance(value, Function):
        value = value.function
    if isinstance(value, Module):
        return make(value, path, made)
    if isinstance(value, (list, tuple)):
        return [_value(part, f"{path}[{i}]", made) for i, part in enumerate(value)]
    if isinstance(value, dict):
        return {name: _value(part, f"{path}.{name}", made) for name, part in value.items()}
    if isinstance(value, type):
        return _class(value, path)
    if callable(value):
        return _function(value, path, made)
    return value


def _function(value: Any, path: str, made: Made) -> Any:
    """A module for a function of a Value, which is an activation of tinygnn's or `LeakyReLU(0.1).of`."""
    for name, function in ACTIVATIONS.items():
        if function is value:
            return getattr(require_torch().nn, ACTIVATION_CLASSES[name])()
    owner = getattr(value, "__self__", None)
    if entry_of(owner) is not None:
        return make(owner, path, made)
    raise AdapterError(
        f"{path} is {value!r}, a function of your own: PyG has {', '.join(ACTIVATIONS)}", attribute=path
    )


def _class(kind: type, path: str) -> Any:
    """PyG's class for a layer's: what `SAGPooling(GNN=GraphConv)` takes."""
    if getattr(nn, kind.__name__, None) is not kind or kind.__name__ not in LAYERS:
        raise AdapterError(f"{path} is {kind.__name__}, a class of its own: PyG has no such", attribute=path)
    return LAYERS[kind.__name__].load()


def _no_counterpart(model: Any, path: str) -> str:
    if not isinstance(model, Module):
        return f"{path} is a {type(model).__name__}: to_torch takes a layer or model of tinygnn's"
    parts = [f"{name} ({type(child).__name__})" for name, child in model.named_children()]
    known = [name for (name, child), part in zip(model.named_children(), parts) if entry_of(child)]
    hint = (
        f"convert its parts one by one, such as to_torch(model.{known[0]}), and write its forward in PyTorch"
        if known
        else "build it from tinygnn's own layers, in Sequential or GNN"
    )
    return f"{path} is a class of its own and has no counterpart in PyG: {hint}"


def copy_numbers(model: Module, module: Any) -> None:
    """Write the model's parameters and buffers into the module, which has the same names and shapes."""
    torch = require_torch()
    there = module.state_dict()
    numbers = {
        name: torch.tensor(value, dtype=there[name].dtype).reshape(there[name].shape)
        if name in there and not there[name].numel()
        else torch.tensor(value, dtype=there[name].dtype if name in there else None)
        for name, value in model.state_dict().items()
    }
    try:
        module.load_state_dict(numbers)
    except RuntimeError as error:  # a layer that is not what its entry says
        reason = " ".join(str(error).split())
        raise AdapterError(f"{type(model).__name__} and its counterpart differ: {reason}") from error
