"""GNN there and back: PyG's own model where there is one, `TorchGNN` elsewhere."""

from __future__ import annotations

import copy
import pickle
import random
from typing import Any

import pytest

from tinygnn import GNN, Graph, Value, nn
from tinygnn.adapters import AdapterError, from_torch, to_torch
from tinygnn.convolutions import CONVOLUTIONS
from tinygnn.network import Network
from tinygnn.nn.module import leaves

torch = pytest.importorskip("torch")
pyg = pytest.importorskip("torch_geometric.nn")

TOLERANCE = 1e-10  # relative to the largest number; both sides compute in float64, in another order
ROUNDING = 1e-14  # where the exact number is 0, as gradients that a softmax takes away
EDGES = ([0, 1, 1, 1, 3, 3, 4, 0], [1, 0, 1, 3, 4, 4, 0, 3])
X = [[random.Random(f"{i} {j}").uniform(-1, 1) for j in range(3)] for i in range(6)]

WEIGHTS, FEATURES = [0.5, 1.0, 2.0, 1.5, 0.25, 1.0, 1.0, 3.0], [[0.5 * e - 1.0, 1.0] for e in range(8)]
TYPES, BATCH = [0, 1, 0, 1, 1, 0, 1, 0], [0, 0, 0, 1, 1, 1]
PNA = {"aggregators": ["mean", "max"], "scalers": ["identity", "linear"], "deg": [1, 2, 3]}

MODELS: list[tuple[str, dict[str, Any]]] = [
    ("GCN", {"conv": "gcn"}),
    ("GCN", {"conv": "gcn", "improved": True, "act": "elu", "dropout": 0.5, "num_layers": 3}),
    ("GCN", {"conv": "gcn", "num_layers": 1, "bias": False}),
    ("GCN", {"conv": "gcn", "act": None, "out_channels": None}),
    (
        "GCN",
        {"conv": "gcn", "act": "leaky_relu", "act_kwargs": {"negative_slope": 0.3}, "norm": "graph_norm"},
    ),
    ("GCN", {"conv": "gcn", "norm": "layer", "norm_kwargs": {"eps": 0.1}, "act_first": True, "jk": "last"}),
    ("GCN", {"conv": "gcn", "norm": "batch_norm", "jk": "cat", "num_layers": 3}),
    ("GCN", {"conv": "gcn", "norm": nn.PairNorm(0.5), "jk": "max", "out_channels": None}),
    ("GCN", {"conv": "gcn", "jk": "lstm"}),
    ("GraphSAGE", {"conv": "sage", "aggr": "max", "act": "tanh"}),
    ("GAT", {"conv": "gat", "heads": 2, "act": "elu", "dropout": 0.5}),
    ("GAT", {"conv": "gat", "heads": 2, "concat": False, "out_channels": None}),
    ("GAT", {"conv": "gatv2", "heads": 2, "edge_dim": 2}),
    ("GIN", {"conv": "gin", "train_eps": True, "eps": 0.5}),
    ("GIN", {"conv": "gin", "norm": "batch_norm", "act": "prelu"}),
    ("EdgeCNN", {"conv": "edge", "aggr": "mean"}),
    ("PNA", {"conv": "pna", **PNA, "towers": 1, "edge_dim": 2}),
    ("TorchGNN", {"conv": "gcn", "readout": "mean"}),
    ("TorchGNN", {"conv": "gcn", "input_dropout": 0.5}),
    ("TorchGNN", {"conv": "sage", "readout": "max", "norm": "instance_norm", "jk": "cat"}),
    ("TorchGNN", {"conv": "gat", "readout": "sum", "heads": 2}),
    ("TorchGNN", {"conv": "gcn", "readout": nn.Set2Set(2, 2)}),
    ("TorchGNN", {"conv": "gin", "readout": nn.AttentionalAggregation(nn.Linear(2, 1)), "jk": "max"}),
    ("TorchGNN", {"conv": "gine", "edge_dim": 2}),
    ("TorchGNN", {"conv": "graph"}),
    ("TorchGNN", {"conv": "nn", "edge_dim": 2}),
    ("TorchGNN", {"conv": "rgcn", "num_relations": 2}),
    ("TorchGNN", {"conv": "cheb", "K": 2}),
    ("TorchGNN", {"conv": "sg", "K": 2}),
    ("TorchGNN", {"conv": "tag", "K": 2, "jk": "lstm"}),
    ("TorchGNN", {"conv": "arma", "num_stacks": 2}),
    ("TorchGNN", {"conv": "appnp", "conv_kwargs": {"K": 3, "alpha": 0.2}}),
    ("TorchGNN", {"conv": "gcn2", "alpha": 0.2, "theta": 0.5, "norm": "layer_norm"}),
    ("TorchGNN", {"conv": "gated", "conv_kwargs": {"num_layers": 2}}),
]
by_model = pytest.mark.parametrize(
    ("name", "options"), MODELS, ids=[f"{o['conv']}-{k}" for k, (_, o) in enumerate(MODELS)]
)


def make(options: dict[str, Any]) -> GNN:
    sizes = {"in_channels": 3, "hidden_channels": 4, "num_layers": 2, "out_channels": 2}
    model = GNN(**{**sizes, **options})
    rng = random.Random(0)
    for value in model.parameters():
        value.data = rng.uniform(-1.0, 1.0)
    return model.eval()  # type: ignore[return-value]


def called_with(model: GNN, *, wrap: Any) -> dict[str, Any]:
    """What the model takes beside x and edge_index."""
    taken = {"edge_weight": WEIGHTS, "edge_attr": FEATURES, "edge_type": TYPES}
    given: dict[str, Any] = {} if model.third is None else {model.third: wrap(taken[model.third])}
    return {**given, "batch": wrap(BATCH)}


def tensor(given: Any) -> Any:
    whole = given in (TYPES, BATCH, EDGES)
    return torch.tensor(given, dtype=torch.int64 if whole else torch.float64)


def test_every_kind_of_convolution_is_tested() -> None:
    assert {options["conv"] for _, options in MODELS} == set(CONVOLUTIONS)


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
    given = tensor(X).requires_grad_()
    out = leaves(model(x, EDGES, **called_with(model, wrap=list)))
    expected = module(given, tensor(EDGES), **called_with(model, wrap=tensor))
    close("output", [value.data for value in out], expected)
    cotangent = [0.3 + 0.1 * (7 * i % 11) for i in range(len(out))]
    sum((c * o for c, o in zip(cotangent, out)), Value(0.0)).backward()
    (expected.flatten() * torch.tensor(cotangent, dtype=torch.float64)).sum().backward()
    close("gradient of x", [value.grad for value in leaves(x)], given.grad)
    parameters = dict(module.named_parameters(remove_duplicate=False))
    for key, parameter in model.named_parameters():
        close(f"gradient of {key}", [value.grad for value in leaves(parameter)], gradient(parameters[key]))


def gradient(parameter: Any) -> Any:
    return torch.zeros_like(parameter) if parameter.grad is None else parameter.grad


@by_model
def test_there_and_back_is_the_same_model(name: str, options: dict[str, Any]) -> None:
    model = make(options)
    back = from_torch(to_torch(model))
    assert repr(back) == repr(model)
    assert back.state_dict() == model.state_dict()
    assert (repr(back.readout), back.dropout.p) == (repr(model.readout), model.dropout.p)
    assert repr(back.act) == repr(model.act)
    assert list(vars(back)) == list(vars(model))
    assert (back.kind, back.third, back.jk_mode) == (model.kind, model.third, model.jk_mode)
    outputs = [leaves(each(X, EDGES, **called_with(model, wrap=list))) for each in (back, model)]
    assert [value.data for value in outputs[0]] == [value.data for value in outputs[1]]


@by_model
def test_a_module_can_be_copied_pickled_and_trained(name: str, options: dict[str, Any]) -> None:
    module = to_torch(make(options))
    given = (tensor(X), tensor(EDGES)), called_with(make(options), wrap=tensor)
    for twin in (copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
        assert torch.equal(twin(*given[0], **given[1]), module(*given[0], **given[1]))
    optimizer = torch.optim.SGD(module.parameters(), lr=1e-6)
    before = (module(*given[0], **given[1]) ** 2).sum()
    before.backward()
    optimizer.step()
    assert (module(*given[0], **given[1]) ** 2).sum() < before


@pytest.mark.parametrize("readout", ["mean", nn.Set2Set(2, 3)], ids=["name", "module"])
def test_a_readout_knows_the_graphs_of_a_batch(readout: Any) -> None:
    model = make({"conv": "gcn", "readout": readout})
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
    with pytest.raises(AdapterError, match=r"GCN.act is a Softmax2d.*"):
        from_torch(pyg.GCN(2, 3, 2, act=torch.nn.Softmax2d()))
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
    nn.Dropout(0.25), nn.GCNConv(3, 4, improved=True), nn.ELU(), nn.GATConv(4, 2, heads=2, edge_dim=2),
    nn.SumAggregation(), nn.Linear(4, 2),
).eval()  # fmt: skip


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
