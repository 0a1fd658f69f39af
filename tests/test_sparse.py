"""Constant sparse rows: what Features remember, and that they never remember too long."""

import copy
import pickle
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygnn import Value
from tinygnn.linalg import flatten, linear, matmul, total, weighted_sums
from tinygnn.nn import GCNConv, Linear
from tinygnn.sparse import TABLES, Features, gather, nonzeros, sparse_row


def data(nested):
    """The numbers of nested rows of Values."""
    return [data(part) for part in nested] if isinstance(nested, list) else nested.data


def values_of(matrix):
    return [[Value(entry) for entry in row] for row in matrix]


def product(a, b):
    """The matrix product in floats."""
    return [[sum(p * q for p, q in zip(row, column)) for column in zip(*b)] for row in a]


def objective(rows):
    """One number with a weight of its own for each output."""
    return total([(1.0 + 0.3 * k) * v for k, v in enumerate(flatten(rows))])


def agree(x, weight, bias=None):
    """linear(x, ...) has the numbers and hands on the gradients that plain rows do, to the same weights."""
    found = []
    for rows in (x, [list(row) for row in x]):
        leaves = flatten(weight) + ([] if bias is None else bias)
        for leaf in leaves:
            leaf.grad = 0.0
        out = linear(rows, weight, bias)
        objective(out).backward()
        found.append((data(out), [leaf.grad for leaf in leaves]))
    assert [str(part) for part in found[0]] == [str(part) for part in found[1]]


# ---- rows ----------------------------------------------------------------------------------------


def test_nonzeros_are_columns_coefficients_and_an_op_that_says_so():
    """Negative zero is a zero; nan is none."""
    rows = nonzeros([[1.0, 0.0, -2.0], [0.0, -0.0, 0.0]])
    assert rows == [
        ((0, 2), (1.0, -2.0), ("linear_combination", (1.0, -2.0))),
        ((), (), ("linear_combination", ())),
    ]
    assert nonzeros([[nan, 0.0]])[0][0] == (0,)
    assert nonzeros([]) == []


def test_nonzeros_with_a_one_have_a_last_column_of_one():
    """The bias is one more row of weights."""
    assert [row[:2] for row in nonzeros([[0.0, 3.0], [0.0, 0.0]], one=True)] == [
        ((1, 2), (3.0, 1.0)),
        ((2,), (1.0,)),
    ]


def test_gather_reads_rows_of_a_table_by_column():
    """For each column the Values it is made from."""
    table = [tuple(row) for row in values_of([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])]
    assert list(gather(table, [2, 0])) == [(table[2][0], table[0][0]), (table[2][1], table[0][1])]
    assert list(gather(table, [])) == []


def test_sparse_row_takes_any_sequences():
    """And keeps none of them."""
    indices, coefficients = [0, 2], [0.5, 1.5]
    row = sparse_row(indices, coefficients)
    indices.append(7)
    coefficients[0] = 9.0
    assert row == ((0, 2), (0.5, 1.5), ("linear_combination", (0.5, 1.5)))
    assert data(weighted_sums([row], values_of([[2.0], [0.0], [4.0]]))) == [[7.0]]


# ---- Features ------------------------------------------------------------------------------------


def test_features_are_an_ordinary_list_of_lists():
    """Equal to one, indexable, printable."""
    x = Features([[1.0, 0.0], [0.0, 2.0]])
    assert x == [[1.0, 0.0], [0.0, 2.0]]
    assert isinstance(x, list)
    assert x[1][1] == 2.0
    assert repr(x) == "[[1.0, 0.0], [0.0, 2.0]]"


CHANGES = {
    "zero to number": lambda x: x[0].__setitem__(1, 7.0),
    "number to zero": lambda x: x[0].__setitem__(0, 0.0),
    "number to number": lambda x: x[1].__setitem__(1, -5.0),
    "row": lambda x: x.__setitem__(1, [5.0, 5.0]),
    "append": lambda x: x.append([3.0, 4.0]),
    "pop": lambda x: x.pop(),
    "reverse": lambda x: x.reverse(),
    "clear": lambda x: x.clear(),
    "nan": lambda x: x[1].__setitem__(1, nan),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_features_notice_a_change_in_place(change):
    """The nonzeros are kept between calls, but never those of other numbers."""
    weight = values_of([[1.0], [10.0]])
    x = Features([[1.0, 0.0], [0.0, 2.0]])
    assert data(matmul(x, weight)) == [[1.0], [20.0]]
    change(x)
    expected = product([list(row) for row in x], [[1.0], [10.0]])
    found = data(matmul(x, weight))
    assert [str(row) for row in found] == [str(row) for row in expected]


@pytest.mark.parametrize("bias", [False, True], ids=["without bias", "bias"])
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_after_a_change_gradients_go_to_the_right_weights(change, bias):
    """Both caches are filled before: that of the nonzeros and that of the weights each node meets."""
    weight, offsets = values_of([[1.0, 10.0], [0.5, -2.0]]), [Value(3.0), Value(4.0)] if bias else None
    x = Features([[1.0, 0.0], [0.0, 2.0]])
    for _ in range(2):
        agree(x, weight, offsets)
    change(x)
    for _ in range(2):
        agree(x, weight, offsets)


def test_a_change_and_its_undoing_are_both_noticed():
    """Back at the old numbers, with another pattern in between."""
    x, weight = Features([[1.0, 0.0]]), values_of([[2.0, 3.0]])
    for entry in (4.0, 0.0, 5.0, 0.0):
        agree(x, weight)
        x[0][1] = entry
        agree(x, weight)


def test_features_find_their_nonzeros_once():
    """The second look returns the same object."""
    x = Features([[1.0, 0.0]])
    assert x.nonzeros() is x.nonzeros()
    assert x.nonzeros(one=True) is x.nonzeros(one=True)
    assert x.nonzeros()[0][:2] == ((0,), (1.0,))
    assert x.nonzeros(one=True)[0][:2] == ((0, 2), (1.0, 1.0))


def test_features_find_the_weights_of_each_node_once():
    """While the weights are the same Values, whatever their numbers are."""
    x, weight = Features([[1.0, 0.0], [0.0, 2.0]]), values_of([[2.0, 3.0]])
    first = linear(x, weight)
    weight[0][1].data = 7.0
    second = linear(x, weight)
    assert data(second) == [[2.0], [14.0]]
    assert all(a.parents is b.parents for a, b in zip(flatten(first), flatten(second), strict=True))


def test_weights_that_were_replaced_get_the_gradient():
    """New Values with the same numbers are other Values."""
    x, conv = Features([[1.0, 0.0], [0.0, 2.0]]), Linear(2, 1)
    objective(conv(x)).backward()
    old = flatten(conv.weight) + conv.bias
    before = [v.grad for v in old]
    conv.weight, conv.bias = values_of(data(conv.weight)), [Value(conv.bias[0].data)]
    objective(conv(x)).backward()
    assert [v.grad for v in flatten(conv.weight) + conv.bias] == before
    assert [v.grad for v in old] == before


def test_one_weight_replaced_in_the_row_is_noticed():
    """In place, as a test or a pruning does."""
    x, weight = Features([[1.0, 4.0]]), values_of([[2.0, 3.0]])
    agree(x, weight)
    old, weight[0][1] = weight[0][1], Value(5.0)
    old.grad = 0.0
    [[output]] = linear(x, weight)
    output.backward()
    assert output.data == 22.0
    assert old.grad == 0.0


@pytest.mark.parametrize("count", [2, TABLES, TABLES + 1, 3 * TABLES])
def test_several_layers_share_the_features_of_one_graph(count):
    """Also more of them than are remembered, in turn and in reverse, with and without bias."""
    x = Features([[1.0, 0.0, 2.0], [0.0, 0.0, 0.0], [0.5, 1.0, 0.0]])
    layers = [Linear(3, 2, bias=k % 2 == 0) for k in range(count)]
    for layer in layers + layers + layers[::-1]:
        agree(x, layer.weight, layer.bias)


def test_a_weight_matrix_is_one_thing_with_bias_and_another_without():
    """They are different tables of parents."""
    x, weight = Features([[1.0, 0.0], [3.0, 2.0]]), values_of([[2.0, 3.0]])
    for bias in (None, [Value(1.0)], None, [Value(5.0)]):
        agree(x, weight, bias)


def test_what_features_remember_does_not_grow():
    """The last few weight matrices, and no more."""
    x = Features([[1.0, 0.0]])
    for _ in range(5 * TABLES):
        linear(x, values_of([[2.0, 3.0]]))
    assert len(x._parents) == TABLES


def test_a_value_put_into_features_gets_its_gradient():
    """Whoever asks for the gradient of one input number writes a Value there."""
    x = Features([[1.0, 2.0]])
    entry = x[0][0] = Value(3.0)
    [[output]] = matmul(x, values_of([[10.0], [100.0]]))
    output.backward()
    assert output.data == 230.0
    assert entry.grad == 10.0


def test_a_value_put_into_features_after_the_caches_were_filled_gets_its_gradient():
    """And when it is taken out again, the fast path is back."""
    x, weight = Features([[1.0, 2.0], [0.0, 4.0]]), values_of([[10.0, 100.0]])
    linear(x, weight)
    entry = x[1][0] = Value(3.0)
    assert x.nonzeros() is None
    out = linear(x, weight, [Value(0.5)])
    objective(out).backward()
    assert data(out) == [[210.5], [430.5]]
    assert entry.grad == 1.3 * 10.0
    assert weight[0][0].grad == 1.0 + 1.3 * 3.0
    entry.data = 7.0
    assert data(linear(x, weight)) == [[210.0], [470.0]]
    x[1][0] = 0.0
    assert x.nonzeros() is not None
    agree(x, weight)


def test_a_value_in_features_reaches_a_convolution():
    """With the gradient of the same number in plain rows of Values."""
    rows, edges = [[1.0, 0.0], [0.0, 2.0]], ([0, 1], [1, 0])
    conv, x, plain = GCNConv(2, 2), Features(rows), values_of(rows)
    conv(x, edges)
    entry = x[1][1] = Value(2.0)
    objective(conv(x, edges)).backward()
    objective(conv(plain, edges)).backward()
    assert entry.grad == plain[1][1].grad != 0.0


DUPLICATES = {"deepcopy": copy.deepcopy, "copy": copy.copy, "pickle": lambda x: pickle.loads(pickle.dumps(x))}


@pytest.mark.parametrize("name", DUPLICATES)
def test_features_survive_copying(name):
    """With their type and numbers, and working caches; except in a shallow copy, the rows are its own."""
    x, weight = Features([[1.0, 0.0], [0.0, 2.0]]), values_of([[2.0, 3.0]])
    agree(x, weight)
    twin = DUPLICATES[name](x)
    assert type(twin) is Features
    assert twin == x
    agree(twin, weight)
    twin[0][0] = 5.0
    assert x[0][0] == (5.0 if name == "copy" else 1.0)
    agree(twin, weight)
    agree(x, weight)


def test_a_copy_does_not_carry_the_weights_along():
    """Pickled features are as large as their numbers."""
    x = Features([[1.0, 0.0]])
    size = len(pickle.dumps(x))
    linear(x, values_of([[1.0, 2.0]] * 50))
    assert len(pickle.dumps(x)) == size


def test_features_of_nothing():
    """No rows, and rows of no columns."""
    assert linear(Features([]), values_of([[1.0]])) == []
    assert data(linear(Features([[], []]), [[], []], [Value(1.0), Value(2.0)])) == [[1.0, 2.0]] * 2
    assert Features() == []


@given(st.data())
def test_features_are_plain_rows_whatever_happens_to_them(draws):
    """Random edits between random layers."""
    entry = st.sampled_from([0.0, 1.0, -0.5, 2.0])
    x = Features([[draws.draw(entry) for _ in range(3)] for _ in range(3)])
    layers = [Linear(3, 2, bias=k % 2 == 0) for k in range(3)]
    for _ in range(6):
        layer = draws.draw(st.sampled_from(layers))
        agree(x, layer.weight, layer.bias)
        i, k = draws.draw(st.integers(0, 2)), draws.draw(st.integers(0, 2))
        x[i][k] = draws.draw(entry)


def test_an_infinite_feature_hands_nan_to_its_weight_where_the_gradient_is_zero():
    """inf · 0 is nan, as in PyTorch: only where all features are finite is a gradient of 0 passed over."""
    for feature, expected in ((inf, nan), (2.0, 0.0)):
        x = Features([[feature, 1.0]])
        weight = [[Value(0.5), Value(-1.0)]]
        out = linear(x, weight)[0][0]
        (out * 0.0).backward()
        assert repr(weight[0][0].grad) == repr(expected)
        assert weight[0][1].grad == 0.0
