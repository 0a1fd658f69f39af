"""GATv2Conv: the scores by hand, what it shares with GATConv, its options; see also test_every_conv.py."""

import math
import random

import pytest

from tinygnn import Value
from tinygnn.gradcheck import gradcheck
from tinygnn.linalg import dot, flatten
from tinygnn.nn import GATConv, GATv2Conv
from tinygnn.nn.conv.gatv2_conv import leaky_dot

# Sums of a dozen numbers near one, added up in another order.
REORDERED = 1e-12
PATH = ([0, 1, 1, 2], [1, 0, 2, 1])


def numbers(rows):
    return [[v.data for v in row] for row in rows]


def leaky(x, slope=0.2):
    return x if x > 0.0 else slope * x


def attend(scores, messages):
    weights = [math.exp(s) for s in scores]
    return sum(w * m for w, m in zip(weights, messages, strict=True)) / sum(weights)


def test_the_node_wise_formula_by_hand():
    """One head of two channels on a path, with biases and edge features."""
    conv = GATv2Conv(1, 2, edge_dim=1, add_self_loops=False)
    conv.load_state_dict(
        {
            "lin_l.weight": [[1.0], [-2.0]],
            "lin_l.bias": [0.5, 0.25],
            "lin_r.weight": [[3.0], [1.0]],
            "lin_r.bias": [-1.0, 1.0],
            "lin_edge.weight": [[0.5], [-0.5]],
            "att": [[[1.0, 0.75]]],
            "bias": [10.0, 20.0],
        }
    )
    x, edge_attr = [1.0, -1.0, 2.0], [0.5, 1.5, -2.0, 4.0]
    left = [[v + 0.5, -2.0 * v + 0.25] for v in x]
    right = [[3.0 * v - 1.0, v + 1.0] for v in x]
    found = numbers(conv([[v] for v in x], PATH, edge_attr))
    for i in range(3):
        entering = [(s, e) for s, t, e in zip(*PATH, edge_attr, strict=True) if t == i]
        scores = [
            leaky(left[s][0] + right[i][0] + 0.5 * e) + 0.75 * leaky(left[s][1] + right[i][1] - 0.5 * e)
            for s, e in entering
        ]
        for c in range(2):
            wanted = attend(scores, [left[s][c] for s, _ in entering]) + (10.0, 20.0)[c]
            assert found[i][c] == pytest.approx(wanted, rel=REORDERED)


def test_which_neighbour_is_heard_most_differs_from_node_to_node():
    """What the paper calls dynamic attention, and what GATConv cannot do: two nodes prefer different ones."""
    conv = GATv2Conv(1, 2, add_self_loops=False, bias=False)
    weights = {"lin_l.weight": [[1.0], [-1.0]], "lin_r.weight": [[1.0], [-1.0]], "att": [[[1.0, 1.0]]]}
    conv.load_state_dict(weights)
    # Nodes 2 and 3 hear 0 and 1; |x_j + x_i| is larger for the neighbour of the same sign.
    found = numbers(conv([[1.0], [-1.0], [5.0], [-5.0]], ([0, 1, 0, 1], [2, 2, 3, 3])))
    assert found[2][0] > 0.0 > found[3][0]


def test_without_attention_weights_it_is_gat_without_them():
    """The mean over neighbours and self, heads and residual included."""
    x = [[0.5, -1.0], [2.0, 0.25], [-0.75, 1.5]]
    for concat in (True, False):
        gat = GATConv(2, 3, 2, concat, residual=True, rng=random.Random(0))
        conv = GATv2Conv(2, 3, 2, concat, residual=True, rng=random.Random(1))
        for layer, names in ((gat, ("att_src", "att_dst")), (conv, ("att",))):
            for name in names:
                for value in flatten(getattr(layer, name)[0]):
                    value.data = 0.0
        state = gat.state_dict()
        shared = {"lin_l.weight": state["lin.weight"], "res.weight": state["res.weight"]}
        conv.load_state_dict({**conv.state_dict(), **shared, "lin_l.bias": [0.0] * 6})
        for row, wanted in zip(numbers(conv(x, PATH)), numbers(gat(x, PATH)), strict=True):
            assert row == pytest.approx(wanted, rel=REORDERED)


def test_shared_weights_are_one_parameter_under_two_names():
    """Counted once, saved twice, as PyG does."""
    conv = GATv2Conv(2, 3, share_weights=True)
    assert conv.lin_l is conv.lin_r
    assert [name for name, _ in conv.named_parameters()] == ["att", "bias", "lin_l.weight", "lin_l.bias"]
    state = conv.state_dict()
    assert state["lin_r.weight"] == state["lin_l.weight"]
    assert len(conv.parameters()) == 3 + 3 + 6 + 3
    conv.load_state_dict({**state, "att": [[[9.0, 9.0, 9.0]]]})
    assert conv.att[0][0][0].data == 9.0


def test_parameters_have_pygs_names_and_shapes():
    """Edge features and residual add theirs; without concat the bias is narrower."""
    conv = GATv2Conv(2, 3, heads=4, concat=False, edge_dim=5, residual=True)
    shapes = {
        name: [len(v), *([len(v[0])] if isinstance(v[0], list) else [])]
        for name, v in conv.state_dict().items()
    }
    assert shapes == {
        "att": [1, 4],
        "bias": [3],
        "lin_l.weight": [12, 2],
        "lin_l.bias": [12],
        "lin_r.weight": [12, 2],
        "lin_r.bias": [12],
        "lin_edge.weight": [12, 5],
        "res.weight": [3, 2],
    }
    assert [len(row) for row in conv.state_dict()["att"][0]] == [3] * 4
    plain = GATv2Conv(2, 3, bias=False).state_dict()
    assert sorted(plain) == ["att", "lin_l.weight", "lin_r.weight"]


def test_positional_arguments_are_pygs():
    """As GATConv's, then bias, share_weights and residual."""
    conv = GATv2Conv(2, 3, 4, False, 0.5, 0.25, False, 5, 1.0, False, True, True)
    assert (conv.heads, conv.concat, conv.negative_slope, conv.dropout.p) == (4, False, 0.5, 0.25)
    assert (conv.add_self_loops, conv.edge_dim, conv.fill_value, conv.bias) == (False, 5, 1.0, None)
    assert conv.share_weights and conv.residual and conv.res is not None
    assert repr(conv) == "GATv2Conv(2 -> 3, heads 4)"


def test_dropout_drops_in_training_only():
    """All of it leaves the bias."""
    conv = GATv2Conv(1, 1, dropout=1.0)
    x = [[1.0], [2.0]]
    assert numbers(conv(x, ([0], [1]))) == [[0.0], [0.0]]
    assert numbers(conv.eval()(x, ([0], [1]))) != [[0.0], [0.0]]


@pytest.mark.parametrize("fill_value", ["mean", "add", "min", "max", "mul", 0.5])
def test_self_loops_get_the_features_of_what_enters(fill_value):
    """Aggregated by name, or a number: the same as self loops given by hand."""
    conv = GATv2Conv(1, 2, edge_dim=1, fill_value=fill_value, rng=random.Random(0))
    own = GATv2Conv(1, 2, edge_dim=1, add_self_loops=False)
    own.load_state_dict(conv.state_dict())
    # 2 and 5 enter node 1, nothing enters node 0, which hears a product of 1 and otherwise of 0.
    loops = {"mean": [0.0, 3.5], "add": [0.0, 7.0], "min": [0.0, 2.0], "max": [0.0, 5.0], "mul": [1.0, 10.0]}
    loops = loops.get(fill_value, [0.5, 0.5])
    x = [[1.0], [-2.0]]
    found = conv(x, ([0, 0, 1], [1, 1, 1]), [2.0, 5.0, 99.0])
    wanted = own(x, ([0, 0, 0, 1], [1, 1, 0, 1]), [2.0, 5.0, *loops])
    for row, other in zip(numbers(found), numbers(wanted), strict=True):
        assert row == pytest.approx(other, rel=REORDERED)


def test_leaky_dot_is_one_node_with_the_gradient_of_its_formula():
    """Σ_c a_c LeakyReLU(l_c + r_c), against the same written with operators, at the kink too."""
    left, right, a = (
        [Value(x) for x in row] for row in ([1.0, -2.0, 0.5], [0.5, 1.0, -0.5], [2.0, -3.0, 4.0])
    )
    score = leaky_dot(a, (left, right), 0.25)
    score.backward()
    found = [v.grad for v in left + right + a]
    for v in left + right + a:
        v.grad = 0.0
    written = dot(a, [(u + v).leaky_relu(0.25) for u, v in zip(left, right, strict=True)])
    written.backward()
    assert score.data == written.data == 2.0 * 1.5 + 3.0 * 0.25
    assert found == [v.grad for v in left + right + a]
    assert len(score.parents) == 9
    left[2].data = 1.0
    assert gradcheck(lambda *_: leaky_dot(a, (left, right), 0.25), left + right + a)


@pytest.mark.parametrize(
    ("options", "edge_attr", "message"),
    [
        ({"edge_dim": 2}, None, "edge_dim is 2: give edge_attr with as many entries per edge"),
        ({}, [[1.0]], "edge_attr was given, but edge_dim was not"),
        ({"edge_dim": 2}, [[1.0]], "edge_attr needs rows of 2 entries, edge 0 has 1"),
        ({"edge_dim": 1}, [1.0, 2.0], "edge_attr has 2 entries for 1 edges: each edge needs one"),
    ],
    ids=["missing", "not wanted", "short", "many"],
)
def test_edge_features_have_to_fit(options, edge_attr, message):
    """What was given and what is needed."""
    with pytest.raises(ValueError, match=message):
        GATv2Conv(1, 1, **options)([[1.0], [2.0]], ([0], [1]), edge_attr)


def test_settings_that_make_no_sense_are_refused():
    """No head, an aggregation that PyG does not fill with, more than all dropped."""
    with pytest.raises(ValueError, match="heads is 0: attention has at least one head"):
        GATv2Conv(1, 1, heads=0)
    with pytest.raises(ValueError, match="fill_value is 'std': give a number or one of 'mean', 'add'"):
        GATv2Conv(1, 1, edge_dim=1, fill_value="std")
    with pytest.raises(ValueError, match="dropout p is 1.5"):
        GATv2Conv(1, 1, dropout=1.5)
