"""What a tape keeps of a forward pass: for every convolution, and without changing what it gives."""

from __future__ import annotations

import random

import pytest

from tinygnn import GNN, EdgeIndex, Graph, Network, Value, cross_entropy, no_grad
from tinygnn.explain import record
from tinygnn.linalg import flatten, total
from tinygnn.nn import (
    APPNP,
    ARMAConv,
    ChebConv,
    EdgeConv,
    GATConv,
    GatedGraphConv,
    GATv2Conv,
    GCN2Conv,
    GCNConv,
    GINConv,
    GINEConv,
    GraphConv,
    GraphNorm,
    Linear,
    MeanAggregation,
    NNConv,
    PNAConv,
    ReLU,
    RGCNConv,
    SAGEConv,
    Sequential,
    SGConv,
    TAGConv,
    Tanh,
)
from tinygnn.sparse import Features
from tinygnn.tape import tapes

# Sums of a few dozen numbers near one, whose terms come in another order.
REORDERED = 1e-12


def network(rng, *sizes):
    return Sequential(Linear(*sizes[:2], rng=rng), Tanh(), Linear(*sizes[1:], rng=rng))


# name: how it is made, and what it takes beside x and the edges.
CONVOLUTIONS = {
    "GCNConv": (lambda rng: GCNConv(2, 3, rng=rng), "weight"),
    "GCNConv, as it is": (lambda rng: GCNConv(2, 3, normalize=False, bias=False, rng=rng), "weight"),
    "SAGEConv": (lambda rng: SAGEConv(2, 3, rng=rng), ""),
    "SAGEConv, sum": (lambda rng: SAGEConv(2, 3, "sum", True, False, True, rng=rng), ""),
    "SAGEConv, max": (lambda rng: SAGEConv(2, 3, "max", rng=rng), ""),
    "GATConv": (lambda rng: GATConv(2, 3, 2, edge_dim=1, rng=rng), "weight"),
    "GATConv, mean of heads": (lambda rng: GATConv(2, 3, 2, False, residual=True, rng=rng), ""),
    "GATv2Conv": (lambda rng: GATv2Conv(2, 3, 2, edge_dim=1, rng=rng), "weight"),
    "GINConv": (lambda rng: GINConv(network(rng, 2, 3, 3)), ""),
    "GINConv, trained eps": (lambda rng: GINConv(network(rng, 2, 3, 3), 0.5, True), ""),
    "GINEConv": (lambda rng: GINEConv(network(rng, 2, 3, 3), 0.25, edge_dim=1, rng=rng), "weight"),
    "GraphConv": (lambda rng: GraphConv(2, 3, rng=rng), "weight"),
    "GraphConv, mean": (lambda rng: GraphConv(2, 3, "mean", rng=rng), "weight"),
    "GraphConv, max": (lambda rng: GraphConv(2, 3, "max", rng=rng), "weight"),
    "GraphConv, softmax": (lambda rng: GraphConv(2, 3, "softmax", rng=rng), ""),
    "SGConv": (lambda rng: SGConv(2, 3, K=2, rng=rng), "weight"),
    "APPNP": (lambda rng: APPNP(2, 0.1), "weight"),
    "TAGConv": (lambda rng: TAGConv(2, 3, K=2, rng=rng), "weight"),
    "ChebConv": (lambda rng: ChebConv(2, 3, K=3, rng=rng), "weight"),
    "ARMAConv": (lambda rng: ARMAConv(2, 3, 2, 2, act="tanh", rng=rng), "weight"),
    "GCN2Conv": (lambda rng: GCN2Conv(2, 0.1, theta=0.5, layer=2, rng=rng), "x_0"),
    "GatedGraphConv": (lambda rng: GatedGraphConv(3, 2, rng=rng), "weight"),
    "GatedGraphConv, max": (lambda rng: GatedGraphConv(3, 2, "max", rng=rng), ""),
    "EdgeConv": (lambda rng: EdgeConv(network(rng, 4, 3, 3)), ""),
    "NNConv": (lambda rng: NNConv(2, 3, network(rng, 1, 3, 6), rng=rng), "weight"),
    "NNConv, max": (lambda rng: NNConv(2, 3, network(rng, 1, 3, 6), "max", rng=rng), "weight"),
    "PNAConv": (
        lambda rng: PNAConv(2, 2, ["mean", "max"], ["linear"], [1, 2], edge_dim=1, rng=rng),
        "weight",
    ),
    "RGCNConv": (lambda rng: RGCNConv(2, 3, 2, rng=rng), "type"),
    "RGCNConv, max": (lambda rng: RGCNConv(2, 3, 2, aggr="max", rng=rng), "type"),
}
EDGES = ([0, 1, 1, 0, 2, 3], [1, 0, 1, 2, 0, 2])
WEIGHTS = [0.5, 1.75, 0.75, 2.0, 1.25, 0.3]
X = [[0.5, -1.0], [2.0, 0.0], [-0.75, 1.5], [0.0, 0.25]]
names = pytest.mark.parametrize("name", CONVOLUTIONS)
forms = pytest.mark.parametrize("form", ["floats", "features", "values", "all values"])


def run(name, form="values", edges=None):
    """A convolution, its inputs, and its outputs."""
    make, third = CONVOLUTIONS[name]
    conv = make(random.Random(5))
    x = {"floats": X, "features": Features([list(row) for row in X])}.get(
        form, [list(map(Value, r)) for r in X]
    )
    weights = list(map(Value, WEIGHTS)) if form == "all values" else WEIGHTS
    edges = EdgeIndex(EDGES) if edges is None else edges
    if third == "x_0":
        return conv, x, conv(x, [[v * 0.5 for v in row] for row in x], edges, weights)
    arguments = {"": [], "weight": [weights], "type": [[int(w > 1.0) for w in WEIGHTS]]}[third]
    return conv, x, conv(x, edges, *arguments)


def pull(outputs):
    """A different weight for each output."""
    total([(1.0 + 0.3 * k) * v for k, v in enumerate(flatten(outputs))]).backward()


def numbers(rows):
    return [[float(entry) for entry in row] for row in rows]


@forms
@names
def test_outputs_have_the_same_bits_and_gradients_the_same_numbers_while_recorded(name, form):
    conv, x, outputs = run(name, form)
    pull(outputs)
    with record() as tape:
        same, same_x, recorded = run(name, form)
    pull(recorded)
    assert numbers(recorded) == numbers(outputs)
    assert [v.grad for v in same.parameters()] == pytest.approx(
        [v.grad for v in conv.parameters()], rel=REORDERED, abs=REORDERED
    )
    if form in ("values", "all values"):
        assert [v.grad for v in flatten(same_x)] == pytest.approx(
            [v.grad for v in flatten(x)], rel=REORDERED, abs=REORDERED
        )
    assert tape.layers, "no messages were recorded"


@forms
@names
def test_messages_are_coefficients_times_rows_and_sums_add_up(name, form):
    with record() as tape:
        run(name, form)
    for call in tape.layers:
        for p in call.passings:
            size = len(p.messages)
            assert size == len(p.sources) == len(p.targets) == len(p.sent) == len(p.coefficients) > 0
            for c, sent, message in zip(p.coefficients, p.sent, p.messages):
                assert numbers([message]) == [[float(c) * float(v) for v in sent]]
            if p.aggr != "sum":
                continue
            for i in range(len(X)):
                columns = zip(*numbers([p.messages[k] for k in p.entering(i)]))
                heard = [sum(column) for column in columns] or [0.0] * len(p.outputs[i])
                assert numbers([p.aggregates[i]])[0] == pytest.approx(heard, rel=REORDERED, abs=REORDERED)
                for _, rows in p.terms:
                    heard = [a + float(b) for a, b in zip(heard, rows[i])]
                assert numbers([p.outputs[i]])[0] == pytest.approx(heard, rel=REORDERED, abs=REORDERED)


@names
def test_messages_hold_their_gradients_after_backward(name):
    """That of a sum's message is that of the sum; in the layer as a whole something reaches the messages."""
    with record() as tape:
        _, _, outputs = run(name)
    pull(outputs)
    passings = [passing for call in tape.layers for passing in call.passings]
    for p in passings:
        for target, message in zip(p.targets, p.messages):
            assert all(isinstance(v, Value) for v in message)
            if p.aggr == "sum":
                assert [v.grad for v in message] == [v.grad for v in p.aggregates[target]]
    assert any(v.grad != 0.0 for p in passings for message in p.messages for v in message)


@names
def test_the_numbers_of_a_coefficient_give_the_coefficient(name):
    """Those that a formula is told for."""
    with record() as tape:
        run(name)
    for p in [passing for call in tape.layers for passing in call.passings]:
        for k, (c, told) in enumerate(zip(p.coefficients, p.numbers)):
            scale = told.get("s", 1.0)
            if "d_j" in told:
                product = told["d_j"] * told["d_i"]  # of a degree 0 the inverse root is 0
                c_ji = scale * float(told["w"]) / product**0.5 if product else 0.0
            elif "score" in told:
                scores = [float(p.numbers[e]["score"]) for e in p.entering(p.targets[k])]
                c_ji = 2.718281828459045 ** float(told["score"]) / sum(2.718281828459045**s for s in scores)
            else:
                c_ji = float(told.get("w", 1.0)) / (told["n"] if p.formula.endswith("/ n") else 1)
            assert float(c) == pytest.approx(c_ji, rel=1e-14), (p.formula, told)


def test_a_second_recording_of_constant_features_tells_messages_again():
    """What an EdgeIndex keeps of constant sums does not hide them."""
    edges = EdgeIndex(EDGES)
    for name in ("GINConv", "SAGEConv, max", "GCN2Conv"):
        run(name, "features", edges)
        for _ in range(2):
            with record() as tape:
                run(name, "features", edges)
            assert len(tape.layers[0].passings[0].messages) >= len(WEIGHTS)


def test_recording_leaves_nothing_behind():
    edges = EdgeIndex(EDGES)
    for name in CONVOLUTIONS:
        before = numbers(run(name, "features", edges)[2])
        with record():
            run(name, "features", edges)
        assert numbers(run(name, "features", edges)[2]) == before
    assert tapes == []


def test_no_value_is_made_for_messages_while_nobody_records():
    """A GCN of N nodes and F columns makes N·F Values for W x and as many for the output."""
    made = []

    class Count:
        def made(self, value):
            made.append(value)

        def passed_on(self, value):
            pass

    from tinygnn.value import watchers

    counter = Count()
    conv = GCNConv(2, 3)
    watchers.append(counter)
    try:
        conv(X, EdgeIndex(EDGES))
    finally:
        watchers.remove(counter)
    assert len(made) == 2 * 4 * 3


def karate():
    graph = Graph(EDGES, x=X, y=[0, 1, 0, 1])
    return graph, GNN("gcn", 2, 4, 2, 2, norm="graph_norm", seed=1)


def test_calls_are_named_as_parameters_are():
    graph, model = karate()
    with record() as tape:
        cross_entropy(model(graph), graph.y).backward()
    assert [call.name for call in tape.layers] == ["convs.0", "convs.1"]
    assert [call.name for call in tape.calls] == [""]
    assert {"convs.0.lin", "norms.0", "act", "dropout"} <= {call.name for call in tape}
    assert tape["convs.1"].inputs[0] is tape["dropout"].output
    assert tape["act"].inputs[0] is tape["norms.0"].output
    assert isinstance(tape["act"].module, ReLU) and isinstance(tape["norms.0"].module, GraphNorm)
    [passing] = tape["convs.1"].passings
    assert passing.outputs is tape["convs.1"].output
    assert [name for name, _ in passing.terms] == ["bias"]
    assert passing.terms[0][1][0][0] is model.convs[1].bias[0]
    assert passing.sent[0] is tape["convs.1.lin"].output[passing.sources[0]]


def test_a_readout_and_a_linear_layer_of_a_network_are_calls_too():
    graph = Graph(EDGES, x=X)
    with record() as tape:
        Network(GCNConv(2, 3), MeanAggregation(), Linear(3, 2))(graph)
    assert [call.name for call in tape] == ["", "module_0", "module_0.lin", "module_1", "module_2"]
    assert tape["module_2"].inputs[0] is tape["module_1"].output


def test_a_module_that_is_there_twice_has_its_first_name_as_its_parameters_have():
    shared = Linear(2, 2)
    model = Sequential(shared, ReLU(), shared)
    with record() as tape:
        model([[1.0, 2.0]])
    assert [call.name for call in tape] == ["", "0", "1", "0"]
    assert [name for name, _ in model.named_parameters()] == ["0.weight", "0.bias"]


def test_a_module_that_was_not_called_is_a_key_error_that_names_those_that_were():
    with record() as tape:
        ReLU()([[1.0]])
    with pytest.raises(KeyError, match="no module 'convs.7' was called; there were ''"):
        tape["convs.7"]


def test_tapes_may_be_open_within_each_other():
    with record() as outer:
        ReLU()([[1.0]])
        with record() as inner:
            ReLU()([[2.0]])
    assert [call.inputs[0] for call in outer] == [[[1.0]], [[2.0]]]
    assert [call.inputs[0] for call in inner] == [[[2.0]]]


def test_after_an_error_the_tape_goes_on():
    with record() as tape:
        with pytest.raises(ValueError, match="edge 0"):
            run("GCNConv", edges=EdgeIndex(([0], [9])))
        run("GCNConv")
    assert [call.name for call in tape.calls] == ["", ""]
    assert tape.calls[0].output is None


def test_without_gradients_numbers_are_kept_all_the_same():
    with no_grad(), record() as tape:
        _, _, outputs = run("GATConv")
    assert numbers(outputs) == numbers(run("GATConv")[2])
    assert tape.layers[0].passings[1].name == "head 1"
    assert tape.layers[0].passings[0].messages[0][0].parents == ()
