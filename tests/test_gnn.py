"""GNN: the stack layer by layer, PyG's names, readouts, dropout, seeds, symmetries, training."""

import math
import os
import random
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygnn import GNN, Batch, Graph, Value, cross_entropy, manual_seed, optim
from tinygnn.gradcheck import gradcheck
from tinygnn.linalg import flatten, total
from tinygnn.nn import Set2Set

# Sums of a dozen numbers near one, added up in another order.
REORDERED = 1e-12

PATH = ([0, 1, 1, 2], [1, 0, 2, 1])
X = [[1.0, 0.0], [0.5, -1.0], [0.0, 2.0]]


def numbers(rows):
    return [[v.data for v in row] for row in rows]


# ---- the stack -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layers", "out", "sizes"),
    [
        (1, 3, [(2, 3)]),
        (1, None, [(2, 8)]),
        (2, 3, [(2, 8), (8, 3)]),
        (2, None, [(2, 8), (8, 8)]),
        (4, 3, [(2, 8), (8, 8), (8, 8), (8, 3)]),
    ],
    ids=str,
)
def test_sizes_go_from_in_over_hidden_to_out(layers, out, sizes):
    """Without out_channels the last layer gives hidden_channels, as in PyG."""
    model = GNN("gcn", 2, 8, layers, out)
    assert [(conv.in_channels, conv.out_channels) for conv in model.convs] == sizes
    assert [len(row) for row in model(Graph(PATH, X))] == [sizes[-1][1]] * 3


def test_parameter_names_are_those_of_pygs_model():
    """torch_geometric.nn.models.GCN(34, 16, 2, 4).state_dict() has these keys in this order."""
    model = GNN("gcn", in_channels=34, hidden_channels=16, num_layers=2, out_channels=4)
    assert list(model.state_dict()) == [
        "convs.0.bias",
        "convs.0.lin.weight",
        "convs.1.bias",
        "convs.1.lin.weight",
    ]
    assert len(model.parameters()) == 34 * 16 + 16 + 16 * 4 + 4


@pytest.mark.parametrize(
    ("conv", "options", "channels"),
    [
        ("sage", {}, [(2, 8), (8, 8), (8, 3)]),
        ("sage", {"aggr": "max", "project": True}, [(2, 8), (8, 8), (8, 3)]),
        ("gat", {}, [(2, 8), (8, 8), (8, 3)]),
        ("gat", {"heads": 4}, [(2, 2), (8, 2), (8, 3)]),
        ("gat", {"heads": 4, "concat": False}, [(2, 8), (8, 8), (8, 3)]),
    ],
    ids=str,
)
def test_other_convolutions_have_the_sizes_of_pygs_models(conv, options, channels):
    """The heads of a GAT share the hidden channels; its output is the mean of heads of full width."""
    model = GNN(conv, 2, 8, 3, 3, **options)
    assert [(c.in_channels, c.out_channels) for c in model.convs] == channels
    assert [len(row) for row in model(Graph(PATH, X))] == [3] * 3
    for layer in model.convs:
        assert all(getattr(layer, name) == option for name, option in options.items() if name == "heads")
    assert "convs.2." + ("lin_l.weight" if conv == "sage" else "att_src") in model.state_dict()


def test_without_out_channels_the_last_heads_stand_side_by_side():
    """As in PyG: the mean is taken only where the last layer gives out_channels."""
    model = GNN("gat", 2, 8, 2, heads=4)
    assert [(c.out_channels, c.concat) for c in model.convs] == [(2, True), (2, True)]
    assert [c.concat for c in GNN("gat", 2, 8, 2, 3, heads=4).convs] == [True, False]


@pytest.mark.parametrize("conv", ["sage", "gat"])
def test_convolutions_that_take_no_edge_weights_leave_them_out(conv):
    """PyG's GraphSAGE and GAT do so, too; only GCN uses them."""
    model = GNN(conv, 2, 4, 2, 3, seed=0)
    weighted = numbers(model(Graph(PATH, X, edge_weight=[0.5, 2.0, 1.0, 3.0])))
    assert weighted == numbers(model(X, PATH, [0.5, 2.0, 1.0, 3.0])) == numbers(model(X, PATH))


def test_heads_that_cannot_share_the_hidden_channels_are_refused():
    """The numbers are named."""
    with pytest.raises(ValueError, match="3 heads cannot share 8 channels: choose a multiple"):
        GNN("gat", 2, 8, 2, 3, heads=3)
    GNN("gat", 2, 8, 1, 2, heads=3)  # one layer has no hidden channels


def test_an_option_that_a_convolution_does_not_have_is_refused():
    """By Python itself."""
    with pytest.raises(TypeError, match="heads"):
        GNN("gcn", 2, 8, 2, 3, heads=2)


ACTIVATIONS = {
    "relu": lambda x: max(x, 0.0),
    "leaky_relu": lambda x: max(x, 0.01 * x),
    "elu": lambda x: x if x > 0.0 else math.exp(x) - 1.0,
    "gelu": lambda x: 0.5 * x * (1.0 + math.erf(x / math.sqrt(2.0))),
    "silu": lambda x: x / (1.0 + math.exp(-x)),
    "softplus": lambda x: math.log(1.0 + math.exp(x)),
    "tanh": math.tanh,
    "sigmoid": lambda x: 1.0 / (1.0 + math.exp(-x)),
}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_activation_stands_between_the_layers_and_not_behind_the_last(name):
    """conv, act, conv: the same by calling the layers one by one."""
    model = GNN("gcn", 2, 4, 2, 3, act=name, seed=0)
    hidden = [[Value(ACTIVATIONS[name](v.data)) for v in row] for row in model.convs[0](X, PATH)]
    expected = numbers(model.convs[1](hidden, PATH))
    for row, wanted in zip(numbers(model(Graph(PATH, X))), expected, strict=True):
        assert row == pytest.approx(wanted, rel=REORDERED)


def test_the_activation_may_be_any_function_of_a_value_or_none():
    """None makes a linear model."""
    cubed = GNN("gcn", 2, 4, 2, 3, act=lambda v: v * v * v, seed=0)
    linear = GNN("gcn", 2, 4, 2, 3, act=None, seed=0)
    hidden = cubed.convs[0](X, PATH)
    assert numbers(linear(X, PATH)) == numbers(linear.convs[1](linear.convs[0](X, PATH), PATH))
    expected = numbers(cubed.convs[1]([[v**3 for v in row] for row in hidden], PATH))
    for row, wanted in zip(numbers(cubed(X, PATH)), expected, strict=True):
        assert row == pytest.approx(wanted, rel=REORDERED)


def test_a_graph_or_x_edge_index_and_edge_weight():
    """Both ways to call it give the same bits; the graph's weights are used."""
    model = GNN("gcn", 2, 4, 2, 3, seed=0)
    weights = [0.5, 2.0, 1.0, 3.0]
    weighted = numbers(model(Graph(PATH, X, edge_weight=weights)))
    assert weighted == numbers(model(X, PATH, weights))
    assert numbers(model(Graph(PATH, X))) == numbers(model(X, PATH))
    assert weighted != numbers(model(X, PATH))


@pytest.mark.parametrize(
    ("readout", "reduce"),
    [("sum", math.fsum), ("mean", lambda c: math.fsum(c) / len(c)), ("max", max)],
    ids=["sum", "mean", "max"],
)
def test_a_readout_makes_one_row_of_all_nodes(readout, reduce):
    """[1][out_channels], over the nodes' own outputs."""
    by_node = numbers(GNN("gcn", 2, 4, 2, 3, seed=0)(X, PATH))
    found = numbers(GNN("gcn", 2, 4, 2, 3, readout=readout, seed=0)(X, PATH))
    assert found == [pytest.approx([reduce(column) for column in zip(*by_node, strict=True)], rel=REORDERED)]


def test_a_readout_of_your_own_is_a_module():
    """It is told the graph of each node; its parameters are the model's, and come after them."""
    model = GNN("gcn", 2, 4, 2, 3, readout=Set2Set(3, 2, rng=random.Random(1)), seed=0)
    by_node = GNN("gcn", 2, 4, 2, 3, seed=0)
    batch = Batch.from_graphs([Graph(PATH, x=X), Graph(PATH, x=[[2 * e for e in row] for row in X])])
    assert numbers(model(batch)) == numbers(model.readout(by_node(batch), index=batch.batch, dim_size=2))
    assert numbers(model(X, PATH)) == numbers(model(batch))[:1]
    assert list(model.state_dict())[-4:] == [f"readout.{name}" for name in model.readout.state_dict()]
    assert repr(model).endswith("GCNConv(4 -> 3), readout=Set2Set(3 -> 6, 2 steps))")


@pytest.mark.parametrize("conv", ["gcn", "sage", "gat"])
def test_every_layer_gets_a_gradient(conv):
    """Nothing cuts the graph on the way."""
    model = GNN(conv, 2, 4, 3, 2, act="tanh", seed=0)
    total(flatten(model(X, PATH))).backward()
    assert all(v.grad != 0.0 for v in model.parameters())


@pytest.mark.parametrize("readout", [None, "mean", "max", "sum"])
@pytest.mark.parametrize(("conv", "options"), [("gcn", {}), ("sage", {}), ("gat", {"heads": 2})], ids=str)
def test_gradients_of_a_whole_model_are_central_differences(conv, options, readout):
    """Of every parameter and every input number, through a loss."""
    model = GNN(conv, 2, 4, 2, 2, act="tanh", readout=readout, seed=0, **options)
    x = [[Value(e) for e in row] for row in X]
    target = [0, 1, 0] if readout is None else [1]
    assert gradcheck(lambda *_: cross_entropy(model(x, PATH), target), model.parameters() + flatten(x))


def test_repr_lists_the_layers():
    """In one line."""
    assert repr(GNN("gcn", 34, 16, 2, 4)) == "GNN(GCNConv(34 -> 16), GCNConv(16 -> 4))"


# ---- dropout and seeds ---------------------------------------------------------------------------


def test_dropout_acts_in_training_and_not_in_evaluation():
    """Two passes differ, then they do not."""
    model = GNN("gcn", 2, 16, 2, 3, dropout=0.5, seed=0)
    assert numbers(model(X, PATH)) != numbers(model(X, PATH))
    model.eval()
    assert numbers(model(X, PATH)) == numbers(model(X, PATH))
    assert numbers(model(X, PATH)) == numbers(GNN("gcn", 2, 16, 2, 3, seed=0)(X, PATH))


def test_dropout_stands_behind_every_activation_but_never_at_the_end():
    """With everything dropped only the last bias is left; a single layer drops nothing."""
    model = GNN("gcn", 2, 4, 2, 3, dropout=1.0, seed=0)
    for k, bias in enumerate(model.convs[1].bias):
        bias.data = float(k)
    assert numbers(model(X, PATH)) == [[0.0, 1.0, 2.0]] * 3
    single = GNN("gcn", 2, 4, 1, 3, dropout=1.0, seed=0)
    assert numbers(single(X, PATH)) == numbers(single.eval()(X, PATH))


def test_the_seed_decides_weights_and_dropout():
    """Same seed, same bits; other seed, other model."""
    one, same, other = (GNN("gcn", 2, 8, 2, 3, dropout=0.5, seed=s) for s in (1, 1, 2))
    assert one.state_dict() == same.state_dict()
    assert one.state_dict() != other.state_dict()
    assert numbers(one(X, PATH)) == numbers(same(X, PATH))


def test_without_a_seed_manual_seed_decides():
    """As torch.manual_seed does."""
    manual_seed(5)
    first = GNN("gcn", 2, 8, 2, 3).state_dict()
    manual_seed(5)
    assert GNN("gcn", 2, 8, 2, 3).state_dict() == first


# ---- symmetries ----------------------------------------------------------------------------------


@st.composite
def graphs(draw):
    n = draw(st.integers(1, 6))
    node = st.integers(0, n - 1)
    edges = draw(st.lists(st.tuples(node, node), max_size=12))
    entry = st.floats(-2.0, 2.0)
    return draw(st.lists(st.lists(entry, min_size=2, max_size=2), min_size=n, max_size=n)), edges


def pair(edges):
    return [s for s, _ in edges], [t for _, t in edges]


@given(
    graphs(),
    st.randoms(use_true_random=False),
    st.sampled_from([None, "mean", "sum", "max"]),
    st.sampled_from(["gcn", "sage", "gat"]),
)
def test_relabelling_nodes_relabels_node_outputs_and_leaves_graph_outputs(graph, shuffler, readout, conv):
    """Equivariant without a readout, invariant with one; the order of the edges never matters."""
    x, edges = graph
    model = GNN(conv, 2, 4, 3, 3, act="tanh", readout=readout, seed=0)
    outputs = numbers(model(x, pair(edges)))
    name = list(range(len(x)))
    shuffler.shuffle(name)
    permuted = [None] * len(x)
    for i, new in enumerate(name):
        permuted[new] = x[i]
    renamed = [(name[s], name[t]) for s, t in edges]
    shuffler.shuffle(renamed)
    found = numbers(model(permuted, pair(renamed)))
    for i, row in enumerate(outputs):
        at = name[i] if readout is None else 0
        assert found[at] == pytest.approx(row, rel=REORDERED, abs=REORDERED)


# ---- refusals ------------------------------------------------------------------------------------

REFUSED = {
    "conv": ({"conv": "gnc"}, "conv is 'gnc': choose from gcn"),
    "readout": ({"readout": "median"}, "readout is 'median': choose from mean, sum, max, a Module, or None"),
    "act": ({"act": "rleu"}, "act is 'rleu': choose from relu, .*or give a module or a function"),
    "num_layers": ({"num_layers": 0}, "num_layers is 0: a GNN has at least one layer"),
    "dropout": ({"dropout": 1.5}, "dropout p is 1.5: it is a probability"),
}


@pytest.mark.parametrize(("options", "message"), REFUSED.values(), ids=REFUSED)
def test_an_unknown_option_is_refused_with_the_known_ones(options, message):
    """By name."""
    settings = {"conv": "gcn", "in_channels": 2, "hidden_channels": 4, "num_layers": 2, **options}
    with pytest.raises(ValueError, match=message):
        GNN(**settings)


def test_a_graph_without_features_is_refused_and_named():
    """With what to do."""
    with pytest.raises(ValueError, match=r"Graph\(3 nodes, 4 edges\) has no node features x"):
        GNN("gcn", 2, 4, 2)(Graph(PATH))


def test_x_without_edges_is_refused():
    """A forgotten argument is named."""
    with pytest.raises(ValueError, match="edge_index"):
        GNN("gcn", 2, 4, 2)(X)


def test_features_of_another_width_are_refused():
    """Which row, and how wide it should be."""
    with pytest.raises(ValueError, match=r"takes rows of 5 entries, but x\[0\] has 2"):
        GNN("gcn", 5, 4, 2)(Graph(PATH, X))


# ---- training ------------------------------------------------------------------------------------

# Two rings of four nodes, joined by one edge.
RINGS = [(0, 1), (1, 2), (2, 3), (3, 0), (4, 5), (5, 6), (6, 7), (7, 4), (0, 4)]
TWO_RINGS = pair(RINGS + [(t, s) for s, t in RINGS])


def rings():
    """One-hot features; one labelled node in each ring."""
    mask = [i in (1, 6) for i in range(8)]
    x = [[float(i == j) for j in range(8)] for i in range(8)]
    return Graph(TWO_RINGS, x, [0, 0, 0, 0, 1, 1, 1, 1], train_mask=mask)


def train(model, graph, epochs):
    optimizer = optim.Adam(model.parameters(), lr=0.05)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = cross_entropy(model(graph), graph.y, mask=graph.train_mask)
        loss.backward()
        optimizer.step()
        losses.append(loss.data)
    return losses


@pytest.mark.parametrize("conv", ["gcn", "sage"])
def test_the_training_loop_of_the_readme_learns(conv):
    """From two labels it finds the ring of every node."""
    graph, model = rings(), GNN(conv, 8, 8, 2, 2, seed=0)
    losses = train(model, graph, 60)
    assert losses[-1] < 0.1 * losses[0]
    assert [max(range(2), key=row.__getitem__) for row in model(graph)] == graph.y


def test_attention_learns_the_labels_it_is_shown():
    """With one-hot features it need not find the rings: it can look away from the neighbours."""
    graph, model = rings(), GNN("gat", 8, 8, 2, 2, heads=2, seed=0)
    losses = train(model, graph, 60)
    assert losses[-1] < 1e-3 * losses[0]
    rows = model(graph)
    assert [rows[i][0] > rows[i][1] for i in (1, 6)] == [True, False]


def test_training_a_weighted_graph_moves_the_edge_weights():
    """Edge weights that are Values are learned like anything else."""
    graph = rings()
    graph.edge_weight = [Value(1.0) for _ in range(graph.num_edges)]
    model = GNN("gcn", 8, 4, 2, 2, act="tanh", seed=0)
    optimizer = optim.SGD(graph.edge_weight, lr=0.5)
    first = cross_entropy(model(graph), graph.y)
    first.backward()
    optimizer.step()
    assert all(w.data != 1.0 for w in graph.edge_weight)
    assert cross_entropy(model(graph), graph.y).data < first.data


def test_two_runs_of_one_seed_give_the_same_losses_bit_for_bit():
    """With dropout, too."""
    one, other = (train(GNN("gcn", 8, 8, 2, 2, dropout=0.5, seed=1), rings(), 5) for _ in range(2))
    assert one == other


TRAIN = """
from tinygnn import GNN, Graph, cross_entropy, optim

x = [[1.0, 0.5], [0.0, 1.0], [0.3, 0.0], [2.0, 1.0]]
graph = Graph(([0, 1, 1, 2, 2, 3], [1, 0, 2, 1, 3, 2]), x, [0, 1, 1, 0])
model = GNN("gcn", 2, 8, 3, 2, act="silu", dropout=0.3)
optimizer = optim.Adam(model.parameters(), lr=0.05)
for _ in range(5):
    optimizer.zero_grad()
    loss = cross_entropy(model(graph), graph.y)
    loss.backward()
    optimizer.step()
print(loss.data.hex(), [v.data.hex() for v in model.parameters()])
"""


def test_training_has_the_same_bits_whatever_the_hash_seed(tmp_path):
    """Nothing in the whole loop depends on the order of a set."""
    outputs = {
        subprocess.run(
            [sys.executable, "-c", TRAIN],
            cwd=tmp_path,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(outputs) == 1


def test_random_graphs_and_sizes_run_forward_and_backward():
    """Fifty models of random shape: finite numbers, a gradient for each parameter."""
    rng = random.Random(0)
    for _ in range(50):
        n, f, h, c = (rng.randint(1, 5) for _ in range(4))
        edges = [(rng.randrange(n), rng.randrange(n)) for _ in range(rng.randint(0, 10))]
        x = [[rng.uniform(-1, 1) for _ in range(f)] for _ in range(n)]
        model = GNN("gcn", f, h, rng.randint(1, 3), c, act=rng.choice(list(ACTIVATIONS)), seed=0)
        loss = cross_entropy(model(Graph(pair(edges), x)), [rng.randrange(c) for _ in range(n)])
        loss.backward()
        assert math.isfinite(loss.data)
        assert all(math.isfinite(v.grad) for v in model.parameters())
