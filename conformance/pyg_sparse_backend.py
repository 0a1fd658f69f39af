"""The backend `pyg-sparse`: PyTorch Geometric's layers, given the graph as a sparse matrix of torch.

PyG's layers take the transposed adjacency matrix in the place of edge_index, and then many of them multiply
it with x instead of gathering messages. `to_torch_csr_tensor` makes the matrix, which holds an edge once.
"""

from __future__ import annotations

import warnings
from typing import Any

from tinygnn.conformance.case import Case
from tinygnn.conformance.pyg_backend import PygBackend, import_pyg
from tinygnn.conformance.torch_ops import import_torch
from tinygnn.conformance.torch_place import dtype

# The layers that take a sparse matrix of torch.
LAYERS = (
    "GCNConv", "SAGEConv", "GATConv", "GATv2Conv", "GINConv", "GraphConv", "SGConv", "TAGConv", "APPNP",
    "GCN2Conv", "EdgeConv", "GatedGraphConv",
)  # fmt: skip
OF_EDGES = ("edge_attr", "edge_type")


class PygSparseBackend(PygBackend):
    """PyTorch Geometric along its sparse path. Raises AdapterError when made without it."""

    name = "pyg-sparse"

    def supports(self, case: Case) -> bool:
        return not self.lacks(case)

    def lacks(self, case: Case) -> str:
        """Why it cannot run the case, or nothing."""
        if case.kind != "model" or case.edge_index is None:
            return "only layers on a graph take a sparse matrix"
        if case.call == "GNN":
            return "stacks are left to the layers that they are made of"
        if case.call == "ARMAConv":
            return "PyG's ARMAConv multiplies the matrix with a stack of matrices, which torch refuses"
        if case.call not in LAYERS:
            return f"PyG's {case.call} takes no sparse matrix of torch"
        given = [name for name in OF_EDGES if name in (*case.inputs, *case.options)]
        return f"a sparse matrix of torch holds no {given[0]}" if given else ""

    def call(self, model: Any, case: Case, **arguments: Any) -> Any:
        """The model's output for the matrix in the place of edge_index and edge_weight."""
        weight = arguments.pop("edge_weight", None)
        return model(edge_index=transposed_adjacency(case, len(arguments["x"]), weight), **arguments)


def transposed_adjacency(case: Case, num_nodes: int, weight: Any) -> Any:
    """The matrix whose rows are targets, in CSR form; without weights it holds ones."""
    torch, utils = import_torch(), import_pyg("torch_geometric.utils")
    edges = torch.tensor(case.edge_index, dtype=torch.long).flip(0)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Sparse", UserWarning)  # torch: they are in beta, and unchecked
        matrix = utils.to_torch_csr_tensor(edges, weight, size=(num_nodes, num_nodes))
    return matrix.to(dtype()) if weight is None else matrix
