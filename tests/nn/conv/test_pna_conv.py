"""PNAConv: scalers and aggregations by hand, towers, layers; see also test_every_conv.py."""

import math
import random

import pytest

from tinygnn import Graph, Value
from tinygnn.gradcheck import gradcheck
from tinygnn.linalg import flatten, total
from tinygnn.nn import LeakyReLU, PNAConv, Tanh
from tinygnn.nn.conv.degree_scaler import SCALERS, DegreeScalerAggregation

REORDERED = 1e-12  # sums of a few dozen numbers near one, added up in another order
EDGES = ([0, 1, 2, 2], [1, 1, 1, 0])  # node 1 hears 0, itself and 2; node 2 nobody
X = [[1.0, 0.5], [-2.0, 3.0], [4.0, 0.0]]
DEG = [1, 2, 0, 1]  # of the mean degree 5/4


def numbers(rows):
    return [[float(v) for v in row] for row in rows]


def values(rows):
    return [[Value(e) for e in row] for row in rows]


# ---- aggregations and scalers ----------------------------------------------------------------------

MEAN_LOG = (2.0 * math.log(2.0) + math.log(4.0)) / 4.0
# scaler: its factors for degree 0, 1 and 3
FACTORS = {
    "identity": [1.0, 1.0, 1.0],
    "amplification": [0.0, math.log(2.0) / MEAN_LOG, math.log(4.0) / MEAN_LOG],
    "attenuation": [MEAN_LOG / math.log(2.0), MEAN_LOG / math.log(2.0), MEAN_LOG / math.log(4.0)],
    "linear": [0.0, 1.0 / 1.25, 3.0 / 1.25],
    "inverse_linear": [1.25, 1.25, 1.25 / 3.0],
}


@pytest.mark.parametrize("train_norm", [False, True])
@pytest.mark.parametrize(("scaler", "expected"), FACTORS.items(), ids=FACTORS)
def test_the_factors_of_a_scaler_by_hand(scaler, expected, train_norm):
    """From the means of d and of log(d + 1) over a histogram; learned or not."""
    module = DegreeScalerAggregation(["sum"], [scaler], DEG, train_norm)
    assert [float(module.factor(scaler, d)) for d in (0, 1, 3)] == pytest.approx(expected, rel=REORDERED)


def test_columns_are_ordered_by_scaler_then_by_aggregation():
    """As PyG puts them side by side; of an empty group the aggregates are 0, of a product 1."""
    module = DegreeScalerAggregation(["sum", "mul"], ["identity", "linear"], DEG)
    rows = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
    found = module(rows, [[0, 1, 2], []])
    assert numbers(found) == [
        [9.0, 12.0, 15.0, 48.0, 9.0 * 2.4, 12.0 * 2.4, 15.0 * 2.4, 48.0 * 2.4],
        [0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0],
    ]


def test_a_scaled_value_is_one_node_and_an_unscaled_one_none():
    """Constant factors cost one node each, the identity nothing."""
    module = DegreeScalerAggregation(["sum"], ["identity", "linear"], DEG)
    [[plain, scaled]] = module([[Value(2.0)]], [[0]])
    assert scaled.parents == (plain,)
    assert scaled.partials == (0.8,)


@pytest.mark.parametrize("scaler", SCALERS)
def test_learned_mean_degrees_have_their_gradients(scaler):
    """And are parameters then, buffers otherwise."""
    module = DegreeScalerAggregation(["sum", "max"], [scaler, "identity"], DEG, True)
    rows = values([[1.0], [-3.0], [5.0]])
    assert len(module.parameters()) == 2
    assert gradcheck(
        lambda *_: total(flatten(module(rows, [[0, 1], [2]]))), module.parameters() + flatten(rows)
    )
    fixed = DegreeScalerAggregation(["sum"], [scaler], DEG)
    assert fixed.parameters() == []
    assert fixed.state_dict() == {"avg_deg_lin": [1.25], "avg_deg_log": [pytest.approx(MEAN_LOG)]}


def test_a_training_set_without_edges_divides_by_zero_as_ieee_754_says():
    """Not with an exception in the middle of a run."""
    module = DegreeScalerAggregation(["sum"], ["linear"], [3])
    assert module.factor("linear", 2) == math.inf
    assert math.isnan(module.factor("amplification", 0))


# ---- the layer -------------------------------------------------------------------------------------


def test_the_formula_by_hand():
    """h(x_i ‖ x_j ‖ e) = 10 x_i + x_j + 100 (2 e), sum and max, γ adds up x_i and both, W doubles."""
    conv = PNAConv(1, 1, ["sum", "max"], ["identity"], DEG, edge_dim=1)
    conv.load_state_dict(
        {
            **conv.state_dict(),
            "edge_encoder.weight": [[2.0]],
            "edge_encoder.bias": [0.0],
            "pre_nns.0.0.weight": [[10.0, 1.0, 100.0]],
            "pre_nns.0.0.bias": [0.5],
            "post_nns.0.0.weight": [[1.0, 1.0, 1000.0]],
            "post_nns.0.0.bias": [0.25],
            "lin.weight": [[2.0]],
            "lin.bias": [-1.0],
        }
    )
    messages = [10.0 * 2.0 + 1.0 + 200.0 * 0.5 + 0.5, 10.0 * 2.0 + 2.0 - 200.0 + 0.5]
    gathered = 2.0 + sum(messages) + 1000.0 * max(messages)
    for x in ([[1.0], [2.0]], values([[1.0], [2.0]])):
        for edge_attr in ([0.5, -1.0], [[0.5], [-1.0]], values([[0.5], [-1.0]])):
            found = numbers(conv(x, ([0, 1], [1, 1]), edge_attr))
            assert found[0] == [2.0 * 1.25 - 1.0]
            assert found[1] == pytest.approx([2.0 * (gathered + 0.25) - 1.0], rel=REORDERED)


def test_each_tower_takes_its_share_of_the_input_if_it_is_divided():
    """The first output of two towers does not see the second half of x."""
    conv = PNAConv(2, 2, ["mean"], ["identity"], DEG, towers=2, divide_input=True, rng=random.Random(0))
    identity = {"lin.weight": [[1.0, 0.0], [0.0, 1.0]], "lin.bias": [0.0, 0.0]}
    conv.load_state_dict({**conv.state_dict(), **identity})
    found = numbers(conv(X, EDGES))
    other = numbers(conv([[row[0], 9.0] for row in X], EDGES))
    assert [row[0] for row in found] == [row[0] for row in other]
    assert all(a[1] != b[1] for a, b in zip(found, other, strict=True))
    assert (conv.F_in, conv.F_out) == (1, 1)


def test_layers_are_counted_and_have_activations_between_them():
    """Linear at even positions; act by name with its arguments, or a module."""
    conv = PNAConv(
        2, 4, ["mean"], ["identity"], DEG, None, 2, 2, 3, False, "leaky_relu", {"negative_slope": 0.5}
    )
    assert [len(nn) for nn in conv.pre_nns + conv.post_nns] == [3, 3, 5, 5]
    assert isinstance(conv.pre_nns[0][1], LeakyReLU) and conv.pre_nns[0][1].negative_slope == 0.5
    assert {"pre_nns.1.2.bias", "post_nns.0.4.weight"} < set(conv.state_dict())
    conv = PNAConv(2, 4, ["mean"], ["identity"], DEG, pre_layers=2, act=Tanh())
    assert isinstance(conv.pre_nns[0][1], Tanh)


def test_state_dict_keys_and_shapes_are_pygs():
    """(aggregators · scalers + 1) · F columns for γ, 3 F for h with edge features."""
    conv = PNAConv(
        3, 4, ["mean", "median"], ["identity", "linear"], DEG, edge_dim=5, towers=2, train_norm=True
    )
    shapes = {
        name: [len(v), *([len(v[0])] if isinstance(v[0], list) else [])]
        for name, v in conv.state_dict().items()
    }
    assert shapes == {
        "aggr_module.avg_deg_lin": [1],
        "aggr_module.avg_deg_log": [1],
        "aggr_module.aggr.aggrs.1.q": [1, 1],
        "edge_encoder.weight": [3, 5],
        "edge_encoder.bias": [3],
        **{f"pre_nns.{t}.0.weight": [3, 9] for t in (0, 1)},
        **{f"pre_nns.{t}.0.bias": [3] for t in (0, 1)},
        **{f"post_nns.{t}.0.weight": [2, 15] for t in (0, 1)},
        **{f"post_nns.{t}.0.bias": [2] for t in (0, 1)},
        "lin.weight": [4, 4],
        "lin.bias": [4],
    }
    assert repr(conv) == "PNAConv(3 -> 4, towers 2)"


SETTINGS = {
    "all": {
        "aggregators": ["mean", "std", "max", "min"],
        "scalers": ["identity", "amplification", "attenuation"],
    },
    "towers": {"towers": 2, "divide_input": True, "pre_layers": 2, "act": "tanh"},
    "edges": {"edge_dim": 2, "train_norm": True, "scalers": ["linear", "inverse_linear"]},
}


@pytest.mark.parametrize("edges", [EDGES, ([], [])], ids=["edges", "no edges"])
@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_gradients_are_central_differences(settings, edges):
    """Of x, of edge features, of all parameters, the mean degrees included where they are learned."""
    settings = {"aggregators": ["mean", "max"], "scalers": ["identity"], **settings}
    conv = PNAConv(2, 2, deg=DEG, rng=random.Random(2), **settings)
    x = values(X)
    edge_attr = [[Value(0.3 * e - 0.5), Value(0.25 - 0.2 * e)] for e in range(len(edges[0]))]
    third = [edge_attr] if "edge_dim" in settings else []

    def f(*_):
        return total([(1.0 + 0.3 * k) * v * (v + 1.0) for k, v in enumerate(flatten(conv(x, edges, *third)))])

    assert gradcheck(f, conv.parameters() + flatten(x) + (flatten(edge_attr) if third else []))


def test_the_histogram_counts_in_degrees_of_all_graphs():
    """The empty tail is left out."""
    graphs = [Graph(([0, 1, 2], [2, 2, 2]), x=X), Graph(([0], [1]), num_nodes=3)]
    assert PNAConv.get_degree_histogram(graphs) == [4, 1, 0, 1]
    assert PNAConv.get_degree_histogram([]) == [0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: PNAConv(2, 2, ["maen"], ["identity"], DEG), "aggr is 'maen': choose from"),
        (lambda: PNAConv(2, 2, ["mean"], ["log"], DEG), "scaler is 'log': choose from identity"),
        (lambda: PNAConv(2, 2, ["mean"], ["identity"], []), r"deg is \[\]: give the number of nodes"),
        (lambda: PNAConv(2, 2, ["mean"], ["identity"], [2, -1]), r"deg is \[2, -1\]: give"),
        (lambda: PNAConv(2, 3, ["mean"], ["identity"], DEG, towers=2), "2 towers cannot share 2 input and 3"),
        (lambda: PNAConv(3, 2, ["mean"], ["identity"], DEG, None, 2, 1, 1, True), "cannot share 3 input"),
        (lambda: PNAConv(2, 2, ["mean"], ["identity"], DEG)(X, EDGES, [[1.0]] * 4), "edge_dim was not"),
        (lambda: PNAConv(2, 2, ["mean"], ["identity"], DEG, 1)(X, EDGES), "edge_dim is 1: give edge_attr"),
        (lambda: PNAConv(3, 3, ["mean"], ["identity"], DEG)(X, EDGES), "PNAConv takes rows of 3 entries"),
        (lambda: PNAConv(2, 2, ["mean"], ["identity"], DEG)(X, ([0], [3])), "target 3 is not a node"),
        (lambda: PNAConv(2, 2, ["mean"], ["identity"], DEG, pre_layers=2, act="tahn"), "act is 'tahn'"),
    ],
)  # fmt: skip
def test_wrong_input_is_named(call, message):
    """What, which, and how many there should be."""
    with pytest.raises(ValueError, match=message):
        call()
