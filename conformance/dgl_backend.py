"""The backend `dgl`: Deep Graph Library's own layers, readouts and reducers, on PyTorch and in float64."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from importlib import import_module
from typing import Any

from tinygnn.adapters.errors import AdapterError, require
from tinygnn.conformance.case import DATA, Case, Result
from tinygnn.conformance.dgl_lacks import READOUTS, lacking
from tinygnn.conformance.dgl_layers import called, layers
from tinygnn.conformance.dgl_more_layers import LAYERS
from tinygnn.conformance.pyg_backend import argument
from tinygnn.conformance.torch_backend import differentiate, model_outputs
from tinygnn.conformance.torch_models import activate
from tinygnn.conformance.torch_ops import import_torch, tensor

INSTALL = "dgl==1.1.3 torch"  # those after it need a torch as old as they are


@cache
def import_dgl() -> Any:
    """Import DGL, or raise AdapterError that says how to install it."""
    require("torch", INSTALL)
    os.environ.setdefault("DGLBACKEND", "pytorch")  # else it writes a file into the user's home
    try:
        return require("dgl", INSTALL)
    except (OSError, RuntimeError) as error:  # a library of another torch's
        said = str(error).partition("\n")[0]
        raise AdapterError(
            f"dgl is installed but cannot be imported ({said}): pip install {INSTALL}"
        ) from error


class DglBackend:
    """Deep Graph Library. Raises AdapterError when made without it."""

    name = "dgl"

    def __init__(self) -> None:
        self.version = str(import_dgl().__version__)

    def supports(self, case: Case) -> bool:
        return not self.lacks(case)

    def lacks(self, case: Case) -> str:
        """Why it cannot run the case, or nothing."""
        return next(lacking(case), "")

    def run(self, case: Case) -> Result:
        if case.kind == "op":
            return run_aggregation(case)
        if case.kind == "module":
            return run_readout(case)
        leaves = {
            name: argument(case, name, numbers) if name in DATA else tensor(numbers, True)
            for name, numbers in case.inputs.items()
        }
        given = {name: argument(case, name, case.options[name]) for name in DATA if name in case.options}
        given = {name: value for name, value in {**given, **leaves}.items() if value is not None}
        weights = {name: value for name, value in leaves.items() if name not in DATA}
        settings = {"training": case.options.get("training", True), **case.options.get("conv", {})}
        graph = graph_of(case.edge_index or ([], []), len(given["x"]))
        out = LAYERS[case.call](graph, weights, given, case.options["sizes"], **settings)
        return differentiate(case, leaves, model_outputs(case, activate(case.options.get("last"), out)))


def graph_of(edges: tuple[list[int], list[int]], num_nodes: int) -> Any:
    """A graph of DGL with these edges, in their order."""
    torch = import_torch()
    ends = tuple(torch.tensor(part, dtype=torch.long) for part in edges)
    return import_dgl().graph(ends, num_nodes=num_nodes)


def run_aggregation(case: Case) -> Result:
    """update_all on a graph in which row i has one edge, to its group."""
    rows, index = tensor(case.inputs["rows"], True), case.options["index"]
    function, torch = import_module("dgl.function"), import_torch()
    edges = (torch.arange(len(index)), torch.tensor(index, dtype=torch.long))
    groups = case.options["num_groups"]
    graph = import_dgl().create_block(edges, num_src_nodes=len(rows), num_dst_nodes=groups)
    graph.srcdata["row"] = rows
    graph.update_all(function.copy_u("row", "m"), getattr(function, case.options["aggr"])("m", "out"))
    return differentiate(case, {"rows": rows}, {"out": graph.dstdata["out"]})


def run_readout(case: Case) -> Result:
    """A readout of DGL on a batch of graphs without edges."""
    leaves = {name: tensor(numbers, True) for name, numbers in case.inputs.items()}
    kind, settings = getattr(layers(), READOUTS[case.call]), case.options["settings"]
    if case.call == "AttentionalAggregation":
        linear = import_torch().nn.Linear
        module = kind(linear(*settings["gate_nn"]), linear(*settings["nn"]) if "nn" in settings else None)
    elif case.call == "Set2Set":
        module = kind(settings["in_channels"], settings["processing_steps"], settings.get("num_layers", 1))
    else:
        module = kind()
    weights = {
        f"feat_{name}" if name.startswith("nn.") else name: w for name, w in leaves.items() if name != "x"
    }
    graph = batch_of(case.options.get("batch"), case.options.get("size"), len(leaves["x"]))
    out = called(module, weights, graph, leaves["x"])
    return differentiate(replace(case, cotangent=case.cotangent[: out.numel()]), leaves, {"out": out})


def batch_of(batch: Sequence[int] | None, size: int | None, num_nodes: int) -> Any:
    """A batch of graphs without edges, node i in graph batch[i]; there are `size` of them."""
    torch, graph = import_torch(), graph_of(([], []), num_nodes)
    sizes = torch.bincount(torch.tensor(batch or [0] * num_nodes, dtype=torch.long), minlength=size or 1)
    graph.set_batch_num_nodes(sizes)
    graph.set_batch_num_edges(torch.zeros_like(sizes))
    return graph
