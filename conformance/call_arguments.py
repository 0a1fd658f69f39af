"""How a layer's `forward` is called: by PyG's names where it has them, else by position in PyG's order."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from tinygnn.conformance.case import Unsupported

# PyG's order. x and edge_index come first; of the others a layer takes one or two.
ORDER = (
    "x",
    "x_0",
    "edge_index",
    "edge_weight",
    "edge_attr",
    "edge_type",
    "batch",
    "batch_size",
    "lambda_max",
)
# Further arguments of PyG's layers, which stand for nothing in a case.
OTHERS = ("size", "num_nodes", "dim_size", "ptr", "return_attention_weights", "sparse_sizes")
Parameter = inspect.Parameter
POSITIONAL = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)


def arguments_for(
    forward: Callable[..., Any], data: Mapping[str, Any]
) -> tuple[list[Any], dict[str, Any], list[str]]:
    """The positional arguments, the named ones, and the names that are required and absent (None is given).

    Raises Unsupported where it takes one of the data under no name and at no place.

    >>> arguments_for(lambda x, edge_index, w=None: None, {"x": 1, "edge_index": 2, "edge_weight": 3})
    ([1, 2, 3], {}, [])
    >>> arguments_for(lambda x, edge_index, edge_weight: None, {"x": 1, "edge_index": 2})
    ([1, 2, None], {}, ['edge_weight'])
    """
    left = {name: data[name] for name in ORDER if name in data}
    try:
        parameters = list(inspect.signature(forward).parameters.values())
    except (TypeError, ValueError):
        return list(left.values()), {}, []
    by_place = [p for p in parameters if p.kind in POSITIONAL]
    takes_all = any(p.kind is Parameter.VAR_KEYWORD for p in parameters)
    named = {p.name: left.pop(p.name) for p in parameters if p.name in left and p not in by_place}
    found = {p.name: left.pop(p.name) for p in by_place if p.name in left}
    for parameter in by_place:
        if parameter.name not in found and left and is_free(parameter, by_place.index(parameter)):
            name = next(iter(left))
            found[parameter.name] = left.pop(name)
    if takes_all:
        named.update(left)
        left = {}
    if any(p.kind is Parameter.VAR_POSITIONAL for p in parameters) and len(found) == len(by_place):
        return [*found.values(), *left.values()], named, []
    if left:
        raise Unsupported(f"its forward takes no {' and no '.join(left)}")
    absent = [p.name for p in by_place if p.name not in found and p.default is Parameter.empty]
    positional: list[Any] = []
    for i, parameter in enumerate(by_place):
        rest = by_place[i:]
        if not any(p.name in found or p.name in absent for p in rest):
            break
        if parameter.name in found or parameter.name in absent or parameter.kind is Parameter.POSITIONAL_ONLY:
            missing = None if parameter.default is Parameter.empty else parameter.default
            positional.append(found.get(parameter.name, missing))
        else:
            positional.append(parameter.default)
    return positional, named, absent


def is_free(parameter: Parameter, place: int) -> bool:
    """Whether data without a name of its own may be given here."""
    if parameter.name in ORDER or parameter.name in OTHERS:
        return False
    return place < 2 or parameter.default is Parameter.empty or parameter.default is None
