"""SAGPooling: the scores of a graph convolution by hand; gradients, batches, names, refusals."""

import math
import random

import pytest

from tinygnn import Batch, Graph, Value
from tinygnn.gradcheck import gradcheck
from tinygnn.linalg import flatten, total
from tinygnn.nn import GATConv, GCNConv, SAGEConv, SAGPooling
from tinygnn.nn.module import numbers_of
from tinygnn.sparse import Features

# A few operations on numbers near one.
ROUNDED = 1e-14
EDGES = ([0, 1, 2, 3, 3], [1, 2, 0, 0, 3])
X = [[1.0], [2.0], [-3.0], [0.5]]


def values(rows):
    return [[Value(entry) for entry in row] for row in rows]


def scalar(sign=1.0, **options):
    """score_i = σ(sign · (Σ_j x_j + 10 x_i + 0.25))."""
    pool = SAGPooling(1, **options)
    pool.load_state_dict(
        {
            "gnn.lin_rel.weight": [[1.0]],
            "gnn.lin_rel.bias": [0.25],
            "gnn.lin_root.weight": [[10.0]],
            "select.weight": [[sign]],
        }
    )
    return pool


@pytest.mark.parametrize("wrap", [list, Features, values], ids=["floats", "Features", "Values"])
def test_everything_by_hand(wrap):
    """Scores 7.75, 21.25, -27.75, 5.75 of the nodes; 1 and 0 stay, and the edge 0 -> 1."""
    pool = scalar(0.125, nonlinearity=lambda v: v, multiplier=3.0)
    rows, edges, attr, batch, perm, score = pool(wrap(X), EDGES, ["a", "b", "c", "d", "e"])
    assert perm == [1, 0]
    assert [s.data for s in score] == [21.25, 7.75]
    assert numbers_of(rows) == [[127.5], [23.25]]
    assert (edges, attr, batch) == (([1], [0]), ["a"], [0, 0])


def test_a_negative_weight_turns_the_scores_round():
    """Of select.weight only the sign counts."""
    for weight in (-1.0, -0.001, -70.0):
        rows, _, _, _, perm, score = scalar(weight, ratio=1, nonlinearity=lambda v: v)(X, EDGES)
        assert perm == [2]
        assert score[0].data == pytest.approx(27.75, rel=ROUNDED)
        assert rows[0][0].data == pytest.approx(-83.25, rel=ROUNDED)


def test_the_sign_has_no_gradient_beyond_rounding():
    """d(w/|w|)/dw is 0."""
    pool = scalar(0.3, ratio=1, nonlinearity=lambda v: v)
    pool(X, EDGES)[0][0][0].backward()
    assert abs(pool.select.weight[0][0].grad) < 100.0 * ROUNDED


def test_min_score_keeps_by_softmax():
    """Of x · w, with w not divided by its length."""
    pool = scalar(0.125, min_score=0.1)
    _, _, _, _, perm, score = pool(X, EDGES)
    exponentials = [math.exp(0.125 * s) for s in (7.75, 21.25, -27.75, 5.75)]
    assert perm == [0, 1, 3]
    expected = [exponentials[i] / sum(exponentials) for i in perm]
    assert [s.data for s in score] == pytest.approx(expected, rel=10.0 * ROUNDED)


def test_attn_gives_the_scores_and_x_the_rows():
    """As rows or as numbers."""
    for attn in ([[0.0], [0.0], [5.0], [0.0]], [0.0, 0.0, 5.0, 0.0]):
        rows, _, _, _, perm, _ = scalar(ratio=1)(X, EDGES, attn=attn)
        assert perm == [2]
        assert numbers_of(rows) == [[-3.0 * math.tanh(50.25)]]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"min_score": 0.1},
        {"GNN": GCNConv},
        {"GNN": GATConv, "heads": 1},
        {"GNN": SAGEConv, "aggr": "max"},
        {"aggr": "mean", "multiplier": 0.5},
    ],
    ids=["plain", "min_score", "GCN", "GAT", "SAGE", "mean"],
)
@pytest.mark.parametrize("batch", [None, [0, 1, 0, 0]], ids=str)
def test_gradients_are_central_differences(batch, options):
    """Of x and every parameter, with any convolution and its options."""
    pool = SAGPooling(2, rng=random.Random(4), **options)
    x = values([[0.5, -1.0], [2.0, 0.25], [-0.75, 1.5], [1.0, 1.0]])

    def objective(*_):
        rows, _, _, _, _, score = pool(x, EDGES, batch=batch)
        return total([(1.0 + 0.5 * k) * v * (v + 1.0) for k, v in enumerate(flatten(rows) + score)])

    assert gradcheck(objective, pool.parameters() + flatten(x))


@pytest.mark.parametrize("options", [{}, {"ratio": 2}, {"min_score": 0.3}, {"GNN": GCNConv}], ids=str)
def test_a_batch_gives_bit_for_bit_what_its_graphs_give(options):
    """Rows, scores and positions."""
    rng = random.Random(5)
    graphs = [
        Graph(
            ([rng.randrange(n) for _ in range(2 * n)], [rng.randrange(n) for _ in range(2 * n)]),
            x=[[rng.gauss(0, 1), rng.gauss(0, 1)] for _ in range(n)],
        )
        for n in (3, 1, 5, 4)
    ]
    pool = SAGPooling(2, rng=rng, **options)
    batch = Batch.from_graphs(graphs)
    x, _, _, numbers, perm, score = pool(batch.x, batch.edge_index, None, batch.batch)
    alone = [pool(graph.x, graph.edge_index) for graph in graphs]
    assert numbers_of(x) == [row for part in alone for row in numbers_of(part[0])]
    assert numbers_of(score) == [s for part in alone for s in numbers_of(part[5])]
    assert perm == [batch.ptr[k] + i for k, part in enumerate(alone) for i in part[4]]
    assert numbers == [k for k, part in enumerate(alone) for _ in part[4]]


def test_parameters_have_pygs_names():
    """Those of the convolution, then select.weight."""
    assert list(SAGPooling(3).state_dict()) == [
        "gnn.lin_rel.weight",
        "gnn.lin_rel.bias",
        "gnn.lin_root.weight",
        "select.weight",
    ]
    assert list(SAGPooling(3, GNN=GCNConv).state_dict()) == ["gnn.bias", "gnn.lin.weight", "select.weight"]


def test_positional_arguments_are_pygs():
    """in_channels, ratio, GNN, min_score, multiplier, nonlinearity, then the convolution's."""
    pool = SAGPooling(2, 0.25, GCNConv, None, 3.0, "sigmoid", bias=False)
    assert (pool.in_channels, pool.ratio, pool.min_score, pool.multiplier) == (2, 0.25, None, 3.0)
    assert isinstance(pool.gnn, GCNConv) and pool.gnn.bias is None
    assert repr(pool) == "SAGPooling(GCNConv(2 -> 1), ratio=0.25)"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: SAGPooling(2, ratio=None), "ratio is None"),
        (lambda: SAGPooling(2)([[1.0]], ([], [])), r"SAGPooling takes rows of 2 entries, but x\[0\] has 1"),
        (lambda: SAGPooling(1)([[1.0]], ([0], [1])), "target 1 is not a node"),
        (lambda: SAGPooling(1)([[1.0]], ([0], [0]), []), "edge_attr has 0 entries for 1 edges"),
        (lambda: SAGPooling(1)([[1.0]], ([], []), batch=[0, 0]), "batch has 2 entries for 1 rows"),
    ],
)
def test_wrong_arguments_are_refused(call, message):
    """Saying what was found."""
    with pytest.raises(ValueError, match=message):
        call()
