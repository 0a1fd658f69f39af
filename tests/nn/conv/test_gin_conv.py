"""GINConv and GINEConv: the formulas by hand, ε as buffer and as parameter; see also test_every_conv.py."""

import random

import pytest

from tinygnn import EdgeIndex, Value
from tinygnn.gradcheck import gradcheck
from tinygnn.linalg import flatten, total
from tinygnn.nn import GINConv, GINEConv, Identity, Linear, ReLU, Sequential, Tanh
from tinygnn.sparse import Features

# Sums of a dozen numbers near one, added up in another order.
REORDERED = 1e-12
EDGES = ([0, 1, 1, 2, 2], [1, 0, 2, 2, 2])  # a self loop, twice
X = [[1.0, 0.5], [-2.0, 3.0], [4.0, 0.0]]
ATTR = [[1.0, -1.0], [0.5, 0.0], [-3.0, 1.0], [2.0, 2.0], [-9.0, 0.25]]


def numbers(rows):
    return [[float(v) for v in row] for row in rows]


def values(rows):
    return [[Value(e) for e in row] for row in rows]


def network(seed=0, width=2):
    rng = random.Random(seed)
    return Sequential(Linear(width, 3, rng=rng), Tanh(), Linear(3, 2, rng=rng))


def forms(x):
    """The same rows as floats, Features and Values."""
    return x, Features([list(row) for row in x]), values(x)


@pytest.mark.parametrize("train_eps", [False, True])
@pytest.mark.parametrize("eps", [0.0, 0.5, -1.0])
def test_the_sum_of_the_node_and_its_neighbours_by_hand(eps, train_eps):
    """(1 + ε) x_i + Σ_j x_j, of constants and of Values, before nn."""
    conv = GINConv(Identity(), eps, train_eps)
    heard = [[-2.0, 3.0], [1.0, 0.5], [-2.0 + 8.0, 3.0]]
    expected = [
        [(1.0 + eps) * a + b for a, b in zip(*rows, strict=True)] for rows in zip(X, heard, strict=True)
    ]
    for x in forms(X):
        assert numbers(conv(x, EDGES)) == expected


def test_the_network_comes_last():
    """nn(...) by hand: relu(2 z) of one channel."""
    nn = Sequential(Linear(1, 1, bias=False), ReLU())
    nn.load_state_dict({"0.weight": [[2.0]]})
    for x in forms([[1.0], [-3.0], [0.25]]):
        assert numbers(GINConv(nn)(x, ([0, 0], [1, 2]))) == [[2.0], [0.0], [2.5]]


@pytest.mark.parametrize("eps", [None, 0.375])
def test_edge_features_join_the_messages_before_the_relu(eps):
    """(1 + ε) x_i + Σ_j relu(x_j + e_ji) by hand."""
    conv = GINEConv(Identity(), *[] if eps is None else [eps])
    own = 1.0 + (eps or 0.0)
    heard = [[0.0, 3.0], [2.0, 0.0], [6.0 + 0.0, 4.0 + 2.0 + 0.25]]
    expected = [[own * a + b for a, b in zip(*rows, strict=True)] for rows in zip(X, heard, strict=True)]
    for x in forms(X):
        for edge_attr in (ATTR, values(ATTR)):
            assert numbers(conv(x, EDGES, edge_attr)) == expected


def test_edge_dim_makes_edge_features_as_wide_as_the_network_takes_them():
    """Through lin, whose output has nn's in_channels."""
    conv = GINEConv(network(), edge_dim=1)
    conv.load_state_dict({**conv.state_dict(), "lin.weight": [[2.0], [-1.0]], "lin.bias": [0.5, 0.25]})
    plain = GINEConv(conv.nn)
    flat = [1.0, -1.0, 0.5, 2.0, 0.0]
    wide = [[2.0 * e + 0.5, -e + 0.25] for e in flat]
    wanted = numbers(plain(X, EDGES, wide))
    for edge_attr in (flat, [[e] for e in flat], [Value(e) for e in flat]):
        for row, other in zip(numbers(conv(X, EDGES, edge_attr)), wanted, strict=True):
            assert row == pytest.approx(other, rel=REORDERED)


def test_eps_is_a_buffer_unless_it_is_trained():
    """Under the same key and shape, PyG's."""
    fixed, trained = GINConv(network(), 0.5), GINEConv(network(), 0.5, True)
    assert fixed.state_dict()["eps"] == trained.state_dict()["eps"] == [0.5]
    assert "eps" not in dict(fixed.named_parameters())
    assert dict(trained.named_parameters())["eps"][0].data == 0.5
    fixed.load_state_dict({**fixed.state_dict(), "eps": [2.0]})
    assert numbers(fixed(X, EDGES)) == numbers(GINConv(fixed.nn, 2.0)(X, EDGES))


def test_state_dict_keys_are_pygs():
    """eps, nn.*, and with edge_dim lin.*."""
    assert sorted(GINConv(Linear(2, 3)).state_dict()) == ["eps", "nn.bias", "nn.weight"]
    conv = GINEConv(network(), edge_dim=5)
    assert len(conv.state_dict()["lin.weight"]) == 2
    assert len(conv.state_dict()["lin.weight"][0]) == 5
    assert {"eps", "lin.bias", "nn.0.weight", "nn.2.bias"} < set(conv.state_dict())


def test_the_network_keeps_its_weights():
    """PyG initialises it again."""
    nn = network()
    before = nn.state_dict()
    assert GINConv(nn).nn.state_dict() == before == GINEConv(nn).nn.state_dict()


EDGE_SETS = {"mixed": EDGES, "no edges": ([], []), "one way": ([0, 0], [1, 2])}


@pytest.mark.parametrize("edges", EDGE_SETS.values(), ids=EDGE_SETS)
@pytest.mark.parametrize(
    "options", [{}, {"train_eps": True}, {"edge_dim": 1, "train_eps": True}, {"edge": True}]
)
def test_gradients_are_central_differences(options, edges):
    """Of x, of edge features, of ε where it is trained and of nn."""
    options = dict(options)
    with_edges = options.pop("edge", False) or "edge_dim" in options
    conv = (GINEConv if with_edges else GINConv)(network(3), 0.25, **options)
    x = values(X)
    width = options.get("edge_dim", 2)
    edge_attr = [[Value(0.3 * e + 0.1 * k - 0.45) for k in range(width)] for e in range(len(edges[0]))]
    third = [edge_attr] if with_edges else []

    def f(*_):
        return total([(1.0 + 0.3 * k) * v * (v + 1.0) for k, v in enumerate(flatten(conv(x, edges, *third)))])

    assert gradcheck(f, conv.parameters() + flatten(x) + flatten(edge_attr) * with_edges)


@pytest.mark.parametrize("train_eps", [False, True])
def test_constant_features_give_the_parameters_the_same_gradients(train_eps):
    """ε included; zeros among them."""
    found = []
    for x in forms(X):
        conv = GINConv(network(1), 0.5, train_eps)
        outputs = flatten(conv(x, EDGES))
        total([(1.0 + 0.3 * k) * v for k, v in enumerate(outputs)]).backward()
        found.append([v.data for v in outputs] + [v.grad for v in conv.parameters()])
    for other in found[1:]:
        assert other == pytest.approx(found[0], rel=REORDERED, abs=REORDERED)


def test_of_constant_features_no_values_are_made_before_the_network():
    """What nn is given are the same Features each time, until x changes or ε does."""
    given = []
    nn = Identity()
    nn.forward = lambda rows: given.append(rows) or rows
    conv, edges, x = GINConv(nn), EdgeIndex(EDGES), Features([list(row) for row in X])
    conv(x, edges)
    conv(x, edges)
    assert isinstance(given[0], Features) and given[0] is given[1]
    conv.eps = [1.0]
    conv(x, edges)
    x[0][0] = 7.0
    conv(x, edges)
    assert given[2][0] == [2.0 - 2.0, 1.0 + 3.0]
    assert given[3][0] == [14.0 - 2.0, 1.0 + 3.0]


def test_arguments_and_repr():
    """PyG's order: nn, eps, train_eps, edge_dim."""
    conv = GINEConv(Linear(2, 3), 0.5, True, 4)
    assert (conv.initial_eps, conv.train_eps, conv.edge_dim) == (0.5, True, 4)
    assert repr(conv) == "GINEConv(nn=Linear(2 -> 3))"
    assert repr(GINConv(Linear(2, 3))) == "GINConv(nn=Linear(2 -> 3))"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: GINEConv(Identity())(X, EDGES), "GINEConv takes edge_attr, features for each edge"),
        (lambda: GINEConv(Identity())(X, EDGES, ATTR[:2]), "edge_attr has 2 entries for 5 edges"),
        (lambda: GINEConv(Identity())(X, EDGES, [[1.0]] * 5), "edge 0 has 1; give edge_dim"),
        (lambda: GINEConv(network(), edge_dim=2)(X, EDGES, [[1.0]] * 5), "rows of 2 entries, edge 0 has 1$"),
        (lambda: GINEConv(Identity(), edge_dim=2), r"cannot tell the input size of Identity\(\)"),
        (lambda: GINConv(Identity())([[1.0], [1.0, 2.0]], ([], [])), "row 1 has 2 entries, row 0 has 1"),
        (lambda: GINConv(Identity())([1.0], ([], [])), r"a row for each node, but x\[0\] is 1.0"),
        (lambda: GINConv(Linear(3, 1))(X, EDGES), "Linear takes rows of 3 entries"),
        (lambda: GINConv(Identity())(X, ([0], [3])), "target 3 is not a node"),
        (lambda: GINEConv(Identity())(X, ([0], [3]), [[1.0, 1.0]]), "target 3 is not a node"),
    ],
)  # fmt: skip
def test_wrong_input_is_named(call, message):
    """What, which, and how to mend it."""
    with pytest.raises(ValueError, match=message):
        call()


def test_a_network_that_is_no_module_is_refused():
    """By its repr."""
    for layer in (GINConv, GINEConv):
        with pytest.raises(TypeError, match=rf"{layer.__name__}'s nn is 3: give a Module"):
            layer(3)
