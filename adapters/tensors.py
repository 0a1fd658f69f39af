"""Tensors to plain Python and back, exactly.

A value is taken apart into plain lists and numbers and a spec that can be written as JSON:
{"dtype", "shape", "layout"} for a tensor, {"numpy": dtype, "shape"} for an array, {"items": [...]} or
{"values": [...]} for a list, tuple or dict that holds such things, None for anything else.
"""

from __future__ import annotations

import importlib
from copy import deepcopy
from typing import Any

from tinygnn.adapters.errors import AdapterError, require_torch

Spec = Any


def take_apart(value: Any, attribute: Any) -> tuple[Any, Spec]:
    """Return a value without tensors, and the spec that `put_together` needs."""
    module = type(value).__module__.partition(".")[0]
    torch = require_torch()
    if isinstance(value, torch.Tensor):
        return tensor_to_lists(value, attribute)
    if module == "numpy" and hasattr(value, "tolist"):
        if value.dtype.hasobject or value.dtype.names:
            raise AdapterError(
                f"{attribute!r} is a NumPy array of {value.dtype}: give numbers", attribute=attribute
            )
        return value.tolist(), {"numpy": str(value.dtype), "shape": list(value.shape)}
    if type(value) in (list, tuple):
        parts = [take_apart(item, attribute) for item in value]
        specs = [spec for _, spec in parts]
        plain = [part for part, _ in parts]
        if type(value) is tuple:
            return plain, {"items": specs, "tuple": True}
        return plain, {"items": specs} if any(spec is not None for spec in specs) else None
    if type(value) is dict:
        pairs = {key: take_apart(item, attribute) for key, item in value.items()}
        specs = [spec for _, spec in pairs.values()]
        spec = {"values": specs} if any(spec is not None for spec in specs) else None
        return {key: part for key, (part, _) in pairs.items()}, spec
    if module in ("torch", "torch_geometric", "torch_sparse"):
        raise AdapterError(
            f"{attribute!r} is a {type(value).__name__}, which is not supported: turn it into a tensor",
            attribute=attribute,
        )
    return deepcopy(value), None


def tensor_to_lists(tensor: Any, attribute: Any) -> tuple[Any, Spec]:
    """Return the numbers of a tensor as nested lists, and its dtype, shape and layout."""
    torch = require_torch()
    if tensor.device.type == "meta":
        raise AdapterError(
            f"{attribute!r} is on the meta device and holds no numbers: load it", attribute=attribute
        )
    spec = {"dtype": str(tensor.dtype).removeprefix("torch."), "shape": list(tensor.shape)}
    tensor = tensor.detach().cpu()
    if tensor.layout is not torch.strided:
        spec["layout"] = str(tensor.layout).removeprefix("torch.")
        tensor = tensor.to_dense()
    if type(tensor) is not torch.Tensor:
        tensor = tensor.as_subclass(torch.Tensor)
    return tensor.tolist(), spec


def put_together(value: Any, spec: Spec) -> Any:
    """Undo `take_apart`."""
    if spec is None:
        return deepcopy(value)
    if "dtype" in spec:
        return lists_to_tensor(value, spec)
    if "numpy" in spec:
        array = importlib.import_module("numpy").array(value, dtype=spec["numpy"])
        return (
            array.reshape(spec["shape"])[()]
            if not spec["shape"]
            else array.reshape([-1, *spec["shape"][1:]])
            if array.size
            else array.reshape(spec["shape"])
        )
    if "items" in spec:
        items = [put_together(item, inner) for item, inner in zip(value, spec["items"])]
        return tuple(items) if spec.get("tuple") else items
    return {key: put_together(item, inner) for (key, item), inner in zip(value.items(), spec["values"])}


def lists_to_tensor(value: Any, spec: dict[str, Any]) -> Any:
    """A tensor of the recorded dtype and layout; the first dimension follows the value."""
    torch = require_torch()
    tensor = torch.tensor(value, dtype=getattr(torch, spec["dtype"]))
    shape = spec["shape"]
    if tensor.numel() == 0 and shape:
        tensor = tensor.reshape([len(value), *shape[1:]] if 0 not in shape[:1] or not value else shape)
    elif len(shape) == 1 and tensor.dim() == 2 and tensor.shape[1] == 1:
        tensor = tensor.reshape(-1)
    elif len(shape) == 2 and shape[1] == 1 and tensor.dim() == 1:
        tensor = tensor.reshape(-1, 1)
    layout = spec.get("layout")
    return tensor if layout is None else tensor.to_sparse(layout=getattr(torch, layout))


def exact_tensor(value: Any) -> Any:
    """A tensor for numbers of unknown dtype: torch's default float if that is exact, else float64."""
    torch = require_torch()
    try:
        exact = torch.tensor(value, dtype=torch.float64) if _has_float(value) else torch.tensor(value)
    except (TypeError, ValueError, RuntimeError, OverflowError):
        return deepcopy(value)  # text, or rows of different lengths
    if exact.dtype != torch.float64:
        return exact
    short = exact.to(torch.get_default_dtype())
    return (
        short
        if torch.equal(torch.nan_to_num(short.double(), nan=0.5), torch.nan_to_num(exact, nan=0.5))
        else exact
    )


def _has_float(value: Any) -> bool:
    if isinstance(value, list):
        return any(map(_has_float, value))
    return isinstance(value, float)
