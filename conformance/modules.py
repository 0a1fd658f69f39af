"""How readouts, poolings and LSTM are made and called: alike in tinygnn, PyG and PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tinygnn.conformance.case import Case

# The inputs of a module that are not its parameters.
MODULE_DATA = ("x", "edge_attr", "attn", "h_0", "c_0")
# The outputs that have gradients, in the order of the cotangent; the others are positions.
WITH_GRADIENT = ("out", "score", "edge_attr", "h_n", "c_n")


def build(library: Any, call: str, settings: Mapping[str, Any]) -> Any:
    """A module of `tinygnn.nn`, `torch_geometric.nn` or `torch.nn`, or one of the pooling functions.

    Of the settings a pair of sizes stands for a Linear, a dict for an MLP, GNN for the class of that name.
    """
    if call.startswith("global_"):
        return getattr(library, call)
    made = dict(settings)
    for name, value in settings.items():
        if isinstance(value, dict):
            made[name] = library.MLP(**value)
        elif isinstance(value, list):
            made[name] = library.Linear(*value)
    if "GNN" in made:
        made["GNN"] = getattr(library, made["GNN"])
    return getattr(library, call)(**made)


def outputs_of(
    case: Case, module: Any, data: Mapping[str, Any], index: Callable[[Any], Any]
) -> dict[str, Any]:
    """Call it; its outputs by name. index makes what the library takes for integers."""
    x, batch = data["x"], case.options.get("batch")
    batch = None if batch is None else index(batch)
    if case.call == "LSTM":
        state = (data["h_0"], data["c_0"]) if "h_0" in data else None
        out, (hidden, cells) = module(x, state)
        return {"out": out, "h_n": hidden, "c_n": cells}
    if case.edge_index is None:
        size = case.options["size"]
        return {
            "out": module(x, batch, size) if case.call.startswith("global_") else module(x, batch, None, size)
        }
    edge_attr = data.get("edge_attr")
    out, edges, edge_attr, batch, perm, score = module(
        x, index(case.edge_index), edge_attr, batch, data.get("attn")
    )
    found = {"out": out, "score": score, "edge_index": edges, "batch": batch, "perm": perm}
    return found if edge_attr is None else {**found, "edge_attr": edge_attr}
