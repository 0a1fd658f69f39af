"""ChebConv: the polynomials by hand, Laplacians, λ_max, options, names."""

import random

import pytest

from tinygnn import EdgeIndex, Value
from tinygnn.linalg import flatten, total
from tinygnn.modes import Mode
from tinygnn.nn import ChebConv
from tinygnn.nn.module import leaves, shape
from tinygnn.sparse import Features

# Sums of a few dozen numbers near one, added up in another order.
REORDERED = 1e-11
PATH = ([0, 1, 1, 2], [1, 0, 2, 1])
R = 0.5**0.5


def numbers(rows):
    return [[v.data for v in row] for row in rows]


def scalar(weights, bias=0.0, normalization="sym", **options):
    """A convolution of one column with the given weights W_0 ... W_{K-1}."""
    conv = ChebConv(1, 1, len(weights), normalization, **options)
    state = {f"lins.{k}.weight": [[w]] for k, w in enumerate(weights)}
    conv.load_state_dict({**state, **({} if conv.bias is None else {"bias": [bias]})})
    return conv


def chebyshev(matrix, x, weights):
    """Σ_k w_k T_k(L̂) x by the recurrence T_k = 2 L̂ T_{k-1} - T_{k-2}."""

    def times(z):
        return [sum(a * e for a, e in zip(row, z)) for row in matrix]

    terms = [x, times(x)]
    while len(terms) < len(weights):
        terms.append([2.0 * a - b for a, b in zip(times(terms[-1]), terms[-2])])
    return [sum(w * term[i] for w, term in zip(weights, terms)) for i in range(len(x))]


# L̂ of a path of three by hand: degrees 1, 2, 1; λ_max is twice the largest entry of L: 2, 4, 2.
SCALED = {
    "sym": [[0.0, -R, 0.0], [-R, 0.0, -R], [0.0, -R, 0.0]],
    None: [[-0.5, -0.5, 0.0], [-0.5, 0.0, -0.5], [0.0, -0.5, -0.5]],
    "rw": [[0.0, -0.5, 0.0], [-1.0, 0.0, -1.0], [0.0, -0.5, 0.0]],  # by the degree of the sender
}


@pytest.mark.parametrize("kind", [float, Value])
@pytest.mark.parametrize("filters", [1, 2, 3, 4, 6])
@pytest.mark.parametrize("normalization", SCALED, ids=str)
def test_the_recurrence_by_hand(normalization, filters, kind):
    """Σ_k T_k(L̂) X W_kᵀ + b, by Clenshaw's recurrence here and term by term there."""
    weights = [1.0, -2.0, 0.5, 3.0, 0.25, -1.5][:filters]
    x = [1.0, -2.0, 4.0]
    expected = [e + 7.0 for e in chebyshev(SCALED[normalization], x, weights)]
    conv = scalar(weights, 7.0, normalization)
    found = conv([[kind(e)] for e in x], PATH, [kind(1.0)] * 4)
    assert flatten(numbers(found)) == pytest.approx(expected, rel=REORDERED, abs=REORDERED)


def test_two_columns_by_hand():
    """The matrices W_k act on columns, L̂ on rows."""
    conv = ChebConv(2, 2, K=2)
    conv.load_state_dict(
        {
            "bias": [0.5, -0.5],
            "lins.0.weight": [[1.0, 2.0], [3.0, 4.0]],
            "lins.1.weight": [[0.0, 1.0], [-1.0, 0.0]],
        }
    )
    found = numbers(conv([[1.0, 10.0], [2.0, 20.0]], ([0, 1], [1, 0])))  # L̂ x swaps and negates
    assert found == [[21.0 - 20.0 + 0.5, 43.0 + 2.0 - 0.5], [42.0 - 10.0 + 0.5, 86.0 + 1.0 - 0.5]]


def test_self_loops_do_not_count_and_degrees_count_what_leaves():
    """L̂ = L - I with λ_max = 2; 0 -> 1 and 0 -> 2, with weights 1 and 3."""
    conv = scalar([0.0, 1.0], normalization=None)
    x = [[1.0], [10.0], [100.0]]
    found = conv(x, ([0, 0, 1], [1, 2, 1]), [1.0, 3.0, 9.0], lambda_max=2.0)
    assert flatten(numbers(found)) == [3.0, -11.0, -103.0]


def test_lambda_max_scales_the_laplacian():
    """L̂ = 2 L / λ_max - I, from a number, a list of one and a Value."""
    x = [1.0, -2.0, 4.0]
    laplacian = [[1.0, -1.0, 0.0], [-1.0, 2.0, -1.0], [0.0, -1.0, 1.0]]
    scaled = [[0.5 * a - (i == j) for j, a in enumerate(row)] for i, row in enumerate(laplacian)]
    expected = chebyshev(scaled, x, [1.0, 2.0, 3.0])
    top = Value(4.0)
    for lambda_max in (4, 4.0, [4.0], top, [top]):
        found = scalar([1.0, 2.0, 3.0], normalization=None)([[e] for e in x], PATH, lambda_max=lambda_max)
        assert flatten(numbers(found)) == pytest.approx(expected, rel=REORDERED)


def test_lambda_max_may_learn():
    """d/dλ of 2/λ · (x_0 - x_1) is -2/λ² · (x_0 - x_1)."""
    top = Value(4.0)
    conv = scalar([0.0, 1.0], normalization=None)
    [[out], _] = conv([[3.0], [1.0]], ([0, 1], [1, 0]), lambda_max=top)
    out.backward()
    assert out.data == 2.0 / 4.0 * 2.0 - 3.0
    assert top.grad == -0.25


def test_a_batch_may_have_a_lambda_max_for_each_graph():
    """The graphs give what they give alone."""
    conv = scalar([1.0, 2.0, 3.0], normalization=None)
    one = conv([[1.0], [2.0]], ([0, 1], [1, 0]), lambda_max=3.0)
    other = conv([[5.0], [7.0]], ([0, 1], [1, 0]), lambda_max=2.5)
    both = conv([[1.0], [2.0], [5.0], [7.0]], ([0, 1, 2, 3], [1, 0, 3, 2]), None, [0, 0, 1, 1], [3.0, 2.5])
    assert numbers(both) == numbers(one + other)


def test_a_graph_without_edges_has_a_number():
    """L = 0 and λ_max = 0: L̂ = -I, so that T_k alternates; PyG gives nan."""
    conv = scalar([1.0, 2.0, 4.0], 7.0, normalization=None)
    assert numbers(conv([[1.0], [10.0]], ([], []))) == [[10.0], [37.0]]
    loop = conv([[Value(1.0)]], ([0], [0]), [Value(2.0)])
    assert numbers(loop) == [[10.0]]


@pytest.mark.parametrize("normalization", ["sym", "rw"])
def test_weights_that_cancel_give_the_gradient_zero(normalization):
    """PyG gives nan there."""
    weights = [Value(1.0), Value(-1.0), Value(1.0)]
    conv = scalar([1.0, 1.0], normalization=normalization)
    total(flatten(conv([[1.0]] * 3, ([0, 0, 1], [1, 2, 0]), weights))).backward()
    assert weights[0].grad == weights[1].grad == 0.0


class Counter(Mode):
    """How many Values are made."""

    def __init__(self):
        self.made_values = 0

    def made(self, value):
        self.made_values += 1


def test_constant_features_make_one_value_for_each_number_of_each_step():
    """N·out for each of the K products and each of the K - 1 steps, none for the N·in features."""
    edges, x = EdgeIndex(PATH), Features([[1.0] * 50, [0.0] * 50, [2.0] * 50])
    conv = ChebConv(50, 2, K=4)
    conv(x, edges)
    counter = Counter()
    with counter:
        conv(x, edges)
    assert counter.made_values == 3 * 2 * (4 + 3)


def test_what_is_kept_depends_on_lambda_max_and_batch():
    """One EdgeIndex, other arguments."""
    edges, conv = EdgeIndex(PATH), scalar([1.0, 2.0], normalization=None)
    x = [[1.0], [2.0], [4.0]]
    calls = [{}, {"lambda_max": 3.0}, {"lambda_max": [3.0, 5.0], "batch": [0, 0, 1]},
             {"lambda_max": [3.0, 5.0], "batch": [0, 1, 1]}, {"batch": [0, 0, 0]}]  # fmt: skip
    for options in calls + calls[::-1]:
        fresh = numbers(conv(x, PATH, **options))
        assert numbers(conv(x, edges, **options)) == fresh


def test_parameters_have_pygs_names_order_shapes_and_bound():
    """bias 0, lins.k.weight glorot."""
    state = ChebConv(4, 20, K=2, rng=random.Random(0)).state_dict()
    assert [(name, shape(entry)) for name, entry in state.items()] == [
        ("bias", [20]),
        ("lins.0.weight", [20, 4]),
        ("lins.1.weight", [20, 4]),
    ]
    assert state["bias"] == [0.0] * 20
    assert 0.48 < max(map(abs, leaves(list(state.values())))) <= 0.5  # √(6/24)
    assert list(ChebConv(1, 1, 1, bias=False).state_dict()) == ["lins.0.weight"]


def test_positional_arguments_are_pygs():
    """in, out, K, normalization, bias."""
    conv = ChebConv(2, 3, 4, "rw", False)
    assert (conv.in_channels, conv.out_channels, conv.K) == (2, 3, 4)
    assert (conv.normalization, conv.bias) == ("rw", None)
    assert ChebConv(2, 3, 1).normalization == "sym"
    assert repr(conv) == "ChebConv(2 -> 3, K=4, normalization=rw)"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ChebConv(1, 1, 0), "K is 0: there is at least one filter"),
        (lambda: ChebConv(1, 1, 1, "both"), "normalization is 'both': choose None, 'sym' or 'rw'"),
        (
            lambda: ChebConv(1, 1, 2)([[1.0]], ([], []), lambda_max=[1.0, 2.0]),
            "lambda_max has 2 entries: give one number, or batch",
        ),
        (
            lambda: ChebConv(1, 1, 2)([[1.0]], ([], []), None, [0, 0], [1.0, 2.0]),
            "batch has 2 entries for 1 nodes",
        ),
    ],
)
def test_wrong_settings_are_refused(call, message):
    """By name."""
    with pytest.raises(ValueError, match=message):
        call()
