"""Batch: the union by hand, the way back without loss, bit for bit the same layers, refusals."""

import copy
import dataclasses
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinygnn import GNN, Batch, EdgeIndex, Graph, Value, nn
from tinygnn.graph import MASKS
from tinygnn.linalg import flatten, linear_combination
from tinygnn.nn.module import numbers_of
from tinygnn.sparse import Features

FIELDS = [entry.name for entry in dataclasses.fields(Graph)]


def same(one, other):
    """Equality of every field, of numbers' types and of the order of columns too."""
    for name in FIELDS:
        a, b = getattr(one, name), getattr(other, name)
        if repr(a) != repr(b) or type(a) is not type(b):
            return False
    return type(one) is type(other)


def two():
    """Two nodes with everything that a graph can have, and one node with a self loop."""
    big = Graph(
        ([0, 1], [1, 0]),
        x=[[1.0, 2.0], [3.0, 4.0]],
        y=[0, 1],
        edge_weight=[0.5, 0.25],
        edge_attr=[[1.0], [2.0]],
        train_mask=[True, False],
        node_ids=["a", "b"],
        directed=False,
        node_attrs={"name": ["Ann", None]},
        edge_attrs={"kind": ["x", "y"]},
        graph_attrs={"title": "big", "year": None},
        class_names=["no", "yes"],
        origin={"format": "csv"},
    )
    small = Graph(
        ([0], [0]),
        x=[[5.0, 6.0]],
        y=[1],
        y_level="node",
        edge_weight=[2.0],
        edge_attr=[[3.0]],
        train_mask=[True],
        node_attrs={"size": [7]},
        graph_attrs={"title": "small"},
        class_names=["no", "yes"],
    )
    return [big, small]


# ---- by hand -------------------------------------------------------------------------------------


def test_the_union_by_hand():
    """Every field: rows one below the other, edges shifted, None where a graph lacks an attribute."""
    batch = Batch.from_graphs(two())
    assert batch.edge_index == ([0, 1, 2], [1, 0, 2])
    assert (batch.num_graphs, batch.num_nodes, batch.num_edges) == (2, 3, 3)
    assert (batch.batch, batch.ptr) == ([0, 0, 1], [0, 2, 3])
    assert batch.x == [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
    assert (batch.y, batch.y_level, batch.class_names) == ([0, 1, 1], "node", ["no", "yes"])
    assert (batch.edge_weight, batch.edge_attr) == ([0.5, 0.25, 2.0], [[1.0], [2.0], [3.0]])
    assert (batch.train_mask, batch.val_mask, batch.test_mask) == ([True, False, True], None, None)
    assert batch.node_ids == [(0, "a"), (0, "b"), (1, 0)]
    assert batch.node_attrs == {"name": ["Ann", None, None], "size": [None, None, 7]}
    assert batch.edge_attrs == {"kind": ["x", "y", None]}
    assert batch.graph_attrs == {"title": ["big", "small"], "year": [None, None]}
    assert (batch.directed, batch.origin) == (True, {})
    assert batch.validate()


def test_y_per_graph_is_one_entry_for_each():
    """A number alone and a list of one are the same to a loss; several targets make a row."""
    edges = ([0], [1])
    bare, listed = Graph(edges, y=2), Graph(edges, y=[3])
    batch = Batch.from_graphs([bare, listed, bare])
    assert (batch.y, batch.y_level, batch.num_classes) == ([2, 3, 2], "graph", 4)
    assert [graph.y for graph in batch] == [2, [3], 2]
    rows = [Graph(edges, y=[0.5, 1.5, 2.5], y_level="graph"), Graph(edges, y=[[3.5, 4.5, 5.5]])]
    batch = Batch.from_graphs(rows)
    assert batch.y == [[0.5, 1.5, 2.5], [3.5, 4.5, 5.5]]
    assert all(map(same, batch.to_graphs(), rows))


def test_as_many_graphs_as_nodes_leave_y_per_graph():
    """The level is kept, not guessed again."""
    batch = Batch.from_graphs([Graph(([], []), num_nodes=1, y=k, y_level="graph") for k in (4, 5)])
    assert (batch.y_level, batch.y) == ("graph", [4, 5])
    assert batch[1].y == 5


def test_constant_features_stay_constant_and_values_stay_themselves():
    """So that zeros cost nothing, and gradients reach the graphs' own x."""
    assert isinstance(Batch.from_graphs(two()).x, Features)
    big, small = two()
    small.x = [[Value(5.0), Value(6.0)]]
    weight = Value(2.0)
    small.edge_weight = [weight]
    batch = Batch.from_graphs([big, small])
    assert not isinstance(batch.x, Features)
    assert batch.x[2][0] is small.x[0][0] is batch[1].x[0][0]
    assert isinstance(batch[0].x, Features)
    assert batch.edge_weight[2] is weight is batch[1].edge_weight[0]


def test_counting_cutting_and_walking():
    """len, an index from either end, slices, iteration."""
    graphs = [*two(), two()[0]]
    batch = Batch.from_graphs(graphs)
    assert len(batch) == batch.num_graphs == 3
    assert same(batch[1], graphs[1]) and same(batch[-3], graphs[0])
    assert len(batch[1:]) == 2 and all(map(same, batch[1:], graphs[1:]))
    assert all(map(same, batch[::-1], graphs[::-1]))
    assert all(map(same, batch, graphs))
    for k in (3, -4):
        with pytest.raises(IndexError, match=f"graph {k} of a batch of 3 graphs"):
            batch[k]


def test_what_the_fields_hold_now_is_what_comes_back():
    """Predictions written into a batch are found in its graphs."""
    batch = Batch.from_graphs(two())
    batch.x = [[float(i)] for i in range(3)]
    batch.node_attrs["predicted"] = [0, 1, 0]
    big, small = batch.to_graphs()
    assert (big.x, small.x) == ([[0.0], [1.0]], [[2.0]])
    assert big.node_attrs == {"name": ["Ann", None], "predicted": [0, 1]}
    assert small.node_attrs == {"size": [7], "predicted": [0]}


def test_the_graphs_are_not_changed_with_the_batch():
    """Columns are copies."""
    graphs = two()
    batch = Batch.from_graphs(graphs)
    batch.x[0][0] = batch.y[0] = batch.edge_weight[0] = 99
    batch.node_attrs["name"][0] = batch.graph_attrs["title"][0] = "changed"
    assert all(map(same, graphs, two()))


def test_a_batch_can_be_copied():
    """And is equal to its copy."""
    batch = Batch.from_graphs(two())
    again = copy.deepcopy(batch)
    assert again == batch and again is not batch
    assert all(map(same, again, two()))


def test_repr_counts():
    """In one line."""
    assert repr(Batch.from_graphs(two())) == "Batch(2 graphs, 3 nodes, 3 edges, x 2, y 2 classes)"
    assert repr(Batch.from_graphs(two()[:1])) == "Batch(1 graph, 2 nodes, 2 edges, x 2, y 2 classes)"


# ---- there and back --------------------------------------------------------------------------------

numbers = st.floats(-2.0, 2.0)
attributes = st.one_of(st.none(), st.integers(0, 3), st.text(max_size=2), st.lists(st.integers(0, 1)))


@st.composite
def graphs_that_fit(draw):
    """Graphs that agree in x, y, weights and masks where they have rows, and in nothing else."""
    width, attr_width = draw(st.integers(0, 2)), draw(st.sampled_from([None, 0, 2]))
    level, targets = draw(st.sampled_from([None, "node", "graph"])), draw(st.integers(1, 2))
    target = st.integers(0, 1) if targets == 1 else st.lists(numbers, min_size=2, max_size=2)
    given_fields = {name: draw(st.booleans()) for name in ("x", "edge_weight", "edge_attr", *MASKS)}
    class_names = draw(st.sampled_from([None, ["no", "yes"]]))
    chosen = []
    for _ in range(draw(st.integers(1, 4))):
        n = draw(st.integers(0, 3))
        e = draw(st.integers(0, 4)) if n else 0

        def column(entry, size):
            return draw(st.lists(entry, min_size=size, max_size=size))

        def maybe(name, entry, size):
            has = given_fields[name] if size else draw(st.booleans())
            return column(entry, size) if has else None

        def attrs(size):
            return {key: column(attributes, size) for key in column(st.sampled_from(["a", "b", 1]), 2)}

        node = st.integers(0, max(n - 1, 0))
        if level == "graph":
            y = draw(target)
            y = [y] if draw(st.booleans()) else y
        else:
            y = column(target, n) if level and (n or draw(st.booleans())) else None
        row = st.lists(numbers, min_size=width, max_size=width)
        attr = numbers if attr_width is None else st.lists(numbers, min_size=attr_width, max_size=attr_width)
        chosen.append(
            Graph(
                (column(node, e), column(node, e)),
                x=maybe("x", row, n),
                y=y,
                y_level=level if y is not None else draw(st.sampled_from([None, "node", "graph"])),
                edge_weight=maybe("edge_weight", numbers, e),
                edge_attr=maybe("edge_attr", attr, e),
                num_nodes=n,
                **{mask: maybe(mask, st.booleans(), n) for mask in MASKS},
                node_ids=draw(st.one_of(st.none(), st.permutations(range(n)))),
                directed=draw(st.booleans()),
                node_attrs=attrs(n),
                edge_attrs=attrs(e),
                graph_attrs=draw(st.dictionaries(st.sampled_from(["a", "b", 1]), attributes)),
                class_names=class_names,
                origin=draw(st.dictionaries(st.just("format"), st.just("csv"))),
            )
        )
    return chosen


@given(graphs_that_fit())
def test_there_and_back_every_field_is_the_same(graphs):
    """None stays None and absent stays absent, with no nodes and no edges too."""
    batch = Batch.from_graphs(graphs)
    assert batch.validate()
    found = batch.to_graphs()
    assert found == graphs
    for graph, again in zip(graphs, found, strict=True):
        assert same(graph, again)
    assert [repr(batch[k]) for k in range(len(batch))] == list(map(repr, graphs))


@settings(max_examples=30)
@given(graphs_that_fit())
def test_nodes_and_edges_stand_where_batch_and_ptr_say(graphs):
    """Node i of graph k is node ptr[k] + i; every edge stays within its graph."""
    batch = Batch.from_graphs(graphs)
    assert [batch.batch.count(k) for k in range(len(batch))] == [graph.num_nodes for graph in graphs]
    assert batch.batch == sorted(batch.batch)
    assert all(batch.batch[s] == batch.batch[t] for s, t in zip(*batch.edge_index, strict=True))
    expected = [
        (batch.ptr[k] + s, batch.ptr[k] + t)
        for k, graph in enumerate(graphs)
        for s, t in zip(*graph.edge_index, strict=True)
    ]
    assert list(zip(*batch.edge_index, strict=True)) == expected


# ---- a batch gives what its graphs give ------------------------------------------------------------


def plain(graph):
    return graph.x, graph.edge_index


def weighted(graph):
    return graph.x, graph.edge_index, graph.edge_weight


def with_attr(graph):
    return graph.x, graph.edge_index, graph.edge_attr


def typed(graph):
    return graph.x, graph.edge_index, graph.edge_attrs["type"]


def twice(graph):
    return graph.x, graph.x, graph.edge_index, graph.edge_weight


def by_graph(graph):
    return graph.x, getattr(graph, "batch", None), getattr(graph, "num_graphs", None)


def perceptron(rng, *sizes):
    return nn.MLP(sizes, norm=None, rng=rng)


LAYERS = {
    "GCN": (weighted, lambda rng: nn.GCNConv(2, 3, rng=rng)),
    "GCN, as it is": (weighted, lambda rng: nn.GCNConv(2, 3, normalize=False, rng=rng)),
    "SAGE mean": (plain, lambda rng: nn.SAGEConv(2, 3, rng=rng)),
    "SAGE max": (plain, lambda rng: nn.SAGEConv(2, 3, "max", normalize=True, project=True, rng=rng)),
    "SAGE sum": (plain, lambda rng: nn.SAGEConv(2, 3, "sum", rng=rng)),
    "GAT": (plain, lambda rng: nn.GATConv(2, 3, heads=2, rng=rng)),
    "GAT with edges": (with_attr, lambda rng: nn.GATConv(2, 3, edge_dim=2, residual=True, rng=rng)),
    "SG": (weighted, lambda rng: nn.SGConv(2, 3, K=2, rng=rng)),
    "APPNP": (weighted, lambda rng: nn.APPNP(2, 0.125, rng=rng)),
    "TAG": (weighted, lambda rng: nn.TAGConv(2, 3, K=2, rng=rng)),
    "Cheb": (weighted, lambda rng: nn.ChebConv(2, 3, K=3, rng=rng)),
    "GCN2": (twice, lambda rng: nn.GCN2Conv(2, 0.5, rng=rng)),
    "ARMA": (weighted, lambda rng: nn.ARMAConv(2, 3, num_stacks=2, num_layers=2, rng=rng)),
    "RGCN": (typed, lambda rng: nn.RGCNConv(2, 3, num_relations=3, rng=rng)),
    "GatedGraph": (weighted, lambda rng: nn.GatedGraphConv(3, num_layers=2, rng=rng)),
    "GraphConv": (weighted, lambda rng: nn.GraphConv(2, 3, rng=rng)),
    "GraphConv max": (weighted, lambda rng: nn.GraphConv(2, 3, "max", rng=rng)),
    "GATv2": (with_attr, lambda rng: nn.GATv2Conv(2, 3, heads=2, edge_dim=2, rng=rng)),
    "GIN": (plain, lambda rng: nn.GINConv(perceptron(rng, 2, 3, 3), train_eps=True)),
    "GINE": (with_attr, lambda rng: nn.GINEConv(perceptron(rng, 2, 3), edge_dim=2, rng=rng)),
    "Edge": (plain, lambda rng: nn.EdgeConv(perceptron(rng, 4, 3))),
    "NN": (with_attr, lambda rng: nn.NNConv(2, 3, perceptron(rng, 2, 6), rng=rng)),
    "GraphNorm": (by_graph, lambda rng: nn.GraphNorm(2)),
    "LayerNorm": (by_graph, lambda rng: nn.LayerNorm(2)),
    "InstanceNorm": (by_graph, lambda rng: nn.InstanceNorm(2)),
    "PairNorm": (by_graph, lambda rng: nn.PairNorm()),
    "GraphSizeNorm": (by_graph, lambda rng: nn.GraphSizeNorm()),
    "GNN": (lambda graph: (graph,), lambda rng: GNN("gcn", 2, 4, 3, 2, seed=1)),
}


@st.composite
def filled_graphs(draw):
    """Graphs with two features, edge weights and edge features; x constant, or Values."""
    seed, count, constant = draw(st.integers(0, 99)), draw(st.integers(1, 4)), draw(st.booleans())
    rng = random.Random(seed)
    chosen = []
    for _ in range(count):
        n = rng.randint(0, 4)
        e = rng.randint(0, 6) if n else 0
        kind = float if constant else Value
        chosen.append(
            Graph(
                ([rng.randrange(n) for _ in range(e)], [rng.randrange(n) for _ in range(e)]),
                x=[[kind(rng.choice([0.0, rng.uniform(-1, 1)])) for _ in range(2)] for _ in range(n)],
                edge_weight=[rng.random() for _ in range(e)],
                edge_attr=[[rng.gauss(0, 1), rng.random()] for _ in range(e)],
                edge_attrs={"type": [rng.randrange(3) for _ in range(e)]},
                num_nodes=n,
            )
        )
    return chosen


@pytest.mark.parametrize(("arguments", "layer"), LAYERS.values(), ids=LAYERS)
@settings(max_examples=8)
@given(graphs=filled_graphs())
def test_a_batch_gives_bit_for_bit_what_its_graphs_give(layer, arguments, graphs):
    """Each number, and with the same cotangents each gradient of x."""
    conv = layer(random.Random(3))

    def run(graph):
        return conv(*arguments(graph))

    def gradients(rows, xs):
        """Of Σ weight · number, the weights counted from 1 in each graph."""
        found = [v for x in xs for v in flatten(x) if isinstance(v, Value)]
        for v in found:
            v.grad = 0.0
        values = [v for part in rows for v in flatten(part)]
        weights = [1.0 + 0.125 * k for part in rows for k in range(len(flatten(part)))]
        linear_combination(weights, values).backward()
        return [v.grad for v in found]

    one_by_one = [run(graph) for graph in graphs]
    batch = Batch.from_graphs(graphs)
    together = run(batch)
    assert numbers_of(together) == [row for part in one_by_one for row in numbers_of(part)]
    xs = [graph.x for graph in graphs]
    parts = [together[start:end] for start, end in zip(batch.ptr, batch.ptr[1:])]
    assert gradients(parts, xs) == gradients(one_by_one, xs)


MODELS = {
    "GIN, sum": lambda: GNN("gin", 2, 4, 2, 3, readout="sum", seed=1),
    "GraphSAGE, max": lambda: GNN("sage", 2, 4, 2, 3, readout="max", jk="cat", seed=1),
    "GCN with a norm, mean": lambda: GNN("gcn", 2, 4, 2, 3, readout="mean", norm="graph_norm", seed=1),
}


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
@settings(max_examples=8)
@given(graphs=filled_graphs())
def test_a_row_of_each_graph_is_what_the_graph_gives_alone(model, graphs):
    """Through convolutions, norms and readouts, for graphs without nodes too."""
    model = model()
    one_by_one = [numbers_of(model(graph))[0] for graph in graphs]
    assert numbers_of(model(Batch.from_graphs(graphs))) == one_by_one


# ---- refusals --------------------------------------------------------------------------------------

EDGES = ([0], [1])
REFUSED = {
    "no graphs": ([], "a batch of no graphs"),
    "no graph": ([Graph(EDGES), "karate"], r"graphs\[1\] is 'karate'"),
    "a batch": ([Batch.from_graphs([Graph(EDGES)])], r"graphs\[0\] is a Batch"),
    "x lacking": ([Graph(EDGES, x=[[1.0], [2.0]]), Graph(EDGES)], r"graphs\[1\] has no x, but graphs\[0\]"),
    "weight lacking": ([Graph(EDGES), Graph(EDGES, edge_weight=[1.0])], r"graphs\[0\] has no edge_weight"),
    "mask lacking": ([Graph(EDGES, val_mask=[True] * 2), Graph(EDGES)], r"graphs\[1\] has no val_mask"),
    "y lacking": ([Graph(EDGES, y=[0, 1]), Graph(EDGES)], r"graphs\[1\] has no y, but graphs\[0\] has"),
    "y of a graph lacking": ([Graph(EDGES), Graph(EDGES, y=1)], r"graphs\[0\] has no y, but graphs\[1\] has"),
    "y levels": (
        [Graph(EDGES, y=1), Graph(EDGES, y=[0, 1])],
        r"graphs\[1\] has y per node, but graphs\[0\] per graph"),
    "x widths": (
        [Graph(([], []), num_nodes=0), Graph(EDGES, x=[[1.0]] * 2), Graph(EDGES, x=[[1.0, 2.0]] * 2)],
        r"x of graphs\[2\] has rows of 2, of graphs\[1\] rows of 1"),
    "edge_attr widths": (
        [Graph(EDGES, edge_attr=[1.0]), Graph(EDGES, edge_attr=[[1.0]])],
        r"edge_attr of graphs\[1\] has rows of 1, of graphs\[0\] numbers"),
    "y widths": (
        [Graph(EDGES, y=[[0.5, 1.0]]), Graph(EDGES, y=[0.5])],
        r"y of graphs\[1\] has numbers, of graphs\[0\] rows of 2"),
    "class names": (
        [Graph(EDGES, class_names=["a"]), Graph(EDGES)],
        r"graphs\[1\] has the class_names None, graphs\[0\] \['a'\]"),
}  # fmt: skip


@pytest.mark.parametrize(("graphs", "message"), REFUSED.values(), ids=REFUSED)
def test_graphs_that_do_not_fit_together_are_refused(graphs, message):
    """Naming the graph and the field."""
    with pytest.raises(ValueError, match=message):
        Batch.from_graphs(graphs)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ptr": [0, 3]}, r"ptr is \[0, 3\]"),
        ({"batch": [0, 1, 1]}, "batch does not say"),
        (
            {"edge_index": EdgeIndex(([0], [1])), "edge_weight": None, "edge_attr": None, "edge_attrs": {}},
            "other edges",
        ),
        ({"y": [0, 1, 1], "y_level": "graph"}, "y has 3 entries for 2 graphs"),
    ],
)
def test_a_batch_that_was_spoilt_says_so(change, message):
    """`validate` checks what the graphs are cut by."""
    batch = Batch.from_graphs(two())
    for name, value in change.items():
        setattr(batch, name, value)
    with pytest.raises(ValueError, match=message):
        batch.validate()
