"""Network: layers one after the other, made from a line of text."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tinygnn import Graph, nn
from tinygnn.batch import Batch
from tinygnn.network import CONVOLUTIONS, READOUTS, REFUSED, Network

EDGES = ([0, 1, 1, 2], [1, 0, 2, 1])
X = [[1.0, -1.0], [0.5, 2.0], [-1.5, 0.25]]


def numbers(rows: Any) -> list[list[float]]:
    return [[float(getattr(entry, "data", entry)) for entry in row] for row in rows]


def test_layers_run_one_after_the_other_and_convolutions_get_edges() -> None:
    first, second = nn.GCNConv(2, 3), nn.Linear(3, 1)
    network = Network(first, nn.ReLU(), second)
    expected = second(nn.ReLU()(first(X, EDGES)))
    assert numbers(network(X, EDGES)) == numbers(expected)
    assert numbers(network(Graph(EDGES, x=X))) == numbers(expected)


def test_a_convolution_gets_the_weights_features_or_types_that_it_takes() -> None:
    weights, features, types = [0.5, 1.0, 2.0, 1.5], [[1.0], [2.0], [3.0], [4.0]], [0, 1, 0, 1]
    of_weights, plain = nn.GCNConv(2, 2), nn.SAGEConv(2, 2)
    of_features, of_types = nn.GATConv(2, 2, edge_dim=1), nn.RGCNConv(2, 2, num_relations=2)
    expected = of_types(
        of_features(plain(of_weights(X, EDGES, weights), EDGES), EDGES, features), EDGES, types
    )
    network = Network(of_weights, plain, of_features, of_types)
    out = network(X, EDGES, weights, features, edge_type=types)
    assert numbers(out) == numbers(expected)
    graph = Graph(EDGES, x=X, edge_weight=weights, edge_attr=features, edge_attrs={"edge_type": types})
    assert numbers(network(graph)) == numbers(expected)


def test_a_readout_gives_one_row_for_each_graph_of_a_batch() -> None:
    network = Network(nn.SAGEConv(2, 2), nn.MeanAggregation(), nn.Linear(2, 1))
    graphs = [Graph(EDGES, x=X), Graph(([0], [0]), x=[[3.0, 4.0]])]
    rows = numbers(network(Batch.from_graphs(graphs)))
    assert rows == [numbers(network(graph))[0] for graph in graphs]


def test_norms_are_told_which_node_is_in_which_graph_until_a_readout() -> None:
    norm, mlp = nn.GraphNorm(2), nn.MLP([2, 2, 1], norm="graph_norm")
    network = Network(nn.SAGEConv(2, 2), norm, nn.SumAggregation(), mlp)
    batch = Batch.from_graphs([Graph(EDGES, x=X), Graph(([0], [1]), x=[[3.0, 4.0], [1.0, 2.0]])])
    rows = norm(network[0](batch.x, batch.edge_index), batch.batch, 2)
    assert numbers(network(batch)) == numbers(mlp(nn.SumAggregation()(rows, batch.batch)))
    assert network.calls()[1:] == [("batch", "batch_size"), ("batch", None, "batch_size"), ()]


def test_a_convolution_after_a_readout_has_no_nodes() -> None:
    with pytest.raises(ValueError, match="layer 2 is a GCNConv after a readout, where no nodes are left"):
        Network(nn.SumAggregation(), nn.ReLU(), nn.GCNConv(2, 2))


def test_names_of_parameters_are_those_of_pygs_sequential() -> None:
    network = Network(nn.Dropout(0.5), nn.GCNConv(2, 3), nn.Linear(3, 1))
    assert list(network.state_dict()) == [
        "module_1.bias", "module_1.lin.weight", "module_2.weight", "module_2.bias",
    ]  # fmt: skip
    assert len(network) == 3
    assert isinstance(network[1], nn.GCNConv)


def test_every_convolution_is_known_or_refused() -> None:
    from tinygnn.nn import conv

    exported = {kind for kind in vars(conv).values() if isinstance(kind, type)}
    assert exported <= {*CONVOLUTIONS, *REFUSED}, "tinygnn/network.py: say what it is called with"


def test_every_readout_and_pooling_is_known_or_refused() -> None:
    from tinygnn.nn import pool

    exported = {kind for kind in vars(pool).values() if isinstance(kind, type)}
    assert exported <= {*READOUTS, *REFUSED}, "tinygnn/network.py: say what it is called with"


def test_a_text_makes_the_network_it_names() -> None:
    text = (
        "Dropout(0.6), GATConv(in_channels, 8, heads=8, dropout=0.6), ELU(), "
        "GATConv(64, out_channels, heads=1, concat=False)"
    )
    network = Network.of(text, 5, 3)
    layers = "Dropout(0.6), GATConv(5 -> 8, heads 8), ELU(alpha=1.0), GATConv(64 -> 3, heads 1)"
    assert repr(network) == f"Network({layers})"
    nested = Network.of("GINConv(Sequential(Linear(in_channels, 4), ReLU()), eps=-0.5)", 2, 1)
    assert nested.state_dict()["module_0.eps"] == [-0.5]


def test_the_generator_is_given_to_every_layer() -> None:
    text = "Dropout(0.5), Linear(in_channels, 2), Sequential(Linear(2, 2)), Dropout(0.5)"
    rng = random.Random(1)
    network = Network.of(text, 2, 1, rng)
    assert network[0].rng is rng and network[3].rng is rng  # type: ignore[attr-defined]
    assert network.state_dict() == Network.of(text, 2, 1, random.Random(1)).state_dict()
    assert network.state_dict() != Network.of(text, 2, 1, random.Random(2)).state_dict()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("GCNConv(in_channels, 2", "is not written like"),
        ("GCNCon(in_channels, 2)", "'GCNCon', which is no layer: did you mean GCNConv"),
        ("Zzz()", "there are APPNP, "),
        ("Module()", "'Module', which is no layer"),
        ("__import__('os').system('true')", "which is no layer"),
        ("Linear(in_channels, hidden)", "'hidden': it may hold layers, numbers"),
        ("Linear(in_channels, 2 ** 99)", "it may hold layers"),
        ("3, ReLU()", "network has 3 where it needs a layer"),
        ("Linear(in_channels)", r"network has Linear.in_channels.: .*out_channels"),
        ("Dropout(2.0)", r"network has Dropout.2.0.: dropout p is 2.0"),
        ("TopKPooling(in_channels)", "layer 0 is a TopKPooling, which takes or gives more"),
    ],
)
def test_a_wrong_text_is_named(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Network.of(text, 2, 1)


def test_what_is_no_module_is_named() -> None:
    with pytest.raises(TypeError, match="number 1 is .*: give one, as ReLU"):
        Network(nn.ReLU(), max)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="has no node features x"):
        Network(nn.ReLU())(Graph(EDGES))
