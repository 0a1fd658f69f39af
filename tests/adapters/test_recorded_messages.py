"""Recorded messages and their gradients beside those that PyG's message hooks see."""

from __future__ import annotations

import random

import pytest

from tinygnn import EdgeIndex, Value
from tinygnn.adapters.pyg_messages import pyg_messages
from tinygnn.explain import record
from tinygnn.linalg import flatten, total
from tinygnn.nn import GATConv, GATv2Conv, GCNConv, GINConv, GraphConv, Linear, SAGEConv

torch = pytest.importorskip("torch")
geometric = pytest.importorskip("torch_geometric.nn")

# float64 on both sides; sums of a few products in another order.
CLOSE = {"rel": 1e-12, "abs": 1e-14}
EDGES = ([0, 1, 1, 2, 2, 3, 0, 3], [1, 0, 2, 1, 3, 2, 3, 3])
N, F, OUT = 5, 3, 2  # node 4 hears of nobody


def features(seed=7):
    rng = random.Random(seed)
    return [[rng.uniform(-1.0, 1.0) for _ in range(F)] for _ in range(N)]


def cotangent(k):
    return 0.5 - 0.3 * (k % 5)


def ours(conv, extra=()):
    with record() as tape:
        out = conv([list(map(Value, row)) for row in features()], EdgeIndex(EDGES), *extra)
    total([cotangent(k) * v for k, v in enumerate(flatten(out))]).backward()
    return tape.layers[0].passings, [[v.data for v in row] for row in out]


def theirs(conv, state, extra=()):
    """Pairs (source, target) with PyG's message along each, its gradient, and the output."""
    conv = conv.double()
    conv.load_state_dict({name: torch.tensor(value, dtype=torch.float64) for name, value in state.items()})
    x = torch.tensor(features(), dtype=torch.float64, requires_grad=True)
    found = pyg_messages(conv, x, torch.tensor(EDGES), *extra)
    out = found.output
    weights = torch.tensor([cotangent(k) for k in range(out.numel())], dtype=torch.float64)
    (out.flatten() * weights).sum().backward()
    [passing] = found[""]
    pairs = list(zip(*passing.edge_index.tolist()))
    return pairs, passing.messages.tolist(), passing.messages.grad.tolist(), out.tolist()


def by_pair(pairs, rows):
    found = dict(zip(pairs, rows))
    assert len(found) == len(pairs)
    return found


def recorded(passing, what):
    return by_pair(
        list(zip(passing.sources, passing.targets)),
        [[getattr(v, what) for v in message] for message in passing.messages],
    )


def assert_equal(found, expected):
    assert found.keys() == expected.keys()
    for pair, row in found.items():
        assert row == pytest.approx(expected[pair], **CLOSE), pair


@pytest.mark.parametrize("weighted", [False, True])
def test_messages_of_gcn_and_their_gradients_are_pygs(weighted):
    weights = [0.5 + 0.25 * e for e in range(len(EDGES[0]))]
    conv = GCNConv(F, OUT, rng=random.Random(1))
    [passing], out = ours(conv, [weights] if weighted else [])
    extra = [torch.tensor(weights, dtype=torch.float64)] if weighted else []
    pairs, messages, grads, expected = theirs(geometric.GCNConv(F, OUT), conv.state_dict(), extra)
    assert flatten(out) == pytest.approx(flatten(expected), **CLOSE)
    assert_equal(recorded(passing, "data"), by_pair(pairs, messages))
    assert_equal(recorded(passing, "grad"), by_pair(pairs, grads))


@pytest.mark.parametrize("aggr", ["add", "max"])
def test_messages_of_graph_conv_and_their_gradients_are_pygs(aggr):
    """Of a sum ours are W x_j, and PyG's x_j: W_relᵀ takes our gradients to PyG's."""
    conv = GraphConv(F, OUT, aggr, rng=random.Random(1))
    [passing], out = ours(conv)
    pairs, messages, grads, expected = theirs(geometric.GraphConv(F, OUT, aggr), conv.state_dict())
    assert flatten(out) == pytest.approx(flatten(expected), **CLOSE)
    weight = conv.state_dict()["lin_rel.weight"]
    if aggr == "max":
        assert_equal(recorded(passing, "data"), by_pair(pairs, messages))
        assert_equal(recorded(passing, "grad"), by_pair(pairs, grads))
        return
    assert_equal(recorded(passing, "data"), by_pair(pairs, [times(weight, row) for row in messages]))
    columns = list(zip(*weight))
    back = {pair: times(columns, row) for pair, row in recorded(passing, "grad").items()}
    assert_equal(back, by_pair(pairs, grads))


def test_messages_of_sage_and_their_gradients_are_pygs():
    """Ours are W_l x_j / n, PyG's x_j: the mean and W_l come later there."""
    conv = SAGEConv(F, OUT, rng=random.Random(1))
    [passing], out = ours(conv)
    pairs, messages, grads, expected = theirs(geometric.SAGEConv(F, OUT), conv.state_dict())
    assert flatten(out) == pytest.approx(flatten(expected), **CLOSE)
    weight = conv.state_dict()["lin_l.weight"]
    share = {pair: float(c) for pair, c in zip(zip(passing.sources, passing.targets), passing.coefficients)}
    expected = {p: [share[p] * v for v in times(weight, row)] for p, row in zip(pairs, messages)}
    assert_equal(recorded(passing, "data"), expected)
    columns = list(zip(*weight))
    back = {p: [share[p] * v for v in times(columns, row)] for p, row in recorded(passing, "grad").items()}
    assert_equal(back, by_pair(pairs, grads))


def test_messages_of_gin_and_their_gradients_are_pygs():
    conv = GINConv(Linear(F, OUT, rng=random.Random(1)), 0.25)
    [passing], out = ours(conv)
    other = geometric.GINConv(torch.nn.Linear(F, OUT), 0.25)
    pairs, messages, grads, expected = theirs(other, conv.state_dict())
    assert flatten(out) == pytest.approx(flatten(expected), **CLOSE)
    assert_equal(recorded(passing, "data"), by_pair(pairs, messages))
    assert_equal(recorded(passing, "grad"), by_pair(pairs, grads))


@pytest.mark.parametrize("kind", [GATConv, GATv2Conv])
def test_messages_of_attention_and_their_gradients_are_pygs_head_by_head(kind):
    conv = kind(F, OUT, heads=2, rng=random.Random(1))
    passings, out = ours(conv)
    other = getattr(geometric, kind.__name__)(F, OUT, heads=2)
    pairs, messages, grads, expected = theirs(other, conv.state_dict())
    assert flatten(out) == pytest.approx(flatten(expected), **CLOSE)
    assert [passing.name for passing in passings] == ["head 0", "head 1"]
    for head, passing in enumerate(passings):
        assert_equal(recorded(passing, "data"), by_pair(pairs, [row[head] for row in messages]))
        assert_equal(recorded(passing, "grad"), by_pair(pairs, [row[head] for row in grads]))


def times(matrix, row):
    return [sum(w * v for w, v in zip(line, row)) for line in matrix]
