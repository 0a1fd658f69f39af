"""GNN with every kind of convolution: what it is made of, what it reads of a graph, norms, jumps, batches."""

import copy
import pickle
import random

import pytest

from tinygnn import GNN, Batch, Graph, Value, cross_entropy, nn
from tinygnn.convolutions import CONVOLUTIONS
from tinygnn.gradcheck import gradcheck
from tinygnn.linalg import flatten, total
from tinygnn.nn.module import leaves

# Sums of a dozen numbers near one, added up in another order.
REORDERED = 1e-10

EDGES = ([0, 1, 1, 2, 0], [1, 0, 2, 1, 2])
X = [[1.0, 0.0], [0.5, -1.0], [0.25, 2.0]]
# What each kind needs beside the sizes.
OPTIONS = {
    "gine": {"edge_dim": 2},
    "nn": {"edge_dim": 2},
    "pna": {"aggregators": ["mean", "max"], "scalers": ["identity", "linear"], "deg": [0, 2, 1]},
    "rgcn": {"num_relations": 2},
    "cheb": {"K": 2},
    "appnp": {"K": 2, "alpha": 0.25},
    "gcn2": {"alpha": 0.25, "theta": 0.5},
    "arma": {"conv_kwargs": {"num_layers": 2}},
    "gated": {"conv_kwargs": {"num_layers": 2}},
}
kinds = pytest.mark.parametrize("kind", CONVOLUTIONS)


def made(kind, **options):
    settings = {"act": "tanh", "seed": 0, **OPTIONS.get(kind, {}), **options}
    return GNN(kind, 2, 4, 2, 3, **settings)


def graph(**fields):
    known = {
        "edge_weight": [0.5, 2.0, 1.0, 3.0, 0.25],
        "edge_attr": [[1.0, 0.0], [0.5, 1.0], [0.0, 2.0], [1.0, 1.0], [0.25, 0.5]],
        "edge_attrs": {"edge_type": [0, 1, 1, 0, 0]},
    }
    return Graph(**{"edge_index": EDGES, "x": X, **known, **fields})


def numbers(rows):
    return [[v.data for v in row] for row in rows]


# ---- every kind ----------------------------------------------------------------------------------


@kinds
def test_every_kind_gives_a_row_for_each_node_and_a_gradient_to_each_weight(kind):
    """From a Graph, which knows weights, features and types of its edges."""
    model = made(kind)
    out = model(graph())
    assert [len(row) for row in out] == [3, 3, 3]
    total([(1.0 + 0.1 * k) * v for k, v in enumerate(flatten(out))]).backward()
    for name, parameter in model.named_parameters():
        assert any(v.grad != 0.0 for v in leaves(parameter)), name


@kinds
def test_gradients_of_every_kind_are_central_differences(kind):
    """With a norm, jumping knowledge and a readout, as far as the kind has them."""
    model = made(kind, norm="graph_norm", jk="cat", readout="mean")
    x = [[Value(e) for e in row] for row in X]
    known = graph(x=x)
    some = model.parameters()[:: max(1, len(model.parameters()) // 40)]
    assert gradcheck(lambda *_: cross_entropy(model(known), [1]), some + flatten(x))


@kinds
def test_a_batch_gives_bit_for_bit_what_its_graphs_give(kind):
    """Node by node, with a norm of graphs, and with a readout."""
    graphs = [graph(), graph(x=[[0.5, 0.5], [2.0, -1.0], [1.0, 1.0]], edge_weight=[1.0] * 5)]
    norm = None if kind in ("gin", "gine", "edge") else "graph_norm"  # it would stand inside of the MLPs too
    for options in ({}, {"norm": norm, "jk": "last"}, {"readout": "max"}):
        model = made(kind, **options)
        alone = [row for each in graphs for row in numbers(model(each))]
        assert numbers(model(Batch.from_graphs(graphs))) == alone


@kinds
def test_a_graph_and_its_parts_give_the_same_bits(kind):
    """As PyG's models are called."""
    model, known = made(kind), graph()
    assert numbers(model(known)) == numbers(
        model(X, EDGES, known.edge_weight, known.edge_attr, edge_type=known.edge_attrs["edge_type"])
    )


@kinds
@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_a_model_of_every_kind_can_be_copied(kind, duplicate):
    """With its norms and jumps."""
    model = made(kind, norm="batch_norm", jk="cat").eval()
    twin = duplicate(model)
    assert twin.state_dict() == model.state_dict()
    assert numbers(twin(graph())) == numbers(model(graph()))


@kinds
def test_the_seed_decides_all_weights(kind):
    """Those of linear layers and jumping knowledge too."""
    one, same, other = (made(kind, jk="lstm", seed=seed).state_dict() for seed in (1, 1, 2))
    assert one == same != other


# ---- what a graph tells --------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["sage", "gin", "edge", "gat", "gatv2", "pna", "rgcn"])
def test_kinds_that_take_no_edge_weights_leave_them_out(kind):
    """As PyG's models do; so are edge features where there is no edge_dim."""
    model = made(kind)
    assert numbers(model(graph())) == numbers(model(graph(edge_weight=None, edge_attr=None)))


@pytest.mark.parametrize("kind", ["gcn", "graph", "cheb", "sg", "tag", "arma", "appnp", "gcn2", "gated"])
def test_kinds_that_take_edge_weights_use_them(kind):
    """Another weight, another output."""
    model = made(kind)
    assert numbers(model(graph())) != numbers(model(graph(edge_weight=None)))


@pytest.mark.parametrize("kind", ["gat", "gatv2", "gine", "pna", "nn"])
def test_kinds_that_take_edge_features_use_them(kind):
    """With edge_dim."""
    model = made(kind, edge_dim=2)
    assert numbers(model(graph())) != numbers(model(graph(edge_attr=[[0.0, 0.0]] * 5)))
    with pytest.raises(ValueError, match="has no edge_attr, which .* needs"):
        model(graph(edge_attr=None))


def test_rgcn_reads_edge_type_from_the_columns_of_the_edges():
    """Where `from_pyg` puts it."""
    model = made("rgcn")
    assert numbers(model(graph())) != numbers(model(graph(edge_attrs={"edge_type": [1, 1, 1, 1, 1]})))
    with pytest.raises(ValueError, match=r"has no edge_attrs\['edge_type'\], which RGCNConv.* needs"):
        model(graph(edge_attrs={}))


def test_a_graph_comes_alone():
    """Its edges would be ignored otherwise, or the others."""
    with pytest.raises(ValueError, match="has its own edges"):
        made("gcn")(graph(), EDGES)


# ---- what stands between -------------------------------------------------------------------------


def test_norm_act_and_dropout_stand_behind_each_convolution_but_the_last():
    """The same by calling the parts one by one."""
    model = made("gcn", norm="graph_norm")
    hidden = model.norms[0](model.convs[0](X, EDGES))
    expected = model.convs[1]([[v.tanh() for v in row] for row in hidden], EDGES)
    assert numbers(model(X, EDGES)) == numbers(expected)
    first = made("gcn", norm="graph_norm", act_first=True)
    hidden = first.norms[0]([[v.tanh() for v in row] for row in first.convs[0](X, EDGES)])
    assert numbers(first(X, EDGES)) == numbers(first.convs[1](hidden, EDGES))


def test_jumping_knowledge_ends_in_a_linear_layer():
    """cat: both layers side by side, each behind norm and act."""
    model = made("sage", norm="layer_norm", jk="cat")
    rows, h = [], X
    for conv, norm in zip(model.convs, model.norms, strict=True):
        h = [[v.tanh() for v in row] for row in norm(conv(h, EDGES))]
        rows.append(h)
    expected = model.lin([a + b for a, b in zip(*rows, strict=True)])
    assert numbers(model(X, EDGES)) == numbers(expected)
    last = made("sage", jk="last")
    h = X
    for conv in last.convs:
        h = [[v.tanh() for v in row] for row in conv(h, EDGES)]
    assert numbers(last(X, EDGES)) == numbers(last.lin(h))


def test_input_dropout_drops_features_and_dropout_drops_gats_attention():
    """As the papers of GCN and GAT have it."""
    model = made("gcn", input_dropout=1.0)
    assert numbers(model(X, EDGES)) == numbers(model([[0.0, 0.0]] * 3, EDGES))
    assert numbers(model.eval()(X, EDGES)) != numbers(model([[0.0, 0.0]] * 3, EDGES))
    gat = made("gat", dropout=0.5)
    assert [conv.dropout.p for conv in gat.convs] == [0.5, 0.5]
    assert [conv.dropout.p for conv in made("gat", dropout=0.5, conv_kwargs={"dropout": 0.25}).convs] == [
        0.25
    ] * 2


def test_a_norm_that_is_a_module_is_copied_for_each_layer():
    """Each layer has statistics of its own."""
    norm = nn.BatchNorm(4)
    model = made("gcn", norm=norm, jk="last")
    assert len({id(each) for each in (*model.norms, norm)}) == 3
    model(X, EDGES)
    assert [each.module.num_batches_tracked for each in model.norms] == [1, 1]
    assert norm.module.num_batches_tracked == 0


def test_norms_and_readouts_are_told_the_graph_of_each_node():
    """A norm of graphs sees each graph for itself; graphs without nodes read out 0."""
    model = made("gcn", norm="instance_norm", readout="mean")
    together = numbers(model(X + X, ([0, 1, 3, 4], [1, 0, 4, 3]), batch=[0, 0, 0, 1, 1, 1], batch_size=3))
    alone = numbers(model(X, ([0, 1], [1, 0])))
    assert together == [*alone, *alone, [0.0, 0.0, 0.0]]


# ---- what each kind is made of -------------------------------------------------------------------


def test_gin_makes_an_mlp_for_each_convolution():
    """PyG's keys, the norm inside of it too."""
    model = GNN("gin", 2, 4, 2, 3, norm="graph_norm")
    assert list(model.state_dict())[:8] == [
        "convs.0.eps", "convs.0.nn.lins.0.weight", "convs.0.nn.lins.0.bias", "convs.0.nn.lins.1.weight",
        "convs.0.nn.lins.1.bias", "convs.0.nn.norms.0.weight", "convs.0.nn.norms.0.bias",
        "convs.0.nn.norms.0.mean_scale",
    ]  # fmt: skip
    assert [conv.nn.channel_list for conv in model.convs] == [[2, 4, 4], [4, 3, 3]]
    assert GNN("edge", 2, 4, 2, 3).convs[0].nn.channel_list == [4, 4, 4]


def test_gat_with_v2_is_gatv2():
    """By either name, the keys of PyG's GAT(v2=True)."""
    one, other = GNN("gat", 2, 4, 2, 3, v2=True, heads=2, seed=0), GNN("gatv2", 2, 4, 2, 3, heads=2, seed=0)
    assert one.kind == "gatv2"
    assert one.state_dict() == other.state_dict()
    assert "convs.0.att" in one.state_dict()
    assert GNN("gat", 2, 4, 2, 3, v2=False).kind == "gat"


def test_gcn2_and_gated_keep_the_width_between_two_linear_layers():
    """lin_in -> act -> convolutions, each followed by act -> lin."""
    model = made("gcn2")
    h = initial = [[v.tanh() for v in row] for row in model.lin_in(X)]
    for conv in model.convs:
        h = [[v.tanh() for v in row] for row in conv(h, initial, EDGES)]
    assert numbers(model(X, EDGES)) == numbers(model.lin(h))
    assert [conv.layer for conv in model.convs] == [1, 2]
    assert [conv.num_layers for conv in made("gated").convs] == [2, 2]
    assert GNN("gcn2", 2, 4, 3, alpha=0.1).lin is None


def test_appnp_propagates_what_linear_layers_predict():
    """H = MLP(X), then K steps."""
    model = made("appnp")
    hidden = [[v.tanh() for v in row] for row in model.convs[0](X)]
    assert numbers(model(X, EDGES)) == numbers(model.propagation(model.convs[1](hidden), EDGES))
    assert (model.propagation.K, model.propagation.alpha) == (2, 0.25)
    assert list(model.state_dict()) == ["convs.0.weight", "convs.0.bias", "convs.1.weight", "convs.1.bias"]


# ---- symmetries and refusals ---------------------------------------------------------------------


@kinds
def test_relabelled_nodes_give_relabelled_outputs(kind):
    """Permutation equivariance, with a norm and jumping knowledge."""
    model, known = made(kind, norm="layer_norm", jk="max"), graph()
    order = [2, 0, 1]  # node i becomes order[i]
    edges = tuple([order[node] for node in row] for row in EDGES)
    permuted = graph(edge_index=edges, x=[X[order.index(i)] for i in range(3)])
    expected, found = numbers(model(known)), numbers(model(permuted))
    for i, row in enumerate(expected):
        assert found[order[i]] == pytest.approx(row, rel=REORDERED, abs=REORDERED)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"conv": "gnn"}, "conv is 'gnn': choose from gcn, sage, "),
        ({"jk": "sum"}, "jk is 'sum': choose from last, cat, max, lstm, or None"),
        ({"norm": "group"}, "norm is 'group': choose from batch_norm, .*or give a module"),
        ({"conv": "nn"}, "conv 'nn' needs edge_dim"),
        ({"conv": "gat", "heads": 3}, "3 heads cannot share 4 channels"),
        ({"act_kwargs": {"alpha": 1.0}, "act": None}, "act_kwargs are for an activation by name"),
    ],
)
def test_what_does_not_fit_is_refused(options, message):
    """With what there is."""
    settings = {"conv": "gcn", "in_channels": 2, "hidden_channels": 4, "num_layers": 2, **options}
    with pytest.raises(ValueError, match=message):
        GNN(**settings)


def test_repr_names_norm_and_jump():
    """In one line."""
    assert repr(GNN("sage", 2, 4, 2, 3, norm="batch_norm", jk="cat")) == (
        "GNN(SAGEConv(2 -> 4, mean), SAGEConv(4 -> 4, mean), norm=BatchNorm(4), jk=cat)"
    )


def test_random_stacks_run_forward_and_backward():
    """Thirty of random kind and setting: a gradient for each parameter."""
    rng = random.Random(0)
    for _ in range(30):
        kind = rng.choice(list(CONVOLUTIONS))
        model = made(
            kind,
            norm=rng.choice([None, "batch_norm", "layer", "GraphNorm", "instance_norm", "pair_norm"]),
            jk=rng.choice([None, "last", "cat", "max", "lstm"]),
            act=rng.choice(["relu", "elu", "gelu", None]),
            act_first=rng.random() < 0.5,
            dropout=rng.choice([0.0, 0.5]),
            readout=rng.choice([None, "mean", "sum", "max"]),
            seed=rng.randrange(100),
        )
        model.zero_grad()
        total(flatten(model(graph()))).backward()
        assert all(v.grad == v.grad for v in model.parameters())
