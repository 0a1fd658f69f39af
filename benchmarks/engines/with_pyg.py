"""PyG on one thread of the CPU: its tutorial's loop, dense features, edge_index as it comes."""

from __future__ import annotations

from typing import Any

from benchmarks.contenders import Contender, Skip
from benchmarks.engines import Epochs
from benchmarks.workloads import conversion
from benchmarks.workloads.build import lists

try:
    import torch
    import torch_geometric
    from torch_geometric.data import Batch, Data
    from torch_geometric.loader import DataLoader

    from benchmarks.engines.with_torch import dtype_of
except (ImportError, Skip):
    raise Skip("PyG is not installed: pip install torch torch_geometric") from None


MODELS = {"gcn": "GCN", "gin": "GIN"}


class Stack(torch.nn.Module):
    """Graph convolutions with an activation in between."""

    def __init__(self, layers: list[Any], act: str) -> None:
        super().__init__()
        self.convs = torch.nn.ModuleList(
            getattr(torch_geometric.nn, name)(*sizes, **options) for name, sizes, options in layers
        )
        self.act = getattr(torch.nn.functional, act)

    def forward(self, x: torch.Tensor, edge_index: torch.Tensor) -> torch.Tensor:
        *hidden, last = self.convs
        for conv in hidden:
            x = self.act(conv(x, edge_index))
        return last(x, edge_index)


def gnn(data: dict[str, Any], contender: Contender) -> Epochs:
    """Train a graph neural network on the masked nodes."""
    dtype = dtype_of(contender)
    features, hidden, classes = data["sizes"]
    graph = Data(
        x=dense(data["x"], features, dtype),
        edge_index=torch.tensor(data["edges"]),
        y=torch.tensor(data["y"]),
        train_mask=torch.tensor(data["train_mask"]),
    )
    model: Any
    if data["conv"] in MODELS:
        model = getattr(torch_geometric.nn.models, MODELS[data["conv"]])(features, hidden, 2, classes)
    else:
        model = Stack(data["layers"], data["act"])
    model = model.to(dtype)
    model.load_state_dict({name: torch.tensor(entry, dtype=dtype) for name, entry in data["weights"].items()})
    return train(graph, model)


def dense(rows: list[Any], width: int, dtype: torch.dtype) -> torch.Tensor:
    """Features as a tensor, from the columns that are not zero and their numbers."""
    x = torch.zeros(len(rows), width, dtype=dtype)
    for row, (columns, numbers) in zip(x, rows):
        row[columns] = torch.tensor(numbers, dtype=dtype)
    return x


def train(graph: Data, model: torch.nn.Module) -> Epochs:
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    while True:
        optimizer.zero_grad()
        logits = model(graph.x, graph.edge_index)
        loss = torch.nn.functional.cross_entropy(logits[graph.train_mask], graph.y[graph.train_mask])
        loss.backward()
        optimizer.step()
        yield loss.item()


class Classifier(torch.nn.Module):
    """GIN, the sum over the nodes of each graph, and a linear layer."""

    def __init__(self, features: int, hidden: int, num_layers: int, classes: int) -> None:
        super().__init__()
        self.gnn = torch_geometric.nn.models.GIN(features, hidden, num_layers)
        self.lin = torch.nn.Linear(hidden, classes)

    def forward(self, batch: Batch) -> torch.Tensor:
        h = self.gnn(batch.x, batch.edge_index)
        return self.lin(torch_geometric.nn.global_add_pool(h, batch.batch, batch.num_graphs))


def graphs(data: dict[str, Any], contender: Contender) -> Epochs:
    """Train a classifier of graphs in batches."""
    dtype = dtype_of(contender)
    features, hidden, classes = data["sizes"]
    model = Classifier(features, hidden, data["num_layers"], classes).to(dtype)
    model.load_state_dict({name: torch.tensor(entry, dtype=dtype) for name, entry in data["weights"].items()})
    loader = DataLoader(
        [
            Data(x=dense(each["x"], features, dtype), edge_index=torch.tensor(each["edges"]), y=each["y"])
            for each in data["graphs"]
        ],
        batch_size=data["batch_size"],
    )
    return train_on_graphs(loader, model)


def train_on_graphs(loader: DataLoader, model: torch.nn.Module) -> Epochs:
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    while True:
        losses = []
        for batch in loader:
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(model(batch), batch.y)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        yield sum(losses) / len(losses)


def build(data: dict[str, Any], contender: Contender) -> Epochs:
    """Build a Data; where others return a loss, this returns the number of edges."""
    return build_again(lists(data), data["nodes"])


def build_again(edges: tuple[list[int], list[int]], nodes: int) -> Epochs:
    while True:
        graph = Data(edge_index=torch.tensor(edges), num_nodes=nodes)
        yield float(graph.num_edges)


def read_networkx(data: dict[str, Any], contender: Contender) -> Epochs:
    """Convert a graph of networkx; where others return a loss, this returns the number of edges."""
    graph = conversion.networkx_graph(data)
    while True:
        yield float(torch_geometric.utils.from_networkx(graph).num_edges)


def write_networkx(data: dict[str, Any], contender: Contender) -> Epochs:
    """Convert the same graph back."""
    pairs = list(conversion.edges(data))
    edges = torch.tensor([[s for s, _, _ in pairs], [t for _, t, _ in pairs]])
    graph = Data(edge_index=edges, weight=torch.tensor([w for _, _, w in pairs]), num_nodes=data["nodes"])
    graph = torch_geometric.transforms.ToUndirected(reduce="max")(graph)
    while True:
        converted = torch_geometric.utils.to_networkx(graph, edge_attrs=["weight"], to_undirected=True)
        yield float(converted.number_of_edges())


LOOPS = {
    "gnn": gnn,
    "graphs": graphs,
    "build": build,
    "from-networkx": read_networkx,
    "to-networkx": write_networkx,
}
