"""Every convolution's recorded messages and their gradients are those that PyG's message hooks see."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from tinygnn import GNN, EdgeIndex, Graph, Value, cross_entropy, nn
from tinygnn.adapters import load
from tinygnn.adapters.message_parts import PARTS
from tinygnn.adapters.pyg_agreement import beside_pyg
from tinygnn.explain import record
from tinygnn.linalg import flatten, total
from tinygnn.nn import conv as convolutions

torch = pytest.importorskip("torch")
pytest.importorskip("torch_geometric.nn")

# float64 on both sides; numbers around 1, and sums of a dozen products in another order.
CLOSE = 1e-13
# Two edges between 1 and 2, a self loop, node 3, which hears thrice, and node 4, which hears of nobody.
EDGES = ([0, 1, 1, 1, 2, 3, 0, 3, 4, 1], [1, 0, 2, 2, 1, 2, 3, 3, 2, 3])
WEIGHTS = [0.5 + 0.25 * e for e in range(10)]
TYPES = [e % 2 for e in range(10)]
N, F = 5, 4


def network(rng, *sizes):
    return nn.Sequential(nn.Linear(*sizes[:2], rng=rng), nn.Tanh(), nn.Linear(*sizes[1:], rng=rng))


# name: how it is made, and what it takes beside x and the edges.
LAYERS = {
    "GCNConv": (lambda rng: nn.GCNConv(F, 3, rng=rng), []),
    "GCNConv, weighted": (lambda rng: nn.GCNConv(F, 3, improved=True, rng=rng), [WEIGHTS]),
    "SAGEConv": (lambda rng: nn.SAGEConv(F, 3, rng=rng), []),
    "SAGEConv, sum": (lambda rng: nn.SAGEConv(F, 3, "sum", normalize=True, project=True, rng=rng), []),
    "SAGEConv, max": (lambda rng: nn.SAGEConv(F, 3, "max", rng=rng), []),
    "GraphConv": (lambda rng: nn.GraphConv(F, 3, rng=rng), [WEIGHTS]),
    "GraphConv, mean": (lambda rng: nn.GraphConv(F, 3, "mean", rng=rng), [WEIGHTS]),
    "GraphConv, max": (lambda rng: nn.GraphConv(F, 3, "max", rng=rng), [WEIGHTS]),
    "GATConv": (lambda rng: nn.GATConv(F, 3, 2, edge_dim=1, rng=rng), [[[w] for w in WEIGHTS]]),
    "GATConv, mean of heads": (lambda rng: nn.GATConv(F, 3, 2, False, residual=True, rng=rng), []),
    "GATv2Conv": (lambda rng: nn.GATv2Conv(F, 3, 2, edge_dim=1, rng=rng), [[[w] for w in WEIGHTS]]),
    "GINConv": (lambda rng: nn.GINConv(network(rng, F, 3, 3), 0.5, True), []),
    "GINEConv": (
        lambda rng: nn.GINEConv(network(rng, F, 3, 3), edge_dim=1, rng=rng), [[[w] for w in WEIGHTS]]
    ),
    "EdgeConv": (lambda rng: nn.EdgeConv(network(rng, 2 * F, 3, 3)), []),
    "EdgeConv, mean": (lambda rng: nn.EdgeConv(network(rng, 2 * F, 3, 3), "mean"), []),
    "NNConv": (lambda rng: nn.NNConv(F, 3, network(rng, 1, 2, 3 * F), rng=rng), [[[w] for w in WEIGHTS]]),
    "NNConv, mean": (
        lambda rng: nn.NNConv(F, 3, network(rng, 1, 2, 3 * F), "mean", rng=rng), [[[w] for w in WEIGHTS]]
    ),
    "NNConv, max": (
        lambda rng: nn.NNConv(F, 3, network(rng, 1, 2, 3 * F), "max", rng=rng), [[[w] for w in WEIGHTS]]
    ),
    "PNAConv": (
        lambda rng: nn.PNAConv(
            F, 4, ["mean", "max", "std"], ["identity", "amplification"], [0, 2, 3], towers=2, edge_dim=1,
            rng=rng,
        ),
        [[[w] for w in WEIGHTS]],
    ),
    "SGConv": (lambda rng: nn.SGConv(F, 3, K=3, rng=rng), [WEIGHTS]),
    "APPNP": (lambda rng: nn.APPNP(K=3, alpha=0.2), [WEIGHTS]),
    "TAGConv": (lambda rng: nn.TAGConv(F, 3, K=3, rng=rng), [WEIGHTS]),
    "ChebConv": (lambda rng: nn.ChebConv(F, 3, K=5, rng=rng), []),
    "ChebConv, as it is": (lambda rng: nn.ChebConv(F, 3, K=3, normalization=None, rng=rng), [WEIGHTS]),
    "GCN2Conv": (lambda rng: nn.GCN2Conv(F, 0.2, 0.5, 2, rng=rng), "x_0"),
    "GCN2Conv, two weights": (lambda rng: nn.GCN2Conv(F, 0.2, 0.5, 2, shared_weights=False, rng=rng), "x_0"),
    "ARMAConv": (lambda rng: nn.ARMAConv(F, 3, num_stacks=2, num_layers=2, rng=rng), [WEIGHTS]),
    "RGCNConv": (lambda rng: nn.RGCNConv(F, 3, 2, rng=rng), [TYPES]),
    "RGCNConv, bases": (lambda rng: nn.RGCNConv(F, 3, 2, num_bases=3, aggr="sum", rng=rng), [TYPES]),
    "RGCNConv, blocks": (lambda rng: nn.RGCNConv(F, 4, 2, num_blocks=2, rng=rng), [TYPES]),
    "RGCNConv, max": (lambda rng: nn.RGCNConv(F, 3, 2, aggr="max", rng=rng), [TYPES]),
    "GatedGraphConv": (lambda rng: nn.GatedGraphConv(5, 2, rng=rng), [WEIGHTS]),
    "GatedGraphConv, mean": (lambda rng: nn.GatedGraphConv(5, 2, "mean", rng=rng), [WEIGHTS]),
}  # fmt: skip


def features(rng):
    return [[Value(rng.uniform(-1.0, 1.0)) for _ in range(F)] for _ in range(N)]


def taped(name):
    """A layer's tape after a backward in which each output has a weight of its own."""
    make, more = LAYERS[name]
    rng = random.Random(3)
    conv, x = make(rng).eval(), features(rng)
    with record() as tape:
        out = conv(x, features(rng), EdgeIndex(EDGES)) if more == "x_0" else conv(x, EdgeIndex(EDGES), *more)
    total([(0.5 - 0.3 * (k % 5)) * v for k, v in enumerate(flatten(out))]).backward()
    return tape


def test_every_convolution_is_compared():
    assert set(PARTS) == {name for name, found in vars(convolutions).items() if isinstance(found, type)}
    assert {name.partition(",")[0] for name in LAYERS} == set(PARTS)


@pytest.mark.parametrize("name", LAYERS)
def test_messages_and_their_gradients_are_pygs(name):
    tape = taped(name)
    [agreement] = beside_pyg(tape)
    assert agreement.reason == "" and agreement.library.startswith("PyG 2")
    assert agreement.outputs <= CLOSE
    passings = tape.layers[0].passings
    assert [len(found) for found in agreement.messages] == [len(p.messages) for p in passings]
    assert max(x for found in agreement.messages for x in found) <= CLOSE
    gradients = [x for found in agreement.gradients for x in found]
    assert max(gradients) <= CLOSE
    assert any(v.grad for p in passings for row in p.messages for v in row)


@pytest.mark.parametrize("name", ["GCNConv", "TAGConv", "RGCNConv", "GATConv"])
def test_a_message_that_is_another_is_seen_beside_it_alone(name):
    tape = taped(name)
    passing = tape.layers[0].passings[0]
    passing.messages[2][0].data += 0.5
    passing.messages[3][1].grad += 0.25
    [agreement] = beside_pyg(tape)
    large = [k for k, x in enumerate(agreement.messages[0]) if x > CLOSE]
    assert large == [2] and agreement.messages[0][2] == pytest.approx(0.5)
    assert max(x for x in agreement.gradients[0]) > 1e-3


def test_all_layers_of_a_model_agree():
    graph = load("karate")[0]
    graph = replace(graph, x=[[Value(float(v)) for v in row] for row in graph.x])
    model = GNN("gat", 34, 4, 2, 4, seed=1).eval()
    with record() as tape:
        outputs = model(graph)
    cross_entropy(outputs, graph.y, mask=graph.train_mask).backward()
    for agreement in beside_pyg(tape):
        assert max(x for found in agreement.messages for x in found) <= CLOSE
        assert max(x for found in agreement.gradients for x in found) <= CLOSE


def test_constant_messages_have_no_gradients_to_compare():
    conv = nn.GINConv(nn.Linear(1, 2))
    with record() as tape:
        out = conv([[1.0], [2.0]], EdgeIndex(([0, 1], [1, 0])))
    total(flatten(out)).backward()
    [agreement] = beside_pyg(tape)
    assert agreement.messages == [[0.0, 0.0]] and agreement.gradients == [[None, None]]


def test_a_layer_that_pyg_does_not_have_says_so():
    class OwnConv(nn.GCNConv):
        pass

    graph = Graph(([0, 1], [1, 0]), x=[[Value(1.0)], [Value(2.0)]])
    with record() as tape:
        OwnConv(1, 1)(graph.x, graph.edge_index)[0][0].backward()
    [agreement] = beside_pyg(tape)
    assert agreement.messages == [] and "OwnConv" in agreement.reason
