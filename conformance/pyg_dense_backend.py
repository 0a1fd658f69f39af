"""The backend `pyg-dense`: PyTorch Geometric's layers for dense adjacency matrices.

They are written for graphs of equal size side by side, x of [B][N][F] and adj of [B][N][N], and compute
adj @ x: a row of adj belongs to the node that hears. `to_dense_adj` makes the matrix and adds up the weights
of equal edges.
"""

from __future__ import annotations

from typing import Any

from tinygnn.conformance.case import DATA, Case, Result
from tinygnn.conformance.pyg_backend import PygBackend, argument, find, import_pyg, setting, whole_state
from tinygnn.conformance.torch_backend import differentiate
from tinygnn.conformance.torch_models import activate
from tinygnn.conformance.torch_ops import import_torch, tensor
from tinygnn.conformance.torch_place import moved

# The settings of each layer that its dense form has as well, and the values that they may have.
ANY = None
SETTINGS: dict[str, dict[str, tuple[Any, ...] | None]] = {
    "GCNConv": {"improved": ANY, "bias": ANY, "add_self_loops": ANY, "normalize": (True,)},
    "SAGEConv": {
        "normalize": ANY, "bias": ANY, "aggr": ("mean",), "root_weight": (True,), "project": (False,),
    },
    "GraphConv": {"aggr": ("add", "mean", "max"), "bias": ANY},
    "GINConv": {"nn": ANY, "eps": ANY, "train_eps": ANY},
    "GATConv": {
        "heads": ANY, "concat": ANY, "negative_slope": ANY, "dropout": ANY, "bias": ANY,
        "add_self_loops": ANY,
    },
}  # fmt: skip
# What the dense layers are not told when they are made.
LEFT_OUT = ("add_self_loops", "root_weight", "project")
# Their names of parameters that are called otherwise.
NAMES = {
    "SAGEConv": {
        "lin_l.weight": "lin_rel.weight",
        "lin_l.bias": "lin_root.bias",
        "lin_r.weight": "lin_root.weight",
    }
}


class PygDenseBackend(PygBackend):
    """PyTorch Geometric's dense layers. Raises AdapterError when made without it."""

    name = "pyg-dense"

    def supports(self, case: Case) -> bool:
        return not self.lacks(case)

    def lacks(self, case: Case) -> str:
        """Why it cannot run the case, or nothing."""
        if case.kind != "model" or case.call not in SETTINGS:
            return f"PyG has no dense layers for {case.call}"
        if "edge_attr" in (*case.inputs, *case.options):
            return f"Dense{case.call} takes no edge_attr"
        for name, value in case.options.get("conv", {}).items():
            allowed = SETTINGS[case.call].get(name, ())
            if allowed is not ANY and value not in allowed:
                return f"Dense{case.call} has no {name}={value!r}"
        return ""

    def run_here(self, case: Case) -> Result:
        """Run it, numbers and device being settled."""
        layer = build(case).train(case.options.get("training", True))
        data = {name: argument(case, name, case.inputs[name]) for name in DATA if name in case.inputs}
        constants = {name: argument(case, name, case.options[name]) for name in DATA if name in case.options}
        given = {**constants, **data}
        leaves = {name: tensor(case.inputs[name], True) for name in case.inputs if name not in data}
        names, own = NAMES.get(case.call, {}), layer.state_dict()
        state = {names.get(name, name): value for name, value in whole_state(case, leaves).items()}
        state = {name: value.reshape(own[name].shape) for name, value in state.items()}
        matrix = adjacency(case, given["x"], given.get("edge_weight"))
        out = import_torch().func.functional_call(layer, state, (given["x"], matrix), loops(case))[0]
        return differentiate(case, {**data, **leaves}, {"out": activate(case.options.get("last"), out)})


def build(case: Case) -> Any:
    """The dense layer, with random weights."""
    given = {n: value for n, value in case.options.get("conv", {}).items() if n not in LEFT_OUT}
    if case.call == "GCNConv" or case.call == "SAGEConv":
        given.pop("normalize" if case.call == "GCNConv" else "aggr", None)
    settings = {name: setting(case.call, name, value) for name, value in given.items()}
    return moved(find(f"Dense{case.call}")(*case.options["sizes"], **settings))


def loops(case: Case) -> dict[str, bool]:
    """What the call says of self loops, where the layer adds any."""
    if case.call not in ("GCNConv", "GATConv"):
        return {}
    added = case.options.get("conv", {}).get("add_self_loops")
    return {"add_loop": True if added is None else added}


def adjacency(case: Case, x: Any, weight: Any) -> Any:
    """adj[target][source], the sum of the weights of those edges."""
    torch, utils = import_torch(), import_pyg("torch_geometric.utils")
    edges = torch.tensor(case.edge_index, dtype=torch.long).flip(0)
    return utils.to_dense_adj(edges, edge_attr=weight, max_num_nodes=len(x))[0].to(x.dtype)
