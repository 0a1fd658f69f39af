"""GNN there and back: PyG's own model where there is one, `TorchGNN` elsewhere."""

from __future__ import annotations

import copy
import pickle
import random
from typing import Any

import pytest

from tinygnn import GNN, Graph, Value, nn
from tinygnn.adapters import AdapterError, from_torch, to_torch
from tinygnn.network import Network
from tinygnn.nn.module import leaves

torch = pytest.importorskip("torch")
pyg = pytest.importorskip("torch_geometric.nn")

TOLERANCE = 1e-10  # relative to the largest number; both sides compute in float64, in another order
ROUNDING = 1e-14  # where the exact number is 0, as gradients that a softmax takes away
EDGES = ([0, 1, 1, 1, 3, 3, 4, 0], [1, 0, 1, 3, 4, 4, 0, 3])
X = [[random.Random(f"{i} {j}").uniform(-1, 1) for j in range(3)] for i in range(6)]

MODELS: list[tuple[str, dict[str, Any]]] = [
    ("GCN", {"conv": "gcn"}),
    ("GCN", {"conv": "gcn", "improved": True, "act": "elu", "dropout": 0.5, "num_layers": 3}),
    ("GCN", {"conv": "gcn", "num_layers": 1, "bias": False}),
    ("GCN", {"conv": "gcn", "act": None, "out_channels": None}),
    ("GraphSAGE", {"conv": "sage", "aggr": "max", "act": "tanh"}),
    ("GAT", {"conv": "gat", "heads": 2, "act": "elu"}),
    ("GAT", {"conv": "gat", "heads": 2, "concat": False, "out_channels": None}),
    ("TorchGNN", {"conv": "gcn", "readout": "mean"}),
    ("TorchGNN", {"conv": "sage", "readout": "max"}),
    ("TorchGNN", {"conv": "gat", "readout": "sum", "heads": 2}),
]
by_model = pytest.mark.parametrize(("name", "options"), MODELS)


def make(options: dict[str, Any]) -> GNN:
    sizes = {"in_channels": 3, "hidden_channels": 4, "num_layers": 2, "out_channels": 2}
    model = GNN(**{**sizes, **options})
    rng = random.Random(0)
    for value in model.parameters():
        value.data = rng.uniform(-1.0, 1.0)
    return model.eval()  # type: ignore[return-value]


def close(what: str, ours: list[float], theirs: Any) -> None:
    expected = theirs.detach().flatten().tolist()
    assert len(ours) == len(expected), what
    for a, b in zip(ours, expected):
        assert abs(a - b) <= TOLERANCE * max(map(abs, expected)) + ROUNDING, what


@by_model
def test_outputs_and_gradients_agree_with_pyg(name: str, options: dict[str, Any]) -> None:
    model = make(options)
    module = to_torch(model)
    assert type(module).__name__ == name
    x = [[Value(entry) for entry in row] for row in X]
    tensor = torch.tensor(X, dtype=torch.float64, requires_grad=True)
    out = leaves(model(x, EDGES))
    expected = module(tensor, torch.tensor(EDGES))
    close("output", [value.data for value in out], expected)
    cotangent = [0.3 + 0.1 * (7 * i % 11) for i in range(len(out))]
    sum((c * o for c, o in zip(cotangent, out)), Value(0.0)).backward()
    (expected.flatten() * torch.tensor(cotangent, dtype=torch.float64)).sum().backward()
    close("gradient of x", [value.grad for value in leaves(x)], tensor.grad)
    parameters = dict(module.named_parameters())
    for key, parameter in model.named_parameters():
        close(f"gradient of {key}", [value.grad for value in leaves(parameter)], parameters[key].grad)


@by_model
def test_there_and_back_is_the_same_model(name: str, options: dict[str, Any]) -> None:
    model = make(options)
    back = from_torch(to_torch(model))
    assert repr(back) == repr(model)
    assert back.state_dict() == model.state_dict()
    assert (back.readout, back.dropout.p) == (model.readout, model.dropout.p)
    assert repr(back.act) == repr(model.act)
    assert vars(back).keys() == vars(model).keys()


@by_model
def test_a_module_can_be_copied_pickled_and_trained(name: str, options: dict[str, Any]) -> None:
    module = to_torch(make(options))
    x, edges = torch.tensor(X, dtype=torch.float64), torch.tensor(EDGES)
    for twin in (copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
        assert torch.equal(twin(x, edges), module(x, edges))
    optimizer = torch.optim.SGD(module.parameters(), lr=0.01)
    before = (module(x, edges) ** 2).sum()
    before.backward()
    optimizer.step()
    assert (module(x, edges) ** 2).sum() < before


def test_a_readout_knows_the_graphs_of_a_batch() -> None:
    model = make({"conv": "gcn", "readout": "mean"})
    module = to_torch(model)
    x, edges = torch.tensor(X, dtype=torch.float64), torch.tensor(EDGES)
    batch = torch.tensor([0, 1]).repeat_interleave(6)
    two = module(torch.cat([x, 2 * x]), torch.cat([edges, edges + 6], 1), batch=batch)
    for row, factor in zip(two, (1, 2)):
        graph = Graph(EDGES, x=[[factor * entry for entry in entries] for entries in X])
        close("one of the graphs", [value.data for value in leaves(model(graph))], row)


def test_weights_of_pyg_models_come_in() -> None:
    theirs = pyg.GCN(3, 8, 3, 2, dropout=0.25, act=torch.nn.ELU()).double()
    ours = from_torch(theirs)
    assert repr(ours) == "GNN(GCNConv(3 -> 8), GCNConv(8 -> 8), GCNConv(8 -> 2))"
    assert ours.dropout.p == 0.25
    out = ours.eval()(X, EDGES)
    expected = theirs.eval()(torch.tensor(X, dtype=torch.float64), torch.tensor(EDGES))
    close("output", [value.data for value in leaves(out)], expected)


def test_what_a_gnn_cannot_have_is_refused() -> None:
    with pytest.raises(AdapterError, match="GNN.act is .*a function of your own"):
        to_torch(GNN("gcn", 2, 3, 2, act=lambda value: value))
    with pytest.raises(AdapterError, match=r"GCN.act is a Softmax.*"):
        from_torch(pyg.GCN(2, 3, 2, act=torch.nn.Softmax(-1)))
    with pytest.raises(AdapterError, match=r"GCN.convs.0..flow is 'target_to_source'"):
        from_torch(pyg.GCN(2, 3, 2, flow="target_to_source"))

    class Strange(pyg.GCN):  # type: ignore[misc]
        pass

    with pytest.raises(AdapterError, match="Strange, which has no counterpart"):
        from_torch(Strange(2, 3, 2))


def test_another_convolution_in_a_gnn_is_named() -> None:
    class Mine(nn.GCNConv):
        pass

    model = GNN("gcn", 2, 3, 2)
    model.convs[1] = Mine(3, 3)
    with pytest.raises(AdapterError, match=r"GNN.convs.1. is a class of its own"):
        to_torch(model)


# ---- Network ------------------------------------------------------------------------------------------

NETWORK = Network(
    nn.Dropout(0.25), nn.GCNConv(3, 4, improved=True), nn.ELU(), nn.GATConv(4, 2, heads=2, edge_dim=1),
    nn.SumAggregation(), nn.Linear(4, 2),
).eval()  # fmt: skip
WEIGHTS, FEATURES = [0.5, 1.0, 2.0, 1.5, 0.25, 1.0, 1.0, 3.0], [[0.5 * e - 1.0] for e in range(8)]


def test_a_network_agrees_with_its_counterpart_and_comes_back() -> None:
    module = to_torch(NETWORK)
    batch = [0, 0, 0, 1, 1, 1]
    out = NETWORK(X, EDGES, WEIGHTS, FEATURES, batch, 2)
    tensors = [torch.tensor(given, dtype=torch.float64) for given in (X, WEIGHTS, FEATURES)]
    for twin in (module, copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
        theirs = twin(tensors[0], torch.tensor(EDGES), *tensors[1:], torch.tensor(batch), 2)
        close("output", [value.data for value in leaves(out)], theirs)
    back = from_torch(module)
    assert repr(back) == repr(NETWORK) and back.state_dict() == NETWORK.state_dict()


def test_pygs_sequential_comes_in_where_its_headers_are_plain() -> None:
    edges = "x, edge_index -> x"
    theirs = pyg.Sequential(
        "x, edge_index, batch",
        [
            (pyg.GCNConv(3, 4), edges),
            torch.nn.ReLU(),
            (pyg.SAGEConv(4, 4), edges),
            (pyg.MeanAggregation(), "x, batch -> x"),
            torch.nn.Linear(4, 2),
        ],
    ).double()
    ours = from_torch(theirs)
    assert isinstance(ours, Network)
    batch = [0, 0, 0, 1, 1, 1]
    expected = theirs(torch.tensor(X, dtype=torch.float64), torch.tensor(EDGES), torch.tensor(batch))
    close("output", [value.data for value in leaves(ours(X, EDGES, batch=batch))], expected)


def test_pygs_sequential_with_other_headers_is_refused() -> None:
    headers = [["x, edge_index -> x1"], ["x, edge_index, other -> x"]]
    for [header] in headers:
        theirs = pyg.Sequential("x, edge_index, other", [(pyg.GCNConv(3, 4), header)])
        with pytest.raises(AdapterError, match="Sequential.module_0 is called as x, edge_index"):
            from_torch(theirs)
    theirs = pyg.Sequential("x, edge_index", [(pyg.GCNConv(3, 4), "x, edge_index -> x"), (abs, "x -> x")])
    with pytest.raises(AdapterError, match="Sequential"):
        from_torch(theirs)
