"""Propagation: one step by hand, with floats and with Values; what it keeps."""

import pytest

from tinygnn import EdgeIndex, Value
from tinygnn.linalg import flatten, total
from tinygnn.propagation import Propagation, gcn_propagation

EDGES = EdgeIndex(([0, 1, 1], [1, 0, 2]))


def numbers(rows):
    return [[float(v) for v in row] for row in rows]


@pytest.mark.parametrize("kind", [float, Value])
def test_one_step_by_hand(kind):
    """out_i = s Σ c_ji v_j + Σ_m s_m r^m_i + b; node 3 hears nothing."""
    step = Propagation(EDGES, [kind(c) for c in (0.5, 2.0, -1.0)], 4)
    assert step.constant is (kind is float)
    rows = [[Value(1.0)], [Value(10.0)], [Value(100.0)], [Value(1000.0)]]
    assert numbers(step(rows)) == [[20.0], [0.5], [-10.0], [0.0]]
    assert numbers(step(rows, scale=2.0)) == [[40.0], [1.0], [-20.0], [0.0]]
    plus = [(3.0, [[1.0], [2.0], [3.0], [4.0]]), (-1.0, rows)]
    assert numbers(step(rows, plus=plus, bias=[7.0])) == [[29.0], [3.5], [-94.0], [-981.0]]
    assert numbers(step(rows, scale=0.0)) == [[0.0]] * 4


def test_constants_make_no_values():
    """The same numbers as floats."""
    step = Propagation(EDGES, [0.5, 2.0, -1.0], 4)
    rows = [[1.0, 0.0], [10.0, 1.0], [100.0, 0.0], [1000.0, 0.0]]
    found = step.of_constants(rows, scale=2.0, plus=[(1.0, rows)])
    assert found == [[41.0, 4.0], [11.0, 1.0], [80.0, -2.0], [1000.0, 0.0]]
    assert {type(entry) for row in found for entry in row} == {float}
    assert step.of_constants(rows) == [[20.0, 2.0], [0.5, 0.0], [-10.0, -1.0], [0.0, 0.0]]
    assert Propagation(EdgeIndex(([], [])), [], 0).of_constants([]) == []


def test_each_number_is_one_node_made_from_all_that_it_adds_up():
    """Neighbours, further rows and the bias."""
    step = Propagation(EDGES, [0.5, 2.0, -1.0], 3)
    rows, more, bias = [[Value(1.0)], [Value(2.0)], [Value(3.0)]], [[Value(4.0)]] * 3, [Value(5.0)]
    [[out], _, _] = step(rows, scale=0.25, plus=[(3.0, more)], bias=bias)
    assert out.parents == (rows[1][0], more[0][0], bias[0])
    assert out.partials == (0.5, 3.0, 1.0)


def test_scaled_learned_coefficients_are_made_once_for_all_steps():
    """Two steps share them, and the gradient counts both."""
    weight = Value(3.0)
    step = Propagation(EdgeIndex(([0], [0])), [weight], 1)
    [[first]] = step([[Value(1.0)]], scale=0.5)
    [[second]] = step([[first]], scale=0.5)
    assert second.data == 2.25
    [scaled] = [parent for parent in second.parents if parent.op != first.op]
    assert scaled in first.parents
    second.backward()
    assert weight.grad == 1.5  # d (w/2)² / dw


def test_gcns_step_is_made_once_for_constant_weights_and_anew_when_they_change():
    """Kept by the EdgeIndex, for each number of nodes and option."""
    edges, weights = EdgeIndex(([0, 1], [1, 0])), [1.0, 1.0]
    step = gcn_propagation(edges, weights, 2)
    assert gcn_propagation(edges, weights, 2) is step
    assert gcn_propagation(edges, [1.0, 1.0], 2) is step
    assert gcn_propagation(edges, (1.0, 1.0), 2) is step
    assert gcn_propagation(edges, weights, 3) is not step
    assert gcn_propagation(edges, weights, 2, add_self_loops=False).coefficients == [1.0, 1.0]
    weights[1] = 3.0
    changed = gcn_propagation(edges, weights, 2)
    assert changed.coefficients == pytest.approx([8**-0.5, 3 * 8**-0.5, 0.25, 0.5])
    learned = list(map(Value, weights))
    assert gcn_propagation(edges, learned, 2) is not gcn_propagation(edges, learned, 2)


def test_no_weights_and_an_empty_list_of_weights_are_told_apart():
    """None means 1 for each edge; [] is too few."""
    edges = EdgeIndex(([0], [1]))
    assert gcn_propagation(edges, None, 2).constant
    with pytest.raises(ValueError, match="0 edge weights for 1 edges"):
        gcn_propagation(edges, [], 2)


def test_without_normalize_no_self_loops_are_added():
    """As in PyG's layers that have both options."""
    step = gcn_propagation(EdgeIndex(([0], [1])), [5.0], 2, normalize=False)
    assert (step.edges, step.coefficients) == (([0], [1]), [5.0])


def test_gradients_of_coefficients_rows_and_terms():
    """d out_i / d c_ji = s v_j, d/dv_j = s c_ji, and the factor for further rows."""
    c, v, r = Value(2.0), Value(3.0), Value(5.0)
    step = Propagation(EdgeIndex(([0], [1])), [c], 2)
    total(flatten(step([[v], [0.0]], scale=0.5, plus=[(4.0, [[0.0], [r]])]))).backward()
    assert (c.grad, v.grad, r.grad) == (1.5, 1.0, 4.0)
