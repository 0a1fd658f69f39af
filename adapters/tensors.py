"""Tensors to plain Python and back, exactly.

A value is taken apart into plain lists and numbers and a spec that can be written as JSON:
{"dtype", "shape", "layout"} for a tensor, {"numpy": dtype, "shape"} for an array (without a shape for a
scalar), {"items": [...]} or {"values": [...]} for a list, tuple or dict that holds such things, with "keys"
for a dict whose keys JSON would turn into text, None for anything else. A complex number is a pair.
"""

from __future__ import annotations

import importlib
from copy import deepcopy
from typing import Any

from tinygnn.adapters.errors import AdapterError, require_torch

Spec = Any
LARGE, FEW = 100_000, 0.2  # entries of a matrix, and the share of them that are not zero


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
        if value.dtype.kind not in "biufSU":
            return deepcopy(value), None  # complex numbers and times stay what they are
        return value.tolist(), {
            "numpy": str(value.dtype),
            **({"shape": list(value.shape)} if type(value).__name__ == "ndarray" else {}),
        }
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
        if set(map(type, pairs)) - {str}:
            spec = {"values": specs, "keys": list(pairs)}
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
    refuse_unreadable(tensor, attribute)
    spec = {"dtype": str(tensor.dtype).removeprefix("torch."), "shape": list(tensor.shape)}
    tensor = on_host(tensor)
    if tensor.layout is not torch.strided:
        spec["layout"] = str(tensor.layout).removeprefix("torch.")
        tensor = tensor.to_dense()
    if tensor.is_complex():
        tensor = torch.view_as_real(tensor.resolve_conj())
    return _rows_of_few(torch, tensor) or tensor.tolist(), spec


def _rows_of_few(torch: Any, tensor: Any) -> list[list[float]]:
    """The rows of a large matrix that is mostly zeros, which are one object; [] for any other tensor."""
    if tensor.dim() != 2 or tensor.numel() < LARGE or tensor.dtype not in (torch.float32, torch.float64):
        return []
    bits = tensor.view(torch.int32 if tensor.dtype is torch.float32 else torch.int64) != 0  # of -0.0 too
    if int(bits.sum()) > tensor.numel() * FEW:
        return []
    rows = [[0.0] * tensor.shape[1] for _ in range(tensor.shape[0])]
    for i, j, number in zip(*bits.nonzero().t().tolist(), tensor[bits].tolist()):
        rows[i][j] = number
    return rows


def refuse_unreadable(tensor: Any, attribute: Any) -> None:
    """Refuse a tensor whose numbers cannot be listed."""
    if tensor.device.type == "meta":
        raise AdapterError(
            f"{attribute!r} is on the meta device and holds no numbers: load it", attribute=attribute
        )
    if tensor.is_nested or tensor.is_quantized:
        kind = "nested" if tensor.is_nested else "quantized"
        raise AdapterError(
            f"{attribute!r} is a {kind} tensor: turn it into a list of tensors, or .dequantize() it",
            attribute=attribute,
        )


def on_host(tensor: Any) -> Any:
    """A plain tensor in the computer's own memory, without a history."""
    tensor = tensor.detach().cpu()
    torch = require_torch()
    return tensor if type(tensor) is torch.Tensor else tensor.as_subclass(torch.Tensor)


def put_together(value: Any, spec: Spec) -> Any:
    """Undo `take_apart`."""
    if spec is None:
        return deepcopy(value)
    if "dtype" in spec:
        return lists_to_tensor(value, spec)
    if "numpy" in spec:
        array = importlib.import_module("numpy").array(value, dtype=spec["numpy"])
        if "shape" not in spec:
            return array[()]
        shape = spec["shape"]
        return array.reshape([-1, *shape[1:]] if shape and array.size else shape)
    if "items" in spec:
        items = [put_together(item, inner) for item, inner in zip(value, spec["items"])]
        return tuple(items) if spec.get("tuple") else items
    keys = spec.get("keys", [])
    if list(map(str, keys)) != list(map(str, value)):
        keys = list(value)
    return {key: put_together(item, inner) for key, item, inner in zip(keys, value.values(), spec["values"])}


def lists_to_tensor(value: Any, spec: dict[str, Any]) -> Any:
    """A tensor of the recorded dtype and layout; the first dimension follows the value."""
    torch = require_torch()
    dtype, shape = getattr(torch, spec["dtype"]), spec["shape"]
    if dtype.is_complex:
        parts = torch.float64 if dtype is torch.complex128 else torch.float32
        pairs = torch.tensor(value, dtype=parts)
        pairs = pairs.reshape([-1, *shape[1:], 2] if shape and pairs.numel() else [*shape, 2])
        tensor = torch.view_as_complex(pairs).to(dtype)
    else:
        tensor = torch.tensor(_integers(value) if dtype is torch.uint64 else value, dtype=dtype)
    if tensor.numel() == 0 and shape:
        tensor = tensor.reshape([len(value), *shape[1:]] if 0 not in shape[:1] or not value else shape)
    elif len(shape) == 1 and tensor.dim() == 2 and tensor.shape[1] == 1:
        tensor = tensor.reshape(-1)
    elif len(shape) == 2 and shape[1] == 1 and tensor.dim() == 1:
        tensor = tensor.reshape(-1, 1)
    layout = spec.get("layout")
    return tensor if layout is None else tensor.to_sparse(layout=getattr(torch, layout))


def _integers(value: Any) -> Any:
    """Floats as the integers they are, which torch insists on for uint64."""
    return list(map(_integers, value)) if isinstance(value, list) else int(value)


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
