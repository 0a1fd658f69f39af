"""SelectTopK and TopKPooling: what stays and in which order, by hand; gradients, batches, refusals."""

import math
import random

import pytest

from tinygnn import Batch, EdgeIndex, Graph, Value
from tinygnn.gradcheck import gradcheck
from tinygnn.linalg import flatten, total
from tinygnn.nn import SelectTopK, TopKPooling
from tinygnn.nn.module import numbers_of
from tinygnn.sparse import Features

# A few operations on numbers near one.
ROUNDED = 1e-14


def values(rows):
    return [[Value(entry) for entry in row] for row in rows]


def scalar(weight=1.0, **options):
    """One feature, which is the score before tanh where the weight is 1."""
    pool = TopKPooling(1, **options)
    pool.load_state_dict({"select.weight": [[weight]]})
    return pool


def kept(x, batch=None, **options):
    """The positions of the nodes that stay."""
    return scalar(**options)([[entry] for entry in x], ([], []), None, batch)[4]


# ---- what stays ------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrap", [list, Features, values], ids=["floats", "Features", "Values"])
def test_everything_by_hand(wrap):
    """Nodes 3 and 1 stay, in that order, with the edges between them and what belongs to these."""
    pool = TopKPooling(2, ratio=0.5, multiplier=2.0)
    pool.load_state_dict({"select.weight": [[3.0, 4.0]]})
    x = [[0.0, 0.0], [0.5, 0.25], [-1.0, 1.0], [1.0, 0.0]]  # x·w/5 = 0, 0.5, 0.2, 0.6
    edges = ([3, 1, 0, 3, 1, 2], [1, 3, 1, 3, 1, 2])
    rows, edge_index, edge_attr, batch, perm, score = pool(wrap(x), edges, [["a"], "b", "c", "d", "e", "f"])
    assert perm == [3, 1]
    assert [s.data for s in score] == pytest.approx([math.tanh(0.6), math.tanh(0.5)], rel=ROUNDED)
    assert flatten(numbers_of(rows)) == pytest.approx(
        [2.0 * math.tanh(0.6), 0.0, math.tanh(0.5), 0.5 * math.tanh(0.5)], rel=ROUNDED
    )
    assert isinstance(edge_index, EdgeIndex)
    assert (edge_index, edge_attr, batch) == (([0, 1, 0, 1], [1, 0, 0, 1]), [["a"], "b", "d", "e"], [0, 0])


@pytest.mark.parametrize(
    ("ratio", "count"),
    [(0.5, 3), (0.2, 1), (0.21, 2), (0.001, 1), (0.999, 5), (1, 1), (1.0, 1), (4, 4), (9, 5)],
)
def test_ratio_is_a_share_below_one_and_a_number_from_one_on(ratio, count):
    """The share is rounded up; of five nodes no more than five stay."""
    assert kept([1.0, 5.0, 3.0, 4.0, 2.0], ratio=ratio) == [1, 3, 2, 4, 0][:count]


def test_each_graph_keeps_its_own_best():
    """Graph by graph, sorted or not; a graph without nodes keeps none."""
    x = [0.1, 0.9, 0.5, 0.3, 0.8]
    assert kept(x, [0, 0, 0, 2, 2], ratio=1) == [1, 4]
    assert kept(x, [2, 0, 2, 0, 2], ratio=0.5) == [1, 4, 2]
    _, _, _, batch, perm, _ = scalar(ratio=0.5)([[e] for e in x], ([], []), batch=[2, 0, 2, 0, 2])
    assert (perm, batch) == ([1, 4, 2], [0, 2, 2])


def test_of_equal_scores_the_one_that_stands_first_comes_first():
    """Also where tanh has run into 1, and where all are 0."""
    assert kept([0.5, 0.25, 0.5, 0.5], ratio=2) == [0, 2]
    assert kept([50.0, 70.0, 60.0], ratio=2) == [0, 1]
    assert kept([0.0, -0.0, 0.0], ratio=3) == [0, 1, 2]


def test_a_nan_score_comes_first():
    """So that it is seen, as PyTorch's sort has it."""
    assert kept([1.0, math.nan, 3.0], ratio=2) == [1, 2]


def test_a_negative_weight_turns_the_order_round():
    """Only its direction counts."""
    assert kept([1.0, 3.0, 2.0], weight=-7.0, ratio=2) == [0, 2]


def test_min_score_keeps_by_softmax_and_never_drops_a_whole_graph():
    """In the order of the nodes; scores are shares of the graph, and w is not divided by its length."""
    log = math.log
    x = [log(1.0), log(5.0), log(2.0), log(2.0), log(2.0), log(2.0)]  # shares 1/8, 5/8, 2/8; 1/3 each
    batch = [0, 0, 0, 1, 1, 1]
    assert kept(x, batch, min_score=0.2) == [1, 2, 3, 4, 5]
    assert kept(x, batch, min_score=0.5) == [1, 3, 4, 5]
    assert kept(x, batch, min_score=0.99) == [1, 3, 4, 5]
    assert kept(x, [1, 1, 1, 0, 0, 0], min_score=0.99) == [1, 3, 4, 5]
    _, _, _, _, _, score = scalar(2.0, min_score=0.0)([[0.0], [log(2.0)]], ([], []))
    assert [s.data for s in score] == pytest.approx([0.2, 0.8], rel=ROUNDED)


def test_attn_gives_the_scores_and_x_the_rows():
    """In the same number of columns, or numbers where there is one."""
    for attn in ([[1.0], [9.0]], [1.0, 9.0]):
        rows, _, _, _, perm, _ = scalar(ratio=1)([[5.0], [2.0]], ([], []), attn=attn)
        assert perm == [1]
        assert numbers_of(rows) == [[2.0 * math.tanh(9.0)]]


def test_the_nonlinearity_is_a_name_a_function_or_none():
    """It is what x is multiplied by."""
    assert scalar(nonlinearity="sigmoid", ratio=1)([[0.0]], ([], []))[5][0].data == 0.5
    assert scalar(nonlinearity=lambda v: v * 3.0, ratio=1)([[2.0]], ([], []))[5][0].data == 6.0
    assert scalar(nonlinearity=None, ratio=1)([[2.0]], ([], []))[5][0].data == 2.0


def test_no_nodes_and_no_edges():
    """Nothing stays nothing; edge_attr None stays None."""
    x, edges, attr, batch, perm, score = scalar()([], ([], []))
    assert (x, edges, attr, batch, perm, score) == ([], ([], []), None, [], [], [])
    assert scalar()([[1.0]], ([], []), [])[2] == []


# ---- gradients -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options", [{}, {"min_score": 0.1}, {"multiplier": 0.5, "nonlinearity": "sigmoid"}, {"ratio": 3}], ids=str
)
@pytest.mark.parametrize("batch", [None, [0, 1, 0, 1]], ids=str)
def test_gradients_are_central_differences(batch, options):
    """Of x and the weight, through rows and scores."""
    pool = TopKPooling(2, rng=random.Random(4), **options)
    x = values([[0.5, -1.0], [2.0, 0.25], [-0.75, 1.5], [1.0, 1.0]])

    def objective(*_):
        rows, _, _, _, _, score = pool(x, ([], []), batch=batch)
        return total([(1.0 + 0.5 * k) * v * (v + 1.0) for k, v in enumerate(flatten(rows) + score)])

    assert gradcheck(objective, pool.parameters() + flatten(x))


def test_nodes_that_go_have_no_gradient():
    """The choice has none of its own."""
    x = values([[1.0], [2.0]])
    rows, *_ = scalar(ratio=1)(x, ([0, 1], [1, 0]))
    rows[0][0].backward()
    assert x[0][0].grad == 0.0 and x[1][0].grad != 0.0


def test_edge_features_stay_the_same_values():
    """So their gradients arrive."""
    attr = [Value(1.0), Value(2.0)]
    assert scalar(ratio=2)([[1.0], [2.0]], ([0, 1], [1, 0]), attr)[2] == attr


# ---- batches, names, refusals ----------------------------------------------------------------------


@pytest.mark.parametrize("options", [{}, {"ratio": 2}, {"min_score": 0.3}], ids=str)
def test_a_batch_gives_bit_for_bit_what_its_graphs_give(options):
    """Rows, edges shifted by what stays of the graphs before, positions shifted by what stood there."""
    rng = random.Random(5)
    graphs = [
        Graph(
            ([rng.randrange(n) for _ in range(2 * n)], [rng.randrange(n) for _ in range(2 * n)]),
            x=[[rng.gauss(0, 1), rng.gauss(0, 1)] for _ in range(n)],
        )
        for n in (3, 1, 5, 4)
    ]
    pool = TopKPooling(2, rng=rng, **options)
    batch = Batch.from_graphs(graphs)
    x, edges, _, numbers, perm, score = pool(batch.x, batch.edge_index, None, batch.batch)
    alone = [pool(graph.x, graph.edge_index) for graph in graphs]
    assert numbers_of(x) == [row for part in alone for row in numbers_of(part[0])]
    assert numbers_of(score) == [s for part in alone for s in numbers_of(part[5])]
    assert perm == [batch.ptr[k] + i for k, part in enumerate(alone) for i in part[4]]
    assert numbers == [k for k, part in enumerate(alone) for _ in part[4]]
    starts = [sum(len(part[4]) for part in alone[:k]) for k in range(4)]
    expected = [[starts[k] + i for k, part in enumerate(alone) for i in part[1][end]] for end in (0, 1)]
    assert list(edges) == expected


def test_parameters_have_pygs_name_shape_and_bound():
    """select.weight [1][in_channels] from U(±1/√in_channels)."""
    state = TopKPooling(25, rng=random.Random(0)).state_dict()
    assert list(state) == ["select.weight"]
    [row] = state["select.weight"]
    assert len(row) == 25 and 0.1 < max(map(abs, row)) <= 0.2


def test_positional_arguments_are_pygs():
    """in_channels, ratio, min_score, multiplier, nonlinearity."""
    pool = TopKPooling(2, 0.25, 0.125, 3.0, "sigmoid")
    assert (pool.in_channels, pool.ratio, pool.min_score, pool.multiplier) == (2, 0.25, 0.125, 3.0)
    pool.load_state_dict({"select.weight": [[1.0, 0.0]]})
    assert [s.data for s in pool.select([[0.0, 0.0]])[1]] == [1.0]  # a softmax: min_score counts


def test_repr_says_how_many_stay():
    """Ratio, or score."""
    assert repr(TopKPooling(2, 0.25)) == "TopKPooling(2, ratio=0.25)"
    assert repr(TopKPooling(2, min_score=0.1)) == "TopKPooling(2, min_score=0.1)"
    assert repr(SelectTopK(2)) == "SelectTopK(2, ratio=0.5)"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: TopKPooling(2, ratio=0.0), "ratio is 0.0"),
        (lambda: TopKPooling(2, ratio=None), "ratio is None"),
        (lambda: TopKPooling(2, ratio=math.nan), "ratio is nan"),
        (lambda: TopKPooling(2)([[1.0]], ([], [])), r"TopKPooling takes rows of 2 entries, but x\[0\] has 1"),
        (lambda: TopKPooling(1)([[1.0]], ([0], [1])), "target 1 is not a node"),
        (lambda: TopKPooling(1)([[1.0]], ([0], [0]), []), "edge_attr has 0 entries for 1 edges"),
        (lambda: TopKPooling(1)([[1.0]], ([], []), batch=[0, 0]), "batch has 2 entries for 1 rows"),
        (lambda: TopKPooling(1, nonlinearity="tan"), "act is 'tan'"),
    ],
)
def test_wrong_arguments_are_refused(call, message):
    """Saying what was found."""
    with pytest.raises(ValueError, match=message):
        call()
