"""tinygnn: the README's training loop."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.contenders import Contender, Skip
from benchmarks.engines import Epochs, dense_rows
from benchmarks.interpreters import compiled_engine, engine_file
from benchmarks.workloads.build import lists
from benchmarks.workloads.moons import learning_rate

NOT_BUILT = "not built: TINYGNN_COMPILE=1 pip install ."
try:
    from benchmarks.engines.conversions_of_tinygnn import CONVERSIONS, loop_of
    from tinygnn import GNN, Batch, DataLoader, Graph, Value, cross_entropy, nn, optim
    from tinygnn.linalg import dot, mean
except ModuleNotFoundError as error:
    if error.name != "tinygnn":
        raise
    raise Skip(NOT_BUILT) from None

CHECKOUT = Path(__file__).resolve().parents[2]


def check(contender: Contender) -> None:
    """Raise Skip unless the tinygnn that was imported is the one to measure."""
    if contender.installed and not compiled_engine():
        raise Skip(NOT_BUILT)
    if not contender.installed and engine_file() != CHECKOUT / "tinygnn" / "value.py":
        raise Skip("the checkout's source is not what Python imports: remove compiled files from tinygnn/")


class MLP(nn.Module):
    """Linear layers with relu in between."""

    def __init__(self, sizes: list[int]) -> None:
        self.layers = [nn.Linear(a, b) for a, b in zip(sizes, sizes[1:])]

    def forward(self, x: Sequence[Sequence[Value | float]]) -> Any:
        *hidden, last = self.layers
        for layer in hidden:
            x = [[value.relu() for value in row] for row in layer(x)]
        return last(x)


class Stack(nn.Module):
    """Graph convolutions with an activation in between."""

    def __init__(self, layers: list[Any], act: str) -> None:
        for name, _, _ in layers:
            if not hasattr(nn, name):
                raise Skip(f"tinygnn.nn has no {name}")
        self.convs = [getattr(nn, name)(*sizes, **options) for name, sizes, options in layers]
        self.act = getattr(Value, act)

    def forward(self, graph: Graph) -> Any:
        *hidden, last = self.convs
        h: Any = graph.x
        for conv in hidden:
            h = [[self.act(value) for value in row] for row in conv(h, graph.edge_index)]
        return last(h, graph.edge_index)


def gnn(data: dict[str, Any], contender: Contender) -> Epochs:
    """Train a graph neural network on the masked nodes."""
    check(contender)
    features, hidden, classes = data["sizes"]
    graph = Graph(
        data["edges"], x=dense_rows(data["x"], features), y=data["y"], train_mask=data["train_mask"]
    )
    model: Any
    if data["conv"] in ("gcn", "gin"):
        model = GNN(
            data["conv"], in_channels=features, hidden_channels=hidden, num_layers=2, out_channels=classes
        )
    else:
        model = Stack(data["layers"], data["act"])
    model.load_state_dict(data["weights"])
    loop = train_in_one_scope if contender.keeps_epoch else train
    return loop(graph, model, optim.Adam(model.parameters(), lr=0.01))


def train(graph: Graph, model: nn.Module, optimizer: optim.Optimizer) -> Epochs:
    """The loop of the README, word for word, but for what it prints."""

    def epoch() -> float:
        optimizer.zero_grad()
        logits = model(graph)
        loss = cross_entropy(logits, graph.y, mask=graph.train_mask)
        loss.backward()
        optimizer.step()
        return loss.data

    while True:
        yield epoch()


def train_in_one_scope(graph: Graph, model: nn.Module, optimizer: optim.Optimizer) -> Epochs:
    """The same loop without a function around an epoch."""
    while True:
        optimizer.zero_grad()
        logits = model(graph)
        loss = cross_entropy(logits, graph.y, mask=graph.train_mask)
        loss.backward()
        optimizer.step()
        yield loss.data


class Classifier(nn.Module):
    """GIN, the sum over the nodes of each graph, and a linear layer."""

    def __init__(self, features: int, hidden: int, num_layers: int, classes: int) -> None:
        self.gnn = GNN("gin", features, hidden, num_layers)
        self.lin = nn.Linear(hidden, classes)

    def forward(self, batch: Batch) -> Any:
        return self.lin(nn.global_add_pool(self.gnn(batch), batch.batch, batch.num_graphs))


def graphs(data: dict[str, Any], contender: Contender) -> Epochs:
    """Train a classifier of graphs in batches."""
    check(contender)
    features, hidden, classes = data["sizes"]
    model = Classifier(features, hidden, data["num_layers"], classes)
    model.load_state_dict(data["weights"])
    loader = DataLoader(
        [
            Graph(each["edges"], x=dense_rows(each["x"], features), y=each["y"], y_level="graph")
            for each in data["graphs"]
        ],
        batch_size=data["batch_size"],
    )
    return train_on_graphs(loader, model, optim.Adam(model.parameters(), lr=0.01))


def train_on_graphs(loader: DataLoader, model: nn.Module, optimizer: optim.Optimizer) -> Epochs:
    """A step for each batch; an epoch's loss is the mean of its batches'."""

    def step(batch: Batch) -> float:
        optimizer.zero_grad()
        loss = cross_entropy(model(batch), batch.y)
        loss.backward()
        optimizer.step()
        return loss.data

    while True:
        losses = [step(batch) for batch in loader]
        yield sum(losses) / len(losses)


def mlp(data: dict[str, Any], contender: Contender) -> Epochs:
    """Train an MLP with max-margin loss and L2 regularization."""
    check(contender)
    model = MLP(data["sizes"])
    model.load_state_dict(data["weights"])
    return train_mlp(data["x"], data["y"], data["alpha"], model)


def train_mlp(x: list[list[float]], y: list[float], alpha: float, model: MLP) -> Epochs:
    parameters = model.parameters()
    optimizer = optim.SGD(parameters, lr=1.0)
    epoch = 0
    while True:
        optimizer.zero_grad()
        scores = model(x)
        losses = [(1.0 - label * score).relu() for label, (score,) in zip(y, scores)]
        loss = mean(losses) + alpha * dot(parameters, parameters)
        loss.backward()
        optimizer.lr = learning_rate(epoch)
        optimizer.step()
        epoch += 1
        yield loss.data


def build(data: dict[str, Any], contender: Contender) -> Epochs:
    """Build a graph; where others return a loss, this returns the number of edges."""
    check(contender)
    return build_again(lists(data), data["nodes"])


def build_again(edges: tuple[list[int], list[int]], nodes: int) -> Epochs:
    while True:
        graph = Graph(edges, num_nodes=nodes)
        yield float(graph.num_edges)


LOOPS = {
    "gnn": gnn,
    "graphs": graphs,
    "mlp": mlp,
    "build": build,
    **{kind: loop_of(check, convert) for kind, convert in CONVERSIONS.items()},
}
