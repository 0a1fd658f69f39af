"""Operations on many Values: numbers, gradients, one node each, shapes, extremes.

Numbers called PyTorch's were computed beforehand with torch 2.13.0 in float64.
"""

import math
import random
from fractions import Fraction
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygnn import Value, linalg
from tinygnn.gradcheck import gradcheck
from tinygnn.linalg import (
    dot,
    linear_combination,
    log_softmax,
    logsumexp,
    matmul,
    mean,
    softmax,
    total,
    transpose,
)
from tinygnn.linalg import maximum as maximum_of
from tinygnn.linalg import minimum as minimum_of
from tinygnn.sparse import sparse_row

# exp and log of two math libraries, and sums in another order, differ in the last bits.
ROUNDING = 1e-14

NUMBERS = st.floats(-4.0, 4.0)
ROWS = st.lists(NUMBERS, min_size=1, max_size=6)
# Non-uniform, so that errors which cancel in a plain sum show.
COTANGENT = [1.0, -0.5, 2.0, 0.25, -1.5, 0.75]


def leaves(numbers):
    return [Value(x) for x in numbers]


def data(nested):
    """The numbers of nested rows of Values."""
    return [data(part) for part in nested] if isinstance(nested, list) else nested.data


def gradients(f, numbers):
    values = leaves(numbers)
    f(values).backward()
    return [v.grad for v in values]


def weighted(outputs):
    """One Value of many outputs, each with a weight of its own."""
    return sum((c * v for c, v in zip(COTANGENT, outputs, strict=False)), Value(0.0))


def same(a, b):
    return a == b or (math.isnan(a) and math.isnan(b))


# ---- numbers and gradients -----------------------------------------------------------------------

TO_ONE = {
    "total": (total, 6.0, [1.0, 1.0, 1.0]),
    "mean": (mean, 2.0, [1 / 3, 1 / 3, 1 / 3]),
    "maximum": (maximum_of, 4.0, [0.0, 0.0, 1.0]),
    "minimum": (minimum_of, -1.0, [0.0, 1.0, 0.0]),
    "dot": (lambda v: dot(v, v), 26.0, [6.0, -2.0, 8.0]),
    "dot with constants": (lambda v: dot(v, [1.0, 2.0, 0.5]), 3.0, [1.0, 2.0, 0.5]),
    "linear_combination": (lambda v: linear_combination([1, 2, 0.5], v), 3.0, [1.0, 2.0, 0.5]),
    # PyTorch's
    "logsumexp": (
        logsumexp,
        4.318175429247455,
        [0.2676231541498622, 0.004901689049672918, 0.7274751568004644],
    ),
    "softmax, entry 0": (
        lambda v: softmax(v)[0],
        0.2676231541498623,
        [0.19600100151274133, -0.0013118054841353083, -0.19468919602860602],
    ),
    "log_softmax, entry 1": (
        lambda v: log_softmax(v)[1],
        -5.318175429247455,
        [-0.2676231541498623, 0.9950983109503271, -0.7274751568004646],
    ),
}


@pytest.mark.parametrize(("f", "value", "slopes"), TO_ONE.values(), ids=TO_ONE)
def test_value_and_gradient_at_three_numbers(f, value, slopes):
    """At (3, -1, 4)."""
    numbers = [3.0, -1.0, 4.0]
    assert f(leaves(numbers)).data == pytest.approx(value, rel=ROUNDING)
    assert gradients(f, numbers) == pytest.approx(slopes, rel=ROUNDING)


@pytest.mark.parametrize("name", TO_ONE)
def test_used_twice_a_result_hands_on_twice_the_gradient(name):
    """Gradients add."""
    f = TO_ONE[name][0]
    once = gradients(f, [3.0, -1.0, 4.0])

    def twice(values):
        output = f(values)
        return output + output

    assert gradients(twice, [3.0, -1.0, 4.0]) == [2.0 * g for g in once]


@pytest.mark.parametrize(
    "f",
    [total, mean, logsumexp, lambda v: weighted(softmax(v)), lambda v: weighted(log_softmax(v))],
    ids=["total", "mean", "logsumexp", "softmax", "log_softmax"],
)
def test_gradients_are_central_differences(f):
    """For rows of one to six numbers."""

    @given(ROWS)
    def check(numbers):
        assert gradcheck(lambda *v: f(list(v)), leaves(numbers))

    check()


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=6, unique=True))
def test_gradients_of_extremes_are_central_differences_away_from_ties(numbers):
    """One winner takes all."""
    assert gradcheck(lambda *v: maximum_of(v), leaves(numbers))
    assert gradcheck(lambda *v: minimum_of(v), leaves(numbers))


@given(st.lists(st.tuples(NUMBERS, NUMBERS), max_size=6))
def test_dot_is_the_sum_of_products_with_gradients_for_both_sides(pairs):
    """Compared with the same sum in scalar operations."""
    a, b = leaves([x for x, _ in pairs]), leaves([y for _, y in pairs])
    output = dot(a, b)
    output.backward()
    assert output.data == pytest.approx(math.fsum(x * y for x, y in pairs), rel=1e-12, abs=1e-12)
    assert [v.grad for v in a] == [y for _, y in pairs]
    assert [v.grad for v in b] == [x for x, _ in pairs]


def test_a_value_at_several_places_gets_each_places_gradient():
    """One Value in both rows, and twice in one."""
    x, y = Value(3.0), Value(5.0)
    dot([x, x], [x, y]).backward()  # x² + xy
    assert (x.grad, y.grad) == (11.0, 3.0)
    z = Value(2.0)
    mean([z, z, 1.0]).backward()
    assert z.grad == pytest.approx(2 / 3)


def test_a_deep_chain_of_rows_has_the_right_gradient():
    """A thousand means of three equal parts hand on the whole gradient."""
    x = Value(2.0)
    v = x
    for _ in range(1000):
        v = mean([v, v, v])
    v.backward()
    assert v.data == pytest.approx(2.0, rel=1e-12)
    assert x.grad == pytest.approx(1.0, rel=1e-12)  # a thousand roundings of 1/3


# ---- one node for each number --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "op"),
    [
        (lambda v: total(v), "total"),
        (lambda v: mean(v), "mean"),
        (lambda v: maximum_of(v), "amax"),
        (lambda v: minimum_of(v), "amin"),
        (lambda v: logsumexp(v), "logsumexp"),
        (lambda v: linear_combination([2.0, 3.0, 4.0], v), ("linear_combination", (2.0, 3.0, 4.0))),
        (lambda v: dot([2.0, 3.0, 4.0], v), ("linear_combination", (2.0, 3.0, 4.0))),
        (lambda v: dot(v, [2.0, 3.0, 4.0]), ("linear_combination", (2.0, 3.0, 4.0))),
        (lambda v: softmax(v)[1], ("softmax", 1)),
        (lambda v: log_softmax(v)[2], ("log_softmax", 2)),
        (lambda v: matmul([[2.0, 3.0, 4.0]], [[x] for x in v])[0][0],
            ("linear_combination", (2.0, 3.0, 4.0))),
    ],
    ids=[
        "total", "mean", "maximum", "minimum", "logsumexp", "linear_combination", "constant dot",
        "dot constant", "softmax", "log_softmax", "matmul of a constant",
    ],
)  # fmt: skip
def test_a_result_is_one_node_made_from_the_inputs_themselves(f, op):
    """`op` names it and its constants; the parents are the Values given, in order."""
    values = leaves([3.0, -1.0, 4.0])
    output = f(values)
    assert output.op == op
    assert len(output.parents) == 3
    assert all(parent is value for parent, value in zip(output.parents, values, strict=True))
    assert len(output.partials) == 3


def test_a_product_of_two_rows_is_one_node_made_from_both():
    """First the one row, then the other."""
    a, b = leaves([1.0, 2.0]), leaves([3.0, 4.0])
    for output in (dot(a, b), matmul([a], transpose([b]))[0][0]):
        assert output.op == "dot"
        assert all(p is v for p, v in zip(output.parents, a + b, strict=True))
        assert output.partials == (3.0, 4.0, 1.0, 2.0)


# ---- nothing, lengths, types ---------------------------------------------------------------------


def test_of_nothing():
    """As in PyTorch: a sum 0, a mean nan, logsumexp -inf, softmax nothing."""
    assert total([]).data == 0.0
    assert math.isnan(mean([]).data)
    assert dot([], []).data == 0.0
    assert linear_combination([], []).data == 0.0
    assert logsumexp([]).data == -inf
    assert softmax([]) == []
    assert log_softmax([]) == []
    assert matmul([], []) == []
    assert transpose([]) == []


@pytest.mark.parametrize("f", [maximum_of, minimum_of], ids=["maximum", "minimum"])
def test_an_extreme_of_nothing_is_refused(f):
    """There is no such number."""
    with pytest.raises(ValueError, match=f"{f.__name__} of no values"):
        f([])


@pytest.mark.parametrize("f", [dot, linear_combination], ids=["dot", "linear_combination"])
def test_rows_of_different_lengths_are_refused_with_both_lengths(f):
    """Never cut to the shorter one."""
    with pytest.raises(ValueError, match="2 and 3 entries"):
        f([1.0, 2.0], leaves([1.0, 2.0, 3.0]))


@pytest.mark.parametrize("thing", ["1", 1j, None, [1.0]], ids=repr)
@pytest.mark.parametrize(
    "f",
    [
        total,
        mean,
        maximum_of,
        minimum_of,
        logsumexp,
        softmax,
        log_softmax,
        lambda v: dot(v, v),
        lambda v: linear_combination([1.0, 1.0], v),
        lambda v: linear_combination(v[::-1], [1.0, 1.0]),
        lambda v: matmul([v], [[1.0], [Value(1.0)]]),
        lambda v: matmul([[1.0, Value(1.0)]], [[x] for x in v]),
    ],
    ids=[
        "total", "mean", "maximum", "minimum", "logsumexp", "softmax", "log_softmax", "dot",
        "linear_combination", "coefficients", "left of matmul", "right of matmul",
    ],
)  # fmt: skip
def test_an_entry_that_is_no_number_is_a_type_error_that_names_it(f, thing):
    """As for single Values."""
    with pytest.raises(TypeError, match=f"expected a real number, got .* of type {type(thing).__name__}"):
        f([1.0, thing])


def test_a_value_as_constant_coefficient_is_refused():
    """Its gradient would be lost; dot is for that."""
    with pytest.raises(TypeError, match="expected a real number"):
        linear_combination([Value(1.0)], [Value(2.0)])


# ---- ties, infinities, nan -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("numbers", "shares"),
    [
        ([2.0, 2.0], [0.5, 0.5]),
        ([1.0, 2.0, 2.0, 0.0], [0.0, 0.5, 0.5, 0.0]),
        ([5.0, 5.0, 5.0, 5.0], [0.25, 0.25, 0.25, 0.25]),
        ([0.0, -0.0], [0.5, 0.5]),
        ([inf, inf, 1.0], [0.5, 0.5, 0.0]),
        ([3.0], [1.0]),
    ],
    ids=str,
)
def test_ties_share_the_gradient_of_an_extreme(numbers, shares):
    """PyTorch's amax and amin."""
    assert gradients(maximum_of, numbers) == shares
    assert gradients(minimum_of, [-x for x in numbers]) == shares


@pytest.mark.parametrize("numbers", [[1.0, nan], [nan, 1.0], [nan, nan]], ids=str)
def test_nan_is_never_swallowed(numbers):
    """Wherever it stands."""
    for f in (total, mean, maximum_of, minimum_of, logsumexp):
        assert math.isnan(f(leaves(numbers)).data)
    for f in (softmax, log_softmax):
        assert all(math.isnan(v.data) for v in f(leaves(numbers)))


@pytest.mark.parametrize(
    ("numbers", "value", "slopes"),
    [
        ([1000.0, 1000.0], 1000.0 + math.log(2.0), [0.5, 0.5]),
        ([-1000.0, -1000.0], -1000.0 + math.log(2.0), [0.5, 0.5]),
        ([1000.0, -1000.0], 1000.0, [1.0, 0.0]),
        ([-inf, 0.0], 0.0, [0.0, 1.0]),
        ([-inf, -inf], -inf, [nan, nan]),
        ([inf, inf], inf, [nan, nan]),
    ],
    ids=str,
)
def test_logsumexp_neither_overflows_nor_underflows(numbers, value, slopes):
    """PyTorch's values and gradients, infinities included."""
    assert same(logsumexp(leaves(numbers)).data, value)
    assert all(map(same, gradients(logsumexp, numbers), slopes))


@pytest.mark.parametrize(
    ("numbers", "probabilities"),
    [
        ([1000.0, 1000.0], [0.5, 0.5]),
        ([-1000.0, -1001.0], [0.7310585786300049, 0.2689414213699951]),
        ([1e308, -1e308], [1.0, 0.0]),
        ([-inf, 3.0], [0.0, 1.0]),
        ([7.0], [1.0]),
        ([-inf, -inf], [nan, nan]),
    ],
    ids=str,
)
def test_softmax_at_extremes(numbers, probabilities):
    """PyTorch's."""
    found = [v.data for v in softmax(leaves(numbers))]
    assert found == pytest.approx(probabilities, rel=ROUNDING, nan_ok=True)


@pytest.mark.parametrize("size", [1e3, 1e8, 1e12, 1e16, 1e300], ids=str)
@pytest.mark.parametrize("sign", [1.0, -1.0], ids=["+", "-"])
def test_log_softmax_does_not_lose_digits_where_the_inputs_are_large(size, sign):
    """It depends on differences alone: of two equal numbers it is -log 2, as in PyTorch."""
    found = [v.data for v in log_softmax(leaves([sign * size, sign * size]))]
    assert found == pytest.approx([-math.log(2.0)] * 2, rel=ROUNDING)


@given(ROWS)
def test_softmax_is_a_distribution_and_log_softmax_its_logarithm(numbers):
    """Entry by entry, and the entries sum to one."""
    p = [v.data for v in softmax(leaves(numbers))]
    assert math.fsum(p) == pytest.approx(1.0, rel=ROUNDING)
    assert [v.data for v in log_softmax(leaves(numbers))] == pytest.approx(
        [math.log(q) for q in p], rel=1e-12, abs=1e-12
    )


@given(st.permutations(range(5)), st.lists(NUMBERS, min_size=5, max_size=5))
def test_the_order_of_the_inputs_does_not_matter(order, numbers):
    """Permuted inputs give the same number and permuted gradients."""
    for f in (total, mean, maximum_of, minimum_of, logsumexp):
        shuffled = [numbers[i] for i in order]
        assert f(leaves(shuffled)).data == pytest.approx(f(leaves(numbers)).data, rel=1e-12, abs=1e-12)
        expected = gradients(f, numbers)
        assert gradients(f, shuffled) == pytest.approx([expected[i] for i in order], rel=1e-12, abs=1e-12)
    expected = [v.data for v in softmax(leaves(numbers))]
    found = [v.data for v in softmax(leaves([numbers[i] for i in order]))]
    assert found == pytest.approx([expected[i] for i in order], rel=1e-12)


# ---- matrices ------------------------------------------------------------------------------------

# Small whole numbers multiply and add without rounding, so products can be compared exactly.
WHOLE = st.integers(-9, 9).map(float)


@st.composite
def matrices(draw, *shape):
    n, m = shape
    return [[draw(WHOLE) for _ in range(m)] for _ in range(n)]


@st.composite
def factors(draw):
    """Two matrices that can be multiplied."""
    n, k, m = (draw(st.integers(1, 4)) for _ in range(3))
    return draw(matrices(n, k)), draw(matrices(k, m))


def values_of(matrix):
    return [leaves(row) for row in matrix]


def product(a, b):
    """The definition."""
    return [
        [sum(x * y for x, y in zip(row, column, strict=True)) for column in zip(*b, strict=True)] for row in a
    ]


@given(factors())
def test_matmul_is_the_matrix_product_whichever_side_is_constant(pair):
    """Floats on the left, on the right, on both, on neither."""
    a, b = pair
    for left in (a, values_of(a)):
        for right in (b, values_of(b)):
            assert data(matmul(left, right)) == product(a, b)


@given(factors())
def test_gradients_of_matmul_are_products_with_the_transposes(pair):
    """For C = A B and a cotangent G: dA = G Bᵀ, dB = Aᵀ G."""
    a, b = pair
    g = [[float(1 + i - 2 * j) for j in range(len(b[0]))] for i in range(len(a))]
    left, right = values_of(a), values_of(b)
    c = matmul(left, right)
    total(
        [weight * entry for row, ws in zip(c, g, strict=True) for entry, weight in zip(row, ws, strict=True)]
    ).backward()
    assert [[v.grad for v in row] for row in left] == product(g, transpose(b))
    assert [[v.grad for v in row] for row in right] == product(transpose(a), g)


@given(factors())
def test_a_constant_left_side_gives_the_right_side_the_same_gradient(pair):
    """The sparse path and the dense path are one function."""
    a, b = pair
    sparse, dense = values_of(b), values_of(b)
    total(linalg.flatten(matmul(a, sparse))).backward()
    total(linalg.flatten(matmul(values_of(a), dense))).backward()
    assert [[v.grad for v in row] for row in sparse] == [[v.grad for v in row] for row in dense]


def test_rows_that_mix_values_and_floats():
    """Floats among Values are constants too."""
    x = Value(2.0)
    [[output]] = matmul([[x, 3.0]], [[x], [5.0]])
    output.backward()
    assert output.data == 19.0
    assert x.grad == 4.0


def test_zeros_of_a_constant_matrix_are_not_multiplied():
    """They make no parents, and 0 times inf adds nothing."""
    b = values_of([[1.0], [inf], [nan]])
    [[output]] = matmul([[4.0, 0.0, 0.0]], b)
    assert output.data == 4.0
    assert len(output.parents) == 1
    assert output.parents[0] is b[0][0]


def test_a_constant_row_of_zeros_gives_zeros():
    """One node each, made from nothing."""
    [row] = matmul([[0.0, 0.0]], values_of([[1.0, 2.0], [3.0, 4.0]]))
    assert [(v.data, v.parents) for v in row] == [(0.0, ()), (0.0, ())]


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        (
            [[1.0, 2.0]],
            [[1.0]],
            r"matmul of \[1\]\[2\] by \[1\]\[1\]: .*as many columns as the second has rows",
        ),
        ([[1.0, 2.0], [3.0]], [[1.0], [2.0]], "first argument: row 1 has 1 entries, row 0 has 2"),
        ([[1.0, 2.0]], [[1.0, 2.0], [3.0]], "second argument: row 1 has 1 entries, row 0 has 2"),
        ([[1.0]], [], r"matmul of \[1\]\[1\] by \[0\]\[0\]"),
    ],
    ids=["inner sizes", "ragged left", "ragged right", "empty right"],
)
def test_shapes_that_do_not_fit_are_named(a, b, message):
    """Constants and Values alike."""
    with pytest.raises(ValueError, match=message):
        matmul(a, b)
    with pytest.raises(ValueError, match=message):
        matmul(values_of(a), values_of(b))


def test_transpose_swaps_rows_and_columns_and_keeps_the_values_themselves():
    """[2][3] -> [3][2], and back."""
    matrix = values_of([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    swapped = transpose(matrix)
    assert data(swapped) == [[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]]
    assert swapped[2][1] is matrix[1][2]
    assert transpose(swapped) == matrix


def test_transpose_of_ragged_rows_is_refused():
    """Never cut to the shortest row."""
    with pytest.raises(ValueError, match="transpose: row 2 has 1 entries, row 0 has 2"):
        transpose([[1.0, 2.0], [3.0, 4.0], [5.0]])


@given(factors(), st.booleans())
def test_linear_is_x_times_the_transposed_weight_plus_bias(pair, constant):
    """For constant x and for Values."""
    x, w = pair[0], transpose(pair[1])
    bias = [float(i) for i in range(len(w))]
    expected = [[p + b for p, b in zip(row, bias, strict=True)] for row in product(x, transpose(w))]
    rows = x if constant else values_of(x)
    assert data(linalg.linear(rows, values_of(w), leaves(bias))) == expected
    assert data(linalg.linear(rows, values_of(w))) == product(x, transpose(w))


@pytest.mark.parametrize("constant", [True, False], ids=["constant x", "Values"])
@pytest.mark.parametrize("width", [1, 3])
def test_linear_refuses_a_weight_that_does_not_fit(width, constant):
    """Never cut to the shorter one."""
    x = [[1.0, 2.0]] if constant else values_of([[1.0, 2.0]])
    with pytest.raises(ValueError, match="linear"):
        linalg.linear(x, values_of([[1.0] * width]))


@given(factors(), st.booleans())
def test_gradients_of_linear(pair, constant):
    """Of weight, bias and x, beside central differences."""
    x, w = pair[0], transpose(pair[1])
    n, k, m = len(x), len(x[0]), len(w)

    def f(*flat):
        weight = [flat[i * k : (i + 1) * k] for i in range(m)]
        bias = flat[m * k : m * k + m]
        rest = flat[m * k + m :]
        rows = x if constant else [rest[i * k : (i + 1) * k] for i in range(n)]
        # squares, so that the gradient depends on where one stands
        return total([v * v for v in linalg.flatten(linalg.linear(rows, weight, bias))])

    flat = linalg.flatten(w) + [0.5] * m + ([] if constant else linalg.flatten(x))
    assert gradcheck(f, leaves(flat))


def test_weighted_sums_takes_a_bias_as_one_more_row():
    """An isolated node still gets b, and b its gradient."""
    bias = leaves([10.0, 20.0])
    values = values_of([[1.0, 2.0], [3.0, 4.0]])
    rows = [sparse_row([0, 1, 2], [2.0, -1.0, 1.0]), sparse_row([2], [1.0])]
    out = linalg.weighted_sums(rows, [*values, bias])
    assert data(out) == [[9.0, 20.0], [10.0, 20.0]]
    total(linalg.flatten(out)).backward()
    assert [b.grad for b in bias] == [2.0, 2.0]
    assert [[v.grad for v in row] for row in values] == [[2.0, 2.0], [-1.0, -1.0]]


def test_value_weighted_sums_hands_gradients_to_the_coefficients():
    """d(c v)/dc = v."""
    c = Value(2.0)
    values = values_of([[3.0, 5.0]])
    rows = [([0, 1], [c, 1.0]), ([], [])]
    out = linalg.value_weighted_sums(rows, [*values, leaves([1.0, 1.0])])
    assert data(out) == [[7.0, 11.0], [0.0, 0.0]]
    total(linalg.flatten(out)).backward()
    assert c.grad == 8.0
    assert [v.grad for v in values[0]] == [2.0, 2.0]


# ---- sums of many terms --------------------------------------------------------------------------


@pytest.mark.parametrize("n", [10, 1000, 100_000])
def test_sums_are_within_the_documented_bound_of_the_exact_sum(n):
    """n · 2⁻⁵³ · Σ|terms|, whether this Python carries rounding errors along or not."""
    rng = random.Random(n)
    numbers = [rng.choice([-1.0, 1.0]) * 10.0 ** rng.uniform(-8.0, 8.0) for _ in range(n)]
    coefficients = [rng.uniform(-1.0, 1.0) for _ in range(n)]
    values = leaves(numbers)
    bound = n * 2.0**-53
    size = math.fsum(map(abs, numbers))
    assert abs(linalg.total(values).data - math.fsum(numbers)) <= bound * size
    assert abs(linalg.mean(values).data - math.fsum(numbers) / n) <= (bound + 2.0**-53) * size / n
    exact = sum(Fraction(a) * Fraction(b) for a, b in zip(coefficients, numbers))
    size = math.fsum(abs(a * b) for a, b in zip(coefficients, numbers))
    # Each product is rounded as well as each sum.
    for result in (linalg.dot(leaves(coefficients), values), linalg.linear_combination(coefficients, values)):
        assert abs(Fraction(result.data) - exact) <= 2.0 * bound * size
