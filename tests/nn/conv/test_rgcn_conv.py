"""RGCNConv: relations by hand, bases, blocks, aggregations, nodes without features, names."""

import random

import pytest

from tinygnn import EdgeIndex, Value
from tinygnn.gradcheck import gradcheck
from tinygnn.linalg import flatten, total
from tinygnn.modes import Mode
from tinygnn.nn import RGCNConv
from tinygnn.nn.module import leaves, numbers_of, shape
from tinygnn.sparse import Features

# Sums of a dozen numbers near one, added up in another order.
REORDERED = 1e-12


def numbers(rows):
    return [[v.data for v in row] for row in rows]


def scalar(weights, root=None, bias=None, **options):
    """A convolution of one column with the weight W_r for relation r."""
    conv = RGCNConv(1, 1, len(weights), root_weight=root is not None, bias=bias is not None, **options)
    state = {"weight": [[[w]] for w in weights]}
    state.update({} if root is None else {"root": [[root]]})
    state.update({} if bias is None else {"bias": [bias]})
    conv.load_state_dict(state)
    return conv


# ---- by hand -------------------------------------------------------------------------------------

# 0 -> 2 and 1 -> 2 along relation 0, 1 -> 2 and 2 -> 0 along relation 1.
EDGES, TYPES = ([0, 1, 1, 2], [2, 2, 2, 0]), [0, 0, 1, 1]


@pytest.mark.parametrize("kind", [float, Value])
@pytest.mark.parametrize(
    ("aggr", "expected"),
    [
        ("mean", [2000.0, 0.0, 5.5 + 2 * 10]),
        ("add", [2000.0, 0.0, 11.0 + 20.0]),
        ("sum", [2000.0, 0.0, 11.0 + 20.0]),
        ("max", [2000.0, 0.0, 10.0 + 20.0]),
        ("min", [2000.0, 0.0, 1.0 + 20.0]),
        ("mul", [1.0 + 2000.0, 1.0 + 2.0, 10.0 + 20.0]),
    ],
)
def test_each_relation_has_its_weight_and_its_aggregate(aggr, expected, kind):
    """x = (1, 10, 1000), W_0 = 1, W_1 = 2; the product of nothing is 1, the others' 0."""
    x = [[kind(1.0)], [kind(10.0)], [kind(1000.0)]]
    conv = scalar([1.0, 2.0], aggr=aggr)
    assert flatten(numbers(conv(x, EDGES, TYPES))) == expected
    conv = scalar([1.0, 2.0], 3.0, 0.5, aggr=aggr)
    own = [3.5, 30.5, 3000.5]
    assert flatten(numbers(conv(x, EDGES, TYPES))) == [e + o for e, o in zip(expected, own)]


def test_a_maximum_is_taken_before_the_weight():
    """Of 1 and 10 with W = -1 the maximum is 10, and -10 comes out."""
    assert numbers(scalar([-1.0], aggr="max")([[1.0], [10.0], [0.0]], ([0, 1], [2, 2]), [0, 0]))[2] == [-10.0]


def test_duplicate_edges_count_twice_and_relations_once_each():
    """0 -> 1 twice along relation 0 and once along relation 1."""
    edges, types, x = ([0, 0, 2, 0], [1, 1, 1, 1]), [0, 0, 0, 1], [[3.0], [0.0], [9.0]]
    assert numbers(scalar([1.0, 10.0])(x, edges, types))[1] == [pytest.approx(5.0 + 30.0)]
    assert numbers(scalar([1.0, 10.0], aggr="add")(x, edges, types))[1] == [15.0 + 30.0]


@pytest.mark.parametrize("kind", [float, Value])
def test_rows_in_and_columns_out(kind):
    """x W_r with W_r [in][out]."""
    conv = RGCNConv(2, 3, 1, root_weight=False, bias=False)
    conv.load_state_dict({"weight": [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]]})
    found = numbers(conv([[kind(1.0), kind(10.0)], [0.0, 0.0]], ([0], [1]), [0]))
    assert found == [[0.0] * 3, [41.0, 52.0, 63.0]]


@pytest.mark.parametrize("kind", [float, Value])
def test_bases_by_hand(kind):
    """W_r = Σ_b a_rb V_b."""
    conv = RGCNConv(2, 2, 2, num_bases=2, root_weight=False, bias=False)
    conv.load_state_dict(
        {
            "weight": [[[1.0, 0.0], [0.0, 1.0]], [[0.0, 1.0], [1.0, 0.0]]],
            "comp": [[1.0, 2.0], [0.0, -1.0]],
        }
    )
    x = [[kind(1.0), kind(10.0)], [kind(0.0), kind(0.0)]]
    assert numbers(conv(x, ([0], [1]), [0]))[1] == [21.0, 12.0]
    assert numbers(conv(x, ([0], [1]), [1]))[1] == [-10.0, -1.0]


@pytest.mark.parametrize("aggr", ["mean", "max"])
@pytest.mark.parametrize("kind", [float, Value])
def test_blocks_by_hand(kind, aggr):
    """W_r has two blocks along its diagonal, each [2][1], and zeros elsewhere."""
    conv = RGCNConv(4, 2, 1, num_blocks=2, root_weight=False, bias=False, aggr=aggr)
    conv.load_state_dict({"weight": [[[[1.0], [2.0]], [[3.0], [4.0]]]]})
    x = [[kind(1.0), kind(0.0), kind(100.0), kind(1000.0)], [kind(0.0)] * 4]
    assert numbers(conv(x, ([0], [1]), [0])) == [[0.0, 0.0], [1.0, 4300.0]]


# ---- nodes without features ----------------------------------------------------------------------


@pytest.mark.parametrize("aggr", ["mean", "add", "max", "mul"])
@pytest.mark.parametrize("bases", [None, 2])
def test_without_features_rows_of_the_weights_stand_for_x_times_the_weights(aggr, bases):
    """x = None is x = I, row by row; the aggregate is over those rows."""
    conv = RGCNConv(3, 2, 2, bases, aggr=aggr, rng=random.Random(1))
    state = conv.state_dict()
    matrices = state["weight"]
    if bases:
        matrices = [
            [[sum(a * v[k][o] for a, v in zip(shares, state["weight"])) for o in range(2)] for k in range(3)]
            for shares in state["comp"]
        ]
    expected = [[state["root"][i][o] + state["bias"][o] for o in range(2)] for i in range(3)]
    for r in range(2):
        for i in range(3):
            heard = [matrices[r][s] for s, t, kind in zip(*EDGES, TYPES) if t == i and kind == r]
            for o in range(2):
                column = [row[o] for row in heard]
                if aggr == "mul":
                    expected[i][o] += column[0] * column[1] if len(column) == 2 else sum(column or [1.0])
                elif column:
                    expected[i][o] += {"mean": sum(column) / len(column), "add": sum(column),
                                       "max": max(column)}[aggr]  # fmt: skip
    for row, wanted in zip(numbers(conv(None, EDGES, TYPES)), expected, strict=True):
        assert row == pytest.approx(wanted, rel=REORDERED)
    if aggr in ("mean", "add"):
        identity = [[float(i == j) for j in range(3)] for i in range(3)]
        for row, wanted in zip(numbers(conv(identity, EDGES, TYPES)), expected, strict=True):
            assert row == pytest.approx(wanted, rel=REORDERED)


def test_row_numbers_choose_among_the_rows():
    """x = [2, 0, 2] reads rows 2, 0 and 2."""
    conv = RGCNConv(3, 1, 1, aggr="add", bias=False)
    conv.load_state_dict({"weight": [[[1.0], [2.0], [4.0]]], "root": [[10.0], [20.0], [40.0]]})
    assert numbers(conv([2, 0, 2], ([0, 1, 2], [1, 2, 2]), [0, 0, 0])) == [[40.0], [14.0], [45.0]]
    assert numbers(conv(None, ([0], [1]), [0])) == [[10.0], [21.0], [40.0]]


@pytest.mark.parametrize("options", [{}, {"num_bases": 2}, {"aggr": "max"}, {"aggr": "mul"}], ids=str)
def test_gradients_without_features_are_central_differences(options):
    """Of all parameters."""
    conv = RGCNConv(3, 2, 2, rng=random.Random(2), **options)

    def f(*_):
        return total([(1.0 + 0.3 * k) * v * v for k, v in enumerate(flatten(conv(None, EDGES, TYPES)))])

    assert gradcheck(f, conv.parameters())


# ---- what it costs -------------------------------------------------------------------------------


class Counter(Mode):
    """How many Values are made."""

    def __init__(self):
        self.made_values = 0

    def made(self, value):
        self.made_values += 1


def made_by(conv, x):
    edges = EdgeIndex(EDGES)
    conv(x, edges, TYPES)
    counter = Counter()
    with counter:
        conv(x, edges, TYPES)
    return counter.made_values


def test_only_rows_that_are_sent_are_transformed():
    """Four pairs of relation and sender, three rows of the root, three of the result; each of 2 numbers.

    Relation 0 is sent by 0 and 1, relation 1 by 1 and 2.
    """
    x = Features([[1.0] * 40, [0.0] * 40, [2.0] * 40])
    assert made_by(RGCNConv(40, 2, 2), x) == 2 * (4 + 3 + 3)
    assert made_by(RGCNConv(40, 2, 2, root_weight=False), x) == 2 * (4 + 3)
    assert made_by(RGCNConv(3, 2, 2), None) == 2 * 3
    assert made_by(RGCNConv(3, 2, 2, num_bases=2), None) == 2 * (4 + 3)


def test_types_changed_between_two_calls_are_used():
    """An EdgeIndex keeps what depends on the relations for as long as they stay the same."""
    edges, types = EdgeIndex(([0], [1])), [0]
    conv = scalar([1.0, 2.0])
    assert numbers(conv([[5.0], [0.0]], edges, types)) == [[0.0], [5.0]]
    types[0] = 1
    assert numbers(conv([[5.0], [0.0]], edges, types)) == [[0.0], [10.0]]
    assert numbers(scalar([1.0, 2.0, 3.0], aggr="max")([[5.0], [0.0]], edges, [2])) == [[0.0], [15.0]]


# ---- parameters ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, {"weight": [5, 4, 20], "root": [4, 20], "bias": [20]}),
        (
            {"num_bases": 3},
            {"weight": [3, 4, 20], "comp": [5, 3], "root": [4, 20], "bias": [20]},
        ),
        ({"num_blocks": 2}, {"weight": [5, 2, 2, 10], "root": [4, 20], "bias": [20]}),
        ({"root_weight": False, "bias": False}, {"weight": [5, 4, 20]}),
    ],
    ids=str,
)
def test_parameters_have_pygs_names_order_and_shapes(options, expected):
    """weight, comp, root, bias."""
    state = RGCNConv(4, 20, 5, rng=random.Random(0), **options).state_dict()
    assert list(state) == list(expected)
    assert {name: shape(entry) for name, entry in state.items()} == expected
    assert set(state.get("bias", [0.0])) == {0.0}


def test_initial_weights_are_glorots():
    """U(±√(6 / (in + out))), of blocks their own in and out, of comp √(6 / (R + B))."""
    conv = RGCNConv(4, 20, 5, 19, rng=random.Random(0))
    for parameter in (conv.weight, conv.root, conv.comp):
        assert 0.46 < max(map(abs, leaves(numbers_of(parameter)))) <= 0.5
    blocks = RGCNConv(4, 20, 9, num_blocks=2, rng=random.Random(0)).weight
    assert 0.65 < max(map(abs, leaves(numbers_of(blocks)))) <= 0.5**0.5


def test_a_median_has_pygs_buffer():
    """Its quantile, which is not learned."""
    assert list(RGCNConv(1, 1, 1, aggr="median", bias=False).state_dict()) == [
        "weight",
        "root",
        "aggr_module.q",
    ]


def test_positional_arguments_are_pygs():
    """in, out, num_relations, num_bases, num_blocks, aggr, root_weight, is_sorted, bias."""
    conv = RGCNConv(2, 3, 4, None, 1, "add", False, True, False)
    assert (conv.in_channels, conv.out_channels, conv.num_relations) == (2, 3, 4)
    assert (conv.num_bases, conv.num_blocks, conv.aggr) == (None, 1, "add")
    assert (conv.root, conv.is_sorted, conv.bias) == (None, True, None)
    assert RGCNConv(2, 3, 4).aggr == "mean"
    assert repr(conv) == "RGCNConv(2 -> 3, num_relations=4)"


# ---- refusals ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: RGCNConv((2, 3), 1, 1), r"in_channels is \(2, 3\): give one size, of all nodes"),
        (lambda: RGCNConv(2, 2, 1, 1, 1), "num_bases and num_blocks exclude each other"),
        (lambda: RGCNConv(3, 2, 1, num_blocks=2), "2 blocks cannot share 3 and 2 channels"),
        (lambda: RGCNConv(2, 3, 1, num_blocks=2), "2 blocks cannot share 2 and 3 channels"),
        (lambda: RGCNConv(1, 1, 1, aggr="maen"), "aggr is 'maen': choose from"),
        (lambda: RGCNConv(1, 1, 1)([[1.0]], ([], [])), "needs edge_type, the relation of each edge"),
        (lambda: RGCNConv(1, 1, 1)([[1.0]], ([0], [0]), []), "edge_type has 0 entries for 1 edges"),
        (
            lambda: RGCNConv(1, 1, 2)([[1.0]], ([0], [0]), [2]),
            r"edge_type\[0\] is 2: relations are numbered from 0 to 1",
        ),
        (lambda: RGCNConv(1, 1, 2)([[1.0]], ([0], [0]), [-1]), r"edge_type\[0\] is -1"),
        (lambda: RGCNConv(1, 1, 2)([[1.0]], ([0], [0]), [0.0]), r"edge_type\[0\] is 0.0"),
        (lambda: RGCNConv(2, 1, 1)([0, 2], ([], []), []), r"x\[1\] is 2: give rows of 2 entries, or row"),
        (lambda: RGCNConv(2, 1, 1)([0.5], ([], []), []), r"x\[0\] is 0.5: give rows of 2 entries"),
        (lambda: RGCNConv(2, 2, 1, num_blocks=2)(None, ([], []), []), "row numbers as x cannot meet blocks"),
    ],
)
def test_wrong_settings_and_inputs_are_refused(call, message):
    """By name."""
    with pytest.raises(ValueError, match=message):
        call()
